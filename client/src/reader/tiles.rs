//! Hash tiles that lead to a signed root. C2SP tlog-tiles.
//!
//! The right edge of the tree (at most one partial tile a level) gives the root; it is verified first.
//! Every full tile has its root in a tile of the level above, up to the edge.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use einsicht_tlog::tile::{HashRange, LEVEL_MAX, TILE_WIDTH, Tile, TileKind, root_of_row};
use einsicht_tlog::{Frontier, Hash, Size, Subtree, TreeHead};
use futures::future::try_join_all;

use crate::finding::{Fault, Finding};
use crate::source::Source;
use crate::verify_error::VerifyError;

/// Tiles kept, 8 KiB each.
const TILES_MAX: usize = 2_048;

/// Level and position of a tile.
type Position = (u8, u64);

/// The verified tiles of one tree.
pub(super) struct VerifiedTiles {
    source: Source,
    head: TreeHead,
    /// The partial tile of each level that has one.
    edge: HashMap<Position, Bytes>,
    full: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    tiles: HashMap<Position, Bytes>,
    oldest: VecDeque<Position>,
}

impl VerifiedTiles {
    /// Fetches the right edge of the tree, and verifies that it leads to the root of `head`.
    pub async fn open(source: Source, head: TreeHead) -> Result<Self, VerifyError> {
        let partial = (0..=LEVEL_MAX).filter_map(|level| {
            let kind = TileKind::Hashes(level);
            let tile = Tile::of_log(kind, kind.count_in(head.size) / u64::from(TILE_WIDTH), head.size)?;
            Some((level, tile))
        });
        let fetches = partial.map(|(level, tile)| {
            let source = &source;
            async move { source.hashes(tile).await.map(|bytes| ((level, tile.index()), bytes)) }
        });
        let edge = try_join_all(fetches).await?.into_iter().collect();
        let tiles = Self { source, head, edge, full: Mutex::default() };
        let roots: Option<Vec<_>> =
            Frontier::subtrees(head.size).map(|subtree| tiles.edge_root(subtree)).collect();
        let root =
            roots.and_then(|roots| Frontier::from_roots(head.size, roots).ok()).map(|edge| edge.root());
        if root == Some(head.root) { Ok(tiles) } else { Err(tiles.wrong_edge(root).into()) }
    }

    /// Root of the first `size` leaves. `size` is at most that of the tree.
    pub async fn root_at(&self, size: Size) -> Result<Hash, VerifyError> {
        let roots = try_join_all(Frontier::subtrees(size).map(|subtree| self.subtree_root(subtree))).await?;
        let frontier = Frontier::from_roots(size, roots);
        Ok(frontier.map_or(Hash::EMPTY_ROOT, |frontier| frontier.root()))
    }

    /// Root of a perfect subtree of the tree.
    pub async fn subtree_root(&self, subtree: Subtree) -> Result<Hash, VerifyError> {
        let range = HashRange::of_subtree(subtree);
        let tile = self.tile((range.level, range.start / u64::from(TILE_WIDTH))).await?;
        let root = range.slice_of(&tile).and_then(root_of_row);
        root.ok_or_else(|| {
            self.wrong((range.level, range.start / u64::from(TILE_WIDTH)), "fewer hashes").into()
        })
    }

    /// The verified hashes of a tile.
    pub async fn tile(&self, position: Position) -> Result<Bytes, VerifyError> {
        // Up to the first one that is verified, which is on the edge at the latest.
        let mut unverified = Vec::new();
        let mut at = position;
        let mut above = loop {
            if let Some(bytes) = self.known(at) {
                break bytes;
            }
            if at.0 >= LEVEL_MAX {
                return Err(self.wrong(at, "no tile above it").into());
            }
            unverified.push(at);
            at = (at.0 + 1, at.1 / u64::from(TILE_WIDTH));
        };
        let fetched = try_join_all(unverified.iter().map(|at| self.fetch(*at))).await?;
        for (at, bytes) in unverified.into_iter().zip(fetched).rev() {
            let offset = usize::try_from(at.1 % u64::from(TILE_WIDTH)).unwrap_or(0) * Hash::BYTES;
            let expected = above.get(offset..offset + Hash::BYTES).and_then(Hash::from_slice);
            let found = root_of_row(&bytes);
            if expected.is_none() || expected != found {
                return Err(self.wrong(at, &describe(found)).into());
            }
            self.keep(at, bytes.clone());
            above = bytes;
        }
        Ok(above)
    }

    async fn fetch(&self, (level, index): Position) -> Result<Bytes, VerifyError> {
        let tile = Tile::of_log(TileKind::Hashes(level), index, self.head.size);
        // Only the tiles of the edge are partial, and those are known.
        let tile = tile.filter(|tile| tile.width() == TILE_WIDTH);
        let tile =
            tile.ok_or_else(|| VerifyError::from(self.wrong((level, index), "no such tile in this tree")))?;
        Ok(self.source.hashes(tile).await?)
    }

    fn edge_root(&self, subtree: Subtree) -> Option<Hash> {
        let range = HashRange::of_subtree(subtree);
        let tile = self.edge.get(&(range.level, range.start / u64::from(TILE_WIDTH)))?;
        range.slice_of(tile).and_then(root_of_row)
    }

    fn known(&self, position: Position) -> Option<Bytes> {
        self.edge.get(&position).cloned().or_else(|| self.kept().tiles.get(&position).cloned())
    }

    fn keep(&self, position: Position, bytes: Bytes) {
        let mut kept = self.kept();
        if kept.tiles.insert(position, bytes).is_none() {
            kept.oldest.push_back(position);
        }
        if kept.oldest.len() > TILES_MAX
            && let Some(oldest) = kept.oldest.pop_front()
        {
            kept.tiles.remove(&oldest);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A cache: each change to it is complete.
        self.full.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, (level, index): Position, found: &str) -> Finding {
        Finding {
            fault: Fault::Tile,
            index: None,
            place: Some(format!("{}: tile {index} of level {level}", self.source.place())),
            expected: format!("a tile under root {} of {} entries", self.head.root, self.head.size),
            found: found.to_owned(),
        }
    }

    fn wrong_edge(&self, root: Option<Hash>) -> Finding {
        Finding {
            fault: Fault::Tile,
            index: None,
            place: Some(format!("{}: the last tile of each level", self.source.place())),
            expected: format!("tiles under root {} of {} entries", self.head.root, self.head.size),
            found: describe(root),
        }
    }
}

fn describe(root: Option<Hash>) -> String {
    root.map_or("hashes without a root".to_owned(), |root| format!("hashes under root {root}"))
}
