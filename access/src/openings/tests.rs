//! Tests of reading, erasing and verifying openings.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure};
use proptest::prelude::*;

use super::*;
use crate::seal::seal;

const ACTOR: &[u8] = b"e.mustermann";

/// The opening of one field, with a salt of one byte over and over.
fn open(field: SealedField, salt: u8, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    [&[field.number(), OPEN][..], &[salt; SALT_BYTES], &length, value].concat()
}

fn erased(field: SealedField, by: u64) -> Vec<u8> {
    [&[field.number(), ERASED][..], &by.to_be_bytes()].concat()
}

fn two() -> Vec<u8> {
    [open(SealedField::Actor, 1, ACTOR), open(SealedField::CaseNumber, 2, b"7")].concat()
}

fn entry(record: AccessRecord) -> EntryBody {
    let nonce = Some(Bytes::from_static(&[3; 16]));
    EntryBody { content: Some(Content::Access(AccessRecord { nonce, ..record })) }
}

fn sealed(field: SealedField, salt: u8, value: &[u8]) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(&seal(field, &Salt::from([salt; SALT_BYTES]), value)))
}

/// The entry of [`two`].
fn entry_of_two() -> EntryBody {
    entry(AccessRecord {
        actor_seal: sealed(SealedField::Actor, 1, ACTOR),
        case_number_seal: sealed(SealedField::CaseNumber, 2, b"7"),
        ..AccessRecord::default()
    })
}

#[test]
fn openings_are_read_as_they_stand() {
    let bytes = [open(SealedField::Actor, 1, ACTOR), erased(SealedField::Query, 1 << 40)].concat();
    let openings = Openings::parse(&bytes).unwrap();
    assert_eq!(openings.as_bytes(), bytes);
    let actor = State::Open { salt: Salt::from([1; 32]), value: ACTOR };
    assert_eq!(openings.state(SealedField::Actor), Some(actor));
    assert_eq!(openings.state(SealedField::Query), Some(State::Erased { by: 1 << 40 }));
    assert_eq!(openings.state(SealedField::Subjects), None);
    let fields: Vec<_> = openings.iter().map(|opening| opening.field).collect();
    assert_eq!(fields, [SealedField::Actor, SealedField::Query]);
}

#[test]
fn what_is_cut_or_out_of_order_is_refused_with_its_place() {
    let bytes = two();
    let first = open(SealedField::Actor, 1, ACTOR).len();
    assert_eq!(Openings::parse(&[]), Err(OpeningsError::Empty));
    for length in (1..bytes.len()).filter(|length| *length != first) {
        let offset = if length < first { 0 } else { first };
        assert_eq!(Openings::parse(&bytes[..length]), Err(OpeningsError::Truncated { offset }), "{length}");
    }
    let actor = open(SealedField::Actor, 1, ACTOR);
    let twice = [actor.clone(), erased(SealedField::Actor, 1)].concat();
    let field = SealedField::Actor;
    assert_eq!(Openings::parse(&twice), Err(OpeningsError::OutOfOrder { offset: first, field }));
    let back = [erased(SealedField::Query, 1), actor].concat();
    assert_eq!(Openings::parse(&back), Err(OpeningsError::OutOfOrder { offset: 10, field }));
}

#[test]
fn numbers_and_states_that_nobody_knows_are_refused() {
    let mut bytes = two();
    bytes[1] = 2;
    assert_eq!(Openings::parse(&bytes), Err(OpeningsError::UnknownState { offset: 0, found: 2 }));
    for number in [0, 31, 46, 255] {
        bytes[0] = number;
        assert_eq!(Openings::parse(&bytes), Err(OpeningsError::UnknownField { offset: 0, number }));
    }
}

#[test]
fn erasing_leaves_the_others_and_happens_once() {
    let mut openings = Openings::parse(&two()).unwrap();
    let before = openings.as_bytes().len();
    assert_eq!(openings.erase(&[SealedField::Actor, SealedField::Query], 9), [SealedField::Actor]);
    let left = [erased(SealedField::Actor, 9), open(SealedField::CaseNumber, 2, b"7")].concat();
    assert_eq!(openings.as_bytes(), left);
    assert!(openings.as_bytes().len() < before);
    assert_eq!(openings.erase(&[SealedField::Actor], 10), []);
    assert_eq!(openings.as_bytes(), left);
    assert_eq!(Openings::parse(&left), Ok(openings));
}

