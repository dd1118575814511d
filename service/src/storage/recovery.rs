//! Finds where the log ends, makes that durable, and brings the derived files there.
//!
//! The order is: take up tree and chain at the watermark, if the derived files hold together there;
//! replay the frames behind it; compare with the published checkpoint; and only then touch the log:
//! cut a torn tail, and make the last commit durable. Where anything about the derived files is wrong,
//! the whole log is replayed, so that what is reported as damage is damage of the log.

use std::io;
use std::sync::{Arc, RwLock};

use einsicht_tlog::bundle::LENGTH_BYTES;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::Link;
use einsicht_tlog::segment::{CHECKSUM_BYTES, FRAME_HEADER_BYTES, FrameError};
use einsicht_tlog::{Hash, Index, Leaf, Size, TreeHead};

use super::derived::{Derived, read_watermark, remove_watermark, write_watermark};
use super::file::{Folder, is_full, read_exact_at};
use super::frames::{FrameReader, Next};
use super::layout::HASHES;
use super::listing::{Listed, Listing};
use super::open::{OpenError, TornTail};
use super::reader::LogReader;
use super::replay::{apply, follows};
use super::segments::{HEADER_BYTES, Segments};
use super::tip::Tip;

/// What a log's files are recovered from.
pub(super) struct Recovery<'r> {
    pub folder: &'r dyn Folder,
    pub listing: &'r Listing,
    pub derived: &'r Derived,
    pub origin_hash: Hash,
}

/// Where the log ends.
pub(super) struct Found {
    pub tip: Tip,
    /// What was cut off behind it.
    pub torn: Option<TornTail>,
    /// Whether there was a watermark, and it did not hold.
    pub rebuilt: bool,
}

/// Where to begin replaying.
struct Start {
    tip: Tip,
    segment: usize,
    offset: u64,
}

/// How far a replay got.
struct Replayed<'r> {
    begun_at: Size,
    tip: Tip,
    /// What was written last, of what was replayed: a frame, or the header of an empty segment.
    last: Option<Stretch<'r>>,
    /// Where what lies behind the last whole commit starts, and why that is none.
    torn: Option<(&'r Listed, u64, FrameError)>,
}

struct Stretch<'r> {
    segment: &'r Listed,
    offset: u64,
    bytes: u64,
}

