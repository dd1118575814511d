//! Tests of the way from event to record, and of the check that a record says what was sent.

use einsicht_proto::schema::ACCESS_RECORD;
use einsicht_proto::v1::Subject;
use proptest::prelude::*;

use super::*;
use crate::limits::{BATCH_EVENTS_MAX, CODE_BYTES_MAX, SEQUENCE_MAX};
use crate::samples::{
    NOW_US, arbitrary_event, arbitrary_sealed_event, full_event, largest_event, random, sealed_event,
    smallest_event,
};

/// A period key.
const KEY: [u8; 32] = [5; 32];
static SESSION: Bytes = Bytes::from_static(&[7; 16]);
static PROVENANCE: Provenance<'static> =
    Provenance { producer: "verkehrszaehlung", session: &SESSION, sequence: 41 };

/// The fields of an encoded record: their numbers and bytes, read without the schema.
fn encoded_fields(record: &AccessRecord) -> Vec<(u32, Vec<u8>)> {
    let bytes = record.encode_to_vec();
    let mut rest = bytes.as_slice();
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let field = rest;
        let (number, wire_type) = prost::encoding::decode_key(&mut rest).unwrap();
        prost::encoding::skip_field(wire_type, number, &mut rest, Default::default()).unwrap();
        fields.push((number, field[..field.len() - rest.len()].to_vec()));
    }
    fields
}

fn field_numbers(record: &AccessRecord) -> Vec<u32> {
    let mut numbers: Vec<u32> = encoded_fields(record).into_iter().map(|(number, _)| number).collect();
    numbers.dedup();
    numbers
}

fn field_name(number: u32) -> &'static str {
    ACCESS_RECORD.fields.iter().find(|field| field.number == number).unwrap().name
}

fn secretive(event: AccessEvent) -> AccessEvent {
    let secret = || Some("Erika Mustermann".to_owned());
    AccessEvent {
        subjects: vec![Subject { scheme: "melderegister".into(), id: "Erika Mustermann".into() }],
        actor: secret(),
        on_behalf_of: secret(),
        record_keys: vec!["Erika Mustermann".into()],
        justification: secret(),
        case_number: secret(),
        query: secret(),
        client_address: secret(),
        trace_id: Some(Bytes::from_static(b"Erika Mustermann")),
        span_id: Some(Bytes::from_static(b"Erika Mu")),
        ..event
    }
}

#[test]
fn every_public_field_of_an_event_reaches_the_record() {
    let public: Vec<u32> =
        ACCESS_RECORD.fields.iter().map(|field| field.number).filter(|number| *number < 27).collect();
    let mut expected = public;
    expected.extend([64, 65, 66]);
    assert_eq!(field_numbers(&record_of(&full_event(), PROVENANCE)), expected);
}

#[test]
fn absent_fields_stay_absent() {
    let numbers = field_numbers(&record_of(&smallest_event(), PROVENANCE));
    assert_eq!(numbers, [1, 2, 3, 5, 6, 64, 65, 66]);
}

#[test]
fn times_are_rounded_down_to_the_minute_on_both_sides_of_1970() {
    let at = |occurred_at_us| {
        record_of(&AccessEvent { occurred_at_us, ..smallest_event() }, PROVENANCE).occurred_at_min
    };
    assert_eq!(at(NOW_US), 1_795_365_547 / 60);
    assert_eq!((at(59_999_999), at(60_000_000)), (0, 1));
    assert_eq!((at(-1), at(-60_000_000), at(-60_000_001)), (-1, -1, -2));
    let lasted = AccessEvent { occurred_until_us: Some(119_999_999), ..smallest_event() };
    assert_eq!(record_of(&lasted, PROVENANCE).occurred_until_min, Some(1));
}

#[test]
fn no_sealed_value_reaches_the_bytes_of_a_body() {
    let body = body_bytes(&entry_of_access(&secretive(full_event()), PROVENANCE));
    assert_eq!(body, body_bytes(&entry_of_access(&full_event(), PROVENANCE)));
}

