//! A ledger behind a URL or in a folder, through one interface. Nothing that comes from here is
//! verified: that is the business of [`crate::audit`] and [`crate::reader`].
//!
//! | place | what it is |
//! |---|---|
//! | `http://…`, `https://…` | a ledger, or any log, that serves C2SP tlog-tiles |
//! | folder with `log/entries` | the data folder of an einsichtd, or a copy of it (`docs/format.md`, On disk) |
//! | folder with `checkpoint` and `tile` | C2SP tlog-tiles in plain files |
//!
//! A data folder may grow while it is read. Only what a checkpoint covers counts: bytes past it are
//! not looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use einsicht_tlog::bundle::LENGTH_BYTES;
use einsicht_tlog::leaf::LEAF_BYTES_MAX;
use einsicht_tlog::tile::{TILE_WIDTH, Tile, TileKind};
use einsicht_tlog::{Hash, Index, Size};
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::config::Token;
use crate::finding::{Fault, Finding};
use crate::tls::TlsOptions;

mod chunk;
mod error;
mod http;
mod segments;
mod tiles;

pub use chunk::{Chunk, Opened, Piece, Place};
pub use error::SourceError;

/// How many bundles are fetched ahead of the one that is needed, so that the way there and back is
/// not waited for each time.
const BUNDLES_AHEAD: usize = 8;

/// A ledger to read from. Clones share connections and caches.
///
/// Methods need a Tokio runtime.
#[derive(Clone)]
pub struct Source {
    place: Arc<str>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Http(Arc<http::HttpSource>),
    Tiles(Arc<tiles::TileFolder>),
    Segments(Arc<segments::SegmentFolder>),
}

/// How to read.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// Token of an auditor, for ledgers that show their entries to auditors only. Used for URLs.
    pub token: Option<Token>,
    /// For `https://`: whom to believe that it is the ledger, and the certificate to show.
    pub tls: TlsOptions,
    /// How often a request is sent in all, if the network or the server fails.
    pub attempts: u32,
    /// Pause before a request is sent again; doubled each time.
    pub pause: Duration,
    /// How long the server may be silent.
    pub timeout: Duration,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            token: None,
            tls: TlsOptions::default(),
            attempts: 5,
            pause: Duration::from_millis(200),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Source {
    /// Opens a URL or a folder, with [`SourceOptions::default`]. A URL is not asked anything yet.
    ///
    /// # Errors
    /// [`SourceError::Address`], [`SourceError::NoLedger`], [`SourceError::Io`].
    pub fn open(place: &str) -> Result<Self, SourceError> {
        Self::open_with(place, SourceOptions::default())
    }

    /// Opens a URL or a folder.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_with(place: &str, options: SourceOptions) -> Result<Self, SourceError> {
        if place.contains("://") {
            let http = http::HttpSource::new(place, options)?;
            return Ok(Self { place: http.address().into(), kind: Kind::Http(Arc::new(http)) });
        }
        let path = PathBuf::from(place);
        let kind = if is_folder(&path.join("log/entries"))? {
            Kind::Segments(Arc::new(segments::SegmentFolder::new(&path)))
        } else if is_folder(&path.join("tile"))? {
            Kind::Tiles(Arc::new(tiles::TileFolder::new(&path)))
        } else {
            return Err(SourceError::NoLedger { path });
        };
        Ok(Self { place: place.into(), kind })
    }

    /// Where it is: the address or the folder.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The newest published checkpoint, as a signed note.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn checkpoint(&self) -> Result<Vec<u8>, SourceError> {
        match &self.kind {
            Kind::Http(http) => http.checkpoint().await,
            Kind::Tiles(folder) => blocking(folder, tiles::TileFolder::checkpoint).await,
            Kind::Segments(folder) => blocking(folder, segments::SegmentFolder::checkpoint).await,
        }
    }

    /// The hashes of a tile, 32 bytes each, as many as the tile is wide.
    ///
    /// A data folder without (or with too short) hash files computes them from the entries.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn hashes(&self, tile: Tile) -> Result<Bytes, SourceError> {
        let (name, bytes) = match &self.kind {
            Kind::Http(http) => http.tile(tile).await?.into_parts(),
            Kind::Tiles(folder) => blocking(folder, move |folder| folder.tile(tile)).await?.into_parts(),
            Kind::Segments(folder) => return blocking(folder, move |folder| folder.hashes(tile)).await,
        };
        // A full tile may have stood in for a partial one.
        let wanted = usize::from(tile.width()) * Hash::BYTES;
        bytes.get(..wanted).map(|_| bytes.slice(..wanted)).ok_or_else(|| {
            let (expected, found) = (format!("{wanted} bytes"), format!("{} bytes", bytes.len()));
            Finding { fault: Fault::Length, index: None, place: Some(name), expected, found }.into()
        })
    }

    /// The entries of a bundle, as many as `tile` is wide.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn bundle(&self, tile: Tile) -> Result<Chunk, SourceError> {
        let (start, end) = (Index(tile.start()), Size(tile.start() + u64::from(tile.width())));
        let fetched = match &self.kind {
            Kind::Segments(folder) => return blocking(folder, move |folder| folder.chunk(start, end)).await,
            Kind::Http(http) => http.tile(tile).await?,
            Kind::Tiles(folder) => blocking(folder, move |folder| folder.tile(tile)).await?,
        };
        Ok(fetched.into_chunk(tile).narrowed(start, end).unwrap_or_else(|| Chunk::new(Vec::new())))
    }

    /// The entries from `start` up to `size`, in order, in large chunks; read ahead. Ends after the
    /// last one, or after an error. `size` is that of a checkpoint: there are no tiles of other sizes.
    #[must_use]
    pub fn entries(&self, start: Index, size: Size) -> BoxStream<'static, Result<Chunk, SourceError>> {
        match &self.kind {
            Kind::Segments(folder) => folder.clone().stream(start, size).boxed(),
            Kind::Http(_) | Kind::Tiles(_) => self.clone().bundles(start, size).boxed(),
        }
    }

    /// Whether entries that no checkpoint covers yet can be read all the same.
    pub(crate) fn holds_unpublished(&self) -> bool {
        matches!(self.kind, Kind::Segments(_))
    }

    /// How many whole entries a data folder holds past `size`; `None` where that can't be known.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn count_past(&self, size: Size) -> Result<Option<u64>, SourceError> {
        match &self.kind {
            Kind::Segments(folder) => blocking(folder, move |folder| folder.count_past(size)).await.map(Some),
            Kind::Http(_) | Kind::Tiles(_) => Ok(None),
        }
    }

    fn bundles(
        self,
        start: Index,
        size: Size,
    ) -> impl futures::Stream<Item = Result<Chunk, SourceError>> + use<> {
        let width = u64::from(TILE_WIDTH);
        let tiles = (start.0 / width..size.0.div_ceil(width))
            .filter_map(move |index| Tile::of_log(TileKind::Entries, index, size));
        let fetches = stream::iter(tiles).map(move |tile| {
            let source = self.clone();
            async move { source.bundle(tile).await }
        });
        fetches.buffered(BUNDLES_AHEAD).try_filter_map(move |chunk| {
            let pieces = chunk.pieces().iter().filter_map(|piece| piece.narrowed(start, size)).collect();
            std::future::ready(Ok(Some(Chunk::new(pieces)).filter(|chunk| chunk.count() > 0)))
        })
    }
}

