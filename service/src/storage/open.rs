//! Opens the log: checks the segment headers ([`super::listing`]), recovers the end
//! ([`super::recovery`]), and hands out the writer.

use std::io;
use std::sync::{Arc, RwLock};

use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::segment::{FrameError, HeaderError};
use einsicht_tlog::{Checkpoint, Hash, Index, Origin, Size, TreeHead, VerifierKey};

use super::derived::Derived;
use super::file::{Folder, read_small};
use super::layout::{CHECKPOINT, ENTRIES, LOG, segment_path};
use super::listing::{Listed, Listing, Unfinished, list_segments, origin_on_disk};
use super::recovery::{Found, Recovery};
use super::replay::ReplayError;
use super::segments::{self, Segments};
use super::tip::Tip;
use super::writer::LogWriter;

/// A log that is ready for reading and writing.
pub struct Opened {
    /// Appends to it.
    pub writer: LogWriter,
    /// Where it ends.
    pub tip: Tip,
    /// What was cut off, if anything was.
    pub torn: Option<TornTail>,
    /// Whether the derived files did not hold up to their watermark, and were rebuilt.
    pub rebuilt: bool,
}

/// Bytes of a commit that was never acknowledged, cut off at opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment file.
    pub file: String,
    /// Where it was cut.
    pub offset: u64,
    /// How many bytes went.
    pub bytes: u64,
    /// Why they were not a commit.
    pub reason: FrameError,
}

/// The log can't be opened as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system failed.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The derived files don't fit on the disk, and what of them is missing there not into memory either.
    #[error("log/hashes: {error}; there is no room to rebuild the derived files, make some and start again")]
    NoRoom {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// A file is not a segment of ours.
    #[error("{file}: {error}")]
    Header {
        /// The file.
        file: String,
        /// The reason.
        #[source]
        error: HeaderError,
    },
    /// A segment of another log, or renamed.
    #[error(
        "{file}: the header is of another log, or of another place in this one; expected origin '{origin_hash}' and first entry {first}"
    )]
    ForeignSegment {
        /// The file.
        file: String,
        /// Hash of our origin.
        origin_hash: Hash,
        /// First entry according to the file's name.
        first: Index,
    },
    /// Entries are missing between two segments, or before the first.
    #[error(
        "log/entries: the next segment should start with entry {expected}, the next file starts with entry \
         {found}; a segment is missing or was cut. Restore it from a backup"
    )]
    MissingSegment {
        /// Entry that comes next.
        expected: Index,
        /// Entry that the next file starts with.
        found: Index,
    },
    /// Entries do not check.
    #[error(transparent)]
    Damaged(#[from] Box<ReplayError>),
    /// The published checkpoint does not verify.
    #[error("log/checkpoint: {0}")]
    Checkpoint(#[source] CheckpointError),
    /// Less is there than was published.
    #[error(
        "log/checkpoint knows {published} entries, the segments hold {found}: the log was cut, or an older \
         copy was restored. It must not go on from here: readers know more. Restore the newer files, or \
         begin a new ledger that names this one as its predecessor"
    )]
    RolledBack {
        /// Size that was published.
        published: Size,
        /// Size that is there.
        found: Size,
    },
    /// Something else is there than was published.
    #[error(
        "log/checkpoint knows root {expected} for {size} entries, the segments give {found}: the history was \
         changed. Keep this copy and compare it with a backup or a reader's copy"
    )]
    Forked {
        /// Size that was published.
        size: Size,
        /// Root that was published.
        expected: Hash,
        /// Root that the segments give.
        found: Hash,
    },
}

