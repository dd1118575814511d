//! What the vault says it wrote is believed only if it stands there.

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_proto::v1::{
    AccessEvent, AccessRecord, Correction, Disclosure, DisclosureRequest, EntryBody, Erasure,
};

use einsicht_tlog::Leaf;

use super::*;
use crate::sample::sealed::{event, opening, sealed};
use crate::sample::{BEGAN_AT, Ledger, access, key};

const SEAL: &[u8] = &[8; 32];
const ACTOR: SealedField = SealedField::Actor;

/// A small ledger: a record with two seals at 1, and what came after it.
fn ledger(bodies: &[&[u8]]) -> Ledger {
    let mut ledger = Ledger::new();
    let seal = Some(Bytes::from_static(SEAL));
    let record = AccessRecord { actor_seal: seal.clone(), query_seal: seal, ..AccessRecord::default() };
    ledger.push(&EntryBody { content: Some(Content::Access(record)) });
    bodies.iter().for_each(|body| ledger.push_bytes(body));
    ledger.commit();
    ledger
}

fn entry(ledger: &Ledger, index: u64) -> ProvenEntry {
    ProvenEntry::verify(&ledger.receipt(index), key().verifier()).unwrap()
}

/// The last entry, which it is: it has index 2.
fn proven(content: Content) -> ProvenEntry {
    entry(&ledger(&[&body_bytes(&EntryBody { content: Some(content) })]), 2)
}

/// The record alone.
fn target() -> ProvenEntry {
    entry(&ledger(&[]), 1)
}

/// The record under the checkpoint of the entry behind it.
fn before(trail: &ProvenEntry) -> ProvenEntry {
    entry(&ledger(&[Leaf::parse(trail.leaf()).unwrap().body]), 1)
}

fn disclosure(request: Option<u64>) -> ProvenEntry {
    proven(Content::Disclosure(Disclosure { role: "auditor".into(), request, ..Disclosure::default() }))
}

fn erasure(month: Option<&str>, seal: Option<&'static [u8]>) -> ProvenEntry {
    proven(Content::Erasure(Erasure {
        ground: "Article 17".into(),
        seal: seal.map(Bytes::from_static),
        month: month.map(ToOwned::to_owned),
        retention_class: month.map(|_| "P12M".to_owned()),
        ..Erasure::default()
    }))
}

fn wanted(fields: &[SealedField], request: Option<u64>) -> Wanted {
    Wanted { index: Some(Index(1)), fields: fields.to_vec(), request: request.map(Index) }
}

fn erased(fields: &[SealedField]) -> Values {
    let erased = |field: &SealedField| crate::disclosure::Erased { field: *field, by: Index(9) };
    Values { erased: fields.iter().map(erased).collect(), ..Values::default() }
}

#[test]
fn an_entry_that_stood_there_before_was_not_written_by_the_call() {
    assert!(is_new(&disclosure(None), Size(2)).is_ok());
    assert!(matches!(is_new(&disclosure(None), Size(3)), Err(AnswerFault::NotNew { .. })));
}

#[test]
fn the_trail_is_a_disclosure_behind_the_entry_and_of_the_request() {
    let check =
        |trail: &ProvenEntry, wanted: &Wanted| disclosed(&before(trail), trail, wanted, &erased(&[ACTOR]));
    let (trail, asked) = (disclosure(None), wanted(&[ACTOR], None));
    assert!(check(&trail, &asked).is_ok());
    assert!(matches!(check(&target(), &asked), Err(AnswerFault::OtherKind { .. })));
    assert!(matches!(check(&disclosure(Some(7)), &asked), Err(AnswerFault::SaysOther { .. })));
    assert!(check(&disclosure(Some(7)), &wanted(&[ACTOR], Some(7))).is_ok());
    assert!(matches!(check(&trail, &wanted(&[ACTOR], Some(7))), Err(AnswerFault::SaysOther { .. })));
    let other = Wanted { index: Some(Index(5)), ..asked.clone() };
    assert!(matches!(check(&trail, &other), Err(AnswerFault::OtherEntry { .. })));
    let itself = Wanted { index: Some(Index(2)), ..asked };
    let found = disclosed(&trail, &trail, &itself, &erased(&[ACTOR]));
    assert!(matches!(found, Err(AnswerFault::SaysOther { .. })));
}

#[test]
fn entry_and_trail_are_proven_under_one_checkpoint() {
    let trail = disclosure(None);
    let found = disclosed(&target(), &trail, &wanted(&[ACTOR], None), &erased(&[ACTOR]));
    assert!(matches!(found, Err(AnswerFault::TwoTrees { .. })), "the file would prove nothing");
}

#[test]
fn no_more_and_no_less_is_disclosed_than_was_asked_for() {
    let check = |asked: &[SealedField], given: &[SealedField]| {
        let trail = disclosure(None);
        disclosed(&before(&trail), &trail, &wanted(asked, None), &erased(given))
    };
    let other = SealedField::Query;
    assert!(check(&[], &[ACTOR, other]).is_ok());
    assert!(
        matches!(check(&[], &[ACTOR]), Err(AnswerFault::Missing { field }) if field == other),
        "all were asked for"
    );
    assert!(matches!(check(&[], &[]), Err(AnswerFault::Nothing(_))));
    assert!(
        matches!(check(&[ACTOR, other], &[ACTOR]), Err(AnswerFault::Missing { field }) if field == other)
    );
    assert!(
        matches!(check(&[ACTOR], &[ACTOR, other]), Err(AnswerFault::NotAsked { field }) if field == other)
    );
    assert!(check(&[ACTOR], &[ACTOR, SealedField::Confidential]).is_ok(), "the seal stands in that record");
}

