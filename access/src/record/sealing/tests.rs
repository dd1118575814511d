//! Tests of the way from event to body and openings.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, Disclosure, EntryBody, Subject};
use proptest::prelude::*;

use super::*;
use crate::openings::{MarkersChecked, State};
use crate::record::{record_of, record_states_event};
use crate::samples::{arbitrary_sealed_event, full_event, random, sealed_event, smallest_event};
use crate::sealed_entry::nonce_of;
use crate::wire::{read_body, read_record};

static SESSION: Bytes = Bytes::from_static(&[7; 16]);
static FIRST: Provenance<'static> =
    Provenance { producer: "verkehrszaehlung", session: &SESSION, sequence: 41 };

fn key() -> PeriodKey {
    PeriodKey::from([5; 32])
}

fn sealed(event: &AccessEvent) -> (EntryBody, Sealed) {
    let views = [EventView::from(event)];
    let mut prepared = seal_accesses(&views, FIRST, Some(&key()), None, random(1)).unwrap();
    let Prepared { body, sealed, .. } = prepared.pop().unwrap();
    (read_body(&body).unwrap(), sealed.unwrap())
}

fn record(body: &EntryBody) -> &AccessRecord {
    crate::entry::access_of(body).unwrap()
}

fn values(sealed: &Sealed) -> Vec<(SealedField, Vec<u8>)> {
    let value = |state| match state {
        State::Open { value, .. } => value.to_vec(),
        State::Erased { .. } => panic!("nothing was erased"),
    };
    sealed.openings.iter().map(|opening| (opening.field, value(opening.state))).collect()
}

#[test]
fn every_personal_value_is_sealed_with_a_salt_of_its_own_and_can_be_opened() {
    let event = sealed_event();
    let (body, sealed) = sealed(&event);
    assert_eq!(sealed.openings.verify(&body), Ok(()));
    assert_eq!(nonce_of(&body), Some(sealed.nonce));
    let fields: Vec<_> = sealed.openings.iter().map(|opening| opening.field).collect();
    assert_eq!(fields, SealedField::ALL[..12]);
    let salts: std::collections::BTreeSet<_> = sealed
        .openings
        .iter()
        .filter_map(|opening| match opening.state {
            State::Open { salt, .. } => Some(*salt.as_bytes()),
            State::Erased { .. } => None,
        })
        .collect();
    assert_eq!(salts.len(), 12);
    for (field, value) in values(&sealed) {
        assert!(Value::read(field, &value).is_ok(), "{field}");
    }
    let read = |field| values(&sealed).into_iter().find(|(of, _)| *of == field).unwrap().1;
    assert_eq!(read(SealedField::Actor), b"e.mustermann");
    assert_eq!(read(SealedField::OccurredAt), b"1795365547123456");
    assert_eq!(read(SealedField::TraceId), b"0123456789abcdef");
}

#[test]
fn the_record_says_what_the_event_says_in_public() {
    let event = sealed_event();
    let (body, sealed) = sealed(&event);
    assert_eq!(record_states_event(record(&body), &event, FIRST), Ok(()));
    let public = AccessRecord {
        nonce: Some(Bytes::copy_from_slice(&sealed.nonce)),
        markers: record(&body).markers.clone(),
        ..record_of(&event, FIRST)
    };
    let mut without_seals = record(&body).clone();
    for seal in [
        &mut without_seals.subjects_seal,
        &mut without_seals.actor_seal,
        &mut without_seals.on_behalf_of_seal,
        &mut without_seals.record_keys_seal,
        &mut without_seals.justification_seal,
        &mut without_seals.case_number_seal,
        &mut without_seals.query_seal,
        &mut without_seals.client_address_seal,
        &mut without_seals.trace_id_seal,
        &mut without_seals.span_id_seal,
        &mut without_seals.occurred_at_us_seal,
        &mut without_seals.occurred_until_us_seal,
    ] {
        assert_eq!(seal.take().unwrap().len(), 32);
    }
    assert_eq!(without_seals, public);
}

#[test]
fn subjects_find_the_record_by_their_markers() {
    let (body, sealed) = sealed(&sealed_event());
    let markers = || record(&body).markers.iter().map(AsRef::as_ref);
    assert_eq!(markers().count(), 2);
    for (scheme, id, found) in
        [("person", "4711", true), ("melderegister", "DE-0815", true), ("person", "DE-0815", false)]
    {
        let position = key().view_key(scheme, id).scan(&sealed.nonce, markers());
        assert_eq!(position.is_some(), found, "{scheme} {id}");
    }
}

#[test]
fn of_an_event_without_personal_values_only_the_minute_is_kept() {
    let event = full_event();
    let refuse = |_: &mut [u8]| Err("nothing random is needed");
    let prepared = seal_accesses(&[EventView::from(&event)], FIRST, None, None, refuse).unwrap();
    assert_eq!(prepared[0].sealed, None);
    assert_eq!(record(&read_body(&prepared[0].body).unwrap()), &record_of(&event, FIRST));
}

