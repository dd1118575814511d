//! What a report is about: which period, of how much of the log.

use einsicht_access::period::TimeSpan;
use einsicht_access::{Month, Period, Zone};
use einsicht_tlog::Size;

/// Months that a trend shows, the last one being that of the period's end: one more than a year, so that each
/// month can be seen beside the same one of the year before.
pub const TREND_MONTHS: u32 = 13;

/// A period in a time zone, and how many entries of the log are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    period: Period,
    zone: Zone,
    size: Size,
    span: TimeSpan,
    trend_from_s: u64,
    charters_until_s: u64,
}

impl Scope {
    /// `zone` must be the one that the charter names which was in force when the period ended in UTC (so that no zone has
    /// to be known to find it), or UTC if there was none; where it is not, [`Gather::finish`](crate::Gather::finish) says
    /// which it is.
    #[must_use]
    pub fn new(period: Period, zone: Zone, size: Size) -> Self {
        let span = period.span(&zone);
        let first = first_trend_month(period.last_month());
        let trend_from_s = zone.span_of(first).first_s.min(span.first_s);
        let charters_until_s = period.span(&Zone::utc()).end_s;
        Self { period, zone, size, span, trend_from_s, charters_until_s }
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The time zone that it is cut in.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// How many entries are looked at: all with a lower index.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The first second of the period, and the one behind its last.
    #[must_use]
    pub fn span(&self) -> TimeSpan {
        self.span
    }

    /// The first second that any figure of accesses is about.
    pub(crate) fn trend_from_s(&self) -> u64 {
        self.trend_from_s
    }

    /// The second behind the last one in which a charter could come that names the zone.
    pub(crate) fn charters_until_s(&self) -> u64 {
        self.charters_until_s
    }

    /// The months of a trend, in order.
    pub(crate) fn trend_months(&self) -> Vec<Month> {
        let last = self.period.last_month();
        let mut months = vec![first_trend_month(last)];
        while let Some(month) = months.last().filter(|month| **month < last) {
            months.push(month.next());
        }
        months
    }
}

fn first_trend_month(last: Month) -> Month {
    let months = (last.year() - 1970) * 12 + last.month_of_year() - 1;
    Month::of_unix_s(0).plus(months.saturating_sub(TREND_MONTHS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_ends_with_the_month_of_the_periods_last_day() {
        let months = |period: &str| {
            let scope = Scope::new(period.parse().unwrap(), Zone::utc(), Size(0));
            let months: Vec<_> = scope.trend_months().iter().map(ToString::to_string).collect();
            (months.len(), months[0].clone(), months[months.len() - 1].clone())
        };
        assert_eq!(months("2026-11"), (13, "2025-11".into(), "2026-11".into()));
        assert_eq!(months("2026-W01"), (13, "2025-01".into(), "2026-01".into()));
        assert_eq!(months("1970-02"), (2, "1970-01".into(), "1970-02".into()));
    }

    #[test]
    fn what_lies_before_trend_and_period_is_looked_at_by_neither() {
        let scope = Scope::new("2026".parse().unwrap(), Zone::utc(), Size(0));
        assert_eq!(scope.trend_from_s(), Zone::utc().span_of("2025-12".parse().unwrap()).first_s);
    }
}
