use super::Language::{English, German};
use crate::charter::Charter;
use crate::facts::Facts;
use crate::judge::tests::{charter, charter_text, event};
use crate::view::EventView;

/// The rule of a charter in both languages.
fn sentences(rule: &str) -> [String; 2] {
    let charter = charter(&[rule]);
    let told = |language| charter.commitment_sentence(&charter.commitments()[0], language);
    [told(German), told(English)]
}

/// Why an event is what it is to the rule.
fn because(rule: &str, fields: &[(&str, &str)]) -> [String; 2] {
    let charter = charter(&[rule]);
    let event = event(fields);
    let view = EventView::from(&event);
    let facts = Facts::from(&view);
    let explanation = charter.explain(&facts);
    let told = |language| charter.reason_sentence(&explanation.commitments[0], language);
    [told(German), told(English)]
}

#[test]
fn a_rule_is_a_plain_sentence() {
    for (rule, german, english) in [
        (
            "when = { personal = true }\nmust_not = { consideration = true }",
            "Wenn die Daten personenbezogen sind, darf keine Gegenleistung gegeben werden.",
            "If the data is personal, nothing may be given in return.",
        ),
        (
            "must = { purpose = { listed_in_dataset = \"purposes\" } }",
            "Bei jedem Zugriff muss der Zweck für den Datenbestand vorgesehen sein.",
            "For every access, the purpose must be one of those listed for the data set.",
        ),
        (
            "when = { secondary_use = true }\nmust = { processing = { in = [\"aggregated\", \"anonymous\"] } }",
            "Wenn die Nutzung über den ursprünglichen Zweck hinausgeht, muss die Form der Daten „zusammengefasst“ oder „anonym“ sein.",
            "If the use is beyond the original purpose, the form of the data must be “aggregated” or “anonymous”.",
        ),
        (
            "when = { recipient = { present = true }, personal = false }\nmust = { announced_on = { days_before_access = 14 }, record_count = { at_most = 10000 } }",
            "Wenn der Empfänger angegeben ist und die Daten nicht personenbezogen sind, muss der Tag der Ankündigung mindestens 14 Tage vor dem Zugriff liegen, und es darf die Zahl der berührten Datensätze höchstens 10.000 sein.",
            "If the recipient is stated and the data is not personal, the day of the announcement must lie at least 14 days before the access, and the number of records touched must be at most 10,000.",
        ),
        (
            "must_not = { role = \"r\", secondary_use = true }",
            "Bei jedem Zugriff darf nicht zugleich gelten, dass die Rolle „R“ (r) ist und die Nutzung über den ursprünglichen Zweck hinausgeht.",
            "For every access, it must not be that the role is “R” (r) and the use is beyond the original purpose.",
        ),
        (
            "must_not = { categories = { in = [\"ort\", \"zeit\"] } }",
            "Bei jedem Zugriff dürfen die Datenkategorien nicht ausschließlich „ort“ oder „zeit“ sein.",
            "For every access, the categories of data must not be only “ort” or “zeit”.",
        ),
        (
            "must_not = { consideration = false }",
            "Bei jedem Zugriff muss eine Gegenleistung gegeben werden.",
            "For every access, something must be given in return.",
        ),
        (
            "must = { collected_on = { not_older_than_of_dataset = \"keep_days\" } }",
            "Bei jedem Zugriff darf der Tag der ältesten Erhebung höchstens so viele Tage vor dem Zugriff liegen, wie der Datenbestand nach der Erhebung genutzt werden darf.",
            "For every access, the day of the oldest collection must lie at most as many days before the access as the data set may be used after collection.",
        ),
        (
            "must_not = { secondary_use = true }",
            "Bei jedem Zugriff darf die Nutzung nicht über den ursprünglichen Zweck hinausgehen.",
            "For every access, the use must not be beyond the original purpose.",
        ),
        (
            "question = \"Welchen Nutzen hatte Ulm?\"\nquestion_en = \"What was the benefit for Ulm?\"",
            "Menschen beantworten die Frage: Welchen Nutzen hatte Ulm?",
            "People answer: What was the benefit for Ulm?",
        ),
    ] {
        assert_eq!(sentences(rule), [german, english]);
    }
}

