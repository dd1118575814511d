//! What one simulated access says in public. What is personal of it, `personal` draws.

use bytes::Bytes;
use einsicht_proto::v1::{self, AccessEvent};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::assumed::{Actor, Kind, Operation, Pattern, Processing, Traffic};
use super::deviation::Deviation;

/// The city as a recipient: what one office gives another stays where it is.
const THE_CITY: &str = "stadt-ulm";
/// Where data goes that is shared with others.
const AT_A_RECIPIENT: &str = "empfaenger-eu";

/// A data set, or the readings of a sensor, that can be accessed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    /// Its code.
    pub(super) id: &'a str,
    /// What is assumed of it.
    pub(super) kind: &'a Kind,
    /// Whether the unit that accesses is the one that keeps it.
    pub(super) own: bool,
}

/// What is known of an access before anything is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// What is accessed.
    pub(super) target: Target<'a>,
    /// What else could be accessed.
    pub(super) others: &'a [Target<'a>],
    /// The stream of accesses that it belongs to.
    pub(super) traffic: &'a Traffic,
    /// Where its producer stores.
    pub(super) storage_location: &'a str,
    /// When it begins: microseconds since 1970-01-01.
    pub(super) occurred_at_us: i64,
}

impl Occasion<'_> {
    /// The day on which it happens: days since 1970-01-01.
    pub(super) fn day(&self) -> i32 {
        i32::try_from(self.occurred_at_us.div_euclid(86_400_000_000)).unwrap_or(i32::MAX)
    }

    fn is_office(&self) -> bool {
        self.traffic.pattern == Pattern::Office
    }
}

/// Draws the access of an occasion.
pub(super) fn access(occasion: &Occasion<'_>, random: &mut ChaCha8Rng) -> AccessEvent {
    let Occasion { target, traffic, .. } = *occasion;
    let operation = operation(occasion, random);
    let mut event = AccessEvent {
        dataset: target.id.to_owned(),
        operation: wire_operation(operation).into(),
        purpose: purpose(occasion, random),
        event_id: Bytes::copy_from_slice(
            uuid::Builder::from_random_bytes(random.random()).as_uuid().as_bytes(),
        ),
        occurred_at_us: occasion.occurred_at_us,
        unit: traffic.unit.clone(),
        role: Some(traffic.role.clone()),
        actor_kind: Some(wire_actor(traffic.actor).into()),
        ..AccessEvent::default()
    };
    let leaves = matches!(operation, None | Some(Operation::Disclose | Operation::Combine));
    if leaves && (target.kind.is_personal() || occasion.is_office()) {
        event.processing = Some(wire_processing(target.kind.processing).into());
    }
    amounts(&mut event, occasion, operation, random);
    grounds(&mut event, target.kind, random);
    match operation {
        Some(Operation::Collect) => collected(&mut event, occasion),
        Some(Operation::Disclose) => disclosed(&mut event, occasion, random),
        Some(Operation::Combine) => combined(&mut event, occasion, random),
        Some(Operation::Alter) => event.storage_location = Some(occasion.storage_location.to_owned()),
        Some(Operation::Erase) | None => {}
    }
    age(&mut event, occasion, operation, random);
    if let Some(deviation) = Deviation::draw(&event, occasion, random) {
        deviation.apply(&mut event, occasion, random);
    }
    outcome(&mut event, occasion, random);
    event
}

/// What is done: `None` is a query.
fn operation(occasion: &Occasion<'_>, random: &mut ChaCha8Rng) -> Option<Operation> {
    let Occasion { target, traffic, .. } = occasion;
    if traffic.operation.is_some() || !occasion.is_office() {
        return traffic.operation;
    }
    let mut roll = random.random_range(0..1000);
    target.kind.operations.iter().copied().find(|operation| {
        let permille = match operation {
            Operation::Alter if target.own => 70,
            Operation::Collect => 80,
            Operation::Combine if other_targets(occasion).next().is_some() => 30,
            Operation::Disclose => 14,
            Operation::Alter | Operation::Combine | Operation::Erase => 0,
        };
        let hit = (0..permille).contains(&roll);
        roll -= permille;
        hit
    })
}

fn purpose(occasion: &Occasion<'_>, random: &mut ChaCha8Rng) -> String {
    let fitting: Vec<&String> = occasion
        .traffic
        .purposes
        .iter()
        .filter(|purpose| occasion.target.kind.purposes.contains(purpose))
        .collect();
    fitting.choose(random).map_or_else(String::new, |purpose| (*purpose).clone())
}

/// How many accesses and records the event stands for.
fn amounts(
    event: &mut AccessEvent,
    occasion: &Occasion<'_>,
    operation: Option<Operation>,
    random: &mut ChaCha8Rng,
) {
    let Occasion { target: Target { kind, .. }, traffic, .. } = *occasion;
    let records = 1 + random.random_range(0..kind.records) * random.random_range(1..=100) / 100;
    let reading_every_s = u64::from(kind.reading_every_s.unwrap_or(1));
    let readings = u64::from(traffic.every_min.unwrap_or(20)) * 60 / reading_every_s;
    event.record_count = Some(match (operation, traffic.pattern) {
        (Some(Operation::Collect), Pattern::Clock) => {
            // Radio loses a reading now and then.
            let lost = u64::from(random.random_ratio(6, 100));
            let received = readings.saturating_sub(lost).max(1);
            event.access_count = Some(received);
            received
        }
        (Some(Operation::Erase), _) => readings,
        (Some(Operation::Collect | Operation::Alter), _) => records.min(12),
        (_, Pattern::Clock) => kind.records,
        (_, Pattern::Public) => {
            let lines_max = traffic.lines_max.unwrap_or(1);
            event.access_count =
                Some(1 + random.random_range(0..lines_max) * random.random_range(1..=100) / 100);
            records
        }
        (_, Pattern::Office) => records,
    });
}

