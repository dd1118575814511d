//! A clock on the wall that somebody sets, and time that passes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// What the clock on the wall shows, and how much time has passed, in seconds.
pub struct Clocks {
    wall: AtomicU64,
    passed: AtomicU64,
}

impl Clocks {
    pub fn at(seconds: u64) -> Self {
        Self { wall: seconds.into(), passed: seconds.into() }
    }

    /// Both go on, or back.
    pub fn pass(&self, seconds: u64) {
        self.jump(seconds);
        self.passed.store(seconds, Ordering::Relaxed);
    }

    /// Somebody sets the clock on the wall.
    pub fn jump(&self, seconds: u64) {
        self.wall.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for Clocks {
    fn unix_us(&self) -> i64 {
        i64::try_from(self.wall.load(Ordering::Relaxed)).unwrap() * 1_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.passed.load(Ordering::Relaxed))
    }
}
