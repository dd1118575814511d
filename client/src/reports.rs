//! The transparency reports that a ledger names: publishing them ([`ReportDesk`]), and finding those that were
//! published ([`ReportLister`], [`search`]).
//!
//! What stands in the ledger is the hash of a report's manifest, which has the hashes of its files. Whether what a report
//! says is true, whoever recomputes it knows.

use std::collections::BTreeMap;

use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Report};
use einsicht_tlog::{Hash, Index, RecordedAt};

use crate::finding::{Fault, Finding};

mod desk;
mod lister;
mod search;

pub use desk::{Publication, ReportDesk};
pub use lister::{ListError, ReportLister};
pub use search::{Gathering, Noted, search};

/// First byte of the body of a report: field 12, with a length.
const REPORT_TAG: u8 = 12 << 3 | 2;

/// A report, as the ledger names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedReport {
    /// Its entry.
    pub index: Index,
    /// When it was published.
    pub recorded_at: RecordedAt,
    /// What it is about, for example `2026-11`.
    pub period: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Hash,
    /// The report that it corrects.
    pub replaces: Option<Index>,
}

/// What a ledger says of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No entry names it.
    NotPublished,
    /// It is the one that stands for its period.
    Stands(PublishedReport),
    /// It was published, and another one corrects it.
    Corrected {
        /// Its entry.
        report: PublishedReport,
        /// The newest of those that followed.
        by: PublishedReport,
    },
}

/// The reports of a ledger, by their entries, and what is wrong with these. An entry that is no report, or corrects
/// none, makes no other one false, and can't be taken back: whoever shows reports shows these faults beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    reports: BTreeMap<u64, PublishedReport>,
    faults: BTreeMap<u64, Finding>,
}

impl PublishedReport {
    /// The report that an entry publishes; `None` for another kind of entry.
    ///
    /// # Errors
    /// A [`Finding`] if it is none, as docs/format.md has it.
    pub fn of(index: Index, recorded_at: RecordedAt, body: &EntryBody) -> Result<Option<Self>, Finding> {
        let Some(Content::Report(Report { period, manifest_sha256, replaces })) = &body.content else {
            return Ok(None);
        };
        let wrong = |expected: &str, found: String| Finding {
            fault: Fault::Report,
            index: Some(index),
            place: None,
            expected: expected.to_owned(),
            found,
        };
        let manifest_sha256 = Hash::from_slice(manifest_sha256).ok_or_else(|| {
            wrong("the SHA-256 of a manifest, 32 bytes", format!("{} bytes", manifest_sha256.len()))
        })?;
        let replaces = replaces.map(Index);
        if let Some(replaced) = replaces.filter(|replaced| *replaced >= index) {
            return Err(wrong("the correction of a report before it", format!("one of entry {replaced}")));
        }
        Ok(Some(Self { index, recorded_at, period: period.clone(), manifest_sha256, replaces }))
    }
}

impl Found {
    /// Takes in an entry, by its body, if it publishes a report. Those before it have to be known already.
    pub fn note(&mut self, index: Index, recorded_at: RecordedAt, body: &[u8]) {
        if body.first() != Some(&REPORT_TAG) {
            return;
        }
        let read = read_body(body).map_err(|error| Finding {
            fault: Fault::Body,
            index: Some(index),
            place: None,
            expected: "a body that is well-formed".to_owned(),
            found: error.to_string(),
        });
        match read.and_then(|body| PublishedReport::of(index, recorded_at, &body)) {
            Ok(Some(report)) => self.add(report),
            Ok(None) => {}
            Err(fault) => drop(self.faults.insert(index.0, fault)),
        }
    }

    fn add(&mut self, report: PublishedReport) {
        if let Some(replaced) = report.replaces {
            let same = self.reports.get(&replaced.0).is_some_and(|before| before.period == report.period);
            if !same {
                let fault = Finding {
                    fault: Fault::Report,
                    index: Some(report.index),
                    place: None,
                    expected: format!("the correction of a report of {}", report.period),
                    found: format!("one of entry {replaced}, which is none"),
                };
                self.faults.insert(report.index.0, fault);
            }
        }
        self.reports.insert(report.index.0, report);
    }

    /// What is wrong with entries of reports, by these: what is none, and what corrects no report of its period.
    pub fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.faults.values()
    }

    /// All of them, by their entries.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &PublishedReport> {
        self.reports.values()
    }

    /// The newest report of the period of `report` that is newer than it.
    #[must_use]
    pub fn followed_by(&self, report: &PublishedReport) -> Option<&PublishedReport> {
        let newer = self.reports.range(report.index.0.saturating_add(1)..).map(|(_, newer)| newer);
        newer.rev().find(|newer| newer.period == report.period)
    }

    /// The report of that period that an entry publishes.
    #[must_use]
    pub fn at(&self, index: Index, period: &str) -> Option<&PublishedReport> {
        self.reports.get(&index.0).filter(|report| report.period == period)
    }

    /// The newest report of a period.
    #[must_use]
    pub fn newest_of(&self, period: &str) -> Option<&PublishedReport> {
        self.all().rev().find(|report| report.period == period)
    }

    /// What the ledger says of the report with this manifest, which states that it is about `period` and corrects
    /// `corrects`.
    ///
    /// # Errors
    /// A [`Finding`] if an entry names the manifest and states otherwise, or corrects what is no report of its period.
    pub fn standing(
        &self,
        manifest_sha256: &Hash,
        period: &str,
        corrects: Option<Index>,
    ) -> Result<Standing, Finding> {
        let named = || self.all().filter(|report| report.manifest_sha256 == *manifest_sha256);
        let Some(report) = named().next() else { return Ok(Standing::NotPublished) };
        if let Some(other) = named().find(|one| one.period != period || one.replaces != corrects) {
            return Err(Finding {
                fault: Fault::Report,
                index: Some(other.index),
                place: None,
                expected: stated(period, corrects, "as the manifest says that it names"),
                found: stated(&other.period, other.replaces, "by that entry"),
            });
        }
        if let Some(fault) = named().find_map(|one| self.faults.get(&one.index.0)) {
            return Err(fault.clone());
        }
        Ok(match self.followed_by(report) {
            Some(by) => Standing::Corrected { report: report.clone(), by: by.clone() },
            None => Standing::Stands(report.clone()),
        })
    }
}

fn stated(period: &str, corrects: Option<Index>, by: &str) -> String {
    let corrects = corrects.map_or("corrects none".to_owned(), |index| format!("corrects entry {index}"));
    format!("a report of {period} that {corrects}, {by}")
}

#[cfg(test)]
mod tests;
