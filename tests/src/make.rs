//! Events and requests as a producer makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use einsicht_proto::v1::{
    AccessEvent, ActorKind, EndSessionRequest, Operation, Outcome, Processing, RecordRequest, Subject,
};

/// One run of a producer: numbers its events.
#[derive(Debug, Clone)]
pub struct Session {
    /// 16 random bytes.
    pub id: Bytes,
    /// The number that comes next.
    pub next: u64,
}

impl Session {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        let mut id = vec![0; 16];
        getrandom::fill(&mut id).unwrap();
        Self { id: id.into(), next: 0 }
    }

    /// Takes the next numbers for `count` new events.
    pub fn request(&mut self, count: usize) -> RecordRequest {
        self.request_of((0..count).map(|_| event()).collect())
    }

    /// Takes the next numbers for these events.
    pub fn request_of(&mut self, events: Vec<AccessEvent>) -> RecordRequest {
        let first_sequence = self.next;
        self.next += events.len() as u64;
        RecordRequest { session: self.id.clone(), first_sequence, events, ..RecordRequest::default() }
    }

    /// Ends it with the last number that was taken.
    #[must_use]
    pub fn end(&self) -> EndSessionRequest {
        EndSessionRequest { session: self.id.clone(), last_sequence: self.next.checked_sub(1) }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// A request of a session of its own.
#[must_use]
pub fn request(events: usize) -> RecordRequest {
    Session::new().request(events)
}

/// A new event: the required fields and two more.
#[must_use]
pub fn event() -> AccessEvent {
    AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".into(),
        event_id: Bytes::copy_from_slice(uuid::Uuid::new_v4().as_bytes()),
        occurred_at_us: now_us(),
        unit: Some("stadtplanung".into()),
        record_count: Some(340),
        ..AccessEvent::default()
    }
}

/// A new event with values that are sealed.
#[must_use]
pub fn personal() -> AccessEvent {
    AccessEvent {
        subjects: vec![Subject { scheme: "person".into(), id: "4711".into() }],
        actor: Some("kornblum".into()),
        justification: Some("application".into()),
        ..event()
    }
}

/// A new event with every field that needs no sealing.
#[must_use]
pub fn full_event() -> AccessEvent {
    let occurred_at_us = now_us();
    AccessEvent {
        activity: Some("https://register.example/va/17".into()),
        access_count: Some(12),
        role: Some("verkehrsplaner".into()),
        actor_kind: Some(ActorKind::Human.into()),
        legal_basis: Some("gdpr-6-1-e".into()),
        national_norm: Some("§ 4 LDSG".into()),
        recipient: Some("stadtwerke-ulm".into()),
        categories: vec!["zählung".into(), "ort".into()],
        processing: Some(Processing::Aggregated.into()),
        secondary_use: Some(false),
        consideration: Some(true),
        storage_location: Some("stadt-ulm".into()),
        announcement: Some("GD 123/26, Amtsblatt Nr. 4".into()),
        announced_on_day: Some(20_000),
        approval: Some("Beschluss 7".into()),
        collected_on_day: Some(-1),
        outcome: Some(Outcome::Granted.into()),
        other_datasets: vec!["parkhäuser".into()],
        occurred_at_us,
        occurred_until_us: Some(occurred_at_us + 90_000_000),
        ..event()
    }
}

/// Microseconds since 1970.
#[must_use]
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}
