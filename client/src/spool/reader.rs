//! Reads what waits, in order, and makes requests of it.
//!
//! Frames of one session with consecutive numbers become one request: the ledger knows events by their
//! numbers, so it does not matter to it how they are put together.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::limits::BATCH_EVENTS_MAX;
use einsicht_proto::v1::{EndSessionRequest, RecordRequest};
use prost::Message as _;

use super::aside::keep_damaged;
use super::disk::{Disk, read_range};
use super::frame::{Frame, KIND_END, KIND_RECORD, SEGMENT_HEADER_BYTES};
use super::queue::{Queue, Segment};
use super::status::{Observer, SpoolEvent};
use super::walk::{Walk, walk};
use super::writer::segment_name;
use crate::request::REQUEST_BYTES_MAX;

/// Reads a spool once, from its oldest frame on.
pub(crate) struct Reader {
    pub(crate) disk: Arc<dyn Disk>,
    queue: Arc<Queue>,
    observer: Observer,
    segment: u64,
    offset: u64,
    expected: u64,
    /// Frames of the segment that were found, shipped ones too.
    seen: u64,
    loaded: VecDeque<Frame>,
}

/// What is sent at once.
pub(crate) struct Batch {
    pub(crate) segment: u64,
    pub(crate) frames: Vec<Frame>,
    pub(crate) content: Content,
}

/// What a batch says.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Record(Arc<RecordRequest>),
    End(EndSessionRequest),
    /// Its bytes are as they were written, and say nothing that is known here.
    Unreadable(&'static str),
}

impl Reader {
    pub(crate) fn new(disk: Arc<dyn Disk>, queue: Arc<Queue>, observer: Observer) -> Self {
        Self { disk, queue, observer, segment: 0, offset: 0, expected: 0, seen: 0, loaded: VecDeque::new() }
    }

    /// What waits longest, in at most `frames_max` frames; `None` if nothing waits. The same again until
    /// [`Reader::done`].
    pub(crate) fn batch(&mut self, frames_max: usize) -> io::Result<Option<Batch>> {
        while self.loaded.is_empty() {
            if !self.load()? {
                return Ok(None);
            }
        }
        let Some(first) = self.loaded.front() else { return Ok(None) };
        let (content, count) = match first.kind {
            KIND_RECORD => match RecordRequest::decode(first.payload.clone()) {
                Ok(request) => self.merge(request, frames_max),
                Err(_) => (Content::Unreadable("not a request to record"), 1),
            },
            KIND_END => match EndSessionRequest::decode(first.payload.clone()) {
                Ok(ending) => (Content::End(ending), 1),
                Err(_) => (Content::Unreadable("not a request to end a session"), 1),
            },
            _ => (Content::Unreadable("a kind of request that this release does not know"), 1),
        };
        let frames = self.loaded.iter().take(count).cloned().collect();
        Ok(Some(Batch { segment: self.segment, frames, content }))
    }

    /// The first `frames` frames are done with.
    pub(crate) fn done(&mut self, frames: usize) {
        self.loaded.drain(..frames.min(self.loaded.len()));
    }

    /// Adds the frames that follow without a gap.
    fn merge(&self, mut request: RecordRequest, frames_max: usize) -> (Content, usize) {
        let mut count = 1;
        let mut bytes = self.loaded.front().map_or(0, |frame| frame.payload.len());
        for frame in self.loaded.iter().skip(1).take(frames_max.saturating_sub(1)) {
            let events = request.events.len() + usize::from(frame.events);
            bytes += frame.payload.len();
            if frame.kind != KIND_RECORD || events > BATCH_EVENTS_MAX || bytes > REQUEST_BYTES_MAX {
                break;
            }
            let Ok(next) = RecordRequest::decode(frame.payload.clone()) else { break };
            let follows = request.first_sequence.checked_add(request.events.len() as u64);
            if next.session != request.session
                || Some(next.first_sequence) != follows
                || next.with_proofs != request.with_proofs
            {
                break;
            }
            request.events.extend(next.events);
            count += 1;
        }
        (Content::Record(Arc::new(request)), count)
    }

