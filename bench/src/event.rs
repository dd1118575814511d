//! The standard events: what every measurement records. Of the plain one nothing is personal, so nothing is
//! sealed; the sealed one has five sealed fields and two subjects, and is judged by twelve commitments.
//!
//! They are fixed so that figures of different releases can be compared: changing one starts a new series.

use bytes::Bytes;
use einsicht_access::judge::Judgement;
use einsicht_access::marker::PeriodKey;
use einsicht_access::record::{Prepared, seal_accesses};
use einsicht_access::vault::{AEAD_NONCE_BYTES, VaultKey, record};
use einsicht_access::{EventView, Provenance};
use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Processing, RecordRequest, Subject};
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;
use einsicht_tlog::{Hash, Index};
use serde::Serialize;

/// What records of the bench are logged as.
pub const PRODUCER: &str = "lasttest";
/// The register that subjects of the sealed event are from.
pub const SCHEME: &str = "person";
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
    /// How many commitments it is judged by.
    pub commitments: usize,
}

impl Description {
    /// For people: two lines.
    pub(crate) fn to_text(&self) -> String {
        let Self { name, fields, leaf_bytes, sealed_fields, subjects, commitments } = self;
        let fields = fields.join(" ");
        format!(
            "event '{name}': leaf of {leaf_bytes} bytes, {sealed_fields} sealed fields, {subjects} subjects, {commitments} commitments\n  {fields}\n"
        )
    }
}

/// One of the standard events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// Nothing personal.
    Plain,
    /// Subjects (two), actor, justification, case number and the exact time are sealed.
    Sealed,
}

impl Standard {
    /// It, with an id and time of its own.
    #[must_use]
    pub fn event(self, event_id: Bytes, occurred_at_us: i64) -> AccessEvent {
        match self {
            Self::Plain => plain(event_id, occurred_at_us),
            Self::Sealed => sealed(event_id, occurred_at_us),
        }
    }

    /// What is printed with each result.
    #[must_use]
    pub fn describe(self) -> Description {
        let event = self.event(event_id([0; 8], 0), 1);
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
        let subjects = event.subjects.len();
        let texts = [
            ("activity", event.activity),
            ("unit", event.unit),
            ("role", event.role),
            ("legal_basis", event.legal_basis),
            ("storage_location", event.storage_location),
            ("record_count", event.record_count.map(|count| count.to_string())),
            ("actor", event.actor),
            ("justification", event.justification),
            ("case_number", event.case_number),
        ];
        fields.extend(texts.into_iter().filter_map(|(name, text)| Some(format!("{name}={}", text?))));
        let listed = event.subjects.iter();
        fields.extend(listed.map(|subject| format!("subject={}:{}", subject.scheme, subject.id)));
        let (name, sealed_fields) = match self {
            Self::Plain => ("plain", 0),
            Self::Sealed => ("sealed", 5),
        };
        let commitments = self.charter(0).map_or(0, |charter| charter.charter.commitments().len());
        Description { name, fields, leaf_bytes: self.leaf_bytes(), sealed_fields, subjects, commitments }
    }

    /// Bytes of its leaf.
    #[must_use]
    pub fn leaf_bytes(self) -> usize {
        LEAF_HEADER_BYTES + self.typical().body.len()
    }

    /// Bytes that its entry takes in a segment.
    #[must_use]
    pub fn entry_bytes(self) -> usize {
        LENGTH_BYTES + self.leaf_bytes()
    }

    /// Bytes that its openings take in the vault; none if nothing is sealed.
    #[must_use]
    pub fn vault_bytes(self) -> usize {
        let Some(sealed) = self.typical().sealed else { return 0 };
        let key = VaultKey::new([0; 32]);
        let encrypted = key.encrypt("", &sealed.nonce, &[0; AEAD_NONCE_BYTES], sealed.openings.as_bytes());
        record::record(Index(0), Hash::default(), &encrypted).map_or(0, |record| record.len())
    }

