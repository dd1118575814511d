//! Judging an access by the commitments of a charter.
//!
//! A pure function of the charter and the facts, in comparisons of bytes and integers only: the service that
//! records and the auditor who judges again get the same verdict, on every machine and in every year. Nothing is
//! allocated.

mod case;
mod check;
mod explain;

pub(crate) use self::case::Case;
pub use self::case::Said;
pub use self::check::VerdictMismatch;
pub use self::explain::{Doubt, Explained, Explanation, Finding, Inheritance, Outcome};
use crate::charter::{Charter, Commitment, Consequence, Dataset, Rule};
use crate::facts::Facts;
use crate::verdict::{Truth, Verdict};
use crate::view::EventView;

/// A set of commitments of a charter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commitments(u64);

impl Commitments {
    /// Whether the commitment at that position is in it.
    #[must_use]
    pub fn contains(self, position: usize) -> bool {
        position < 64 && self.0 >> position & 1 == 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Their positions in the charter, in order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let position = (left != 0).then_some(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(position)
        })
    }

    /// Their ids, in the order of the charter: as a record lists them.
    pub fn ids(self, charter: &Charter) -> impl Iterator<Item = &str> {
        let all = charter.commitments().iter().enumerate();
        all.filter(move |(position, _)| self.contains(*position))
            .map(|(_, commitment)| commitment.id.as_str())
    }

    fn put(&mut self, position: usize) {
        self.0 |= 1 << position;
    }
}

/// The verdict of a charter on an access. What is in neither set and has a rule is kept; questions are in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Judgement {
    /// What the access does not fit.
    pub deviates: Commitments,
    /// What it does not say enough for.
    pub not_verifiable: Commitments,
}

/// A charter, and where it stands in the ledger.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'c> {
    /// Index of its last entry: what records name it by.
    pub index: u64,
    /// The charter.
    pub charter: &'c Charter,
}

/// What a record says of the charter in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'c> {
    pub charter: InForce<'c>,
    pub judgement: Judgement,
}

impl<'c> InForce<'c> {
    pub(crate) fn judge(self, event: &EventView<'_>) -> Judged<'c> {
        Judged { charter: self, judgement: self.charter.judge(&Facts::from(event)) }
    }
}

impl Judgement {
    /// The verdict on the commitment at that position; `None` for a question, which is never computed.
    #[must_use]
    pub fn verdict(self, charter: &Charter, position: usize) -> Option<Verdict> {
        charter.commitments().get(position)?.rule()?;
        Some(match (self.deviates.contains(position), self.not_verifiable.contains(position)) {
            (true, _) => Verdict::Deviates,
            (_, true) => Verdict::NotVerifiable,
            _ => Verdict::Kept,
        })
    }
}

impl Charter {
    /// Judges an access. Of a record that hides another one every rule is not verifiable.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let mut judgement = Judgement::default();
        let case = Case::new(self, facts);
        for (position, rule) in self.commitments().iter().map(Commitment::rule).enumerate() {
            let Some(rule) = rule else { continue };
            match if facts.hidden { Verdict::NotVerifiable } else { case.truth_of(rule).into() } {
                Verdict::Kept => {}
                Verdict::Deviates => judgement.deviates.put(position),
                Verdict::NotVerifiable => judgement.not_verifiable.put(position),
            }
        }
        judgement
    }
}

impl Case<'_> {
    /// A rule is kept if it is kept for each of the data sets: one more can't make up for what does not fit.
    fn truth_of(&self, rule: &Rule) -> Truth {
        if self.facts.other_datasets.is_empty() || !rule.asks_dataset() {
            return self.truth_at(rule, self.dataset);
        }
        self.each_dataset(|dataset| self.truth_at(rule, dataset))
    }

    /// For this data set: where all of `when` holds, the conditions must, or must not, all hold.
    fn truth_at(&self, rule: &Rule, dataset: Option<&Dataset>) -> Truth {
        match self.all(&rule.when, dataset) {
            // What the consequence is worth is no longer asked.
            Truth::False => Truth::True,
            when => when.implies(self.consequence(rule, dataset)),
        }
    }

    fn consequence(&self, rule: &Rule, dataset: Option<&Dataset>) -> Truth {
        let all = self.all(&rule.conditions, dataset);
        match rule.consequence {
            Consequence::Must => all,
            Consequence::MustNot => !all,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
