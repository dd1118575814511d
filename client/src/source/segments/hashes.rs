//! Hashes of a data folder: from its derived files where they reach, else from the entries.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use einsicht_tlog::hash::leaf_hashes;
use einsicht_tlog::tile::{TILE_WIDTH, Tile, TileKind, root_of_row};
use einsicht_tlog::{Hash, Index, Size};
use rayon::prelude::*;

use super::walk::Walk;
use super::{STREAM_BYTES, SegmentFolder, lock};
use crate::source::{Chunk, SourceError};

const WIDTH: usize = TILE_WIDTH as usize;

/// Hashes of the levels above the leaves, computed from the entries.
pub(super) struct UpperRows {
    /// Level 1 first; each hash 32 bytes.
    levels: Vec<Vec<u8>>,
}

impl SegmentFolder {
    /// The hashes of a tile. Derived files are not trusted, only faster: whoever verifies tiles
    /// verifies these too.
    pub fn hashes(&self, tile: Tile) -> Result<Bytes, SourceError> {
        let level = match tile.kind() {
            TileKind::Hashes(level) => level,
            TileKind::Entries => return Ok(Bytes::new()),
        };
        if let Some(hashes) = self.derived(level, tile)? {
            return Ok(hashes.into());
        }
        let end = tile.start() + u64::from(tile.width());
        if level == 0 {
            let mut hashes = Vec::new();
            hash_pieces(&self.chunk(Index(tile.start()), Size(end))?, &mut hashes)?;
            return Ok(concat(&hashes).into());
        }
        let upper = self.upper_rows(level, end)?;
        Ok(upper.slice(level, tile).map(Bytes::copy_from_slice).unwrap_or_default())
    }

    /// A slice of `log/hashes/<level>`; `None` if the file is absent or too short.
    fn derived(&self, level: u8, tile: Tile) -> Result<Option<Vec<u8>>, SourceError> {
        let path = self.root.join("log/hashes").join(level.to_string());
        let wanted = usize::from(tile.width()) * Hash::BYTES;
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(tile.start() * Hash::BYTES as u64))?;
            let mut bytes = Vec::with_capacity(wanted);
            file.take(wanted as u64).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(Some(bytes).filter(|bytes| bytes.len() == wanted))
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map_err(|error| SourceError::io(&path, error)),
        }
    }

    /// The upper rows, with at least `end` hashes in row `level`.
    fn upper_rows(&self, level: u8, end: u64) -> Result<Arc<UpperRows>, SourceError> {
        let mut known = lock(&self.upper);
        let reaches = |rows: &Arc<UpperRows>| rows.row(level).len() as u64 >= end * Hash::BYTES as u64;
        if let Some(rows) = known.as_ref().filter(|rows| reaches(rows)) {
            return Ok(rows.clone());
        }
        // As far as the published entries go, so that this is not done again for the next tile.
        let needed = Size(end.checked_shl(u32::from(level) * 8).unwrap_or(u64::MAX));
        tracing::info!(
            folder = %self.root.display(), level,
            "log/hashes is absent or too short: computing the hashes from the entries"
        );
        let rows = Arc::new(UpperRows::compute(self, needed)?);
        *known = Some(rows.clone());
        Ok(rows)
    }
}

impl UpperRows {
    /// Computes them from the first `size` entries, and from those that follow as far as they check.
    fn compute(folder: &SegmentFolder, size: Size) -> Result<Self, SourceError> {
        let mut walk = Walk::open(folder, Index(0))?;
        let (mut pending, mut lowest) = (Vec::new(), Vec::new());
        let covers =
            |pending: &[Hash], lowest: &[Hash]| (lowest.len() * WIDTH + pending.len()) as u64 >= size.0;
        loop {
            let damage = match walk.read(STREAM_BYTES) {
                Ok(chunk) => hash_pieces(&chunk, &mut pending).err(),
                Err(error) => Some(error),
            };
            let whole = pending.len() - pending.len() % WIDTH;
            lowest.extend(roots_of_tiles(&concat(pending.get(..whole).unwrap_or_default())));
            pending.drain(..whole);
            match damage {
                None => {}
                Some(SourceError::Malformed(_) | SourceError::Newer { .. }) if covers(&pending, &lowest) => {
                    break;
                }
                Some(error) => return Err(error),
            }
        }
        let mut levels = vec![concat(&lowest)];
        while let Some(row) = levels.last().filter(|row| row.len() >= WIDTH * Hash::BYTES) {
            levels.push(concat(&roots_of_tiles(row)));
        }
        Ok(Self { levels })
    }

    fn row(&self, level: u8) -> &[u8] {
        usize::from(level).checked_sub(1).and_then(|row| self.levels.get(row)).map_or(&[], Vec::as_slice)
    }

    fn slice(&self, level: u8, tile: Tile) -> Option<&[u8]> {
        let start = usize::try_from(tile.start()).ok()?.checked_mul(Hash::BYTES)?;
        self.row(level).get(start..start + usize::from(tile.width()) * Hash::BYTES)
    }
}

/// Appends the leaf hashes of all wanted entries, up to the first piece that does not check.
fn hash_pieces(chunk: &Chunk, hashes: &mut Vec<Hash>) -> Result<(), SourceError> {
    let opened = chunk.pieces().par_iter().map(|piece| {
        let opened = piece.open()?;
        Ok::<_, SourceError>(leaf_hashes(&opened.leaves))
    });
    for piece in opened.collect::<Vec<_>>() {
        hashes.extend(piece?);
    }
    Ok(())
}

/// Roots of the full tiles in a row of hashes.
fn roots_of_tiles(row: &[u8]) -> Vec<Hash> {
    row.par_chunks_exact(WIDTH * Hash::BYTES).filter_map(root_of_row).collect()
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
