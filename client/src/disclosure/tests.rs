//! Values are believed only if they are what was sealed, files only if all of them is proven.

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Correction, Disclosure, Erasure};
use prost::Message as _;

use super::*;
use crate::proven::{ProvenEntry, ProvenError};
use crate::sample::{Ledger, key};

const PERSON: &str = "Erika Mustermann";

fn salt(byte: u8) -> Salt {
    Salt::from([byte; SALT_BYTES])
}

fn seal_of(field: SealedField, value: &[u8]) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(&seal(field, &salt(field.number()), value)))
}

fn opened(field: SealedField, value: &[u8]) -> OpenedField {
    let salt = Bytes::copy_from_slice(salt(field.number()).as_bytes());
    OpenedField { field: field.number().into(), salt, value: Bytes::copy_from_slice(value), erased_by: None }
}

fn erased(field: SealedField, by: u64) -> OpenedField {
    OpenedField { field: field.number().into(), erased_by: Some(by), ..OpenedField::default() }
}

fn record() -> AccessRecord {
    AccessRecord {
        dataset: "d".into(),
        actor_seal: seal_of(SealedField::Actor, PERSON.as_bytes()),
        trace_id_seal: seal_of(SealedField::TraceId, &[7; 16]),
        ..AccessRecord::default()
    }
}

fn entry(record: AccessRecord) -> EntryBody {
    EntryBody { content: Some(Content::Access(record)) }
}

fn verify(entry: &EntryBody, fields: &[OpenedField]) -> Result<(), ValuesFault> {
    Values::of_answer(fields)?.verify(entry)
}

#[test]
fn only_the_value_that_was_sealed_with_its_salt_and_field_is_believed() {
    let (actor, trace) = (SealedField::Actor, SealedField::TraceId);
    let entry = entry(record());
    assert_eq!(verify(&entry, &[opened(actor, PERSON.as_bytes()), opened(trace, &[7; 16])]), Ok(()));
    assert_eq!(verify(&entry, &[opened(actor, b"Max Mustermann")]), Err(ValuesFault::Seal { field: actor }));
    let other_salt = OpenedField { salt: vec![9; 32].into(), ..opened(actor, PERSON.as_bytes()) };
    assert_eq!(verify(&entry, &[other_salt]), Err(ValuesFault::Seal { field: actor }));
    let other_field = OpenedField { field: trace.number().into(), ..opened(actor, PERSON.as_bytes()) };
    assert_eq!(verify(&entry, &[other_field]), Err(ValuesFault::Seal { field: trace }));
    let short = OpenedField { salt: vec![9; 31].into(), ..opened(actor, PERSON.as_bytes()) };
    assert_eq!(verify(&entry, &[short]), Err(ValuesFault::Salt { field: actor, bytes: 31 }));
}

#[test]
fn fields_that_the_entry_does_not_have_are_not_believed() {
    let entry = entry(record());
    let field = SealedField::CaseNumber;
    assert_eq!(verify(&entry, &[opened(field, b"17")]), Err(ValuesFault::NoSeal { field }));
    assert_eq!(verify(&entry, &[erased(field, 9)]), Err(ValuesFault::NoSeal { field }));
    assert_eq!(verify(&entry, &[erased(SealedField::Actor, 9)]), Ok(()));
    let unknown = OpenedField { field: 46, ..OpenedField::default() };
    assert_eq!(verify(&entry, &[unknown]), Err(ValuesFault::UnknownField { number: 46 }));
    let field = SealedField::Actor;
    let twice = [opened(field, PERSON.as_bytes()), erased(field, 9)];
    assert_eq!(verify(&entry, &twice), Err(ValuesFault::Twice { field }));
    let both = OpenedField { erased_by: Some(9), ..opened(field, PERSON.as_bytes()) };
    assert_eq!(verify(&entry, &[both]), Err(ValuesFault::ErasedAndOpen { field }));
}

#[test]
fn what_a_confidential_record_holds_is_proven_through_the_record() {
    let inner = record().encode_to_vec();
    let field = SealedField::Confidential;
    let outer = AccessRecord {
        confidential_until_day: Some(30_000),
        confidential_seal: seal_of(field, &inner),
        ..AccessRecord::default()
    };
    let entry = entry(outer);
    let actor = opened(SealedField::Actor, PERSON.as_bytes());
    assert_eq!(verify(&entry, &[opened(field, &inner), actor.clone()]), Ok(()));
    let alone = verify(&entry, std::slice::from_ref(&actor));
    assert_eq!(alone, Err(ValuesFault::NoSeal { field: SealedField::Actor }));
    let other = AccessRecord { actor_seal: None, ..record() }.encode_to_vec();
    assert_eq!(verify(&entry, &[opened(field, &other), actor]), Err(ValuesFault::Seal { field }));
}

