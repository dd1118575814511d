//! What another charter would have said of the records of a ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::{Charter, LoggedAccess, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::inspect::{Inspector, Seen};
use super::verdicts::{Counted, Tally};
use super::{AuditOptions, AuditReport, Kind, Progress, audit_with};
use crate::source::Source;
use crate::{Trust, VerifyError};

/// Most records that are named as examples.
const EXAMPLES_MAX: usize = 10;

/// How the records of a ledger fit a charter by which they were not judged.
#[derive(Debug, Clone)]
pub struct WhatIf {
    /// How many records there are. Confidential ones count, too.
    pub records: u64,
    /// How many would deviate from at least one commitment.
    pub deviating: u64,
    /// How many would deviate from a commitment from which they do not, as they are recorded.
    pub newly: u64,
    /// How many deviate from something as they are recorded, and would from nothing.
    pub no_longer: u64,
    /// The first that would newly deviate.
    pub examples: Vec<Index>,
    /// Confidential records that were not opened: nothing can be verified for them.
    pub hidden: u64,
    tallies: Vec<(String, Tally)>,
    changes: BTreeMap<String, Change>,
}

/// How a commitment would fit otherwise than it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Records that would deviate from it, and do not as they are recorded.
    pub newly: u64,
    /// Records that deviate from it as they are recorded, and would not.
    pub no_longer: u64,
}

impl WhatIf {
    /// Of how many records each commitment would be kept, in the order of the charter.
    pub fn tallies(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.tallies.iter().map(|(id, tally)| (id.as_str(), *tally))
    }

    /// What would change for a commitment. One that was not promised when a record was made counts as not deviated from.
    #[must_use]
    pub fn change(&self, commitment: &str) -> Change {
        self.changes.get(commitment).copied().unwrap_or_default()
    }
}

/// Verifies a ledger as [`super::audit`] does, reading all of it, and judges each record by `charter`, too. Records
/// that were confidential are judged by what their openings show.
///
/// # Errors
/// [`VerifyError`]; then nothing is known of the records.
pub async fn what_if(
    source: &Source,
    trust: &Trust,
    charter: Arc<Charter>,
    progress: impl FnMut(Progress),
) -> Result<(AuditReport, WhatIf), VerifyError> {
    let mut all = Notes::default();
    let judge = Arc::new(Judge(charter.clone()));
    let options = AuditOptions { full: true };
    let report = audit_with(source, trust, options.into(), judge, |notes| all.merge(notes), progress).await?;
    Ok((report, all.sum(&charter)))
}

/// Judges by a charter.
struct Judge(Arc<Charter>);

#[derive(Default)]
struct Notes {
    counted: Counted,
    /// Confidential records.
    hidden: u64,
    opened: u64,
    newly: u64,
    no_longer: u64,
    examples: Vec<Index>,
    changes: BTreeMap<String, Change>,
}

impl Inspector for Judge {
    type Notes = Notes;

    const WANTS_ACCESS: bool = true;

    fn look(&self, seen: Seen<'_>, notes: &mut Notes) {
        match seen.kind {
            Kind::ACCESS if seen.is_confidential => notes.hidden += 1,
            Kind::ACCESS => {
                if let Some(access) = seen.access {
                    notes.judge(&self.0, seen.index, access);
                }
            }
            Kind::OPENING => {
                // That it shows what was sealed, the audit verifies.
                let Ok(Some(Content::Opening(opening))) = read_body(seen.body).map(|body| body.content)
                else {
                    return;
                };
                if let Some(access) = LoggedAccess::of_record(&opening.record) {
                    notes.opened += 1;
                    notes.judge(&self.0, Index(opening.index), &access);
                }
            }
            _ => {}
        }
    }
}

impl Notes {
    fn judge(&mut self, charter: &Charter, index: Index, access: &LoggedAccess<'_>) {
        let judgement = charter.judge(&access.facts);
        self.counted.add(judgement);
        if judgement.deviates.is_empty() && access.deviates.is_empty() {
            return;
        }
        let mut newly = false;
        for (position, commitment) in charter.commitments().iter().enumerate() {
            let recorded = access.deviates.iter().any(|id| id == commitment.id.as_bytes());
            let would = judgement.deviates.contains(position);
            if recorded != would {
                let change = self.changes.entry(commitment.id.clone()).or_default();
                *(if would { &mut change.newly } else { &mut change.no_longer }) += 1;
                newly |= would;
            }
        }
        self.newly += u64::from(newly);
        self.no_longer += u64::from(judgement.deviates.is_empty());
        if newly && self.examples.len() < EXAMPLES_MAX {
            self.examples.push(index);
        }
    }

    fn merge(&mut self, chunk: Self) {
        self.counted.merge(&chunk.counted);
        self.hidden += chunk.hidden;
        self.opened += chunk.opened;
        self.newly += chunk.newly;
        self.no_longer += chunk.no_longer;
        for (id, change) in chunk.changes {
            let sum = self.changes.entry(id).or_default();
            sum.newly += change.newly;
            sum.no_longer += change.no_longer;
        }
        let room = EXAMPLES_MAX.saturating_sub(self.examples.len());
        self.examples.extend(chunk.examples.into_iter().take(room));
    }

    fn sum(self, charter: &Charter) -> WhatIf {
        let hidden = self.hidden.saturating_sub(self.opened);
        let with_hidden = |(id, tally): (&str, Tally)| {
            (id.to_owned(), Tally { not_verifiable: tally.not_verifiable + hidden, ..tally })
        };
        WhatIf {
            records: self.counted.records + hidden,
            deviating: self.counted.deviating,
            newly: self.newly,
            no_longer: self.no_longer,
            examples: self.examples,
            hidden,
            tallies: self.counted.tallies(charter).map(with_hidden).collect(),
            changes: self.changes,
        }
    }
}
