use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use einsicht_access::event::Sealing;
use einsicht_access::{EventView, validate_views};
use einsicht_proto::v1::{ActorKind, Operation, Outcome};

use super::super::assumed::Kind;
use super::super::facts::facts;
use super::super::personal::SCHEME;
use super::super::said::{Said, What};
use super::super::timing::WEEK_S;
use super::*;

/// Monday, 6 July 2026, 00:00 UTC.
const MONDAY_S: u64 = 1_783_296_000;

static FACTS: LazyLock<Facts> = LazyLock::new(|| facts().unwrap());
static WEEK: LazyLock<Week> = LazyLock::new(|| plan(&FACTS, MONDAY_S));

fn events() -> impl Iterator<Item = &'static AccessEvent> {
    WEEK.events.iter().map(|planned| &planned.event)
}

fn kind_of(event: &AccessEvent) -> &'static Kind {
    let datasets = FACTS.datasets().map(|dataset| (&dataset.id, &dataset.kind));
    let mut all = datasets.chain(FACTS.sensors().map(|sensor| (&sensor.id, &sensor.kind)));
    let (_, kind) = all.find(|(id, _)| **id == event.dataset).unwrap();
    FACTS.kind(kind).unwrap()
}

fn count(wanted: impl Fn(&AccessEvent) -> bool) -> usize {
    events().filter(|event| wanted(event)).count()
}

#[test]
fn the_same_monday_gives_the_same_week_and_another_one_gives_another() {
    assert_eq!(plan(&FACTS, MONDAY_S), *WEEK);
    let next = plan(&FACTS, MONDAY_S + WEEK_S);
    assert_ne!(next.events.first().unwrap().event.event_id, WEEK.events.first().unwrap().event.event_id);
}

#[test]
fn a_week_has_20_000_to_30_000_events_in_winter_summer_and_when_the_clocks_change() {
    for monday_s in [1_767_571_200, 1_774_224_000, MONDAY_S, 1_792_368_000] {
        let size = plan(&FACTS, monday_s).events.len();
        assert!((20_000..=30_000).contains(&size), "{size}");
    }
}

#[test]
fn everything_happens_and_is_recorded_within_the_week_and_in_order() {
    let week = MONDAY_S..MONDAY_S + WEEK_S;
    assert!(WEEK.events.iter().all(|planned| week.contains(&planned.at_s)));
    assert!(WEEK.ends.iter().all(|end| week.contains(&end.at_s)));
    assert!(WEEK.events.is_sorted_by_key(|planned| planned.at_s));
    assert!(WEEK.ends.is_sorted_by_key(|end| end.at_s));
    for Planned { at_s, event, .. } in &WEEK.events {
        let occurred_s = u64::try_from(event.occurred_at_us / 1_000_000).unwrap();
        assert!(occurred_s >= MONDAY_S && occurred_s <= *at_s && at_s - occurred_s <= 60);
        let until_us = event.occurred_until_us.unwrap_or(event.occurred_at_us);
        assert!(until_us >= event.occurred_at_us && u64::try_from(until_us / 1_000_000).unwrap() <= *at_s);
    }
}

#[test]
fn sessions_last_a_day_and_number_their_events_without_gaps_to_their_end() {
    let mut next: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    let mut runs: BTreeMap<[u8; 16], (&str, u64)> = BTreeMap::new();
    for planned in &WEEK.events {
        let sequence = next.entry(planned.session).or_default();
        assert_eq!(planned.sequence, *sequence);
        *sequence += 1;
        let run = (planned.producer.as_str(), planned.at_s / DAY_S);
        assert_eq!(*runs.entry(planned.session).or_insert(run), run);
    }
    assert_eq!(WEEK.ends.len(), next.len());
    assert_eq!(runs.values().collect::<BTreeSet<_>>().len(), runs.len());
    for end in &WEEK.ends {
        assert_eq!(next[&end.session], end.last_sequence + 1);
        assert_eq!(runs[&end.session], (end.producer.as_str(), end.at_s / DAY_S));
        let last = WEEK.events.iter().rfind(|planned| planned.session == end.session).unwrap();
        assert!(last.at_s <= end.at_s);
    }
}

#[test]
fn event_ids_are_unique_uuids_of_version_4() {
    let ids: BTreeSet<_> = events().map(|event| event.event_id.clone()).collect();
    assert_eq!(ids.len(), WEEK.events.len());
    for id in ids {
        let id = uuid::Uuid::from_slice(&id).unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
    }
}

