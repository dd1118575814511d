//! Figures for operators, in Prometheus' text format.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::sequencer::Sequencer;

/// Bounds of latency histograms, seconds: from below an fdatasync of a fast disk to a stuck one.
const LATENCY_BOUNDS_S: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];
/// Bounds of the histogram of entries per commit.
const ENTRIES_BOUNDS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 8192.0];

/// How often samples are summed up.
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
        describe();
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

    /// The page that Prometheus reads. What is a state rather than a count is measured now.
    #[must_use]
    pub fn render(&self, sequencer: &Sequencer) -> String {
        let published = sequencer.published();
        let published = published.borrow();
        // Exact up to 2^53 entries.
        #[allow(clippy::cast_precision_loss)]
        metrics::gauge!("einsicht_tree_size").set(published.head.size.0 as f64);
        metrics::gauge!("einsicht_checkpoint_age_seconds").set(published.since.elapsed().as_secs_f64());
        metrics::gauge!("einsicht_queue_depth")
            .set(f64::from(u32::try_from(sequencer.queue_depth()).unwrap_or(u32::MAX)));
        self.handle.run_upkeep();
        self.handle.render()
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("einsicht_commits_total", "Commits made durable");
    describe_counter!("einsicht_entries_total", "Entries made durable");
    describe_counter!("einsicht_errors_total", "Calls answered with an error, by gRPC code");
    describe_histogram!("einsicht_commit_entries", "Entries per commit");
    describe_histogram!("einsicht_commit_seconds", "Time from taking the first caller to answering the last");
    describe_histogram!("einsicht_sync_seconds", "Time of one fdatasync of the log");
    describe_gauge!("einsicht_tree_size", "Published entries");
    describe_gauge!("einsicht_checkpoint_age_seconds", "Age of the newest checkpoint");
    describe_gauge!("einsicht_scrub_faults", "1 if the last pass over the whole log found damage");
    describe_gauge!("einsicht_queue_depth", "Requests that wait for the writer");
}