#[test]
fn a_confidential_record_that_hides_another_shows_nothing() {
    let field = SealedField::Confidential;
    let inner = AccessRecord { confidential_seal: seal_of(field, b"x"), ..record() }.encode_to_vec();
    let outer = AccessRecord { confidential_seal: seal_of(field, &inner), ..AccessRecord::default() };
    let actor = opened(SealedField::Actor, PERSON.as_bytes());
    assert_eq!(verify(&entry(outer), &[opened(field, &inner), actor]), Err(ValuesFault::Nested));
}

#[test]
fn what_a_confidential_record_held_may_be_erased_with_it_and_not_without_it() {
    let field = SealedField::Confidential;
    let inner = AccessRecord { actor_seal: None, ..record() }.encode_to_vec();
    let outer = AccessRecord {
        confidential_until_day: Some(30_000),
        confidential_seal: seal_of(field, &inner),
        ..AccessRecord::default()
    };
    let entry = entry(outer);
    let gone = erased(SealedField::Actor, 9);
    assert_eq!(verify(&entry, &[gone.clone(), erased(field, 9)]), Ok(()));
    let not_there = Err(ValuesFault::NoSeal { field: SealedField::Actor });
    assert_eq!(verify(&entry, &[gone.clone(), opened(field, &inner)]), not_there);
    assert_eq!(
        verify(&self::entry(record()), &[erased(SealedField::Query, 9)]),
        Err(ValuesFault::NoSeal { field: SealedField::Query })
    );
}

#[test]
fn seals_that_nothing_is_said_of_are_named() {
    let silent = |entry: &EntryBody, fields: &[OpenedField]| Values::of_answer(fields).unwrap().silent(entry);
    let plain = entry(record());
    assert_eq!(silent(&plain, &[opened(SealedField::Actor, PERSON.as_bytes())]), [SealedField::TraceId]);
    assert_eq!(silent(&plain, &[erased(SealedField::Actor, 9), erased(SealedField::TraceId, 9)]), []);
    let field = SealedField::Confidential;
    let inner = record().encode_to_vec();
    let outer = AccessRecord { confidential_seal: seal_of(field, &inner), ..AccessRecord::default() };
    assert_eq!(
        silent(&entry(outer.clone()), &[opened(field, &inner)]),
        [SealedField::Actor, SealedField::TraceId]
    );
    assert_eq!(silent(&entry(outer), &[erased(field, 9)]), []);
}

/// A ledger with a sealed access at 1, an erasure at 2, a disclosure at 3 and a correction at 4; and the file.
fn disclosed() -> (Ledger, DisclosureFile) {
    let mut ledger = Ledger::new();
    ledger.push_bytes(&body_bytes(&entry(record())));
    let erasure = Erasure { ground: "g".into(), ..Erasure::default() };
    ledger.push_bytes(&body_bytes(&EntryBody { content: Some(Content::Erasure(erasure)) }));
    let disclosure = Disclosure { role: "auditor".into(), ..Disclosure::default() };
    ledger.push_bytes(&body_bytes(&EntryBody { content: Some(Content::Disclosure(disclosure)) }));
    let correction = Correction { index: 1, correction: "c".into(), ground: "g".into() };
    ledger.push_bytes(&body_bytes(&EntryBody { content: Some(Content::Correction(correction)) }));
    ledger.commit();
    let proven = |index| ProvenEntry::verify(&ledger.receipt(index), key().verifier()).unwrap();
    let values =
        Values::of_answer(&[opened(SealedField::Actor, PERSON.as_bytes()), erased(SealedField::TraceId, 2)]);
    let file = DisclosureFile { entry: proven(1), values: values.unwrap(), trail: proven(3) };
    (ledger, file)
}

fn read(json: &str) -> Result<DisclosureFile, DisclosureFileError> {
    DisclosureFile::verify(json, key().verifier())
}

#[test]
fn a_file_is_verified_with_nothing_but_the_key() {
    let (_, file) = disclosed();
    let json = file.to_json(key().verifier().name());
    assert_eq!(read(&json).unwrap(), file);
    assert!(!format!("{file:?}").contains("Erika"));
}

