//! A figure as a report tells it. What is hidden is hidden here, once, for page, chart, JSON and CSV alike.

use std::fmt;

use serde::{Serialize, Serializer};

/// A figure. Displays as it stands in files: `1204`, `<5`, `hidden`, `5-49`, `5000+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// A count.
    Number(u64),
    /// At least one, and fewer than this.
    FewerThan(u64),
    /// Not told: it would give away another one.
    Hidden,
    /// From, and to if it has an end, both inclusive.
    Between(u64, Option<u64>),
}

impl Cell {
    /// The count, where it is told exactly.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::FewerThan(threshold) => write!(formatter, "<{threshold}"),
            Self::Hidden => formatter.write_str("hidden"),
            Self::Between(from, Some(to)) => write!(formatter, "{from}-{to}"),
            Self::Between(from, None) => write!(formatter, "{from}+"),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            hidden => serializer.collect_str(hidden),
        }
    }
}