impl<'r> Recovery<'r> {
    /// Finds the end of the log and brings everything there.
    pub fn run(&self, published: Option<TreeHead>) -> Result<Found, OpenError> {
        if let Some(start) = self.resume()? {
            match self.replay(start, published) {
                Ok(replayed) if replayed.can_be_believed(published) => {
                    return self.settle(replayed, published, false);
                }
                Err(error @ (OpenError::Io { .. } | OpenError::NoRoom { .. })) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let rebuilt = remove_watermark(self.folder).map_err(derived_failed)?;
        let start = Start { tip: Tip::start(self.origin_hash), segment: 0, offset: HEADER_BYTES };
        self.settle(self.replay(start, published)?, published, rebuilt)
    }

    /// Takes up tree and chain at the watermark; `None` if anything there does not hold together.
    fn resume(&self) -> Result<Option<Start>, OpenError> {
        let attempt = self.try_resume();
        match attempt {
            // Too short, or positions that lead nowhere: derived files are not to be trusted, that's all.
            Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::Other) => {
                Ok(None)
            }
            attempt => attempt.map_err(derived_failed),
        }
    }

    fn try_resume(&self) -> io::Result<Option<Start>> {
        let Some(watermark) = read_watermark(self.folder)? else { return Ok(None) };
        if watermark.size == Size(0) || !self.derived.reach(watermark.size)? {
            return Ok(None);
        }
        let frontier = self.derived.frontier(watermark.size)?;
        let mut segments = Segments::default();
        let mut base = 0;
        for segment in &self.listing.segments {
            // The first entry of a segment stands behind two headers and a root.
            let expected = base + HEADER_BYTES + (FRAME_HEADER_BYTES + Hash::BYTES) as u64;
            let known = segment.first.0 < watermark.size.0;
            if known && self.derived.positions(segment.first, 1)? != [expected] {
                return Ok(None);
            }
            segments.push(base, Arc::clone(&segment.file));
            base += segment.file.byte_len()?;
        }
        // Of its own: what is recovered may still change.
        let (derived, segments) = (self.derived.clone(), Arc::new(RwLock::new(segments)));
        let reader = LogReader::new(derived, segments);
        let last = Index(watermark.size.0 - 1);
        let leaf = reader.leaf(last).map_err(io::Error::other)?;
        let previous = leaf_hash(&leaf);
        let stated = self.derived.hashes(0, last.0, 1)?;
        let parts = Leaf::parse(&leaf).map_err(io::Error::other)?;
        if frontier.root() != watermark.root || stated != previous.as_bytes() {
            return Ok(None);
        }
        let link = Link { previous, not_before: parts.recorded_at };
        let behind = LENGTH_BYTES + leaf.len() + CHECKSUM_BYTES;
        let position =
            self.derived.positions(last, 1)?.first().map_or(0, |position| position + behind as u64);
        Ok(self.locate(position)?.map(|(segment, offset)| Start {
            tip: Tip::resume(frontier, link),
            segment,
            offset,
        }))
    }

    /// Segment and offset of a position at which a frame starts or the log ends.
    fn locate(&self, position: u64) -> io::Result<Option<(usize, u64)>> {
        let mut base = 0;
        for (number, segment) in self.listing.segments.iter().enumerate() {
            let bytes = segment.file.byte_len()?;
            if position <= base + bytes {
                return Ok(position.checked_sub(base).map(|offset| (number, offset)));
            }
            base += bytes;
        }
        Ok(None)
    }

    /// Replays the frames from `start` on into the derived files, and compares the end with what was
    /// published. Changes nothing of the log.
    fn replay(&self, start: Start, published: Option<TreeHead>) -> Result<Replayed<'r>, OpenError> {
        let Start { tip, segment: begun_in, mut offset } = start;
        let begun_at = tip.size();
        self.derived.truncate(begun_at).map_err(derived_not_written)?;
        let mut replayed = Replayed { begun_at, tip, last: None, torn: None };
        let mut base = 0;
        for (number, segment) in self.listing.segments.iter().enumerate() {
            let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
            if number >= begun_in {
                if number > begun_in {
                    offset = HEADER_BYTES;
                    follows(segment.first, &replayed.tip)?;
                }
                // A segment is begun only after the one before it was synced: only the last one is torn.
                let is_last = number + 1 == self.listing.segments.len() && self.listing.unfinished.is_none();
                self.replay_segment(segment, base, offset, is_last, &mut replayed)?;
            }
            base += bytes;
        }
        if let Some(unfinished) = &self.listing.unfinished {
            follows(unfinished.first, &replayed.tip)?;
        }
        self.compare_with_published(&replayed, published)?;
        Ok(replayed)
    }

    fn replay_segment(
        &self,
        segment: &'r Listed,
        base: u64,
        offset: u64,
        is_last: bool,
        replayed: &mut Replayed<'r>,
    ) -> Result<(), OpenError> {
        if offset == HEADER_BYTES {
            replayed.last = Some(Stretch { segment, offset: 0, bytes: HEADER_BYTES });
        }
        let mut reader = FrameReader::new(&*segment.file, offset).map_err(|error| segment.io(error))?;
        loop {
            let first = replayed.tip.next_index();
            match reader.next().map_err(|error| segment.io(error))? {
                Next::End => return Ok(()),
                Next::Frame { offset, frame, .. } => {
                    let growth = apply(&mut replayed.tip, &frame, &mut |_, _| {})
                        .map_err(|(index, problem)| segment.damaged(offset, index, problem))?;
                    self.derived.write(first, base + offset, &growth).map_err(derived_not_written)?;
                    replayed.last = Some(Stretch { segment, offset, bytes: frame.header.frame_bytes() });
                }
                Next::Damaged { offset, error, was_whole } if was_whole || !is_last => {
                    return Err(segment.damaged(offset, first, error.into()));
                }
                Next::Damaged { offset, error, .. } => {
                    replayed.torn = Some((segment, offset, error));
                    return Ok(());
                }
            }
        }
    }

