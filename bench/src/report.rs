//! What a run found, as JSON for machines and as tables for people.

use anyhow::Context as _;
use serde::Serialize;

use crate::figures::{Basis, Figures};
use crate::goals::{Bound, Goal};
use crate::lanes::Outcome;
use crate::machine::Machine;
use crate::part::Part;
use crate::plan::Plan;
use crate::run::Measured;
use crate::stats::Summary;
use crate::turns::Turns;

/// Durable acknowledged events a second in batches, of the floor's.
pub const BATCH_VS_FLOOR: &str = "batch_vs_floor";
/// The same of sealed events, of the floor's with a second file.
pub const SEALED_VS_FLOOR: &str = "sealed_vs_floor";
/// Microseconds of one core that preparing a sealed event takes longer than preparing a plain one. No ratio, but
/// a goal.
pub const SEALING_US: &str = "sealing_us";
/// Nanoseconds of one core that it takes to judge a sealed event by twelve commitments. No ratio, but a goal.
pub const JUDGING_NS: &str = "judging_ns";
/// Events a second, one a call, of the floor's.
pub const UNARY_VS_FLOOR: &str = "unary_vs_floor";
/// The 99th percentile of those calls, of the floor's.
pub const UNARY_P99_VS_FLOOR: &str = "unary_p99_vs_floor";
/// Durable acknowledged events a second in batches over TLS, of those in plain text.
pub const TLS_VS_PLAIN: &str = "tls_vs_plain";
/// Requests a second of a handler under the access layer, of one that records itself.
pub const LAYER_VS_BY_HAND: &str = "layer_vs_by_hand";
/// Events a second that the spool takes one by one, of as many bytes appended and synced.
pub const SPOOL_VS_APPEND: &str = "spool_vs_append";
/// Events a second that the spool takes in batches. No ratio, but a goal.
pub const SPOOL_BATCH: &str = "spool_batch_events_per_s";
/// Entries a second of a full audit, of the hashes alone.
pub const VERIFY_VS_SHA: &str = "verify_vs_sha";
/// The same of sealed records, each judged again by twelve commitments.
pub const JUDGED_VS_SHA: &str = "judged_vs_sha";
/// Records a second and core whose markers are tested. No ratio, but a goal.
pub const SCAN_MARKERS: &str = "scan_markers_records_per_s_per_core";
/// Records a second and core of a whole scan, chain, tree and signature included. No ratio, but a goal.
pub const SCAN: &str = "scan_records_per_s_per_core";
/// Seconds of `einsicht report make` over a log of judged records, of those of `einsicht verify --full`.
pub const REPORT_VS_VERIFY: &str = "report_vs_verify";
/// Milliseconds that a lone event takes longer than at the floor. No ratio, but a goal.
pub const LONE_DIFFERENCE_MS: &str = "lone_difference_ms";

/// The goals of docs/performance.md, in the order in which they are shown.
const GOALS: [Goal; 16] = [
    Goal { name: BATCH_VS_FLOOR, bound: Bound::AtLeast(0.75) },
    Goal { name: SEALED_VS_FLOOR, bound: Bound::AtLeast(0.6) },
    Goal { name: SEALING_US, bound: Bound::AtMost(3.5) },
    Goal { name: JUDGING_NS, bound: Bound::AtMost(300.0) },
    Goal { name: UNARY_VS_FLOOR, bound: Bound::AtLeast(0.9) },
    Goal { name: UNARY_P99_VS_FLOOR, bound: Bound::AtMost(1.2) },
    Goal { name: LONE_DIFFERENCE_MS, bound: Bound::AtMost(0.1) },
    Goal { name: TLS_VS_PLAIN, bound: Bound::AtLeast(0.75) },
    Goal { name: LAYER_VS_BY_HAND, bound: Bound::AtLeast(0.99) },
    Goal { name: SPOOL_VS_APPEND, bound: Bound::AtLeast(0.7) },
    Goal { name: SPOOL_BATCH, bound: Bound::AtLeast(50_000.0) },
    Goal { name: VERIFY_VS_SHA, bound: Bound::AtLeast(0.7) },
    Goal { name: JUDGED_VS_SHA, bound: Bound::AtLeast(0.4) },
    Goal { name: SCAN_MARKERS, bound: Bound::AtLeast(4_000_000.0) },
    Goal { name: SCAN, bound: Bound::AtLeast(1_000_000.0) },
    Goal { name: REPORT_VS_VERIFY, bound: Bound::AtMost(3.0) },
];

/// A run, with everything that its figures depend on.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What the figures depend on.
    #[serde(flatten)]
    pub basis: Basis,
    /// How much was measured, and under which load.
    #[serde(flatten)]
    pub plan: Plan,
    /// Which parts were measured; figures of the others are absent.
    pub parts: Vec<Part>,
    /// What was found.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Report {
    /// Sums up a run.
    ///
    /// # Errors
    /// If it had no turns.
    pub fn new(plan: Plan, parts: Vec<Part>, machine: Machine, measured: &Measured) -> anyhow::Result<Self> {
        Ok(Self { basis: Basis::on(machine), plan, parts, figures: figures(measured)? })
    }

    /// For people, at most about 100 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Plan { profile, turns, measured_ms, .. } = self.plan;
        format!(
            "{}profile {profile}: {turns} turns of {measured_ms} ms\n\n{}",
            self.basis.to_text(),
            self.figures.to_text(&GOALS)
        )
    }
}

