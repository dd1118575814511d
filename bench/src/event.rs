//! The standard plain event: what every measurement records. Nothing personal in it, nothing sealed.
//!
//! It is fixed so that figures of different releases can be compared: changing it starts a new series.

use bytes::Bytes;
use einsicht_access::{Provenance, body_bytes, entry_of_access};
use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Processing, RecordRequest};
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;
use serde::Serialize;

/// What records of the bench are logged as.
pub const PRODUCER: &str = "lasttest";
/// Bytes before each leaf on disk: its length.
const LENGTH_BYTES: usize = 2;
/// A number in the middle of what sessions reach here: numbers above 16,383 take three bytes.
const TYPICAL_SEQUENCE: u64 = 100_000;

/// What a result says about the event that it was measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Name of this standard event.
    pub name: &'static str,
    /// The fields that are set, with their values.
    pub fields: Vec<String>,
    /// Bytes of its leaf.
    pub leaf_bytes: usize,
    /// How many of its fields are sealed.
    pub sealed_fields: usize,
    /// How many data subjects it names.
    pub subjects: usize,
}

/// The standard plain event, with an id and time of its own.
#[must_use]
pub fn plain(event_id: Bytes, occurred_at_us: i64) -> AccessEvent {
    AccessEvent {
        dataset: "besuchertrend".to_owned(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".to_owned(),
        activity: Some("https://register.example/va/17".to_owned()),
        event_id,
        record_count: Some(240),
        unit: Some("abteilung-verkehr".to_owned()),
        role: Some("verkehrsplaner".to_owned()),
        actor_kind: Some(ActorKind::Human.into()),
        legal_basis: Some("gdpr-6-1-e".to_owned()),
        categories: vec!["zaehlstelle".to_owned()],
        processing: Some(Processing::Aggregated.into()),
        storage_location: Some("stadt-ulm".to_owned()),
        occurred_at_us,
        ..AccessEvent::default()
    }
}

/// What is printed with each result.
#[must_use]
pub fn describe() -> Description {
    let event = plain(event_id([0; 8], 0), 1);
    let mut fields = vec![
        format!("dataset={}", event.dataset),
        "operation=query".to_owned(),
        format!("purpose={}", event.purpose),
        "event_id=(UUID v4)".to_owned(),
        "occurred_at=(now)".to_owned(),
        "actor_kind=human".to_owned(),
        "processing=aggregated".to_owned(),
        format!("categories={}", event.categories.join(",")),
    ];
    let texts = [
        ("activity", event.activity),
        ("unit", event.unit),
        ("role", event.role),
        ("legal_basis", event.legal_basis),
        ("storage_location", event.storage_location),
        ("record_count", event.record_count.map(|count| count.to_string())),
    ];
    fields.extend(texts.into_iter().filter_map(|(name, text)| Some(format!("{name}={}", text?))));
    Description { name: "plain", fields, leaf_bytes: leaf_bytes(), sealed_fields: 0, subjects: 0 }
}

/// Bytes of the event's leaf.
#[must_use]
pub fn leaf_bytes() -> usize {
    let session = Bytes::from_static(&[0; 16]);
    // Any time of this decade and the next takes as many bytes.
    let event = plain(event_id([0; 8], 0), 1_795_365_600_000_000);
    LEAF_HEADER_BYTES + body(&event, &session, TYPICAL_SEQUENCE).len()
}

/// Bytes that the event's entry takes in a segment.
#[must_use]
pub fn entry_bytes() -> usize {
    LENGTH_BYTES + leaf_bytes()
}

/// The body of the event's entry, made as the service makes it.
#[must_use]
pub fn body(event: &AccessEvent, session: &Bytes, sequence: u64) -> Vec<u8> {
    body_bytes(&entry_of_access(event, Provenance { producer: PRODUCER, session, sequence }))
}

/// A request for `count` events from number `first_sequence` on.
#[must_use]
pub fn request(run: &Run, first_sequence: u64, count: u64, now_us: i64) -> RecordRequest {
    let event = |sequence| plain(event_id(run.id_seed, sequence), now_us);
    RecordRequest {
        session: run.session.clone(),
        first_sequence,
        events: (first_sequence..first_sequence + count).map(event).collect(),
        with_proofs: false,
        known_size: 0,
    }
}

/// One run of a producer.
#[derive(Debug, Clone)]
pub struct Run {
    session: Bytes,
    id_seed: [u8; 8],
}

impl Run {
    /// A new run.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let (mut session, mut id_seed) = ([0; 16], [0; 8]);
        getrandom::fill(&mut session)?;
        getrandom::fill(&mut id_seed)?;
        Ok(Self { session: Bytes::copy_from_slice(&session), id_seed })
    }

    /// Its session: 16 random bytes.
    #[must_use]
    pub fn session(&self) -> &Bytes {
        &self.session
    }
}

/// A UUID that looks like one of version 4: generating real ones is no part of what is measured.
#[must_use]
pub fn event_id(seed: [u8; 8], sequence: u64) -> Bytes {
    let high = u64::from_be_bytes(seed) & !0xf000 | 0x4000;
    let low = sequence & (u64::MAX >> 2) | 1 << 63;
    Bytes::copy_from_slice(&((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use einsicht_access::validate_request;

    #[test]
    fn the_standard_event_is_valid_and_has_about_250_bytes() {
        let run = Run::new().unwrap();
        let now_us = 1_795_365_600_000_000;
        assert_eq!(validate_request(&request(&run, 70, 500, now_us), now_us), Ok(()));
        assert!((240..=260).contains(&leaf_bytes()), "{} bytes", leaf_bytes());
    }

    #[test]
    fn no_two_events_of_a_run_have_the_same_id() {
        let run = Run::new().unwrap();
        let ids: std::collections::HashSet<_> =
            request(&run, 0, 1000, 1).events.into_iter().map(|event| event.event_id).collect();
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn the_description_names_every_field_that_is_set() {
        let description = describe();
        assert_eq!(description.fields.len(), 14);
        assert!(description.fields.contains(&"record_count=240".to_owned()));
    }
}
