//! Small ledgers in data folders, made with nothing but the pure core.

use std::path::Path;

use bytes::Bytes;
use einsicht_access::entry::{Beginning, genesis, service_start};
use einsicht_access::{Provenance, body_bytes, entry_of_access};
use einsicht_proto::v1::{AccessEvent, EntryBody};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::{FrameBuilder, SegmentHeader};
use einsicht_tlog::{Frontier, Index, Leaf, Origin, RecordedAt, SigningKey, bundle, checkpoint};

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

/// The leaves of these entries.
fn leaves(bodies: &[EntryBody]) -> Vec<Vec<u8>> {
    let mut previous = Origin::parse(ORIGIN).unwrap().hash();
    let leaf = |(body, index): (&EntryBody, u64)| {
        let body = body_bytes(body);
        let recorded_at = RecordedAt(BEGAN_AT + index);
        let leaf = Leaf { previous, recorded_at, body: &body }.to_bytes().unwrap();
        previous = leaf_hash(&leaf);
        leaf
    };
    bodies.iter().zip(0..).map(leaf).collect()
}

/// Writes what a web server shows of a ledger of at most 255 entries: checkpoint and tiles.
pub fn write_tiles(folder: &Path, bodies: &[EntryBody]) {
    let (mut frontier, mut hashes, mut entries) = (Frontier::new(), Vec::new(), Vec::new());
    for leaf in leaves(bodies) {
        let hash = leaf_hash(&leaf);
        frontier.push(hash);
        hashes.extend(hash.0);
        bundle::write_entry(&leaf, &mut entries).unwrap();
    }
    for (kind, bytes) in [("0", hashes), ("entries", entries)] {
        let tiles = folder.join("tile").join(kind).join("000.p");
        std::fs::create_dir_all(&tiles).unwrap();
        std::fs::write(tiles.join(bodies.len().to_string()), bytes).unwrap();
    }
    std::fs::write(folder.join("checkpoint"), checkpoint::sign(frontier.head(), &key(1))).unwrap();
}

/// Writes a data folder with these entries, each in a commit of its own.
pub fn write(folder: &Path, bodies: &[EntryBody]) {
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    let mut segment = SegmentHeader { origin_hash, first: Index(0) }.to_bytes();
    let mut frontier = Frontier::new();
    for (leaf, index) in leaves(bodies).into_iter().zip(0..) {
        frontier.push(leaf_hash(&leaf));
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
