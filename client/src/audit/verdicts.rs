//! How many records keep which commitments, as recorded and judged again.

use std::collections::BTreeMap;

use einsicht_access::charter::COMMITMENTS_MAX;
use einsicht_access::{Charter, Judgement, Verdict};
use serde::{Deserialize, Serialize};

/// Most commitments that are told apart, of all charters of a ledger.
const COMMITMENTS_TOLD_MAX: usize = 4_096;

/// What became of the verdicts of a ledger. Every one that is counted was recomputed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdicts {
    /// Records that were judged by a charter. Confidential ones count once they are opened.
    pub judged: u64,
    /// How many of them deviate from at least one commitment.
    pub deviating: u64,
    /// Records that were made when no charter was in force: nothing can be verified for them.
    pub without_charter: u64,
    /// Confidential records under a charter, not opened yet: nothing can be verified for them yet.
    pub hidden: u64,
    /// Records that were confidential and have been opened, whose charter had to be forgotten meanwhile: nobody could
    /// tell whether their verdict is right.
    pub unjudged: u64,
    /// Verdicts on more commitments than can be told apart.
    pub untold: u64,
    by_commitment: BTreeMap<String, Tally>,
}

/// Of how many records a commitment was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Records that fit it, or that it is not about.
    pub kept: u64,
    /// Records that do not fit it.
    pub deviates: u64,
    /// Records that do not say enough.
    pub not_verifiable: u64,
}

/// What a chunk has, by position of the commitments in one charter: without a look-up for each record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub records: u64,
    pub deviating: u64,
    deviates: [u64; COMMITMENTS_MAX],
    not_verifiable: [u64; COMMITMENTS_MAX],
}

impl Default for Counted {
    fn default() -> Self {
        let none = [0; COMMITMENTS_MAX];
        Self { records: 0, deviating: 0, deviates: none, not_verifiable: none }
    }
}

impl Counted {
    /// Counts a record.
    #[inline]
    pub fn add(&mut self, judgement: Judgement) {
        self.records += 1;
        self.deviating += u64::from(!judgement.deviates.is_empty());
        let sets =
            [(judgement.deviates, &mut self.deviates), (judgement.not_verifiable, &mut self.not_verifiable)];
        for (set, counts) in sets {
            for position in set.positions() {
                if let Some(count) = counts.get_mut(position) {
                    *count += 1;
                }
            }
        }
    }

    /// Counts what was counted elsewhere, by the same charter.
    pub fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.deviating += other.deviating;
        let lists =
            [(&mut self.deviates, &other.deviates), (&mut self.not_verifiable, &other.not_verifiable)];
        for (counts, others) in lists {
            counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        }
    }

    /// The tally of each commitment that has a rule, in the order of the charter.
    pub fn tallies<'c>(&self, charter: &'c Charter) -> impl Iterator<Item = (&'c str, Tally)> {
        let counts = self.deviates.iter().zip(&self.not_verifiable);
        let all =
            charter.commitments().iter().zip(counts).filter(|(commitment, _)| commitment.rule().is_some());
        all.map(|(commitment, (&deviates, &not_verifiable))| {
            let kept = self.records.saturating_sub(deviates + not_verifiable);
            (commitment.id.as_str(), Tally { kept, deviates, not_verifiable })
        })
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.deviates += other.deviates;
        self.not_verifiable += other.not_verifiable;
    }

    fn one(verdict: Verdict) -> Self {
        let is = |which| u64::from(verdict == which);
        Self {
            kept: is(Verdict::Kept),
            deviates: is(Verdict::Deviates),
            not_verifiable: is(Verdict::NotVerifiable),
        }
    }
}

impl Verdicts {
    /// The tally of a commitment, over all charters that have it.
    #[must_use]
    pub fn of(&self, commitment: &str) -> Option<Tally> {
        self.by_commitment.get(commitment).copied()
    }

    /// The tally of every commitment: first those of `charter` in its order, then those that it has no more.
    pub fn all<'a>(&'a self, charter: Option<&'a Charter>) -> impl Iterator<Item = (&'a str, Tally)> {
        let listed = charter.map(Charter::commitments).unwrap_or_default();
        let is_listed = |id: &str| listed.iter().any(|commitment| commitment.id == id);
        let first = listed.iter().filter_map(|one| Some((one.id.as_str(), self.of(&one.id)?)));
        let rest = self.by_commitment.iter().map(|(id, tally)| (id.as_str(), *tally));
        first.chain(rest.filter(move |(id, _)| !is_listed(id)))
    }

    /// Takes in records that `charter` judged.
    pub(super) fn count(&mut self, charter: &Charter, counted: &Counted) {
        self.judged += counted.records;
        self.deviating += counted.deviating;
        counted.tallies(charter).for_each(|(id, tally)| self.add(id, tally));
    }

    /// Takes in what was counted elsewhere.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { judged, deviating, without_charter, hidden, unjudged, untold, by_commitment } = other;
        self.judged += judged;
        self.deviating += deviating;
        self.without_charter += without_charter;
        self.hidden += hidden;
        self.unjudged += unjudged;
        self.untold += untold;
        by_commitment.iter().for_each(|(id, tally)| self.add(id, *tally));
    }

    /// Takes in a confidential record: nothing is verifiable for it until it is opened.
    pub(super) fn hide(&mut self, charter: &Charter) {
        self.hidden += 1;
        for commitment in charter.commitments().iter().filter(|commitment| commitment.rule().is_some()) {
            self.add(&commitment.id, Tally::one(Verdict::NotVerifiable));
        }
    }

    /// Takes in what a confidential record turned out to be.
    pub(super) fn show(&mut self, charter: &Charter, judgement: Judgement) {
        self.hidden = self.hidden.saturating_sub(1);
        for commitment in charter.commitments().iter().filter(|commitment| commitment.rule().is_some()) {
            if let Some(tally) = self.by_commitment.get_mut(&commitment.id) {
                tally.not_verifiable = tally.not_verifiable.saturating_sub(1);
            }
        }
        let mut counted = Counted::default();
        counted.add(judgement);
        self.count(charter, &counted);
    }

    fn add(&mut self, id: &str, tally: Tally) {
        let has_room = self.by_commitment.len() < COMMITMENTS_TOLD_MAX;
        match self.by_commitment.get_mut(id) {
            Some(known) => known.add(tally),
            None if has_room => drop(self.by_commitment.insert(id.to_owned(), tally)),
            None => self.untold += tally.kept + tally.deviates + tally.not_verifiable,
        }
    }
}
