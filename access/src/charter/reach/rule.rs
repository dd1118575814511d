//! What can become of a rule.

use super::Search;
use super::candidate::Candidate;
use super::probe::probes;
use crate::charter::condition::{Condition, Test};
use crate::charter::{Consequence, Rule, RuleField};
use crate::judge::Case;
use crate::verdict::Truth;

/// What can become of a rule.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    pub applies: bool,
    pub kept: bool,
    /// It deviates, or can't be verified because the access does not say something.
    pub not_kept: bool,
}

/// What can become of the conditions on one field, those of `when` and those of the consequence, for one data set. A
/// part without conditions on the field holds.
#[derive(Debug, Clone, Copy, Default)]
struct FieldReach {
    /// `when` can hold.
    applies: bool,
    /// Both can hold.
    holds: bool,
    /// Both can hold, and the consequence for the other data set as well.
    holds_for_both: bool,
    /// Both can hold where `when` does not for the other data set.
    holds_alone: bool,
    /// `when` can hold where the consequence is not certain to.
    not_holds: bool,
    /// `when` can hold where the consequence does not.
    fails: bool,
    /// `when` can hold where the consequence is not certain to fail.
    not_fails: bool,
}

/// What can become of a rule; `None` if it would take too long to find out.
pub(super) fn rule_reach(search: &mut Search<'_>, rule: &Rule) -> Option<Reach> {
    let candidates = search.candidates.that_matter(rule);
    search.spend(candidates.looked_at)?;
    let (mut once, mut each) = (Vec::new(), Vec::new());
    for field in fields(rule) {
        if !depends_on_dataset(rule, field) {
            let candidate = candidates.distinct.first()?;
            once.push(field_reach(search, rule, field, candidate)?);
        } else {
            each.push(field);
        }
    }
    let mut reach = Reach::default();
    for candidate in &candidates.distinct {
        let mut fields = once.clone();
        for field in &each {
            fields.push(field_reach(search, rule, *field, candidate)?);
        }
        reach.add(rule, &fields);
        if reach.applies && reach.kept && reach.not_kept {
            break;
        }
    }
    Some(reach)
}

fn fields(rule: &Rule) -> Vec<RuleField> {
    let mut fields: Vec<RuleField> = rule.when.iter().chain(&rule.conditions).map(|one| one.field).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

fn depends_on_dataset(rule: &Rule, field: RuleField) -> bool {
    rule.when.iter().chain(&rule.conditions).any(|one| one.field == field && one.depends_on_dataset())
}

impl Reach {
    /// What can become of it where the fields can become this.
    fn add(&mut self, rule: &Rule, fields: &[FieldReach]) {
        let all = |of: fn(&FieldReach) -> bool| fields.iter().all(of);
        let any = |of: fn(&FieldReach) -> bool| fields.iter().any(of);
        let applies = all(|field| field.applies);
        let (kept, not_kept) = match rule.consequence {
            Consequence::Must => {
                let is_spared = all(|field| field.holds) && any(|field| field.holds_alone);
                (all(|field| field.holds_for_both) || is_spared, applies && any(|field| field.not_holds))
            }
            Consequence::MustNot => (applies && any(|field| field.fails), all(|field| field.not_fails)),
        };
        self.applies |= applies;
        self.kept |= kept;
        self.not_kept |= not_kept;
    }
}

fn field_reach(
    search: &mut Search<'_>,
    rule: &Rule,
    field: RuleField,
    candidate: &Candidate<'_>,
) -> Option<FieldReach> {
    let on_field = |conditions: &[Condition]| conditions.iter().position(|one| one.field == field);
    let when = on_field(&rule.when).and_then(|at| rule.when.get(at));
    let then = on_field(&rule.conditions).and_then(|at| rule.conditions.get(at));
    let tests: Vec<&Test> = when.into_iter().chain(then).map(|one| &one.test).collect();
    let probes = probes(field, &tests, candidate);
    search.spend(probes.items.saturating_mul(probes.facts.len() + 1))?;
    let mut reach = FieldReach::default();
    for facts in &probes.facts {
        let case = Case::new(search.charter, facts);
        let of = |condition: Option<&Condition>, dataset| {
            condition.map_or(Truth::True, |condition| case.truth(condition, dataset))
        };
        if of(when, candidate.dataset) != Truth::True {
            continue;
        }
        let then_here = of(then, candidate.dataset);
        let holds = then_here == Truth::True;
        let other = candidate.other;
        reach.applies = true;
        reach.holds |= holds;
        reach.holds_for_both |= holds && (other.is_none() || of(then, other) == Truth::True);
        reach.holds_alone |= holds && other.is_some() && of(when, other) == Truth::False;
        reach.not_holds |= !holds;
        reach.fails |= then_here == Truth::False;
        reach.not_fails |= then_here != Truth::False;
    }
    Some(reach)
}
