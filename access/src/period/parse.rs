//! Periods as they are read and written.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{ISOWeekDate, Weekday};
use thiserror::Error;

use super::{Kind, Period};

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a period reads 2026, 2026-Q4, 2026-11 or 2026-W46 and lies between 1970 and 9998; {given:?} does not"
)]
pub struct PeriodError {
    /// What was given, its first 64 characters.
    pub given: String,
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Year(year) => write!(formatter, "{year:04}"),
            Kind::Quarter(year, quarter) => write!(formatter, "{year:04}-Q{quarter}"),
            Kind::Month(year, month) => write!(formatter, "{year:04}-{month:02}"),
            Kind::Week(year, week) => write!(formatter, "{year:04}-W{week:02}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// One spelling only.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let no_period = || PeriodError { given: text.chars().take(64).collect() };
        let (year, rest) = text.split_once('-').map_or((text, None), |(year, rest)| (year, Some(rest)));
        let year: i16 = year.parse().map_err(|_| no_period())?;
        let kind = rest.map_or(Some(Kind::Year(year)), |rest| kind_of(year, rest));
        let period = kind.filter(|_| (1970..=9998).contains(&year)).map(Self).ok_or_else(no_period)?;
        if period.to_string() == text { Ok(period) } else { Err(no_period()) }
    }
}

/// What stands behind the year.
fn kind_of(year: i16, rest: &str) -> Option<Kind> {
    if let Some(quarter) = rest.strip_prefix('Q') {
        return quarter
            .parse()
            .ok()
            .filter(|quarter| (1..=4).contains(quarter))
            .map(|of| Kind::Quarter(year, of));
    }
    if let Some(week) = rest.strip_prefix('W') {
        let week = week.parse().ok()?;
        return ISOWeekDate::new(year, week, Weekday::Monday).is_ok().then_some(Kind::Week(year, week));
    }
    rest.parse().ok().filter(|month| (1..=12).contains(month)).map(|month| Kind::Month(year, month))
}
