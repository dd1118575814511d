//! Opens the log: checks the segment headers, recovers the end ([`super::recovery`]), and hands out
//! the writer.

use std::io;
use std::sync::{Arc, RwLock};

use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::segment::{FrameError, HeaderError, SegmentHeader};
use einsicht_tlog::{Checkpoint, Hash, Index, Origin, Size, TreeHead, VerifierKey};

use super::derived::Derived;
use super::file::{DataFile, Folder, read_exact_at, read_small};
use super::frames::{FrameReader, Next};
use super::layout::{CHECKPOINT, ENTRIES, segment_first, segment_path};
use super::recovery::Recovery;
use super::replay::{Problem, ReplayError};
use super::segments::{self, HEADER_BYTES, Segments};
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
    /// Whether the derived files had to be rebuilt from the first entry on.
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
    #[error("{file}: the header is of another log, or of another place in this one; expected origin '{origin_hash}' and first entry {first}")]
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

/// A segment file whose header was checked.
pub(super) struct Listed {
    pub first: Index,
    pub path: String,
    pub file: Arc<dyn DataFile>,
}

impl Listed {
    pub fn damaged(&self, offset: u64, index: Index, problem: Problem) -> OpenError {
        OpenError::Damaged(Box::new(ReplayError { file: self.path.clone(), offset, index, problem }))
    }

    pub fn io(&self, error: io::Error) -> OpenError {
        OpenError::io(&self.path, error)
    }
}

