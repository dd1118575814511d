use super::*;

/// A charter that says little and is right; `{}` is where a test puts something in.
const SMALL: &str = r#"[charter]
title = "Charta"

[[purpose]]
id = "statistik"
title = "Statistik"

[[dataset]]
id = "besuchertrend"
title = "Besuchertrend"
personal = "indirect"
purposes = ["statistik"]

[[commitment]]
id = "C-1"
title = "Nichts wird verkauft"
source = "Gemeinderat"
evidence = "council decision"
severity = "breach"
must_not = { consideration = true }
"#;

/// The problems of a text, one a line, without the lines of the text.
fn problems(text: &str) -> Vec<String> {
    match Charter::check("c.toml", text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let told = |one: &Problem| format!("{}:{}: {}", one.line, one.column, one.reason);
            error.problems.iter().map(told).collect()
        }
    }
}

/// What is wrong with the small charter after a change.
#[track_caller]
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(SMALL.contains(from), "{from}");
    problems(&SMALL.replace(from, to))
}

/// What is wrong with another rule in it.
fn rule(text: &str) -> Vec<String> {
    changed("must_not = { consideration = true }", text)
}

#[test]
fn what_is_right_is_taken() {
    let charter = Charter::parse("c.toml", SMALL.as_bytes()).unwrap();
    assert_eq!(charter.titles().german, "Charta");
    assert_eq!(charter.datasets().len(), 1);
    assert!(charter.dataset(b"besuchertrend").is_some_and(|dataset| dataset.personal == Personal::Indirect));
    assert_eq!(charter.titles_of(Register::Purpose, "statistik").unwrap().german, "Statistik");
    assert!(!charter.wording_checked() && charter.adopted_day().is_none());
}

#[test]
fn an_error_shows_place_line_and_what_is_meant() {
    let error = Charter::parse("ulm.toml", SMALL.replace("purposes", "purpose").as_bytes()).unwrap_err();
    let expected = "the charter can't be used, it has 2 problems
ulm.toml:8:1: dataset 'besuchertrend' needs 'purposes': the purposes that it serves, as in purposes = [\"statistik\"]
  |
8 | [[dataset]]
  | ^^^^^^^^^^^
ulm.toml:12:1: dataset 'besuchertrend' has no key 'purpose'; did you mean 'purposes'?
   |
12 | purpose = [\"statistik\"]
   | ^^^^^^^";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let marked = |text: &str| problems(&format!("\u{feff}{text}"));
    assert_eq!(marked(SMALL), Vec::<String>::new());
    assert_eq!(marked("[charter\n"), problems("[charter\n"));
}

#[test]
fn a_file_that_is_too_long_no_text_or_no_toml_is_refused() {
    let long = vec![b'#'; CHARTER_BYTES_MAX + 1];
    let error = Charter::parse("c.toml", &long).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "c.toml:1:1: a charter has at most 4194304 bytes, this file has 4194305; is it the right one?"
        ),
        "{error}"
    );
    let error = Charter::parse("c.toml", b"[charter]\ntitle = \"\xff\"").unwrap_err();
    assert_eq!((error.problems[0].line, error.problems[0].column), (2, 10));
    assert_eq!(error.problems[0].reason, Reason::NotUtf8 { offset: 19 });
    assert!(problems("[charter\n")[0].starts_with("1:1: this line must read [charter]"));
    assert!(
        changed("title = \"Charta\"", "title = \"Charta\"\ntitle = \"x\"")[0]
            .starts_with("3:1: 'title' is on line 2 of this entry already")
    );
}

