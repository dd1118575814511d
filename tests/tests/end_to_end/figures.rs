//! `/metrics`: every figure that operators need, in Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};

use einsicht_tests::make::{Session, request};
use einsicht_tests::service::Service;

use crate::folder;

/// Samples by name and labels, and the type of each metric.
struct Figures {
    samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

impl Figures {
    async fn read(service: &Service) -> Self {
        let page = service.get("/metrics").await;
        assert_eq!(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        Self::parse(page.text())
    }

    /// Strict enough to find a page that Prometheus would not read.
    fn parse(text: &str) -> Self {
        let mut figures = Self { samples: BTreeMap::new(), types: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# HELP ")) {
            if let Some(declaration) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declaration.split_once(' ').unwrap();
                assert!(figures.types.insert(name.into(), kind.into()).is_none(), "declared twice: {line}");
                continue;
            }
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
            let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
            assert!(figures.samples.insert(name.into(), value).is_none(), "given twice: {line}");
        }
        figures
    }

    fn of(&self, name: &str) -> f64 {
        *self.samples.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.samples))
    }

    /// Checks that a histogram is one: buckets grow, and the last one is the count.
    fn histogram(&self, name: &str) -> f64 {
        assert_eq!(self.types.get(name).map(String::as_str), Some("histogram"), "{name}");
        let prefix = format!("{name}_bucket{{le=\"");
        let bound = |sample: &str| sample.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse::<f64>().ok();
        let buckets = self.samples.iter().filter_map(|(sample, count)| Some((bound(sample)?, *count)));
        let mut buckets: Vec<_> = buckets.collect();
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        assert!(buckets.is_sorted_by(|(_, a), (_, b)| a <= b), "{name}: {buckets:?}");
        let count = self.of(&format!("{name}_count"));
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{name}");
        count
    }
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
    let figures = Figures::read(&service).await;
    assert_eq!(figures.of("einsicht_commits_total"), 3.0);
    assert_eq!(figures.of("einsicht_entries_total"), 111.0);
    assert_eq!(figures.of("einsicht_tree_size"), 113.0);
    assert_eq!(figures.of("einsicht_queue_depth"), 0.0);
    assert_eq!(figures.of("einsicht_errors_total{code=\"InvalidArgument\"}"), 2.0);
    assert_eq!(figures.of("einsicht_errors_total{code=\"Unauthenticated\"}"), 1.0);
    let age_s = figures.of("einsicht_checkpoint_age_seconds");
    assert!((0.0..60.0).contains(&age_s), "{age_s}");
    assert_eq!(figures.histogram("einsicht_commit_entries"), 3.0);
    assert_eq!(figures.of("einsicht_commit_entries_sum"), 111.0);
    assert_eq!(figures.of("einsicht_commit_entries_bucket{le=\"16\"}"), 2.0);
    assert_eq!(figures.histogram("einsicht_commit_seconds"), 3.0);
    assert_eq!(figures.histogram("einsicht_sync_seconds"), 3.0);
}

#[tokio::test]
async fn every_figure_is_declared_with_its_type() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(1)).await.unwrap();
    service.record(request(0)).await.unwrap_err();
    let figures = Figures::read(&service).await;
    let suffixes = ["_bucket", "_sum", "_count"];
    let names: BTreeSet<_> = figures.samples.keys().map(|sample| sample.split('{').next().unwrap()).collect();
    for name in names {
        let of_histogram = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
        let declared = figures.types.contains_key(name)
            || of_histogram
                .is_some_and(|name| figures.types.get(name).is_some_and(|kind| kind == "histogram"));
        assert!(declared, "{name}");
    }
}
