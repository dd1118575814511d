//! What is personal of a simulated access: who it was, whose data, why, and whether it has to stay confidential for
//! some time. All of it is sealed when it is recorded, and none of these people exist.

use einsicht_proto::v1::{AccessEvent, Operation, Subject};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::assumed::{Actor, Assumed};
use super::event::Occasion;

/// The register that ids of people come from; `dev` declares it.
pub(super) const SCHEME: &str = "person";
/// The first id.
const FIRST_PERSON: u32 = 1001;
/// Days for which a confidential access stays so.
const CONFIDENTIAL_DAYS: std::ops::Range<i32> = 90..365;

/// Draws what is personal. People who work have a number of their unit; what programmes do is nobody's.
pub(super) fn add_personal(
    event: &mut AccessEvent,
    occasion: &Occasion<'_>,
    assumed: &Assumed,
    random: &mut ChaCha8Rng,
) {
    let (traffic, kind) = (occasion.traffic, occasion.target.kind);
    if traffic.actor != Actor::Human {
        return;
    }
    let staff = 3 + traffic.per_day.unwrap_or_default() / 20;
    let unit = traffic.unit.as_deref().unwrap_or("stadt");
    event.actor = Some(format!("{unit}-{:02}", random.random_range(1..=staff)));
    // Who looks at all the data of a city, or passes it on, looks at nobody's.
    let names_people = matches!(event.operation(), Operation::Query | Operation::Alter | Operation::Collect);
    let Some(most) = kind.subjects.filter(|_| names_people) else { return };
    if !random.random_ratio(4, 5) {
        return;
    }
    let count = random.random_range(1..=most);
    for _ in 0..count {
        let subject = person(assumed.people, random);
        if !event.subjects.contains(&subject) {
            event.subjects.push(subject);
        }
    }
    let year = jiff::Timestamp::from_microsecond(event.occurred_at_us).unwrap_or_default();
    let year = year.to_zoned(jiff::tz::TimeZone::UTC).year();
    let number = random.random_range(100..9000);
    event.justification = assumed.justifications.choose(random).map(|why| format!("{why} {year}-{number}"));
    if random.random_ratio(1, 3) {
        event.case_number = Some(format!("{unit}/{year}/{number}"));
    }
    if random.random_ratio(1, 40) {
        event.confidential_until_day = Some(occasion.day() + random.random_range(CONFIDENTIAL_DAYS));
    }
}

/// Some have to do with the city more often than others.
fn person(people: u32, random: &mut ChaCha8Rng) -> Subject {
    let below = random.random_range(0..people) + 1;
    let id = FIRST_PERSON + random.random_range(0..below);
    Subject { scheme: SCHEME.to_owned(), id: id.to_string() }
}
