//! How shipping goes: how much is sent at once, and for how long a refusal is doubted.

use std::time::{Duration, Instant};

/// Most frames of one request: as many as events.
const FRAMES_MAX: usize = 1000;
/// For so many times as long as it was doubted, a refusal counts at once.
const DOUBT_LAPSE: u32 = 24;

/// How it goes.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Attempts that failed since the last success.
    pub(crate) failed: u32,
    /// Most frames of the next request.
    pub(crate) frames_max: usize,
    /// Up to this frame, requests are made of one frame each.
    pub(crate) alone_below: u64,
    doubt: Option<Doubt>,
}

/// The ledger refuses what may be a mistake.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    since: Instant,
    /// Whether it was waited out, in vain.
    is_over: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { failed: 0, frames_max: FRAMES_MAX, alone_below: 0, doubt: None }
    }
}

impl Progress {
    /// A request was recorded. If that ended a doubt, it was a mistake that passed, and the next one gets as
    /// much time again.
    pub(crate) fn succeeded(&mut self) {
        self.failed = 0;
        self.frames_max = (self.frames_max * 2).min(FRAMES_MAX);
        self.doubt = self.doubt.filter(|doubt| doubt.is_over);
    }

    /// Notes a refusal that may be a mistake. Whether it has been so for `doubt_max`: then it counts, and so
    /// does every other one on the same day.
    pub(crate) fn doubt_is_over(&mut self, doubt_max: Duration) -> bool {
        let lapse = doubt_max.saturating_mul(DOUBT_LAPSE);
        let known = self.doubt.filter(|doubt| doubt.since.elapsed() <= lapse);
        let Doubt { since, .. } = known.unwrap_or_else(|| Doubt { since: Instant::now(), is_over: false });
        let is_over = since.elapsed() >= doubt_max;
        self.doubt = Some(Doubt { since, is_over });
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_that_passed_does_not_shorten_the_time_for_the_next_one() {
        let mut progress = Progress::default();
        let hour = Duration::from_secs(3600);
        assert!(!progress.doubt_is_over(hour));
        progress.succeeded();
        std::thread::sleep(Duration::from_millis(2));
        assert!(!progress.doubt_is_over(Duration::from_millis(1)), "it began anew");
    }

    #[test]
    fn what_was_waited_out_once_is_not_waited_for_again() {
        let mut progress = Progress::default();
        let doubt_max = Duration::from_millis(500);
        assert!(!progress.doubt_is_over(doubt_max));
        std::thread::sleep(doubt_max);
        assert!(progress.doubt_is_over(doubt_max));
        progress.succeeded();
        assert!(progress.doubt_is_over(doubt_max));
    }
}
