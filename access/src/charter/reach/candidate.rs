//! The data sets of made-up accesses, and which of them are alike to a rule.

use std::collections::{HashMap, HashSet};

use crate::charter::condition::{Condition, Test, Values};
use crate::charter::{Charter, Dataset, DatasetList, Listed, Rule, RuleField};
use crate::facts::{Codes, Facts};

/// The data sets of a made-up access.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub dataset: Option<&'a Dataset>,
    /// At most one.
    pub other: Option<&'a Dataset>,
}

/// What a charter says of a data set, as far as rules can ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Profile {
    is_personal: bool,
    /// By [`DatasetList::ALL`]: equal numbers are equal lists. `None` where the charter has none.
    lists: [Option<usize>; DatasetList::ALL.len()],
    record_ceiling: Option<u64>,
    keep_days: Option<u32>,
}

/// The data sets of a charter.
pub(super) struct Candidates<'a> {
    datasets: Vec<(&'a Dataset, Profile)>,
    personal: Option<&'a Dataset>,
}

/// Those that a rule has to be tried with.
pub(super) struct Distinct<'a> {
    pub distinct: Vec<Candidate<'a>>,
    /// How many were looked at to find them.
    pub looked_at: usize,
}

impl<'a> Candidates<'a> {
    pub fn of(charter: &'a Charter) -> Self {
        let mut known = HashMap::new();
        let mut number = |list: Listed<'a>| {
            let next = known.len();
            *known.entry(list).or_insert(next)
        };
        let datasets = charter.datasets();
        let profile = |dataset: &'a Dataset| Profile {
            is_personal: dataset.personal.is_personal(),
            lists: DatasetList::ALL.map(|list| dataset.list(list).map(&mut number)),
            record_ceiling: dataset.record_ceiling,
            keep_days: dataset.keep_days,
        };
        Self {
            datasets: datasets.iter().zip(datasets.iter().map(profile)).collect(),
            personal: datasets.iter().find(|dataset| dataset.personal.is_personal()),
        }
    }

    /// Each data set alone, and together with one that is personal; of those that are alike to the rule, the first.
    /// One without any if the charter has none, or the rule does not ask.
    pub fn that_matter(&self, rule: &Rule) -> Distinct<'a> {
        let conditions = || rule.when.iter().chain(&rule.conditions);
        let first = self.datasets.first().map(|(dataset, _)| *dataset);
        let mut distinct = vec![Candidate { dataset: first, other: None }];
        if self.datasets.is_empty() || !conditions().any(Condition::depends_on_dataset) {
            return Distinct { distinct, looked_at: 1 };
        }
        distinct.clear();
        let is_joined = |field| [RuleField::Personal, RuleField::OtherDatasets].contains(&field);
        let other = self.personal.filter(|_| conditions().any(|condition| is_joined(condition.field)));
        let named: Vec<HashSet<&str>> = conditions().filter_map(named).collect();
        let mut met = HashSet::new();
        for (dataset, profile) in &self.datasets {
            let asked: Vec<bool> = named.iter().map(|ids| ids.contains(dataset.id.as_str())).collect();
            if met.insert((profile.asked_by(rule), asked)) {
                let dataset = Some(*dataset);
                distinct.push(Candidate { dataset, other: None });
                distinct.extend(other.map(|other| Candidate { dataset, other: Some(other) }));
            }
        }
        Distinct { distinct, looked_at: self.datasets.len() }
    }
}

/// The data sets that a condition names.
fn named(condition: &Condition) -> Option<HashSet<&str>> {
    match &condition.test {
        Test::OneOf(Values::Texts(ids)) if condition.field == RuleField::Dataset => {
            Some(ids.iter().map(String::as_str).collect())
        }
        _ => None,
    }
}

impl Profile {
    /// Without what the rule does not ask for.
    fn asked_by(&self, rule: &Rule) -> Self {
        let mut asked = Self {
            is_personal: self.is_personal,
            lists: Default::default(),
            record_ceiling: None,
            keep_days: None,
        };
        for condition in rule.when.iter().chain(&rule.conditions) {
            match condition.test {
                Test::AtMostOfDataset => asked.record_ceiling = self.record_ceiling,
                Test::NotOlderThanOfDataset => asked.keep_days = self.keep_days,
                Test::ListedInDataset => {
                    let lists = asked.lists.iter_mut().zip(self.lists).zip(DatasetList::ALL);
                    let same = lists.filter(|(_, list)| condition.field.dataset_list() == Some(*list));
                    same.for_each(|((asked, own), _)| *asked = own);
                }
                _ => {}
            }
        }
        asked
    }
}

impl Condition {
    /// Whether its answer can be another one for another data set.
    pub(super) fn depends_on_dataset(&self) -> bool {
        let of_dataset = [RuleField::Dataset, RuleField::OtherDatasets, RuleField::Personal];
        self.test.asks_dataset() || of_dataset.contains(&self.field)
    }
}

impl<'a> Candidate<'a> {
    /// An access to them that says nothing else.
    pub fn facts(&self) -> Facts<'a> {
        Facts {
            dataset: self.dataset.map(|dataset| dataset.id.as_bytes()),
            other_datasets: self
                .other
                .map_or(Codes::default(), |other| Codes::from(std::slice::from_ref(&other.id))),
            ..Facts::default()
        }
    }
}
