//! One session: which of its numbers were given out, came back, are in use.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use einsicht_access::limits::{COUNT_MAX, SESSION_BYTES};
use einsicht_proto::v1::EndSessionRequest;
use tokio::time::Instant;

use crate::random::{NoRandomness, random_bytes};

/// Numbers given back are used again only this close to the newest one: the service forgets numbers
/// that lie 65,536 behind, and calls in flight may move on meanwhile.
pub(super) const REUSE_DISTANCE_MAX: u64 = 32_768;
/// Most ranges of numbers that are remembered as given back; more leave gaps.
const RETURNED_MAX: usize = 1024;

/// A session of this process.
pub(super) struct Session {
    pub(super) id: Bytes,
    began: Instant,
    /// The next number that was never given out.
    next: u64,
    /// Numbers that were given back, in ranges of at least one.
    returned: Vec<Range<u64>>,
    /// The first number of every range that is in use, or may be later.
    in_use: BTreeSet<u64>,
}

impl Session {
    pub(super) fn begin() -> Result<Self, NoRandomness> {
        Ok(Self::from_number(Bytes::copy_from_slice(&random_bytes::<SESSION_BYTES>()?), 0))
    }

    /// A session whose numbers below `next` are given out.
    pub(super) fn from_number(id: Bytes, next: u64) -> Self {
        Self { id, began: Instant::now(), next, returned: Vec::new(), in_use: BTreeSet::new() }
    }

    /// Whether it can give out `count` more. A request that lags far behind must not be forgotten by the
    /// service: then it is time for another session.
    pub(super) fn lasts(&self, age_max: Duration, count: u64) -> bool {
        let lag = self.in_use.first().map_or(0, |oldest| self.next.saturating_sub(*oldest));
        self.began.elapsed() < age_max
            && lag <= REUSE_DISTANCE_MAX
            && self.next.checked_add(count).is_some_and(|end| end <= COUNT_MAX)
    }

    /// Gives out numbers, in use until [`Session::release`].
    pub(super) fn give(&mut self, count: u64) -> Range<u64> {
        let range = self.choose(count);
        self.in_use.insert(range.start);
        range
    }

    /// The numbers that begin with `first` are in use no more.
    pub(super) fn release(&mut self, first: u64) {
        self.in_use.remove(&first);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_use.is_empty()
    }

    fn choose(&mut self, count: u64) -> Range<u64> {
        let oldest = self.next.saturating_sub(REUSE_DISTANCE_MAX);
        self.returned.retain(|range| range.start >= oldest);
        if let Some(range) = self.returned.iter_mut().find(|range| range.end - range.start >= count) {
            let given = range.start..range.start + count;
            range.start = given.end;
            self.returned.retain(|range| !range.is_empty());
            return given;
        }
        let given = self.next..self.next + count;
        self.next = given.end;
        given
    }

    /// Takes numbers back that were certainly not recorded.
    pub(super) fn take_back(&mut self, range: Range<u64>) {
        if range.end != self.next {
            if self.returned.len() < RETURNED_MAX {
                self.returned.push(range);
            }
            return;
        }
        self.next = range.start;
        // What now lies at the end was never used either.
        while let Some(last) = self.returned.iter().position(|range| range.end == self.next) {
            self.next = self.returned.swap_remove(last).start;
        }
    }

    /// `None` for a session that gave nothing out: there is nothing to say of it.
    pub(super) fn ending(self) -> Option<EndSessionRequest> {
        let last = self.next.checked_sub(1)?;
        Some(EndSessionRequest { session: self.id, last_sequence: Some(last) })
    }
}
