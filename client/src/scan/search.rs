//! What is looked for in the entries, on all cores.

use std::collections::BTreeMap;

use einsicht_access::Month;
use einsicht_access::marker::Finder;
use einsicht_tlog::Hash;

use super::marks::{Marks, corrected, record_in};
use crate::audit::{Inspector, Kind, Seen};
use crate::view_keys::ViewKeys;

/// Tests records for one person: the innermost of a scan.
pub struct RecordTest(Vec<MonthFinders>);

/// The keys of a month, made ready.
struct MonthFinders {
    month: Month,
    first_second: u64,
    end_second: u64,
    /// Each with its scheme.
    finders: Vec<(String, Finder)>,
}

/// A scan on its way through the ledger.
pub(super) struct Search {
    test: RecordTest,
}

/// What a chunk has to do with the person.
#[derive(Default)]
pub(super) struct Notes {
    /// Leaf hashes of all entries, for the proofs.
    pub hashes: Vec<Hash>,
    pub sightings: Vec<Sighted>,
    pub months: BTreeMap<Month, Counted>,
    /// Confidential records of the months that there are keys for, with their leaves.
    pub confidential: Vec<(u64, Month, Vec<u8>)>,
    /// Records that entries of the chunk open.
    pub opened: Vec<u64>,
    /// Corrections with their leaves, and the records beside which they stand.
    pub corrections: Vec<(u64, u64, Vec<u8>)>,
}

/// What a month has.
#[derive(Default, Clone, Copy)]
pub(super) struct Counted {
    /// Access records.
    pub records: u64,
    /// Those with markers, or confidential: those that could be about somebody.
    pub marked: u64,
    /// Entries of kinds that this version does not know.
    pub unknown: u64,
}

/// A marker of the person was seen.
pub(super) struct Sighted {
    /// Index of the record.
    pub record: u64,
    /// The entry that it was seen in, with its leaf.
    pub seen_in: u64,
    pub leaf: Vec<u8>,
    /// Months and schemes whose keys found it.
    pub keys: Vec<(Month, String)>,
}

impl RecordTest {
    /// Makes keys ready.
    #[must_use]
    pub fn new(keys: &ViewKeys) -> Self {
        let of_month = |month: Month| MonthFinders {
            month,
            first_second: month.first_second(),
            end_second: month.next().first_second(),
            finders: keys
                .keys()
                .iter()
                .filter(|key| key.month == month)
                .map(|key| (key.scheme.clone(), Finder::new(&key.key)))
                .collect(),
        };
        Self(keys.months().into_iter().map(of_month).collect())
    }

    /// The keys of the month in which something was recorded.
    #[inline]
    fn month_of(&self, recorded_at: u64) -> Option<&MonthFinders> {
        self.0.iter().find(|month| (month.first_second..month.end_second).contains(&recorded_at))
    }

    /// Whether a body is about the person. `recorded_at` is that of its leaf. Openings are tested with the keys
    /// of all months: which one theirs is, the entry itself does not say.
    #[inline]
    #[must_use]
    pub fn finds(&self, body: &[u8], recorded_at: u64) -> bool {
        let Some((opens, record)) = record_in(body) else { return false };
        let Some(marks) = Marks::of_record(record) else { return false };
        let months: &[MonthFinders] = match opens {
            Some(_) => &self.0,
            None => self.month_of(recorded_at).map(std::slice::from_ref).unwrap_or_default(),
        };
        !found_by(months, marks).is_empty()
    }
}

impl Search {
    pub fn new(keys: &ViewKeys) -> Self {
        Self { test: RecordTest::new(keys) }
    }

    fn look_at_access(&self, seen: Seen<'_>, notes: &mut Notes) {
        let Some(month) = self.test.month_of(seen.recorded_at.0) else { return };
        let counted = notes.months.entry(month.month).or_default();
        counted.records += 1;
        if seen.is_confidential {
            counted.marked += 1;
            notes.confidential.push((seen.index.0, month.month, seen.leaf.to_vec()));
        }
        let Some(marks) = record_in(seen.body).and_then(|(_, record)| Marks::of_record(record)) else {
            return;
        };
        if !seen.is_confidential && marks.markers().next().is_some() {
            counted.marked += 1;
        }
        let keys = found_by(std::slice::from_ref(month), marks);
        if !keys.is_empty() {
            let (record, leaf) = (seen.index.0, seen.leaf.to_vec());
            notes.sightings.push(Sighted { record, seen_in: record, leaf, keys });
        }
    }
}

impl Inspector for Search {
    type Notes = Notes;

    #[inline]
    fn look(&self, seen: Seen<'_>, notes: &mut Notes) {
        notes.hashes.push(seen.leaf_hash);
        match seen.kind {
            Kind::ACCESS => self.look_at_access(seen, notes),
            Kind::OPENING => {
                let Some((Some(record), opened)) = record_in(seen.body) else { return };
                notes.opened.push(record);
                let keys =
                    Marks::of_record(opened).map(|marks| found_by(&self.test.0, marks)).unwrap_or_default();
                if !keys.is_empty() {
                    notes.sightings.push(Sighted {
                        record,
                        seen_in: seen.index.0,
                        leaf: seen.leaf.to_vec(),
                        keys,
                    });
                }
            }
            Kind::CORRECTION => {
                let record = corrected(seen.body);
                notes.corrections.extend(record.map(|record| (seen.index.0, record, seen.leaf.to_vec())));
            }
            kind if !kind.is_known() => {
                if let Some(month) = self.test.month_of(seen.recorded_at.0) {
                    notes.months.entry(month.month).or_default().unknown += 1;
                }
            }
            _ => {}
        }
    }
}

impl Counted {
    pub fn add(&mut self, more: Self) {
        self.records += more.records;
        self.marked += more.marked;
        self.unknown += more.unknown;
    }
}

/// The keys that find the person in a record.
#[inline]
fn found_by(months: &[MonthFinders], marks: Marks<'_>) -> Vec<(Month, String)> {
    let mut found = Vec::new();
    for month in months {
        for (scheme, finder) in &month.finders {
            if finder.find(marks.nonce, marks.markers()).is_some() {
                found.push((month.month, scheme.clone()));
            }
        }
    }
    found
}
