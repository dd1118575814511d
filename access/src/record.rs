//! From event to record: what the log may say of an access.
//!
//! Nothing of a sealed field passes through here, not even hashed: until sealing exists, a record of
//! an event that sets one would simply lack it, and `event::validate_batch` refuses such events.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EntryBody};
use prost::Message as _;
use thiserror::Error;

const MINUTE_US: i64 = 60_000_000;

/// Where an event comes from: what the service knows of it beyond what it says.
#[derive(Debug, Clone, Copy)]
pub struct Provenance<'a> {
    /// The service that recorded, as authenticated. Code.
    pub producer: &'a str,
    /// One run of the producer: 16 random bytes.
    pub session: &'a Bytes,
    /// Running number of the event in its session.
    pub sequence: u64,
}

/// The record of an event: its public fields, times to the minute (rounded down), and where it comes
/// from. A pure function: client and service get the same record.
///
/// Sealed values are left out. Of an event that is confidential, everything but the day until which
/// it is so is left out. Does not validate the event.
#[must_use]
pub fn record_of(event: &AccessEvent, provenance: Provenance<'_>) -> AccessRecord {
    if event.confidential_until_day.is_some() {
        return AccessRecord {
            confidential_until_day: event.confidential_until_day,
            ..AccessRecord::default()
        };
    }
    AccessRecord {
        dataset: event.dataset.clone(),
        operation: event.operation,
        purpose: event.purpose.clone(),
        activity: event.activity.clone(),
        event_id: event.event_id.clone(),
        occurred_at_min: event.occurred_at_us.div_euclid(MINUTE_US),
        occurred_until_min: event.occurred_until_us.map(|until_us| until_us.div_euclid(MINUTE_US)),
        access_count: event.access_count,
        record_count: event.record_count,
        unit: event.unit.clone(),
        role: event.role.clone(),
        actor_kind: event.actor_kind,
        legal_basis: event.legal_basis.clone(),
        national_norm: event.national_norm.clone(),
        recipient: event.recipient.clone(),
        categories: event.categories.clone(),
        processing: event.processing,
        secondary_use: event.secondary_use,
        consideration: event.consideration,
        storage_location: event.storage_location.clone(),
        announcement: event.announcement.clone(),
        announced_on_day: event.announced_on_day,
        approval: event.approval.clone(),
        collected_on_day: event.collected_on_day,
        outcome: event.outcome,
        other_datasets: event.other_datasets.clone(),
        producer: provenance.producer.to_owned(),
        session: provenance.session.clone(),
        sequence: provenance.sequence,
        // Seals, nonce, markers and verdict: nothing of them exists yet.
        ..AccessRecord::default()
    }
}

/// The entry of an event: [`record_of`] as the content of a body.
#[must_use]
pub fn entry_of_access(event: &AccessEvent, provenance: Provenance<'_>) -> EntryBody {
    EntryBody { content: Some(Content::Access(record_of(event, provenance))) }
}

/// The bytes of a body, as they go into a leaf: protobuf, fields in ascending order of their numbers.
/// Call it once per entry; what was logged is never serialised again.
#[must_use]
pub fn body_bytes(body: &EntryBody) -> Vec<u8> {
    body.encode_to_vec()
}

/// What a record says otherwise than the event that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the logged record does not say what was sent: `{field}` differs")]
pub struct Mismatch {
    /// Name of the first such field of the record, as in the `.proto` file.
    pub field: &'static str,
}

/// Compares the fields of two records, in the order given, and names the first that differs.
macro_rules! same_fields {
    ($record:expr, $expected:expr; $($field:ident)*) => {
        $(if $record.$field != $expected.$field {
            return Err(Mismatch { field: stringify!($field) });
        })*
    };
}

/// Checks that every seal of the record belongs to a value of the event, and the other way round.
macro_rules! sealed_fields {
    ($record:expr, $event:expr; $($seal:ident $value:ident)*) => {
        $(if $record.$seal.is_some() != $event.$value.is_some() {
            return Err(Mismatch { field: stringify!($seal) });
        })*
    };
}

