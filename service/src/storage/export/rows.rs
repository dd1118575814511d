//! The growing ends of the levels: tiles that are not full yet, and the bundle of their entries.

use std::io;

use einsicht_tlog::bundle;
use einsicht_tlog::hash::{Hash, leaf_hash};
use einsicht_tlog::leaf::Link;
use einsicht_tlog::tile::{HashRange, LEVEL_MAX, TILE_WIDTH, Tile, TileKind, root_of_row};
use einsicht_tlog::{Frontier, RecordedAt, Size, TreeHead};

use super::super::file::{Folder, read_small};
use super::super::tip::{Growth, Tip};

const TILE_BYTES: usize = TILE_WIDTH as usize * Hash::BYTES;

/// What is not written as a full tile yet.
pub(super) struct Rows {
    /// Size of the log that they are the end of.
    size: Size,
    /// By level, the hashes of the last tile, if it is not full.
    levels: Vec<Vec<u8>>,
    /// The entries of the last bundle, if it is not full; unused where entries are not exported.
    bundle: Vec<u8>,
}

/// A tile with its content.
pub(super) type Content<'c> = (Tile, &'c [u8]);

impl Rows {
    /// Those of an empty log.
    pub fn new() -> Self {
        let levels = vec![Vec::new(); usize::from(LEVEL_MAX) + 1];
        Self { size: Size(0), levels, bundle: Vec::new() }
    }

    /// Takes in one commit: its hashes, and its entries as they stand in the frame. `full` gets each
    /// tile that is full by it.
    pub fn add<E>(
        &mut self,
        growth: &Growth,
        entries: Option<&[u8]>,
        full: &mut dyn FnMut(Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut entries = entries.map(bundle::entries);
        for hash in &growth.leaf_hashes {
            self.size = Size(self.size.0 + 1);
            if let Some(entries) = &mut entries {
                if let Some(Ok(entry)) = entries.next() {
                    // Cannot fail: it was read as an entry just now.
                    let _ = bundle::write_entry(entry, &mut self.bundle);
                }
                if self.size.0.is_multiple_of(u64::from(TILE_WIDTH)) {
                    let bundle = std::mem::take(&mut self.bundle);
                    self.emit(TileKind::Entries, &bundle, full)?;
                }
            }
            self.push(0, *hash, full)?;
        }
        for (level, _, hash) in &growth.upper {
            self.push(*level, *hash, full)?;
        }
        Ok(())
    }

    /// The tiles of the end that are not full.
    pub fn partial(&self) -> impl Iterator<Item = Content<'_>> {
        let kinds = (0..=LEVEL_MAX).map(TileKind::Hashes).chain([TileKind::Entries]);
        let rows = self.levels.iter().chain([&self.bundle]);
        kinds.zip(rows).filter(|(_, row)| !row.is_empty()).filter_map(|(kind, row)| {
            let last = kind.count_in(self.size) / u64::from(TILE_WIDTH);
            Some((Tile::of_log(kind, last, self.size)?, row.as_slice()))
        })
    }

