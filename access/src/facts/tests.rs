use bytes::Bytes;
use einsicht_proto::v1::AccessEvent;
use proptest::prelude::*;

use super::*;
use crate::record::{Provenance, body_bytes, entry_of_access, record_of, seal_accesses};
use crate::samples::{
    arbitrary_event, arbitrary_record, arbitrary_sealed_event, full_event, random, sealed_event,
};
use crate::wire::read_body;
use crate::{PeriodKey, entry};

static SESSION: Bytes = Bytes::from_static(&[7; 16]);
const FIRST: Provenance<'static> = Provenance { producer: "p", session: &SESSION, sequence: 0 };

/// The event, its record, and the bytes of its body say the same.
fn check(event: &AccessEvent) {
    let view = EventView::from(event);
    let events = std::slice::from_ref(&view);
    let prepared = seal_accesses(events, FIRST, Some(&PeriodKey::from([5; 32])), None, random(1)).unwrap();
    let body = &prepared[0].body;
    let entry = read_body(body).unwrap();
    let record = entry::access_of(&entry).unwrap();
    assert_eq!(Facts::from(&view), Facts::from(record));
    assert_eq!(LoggedAccess::of_body(body).unwrap().facts, Facts::from(record));
}

proptest! {
    #[test]
    fn event_record_and_bytes_give_the_same_facts(event in arbitrary_sealed_event()) {
        check(&AccessEvent { confidential_until_day: None, ..event });
    }

    #[test]
    fn of_a_confidential_event_the_record_that_is_hidden_gives_its_facts(event in arbitrary_event(), day: i32) {
        let event = AccessEvent { confidential_until_day: Some(day), ..event };
        let record = einsicht_proto::v1::AccessRecord {
            confidential_until_day: Some(day),
            ..record_of(&AccessEvent { confidential_until_day: None, ..event.clone() }, FIRST)
        };
        let view = EventView::from(&event);
        prop_assert_eq!(Facts::from(&view), Facts::from(&record));
        let seal = Some(Bytes::from_static(&[4; 32]));
        let outer = einsicht_proto::v1::AccessRecord { confidential_seal: seal, ..record_of(&event, FIRST) };
        prop_assert!(Facts::from(&outer).hidden && !Facts::from(&view).hidden);
    }

    #[test]
    fn a_record_and_its_bytes_give_the_same_facts_valid_or_not(record in arbitrary_record()) {
        let bytes = prost::Message::encode_to_vec(&record);
        let access = LoggedAccess::of_record(&bytes).unwrap();
        prop_assert_eq!(access.facts, Facts::from(&record));
        prop_assert_eq!(access.charter, record.charter);
        prop_assert_eq!(access.deviates, Codes::from(&record.deviates[..]));
        prop_assert_eq!(access.not_verifiable, Codes::from(&record.not_verifiable[..]));
    }

    #[test]
    fn bytes_that_are_no_record_give_nothing_or_something_and_never_a_panic(bytes: Vec<u8>) {
        let _ = LoggedAccess::of_body(&bytes);
        let _ = LoggedAccess::of_record(&bytes).map(|access| access.facts.categories.iter().count());
    }
}

#[test]
fn every_field_is_in_the_facts() {
    check(&sealed_event());
    check(&full_event());
    check(&AccessEvent::default());
    let event = full_event();
    let view = EventView::from(&event);
    let facts = Facts::from(&view);
    assert_eq!(facts.categories.iter().collect::<Vec<_>>(), ["zählung".as_bytes(), b"ort"]);
    assert_eq!((facts.day, facts.announced_on, facts.collected_on), (20_779, Some(20_000), Some(-1)));
}

#[test]
fn what_is_not_said_of_count_and_outcome_has_a_meaning() {
    let event = AccessEvent::default();
    let view = EventView::from(&event);
    let facts = Facts::from(&view);
    assert_eq!((facts.access_count, facts.outcome), (Some(1), Some(Outcome::Granted.into())));
    assert_eq!((facts.record_count, facts.dataset, facts.operation), (None, None, None));
    assert_eq!(LoggedAccess::of_record(&[]).unwrap().facts, facts);
}

#[test]
fn only_an_access_is_read_as_one() {
    assert_eq!(LoggedAccess::of_body(&body_bytes(&entry::service_start("x"))), None);
    assert!(LoggedAccess::of_body(&body_bytes(&entry_of_access(&full_event(), FIRST))).is_some());
}
