//! One access before a charter: its facts, what it inherits, its data sets, and which conditions hold.

use crate::charter::{Charter, Condition, Dataset, Listed, RuleField, Shape, Test, Values};
use crate::facts::{Codes, Facts};
use crate::verdict::Truth;

/// An access that is being judged.
pub(crate) struct Case<'a> {
    pub charter: &'a Charter,
    /// With what it inherits.
    pub facts: Facts<'a>,
    /// The data set, if the charter knows it.
    pub dataset: Option<&'a Dataset>,
}

/// What an access says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Nothing.
    Nothing,
    /// A code, or a text: UTF-8, unless it was read from a log that was not checked.
    Text(&'a [u8]),
    /// Several of them.
    Texts(Codes<'a>),
    /// A number of an enumeration.
    Choice(i32),
    /// True or false.
    Flag(bool),
    /// A number.
    Count(u64),
    /// A day, in days since 1970-01-01.
    Day(i64),
    /// Something that is not shown.
    Something,
}

impl<'a> Case<'a> {
    pub fn new(charter: &'a Charter, facts: &'a Facts<'a>) -> Self {
        let inherited = facts.activity.and_then(|id| charter.activity(id)).filter(|it| it.concerns(facts));
        let facts = inherited.map_or(*facts, |activity| activity.facts.complete(facts));
        let dataset = facts.dataset.and_then(|id| charter.dataset(id));
        Self { charter, facts, dataset }
    }

    /// Whether all of the conditions hold, of this data set. Of no conditions, all do.
    pub fn all(&self, conditions: &[Condition], dataset: Option<&Dataset>) -> Truth {
        let mut all = Truth::True;
        for condition in conditions {
            all = all.and(self.truth(condition, dataset));
            if all == Truth::False {
                break;
            }
        }
        all
    }

    /// Whether a condition holds; what it asks of "the data set" is asked of this one, which is `None` if the
    /// charter does not know it. What is not said is neither true nor false.
    pub fn truth(&self, condition: &Condition, dataset: Option<&Dataset>) -> Truth {
        let said = self.said(condition.field);
        match (&condition.test, said) {
            (_, Said::Nothing) => Truth::Unknown,
            (Test::Present, _) => Truth::True,
            (Test::OneOf(values), said) => one_of(values, said),
            (Test::AtMost(most), Said::Count(count)) => (count <= *most).into(),
            (Test::NotOlderThanDays(days), Said::Day(day)) => {
                (self.days_since(day) <= i64::from(*days)).into()
            }
            (Test::DaysBeforeAccess(days), Said::Day(day)) => {
                (self.days_since(day) >= i64::from(*days)).into()
            }
            (test, said) if test.asks_dataset() => {
                dataset.map_or(Truth::Unknown, |dataset| self.truth_in(dataset, condition, said))
            }
            // No such condition passes the parser.
            _ => Truth::Unknown,
        }
    }

    /// Whether a condition that asks a data set holds for this one. What the charter does not say of it is
    /// neither true nor false.
    fn truth_in(&self, dataset: &Dataset, condition: &Condition, said: Said<'a>) -> Truth {
        let limit = match (&condition.test, said) {
            (Test::AtMostOfDataset, Said::Count(count)) => {
                dataset.record_ceiling.map(|ceiling| count <= ceiling)
            }
            (Test::NotOlderThanOfDataset, Said::Day(day)) => {
                dataset.keep_days.map(|days| self.days_since(day) <= i64::from(days))
            }
            (Test::ListedInDataset, said) => {
                let list = condition.field.dataset_list().and_then(|list| dataset.list(list));
                match (list, said) {
                    (Some(Listed::Codes(codes)), Said::Text(text)) => {
                        Some(codes.iter().any(|code| code.as_bytes() == text))
                    }
                    (Some(Listed::Operations(numbers)), Said::Choice(number)) => {
                        Some(numbers.contains(&number))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        limit.map_or(Truth::Unknown, Truth::from)
    }

    /// What the access says of a field; of `personal`, what the charter says.
    pub fn said(&self, field: RuleField) -> Said<'a> {
        let facts = &self.facts;
        let text = |text: Option<&'a [u8]>| text.map_or(Said::Nothing, Said::Text);
        let texts = |codes: Codes<'a>| if codes.is_empty() { Said::Nothing } else { Said::Texts(codes) };
        let choice = |number: Option<i32>| number.map_or(Said::Nothing, Said::Choice);
        let flag = |flag: Option<bool>| flag.map_or(Said::Nothing, Said::Flag);
        let count = |count: Option<u64>| count.map_or(Said::Nothing, Said::Count);
        let day = |day: Option<i64>| day.map_or(Said::Nothing, Said::Day);
        match field {
            RuleField::Dataset => text(facts.dataset),
            RuleField::OtherDatasets => texts(facts.other_datasets),
            RuleField::Personal => self.personal(),
            RuleField::Operation => choice(facts.operation),
            RuleField::Purpose => text(facts.purpose),
            RuleField::Activity => text(facts.activity),
            RuleField::AccessCount => count(facts.access_count),
            RuleField::RecordCount => count(facts.record_count),
            RuleField::Unit => text(facts.unit),
            RuleField::Role => text(facts.role),
            RuleField::ActorKind => choice(facts.actor_kind),
            RuleField::LegalBasis => text(facts.legal_basis),
            RuleField::NationalNorm => text(facts.national_norm),
            RuleField::Recipient => text(facts.recipient),
            RuleField::Categories => texts(facts.categories),
            RuleField::Processing => choice(facts.processing),
            RuleField::SecondaryUse => flag(facts.secondary_use),
            RuleField::Consideration => flag(facts.consideration),
            RuleField::StorageLocation => text(facts.storage_location),
            RuleField::Announcement => text(facts.announcement),
            RuleField::AnnouncedOn => day(facts.announced_on),
            RuleField::Approval => text(facts.approval),
            RuleField::CollectedOn => day(facts.collected_on),
            RuleField::Outcome => choice(facts.outcome),
            other => match other.shape() {
                Shape::Presence(number) if facts.is_present(number) => Said::Something,
                _ => Said::Nothing,
            },
        }
    }

    /// The data sets of the access, of which there is one always: its code, and what the charter says of it.
    pub fn datasets(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a Dataset>)> {
        let main = (self.facts.dataset.unwrap_or_default(), self.dataset);
        let others = self.facts.other_datasets.iter().map(|id| (id, self.charter.dataset(id)));
        std::iter::once(main).chain(others)
    }

    /// Whether something holds for each of the data sets.
    pub fn each_dataset(&self, holds: impl Fn(Option<&Dataset>) -> Truth) -> Truth {
        let mut each = holds(self.dataset);
        for id in self.facts.other_datasets.iter() {
            if each == Truth::False {
                break;
            }
            each = each.and(holds(self.charter.dataset(id)));
        }
        each
    }

    /// Days from a day to that of the access; negative for a day that lies behind it.
    pub fn days_since(&self, day: i64) -> i64 {
        self.facts.day.saturating_sub(day)
    }

    /// Personal if any of the data sets is, even if others are not known.
    fn personal(&self) -> Said<'a> {
        let of = |dataset: Option<&Dataset>| match dataset {
            Some(dataset) => dataset.personal.is_personal().into(),
            None => Truth::Unknown,
        };
        let mut any = of(self.dataset);
        if !self.facts.other_datasets.is_empty() {
            let others = self.facts.other_datasets.iter().map(|id| of(self.charter.dataset(id)));
            any = others.fold(any, Truth::or);
        }
        match any {
            Truth::True => Said::Flag(true),
            Truth::False => Said::Flag(false),
            Truth::Unknown => Said::Nothing,
        }
    }
}

fn one_of(values: &Values, said: Said<'_>) -> Truth {
    let among = |texts: &[String], text: &[u8]| texts.iter().any(|known| known.as_bytes() == text);
    match (values, said) {
        (Values::Texts(texts), Said::Text(text)) => among(texts, text).into(),
        (Values::Texts(texts), Said::Texts(items)) => items.iter().all(|item| among(texts, item)).into(),
        (Values::Choices(numbers), Said::Choice(number)) => numbers.contains(&number).into(),
        (Values::Counts(numbers), Said::Count(number)) => numbers.contains(&number).into(),
        (Values::Flag(expected), Said::Flag(flag)) => (*expected == flag).into(),
        // No such condition passes the parser.
        _ => Truth::Unknown,
    }
}
