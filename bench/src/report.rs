//! What a run found, as JSON for machines and as tables for people.

use std::collections::BTreeMap;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::event::{self, Description};
use crate::lanes::Outcome;
use crate::machine::{self, Machine};
use crate::part::Part;
use crate::plan::Plan;
use crate::run::Measured;
use crate::stats::Summary;
use crate::turns::Turns;

/// Durable acknowledged events a second in batches, of the floor's.
pub const BATCH_VS_FLOOR: &str = "batch_vs_floor";
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
/// Milliseconds that a lone event takes longer than at the floor. No ratio, but a goal.
pub const LONE_DIFFERENCE_MS: &str = "lone_difference_ms";

/// The goals of docs/performance.md, in the order in which they are shown.
const GOALS: [Goal; 9] = [
    Goal { name: BATCH_VS_FLOOR, bound: Bound::AtLeast(0.75) },
    Goal { name: UNARY_VS_FLOOR, bound: Bound::AtLeast(0.9) },
    Goal { name: UNARY_P99_VS_FLOOR, bound: Bound::AtMost(1.2) },
    Goal { name: LONE_DIFFERENCE_MS, bound: Bound::AtMost(0.1) },
    Goal { name: TLS_VS_PLAIN, bound: Bound::AtLeast(0.75) },
    Goal { name: LAYER_VS_BY_HAND, bound: Bound::AtLeast(0.99) },
    Goal { name: SPOOL_VS_APPEND, bound: Bound::AtLeast(0.7) },
    Goal { name: SPOOL_BATCH, bound: Bound::AtLeast(50_000.0) },
    Goal { name: VERIFY_VS_SHA, bound: Bound::AtLeast(0.7) },
];

struct Goal {
    name: &'static str,
    bound: Bound,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A run, with everything that its figures depend on.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it was measured on.
    pub machine: Machine,
    /// What was measured.
    pub commit: String,
    /// How it was started.
    pub command: String,
    /// Whether the compiler optimised: `release` or `debug`. Figures of the latter say nothing.
    pub build: &'static str,
    /// How much was measured, and under which load.
    #[serde(flatten)]
    pub plan: Plan,
    /// Which parts were measured; figures of the others are absent.
    pub parts: Vec<Part>,
    /// What was recorded.
    pub event: Description,
    /// Medians over the turns, with their spread; the unit is the end of each name.
    pub measures: BTreeMap<String, Summary>,
    /// Medians of what was measured against its yardstick, turn by turn.
    pub ratios: BTreeMap<&'static str, f64>,
    /// The same with their spread.
    pub ratio_spread: BTreeMap<&'static str, Summary>,
}

impl Report {
    /// Sums up a run.
    ///
    /// # Errors
    /// If it had no turns.
    pub fn new(plan: Plan, parts: Vec<Part>, machine: Machine, measured: &Measured) -> anyhow::Result<Self> {
        let Figures { measures, ratio_spread } = Figures::of(measured)?;
        Ok(Self {
            machine,
            commit: machine::commit(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            plan,
            parts,
            event: event::describe(),
            measures,
            ratios: ratio_spread.iter().map(|(name, summary)| (*name, summary.median)).collect(),
            ratio_spread,
        })
    }

    /// For people, at most about 100 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { machine, event, plan, .. } = self;
        let load = machine.load_before.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
        let mut measures = table(["measure", "median", "min", "max"]);
        for (name, Summary { median, min, max }) in &self.measures {
            measures.add_row([name.clone(), figure(*median), figure(*min), figure(*max)]);
        }
        format!(
            "{} cores, {}, Linux {}, {}, fdatasync {:.2} ms, load before {load}\n\
             commit {}, {} build, profile {}: {} turns of {} ms\n\
             event '{}': leaf of {} bytes, {} sealed fields, {} subjects\n  {}\n\n{}\n\n{}\n",
            machine.cores,
            machine.cpu,
            machine.kernel,
            machine.file_system,
            machine.fdatasync_ms,
            self.commit,
            self.build,
            plan.profile,
            plan.turns,
            plan.measured_ms,
            event.name,
            event.leaf_bytes,
            event.sealed_fields,
            event.subjects,
            event.fields.join(" "),
            measures.trim_fmt(),
            self.goals().trim_fmt(),
        )
    }

    fn goals(&self) -> Table {
        let mut goals = table(["against the yardstick", "median", "min", "max", "goal", "reached"]);
        for Goal { name, bound } in &GOALS {
            let summary = self.ratio_spread.get(name).or_else(|| self.measures.get(*name));
            let Some(Summary { median, min, max }) = summary else { continue };
            let reached = if bound.holds(*median) { "yes" } else { "no" };
            let (median, min, max) = (figure(*median), figure(*min), figure(*max));
            goals.add_row([name, &*median, &*min, &*max, &*bound.to_string(), reached]);
        }
        goals
    }
}

