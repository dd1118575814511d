//! A table per condition: what is stated × what the data set says.

use super::verdict;
use crate::verdict::Verdict::{self, Deviates, Kept, NotVerifiable};

/// `must` and `must_not` of a condition, for what a field says: "" is nothing.
fn check(condition: &str, field: &str, rows: &[(&str, &str, Verdict)]) {
    let must_not = |expected| match expected {
        Kept => Deviates,
        Deviates => Kept,
        NotVerifiable => NotVerifiable,
    };
    for (dataset, value, expected) in rows {
        let mut fields = vec![("dataset", *dataset)];
        fields.extend((!value.is_empty()).then_some((field, *value)));
        let must = format!("must = {{ {field} = {condition} }}");
        assert_eq!(verdict(&must, &fields), *expected, "{must}: {value:?} on {dataset}");
        // Alone, that something must not be stated could never be kept: the parser refuses it.
        if condition.contains("present") {
            continue;
        }
        let forbidden = format!("must_not = {{ {field} = {condition} }}");
        assert_eq!(verdict(&forbidden, &fields), must_not(*expected), "{forbidden}: {value:?} on {dataset}");
    }
}

#[test]
fn a_value() {
    check("\"r\"", "role", &[("full", "r", Kept), ("full", "s", Deviates), ("full", "", NotVerifiable)]);
    check("\"r\"", "role", &[("new", "r", Kept), ("plain", "R", Deviates), ("new", "", NotVerifiable)]);
    check(
        "true",
        "secondary_use",
        &[("full", "true", Kept), ("full", "false", Deviates), ("full", "", NotVerifiable)],
    );
    check(
        "false",
        "consideration",
        &[("full", "true", Deviates), ("full", "false", Kept), ("full", "", NotVerifiable)],
    );
    check(
        "\"ai\"",
        "actor_kind",
        &[("full", "ai", Kept), ("full", "human", Deviates), ("full", "", NotVerifiable)],
    );
    check("7", "record_count", &[("full", "7", Kept), ("full", "8", Deviates), ("full", "", NotVerifiable)]);
    check(
        "\"§ 4\"",
        "national_norm",
        &[("full", "§ 4", Kept), ("full", "§ 5", Deviates), ("full", "", NotVerifiable)],
    );
    check(
        "\"query\"",
        "operation",
        &[("full", "query", Kept), ("full", "erase", Deviates), ("full", "", Kept)],
    );
    check(
        "\"granted\"",
        "outcome",
        &[("full", "granted", Kept), ("full", "denied", Deviates), ("full", "", Kept)],
    );
}

#[test]
fn one_of_several() {
    let two = "{ in = [\"u\", \"v\"] }";
    check(
        two,
        "unit",
        &[("full", "u", Kept), ("new", "v", Kept), ("full", "w", Deviates), ("full", "", NotVerifiable)],
    );
    let forms = "{ in = [\"raw\", \"anonymous\"] }";
    check(
        forms,
        "processing",
        &[("full", "raw", Kept), ("full", "aggregated", Deviates), ("full", "", NotVerifiable)],
    );
    check(
        "{ in = [1, 12] }",
        "access_count",
        &[("full", "12", Kept), ("full", "2", Deviates), ("full", "", Kept)],
    );
}

#[test]
fn every_item_of_a_list_is_one_of_several() {
    let known = "{ in = [\"ort\", \"zeit\"] }";
    check(
        known,
        "categories",
        &[
            ("full", "ort", Kept),
            ("full", "zeit,ort", Kept),
            ("full", "ort,name", Deviates),
            ("full", "", NotVerifiable),
        ],
    );
    check(
        "{ in = [\"plain\"] }",
        "other_datasets",
        &[("full", "plain", Kept), ("full", "plain,tight", Deviates), ("full", "", NotVerifiable)],
    );
}

