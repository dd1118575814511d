//! Proofs from a large log in process, and its audit beside the sha limit.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use einsicht_service::storage::LogReader;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Index, Size, TreeHead, VerifierKey};

use super::Bench;
use super::report::{INCLUSION_P99_US, LARGE_REPORT_VS_VERIFY, LARGE_VERIFY_VS_SHA};
use crate::ledger;
use crate::machine::cores;
use crate::making::{self, megabytes};
use crate::process::{program, run_to_end};
use crate::sha::Leaves;
use crate::stats::percentile;
use crate::steady::scattered;
use crate::turns::Turns;

/// Entries whose bytes the sha limit is taken from: more of them would take as long each.
const SHA_ENTRIES_MAX: u64 = 1_000_000;
/// Entries that are read at a time.
const READ_ENTRIES: u64 = 1000;

impl Bench<'_> {
    /// Proofs of entries all over the log, and between its end and sizes all over it; each is verified.
    pub(super) fn proofs(&mut self) -> anyhow::Result<()> {
        let proofs = self.plan.proofs;
        self.tell(&format!("{proofs} inclusion proofs and as many consistency proofs, in process"));
        let (reader, head) = ledger::read(&self.data())?;
        let inclusion = (0..proofs).map(|step| time_inclusion(&reader, scattered(step, head.size.0), &head));
        self.percentiles(["inclusion_p50_us", INCLUSION_P99_US], inclusion.collect::<Result<_, _>>()?)?;
        let old = |step| Size(1 + scattered(step, head.size.0));
        let consistency = (0..proofs).map(|step| time_consistency(&reader, old(step), &head));
        self.percentiles(["consistency_p50_us", "consistency_p99_us"], consistency.collect::<Result<_, _>>()?)
    }

    fn percentiles(&mut self, [p50, p99]: [&str; 2], mut times: Vec<Duration>) -> anyhow::Result<()> {
        times.sort_unstable();
        for (name, percent) in [(p50, 50), (p99, 99)] {
            let time = percentile(&times, percent).context("no proof was made")?;
            self.figures.measure(name, &[time.as_secs_f64() * 1e6])?;
        }
        Ok(())
    }

    /// `einsicht verify --full` of the folder, in turns with hashing alone.
    pub(super) fn audit(&mut self, verifier: &VerifierKey) -> anyhow::Result<()> {
        self.tell(&format!(
            "audit: {} turns of hashing alone and of `einsicht verify`",
            self.plan.audit_turns
        ));
        let (reader, head) = ledger::read(&self.data())?;
        let leaves = leaves(&reader, head.size.0.min(SHA_ENTRIES_MAX))?;
        let vkey = self.folder.path().join("audit.vkey");
        std::fs::write(&vkey, format!("{verifier}\n"))?;
        let mut command = Command::new(program("einsicht")?);
        command.arg("verify").arg(self.data()).args(["--full", "--quiet", "--vkey"]).arg(&vkey);
        command.arg("--state-dir").arg(self.folder.path().join("audit-state"));
        let (interrupted, mut peaks) = (self.interrupted.clone(), Vec::new());
        let hash = || Ok(per_second(leaves.count() as u64, leaves.hash_all(cores())));
        let audit = || {
            ensure!(!interrupted.is_cancelled(), "interrupted");
            let (taken, peak) = run_to_end(&mut command)?;
            peaks.push(megabytes(peak));
            Ok(per_second(head.size.0, taken))
        };
        let turns = Turns::take(self.plan.audit_turns, hash, audit)?;
        self.figures.ratio_of(LARGE_VERIFY_VS_SHA, &turns)?;
        self.figures.both(["large_sha_limit_entries_per_s", "large_verify_entries_per_s"], &turns)?;
        self.figures.measure("large_verify_memory_mb", &peaks)
    }

    /// `einsicht report make` of the folder, in turns with `einsicht verify --full`; returns the most that it had in
    /// memory.
    pub(super) fn report(&mut self, name: &str, verifier: &VerifierKey) -> anyhow::Result<f64> {
        self.tell(&format!(
            "report: {} turns of `einsicht verify` and of `einsicht report make`",
            self.plan.audit_turns
        ));
        let (data, scratch) = (self.data(), self.folder.path());
        let turns = making::in_turns(&data, verifier, scratch, self.plan.audit_turns, &self.interrupted)?;
        let memory = turns.figures(|taken| taken.memory_mb);
        self.figures.measure(format!("large_report_{name}_memory_mb"), &memory.measured)?;
        if name == "full" {
            let seconds = turns.figures(|taken| taken.seconds);
            self.figures.ratio_of(LARGE_REPORT_VS_VERIFY, &seconds)?;
            self.figures.both(["large_verify_s", "large_report_s"], &seconds)?;
        }
        Ok(memory.measured.iter().copied().fold(0.0, f64::max))
    }
}

fn time_inclusion(reader: &LogReader, index: u64, head: &TreeHead) -> anyhow::Result<Duration> {
    let index = Index(index);
    let begun = Instant::now();
    let proof = reader.inclusion_proof(index, head.size)?;
    let taken = begun.elapsed();
    verify_inclusion(&leaf_hash(&reader.leaf(index)?), index, head, &proof)?;
    Ok(taken)
}

fn time_consistency(reader: &LogReader, old: Size, head: &TreeHead) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let proof = reader.consistency_proof(old, head.size)?;
    let taken = begun.elapsed();
    verify_consistency(&reader.head(old)?, head, &proof)?;
    Ok(taken)
}

/// The first entries of the log.
fn leaves(reader: &LogReader, count: u64) -> anyhow::Result<Leaves> {
    let mut leaves = Leaves::default();
    let mut next = 0;
    while next < count {
        let chunk = READ_ENTRIES.min(count - next);
        let bundle = reader.bundle(Index(next), usize::try_from(chunk)?)?;
        for leaf in einsicht_tlog::bundle::entries(&bundle) {
            leaves.push(leaf?);
        }
        next += chunk;
    }
    Ok(leaves)
}

// Exact up to 2^53 entries.
#[allow(clippy::cast_precision_loss)]
fn per_second(entries: u64, taken: Duration) -> f64 {
    entries as f64 / taken.as_secs_f64()
}