#[test]
fn what_is_missing_empty_or_there_twice_is_told() {
    assert_eq!(
        problems(""),
        [
            "1:1: a charter needs 'charter': a table [charter] with the title of the whole",
            "1:1: a charter needs 'commitment': at least one table [[commitment]], for without a promise there is nothing to judge by",
        ]
    );
    let none = problems("commitment = []\ncharter = { title = \"Leer\" }");
    assert_eq!(
        none,
        ["1:14: 'commitment': expected at least one table (an empty list says nothing), found none"]
    );
    assert_eq!(
        changed("purposes = [\"statistik\"]\n", ""),
        [
            "8:1: dataset 'besuchertrend' needs 'purposes': the purposes that it serves, as in purposes = [\"statistik\"]"
        ]
    );
    assert_eq!(
        changed("[\"statistik\"]", "[]"),
        ["12:12: 'purposes': expected 1 to 1000 items (an empty list says nothing), found an empty list"]
    );
    assert_eq!(
        changed("[\"statistik\"]", "[\"statistik\", \"statistik\"]"),
        ["12:26: \"statistik\" is there twice, first on line 12; remove one"]
    );
    let twice = "[[purpose]]\nid = \"statistik\"\ntitle = \"Noch einmal\"\n\n[[dataset]]";
    assert_eq!(
        changed("[[dataset]]", twice),
        [
            "9:6: purpose \"statistik\" is there twice, first on line 5; two things need two ids, and one thing one table"
        ]
    );
    assert_eq!(changed("id = \"besuchertrend\"", "id = \"Besucher trend\"").len(), 1);
}

#[test]
fn codes_must_be_declared_and_a_slip_is_understood() {
    assert_eq!(
        changed("[\"statistik\"]", "[\"statisitk\"]"),
        [
            "12:13: \"statisitk\" is not declared; did you mean 'statistik'? Otherwise a [[purpose]] with this id declares it"
        ]
    );
    assert_eq!(
        rule("must = { purpose = \"werbung\" }"),
        ["20:20: \"werbung\" is not declared; a [[purpose]] with this id declares it"]
    );
    assert_eq!(
        changed("\"indirect\"", "\"indirekt\""),
        [
            "11:12: 'personal': expected one of \"none\", \"indirect\", \"direct\", found \"indirekt\"; did you mean 'indirect'?"
        ]
    );
    assert_eq!(changed("\"council decision\"", "\"hearsay\"").len(), 1);
}

#[test]
fn impossible_days_and_numbers_are_refused() {
    assert!(
        changed("title = \"Charta\"", "title = \"Charta\"\nadopted = 2026-02-30")[0]
            .starts_with("3:11: a day is written year-month-day")
    );
    assert_eq!(
        changed("title = \"Charta\"", "title = \"Charta\"\nadopted = \"2026-02-03\""),
        [
            "3:11: 'adopted': expected a day of the calendar without quotes, as in 2026-11-22, found \"2026-02-03\""
        ]
    );
    assert_eq!(changed("title = \"Charta\"", "title = \"Charta\"\nadopted = 0000-01-01").len(), 1);
    for number in ["-1", "1.5", "9007199254740993", "\"10\""] {
        let text = format!("purposes = [\"statistik\"]\nrecord_ceiling = {number}");
        let told = changed("purposes = [\"statistik\"]", &text);
        assert!(
            told[0].starts_with("13:18: 'record_ceiling': expected a whole number, without quotes"),
            "{told:?}"
        );
    }
    assert_eq!(changed("title = \"Charta\"", "title = \"Charta\"\ntime_zone = \"Mitteleuropa!\"").len(), 1);
}

#[test]
fn a_commitment_asks_for_exactly_one_thing() {
    let two = "must_not = { consideration = true }\nquestion = \"Wozu?\"";
    assert_eq!(
        rule(two),
        [
            "14:1: commitment 'C-1' needs exactly one of must, must_not and question, it has must_not and question"
        ]
    );
    assert_eq!(
        rule(""),
        ["14:1: commitment 'C-1' needs exactly one of must, must_not and question, it has none of them"]
    );
    assert_eq!(
        rule("question = \"Wozu?\""),
        [
            "19:12: commitment 'C-1' is a question, which people answer; 'severity' belongs to rules, which are computed"
        ]
    );
    assert_eq!(
        changed("severity = \"breach\"\n", ""),
        ["14:1: commitment 'C-1' needs 'severity': \"breach\" or \"notice\": how much a deviation weighs"]
    );
    assert_eq!(rule("must = {}").len(), 1);
    let many: String = (0..COMMITMENTS_MAX)
        .map(|number| format!("[[commitment]]\nid=\"Q{number}\"\ntitle=\"Q\"\nsource=\"S\"\nevidence=\"report\"\nquestion=\"?\"\n"))
        .collect();
    let told = problems(&format!("{SMALL}{many}"));
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("a charter has at most 64 commitments, this is one more"), "{told:?}");
}

