//! Made-up accesses at the borders of conditions.

use std::collections::HashMap;

use super::candidate::Candidate;
use crate::charter::condition::{Test, Values};
use crate::charter::{Listed, RuleField, Shape};
use crate::facts::{Codes, Facts};
use crate::limits::COUNT_MAX;

/// A code that nobody can declare: an access may always name one that the charter does not know.
const UNDECLARED: &[u8] = b"\0";
static UNDECLARED_LIST: [&str; 1] = ["\0"];

/// Made-up accesses, and how many values and items were looked at to make them, as they are to judge each.
pub(super) struct Probes<'a> {
    pub facts: Vec<Facts<'a>>,
    pub items: usize,
}

/// Accesses that say nothing but the data sets and one field: with a value for each set of answers that the tests can
/// give.
pub(super) fn probes<'a>(field: RuleField, tests: &[&'a Test], candidate: &Candidate<'a>) -> Probes<'a> {
    let base = candidate.facts();
    let lists = lists(field, tests, candidate);
    let mut facts: Vec<Facts<'a>> = match field.shape() {
        _ if matches!(field, RuleField::Dataset | RuleField::Personal) => Vec::new(),
        Shape::Code(_) | Shape::Text => {
            let texts = one_of_each(&lists).into_iter().map(String::as_bytes);
            texts.chain([UNDECLARED]).map(|text| with_text(field, text, base)).collect()
        }
        Shape::Codes(_) => {
            let named = one_of_each(&lists).into_iter().map(|text| Codes::from(std::slice::from_ref(text)));
            let all = named.chain([Codes::from(&UNDECLARED_LIST[..])]);
            all.map(|list| with_list(field, list, base)).collect()
        }
        Shape::Choice => choices(field).map(|number| with_choice(field, number, base)).collect(),
        Shape::Flag => [true, false].map(|flag| with_flag(field, flag, base)).to_vec(),
        Shape::Count => {
            counts(field, tests, candidate).into_iter().map(|count| with_count(field, count, base)).collect()
        }
        Shape::Day => days_before(tests, candidate).map(|days| with_day(field, -days, base)).collect(),
        Shape::Presence(number) => vec![Facts { present: 1 << number, ..base }],
    };
    if can_be_missing(field) {
        facts.push(base);
    }
    let items =
        lists.iter().map(|list| list.len()).sum::<usize>() + numbers(tests).map(<[u64]>::len).sum::<usize>();
    Probes { facts, items: items + 1 }
}

/// Whether an access may not state it. Of data sets there is nothing to state beside them.
fn can_be_missing(field: RuleField) -> bool {
    !matches!(field, RuleField::Operation | RuleField::Purpose | RuleField::AccessCount | RuleField::Outcome)
}

/// The lists that a text can be in or not: those of the tests and of the data sets.
fn lists<'a>(field: RuleField, tests: &[&'a Test], candidate: &Candidate<'a>) -> Vec<&'a [String]> {
    let named = tests.iter().filter_map(|test| match test {
        Test::OneOf(Values::Texts(texts)) => Some(texts.as_slice()),
        _ => None,
    });
    let is_asked = tests.iter().any(|test| matches!(test, Test::ListedInDataset));
    let key = field.dataset_list().filter(|_| is_asked);
    let datasets = candidate.dataset.into_iter().chain(candidate.other);
    let listed = datasets.filter_map(|dataset| match dataset.list(key?)? {
        Listed::Codes(codes) => Some(codes),
        Listed::Operations(_) => None,
    });
    named.chain(listed).collect()
}

/// A text for each set of lists that there is one in.
fn one_of_each<'a>(lists: &[&'a [String]]) -> Vec<&'a String> {
    let mut is_in: HashMap<&'a String, u32> = HashMap::new();
    for (position, list) in lists.iter().enumerate() {
        for text in *list {
            *is_in.entry(text).or_default() |= 1 << position;
        }
    }
    let each: HashMap<u32, &String> = is_in.into_iter().map(|(text, sets)| (sets, text)).collect();
    each.into_values().collect()
}

fn choices(field: RuleField) -> impl Iterator<Item = i32> {
    let names = crate::field::find(field.name()).map(|field| field.choices().len()).unwrap_or_default();
    (1..).take(names)
}

fn numbers<'t>(tests: &[&'t Test]) -> impl Iterator<Item = &'t [u64]> {
    tests.iter().filter_map(|test| match test {
        Test::OneOf(Values::Counts(counts)) => Some(counts.as_slice()),
        _ => None,
    })
}