#[test]
fn an_end_is_sealed_only_if_there_is_one() {
    let event = AccessEvent { actor: Some("x".into()), ..smallest_event() };
    let fields: Vec<_> = values(&sealed(&event).1).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, [SealedField::Actor, SealedField::OccurredAt]);
}

#[test]
fn without_a_key_nothing_personal_is_recorded() {
    let events = [full_event(), sealed_event()];
    let views: Vec<_> = events.iter().map(EventView::from).collect();
    assert_eq!(seal_accesses(&views, FIRST, None, None, random(1)), Err(SealError::Off { position: 1 }));
    let confidential = AccessEvent { confidential_until_day: Some(30_000), ..full_event() };
    let views = [EventView::from(&confidential)];
    assert_eq!(seal_accesses(&views, FIRST, None, None, random(1)), Err(SealError::Off { position: 0 }));
}

#[test]
fn without_random_bytes_nothing_personal_is_recorded() {
    let event = sealed_event();
    let views = [EventView::from(&event)];
    let failed = seal_accesses(&views, FIRST, Some(&key()), None, |_: &mut [u8]| Err("no entropy"));
    assert_eq!(failed, Err(SealError::Random("no entropy")));
}

#[test]
fn random_bytes_are_asked_for_once_for_many_events() {
    let confidential = AccessEvent { confidential_until_day: Some(30_000), ..sealed_event() };
    let mut three = sealed_event();
    three.subjects.push(Subject { scheme: "person".into(), id: "3".into() });
    let events = [sealed_event(), full_event(), confidential, three];
    let views: Vec<_> = events.iter().map(EventView::from).collect();
    let (mut asked, mut source) = (0, random(1));
    let prepared = seal_accesses(&views, FIRST, Some(&key()), None, |bytes: &mut [u8]| {
        asked += 1;
        source(bytes)
    });
    assert_eq!(prepared.unwrap().len(), 4);
    assert_eq!(asked, 1);
}

#[test]
fn a_confidential_record_shows_nothing_but_its_day() {
    let event = AccessEvent { confidential_until_day: Some(30_000), ..sealed_event() };
    let (body, sealed) = sealed(&event);
    let outer = record(&body);
    assert_eq!(outer.markers.len(), CONFIDENTIAL_MARKERS);
    let shown = AccessRecord {
        confidential_until_day: Some(30_000),
        nonce: Some(Bytes::copy_from_slice(&sealed.nonce)),
        confidential_seal: outer.confidential_seal.clone(),
        markers: outer.markers.clone(),
        ..AccessRecord::default()
    };
    assert_eq!(outer, &shown);
    assert_eq!(sealed.openings.verify(&body), Ok(()));
    let key = key().view_key("person", "4711");
    assert_eq!(key.scan(&sealed.nonce, outer.markers.iter().map(AsRef::as_ref)), None);
}

#[test]
fn a_confidential_record_hides_one_that_says_all() {
    let event = AccessEvent { confidential_until_day: Some(30_000), ..sealed_event() };
    let (_, sealed) = sealed(&event);
    let hidden = values(&sealed).pop().unwrap();
    assert_eq!(hidden.0, SealedField::Confidential);
    let hidden = read_record(&hidden.1).unwrap();
    let open = AccessEvent { confidential_until_day: None, ..event };
    let states = AccessRecord { confidential_until_day: None, ..hidden.clone() };
    assert_eq!(record_states_event(&states, &open, FIRST), Ok(()));
    assert_eq!(hidden.confidential_until_day, Some(30_000));
    let nonce = hidden.nonce.as_deref().unwrap().try_into().unwrap();
    assert_ne!(nonce, sealed.nonce);
    let key = key().view_key("person", "4711");
    assert!(key.scan(&nonce, hidden.markers.iter().map(AsRef::as_ref)).is_some());
}

#[test]
fn a_hidden_record_is_proven_whole_or_not_at_all() {
    let event = AccessEvent { confidential_until_day: Some(30_000), ..sealed_event() };
    let (body, sealed) = sealed(&event);
    let mut openings = sealed.openings.clone();
    openings.erase(&[SealedField::Actor], 9);
    assert_eq!(openings.verify(&body), Ok(()));
    let plain = AccessEvent { confidential_until_day: None, ..event };
    let views = [EventView::from(&plain)];
    let other = seal_accesses(&views, FIRST, Some(&key()), None, random(2)).unwrap().pop().unwrap();
    let unexpected = other.sealed.unwrap().openings.verify(&body);
    assert!(unexpected.is_err());
}