/// On what grounds, and on which data.
fn grounds(event: &mut AccessEvent, kind: &Kind, random: &mut ChaCha8Rng) {
    // Where no person can be concerned, nobody is obliged to name a legal basis; some do.
    if kind.is_personal() || random.random_ratio(1, 2) {
        event.legal_basis.clone_from(&kind.legal_basis);
        event.national_norm.clone_from(&kind.national_norm);
        event.activity.clone_from(&kind.activity);
    }
    if kind.is_personal() && !kind.categories.is_empty() {
        let count = random.random_range(1..=kind.categories.len());
        event.categories = kind.categories.iter().take(count).cloned().collect();
        event.secondary_use = Some(false);
    }
}

fn collected(event: &mut AccessEvent, occasion: &Occasion<'_>) {
    event.categories.clone_from(&occasion.target.kind.categories);
    event.storage_location = Some(occasion.storage_location.to_owned());
    event.secondary_use = None;
}

/// Sharing is announced well before, except now and then.
fn disclosed(event: &mut AccessEvent, occasion: &Occasion<'_>, random: &mut ChaCha8Rng) {
    let kind = occasion.target.kind;
    event.recipient = kind.recipients.choose(random).cloned();
    let stays = event.recipient.as_deref() == Some(THE_CITY);
    event.storage_location =
        Some(if stays { occasion.storage_location.to_owned() } else { AT_A_RECIPIENT.to_owned() });
    event.consideration = Some(false);
    event.secondary_use = Some(random.random_ratio(1, 10));
    if kind.is_personal() {
        event.processing = Some(v1::Processing::Anonymous.into());
        event.approval = Some(format!("Simulation: Freigabe {}", random.random_range(1..400)));
    }
    event.announcement = Some(format!("Simulation: Ankündigung {}", random.random_range(1..90)));
    event.announced_on_day = Some(occasion.day() - random.random_range(30..180));
    lasts(event, random);
}

fn combined(event: &mut AccessEvent, occasion: &Occasion<'_>, random: &mut ChaCha8Rng) {
    let others: Vec<&Target<'_>> = other_targets(occasion).collect();
    let count = random.random_range(1..=2);
    event.other_datasets = others.sample(random, count).map(|other| other.id.to_owned()).collect();
    event.storage_location = Some(occasion.storage_location.to_owned());
    lasts(event, random);
}

/// Data sets are combined with those without personal data, so that the grounds named hold for all.
fn other_targets<'a>(occasion: &'a Occasion<'_>) -> impl Iterator<Item = &'a Target<'a>> {
    let Occasion { target, others, .. } = *occasion;
    others.iter().filter(move |other| other.id != target.id && !other.kind.is_personal())
}

fn lasts(event: &mut AccessEvent, random: &mut ChaCha8Rng) {
    event.occurred_until_us = Some(event.occurred_at_us + random.random_range(1_000_000..45_000_000));
}

/// How old the oldest record is, where that matters.
fn age(
    event: &mut AccessEvent,
    occasion: &Occasion<'_>,
    operation: Option<Operation>,
    random: &mut ChaCha8Rng,
) {
    let Some(keep_days) = occasion.target.kind.keep_days.map(i32::from) else { return };
    let age_days = match operation {
        Some(Operation::Collect) => 0,
        Some(Operation::Erase) => keep_days,
        _ => random.random_range(0..=keep_days) * random.random_range(1..=100) / 100,
    };
    event.collected_on_day = Some(occasion.day() - age_days);
}

/// Most accesses are granted, which needs no mention.
fn outcome(event: &mut AccessEvent, occasion: &Occasion<'_>, random: &mut ChaCha8Rng) {
    let (denied, failed) = if occasion.traffic.actor == Actor::System { (0, 2) } else { (6, 4) };
    let roll = random.random_range(0..1000);
    if (0..denied).contains(&roll) {
        event.outcome = Some(v1::Outcome::Denied.into());
        event.record_count = Some(0);
        event.processing = None;
        event.collected_on_day = None;
    } else if (denied..denied + failed).contains(&roll) {
        event.outcome = Some(v1::Outcome::Failed.into());
    }
}

fn wire_operation(operation: Option<Operation>) -> v1::Operation {
    match operation {
        None => v1::Operation::Query,
        Some(Operation::Collect) => v1::Operation::Collect,
        Some(Operation::Alter) => v1::Operation::Alter,
        Some(Operation::Disclose) => v1::Operation::Disclose,
        Some(Operation::Combine) => v1::Operation::Combine,
        Some(Operation::Erase) => v1::Operation::Erase,
    }
}

fn wire_actor(actor: Actor) -> v1::ActorKind {
    match actor {
        Actor::Human => v1::ActorKind::Human,
        Actor::System => v1::ActorKind::System,
        Actor::Ai => v1::ActorKind::Ai,
    }
}

fn wire_processing(processing: Processing) -> v1::Processing {
    match processing {
        Processing::Raw => v1::Processing::Raw,
        Processing::Pseudonymised => v1::Processing::Pseudonymised,
        Processing::Aggregated => v1::Processing::Aggregated,
    }
}
