//! Where time comes from, and what the ledger accepts of it. `docs/format.md`, Leaf.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use einsicht_tlog::RecordedAt;
use rustix::time::{ClockId, clock_gettime};

/// Counts the time that the machine sleeps as well: after it, a wall clock that is right is not ahead.
#[cfg(target_os = "linux")]
const PASSING: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const PASSING: ClockId = ClockId::Monotonic;

/// Furthest that the wall clock may get ahead of the monotonic clock while the service runs.
pub const WALL_AHEAD_MAX: Duration = Duration::from_secs(60);
/// Longest gap between the last entry and a start that is accepted without asking.
pub const START_GAP_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Differences up to this between two looks at the clocks are drift, and followed.
const DRIFT_MAX: Duration = Duration::from_secs(1);

/// A wall clock and a monotonic clock. Injected, so that tests and the simulated week choose time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn unix_us(&self) -> i64;
    /// Time since some fixed moment, the time included that the machine slept; never runs back and is never
    /// set.
    fn monotonic(&self) -> Duration;
}

/// The clocks of the operating system.
#[derive(Debug, Default)]
pub struct SystemClock;

/// A clock that shows what it was set to; its monotonic clock goes along.
#[derive(Debug)]
pub struct ManualClock {
    unix_us: AtomicI64,
}

/// Gives entries their time and refuses times that would do lasting harm: one bad step of the clock
/// must not freeze "never decreasing" in the future.
pub struct ClockGuard {
    last: RecordedAt,
    wall_us: i64,
    monotonic: Duration,
}

/// The clock can't be used for recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It jumped while the service ran.
    #[error(
        "the wall clock is {ahead_s} s ahead of the time that has passed since the service last looked \
         (accepted: {} s); recording has stopped. If the clock is wrong, set it right, and \
         recording goes on; if it is right (a virtual machine was paused, say), start the service again",
        WALL_AHEAD_MAX.as_secs()
    )]
    Jumped {
        /// How far.
        ahead_s: i64,
    },
    /// The last entry is long ago, or the clock is wrong.
    #[error(
        "the newest entry was recorded {gap_days} days before what the clock shows now (accepted without \
         asking: {} days). If the clock is right, start once with --accept-clock",
        START_GAP_MAX.as_secs() / 86_400
    )]
    LongGap {
        /// How long ago.
        gap_days: u64,
    },
    /// The clock shows a time before 1970.
    #[error("the clock shows a time before 1970; set it right")]
    BeforeEpoch,
}

impl SystemClock {
    /// The clocks of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Clock for SystemClock {
    fn unix_us(&self) -> i64 {
        // A clock before 1970 gives a negative time, which the guard refuses.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(-1, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        let passed = clock_gettime(PASSING);
        Duration::new(u64::try_from(passed.tv_sec).unwrap_or(0), u32::try_from(passed.tv_nsec).unwrap_or(0))
    }
}

impl ManualClock {
    /// A clock that shows `unix_s` seconds.
    #[must_use]
    pub fn at(unix_s: u64) -> Self {
        let clock = Self { unix_us: AtomicI64::new(0) };
        clock.set(unix_s);
        clock
    }

    /// Sets it to `unix_s` seconds.
    pub fn set(&self, unix_s: u64) {
        let unix_us = i64::try_from(unix_s).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        self.unix_us.store(unix_us, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn unix_us(&self) -> i64 {
        self.unix_us.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.unix_us()).unwrap_or(0))
    }
}

impl ClockGuard {
    /// Starts guarding after an entry recorded at `last`.
    #[must_use]
    pub fn new(clock: &dyn Clock, last: RecordedAt) -> Self {
        Self { last, wall_us: clock.unix_us(), monotonic: clock.monotonic() }
    }

    /// Whether a start now is plausible after an entry recorded at `last`.
    ///
    /// # Errors
    /// [`ClockError::LongGap`], [`ClockError::BeforeEpoch`].
    pub fn check_start(clock: &dyn Clock, last: RecordedAt) -> Result<(), ClockError> {
        let now_s = unix_s(clock.unix_us())?;
        let gap_s = now_s.saturating_sub(last.0);
        if gap_s > START_GAP_MAX.as_secs() {
            return Err(ClockError::LongGap { gap_days: gap_s / 86_400 });
        }
        Ok(())
    }

    /// There are entries of this time.
    pub fn not_before(&mut self, recorded_at: RecordedAt) {
        self.last = self.last.max(recorded_at);
    }

