//! Small ledgers for the tests of this crate, made with nothing but the pure core.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use einsicht_access::{Provenance, body_bytes, entry, entry_of_access};
use einsicht_proto::v1::{AccessEvent, EntryBody, Operation};
use einsicht_tlog::hash::{leaf_hash, node_hash};
use einsicht_tlog::proof::ProofPlan;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::segment::{FrameBuilder, SegmentHeader};
use einsicht_tlog::tile::{Tile, TileKind};
use einsicht_tlog::{
    Frontier, Hash, Index, Leaf, Origin, RecordedAt, SigningKey, Size, Subtree, TreeHead, bundle, checkpoint,
};

use crate::Trust;

pub mod judged;
pub mod sealed;
pub mod server;
pub mod vault;

pub const ORIGIN: &str = "ulm.example/ledger";
/// When entry 0 of a sample is recorded. Each commit is a second later.
pub const BEGAN_AT: u64 = 1_795_365_547;

/// A ledger in memory.
#[derive(Clone)]
pub struct Ledger {
    pub leaves: Vec<Vec<u8>>,
    /// Size after each commit.
    pub commits: Vec<u64>,
    sequence: u64,
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap()
}

pub fn trust() -> Trust {
    Trust::in_memory(key().verifier().clone())
}

/// The body of entry 0 of a sample.
pub fn genesis() -> EntryBody {
    entry::genesis(entry::Beginning {
        origin: ORIGIN,
        software: "einsichtd 0.1.0",
        public_keys: &[*key().verifier().public_key()],
        simulated: true,
        predecessor: None,
    })
}

/// An access with this number in session `session`.
pub fn access(session: u8, sequence: u64) -> EntryBody {
    let event = AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".into(),
        event_id: Bytes::from(vec![session; 16]),
        occurred_at_us: 1_795_365_547_000_000,
        access_count: Some(3),
        unit: Some("stadtplanung".into()),
        ..AccessEvent::default()
    };
    let session = Bytes::from(vec![session; 16]);
    entry_of_access(&event, Provenance { producer: "verkehr", session: &session, sequence })
}

impl Ledger {
    /// Nothing but genesis.
    pub fn new() -> Self {
        let mut ledger = Self::empty();
        ledger.push(&genesis());
        ledger.commit();
        ledger
    }

    /// Not even genesis.
    pub fn empty() -> Self {
        Self { leaves: Vec::new(), commits: Vec::new(), sequence: 0 }
    }

    /// A ledger of `size` entries in commits of `commit` entries.
    pub fn of(size: u64, commit: u64) -> Self {
        let mut ledger = Self::new();
        ledger.grow(size, commit);
        ledger
    }

    /// Goes on to `size` entries in commits of `commit` entries.
    pub fn grow(&mut self, size: u64, commit: u64) {
        while self.size() < size {
            self.record(commit.min(size - self.size()));
        }
    }

    /// One commit of `count` accesses of one session, numbered without gaps.
    pub fn record(&mut self, count: u64) {
        for _ in 0..count {
            self.push(&access(7, self.sequence));
            self.sequence += 1;
        }
        self.commit();
    }

    /// Adds an entry to the commit that is being made.
    pub fn push(&mut self, body: &EntryBody) {
        self.push_bytes(&body_bytes(body));
    }

    pub fn push_bytes(&mut self, body: &[u8]) {
        let recorded_at = RecordedAt(BEGAN_AT + self.commits.len() as u64);
        let leaf = Leaf { previous: self.previous(), recorded_at, body };
        self.leaves.push(leaf.to_bytes().unwrap());
    }

    /// Adds a commit of one entry, recorded at that second.
    pub fn commit_at(&mut self, second: u64, body: &[u8]) {
        let leaf = Leaf { previous: self.previous(), recorded_at: RecordedAt(second), body };
        self.leaves.push(leaf.to_bytes().unwrap());
        self.commit();
    }

    /// What the next leaf has to name.
    pub fn previous(&self) -> Hash {
        match self.leaves.last() {
            Some(leaf) => leaf_hash(leaf),
            None => Origin::parse(ORIGIN).unwrap().hash(),
        }
    }

