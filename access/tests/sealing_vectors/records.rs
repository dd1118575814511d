//! Records whose seals and markers are to be checked with openings and period key.

use bytes::Bytes;
use einsicht_access::openings::{MarkersChecked, Openings};
use einsicht_access::record::seal_statement;
use einsicht_access::{PeriodKey, SealedField, body_bytes, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, Disclosure, EntryBody, Statement};
use serde::Serialize;

use crate::Refused;
use crate::make::{PERIOD_KEY, full, hex, plain, random, sealed, subject};

#[derive(Serialize)]
pub struct File {
    period_key: String,
    valid: Vec<Valid>,
    invalid: Vec<Refused<Given>>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    #[serde(flatten)]
    given: Given,
    markers: &'static str,
}

#[derive(Serialize)]
struct Given {
    entry: String,
    openings: String,
}

pub fn file() -> File {
    File { period_key: hex(&PERIOD_KEY), valid: valid(), invalid: invalid() }
}

/// A body and its openings.
fn made(event: &AccessEvent, seed: &'static str) -> (EntryBody, Openings) {
    let prepared = sealed(event, seed);
    (read_body(&prepared.body).unwrap(), prepared.sealed.unwrap().openings)
}

fn valid() -> Vec<Valid> {
    let erased = |fields: &[SealedField], event: &AccessEvent| {
        let (body, mut openings) = made(event, "erased");
        openings.erase(fields, 9);
        (body, openings)
    };
    let nobody = AccessEvent { actor: Some("e.mustermann".into()), ..plain() };
    let twice = AccessEvent {
        subjects: vec![subject("person", "1"), subject("person", "2"), subject("person", "1")],
        ..plain()
    };
    let confidential = AccessEvent { confidential_until_day: Some(21_000), ..full() };
    vec![
        check("everything that can be sealed", made(&full(), "everything")),
        check("nobody is concerned", made(&nobody, "nobody")),
        check("a subject twice", made(&twice, "twice")),
        check("some erased", erased(&[SealedField::Actor, SealedField::OccurredAt], &full())),
        check("subjects erased", erased(&[SealedField::Subjects], &full())),
        check("confidential", made(&confidential, "confidential")),
        check("confidential, some within erased", erased(&[SealedField::Actor], &confidential)),
        check("confidential, all erased", erased(&[SealedField::Confidential], &confidential)),
        check("a statement", statement()),
    ]
}

fn statement() -> (EntryBody, Openings) {
    let said = Statement { who: "revision".into(), index: Some(7), fields: vec![33], ..Statement::default() };
    let sealed = seal_statement(&said, random("statement")).unwrap();
    let disclosure = Disclosure {
        role: "auditor".into(),
        seal: Bytes::copy_from_slice(&sealed.seal),
        request: None,
        nonce: Some(Bytes::copy_from_slice(&sealed.sealed.nonce)),
    };
    (EntryBody { content: Some(Content::Disclosure(disclosure)) }, sealed.sealed.openings)
}

/// The entry of the statement, with another nonce.
fn trail(nonce: Option<Bytes>) -> EntryBody {
    let Some(Content::Disclosure(disclosure)) = statement().0.content else { panic!("no disclosure") };
    EntryBody { content: Some(Content::Disclosure(Disclosure { nonce, ..disclosure })) }
}

fn check(name: &'static str, (body, openings): (EntryBody, Openings)) -> Valid {
    assert_eq!(openings.verify(&body), Ok(()), "{name}");
    let markers = match openings.verify_markers(&body, &PeriodKey::from(PERIOD_KEY)).unwrap() {
        MarkersChecked::Every => "checked",
        MarkersChecked::Unknown => "unknown",
    };
    Valid { name, given: given(&body, &openings), markers }
}

fn given(body: &EntryBody, openings: &Openings) -> Given {
    Given { entry: hex(&body_bytes(body)), openings: hex(openings.as_bytes()) }
}