#[test]
fn a_condition_that_does_not_fit_its_field_names_those_that_do() {
    assert!(
        rule("must = { colour = \"red\" }")[0]
            .starts_with("20:10: no rule can look at 'colour'; there are dataset, ")
    );
    assert_eq!(
        rule("must = { purposes = \"statistik\" }"),
        ["20:10: no rule can look at 'purposes'; did you mean 'purpose'?"]
    );
    assert_eq!(
        rule("must = { consideration = { at_most = 3 } }"),
        [
            "20:26: 'consideration' takes no such condition ({ at_most = … }); it takes true or false or { present = true }"
        ]
    );
    assert_eq!(
        rule("must = { collected_on = 2026-01-01 }"),
        [
            "20:25: 'collected_on' takes no such condition (2026-01-01); it takes { present = true } or { not_older_than_days = 30 } or { not_older_than_of_dataset = \"keep_days\" } or { days_before_access = 30 }"
        ]
    );
    assert_eq!(
        rule("must = { actor = \"erika\" }"),
        ["20:18: 'actor' takes no such condition (\"erika\"); it takes { present = true }"]
    );
    assert_eq!(
        rule("must = { unit = { listed_in_dataset = \"purposes\" } }"),
        ["20:39: 'listed_in_dataset': expected one of \"units\", found \"purposes\""]
    );
    assert_eq!(
        rule("must = { unit = { present = false } }"),
        ["20:29: 'present': expected true: that nothing is stated is never certain, found false"]
    );
    assert_eq!(
        rule("must = { record_count = { atmost = 3 } }"),
        ["20:27: a condition on 'record_count' has no key 'atmost'; did you mean 'at_most'?"]
    );
    assert_eq!(rule("must = { record_count = { at_most = 3, present = true } }").len(), 1);
}