#[test]
fn stated_is_true_or_not_verifiable_and_never_false() {
    for (field, value) in [
        ("legal_basis", "x"),
        ("record_count", "0"),
        ("secondary_use", "false"),
        ("collected_on", "2026-01-01"),
        ("other_datasets", "x"),
        ("occurred_until", "2026-11-22T18:00:00Z"),
        ("confidential_until", "2027-01-01"),
        ("subjects", "person:1"),
        ("actor", "e"),
        ("on_behalf_of", "m"),
        ("record_keys", "1"),
        ("justification", "j"),
        ("case_number", "4"),
        ("query", "q"),
        ("client_address", "::1"),
        ("trace_id", "0123456789abcdef0123456789abcdef"),
        ("span_id", "0123456789abcdef"),
    ] {
        check(
            "{ present = true }",
            field,
            &[("full", value, Kept), ("new", value, Kept), ("full", "", NotVerifiable)],
        );
    }
}

#[test]
fn at_most() {
    let rows =
        [("full", "0", Kept), ("full", "4", Kept), ("new", "5", Deviates), ("full", "", NotVerifiable)];
    check("{ at_most = 4 }", "record_count", &rows);
    check(
        "{ at_most = 1 }",
        "access_count",
        &[("full", "1", Kept), ("full", "2", Deviates), ("full", "", Kept)],
    );
}

#[test]
fn at_most_of_the_data_set() {
    check(
        "{ at_most_of_dataset = \"record_ceiling\" }",
        "record_count",
        &[
            ("full", "10", Kept),
            ("full", "11", Deviates),
            ("full", "", NotVerifiable),
            ("plain", "1", NotVerifiable),
            ("plain", "", NotVerifiable),
            ("new", "1", NotVerifiable),
        ],
    );
}

#[test]
fn listed_in_the_data_set() {
    for (field, list, good, bad) in [
        ("role", "roles", "r", "s"),
        ("recipient", "recipients", "swu", "x"),
        ("legal_basis", "legal_bases", "gdpr-6-1-e", "gdpr-6-1-a"),
        ("unit", "units", "u", "v"),
        ("storage_location", "storage_locations", "ulm", "anderswo"),
        ("operation", "operations", "disclose", "erase"),
    ] {
        let condition = format!("{{ listed_in_dataset = \"{list}\" }}");
        let unstated = if field == "operation" { Kept } else { NotVerifiable };
        check(
            &condition,
            field,
            &[
                ("full", good, Kept),
                ("full", bad, Deviates),
                ("full", "", unstated),
                ("plain", good, NotVerifiable),
                ("new", good, NotVerifiable),
            ],
        );
    }
    let rows =
        [("full", "a", Kept), ("full", "b", Deviates), ("tight", "b", Kept), ("new", "a", NotVerifiable)];
    check("{ listed_in_dataset = \"purposes\" }", "purpose", &rows);
}

/// The access is on 2026-11-22.
#[test]
fn days_before_the_access() {
    check(
        "{ not_older_than_days = 7 }",
        "collected_on",
        &[
            ("full", "2026-11-15", Kept),
            ("full", "2026-11-14", Deviates),
            ("full", "2026-11-22", Kept),
            ("new", "2026-12-24", Kept),
            ("full", "", NotVerifiable),
        ],
    );
    check(
        "{ days_before_access = 7 }",
        "announced_on",
        &[
            ("full", "2026-11-15", Kept),
            ("full", "2026-11-16", Deviates),
            ("new", "0001-01-01", Kept),
            ("full", "2026-12-24", Deviates),
            ("full", "", NotVerifiable),
        ],
    );
    check(
        "{ not_older_than_of_dataset = \"keep_days\" }",
        "collected_on",
        &[
            ("full", "2026-10-23", Kept),
            ("full", "2026-10-22", Deviates),
            ("full", "", NotVerifiable),
            ("plain", "2026-11-22", NotVerifiable),
            ("new", "2026-11-22", NotVerifiable),
        ],
    );
}
