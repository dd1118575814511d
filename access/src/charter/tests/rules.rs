//! What a commitment may ask for.

use super::*;

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
