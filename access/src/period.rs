//! Periods of the calendar that reports are about, cut in the time zone of a city.
//!
//! Time zones come from the database that is compiled in, never from the machine: the same period has the same first
//! and last instant wherever it is computed.

mod parse;
#[cfg(test)]
mod tests;
mod zone;

use jiff::ToSpan as _;
use jiff::civil::{Date, ISOWeekDate, Weekday};

pub use self::parse::PeriodError;
pub use self::zone::{Zone, ZoneError, rfc3339, second_of};
use crate::month::Month;

/// A year, a quarter, a month, or a week as ISO 8601 counts them, from 1970 to 9998. Reads and is written as `2026`,
/// `2026-Q4`, `2026-11`, `2026-W46`.
///
/// ```
/// use einsicht_access::period::{Period, Zone};
/// let november: Period = "2026-11".parse()?;
/// let span = november.span(&Zone::named("Europe/Berlin")?);
/// assert_eq!((span.first_s, span.end_s), (1_793_487_600, 1_796_079_600));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Year(i16),
    /// The year, and the quarter from 1.
    Quarter(i16, i8),
    /// The year, and the month from 1.
    Month(i16, i8),
    /// The year that the week belongs to, and its number from 1.
    Week(i16, i8),
}

/// An interval of time, in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its first second.
    pub first_s: u64,
    /// The second behind its last one.
    pub end_s: u64,
}

impl Period {
    /// When it begins and ends in `zone`: at the first moment of its first day, and of the day behind its last one.
    #[must_use]
    pub fn span(self, zone: &Zone) -> TimeSpan {
        TimeSpan { first_s: zone.start_of(self.first_day()), end_s: zone.start_of(self.end_day()) }
    }

    /// The month that its last day lies in.
    #[must_use]
    pub fn last_month(self) -> Month {
        zone::month_of(self.end_day().saturating_sub(1.day()))
    }

    /// Its first day.
    fn first_day(self) -> Date {
        let (year, month) = match self.0 {
            Kind::Year(year) => (year, 1),
            Kind::Quarter(year, quarter) => (year, 3 * quarter - 2),
            Kind::Month(year, month) => (year, month),
            Kind::Week(year, week) => {
                return ISOWeekDate::new(year, week, Weekday::Monday).map_or(Date::MAX, ISOWeekDate::date);
            }
        };
        Date::new(year, month, 1).unwrap_or(Date::MAX)
    }

    /// The day behind its last one.
    fn end_day(self) -> Date {
        let length = match self.0 {
            Kind::Year(_) => 1.year(),
            Kind::Quarter(..) => 3.months(),
            Kind::Month(..) => 1.month(),
            Kind::Week(..) => 7.days(),
        };
        self.first_day().saturating_add(length)
    }
}

impl TimeSpan {
    /// Whether a second lies in it.
    #[must_use]
    pub fn contains(self, second: u64) -> bool {
        (self.first_s..self.end_s).contains(&second)
    }
}
