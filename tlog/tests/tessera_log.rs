//! A whole tlog-tiles log that other software made: Tessera's test log, of 15 entries.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{files_below, read, read_text, shared};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::tile::{HashRange, Tile, TileKind, root_of_row};
use einsicht_tlog::{Checkpoint, Frontier, Hash, Index, Size, Subtree, TreeHead, VerifierKey, bundle};

const ORIGIN: &str = "example.com/log/testdata";
const LARGEST: u64 = 15;

struct Log {
    folder: PathBuf,
    keys: [VerifierKey; 1],
}

#[test]
fn every_checkpoint_verifies_and_states_its_size() {
    let Some(log) = Log::open() else { return };
    for size in 0..=LARGEST {
        assert_eq!(log.head(size).size, Size(size));
    }
    assert_eq!(log.head(0).root, Hash::EMPTY_ROOT);
    let newest = Checkpoint::open(&read(log.folder.join("checkpoint")), ORIGIN, &log.keys).unwrap();
    assert_eq!(newest.head, log.head(LARGEST));
    assert!(!log.folder.join(format!("checkpoint.{}", LARGEST + 1)).exists());
}

#[test]
fn every_tile_is_where_its_path_says() {
    let Some(log) = Log::open() else { return };
    let mut paths: Vec<_> = files_below(&log.folder.join("tile"))
        .iter()
        .map(|file| file.strip_prefix(&log.folder).unwrap().to_str().unwrap().to_owned())
        .collect();
    for path in &paths {
        let tile = Tile::parse(path).unwrap();
        assert_eq!(&tile.to_string(), path);
        assert!(tile.is_published(Size(LARGEST)), "{path}");
    }
    // All that the log should have and nothing else: one tile of each kind for each size.
    let mut expected: Vec<_> = (1..=LARGEST)
        .flat_map(|size| {
            [TileKind::Hashes(0), TileKind::Entries].map(|kind| Tile::of_log(kind, 0, Size(size)).unwrap())
        })
        .map(|tile| tile.to_string())
        .collect();
    paths.sort();
    expected.sort();
    assert_eq!(paths, expected);
}

#[test]
fn entry_bundles_lead_to_the_hash_tiles_and_to_every_root() {
    let Some(log) = Log::open() else { return };
    for size in 1..=LARGEST {
        let hashes: Vec<_> = log.entries(size).iter().map(|entry| leaf_hash(entry)).collect();
        let mut frontier = Frontier::new();
        hashes.iter().for_each(|hash| frontier.push(*hash));
        assert_eq!(frontier.head(), log.head(size));
        let tile = Tile::of_log(TileKind::Hashes(0), 0, Size(size)).unwrap();
        let row: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        assert_eq!(row, log.tile(tile), "{tile}");
    }
}

#[test]
fn a_bundle_that_is_cut_or_of_another_width_is_refused() {
    let Some(log) = Log::open() else { return };
    let bytes = log.tile(Tile::of_log(TileKind::Entries, 0, Size(LARGEST)).unwrap());
    assert!(bundle::exactly(&bytes, LARGEST as usize - 1).is_err());
    for cut in 0..bytes.len() {
        assert!(bundle::exactly(&bytes[..cut], LARGEST as usize).is_err(), "cut at {cut}");
    }
}

#[test]
fn inclusion_proofs_built_from_tiles_verify_under_every_checkpoint() {
    let Some(log) = Log::open() else { return };
    let leaves: Vec<_> = log.entries(LARGEST).iter().map(|entry| leaf_hash(entry)).collect();
    let mut verified = 0;
    for size in 1..=LARGEST {
        let head = log.head(size);
        for (index, leaf) in (0..size).zip(&leaves) {
            let proof = log.build(&ProofPlan::inclusion(Index(index), Size(size)).unwrap(), size);
            assert_eq!(verify_inclusion(leaf, Index(index), &head, &proof), Ok(()));
            let other = leaves[(index as usize + 1) % leaves.len()];
            assert!(verify_inclusion(&other, Index(index), &head, &proof).is_err());
            verified += 1;
        }
    }
    assert_eq!(verified, 120);
}

#[test]
fn consistency_proofs_built_from_tiles_verify_between_all_checkpoints() {
    let Some(log) = Log::open() else { return };
    let mut verified = 0;
    for new in 1..=LARGEST {
        for old in 1..=new {
            let proof = log.build(&ProofPlan::consistency(Size(old), Size(new)).unwrap(), new);
            assert_eq!(verify_consistency(&log.head(old), &log.head(new), &proof), Ok(()));
            let forged = TreeHead { root: log.head(old - 1).root, ..log.head(old) };
            assert!(verify_consistency(&forged, &log.head(new), &proof).is_err());
            verified += 1;
        }
        assert!(ProofPlan::consistency(Size(0), Size(new)).is_err());
    }
    assert_eq!(verified, 120);
}

impl Log {
    fn open() -> Option<Self> {
        let folder = shared("tessera-testlog")?;
        let keys = [VerifierKey::parse(&read_text(folder.join("vkey.txt"))).unwrap()];
        Some(Self { folder: folder.join("log"), keys })
    }

    fn head(&self, size: u64) -> TreeHead {
        let bytes = read(self.folder.join(format!("checkpoint.{size}")));
        Checkpoint::open(&bytes, ORIGIN, &self.keys).unwrap().head
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        read(self.folder.join(Path::new(&tile.to_string())))
    }

    fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let bytes = self.tile(Tile::of_log(TileKind::Entries, 0, Size(size)).unwrap());
        bundle::exactly(&bytes, size as usize).unwrap().into_iter().map(<[u8]>::to_vec).collect()
    }

    /// Builds a proof from nothing but the tiles that a log of `size` entries has.
    fn build(&self, plan: &ProofPlan, size: u64) -> Vec<Hash> {
        plan.build(|subtree: Subtree| {
            let range = HashRange::of_subtree(subtree);
            let tile = range.tile(Size(size)).ok_or("the log lacks the tile")?;
            let bytes = self.tile(tile);
            let row = range.slice_of(&bytes).ok_or("the tile is too short")?;
            root_of_row(row).ok_or("not a row of a subtree")
        })
        .unwrap()
    }
}
