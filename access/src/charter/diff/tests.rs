use super::*;

const OLD: &str = r#"
charter = { title = "Charta", adopted = 2020-10-08 }
purpose = [{ id = "a", title = "Alpha" }, { id = "b", title = "Beta" }]
role = [{ id = "r", title = "Rolle" }]
[[dataset]]
id = "besuchertrend"
title = "Besuchertrend"
personal = "indirect"
purposes = ["a"]
record_ceiling = 1000
[[activity]]
id = "va:1"
title = "Zählung"
dataset = "besuchertrend"
consideration = false
[[commitment]]
id = "C-1"
title = "Versprechen"
source = "Rat"
evidence = "council decision"
severity = "notice"
must = { record_count = { at_most_of_dataset = "record_ceiling" } }
[[commitment]]
id = "C-2"
title = "Frage"
source = "Rat"
evidence = "council decision"
question = "Wozu?"
"#;

#[track_caller]
fn changes(from: &str, to: &str) -> Vec<[String; 2]> {
    assert!(OLD.contains(from), "{from}");
    let parse =
        |text: &str| Charter::parse("c.toml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let told = |change: Change| {
        [Language::German, Language::English].map(|language| change.sentence(language).to_owned())
    };
    parse(OLD).diff(&parse(&OLD.replace(from, to))).into_iter().map(told).collect()
}

#[track_caller]
fn one(from: &str, to: &str, german: &str, english: &str) {
    assert_eq!(changes(from, to), [[german.to_owned(), english.to_owned()]]);
}

#[test]
fn a_change_of_a_data_set_is_a_sentence() {
    one(
        "1000",
        "10000",
        "Die Obergrenze für besuchertrend steigt von 1.000 auf 10.000 Datensätze.",
        "The ceiling for besuchertrend rises from 1,000 to 10,000 records.",
    );
    one(
        "1000",
        "10",
        "Die Obergrenze für besuchertrend sinkt von 1.000 auf 10 Datensätze.",
        "The ceiling for besuchertrend falls from 1,000 to 10 records.",
    );
    one(
        "purposes = [\"a\"]",
        "purposes = [\"a\", \"b\"]",
        "besuchertrend nennt unter den Zwecken jetzt auch: „Beta“ (b).",
        "besuchertrend now also lists among its purposes: “Beta” (b).",
    );
    one(
        "record_ceiling = 1000",
        "roles = [\"r\"]\nrecord_ceiling = 1000",
        "besuchertrend nennt jetzt Rollen: „Rolle“ (r).",
        "besuchertrend now lists roles: “Rolle” (r).",
    );
    one(
        "record_ceiling = 1000",
        "keep_days = 1\nrecord_ceiling = 1000",
        "Die Nutzungsdauer von besuchertrend ist jetzt 1 Tag.",
        "The term of use of besuchertrend is now 1 day.",
    );
    one(
        "\"indirect\"",
        "\"direct\"",
        "besuchertrend enthielt mittelbar personenbezogene Daten und enthält unmittelbar personenbezogene Daten.",
        "besuchertrend held indirectly personal data and holds directly personal data.",
    );
}