impl OpenError {
    pub(super) fn io(path: &str, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

/// Opens the log of `origin`, whose checkpoints `keys` sign; creates it if there is none. Everything
/// that is found then is durable.
///
/// # Errors
/// [`OpenError`]; nothing was changed then, but for derived files, unless it is [`OpenError::Io`].
pub fn open(
    folder: Arc<dyn Folder>,
    origin: &Origin,
    keys: &[VerifierKey],
    segment_bytes_max: u64,
) -> Result<Opened, OpenError> {
    let origin_hash = origin.hash();
    create_folders(&*folder)?;
    let published = published_head(&*folder, origin, keys)?;
    let mut listing = match list_segments(&*folder, origin_hash) {
        // A first start that was cut off under a name that nobody has heard of.
        Err(OpenError::ForeignSegment { .. }) if origin_on_disk(&*folder)?.is_none() => {
            Listing::never_begun()
        }
        listing => listing?,
    };
    let derived = Derived::open(&*folder).map_err(|error| OpenError::io("log/hashes", error))?;
    let (derived, Found { tip, torn, rebuilt }) =
        recover(&*folder, &listing, derived, origin_hash, published)?;
    make_last_segment(&*folder, origin_hash, &mut listing)?;
    let mut segments = Segments::default();
    let mut base = 0;
    let mut last = None;
    for segment in &listing.segments {
        let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
        segments.push(base, Arc::clone(&segment.file));
        last = Some((Arc::clone(&segment.file), base, bytes));
        base += bytes;
    }
    // There is one: it was created above if there was none.
    let (file, base, file_bytes) =
        last.ok_or_else(|| OpenError::io(ENTRIES, io::ErrorKind::NotFound.into()))?;
    let segments = Arc::new(RwLock::new(segments));
    let writer = LogWriter {
        folder,
        origin_hash,
        derived,
        segments,
        file,
        base,
        file_bytes,
        segment_bytes_max,
        poisoned: false,
    };
    Ok(Opened { writer, tip, torn, rebuilt })
}

/// Finds the end of the log. Where the disk has no room for the derived files, their end stays in
/// memory: readers are served from there.
fn recover(
    folder: &dyn Folder,
    listing: &Listing,
    derived: Derived,
    origin_hash: Hash,
    published: Option<TreeHead>,
) -> Result<(Derived, Found), OpenError> {
    let run = |derived: &Derived| Recovery { folder, listing, derived, origin_hash }.run(published);
    match run(&derived) {
        Err(OpenError::NoRoom { error }) => {
            tracing::warn!(%error, "no room for the derived files; their end is kept in memory");
            let derived = derived.in_memory();
            let found = run(&derived)?;
            Ok((derived, found))
        }
        found => Ok((derived, found?)),
    }
}

/// The folders of the log, with their names durable.
fn create_folders(folder: &dyn Folder) -> Result<(), OpenError> {
    folder.create_folder(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
    for path in ["", LOG] {
        folder.sync_folder(path).map_err(|error| OpenError::io(path, error))?;
    }
    Ok(())
}

/// Removes an unfinished segment, sees to it that there is one to write to, and that the names of all
/// of them are durable.
fn make_last_segment(folder: &dyn Folder, origin_hash: Hash, listing: &mut Listing) -> Result<(), OpenError> {
    if let Some(Unfinished { path, .. }) = &listing.unfinished {
        folder.remove(path).map_err(|error| OpenError::io(path, error))?;
    }
    if listing.segments.is_empty() {
        let (first, path) = (Index(0), segment_path(Index(0)));
        let file =
            segments::create(folder, origin_hash, first).map_err(|error| OpenError::io(&path, error))?;
        file.sync_data().map_err(|error| OpenError::io(&path, error))?;
        listing.segments.push(Listed { first, path, file });
    }
    folder.sync_folder(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))
}

pub(super) fn published_head(
    folder: &dyn Folder,
    origin: &Origin,
    keys: &[VerifierKey],
) -> Result<Option<TreeHead>, OpenError> {
    let bytes = read_small(folder, CHECKPOINT).map_err(|error| OpenError::io(CHECKPOINT, error))?;
    let opened = bytes.map(|bytes| Checkpoint::open(&bytes, origin.as_str(), keys)).transpose();
    Ok(opened.map_err(OpenError::Checkpoint)?.map(|checkpoint| checkpoint.head))
}