#[test]
fn rules_whose_answer_is_always_the_same_are_refused() {
    let pointless = |text: &str, expected: &str| {
        let told = rule(text);
        assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
    };
    pointless(
        "when = { personal = false }\nmust = { purpose = \"statistik\" }",
        "20:10: commitment 'C-1' can never apply: the charter gives the same answer for every data set; correct 'personal'",
    );
    pointless(
        "must = { record_count = { at_most_of_dataset = \"record_ceiling\" } }",
        "can never be kept: no data set that it applies to has record_ceiling; correct 'record_ceiling' in the tables",
    );
    pointless(
        "must = { role = { listed_in_dataset = \"roles\" } }",
        "can never be kept: no data set that it applies to has roles",
    );
    pointless(
        "must = { collected_on = { not_older_than_of_dataset = \"keep_days\" } }",
        "no data set that it applies to has keep_days",
    );
    pointless(
        "when = { operation = \"query\" }\nmust = { operation = \"erase\" }",
        "can never be kept: what 'when' says of 'operation' rules it out",
    );
    pointless(
        "when = { operation = \"query\" }\nmust = { operation = { in = [\"query\", \"erase\"] } }",
        "says nothing, for it is always kept: what 'when' says of 'operation' settles it",
    );
    pointless(
        "when = { collected_on = { not_older_than_days = 7 } }\nmust = { collected_on = { days_before_access = 8 } }",
        "can never be kept",
    );
    pointless(
        "must = { outcome = { in = [\"granted\", \"denied\", \"failed\"] } }",
        "every value that 'outcome' can have fits",
    );
    pointless(
        "must = { access_count = { at_most = 0 } }",
        "can never be kept: no value that 'access_count' can have fits",
    );
    pointless(
        "must = { record_count = { at_most = 9007199254740992 }, operation = { in = [\"query\", \"query\"] } }",
        "twice",
    );
    pointless("must = { personal = true }", "says nothing");
    for useful in [
        "must = { legal_basis = { present = true } }",
        "when = { purpose = \"statistik\" }\nmust = { dataset = \"besuchertrend\", record_count = { at_most = 3 } }",
        "when = { record_count = { at_most = 10 } }\nmust = { record_count = { at_most = 9 } }",
        "when = { collected_on = { days_before_access = 7 } }\nmust = { collected_on = { not_older_than_days = 7 } }",
    ] {
        assert_eq!(rule(useful), Vec::<String>::new(), "{useful}");
    }
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file_and_a_flood_is_counted() {
    let text = SMALL
        .replace("\"indirect\"", "7")
        .replace("title = \"Charta\"", "titel = \"Charta\"")
        .replace("true", "1");
    let lines: Vec<_> =
        problems(&text).iter().map(|told| told.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["1", "2", "11", "20"]);
    let flood: String = (0..1000).map(|number| format!("key{number} = 1\n")).collect();
    let error = Charter::parse("c.toml", format!("{flood}{SMALL}").as_bytes()).unwrap_err();
    assert_eq!((error.problems.len(), error.more), (100, 900));
    assert_eq!(error.problems[99].line, 100);
    assert!(error.to_string().ends_with("c.toml: and 900 more"));
}

#[test]
fn a_long_line_is_shown_in_part_and_nothing_of_it_reaches_a_terminal() {
    let long = format!("title = \"{}\" # \u{1b}", "ä".repeat(3000));
    let error = Charter::parse("c.toml", SMALL.replace("title = \"Charta\"", &long).as_bytes()).unwrap_err();
    let told = error.to_string();
    assert!(told.len() < 2000 && !told.contains('\u{1b}'), "{told}");
}

/// What can be written is in the reference, and so is the truth table.
#[test]
fn the_reference_names_every_key_field_condition_and_value() {
    use super::parse::keys;
    let reference = include_str!("../../../docs/charter.md");
    let tables = [keys::ROOT, keys::CHARTER, keys::DECLARED, keys::DATASET, keys::ACTIVITY, keys::COMMITMENT];
    let keys = tables.into_iter().flatten().map(|key| key.name);
    let names = keys.chain(RuleField::all().map(RuleField::name));
    let names = names.chain(DatasetList::ALL.map(DatasetList::key));
    for name in names {
        assert!(
            reference.contains(&format!("`{name}`")) || reference.contains(&format!("[{name}]")),
            "{name}"
        );
    }
    for condition in ConditionKind::KEYED {
        assert!(reference.contains(&format!("`{{ {} = ", condition.key())), "{condition:?}");
    }
    let values =
        Evidence::NAMES.map(|(name, _)| name).into_iter().chain(Severity::NAMES.map(|(name, _)| name));
    for value in values.chain(Personal::NAMES.map(|(name, _)| name)) {
        assert!(reference.contains(&format!("\"{value}\"")), "{value}");
    }
    let truth = include_str!("../verdict.rs").lines().filter_map(|line| line.strip_prefix("//! |"));
    let rows = truth.map(|row| format!("|{row}")).filter(|row| !row.contains("implies"));
    rows.for_each(|row| assert!(reference.contains(&row), "{row}"));
}

/// The columns of the reference are those of the parser.
#[test]
fn the_reference_says_which_conditions_fit_which_field() {
    let reference = include_str!("../../../docs/charter.md");
    for field in RuleField::all() {
        let name = format!("`{}`", field.name());
        let is_row = |line: &&str| {
            line.split('|').nth(1).is_some_and(|cell| cell.contains(&name)) && line.split('|').count() == 7
        };
        let row = reference.lines().find(is_row).unwrap_or_else(|| panic!("{name}"));
        let cells: Vec<&str> = row.split('|').collect();
        let marked = [(2, ConditionKind::Value), (3, ConditionKind::In), (4, ConditionKind::Present)];
        for (column, kind) in marked {
            assert_eq!(cells[column].contains('✓'), field.conditions().contains(&kind), "{name} {kind:?}");
        }
        for kind in
            ConditionKind::KEYED.into_iter().filter(|kind| marked.iter().all(|(_, known)| known != kind))
        {
            let key = format!("`{}`", kind.key());
            assert_eq!(cells[5].contains(&key), field.conditions().contains(&kind), "{name} {key}");
        }
    }
}
