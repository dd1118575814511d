//! A condition on one field.

use super::field::RuleField;

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it looks at.
    pub field: RuleField,
    /// What must hold of it.
    pub test: Test,
}

/// What must hold of a field. Days are UTC calendar days of the access, bounds are inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It has one of these values; every item of a list has.
    OneOf(Values),
    /// It is stated.
    Present,
    /// It is a number up to this one.
    AtMost(u64),
    /// It is a number up to the `record_ceiling` of each of the access's data sets.
    AtMostOfDataset,
    /// Each of the access's data sets lists it.
    ListedInDataset,
    /// It is a day that lies at most so many days before the access.
    NotOlderThanDays(u32),
    /// It is a day that lies at most the `keep_days` of each of the access's data sets before the access.
    NotOlderThanOfDataset,
    /// It is a day that lies at least so many days before the access.
    DaysBeforeAccess(u32),
}

/// Values of one kind, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Codes, or text. Compared as bytes.
    Texts(Vec<String>),
    /// Numbers of an enumeration.
    Choices(Vec<i32>),
    /// Numbers.
    Counts(Vec<u64>),
    /// True or false.
    Flag(bool),
}

/// How a condition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    /// A value on its own.
    Value,
    /// `{ in = [...] }`.
    In,
    /// `{ present = true }`.
    Present,
    /// `{ at_most = n }`.
    AtMost,
    /// `{ at_most_of_dataset = "record_ceiling" }`.
    AtMostOfDataset,
    /// `{ listed_in_dataset = "purposes" }`.
    ListedInDataset,
    /// `{ not_older_than_days = n }`.
    NotOlderThanDays,
    /// `{ not_older_than_of_dataset = "keep_days" }`.
    NotOlderThanOfDataset,
    /// `{ days_before_access = n }`.
    DaysBeforeAccess,
}

impl ConditionKind {
    /// Those that are written as a table with one key.
    pub const KEYED: [Self; 8] = [
        Self::In,
        Self::Present,
        Self::AtMost,
        Self::AtMostOfDataset,
        Self::ListedInDataset,
        Self::NotOlderThanDays,
        Self::NotOlderThanOfDataset,
        Self::DaysBeforeAccess,
    ];

    /// Its key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::In => "in",
            Self::Present => "present",
            Self::AtMost => "at_most",
            Self::AtMostOfDataset => "at_most_of_dataset",
            Self::ListedInDataset => "listed_in_dataset",
            Self::NotOlderThanDays => "not_older_than_days",
            Self::NotOlderThanOfDataset => "not_older_than_of_dataset",
            Self::DaysBeforeAccess => "days_before_access",
        }
    }
}

impl Test {
    /// Whether it depends on the data sets of an access.
    #[must_use]
    pub fn asks_dataset(&self) -> bool {
        matches!(self, Self::AtMostOfDataset | Self::ListedInDataset | Self::NotOlderThanOfDataset)
    }
}
