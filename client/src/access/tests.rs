use std::time::Duration;

use einsicht_access::validate_batch;

use super::*;

const NOW_US: i64 = 1_795_365_547_123_456;

fn complete(access: Access) -> AccessEvent {
    access.complete(&Defaults::default(), NOW_US).unwrap()
}

#[test]
fn the_smallest_access_is_valid_once_it_is_completed() {
    let event = complete(Access::query("besuchertrend", "verkehrsplanung"));
    assert_eq!(validate_batch(std::slice::from_ref(&event), NOW_US), Ok(()));
    assert_eq!((event.occurred_at_us, event.operation()), (NOW_US, Operation::Query));
    let again = complete(Access::query("besuchertrend", "verkehrsplanung"));
    assert_ne!(event.event_id, again.event_id);
}

#[test]
fn every_public_field_gets_where_it_belongs() {
    let id = *uuid::uuid!("936da01f-9abd-4d9d-80c7-02af85c822a8").as_bytes();
    let access = Access::combine("besuchertrend", "verkehrsplanung")
        .activity("va/17")
        .unit("stadtplanung")
        .role("verkehrsplaner")
        .actor_kind(ActorKind::Ai)
        .legal_basis("gdpr-6-1-e")
        .national_norm("§ 4 LDSG")
        .recipient("stadtwerke-ulm")
        .category("zählung")
        .categories(["ort", "zeit"])
        .processing(Processing::Aggregated)
        .secondary_use(false)
        .consideration(true)
        .storage_location("stadt-ulm")
        .announcement("GD 123/26")
        .announced_on(Day::new(1970, 1, 2).unwrap())
        .approval("Beschluss 7")
        .collected_on(Day::new(1969, 12, 31).unwrap())
        .outcome(Outcome::Denied)
        .other_dataset("parkhäuser")
        .other_datasets(["radzählung"])
        .access_count(12)
        .record_count(0)
        .event_id(id)
        .occurred_at(UNIX_EPOCH + Duration::from_micros(7))
        .occurred_until_us(9);
    let expected = AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Combine.into(),
        purpose: "verkehrsplanung".into(),
        activity: Some("va/17".into()),
        event_id: Bytes::copy_from_slice(&id),
        access_count: Some(12),
        record_count: Some(0),
        unit: Some("stadtplanung".into()),
        role: Some("verkehrsplaner".into()),
        actor_kind: Some(ActorKind::Ai.into()),
        legal_basis: Some("gdpr-6-1-e".into()),
        national_norm: Some("§ 4 LDSG".into()),
        recipient: Some("stadtwerke-ulm".into()),
        categories: vec!["zählung".into(), "ort".into(), "zeit".into()],
        processing: Some(Processing::Aggregated.into()),
        secondary_use: Some(false),
        consideration: Some(true),
        storage_location: Some("stadt-ulm".into()),
        announcement: Some("GD 123/26".into()),
        announced_on_day: Some(1),
        approval: Some("Beschluss 7".into()),
        collected_on_day: Some(-1),
        outcome: Some(Outcome::Denied.into()),
        other_datasets: vec!["parkhäuser".into(), "radzählung".into()],
        occurred_at_us: 7,
        occurred_until_us: Some(9),
        ..AccessEvent::default()
    };
    assert_eq!(complete(access), expected);
}

#[test]
fn what_is_personal_gets_where_it_belongs() {
    let access = Access::query("melderegister", "auskunft")
        .subject("person", "4711")
        .subjects("halter", ["UL-X 1", "UL-X 2"])
        .actor("kornblum")
        .on_behalf_of("erika")
        .record_key("a")
        .record_keys(["b", "c"])
        .justification("application")
        .case_number("2026-17")
        .criteria("name = 'M*'")
        .client_address("192.0.2.7")
        .confidential_until(Day::new(1970, 1, 2).unwrap());
    let event = complete(access.clone());
    let subjects: Vec<_> = event.subjects.iter().map(|subject| (&*subject.scheme, &*subject.id)).collect();
    assert_eq!(subjects, [("person", "4711"), ("halter", "UL-X 1"), ("halter", "UL-X 2")]);
    assert_eq!((event.actor.as_deref(), event.on_behalf_of.as_deref()), (Some("kornblum"), Some("erika")));
    assert_eq!(event.record_keys, ["a", "b", "c"]);
    assert_eq!(
        (event.justification.as_deref(), event.case_number.as_deref()),
        (Some("application"), Some("2026-17"))
    );
    assert_eq!(
        (event.query.as_deref(), event.client_address.as_deref()),
        (Some("name = 'M*'"), Some("192.0.2.7"))
    );
    assert_eq!(event.confidential_until_day, Some(1));
    for personal in ["4711", "kornblum", "erika", "UL-X", "application", "2026-17", "M*", "192.0.2"] {
        assert!(!format!("{access:?}").contains(personal), "{personal}");
    }
}

#[test]
fn what_the_caller_set_wins_over_the_configuration() {
    let defaults = Defaults {
        unit: Some("bürgerdienste".into()),
        role: Some("sachbearbeitung".into()),
        actor_kind: Some(ActorKind::System),
    };
    let event = Access::alter("d", "p").unit("stadtplanung").complete(&defaults, NOW_US).unwrap();
    assert_eq!(event.unit.as_deref(), Some("stadtplanung"));
    assert_eq!(event.role.as_deref(), Some("sachbearbeitung"));
    assert_eq!(event.actor_kind, Some(ActorKind::System.into()));
}

#[test]
fn a_senseless_time_is_reported_and_not_replaced() {
    let event = complete(Access::query("d", "p").occurred_at(UNIX_EPOCH));
    assert_eq!(event.occurred_at_us, 0);
    assert!(validate_batch(&[event], NOW_US).is_err());
    assert_eq!(micros_since_1970(UNIX_EPOCH - Duration::from_nanos(1)), -1);
}

#[test]
fn debug_output_shows_nothing_personal() {
    let event = AccessEvent { actor: Some("erika".into()), ..AccessEvent::default() };
    assert!(!format!("{:?}", Access::from(event)).contains("erika"));
}
