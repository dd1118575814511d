//! Figures for operators, in Prometheus' text format.

mod catalog;
mod machine;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::sequencer::Sequencer;

pub use catalog::{Kind, METRICS, Metric};

/// Bounds of latency histograms, seconds: from below an fdatasync of a fast disk to a stuck one.
const LATENCY_BOUNDS_S: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];
/// Bounds of the histogram of entries per commit.
const ENTRIES_BOUNDS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 8192.0];

/// How often samples are summed up, and the machine is measured.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The recorder of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Installs the recorder of this process; once only.
    ///
    /// # Errors
    /// If there is one already, or no thread can be had.
    pub fn install() -> anyhow::Result<Self> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BOUNDS_S)?
            .set_buckets_for_metric(Matcher::Full("einsicht_commit_entries".to_owned()), &ENTRIES_BOUNDS)?
            .install_recorder()?;
        catalog::describe();
        let metrics = Self { handle };
        let upkeep = metrics.handle.clone();
        // Without it, samples of histograms pile up until somebody asks for the page.
        std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                upkeep.run_upkeep();
            }
        })?;
        Ok(metrics)
    }

    /// Measures the room of the data folder and this process, now and every few seconds from here on.
    ///
    /// On a thread of its own: where a disk hangs, whoever asks for the page must not hang with it.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn watch(&self, data: &Path) -> std::io::Result<()> {
        let mut machine = machine::Machine::new(data);
        machine.measure();
        let watch = move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                machine.measure();
            }
        };
        std::thread::Builder::new().name("watch".to_owned()).spawn(watch).map(|_| ())
    }

    /// The page that Prometheus reads. What is a state rather than a count is measured now.
    #[must_use]
    pub fn render(&self, sequencer: &Sequencer) -> String {
        measure(sequencer);
        self.handle.run_upkeep();
        self.handle.render()
    }
}

// Exact up to 2^53 entries.
#[allow(clippy::cast_precision_loss)]
fn measure(sequencer: &Sequencer) {
    let published = sequencer.published();
    let published = published.borrow();
    let size = published.head.size.0;
    metrics::gauge!("einsicht_tree_size").set(size as f64);
    metrics::gauge!("einsicht_checkpoint_age_seconds").set(published.since.elapsed().as_secs_f64());
    let lag = size.saturating_sub(sequencer.stored_before().0);
    metrics::gauge!("einsicht_session_store_lag_entries").set(lag as f64);
    metrics::gauge!("einsicht_queue_depth").set(sequencer.queue_depth() as f64);
    metrics::gauge!("einsicht_recording_stopped").set(flag(sequencer.stopped().is_some()));
    metrics::gauge!("einsicht_disk_alarm").set(flag(sequencer.no_room().is_some()));
    metrics::gauge!("einsicht_clock_alarm").set(flag(sequencer.clock_alarm()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("einsicht_clock_seconds").set(now.as_secs_f64());
}

fn flag(raised: bool) -> f64 {
    if raised { 1.0 } else { 0.0 }
}
