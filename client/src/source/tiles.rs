//! A folder of plain tlog-tiles files, as any static web server could serve them. C2SP tlog-tiles.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use einsicht_tlog::note::NOTE_BYTES_MAX;
use einsicht_tlog::tile::Tile;

use super::{FetchedTile, SourceError, full_tile, tile_bytes_max, too_long};

/// A folder with `checkpoint` and `tile/…`.
pub(super) struct TileFolder {
    root: PathBuf,
}

impl TileFolder {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub fn checkpoint(&self) -> Result<Vec<u8>, SourceError> {
        let path = self.root.join("checkpoint");
        read_at_most(&path, NOTE_BYTES_MAX)
    }

    pub fn tile(&self, tile: Tile) -> Result<FetchedTile, SourceError> {
        let path = self.root.join(tile.to_string());
        let read = read_at_most(&path, tile_bytes_max(tile));
        let name = path.display().to_string();
        let absent = |error: &SourceError| matches!(error, SourceError::Io { error, .. } if error.kind() == io::ErrorKind::NotFound);
        match (read, full_tile(tile)) {
            (Err(error), Some(full)) if absent(&error) => {
                let path = self.root.join(full.to_string());
                // If that is absent too, the tile that was asked for is the one to name.
                let bytes = read_at_most(&path, tile_bytes_max(full))
                    .map_err(|second| if absent(&second) { error } else { second })?;
                Ok(FetchedTile { name: path.display().to_string(), bytes: bytes.into(), full: true })
            }
            (read, _) => Ok(FetchedTile { name, bytes: read?.into(), full: false }),
        }
    }
}

/// Reads a file of at most `bytes_max` bytes.
pub(super) fn read_at_most(path: &Path, bytes_max: usize) -> Result<Vec<u8>, SourceError> {
    let file = File::open(path).map_err(|error| SourceError::io(path, error))?;
    let mut bytes = Vec::new();
    let limit = (bytes_max as u64).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| SourceError::io(path, error))?;
    if bytes.len() > bytes_max {
        return Err(too_long(&path.display().to_string(), bytes_max));
    }
    Ok(bytes)
}
