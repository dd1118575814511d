//! Copies a log as far as its checkpoint says, verifying what is copied: for backups, and back again.
//!
//! The source may be written meanwhile: the checkpoint is read first, and what it covers was synced
//! before it was written. Nothing else is copied, so a copy never knows more than was acknowledged.
//!
//! The copy has the same segment files, byte for byte, up to there. What it holds already is verified
//! like anything else and continued. Its own checkpoint is replaced last, when everything that it covers
//! is durable: a copy that was cut off is what it was before, with a longer end that nobody vouches for.

mod held;

use std::io;
use std::sync::Arc;

use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::{Checkpoint, Hash, Index, Origin, Size, TreeHead, VerifierKey};

use self::held::{Held, verify_held};
use super::file::{DataFile, Folder, read_small, replace};
use super::frames::{FrameReader, Next};
use super::layout::{CHECKPOINT, ENTRIES, LOG, VKEY};
use super::listing::{Listed, list_segments};
use super::open::{OpenError, published_head};
use super::replay::{Problem, apply, follows};
use super::segments::{self, HEADER_BYTES};
use super::tip::Tip;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Size and root of the copy: those of the source's checkpoint.
    pub head: TreeHead,
    /// How many entries the copy held before; they were verified.
    pub held: Size,
    /// Bytes that were copied.
    pub bytes: u64,
}

/// A log can't be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source can't be read, or does not check.
    #[error("the log to copy: {0}")]
    Source(#[source] OpenError),
    /// The copy can't be read or written, or does not check.
    #[error("the copy: {0}")]
    Target(#[source] OpenError),
    /// There is no checkpoint yet.
    #[error("the log to copy has no log/checkpoint: nothing of it is published yet; try again in a second")]
    NothingPublished,
    /// The checkpoint of the source is signed by no key of the ledger.
    #[error("log/checkpoint of the log to copy: {0}")]
    Checkpoint(#[source] CheckpointError),
    /// The copy is longer.
    #[error(
        "the copy knows {held} entries, the log to copy knows {found}: it was cut, or an older copy was put \
         in its place. The copy stays as it is: keep it, it may be all that is left of the newest entries"
    )]
    KnowsMore {
        /// Entries of the copy.
        held: Size,
        /// Entries that the source's checkpoint states.
        found: Size,
    },
    /// The copy is of another ledger.
    #[error(
        "the copy is of another ledger, or is damaged ({reason}). It stays as it is. Take another folder"
    )]
    AnotherLedger {
        /// What does not fit.
        reason: String,
    },
    /// The copy tells another story of the same ledger.
    #[error(
        "the copy and the log to copy tell two histories: after the {held} entries of the copy, the log does \
         not go on ({reason}). The copy stays as it is. Either the log was changed or replaced since, or it is \
         damaged there: keep the copy, run `einsichtd fsck` on it, and compare both with a reader's copy"
    )]
    AnotherHistory {
        /// Entries of the copy.
        held: Size,
        /// What does not fit.
        reason: String,
    },
}

impl CopyError {
    /// Whether this is an answer, "checked and found wrong"; otherwise nobody could tell.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !matches!(
            self,
            Self::NothingPublished | Self::Source(OpenError::Io { .. }) | Self::Target(OpenError::Io { .. })
        )
    }
}

/// Copies the log of `origin`, whose checkpoints `keys` sign, from one folder to another, or what is
/// missing there. Durable when it returns. `progress` is told how many entries are done.
///
/// Nobody else may write to `target`. Not checked: what the bodies of the entries say.
///
/// # Errors
/// [`CopyError`]. The target is then no worse than before, and the next call continues it.
pub fn copy(
    source: &dyn Folder,
    target: &dyn Folder,
    origin: &Origin,
    keys: &[VerifierKey],
    progress: &mut dyn FnMut(Size),
) -> Result<Copied, CopyError> {
    // Before the segments are looked at, so that they hold at least what it covers.
    let (note, head) = read_published(source, origin, keys)?;
    let sources = list_segments(source, origin.hash()).map_err(CopyError::Source)?.segments;

    let vouched = vouched_for(target, origin, keys)?;
    let held = verify_held(target, origin.hash(), vouched, progress)?;
    if held.readable > head.size {
        return Err(CopyError::KnowsMore { held: held.readable, found: head.size });
    }
    let vkey = verifier_key(target, keys)?;

    let held_size = held.tip.size();
    held.cut(target).map_err(CopyError::Target)?;
    let unproven = held_size > Size(0);
    let mut copying =
        Copying { target, origin_hash: origin.hash(), head, held, unproven, bytes: 0, progress };
    copying.run(&sources)?;
    let bytes = copying.bytes;
    let failed = |path: &'static str| move |error| CopyError::Target(OpenError::io(path, error));
    if let Some(vkey) = vkey {
        replace(target, VKEY, vkey.as_bytes()).map_err(failed(VKEY))?;
    }
    if read_small(target, CHECKPOINT).map_err(failed(CHECKPOINT))?.as_ref() != Some(&note) {
        replace(target, CHECKPOINT, &note).map_err(failed(CHECKPOINT))?;
    }
    Ok(Copied { head, held: held_size, bytes })
}

/// The checkpoint of a log, as bytes and verified.
pub(super) fn read_published(
    source: &dyn Folder,
    origin: &Origin,
    keys: &[VerifierKey],
) -> Result<(Vec<u8>, TreeHead), CopyError> {
    let io = |error| CopyError::Source(OpenError::io(CHECKPOINT, error));
    let note = read_small(source, CHECKPOINT).map_err(io)?.ok_or(CopyError::NothingPublished)?;
    let checkpoint = Checkpoint::open(&note, origin.as_str(), keys).map_err(CopyError::Checkpoint)?;
    Ok((note, checkpoint.head))
}

