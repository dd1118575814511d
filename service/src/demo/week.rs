//! A simulated week of a city: every access that its services record from Monday to Sunday.
//!
//! The week is a function of the facts and of its Monday; nothing else goes in, neither a clock nor
//! randomness from outside. It stays the same as long as the versions of `rand` and `rand_chacha` do.

use std::collections::BTreeMap;

use einsicht_proto::v1::AccessEvent;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::assumed::Traffic;
use super::event::{Occasion, Target, access};
use super::facts::Facts;
use super::personal::add_personal;
use super::said::{Said, say};
use super::timing::moments;

const SEED_PREFIX: [u8; 24] = *b"einsicht sample week v1 ";
const DAY_S: u64 = 86_400;
/// Stream of the generator from which everything personal is drawn.
const PERSONAL: u64 = 1;

/// An access, and when and by whom it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Unix second of the service's clock when it is recorded; at most a minute after it happened.
    pub at_s: u64,
    /// Code of the service that records it.
    pub producer: String,
    /// Session of that service: a new one every day (UTC).
    pub session: [u8; 16],
    /// Number within the session, from 0, without gaps.
    pub sequence: u64,
    /// The access. Valid as event.proto demands.
    pub event: AccessEvent,
}

/// The orderly end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnd {
    /// Unix second of the service's clock: the last of the day. Events of the same second come first.
    pub at_s: u64,
    /// Code of the service that recorded.
    pub producer: String,
    /// Its session.
    pub session: [u8; 16],
    /// The highest number given out.
    pub last_sequence: u64,
}

/// A week of accesses.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    /// Accesses, by `at_s`; those of one session also by `sequence`.
    pub events: Vec<Planned>,
    /// One end for every session, by `at_s`.
    pub ends: Vec<SessionEnd>,
    /// What is said about accesses of the week later in it, by `at_s`.
    pub said: Vec<Said>,
}

/// Plans the week that begins with the Unix second `monday_s`: Monday, 00:00 UTC, before the year 9999,
/// which is not checked.
pub fn plan(facts: &Facts, monday_s: u64) -> Week {
    let mut random = generator(monday_s);
    let mut personal = random.clone();
    personal.set_stream(PERSONAL);
    let mut drafts = Vec::new();
    for traffic in &facts.assumed.traffic {
        draft(
            facts,
            traffic,
            monday_s,
            &mut Randoms { open: &mut random, personal: &mut personal },
            &mut drafts,
        );
    }
    // Stable, and drafts are made in a fixed order: ties do not depend on anything else.
    drafts.sort_by_key(|draft| draft.at_s);
    let mut week = number(drafts, &mut random);
    week.said = say(&mut week.events, &facts.assumed, monday_s, &mut personal);
    week
}

fn generator(monday_s: u64) -> ChaCha8Rng {
    let mut seed = [0; 32];
    let bytes = SEED_PREFIX.into_iter().chain(monday_s.to_le_bytes());
    for (place, byte) in seed.iter_mut().zip(bytes) {
        *place = byte;
    }
    ChaCha8Rng::from_seed(seed)
}

/// What is drawn from. What is public does not depend on what is personal.
struct Randoms<'r> {
    open: &'r mut ChaCha8Rng,
    personal: &'r mut ChaCha8Rng,
}

struct Draft<'a> {
    at_s: u64,
    producer: &'a str,
    event: AccessEvent,
}

fn draft<'a>(
    facts: &'a Facts,
    traffic: &'a Traffic,
    monday_s: u64,
    randoms: &mut Randoms<'_>,
    drafts: &mut Vec<Draft<'a>>,
) {
    let Randoms { open: random, personal } = randoms;
    let targets = targets(facts, traffic);
    let own: Vec<Target<'_>> = targets.iter().copied().filter(|target| target.own).collect();
    let producer = facts.assumed.producers.iter().find(|producer| producer.id == traffic.producer);
    let storage_location = producer.map_or("", |producer| producer.storage_location.as_str());
    for moment in moments(traffic, targets.len(), &facts.time_zone, monday_s, random) {
        // Units work most with what they keep themselves.
        let near = if random.random_ratio(6, 10) { own.choose(random) } else { None };
        let target = match moment.position {
            Some(position) => targets.get(position),
            None => near.or_else(|| targets.choose(random)),
        };
        let Some(&target) = target else { continue };
        let occurred_at_us =
            i64::try_from(monday_s.saturating_mul(1_000_000).saturating_add(moment.offset_us));
        let occurred_at_us = occurred_at_us.unwrap_or(i64::MAX);
        let occasion = Occasion { target, others: &targets, traffic, storage_location, occurred_at_us };
        let mut event = access(&occasion, random);
        add_personal(&mut event, &occasion, &facts.assumed, personal);
        let over_us = event.occurred_until_us.unwrap_or(event.occurred_at_us);
        let over_s = u64::try_from(over_us / 1_000_000).unwrap_or_default();
        let at_s = over_s + random.random_range(0..=3);
        drafts.push(Draft { at_s, producer: &traffic.producer, event });
    }
}

/// What a stream of accesses can reach, in the order of the facts.
fn targets<'a>(facts: &'a Facts, traffic: &Traffic) -> Vec<Target<'a>> {
    let datasets = facts
        .datasets()
        .filter(|dataset| !traffic.published || dataset.access.is_none())
        .map(|dataset| (&dataset.id, &dataset.kind, dataset.unit.is_some() && dataset.unit == traffic.unit));
    let sensors = facts.sensors().map(|sensor| (&sensor.id, &sensor.kind, false));
    datasets
        .chain(sensors)
        .filter(|(_, kind, _)| traffic.kinds.contains(kind))
        .filter_map(|(id, kind, own)| Some(Target { id, kind: facts.kind(kind)?, own }))
        .collect()
}

/// Gives sessions and numbers to drafts that are in order of time.
fn number(drafts: Vec<Draft<'_>>, random: &mut ChaCha8Rng) -> Week {
    let mut ends: BTreeMap<(u64, String), SessionEnd> = BTreeMap::new();
    let mut events = Vec::with_capacity(drafts.len());
    for Draft { at_s, producer, event } in drafts {
        let day = at_s / DAY_S;
        let key = (day, producer.to_owned());
        let sequence = ends.get(&key).map_or(0, |end| end.last_sequence + 1);
        let end = ends.entry(key).or_insert_with(|| SessionEnd {
            at_s: (day + 1) * DAY_S - 1,
            producer: producer.to_owned(),
            session: random.random(),
            last_sequence: 0,
        });
        end.last_sequence = sequence;
        events.push(Planned { at_s, producer: producer.to_owned(), session: end.session, sequence, event });
    }
    Week { events, ends: ends.into_values().collect(), said: Vec::new() }
}

#[cfg(test)]
mod tests;
