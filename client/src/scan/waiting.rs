//! Confidential records of the months in question: whose they are, nobody can tell before they are opened.

use std::collections::{BTreeMap, HashMap};

use einsicht_access::Month;

use super::found::Indexed;

/// Most records that are remembered until they are opened: as many as an audit remembers.
const RECORDS_MAX: usize = 250_000;
/// Most bytes of such records, and of what stands beside them.
const BYTES_MAX: usize = 64 << 20;

/// Records that wait to be opened.
pub(super) struct Waiting {
    records: HashMap<u64, Hidden>,
    bytes: usize,
    months: BTreeMap<Month, Span>,
    records_max: usize,
    bytes_max: usize,
}

/// A record that waits to be opened.
pub(super) struct Hidden {
    /// Its leaf.
    pub leaf: Vec<u8>,
    /// Entries that correct it.
    pub corrections: Vec<Indexed>,
    /// Whether there were more of these than can be kept.
    is_incomplete: bool,
}

/// The confidential records of a month. Time does not run backwards in a log: between its first and its last no record
/// is of another month.
#[derive(Default)]
struct Span {
    first: u64,
    last: u64,
    records: u64,
    opened: u64,
    forgotten: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        Self::with_limits(RECORDS_MAX, BYTES_MAX)
    }
}

impl Waiting {
    fn with_limits(records_max: usize, bytes_max: usize) -> Self {
        Self { records: HashMap::new(), bytes: 0, months: BTreeMap::new(), records_max, bytes_max }
    }

    /// A confidential record was met; in the order of the log. False: there are too many, its leaf is not kept.
    pub fn add(&mut self, index: u64, month: Month, leaf: Vec<u8>) -> bool {
        let span = self.months.entry(month).or_insert(Span { first: index, ..Span::default() });
        span.last = index;
        span.records += 1;
        let fits = self.records.len() < self.records_max && self.bytes + leaf.len() <= self.bytes_max;
        if fits {
            self.bytes += leaf.len();
            self.records.insert(index, Hidden { leaf, corrections: Vec::new(), is_incomplete: false });
        }
        fits
    }

    /// Something stands beside a record that may be one that waits.
    pub fn correct(&mut self, record: u64, correction: Indexed) {
        let Some(hidden) = self.records.get_mut(&record) else { return };
        if self.bytes + correction.1.len() > self.bytes_max {
            hidden.is_incomplete = true;
            return;
        }
        self.bytes += correction.1.len();
        hidden.corrections.push(correction);
    }

    /// The month of a record that waits, as far as it is known: also of one whose leaf was not kept.
    pub fn month_of(&self, record: u64) -> Option<Month> {
        let mut months = self.months.iter().filter(|(_, span)| (span.first..=span.last).contains(&record));
        months.next().map(|(month, _)| *month)
    }

    /// A record was opened, and is about the person. `None` if it, or something beside it, was not kept: that is
    /// counted.
    pub fn take(&mut self, record: u64) -> Option<Hidden> {
        let hidden = self.remove(record).filter(|hidden| !hidden.is_incomplete);
        if hidden.is_none()
            && let Some(month) = self.month_of(record)
            && let Some(span) = self.months.get_mut(&month)
        {
            span.forgotten += 1;
        }
        hidden
    }

    /// A record was opened. True: its leaf was still kept, and is not needed any more.
    pub fn opened(&mut self, record: u64) -> bool {
        if let Some(month) = self.month_of(record)
            && let Some(span) = self.months.get_mut(&month)
        {
            span.opened += 1;
        }
        self.remove(record).is_some()
    }

    /// How many records of the month still wait.
    pub fn hidden(&self, month: Month) -> u64 {
        self.months.get(&month).map_or(0, |span| span.records.saturating_sub(span.opened))
    }

    /// How many accesses of the month were opened and are about the person, and were not kept.
    pub fn forgotten(&self, month: Month) -> u64 {
        self.months.get(&month).map_or(0, |span| span.forgotten)
    }

    fn remove(&mut self, record: u64) -> Option<Hidden> {
        let hidden = self.records.remove(&record)?;
        let corrections: usize = hidden.corrections.iter().map(|(_, leaf)| leaf.len()).sum();
        self.bytes -= hidden.leaf.len() + corrections;
        Some(hidden)
    }
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::Index;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn what_waits_is_bounded_and_what_was_forgotten_is_counted() {
        let (october, november) = (month("2026-10"), month("2026-11"));
        let mut waiting = Waiting::with_limits(2, 100);
        assert!(waiting.add(5, october, vec![0; 40]));
        assert!(waiting.add(9, november, vec![0; 40]));
        assert!(!waiting.add(10, november, vec![0; 10]), "two wait");
        assert_eq!((waiting.hidden(october), waiting.hidden(november)), (1, 2));
        assert!(waiting.take(10).is_none());
        assert_eq!((waiting.forgotten(october), waiting.forgotten(november)), (0, 1));
        assert!(waiting.opened(5) && !waiting.opened(10));
        assert_eq!((waiting.hidden(october), waiting.hidden(november)), (0, 1));
        assert!(!waiting.add(11, november, vec![0; 61]), "too many bytes");
        assert!(waiting.add(12, november, vec![0; 60]), "room was made");
    }

    #[test]
    fn a_record_without_all_that_stands_beside_it_is_not_shown_as_whole() {
        let november = month("2026-11");
        let mut waiting = Waiting::with_limits(2, 100);
        waiting.add(5, november, vec![0; 40]);
        for at in 0..3 {
            waiting.correct(5, (Index(6 + at), vec![0; 30]));
        }
        assert!(waiting.take(5).is_none());
        assert_eq!((waiting.forgotten(november), waiting.bytes), (1, 0));
    }

    #[test]
    fn corrections_of_other_records_take_no_memory() {
        let mut waiting = Waiting::default();
        waiting.add(5, month("2026-11"), vec![0; 40]);
        (0..100_000).for_each(|at| waiting.correct(6, (Index(at), vec![0; 30])));
        assert_eq!(waiting.bytes, 40);
        assert!(waiting.take(5).unwrap().corrections.is_empty());
    }
}
