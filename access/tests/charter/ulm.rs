//! The example charter of Ulm and the facts of the simulated week say the same of the city.

use std::collections::BTreeSet;

use einsicht_access::Facts;
use einsicht_access::charter::{Demand, Register};
use einsicht_access::judge::Commitments;
use einsicht_proto::v1::{AccessRecord, Operation};
use toml::{Table, Value};

use crate::{charter, text};

fn tables<'a>(of: &'a Table, key: &str) -> Vec<&'a Table> {
    of.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table).collect()
}

fn word<'a>(of: &'a Table, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn facts() -> Table {
    text("service/data/ulm.toml").parse().unwrap()
}

#[test]
fn it_has_twelve_commitments_that_say_how_well_they_are_known() {
    let charter = charter("ulm.toml");
    let ids: Vec<_> = charter.commitments().iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, (1..=12).map(|number| format!("DE-{number:02}")).collect::<Vec<_>>());
    assert!(!charter.wording_checked(), "nobody compared it with the adopted text");
    for one in charter.commitments() {
        let is_question = matches!(one.demand, Demand::Question(_));
        assert!(one.interpretation || is_question, "{}: the rules are readings of ours", one.id);
        assert!(one.titles.english.is_some() && !one.source.is_empty());
    }
}

#[test]
fn its_data_sets_are_those_of_the_week_with_the_same_facts() {
    let (charter, facts) = (charter("ulm.toml"), facts());
    let assumed = facts["assumed"].as_table().unwrap();
    let kinds = tables(assumed, "kinds");
    let mut known = BTreeSet::new();
    for source in tables(&facts, "source") {
        let sets = tables(source, "datasets").into_iter().map(|set| (set, false));
        let sensors = tables(source, "sensors").into_iter().map(|set| (set, true));
        for (set, sensor) in sets.chain(sensors) {
            let id = word(set, "id");
            let dataset = charter.dataset(id.as_bytes()).unwrap_or_else(|| panic!("{id} is missing"));
            let kind = kinds.iter().find(|kind| word(kind, "id") == word(set, "kind")).unwrap();
            let purposes: Vec<_> =
                kind["purposes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(dataset.titles.german, word(set, "title"), "{id}");
            assert_eq!(dataset.personal.is_personal(), word(kind, "personal") != "none", "{id}");
            assert_eq!(dataset.purposes, purposes, "{id}");
            let number = |key: &str| kind.get(key).and_then(Value::as_integer);
            assert_eq!(
                dataset.record_ceiling.map(|ceiling| ceiling as i64),
                number("record_ceiling"),
                "{id}"
            );
            assert_eq!(dataset.keep_days.map(i64::from), number("keep_days"), "{id}");
            assert_eq!(dataset.sensor, sensor, "{id}");
            known.insert(id.to_owned());
            if let Some(activity) = kind.get("activity").and_then(Value::as_str) {
                let activity = charter.activity(activity.as_bytes()).unwrap_or_else(|| panic!("{activity}"));
                assert!(activity.datasets.iter().any(|one| one == id), "{id}");
                assert_eq!(
                    activity.facts.legal_basis.as_deref(),
                    kind.get("legal_basis").and_then(Value::as_str)
                );
            }
        }
    }
    assert_eq!((known.len(), charter.datasets().len()), (140, 140), "121 data sets and 19 sensors");
}

#[test]
fn its_codes_are_those_of_the_week() {
    let (charter, facts) = (charter("ulm.toml"), facts());
    let assumed = facts["assumed"].as_table().unwrap();
    let declared = |register| -> BTreeSet<String> {
        charter.declared(register).iter().map(|one| one.id.clone()).collect()
    };
    let ids =
        |of: Vec<&Table>| -> BTreeSet<String> { of.iter().map(|one| word(one, "id").to_owned()).collect() };
    let of_sources =
        |key: &str| tables(&facts, "source").into_iter().flat_map(|source| tables(source, key)).collect();
    assert_eq!(declared(Register::Purpose), ids(tables(assumed, "purposes")));
    assert_eq!(declared(Register::Role), ids(tables(assumed, "roles")));
    assert_eq!(declared(Register::LegalBasis), ids(tables(assumed, "legal_bases")));
    assert_eq!(declared(Register::StorageLocation), ids(tables(assumed, "storage_locations")));
    assert_eq!(declared(Register::Unit), ids(of_sources("units")));
    let mut recipients = ids(of_sources("organisations"));
    recipients.extend(ids(tables(assumed, "recipients")));
    assert_eq!(declared(Register::Recipient), recipients);
    assert_eq!(charter.declared(Register::Unit).len(), 19);
}

/// Sovereignty is also a matter of where data goes.
#[test]
fn where_data_goes_that_is_shared_is_looked_at() {
    let charter = charter("ulm.toml");
    let judged = |operation: Operation, location: Option<&str>| {
        let record = AccessRecord {
            dataset: "parkhaeuser".to_owned(),
            operation: operation.into(),
            storage_location: location.map(str::to_owned),
            ..AccessRecord::default()
        };
        let judgement = charter.judge(&Facts::from(&record));
        let is_in = |set: Commitments| set.ids(&charter).any(|id| id == "DE-08");
        (is_in(judgement.deviates), is_in(judgement.not_verifiable))
    };
    for operation in [Operation::Collect, Operation::Alter, Operation::Disclose, Operation::Combine] {
        assert_eq!(judged(operation, Some("aws-us-east")), (true, false));
        assert_eq!(judged(operation, None), (false, true));
        assert_eq!(judged(operation, Some("stadt-ulm")), (false, false));
    }
    assert_eq!(judged(Operation::Disclose, Some("empfaenger-eu")), (false, false));
    assert_eq!(judged(Operation::Query, None), (false, false));
}
