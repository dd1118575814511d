//! A large ledger: what it takes on disk and in memory, how long it takes to start, to prove and to
//! audit, with the real programs as processes of their own.

mod filled;
mod proofs;
mod report;
mod running;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use einsicht_tlog::VerifierKey;
use serde::Serialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::event::Standard;
use crate::figures::Figures;
use crate::ledger::{self, Filling};
use crate::run::cancel_on_signal;
use crate::served;
use crate::steady::Pace;
use crate::turns::settle;

pub use report::LargeReport;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LargePlan {
    /// Entries of the ledger. Memory is measured at a tenth of them as well.
    pub entries: u64,
    /// Events of each commit.
    pub commit_events: u64,
    /// Events that are recorded in commits of 100 into a ledger of their own: what is written for an event is
    /// measured with the smallest commits that the goals speak of.
    pub small_commit_events: u64,
    /// Proofs of each kind.
    pub proofs: u64,
    /// Starts after going down in order, and as many after a kill.
    pub starts: usize,
    /// Turns of hashing and of auditing.
    pub audit_turns: usize,
    /// The load under which memory is measured.
    pub pace: Pace,
    /// For how many seconds.
    pub load_s: u64,
}

impl LargePlan {
    /// The plan for a ledger of so many entries.
    #[must_use]
    pub fn of(entries: u64) -> Self {
        Self {
            entries,
            commit_events: 500,
            small_commit_events: (entries / 10).min(200_000),
            proofs: 20_000,
            starts: 5,
            audit_turns: 3,
            pace: Pace { batches_per_s: 20, events_per_batch: 500, singles_per_s: 200, receipts_per_s: 100 },
            load_s: 20,
        }
    }
}

/// A ledger on which everything is measured, and what it is measured with.
struct Bench<'a> {
    plan: LargePlan,
    folder: TempDir,
    runtime: Runtime,
    interrupted: CancellationToken,
    progress: &'a mut dyn FnMut(&str),
    figures: Figures,
}

/// Measures, in a new folder in `parent`, which is deleted before this returns; `progress` is told what
/// comes next.
///
/// # Errors
/// If a program was not built, or fails; if the process is interrupted (Ctrl-C, SIGTERM).
pub fn run(plan: LargePlan, parent: &Path, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Figures> {
    let runtime = served::runtime("clients")?;
    let interrupted = CancellationToken::new();
    runtime.block_on(async { cancel_on_signal(interrupted.clone()) }).context("signals")?;
    let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(parent)?;
    let mut bench = Bench { plan, folder, runtime, interrupted, progress, figures: Figures::default() };
    bench.measure()?;
    let Bench { folder, figures, .. } = bench;
    folder.close().context("deleting the ledger that was measured")?;
    Ok(figures)
}

impl Bench<'_> {
    fn measure(&mut self) -> anyhow::Result<()> {
        self.small_commits()?;
        let tenth = self.plan.entries / 10;
        let verifier = self.fill(tenth, "a tenth of it")?;
        let small = self.memory("tenth", &verifier)?;
        let small_report = self.report("tenth", &verifier)?;
        self.large_commits(self.plan.entries - tenth)?;
        self.proofs()?;
        self.audit(&verifier)?;
        let large_report = self.report("full", &verifier)?;
        self.figures.ratio(
            report::REPORT_MEMORY_GROWTH,
            crate::stats::Summary::of_ratios(&[large_report], &[small_report]),
        )?;
        self.starts_in_order()?;
        let large = self.memory("full", &verifier)?;
        self.figures.ratio(report::MEMORY_GROWTH, crate::stats::Summary::of_ratios(&[large], &[small]))?;
        self.starts_after_kills()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn tell(&mut self, next: &str) {
        (self.progress)(next);
    }

    /// Records so many events without measuring anything.
    fn fill(&mut self, events: u64, of: &str) -> anyhow::Result<VerifierKey> {
        let commit_events = self.plan.commit_events;
        self.tell(&format!("filling {of}: {events} events in commits of {commit_events}"));
        let filling = Filling { events, commit_events, standard: Standard::Plain };
        let verifier = ledger::fill(&self.data(), filling, &self.interrupted)?.verifier;
        settle(&self.data())?;
        Ok(verifier)
    }
}

fn seconds(durations: &[Duration]) -> Vec<f64> {
    durations.iter().map(Duration::as_secs_f64).collect()
}