#[test]
fn with_a_confidential_record_all_that_it_says_is_erased() {
    let bytes = [open(SealedField::Actor, 1, ACTOR), open(SealedField::Confidential, 2, b"")].concat();
    let mut openings = Openings::parse(&bytes).unwrap();
    let gone = openings.erase(&[SealedField::Confidential], 3);
    assert_eq!(gone, [SealedField::Actor, SealedField::Confidential]);
    let outer = AccessRecord {
        confidential_seal: sealed(SealedField::Confidential, 2, b""),
        ..AccessRecord::default()
    };
    assert_eq!(openings.verify(&entry(outer)), Ok(()));
}

#[test]
fn openings_are_those_of_their_entry_only() {
    let openings = Openings::parse(&two()).unwrap();
    assert_eq!(openings.verify(&entry_of_two()), Ok(()));
    let field = SealedField::Actor;
    assert_eq!(openings.verify(&EntryBody::default()), Err(OpeningsMismatch::Unexpected { field }));
    let other = entry(AccessRecord {
        actor_seal: sealed(SealedField::Actor, 1, b"somebody else"),
        case_number_seal: sealed(SealedField::CaseNumber, 2, b"7"),
        ..AccessRecord::default()
    });
    assert_eq!(openings.verify(&other), Err(OpeningsMismatch::Differs { field }));
    let mut more = entry_of_two();
    if let Some(Content::Access(record)) = &mut more.content {
        record.query_seal = Some(Bytes::from_static(&[1; 32]));
    }
    let field = SealedField::Query;
    assert_eq!(openings.verify(&more), Err(OpeningsMismatch::Missing { field }));
}

#[test]
fn what_is_sealed_has_to_be_a_value_of_its_field() {
    for (field, value) in [(SealedField::Actor, &b"\xff"[..]), (SealedField::TraceId, b"abc")] {
        let openings = Openings::parse(&open(field, 1, value)).unwrap();
        let mut record = AccessRecord::default();
        match field {
            SealedField::Actor => record.actor_seal = sealed(field, 1, value),
            _ => record.trace_id_seal = sealed(field, 1, value),
        }
        assert_eq!(openings.verify(&entry(record)), Err(OpeningsMismatch::Value { field }));
    }
}

#[test]
fn what_was_erased_is_not_compared_but_must_have_had_a_seal() {
    let mut openings = Openings::parse(&two()).unwrap();
    openings.erase(&[SealedField::Actor], 9);
    assert_eq!(openings.verify(&entry_of_two()), Ok(()));
    let only_case = AccessRecord {
        case_number_seal: sealed(SealedField::CaseNumber, 2, b"7"),
        ..AccessRecord::default()
    };
    let field = SealedField::Actor;
    assert_eq!(openings.verify(&entry(only_case)), Err(OpeningsMismatch::Unexpected { field }));
}

#[test]
fn the_seal_of_a_statement_stands_in_an_entry_of_the_trail() {
    let openings = Openings::parse(&open(SealedField::Statement, 5, b"\x0a\x01x")).unwrap();
    let seal = sealed(SealedField::Statement, 5, b"\x0a\x01x");
    let body = |erasure| EntryBody { content: Some(Content::Erasure(erasure)) };
    let nonce = Some(Bytes::from_static(&[3; 16]));
    assert_eq!(openings.verify(&body(Erasure { seal: seal.clone(), nonce, ..Erasure::default() })), Ok(()));
    let without = openings.verify(&body(Erasure { seal, ..Erasure::default() }));
    assert_eq!(without, Err(OpeningsMismatch::Nonce));
    let field = SealedField::Statement;
    assert_eq!(openings.verify(&body(Erasure::default())), Err(OpeningsMismatch::Unexpected { field }));
}

#[test]
fn nothing_of_openings_is_printed() {
    let openings = Openings::parse(&two()).unwrap();
    let printed = format!("{openings:?} {:?}", openings.iter().collect::<Vec<_>>());
    assert!(!printed.contains("mustermann") && !printed.contains("101, 46"), "{printed}");
    assert!(printed.starts_with("Openings(..) [Opening { field: Actor, state: Open(..) }"), "{printed}");
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_there(
        bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), 30_u8..47, any::<u8>()], 0..90),
    ) {
        if let Ok(openings) = Openings::parse(&bytes) {
            prop_assert_eq!(openings.as_bytes(), bytes);
            let fields: Vec<_> = openings.iter().map(|opening| opening.field).collect();
            prop_assert!(fields.is_sorted_by(|one, two| one < two) && !fields.is_empty());
        }
    }
}