#[test]
fn every_dataset_sensor_unit_role_and_producer_occurs() {
    let datasets: BTreeSet<_> = events().map(|event| event.dataset.as_str()).collect();
    let expected = FACTS.datasets().map(|set| &set.id).chain(FACTS.sensors().map(|sensor| &sensor.id));
    assert_eq!(datasets, expected.map(String::as_str).collect());
    let units: BTreeSet<_> = events().filter_map(|event| event.unit.as_deref()).collect();
    assert_eq!(units, FACTS.units().map(|unit| unit.id.as_str()).collect());
    let roles: BTreeSet<_> = events().filter_map(|event| event.role.as_deref()).collect();
    assert_eq!(roles, FACTS.assumed.roles.iter().map(|role| role.id.as_str()).collect());
    let producers: BTreeSet<_> = WEEK.events.iter().map(|planned| planned.producer.as_str()).collect();
    assert_eq!(producers, FACTS.assumed.producers.iter().map(|producer| producer.id.as_str()).collect());
}

#[test]
fn people_are_named_where_they_work_and_programmes_do_nothing_personal() {
    for event in events() {
        let is_human = event.actor_kind() == ActorKind::Human;
        assert_eq!(event.actor.is_some(), is_human);
        assert!(is_human || !personal_fields(event));
        assert_eq!(event.subjects.is_empty(), event.justification.is_none());
        assert!(event.subjects.is_empty() || kind_of(event).subjects.is_some());
    }
}

fn personal_fields(event: &AccessEvent) -> bool {
    let texts = [&event.justification, &event.case_number, &event.actor];
    !event.subjects.is_empty()
        || texts.iter().any(|text| text.is_some())
        || event.confidential_until_day.is_some()
}

#[test]
fn some_accesses_are_to_somebodys_data_few_are_confidential_and_few_are_corrected() {
    let about_people = count(|event| !event.subjects.is_empty());
    assert!((100..=1000).contains(&about_people), "{about_people}");
    let confidential = count(|event| event.confidential_until_day.is_some());
    assert!((3..=50).contains(&confidential), "{confidential}");
    let somebody = |id: &str| count(|event| event.subjects.iter().any(|subject| subject.id == id));
    assert!((3..=50).contains(&somebody("1001")), "{}", somebody("1001"));
    let is_opening = |said: &&Said| said.what == What::Opening;
    assert_eq!(WEEK.said.iter().filter(is_opening).count(), 1);
    assert!((2..=12).contains(&WEEK.said.len()), "{}", WEEK.said.len());
}

#[test]
fn what_is_said_later_is_about_an_access_before_it_and_comes_within_the_week_and_in_order() {
    assert!(WEEK.said.is_sorted_by_key(|said| said.at_s));
    for Said { at_s, producer, session, sequence, what } in &WEEK.said {
        let is_it = |planned: &&Planned| {
            (&planned.producer, planned.session, planned.sequence) == (producer, *session, *sequence)
        };
        let Planned { at_s: before_s, event, .. } = WEEK.events.iter().find(is_it).unwrap();
        assert!(before_s < at_s && *at_s < MONDAY_S + WEEK_S);
        let until_s = event.confidential_until_day.map(|day| u64::try_from(day).unwrap() * DAY_S);
        match what {
            What::Opening => assert!(until_s.is_some_and(|until_s| until_s > *before_s && until_s <= *at_s)),
            What::Correction(_) => assert_eq!(until_s, None),
        }
    }
    let others = WEEK.events.iter().filter_map(|planned| planned.event.confidential_until_day);
    let end = i32::try_from((MONDAY_S + WEEK_S) / DAY_S).unwrap();
    assert_eq!(others.filter(|day| *day <= end + 60).count(), 1, "the rest stays closed for a while");
}

#[test]
fn what_is_public_does_not_depend_on_what_is_personal() {
    let mut facts = FACTS.clone();
    facts.assumed.kinds.iter_mut().for_each(|kind| kind.subjects = None);
    let other = plan(&facts, MONDAY_S);
    let public = |planned: &Planned| {
        let event = planned.event.clone();
        AccessEvent {
            actor: None,
            subjects: Vec::new(),
            justification: None,
            case_number: None,
            confidential_until_day: None,
            ..event
        }
    };
    assert!(other.events.iter().map(public).eq(WEEK.events.iter().map(public)));
}