/// A tile as it was fetched: maybe the full one where a partial one was asked for.
struct FetchedTile {
    /// Where it came from.
    name: String,
    bytes: Bytes,
    full: bool,
}

impl FetchedTile {
    fn into_parts(self) -> (String, Bytes) {
        (self.name, self.bytes)
    }

    fn into_chunk(self, tile: Tile) -> Chunk {
        let stored = if self.full { TILE_WIDTH } else { tile.width() };
        let place = chunk::Place { name: self.name.into(), offset: None };
        let first = Index(tile.start());
        Chunk::new(vec![Piece::new(chunk::Kind::Bundle, self.bytes, first, usize::from(stored), place)])
    }
}

/// The full tile at the place of a partial one: what C2SP tlog-tiles says to try when a partial tile
/// is gone.
fn full_tile(tile: Tile) -> Option<Tile> {
    let end = (tile.index() + 1).checked_mul(u64::from(TILE_WIDTH))?;
    let size = match tile.kind() {
        TileKind::Entries => end,
        TileKind::Hashes(level) => {
            end.checked_shl(u32::from(level) * 8).filter(|size| size >> (level * 8) == end)?
        }
    };
    (tile.width() < TILE_WIDTH).then(|| Tile::of_log(tile.kind(), tile.index(), Size(size)))?
}

/// Most bytes that the contents of a tile can have.
fn tile_bytes_max(tile: Tile) -> usize {
    let each = match tile.kind() {
        TileKind::Hashes(_) => Hash::BYTES,
        TileKind::Entries => LENGTH_BYTES + LEAF_BYTES_MAX,
    };
    usize::from(tile.width()) * each
}

fn too_long(name: &str, bytes_max: usize) -> SourceError {
    let (expected, found) = (format!("at most {bytes_max} bytes"), "more".to_owned());
    Finding { fault: Fault::Length, index: None, place: Some(name.to_owned()), expected, found }.into()
}

fn is_folder(path: &Path) -> Result<bool, SourceError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(SourceError::io(path, error)),
    }
}

/// Runs what reads files where it does not hold up others.
async fn blocking<S: Send + Sync + 'static, T: Send + 'static>(
    shared: &Arc<S>,
    read: impl FnOnce(&S) -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let shared = shared.clone();
    match tokio::task::spawn_blocking(move || read(&shared)).await {
        Ok(result) => result,
        // Either it panicked, which is passed on, or the runtime is going down.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(SourceError::io(Path::new(""), std::io::Error::other(error))),
        },
    }
}

#[cfg(test)]
mod tests;