fn invalid() -> Vec<Refused<Given>> {
    let changed = |name, change: fn(&mut AccessRecord)| {
        let (mut body, openings) = made(&full(), "everything");
        let Some(Content::Access(record)) = &mut body.content else { panic!("no access") };
        change(record);
        refused(name, &body, &openings)
    };
    let without = |name, kept: &[SealedField]| {
        let (body, openings) = made(&full(), "everything");
        refused(name, &body, &rebuilt(&openings, |field| kept.contains(&field)))
    };
    let (hidden, mut halves) =
        made(&AccessEvent { confidential_until_day: Some(21_000), ..full() }, "confidential");
    halves.erase(&[SealedField::Confidential], 9);
    let halves = replaced(&halves, &made(&full(), "everything").1, SealedField::Actor);
    vec![
        changed("another seal", |record| record.actor_seal = Some(Bytes::from_static(&[1; 32]))),
        changed("a cut seal", |record| record.actor_seal.as_mut().unwrap().truncate(31)),
        changed("a seal in the place of another", |record| {
            std::mem::swap(&mut record.actor_seal, &mut record.on_behalf_of_seal);
        }),
        changed("a seal that is missing", |record| record.query_seal = None),
        without("an opening that is missing", &[SealedField::Actor]),
        changed("a marker too many", |record| record.markers.push(Bytes::from_static(&[1; 16]))),
        changed("markers of nobody", |record| record.markers.reverse()),
        changed("a marker that is cut", |record| record.markers[0].truncate(15)),
        changed("no nonce", |record| record.nonce = None),
        refused("a value that is none of its field", &odd().0, &odd().1),
        found_too_early(),
        refused("what an erased record said", &hidden, &halves),
        refused("a statement without a nonce", &trail(None), &statement().1),
        refused("a statement with a cut nonce", &trail(Some(Bytes::from_static(&[1; 15]))), &statement().1),
        refused("openings of another entry", &statement().0, &made(&full(), "everything").1),
    ]
}

/// A record whose trace-id has three bytes, sealed as it should be.
fn odd() -> (EntryBody, Openings) {
    let event = AccessEvent { trace_id: Some(Bytes::from_static(&[1; 3])), ..plain() };
    made(&event, "odd")
}

/// A confidential record that shows the marker of its subject.
fn found_too_early() -> Refused<Given> {
    let event = AccessEvent {
        subjects: vec![subject("person", "1")],
        confidential_until_day: Some(21_000),
        ..plain()
    };
    let (mut body, openings) = made(&event, "too early");
    let Some(Content::Access(record)) = &mut body.content else { panic!("no access") };
    let nonce = record.nonce.as_deref().unwrap().try_into().unwrap();
    let marker = PeriodKey::from(PERIOD_KEY).view_key("person", "1").marker(&nonce, 3);
    record.markers[3] = Bytes::copy_from_slice(&marker);
    refused("a confidential record that its subject would find", &body, &openings)
}

/// These openings, as far as their fields are wanted.
fn rebuilt(openings: &Openings, wanted: impl Fn(SealedField) -> bool) -> Openings {
    let parts: Vec<Vec<u8>> =
        parts(openings).into_iter().filter(|(field, _)| wanted(*field)).map(|(_, bytes)| bytes).collect();
    Openings::parse(&parts.concat()).unwrap()
}

/// These openings, that of one field taken from others.
fn replaced(openings: &Openings, others: &Openings, field: SealedField) -> Openings {
    let other = parts(others).into_iter().find(|(of, _)| *of == field).unwrap().1;
    let part = |(of, bytes)| if of == field { other.clone() } else { bytes };
    Openings::parse(&parts(openings).into_iter().map(part).collect::<Vec<_>>().concat()).unwrap()
}

/// The bytes of each opening.
fn parts(openings: &Openings) -> Vec<(SealedField, Vec<u8>)> {
    use einsicht_access::openings::State;
    let bytes = |field: SealedField, state| match state {
        State::Open { salt, value } => {
            let length = u32::try_from(value.len()).unwrap().to_be_bytes();
            [&[field.number(), 1][..], salt.as_bytes(), &length, value].concat()
        }
        State::Erased { by } => [&[field.number(), 0][..], &by.to_be_bytes()].concat(),
    };
    openings.iter().map(|opening| (opening.field, bytes(opening.field, opening.state))).collect()
}

fn refused(name: &'static str, body: &EntryBody, openings: &Openings) -> Refused<Given> {
    let seals = openings.verify(body).map_err(|error| error.to_string());
    let markers =
        openings.verify_markers(body, &PeriodKey::from(PERIOD_KEY)).map_err(|error| error.to_string());
    let reason = seals.and(markers.map(|_| ())).expect_err(name);
    Refused { name, vector: given(body, openings), reason }
}