    /// Reads on. `false` if there is nothing more.
    fn load(&mut self) -> io::Result<bool> {
        let Some(segment) = self.advance() else { return Ok(false) };
        let name = segment_name(segment.number);
        let bytes = Bytes::from(read_range(&*self.disk, &name, self.offset, segment.end)?);
        let Walk { frames, mut damaged, tail, next } =
            walk(&bytes, self.offset, self.expected, segment.end_sequence);
        damaged.extend(tail);
        for region in damaged {
            self.keep(segment.number, &region, &bytes)?;
        }
        self.seen += frames.len() as u64;
        self.offset = segment.end;
        self.expected = next;
        let shipped = self.queue.state().shipped;
        let waiting = frames.into_iter().map(|(frame, _)| frame).filter(|frame| frame.sequence >= shipped);
        self.loaded.extend(waiting);
        Ok(true)
    }

    /// The segment that has something to read; settles those that were read.
    fn advance(&mut self) -> Option<Segment> {
        loop {
            let mut state = self.queue.state();
            let position = state.segments.iter().position(|segment| segment.number >= self.segment)?;
            let segment = state.segments.get(position).cloned()?;
            let is_unread = segment.number != self.segment || self.offset == 0;
            let has_frames = segment.first_sequence < segment.end_sequence;
            if is_unread && has_frames && segment.end_sequence <= state.shipped {
                // Done with before this process began, and about to be removed.
                self.segment = segment.number + 1;
                self.offset = 0;
                continue;
            }
            if is_unread {
                self.segment = segment.number;
                (self.offset, self.expected) = (SEGMENT_HEADER_BYTES as u64, segment.first_sequence);
                self.seen = 0;
            }
            if self.offset < segment.end {
                return Some(segment);
            }
            let lost = (segment.end_sequence - segment.first_sequence).saturating_sub(self.seen);
            let news = lost.saturating_sub(segment.missing);
            let has_next = position + 1 < state.segments.len();
            let is_settled = segment.frames == 0 && state.shipped >= segment.end_sequence && news == 0;
            if is_settled && !has_next {
                return None;
            }
            if let Some(segment) = state.segments.get_mut(position) {
                (segment.frames, segment.events, segment.missing) = (0, 0, lost);
            }
            state.shipped = state.shipped.max(segment.end_sequence);
            state.missing_requests += news;
            drop(state);
            self.queue.change(|_| ());
            if news > 0 {
                tracing::error!(
                    segment = segment.number,
                    requests = news,
                    "DAMAGE IN THE SPOOL: requests that were acknowledged can't be read"
                );
                self.observer.observe(&SpoolEvent::Damaged { missing_requests: news });
            }
            if !has_next {
                return None;
            }
            self.segment += 1;
            self.offset = 0;
        }
    }

    fn keep(&self, segment: u64, region: &Range<u64>, bytes: &Bytes) -> io::Result<()> {
        let start = usize::try_from(region.start.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let end = usize::try_from(region.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let damaged = bytes.get(start..end).unwrap_or_default();
        let added = keep_damaged(&*self.disk, segment, region.start, damaged)?;
        if added > 0 {
            tracing::error!(
                segment,
                offset = region.start,
                bytes = added,
                "a part of the spool is damaged; it is kept beside it"
            );
            self.observer.observe(&SpoolEvent::Damaged { missing_requests: 0 });
            self.queue.change(|state| {
                state.other_bytes += added;
                state.damaged_regions += 1;
            });
        }
        Ok(())
    }
}

impl Batch {
    pub(crate) fn events(&self) -> u64 {
        self.frames.iter().map(|frame| u64::from(frame.events)).sum()
    }

    /// The sequence behind its last frame.
    pub(crate) fn until(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.sequence + 1)
    }
}
