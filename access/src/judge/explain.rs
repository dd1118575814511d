//! Why an access does not fit a rule, or why nobody can tell.

use super::{Case, Said};
use crate::charter::{
    Activity, Charter, Commitment, Condition, Consequence, Dataset, Demand, Rule, RuleField, Test,
};
use crate::facts::Facts;
use crate::verdict::{Truth, Verdict};

/// Why a charter judges an access as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The record hides another one, so that no rule can be verified.
    pub hidden: bool,
    /// What came of the activity that the access names.
    pub inheritance: Inheritance<'a>,
    /// The commitments, in the order of the charter.
    pub commitments: Vec<Explained<'a>>,
}

/// What an access got from its activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inheritance<'a> {
    /// It names none.
    NoActivity,
    /// Whatever it does not say itself.
    From(&'a Activity),
    /// Nothing: the charter does not know the activity.
    Unknown(&'a [u8]),
    /// Nothing: the activity is about other data sets.
    OtherDatasets(&'a Activity),
}

/// What a commitment is to an access, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained<'a> {
    /// The commitment.
    pub commitment: &'a Commitment,
    /// What the access is to it.
    pub outcome: Outcome,
    /// The conditions that made it so, if it deviates or can't be verified.
    pub findings: Vec<Finding<'a>>,
}

/// A verdict, and whether it was come to at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The rule does not apply to the access, which counts as kept.
    DoesNotApply,
    /// The rule was judged.
    Judged(Verdict),
    /// People answer it.
    Question,
}

/// A condition, and what was found when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The condition.
    pub condition: &'a Condition,
    /// What the access says of the field, with what it inherited.
    pub said: Said<'a>,
    /// For a day: how many days before the access it lies.
    pub days_before_access: Option<i64>,
    /// The data set whose limit decided, where the condition asks data sets.
    pub dataset: Option<&'a Dataset>,
    /// Why nobody can tell; `None` where it is certain.
    pub doubt: Option<Doubt<'a>>,
}

/// Why a condition can't be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt<'a> {
    /// The access does not say.
    NotStated,
    /// The charter does not know a data set of the access.
    UnknownDataset(&'a [u8]),
    /// The charter does not say it of a data set of the access.
    DatasetSilent(&'a Dataset),
}

impl Charter {
    /// Judges an access, and says why. The verdicts are those of [`Charter::judge`].
    #[must_use]
    pub fn explain<'a>(&'a self, facts: &'a Facts<'a>) -> Explanation<'a> {
        let case = Case::new(self, facts);
        let of = |commitment: &'a Commitment| match &commitment.demand {
            Demand::Question(_) => Explained { commitment, outcome: Outcome::Question, findings: Vec::new() },
            Demand::Rule(_) if facts.hidden => Explained {
                commitment,
                outcome: Outcome::Judged(Verdict::NotVerifiable),
                findings: Vec::new(),
            },
            Demand::Rule(rule) => case.explain(commitment, rule),
        };
        Explanation {
            hidden: facts.hidden,
            inheritance: self.inheritance(facts),
            commitments: self.commitments().iter().map(of).collect(),
        }
    }

    fn inheritance<'a>(&'a self, facts: &Facts<'a>) -> Inheritance<'a> {
        match facts.activity.map(|id| (id, self.activity(id))) {
            None => Inheritance::NoActivity,
            Some((id, None)) => Inheritance::Unknown(id),
            Some((_, Some(activity))) if activity.concerns(facts) => Inheritance::From(activity),
            Some((_, Some(activity))) => Inheritance::OtherDatasets(activity),
        }
    }
}

impl<'a> Case<'a> {
    fn explain(&self, commitment: &'a Commitment, rule: &'a Rule) -> Explained<'a> {
        let truth = self.truth_of(rule);
        let applies = self.datasets().any(|(_, dataset)| self.all(&rule.when, dataset) != Truth::False);
        let outcome = if applies { Outcome::Judged(truth.into()) } else { Outcome::DoesNotApply };
        let deciding = || self.datasets().filter(|(_, dataset)| self.truth_at(rule, *dataset) == truth);
        // Of each condition the first data set for which it is so is enough.
        let that_are = |conditions: &'a [Condition], wanted: Truth| {
            conditions.iter().filter_map(move |condition| {
                let place = deciding().find(|(_, dataset)| self.truth(condition, *dataset) == wanted)?;
                Some(self.finding(condition, place))
            })
        };
        let findings = match truth {
            Truth::True => Vec::new(),
            Truth::Unknown => {
                let of_when = that_are(&rule.when, Truth::Unknown);
                // What is certain to deviate, if only the rule applies, is not in doubt itself.
                of_when.chain(that_are(&rule.conditions, Truth::Unknown)).collect()
            }
            Truth::False => match rule.consequence {
                Consequence::Must => that_are(&rule.conditions, Truth::False).collect(),
                Consequence::MustNot => that_are(&rule.conditions, Truth::True).collect(),
            },
        };
        Explained { commitment, outcome, findings }
    }

    fn finding(&self, condition: &'a Condition, place: (&'a [u8], Option<&'a Dataset>)) -> Finding<'a> {
        let said = self.said(condition.field);
        let truth = self.truth(condition, place.1);
        let days_before_access = match said {
            Said::Day(day) => Some(self.days_since(day)),
            _ => None,
        };
        let deciding = match &condition.test {
            test if test.asks_dataset() => Some(place),
            Test::OneOf(_) if condition.field == RuleField::Personal => self.unknown_dataset(),
            _ => None,
        };
        let doubt = (truth == Truth::Unknown).then(|| match (said, deciding) {
            // Whether data is personal no access says, but the charter.
            (Said::Nothing, _) if condition.field != RuleField::Personal => Doubt::NotStated,
            (_, Some((id, None))) => Doubt::UnknownDataset(id),
            (_, Some((_, Some(dataset)))) => Doubt::DatasetSilent(dataset),
            (_, None) => Doubt::NotStated,
        });
        let dataset = deciding.and_then(|(_, dataset)| dataset);
        Finding { condition, said, days_before_access, dataset, doubt }
    }

    fn unknown_dataset(&self) -> Option<(&'a [u8], Option<&'a Dataset>)> {
        self.datasets().find(|(_, dataset)| dataset.is_none())
    }
}
