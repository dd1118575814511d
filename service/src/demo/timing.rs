//! When accesses happen in a simulated week.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::assumed::{Pattern, Traffic};

/// Length of a week in seconds.
pub(super) const WEEK_S: u64 = 7 * 86_400;

/// No access begins in the last seconds of the week: it has to end, and to be recorded, within it.
const MARGIN_S: u64 = 120;

/// Accesses on an office day by local hour: a lunch dip, an early end.
const OFFICE: [u32; 24] = [0, 0, 0, 0, 0, 0, 0, 4, 8, 10, 11, 9, 3, 5, 9, 8, 6, 3, 0, 0, 0, 0, 0, 0];

/// Accesses by the public by local hour: never none, most in the evening.
const PUBLIC: [u32; 24] =
    [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 12, 12, 13, 14, 15, 16, 16, 14, 11, 7, 4];

/// A moment in which an access begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Microseconds since the week began.
    pub(super) offset_us: u64,
    /// Position of the data set accessed; `None`: any.
    pub(super) position: Option<usize>,
}

/// The moments of one stream of accesses to `datasets` data sets, in no particular order.
///
/// `monday_s` is the Unix second in which the week begins.
pub(super) fn moments(
    traffic: &Traffic,
    datasets: usize,
    zone: &TimeZone,
    monday_s: u64,
    random: &mut ChaCha8Rng,
) -> Vec<Moment> {
    match traffic.pattern {
        Pattern::Clock => clock(traffic, datasets, random),
        Pattern::Office => rated(traffic, |hour| office(local(zone, monday_s, hour)), &OFFICE, random),
        Pattern::Public => rated(traffic, |hour| public(local(zone, monday_s, hour)), &PUBLIC, random),
    }
}

fn clock(traffic: &Traffic, datasets: usize, random: &mut ChaCha8Rng) -> Vec<Moment> {
    let seconds = |minutes: Option<u32>| u64::from(minutes.unwrap_or_default()) * 60;
    let every_s = seconds(traffic.every_min).max(60);
    let mut moments = Vec::new();
    for position in 0..datasets {
        // A usize fits into 64 bits on every machine that Rust runs on.
        let share_s = seconds(traffic.spread_min) * position as u64 / datasets as u64;
        let mut due_s = seconds(traffic.first_min) + share_s;
        while due_s + MARGIN_S < WEEK_S {
            let late_us = random.random_range(0..20_000_000);
            moments.push(Moment { offset_us: due_s * 1_000_000 + late_us, position: Some(position) });
            due_s += every_s;
        }
    }
    moments
}

/// Draws moments hour by hour; `weight` is that of an hour of the week, `curve` that of a usual day.
fn rated(
    traffic: &Traffic,
    weight: impl Fn(u64) -> u32,
    curve: &[u32],
    random: &mut ChaCha8Rng,
) -> Vec<Moment> {
    let usual: u32 = curve.iter().sum();
    let mut moments = Vec::new();
    for hour in 0..WEEK_S / 3600 {
        // In percent of a weight, so that the fraction of an access left over becomes a chance.
        let expected = traffic.per_day.unwrap_or_default() * weight(hour);
        let (whole, rest) = (expected / (usual * 100), expected % (usual * 100));
        let count = whole + u32::from(random.random_ratio(rest, usual * 100));
        for _ in 0..count {
            let offset_us = hour * 3_600_000_000 + random.random_range(0..3_600_000_000);
            if offset_us < (WEEK_S - MARGIN_S) * 1_000_000 {
                moments.push(Moment { offset_us, position: None });
            }
        }
    }
    moments
}

/// Weight of an hour in offices, in percent of [`OFFICE`]'s unit.
fn office((weekday, hour): (Weekday, usize)) -> u32 {
    let weight = OFFICE.get(hour).copied().unwrap_or_default();
    match weekday {
        Weekday::Saturday | Weekday::Sunday => 0,
        Weekday::Friday if hour >= 13 => weight * 40,
        _ => weight * 100,
    }
}

/// Weight of an hour for the public, in percent of [`PUBLIC`]'s unit.
fn public((weekday, hour): (Weekday, usize)) -> u32 {
    let weight = PUBLIC.get(hour).copied().unwrap_or_default();
    match weekday {
        Weekday::Saturday | Weekday::Sunday => weight * 80,
        _ => weight * 100,
    }
}

/// Local weekday and hour at the start of hour `hour` of the week. Offsets are whole hours here, so an
/// hour of UTC is an hour of local time.
fn local(zone: &TimeZone, monday_s: u64, hour: u64) -> (Weekday, usize) {
    let second = i64::try_from(monday_s.saturating_add(hour * 3600)).unwrap_or(i64::MAX);
    // Beyond the year 9999 there is no calendar; any hour will do there.
    let time = zone.to_datetime(Timestamp::from_second(second).unwrap_or_default());
    (time.weekday(), usize::try_from(time.hour()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::super::facts::facts;
    use super::*;

    // Mondays 00:00 UTC: in winter, before the night in which summer time begins, in summer.
    const WINTER_S: u64 = 1_767_571_200;
    const CHANGE_S: u64 = 1_774_224_000;
    const SUMMER_S: u64 = 1_783_296_000;

    fn office_hours(monday_s: u64) -> Vec<(Weekday, usize)> {
        let facts = facts().unwrap();
        let office = |traffic: &&Traffic| traffic.pattern == Pattern::Office;
        let traffic =
            facts.assumed.traffic.iter().filter(office).max_by_key(|traffic| traffic.per_day).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        moments(traffic, 1, &facts.time_zone, monday_s, &mut random)
            .iter()
            .map(|moment| local(&facts.time_zone, monday_s, moment.offset_us / 3_600_000_000))
            .collect()
    }

    #[test]
    fn offices_work_on_weekdays_from_7_to_18_local_time_all_year() {
        for monday_s in [WINTER_S, CHANGE_S, SUMMER_S] {
            for (weekday, hour) in office_hours(monday_s) {
                assert!((7..18).contains(&hour), "{hour}");
                assert!(!matches!(weekday, Weekday::Saturday | Weekday::Sunday));
            }
        }
    }

    #[test]
    fn local_time_follows_summer_time_within_a_week() {
        let zone = facts().unwrap().time_zone;
        assert_eq!(local(&zone, WINTER_S, 0), (Weekday::Monday, 1));
        assert_eq!(local(&zone, SUMMER_S, 0), (Weekday::Monday, 2));
        // Sunday 29 March 2026: 00 UTC is 1 h, 01 UTC is 3 h.
        assert_eq!([144, 145].map(|hour| local(&zone, CHANGE_S, hour).1), [1, 3]);
    }

    #[test]
    fn offices_make_a_lunch_break() {
        let hours = office_hours(SUMMER_S);
        let at = |wanted: usize| hours.iter().filter(|(_, hour)| *hour == wanted).count();
        assert!(at(12) * 2 < at(10) && at(12) < at(14));
    }

    #[test]
    fn no_access_begins_in_the_last_minute_of_the_week() {
        let facts = facts().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for traffic in &facts.assumed.traffic {
            let busy = Traffic { per_day: Some(20_000), every_min: Some(1), ..traffic.clone() };
            let moments = moments(&busy, 3, &facts.time_zone, SUMMER_S, &mut random);
            let last_us = moments.iter().map(|moment| moment.offset_us).max().unwrap();
            assert!(last_us < (WEEK_S - 60) * 1_000_000);
        }
    }
}