fn figures(measured: &Measured) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    of_service(measured, &mut figures)?;
    of_client(measured, &mut figures)?;
    if let Some(audit) = &measured.audit {
        figures.ratio_of(VERIFY_VS_SHA, audit)?;
        figures.both(["sha_limit_entries_per_s", "verify_entries_per_s"], audit)?;
    }
    if let Some(judged) = &measured.judged {
        figures.ratio_of(JUDGED_VS_SHA, judged)?;
        figures.both(["judged_sha_limit_entries_per_s", "judged_entries_per_s"], judged)?;
    }
    if let Some(scan) = &measured.scan {
        figures.both([SCAN_MARKERS, SCAN], scan)?;
    }
    if let Some(report) = &measured.report {
        let seconds = report.figures(|taken| taken.seconds);
        figures.ratio_of(REPORT_VS_VERIFY, &seconds)?;
        figures.both(["report_verify_s", "report_s"], &seconds)?;
        let memory = report.figures(|taken| taken.memory_mb);
        figures.both(["report_verify_memory_mb", "report_memory_mb"], &memory)?;
    }
    Ok(figures)
}

/// What the ledger costs beyond the floor.
fn of_service(measured: &Measured, figures: &mut Figures) -> anyhow::Result<()> {
    if let Some(batch) = &measured.batch {
        figures.ratio_of(BATCH_VS_FLOOR, &batch.figures(throughput))?;
        of_load("batch", batch, figures)?;
    }
    if let Some(sealed) = &measured.sealed {
        figures.ratio_of(SEALED_VS_FLOOR, &sealed.figures(throughput))?;
        of_load("sealed", sealed, figures)?;
    }
    if let Some(sealing) = &measured.sealing {
        figures.both(["preparing_plain_us", "preparing_sealed_us"], sealing)?;
        let difference =
            Summary::of_differences(&sealing.measured, &sealing.yardstick).context(SEALING_US)?;
        figures.measures.insert(SEALING_US.to_owned(), difference);
    }
    if let Some(judging) = &measured.judging {
        figures.both(["facts_ns", JUDGING_NS], judging)?;
    }
    if let Some(unary) = &measured.unary {
        figures.ratio_of(UNARY_VS_FLOOR, &unary.figures(throughput))?;
        figures.ratio_of(UNARY_P99_VS_FLOOR, &unary.figures(|outcome| outcome.p99_ms))?;
        of_load("unary", unary, figures)?;
    }
    if let Some(lone) = &measured.lone {
        of_load("lone", lone, figures)?;
        let Turns { yardstick, measured } = lone.figures(|outcome| outcome.p50_ms);
        let difference = Summary::of_differences(&measured, &yardstick).context(LONE_DIFFERENCE_MS)?;
        figures.measures.insert(LONE_DIFFERENCE_MS.to_owned(), difference);
    }
    Ok(())
}

/// What a recorder adds or saves: TLS, layer, spool.
fn of_client(measured: &Measured, figures: &mut Figures) -> anyhow::Result<()> {
    if let Some(tls) = &measured.tls {
        let tls = tls.figures(throughput);
        figures.ratio_of(TLS_VS_PLAIN, &tls)?;
        figures.both(["tls_plain_events_per_s", "tls_events_per_s"], &tls)?;
    }
    if let Some(layer) = &measured.layer {
        let layer = layer.figures(throughput);
        figures.ratio_of(LAYER_VS_BY_HAND, &layer)?;
        figures.both(["by_hand_requests_per_s", "layer_requests_per_s"], &layer)?;
    }
    if let Some(spool) = &measured.spool_lone {
        let spool = spool.figures(throughput);
        figures.ratio_of(SPOOL_VS_APPEND, &spool)?;
        figures.both(["append_per_s", "spool_lone_events_per_s"], &spool)?;
    }
    if let Some(spool) = &measured.spool_batch {
        figures.both(["append_batch_per_s", SPOOL_BATCH], &spool.figures(throughput))?;
    }
    Ok(())
}

/// Floor and ledger under one load.
fn of_load(load: &str, turns: &Turns<Outcome>, figures: &mut Figures) -> anyhow::Result<()> {
    let mut add = |unit: &str, turns: &Turns<f64>| {
        figures.both([&format!("{load}_floor_{unit}"), &format!("{load}_ledger_{unit}")], turns)
    };
    add("events_per_s", &turns.figures(throughput))?;
    add("p50_ms", &turns.figures(|outcome| outcome.p50_ms))?;
    add("p99_ms", &turns.figures(|outcome| outcome.p99_ms))?;
    // Group commit must have reached about as much on both sides, or something else is compared.
    add("events_per_commit", &turns.figures(|outcome| outcome.events_per_commit.unwrap_or(f64::NAN)))
}

fn throughput(outcome: &Outcome) -> f64 {
    outcome.events_per_s
}

#[cfg(test)]
mod tests;
