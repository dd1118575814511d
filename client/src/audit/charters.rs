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
mod tests;
