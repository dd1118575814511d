//! The Grafana dashboard asks for nothing that the service does not expose.

use std::collections::BTreeSet;

use einsicht_service::metrics::METRICS;
use serde_json::Value;

use crate::figures::is_exposed;
use crate::query::metrics;
use crate::read;

fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/einsicht.json")).unwrap();
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row").cloned().collect()
}

fn queries(panel: &Value) -> Vec<&str> {
    panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap()).collect()
}

#[test]
fn panels_ask_for_metrics_that_exist() {
    for panel in panels() {
        assert!(!queries(&panel).is_empty(), "{}", panel["title"]);
        for query in queries(&panel) {
            assert!(!metrics(query).is_empty(), "{query}");
            for metric in metrics(query) {
                assert!(is_exposed(&metric), "{} asks for {metric}", panel["title"]);
            }
        }
    }
}

#[test]
fn alerts_that_panels_refer_to_exist() {
    let rules = read("deploy/prometheus/einsicht.rules.yml");
    for panel in panels() {
        let description = panel["description"].as_str().unwrap();
        let words = description.split(|letter: char| !letter.is_ascii_alphanumeric());
        for name in words.filter(|word| word.starts_with("Einsicht") && word.len() > "Einsicht".len()) {
            assert!(rules.contains(&format!("alert: {name}\n")), "{} refers to {name}", panel["title"]);
        }
    }
}

#[test]
fn whatever_the_service_says_of_itself_is_shown_somewhere() {
    let panels = panels();
    let asked: BTreeSet<String> =
        panels.iter().flat_map(queries).flat_map(|query| metrics(query).into_iter()).collect();
    for metric in METRICS.iter().filter(|metric| metric.name.starts_with("einsicht_")) {
        let shown = asked.iter().any(|name| name.starts_with(metric.name));
        // Seen in the other figures already.
        let elsewhere = ["einsicht_checkpoint_age_seconds", "einsicht_scrub_passes_total"];
        assert!(shown || elsewhere.contains(&metric.name), "{} is on no panel", metric.name);
    }
}

#[test]
fn panels_do_not_overlap() {
    let places: Vec<[i64; 4]> = panels()
        .iter()
        .map(|panel| ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_i64().unwrap()))
        .collect();
    for (position, [x, y, w, h]) in places.iter().enumerate() {
        assert!(x + w <= 24, "{x} + {w}");
        for [x2, y2, w2, h2] in &places[position + 1..] {
            let apart = x + w <= *x2 || x2 + w2 <= *x || y + h <= *y2 || y2 + h2 <= *y;
            assert!(apart, "at {x}, {y} and at {x2}, {y2}");
        }
    }
}