#[test]
fn a_change_of_codes_and_promises_is_a_sentence() {
    one(
        ", { id = \"b\", title = \"Beta\" }",
        "",
        "Der Zweck „Beta“ (b) entfällt.",
        "The purpose “Beta” (b) is dropped.",
    );
    one(
        "\"Beta\"",
        "\"Gamma\"",
        "Der Zweck b hieß „Beta“ und heißt „Gamma“.",
        "The purpose b was called “Beta” and is called “Gamma”.",
    );
    one(
        "2020-10-08",
        "2026-01-01",
        "Tag des Beschlusses: 8. Oktober 2020 → 1. Januar 2026.",
        "Day of adoption: 8 October 2020 → 1 January 2026.",
    );
    one(
        "must = {",
        "must_not = {",
        "Die Regel C-1 ändert sich. Bisher: Bei jedem Zugriff darf die Zahl der berührten Datensätze höchstens so groß wie die Obergrenze des Datenbestands sein. Künftig: Bei jedem Zugriff darf die Zahl der berührten Datensätze nicht höchstens so groß wie die Obergrenze des Datenbestands sein.",
        "The rule C-1 changes. Until now: For every access, the number of records touched must be at most the ceiling of the data set. From now on: For every access, the number of records touched must not be at most the ceiling of the data set.",
    );
    one(
        "\"Wozu?\"",
        "\"Warum?\"",
        "Die Frage C-2 ändert sich. Bisher: Menschen beantworten die Frage: Wozu? Künftig: Menschen beantworten die Frage: Warum?",
        "The question C-2 changes. Until now: People answer: Wozu? From now on: People answer: Warum?",
    );
    one(
        "record_ceiling = 1000",
        "retention_class = \"P12M\"\nrecord_ceiling = 1000",
        "Versiegelte Angaben zu besuchertrend werden jetzt 12 Monate aufbewahrt; bisher nannte die Charta keine Frist.",
        "Sealed values of besuchertrend are now kept for 12 months; the charter named no term until now.",
    );
    one(
        "\"notice\"",
        "\"breach\"",
        "Das Gewicht einer Abweichung von C-1: Hinweis → Verstoß, falls bestätigt.",
        "The weight of a deviation from C-1: notice → breach, if confirmed.",
    );
}

#[test]
fn comments_order_and_spelling_are_no_changes_and_everything_else_is_one() {
    assert!(changes("purposes = [\"a\"]", "# Neu geordnet.\npurposes  =  ['a']").is_empty());
    for (from, to) in [
        ("\"Charta\"", "\"Die Charta\""),
        ("2020-10-08 }", "2020-10-08, time_zone = \"UTC\" }"),
        ("2020-10-08 }", "2020-10-08, wording_checked = true }"),
        ("id = \"b\"", "id = \"c\""),
        ("title = \"Besuchertrend\"", "title = \"Trend\""),
        ("record_ceiling = 1000", "record_ceiling = 1000\nsensor = true"),
        ("record_ceiling = 1000", "record_ceiling = 1000\nretention_class = \"P12M\""),
        ("record_ceiling = 1000", "record_ceiling = 1000\noperations = [\"query\"]"),
        ("consideration = false", "consideration = true"),
        ("\"Zählung\"", "\"Zählen\""),
        ("id = \"va:1\"", "id = \"va:2\""),
        ("\"Versprechen\"", "\"Wort\""),
        ("source = \"Rat\"", "source = \"Rat, 2020\""),
        ("\"council decision\"", "\"report\""),
        ("\"Wozu?\"", "\"Warum?\""),
        ("id = \"C-2\"", "id = \"C-3\""),
        (
            "evidence = \"council decision\"\nquestion",
            "evidence = \"council decision\"\ninterpretation = true\nquestion",
        ),
    ] {
        assert!(!changes(from, to).is_empty(), "{from} → {to}");
    }
}

/// Rules that ask it for nothing are judged still.
#[test]
fn of_a_data_set_that_goes_only_what_is_asked_of_it_is_lost() {
    let two = "[[dataset]]\nid = \"zwei\"\ntitle = \"Zwei\"\npersonal = \"none\"\npurposes = [\"a\"]\n[[commitment]]\nid = \"C-1\"";
    let old = OLD.replace("[[commitment]]\nid = \"C-1\"", two);
    let parse =
        |text: &str| Charter::parse("c.toml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let changes = parse(&old).diff(&parse(OLD));
    assert_eq!(
        changes.iter().map(|change| change.sentence(Language::German)).collect::<Vec<_>>(),
        [
            "Der Datenbestand „Zwei“ (zwei) entfällt; was eine Regel über ihn fragt, lässt sich dann nicht mehr prüfen."
        ]
    );
    assert_eq!(
        changes[0].sentence(Language::English),
        "The data set “Zwei” (zwei) is dropped; what a rule asks of it can then no longer be verified."
    );
}
