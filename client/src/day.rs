//! A calendar day, as events state it: days since 1970-01-01.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A day of the proleptic Gregorian calendar, 0001-01-01 to 9999-12-31.
///
/// ```
/// use einsicht_client::Day;
/// let day: Day = "2026-11-22".parse()?;
/// assert_eq!(day, Day::new(2026, 11, 22)?);
/// assert_eq!(day.since_1970(), 20_779);
/// # Ok::<(), einsicht_client::DayError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// A text or numbers that are no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day reads YYYY-MM-DD and lies between 0001-01-01 and 9999-12-31; this does not: {found}")]
pub struct DayError {
    /// What was given.
    pub found: String,
}

impl Day {
    /// The day of these numbers; months and days count from 1.
    ///
    /// # Errors
    /// [`DayError`] if the calendar has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, DayError> {
        let date = Date::new(year, month, day).ok().filter(|date| date.year() >= 1);
        date.map(Self).ok_or_else(|| DayError { found: format!("{year}-{month}-{day}") })
    }

    /// The day so many days after 1970-01-01, or before it; `None` outside of the calendar.
    #[must_use]
    pub fn of_days_since_1970(days: i32) -> Option<Self> {
        let date = EPOCH.checked_add(jiff::Span::new().try_days(days).ok()?).ok();
        date.filter(|date| date.year() >= 1).map(Self)
    }

    /// Days since 1970-01-01; negative before it.
    #[must_use]
    pub fn since_1970(self) -> i32 {
        // Every day from year 1 to 9999 is fewer than 3 million days away.
        EPOCH
            .duration_until(self.0)
            .as_hours()
            .checked_div(24)
            .and_then(|days| i32::try_from(days).ok())
            .unwrap_or(0)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let day = text.parse().ok().filter(|date: &Date| date.year() >= 1).map(Self);
        // One spelling only: the parser also reads times, and days without hyphens.
        day.filter(|day| day.to_string() == text)
            .ok_or_else(|| DayError { found: text.chars().take(40).collect() })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_in_both_directions() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-03-01", 11_017),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(text.parse::<Day>().map(Day::since_1970), Ok(expected), "{text}");
            assert_eq!(Day::of_days_since_1970(expected), text.parse().ok());
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_is_refused() {
        for text in
            ["2026-02-29", "2026-13-01", "20261122", "2026-11-22T10:00", "0000-01-01", "-000001-01-01", ""]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert!(Day::new(2026, 2, 29).is_err());
        assert_eq!(Day::of_days_since_1970(2_932_897), None);
        assert_eq!(Day::of_days_since_1970(-719_163), None);
        assert_eq!(Day::of_days_since_1970(i32::MAX), None);
        assert!(Day::new(0, 1, 1).is_err());
    }
}
