//! The rules by which sealed values are taken, kept and shown. A reload exchanges them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use einsicht_access::limits::check_code;
use einsicht_access::{Month, RetentionClass, SealedField};

use super::error::{Reason, shown};
use super::said::{Problems, Said};

/// How sealed values are taken, kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// `subjects.schemes`: the registers that ids of data subjects come from.
    pub schemes: Vec<String>,
    /// Table `retention`.
    pub retention: Retention,
    /// Table `disclosure`.
    pub disclosure: Disclosure,
}

/// How long sealed values are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// `retention.default`.
    pub default: RetentionClass,
    /// `retention.datasets`: each data set once.
    pub datasets: Vec<DatasetRetention>,
    /// `retention.hold`: what stays although its time has come.
    pub hold: Vec<Hold>,
}

/// What is asked of whoever wants to see sealed values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// `disclosure.two_stewards`.
    pub two_stewards: Vec<SealedField>,
    /// `disclosure.request_hours`: when a request lapses.
    pub request_hours: u32,
}

/// A data set whose values are kept for another time. Reads and is written as `besuchertrend=P12M`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetRetention {
    /// Its code.
    pub dataset: String,
    /// How long.
    pub class: RetentionClass,
}

/// What is held back. Reads and is written as `2026-11`, or as `2026-11/P12M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The month.
    pub month: Month,
    /// One class of it; all of them where this is absent.
    pub class: Option<RetentionClass>,
}

/// A text that names nothing that could be held back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hold is a month such as '2026-11', or one class of it such as '2026-11/P12M'; this is neither")]
pub struct HoldError;

impl Default for Rules {
    /// Those of a configuration that says nothing.
    fn default() -> Self {
        let disclosure = Disclosure { two_stewards: Vec::new(), request_hours: 72 };
        Self { schemes: Vec::new(), retention: Retention::default(), disclosure }
    }
}

impl Retention {
    /// The class of what is recorded for a data set. Data sets that an access combines with it do not count.
    #[must_use]
    pub fn class_of(&self, dataset: &str) -> RetentionClass {
        let own = self.datasets.iter().find(|item| item.dataset == dataset);
        own.map_or(self.default, |item| item.class)
    }

    /// Whether a class of a month is held back.
    #[must_use]
    pub fn holds(&self, month: Month, class: RetentionClass) -> bool {
        let is_held = |hold: &Hold| hold.month == month && hold.class.is_none_or(|held| held == class);
        self.hold.iter().any(is_held)
    }
}

impl fmt::Display for DatasetRetention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.dataset, self.class)
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Some(class) => write!(f, "{}/{class}", self.month),
            None => write!(f, "{}", self.month),
        }
    }
}

impl FromStr for Hold {
    type Err = HoldError;

    fn from_str(text: &str) -> Result<Self, HoldError> {
        let (month, class) = match text.split_once('/') {
            Some((month, class)) => (month, Some(class.parse().map_err(|_| HoldError)?)),
            None => (text, None),
        };
        Ok(Self { month: month.parse().map_err(|_| HoldError)?, class })
    }
}

/// Reads `besuchertrend=P12M`; or says what is wrong.
pub(super) fn dataset_retention(text: &str) -> Result<DatasetRetention, String> {
    let (dataset, class) = text.split_once('=').ok_or("put '=' between both")?;
    check_code(dataset).map_err(|problem| format!("the code of the data set {problem}"))?;
    let class = class.parse().map_err(|_| "classes are 'next-year-end' and months such as 'P12M'")?;
    Ok(DatasetRetention { dataset: dataset.to_owned(), class })
}

/// `None` if something of it was refused.
pub(super) fn assemble(said: &Said) -> Option<Rules> {
    Some(Rules {
        schemes: said.texts("subjects.schemes"),
        retention: Retention {
            default: said.retention("retention.default")?,
            datasets: said.dataset_retentions("retention.datasets"),
            hold: said.holds("retention.hold"),
        },
        disclosure: Disclosure {
            two_stewards: said.sealed_fields("disclosure.two_stewards"),
            request_hours: said.integer("disclosure.request_hours")?,
        },
    })
}

/// Checks what no single value can show: a data set has one retention class.
pub(super) fn check(said: &Said, problems: &mut Problems) {
    let key = "retention.datasets";
    let mut seen = BTreeSet::new();
    for item in said.dataset_retentions(key) {
        if !seen.insert(item.dataset.clone()) {
            let reason = Reason::Unexpected {
                expected: "each data set once".to_owned(),
                found: format!("{} twice", shown(&item.dataset)),
                advice: String::new(),
            };
            problems.add(said.place(key).cloned(), key, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_has_its_own_class_or_that_of_all() {
        let datasets =
            vec![dataset_retention("a=P3M").unwrap(), dataset_retention("b=next-year-end").unwrap()];
        let retention = Retention { default: RetentionClass::Months(12), datasets, hold: Vec::new() };
        let class = |dataset| retention.class_of(dataset).to_string();
        assert_eq!([class("a"), class("b"), class("A")], ["P3M", "next-year-end", "P12M"]);
    }

    #[test]
    fn a_hold_holds_a_month_or_one_class_of_it() {
        let hold = vec!["2026-11".parse().unwrap(), "2026-12/P1M".parse().unwrap()];
        let retention = Retention { hold, ..Retention::default() };
        let holds =
            |month: &str, class: &str| retention.holds(month.parse().unwrap(), class.parse().unwrap());
        assert!(holds("2026-11", "P1M") && holds("2026-11", "next-year-end") && holds("2026-12", "P1M"));
        assert!(!holds("2026-12", "P2M") && !holds("2026-10", "P1M"));
    }

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let config = crate::config::tests::read(crate::config::tests::LEAST).unwrap().config;
        assert_eq!(config.rules, Rules::default());
    }
}
