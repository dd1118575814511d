//! Calendar months, UTC: what keys, vault and retention are divided by.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

const MONTHS_PER_YEAR: u32 = 12;
const FIRST_YEAR: u32 = 1970;
const LAST_YEAR: u32 = 9999;

/// A month of the calendar, UTC, from 1970-01 to 9999-12. Reads and is written as `2026-11`.
///
/// ```
/// use einsicht_access::Month;
/// let month: Month = "2026-11".parse()?;
/// assert_eq!(Month::of_unix_s(1_795_365_600), month);
/// assert_eq!(month.next().to_string(), "2026-12");
/// # Ok::<(), einsicht_access::month::MonthError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a month reads YYYY-MM and lies between 1970-01 and 9999-12; this does not")]
pub struct MonthError;

impl Month {
    /// The month of a time, in seconds since 1970-01-01T00:00:00Z. Times beyond the year 9999 lie in its
    /// last month.
    #[must_use]
    pub fn of_unix_s(seconds: u64) -> Self {
        let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let date = time.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date();
        Self::of_date(date)
    }

    /// The month behind this one. Behind the last one there is none, and it stays.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// That many months later, at most the last one.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        let last = (LAST_YEAR - FIRST_YEAR + 1) * MONTHS_PER_YEAR - 1;
        Self(self.0.saturating_add(months).min(last))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u32 {
        FIRST_YEAR + self.0 / MONTHS_PER_YEAR
    }

    /// The month in its year, from 1.
    #[must_use]
    pub fn month_of_year(self) -> u32 {
        self.0 % MONTHS_PER_YEAR + 1
    }

    /// December of a year. Years outside 1970 to 9999 are taken as the nearest of these.
    #[must_use]
    pub fn last_of_year(year: u32) -> Self {
        Self((year.clamp(FIRST_YEAR, LAST_YEAR) - FIRST_YEAR) * MONTHS_PER_YEAR + MONTHS_PER_YEAR - 1)
    }

    /// Its first day, in days since 1970-01-01.
    #[must_use]
    pub fn first_day(self) -> i32 {
        let date = i16::try_from(self.year())
            .ok()
            .zip(i8::try_from(self.month_of_year()).ok())
            .and_then(|(year, month)| Date::new(year, month, 1).ok())
            .unwrap_or(Date::MAX);
        let hours = jiff::civil::date(1970, 1, 1).duration_until(date).as_hours();
        i32::try_from(hours / 24).unwrap_or(i32::MAX)
    }

    /// When it begins, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn first_second(self) -> u64 {
        u64::try_from(self.first_day()).unwrap_or(0) * 24 * 60 * 60
    }

    fn of_date(date: Date) -> Self {
        let year = u32::try_from(date.year()).unwrap_or(FIRST_YEAR).max(FIRST_YEAR);
        let month = u32::try_from(date.month()).unwrap_or(1);
        Self((year - FIRST_YEAR) * MONTHS_PER_YEAR + month - 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.month_of_year())
    }
}

impl FromStr for Month {
    type Err = MonthError;

    /// One spelling only: four digits, a hyphen, two digits.
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        let year = year.parse().map_err(|_| MonthError)?;
        let month = month.parse().map_err(|_| MonthError)?;
        let date = Date::new(year, month, 1).ok().filter(|date| date.year() >= 1970);
        let month = date.map(Self::of_date).ok_or(MonthError)?;
        if month.to_string() == text { Ok(month) } else { Err(MonthError) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_one_spelling_of_a_month_is_read() {
        for text in ["2026-11", "1970-01", "9999-12"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-1",
            "2026-13",
            "2026-00",
            "1969-12",
            "+2026-11",
            "2026-+1",
            "02026-11",
            "2026-11-01",
            "2026-11 ",
        ] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }

    #[test]
    fn a_month_ends_with_its_last_second() {
        let november: Month = "2026-11".parse().unwrap();
        let end = november.next().first_second();
        assert_eq!(end, 1_796_083_200);
        assert_eq!(Month::of_unix_s(end - 1), november);
        assert_eq!(Month::of_unix_s(end), "2026-12".parse().unwrap());
        assert_eq!(Month::of_unix_s(0).to_string(), "1970-01");
        assert_eq!(Month::of_unix_s(u64::MAX).to_string(), "9999-12");
        assert_eq!(Month::of_unix_s(u64::MAX).next().to_string(), "9999-12");
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!("1970-01".parse::<Month>().unwrap().first_day(), 0);
        assert_eq!("1972-03".parse::<Month>().unwrap().first_day(), 365 + 365 + 31 + 29);
        assert_eq!(Month::last_of_year(2027).to_string(), "2027-12");
    }

    proptest! {
        #[test]
        fn every_second_lies_in_the_month_that_it_names(seconds in 0_u64..253_402_300_800) {
            let month = Month::of_unix_s(seconds);
            prop_assert!(month.first_second() <= seconds);
            prop_assert!(month.next() == month || seconds < month.next().first_second());
            prop_assert_eq!(month.to_string().parse(), Ok(month));
        }
    }
}
