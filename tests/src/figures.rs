//! The page `/metrics`, read strictly.

use std::collections::{BTreeMap, BTreeSet};

use crate::service::Page;

/// Samples by name and labels, and the type of each metric.
pub struct Figures {
    /// Each sample under its name with its labels, as written.
    pub samples: BTreeMap<String, f64>,
    /// What kind each metric is.
    pub types: BTreeMap<String, String>,
}

impl Figures {
    /// Reads an answer of `/metrics`.
    #[must_use]
    pub fn read(page: &Page) -> Self {
        assert_eq!(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        Self::parse(page.text())
    }

    /// Strict enough to find a page that Prometheus would not read.
    #[must_use]
    pub fn parse(text: &str) -> Self {
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

    /// The value of one sample.
    #[must_use]
    pub fn of(&self, name: &str) -> f64 {
        *self.samples.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.samples))
    }

    /// The names of all metrics, those of histograms without their suffixes.
    ///
    /// Fails if one is not declared.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        let samples = self.samples.keys().map(|sample| sample.split('{').next().unwrap_or(sample));
        samples.map(|name| self.declared(name).unwrap_or_else(|| panic!("{name} has no type"))).collect()
    }

    fn declared<'a>(&self, name: &'a str) -> Option<&'a str> {
        let histogram = |name: &&str| self.types.get(*name).is_some_and(|kind| kind == "histogram");
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        of_histogram.filter(histogram).or_else(|| self.types.contains_key(name).then_some(name))
    }
}