#[test]
fn a_request_shows_nothing_and_is_one() {
    let trail = proven(Content::DisclosureRequest(DisclosureRequest::default()));
    let asked = wanted(&[ACTOR], None);
    assert!(requested(&trail, Index(2), &asked, &[]).is_ok());
    assert!(matches!(requested(&trail, Index(1), &asked, &[]), Err(AnswerFault::OtherEntry { .. })));
    assert!(matches!(requested(&trail, Index(2), &asked, &[OpenedField::default()]), Err(AnswerFault::Both)));
    let granting = wanted(&[ACTOR], Some(1));
    assert!(matches!(requested(&trail, Index(2), &granting, &[]), Err(AnswerFault::Both)));
    let other = requested(&disclosure(None), Index(2), &asked, &[]);
    assert!(matches!(other, Err(AnswerFault::OtherKind { .. })));
}

#[test]
fn an_erasure_is_on_the_ground_given_and_of_no_whole_month() {
    let check = |entry: &ProvenEntry, asked: &[SealedField], numbers: &[u32]| {
        super::erased(entry, asked, "Article 17", numbers)
    };
    let entry = erasure(None, Some(SEAL));
    assert_eq!(check(&entry, &[], &[33, 38]).unwrap(), [ACTOR, SealedField::Query]);
    assert!(matches!(super::erased(&entry, &[], "Article 6", &[33]), Err(AnswerFault::SaysOther { .. })));
    assert!(matches!(check(&erasure(Some("2026-11"), None), &[], &[33]), Err(AnswerFault::SaysOther { .. })));
    assert!(matches!(check(&entry, &[], &[]), Err(AnswerFault::Nothing(_))));
    assert!(matches!(check(&entry, &[], &[31]), Err(AnswerFault::Item { .. })));
    assert!(matches!(check(&entry, &[SealedField::Query], &[33]), Err(AnswerFault::NotAsked { .. })));
    assert!(check(&entry, &[SealedField::Confidential], &[33, 44]).is_ok(), "what it says goes with it");
    assert!(matches!(check(&target(), &[], &[33]), Err(AnswerFault::OtherKind { .. })));
}

#[test]
fn what_is_said_to_be_erased_was_erased_by_an_erasure_of_its_month() {
    assert!(erases(&erasure(None, Some(SEAL)), &target()).is_ok());
    assert!(erases(&erasure(Some("2026-11"), None), &target()).is_ok());
    assert!(matches!(erases(&erasure(Some("2026-10"), None), &target()), Err(AnswerFault::SaysOther { .. })));
    assert!(matches!(erases(&erasure(None, None), &target()), Err(AnswerFault::SaysOther { .. })));
    assert!(matches!(erases(&disclosure(None), &target()), Err(AnswerFault::OtherKind { .. })));
    let entry = erasure(None, Some(SEAL));
    assert!(matches!(erases(&entry, &entry), Err(AnswerFault::SaysOther { .. })), "an erasure of itself");
    assert!(retained(&erasure(Some("2026-11"), None), "2026-11", "P12M").is_ok());
    assert!(retained(&erasure(Some("2026-11"), None), "2026-11", "P13M").is_err());
    assert!(retained(&erasure(None, Some(SEAL)), "2026-11", "P12M").is_err());
}

#[test]
fn a_correction_says_what_was_sent() {
    let sent = CorrectRequest { index: 1, correction: "c".into(), ground: "g".into() };
    let says = |index, correction: &str, ground: &str| {
        let correction = Correction { index, correction: correction.into(), ground: ground.into() };
        corrects(&proven(Content::Correction(correction)), &sent)
    };
    assert!(says(1, "c", "g").is_ok());
    for other in [says(0, "c", "g"), says(1, "d", "g"), says(1, "c", "h")] {
        assert!(matches!(other, Err(AnswerFault::SaysOther { .. })));
    }
    assert!(matches!(corrects(&target(), &sent), Err(AnswerFault::OtherKind { .. })));
}

#[test]
fn an_opening_shows_what_was_sealed_not_before_its_day() {
    /// The day of the sample, and the one behind it.
    const TODAY: i32 = 20_779;
    let hidden = |day| AccessEvent { confidential_until_day: Some(day), ..event(&[1]) };
    let proven_at = |body: &[u8], index: usize| {
        let mut ledger = Ledger::new();
        ledger.push(&access(1, 0));
        (1..index).for_each(|_| ledger.push(&access(1, 1)));
        ledger.push_bytes(body);
        ledger.commit();
        ProvenEntry::verify(&ledger.receipt(ledger.size() - 1), key().verifier()).unwrap()
    };
    let check = |day, opens| {
        let (body, openings) = sealed(&hidden(day), BEGAN_AT, 0);
        let (_, others) = sealed(&hidden(day), BEGAN_AT, 0);
        let sealed = proven_at(&body, 1);
        (
            super::opens(&proven_at(&opening(opens, &openings), 2), &sealed),
            super::opens(&proven_at(&opening(2, &others), 2), &sealed),
        )
    };
    let (opened, other) = check(TODAY, 2);
    assert!(opened.is_ok(), "{opened:?}");
    assert!(matches!(other, Err(AnswerFault::OpensOther { .. })), "the opening of another one");
    assert!(matches!(check(TODAY, 1).0, Err(AnswerFault::SaysOther { .. })));
    assert!(matches!(check(TODAY + 1, 2).0, Err(AnswerFault::OpensOther { .. })), "its day has not come");
    assert!(matches!(super::opens(&target(), &target()), Err(AnswerFault::OtherKind { .. })));
}
