//! Whether a connection gets on. Looked at from time to time; what does not get on is ended, because
//! everything that waits holds memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of the shortest beginning: HTTP/2's preface (RFC 9113 section 3.4); no request of HTTP/1.1 is
/// shorter.
const BEGINNING_BYTES: u64 = 24;
/// Bytes that a blocked connection must get rid of to count as going on.
const GOING_ON_BYTES: u64 = 64 * 1024;

/// How long a connection may take for what.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Longest until it has sent as much as the shortest beginning has.
    pub begin_within: Duration,
    /// Longest that a piece of an answer may lie there until the other side takes it.
    pub read_within: Duration,
    /// Longest that nothing is asked; `None`: as long as it likes.
    pub idle_max: Option<Duration>,
    /// Longest that it may last; `None`: as long as it likes. The last pieces of answers lie where nobody
    /// looks, so whoever need not be known has to come again.
    pub age_max: Option<Duration>,
    /// How often a connection of HTTP/2 is asked whether it is still there.
    pub ping_interval: Duration,
    /// Longest until it says so.
    pub ping_within: Duration,
    /// How often it is looked whether it gets on.
    pub look_interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            begin_within: seconds(10),
            read_within: seconds(60),
            idle_max: None,
            age_max: None,
            ping_interval: seconds(30),
            ping_within: seconds(20),
            look_interval: seconds(5),
        }
    }
}

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
    /// Nothing is asked on it, or it has lasted long enough.
    Enough,
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
    pub(super) fn verdict(&self, pace: &Pace) -> Option<Verdict> {
        let now = self.now_ms();
        let longer = |since: u64, than: Duration| Duration::from_millis(now.saturating_sub(since)) > than;
        let begun =
            self.asked.load(Ordering::Relaxed) || self.bytes_read.load(Ordering::Relaxed) >= BEGINNING_BYTES;
        let blocked_since = self.blocked_since_ms.load(Ordering::Relaxed);
        let oldest = self.handed(|handed| handed.values().min().copied());
        if !begun && longer(0, pace.begin_within) {
            Some(Verdict::DidNotBegin)
        } else if (blocked_since > 0 && longer(blocked_since, pace.read_within))
            || oldest.is_some_and(|oldest| longer(oldest, pace.read_within))
        {
            Some(Verdict::DoesNotRead)
        } else {
            let active_until = self.active_until_ms.load(Ordering::Relaxed);
            let is_idle = |max| self.active() == 0 && longer(active_until, max);
            let is_old = |max| longer(0, max);
            (pace.idle_max.is_some_and(is_idle) || pace.age_max.is_some_and(is_old))
                .then_some(Verdict::Enough)
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

    fn pace(closes_idle: bool) -> Pace {
        Pace { idle_max: closes_idle.then_some(Duration::from_secs(120)), ..Pace::default() }
    }

    #[test]
    fn a_connection_that_sends_too_little_to_be_a_request_did_not_begin() {
        for (read, verdict) in [(0, Some(Verdict::DidNotBegin)), (23, Some(Verdict::DidNotBegin)), (24, None)]
        {
            let mut progress = Progress::new();
            progress.has_read(read);
            assert_eq!(progress.verdict(&pace(false)), None, "{read}: not yet");
            progress.age(LONG);
            assert_eq!(progress.verdict(&pace(false)), verdict, "{read}");
        }
    }

    #[test]
    fn an_answer_that_nobody_takes_ends_the_connection_and_one_that_waits_for_us_does_not() {
        let mut progress = Progress::new();
        let (slow, waiting) = (progress.begin(), progress.begin());
        progress.hand_out(slow);
        progress.hand_out(waiting);
        progress.taken(waiting);
        assert_eq!(progress.verdict(&pace(true)), None);
        progress.age(LONG);
        assert_eq!(progress.verdict(&pace(true)), Some(Verdict::DoesNotRead));
        progress.taken(slow);
        assert_eq!(progress.verdict(&pace(true)), None);
    }

    #[test]
    fn a_blocked_socket_goes_on_once_it_took_enough_and_not_by_a_byte_now_and_then() {
        let mut progress = Progress::new();
        progress.begin();
        progress.blocked();
        progress.age(LONG);
        progress.has_written(100);
        progress.blocked();
        assert_eq!(progress.verdict(&pace(false)), Some(Verdict::DoesNotRead));
        progress.has_written(64 * 1024);
        assert_eq!(progress.verdict(&pace(false)), None);
        progress.blocked();
        progress.unblocked();
        progress.age(LONG);
        assert_eq!(progress.verdict(&pace(false)), None);
    }

    #[test]
    fn an_idle_connection_is_ended_only_where_that_is_asked_for() {
        let mut progress = Progress::new();
        let answer = progress.begin();
        progress.age(LONG);
        assert_eq!(progress.verdict(&pace(true)), None, "something is asked");
        progress.taken(answer);
        progress.end();
        assert_eq!(progress.verdict(&pace(true)), None, "only just");
        progress.age(LONG);
        assert_eq!(
            (progress.verdict(&pace(true)), progress.verdict(&pace(false))),
            (Some(Verdict::Enough), None)
        );
    }

    #[test]
    fn a_connection_lasts_only_so_long_where_that_is_bounded() {
        let mut progress = Progress::new();
        progress.begin();
        let bounded = Pace { age_max: Some(Duration::from_secs(900)), ..Pace::default() };
        assert_eq!(progress.verdict(&bounded), None);
        progress.age(LONG);
        assert_eq!(progress.verdict(&bounded), Some(Verdict::Enough));
        assert_eq!(progress.verdict(&Pace::default()), None);
    }
}
