//! Periods against a calendar that people have.

use proptest::prelude::*;

use super::zone::instant;
use super::*;

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

fn span(period: &str, zone: &Zone) -> (String, String) {
    let span = period.parse::<Period>().unwrap().span(zone);
    (instant(span.first_s).to_string(), instant(span.end_s).to_string())
}

#[test]
fn only_one_spelling_of_a_period_is_read() {
    for text in ["2026", "2026-Q1", "2026-Q4", "2026-11", "2026-W01", "2026-W53", "1970", "9998-12"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "26",
        "2026-",
        "2026-1",
        "2026-13",
        "2026-00",
        "2026-Q0",
        "2026-Q5",
        "2026-q4",
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "2026-W1",
        "1969",
        "9999",
        "+2026",
        "2026-+1",
        "2026-11-01",
        " 2026",
    ] {
        let error = text.parse::<Period>().unwrap_err();
        assert_eq!(error.given, text);
    }
}

#[test]
fn a_period_begins_and_ends_at_midnight_where_the_city_lies() {
    let zone = berlin();
    let expected = [
        ("2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026-Q4", "2026-09-30T22:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026-10", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
        ("2026-11", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
        // Week 1 of 2026 begins in 2025, and 2026 has a week 53.
        ("2026-W01", "2025-12-28T23:00:00Z", "2026-01-04T23:00:00Z"),
        ("2026-W53", "2026-12-27T23:00:00Z", "2027-01-03T23:00:00Z"),
        // The week in which clocks are put back has an hour more.
        ("2026-W43", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),
    ];
    for (period, first, end) in expected {
        assert_eq!(span(period, &zone), (first.to_owned(), end.to_owned()), "{period}");
    }
    let utc = ("2026-11-01T00:00:00Z".to_owned(), "2026-12-01T00:00:00Z".to_owned());
    assert_eq!(span("2026-11", &Zone::utc()), utc);
}

#[test]
fn a_day_that_has_no_midnight_begins_when_its_clocks_do() {
    // In Beirut clocks went from 23:59:59 to 01:00 that night.
    let beirut = Zone::named("Asia/Beirut").unwrap();
    let day = jiff::civil::date(2021, 3, 28);
    assert_eq!(instant(beirut.start_of(day)).to_string(), "2021-03-27T22:00:00Z");
}

#[test]
fn a_zone_is_known_by_its_name_alone() {
    assert_eq!(Zone::named("europe/berlin").unwrap().name(), "Europe/Berlin");
    assert_eq!(Zone::named("UTC").unwrap(), Zone::utc());
    assert_eq!(Zone::named("Europe/Ulm").unwrap_err().name, "Europe/Ulm");
}

#[test]
fn the_last_month_is_that_of_the_last_day() {
    for (period, month) in
        [("2026", "2026-12"), ("2026-Q3", "2026-09"), ("2026-W01", "2026-01"), ("2026-W40", "2026-10")]
    {
        assert_eq!(period.parse::<Period>().unwrap().last_month().to_string(), month, "{period}");
    }
}

#[test]
fn days_and_times_are_those_of_the_city() {
    // 2026-11-30T23:30:00Z.
    let second = 1_796_081_400;
    assert_eq!(
        (berlin().month_of(second).to_string(), berlin().time_of(second)),
        ("2026-12".into(), (0, 30))
    );
    assert_eq!(berlin().day_of(second), Zone::utc().day_of(second) + 1);
    assert_eq!(Zone::named("America/New_York").unwrap().month_of(0).to_string(), "1970-01");
}

proptest! {
    #[test]
    fn every_second_lies_in_its_month_and_months_follow_each_other(seconds in 0_u64..250_000_000_000) {
        let zone = berlin();
        let month = zone.month_of(seconds);
        let span = zone.span_of(month);
        prop_assert!(span.contains(seconds));
        prop_assert_eq!(span.end_s, zone.span_of(month.next()).first_s);
        prop_assert_eq!(zone.month_of(span.end_s - 1), month);
        let period: Period = month.to_string().parse().unwrap();
        prop_assert_eq!(period.span(&zone), span);
    }
}
