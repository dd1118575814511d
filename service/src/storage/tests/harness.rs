//! A log whose entries are known beforehand, and what must be read from it.

use std::sync::Arc;

use einsicht_tlog::bundle::write_entry;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::tile::{Tile, TileKind, root_of_row};
use einsicht_tlog::{
    Frontier, Hash, Index, Leaf, Origin, RecordedAt, SigningKey, Size, TreeHead, checkpoint,
};

use crate::storage::memory::MemoryFolder;
use crate::storage::{AppendError, CHECKPOINT, Growth, OpenError, Opened};

/// Small enough for a segment to hold a handful of entries.
pub const SEGMENT_BYTES: u64 = 1000;

pub fn origin() -> Origin {
    Origin::parse("storage.test/log").unwrap()
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(origin().as_str(), &[7; 32]).unwrap()
}

/// The one sequence of entries that all logs here are prefixes of.
pub struct Model {
    pub leaves: Vec<Vec<u8>>,
    pub hashes: Vec<Hash>,
    /// By size.
    pub heads: Vec<TreeHead>,
    /// All leaves as an entry bundle, and by size where they end in it.
    bundle: Vec<u8>,
    bundle_ends: Vec<usize>,
    /// The complete hashes of the first two tile levels.
    levels: [Vec<u8>; 2],
}

impl Model {
    pub fn new(size: u64) -> Self {
        Self::with_bodies(size, |number| {
            let length = usize::try_from(number * 37 % 83).unwrap();
            [format!("entry {number} ").into_bytes(), vec![0xa5; length]].concat()
        })
    }

    pub fn with_bodies(size: u64, body: impl Fn(u64) -> Vec<u8>) -> Self {
        let mut frontier = Frontier::new();
        let mut model = Self {
            leaves: Vec::new(),
            hashes: Vec::new(),
            heads: vec![frontier.head()],
            bundle: Vec::new(),
            bundle_ends: vec![0],
            levels: Default::default(),
        };
        let mut previous = origin().hash();
        for number in 0..size {
            let body = body(number);
            let leaf = Leaf { previous, recorded_at: RecordedAt(1_000 + number / 3), body: &body };
            let bytes = leaf.to_bytes().unwrap();
            previous = leaf_hash(&bytes);
            frontier.push(previous);
            write_entry(&bytes, &mut model.bundle).unwrap();
            model.bundle_ends.push(model.bundle.len());
            model.levels[0].extend(previous.0);
            model.leaves.push(bytes);
            model.hashes.push(previous);
            model.heads.push(frontier.head());
        }
        let tiles = model.levels[0].chunks_exact(256 * Hash::BYTES);
        model.levels[1] = tiles.flat_map(|tile| root_of_row(tile).unwrap().0).collect();
        model
    }

    pub fn head(&self, size: Size) -> TreeHead {
        self.heads[usize::try_from(size.0).unwrap()]
    }

    /// `uint16 length ‖ leaf` of adjacent entries.
    fn bundle(&self, first: usize, count: usize) -> &[u8] {
        &self.bundle[self.bundle_ends[first]..self.bundle_ends[first + count]]
    }

    /// What a tile must hold.
    pub fn content(&self, tile: Tile) -> Vec<u8> {
        let (start, width) = (usize::try_from(tile.start()).unwrap(), usize::from(tile.width()));
        match tile.kind() {
            TileKind::Entries => self.bundle(start, width).to_vec(),
            TileKind::Hashes(level) => {
                let hashes = &self.levels[usize::from(level)];
                hashes[start * Hash::BYTES..(start + width) * Hash::BYTES].to_vec()
            }
        }
    }

    /// Appends the next `count` entries as one commit, as the committer does it.
    pub fn commit(&self, log: &mut Opened, count: usize) -> Result<(), AppendError> {
        let first = log.tip.next_index();
        let (frame, growth, tip) = self.frame(log, count);
        log.writer.append(first, &frame, &growth)?;
        log.tip = tip;
        Ok(())
    }

    /// The frame of the next `count` entries, what it adds, and where the log ends behind it.
    fn frame(&self, log: &Opened, count: usize) -> (Vec<u8>, Growth, crate::storage::Tip) {
        let first = log.tip.next_index();
        let (mut tip, mut frame, mut growth) = (log.tip.clone(), FrameBuilder::new(first), Growth::default());
        let start = usize::try_from(first.0).unwrap();
        for leaf in &self.leaves[start..start + count] {
            let offset = frame.push(leaf).unwrap() as u64;
            tip.admit(leaf, offset, &mut growth).unwrap();
        }
        (frame.finish(&tip.head().root).unwrap(), growth, tip)
    }

