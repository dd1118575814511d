//! `/metrics`: every figure that operators need, in Prometheus' text format.

use einsicht_service::metrics::METRICS;
use einsicht_tests::figures::Figures;
use einsicht_tests::make::{Session, now_us, request};
use einsicht_tests::service::Service;

use crate::folder;

async fn read(service: &Service) -> Figures {
    Figures::read(&service.get("/metrics").await)
}

/// Checks that a histogram is one: buckets grow, and the last one is the count.
fn histogram(figures: &Figures, name: &str) -> f64 {
    assert_eq!(figures.types.get(name).map(String::as_str), Some("histogram"), "{name}");
    let prefix = format!("{name}_bucket{{le=\"");
    let bound = |sample: &str| sample.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse::<f64>().ok();
    let buckets = figures.samples.iter().filter_map(|(sample, count)| Some((bound(sample)?, *count)));
    let mut buckets: Vec<_> = buckets.collect();
    buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    assert!(buckets.is_sorted_by(|(_, a), (_, b)| a <= b), "{name}: {buckets:?}");
    let count = figures.of(&format!("{name}_count"));
    assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{name}");
    count
}

#[tokio::test]
async fn what_was_recorded_and_refused_is_counted() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    for count in [1, 10, 100] {
        service.record(session.request(count)).await.unwrap();
    }
    service.record(request(0)).await.unwrap_err();
    service.record(request(0)).await.unwrap_err();
    service.recorder_as(None).record(request(1)).await.unwrap_err();
    let figures = read(&service).await;
    assert_eq!(figures.of("einsicht_commits_total"), 3.0);
    assert_eq!(figures.of("einsicht_entries_total"), 111.0);
    assert_eq!(figures.of("einsicht_tree_size"), 113.0);
    assert_eq!(figures.of("einsicht_queue_depth"), 0.0);
    assert_eq!(figures.of("einsicht_errors_total{code=\"InvalidArgument\"}"), 2.0);
    assert_eq!(figures.of("einsicht_errors_total{code=\"Unauthenticated\"}"), 1.0);
    let age_s = figures.of("einsicht_checkpoint_age_seconds");
    assert!((0.0..60.0).contains(&age_s), "{age_s}");
    assert_eq!(histogram(&figures, "einsicht_commit_entries"), 3.0);
    assert_eq!(figures.of("einsicht_commit_entries_sum"), 111.0);
    assert_eq!(figures.of("einsicht_commit_entries_bucket{le=\"16\"}"), 2.0);
    assert_eq!(histogram(&figures, "einsicht_commit_seconds"), 3.0);
    assert_eq!(histogram(&figures, "einsicht_sync_seconds"), 3.0);
}

#[tokio::test]
async fn the_state_of_a_healthy_service_is_told() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(1)).await.unwrap();
    let figures = read(&service).await;
    assert_eq!(figures.of("einsicht_recording_stopped"), 0.0);
    assert_eq!(figures.of("einsicht_clock_alarm"), 0.0);
    assert_eq!(figures.of("einsicht_submissions_total"), 1.0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(figures.of(&format!("einsicht_build_info{{version=\"{version}\"}}")), 1.0);
    #[allow(clippy::cast_precision_loss)]
    let now_s = now_us() as f64 / 1e6;
    assert!((figures.of("einsicht_clock_seconds") - now_s).abs() < 60.0);
    assert!((figures.of("process_start_time_seconds") - now_s).abs() < 60.0);
    assert!(figures.of("einsicht_session_store_lag_entries") <= 3.0);
    let (size, free) = (figures.of("einsicht_disk_size_bytes"), figures.of("einsicht_disk_free_bytes"));
    assert!(0.0 < free && free < size, "{free} of {size}");
    // Genesis and start at least: they were recorded before the disk was measured first.
    assert!(figures.of("einsicht_data_bytes{part=\"entries\"}") > 200.0);
    assert!(figures.of("process_resident_memory_bytes") > 1e6);
    assert!(figures.of("process_open_fds") < figures.of("process_max_fds"));
}

#[tokio::test]
async fn the_scrub_tells_when_it_has_read_the_whole_log() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let begun = std::time::Instant::now();
    let figures = loop {
        let figures = read(&service).await;
        if figures.of("einsicht_scrub_passes_total") == 1.0 {
            break figures;
        }
        assert!(begun.elapsed() < einsicht_tests::process::PATIENCE, "no pass over two entries ended");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(figures.of("einsicht_scrub_faults"), 0.0);
    assert_eq!(figures.of("einsicht_scrub_checked_entries"), 2.0);
    assert!(figures.of("einsicht_scrub_last_pass_timestamp_seconds") > 0.0);
}

#[tokio::test]
async fn every_figure_on_the_page_is_described() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(1)).await.unwrap();
    service.record(request(0)).await.unwrap_err();
    let figures = read(&service).await;
    for name in figures.names() {
        let metric = METRICS.iter().find(|metric| metric.name == name);
        let kind = metric.map(|metric| format!("{:?}", metric.kind).to_lowercase());
        assert_eq!(kind.as_ref(), figures.types.get(name), "{name}");
    }
}
