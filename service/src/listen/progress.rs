//! Whether a connection gets on. Looked at from time to time; what does not get on is ended, because
//! everything that waits holds memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest until a connection has sent as much as the shortest beginning has.
pub(super) const BEGIN_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of that beginning: HTTP/2's preface (RFC 9113 section 3.4); no request of HTTP/1.1 is shorter.
const BEGINNING_BYTES: u64 = 24;
/// Longest that a piece of an answer may lie there until the other side takes it.
pub(super) const READ_WITHIN: Duration = Duration::from_secs(60);
/// Longest that nothing is asked on a connection, where such connections are ended.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(120);
/// Bytes that a blocked connection must get rid of to count as going on.
const GOING_ON_BYTES: u64 = 64 * 1024;

/// What happens on one connection. Times are milliseconds since it was accepted, plus one; 0 is never.
#[derive(Debug)]
pub(super) struct Progress {
    accepted: Instant,
    bytes_read: AtomicU64,
    asked: AtomicBool,
    /// Requests whose answers are not complete.
    active: AtomicUsize,
    /// When the last request began or its answer ended.
    active_until_ms: AtomicU64,
    /// Since when writing to the socket is blocked, and what it took since then.
    blocked_since_ms: AtomicU64,
    blocked_bytes: AtomicU64,
    /// Pieces of answers that were handed out and not asked for more since, by answer.
    handed: Mutex<BTreeMap<u64, u64>>,
    answers: AtomicU64,
}

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It did not begin.
    DidNotBegin,
    /// It does not read what it asked for.
    DoesNotRead,
    /// Nothing is asked on it.
    Idle,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            accepted: Instant::now(),
            bytes_read: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            active: AtomicUsize::new(0),
            active_until_ms: AtomicU64::new(1),
            blocked_since_ms: AtomicU64::new(0),
            blocked_bytes: AtomicU64::new(0),
            handed: Mutex::default(),
            answers: AtomicU64::new(0),
        }
    }

    /// What is wrong with it, if anything is.
    pub(super) fn verdict(&self, closes_idle: bool) -> Option<Verdict> {
        let now = self.now_ms();
        let longer = |since: u64, than: Duration| Duration::from_millis(now.saturating_sub(since)) > than;
        let begun =
            self.asked.load(Ordering::Relaxed) || self.bytes_read.load(Ordering::Relaxed) >= BEGINNING_BYTES;
        let blocked_since = self.blocked_since_ms.load(Ordering::Relaxed);
        let oldest = self.handed(|handed| handed.values().min().copied());
        if !begun && longer(0, BEGIN_WITHIN) {
            Some(Verdict::DidNotBegin)
        } else if (blocked_since > 0 && longer(blocked_since, READ_WITHIN))
            || oldest.is_some_and(|oldest| longer(oldest, READ_WITHIN))
        {
            Some(Verdict::DoesNotRead)
        } else if closes_idle
            && self.active() == 0
            && longer(self.active_until_ms.load(Ordering::Relaxed), IDLE_MAX)
        {
            Some(Verdict::Idle)
        } else {
            None
        }
    }

    /// Requests whose answers are not complete.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    pub(super) fn has_read(&self, bytes: usize) {
        if self.bytes_read.load(Ordering::Relaxed) < BEGINNING_BYTES {
            self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// The socket takes nothing.
    pub(super) fn blocked(&self) {
        if self.blocked_since_ms.load(Ordering::Relaxed) == 0 {
            self.blocked_bytes.store(0, Ordering::Relaxed);
            self.blocked_since_ms.store(self.now_ms(), Ordering::Relaxed);
        }
    }

    /// The socket took something.
    pub(super) fn has_written(&self, bytes: usize) {
        if self.blocked_since_ms.load(Ordering::Relaxed) > 0 {
            let before = self.blocked_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            if before + bytes as u64 >= GOING_ON_BYTES {
                self.unblocked();
            }
        }
    }

    /// The socket took everything.
    pub(super) fn unblocked(&self) {
        self.blocked_since_ms.store(0, Ordering::Relaxed);
    }

    /// A request begins. Returns the name of its answer.
    pub(super) fn begin(&self) -> u64 {
        self.asked.store(true, Ordering::Relaxed);
        self.active.fetch_add(1, Ordering::Relaxed);
        self.answers.fetch_add(1, Ordering::Relaxed)
    }

    /// Its answer is complete, or nobody wants it any more.
    pub(super) fn end(&self) {
        self.active_until_ms.store(self.now_ms(), Ordering::Relaxed);
        self.active.fetch_sub(1, Ordering::Relaxed);
    }

    /// A piece of an answer was handed out.
    pub(super) fn hand_out(&self, answer: u64) {
        let now = self.now_ms();
        self.handed(|handed| handed.insert(answer, now));
    }

    /// It was taken: more is asked for.
    pub(super) fn taken(&self, answer: u64) {
        self.handed(|handed| handed.remove(&answer));
    }

    fn handed<T>(&self, with: impl FnOnce(&mut BTreeMap<u64, u64>) -> T) -> T {
        with(&mut self.handed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.accepted.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// As if it had been accepted longer ago.
    #[cfg(test)]
    fn age(&mut self, by: Duration) {
        self.accepted -= by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn a_connection_that_sends_too_little_to_be_a_request_did_not_begin() {
        for (read, verdict) in [(0, Some(Verdict::DidNotBegin)), (23, Some(Verdict::DidNotBegin)), (24, None)]
        {
            let mut progress = Progress::new();
            progress.has_read(read);
            assert_eq!(progress.verdict(false), None, "{read}: not yet");
            progress.age(LONG);
            assert_eq!(progress.verdict(false), verdict, "{read}");
        }
    }

    #[test]
    fn an_answer_that_nobody_takes_ends_the_connection_and_one_that_waits_for_us_does_not() {
        let mut progress = Progress::new();
        let (slow, waiting) = (progress.begin(), progress.begin());
        progress.hand_out(slow);
        progress.hand_out(waiting);
        progress.taken(waiting);
        assert_eq!(progress.verdict(true), None);
        progress.age(LONG);
        assert_eq!(progress.verdict(true), Some(Verdict::DoesNotRead));
        progress.taken(slow);
        assert_eq!(progress.verdict(true), None);
    }

    #[test]
    fn a_blocked_socket_goes_on_once_it_took_enough_and_not_by_a_byte_now_and_then() {
        let mut progress = Progress::new();
        progress.begin();
        progress.blocked();
        progress.age(LONG);
        progress.has_written(100);
        progress.blocked();
        assert_eq!(progress.verdict(false), Some(Verdict::DoesNotRead));
        progress.has_written(64 * 1024);
        assert_eq!(progress.verdict(false), None);
        progress.blocked();
        progress.unblocked();
        progress.age(LONG);
        assert_eq!(progress.verdict(false), None);
    }

    #[test]
    fn an_idle_connection_is_ended_only_where_that_is_asked_for() {
        let mut progress = Progress::new();
        let answer = progress.begin();
        progress.age(LONG);
        assert_eq!(progress.verdict(true), None, "something is asked");
        progress.taken(answer);
        progress.end();
        assert_eq!(progress.verdict(true), None, "only just");
        progress.age(LONG);
        assert_eq!((progress.verdict(true), progress.verdict(false)), (Some(Verdict::Idle), None));
    }
}
