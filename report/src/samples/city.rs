//! Some months of a city, drawn at random, always the same.

use std::sync::LazyLock;

use einsicht_access::{Charter, Zone};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessRecord, ActorKind, Correction, Disclosure, DisclosureRequest, Erasure, Operation, Outcome,
    Processing,
};

use super::{DAY_S, Log, ULM, record, session};

/// A generator that is good enough for samples.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// One of them, the first ones more often.
    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let end = all.len() as u64;
        &all[self.below(end).min(self.below(end)) as usize]
    }
}

const RECORDERS: [&str; 6] = [
    "sensorplattform",
    "geoportal",
    "meldewesen",
    "fachverfahren-soziales",
    "statistik",
    "beteiligungsportal",
];

/// Accesses from the first of September 2026 to the 23rd of November, under the example charter for Ulm.
pub fn city() -> Log {
    static CITY: LazyLock<Log> = LazyLock::new(draw);
    CITY.clone()
}

fn draw() -> Log {
    let charter = Charter::parse("ulm.toml", ULM.as_bytes()).unwrap();
    let start = Zone::utc().span_of("2026-09".parse().unwrap()).first_s;
    let (mut log, mut random) = (Log::begun(start), Random::new(7));
    log.charter(start + 60, ULM);
    let mut numbers = [0_u64; RECORDERS.len()];
    for day in 0..84 {
        for step in 0..40 + random.below(30) {
            let second = start + day * DAY_S + 21_600 + step * 700;
            let at = random.below(RECORDERS.len() as u64).min(random.below(RECORDERS.len() as u64)) as usize;
            // A number that never comes.
            numbers[at] += 1 + u64::from(random.below(900) == 0);
            let made = access(&charter, &mut random, RECORDERS[at], numbers[at] - 1, second);
            log.access(second, made);
        }
        if day % 9 == 4 {
            deeds(&mut log, start + day * DAY_S + 80_000);
        }
    }
    log.end(start + 84 * DAY_S - 60, "geoportal", &session("geoportal"), Some(numbers[1] - 1));
    log
}

fn access(charter: &Charter, random: &mut Random, recorder: &str, number: u64, second: u64) -> AccessRecord {
    let dataset = &charter.datasets()[(random.below(40).min(random.below(40)) * 3) as usize];
    let strange = random.below(150) == 0;
    let purpose = if strange { "oeffentlichkeitsarbeit" } else { random.pick(&dataset.purposes) };
    let roles = dataset.roles.as_deref().unwrap_or(&[]);
    let units = charter.declared(einsicht_access::charter::Register::Unit);
    let is_sensor = recorder == "sensorplattform";
    let operation =
        *random.pick(&[Operation::Query, Operation::Collect, Operation::Disclose, Operation::Alter]);
    AccessRecord {
        operation: if is_sensor { Operation::Collect } else { operation }.into(),
        occurred_at_min: (second / 60) as i64,
        access_count: is_sensor.then(|| 1 + random.below(96)),
        record_count: Some(1 + random.below(2_600)),
        unit: (random.below(30) > 0).then(|| random.pick(units).id.clone()),
        role: (!roles.is_empty()).then(|| random.pick(roles).clone()),
        actor_kind: Some(if is_sensor { ActorKind::System } else { ActorKind::Human }.into()),
        legal_basis: (random.below(12) > 0).then(|| "gdpr-6-1-e".to_owned()),
        recipient: (random.below(9) == 0).then(|| ["ebu", "swu", "thu"][random.below(3) as usize].to_owned()),
        processing: Some(Processing::Aggregated.into()),
        consideration: Some(false),
        storage_location: Some("stadt-ulm".into()),
        announced_on_day: (random.below(3) > 0)
            .then(|| (second / DAY_S) as i32 - 10 - random.below(30) as i32),
        collected_on_day: Some((second / DAY_S) as i32 - random.below(400) as i32),
        outcome: match random.below(60) {
            0 => Some(Outcome::Denied.into()),
            1 => Some(Outcome::Failed.into()),
            _ => None,
        },
        other_datasets: if random.below(40) == 0 {
            vec!["stadtteile-generalisiert".into()]
        } else {
            Vec::new()
        },
        ..record(recorder, number, &dataset.id, purpose)
    }
}

fn deeds(log: &mut Log, second: u64) {
    let role = "auditor".to_owned();
    log.content(
        second,
        Content::DisclosureRequest(DisclosureRequest { role: role.clone(), ..Default::default() }),
    );
    log.content(second, Content::Disclosure(Disclosure { role, ..Default::default() }));
    log.content(second, Content::Erasure(Erasure { ground: "Art. 17 DSGVO".into(), ..Default::default() }));
    log.content(second, Content::Correction(Correction { index: 9, ..Default::default() }));
}