/// Checks that `record` says exactly what `event` said, for whoever sent it and got the leaf back:
/// the public fields and where it comes from are equal, and there is a seal for each sealed value that
/// was sent and for no other.
///
/// Not checked, because the service alone decides on them: what the seals commit to, the seals of the
/// exact times, nonce, markers, charter and verdict.
///
/// # Errors
/// [`Mismatch`] names the first field that differs.
pub fn record_states_event(
    record: &AccessRecord,
    event: &AccessEvent,
    provenance: Provenance<'_>,
) -> Result<(), Mismatch> {
    let expected = record_of(event, provenance);
    same_fields!(record, expected;
        dataset operation purpose activity event_id occurred_at_min occurred_until_min access_count
        record_count unit role actor_kind legal_basis national_norm recipient categories processing
        secondary_use consideration storage_location announcement announced_on_day approval
        collected_on_day outcome other_datasets confidential_until_day);
    sealed_fields!(record, event;
        actor_seal actor on_behalf_of_seal on_behalf_of justification_seal justification
        case_number_seal case_number query_seal query client_address_seal client_address
        trace_id_seal trace_id span_id_seal span_id);
    if record.subjects_seal.is_some() == event.subjects.is_empty() {
        return Err(Mismatch { field: "subjects_seal" });
    }
    if record.record_keys_seal.is_some() == event.record_keys.is_empty() {
        return Err(Mismatch { field: "record_keys_seal" });
    }
    same_fields!(record, expected; producer session sequence);
    Ok(())
}

#[cfg(test)]
mod tests {
    use einsicht_proto::schema::ACCESS_RECORD;
    use einsicht_proto::v1::Subject;
    use proptest::prelude::*;

    use super::*;
    use crate::limits::{BATCH_EVENTS_MAX, CODE_BYTES_MAX, LIST_ITEMS_MAX, NORM_BYTES_MAX};
    use crate::limits::{REFERENCE_BYTES_MAX, SEQUENCE_MAX};
    use crate::samples::{NOW_US, arbitrary_event, full_event, smallest_event};

    const SESSION: &Bytes = &Bytes::from_static(&[7; 16]);
    const PROVENANCE: Provenance<'static> =
        Provenance { producer: "verkehrszaehlung", session: SESSION, sequence: 41 };

    /// Numbers of the fields that stand in an encoded record, read without the schema.
    fn field_numbers(record: &AccessRecord) -> Vec<u32> {
        let bytes = record.encode_to_vec();
        let mut rest = bytes.as_slice();
        let mut numbers = Vec::new();
        while !rest.is_empty() {
            let (number, wire_type) = prost::encoding::decode_key(&mut rest).unwrap();
            prost::encoding::skip_field(wire_type, number, &mut rest, Default::default()).unwrap();
            numbers.push(number);
        }
        numbers.dedup();
        numbers
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
        let code = || "x".repeat(CODE_BYTES_MAX);
        let codes = || (0..LIST_ITEMS_MAX).map(|item| format!("{item:0>CODE_BYTES_MAX$}")).collect::<Vec<_>>();
        let event = AccessEvent {
            dataset: code(),
            purpose: code(),
            activity: Some(code()),
            unit: Some(code()),
            role: Some(code()),
            legal_basis: Some(code()),
            recipient: Some(code()),
            storage_location: Some(code()),
            national_norm: Some("x".repeat(NORM_BYTES_MAX)),
            announcement: Some("x".repeat(REFERENCE_BYTES_MAX)),
            approval: Some("x".repeat(REFERENCE_BYTES_MAX)),
            categories: codes(),
            other_datasets: codes(),
            ..full_event()
        };
        assert_eq!(crate::validate_batch(&vec![event.clone(); BATCH_EVENTS_MAX], NOW_US), Ok(()));
        let provenance = Provenance { producer: &code(), sequence: SEQUENCE_MAX, ..PROVENANCE };
        let bytes = body_bytes(&entry_of_access(&event, provenance));
        assert!(bytes.len() + LEAF_HEADER_BYTES <= LEAF_BYTES_MAX, "{} bytes", bytes.len());
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

    #[test]
    fn a_sealed_value_that_left_no_seal_is_a_mismatch() {
        let event = AccessEvent { query: Some("x".into()), ..smallest_event() };
        let mut record = record_of(&event, PROVENANCE);
        let mismatch = record_states_event(&record, &event, PROVENANCE).unwrap_err();
        assert_eq!(mismatch, Mismatch { field: "query_seal" });
        record.query_seal = Some(Bytes::from_static(&[1; 32]));
        assert_eq!(record_states_event(&record, &event, PROVENANCE), Ok(()));
    }

    #[test]
    fn what_the_service_alone_decides_is_not_compared() {
        let event = smallest_event();
        let mut record = record_of(&event, PROVENANCE);
        record.nonce = Some(Bytes::from_static(&[1; 16]));
        record.markers.push(Bytes::from_static(&[2; 16]));
        record.charter = Some(4);
        record.deviates.push("DE-01".into());
        record.occurred_at_us_seal = Some(Bytes::from_static(&[3; 32]));
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
        fn decoding_the_bytes_of_a_body_gives_the_body(event in arbitrary_event()) {
            let body = entry_of_access(&event, PROVENANCE);
            prop_assert_eq!(EntryBody::decode(body_bytes(&body).as_slice()), Ok(body));
        }
    }
}
