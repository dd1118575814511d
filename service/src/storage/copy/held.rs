//! What a copy holds already: verified, and believed only as far as it is known to be durable.
//!
//! Durable is what the copy's checkpoint covers, and every segment that another one follows: both are
//! written after a sync that succeeded. What else the last segment holds is copied again. It may be
//! whole in the page cache and lost on the disk, if a sync failed and nobody is left who knows.

use std::sync::Arc;

use einsicht_tlog::{Hash, Index, Size, TreeHead};

use super::super::file::{DataFile, Folder};
use super::super::frames::{FrameReader, Next};
use super::super::layout::ENTRIES;
use super::super::listing::{Listed, list_segments};
use super::super::open::OpenError;
use super::super::replay::{Problem, apply, follows};
use super::super::segments::HEADER_BYTES;
use super::super::tip::Tip;
use super::CopyError;

/// The part of a copy that is believed.
pub(super) struct Held {
    /// Where it ends.
    pub tip: Tip,
    /// How many entries it has.
    pub verified: Size,
    /// How far commits that check go on behind it. Not believed, and yet they may be all that is left.
    pub readable: Size,
    /// The segment that it ends in; `None` if it holds nothing.
    pub last: Option<Begun>,
    /// Segment files behind it.
    surplus: Vec<String>,
}

/// A segment that is continued.
pub(super) struct Begun {
    pub first: Index,
    pub file: Arc<dyn DataFile>,
    /// Where what is believed ends.
    pub end: u64,
    path: String,
}

impl Held {
    /// Cuts off what is not believed.
    pub fn cut(&self, target: &dyn Folder) -> Result<(), OpenError> {
        if let Some(last) = &self.last {
            let failed = |error| OpenError::io(&last.path, error);
            if last.file.byte_len().map_err(failed)? > last.end {
                last.file.set_len(last.end).and_then(|()| last.file.sync_data()).map_err(failed)?;
            }
        }
        // From the end on: whoever is interrupted leaves no gap.
        for path in self.surplus.iter().rev() {
            target.remove(path).map_err(|error| OpenError::io(path, error))?;
        }
        match self.surplus.as_slice() {
            [] => Ok(()),
            _ => target.sync_folder(ENTRIES).map_err(|error| OpenError::io(ENTRIES, error)),
        }
    }
}

/// Verifies what a copy holds. `vouched` is what its own checkpoint says: that much must be there and
/// check; what lies behind it may be cut off, and is then copied again. Changes nothing.
pub(super) fn verify_held(
    target: &dyn Folder,
    origin_hash: Hash,
    vouched: Option<TreeHead>,
    progress: &mut dyn FnMut(Size),
) -> Result<Held, CopyError> {
    let vouched = vouched.unwrap_or_else(|| Tip::start(origin_hash).head());
    let listing = list_segments(target, origin_hash).map_err(|error| match error {
        error @ OpenError::ForeignSegment { .. } => CopyError::AnotherLedger { reason: error.to_string() },
        error => CopyError::Target(error),
    })?;
    let tip = Tip::start(origin_hash);
    let mut held = Held { tip, verified: Size(0), readable: Size(0), last: None, surplus: Vec::new() };
    let mut segments = listing.segments.iter().peekable();
    while let Some(segment) = segments.next() {
        // A segment that was being made shows that the one before it was finished.
        let is_last = segments.peek().is_none() && listing.unfinished.is_none();
        let whole = match follows(segment.first, &held.tip) {
            Ok(()) => held.take_up(segment, vouched, is_last, progress)?,
            Err(error) if held.tip.size() < vouched.size => return Err(CopyError::Target(error)),
            Err(_) => false,
        };
        if held.last.as_ref().is_none_or(|last| last.path != segment.path) {
            held.surplus.push(segment.path.clone());
        }
        if !whole {
            held.surplus.extend(segments.map(|segment| segment.path.clone()));
            break;
        }
    }
    held.surplus.extend(listing.unfinished.map(|unfinished| unfinished.path));
    held.verified = held.tip.size();
    held.readable = held.readable.max(held.verified);
    if held.verified < vouched.size {
        let (published, found) = (vouched.size, held.verified);
        return Err(CopyError::Target(OpenError::RolledBack { published, found }));
    }
    Ok(held)
}

impl Held {
    /// Takes up the frames of a segment; says whether the next segment may follow.
    fn take_up(
        &mut self,
        segment: &Listed,
        vouched: TreeHead,
        is_last: bool,
        progress: &mut dyn FnMut(Size),
    ) -> Result<bool, CopyError> {
        let unreadable = |error| CopyError::Target(segment.io(error));
        let mut reader = FrameReader::new(&*segment.file, HEADER_BYTES).map_err(unreadable)?;
        let mut end = HEADER_BYTES;
        let whole = loop {
            if is_last && self.tip.size() >= vouched.size {
                self.readable = readable_end(&mut reader, self.tip.clone()).map_err(unreadable)?;
                break true;
            }
            let (offset, fault) = match reader.next().map_err(unreadable)? {
                Next::End => break true,
                Next::Damaged { offset, error, .. } => (offset, (self.tip.next_index(), error.into())),
                Next::Frame { offset, frame, .. } => {
                    let mut tip = self.tip.clone();
                    let applied = apply(&mut tip, &frame, &mut |_, _| {});
                    match applied.and_then(|_| agrees(&self.tip, &tip, vouched)) {
                        Ok(()) => {
                            self.tip = tip;
                            end = offset + frame.header.frame_bytes();
                            progress(self.tip.size());
                            continue;
                        }
                        Err(fault) => (offset, fault),
                    }
                }
            };
            if self.tip.size() < vouched.size {
                let (index, problem) = fault;
                return Err(CopyError::Target(segment.damaged(offset, index, problem)));
            }
            break false;
        };
        // A header alone may not be durable: such a segment is made again.
        if end > HEADER_BYTES {
            let (first, file, path) = (segment.first, Arc::clone(&segment.file), segment.path.clone());
            self.last = Some(Begun { first, file, end, path });
        }
        Ok(whole)
    }
}

/// How many entries there are with the commits that follow and check.
fn readable_end(reader: &mut FrameReader<'_>, mut tip: Tip) -> std::io::Result<Size> {
    while let Next::Frame { frame, .. } = reader.next()? {
        if apply(&mut tip, &frame, &mut |_, _| {}).is_err() {
            break;
        }
    }
    Ok(tip.size())
}

/// Whether a commit fits what the copy's checkpoint says.
fn agrees(before: &Tip, after: &Tip, vouched: TreeHead) -> Result<(), (Index, Problem)> {
    let (expected, found) = (vouched.root, after.head().root);
    match () {
        () if before.size() >= vouched.size || after.size() < vouched.size => Ok(()),
        () if after.size() > vouched.size => {
            Err((before.next_index(), Problem::WithinCommit { size: vouched.size }))
        }
        () if expected != found => Err((before.next_index(), Problem::Root { expected, found })),
        () => Ok(()),
    }
}
