//! The result of a soak, as JSON for machines and as a table for people.

use serde::Serialize;

use super::{Sample, SoakPlan};
use crate::figures::{Basis, Figures};
use crate::goals::{Bound, Goal};
use crate::machine::Machine;
use crate::stats::Summary;

/// Memory of the service.
const MEMORY_MB: &str = "soak_memory_mb";
/// Median memory in the last third, of that in the first.
const MEMORY_GROWTH: &str = "soak_memory_growth";
/// The 99th percentile of single calls in the last third, of that in the first; medians of the samples.
const SINGLE_P99_GROWTH: &str = "soak_single_p99_growth";

const GOALS: [Goal; 2] = [
    Goal { name: MEMORY_MB, bound: Bound::AtMost(150.0) },
    Goal { name: MEMORY_GROWTH, bound: Bound::AtMost(1.1) },
];

/// What was found in a soak, with everything that its figures depend on.
#[derive(Debug, Serialize)]
pub struct SoakReport {
    /// What the figures depend on.
    #[serde(flatten)]
    pub basis: Basis,
    /// How it was done.
    #[serde(flatten)]
    pub plan: SoakPlan,
    /// What was found.
    #[serde(flatten)]
    pub figures: Figures,
    /// What was seen from moment to moment.
    pub samples: Vec<Sample>,
}

impl SoakReport {
    /// Sums up a soak on `machine`.
    ///
    /// # Errors
    /// If there is no sample, or nothing was answered.
    pub fn new(plan: SoakPlan, machine: Machine, samples: Vec<Sample>) -> anyhow::Result<Self> {
        Ok(Self { basis: Basis::on(machine), plan, figures: figures(&samples)?, samples })
    }

    /// For people, at most about 100 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (seconds, samples) = (self.plan.lasting.as_secs(), self.samples.len());
        format!("{}{seconds} s, {samples} samples\n\n{}", self.basis.to_text(), self.figures.to_text(&GOALS))
    }
}

type Of = fn(&Sample) -> Option<f64>;

fn figures(samples: &[Sample]) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let all: [(&str, Of); 9] = [
        (MEMORY_MB, |sample| Some(sample.resident_mb)),
        ("soak_events_per_s", |sample| Some(sample.events_per_s)),
        ("soak_queue_depth", |sample| Some(sample.queue_depth)),
        ("soak_batch_p50_ms", |sample| sample.batch.p50_ms),
        ("soak_batch_p99_ms", |sample| sample.batch.p99_ms),
        ("soak_single_p50_ms", |sample| sample.single.p50_ms),
        ("soak_single_p99_ms", |sample| sample.single.p99_ms),
        ("soak_receipt_p50_ms", |sample| sample.receipt.p50_ms),
        ("soak_receipt_p99_ms", |sample| sample.receipt.p99_ms),
    ];
    for (name, of) in all {
        figures.measure(name, &values(samples, of))?;
    }
    figures.ratio(MEMORY_GROWTH, growth(samples, |sample| Some(sample.resident_mb)))?;
    figures.ratio(SINGLE_P99_GROWTH, growth(samples, |sample| sample.single.p99_ms))?;
    Ok(figures)
}

fn values(samples: &[Sample], of: Of) -> Vec<f64> {
    samples.iter().filter_map(of).collect()
}

/// Median of the last third, of that of the first.
fn growth(samples: &[Sample], of: Of) -> Option<Summary> {
    let third = samples.len().div_ceil(3);
    let first = Summary::of(&values(samples.get(..third)?, of))?;
    let last = Summary::of(&values(samples.get(samples.len() - third..)?, of))?;
    Summary::of_ratios(&[last.median], &[first.median])
}

#[cfg(test)]
mod tests {
    use super::super::Latency;
    use super::*;

    fn sample(resident_mb: f64) -> Sample {
        let latency = Latency { p50_ms: Some(1.0), p99_ms: Some(2.0) };
        let (batch, single, receipt) = (latency, latency, latency);
        Sample { at_s: 1.0, resident_mb, events_per_s: 10.0, queue_depth: 0.0, batch, single, receipt }
    }

    #[test]
    fn growth_is_that_from_the_first_third_to_the_last() {
        let samples: Vec<_> = [50.0, 50.0, 90.0, 90.0, 100.0, 100.0].map(sample).to_vec();
        let figures = figures(&samples).unwrap();
        assert_eq!(figures.ratios["soak_memory_growth"], 2.0);
        assert_eq!(figures.ratios["soak_single_p99_growth"], 1.0);
        assert_eq!(figures.measures["soak_memory_mb"].max, 100.0);
    }

    #[test]
    fn nothing_seen_is_no_result() {
        assert!(figures(&[]).is_err());
    }
}
