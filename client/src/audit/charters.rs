//! Which charter is in force where: charters are put together from their entries, in the order of the log.
//!
//! Memory is bounded, whatever the ledger holds: one charter is being put together, one is in force, and of older
//! ones those are kept under which confidential records wait to be opened. What had to be forgotten is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::Charter;
use einsicht_access::charter::Assembly;
use einsicht_proto::v1::CharterPart;
use einsicht_tlog::Index;

use super::wrong::Wrong;
use crate::charters::{PublishedCharter, check_named, unreadable};
use crate::finding::{Fault, Finding};
use crate::source::Place;

/// Most bytes of text, and most charters, that are kept, with the one in force.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
const KEPT_MAX: usize = 1_000;

/// A part of a charter.
pub(super) struct Part {
    pub index: Index,
    pub part: CharterPart,
    pub place: Place,
}

/// Records that name the same charter, with no part of a charter between them.
pub(super) struct Named {
    /// The first of them.
    pub first: Index,
    /// The last part of the charter that they name.
    pub charter: Option<u64>,
    pub place: Place,
}

/// The charters of a ledger, as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Charters {
    /// How many were met.
    pub met: u64,
    /// The last part of the first one.
    pub began: Option<u64>,
    /// By their last parts: the one in force, and those that are still needed.
    pub known: BTreeMap<u64, Known>,
    pending: Option<Pending>,
}

/// A charter that is in force or still needed.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub published: Arc<PublishedCharter>,
    /// The last entry that it governs; `None` while it is in force.
    pub until: Option<u64>,
    /// How many confidential records it governs that were not opened yet.
    pub hidden: u64,
}

/// A charter of which parts are still to come.
#[derive(Debug, Clone)]
struct Pending {
    assembly: Assembly,
    first: Index,
    last: Index,
}

/// What governs an entry.
#[derive(Debug)]
pub(super) enum Ruling {
    /// No charter: there was none yet.
    Nothing,
    By(Arc<PublishedCharter>),
    /// A charter that had to be forgotten.
    Forgotten,
}

impl Charters {
    /// As an earlier audit left them.
    pub fn resumed(met: u64, began: Option<u64>, known: BTreeMap<u64, Known>) -> Self {
        Self { met, began, known, pending: None }
    }

    /// The charter in force behind the last entry that was taken in.
    pub fn in_force(&self) -> Option<&Arc<PublishedCharter>> {
        let newest = self.known.values().next_back()?;
        newest.until.is_none().then_some(&newest.published)
    }

    /// Takes in that the ledger ends.
    pub fn end(&mut self) -> Result<(), Finding> {
        match self.pending.take() {
            Some(pending) => pending.interrupted(),
            None => Ok(()),
        }
    }

    /// Takes in what a chunk has of charters; `end` is its last entry. Returns what is wrong with the first entry
    /// that something is wrong with.
    pub fn take(&mut self, parts: Vec<Part>, named: &[Named], end: Option<Index>) -> Result<(), Wrong> {
        let mut named = named.iter().peekable();
        for part in parts {
            while let Some(run) = named.next_if(|run| run.first < part.index) {
                self.check_named(run)?;
            }
            let taken = self.check_uninterrupted(part.index).map_err(Wrong::from);
            taken.and_then(|()| self.part(&part)).map_err(|wrong| wrong.at_place(&part.place))?;
        }
        named.try_for_each(|run| self.check_named(run))?;
        end.map_or(Ok(()), |end| Ok(self.check_uninterrupted(Index(end.0 + 1))?))
    }

    /// What governs an entry that was taken in.
    pub fn ruling(&self, index: Index) -> Ruling {
        if self.began.is_none_or(|began| index.0 <= began) {
            return Ruling::Nothing;
        }
        self.governing(index).map_or(Ruling::Forgotten, |known| Ruling::By(known.published.clone()))
    }

    /// Notes a confidential record, which is judged when it is opened.
    pub fn hide(&mut self, index: Index) {
        if let Some(known) = self.governing_mut(index) {
            known.hidden += 1;
        }
    }

