//! Log lines that somebody else causes: each one, but not without bound.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota};

/// Lines a second, over time, and at once.
const LINES_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();
const LINES_AT_ONCE: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// Keeps one kind of line from filling the log.
#[derive(Debug)]
pub struct Paced {
    lines: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Paced {
    /// Whether a line may be written now: then how many were left out before it.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        if self.lines.check().is_ok() {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

impl Default for Paced {
    fn default() -> Self {
        let quota = Quota::per_second(LINES_PER_SECOND).allow_burst(LINES_AT_ONCE);
        Self { lines: DefaultDirectRateLimiter::direct(quota), left_out: AtomicU64::new(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_off_and_what_was_left_out_is_told() {
        let paced = Paced::default();
        let written = (0..1000).filter(|_| paced.line().is_some()).count();
        assert!((50..200).contains(&written), "{written} lines");
        std::thread::sleep(std::time::Duration::from_millis(250));
        assert!(paced.line().is_some_and(|left_out| left_out > 0));
    }
}