#[test]
fn a_deviation_names_field_value_and_limit() {
    for (rule, fields, german, english) in [
        (
            "must = { purpose = { listed_in_dataset = \"purposes\" } }",
            &[("purpose", "b")][..],
            "Der Zugriff passt nicht zu C0, weil der Zweck „B“ (b) ist (vorgesehen bei „Mit allem“ (full): „A“ (a)).",
            "The access does not fit C0 because the purpose is “B” (b) (listed for “Mit allem” (full): “A” (a)).",
        ),
        (
            "must = { record_count = { at_most_of_dataset = \"record_ceiling\" } }",
            &[("record_count", "12345")],
            "Der Zugriff passt nicht zu C0, weil die Zahl der berührten Datensätze 12.345 ist (höchstens 10 bei „Mit allem“ (full)).",
            "The access does not fit C0 because the number of records touched is 12,345 (at most 10 for “Mit allem” (full)).",
        ),
        (
            "must = { announced_on = { days_before_access = 14 } }",
            &[("announced_on", "2026-11-21")],
            "Der Zugriff passt nicht zu C0, weil der Tag der Ankündigung 1 Tag vor dem Zugriff liegt (mindestens 14 Tage).",
            "The access does not fit C0 because the day of the announcement lies 1 day before the access (at least 14 days).",
        ),
        (
            "when = { personal = true }\nmust_not = { consideration = true }",
            &[("consideration", "true")],
            "Der Zugriff passt nicht zu C0, weil eine Gegenleistung gegeben wird.",
            "The access does not fit C0 because something is given in return.",
        ),
        (
            "must_not = { role = \"r\" }",
            &[("role", "r")],
            "Der Zugriff passt nicht zu C0, weil die Rolle „R“ (r) ist.",
            "The access does not fit C0 because the role is “R” (r).",
        ),
        (
            "must_not = { operation = { in = [\"query\", \"erase\"] } }",
            &[],
            "Der Zugriff passt nicht zu C0, weil der Vorgang „Abfrage“ ist (ausgeschlossen: „Abfrage“ oder „Löschung“).",
            "The access does not fit C0 because the operation is “query” (excluded: “query” or “erasure”).",
        ),
        (
            "must_not = { role = { listed_in_dataset = \"roles\" }, record_count = { at_most_of_dataset = \"record_ceiling\" } }",
            &[("role", "r"), ("record_count", "7")],
            "Der Zugriff passt nicht zu C0, weil die Rolle „R“ (r) ist (ausgeschlossen bei „Mit allem“ (full): „R“ (r)) und die Zahl der berührten Datensätze 7 ist (ausgeschlossen bei „Mit allem“ (full): höchstens 10).",
            "The access does not fit C0 because the role is “R” (r) (excluded for “Mit allem” (full): “R” (r)) and the number of records touched is 7 (excluded for “Mit allem” (full): at most 10).",
        ),
        (
            "must_not = { role = { present = true }, secondary_use = true }",
            &[("role", "r"), ("secondary_use", "true")],
            "Der Zugriff passt nicht zu C0, weil die Rolle angegeben ist („R“ (r)) und die Nutzung über den ursprünglichen Zweck hinausgeht.",
            "The access does not fit C0 because the role is stated (“R” (r)) and the use is beyond the original purpose.",
        ),
    ] {
        assert_eq!(because(rule, fields), [german, english]);
    }
}

#[test]
fn what_can_not_be_verified_says_what_is_missing() {
    for (rule, fields, german, english) in [
        (
            "must = { legal_basis = { present = true } }",
            &[][..],
            "Ob der Zugriff zu C0 passt, lässt sich nicht prüfen, weil die Rechtsgrundlage nicht angegeben ist.",
            "Whether the access fits C0 can't be verified because the legal basis is not stated.",
        ),
        (
            "when = { personal = true }\nmust_not = { consideration = true }",
            &[("dataset", "neu"), ("consideration", "true")],
            "Ob der Zugriff zu C0 passt, lässt sich nicht prüfen, weil die Charta den Datenbestand „neu“ nicht kennt.",
            "Whether the access fits C0 can't be verified because the charter does not know the data set “neu”.",
        ),
        (
            "must = { role = { listed_in_dataset = \"roles\" } }",
            &[("dataset", "plain"), ("role", "r")],
            "Ob der Zugriff zu C0 passt, lässt sich nicht prüfen, weil die Charta für den Datenbestand „Ohne alles“ (plain) die Rollen nicht angibt.",
            "Whether the access fits C0 can't be verified because the charter does not state the roles for the data set “Ohne alles” (plain).",
        ),
    ] {
        assert_eq!(because(rule, fields), [german, english]);
    }
}

#[test]
fn numbers_and_days_are_written_as_people_write_them() {
    assert_eq!(
        (German.number(0), German.number(999), English.number(1000)),
        ("0".into(), "999".into(), "1,000".into())
    );
    assert_eq!(German.number(1_234_567), "1.234.567");
    assert_eq!(
        (German.day(18_543), English.day(18_543)),
        ("8. Oktober 2020".into(), "8 October 2020".into())
    );
    assert_eq!(German.day(i64::MAX), format!("Tag {}", i64::MAX));
}

#[test]
fn data_sets_and_activities_are_sentences_too() {
    let charter = charter(&["question = \"?\""]);
    let of = |id: &str, language| charter.dataset_sentence(charter.dataset(id.as_bytes()).unwrap(), language);
    assert_eq!(
        of("plain", German),
        "Der Datenbestand „Ohne alles“ (plain) enthält keine personenbezogenen Daten; Zwecke: „A“ (a)."
    );
    assert_eq!(
        of("full", English),
        "The data set “Mit allem” (full) holds indirectly personal data; purposes: “A” (a); roles: “R” (r); recipients: “SWU” (swu); legal bases: “E” (gdpr-6-1-e); organisational units: “U” (u); operations: “query”, “disclosure”; places of storage: “Ulm” (ulm); at most 10 records in one access; used at most 30 days after collection."
    );
    assert_eq!(
        charter.activity_sentence(&charter.activities()[0], German),
        "Wer die Tätigkeit „Tätigkeit“ (va:17) nennt und auf „Mit allem“ (full) zugreift, gibt damit an: die Rechtsgrundlage ist „E“ (gdpr-6-1-e); die Datenkategorien sind „ort“; es wird keine Gegenleistung gegeben; der Tag der Ankündigung ist der 1. November 2026."
    );
}

