//! Which segment files there are, and whether they are ours.

use std::io;
use std::sync::Arc;

use einsicht_tlog::note::SignedNote;
use einsicht_tlog::segment::{FrameError, HeaderError, SEGMENT_HEADER_BYTES, SegmentHeader};
use einsicht_tlog::{Checkpoint, Hash, Index, Size};

use super::file::{DataFile, Folder, read_exact_at, read_small};
use super::frames::{FrameReader, Next};
use super::layout::{CHECKPOINT, ENTRIES, segment_first, segment_path};
use super::open::OpenError;
use super::replay::{Problem, ReplayError};
use super::segments::HEADER_BYTES;

/// The segments by first entry, their headers checked.
pub(super) struct Listing {
    pub segments: Vec<Listed>,
    pub unfinished: Option<Unfinished>,
}

/// A last file that was being created when the power went: no longer than a header, and not a whole
/// one, or one of a log that was never begun.
pub(super) struct Unfinished {
    pub first: Index,
    pub path: String,
    pub reason: FrameError,
}

/// A segment file whose header was checked.
pub(super) struct Listed {
    pub first: Index,
    pub path: String,
    pub file: Arc<dyn DataFile>,
}

impl Listing {
    /// What is there if entry 0 was never written, but its segment was begun.
    pub fn never_begun() -> Self {
        let (first, path) = (Index(0), segment_path(Index(0)));
        Self {
            segments: Vec::new(),
            unfinished: Some(Unfinished { first, path, reason: FrameError::Header }),
        }
    }
}

impl Listed {
    pub fn damaged(&self, offset: u64, index: Index, problem: Problem) -> OpenError {
        OpenError::Damaged(Box::new(ReplayError { file: self.path.clone(), offset, index, problem }))
    }

    pub fn io(&self, error: io::Error) -> OpenError {
        OpenError::io(&self.path, error)
    }
}

/// Lists the segments and checks their headers. Does not check that one follows the other.
pub(super) fn list_segments(folder: &dyn Folder, origin_hash: Hash) -> Result<Listing, OpenError> {
    let firsts = segment_firsts(folder)?;
    let mut segments = Vec::with_capacity(firsts.len());
    let mut unfinished = None;
    for (position, &first) in firsts.iter().enumerate() {
        let path = segment_path(first);
        let file = folder.open(&path, false).map_err(|error| OpenError::io(&path, error))?;
        let segment = Listed { first, path, file };
        let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
        let head = read_exact_at(&*segment.file, 0, usize::try_from(bytes.min(HEADER_BYTES)).unwrap_or(0))
            .map_err(|error| segment.io(error))?;
        match SegmentHeader::parse(&head) {
            Ok(header) if header == (SegmentHeader { origin_hash, first }) => segments.push(segment),
            Ok(_) => return Err(OpenError::ForeignSegment { file: segment.path, origin_hash, first }),
            Err(error) if bytes <= HEADER_BYTES && position + 1 == firsts.len() => {
                let reason = match error {
                    HeaderError::Truncated { bytes } => {
                        FrameError::Truncated { needed: SEGMENT_HEADER_BYTES, available: bytes }
                    }
                    _ => FrameError::Header,
                };
                unfinished = Some(Unfinished { first, path: segment.path, reason });
            }
            Err(error) => return Err(OpenError::Header { file: segment.path, error }),
        }
    }
    match segments.first() {
        Some(segment) if segment.first != Index(0) => {
            Err(OpenError::MissingSegment { expected: Index(0), found: segment.first })
        }
        _ => Ok(Listing { segments, unfinished }),
    }
}

/// The leaf of entry 0, from which a folder's origin is learnt; `None` if nothing was recorded yet.
/// Checks nothing but the frame that it stands in.
///
/// # Errors
/// [`OpenError`] if there was a log, and its start is missing or damaged.
pub fn origin_on_disk(folder: &dyn Folder) -> Result<Option<Vec<u8>>, OpenError> {
    let first = Index(0);
    let path = segment_path(first);
    let firsts = segment_firsts(folder)?;
    let next = firsts.iter().copied().find(|index| *index != first);
    if !firsts.contains(&first) {
        return none_yet(folder, next);
    }
    let file = folder.open(&path, false).map_err(|error| OpenError::io(&path, error))?;
    let listed = Listed { first, path, file };
    let mut reader = FrameReader::new(&*listed.file, HEADER_BYTES).map_err(|error| listed.io(error))?;
    match reader.next().map_err(|error| listed.io(error))? {
        Next::Frame { frame, .. } => {
            let entry = einsicht_tlog::bundle::entries(frame.entries).next().transpose();
            let entry = entry.map_err(|error| listed.damaged(HEADER_BYTES, first, error.into()))?;
            Ok(entry.map(<[u8]>::to_vec))
        }
        Next::End => none_yet(folder, next),
        Next::Damaged { offset, error, was_whole } => {
            let was_published = published_size(folder)?.is_some();
            if was_whole || next.is_some() || was_published {
                return Err(listed.damaged(offset, first, error.into()));
            }
            // Torn while the very first commit was written.
            Ok(None)
        }
    }
}

/// Where entry 0 is missing, there must be nothing that shows that it was there.
fn none_yet(folder: &dyn Folder, next: Option<Index>) -> Result<Option<Vec<u8>>, OpenError> {
    match (next, published_size(folder)?) {
        (Some(found), _) => Err(OpenError::MissingSegment { expected: Index(0), found }),
        (None, Some(published)) => Err(OpenError::RolledBack { published, found: Size(0) }),
        (None, None) => Ok(None),
    }
}

/// First entries of the segments according to their names, in order.
fn segment_firsts(folder: &dyn Folder) -> Result<Vec<Index>, OpenError> {
    let names = folder.list(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
    let mut firsts: Vec<Index> = names.iter().filter_map(|name| segment_first(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// The size in `log/checkpoint`, for whoever does not know its origin yet; its signature is not checked.
fn published_size(folder: &dyn Folder) -> Result<Option<Size>, OpenError> {
    let Some(bytes) = read_small(folder, CHECKPOINT).map_err(|error| OpenError::io(CHECKPOINT, error))?
    else {
        return Ok(None);
    };
    let note = SignedNote::parse(&bytes).map_err(|error| OpenError::Checkpoint(error.into()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(OpenError::Checkpoint)?;
    Ok(Some(checkpoint.head.size))
}
