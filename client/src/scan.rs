//! Finding the accesses to one person's data in the public log, by the person's own computation.
//!
//! The ledger is verified as a whole in the same pass ([`audit`](mod@crate::audit)); each record of the months that
//! there are keys for is tested with them, also what was confidential and has been opened. Nobody learns what
//! was looked for: everything is read.
//!
//! A marker that is found proves the access. That there is none proves less: the service that wrote the markers
//! is trusted for having written them, unless somebody with openings and period keys checked it
//! (`einsicht verify --vault`), and what is still confidential can't be tested. Nor can anybody see whether the keys
//! are those of the person: they are what the administration gave. [`Scan::untold`] says what could not be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use einsicht_access::record::check_opening_at;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Correction};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, Leaf, RecordedAt};

use crate::Trust;
use crate::audit::{AuditOptions, AuditReport, Progress, audit_with};
use crate::finding::{Fault, Finding};
use crate::proven::ProvenEntry;
use crate::source::Source;
use crate::verify_error::VerifyError;
use crate::view_keys::ViewKeys;

mod found;
mod marks;
mod proofs;
mod search;
mod waiting;

use found::{Found, Indexed, Sighting};
pub use search::RecordTest;
use search::Search;

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
    /// Of which registers these are: each scheme once.
    pub schemes: Vec<String>,
    /// How many access records the ledger has that were recorded in it.
    pub records: u64,
    /// How many of them name people by markers, or are confidential: only these could be found.
    pub marked: u64,
    /// Entries of kinds that this release does not know.
    pub unknown: u64,
    /// How many of them are confidential still: they can't be tested.
    pub hidden: u64,
    /// How many of the accesses that were found are of it.
    pub hits: u64,
    /// How many more there are, and can't be shown: of so many confidential records not all can be remembered.
    pub forgotten: u64,
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
    /// The ledger has no record of the month that names anybody: the key may be of another month than was meant.
    NoRecords,
    /// So many entries are of kinds that this release does not know.
    NotUnderstood(u64),
    /// The ledger as it was verified ends before the month does.
    NotOver,
    /// So many records are still confidential.
    Hidden(u64),
    /// So many more accesses to the person's data there are, and what they say was forgotten: too many confidential
    /// records waited to be opened.
    Forgotten(u64),
    /// So many openings of confidential records could not be compared with what was sealed, in the whole ledger.
    Unchecked(u64),
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
        let of_months = self
            .months
            .iter()
            .flat_map(|month| month.untold().into_iter().map(|untold| (month.month, untold)));
        let unchecked = self.audit.confidential.unchecked;
        let of_all = self.months.first().filter(|_| unchecked > 0);
        of_months.chain(of_all.map(|month| (month.month, Untold::Unchecked(unchecked)))).collect()
    }
}

impl ScannedMonth {
    fn untold(&self) -> Vec<Untold> {
        let mut untold = Vec::new();
        if self.marked == 0 {
            untold.push(Untold::NoRecords);
        }
        if self.unknown > 0 {
            untold.push(Untold::NotUnderstood(self.unknown));
        }
        if !self.is_over {
            untold.push(Untold::NotOver);
        }
        if self.hidden > 0 {
            untold.push(Untold::Hidden(self.hidden));
        }
        if self.forgotten > 0 {
            untold.push(Untold::Forgotten(self.forgotten));
        }
        untold
    }
}

/// Verifies the ledger as a whole, and finds every access to the data of the person whose keys these are.
///
/// Every entry is read once, in order, and nothing else: what is asked of a server does not show what was found.
///
/// Memory: a byte for every eight entries, and what was found; of the confidential records of the months in question
/// at most 250,000 and 64 MiB, with a way in the tree for each. What has no room there is [`Untold::Forgotten`] if it
/// is about the person.
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
    let mut found = Found::default();
    // Every entry has to be seen, also those that were verified before.
    let options = AuditOptions { full: true };
    let audit =
        audit_with(source, trust, options.into(), search, |notes| found.take(notes), progress).await?;
    let prover = std::mem::take(&mut found.proofs).finish();
    let receipt = |index: Index, leaf: &[u8]| {
        let proof = prover.prove(index).ok_or_else(|| odd(index, "an entry that can be proven"))?;
        let checkpoint = audit.checkpoint.clone();
        let receipt = Receipt { leaf: Some(leaf.to_vec()), index, proof, checkpoint };
        ProvenEntry::under(receipt, audit.head).map_err(|error| odd(index, &error.to_string()))
    };
    let mut hits = Vec::new();
    for (index, sighting) in found.sightings() {
        hits.push(hit(Index(*index), sighting, receipt)?);
    }
    let months = keys.months().into_iter().map(|month| {
        let of_month = hits.iter().filter(|hit| Month::of_unix_s(hit.recorded_at.0) == month);
        let counted = found.counted(month);
        let mut schemes: Vec<_> =
            keys.keys().iter().filter(|key| key.month == month).map(|key| key.scheme.clone()).collect();
        let keys = schemes.len();
        schemes.sort_unstable();
        schemes.dedup();
        ScannedMonth {
            month,
            keys,
            schemes,
            records: counted.records,
            marked: counted.marked,
            unknown: counted.unknown,
            hidden: found.hidden(month),
            forgotten: found.forgotten(month),
            hits: of_month.count() as u64,
            is_over: audit.recorded_at.0 >= month.next().first_second(),
        }
    });
    let months = months.collect();
    Ok(Scan { audit, months, hits })
}

/// What was found in a record.
fn hit(
    index: Index,
    sighting: &Sighting,
    receipt: impl Fn(Index, &[u8]) -> Result<ProvenEntry, VerifyError>,
) -> Result<Hit, VerifyError> {
    let record = receipt(index, &sighting.record)?;
    let opening = sighting.opened_by.as_ref().map(|(by, leaf)| receipt(*by, leaf)).transpose()?;
    let shown = match (record.content(), &opening) {
        (Some(Content::Access(shown)), None) => shown.clone(),
        (Some(Content::Access(sealed)), Some(opening)) => {
            let Some(Content::Opening(content)) = opening.content() else {
                return Err(odd(opening.index(), "the opening of a record"));
            };
            check_opening_at(content, opening.recorded_at().0, sealed)
                .map_err(|fault| odd(index, &fault.to_string()))?
        }
        _ => return Err(odd(index, "an access record")),
    };
    let receipts = std::iter::once(&record).chain(&opening).map(|entry| entry.receipt().clone()).collect();
    Ok(Hit {
        index,
        recorded_at: record.recorded_at(),
        record: shown,
        opened_by: opening.as_ref().map(ProvenEntry::index),
        schemes: sighting.schemes.clone(),
        corrections: sighting.corrections.iter().map(correction).collect::<Result<_, _>>()?,
        receipts,
    })
}

fn correction((by, leaf): &Indexed) -> Result<(Index, Correction), VerifyError> {
    let body = Leaf::parse(leaf).ok().and_then(|leaf| read_body(leaf.body).ok());
    match body.and_then(|body| body.content) {
        Some(Content::Correction(correction)) => Ok((*by, correction)),
        _ => Err(odd(*by, "a correction")),
    }
}

/// Something that was verified is not what it was taken for.
fn odd(index: Index, expected: &str) -> VerifyError {
    let (expected, found) = (expected.to_owned(), "something else".to_owned());
    Finding { fault: Fault::Opening, index: Some(index), place: None, expected, found }.into()
}

#[cfg(test)]
mod tests;
