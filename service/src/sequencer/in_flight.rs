//! Entries that are placed and not published yet, so that one that is sent again meanwhile is
//! recognised: nobody can read them from the log.

use std::collections::VecDeque;

use einsicht_tlog::{Hash, Index};

/// What is known of them, by index.
pub(super) struct InFlight {
    first: Index,
    entries: VecDeque<Entry>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Id of the event; zeros for an entry that is no access.
    pub event_id: [u8; 16],
    pub leaf_hash: Hash,
}

impl InFlight {
    /// None, before entry `next`.
    pub fn new(next: Index) -> Self {
        Self { first: next, entries: VecDeque::new() }
    }

    /// The index that the next entry gets.
    pub fn next_index(&self) -> Index {
        Index(self.first.0 + self.entries.len() as u64)
    }

    /// Notes the next entry.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    /// An entry, if it is one of them.
    pub fn entry(&self, index: Index) -> Option<&Entry> {
        let position = usize::try_from(index.0.checked_sub(self.first.0)?).ok()?;
        self.entries.get(position)
    }

    /// Forgets the entries before `published`: the log answers for them.
    pub fn forget_before(&mut self, published: Index) {
        let known = usize::try_from(published.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let known = known.min(self.entries.len());
        self.entries.drain(..known);
        self.first.0 += known as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8) -> Entry {
        Entry { event_id: [number; 16], leaf_hash: Hash([number; 32]) }
    }

    #[test]
    fn entries_are_found_by_index_until_they_are_published() {
        let mut in_flight = InFlight::new(Index(10));
        (10..20).for_each(|number| in_flight.push(entry(number)));
        in_flight.forget_before(Index(3));
        assert_eq!((in_flight.entry(Index(9)), in_flight.entry(Index(10))), (None, Some(&entry(10))));
        in_flight.forget_before(Index(15));
        assert_eq!((in_flight.entry(Index(14)), in_flight.entry(Index(15))), (None, Some(&entry(15))));
        assert_eq!((in_flight.entry(Index(19)), in_flight.entry(Index(20))), (Some(&entry(19)), None));
        in_flight.forget_before(Index(20));
        assert_eq!((in_flight.next_index(), in_flight.entry(Index(19))), (Index(20), None));
        in_flight.push(entry(20));
        assert_eq!(in_flight.entry(Index(20)), Some(&entry(20)));
    }
}
