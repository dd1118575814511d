//! What a scan found, as it goes on.
//!
//! Memory does not grow with the ledger. Of records about other people, and of what stands beside them, nothing is
//! kept; of confidential records, which may be about anybody until they are opened, no more than a bound. What had to
//! be forgotten is counted.

use std::collections::{BTreeMap, BTreeSet};

use einsicht_access::Month;
use einsicht_tlog::Index;

use super::proofs::Collector;
use super::search::{Counted, Notes, Sighted};
use super::waiting::Waiting;

/// A leaf of the log, with its index.
pub(super) type Indexed = (Index, Vec<u8>);

/// What is known of a record about the person.
pub(super) struct Sighting {
    /// Leaf of the record.
    pub record: Vec<u8>,
    /// The entry that opened it, if it was confidential.
    pub opened_by: Option<Indexed>,
    /// Registers whose keys found it.
    pub schemes: BTreeSet<String>,
    /// Entries that correct it.
    pub corrections: Vec<Indexed>,
}

/// What was found up to now.
#[derive(Default)]
pub(super) struct Found {
    pub proofs: Collector,
    sightings: BTreeMap<u64, Sighting>,
    months: BTreeMap<Month, Counted>,
    waiting: Waiting,
}

impl Found {
    /// Takes in what a chunk had, in the order of the log.
    pub fn take(&mut self, notes: Notes) {
        for (month, counted) in notes.months {
            self.months.entry(month).or_default().add(counted);
        }
        for (index, month, leaf) in notes.confidential {
            if self.waiting.add(index, month, leaf) {
                self.proofs.mark(index);
            }
        }
        let (plain, openings): (Vec<_>, Vec<_>) =
            notes.sightings.into_iter().partition(|sighted| sighted.seen_in == sighted.record);
        plain.into_iter().for_each(|sighted| self.sight(sighted));
        // Before the openings: what stands beside a record that is still closed may turn out to be about the person.
        for (correction, record, leaf) in notes.corrections {
            self.correct(record, (Index(correction), leaf));
        }
        openings.into_iter().for_each(|sighted| self.sight_opened(sighted));
        for record in notes.opened {
            // Of a sighting, the way in the tree is still needed.
            if self.waiting.opened(record) {
                self.proofs.forget(record);
            }
        }
        self.proofs.push(&notes.hashes);
    }

    fn sight(&mut self, Sighted { record, leaf, keys, .. }: Sighted) {
        self.proofs.mark(record);
        let schemes = keys.into_iter().map(|(_, scheme)| scheme).collect();
        let sighting = Sighting { record: leaf, opened_by: None, schemes, corrections: Vec::new() };
        self.sightings.insert(record, sighting);
    }

    fn correct(&mut self, record: u64, correction: Indexed) {
        match self.sightings.get_mut(&record) {
            Some(sighting) => sighting.corrections.push(correction),
            None => self.waiting.correct(record, correction),
        }
    }

    /// An opening shows markers of the month of the record that it opens, not of its own: keys of others find
    /// nothing in it.
    fn sight_opened(&mut self, Sighted { record, seen_in, leaf, keys }: Sighted) {
        let of = |month: Month| -> BTreeSet<String> {
            keys.iter().filter(|(of, _)| *of == month).map(|(_, scheme)| scheme.clone()).collect()
        };
        let schemes = self.waiting.month_of(record).map(of).unwrap_or_default();
        if schemes.is_empty() {
            return;
        }
        let Some(hidden) = self.waiting.take(record) else { return };
        self.proofs.mark(seen_in);
        let (opened_by, corrections) = (Some((Index(seen_in), leaf)), hidden.corrections);
        self.sightings.insert(record, Sighting { record: hidden.leaf, opened_by, schemes, corrections });
    }

    /// Records in which the person was seen, by index.
    pub fn sightings(&self) -> impl Iterator<Item = (&u64, &Sighting)> {
        self.sightings.iter()
    }

    pub fn counted(&self, month: Month) -> Counted {
        self.months.get(&month).copied().unwrap_or_default()
    }

    /// How many records of the month are still confidential.
    pub fn hidden(&self, month: Month) -> u64 {
        self.waiting.hidden(month)
    }

    /// How many accesses of the month name the person, and can't be shown: too much waited to be opened.
    pub fn forgotten(&self, month: Month) -> u64 {
        self.waiting.forgotten(month)
    }
}
