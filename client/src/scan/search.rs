//! What is looked for in the entries, on all cores, and what was found in them.

use std::collections::{BTreeMap, HashMap};

use einsicht_access::Month;
use einsicht_access::marker::Finder;
use einsicht_tlog::Index;

use super::marks::{Marks, corrected, record_in};
use crate::audit::{Inspector, Kind, Seen};
use crate::view_keys::ViewKeys;

/// The keys of a month, made ready.
struct MonthFinders {
    month: Month,
    first_second: u64,
    end_second: u64,
    /// Each with its scheme.
    finders: Vec<(String, Finder)>,
}

/// Tests records for one person: the innermost of a scan.
pub struct RecordTest(Vec<MonthFinders>);

/// A scan on its way through the ledger.
pub(super) struct Search {
    test: RecordTest,
}

/// What a chunk has to do with the person.
#[derive(Default)]
pub(super) struct Notes {
    sightings: Vec<Sighted>,
    /// Access records by month.
    records: BTreeMap<Month, u64>,
    /// Confidential records of the months that there are keys for.
    confidential: Vec<(u64, Month)>,
    /// Records that entries of the chunk open.
    opened: Vec<u64>,
    /// Corrections, and the records beside which they stand.
    corrections: Vec<(u64, u64)>,
}

/// A marker of the person was seen.
struct Sighted {
    /// Index of the record.
    record: u64,
    opened_by: Option<Index>,
    keys: Vec<(Month, String)>,
}

/// What is known of a record about the person.
#[derive(Default)]
pub(super) struct Sighting {
    pub opened_by: Option<Index>,
    /// Months and schemes whose keys found it.
    pub keys: Vec<(Month, String)>,
}

/// What was found up to now.
pub(super) struct Found {
    sightings: BTreeMap<u64, Sighting>,
    records: BTreeMap<Month, u64>,
    confidential: HashMap<u64, Month>,
    corrections: HashMap<u64, Vec<u64>>,
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
        let months: &[MonthFinders] = match opens {
            Some(_) => &self.0,
            None => self.month_of(recorded_at).map(std::slice::from_ref).unwrap_or_default(),
        };
        !found_by(months, record).is_empty()
    }
}

impl Search {
    pub fn new(keys: &ViewKeys) -> Self {
        Self { test: RecordTest::new(keys) }
    }
}

impl Inspector for Search {
    type Notes = Notes;

    #[inline]
    fn look(&self, seen: Seen<'_>, notes: &mut Notes) {
        match seen.kind {
            Kind::ACCESS => {
                let Some(month) = self.test.month_of(seen.recorded_at.0) else { return };
                *notes.records.entry(month.month).or_default() += 1;
                if seen.is_confidential {
                    notes.confidential.push((seen.index.0, month.month));
                }
                let Some((_, record)) = record_in(seen.body) else { return };
                let keys = found_by(std::slice::from_ref(month), record);
                if !keys.is_empty() {
                    notes.sightings.push(Sighted { record: seen.index.0, opened_by: None, keys });
                }
            }
            Kind::OPENING => {
                let Some((Some(record_index), record)) = record_in(seen.body) else { return };
                notes.opened.push(record_index);
                let keys = found_by(&self.test.0, record);
                if !keys.is_empty() {
                    let opened_by = Some(seen.index);
                    notes.sightings.push(Sighted { record: record_index, opened_by, keys });
                }
            }
            Kind::CORRECTION => {
                notes.corrections.extend(corrected(seen.body).map(|record| (seen.index.0, record)));
            }
            _ => {}
        }
    }
}

impl Found {
    /// Nothing yet.
    pub fn new(search: &Search) -> Self {
        let records = search.test.0.iter().map(|month| (month.month, 0)).collect();
        Self {
            sightings: BTreeMap::new(),
            records,
            confidential: HashMap::new(),
            corrections: HashMap::new(),
        }
    }

    /// Takes in what a chunk had.
    pub fn take(&mut self, notes: Notes) {
        for (month, count) in notes.records {
            *self.records.entry(month).or_default() += count;
        }
        self.confidential.extend(notes.confidential);
        for record in notes.opened {
            self.confidential.remove(&record);
        }
        for Sighted { record, opened_by, keys } in notes.sightings {
            let sighting = self.sightings.entry(record).or_default();
            sighting.opened_by = sighting.opened_by.or(opened_by);
            sighting.keys.extend(keys);
        }
        for (correction, record) in notes.corrections {
            self.corrections.entry(record).or_default().push(correction);
        }
    }

    /// Records in which the person was seen, by index.
    pub fn sightings(&self) -> impl Iterator<Item = (&u64, &Sighting)> {
        self.sightings.iter()
    }

    pub fn corrections_of(&self, record: u64) -> &[u64] {
        self.corrections.get(&record).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn records(&self, month: Month) -> u64 {
        self.records.get(&month).copied().unwrap_or_default()
    }

    /// How many records of the month are confidential still.
    pub fn hidden(&self, month: Month) -> u64 {
        self.confidential.values().filter(|of| **of == month).count() as u64
    }
}

/// The keys that find the person in a record.
#[inline]
fn found_by(months: &[MonthFinders], record: &[u8]) -> Vec<(Month, String)> {
    let Some(marks) = Marks::of_record(record) else { return Vec::new() };
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
