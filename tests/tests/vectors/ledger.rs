//! A ledger in memory, of fixed keys and times, and what would be served of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use einsicht_access::PeriodKey;
use einsicht_client::Trust;
use einsicht_tlog::hash::{leaf_hash, node_hash, sha256};
use einsicht_tlog::proof::ProofPlan;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::tile::{Tile, TileKind};
use einsicht_tlog::{
    Frontier, Hash, Index, Leaf, Origin, RecordedAt, SigningKey, Size, Subtree, TreeHead, bundle, checkpoint,
};

pub const ORIGIN: &str = "ledger.example/vectors";
/// 2026-11-01T00:00:00Z.
pub const NOVEMBER: u64 = 1_793_491_200;
/// 2026-12-01T00:00:00Z.
pub const DECEMBER: u64 = 1_796_083_200;
const LEVEL_MAX: u8 = 7;

/// Entries, one commit each.
#[derive(Clone, Default)]
pub struct Ledger {
    pub leaves: Vec<Vec<u8>>,
}

/// The key of every ledger here. It is public.
pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[3; 32]).unwrap()
}

/// A key of the same name that is not the ledger's.
pub fn other_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[4; 32]).unwrap()
}

pub fn trust() -> Trust {
    Trust::in_memory(key().verifier().clone())
}

/// The period key of a month.
pub fn period_key(month: &str) -> PeriodKey {
    PeriodKey::from(sha256(format!("vectors, never use: {month}").as_bytes()).0)
}

/// Bytes that look random and are the same for the same seed.
pub fn random(seed: String) -> impl FnMut(&mut [u8]) -> Result<(), Infallible> {
    let mut count = 0_u64;
    move |bytes| {
        for chunk in bytes.chunks_mut(32) {
            let block = sha256(&[seed.as_bytes(), &count.to_be_bytes()].concat()).0;
            chunk.copy_from_slice(&block[..chunk.len()]);
            count += 1;
        }
        Ok(())
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Ledger {
    pub fn push(&mut self, second: u64, body: &[u8]) -> u64 {
        let leaf = Leaf { previous: self.previous(), recorded_at: RecordedAt(second), body };
        self.leaves.push(leaf.to_bytes().unwrap());
        self.size() - 1
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn previous(&self) -> Hash {
        match self.leaves.last() {
            Some(leaf) => leaf_hash(leaf),
            None => Origin::parse(ORIGIN).unwrap().hash(),
        }
    }

    pub fn leaf(&self, index: u64) -> Leaf<'_> {
        Leaf::parse(&self.leaves[index as usize]).unwrap()
    }

    pub fn head_at(&self, size: u64) -> TreeHead {
        frontier(&self.leaves[..size as usize]).head()
    }

    pub fn note_at(&self, size: u64) -> Vec<u8> {
        checkpoint::sign(self.head_at(size), &key())
    }

    pub fn note(&self) -> Vec<u8> {
        self.note_at(self.size())
    }

    /// The receipt of an entry under the checkpoint of the whole.
    pub fn receipt(&self, index: u64) -> Receipt {
        let root = |subtree: Subtree| {
            let start = (subtree.index << subtree.height) as usize;
            Ok::<_, Infallible>(frontier(&self.leaves[start..start + (1 << subtree.height)]).root())
        };
        let proof = ProofPlan::inclusion(Index(index), Size(self.size())).unwrap().build(root).unwrap();
        Receipt {
            leaf: Some(self.leaves[index as usize].clone()),
            index: Index(index),
            proof,
            checkpoint: self.note(),
        }
    }

    /// The same ledger with another body or time from `index` on, chained anew. `change` gets index, time and body.
    pub fn again(&self, change: impl Fn(u64, &mut u64, &mut Vec<u8>)) -> Self {
        let mut again = Self::default();
        for index in 0..self.size() {
            let leaf = self.leaf(index);
            let (mut second, mut body) = (leaf.recorded_at.0, leaf.body.to_vec());
            change(index, &mut second, &mut body);
            again.push(second, &body);
        }
        again
    }

    /// Checkpoint, tiles and bundles by their paths: what a server shows of the whole.
    pub fn tiles(&self) -> BTreeMap<String, Vec<u8>> {
        let kinds = (0..=LEVEL_MAX).map(TileKind::Hashes).chain([TileKind::Entries]);
        let tiles = kinds.flat_map(|kind| Tile::all_of_log(kind, Size(self.size())));
        let mut files: BTreeMap<_, _> = tiles.map(|tile| (tile.to_string(), self.tile(tile))).collect();
        files.insert("checkpoint".to_owned(), self.note());
        files
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        let (start, end) = (tile.start() as usize, tile.start() as usize + usize::from(tile.width()));
        match tile.kind() {
            TileKind::Hashes(level) => self.row(level)[start..end].concat(),
            TileKind::Entries => {
                let mut bytes = Vec::new();
                self.leaves[start..end]
                    .iter()
                    .for_each(|leaf| bundle::write_entry(leaf, &mut bytes).unwrap());
                bytes
            }
        }
    }

    fn row(&self, level: u8) -> Vec<[u8; 32]> {
        let mut row: Vec<Hash> = self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for _ in 0..level * 8 {
            row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        row.into_iter().map(|hash| hash.0).collect()
    }
}

/// Writes files below a folder.
pub fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn frontier(leaves: &[Vec<u8>]) -> Frontier {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
    frontier
}