    fn push<E>(
        &mut self,
        level: u8,
        hash: Hash,
        full: &mut dyn FnMut(Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(row) = self.levels.get_mut(usize::from(level)) else { return Ok(()) };
        row.extend_from_slice(hash.as_bytes());
        if row.len() < TILE_BYTES {
            return Ok(());
        }
        let row = std::mem::take(row);
        self.emit(TileKind::Hashes(level), &row, full)
    }

    /// Hands out the last full tile of a kind.
    fn emit<E>(
        &self,
        kind: TileKind,
        content: &[u8],
        full: &mut dyn FnMut(Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let last = (kind.count_in(self.size) / u64::from(TILE_WIDTH)).checked_sub(1);
        match last.and_then(|last| Tile::of_log(kind, last, self.size)) {
            Some(tile) => full((tile, content)),
            None => Ok(()),
        }
    }

    /// Takes up the end of what was exported at `had`, with the log's end there; `None` if the files do
    /// not hold together under its root, or one is missing. Every byte that is taken up is proven by
    /// that root.
    pub fn resume(target: &dyn Folder, had: TreeHead, entries: bool) -> io::Result<Option<(Self, Tip)>> {
        let size = had.size;
        let Some(frontier) = frontier(target, size)?.filter(|frontier| frontier.root() == had.root) else {
            return Ok(None);
        };
        let mut rows = Self { size, ..Self::new() };
        for (level, row) in (0..).zip(&mut rows.levels) {
            let kind = TileKind::Hashes(level);
            let last = kind.count_in(size) / u64::from(TILE_WIDTH);
            let Some(tile) = Tile::of_log(kind, last, size) else { continue };
            let Some(hashes) = read_hashes(target, tile)? else { return Ok(None) };
            *row = hashes;
        }
        let Some(previous) = rows.last_leaf(target)? else { return Ok(None) };
        if entries && !rows.take_up_bundle(target)? {
            return Ok(None);
        }
        // The time of the last entry is not in the tiles. That time never runs back, also not here, is
        // for those to check who read the entries.
        let link = Link { previous, not_before: RecordedAt(0) };
        Ok(Some((rows, Tip::resume(frontier, link))))
    }

    /// The hash of the last leaf; `None` if the tiles do not prove it.
    fn last_leaf(&self, target: &dyn Folder) -> io::Result<Option<Hash>> {
        let last = |row: &[u8]| row.as_chunks::<{ Hash::BYTES }>().0.last().copied().map(Hash);
        let [leaves, upper, ..] = self.levels.as_slice() else { return Ok(None) };
        if !leaves.is_empty() {
            return Ok(last(leaves));
        }
        let index = (self.size.0 / u64::from(TILE_WIDTH)).checked_sub(1);
        let tile = index.and_then(|index| Tile::of_log(TileKind::Hashes(0), index, self.size));
        let Some(tile) = tile else { return Ok(None) };
        let full = read_hashes(target, tile)?;
        // Proven by the hash above it, where that stands in a row that is proven.
        Ok(full
            .filter(|full| root_of_row(full).is_some_and(|root| last(upper) == Some(root)))
            .and_then(|full| last(&full)))
    }

    /// Takes up the last bundle, if its entries have the hashes of the last tile.
    fn take_up_bundle(&mut self, target: &dyn Folder) -> io::Result<bool> {
        let index = (self.size.0 - 1) / u64::from(TILE_WIDTH);
        let Some(tile) = Tile::of_log(TileKind::Entries, index, self.size) else { return Ok(false) };
        let Some(bytes) = read_small(target, &tile.to_string())? else { return Ok(false) };
        if tile.width() == TILE_WIDTH {
            return Ok(true);
        }
        let hashes = bundle::entries(&bytes).map(|entry| entry.map(leaf_hash)).collect::<Result<Vec<_>, _>>();
        let proven = hashes.is_ok_and(|hashes| {
            self.levels
                .first()
                .is_some_and(|row| hashes.iter().flat_map(|hash| hash.0).eq(row.iter().copied()))
        });
        if proven {
            self.bundle = bytes;
        }
        Ok(proven)
    }
}

fn frontier(target: &dyn Folder, size: Size) -> io::Result<Option<Frontier>> {
    let mut roots = Vec::new();
    for subtree in Frontier::subtrees(size) {
        let range = HashRange::of_subtree(subtree);
        let Some(tile) = range.tile(size) else { return Ok(None) };
        let Some(bytes) = read_hashes(target, tile)? else { return Ok(None) };
        let Some(root) = range.slice_of(&bytes).and_then(root_of_row) else { return Ok(None) };
        roots.push(root);
    }
    Ok(Frontier::from_roots(size, roots).ok())
}

/// The hashes of a tile; `None` if it is missing or has another length.
fn read_hashes(target: &dyn Folder, tile: Tile) -> io::Result<Option<Vec<u8>>> {
    let bytes = read_small(target, &tile.to_string())?;
    Ok(bytes.filter(|bytes| bytes.len() == usize::from(tile.width()) * Hash::BYTES))
}
