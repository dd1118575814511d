//! Rules whose answer is always the same: written by mistake, and worse than none, for they look like a promise.
//!
//! Nothing is reasoned out here: every rule is judged, by the code that judges accesses, with made-up accesses at
//! the borders of its conditions, for each data set. The fields of an access do not depend on each other, so that
//! each field can be looked at alone.
//!
//! This is advice for whoever writes a charter. One that stands in a ledger is not asked: what was published stays
//! readable, and a hostile one costs those who read it nothing more. For authors, too, there is an end: of data sets
//! that are alike to a rule one is tried, of values that are alike one, and after [`WORK_MAX`] steps the rules are
//! taken as they are.

mod blame;
mod candidate;
mod probe;
mod rule;
#[cfg(test)]
mod tests;

use self::blame::Blame;
use self::candidate::Candidates;
use self::rule::{Reach, rule_reach};
use super::Charter;
use super::parse::Span;
use super::problem::{Problems, Reason};
use crate::sentence::Bilingual;

/// Most steps that are taken for one charter, in items of lists and in data sets: some seconds of work. What people
/// write needs a few thousand.
pub(super) const WORK_MAX: u64 = 1 << 24;

/// Where the parts of a rule stand in the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub owner: Bilingual,
    pub whole: Span,
    /// Of each condition of `when`.
    pub when: Vec<Span>,
    /// Of each condition of the consequence.
    pub conditions: Vec<Span>,
}

/// A charter that is looked through, and what that has cost.
struct Search<'a> {
    charter: &'a Charter,
    candidates: Candidates<'a>,
    steps: u64,
}

impl Search<'_> {
    /// `None` if that is more than may be spent.
    fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        (self.steps <= WORK_MAX).then_some(())
    }
}

/// Notes every rule that can never apply, never be kept, or never be anything else. Returns the steps that it took.
pub(super) fn check_reach(charter: &Charter, places: &[Places], problems: &mut Problems<'_>) -> u64 {
    let mut search = Search { charter, candidates: Candidates::of(charter), steps: 0 };
    for (commitment, places) in charter.commitments().iter().zip(places) {
        let Some(rule) = commitment.rule() else { continue };
        // Nobody is told that a rule is pointless without having looked to the end.
        let Some(reach) = rule_reach(&mut search, rule) else { break };
        let fault = match reach {
            Reach { applies: false, .. } => Bilingual::fixed("kann nie gelten", "can never apply"),
            Reach { kept: false, .. } => Bilingual::fixed("kann nie eingehalten werden", "can never be kept"),
            Reach { not_kept: false, .. } => Bilingual::fixed(
                "besagt nichts, denn es wird immer eingehalten",
                "says nothing, for it is always kept",
            ),
            _ => continue,
        };
        let blame = Blame::find(&mut search, rule, reach.applies);
        let span = blame.span(places).clone();
        problems.add(&span, || Reason::Pointless {
            owner: places.owner.clone(),
            fault,
            why: Bilingual::told(|language| blame.why(reach, language)),
            help: Bilingual::told(|language| blame.help(language)),
        });
    }
    search.steps
}
