use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, AccessRecord};

use super::*;
use crate::facts::{Codes, LoggedAccess};
use crate::field;
use crate::view::EventView;

mod conditions;
mod properties;
mod recorded;

/// A charter with these rules, on which the tests of this module rest.
pub(crate) fn charter(rules: &[&str]) -> Charter {
    let text = charter_text(rules);
    Charter::parse("probe.toml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn charter_text(rules: &[&str]) -> String {
    let mut text = String::from(
        r#"
        charter = { title = "Probe" }
        purpose = [{ id = "a", title = "A" }, { id = "b", title = "B" }]
        role = [{ id = "r", title = "R" }, { id = "s", title = "S" }]
        legal_basis = [{ id = "gdpr-6-1-e", title = "E" }, { id = "gdpr-6-1-a", title = "A" }]
        unit = [{ id = "u", title = "U" }, { id = "v", title = "V" }]
        recipient = [{ id = "swu", title = "SWU" }, { id = "thu", title = "THU" }]
        storage_location = [{ id = "ulm", title = "Ulm" }, { id = "anderswo", title = "Anderswo" }]
        [[dataset]]
        id = "plain"
        title = "Ohne alles"
        personal = "none"
        purposes = ["a"]
        [[dataset]]
        id = "full"
        title = "Mit allem"
        personal = "indirect"
        purposes = ["a"]
        roles = ["r"]
        recipients = ["swu"]
        legal_bases = ["gdpr-6-1-e"]
        units = ["u"]
        operations = ["query", "disclose"]
        storage_locations = ["ulm"]
        record_ceiling = 10
        keep_days = 30
        [[dataset]]
        id = "tight"
        title = "Enger"
        personal = "direct"
        purposes = ["b"]
        record_ceiling = 5
        [[activity]]
        id = "va:17"
        title = "Tätigkeit"
        dataset = "full"
        legal_basis = "gdpr-6-1-e"
        consideration = false
        categories = ["ort"]
        announced_on = 2026-11-01
        "#,
    );
    for (number, rule) in rules.iter().enumerate() {
        text += &format!(
            "\n[[commitment]]\nid = \"C{number}\"\ntitle = \"C\"\nsource = \"S\"\nevidence = \"city page\"\n{rule}\n"
        );
        if !rule.contains("question") {
            text += "severity = \"notice\"\n";
        }
    }
    text
}

/// An event of 2026-11-22 on `full`, with these fields.
pub(crate) fn event(fields: &[(&str, &str)]) -> AccessEvent {
    let mut event = AccessEvent {
        event_id: Bytes::from_static(&[1; 16]),
        occurred_at_us: 1_795_365_547_000_000,
        ..AccessEvent::default()
    };
    let required = [("dataset", "full"), ("operation", "query"), ("purpose", "a")];
    for (name, value) in required.iter().chain(fields) {
        field::set(&mut event, name, value).unwrap();
    }
    event
}

pub(super) fn verdict(rule: &str, fields: &[(&str, &str)]) -> Verdict {
    let charter = charter(&[rule]);
    let event = event(fields);
    let view = EventView::from(&event);
    charter.judge(&Facts::from(&view)).verdict(&charter, 0).unwrap()
}

#[test]
fn where_the_rule_does_not_apply_it_is_kept_whatever_is_missing() {
    let rule = "when = { personal = true }\nmust = { legal_basis = \"gdpr-6-1-e\" }";
    assert_eq!(verdict(rule, &[("dataset", "plain")]), Verdict::Kept);
    assert_eq!(verdict(rule, &[]), Verdict::NotVerifiable);
    assert_eq!(verdict(rule, &[("legal_basis", "gdpr-6-1-e")]), Verdict::Kept);
    assert_eq!(verdict(rule, &[("legal_basis", "gdpr-6-1-a")]), Verdict::Deviates);
    // Nobody knows whether it applies.
    assert_eq!(verdict(rule, &[("dataset", "new"), ("legal_basis", "gdpr-6-1-a")]), Verdict::NotVerifiable);
    assert_eq!(verdict(rule, &[("dataset", "new"), ("legal_basis", "gdpr-6-1-e")]), Verdict::Kept);
}

#[test]
fn what_must_not_be_is_all_of_the_conditions_together() {
    let rule = "must_not = { consideration = true, recipient = \"thu\" }";
    let of = |fields: &[(&str, &str)]| verdict(rule, fields);
    assert_eq!(of(&[("consideration", "true"), ("recipient", "thu")]), Verdict::Deviates);
    assert_eq!(of(&[("consideration", "true"), ("recipient", "swu")]), Verdict::Kept);
    assert_eq!(of(&[("consideration", "false")]), Verdict::Kept);
    assert_eq!(of(&[("consideration", "true")]), Verdict::NotVerifiable);
    assert_eq!(of(&[]), Verdict::NotVerifiable);
}

#[test]
fn what_must_be_is_each_of_the_conditions() {
    let rule = "must = { consideration = false, recipient = \"swu\" }";
    let of = |fields: &[(&str, &str)]| verdict(rule, fields);
    assert_eq!(of(&[("consideration", "false"), ("recipient", "swu")]), Verdict::Kept);
    assert_eq!(of(&[("consideration", "true")]), Verdict::Deviates);
    assert_eq!(of(&[("consideration", "false")]), Verdict::NotVerifiable);
}

#[test]
fn an_access_inherits_from_its_activity_what_it_does_not_say() {
    let legal = "must = { legal_basis = \"gdpr-6-1-e\" }";
    assert_eq!(verdict(legal, &[("activity", "va:17")]), Verdict::Kept);
    assert_eq!(verdict(legal, &[("activity", "va:17"), ("legal_basis", "gdpr-6-1-a")]), Verdict::Deviates);
    assert_eq!(
        verdict("must = { categories = { in = [\"ort\"] } }", &[("activity", "va:17")]),
        Verdict::Kept
    );
    let announced = "must = { announced_on = { days_before_access = 21 } }";
    assert_eq!(verdict(announced, &[("activity", "va:17")]), Verdict::Kept);
    assert_eq!(
        verdict(announced, &[("activity", "va:17"), ("announced_on", "2026-11-02")]),
        Verdict::Deviates
    );
}

#[test]
fn an_activity_of_other_data_sets_or_one_that_nobody_knows_gives_nothing() {
    let legal = "must = { legal_basis = \"gdpr-6-1-e\" }";
    assert_eq!(verdict(legal, &[("dataset", "plain"), ("activity", "va:17")]), Verdict::NotVerifiable);
    assert_eq!(verdict(legal, &[("activity", "va:18")]), Verdict::NotVerifiable);
    let joined = [("dataset", "plain"), ("other_datasets", "full"), ("activity", "va:17")];
    assert_eq!(verdict(legal, &joined), Verdict::Kept);
}

#[test]
fn data_is_personal_if_that_of_any_data_set_is() {
    let rule = "must = { personal = false }";
    for (dataset, others, expected) in [
        ("plain", "", Verdict::Kept),
        ("full", "", Verdict::Deviates),
        ("new", "", Verdict::NotVerifiable),
        ("plain", "tight", Verdict::Deviates),
        ("new", "tight", Verdict::Deviates),
        ("full", "new", Verdict::Deviates),
        ("plain", "new", Verdict::NotVerifiable),
        ("plain", "plain", Verdict::Kept),
    ] {
        let mut fields = vec![("dataset", dataset)];
        fields.extend((!others.is_empty()).then_some(("other_datasets", others)));
        assert_eq!(verdict(rule, &fields), expected, "{dataset} {others}");
    }
}

#[test]
fn limits_of_data_sets_hold_for_each_of_them() {
    let rule = "must = { record_count = { at_most_of_dataset = \"record_ceiling\" } }";
    for (others, count, expected) in [
        ("", "10", Verdict::Kept),
        ("", "11", Verdict::Deviates),
        ("tight", "5", Verdict::Kept),
        ("tight", "6", Verdict::Deviates),
        ("plain", "6", Verdict::NotVerifiable),
        ("plain", "11", Verdict::Deviates),
        ("new", "10", Verdict::NotVerifiable),
    ] {
        let mut fields = vec![("record_count", count)];
        fields.extend((!others.is_empty()).then_some(("other_datasets", others)));
        assert_eq!(verdict(rule, &fields), expected, "{others} {count}");
    }
}

#[test]
fn a_record_that_hides_another_one_is_not_verifiable_and_a_question_is_in_neither_list() {
    let charter = charter(&[
        "must = { purpose = \"a\" }",
        "question = \"Wozu?\"",
        "must_not = { consideration = true }",
    ]);
    let day = AccessRecord {
        confidential_until_day: Some(30_000),
        consideration: Some(false),
        ..AccessRecord::default()
    };
    let outer = AccessRecord { confidential_seal: Some(bytes::Bytes::from_static(&[4; 32])), ..day.clone() };
    let judgement = charter.judge(&Facts::from(&outer));
    assert_eq!(judgement.not_verifiable.ids(&charter).collect::<Vec<_>>(), ["C0", "C2"]);
    assert!(judgement.deviates.is_empty() && judgement.verdict(&charter, 1).is_none());
    assert!(charter.explain(&Facts::from(&outer)).hidden);
    // Nothing but the seal hides: a day alone keeps no access from being judged.
    assert!(!charter.judge(&Facts::from(&day)).not_verifiable.contains(2), "{day:?}");
}

#[test]
fn a_recorded_verdict_that_differs_is_told_with_both() {
    let charter = charter(&[
        "must = { purpose = \"a\" }",
        "must_not = { consideration = true }",
        "question = \"Wozu?\"",
    ]);
    let event = event(&[("purpose", "b")]);
    let view = EventView::from(&event);
    let check = |deviates: &[&str], not_verifiable: &[&str]| {
        let access = LoggedAccess {
            facts: Facts::from(&view),
            charter: Some(1),
            deviates: Codes::from(deviates),
            not_verifiable: Codes::from(not_verifiable),
        };
        charter.check_verdict(&access).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(check(&["C0"], &["C1"]), Ok(()));
    let is = |text: &str| Err(text.to_owned());
    assert_eq!(
        check(&[], &["C1"]),
        is("commitment C0 was recorded as kept, and the charter gives deviating")
    );
    assert_eq!(
        check(&["C0"], &[]),
        is("commitment C1 was recorded as kept, and the charter gives not verifiable")
    );
    assert_eq!(
        check(&["C0", "C1"], &["C1"]),
        is("commitment C1 was recorded as deviating, and the charter gives not verifiable")
    );
    assert_eq!(
        check(&["C0"], &["C0", "C1"]),
        is("commitment C0 was recorded as not verifiable, and the charter gives deviating")
    );
    assert_eq!(
        check(&["C0", "C2"], &["C1"]),
        is("the record names the commitment \"C2\", for which its charter has no rule")
    );
    let twice = is("the record lists its commitments twice or in another order than its charter");
    assert_eq!(check(&["C0", "C0"], &["C1"]), twice);
}