/// What the copy's own checkpoint says: that much of it was whole.
fn vouched_for(
    target: &dyn Folder,
    origin: &Origin,
    keys: &[VerifierKey],
) -> Result<Option<TreeHead>, CopyError> {
    published_head(target, origin, keys).map_err(|error| match error {
        OpenError::Checkpoint(error) => {
            CopyError::AnotherLedger { reason: format!("{CHECKPOINT} of the copy: {error}") }
        }
        error => CopyError::Target(error),
    })
}

/// The text of `ledger.vkey`, if it is still to be written.
fn verifier_key(target: &dyn Folder, keys: &[VerifierKey]) -> Result<Option<String>, CopyError> {
    let found = read_small(target, VKEY).map_err(|error| CopyError::Target(OpenError::io(VKEY, error)))?;
    let mut texts = keys.iter().map(|key| format!("{key}\n"));
    match found {
        None => Ok(texts.next()),
        Some(found) if texts.any(|text| text.as_bytes() == found) => Ok(None),
        Some(_) => Err(CopyError::AnotherLedger { reason: format!("{VKEY} of the copy holds another key") }),
    }
}

/// A copy that is being made.
struct Copying<'c> {
    target: &'c dyn Folder,
    origin_hash: Hash,
    head: TreeHead,
    held: Held,
    /// Whether the source has not yet shown that it goes on where the copy ended: a commit that does
    /// not fit may then be one of another history.
    unproven: bool,
    bytes: u64,
    progress: &'c mut dyn FnMut(Size),
}

impl Copying<'_> {
    /// Copies what is missing, from these segments.
    fn run(&mut self, sources: &[Listed]) -> Result<(), CopyError> {
        self.create_folders().map_err(CopyError::Target)?;
        // The frames of its last segment are continued at the place where they end in the copy.
        let mut begun = self.held.last.take();
        let first = begun.as_ref().map_or(Index(0), |begun| begun.first);
        for source in sources.iter().filter(|source| source.first >= first) {
            if self.tip().size() == self.head.size {
                break;
            }
            let (file, offset) = match begun.take() {
                Some(begun) if begun.first == source.first => (begun.file, begun.end),
                Some(begun) => {
                    let reason =
                        format!("the log has no segment file that starts with entry {}", begun.first);
                    return Err(self.another_history(reason));
                }
                None => {
                    follows(source.first, self.tip()).map_err(|error| self.does_not_go_on(error))?;
                    (self.new_segment(source.first)?, HEADER_BYTES)
                }
            };
            self.segment(source, &*file, offset)?;
        }
        let found = self.tip().head();
        if found.size < self.head.size {
            let (published, found) = (self.head.size, found.size);
            return Err(self.does_not_go_on(OpenError::RolledBack { published, found }));
        }
        if found.root != self.head.root {
            let reason =
                format!("log/checkpoint states root {}, the copy has {}", self.head.root, found.root);
            return Err(self.another_history(reason));
        }
        Ok(())
    }

    /// Copies the frames of one segment from `offset` on, and makes them durable.
    fn segment(&mut self, source: &Listed, file: &dyn DataFile, offset: u64) -> Result<(), CopyError> {
        let unreadable = |error| CopyError::Source(source.io(error));
        let unwritten = |error| CopyError::Target(source.io(error));
        let mut reader = FrameReader::new(&*source.file, offset).map_err(unreadable)?;
        while self.tip().size() < self.head.size {
            let next = self.tip().next_index();
            let (offset, frame, bytes) = match reader.next().map_err(unreadable)? {
                Next::End => break,
                Next::Frame { offset, frame, bytes } => (offset, frame, bytes),
                Next::Damaged { offset, error, .. } => {
                    return Err(self.does_not_go_on(source.damaged(offset, next, error.into())));
                }
            };
            apply(&mut self.held.tip, &frame, &mut |_, _| {})
                .map_err(|(index, problem)| self.does_not_go_on(source.damaged(offset, index, problem)))?;
            self.unproven = false;
            let size = self.head.size;
            if self.tip().size() > size {
                return Err(CopyError::Source(source.damaged(offset, next, Problem::WithinCommit { size })));
            }
            file.write_all_at(bytes, offset).map_err(unwritten)?;
            self.bytes += bytes.len() as u64;
            (self.progress)(self.held.tip.size());
        }
        file.sync_data().map_err(unwritten)
    }

    fn new_segment(&self, first: Index) -> Result<Arc<dyn DataFile>, CopyError> {
        let failed = |error: io::Error| CopyError::Target(OpenError::io(ENTRIES, error));
        let file = segments::create(self.target, self.origin_hash, first).map_err(failed)?;
        segments::sync_new(self.target, &*file).map_err(failed)?;
        Ok(file)
    }

    fn create_folders(&self) -> Result<(), OpenError> {
        self.target.create_folder(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error))?;
        for path in ["", LOG, ENTRIES] {
            self.target.sync_folder(path).map_err(|error| OpenError::io(path, error))?;
        }
        Ok(())
    }

    fn tip(&self) -> &Tip {
        &self.held.tip
    }

    /// What does not fit right where the copy ended may be whole, and of another history.
    fn does_not_go_on(&self, error: OpenError) -> CopyError {
        match error {
            error @ OpenError::Io { .. } => CopyError::Source(error),
            error if self.unproven => self.another_history(error.to_string()),
            error => CopyError::Source(error),
        }
    }

    fn another_history(&self, reason: String) -> CopyError {
        CopyError::AnotherHistory { held: self.held.verified, reason }
    }
}
