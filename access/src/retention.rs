//! Retention classes: how long openings are kept.
//!
//! A class is named after its own schedule, so that a folder, an erasure entry and a key say for themselves
//! when their time comes, whatever the configuration says by then.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::month::Month;

/// How the default is written: to the end of the year after the record (modelled on BDSG section 76(4)).
const NEXT_YEAR_END: &str = "next-year-end";
/// A hundred years: a longer one is a slip of the keyboard.
const MONTHS_MAX: u32 = 1200;

/// How long the openings of a month are kept. Reads and is written as `next-year-end`, or as an ISO 8601
/// duration of whole months, `P12M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum RetentionClass {
    /// To the end of the year after the record.
    #[default]
    NextYearEnd,
    /// To the end of the month that many months after the record's.
    Months(u32),
}

/// A text that is no retention class.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a retention class is '{NEXT_YEAR_END}' or a number of months such as 'P12M', from P0M to P{MONTHS_MAX}M; this is neither"
)]
pub struct RetentionError;

impl RetentionClass {
    /// The first month in which what was recorded in `recorded` is to be gone.
    #[must_use]
    pub fn due(self, recorded: Month) -> Month {
        match self {
            Self::NextYearEnd => Month::last_of_year(recorded.year() + 1).next(),
            Self::Months(months) => recorded.plus(months).next(),
        }
    }
}

impl fmt::Display for RetentionClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextYearEnd => formatter.write_str(NEXT_YEAR_END),
            Self::Months(months) => write!(formatter, "P{months}M"),
        }
    }
}

impl FromStr for RetentionClass {
    type Err = RetentionError;

    /// One spelling only, for it names folders: years are written as months.
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        if text == NEXT_YEAR_END {
            return Ok(Self::NextYearEnd);
        }
        let months = text.strip_prefix('P').and_then(|text| text.strip_suffix('M'));
        let months = months.and_then(|months| months.parse().ok()).filter(|months| *months <= MONTHS_MAX);
        let class = months.map(Self::Months).ok_or(RetentionError)?;
        if class.to_string() == text { Ok(class) } else { Err(RetentionError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(class: &str, recorded: &str) -> String {
        class.parse::<RetentionClass>().unwrap().due(recorded.parse().unwrap()).to_string()
    }

    #[test]
    fn a_month_is_kept_to_the_end_of_the_next_year_or_for_whole_months() {
        assert_eq!(due("next-year-end", "2026-01"), "2028-01");
        assert_eq!(due("next-year-end", "2026-12"), "2028-01");
        assert_eq!(due("P12M", "2026-11"), "2027-12");
        assert_eq!(due("P0M", "2026-12"), "2027-01");
    }

    #[test]
    fn only_one_spelling_of_a_class_is_read() {
        for text in ["next-year-end", "P0M", "P12M", "P1200M"] {
            assert_eq!(text.parse::<RetentionClass>().unwrap().to_string(), text);
        }
        for text in ["", "P1Y", "P012M", "P+1M", "P1201M", "12M", "P12", "Next-Year-End", "../P1M", "P-1M"] {
            assert_eq!(text.parse::<RetentionClass>(), Err(RetentionError), "{text}");
        }
    }
}
