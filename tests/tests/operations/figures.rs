//! Every metric is in the catalogue of the service, and every one in there is documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use einsicht_service::metrics::{Kind, METRICS};

use crate::{read, root};

/// Whether the service exposes a name: that of a metric, or one that a histogram brings along. `up` is
/// Prometheus' own.
pub fn is_exposed(name: &str) -> bool {
    let histogram = |name: &str| METRICS.iter().any(|m| m.name == name && m.kind == Kind::Histogram);
    let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
    name == "up" || METRICS.iter().any(|metric| metric.name == name) || of_histogram.is_some_and(histogram)
}

/// The calls of the `metrics` macros in the sources of the service: name → kinds. Names that are not
/// written there as literals are not found; the test of the page finds them.
fn used(folder: &Path, found: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            for kind in ["counter", "gauge", "histogram"] {
                for (_, call) in
                    source.match_indices(&format!("{kind}!(")).map(|(at, m)| (at, &source[at + m.len()..]))
                {
                    if let Some((name, _)) =
                        call.trim_start().strip_prefix('"').and_then(|c| c.split_once('"'))
                    {
                        found.entry(name.to_owned()).or_default().insert(kind);
                    }
                }
            }
        }
    }
}

#[test]
fn what_the_service_counts_is_in_the_catalogue_with_its_kind() {
    let mut found = BTreeMap::new();
    used(&root().join("service/src"), &mut found);
    assert!(found.len() > 10, "{found:?}");
    for (name, kinds) in found {
        let metric = METRICS.iter().find(|metric| metric.name == name);
        let kind = metric.map(|metric| format!("{:?}", metric.kind).to_lowercase());
        let kind = kind.unwrap_or_else(|| panic!("{name} is not in service/src/metrics/catalog.rs"));
        assert!(kinds.iter().all(|used| *used == kind), "{name} is a {kind}, and is used as {kinds:?}");
    }
}

#[test]
fn every_metric_is_documented_once_and_nothing_else_is() {
    let page = read("docs/watching.md");
    let (_, table) = page.split_once("## Every figure").expect("the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: Vec<&str> = rows.map(|(name, _)| name.split('{').next().unwrap_or(name)).collect();
    let exposed: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(documented, exposed, "the table of docs/watching.md and the catalogue, in one order");
}

#[test]
fn every_name_that_the_pages_give_to_a_metric_exists() {
    for page in ["docs/watching.md", "docs/operations.md", "docs/refusals.md"] {
        let Ok(text) = fs::read_to_string(root().join(page)) else { continue };
        let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        let metric = |word: &&str| word.starts_with("einsicht_") || word.starts_with("process_");
        for name in words.filter(metric) {
            // Crates and packages are named alike.
            assert!(is_exposed(name) || name == "einsicht_client", "{page} names {name}");
        }
    }
}
