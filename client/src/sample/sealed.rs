//! Sealed accesses for samples: what a service would write, with keys that the test knows.

use bytes::Bytes;
use einsicht_access::marker::PeriodKey;
use einsicht_access::openings::State;
use einsicht_access::record::{Sealed, opening_entry, seal_accesses};
use einsicht_access::{EventView, Month, Provenance, SealedField, body_bytes};
use einsicht_proto::v1::{AccessEvent, Operation, Subject};

/// The key of a month in every sample.
pub fn period_key(month: Month) -> PeriodKey {
    let mut key = [9; 32];
    key[..7].copy_from_slice(month.to_string().as_bytes());
    PeriodKey::from(key)
}

/// An access to the data of these people, who are known by numbers.
pub fn event(people: &[u64]) -> AccessEvent {
    let subject = |id: &u64| Subject { scheme: "person".into(), id: id.to_string() };
    AccessEvent {
        dataset: "melderegister".into(),
        operation: Operation::Query.into(),
        purpose: "auskunft".into(),
        event_id: Bytes::from(vec![7; 16]),
        occurred_at_us: 1_795_365_547_000_001,
        unit: Some("buergerdienste".into()),
        subjects: people.iter().map(subject).collect(),
        actor: Some("kornblum".into()),
        ..AccessEvent::default()
    }
}

/// The body of an access that is recorded at that second, and its openings.
pub fn sealed(event: &AccessEvent, second: u64, sequence: u64) -> (Vec<u8>, Sealed) {
    let session = Bytes::from_static(&[3; 16]);
    let provenance = Provenance { producer: "p", session: &session, sequence };
    let key = period_key(Month::of_unix_s(second));
    let random = |bytes: &mut [u8]| getrandom::fill(bytes);
    let prepared = seal_accesses(&[EventView::from(event)], provenance, Some(&key), None, random);
    let prepared = prepared.unwrap().pop().unwrap();
    (prepared.body.to_vec(), prepared.sealed.unwrap())
}

/// The body of the entry that opens the confidential record `index`.
pub fn opening(index: u64, sealed: &Sealed) -> Vec<u8> {
    match sealed.openings.state(SealedField::Confidential) {
        Some(State::Open { salt, value }) => body_bytes(&opening_entry(index, &salt, value)),
        _ => panic!("it is not confidential"),
    }
}
