//! Small ledgers in data folders, made with nothing but the pure core.

use std::path::Path;

use bytes::Bytes;
use einsicht_access::entry::{Beginning, genesis, service_start};
use einsicht_access::{Provenance, body_bytes, entry_of_access};
use einsicht_proto::v1::{AccessEvent, EntryBody};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::{FrameBuilder, SegmentHeader};
use einsicht_tlog::{Frontier, Index, Leaf, Origin, RecordedAt, SigningKey, checkpoint};

pub const ORIGIN: &str = "ulm.example/ledger";
/// 2026-11-22T16:39:07Z, when entry 0 is recorded. Each entry is a second later.
pub const BEGAN_AT: u64 = 1_795_365_547;

/// The key of the ledger, or another one of its name.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

/// An access to a data set on a day of November 2026.
pub fn access(dataset: &str, day: i64, sequence: u64) -> EntryBody {
    let event = AccessEvent {
        dataset: dataset.to_owned(),
        operation: 3,
        purpose: "statistik".to_owned(),
        unit: Some("stadtplanung".to_owned()),
        event_id: Bytes::from_static(&[7; 16]),
        occurred_at_us: (1_793_491_200 + (day - 1) * 86_400) * 1_000_000,
        ..AccessEvent::default()
    };
    entry_of_access(&event, Provenance { producer: "p", session: &Bytes::from_static(&[9; 16]), sequence })
}

/// The bodies of a ledger: genesis, start, then an access to each data set, a day apart from the 1st on.
pub fn bodies(simulated: bool, datasets: &[&str]) -> Vec<EntryBody> {
    let beginning = Beginning {
        origin: ORIGIN,
        software: "einsichtd 0.1.0",
        public_keys: &[*key(1).verifier().public_key()],
        simulated,
        predecessor: None,
    };
    let accesses = datasets.iter().zip(0..).map(|(dataset, at)| access(dataset, at + 1, at.cast_unsigned()));
    [genesis(beginning), service_start("einsichtd 0.1.0")].into_iter().chain(accesses).collect()
}

/// Writes a data folder with these entries, each in a commit of its own.
pub fn write(folder: &Path, bodies: &[EntryBody]) {
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    let mut segment = SegmentHeader { origin_hash, first: Index(0) }.to_bytes();
    let (mut frontier, mut previous) = (Frontier::new(), origin_hash);
    for (body, index) in bodies.iter().zip(0..) {
        let body = body_bytes(body);
        let leaf =
            Leaf { previous, recorded_at: RecordedAt(BEGAN_AT + index), body: &body }.to_bytes().unwrap();
        previous = leaf_hash(&leaf);
        frontier.push(previous);
        let mut frame = FrameBuilder::new(Index(index));
        frame.push(&leaf).unwrap();
        segment.extend(frame.finish(&frontier.root()).unwrap());
    }
    let entries = folder.join("log/entries");
    std::fs::create_dir_all(&entries).unwrap();
    std::fs::write(entries.join(format!("{:020}.seg", 0)), segment).unwrap();
    std::fs::write(folder.join("log/checkpoint"), checkpoint::sign(frontier.head(), &key(1))).unwrap();
    std::fs::write(folder.join("ledger.vkey"), key(1).verifier().to_string()).unwrap();
}
