//! Logs for the tests of this crate: entries as they would stand there, without leaves and tree.

pub mod city;

use bytes::Bytes;
use einsicht_access::charter::parts_of;
use einsicht_access::entry::{Beginning, genesis, service_start, session_end};
use einsicht_access::judge::Commitments;
use einsicht_access::{Charter, Facts, Zone, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Operation};
use einsicht_tlog::checkpoint::sign;
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Index, RecordedAt, SigningKey, Size, TreeHead};

use crate::{Entries, Entry, Figures, Gather, GatherError, Inputs, Maker, Scope};

pub const ORIGIN: &str = "ulm.example/ledger";
/// 2026-11-01T00:00:00Z, an hour after November began in Ulm.
pub const NOVEMBER_S: u64 = 1_793_491_200;
pub const DAY_S: u64 = 86_400;
pub const ULM: &str = include_str!("../../charters/ulm.toml");

/// Entries, and when each was recorded.
#[derive(Clone, Default)]
pub struct Log {
    pub entries: Vec<(u64, Vec<u8>)>,
    charter: Option<(u64, Charter)>,
}

impl Log {
    /// A log that began at that second.
    pub fn begun(second: u64) -> Self {
        let mut log = Self::default();
        let keys = [[1; 32]];
        let beginning = Beginning {
            origin: ORIGIN,
            software: "einsichtd 0.1.0",
            public_keys: &keys,
            simulated: false,
            predecessor: None,
        };
        log.push(second, &genesis(beginning));
        log.push(second, &service_start("einsichtd 0.1.0"));
        log
    }

    /// An entry; returns its index.
    pub fn push(&mut self, second: u64, body: &EntryBody) -> u64 {
        self.entries.push((second, body_bytes(body)));
        self.entries.len() as u64 - 1
    }

    pub fn content(&mut self, second: u64, content: Content) -> u64 {
        self.push(second, &EntryBody { content: Some(content) })
    }

    /// A charter, by which accesses behind it are judged.
    pub fn charter(&mut self, second: u64, text: &str) {
        let charter = Charter::parse("charter", text.as_bytes()).unwrap();
        let last =
            parts_of(text.as_bytes()).into_iter().map(|part| self.content(second, Content::Charter(part)));
        let last = last.last().unwrap();
        self.charter = Some((last, charter));
    }

    /// An access, judged by the charter in force.
    pub fn access(&mut self, second: u64, record: AccessRecord) -> u64 {
        let record = self.judged(record);
        self.content(second, Content::Access(record))
    }

    pub fn judged(&self, mut record: AccessRecord) -> AccessRecord {
        if let Some((index, charter)) = &self.charter {
            let judgement = charter.judge(&Facts::from(&record));
            let ids = |set: Commitments| {
                set.positions().map(|at| charter.commitments()[at].id.clone()).collect::<Vec<_>>()
            };
            record.charter = Some(*index);
            (record.deviates, record.not_verifiable) =
                (ids(judgement.deviates), ids(judgement.not_verifiable));
        }
        record
    }

    pub fn end(&mut self, second: u64, producer: &str, session: &Bytes, last: Option<u64>) {
        self.push(second, &session_end(producer, session, last));
    }

    pub fn scope(&self, period: &str) -> Scope {
        let zone = self.charter.as_ref().and_then(|(_, charter)| charter.time_zone());
        let zone = zone.map_or(Zone::utc(), |name| Zone::named(name).unwrap());
        Scope::new(period.parse().unwrap(), zone, Size(self.entries.len() as u64))
    }

    pub fn scope_size(&self) -> Size {
        Size(self.entries.len() as u64)
    }

    pub fn gather(&self, scope: Scope) -> Result<Figures, GatherError> {
        let mut gather = Gather::new(scope);
        self.each(|entry| gather.entry(&entry).unwrap());
        gather.finish()
    }

    pub fn each(&self, mut look: impl FnMut(Entry<'_>)) {
        for (index, (second, body)) in (0..).zip(&self.entries) {
            look(Entry { index: Index(index), recorded_at: RecordedAt(*second), body });
        }
    }

    pub fn figures(&self, period: &str) -> Figures {
        self.gather(self.scope(period)).unwrap()
    }

    /// A signed checkpoint over all entries, and the key. (The root is not that of a tree: nobody here looks at it.)
    pub fn checkpoint(&self) -> (Vec<u8>, String) {
        let root = sha256(&self.entries.iter().flat_map(|(_, body)| body.clone()).collect::<Vec<_>>());
        let key = SigningKey::from_seed(ORIGIN, &[7; 32]).unwrap();
        let head = TreeHead { size: Size(self.entries.len() as u64), root };
        (sign(head, &key), key.verifier().to_string())
    }
}

/// Inputs without files.
pub fn inputs<'a>(checkpoint: &'a (Vec<u8>, String), entries: Entries) -> Inputs<'a> {
    let (bytes, key) = checkpoint;
    Inputs {
        checkpoint: bytes,
        key,
        entries,
        coverage: None,
        answers: None,
        corrects: None,
        maker: Maker::this(),
    }
}

/// A record of that recorder, under that number of its first session.
pub fn record(recorder: &str, sequence: u64, dataset: &str, purpose: &str) -> AccessRecord {
    AccessRecord {
        dataset: dataset.into(),
        operation: Operation::Query.into(),
        purpose: purpose.into(),
        event_id: Bytes::from_static(&[9; 16]),
        occurred_at_min: 29_891_520,
        producer: recorder.into(),
        session: session(recorder),
        sequence,
        ..AccessRecord::default()
    }
}

pub fn session(recorder: &str) -> Bytes {
    Bytes::copy_from_slice(&sha256(recorder.as_bytes()).0[..16])
}