    /// It, as the service prepares it; any time of this decade and the next takes as many bytes.
    fn typical(self) -> Prepared {
        let event = self.event(event_id([0; 8], 0), 1_795_365_600_000_000);
        let session = Bytes::from_static(&[0; 16]);
        let first = Provenance { producer: PRODUCER, session: &session, sequence: TYPICAL_SEQUENCE };
        let key = PeriodKey::from([0; 32]);
        let random = |bytes: &mut [u8]| {
            bytes.fill(7);
            Ok::<_, std::convert::Infallible>(())
        };
        let prepared = seal_accesses(&[EventView::from(&event)], first, Some(&key), self.charter(1), random);
        prepared.ok().and_then(|mut prepared| prepared.pop()).unwrap_or(Prepared {
            body: Bytes::new(),
            sealed: None,
            judgement: Judgement::default(),
        })
    }
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

/// The standard sealed event. Its subjects change with its id, as they do in a city. It fits every commitment.
fn sealed(event_id: Bytes, occurred_at_us: i64) -> AccessEvent {
    let number = event_id.last_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes)) % 100_000;
    let subject = |number: u32| Subject { scheme: SCHEME.to_owned(), id: format!("ulm-{number:08}") };
    AccessEvent {
        subjects: vec![subject(number), subject(number + 100_000)],
        actor: Some("kennung-4711".to_owned()),
        justification: Some("Rückfrage zur Zählung am Hauptbahnhof".to_owned()),
        case_number: Some("VP-2026-00417".to_owned()),
        dataset: "dm-yabby".to_owned(),
        activity: Some("va:leihrad-ortung".to_owned()),
        role: Some("planung".to_owned()),
        secondary_use: Some(false),
        collected_on_day: i32::try_from(occurred_at_us / 86_400_000_000 - 30).ok(),
        ..plain(event_id, occurred_at_us)
    }
}

/// A request for `count` events from number `first_sequence` on.
#[must_use]
pub fn request(run: &Run, standard: Standard, first_sequence: u64, count: u64, now_us: i64) -> RecordRequest {
    let event = |sequence| standard.event(event_id(run.id_seed, sequence), now_us);
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
    fn the_standard_events_are_valid_and_the_plain_one_has_about_250_bytes() {
        let run = Run::new().unwrap();
        let now_us = 1_795_365_600_000_000;
        for standard in [Standard::Plain, Standard::Sealed] {
            assert_eq!(validate_request(&request(&run, standard, 70, 500, now_us), now_us), Ok(()));
        }
        let leaf_bytes = Standard::Plain.leaf_bytes();
        assert!((240..=260).contains(&leaf_bytes), "{leaf_bytes} bytes");
        assert_eq!(Standard::Plain.vault_bytes(), 0);
    }

    #[test]
    fn five_fields_of_the_sealed_event_are_sealed_and_two_subjects_have_markers() {
        let prepared = Standard::Sealed.typical();
        let openings = prepared.sealed.unwrap().openings;
        assert_eq!(openings.iter().count(), Standard::Sealed.describe().sealed_fields);
        let body = einsicht_access::read_body(&prepared.body).unwrap();
        let Some(einsicht_proto::v1::entry_body::Content::Access(record)) = body.content else {
            panic!("it is no access")
        };
        assert_eq!(record.markers.len(), Standard::Sealed.describe().subjects);
    }

    #[test]
    fn the_sealed_event_is_judged_by_twelve_commitments_and_fits_all_of_them() {
        assert_eq!(Standard::Sealed.describe().commitments, 12);
        assert_eq!(Standard::Sealed.typical().judgement, Judgement::default());
        let body = einsicht_access::read_body(&Standard::Sealed.typical().body).unwrap();
        assert_eq!(einsicht_access::entry::access_of(&body).unwrap().charter, Some(1));
    }

    #[test]
    fn no_two_events_of_a_run_have_the_same_id() {
        let run = Run::new().unwrap();
        let ids: std::collections::HashSet<_> = request(&run, Standard::Sealed, 0, 1000, 1)
            .events
            .into_iter()
            .map(|event| event.event_id)
            .collect();
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn the_description_names_every_field_that_is_set() {
        let description = Standard::Plain.describe();
        assert_eq!(description.fields.len(), 14);
        assert!(description.fields.contains(&"record_count=240".to_owned()));
    }
}