    /// Notes that a confidential record was opened.
    pub fn show(&mut self, index: Index) {
        if let Some(known) = self.governing_mut(index) {
            known.hidden = known.hidden.saturating_sub(1);
        }
    }

    /// Forgets superseded charters that nothing waits for, and the oldest ones where there are too many.
    pub fn forget(&mut self) {
        self.known.retain(|_, known| known.until.is_none() || known.hidden > 0);
        let mut bytes: usize = self.known.values().map(|known| known.published.text.len()).sum();
        while self.known.len() > 1 && (bytes > KEPT_BYTES_MAX || self.known.len() > KEPT_MAX) {
            let oldest = self.known.pop_first();
            bytes -= oldest.map_or(0, |(_, known)| known.published.text.len());
        }
    }

    fn governing(&self, index: Index) -> Option<&Known> {
        let (_, known) = self.known.range(..index.0).next_back()?;
        known.until.is_none_or(|until| index.0 <= until).then_some(known)
    }

    fn governing_mut(&mut self, index: Index) -> Option<&mut Known> {
        let (_, known) = self.known.range_mut(..index.0).next_back()?;
        known.until.is_none_or(|until| index.0 <= until).then_some(known)
    }

    /// Parts of one charter stand one after the other: `next` is the entry that comes now.
    fn check_uninterrupted(&mut self, next: Index) -> Result<(), Finding> {
        match self.pending.take() {
            Some(pending) if pending.last.0 + 1 == next.0 => {
                self.pending = Some(pending);
                Ok(())
            }
            Some(pending) => pending.interrupted(),
            None => Ok(()),
        }
    }

    fn part(&mut self, Part { index, part, .. }: &Part) -> Result<(), Wrong> {
        let fresh = || Pending { assembly: Assembly::default(), first: *index, last: *index };
        let mut pending = self.pending.take().unwrap_or_else(fresh);
        let text = pending.assembly.push(part);
        let text =
            text.map_err(|error| no_charter(*index, "a part of a charter in its place", error.to_string()))?;
        let Some(text) = text else {
            self.pending = Some(Pending { last: *index, ..pending });
            return Ok(());
        };
        let charter = Charter::parse("charter", &text)
            .map_err(|error| Wrong { at: *index, error: unreadable(*index, &error) })?;
        if let Some(before) = self.known.values_mut().next_back() {
            before.until = before.until.or(Some(index.0));
        }
        let published = Arc::new(PublishedCharter { first: pending.first, last: *index, charter, text });
        self.known.insert(index.0, Known { published, until: None, hidden: 0 });
        self.began = self.began.or(Some(index.0));
        self.met += 1;
        Ok(())
    }

    fn check_named(&self, Named { first, charter, place }: &Named) -> Result<(), Finding> {
        let in_force = self.in_force().map(|published| published.last.0);
        check_named(*first, *charter, in_force)
            .map_err(|finding| Finding { place: Some(place.to_string()), ..finding })
    }
}

impl Pending {
    /// Its next part does not follow.
    fn interrupted(mut self) -> Result<(), Finding> {
        let Err(error) = self.assembly.interrupt() else { return Ok(()) };
        Err(no_charter(Index(self.last.0 + 1), "the next part of a charter", error.to_string()))
    }
}

fn no_charter(index: Index, expected: &str, found: String) -> Finding {
    Finding { fault: Fault::Charter, index: Some(index), place: None, expected: expected.to_owned(), found }
}

#[cfg(test)]
mod tests {
    use einsicht_access::charter::parts_of;

    use super::*;
    use crate::source::Place;

    const TEXT: &str = r#"
        [charter]
        title = "Charta"
        [[purpose]]
        id = "p"
        title = "P"
        [[dataset]]
        id = "d"
        title = "D"
        personal = "none"
        purposes = ["p"]
        [[commitment]]
        id = "C-1"
        title = "C"
        source = "S"
        evidence = "report"
        severity = "notice"
        must = { purpose = { listed_in_dataset = "purposes" } }
    "#;

