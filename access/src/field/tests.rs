//! Tests of the table of fields: what is typed, what is shown, and that nothing is left out.

use std::collections::BTreeSet;

use bytes::Bytes;
use einsicht_proto::schema::ACCESS_RECORD;
use einsicht_proto::v1::{ActorKind, Operation, Outcome, Processing, Subject};
use proptest::prelude::*;

use super::*;
use crate::record::{Provenance, record_of};
use crate::samples::{NOW_US, arbitrary_event, arbitrary_record, full_event, smallest_event};

static SESSION: Bytes = Bytes::from_static(&[0xab; 16]);
static PROVENANCE: Provenance<'static> =
    Provenance { producer: "verkehrszaehlung", session: &SESSION, sequence: 0 };

/// An event that was set from the given names and values.
fn typed(pairs: &[(&str, &str)]) -> AccessEvent {
    let mut event = AccessEvent::default();
    for (name, value) in pairs {
        set(&mut event, name, value).unwrap();
    }
    event
}

fn refused(name: &str, value: &str) -> String {
    let mut event = full_event();
    let error = set(&mut event, name, value).unwrap_err();
    assert_eq!(event, full_event(), "a refused value changes nothing");
    error.to_string()
}

/// Name of a field of the wire schema as people type it.
fn typed_name(schema_name: &str) -> &str {
    ["_us_seal", "_seal", "_min", "_day"]
        .iter()
        .find_map(|suffix| schema_name.strip_suffix(suffix))
        .unwrap_or(schema_name)
}

#[test]
fn every_field_of_an_event_is_in_the_table_in_the_order_of_the_proto_file() {
    let mut names: Vec<&str> = Vec::new();
    for field in ACCESS_RECORD.fields.iter().filter(|field| field.number < 42) {
        names.push(typed_name(field.name));
    }
    assert_eq!(FIELDS.iter().map(|field| field.name).collect::<Vec<_>>(), names);
}

#[test]
fn every_field_of_a_record_has_one_column() {
    let shown: BTreeSet<&str> = columns().collect();
    let logged: BTreeSet<&str> = ACCESS_RECORD
        .fields
        .iter()
        .map(|field| if field.name.ends_with("_seal") { field.name } else { typed_name(field.name) })
        .collect();
    assert_eq!(shown, logged);
    assert_eq!(columns().count(), shown.len());
}

#[test]
fn every_field_has_a_line_of_help() {
    for Field { name, help, .. } in &FIELDS {
        assert!(help.len() > 10 && help.len() < 80 && !help.contains('\n') && !help.ends_with('.'), "{name}");
        assert_eq!(help.contains("(sealed)"), find(name).unwrap().is_sealed(), "{name}");
    }
}