#[test]
fn a_file_that_was_tampered_with_fails_with_the_reason() {
    let (ledger, file) = disclosed();
    let origin = key().verifier().name().to_owned();
    let json = file.to_json(&origin);
    let changed = |from: &str, to: &str| {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, *json, "{from} is not there");
        read(&changed).unwrap_err()
    };
    use einsicht_tlog::hash::encode_base64;
    let value = encode_base64(PERSON.as_bytes());
    let field = SealedField::Actor;
    let other = changed(&value, &encode_base64(b"Max Mustermann"));
    assert!(
        matches!(other, DisclosureFileError::Values(ValuesFault::Seal { field: f }) if f == field),
        "{other}"
    );
    let other = changed(&encode_base64(salt(33).as_bytes()), &encode_base64(&[1; 32]));
    assert!(matches!(other, DisclosureFileError::Values(ValuesFault::Seal { .. })), "{other}");
    let other = changed("\"actor\"", "\"on_behalf_of\"");
    assert!(matches!(other, DisclosureFileError::Values(ValuesFault::NoSeal { .. })), "{other}");
    let other = changed("\"actor\"", "\"dataset\"");
    assert!(
        matches!(other, DisclosureFileError::Value { position: 1, .. }) && !other.is_failure(),
        "{other}"
    );
    assert!(matches!(changed("disclosure/v1", "disclosure/v2"), DisclosureFileError::Format));
    assert!(matches!(changed(&format!("\"{origin}\""), "\"x\""), DisclosureFileError::Origin { .. }));
    assert!(matches!(changed("index 1", "index 0"), DisclosureFileError::Entry(ProvenError::Receipt(_))));
    assert!(matches!(changed("index 3", "index 4"), DisclosureFileError::Trail(_)));
    assert!(matches!(read(&json[1..]), Err(DisclosureFileError::Malformed { .. })));
    let proven = |index| ProvenEntry::verify(&ledger.receipt(index), key().verifier()).unwrap();
    for trail in [0, 1, 2, 4] {
        let file = DisclosureFile { trail: proven(trail), ..file.clone() };
        let error = read(&file.to_json(&origin)).unwrap_err();
        assert!(matches!(error, DisclosureFileError::NotTheTrail { .. }) && error.is_failure(), "{error}");
    }
    let nothing = DisclosureFile { values: Values::default(), ..file };
    assert!(matches!(read(&nothing.to_json(&origin)), Err(DisclosureFileError::Empty)));
}

#[test]
fn what_is_said_to_be_erased_was_erased_behind_the_entry_and_before_the_disclosure() {
    let (_, file) = disclosed();
    let (origin, of, trail) =
        (key().verifier().name().to_owned(), file.entry.index().0, file.trail.index().0);
    for by in [0, of, trail, trail + 1, u64::MAX] {
        let mut file = file.clone();
        file.values.erased[0].by = Index(by);
        let error = read(&file.to_json(&origin)).unwrap_err();
        assert!(
            matches!(error, DisclosureFileError::NotTheErasure { .. }) && error.is_failure(),
            "{by}: {error}"
        );
    }
}

#[test]
fn a_file_is_of_one_history() {
    let (ledger, file) = disclosed();
    let read_with = |other: &Ledger| {
        let trail = ProvenEntry::verify(&other.receipt(3), key().verifier()).unwrap();
        read(&DisclosureFile { trail, ..file.clone() }.to_json(key().verifier().name())).unwrap_err()
    };
    // Both trees are signed. Of one size, that is proof of two histories; of two, nobody can tell from the file.
    let mut fork = Ledger::new();
    fork.push_bytes(&body_bytes(&entry(AccessRecord::default())));
    (2..5).for_each(|index: usize| {
        let body = einsicht_tlog::Leaf::parse(&ledger.leaves[index]).unwrap().body;
        fork.push_bytes(body);
    });
    fork.commit();
    let error = read_with(&fork);
    assert!(matches!(error, DisclosureFileError::TwoTrees { .. }) && error.is_failure(), "{error}");
    let mut grown = ledger.clone();
    grown.record(1);
    let error = read_with(&grown);
    assert!(matches!(error, DisclosureFileError::TwoTrees { .. }) && !error.is_failure(), "{error}");
}

#[test]
fn a_receipt_without_its_entry_shows_nothing_false() {
    let (_, file) = disclosed();
    let json = file.to_json(key().verifier().name());
    let mut stripped: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut receipt = file.entry.receipt().clone();
    receipt.leaf = None;
    stripped["receipt"] = String::from_utf8(receipt.to_bytes()).unwrap().into();
    let error = read(&stripped.to_string()).unwrap_err();
    assert!(matches!(error, DisclosureFileError::Entry(_)) && !error.is_failure(), "{error}");
}