    /// What was published must be there. A tail may be cut only if what remains reaches that far.
    fn compare_with_published(
        &self,
        replayed: &Replayed<'_>,
        published: Option<TreeHead>,
    ) -> Result<(), OpenError> {
        let Some(published) = published else { return Ok(()) };
        let found = replayed.tip.size();
        if found < published.size {
            return Err(match &replayed.torn {
                Some((segment, offset, error)) => {
                    segment.damaged(*offset, replayed.tip.next_index(), error.clone().into())
                }
                None => OpenError::RolledBack { published: published.size, found },
            });
        }
        let frontier = self.derived.frontier(published.size).map_err(derived_failed)?;
        let (expected, found) = (published.root, frontier.root());
        if expected != found {
            return Err(OpenError::Forked { size: published.size, expected, found });
        }
        Ok(())
    }

    /// Makes the end of the log durable, cuts off what lies behind it, and says in the watermark that
    /// the derived files have got there.
    fn settle(
        &self,
        replayed: Replayed<'_>,
        published: Option<TreeHead>,
        rebuilt: bool,
    ) -> Result<Found, OpenError> {
        let Replayed { begun_at, tip, last, torn } = replayed;
        let synced_before = published.is_some_and(|published| published.size == tip.size());
        if let Some(last) = last.filter(|last| !synced_before || last.offset == 0) {
            last.make_durable().map_err(|error| last.segment.io(error))?;
        }
        let torn = torn.map(cut).transpose()?;
        if tip.size() > begun_at && !self.derived.is_in_memory() {
            self.derived.sync().map_err(derived_failed)?;
            match write_watermark(self.folder, &tip.head()) {
                // It stays where it is, and the next start takes longer.
                Err(error) if is_full(&error) => {
                    tracing::warn!(%error, "no room for the watermark; it is moved later");
                }
                moved => moved.map_err(derived_failed)?,
            }
        }
        Ok(Found { tip, torn, rebuilt })
    }
}

impl Replayed<'_> {
    /// If nothing whole was found behind the watermark, only bytes that are no frame, it is the
    /// watermark that may be in the wrong place, unless the published checkpoint is in the same one.
    fn can_be_believed(&self, published: Option<TreeHead>) -> bool {
        self.torn.is_none()
            || self.tip.size() > self.begun_at
            || published.is_some_and(|published| published.size == self.begun_at)
    }
}

impl Stretch<'_> {
    /// Only what was written last can be there without being durable: the process was killed before the
    /// sync, or the sync failed. After a failed one the system takes the bytes for saved, so they are
    /// written once more.
    fn make_durable(&self) -> io::Result<()> {
        let file = &*self.segment.file;
        let bytes = usize::try_from(self.bytes).map_err(io::Error::other)?;
        let bytes = read_exact_at(file, self.offset, bytes)?;
        file.write_all_at(&bytes, self.offset)?;
        file.sync_data()
    }
}

fn cut((segment, offset, reason): (&Listed, u64, FrameError)) -> Result<TornTail, OpenError> {
    let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?.saturating_sub(offset);
    let cut = segment.file.set_len(offset).and_then(|()| segment.file.sync_data());
    cut.map_err(|error| segment.io(error))?;
    Ok(TornTail { file: segment.path.clone(), offset, bytes, reason })
}

fn derived_failed(error: io::Error) -> OpenError {
    OpenError::io(HASHES, error)
}

fn derived_not_written(error: io::Error) -> OpenError {
    if is_full(&error) { OpenError::NoRoom { error } } else { derived_failed(error) }
}
