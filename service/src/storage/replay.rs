//! Goes through frames as the live path once wrote them: for opening, for `fsck`, for the scrub.

use std::io;

use einsicht_tlog::bundle::{self, BundleError, LENGTH_BYTES};
use einsicht_tlog::leaf::ChainError;
use einsicht_tlog::segment::{FRAME_HEADER_BYTES, Frame, FrameError};
use einsicht_tlog::{Hash, Index, Leaf, Size, TreeHead};

use super::derived::{Derived, read_watermark};
use super::file::Folder;
use super::frames::{FrameReader, Next};
use super::listing::{Listing, Unfinished, list_segments};
use super::open::OpenError;
use super::segments::HEADER_BYTES;
use super::tip::{Growth, Tip};

/// A frame that does not continue the log.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file}, frame at byte {offset}, entry {index}: {problem}. The log is damaged or was changed here; \
     nothing was repaired. Keep this copy, and compare it with a backup or a reader's copy"
)]
pub struct ReplayError {
    /// The segment file.
    pub file: String,
    /// Where the frame starts in it.
    pub offset: u64,
    /// The entry.
    pub index: Index,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Its bytes.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It starts with another entry than the one that comes next.
    #[error("the frame starts with entry {found}, expected {expected}")]
    Order {
        /// Which entry comes next.
        expected: Index,
        /// Which one the frame states.
        found: Index,
    },
    /// Its entries can't be split.
    #[error(transparent)]
    Entries(#[from] BundleError),
    /// It has another number of entries than it states.
    #[error("the frame states {expected} entries and holds {found}")]
    Count {
        /// As stated.
        expected: usize,
        /// As found.
        found: usize,
    },
    /// An entry does not continue the chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A checkpoint ends within it; checkpoints cover whole commits.
    #[error("the checkpoint of {size} entries ends within this commit")]
    WithinCommit {
        /// The size that the checkpoint states.
        size: Size,
    },
    /// The tree has another root than the frame says.
    #[error("the frame states root {expected}, its entries give {found}")]
    Root {
        /// As stated.
        expected: Hash,
        /// As computed.
        found: Hash,
    },
}

/// Applies one frame to the tip and returns what the derived files gain by it. `visit` sees each
/// leaf. After an error the tip is somewhere within the frame and must be dropped.
///
/// # Errors
/// The entry and what is wrong with it.
pub(super) fn apply(
    tip: &mut Tip,
    frame: &Frame<'_>,
    visit: &mut dyn FnMut(Index, &Leaf<'_>),
) -> Result<Growth, (Index, Problem)> {
    let (first, expected) = (frame.header.first, tip.next_index());
    if first != expected {
        return Err((expected, Problem::Order { expected, found: first }));
    }
    let mut growth = Growth::default();
    let mut offset = (FRAME_HEADER_BYTES + Hash::BYTES) as u64;
    for entry in bundle::entries(frame.entries) {
        let index = tip.next_index();
        let bytes = entry.map_err(|error| (index, error.into()))?;
        let leaf = tip.admit(bytes, offset, &mut growth).map_err(|error| (index, error.into()))?;
        visit(index, &leaf);
        offset += (LENGTH_BYTES + bytes.len()) as u64;
    }
    let (expected, found) = (frame.header.count as usize, growth.leaf_hashes.len());
    if expected != found {
        return Err((first, Problem::Count { expected, found }));
    }
    let (expected, found) = (frame.root, tip.head().root);
    if expected != found {
        return Err((first, Problem::Root { expected, found }));
    }
    Ok(growth)
}

/// What a full check of the segments found.
#[derive(Debug)]
pub struct Checked {
    /// Size and root of what is there.
    pub head: TreeHead,
    /// How many segment files.
    pub segments: usize,
    /// How many commits.
    pub frames: u64,
    /// Bytes at the end that belong to no whole commit: file, where they start, why.
    pub tail: Option<(String, u64, FrameError)>,
    /// Root at the size that was asked for, if a commit ended there.
    pub root_at: Option<Hash>,
    /// First entry of the commit in which offsets or hash files differ from the segments, up to the
    /// watermark: what is behind it is rewritten before anything is served from it.
    pub derived_differ_at: Option<Index>,
}

/// Checks every byte of the segments from entry 0 on, and compares the derived files with them.
/// Changes nothing. `visit` sees each leaf; `at` asks for the root at one size.
///
/// Bytes at the very end that are no commit are reported, not judged: only whoever knows the published checkpoint
/// can tell whether it was torn off or is damage.
///
/// # Errors
/// [`OpenError`] for files that can't be read and entries that do not check.
pub fn check(
    folder: &dyn Folder,
    origin_hash: Hash,
    at: Option<Size>,
    visit: &mut dyn FnMut(Index, &Leaf<'_>),
) -> Result<Checked, OpenError> {
    let Listing { segments, unfinished } = list_segments(folder, origin_hash)?;
    let derived_failed = |error| OpenError::io("log/hashes", error);
    let derived = Derived::open_existing(folder).map_err(derived_failed)?;
    let watermark = read_watermark(folder).map_err(derived_failed)?.map_or(Size(0), |head| head.size);
    let mut tip = Tip::start(origin_hash);
    let mut checked = Checked {
        head: tip.head(),
        segments: segments.len(),
        frames: 0,
        tail: None,
        root_at: None,
        derived_differ_at: None,
    };
    let mut base = 0;
    for (position, segment) in segments.iter().enumerate() {
        follows(segment.first, &tip)?;
        let is_last = position + 1 == segments.len() && unfinished.is_none();
        let unreadable = |error: io::Error| OpenError::io(&segment.path, error);
        let mut reader = FrameReader::new(&*segment.file, HEADER_BYTES).map_err(unreadable)?;
        loop {
            let first = tip.next_index();
            let (offset, frame) = match reader.next().map_err(unreadable)? {
                Next::End => break,
                Next::Frame { offset, frame, .. } => (offset, frame),
                Next::Damaged { offset, error, was_whole } if was_whole || !is_last => {
                    return Err(segment.damaged(offset, first, error.into()));
                }
                Next::Damaged { offset, error, .. } => {
                    checked.tail = Some((segment.path.clone(), offset, error));
                    break;
                }
            };
            let growth = apply(&mut tip, &frame, visit)
                .map_err(|(index, problem)| segment.damaged(offset, index, problem))?;
            checked.frames += 1;
            if at == Some(tip.size()) {
                checked.root_at = Some(frame.root);
            }
            if let (Some(derived), None) = (&derived, checked.derived_differ_at)
                && tip.size() <= watermark
            {
                let agrees = derived.agrees(first, base + offset, &growth);
                // Files that are too short are rebuilt; only what is there can differ.
                let differs = matches!(agrees, Ok(false));
                checked.derived_differ_at = differs.then_some(first);
            }
        }
        base += segment.file.byte_len().map_err(unreadable)?;
    }
    if let Some(Unfinished { first, path, reason }) = unfinished {
        follows(first, &tip)?;
        checked.tail = Some((path, 0, reason));
    }
    checked.head = tip.head();
    Ok(checked)
}

/// Whether a segment starts with the entry that comes next.
pub(super) fn follows(found: Index, tip: &Tip) -> Result<(), OpenError> {
    let expected = tip.next_index();
    if found == expected { Ok(()) } else { Err(OpenError::MissingSegment { expected, found }) }
}
