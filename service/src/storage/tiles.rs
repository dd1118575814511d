//! Tiles of the tree, in memory. All proofs share what lies high in the tree; those that recorders get with their
//! answers are of neighbours, and of one size after the other, and share most of what lies low, too.
//!
//! The files have every eighth row of the tree. What lies between is computed by tile: 256 hashes of a row,
//! and the seven rows above them. The nodes asked for are complete, and complete nodes never change: a tile
//! that is kept only ever gains some.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_tlog::Hash;
use einsicht_tlog::hash::node_hash;
use einsicht_tlog::merkle::Subtree;
use einsicht_tlog::tile::{TILE_HEIGHT, TILE_WIDTH};

/// Tiles at the foot of the tree that are kept, those used last: 1 MiB.
const LOW_MAX: usize = 64;
/// Tiles above them that are kept, likewise: 8 MiB, which are all of 33 million entries.
const HIGH_MAX: usize = 512;

/// Reads this many hashes of a tile level from there on, 32 bytes each.
pub(super) type ReadHashes<'a> = &'a dyn Fn(u8, u64, usize) -> io::Result<Vec<u8>>;

/// Tiles used lately. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Tiles {
    low: Kept,
    high: Kept,
}

type Kept = Arc<Mutex<VecDeque<(TileName, SharedTile)>>>;
type SharedTile = Arc<Mutex<Tile>>;

/// Level and position in it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TileName {
    level: u8,
    index: u64,
}

/// A row of hashes as far as it was read, and what is complete of the rows above it.
#[derive(Default)]
struct Tile {
    rows: [Vec<Hash>; TILE_HEIGHT as usize],
}

impl Tiles {
    /// Root of a perfect subtree whose hashes are in the files.
    pub fn root(&self, subtree: Subtree, read: ReadHashes<'_>) -> io::Result<Hash> {
        let tile = self.tile(TileName::of(subtree), true).ok_or(io::ErrorKind::NotFound)?;
        locked(&tile).root(subtree, read)
    }

    /// The same, if the tile is kept; at most what was written to it since then is read. `None`: older
    /// pages of the files would be needed, for which one may have to wait.
    pub fn kept_root(&self, subtree: Subtree, read: ReadHashes<'_>) -> Option<io::Result<Hash>> {
        let tile = self.tile(TileName::of(subtree), false)?;
        Some(locked(&tile).root(subtree, read))
    }

    /// A tile, which is the one used last from now on.
    fn tile(&self, name: TileName, begins: bool) -> Option<SharedTile> {
        let (tiles, max) = if name.level == 0 { (&self.low, LOW_MAX) } else { (&self.high, HIGH_MAX) };
        let mut tiles = locked(tiles);
        let position = tiles.iter().position(|(known, _)| *known == name);
        let tile = match position {
            Some(0) => return tiles.front().map(|(_, tile)| Arc::clone(tile)),
            Some(position) => tiles.remove(position)?.1,
            None if begins => SharedTile::default(),
            None => return None,
        };
        tiles.truncate(max - 1);
        tiles.push_front((name, Arc::clone(&tile)));
        Some(tile)
    }
}

impl TileName {
    fn of(subtree: Subtree) -> Self {
        let below = subtree.height % TILE_HEIGHT;
        Self { level: subtree.height / TILE_HEIGHT, index: subtree.index >> (TILE_HEIGHT - below) }
    }
}