/// Medians under their names.
#[derive(Default)]
struct Figures {
    measures: BTreeMap<String, Summary>,
    ratio_spread: BTreeMap<&'static str, Summary>,
}

impl Figures {
    fn of(measured: &Measured) -> anyhow::Result<Self> {
        let mut figures = Self::default();
        figures.add_of_service(measured)?;
        figures.add_of_client(measured)?;
        if let Some(audit) = &measured.audit {
            figures.add_ratio(VERIFY_VS_SHA, audit)?;
            figures.add_named(["sha_limit_entries_per_s", "verify_entries_per_s"], audit)?;
        }
        Ok(figures)
    }

    /// What the ledger costs beyond the floor.
    fn add_of_service(&mut self, measured: &Measured) -> anyhow::Result<()> {
        if let Some(batch) = &measured.batch {
            self.add_ratio(BATCH_VS_FLOOR, &batch.figures(throughput))?;
            self.add_load("batch", batch)?;
        }
        if let Some(unary) = &measured.unary {
            self.add_ratio(UNARY_VS_FLOOR, &unary.figures(throughput))?;
            self.add_ratio(UNARY_P99_VS_FLOOR, &unary.figures(|outcome| outcome.p99_ms))?;
            self.add_load("unary", unary)?;
        }
        if let Some(lone) = &measured.lone {
            self.add_load("lone", lone)?;
            let Turns { yardstick, measured } = lone.figures(|outcome| outcome.p50_ms);
            let difference = Summary::of_differences(&measured, &yardstick).context(LONE_DIFFERENCE_MS)?;
            self.measures.insert(LONE_DIFFERENCE_MS.to_owned(), difference);
        }
        Ok(())
    }

    /// What a recorder adds or saves: TLS, layer, spool.
    fn add_of_client(&mut self, measured: &Measured) -> anyhow::Result<()> {
        if let Some(tls) = &measured.tls {
            let tls = tls.figures(throughput);
            self.add_ratio(TLS_VS_PLAIN, &tls)?;
            self.add_named(["tls_plain_events_per_s", "tls_events_per_s"], &tls)?;
        }
        if let Some(layer) = &measured.layer {
            let layer = layer.figures(throughput);
            self.add_ratio(LAYER_VS_BY_HAND, &layer)?;
            self.add_named(["by_hand_requests_per_s", "layer_requests_per_s"], &layer)?;
        }
        if let Some(spool) = &measured.spool_lone {
            let spool = spool.figures(throughput);
            self.add_ratio(SPOOL_VS_APPEND, &spool)?;
            self.add_named(["append_per_s", "spool_lone_events_per_s"], &spool)?;
        }
        if let Some(spool) = &measured.spool_batch {
            self.add_named(["append_batch_per_s", SPOOL_BATCH], &spool.figures(throughput))?;
        }
        Ok(())
    }

    /// Floor and ledger under one load.
    fn add_load(&mut self, load: &str, turns: &Turns<Outcome>) -> anyhow::Result<()> {
        self.add_both(load, "events_per_s", &turns.figures(throughput))?;
        self.add_both(load, "p50_ms", &turns.figures(|outcome| outcome.p50_ms))?;
        self.add_both(load, "p99_ms", &turns.figures(|outcome| outcome.p99_ms))
    }

    fn add_both(&mut self, load: &str, unit: &str, turns: &Turns<f64>) -> anyhow::Result<()> {
        self.add_named([&format!("{load}_floor_{unit}"), &format!("{load}_ledger_{unit}")], turns)
    }

    fn add_named(&mut self, [yardstick, measured]: [&str; 2], turns: &Turns<f64>) -> anyhow::Result<()> {
        for (name, values) in [(yardstick, &turns.yardstick), (measured, &turns.measured)] {
            let summary = Summary::of(values).with_context(|| format!("{name}: no turn was measured"))?;
            self.measures.insert(name.to_owned(), summary);
        }
        Ok(())
    }

    fn add_ratio(&mut self, name: &'static str, turns: &Turns<f64>) -> anyhow::Result<()> {
        let summary = Summary::of_ratios(&turns.measured, &turns.yardstick);
        self.ratio_spread.insert(name, summary.with_context(|| format!("{name}: no turn was measured"))?);
        Ok(())
    }
}

fn throughput(outcome: &Outcome) -> f64 {
    outcome.events_per_s
}

impl Bound {
    fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= *bound,
            Self::AtMost(bound) => value <= *bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
        }
    }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// Large figures whole, small ones with three digits behind the point.
fn figure(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests;