#[test]
fn of_a_confidential_event_only_the_day_is_left() {
    let event = AccessEvent { confidential_until_day: Some(21_000), ..secretive(full_event()) };
    assert_eq!(field_numbers(&record_of(&event, PROVENANCE)), [27]);
}

#[test]
fn the_largest_valid_record_fits_in_a_leaf() {
    const LEAF_BYTES_MAX: usize = 65_535;
    const LEAF_HEADER_BYTES: usize = 41;
    let event = largest_event();
    assert_eq!(crate::validate_batch(&vec![event.clone(); BATCH_EVENTS_MAX], NOW_US), Ok(()));
    let producer = "x".repeat(CODE_BYTES_MAX);
    let provenance = Provenance { producer: &producer, sequence: SEQUENCE_MAX, ..PROVENANCE };
    let sealed =
        seal_accesses(&[EventView::from(&event)], provenance, Some(&KEY.into()), None, random(1)).unwrap();
    let bytes = sealed[0].body.len();
    assert!(bytes + LEAF_HEADER_BYTES <= LEAF_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn every_field_that_is_missing_is_noticed() {
    let event = full_event();
    let record = record_of(&event, PROVENANCE);
    for number in field_numbers(&record) {
        let others = encoded_fields(&record).into_iter().filter(|(other, _)| *other != number);
        let without: Vec<u8> = others.flat_map(|(_, bytes)| bytes).collect();
        let changed = AccessRecord::decode(without.as_slice()).unwrap();
        let mismatch = record_states_event(&changed, &event, PROVENANCE).unwrap_err();
        assert_eq!(mismatch.field, field_name(number));
    }
}

#[test]
fn every_seal_of_a_value_that_was_not_sent_is_noticed() {
    let record = record_of(&full_event(), PROVENANCE);
    for number in 32..=44 {
        let mut bytes = record.encode_to_vec();
        prost::encoding::bytes::encode(number, &vec![1_u8; 32], &mut bytes);
        let sealed = AccessRecord::decode(bytes.as_slice()).unwrap();
        let mismatch = record_states_event(&sealed, &full_event(), PROVENANCE).unwrap_err();
        assert_eq!(mismatch.field, field_name(number));
    }
}

#[test]
fn a_record_that_says_something_else_is_named_by_its_first_field() {
    let event = full_event();
    let good = record_of(&event, PROVENANCE);
    assert_eq!(record_states_event(&good, &event, PROVENANCE), Ok(()));
    let differs = |change: fn(&mut AccessRecord)| {
        let mut record = good.clone();
        change(&mut record);
        record_states_event(&record, &event, PROVENANCE).unwrap_err().field
    };
    assert_eq!(differs(|record| record.dataset.push('x')), "dataset");
    assert_eq!(differs(|record| record.occurred_at_min += 1), "occurred_at_min");
    assert_eq!(differs(|record| record.access_count = None), "access_count");
    assert_eq!(differs(|record| record.secondary_use = None), "secondary_use");
    assert_eq!(differs(|record| record.categories.reverse()), "categories");
    assert_eq!(differs(|record| record.confidential_until_day = Some(1)), "confidential_until_day");
    assert_eq!(differs(|record| record.subjects_seal = Some(Bytes::new())), "subjects_seal");
    assert_eq!(differs(|record| record.actor_seal = Some(Bytes::new())), "actor_seal");
    assert_eq!(differs(|record| record.producer.clear()), "producer");
    assert_eq!(differs(|record| record.session = Bytes::new()), "session");
    assert_eq!(differs(|record| record.sequence += 1), "sequence");
}

/// The record that the service makes of an event.
fn sealed_record(event: &AccessEvent) -> AccessRecord {
    let views = [EventView::from(event)];
    let prepared = seal_accesses(&views, PROVENANCE, Some(&KEY.into()), None, random(1)).unwrap();
    crate::entry::access_of(&crate::read_body(&prepared[0].body).unwrap()).unwrap().clone()
}

#[test]
fn what_is_sealed_leaves_seals_nonce_and_markers() {
    let event = sealed_event();
    let good = sealed_record(&event);
    assert_eq!(record_states_event(&good, &event, PROVENANCE), Ok(()));
    let differs = |change: fn(&mut AccessRecord)| {
        let mut record = good.clone();
        change(&mut record);
        record_states_event(&record, &event, PROVENANCE).unwrap_err().field
    };
    assert_eq!(differs(|record| record.query_seal = None), "query_seal");
    assert_eq!(differs(|record| record.occurred_at_us_seal = None), "occurred_at_us_seal");
    assert_eq!(differs(|record| record.actor_seal = Some(vec![1; 31].into())), "actor_seal");
    assert_eq!(differs(|record| record.nonce = None), "nonce");
    assert_eq!(differs(|record| record.nonce = Some(vec![1; 15].into())), "nonce");
    assert_eq!(differs(|record| record.markers.push(vec![1; 16].into())), "markers");
    assert_eq!(differs(|record| record.markers[0] = Bytes::new()), "markers");
}

#[test]
fn of_a_confidential_event_the_record_shows_one_seal_and_eight_markers() {
    let event = AccessEvent { confidential_until_day: Some(21_000), ..sealed_event() };
    let good = sealed_record(&event);
    assert_eq!(record_states_event(&good, &event, PROVENANCE), Ok(()));
    let differs = |change: fn(&mut AccessRecord)| {
        let mut record = good.clone();
        change(&mut record);
        record_states_event(&record, &event, PROVENANCE).unwrap_err().field
    };
    assert_eq!(differs(|record| record.confidential_until_day = Some(1)), "confidential_until_day");
    assert_eq!(differs(|record| record.confidential_seal = None), "confidential_seal");
    assert_eq!(differs(|record| record.actor_seal = record.confidential_seal.clone()), "actor_seal");
    assert_eq!(differs(|record| record.dataset.push('x')), "dataset");
    assert_eq!(differs(|record| record.sequence = PROVENANCE.sequence), "sequence");
    assert_eq!(differs(|record| drop(record.markers.pop())), "markers");
}

#[test]
fn of_an_event_without_personal_values_nothing_is_sealed() {
    let event = smallest_event();
    let record = record_of(&event, PROVENANCE);
    let nonce = AccessRecord { nonce: Some(Bytes::from_static(&[1; 16])), ..record.clone() };
    assert_eq!(record_states_event(&nonce, &event, PROVENANCE), Err(Mismatch { field: "nonce" }));
    let marker = AccessRecord { markers: vec![Bytes::from_static(&[1; 16])], ..record.clone() };
    assert_eq!(record_states_event(&marker, &event, PROVENANCE), Err(Mismatch { field: "markers" }));
}

#[test]
fn charter_and_verdict_are_not_compared() {
    let event = smallest_event();
    let mut record = record_of(&event, PROVENANCE);
    record.charter = Some(4);
    record.deviates.push("DE-01".into());
    assert_eq!(record_states_event(&record, &event, PROVENANCE), Ok(()));
}

proptest! {
    #[test]
    fn a_record_states_its_event_and_no_other(event in arbitrary_event(), other in arbitrary_event()) {
        let record = record_of(&event, PROVENANCE);
        prop_assert_eq!(record_states_event(&record, &event, PROVENANCE), Ok(()));
        let differs = record != record_of(&other, PROVENANCE);
        prop_assert_eq!(record_states_event(&record, &other, PROVENANCE).is_err(), differs);
    }

    #[test]
    fn a_sealed_record_states_its_event_and_no_other(
        event in arbitrary_sealed_event(), other in arbitrary_sealed_event(),
    ) {
        let record = sealed_record(&event);
        prop_assert_eq!(record_states_event(&record, &event, PROVENANCE), Ok(()));
        if event.confidential_until_day.is_none() && other.dataset != event.dataset {
            prop_assert!(record_states_event(&record, &other, PROVENANCE).is_err());
        }
    }

    #[test]
    fn decoding_the_bytes_of_a_body_gives_the_body(event in arbitrary_event()) {
        let body = entry_of_access(&event, PROVENANCE);
        prop_assert_eq!(EntryBody::decode(body_bytes(&body).as_slice()), Ok(body));
    }
}
