//! How long a service lives, and what it is doing when it is killed.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Sizes at which segments are exchanged: several in a commit's time, or none in a life.
const SEGMENT_BYTES: [u64; 4] = [8 * 1024, 32 * 1024, 32 * 1024, 256 * 1024];

/// One life of the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Life {
    /// When it ends.
    pub moment: Moment,
    /// The segments that it begins are at most this long.
    pub segment_bytes: u64,
    /// Whether an unfinished commit is left behind it, as a write that was cut off leaves it.
    pub leaves_tail: bool,
}

/// When a service is killed. Each life follows a kill, so that one that ends while it starts is killed
/// twice in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// On its way up, after this part of the time that the last start took: while it recovers what the
    /// kill before has left.
    Starting(f64),
    /// When it serves.
    Serving(Duty),
}

/// What a service that serves is doing when it is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duty {
    /// As soon as it is ready: nothing of what the kill before has left is checked until the next life.
    Ready(Duration),
    /// Under load.
    Loaded(Duration),
    /// Under load, about when sled writes (every 500 ms) and `log/checkpoint` is replaced (every 250 ms).
    Following(Duration),
    /// While commits of thousands of entries are written.
    Burst(Duration),
    /// Under load, so long after SIGTERM.
    Stopping {
        /// Before SIGTERM.
        loaded: Duration,
        /// Between SIGTERM and SIGKILL.
        grace: Duration,
    },
}

impl Life {
    /// Draws one. The first of a ledger ends while it begins the ledger.
    pub fn draw(random: &mut ChaCha8Rng, first: bool) -> Self {
        let moment =
            if first { Moment::Starting(random.random_range(0.0..1.2)) } else { Moment::draw(random) };
        let segment_bytes = SEGMENT_BYTES[random.random_range(0..SEGMENT_BYTES.len())];
        Self { moment, segment_bytes, leaves_tail: random.random_bool(0.15) }
    }
}

impl Moment {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        let mut within = |begin: u64, end: u64| Duration::from_micros(random.random_range(begin..end));
        let (short, long) = (within(0, 30_000), within(0, 250_000));
        let following = within(230_000, 560_000);
        // On a fast disk a service is down within milliseconds.
        let (short_grace, long_grace) = (within(0, 4_000), within(0, 60_000));
        match random.random_range(0..100) {
            0..25 => Self::Starting(random.random_range(0.0..1.2)),
            25..35 => Self::Serving(Duty::Ready(short)),
            35..60 => Self::Serving(Duty::Loaded(long)),
            60..70 => Self::Serving(Duty::Following(following)),
            70..85 => Self::Serving(Duty::Burst(long / 2)),
            85..93 => Self::Serving(Duty::Stopping { loaded: long / 4, grace: short_grace }),
            _ => Self::Serving(Duty::Stopping { loaded: long / 4, grace: long_grace }),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    fn lives(seed: u64) -> Vec<Life> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..200).map(|number| Life::draw(&mut random, number == 0)).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_lives() {
        assert_eq!(lives(42), lives(42));
        assert_ne!(lives(42), lives(43));
    }

    #[test]
    fn every_moment_comes_in_two_hundred_lives() {
        let lives = lives(42);
        let has = |of: fn(&Moment) -> bool| lives.iter().any(|life| of(&life.moment));
        assert!(matches!(lives[0].moment, Moment::Starting(_)));
        assert!(has(|moment| matches!(moment, Moment::Serving(Duty::Ready(_)))));
        assert!(has(|moment| matches!(moment, Moment::Serving(Duty::Loaded(_)))));
        assert!(has(|moment| matches!(moment, Moment::Serving(Duty::Following(_)))));
        assert!(has(|moment| matches!(moment, Moment::Serving(Duty::Burst(_)))));
        assert!(has(|moment| matches!(moment, Moment::Serving(Duty::Stopping { .. }))));
        assert!(lives.iter().any(|life| life.leaves_tail));
    }
}
