//! Finding the accesses to one person's data in the public log, by the person's own computation.
//!
//! The ledger is verified as a whole in the same pass ([`audit`](mod@crate::audit)); each record of the months that
//! there are keys for is tested with them, also what was confidential and has been opened. Nobody learns what
//! was looked for: everything is read.
//!
//! A marker that is found proves the access. That there is none proves less: the service that wrote the markers
//! is trusted for having written them, unless somebody with openings and period keys checked it
//! (`einsicht verify --vault`), and what is still confidential can't be tested. [`Scan::untold`] says what
//! could not be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use einsicht_access::Month;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Correction};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, RecordedAt};

use crate::audit::{AuditOptions, AuditReport, Progress, audit_with};
use crate::reader::Reader;
use crate::source::Source;
use crate::verify_error::VerifyError;
use crate::view_keys::ViewKeys;
use crate::{Finding, Trust};

mod marks;
mod search;

pub use search::RecordTest;
use search::{Found, Search};

/// What a scan found.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The verification of the whole ledger.
    pub audit: AuditReport,
    /// What was looked through, month by month.
    pub months: Vec<ScannedMonth>,
    /// The accesses, in the order in which they were recorded.
    pub hits: Vec<Hit>,
}

/// A month that was looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedMonth {
    /// The month.
    pub month: Month,
    /// With how many keys.
    pub keys: usize,
    /// How many access records the ledger has of it.
    pub records: u64,
    /// How many of them are confidential still: they can't be tested.
    pub hidden: u64,
    /// How many of the accesses that were found are of it.
    pub hits: u64,
    /// Whether the ledger as it was verified goes on behind the month. Otherwise records of the month may follow.
    pub is_over: bool,
}

/// An access to the person's data.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Index of its record.
    pub index: Index,
    /// When the service recorded it.
    pub recorded_at: RecordedAt,
    /// What it says. Of a record that was confidential, what the opening shows.
    pub record: AccessRecord,
    /// The entry that opened it, if it was confidential.
    pub opened_by: Option<Index>,
    /// By which registers the person was found: each scheme once.
    pub schemes: BTreeSet<String>,
    /// Corrections that stand beside it.
    pub corrections: Vec<(Index, Correction)>,
    /// The proofs: of the record and, if it was confidential, of the entry that opened it.
    pub receipts: Vec<Receipt>,
}

/// What could not be told about a month. Never the same as "no access".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// The ledger has no record of the month at all: the key may be of another month than was meant.
    NoRecords,
    /// The ledger as it was verified ends before the month does.
    NotOver,
    /// So many records are confidential still.
    Hidden(u64),
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The keys are of another ledger.
    #[error(
        "the view keys are for the ledger '{keys}', this is '{ledger}': nothing of them can be found here"
    )]
    OtherLedger {
        /// Which ledger the keys are for.
        keys: String,
        /// Which one this is.
        ledger: String,
    },
    /// The ledger is not verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Scan {
    /// What could not be told, by month.
    #[must_use]
    pub fn untold(&self) -> Vec<(Month, Untold)> {
        self.months
            .iter()
            .flat_map(|month| month.untold().into_iter().map(|untold| (month.month, untold)))
            .collect()
    }
}

impl ScannedMonth {
    fn untold(&self) -> Vec<Untold> {
        let mut untold = Vec::new();
        if self.records == 0 {
            untold.push(Untold::NoRecords);
        }
        if !self.is_over {
            untold.push(Untold::NotOver);
        }
        if self.hidden > 0 {
            untold.push(Untold::Hidden(self.hidden));
        }
        untold
    }
}

/// Verifies the ledger as a whole, and finds every access to the data of the person whose keys these are.
///
/// # Errors
/// [`ScanError`]; then nothing is known, and least of all that there was no access.
pub async fn scan(
    source: &Source,
    trust: &Trust,
    keys: &ViewKeys,
    progress: impl FnMut(Progress),
) -> Result<Scan, ScanError> {
    if keys.origin() != trust.origin() {
        let (keys, ledger) = (keys.origin().to_owned(), trust.origin().to_owned());
        return Err(ScanError::OtherLedger { keys, ledger });
    }
    let search = Arc::new(Search::new(keys));
    let mut found = Found::new(&search);
    // Every entry has to be seen, also those that were verified before.
    let options = AuditOptions { full: true };
    let audit = audit_with(source, trust, options, search, |notes| found.take(notes), progress).await?;
    let reader = Reader::under(source.clone(), trust.clone(), audit.head, audit.checkpoint.clone()).await?;
    let mut hits = Vec::new();
    for (index, sighting) in found.sightings() {
        // An opening shows markers of the month of the record that it opens, not of its own.
        let record = reader.entry(Index(*index)).await?;
        let month = Month::of_unix_s(record.recorded_at().0);
        let schemes: BTreeSet<_> =
            sighting.keys.iter().filter(|(of, _)| *of == month).map(|(_, scheme)| scheme.clone()).collect();
        if schemes.is_empty() {
            continue;
        }
        let shown = match sighting.opened_by {
            Some(by) => reader.entry(by).await?,
            None => record.clone(),
        };
        let mut receipts = vec![reader.receipt(Index(*index)).await?];
        if let Some(by) = sighting.opened_by {
            receipts.push(reader.receipt(by).await?);
        }
        hits.push(Hit {
            index: Index(*index),
            recorded_at: record.recorded_at(),
            record: record_of(&shown)?,
            opened_by: sighting.opened_by,
            schemes,
            corrections: corrections(&reader, found.corrections_of(*index)).await?,
            receipts,
        });
    }
    let months = keys.months().into_iter().map(|month| {
        let of_month = hits.iter().filter(|hit| Month::of_unix_s(hit.recorded_at.0) == month);
        ScannedMonth {
            month,
            keys: keys.keys().iter().filter(|key| key.month == month).count(),
            records: found.records(month),
            hidden: found.hidden(month),
            hits: of_month.count() as u64,
            is_over: audit.recorded_at.0 >= month.next().first_second(),
        }
    });
    let months = months.collect();
    Ok(Scan { audit, months, hits })
}

/// The record that an entry shows. That it is one was seen on the way.
fn record_of(entry: &crate::reader::Entry) -> Result<AccessRecord, VerifyError> {
    let record = match entry.body()?.content {
        Some(Content::Access(record)) => Some(record),
        Some(Content::Opening(opening)) => einsicht_access::read_record(&opening.record).ok(),
        _ => None,
    };
    record.ok_or_else(|| other_than_seen(entry.index()))
}

async fn corrections(reader: &Reader, indexes: &[u64]) -> Result<Vec<(Index, Correction)>, VerifyError> {
    let mut corrections = Vec::new();
    for index in indexes {
        let entry = reader.entry(Index(*index)).await?;
        match entry.body()?.content {
            Some(Content::Correction(correction)) => corrections.push((Index(*index), correction)),
            _ => return Err(other_than_seen(Index(*index))),
        }
    }
    Ok(corrections)
}

fn other_than_seen(index: Index) -> VerifyError {
    let (expected, found) = ("what was read before".to_owned(), "another entry".to_owned());
    Finding { fault: crate::finding::Fault::LeafHash, index: Some(index), place: None, expected, found }
        .into()
}

#[cfg(test)]
mod tests;