impl Tile {
    fn root(&mut self, subtree: Subtree, read: ReadHashes<'_>) -> io::Result<Hash> {
        let below = subtree.height % TILE_HEIGHT;
        let TileName { level, index } = TileName::of(subtree);
        let start = index * u64::from(TILE_WIDTH);
        let position = usize::try_from(subtree.index & ((1 << (TILE_HEIGHT - below)) - 1));
        let position = position.map_err(io::Error::other)?;
        let (needed, known) = ((position + 1) << below, self.len());
        if known < needed {
            let bytes = read(level, start + known as u64, needed - known)?;
            bytes.as_chunks().0.iter().for_each(|hash| self.push(Hash(*hash)));
        }
        let row = self.rows.get(usize::from(below));
        let root = row.and_then(|row| row.get(position)).copied();
        root.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn len(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// Appends a hash to the lowest row, and above it what is complete with it.
    fn push(&mut self, hash: Hash) {
        let mut completed = Some(hash);
        for row in &mut self.rows {
            let Some(node) = completed.take() else { return };
            row.push(node);
            if let (Some([left, right]), true) = (row.last_chunk(), row.len().is_multiple_of(2)) {
                completed = Some(node_hash(left, right));
            }
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics between two changes that belong together: rows grow from below, and a hash that is
    // missing above is missed, never wrong.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::HashMap;

    use einsicht_tlog::Frontier;
    use einsicht_tlog::hash::leaf_hash;
    use proptest::prelude::*;

    use super::*;

    /// A tree of which `size` leaves are written, and how much was read of its rows.
    struct Model {
        roots: HashMap<Subtree, Hash>,
        size: Cell<u64>,
        reads: Cell<usize>,
    }

    impl Model {
        fn new(size: u64) -> Self {
            let (mut frontier, mut roots) = (Frontier::new(), HashMap::new());
            for leaf in 0..size {
                frontier.push_with(leaf_hash(&leaf.to_be_bytes()), |subtree, root| {
                    roots.insert(subtree, root);
                });
            }
            Self { roots, size: Cell::new(0), reads: Cell::new(0) }
        }

        fn read(&self, level: u8, start: u64, count: usize) -> io::Result<Vec<u8>> {
            self.reads.set(self.reads.get() + 1);
            let height = level * TILE_HEIGHT;
            let indexes = start..start + count as u64;
            assert!(indexes.end << height <= self.size.get(), "nothing is read that is not written yet");
            Ok(indexes.flat_map(|index| self.roots[&Subtree { height, index }].0).collect())
        }

        fn root(&self, tiles: &Tiles, subtree: Subtree) -> Hash {
            tiles.root(subtree, &|level, start, count| self.read(level, start, count)).unwrap()
        }
    }

    proptest! {
        #[test]
        fn every_root_is_that_of_the_tree_however_it_grows_and_in_whatever_order_they_are_asked_for(
            asked in proptest::collection::vec((1_u64..70_000, 0_u8..17, any::<u64>()), 1..60),
        ) {
            thread_local! { static MODEL: Model = Model::new(70_000); }
            MODEL.with(|model| {
                let tiles = Tiles::default();
                model.size.set(0);
                for (size, height, random) in asked {
                    model.size.set(model.size.get().max(size));
                    let complete = model.size.get() >> height;
                    if complete > 0 {
                        let subtree = Subtree { height, index: random % complete };
                        assert_eq!(model.root(&tiles, subtree), model.roots[&subtree], "{subtree:?}");
                    }
                }
            });
        }
    }

    #[test]
    fn what_was_computed_is_not_read_again_and_what_is_not_kept_is_not_waited_for() {
        let (model, tiles) = (Model::new(1000), Tiles::default());
        model.size.set(1000);
        let kept = |subtree| {
            let read = |level, start, count| model.read(level, start, count);
            tiles.kept_root(subtree, &read).map(|root| root.unwrap())
        };
        let (high, low) = (Subtree { height: 6, index: 1 }, Subtree { height: 0, index: 77 });
        assert_eq!(kept(high), None);
        model.root(&tiles, high);
        assert_eq!((kept(high), kept(low)), (Some(model.roots[&high]), Some(model.roots[&low])));
        assert_eq!(model.reads.get(), 1);
        let later = Subtree { height: 3, index: 20 };
        assert_eq!(kept(later), Some(model.roots[&later]), "the rest of a tile that is kept");
        assert_eq!((kept(Subtree { height: 0, index: 256 }), model.reads.get()), (None, 2));
    }

    #[test]
    fn only_so_many_tiles_are_kept_and_those_that_are_used_stay() {
        let (model, tiles) = (Model::new(70_000), Tiles::default());
        model.size.set(70_000);
        let first_of = |tile: u64| Subtree { height: 0, index: tile * 256 };
        for tile in 0..200 {
            model.root(&tiles, first_of(0));
            model.root(&tiles, first_of(tile));
        }
        assert_eq!(locked(&tiles.low).len(), LOW_MAX);
        let reads = model.reads.get();
        model.root(&tiles, first_of(0));
        assert_eq!(model.reads.get(), reads);
        model.root(&tiles, first_of(1));
        assert_eq!(model.reads.get(), reads + 1);
    }

    #[test]
    fn those_high_in_the_tree_are_kept_apart_from_those_at_its_foot() {
        let tiles = Tiles::default();
        let kept = |level, index| tiles.tile(TileName { level, index }, false).is_some();
        for index in 0..2 * HIGH_MAX as u64 {
            tiles.tile(TileName { level: 0, index }, true);
            tiles.tile(TileName { level: 1, index }, true);
        }
        assert_eq!((locked(&tiles.low).len(), locked(&tiles.high).len()), (LOW_MAX, HIGH_MAX));
        assert!(!kept(0, HIGH_MAX as u64) && kept(1, HIGH_MAX as u64) && !kept(1, 0));
    }
}