    pub fn commit(&mut self) {
        self.commits.push(self.size());
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub fn head_at(&self, size: u64) -> TreeHead {
        let mut frontier = Frontier::new();
        self.leaves[..size as usize].iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
        frontier.head()
    }

    pub fn note_at(&self, size: u64) -> Vec<u8> {
        checkpoint::sign(self.head_at(size), &key())
    }

    /// Writes a data folder, with a new segment before each commit whose first entry is in `segments`.
    pub fn write_segments(&self, folder: &Path, segments: &[u64]) {
        let entries = folder.join("log/entries");
        if entries.exists() {
            fs::remove_dir_all(&entries).unwrap();
        }
        fs::create_dir_all(&entries).unwrap();
        let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
        let (mut start, mut segment, mut bytes) = (0, 0, Vec::new());
        let mut frontier = Frontier::new();
        for end in &self.commits {
            if start == 0 || segments.contains(&start) {
                fs::write(entries.join(format!("{segment:020}.seg")), &bytes).unwrap();
                (segment, bytes) = (start, SegmentHeader { origin_hash, first: Index(start) }.to_bytes());
            }
            self.leaves[start as usize..*end as usize].iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
            bytes.extend(self.frame_stating(start, *end, &frontier.root()));
            start = *end;
        }
        fs::write(entries.join(format!("{segment:020}.seg")), &bytes).unwrap();
        fs::write(folder.join("log/checkpoint"), self.note_at(self.size())).unwrap();
        self.write_hashes(folder);
    }

    pub fn frame(&self, start: u64, end: u64) -> Vec<u8> {
        self.frame_stating(start, end, &self.head_at(end).root)
    }

    /// A frame with checksums that fit, whatever root it states.
    pub fn frame_stating(&self, start: u64, end: u64, root: &Hash) -> Vec<u8> {
        let mut frame = FrameBuilder::new(Index(start));
        for leaf in &self.leaves[start as usize..end as usize] {
            frame.push(leaf).unwrap();
        }
        frame.finish(root).unwrap()
    }

    /// The receipt of an entry under the checkpoint of the whole.
    pub fn receipt(&self, index: u64) -> Vec<u8> {
        let plan = ProofPlan::inclusion(Index(index), Size(self.size())).unwrap();
        let root = |subtree: Subtree| {
            let (start, width) = ((subtree.index << subtree.height) as usize, 1 << subtree.height);
            let mut frontier = Frontier::new();
            self.leaves[start..start + width].iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
            Ok::<_, std::convert::Infallible>(frontier.root())
        };
        let leaf = Some(self.leaves[index as usize].clone());
        let proof = plan.build(root).unwrap();
        Receipt { leaf, index: Index(index), proof, checkpoint: self.note_at(self.size()) }.to_bytes()
    }

    fn write_hashes(&self, folder: &Path) {
        let hashes = folder.join("log/hashes");
        fs::create_dir_all(&hashes).unwrap();
        for level in 0..=7 {
            fs::write(hashes.join(level.to_string()), self.row(level).concat()).unwrap();
        }
    }

    /// Writes the files that a tlog-tiles server would serve for the checkpoints of these sizes.
    pub fn write_tiles(&self, folder: &Path, sizes: &[u64]) {
        for size in sizes {
            for kind in (0..=7).map(TileKind::Hashes).chain([TileKind::Entries]) {
                for tile in Tile::all_of_log(kind, Size(*size)) {
                    let path = folder.join(tile.to_string());
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, self.tile(tile)).unwrap();
                }
            }
        }
        fs::write(folder.join("checkpoint"), self.note_at(*sizes.last().unwrap())).unwrap();
    }

    /// The contents of a tile.
    pub fn tile(&self, tile: Tile) -> Vec<u8> {
        let (start, width) = (tile.start() as usize, usize::from(tile.width()));
        match tile.kind() {
            TileKind::Hashes(level) => self.row(level)[start..start + width].concat(),
            TileKind::Entries => {
                let mut bytes = Vec::new();
                for leaf in &self.leaves[start..start + width] {
                    bundle::write_entry(leaf, &mut bytes).unwrap();
                }
                bytes
            }
        }
    }

    /// The hashes of a level.
    fn row(&self, level: u8) -> Vec<[u8; 32]> {
        let mut row: Vec<Hash> = self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for _ in 0..level * 8 {
            row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        row.into_iter().map(|hash| hash.0).collect()
    }
}
