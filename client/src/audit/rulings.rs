//! Which verdicts the charters of a ledger give, joined in the order of the log.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::LoggedAccess;
use einsicht_proto::v1::AccessRecord;
use einsicht_tlog::Index;

use super::charters::{Charters, Ruling};
use super::judging::{Judging, compare, wrong};
use super::verdicts::Verdicts;
use super::wrong::Wrong;
use crate::charters::{PublishedCharter, check_named};
use crate::source::Place;

/// Charters and verdicts, as far as the ledger was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Rulings {
    pub charters: Charters,
    pub verdicts: Verdicts,
}

/// A confidential record that an entry has opened.
pub(super) struct Opened {
    /// The entry that opens it.
    pub by: Index,
    /// The record.
    pub index: Index,
    /// What it sealed.
    pub record: AccessRecord,
    /// The same, as it was sealed.
    pub bytes: Bytes,
    /// Where the entry was read.
    pub place: Place,
}

impl Rulings {
    /// Takes in what a chunk that ends with the entry `end` has, but for the verdicts that are judged elsewhere.
    pub fn take(&mut self, judging: &mut Judging, end: Option<Index>) -> Result<(), Wrong> {
        self.verdicts.without_charter += judging.without;
        let parts = std::mem::take(&mut judging.parts);
        let taken = self.charters.take(parts, &judging.named, end);
        for index in &judging.hidden {
            match self.charters.ruling(*index) {
                Ruling::By(published) => {
                    self.verdicts.hide(&published.charter);
                    self.charters.hide(*index);
                }
                Ruling::Nothing | Ruling::Forgotten => self.verdicts.without_charter += 1,
            }
        }
        taken
    }

    /// Takes in a confidential record that was opened, with its verdict.
    pub fn open(&mut self, opened: &Opened) -> Result<(), Wrong> {
        let Opened { by, index, record, bytes, place } = opened;
        let fault = |finding| {
            let place = format!("{place}, where it is opened by entry {by}");
            Wrong { at: *by, ..Wrong::from(finding).at_place(place) }
        };
        let ruling = self.charters.ruling(*index);
        let in_force = match &ruling {
            Ruling::Nothing => None,
            Ruling::By(published) => Some(published.last.0),
            Ruling::Forgotten => {
                self.verdicts.hidden = self.verdicts.hidden.saturating_sub(1);
                self.verdicts.unjudged += 1;
                return Ok(());
            }
        };
        check_named(*index, record.charter, in_force).map_err(fault)?;
        let Ruling::By(published) = ruling else {
            return if record.deviates.is_empty() && record.not_verifiable.is_empty() {
                Ok(())
            } else {
                let expected = "no verdict, for the record names no charter".to_owned();
                Err(fault(wrong(*index, expected, "a list of commitments".to_owned())))
            };
        };
        let access = LoggedAccess::of_record(bytes).unwrap_or_default();
        let judgement = compare(&published, *index, &access).map_err(fault)?;
        self.verdicts.show(&published.charter, judgement);
        self.charters.show(*index);
        Ok(())
    }

    /// The charters that were in force for the entry `first` or one behind it, of those that were not forgotten since.
    pub fn in_force_from(&self, first: Index) -> Vec<Arc<PublishedCharter>> {
        let known = self.charters.known.values();
        let governs = known.filter(|known| known.until.is_none_or(|until| first.0 <= until));
        governs.map(|known| known.published.clone()).collect()
    }
}
