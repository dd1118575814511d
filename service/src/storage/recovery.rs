//! Finds where the log ends, and brings the derived files there.
//!
//! The order is: take up tree and chain at the watermark, if the derived files hold together there;
//! replay the frames behind it; compare with the published checkpoint; and only then cut a torn
//! tail. Where anything about the derived files is wrong, the whole log is replayed, so that what is
//! reported as damage is damage of the log.

use std::io;
use std::sync::{Arc, RwLock};

use einsicht_tlog::bundle::LENGTH_BYTES;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::Link;
use einsicht_tlog::segment::{CHECKSUM_BYTES, FRAME_HEADER_BYTES, FrameError};
use einsicht_tlog::{Hash, Index, Leaf, Size, TreeHead};

use super::derived::{Derived, read_watermark, write_watermark};
use super::file::Folder;
use super::frames::{FrameReader, Next, valid_header_after};
use super::open::{Listed, OpenError, TornTail};
use super::reader::LogReader;
use super::replay::apply;
use super::segments::{HEADER_BYTES, Segments};
use super::tip::Tip;

/// What a log's files are recovered from.
pub(super) struct Recovery<'r> {
    pub folder: &'r dyn Folder,
    pub listed: &'r [Listed],
    pub derived: &'r Derived,
    pub origin_hash: Hash,
}

/// Where the log ends, and what lies behind its last whole commit: segment, offset, why.
pub(super) struct Found<'r> {
    pub tip: Tip,
    pub torn: Option<(&'r Listed, u64, FrameError)>,
}

/// Where to begin replaying.
struct Start {
    tip: Tip,
    segment: usize,
    offset: u64,
}

impl<'r> Recovery<'r> {
    /// Finds the end of the log and brings the derived files there.
    pub fn run(&self, published: Option<TreeHead>, from_watermark: bool) -> Result<Found<'r>, OpenError> {
        let resumed = if from_watermark { self.resume()? } else { None };
        let start =
            resumed.unwrap_or_else(|| Start { tip: Tip::start(self.origin_hash), segment: 0, offset: HEADER_BYTES });
        let begun_at = start.tip.size();
        let derived = |error| OpenError::io("log/hashes", error);
        self.derived.truncate(begun_at).map_err(derived)?;
        let found = self.replay(start)?;
        self.compare_with_published(&found, published)?;
        if found.tip.size() > begun_at {
            self.derived.sync().map_err(derived)?;
            write_watermark(self.folder, &found.tip.head()).map_err(derived)?;
        }
        Ok(found)
    }

    /// Takes up tree and chain at the watermark; `None` if anything there does not hold together.
    fn resume(&self) -> Result<Option<Start>, OpenError> {
        let attempt = self.try_resume();
        match attempt {
            // Too short, or positions that lead nowhere: derived files are not to be trusted, that's all.
            Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::Other) => Ok(None),
            attempt => attempt.map_err(|error| OpenError::io("log/hashes", error)),
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
        for segment in self.listed {
            // The first entry of a segment stands behind two headers and a root.
            let expected = base + HEADER_BYTES + (FRAME_HEADER_BYTES + Hash::BYTES) as u64;
            let known = segment.first.0 < watermark.size.0;
            if known && self.derived.positions(segment.first, 1)? != [expected] {
                return Ok(None);
            }
            segments.push(base, Arc::clone(&segment.file));
            base += segment.file.byte_len()?;
        }
        let reader = LogReader { derived: self.derived.clone(), segments: Arc::new(RwLock::new(segments)) };
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
        for (number, segment) in self.listed.iter().enumerate() {
            let bytes = segment.file.byte_len()?;
            if position <= base + bytes {
                return Ok(position.checked_sub(base).map(|offset| (number, offset)));
            }
            base += bytes;
        }
        Ok(None)
    }

    fn replay(&self, start: Start) -> Result<Found<'r>, OpenError> {
        let Start { mut tip, segment: begun_in, mut offset } = start;
        let mut base = 0;
        for (number, segment) in self.listed.iter().enumerate() {
            let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?;
            if number >= begun_in {
                if number > begun_in {
                    offset = HEADER_BYTES;
                    if segment.first != tip.next_index() {
                        return Err(OpenError::MissingSegment { expected: tip.next_index(), found: segment.first });
                    }
                }
                let is_last = number + 1 == self.listed.len();
                let torn = self.replay_segment(segment, base, offset, is_last, &mut tip)?;
                if torn.is_some() {
                    return Ok(Found { tip, torn });
                }
            }
            base += bytes;
        }
        Ok(Found { tip, torn: None })
    }

    fn replay_segment(
        &self,
        segment: &'r Listed,
        base: u64,
        offset: u64,
        is_last: bool,
        tip: &mut Tip,
    ) -> Result<Option<(&'r Listed, u64, FrameError)>, OpenError> {
        let mut reader = FrameReader::new(&*segment.file, offset).map_err(|error| segment.io(error))?;
        loop {
            match reader.next().map_err(|error| segment.io(error))? {
                Next::End => return Ok(None),
                Next::Frame { offset, frame } => {
                    let first = tip.next_index();
                    let growth = apply(tip, &frame, &mut |_, _| {})
                        .map_err(|(index, problem)| segment.damaged(offset, index, problem))?;
                    self.derived
                        .write(first, base + offset, &growth)
                        .map_err(|error| OpenError::io("log/hashes", error))?;
                }
                Next::Damaged { offset, error } => {
                    let in_the_middle =
                        !is_last || valid_header_after(&*segment.file, offset).map_err(|e| segment.io(e))?;
                    if in_the_middle {
                        return Err(segment.damaged(offset, tip.next_index(), error.into()));
                    }
                    return Ok(Some((segment, offset, error)));
                }
            }
        }
    }

    /// What was published must be there. A tail may be cut only if what remains reaches that far.
    fn compare_with_published(&self, found: &Found<'_>, published: Option<TreeHead>) -> Result<(), OpenError> {
        let Some(published) = published else { return Ok(()) };
        if found.tip.size() < published.size {
            return match &found.torn {
                Some((segment, offset, error)) => {
                    Err(segment.damaged(*offset, found.tip.next_index(), error.clone().into()))
                }
                None => Err(OpenError::RolledBack { published: published.size, found: found.tip.size() }),
            };
        }
        let frontier =
            self.derived.frontier(published.size).map_err(|error| OpenError::io("log/hashes", error))?;
        let (expected, found) = (published.root, frontier.root());
        if expected != found {
            return Err(OpenError::Forked { size: published.size, expected, found });
        }
        Ok(())
    }

    pub fn cut(&self, torn: Option<(&Listed, u64, FrameError)>) -> Result<Option<TornTail>, OpenError> {
        let Some((segment, offset, reason)) = torn else { return Ok(None) };
        let bytes = segment.file.byte_len().map_err(|error| segment.io(error))?.saturating_sub(offset);
        let cut = segment.file.set_len(offset).and_then(|()| segment.file.sync_data());
        cut.map_err(|error| segment.io(error))?;
        Ok(Some(TornTail { file: segment.path.clone(), offset, bytes, reason }))
    }
}
