//! What the example charter says of the simulated week.
//!
//! | commitment | deviates | not verifiable |
//! |---|---|---|
//! | DE-01, DE-04 | | personal data without a legal basis or an activity to inherit one from; the activity would also say that nothing was given in return |
//! | DE-03 | a purpose that the data set does not have | |
//! | DE-05 | more records than the ceiling | personal data combined with a data set that has none |
//! | DE-06 | | the readings of sensors in public places: what reads them does not say whether its use goes beyond the purpose |
//! | DE-07 | announced later than 14 days before | not announced at all |
//! | DE-09 | | as DE-05: roles are not stated for the other data set |
//! | DE-11 | older than it may be | |
//!
//! The others hold, or are answered by people.

use einsicht_access::charter::Commitment;
use einsicht_access::judge::{Commitments, Judgement};
use einsicht_access::{Charter, EventView, Facts};

use super::facts::facts;
use super::week::{Week, plan};
use super::{CHARTER, CHARTER_NAME};

/// Mondays, 00:00 UTC: in winter, summer, and when the clocks change.
const MONDAYS_S: [u64; 4] = [1_767_571_200, 1_774_224_000, 1_783_296_000, 1_792_368_000];

/// By commitment: how many accesses deviate from it, and of how many nobody can tell.
fn tally(charter: &Charter, week: &Week) -> Vec<(String, usize, usize)> {
    let judge = |event| charter.judge(&Facts::from(&EventView::from(event)));
    let judged: Vec<Judgement> = week.events.iter().map(|planned| judge(&planned.event)).collect();
    let count = |of: fn(&Judgement) -> Commitments, position| {
        judged.iter().filter(|judgement| of(judgement).contains(position)).count()
    };
    let of = |(position, commitment): (usize, &Commitment)| {
        (
            commitment.id.clone(),
            count(|one| one.deviates, position),
            count(|one| one.not_verifiable, position),
        )
    };
    charter.commitments().iter().enumerate().map(of).collect()
}

#[test]
fn a_few_accesses_deviate_from_the_example_charter_and_of_some_nobody_can_tell() {
    let (none, few, readings) = (0..=0, 1..=100, 1400..=1700);
    let expected = [
        ("DE-01", &none, &few),
        ("DE-02", &none, &none),
        ("DE-03", &few, &none),
        ("DE-04", &none, &few),
        ("DE-05", &few, &few),
        ("DE-06", &none, &readings),
        ("DE-07", &few, &few),
        ("DE-08", &none, &none),
        ("DE-09", &none, &few),
        ("DE-10", &none, &none),
        ("DE-11", &few, &none),
        ("DE-12", &none, &none),
    ];
    let charter = Charter::parse(CHARTER_NAME, CHARTER.as_bytes()).unwrap();
    for monday_s in MONDAYS_S {
        let found = tally(&charter, &plan(&facts().unwrap(), monday_s));
        for ((id, deviates, not_verifiable), (expected, rarely, unclear)) in found.iter().zip(expected) {
            assert_eq!(id, expected);
            assert!(rarely.contains(deviates) && unclear.contains(not_verifiable), "{monday_s}: {found:?}");
        }
    }
}