    /// Checks that the log is a prefix of this sequence, and what a reader gets in bulk.
    pub fn assert_holds(&self, log: &Opened) {
        let (size, reader) = (log.tip.size(), log.writer.reader());
        let count = usize::try_from(size.0).unwrap();
        assert_eq!(log.tip.head(), self.head(size));
        assert_eq!(log.tip.previous(), self.hashes[..count].last().copied().unwrap_or(origin().hash()));
        assert!(reader.bundle(Index(0), count).unwrap() == self.bundle(0, count), "the entries differ");
        for (level, expected) in (0..).zip(&self.levels) {
            let hashes = usize::try_from(TileKind::Hashes(level).count_in(size)).unwrap();
            let found = reader.hashes(level, 0, hashes).unwrap();
            assert!(found == expected[..hashes * Hash::BYTES], "the hashes of level {level} differ");
        }
        assert_eq!(reader.head(size).unwrap(), self.head(size));
    }

    /// Checks every single answer of a reader.
    pub fn assert_every_answer(&self, log: &Opened) {
        self.assert_holds(log);
        let (size, reader) = (log.tip.size(), log.writer.reader());
        let head = self.head(size);
        for (number, (leaf, hash)) in (0..size.0).zip(self.leaves.iter().zip(&self.hashes)) {
            let (index, older) = (Index(number), self.head(Size(number + 1)));
            assert_eq!(&reader.leaf(index).unwrap(), leaf);
            assert_eq!(reader.leaf_hash(index).unwrap(), *hash);
            assert_eq!(reader.recorded_at(index).unwrap(), Leaf::parse(leaf).unwrap().recorded_at);
            verify_inclusion(hash, index, &head, &reader.inclusion_proof(index, size).unwrap()).unwrap();
            let proof = reader.consistency_proof(older.size, size).unwrap();
            verify_consistency(&older, &head, &proof).unwrap();
            assert_eq!(reader.head(older.size).unwrap(), older);
        }
        let count = usize::try_from(size.0).unwrap();
        for width in [1, 2, 7, 64, 256] {
            for first in (0..count.saturating_sub(width)).step_by(width.div_ceil(3)) {
                let bundle = reader.bundle(Index(first as u64), width).unwrap();
                assert!(bundle == self.bundle(first, width), "{width} entries from {first}");
            }
        }
        assert!(reader.leaf(Index(size.0)).is_err());
        assert!(reader.hashes(0, size.0, 1).is_err());
    }
}

pub fn open(folder: &MemoryFolder) -> Result<Opened, OpenError> {
    let keys = [key().verifier().clone()];
    crate::storage::open(Arc::new(folder.clone()), &origin(), &keys, SEGMENT_BYTES)
}

/// What happens to a log.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    Commit(usize),
    Checkpoint,
    Watermark,
}

/// Takes steps until one fails; says whether all were taken. `log.tip` is what was acknowledged.
pub fn take(steps: &[Step], log: &mut Opened, model: &Model) -> bool {
    let keeper = log.writer.keeper();
    steps.iter().all(|step| match step {
        Step::Commit(count) => model.commit(log, *count).is_ok(),
        Step::Checkpoint => keeper.keep_checkpoint(&checkpoint::sign(log.tip.head(), &key())).is_ok(),
        Step::Watermark => keeper.move_watermark(&log.tip.head()).is_ok(),
    })
}

/// A log after these steps, with everything synced that is synced then.
pub fn log_after(steps: &[Step], model: &Model) -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(steps, &mut open(&folder).unwrap(), model));
    folder
}

/// Puts a signed checkpoint into the folder.
pub fn publish(folder: &MemoryFolder, head: TreeHead) {
    use crate::storage::file::Folder as _;
    folder.create_folder("log").unwrap();
    folder.open(CHECKPOINT, true).unwrap();
    folder.edit(CHECKPOINT, |bytes| *bytes = checkpoint::sign(head, &key()));
}

/// The segment files.
pub fn segments(folder: &MemoryFolder) -> Vec<String> {
    folder.paths().into_iter().filter(|path| path.starts_with("log/entries/")).collect()
}

/// Start of each frame of a segment file, and the end of the last one.
pub fn frame_bounds(segment: &[u8]) -> Vec<usize> {
    use einsicht_tlog::segment::{FrameHeader, SEGMENT_HEADER_BYTES};
    let mut bounds = vec![SEGMENT_HEADER_BYTES];
    while let Some(header) = FrameHeader::parse(&segment[*bounds.last().unwrap()..]) {
        bounds.push(bounds.last().unwrap() + usize::try_from(header.frame_bytes()).unwrap());
    }
    bounds
}

/// Paths and bytes of all files.
pub fn files(folder: &MemoryFolder) -> Vec<(String, Vec<u8>)> {
    folder.paths().into_iter().map(|path| (path.clone(), folder.bytes(&path))).collect()
}
