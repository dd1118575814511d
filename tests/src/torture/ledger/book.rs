//! What the producers know: what they sent, and what was acknowledged.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use einsicht_access::entry::session_end;
use einsicht_access::{Provenance, body_bytes, entry_of_access, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, Operation};
use einsicht_service::sequencer::{Acknowledged, Judged, PreparedEvent, Work};
use einsicht_service::sessions::SessionKey;
use einsicht_service::vault::Vault;
use einsicht_tlog::{Checkpoint, Hash, Index, SigningKey, TreeHead};

use super::machine::{origin, secret};
use super::sealed::Prepared;

const PRODUCER: &str = "power";

/// One entry of a producer: its session, and its number in it; the end of the session has none.
pub type Entry = (u8, Option<u64>);

/// What a producer sends in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// So many accesses, from a number on.
    Accesses {
        /// The session.
        session: u8,
        /// The first number.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The end of a session.
    End {
        /// The session.
        session: u8,
        /// Its highest number.
        last: Option<u64>,
    },
}

/// All producers' memory. It survives every loss of power.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Everything that was ever sent, in order.
    pub sent: Vec<Request>,
    /// The entries that were sent, by their bodies.
    bodies: HashMap<Bytes, Entry>,
    /// What was acknowledged: index and leaf hash.
    pub acknowledged: BTreeMap<Entry, (u64, Hash)>,
    /// The checkpoints of the acknowledgements: root by size.
    pub checkpoints: BTreeMap<u64, Hash>,
    /// Entries of which a value was erased, and that was acknowledged.
    pub erased: Vec<Index>,
    /// Whether some of what is sent is sealed.
    pub seals: bool,
}

impl Request {
    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Accesses { session, first, count } => {
                (*first..first + count).map(|number| (*session, Some(number))).collect()
            }
            Self::End { session, .. } => vec![(*session, None)],
        }
    }

    /// The request as the sequencer takes it. Where there are keys, some of it is sealed.
    #[must_use]
    pub fn work(&self, vault: &Vault) -> Work {
        let seals = vault.keyring().is_some();
        match self {
            Self::Accesses { session, first, count } => {
                let event = |sequence| {
                    let prepared = Prepared::of(*session, sequence, access(*session, sequence), seals);
                    PreparedEvent {
                        sequence,
                        event_id: event_id(*session, sequence),
                        sealed: prepared.encrypted(vault),
                        body: prepared.body,
                        judged: Judged::default(),
                    }
                };
                let events = (*first..first + count).map(event).collect();
                Work::Accesses { session: key(*session), events }
            }
            Self::End { session, last } => {
                Work::SessionEnd { session: key(*session), last_sequence: *last, body: end(*session, *last) }
            }
        }
    }
}

impl Book {
    /// That of producers some of whose events are sealed.
    #[must_use]
    pub fn sealing() -> Self {
        Self { seals: true, ..Self::default() }
    }

    /// Notes an answer, and holds it to what was acknowledged before.
    pub fn note(&mut self, request: &Request, answer: &Acknowledged) {
        let head = answer.published.head;
        if !self.checkpoints.contains_key(&head.size.0) {
            assert_eq!(signed(&answer.published.checkpoint), head);
        }
        let entries = request.entries();
        assert_eq!(entries.len(), answer.entries.len(), "one place for each entry");
        for (entry, placed) in entries.into_iter().zip(&answer.entries) {
            let place = (placed.index.0, placed.leaf_hash);
            assert!(place.0 < head.size.0, "the checkpoint covers the entry");
            let before = self.acknowledged.insert(entry, place);
            assert!(before.is_none_or(|before| before == place), "{entry:?}: {before:?}, now {place:?}");
            assert!(before.is_none() || placed.already_recorded, "{entry:?} was recorded again");
        }
        let root = self.checkpoints.insert(head.size.0, head.root);
        assert!(root.is_none_or(|root| root == head.root), "two roots for {} entries", head.size);
    }

    /// Notes what is about to be sent.
    pub fn send(&mut self, request: Request) {
        let bodies: Vec<Bytes> = match &request {
            Request::Accesses { session, first, count } => (*first..first + count)
                .map(|number| Prepared::of(*session, number, access(*session, number), self.seals).body)
                .collect(),
            Request::End { session, last } => vec![end(*session, *last).into()],
        };
        self.bodies.extend(bodies.into_iter().zip(request.entries()));
        self.sent.push(request);
    }

    /// Whether all of it was acknowledged.
    #[must_use]
    pub fn has_all(&self, request: &Request) -> bool {
        request.entries().iter().all(|entry| self.acknowledged.contains_key(entry))
    }

    /// The entry that a logged body is, if it was sent as it stands there; `None` for an entry of the
    /// service itself.
    #[must_use]
    pub fn entry_of(&self, body: &[u8]) -> Option<Entry> {
        if let Some(entry) = self.bodies.get(body) {
            return Some(*entry);
        }
        let content = read_body(body).unwrap().content;
        let is_own =
            matches!(content, Some(Content::Genesis(_) | Content::ServiceStart(_) | Content::Erasure(_)));
        assert!(is_own, "nobody has sent this: {content:?}");
        None
    }
}

/// Size and root of a checkpoint, its signature verified.
#[must_use]
pub fn signed(checkpoint: &[u8]) -> TreeHead {
    let key = SigningKey::new(origin().as_str(), secret()).unwrap();
    Checkpoint::open(checkpoint, origin().as_str(), &[key.verifier().clone()]).unwrap().head
}

fn key(session: u8) -> SessionKey {
    SessionKey::new(PRODUCER, &[session; 16])
}

fn event_id(session: u8, sequence: u64) -> [u8; 16] {
    (u128::from(session) << 64 | u128::from(sequence)).to_be_bytes()
}

/// Bodies of many lengths: frames end anywhere in a sector.
fn access(session: u8, sequence: u64) -> Vec<u8> {
    let length = usize::try_from((sequence + 1) * (u64::from(session) + 37) % 331).unwrap();
    let event = AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".into(),
        event_id: Bytes::copy_from_slice(&event_id(session, sequence)),
        unit: Some("u".repeat(length)),
        ..AccessEvent::default()
    };
    let session = Bytes::copy_from_slice(&[session; 16]);
    body_bytes(&entry_of_access(&event, Provenance { producer: PRODUCER, session: &session, sequence }))
}

fn end(session: u8, last: Option<u64>) -> Vec<u8> {
    body_bytes(&session_end(PRODUCER, &Bytes::copy_from_slice(&[session; 16]), last))
}