#[test]
fn a_statement_is_sealed_into_an_entry_of_the_trail() {
    let statement = Statement { who: "revision".into(), index: Some(7), ..Statement::default() };
    let SealedStatement { seal, sealed } = seal_statement(&statement, random(3)).unwrap();
    let body = EntryBody {
        content: Some(Content::Disclosure(Disclosure {
            role: "auditor".into(),
            seal: Bytes::copy_from_slice(&seal),
            nonce: Some(Bytes::copy_from_slice(&sealed.nonce)),
            request: None,
        })),
    };
    assert_eq!(sealed.openings.verify(&body), Ok(()));
    assert_eq!(nonce_of(&body), Some(sealed.nonce));
    let value = values(&sealed).pop().unwrap().1;
    let read = Value::read(SealedField::Statement, &value).unwrap();
    assert!(read == Value::Statement(Cow::Owned(statement)));
}

/// Another event that says the same in public and has as many subjects, and other personal values.
fn with_other_values(event: &AccessEvent, other: &AccessEvent) -> AccessEvent {
    let text = |one: &Option<String>, two: &Option<String>| {
        one.as_ref().map(|one| two.clone().unwrap_or_else(|| format!("{one}{one}")))
    };
    let subject = |at: usize| {
        let scheme = if at.is_multiple_of(3) { "person" } else { "a-longer-scheme" };
        Subject { scheme: scheme.into(), id: "x".repeat(at % 2 + 1) }
    };
    AccessEvent {
        subjects: (0..event.subjects.len()).map(subject).collect(),
        actor: text(&event.actor, &other.actor),
        on_behalf_of: text(&event.on_behalf_of, &other.on_behalf_of),
        record_keys: if event.record_keys.is_empty() { vec![] } else { vec!["another key".into()] },
        justification: text(&event.justification, &other.justification),
        case_number: text(&event.case_number, &other.case_number),
        query: text(&event.query, &other.query),
        client_address: event.client_address.as_ref().map(|_| "::1".into()),
        trace_id: event.trace_id.as_ref().map(|_| Bytes::from_static(&[1; 16])),
        span_id: event.span_id.as_ref().map(|_| Bytes::from_static(&[1; 8])),
        // The minute is public, the rest of the time is not.
        occurred_at_us: event.occurred_at_us - event.occurred_at_us % 60_000_000 + 17,
        ..event.clone()
    }
}

/// The fields of the record of a body in the order in which they stand there, each with its bytes; of seals,
/// nonce and markers only as many zeros.
fn blanked(body: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut rest = body;
    assert_eq!(prost::encoding::decode_key(&mut rest).unwrap().0, 3, "an access");
    let length = prost::encoding::decode_varint(&mut rest).unwrap();
    assert_eq!(rest.len() as u64, length);
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let start = rest;
        let (number, wire_type) = prost::encoding::decode_key(&mut rest).unwrap();
        prost::encoding::skip_field(wire_type, number, &mut rest, Default::default()).unwrap();
        let field = &start[..start.len() - rest.len()];
        let is_random = matches!(number, 32..=44 | 67 | 68);
        fields.push((number, if is_random { vec![0; field.len()] } else { field.to_vec() }));
    }
    fields
}

proptest! {
    #[test]
    fn records_of_events_that_differ_in_personal_values_only_differ_in_seals_nonce_and_markers_only(
        event in arbitrary_sealed_event(), other in arbitrary_sealed_event(), seed: u64,
    ) {
        let other = with_other_values(&event, &other);
        let body = |event: &AccessEvent, seed| {
            let views = [EventView::from(event)];
            seal_accesses(&views, FIRST, Some(&key()), None, random(seed)).unwrap().pop().unwrap().body
        };
        let [one, two] = [body(&event, seed), body(&other, seed.wrapping_add(1))];
        prop_assert_eq!(one.len(), two.len());
        prop_assert_eq!(blanked(&one), blanked(&two));
    }

    #[test]
    fn what_is_sealed_can_be_opened_and_nothing_else_opens_it(
        event in arbitrary_sealed_event(), other in arbitrary_sealed_event(), seed: u64,
    ) {
        let seal = |event: &AccessEvent, seed| {
            let views = [EventView::from(event)];
            seal_accesses(&views, FIRST, Some(&key()), None, random(seed)).unwrap().pop().unwrap()
        };
        let [one, two] = [seal(&event, seed), seal(&other, seed.wrapping_add(1))];
        let body = read_body(&one.body).unwrap();
        prop_assert_eq!(one.sealed.is_some(), EventView::from(&event).needs_sealing());
        if let Some(Sealed { openings, .. }) = one.sealed {
            prop_assert_eq!(openings.verify(&body), Ok(()));
            prop_assert_eq!(openings.verify_markers(&body, &key()), Ok(MarkersChecked::Every));
            prop_assert_eq!(Openings::parse(openings.as_bytes()), Ok(openings));
        }
        if let Some(Sealed { openings, .. }) = two.sealed {
            prop_assert!(openings.verify(&body).is_err());
        }
    }
}
