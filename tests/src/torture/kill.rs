//! The real service under load, killed again and again, and held to every answer that it gave.
//!
//! SIGKILL loses what the process had in memory; what it has written survives in the page cache, synced or
//! not. That every answer also waits for its sync is for the power-loss trials to show.

mod books;
mod crew;
mod ledger;
mod life;
mod producer;
mod steward;
mod tail;

use std::fmt;
use std::path::PathBuf;

use super::{choices, grouped};
use clap::Args;

pub use books::{Books, Item};
pub use crew::{Crew, Working};
pub use producer::{Habit, Heard, Producer};
pub use steward::{Erased, Steward};

/// Kills after which a ledger gets its full pass, and the next one is begun. Beginning one is at stake, too.
const LEDGER_KILLS: u64 = 50;

/// Kills for which at least one erasure must have been answered. A life lasts as long on a busy machine as on a quiet one, and
/// less comes of it: a ledger with fewer erasures lives on, until it was killed twice as often.
const KILLS_PER_ERASURE: u64 = 5;

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
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// Services killed.
    pub kills: u64,
    /// Those of them that were not ready yet.
    pub kills_starting: u64,
    /// Those of them that had been asked to end.
    pub kills_stopping: u64,
    /// Tails that a start cut off: torn by a kill, or made by the trial.
    pub tails: u64,
    /// Openings without an entry that a start destroyed, likewise.
    pub orphans: u64,
    /// Requests of one event that were answered.
    pub single: u64,
    /// Larger ones.
    pub batches: u64,
    /// Those on streams.
    pub streamed: u64,
    /// Entries that were acknowledged, and found at their index.
    pub acknowledged: u64,
    /// Checkpoints that readers were shown while they watched.
    pub watched: u64,
    /// Different checkpoints that were shown, and lead to the last one.
    pub checkpoints: u64,
    /// Requests without an answer that were sent again, and stand there once.
    pub again: u64,
    /// Requests that were answered before, and got the same answer.
    pub reminders: u64,
    /// Those of them whose session had ended.
    pub reminders_of_ended: u64,
    /// Events under a number of another one, all refused.
    pub conflicts: u64,
    /// Ledgers read as bytes and verified whole.
    pub ledgers: u64,
    /// Entries that they have.
    pub entries: u64,
    /// Those of them of which something is sealed, and opened with what the vault has.
    pub sealed: u64,
    /// Erasures that were acknowledged.
    pub erased: u64,
    /// Those of them that the kill came between: their entry was there, and the start had done what it says.
    pub erased_found: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills ({} while starting, {} while stopping; {} torn tails, {} openings without an entry), {} acknowledgements checked ({} \
             calls, {} batches, {} requests on streams); {} checkpoints consistent, {} seen by watching; {} \
             requests without an answer sent again, {} with one ({} of ended sessions), {} conflicts refused; \
             {} ledgers of {} entries read as bytes, {} of them with sealed values that the \
             vault opens; {} erasures, {} of them cut off behind their entry",
            grouped(self.kills),
            grouped(self.kills_starting),
            grouped(self.kills_stopping),
            grouped(self.tails),
            grouped(self.orphans),
            grouped(self.acknowledged),
            grouped(self.single),
            grouped(self.batches),
            grouped(self.streamed),
            grouped(self.checkpoints),
            grouped(self.watched),
            grouped(self.again),
            grouped(self.reminders),
            grouped(self.reminders_of_ended),
            grouped(self.conflicts),
            grouped(self.ledgers),
            grouped(self.entries),
            grouped(self.sealed),
            grouped(self.erased),
            grouped(self.erased_found),
        )
    }
}

impl Counts {
    /// A run that did next to nothing shows nothing. What is asked for is far below what is usual.
    fn expect_enough(&self, rounds: u64) {
        let ledgers = rounds.div_ceil(LEDGER_KILLS);
        let floors = [
            ("kills", self.kills, rounds),
            ("kills while starting", self.kills_starting, rounds / 20),
            ("kills while stopping", self.kills_stopping, rounds / 100),
            ("torn tails", self.tails, rounds / 50),
            ("openings without an entry", self.orphans, rounds / 50),
            ("calls", self.single, rounds / 4),
            ("batches", self.batches, rounds / 4),
            ("requests on streams", self.streamed, rounds / 4),
            ("acknowledgements", self.acknowledged, rounds * 5),
            ("checkpoints", self.checkpoints, rounds / 4),
            ("checkpoints seen by watching", self.watched, rounds / 10),
            ("requests sent again", self.again, rounds / 10),
            // At the end of a ledger everybody does it, before and after the end of the last session.
            ("reminders", self.reminders, ledgers * 14),
            ("reminders of ended sessions", self.reminders_of_ended, ledgers * 7),
            ("conflicts", self.conflicts, ledgers * 14),
            ("ledgers", self.ledgers, ledgers),
            ("entries", self.entries, self.acknowledged),
            ("entries with sealed values", self.sealed, rounds * 2),
            ("erasures", self.erased, rounds / KILLS_PER_ERASURE),
            ("erasures that were cut off", self.erased_found, rounds / 50),
        ];
        for (what, count, floor) in floors {
            assert!(count >= floor, "{count} {what} in {rounds} rounds, expected {floor} and more: {self}");
        }
    }
}

/// Runs the trial. Panics where something does not hold, or too little was done to tell.
#[must_use]
pub fn run(args: &KillArgs, seed: u64) -> Counts {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let counts = runtime.block_on(async {
        let mut counts = Counts::default();
        while counts.kills < args.rounds {
            let kills = LEDGER_KILLS.min(args.rounds - counts.kills);
            ledger::torture(args, kills, choices(seed, counts.ledgers), &mut counts).await;
        }
        counts
    });
    counts.expect_enough(args.rounds);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enough() -> Counts {
        Counts {
            kills: 200,
            kills_starting: 48,
            kills_stopping: 20,
            tails: 25,
            single: 5_000,
            batches: 5_000,
            streamed: 5_000,
            acknowledged: 100_000,
            watched: 5_000,
            checkpoints: 10_000,
            again: 1_000,
            reminders: 900,
            reminders_of_ended: 100,
            conflicts: 900,
            ledgers: 4,
            entries: 100_200,
            orphans: 40,
            sealed: 25_000,
            erased: 1_000,
            erased_found: 20,
        }
    }

    #[test]
    fn a_run_that_did_enough_passes() {
        enough().expect_enough(200);
    }

    #[test]
    #[should_panic(expected = "0 requests on streams in 200 rounds, expected 50 and more")]
    fn a_run_without_answers_on_streams_fails() {
        Counts { streamed: 0, ..enough() }.expect_enough(200);
    }

    #[test]
    #[should_panic(expected = "0 checkpoints seen by watching")]
    fn a_run_whose_readers_saw_nothing_fails() {
        Counts { watched: 0, ..enough() }.expect_enough(200);
    }

    #[test]
    #[should_panic(expected = "199 kills in 200 rounds")]
    fn a_run_with_a_kill_too_few_fails() {
        Counts { kills: 199, ..enough() }.expect_enough(200);
    }
}