    fn place() -> Place {
        Place { name: "test".into(), offset: None }
    }

    /// Takes in a charter that stands in one entry, and then `hidden` confidential records.
    fn publish(charters: &mut Charters, index: u64, hidden: u64) {
        let part = parts_of(format!("{TEXT}# {index}").as_bytes()).remove(0);
        let part = Part { index: Index(index), part, place: place() };
        charters.take(vec![part], &[], Some(Index(index + hidden))).unwrap();
        (1..=hidden).for_each(|behind| charters.hide(Index(index + behind)));
        charters.forget();
    }

    fn governing(charters: &Charters, index: u64) -> Option<u64> {
        match charters.ruling(Index(index)) {
            Ruling::By(published) => Some(published.last.0),
            Ruling::Nothing => None,
            Ruling::Forgotten => Some(u64::MAX),
        }
    }

    #[test]
    fn a_charter_governs_what_stands_behind_it_up_to_the_next_one() {
        let mut charters = Charters::default();
        assert_eq!(governing(&charters, 5), None);
        publish(&mut charters, 5, 2);
        publish(&mut charters, 9, 1);
        for (index, by) in [(5, None), (6, Some(5)), (9, Some(5)), (10, Some(9)), (99, Some(9))] {
            assert_eq!(governing(&charters, index), by, "{index}");
        }
        assert_eq!((charters.met, charters.in_force().unwrap().last), (2, Index(9)));
    }

    #[test]
    fn a_superseded_charter_is_kept_as_long_as_a_hidden_record_needs_it() {
        let mut charters = Charters::default();
        publish(&mut charters, 5, 2);
        publish(&mut charters, 9, 0);
        publish(&mut charters, 11, 0);
        let known = |charters: &Charters| charters.known.keys().copied().collect::<Vec<_>>();
        assert_eq!(known(&charters), [5, 11]);
        assert_eq!(governing(&charters, 10), Some(u64::MAX), "never taken for one that is known");
        charters.show(Index(6));
        charters.forget();
        assert_eq!(known(&charters), [5, 11]);
        charters.show(Index(7));
        charters.forget();
        assert_eq!(known(&charters), [11]);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for_and_the_oldest_go_first() {
        let mut charters = Charters::default();
        (0..=KEPT_MAX as u64).for_each(|number| publish(&mut charters, 10 + 2 * number, 1));
        assert_eq!(charters.known.len(), KEPT_MAX);
        assert_eq!((governing(&charters, 11), governing(&charters, 13)), (Some(u64::MAX), Some(12)));
    }

    #[test]
    fn parts_that_do_not_follow_each_other_are_no_charter() {
        let parts = parts_of(&[TEXT.as_bytes(), &b"# lang\n".repeat(20_000)].concat());
        assert_eq!(parts.len(), 3);
        let at =
            |index: u64, part: &CharterPart| Part { index: Index(index), part: part.clone(), place: place() };
        let taken = |parts: Vec<Part>, end: u64| {
            let mut charters = Charters::default();
            let taken = charters.take(parts, &[], Some(Index(end)));
            (taken.map_err(|wrong| Some(wrong.at)), charters.end().map_err(|finding| finding.index))
        };
        let [one, two, three] = &parts[..] else { panic!("three parts") };
        let missing = |index: u64| Err(Some(Index(index)));
        assert_eq!(taken(vec![at(5, one), at(6, two), at(7, three)], 9), (Ok(()), Ok(())));
        assert_eq!(taken(vec![at(5, one), at(6, two)], 6), (Ok(()), missing(7)));
        assert_eq!(taken(vec![at(5, one), at(6, two)], 7), (missing(7), Ok(())));
        assert_eq!(taken(vec![at(5, one), at(7, two)], 7), (missing(6), Ok(())));
        assert_eq!(taken(vec![at(5, one), at(6, three)], 6), (missing(6), Ok(())));
    }
}
