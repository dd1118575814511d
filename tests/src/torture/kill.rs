//! The real service under load, killed again and again, and held to every answer that it gave.
//!
//! SIGKILL loses what the process had in memory; what it has written survives in the page cache, synced or
//! not. That every answer also waits for its sync is for the power-loss trials to show.

mod books;
mod crew;
mod ledger;
mod life;
mod producer;
mod tail;

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::grouped;

pub use books::{Books, Item};
pub use crew::{Crew, Working};
pub use producer::{Habit, Heard, Producer};

/// Kills after which a ledger gets its full pass, and the next one is begun. Beginning one is at stake, too.
const LEDGER_KILLS: u64 = 50;

/// How often, and what.
#[derive(Debug, Clone, Args)]
pub struct KillArgs {
    /// How often the service is killed
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub rounds: u64,
    /// The service; the `einsichtd` beside this program if it is not given
    #[arg(long, value_name = "PATH")]
    pub einsichtd: Option<PathBuf>,
}

/// What was done and checked.
#[derive(Debug, Default)]
pub struct Counts {
    /// Services killed.
    pub kills: u64,
    /// Those of them that were not ready yet.
    pub kills_starting: u64,
    /// Those of them that had been asked to end.
    pub kills_stopping: u64,
    /// Tails that a start cut off: torn by a kill, or made by the trial.
    pub tails: u64,
    /// Entries that were acknowledged, and found at their index.
    pub acknowledged: u64,
    /// Different checkpoints that were shown, and lead to the last one.
    pub checkpoints: u64,
    /// Requests without an answer, or answered before, that were sent again and stand there once.
    pub again: u64,
    /// Events under a number of another one, all refused.
    pub conflicts: u64,
    /// Ledgers read as bytes and verified whole.
    pub ledgers: u64,
    /// Entries that they have.
    pub entries: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills ({} while starting, {} while stopping; {} torn tails), {} acknowledgements checked, 0 \
             lost; {} checkpoints consistent, {} requests sent again, {} conflicts refused; {} ledgers of {} \
             entries read as bytes",
            grouped(self.kills),
            grouped(self.kills_starting),
            grouped(self.kills_stopping),
            grouped(self.tails),
            grouped(self.acknowledged),
            grouped(self.checkpoints),
            grouped(self.again),
            grouped(self.conflicts),
            grouped(self.ledgers),
            grouped(self.entries),
        )
    }
}

/// Runs the trial.
#[must_use]
pub fn run(args: &KillArgs, seed: u64) -> Counts {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut counts = Counts::default();
        while counts.kills < args.rounds {
            let kills = LEDGER_KILLS.min(args.rounds - counts.kills);
            ledger::torture(args, kills, &mut random, &mut counts).await;
        }
        counts
    })
}