#[test]
fn every_field_can_be_typed() {
    let event = typed(&[
        ("dataset", "besuchertrend"),
        ("operation", "query"),
        ("purpose", "verkehrsplanung"),
        ("activity", "https://register.example/va/17"),
        ("event_id", "936da01f-9abd-4d9d-80c7-02af85c822a8"),
        ("occurred_at", "2026-11-22T17:39:07.123456+01:00"),
        ("occurred_until", "2026-11-22T16:40:37.123456Z"),
        ("access_count", "12"),
        ("record_count", "340"),
        ("unit", "stadtplanung"),
        ("role", "verkehrsplaner"),
        ("actor_kind", "human"),
        ("legal_basis", "gdpr-6-1-e"),
        ("national_norm", "§ 4 LDSG"),
        ("recipient", "stadtwerke-ulm"),
        ("categories", "zählung, ort"),
        ("processing", "aggregated"),
        ("secondary_use", "false"),
        ("consideration", "true"),
        ("storage_location", "stadt-ulm"),
        ("announcement", "GD 123/26, Amtsblatt Nr. 4"),
        ("announced_on", "2024-10-04"),
        ("approval", "Beschluss 7"),
        ("collected_on", "1969-12-31"),
        ("outcome", "granted"),
        ("other_datasets", "parkhäuser"),
    ]);
    assert_eq!(event, full_event());
    let sealed = typed(&[
        ("confidential_until", "2030-01-01"),
        ("subjects", "melderegister:4:7"),
        ("subjects", "kfz:UL-X 1"),
        ("actor", "a"),
        ("on_behalf_of", "b"),
        ("record_keys", "1, 2"),
        ("record_keys", "3"),
        ("justification", "c"),
        ("case_number", "d"),
        ("query", "e = 'f'"),
        ("client_address", "192.0.2.1"),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
        ("span_id", "B7AD6B7169203331"),
    ]);
    let subject = |scheme: &str, id: &str| Subject { scheme: scheme.into(), id: id.into() };
    let expected = AccessEvent {
        confidential_until_day: Some(21_915),
        subjects: vec![subject("melderegister", "4:7"), subject("kfz", "UL-X 1")],
        actor: Some("a".into()),
        on_behalf_of: Some("b".into()),
        record_keys: vec!["1, 2".into(), "3".into()],
        justification: Some("c".into()),
        case_number: Some("d".into()),
        query: Some("e = 'f'".into()),
        client_address: Some("192.0.2.1".into()),
        trace_id: Some(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes().to_vec().into()),
        span_id: Some(0xb7ad_6b71_6920_3331_u64.to_be_bytes().to_vec().into()),
        ..AccessEvent::default()
    };
    assert_eq!(sealed, expected);
}

#[test]
fn lists_grow_and_single_values_are_replaced() {
    let event = typed(&[("categories", "a,b"), ("categories", "c"), ("unit", "x"), ("unit", "y")]);
    assert_eq!(event.categories, ["a", "b", "c"]);
    assert_eq!(event.unit.as_deref(), Some("y"));
}

#[test]
fn every_value_of_every_enumeration_can_be_typed() {
    let choices = |name| find(name).unwrap().choices();
    assert_eq!(choices("operation"), ["collect", "alter", "query", "disclose", "combine", "erase"]);
    assert_eq!(choices("actor_kind"), ["human", "system", "ai"]);
    assert_eq!(choices("processing"), ["raw", "pseudonymised", "aggregated", "anonymous"]);
    assert_eq!(choices("outcome"), ["granted", "denied", "failed"]);
    assert!(choices("unit").is_empty());
    // A number that is left out would hide the names after it.
    assert!(!Operation::is_valid(7) && !ActorKind::is_valid(4));
    assert!(!Processing::is_valid(5) && !Outcome::is_valid(4));
    assert_eq!(typed(&[("operation", "erase")]).operation, 6);
}