/// What an activity says holds for an access to any one of its data sets, and all of it is inherited.
#[test]
fn an_activity_says_which_data_sets_and_what_is_inherited() {
    let charter = charter(&["question = \"?\""]);
    let mut activity = charter.activities()[0].clone();
    activity.datasets.push("plain".to_owned());
    activity.facts.categories.push("zeit".to_owned());
    activity.facts.secondary_use = Some(true);
    activity.facts.announced_on = None;
    let told = |language| charter.activity_sentence(&activity, language);
    assert_eq!(
        told(German),
        "Wer die Tätigkeit „Tätigkeit“ (va:17) nennt und auf „Mit allem“ (full) oder „Ohne alles“ (plain) zugreift, gibt damit an: die Rechtsgrundlage ist „E“ (gdpr-6-1-e); die Datenkategorien sind „ort“ und „zeit“; die Nutzung geht über den ursprünglichen Zweck hinaus; es wird keine Gegenleistung gegeben."
    );
    assert_eq!(
        told(English),
        "An access to “Mit allem” (full) or “Ohne alles” (plain) that names the activity “Tätigkeit” (va:17) states with it: the legal basis is “E” (gdpr-6-1-e); the categories of data are “ort” and “zeit”; the use is beyond the original purpose; nothing is given in return."
    );
}

#[test]
fn one_is_no_plural() {
    let mut dataset = charter(&["question = \"?\""]).datasets()[0].clone();
    dataset.record_ceiling = Some(1);
    dataset.retention_class = Some(crate::RetentionClass::Months(1));
    let charter = charter(&["question = \"?\""]);
    let german = charter.dataset_sentence(&dataset, German);
    assert!(german.contains("höchstens 1 Datensatz je Zugriff"), "{german}");
    assert!(german.contains("versiegelte Angaben 1 Monat aufbewahrt"), "{german}");
    let english = charter.dataset_sentence(&dataset, English);
    assert!(english.contains("at most 1 record in one access"), "{english}");
    assert!(english.contains("sealed values kept for 1 month"), "{english}");
}

#[test]
fn a_reason_names_the_first_values_of_a_long_list_and_counts_the_rest_while_the_rule_names_all() {
    let rule = |count: u32| {
        let norms: Vec<_> = (1..=count).map(|number| format!("\"n{number}\"")).collect();
        format!("must = {{ national_norm = {{ in = [{}] }} }}", norms.join(", "))
    };
    let limit = |count| {
        because(&rule(count), &[("national_norm", "x")]).map(|reason| {
            let (_, limit) = reason.split_once(": ").unwrap();
            limit.strip_suffix(").").unwrap().replace(['„', '“', '”'], "")
        })
    };
    assert_eq!(limit(2), ["n1 oder n2", "n1 or n2"]);
    let ten = "n1, n2, n3, n4, n5, n6, n7, n8, n9, n10";
    assert_eq!(limit(11), [format!("{ten} oder n11"), format!("{ten} or n11")]);
    assert_eq!(limit(12), [format!("{ten} oder 2 weitere"), format!("{ten} or 2 more")]);
    assert!(limit(1000)[0].ends_with("n10 oder 990 weitere"));
    let [german, english] = sentences(&rule(1000));
    assert!(german.contains("„n999“ oder „n1000“ sein") && english.contains("“n999” or “n1000”"));
}

#[test]
fn of_what_a_data_set_lists_a_reason_names_the_first_values_too() {
    let text = charter_text(&["must = { unit = { listed_in_dataset = \"units\" } }"]);
    let codes: Vec<_> = (1..=300).map(|number| format!("u{number}")).collect();
    let declared: Vec<_> =
        codes.iter().map(|code| format!("{{ id = \"{code}\", title = \"Amt {code}\" }}")).collect();
    let text = text
        .replace("unit = [{ id = \"u\", title = \"U\" }, ", &format!("unit = [{}, ", declared.join(", ")))
        .replace("units = [\"u\"]", &format!("units = {codes:?}"));
    let charter = Charter::parse("c.toml", text.as_bytes()).unwrap();
    let event = event(&[("unit", "v")]);
    let view = EventView::from(&event);
    let facts = Facts::from(&view);
    let explanation = charter.explain(&facts);
    let told = |language| charter.reason_sentence(&explanation.commitments[0], language);
    assert!(told(German).ends_with("„Amt u10“ (u10) oder 290 weitere)."), "{}", told(German));
    assert!(told(English).ends_with("“Amt u10” (u10) or 290 more)."), "{}", told(English));
}