    /// The time for the next entries: now, or the last time again where the clock ran back.
    ///
    /// # Errors
    /// [`ClockError::Jumped`] for as long as the wall clock is too far ahead.
    pub fn next(&mut self, clock: &dyn Clock) -> Result<RecordedAt, ClockError> {
        let (wall_us, monotonic) = (clock.unix_us(), clock.monotonic());
        let now_s = unix_s(wall_us)?;
        let passed = monotonic.saturating_sub(self.monotonic);
        let expected_us = self.wall_us.saturating_add(i64::try_from(passed.as_micros()).unwrap_or(i64::MAX));
        let ahead_us = wall_us.saturating_sub(expected_us);
        if ahead_us > micros(WALL_AHEAD_MAX) {
            return Err(ClockError::Jumped { ahead_s: ahead_us / 1_000_000 });
        }
        if ahead_us.saturating_abs() <= micros(DRIFT_MAX) {
            (self.wall_us, self.monotonic) = (wall_us, monotonic);
        }
        self.last = self.last.max(RecordedAt(now_s));
        Ok(self.last)
    }
}

fn unix_s(unix_us: i64) -> Result<u64, ClockError> {
    u64::try_from(unix_us.div_euclid(1_000_000)).map_err(|_| ClockError::BeforeEpoch)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Wall and monotonic time, set apart from each other.
    struct Clocks(Mutex<(i64, u64)>);

    impl Clocks {
        fn set(&self, wall_s: i64, monotonic_s: u64) {
            *self.0.lock().unwrap() = (wall_s, monotonic_s);
        }
    }

    impl Clock for Clocks {
        fn unix_us(&self) -> i64 {
            self.0.lock().unwrap().0 * 1_000_000
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.lock().unwrap().1)
        }
    }

    #[test]
    fn a_clock_that_runs_back_repeats_the_last_time() {
        let clocks = Clocks(Mutex::new((1000, 0)));
        let mut guard = ClockGuard::new(&clocks, RecordedAt(0));
        assert_eq!(guard.next(&clocks), Ok(RecordedAt(1000)));
        clocks.set(400, 1);
        assert_eq!(guard.next(&clocks), Ok(RecordedAt(1000)));
        clocks.set(1002, 2);
        assert_eq!(guard.next(&clocks), Ok(RecordedAt(1002)));
    }

    #[test]
    fn a_clock_that_jumps_ahead_stops_recording_until_it_is_right_again() {
        let clocks = Clocks(Mutex::new((1000, 0)));
        let mut guard = ClockGuard::new(&clocks, RecordedAt(1000));
        clocks.set(1071, 10);
        assert_eq!(guard.next(&clocks), Err(ClockError::Jumped { ahead_s: 61 }));
        clocks.set(1081, 20);
        assert_eq!(
            guard.next(&clocks),
            Err(ClockError::Jumped { ahead_s: 61 }),
            "asking again helps nothing"
        );
        clocks.set(1030, 30);
        assert_eq!(guard.next(&clocks), Ok(RecordedAt(1030)));
    }

    #[test]
    fn slow_drift_is_followed_however_long_it_goes_on() {
        let clocks = Clocks(Mutex::new((0, 0)));
        let mut guard = ClockGuard::new(&clocks, RecordedAt(0));
        for step in 1_i32..200 {
            clocks.set(i64::from(step) * 61, u64::from(step.unsigned_abs()) * 60);
            assert!(guard.next(&clocks).is_ok(), "step {step}");
        }
    }

    /// How far the service's monotonic clock is ahead of one that stands still while the machine sleeps.
    fn slept() -> Duration {
        let awake = clock_gettime(ClockId::Monotonic);
        SystemClock::new().monotonic().saturating_sub(Duration::from_secs(awake.tv_sec.unsigned_abs()))
    }

    #[test]
    #[ignore = "run by the next test, where the machine has slept for an hour"]
    fn an_hour_was_slept() {
        assert!(slept() >= Duration::from_secs(3600), "{:?}", slept());
    }

    /// A time namespace can be ahead of the machine by time that it slept.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_time_that_the_machine_slept_has_passed() {
        let asleep = ["--user", "--map-root-user", "--time", "--boottime", "3600", "--"];
        let unshare = || std::process::Command::new("unshare");
        if !unshare().args(asleep).arg("true").output().is_ok_and(|made| made.status.success()) {
            eprintln!("SKIPPED: there are no time namespaces for everybody here");
            return;
        }
        let this = std::env::current_exe().unwrap();
        let test = ["--ignored", "--exact", "clock::tests::an_hour_was_slept"];
        let ran = unshare().args(asleep).arg(this).args(test).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "the test was not found");
    }

    #[test]
    fn a_start_long_after_the_newest_entry_has_to_be_confirmed() {
        let days = |days: u64| ManualClock::at(days * 86_400);
        assert_eq!(ClockGuard::check_start(&days(31), RecordedAt(0)), Ok(()));
        let refused = ClockGuard::check_start(&days(33), RecordedAt(0));
        assert_eq!(refused, Err(ClockError::LongGap { gap_days: 33 }));
        assert_eq!(ClockGuard::check_start(&days(1), RecordedAt(999_999)), Ok(()), "the clock ran back");
    }
}
