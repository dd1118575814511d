//! A steady load on the real service for a long time: does anything grow or slow down?

mod picture;
mod report;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use einsicht_service::storage::VKEY;
use einsicht_tlog::VerifierKey;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::process::Service;
use crate::run::cancel_on_signal;
use crate::served;
use crate::stats::percentile;
use crate::steady::{self, Answers, Kind, Pace};

pub use report::SoakReport;

/// Samples of a soak, at most about: what a picture shows, and a person reads.
const SAMPLES: u32 = 900;
/// Least time between two samples.
const SAMPLE_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// How a soak is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SoakPlan {
    /// How long.
    #[serde(serialize_with = "as_seconds")]
    pub lasting: Duration,
    /// Under which load.
    pub pace: Pace,
}

/// What was seen from one moment to the next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since the beginning.
    pub at_s: f64,
    /// What the service has in memory.
    pub resident_mb: f64,
    /// Durable acknowledged events a second.
    pub events_per_s: f64,
    /// Requests that wait for the writer.
    pub queue_depth: f64,
    /// Of calls with a batch.
    pub batch: Latency,
    /// Of calls with one event.
    pub single: Latency,
    /// Of receipts.
    pub receipt: Latency,
}

/// How long calls took, from when they were due; `None` if none ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them at most, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99 of 100 at most, in milliseconds.
    pub p99_ms: Option<f64>,
}

impl SoakPlan {
    /// The plan for so many minutes: 10,000 events a second in batches of 500, 200 alone, and 100 readers
    /// of receipts.
    #[must_use]
    pub fn of_minutes(minutes: u64) -> Self {
        let pace = Pace { batches_per_s: 20, events_per_batch: 500, singles_per_s: 200, receipts_per_s: 100 };
        Self { lasting: Duration::from_secs(minutes * 60), pace }
    }
}

/// Soaks, over a new folder in `parent`, which is deleted before this returns. `progress` is told each
/// sample.
///
/// # Errors
/// If `einsichtd` was not built or fails, a call fails, or the process is interrupted (Ctrl-C, SIGTERM).
pub fn run(
    plan: SoakPlan,
    parent: &Path,
    progress: &mut (dyn FnMut(&Sample) + Send),
) -> anyhow::Result<Vec<Sample>> {
    let runtime = served::runtime("clients")?;
    let interrupted = CancellationToken::new();
    runtime.block_on(async { cancel_on_signal(interrupted.clone()) }).context("signals")?;
    let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(parent)?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    let (service, _) = Service::start(&data)?;
    let verifier = VerifierKey::parse(&std::fs::read_to_string(data.join(VKEY))?)?;
    let (answers, target) = (Answers::default(), service.target());
    let load = steady::run(&target, &verifier, plan.pace, plan.lasting, &answers, &interrupted);
    let samples = std::thread::scope(|scope| {
        let sampling = scope.spawn(|| watch(&service, plan, &answers, &interrupted, progress));
        let loaded = runtime.block_on(load);
        if loaded.is_err() {
            interrupted.cancel();
        }
        let samples = sampling.join().map_err(|_| anyhow::anyhow!("taking samples panicked"))?;
        // That the load failed is the reason for what came after it.
        loaded.and(samples)
    })?;
    service.terminate()?;
    folder.close().context("deleting the ledger")?;
    Ok(samples)
}

/// Takes samples until the soak is over.
fn watch(
    service: &Service,
    plan: SoakPlan,
    answers: &Answers,
    interrupted: &CancellationToken,
    progress: &mut (dyn FnMut(&Sample) + Send),
) -> anyhow::Result<Vec<Sample>> {
    let interval = (plan.lasting / SAMPLES).max(SAMPLE_INTERVAL_MIN);
    let (begun, mut last, mut samples) = (Instant::now(), Instant::now(), Vec::new());
    while begun.elapsed() + interval <= plan.lasting {
        std::thread::sleep(interval.saturating_sub(last.elapsed()));
        ensure!(!interrupted.is_cancelled(), "interrupted");
        let (taken, since) = (answers.take(), last.elapsed());
        last = Instant::now();
        let sample = sample(service, plan.pace, taken, since, begun.elapsed())?;
        progress(&sample);
        samples.push(sample);
    }
    ensure!(!samples.is_empty(), "the soak was too short for a sample");
    Ok(samples)
}

fn sample(
    service: &Service,
    pace: Pace,
    answers: Vec<(Kind, Duration)>,
    since: Duration,
    at: Duration,
) -> anyhow::Result<Sample> {
    let events: u64 = answers
        .iter()
        .map(|(kind, _)| match kind {
            Kind::Batch => pace.events_per_batch,
            Kind::Single => 1,
            Kind::Receipt => 0,
        })
        .sum();
    let latency =
        |kind: Kind| Latency::of(answers.iter().filter(|(of, _)| *of == kind).map(|(_, taken)| *taken));
    // Exact up to 2^53.
    #[allow(clippy::cast_precision_loss)]
    let (events, resident) = (events as f64, service.memory()?.resident as f64);
    Ok(Sample {
        at_s: at.as_secs_f64(),
        resident_mb: resident / 1e6,
        events_per_s: events / since.as_secs_f64(),
        queue_depth: service.figure("einsicht_queue_depth")?,
        batch: latency(Kind::Batch),
        single: latency(Kind::Single),
        receipt: latency(Kind::Receipt),
    })
}

impl Latency {
    fn of(taken: impl Iterator<Item = Duration>) -> Self {
        let mut taken: Vec<_> = taken.collect();
        taken.sort_unstable();
        let ms = |percent| percentile(&taken, percent).map(|taken| taken.as_secs_f64() * 1e3);
        Self { p50_ms: ms(50), p99_ms: ms(99) }
    }
}

fn as_seconds<S: serde::Serializer>(lasting: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(lasting.as_secs_f64())
}