#[test]
fn values_of_another_kind_are_refused_with_what_is_expected() {
    let operation =
        "operation must be one of collect, alter, query, disclose, combine, erase; the 4 bytes given are not";
    assert_eq!(refused("operation", "read"), operation);
    for (name, values) in [
        ("operation", &["Query", "OPERATION_QUERY", "unspecified", "3", ""][..]),
        ("secondary_use", &["yes", "True", "1", ""]),
        ("access_count", &["-1", "1.5", "1e3", "ten", "18446744073709551616", ""]),
        (
            "announced_on",
            &["2026-1-2", "22.11.2026", "2026-02-30", "0000-01-01", "10000-01-01", " 2026-11-22", ""],
        ),
        ("occurred_at", &["2026-11-23", "2026-11-22T16:40:00", "yesterday", "1763829547", ""]),
        ("event_id", &["936da01f", "", "936da01f-9abd-4d9d-80c7-02af85c822ag"]),
        ("categories", &["", "a,,b", "a,"]),
        ("subjects", &["", "id", ":id", "melderegister:"]),
        ("trace_id", &["", "0af7", "0af7651916cd43dd8448eb211c80319", "0af7651916cd43dd8448eb211c80319g"]),
        ("span_id", &["0af7651916cd43dd8448eb211c80319c", "öööööööö"]),
    ] {
        for value in values {
            let text = refused(name, value);
            assert!(text.starts_with(&format!("{name} must be ")), "{text}");
            assert!(value.len() < 5 || !text.contains(value), "the value is not repeated: {text}");
        }
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_closest_one() {
    let suggestion = |name| match find(name) {
        Err(SetError::UnknownField { suggestion, .. }) => suggestion,
        other => panic!("{other:?}"),
    };
    for (typed, meant) in [
        ("datset", "dataset"),
        ("Dataset", "dataset"),
        ("purpse", "purpose"),
        ("record-count", "record_count"),
        ("occured_at", "occurred_at"),
        ("occurred_at_us", "occurred_at"),
        ("collected_on_day", "collected_on"),
        ("other_dataset", "other_datasets"),
    ] {
        assert_eq!(suggestion(typed), Some(meant), "{typed}");
    }
    for unlike in ["", "x", "benutzerkennung", "user"] {
        assert_eq!(suggestion(unlike), None, "{unlike}");
    }
    let error = find("datset").unwrap_err().to_string();
    assert_eq!(error, "there is no field \"datset\"; did you mean dataset?");
    let long = find(&"\u{1b}x".repeat(1000)).unwrap_err().to_string();
    assert!(long.len() < 600 && !long.contains('\u{1b}'), "{long}");
}

#[test]
fn distances_count_letters_put_in_taken_out_replaced_and_swapped() {
    for (one, other, edits) in
        [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("unit", "unti", 1)]
    {
        assert_eq!(edits_between(one, other), edits, "{one} {other}");
    }
}

#[test]
fn a_record_is_shown_by_the_names_that_people_type() {
    let text = |text: &str| Rendered::Text(text.to_owned());
    let list = |texts: &[&str]| Rendered::List(texts.iter().map(|text| (*text).to_owned()).collect());
    let expected = vec![
        ("dataset", text("besuchertrend")),
        ("operation", text("query")),
        ("purpose", text("verkehrsplanung")),
        ("activity", text("https://register.example/va/17")),
        ("event_id", text("936da01f-9abd-4d9d-80c7-02af85c822a8")),
        ("occurred_at", text("2026-11-22T16:39Z")),
        ("occurred_until", text("2026-11-22T16:40Z")),
        ("access_count", Rendered::Number(12)),
        ("record_count", Rendered::Number(340)),
        ("unit", text("stadtplanung")),
        ("role", text("verkehrsplaner")),
        ("actor_kind", text("human")),
        ("legal_basis", text("gdpr-6-1-e")),
        ("national_norm", text("§ 4 LDSG")),
        ("recipient", text("stadtwerke-ulm")),
        ("categories", list(&["zählung", "ort"])),
        ("processing", text("aggregated")),
        ("secondary_use", Rendered::Flag(false)),
        ("consideration", Rendered::Flag(true)),
        ("storage_location", text("stadt-ulm")),
        ("announcement", text("GD 123/26, Amtsblatt Nr. 4")),
        ("announced_on", text("2024-10-04")),
        ("approval", text("Beschluss 7")),
        ("collected_on", text("1969-12-31")),
        ("outcome", text("granted")),
        ("other_datasets", list(&["parkhäuser"])),
        ("producer", text("verkehrszaehlung")),
        ("session", text("abababababababababababababababab")),
        ("sequence", Rendered::Number(0)),
    ];
    assert_eq!(render(&record_of(&full_event(), PROVENANCE)), expected);
}

#[test]
fn seals_markers_and_verdict_are_shown_in_hexadecimal_digits_and_ids() {
    let mut record = record_of(&smallest_event(), PROVENANCE);
    record.actor_seal = Some(Bytes::from_static(&[0x0f; 32]));
    record.occurred_at_us_seal = Some(Bytes::from_static(&[0xf0; 32]));
    record.markers = vec![Bytes::from_static(&[1, 2]), Bytes::from_static(&[3])];
    record.charter = Some(0);
    record.deviates = vec!["DE-01".into()];
    let shown = render(&record);
    let of = |name| shown.iter().find(|(shown, _)| *shown == name).map(|(_, value)| value.to_string());
    assert_eq!(of("actor_seal"), Some("0f".repeat(32)));
    assert_eq!(of("occurred_at_us_seal"), Some("f0".repeat(32)));
    assert_eq!(of("markers").as_deref(), Some("0102,03"));
    assert_eq!(of("charter").as_deref(), Some("0"));
    assert_eq!(of("deviates").as_deref(), Some("DE-01"));
    assert_eq!((of("actor"), of("not_verifiable")), (None, None));
}

#[test]
fn a_confidential_record_shows_nothing_that_it_does_not_say() {
    let event = AccessEvent { confidential_until_day: Some(21_915), ..full_event() };
    let seal = Some(Bytes::from_static(&[4; 32]));
    let shown = render(&AccessRecord { confidential_seal: seal, ..record_of(&event, PROVENANCE) });
    let names = shown.iter().map(|(name, _)| *name);
    assert_eq!(names.collect::<Vec<_>>(), ["confidential_until", "confidential_seal"]);
}

#[test]
fn the_record_that_a_confidential_one_hides_shows_when_and_which_number() {
    let record =
        AccessRecord { confidential_until_day: Some(21_915), ..record_of(&full_event(), PROVENANCE) };
    let shown = render(&record);
    for name in ["confidential_until", "occurred_at", "sequence"] {
        assert!(shown.iter().any(|(known, _)| *known == name), "{name}");
    }
}

#[test]
fn what_a_foreign_log_may_hold_is_shown_as_well_as_can_be() {
    let record = AccessRecord {
        operation: 7,
        actor_kind: Some(0),
        event_id: Bytes::from_static(&[1, 2]),
        occurred_at_min: i64::MAX,
        announced_on_day: Some(i32::MIN),
        ..AccessRecord::default()
    };
    let shown: Vec<_> = render(&record).into_iter().map(|(name, value)| (name, value.to_string())).collect();
    let expected = [
        ("operation", "unknown 7"),
        ("event_id", "0102"),
        ("occurred_at", "minute 9223372036854775807"),
        ("actor_kind", "unspecified"),
        ("announced_on", "day -2147483648"),
        ("sequence", "0"),
    ];
    assert_eq!(shown, expected.map(|(name, value)| (name, value.to_owned())));
}

proptest! {
    #[test]
    fn what_is_shown_can_be_typed_again_and_shows_the_same(event in arbitrary_event()) {
        let record = record_of(&event, PROVENANCE);
        let mut again = AccessEvent::default();
        for (name, value) in render(&record) {
            match (find(name), value) {
                (Err(_), _) => prop_assert!(["producer", "session", "sequence"].contains(&name), "{}", name),
                (Ok(field), Rendered::List(items)) => {
                    for item in items {
                        field.set(&mut again, &item).unwrap();
                    }
                }
                (Ok(field), value) => field.set(&mut again, &value.to_string()).unwrap(),
            }
        }
        prop_assert_eq!(record_of(&again, PROVENANCE), record);
    }

    #[test]
    fn any_record_is_shown_in_the_order_of_the_columns(record in arbitrary_record()) {
        let shown: Vec<_> = render(&record).into_iter().map(|(name, _)| name).collect();
        let expected: Vec<_> = columns().filter(|column| shown.contains(column)).collect();
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn no_text_makes_a_field_panic(field in 0..FIELDS.len(), value in ".{0,40}") {
        let mut event = smallest_event();
        if FIELDS[field].set(&mut event, &value).is_err() {
            prop_assert_eq!(event, smallest_event());
        }
    }

    #[test]
    fn times_keep_their_microseconds(time_us in 1..=2 * NOW_US) {
        let text = jiff::Timestamp::from_microsecond(time_us).unwrap().to_string();
        prop_assert_eq!(typed(&[("occurred_at", text.as_str())]).occurred_at_us, time_us);
    }
}