/// Opens the log of `origin`, whose checkpoints `keys` sign; creates it if there is none.
///
/// # Errors
/// [`OpenError`]; nothing was changed then, but for derived files.
pub fn open(
    folder: Arc<dyn Folder>,
    origin: &Origin,
    keys: &[VerifierKey],
    segment_bytes_max: u64,
) -> Result<Opened, OpenError> {
    let origin_hash = origin.hash();
    folder.create_folder(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
    for path in ["", "log"] {
        folder.sync_folder(path).map_err(|error| OpenError::io(path, error))?;
    }
    let published = published_head(&*folder, origin, keys)?;
    let Listing { segments: mut listed, unfinished } = list_segments(&*folder, origin_hash)?;
    if let Some(path) = unfinished {
        let removed = folder.remove(&path).and_then(|()| folder.sync_folder(ENTRIES));
        removed.map_err(|error| OpenError::io(&path, error))?;
    }
    if listed.is_empty() {
        let first = Index(0);
        let file = segments::create(&*folder, origin_hash, first)
            .map_err(|error| OpenError::io(&segment_path(first), error))?;
        listed.push(Listed { first, path: segment_path(first), file });
    }
    let derived = Derived::open(&*folder).map_err(|error| OpenError::io("log/hashes", error))?;
    let (tip, torn, rebuilt) = {
        let recovery = Recovery { folder: &*folder, listed: &listed, derived: &derived, origin_hash };
        let (found, rebuilt) = match recovery.run(published, true) {
            Ok(found) => (found, false),
            Err(OpenError::Io { path, error }) => return Err(OpenError::Io { path, error }),
            Err(_) => (recovery.run(published, false)?, true),
        };
        (found.tip, recovery.cut(found.torn)?, rebuilt)
    };
    let mut segments = Segments::default();
    let mut base = 0;
    let mut last = None;
    for segment in &listed {
        let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
        segments.push(base, Arc::clone(&segment.file));
        last = Some((Arc::clone(&segment.file), base, bytes));
        base += bytes;
    }
    // There is one: it was created above if there was none.
    let (file, base, file_bytes) = last.ok_or_else(|| OpenError::io(ENTRIES, io::ErrorKind::NotFound.into()))?;
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

/// The leaf of entry 0, from which a folder's origin is learnt; `None` if there is no log.
/// Checks nothing but the frame that it stands in.
///
/// # Errors
/// [`OpenError`] if the first segment is missing while others are there, or its start is damaged.
pub fn origin_on_disk(folder: &dyn Folder) -> Result<Option<Vec<u8>>, OpenError> {
    let first = Index(0);
    let path = segment_path(first);
    let names = folder.list(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
    let mut firsts: Vec<Index> = names.iter().filter_map(|name| segment_first(name)).collect();
    firsts.sort_unstable();
    match firsts.first() {
        None => return Ok(None),
        Some(&found) if found != first => return Err(OpenError::MissingSegment { expected: first, found }),
        Some(_) => {}
    }
    let file = folder.open(&path, false).map_err(|error| OpenError::io(&path, error))?;
    let bytes = file.byte_len().map_err(|error| OpenError::io(&path, error))?;
    if bytes <= HEADER_BYTES {
        return Ok(None);
    }
    let listed = Listed { first, path, file };
    let mut reader = FrameReader::new(&*listed.file, HEADER_BYTES).map_err(|error| listed.io(error))?;
    match reader.next().map_err(|error| listed.io(error))? {
        Next::Frame { frame, .. } => {
            let entry = einsicht_tlog::bundle::entries(frame.entries).next().transpose();
            let entry = entry.map_err(|error| listed.damaged(HEADER_BYTES, first, error.into()))?;
            Ok(entry.map(<[u8]>::to_vec))
        }
        Next::End => Ok(None),
        // Torn while the very first commit was written: there is no log yet.
        Next::Damaged { .. } if firsts.len() == 1 && !folder_has(folder, CHECKPOINT)? => Ok(None),
        Next::Damaged { offset, error } => Err(listed.damaged(offset, first, error.into())),
    }
}

/// The segments by first entry, their headers checked.
pub(super) struct Listing {
    pub segments: Vec<Listed>,
    /// A last file that was being created when the power went: no longer than a header, and not a
    /// whole one.
    pub unfinished: Option<String>,
}

/// Lists the segments and checks their headers. Does not check that one follows the other.
pub(super) fn list_segments(folder: &dyn Folder, origin_hash: Hash) -> Result<Listing, OpenError> {
    let names = folder.list(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
    let mut firsts: Vec<Index> = names.iter().filter_map(|name| segment_first(name)).collect();
    firsts.sort_unstable();
    let mut listed = Vec::with_capacity(firsts.len());
    let mut unfinished = None;
    for (position, &first) in firsts.iter().enumerate() {
        let path = segment_path(first);
        let file = folder.open(&path, false).map_err(|error| OpenError::io(&path, error))?;
        let segment = Listed { first, path, file };
        let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
        let head = read_exact_at(&*segment.file, 0, usize::try_from(bytes.min(HEADER_BYTES)).unwrap_or(0))
            .map_err(|error| segment.io(error))?;
        match SegmentHeader::parse(&head) {
            Ok(header) if header == (SegmentHeader { origin_hash, first }) => listed.push(segment),
            Ok(_) => return Err(OpenError::ForeignSegment { file: segment.path, origin_hash, first }),
            Err(_) if bytes <= HEADER_BYTES && position + 1 == firsts.len() => {
                unfinished = Some(segment.path);
            }
            Err(error) => return Err(OpenError::Header { file: segment.path, error }),
        }
    }
    match listed.first() {
        Some(segment) if segment.first != Index(0) => {
            Err(OpenError::MissingSegment { expected: Index(0), found: segment.first })
        }
        _ => Ok(Listing { segments: listed, unfinished }),
    }
}

fn folder_has(folder: &dyn Folder, path: &str) -> Result<bool, OpenError> {
    Ok(read_small(folder, path).map_err(|error| OpenError::io(path, error))?.is_some())
}

fn published_head(
    folder: &dyn Folder,
    origin: &Origin,
    keys: &[VerifierKey],
) -> Result<Option<TreeHead>, OpenError> {
    let bytes = read_small(folder, CHECKPOINT).map_err(|error| OpenError::io(CHECKPOINT, error))?;
    let opened = bytes.map(|bytes| Checkpoint::open(&bytes, origin.as_str(), keys)).transpose();
    Ok(opened.map_err(OpenError::Checkpoint)?.map(|checkpoint| checkpoint.head))
}