/// A number for each set of lists and bounds that there is one in.
fn counts(field: RuleField, tests: &[&Test], candidate: &Candidate<'_>) -> Vec<u64> {
    let datasets = candidate.dataset.into_iter().chain(candidate.other);
    let ceilings = datasets.filter_map(|dataset| dataset.record_ceiling);
    let bounds =
        tests.iter().filter_map(|test| if let Test::AtMost(most) = test { Some(*most) } else { None });
    let bounds: Vec<u64> = bounds.chain(ceilings).collect();
    // An event stands for one access at least.
    let least = u64::from(field == RuleField::AccessCount);
    let borders = numbers(tests).flatten().chain(&bounds).copied();
    let around = borders.flat_map(|border| [border, border.saturating_add(1)]).chain([least]);
    let mut is_in: HashMap<u64, u64> =
        around.filter(|count| (least..=COUNT_MAX).contains(count)).map(|count| (count, 0)).collect();
    for (position, list) in numbers(tests).enumerate() {
        for count in list {
            is_in.entry(*count).and_modify(|sets| *sets |= 1 << position);
        }
    }
    let within = |count: u64| bounds.iter().map(|bound| count <= *bound).collect::<Vec<bool>>();
    let each: HashMap<(u64, Vec<bool>), u64> =
        is_in.into_iter().map(|(count, sets)| ((sets, within(count)), count)).collect();
    each.into_values().collect()
}

fn days_before(tests: &[&Test], candidate: &Candidate<'_>) -> impl Iterator<Item = i64> {
    let datasets = candidate.dataset.into_iter().chain(candidate.other);
    let keep_days = datasets.filter_map(|dataset| dataset.keep_days);
    let limits = tests.iter().filter_map(|test| match test {
        Test::NotOlderThanDays(days) | Test::DaysBeforeAccess(days) => Some(*days),
        _ => None,
    });
    let borders: Vec<i64> = limits.chain(keep_days).map(i64::from).collect();
    borders.into_iter().flat_map(|border| [border - 1, border, border + 1]).chain([0])
}

fn with_text<'a>(field: RuleField, text: &'a [u8], base: Facts<'a>) -> Facts<'a> {
    let text = Some(text);
    match field {
        RuleField::Purpose => Facts { purpose: text, ..base },
        RuleField::Activity => Facts { activity: text, ..base },
        RuleField::Unit => Facts { unit: text, ..base },
        RuleField::Role => Facts { role: text, ..base },
        RuleField::LegalBasis => Facts { legal_basis: text, ..base },
        RuleField::NationalNorm => Facts { national_norm: text, ..base },
        RuleField::Recipient => Facts { recipient: text, ..base },
        RuleField::StorageLocation => Facts { storage_location: text, ..base },
        RuleField::Announcement => Facts { announcement: text, ..base },
        RuleField::Approval => Facts { approval: text, ..base },
        _ => base,
    }
}

fn with_list<'a>(field: RuleField, list: Codes<'a>, base: Facts<'a>) -> Facts<'a> {
    match field {
        RuleField::OtherDatasets => Facts { other_datasets: list, ..base },
        RuleField::Categories => Facts { categories: list, ..base },
        _ => base,
    }
}

fn with_choice(field: RuleField, number: i32, base: Facts<'_>) -> Facts<'_> {
    let number = Some(number);
    match field {
        RuleField::Operation => Facts { operation: number, ..base },
        RuleField::ActorKind => Facts { actor_kind: number, ..base },
        RuleField::Processing => Facts { processing: number, ..base },
        RuleField::Outcome => Facts { outcome: number, ..base },
        _ => base,
    }
}

fn with_flag(field: RuleField, flag: bool, base: Facts<'_>) -> Facts<'_> {
    let flag = Some(flag);
    match field {
        RuleField::SecondaryUse => Facts { secondary_use: flag, ..base },
        RuleField::Consideration => Facts { consideration: flag, ..base },
        _ => base,
    }
}

fn with_count(field: RuleField, count: u64, base: Facts<'_>) -> Facts<'_> {
    let count = Some(count);
    match field {
        RuleField::AccessCount => Facts { access_count: count, ..base },
        RuleField::RecordCount => Facts { record_count: count, ..base },
        _ => base,
    }
}

/// The access is on day 0.
fn with_day(field: RuleField, day: i64, base: Facts<'_>) -> Facts<'_> {
    let day = Some(day);
    match field {
        RuleField::AnnouncedOn => Facts { announced_on: day, ..base },
        RuleField::CollectedOn => Facts { collected_on: day, ..base },
        _ => base,
    }
}