#[test]
fn every_event_is_valid() {
    let assumed = &FACTS.assumed;
    let ids = |list: &'static [super::super::facts::Named]| list.iter().map(|named| named.id.as_str());
    let purposes: BTreeSet<_> = ids(&assumed.purposes).collect();
    let locations: BTreeSet<_> = ids(&assumed.storage_locations).collect();
    let mut recipients: BTreeSet<_> = ids(&assumed.recipients).collect();
    recipients.extend(FACTS.organisations().map(|organisation| organisation.id.as_str()));
    let numbers = 0..=1_u64 << 53;
    let sealing = Sealing::On { schemes: &[SCHEME.to_owned()] };
    for planned in &WEEK.events {
        let view = [EventView::from(&planned.event)];
        let now_us = i64::try_from(planned.at_s).unwrap() * 1_000_000;
        validate_views(&planned.session, planned.sequence, &view, now_us, sealing).unwrap();
    }
    for event in events() {
        assert!(Operation::try_from(event.operation).is_ok_and(|known| known != Operation::Unspecified));
        assert!(purposes.contains(event.purpose.as_str()));
        assert!(event.access_count.is_none_or(|accesses| accesses > 0 && numbers.contains(&accesses)));
        assert!(event.record_count.is_none_or(|records| numbers.contains(&records)));
        assert!(event.recipient.as_deref().is_none_or(|recipient| recipients.contains(recipient)));
        assert!(event.storage_location.as_deref().is_none_or(|location| locations.contains(location)));
        for text in [&event.national_norm, &event.announcement, &event.approval].into_iter().flatten() {
            assert!((1..=256).contains(&text.len()) && !text.chars().any(char::is_control));
        }
        for list in [&event.categories, &event.other_datasets] {
            assert!(list.len() <= 100 && list.iter().collect::<BTreeSet<_>>().len() == list.len());
        }
        assert!(!event.other_datasets.contains(&event.dataset));
        assert_eq!(event.operation() == Operation::Combine, !event.other_datasets.is_empty());
        assert_eq!(event.operation() == Operation::Disclose, event.recipient.is_some());
        let stays_or_goes = !matches!(event.operation(), Operation::Query | Operation::Erase);
        assert_eq!(stays_or_goes, event.storage_location.is_some());
    }
}

#[test]
fn what_a_commitment_would_find_is_there_and_rare() {
    let day = |event: &AccessEvent| i32::try_from(event.occurred_at_us / 86_400_000_000).unwrap();
    let found = [
        count(|event| !kind_of(event).purposes.contains(&event.purpose)),
        count(|event| {
            kind_of(event).record_ceiling < event.record_count && kind_of(event).record_ceiling.is_some()
        }),
        count(|event| event.recipient.is_some() && event.announcement.is_none()),
        count(|event| kind_of(event).is_personal() && event.legal_basis.is_none()),
        count(|event| {
            let too_old = |(keep, collected): (u16, i32)| day(event) - collected > i32::from(keep);
            kind_of(event).keep_days.zip(event.collected_on_day).is_some_and(too_old)
        }),
    ];
    assert!(found.iter().all(|&count| (1..=WEEK.events.len() / 200).contains(&count)), "{found:?}");
    assert_eq!(count(|event| event.consideration == Some(true)), 0);
}

#[test]
fn rare_things_are_rare() {
    let rare = [
        count(|event| event.outcome == Some(Outcome::Denied.into())),
        count(|event| event.outcome == Some(Outcome::Failed.into())),
        count(|event| event.actor_kind == Some(ActorKind::Ai.into())),
        count(|event| event.operation() == Operation::Disclose),
        count(|event| event.operation() == Operation::Combine),
    ];
    assert!(rare.iter().all(|&count| (1..=WEEK.events.len() / 50).contains(&count)), "{rare:?}");
}

#[test]
fn sensors_are_read_in_every_hour_by_programmes() {
    for sensor in FACTS.sensors() {
        let read =
            |event: &&AccessEvent| event.dataset == sensor.id && event.operation() == Operation::Collect;
        let hours: BTreeSet<_> =
            events().filter(read).map(|event| event.occurred_at_us / 3_600_000_000).collect();
        assert_eq!(hours.len(), 168, "{}", sensor.id);
        assert!(
            events()
                .filter(read)
                .all(|event| { event.actor_kind() == ActorKind::System && event.access_count.is_some() })
        );
    }
}
