//! Tests of the rules for what is sealed.

use einsicht_proto::v1::Subject;

use super::*;
use crate::samples::{arbitrary_sealed_event, largest_event, sealed_event};

fn with(events: &[AccessEvent], sealing: Sealing<'_>) -> Result<(), BatchError> {
    validate_views(&[7; 16], 0, &views(events), NOW_US, sealing)
}

fn subject(scheme: &str, id: &str) -> Subject {
    Subject { scheme: scheme.into(), id: id.into() }
}

#[test]
fn every_field_that_would_have_to_be_sealed_is_named_where_nothing_is() {
    let confidential = AccessEvent { confidential_until_day: Some(20_000), ..sealed_event() };
    let Err(BatchError::SealingOff(fields)) = with(&[smallest_event(), confidential.clone()], Sealing::Off)
    else {
        panic!("sealed fields were accepted");
    };
    let names: Vec<_> = fields.listed.iter().map(|sealed| (sealed.position, sealed.field)).collect();
    let expected = [
        "confidential_until_day",
        "subjects",
        "actor",
        "on_behalf_of",
        "record_keys",
        "justification",
        "case_number",
        "query",
        "client_address",
        "trace_id",
        "span_id",
    ];
    assert_eq!(names, expected.map(|field| (1, field)));

    let invalid = AccessEvent { dataset: String::new(), ..confidential };
    assert_eq!(
        violations(with(&[invalid], Sealing::Off)),
        one("events[0].dataset", Problem::Missing),
        "invalid takes precedence"
    );
    assert_eq!(with(&[full_event()], Sealing::Off), Ok(()));
}

#[test]
fn where_something_is_sealed_every_field_may_be_set() {
    let schemes = ["melderegister".to_owned(), "person".to_owned()];
    let confidential = AccessEvent { confidential_until_day: Some(20_000), ..sealed_event() };
    let events = [sealed_event(), confidential, largest_event()];
    assert_eq!(with(&events[..2], Sealing::On { schemes: &schemes }), Ok(()));
    assert_eq!(with(&events, Sealing::Unknown), Ok(()));
}

#[test]
fn subjects_come_from_declared_registers() {
    let schemes = ["person".to_owned(), "kfz".to_owned()];
    let event = |scheme| AccessEvent { subjects: vec![subject(scheme, "1")], ..smallest_event() };
    assert_eq!(with(&[event("person")], Sealing::On { schemes: &schemes }), Ok(()));
    let found = violations(with(&[event("Person")], Sealing::On { schemes: &schemes }));
    let problem = Problem::UnknownScheme { schemes: schemes.to_vec() };
    assert_eq!(problem.to_string(), "is no declared scheme; declared are person, kfz");
    assert_eq!(found, one("events[0].subjects[0].scheme", problem));
    let none = violations(with(&[event("person")], Sealing::On { schemes: &[] }));
    assert!(none[0].1.to_string().starts_with("is no declared scheme; none is: `subjects.schemes`"));
    assert_eq!(with(&[event("anything")], Sealing::Unknown), Ok(()));
}

#[test]
fn a_subject_has_a_scheme_and_an_id_without_control_characters() {
    let found = after(|event| {
        event.subjects = vec![
            subject("person", "1"),
            subject("", ""),
            subject("two words", "a\nb"),
            subject("p", &"x".repeat(257)),
        ];
    });
    let expected = [
        ("subjects[1].scheme", Problem::Empty),
        ("subjects[1].id", Problem::Empty),
        ("subjects[2].scheme", Problem::BadCharacter { character: ' ', offset: 3, alphabet: Alphabet::Code }),
        ("subjects[2].id", Problem::BadCharacter { character: '\n', offset: 1, alphabet: Alphabet::Id }),
        ("subjects[3].id", Problem::TooLong { bytes: 257, max: 256 }),
    ];
    assert_eq!(found, expected.map(|(path, problem)| (path.to_owned(), problem)));
}

#[test]
fn at_most_100_subjects_and_record_keys_are_sealed() {
    let many = |count| (0..count).map(|id| subject("person", &id.to_string())).collect::<Vec<_>>();
    let event =
        AccessEvent { subjects: many(100), record_keys: vec!["same".into(); 100], ..smallest_event() };
    assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
    let too_many = Problem::TooMany { found: 101, max: 100 };
    assert_eq!(after(|event| event.subjects = many(101)), one("subjects", too_many.clone()));
    assert_eq!(after(|event| event.record_keys = vec![String::new(); 101]), one("record_keys", too_many));
}

#[test]
fn sealed_texts_have_the_limits_of_their_fields() {
    type Set = fn(&mut AccessEvent, String);
    let cases: [(&str, usize, Set); 7] = [
        ("actor", 4096, |event, text| event.actor = Some(text)),
        ("on_behalf_of", 4096, |event, text| event.on_behalf_of = Some(text)),
        ("record_keys[0]", 1024, |event, text| event.record_keys = vec![text]),
        ("justification", 4096, |event, text| event.justification = Some(text)),
        ("case_number", 4096, |event, text| event.case_number = Some(text)),
        ("query", 4 << 20, |event, text| event.query = Some(text)),
        ("subjects[0].id", 256, |event, text| event.subjects = vec![subject("p", &text)]),
    ];
    for (field, max, set) in cases {
        let mut longest = smallest_event();
        set(&mut longest, "x".repeat(max));
        assert_eq!(validate_batch(&[longest], NOW_US), Ok(()), "{field}");
        let problem = Problem::TooLong { bytes: max + 1, max };
        assert_eq!(after(|event| set(event, "x".repeat(max + 1))), one(field, problem));
        assert_eq!(after(|event| set(event, String::new())), one(field, Problem::Empty));
        let escape = after(|event| set(event, "a\u{1b}".into()));
        assert!(matches!(escape[0].1, Problem::BadCharacter { character: '\u{1b}', .. }), "{field}");
    }
}

#[test]
fn addresses_and_traces_are_what_they_are_called() {
    let address = after(|event| event.client_address = Some("Erika".into()));
    assert_eq!(address, one("client_address", Problem::NotAnAddress));
    let short = after(|event| event.trace_id = Some(vec![1; 8].into()));
    assert_eq!(short, one("trace_id", Problem::WrongLength { bytes: 8, expected: 16 }));
    let zero = after(|event| event.span_id = Some(vec![0; 8].into()));
    assert_eq!(zero, one("span_id", Problem::AllZero));
}

proptest! {
    #[test]
    fn generated_events_with_personal_values_are_valid(event in arbitrary_sealed_event()) {
        prop_assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
    }
}
