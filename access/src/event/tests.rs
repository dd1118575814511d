//! Tests of the validation of batches and requests.

mod sealed;

use proptest::prelude::*;

use super::*;
use crate::problem::Alphabet;
use crate::samples::{NOW_US, arbitrary_event, full_event, smallest_event};

fn violations(result: Result<(), BatchError>) -> Vec<(String, Problem)> {
    match result {
        Err(BatchError::Invalid(listing)) => {
            listing.listed.into_iter().map(|violation| (violation.path(), violation.problem)).collect()
        }
        other => panic!("expected violations, got {other:?}"),
    }
}

/// The violations of the smallest valid event after `change`, without their position.
fn after(change: impl FnOnce(&mut AccessEvent)) -> Vec<(String, Problem)> {
    let mut event = smallest_event();
    change(&mut event);
    let found = violations(validate_batch(&[event], NOW_US));
    found.into_iter().map(|(path, problem)| (path.replace("events[0].", ""), problem)).collect()
}

fn one(path: &str, problem: Problem) -> Vec<(String, Problem)> {
    vec![(path.to_owned(), problem)]
}

#[test]
fn the_smallest_event_and_one_with_every_public_field_are_valid() {
    assert_eq!(validate_batch(&[smallest_event(), full_event()], NOW_US), Ok(()));
}

#[test]
fn a_batch_has_1_to_1000_events() {
    assert_eq!(violations(validate_batch(&[], NOW_US)), one("events", Problem::Missing));
    let mut events = vec![smallest_event(); 1000];
    assert_eq!(validate_batch(&events, NOW_US), Ok(()));
    events.push(smallest_event());
    let too_many = Problem::TooMany { found: 1001, max: 1000 };
    assert_eq!(violations(validate_batch(&events, NOW_US)), one("events", too_many));
}

#[test]
fn every_required_field_is_named_when_it_is_missing() {
    let found = violations(validate_batch(&[smallest_event(), AccessEvent::default()], NOW_US));
    let required = ["dataset", "operation", "purpose", "event_id", "occurred_at_us"];
    let expected: Vec<_> =
        required.iter().map(|field| (format!("events[1].{field}"), Problem::Missing)).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_empty_optional_text_is_not_the_same_as_an_absent_one() {
    type Set = fn(&mut AccessEvent);
    let cases: [(&str, Set); 9] = [
        ("activity", |event| event.activity = Some(String::new())),
        ("unit", |event| event.unit = Some(String::new())),
        ("role", |event| event.role = Some(String::new())),
        ("legal_basis", |event| event.legal_basis = Some(String::new())),
        ("national_norm", |event| event.national_norm = Some(String::new())),
        ("recipient", |event| event.recipient = Some(String::new())),
        ("storage_location", |event| event.storage_location = Some(String::new())),
        ("announcement", |event| event.announcement = Some(String::new())),
        ("approval", |event| event.approval = Some(String::new())),
    ];
    for (field, set) in cases {
        assert_eq!(after(set), one(field, Problem::Empty));
    }
}

#[test]
fn texts_have_the_limits_of_their_fields() {
    let long = |max: usize| Some("x".repeat(max + 1));
    let problem = |max| Problem::TooLong { bytes: max + 1, max };
    assert_eq!(after(|event| event.unit = long(128)), one("unit", problem(128)));
    assert_eq!(after(|event| event.national_norm = long(256)), one("national_norm", problem(256)));
    assert_eq!(after(|event| event.announcement = long(1024)), one("announcement", problem(1024)));
    assert_eq!(after(|event| event.approval = long(1024)), one("approval", problem(1024)));
}

#[test]
fn unknown_and_unspecified_enum_numbers_are_refused_with_the_number() {
    let unknown = |number| Problem::UnknownEnum { number };
    assert_eq!(after(|event| event.operation = 7), one("operation", unknown(7)));
    assert_eq!(after(|event| event.operation = -1), one("operation", unknown(-1)));
    assert_eq!(after(|event| event.actor_kind = Some(0)), one("actor_kind", unknown(0)));
    assert_eq!(after(|event| event.processing = Some(5)), one("processing", unknown(5)));
    assert_eq!(after(|event| event.outcome = Some(0)), one("outcome", unknown(0)));
}

#[test]
fn counts_lie_between_their_bounds() {
    let range = |found, min| Problem::OutOfRange { found, min, max: 1 << 53 };
    assert_eq!(after(|event| event.access_count = Some(0)), one("access_count", range(0, 1)));
    let big = (1 << 53) + 1;
    assert_eq!(after(|event| event.record_count = Some(big)), one("record_count", range(big.into(), 0)));
    let mut event = smallest_event();
    (event.access_count, event.record_count) = (Some(1), Some(0));
    assert_eq!(validate_batch(&[event.clone()], NOW_US), Ok(()));
    (event.access_count, event.record_count) = (Some(1 << 53), Some(1 << 53));
    assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
}

#[test]
fn days_that_no_calendar_shows_are_refused() {
    let range = |found| Problem::OutOfRange { found, min: -719_162, max: 2_932_896 };
    let late = after(|event| event.announced_on_day = Some(2_932_897));
    assert_eq!(late, one("announced_on_day", range(2_932_897)));
    let early = after(|event| event.collected_on_day = Some(-719_163));
    assert_eq!(early, one("collected_on_day", range(-719_163)));
    let never = after(|event| event.confidential_until_day = Some(i32::MAX));
    assert_eq!(never, one("confidential_until_day", range(i128::from(i32::MAX))));
}

#[test]
fn lists_are_bounded_and_hold_nothing_twice() {
    let codes = |count: usize| (0..count).map(|code| format!("code-{code}")).collect::<Vec<_>>();
    let mut event = smallest_event();
    (event.categories, event.other_datasets) = (codes(100), codes(100));
    assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
    let too_many = Problem::TooMany { found: 101, max: 100 };
    assert_eq!(after(|event| event.categories = codes(101)), one("categories", too_many));
    let found = after(|event| event.other_datasets = ["a", "b c", "a", ""].map(String::from).to_vec());
    let expected = [
        ("other_datasets[1]", Problem::BadCharacter { character: ' ', offset: 1, alphabet: Alphabet::Code }),
        ("other_datasets[2]", Problem::Duplicate { first: 0 }),
        ("other_datasets[3]", Problem::Empty),
    ];
    assert_eq!(found, expected.map(|(path, problem)| (path.to_owned(), problem)));
}

#[test]
fn an_access_may_lie_24_hours_ahead_of_the_clock_and_not_more() {
    let day_us = 24 * 60 * 60 * 1_000_000;
    let mut event = smallest_event();
    event.occurred_at_us = NOW_US + day_us;
    event.occurred_until_us = Some(NOW_US + day_us);
    assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
    let ahead = |ahead_min| Problem::InFuture { ahead_min, max_min: 1_440 };
    let start = after(|event| event.occurred_at_us = NOW_US + day_us + 1);
    assert_eq!(start, one("occurred_at_us", ahead(1_441)));
    let end = after(|event| event.occurred_until_us = Some(NOW_US + day_us / 24 * 25));
    assert_eq!(end, one("occurred_until_us", ahead(1_500)));
}

#[test]
fn times_lie_after_1970_and_an_end_not_before_its_start() {
    assert_eq!(after(|event| event.occurred_at_us = -1), one("occurred_at_us", Problem::BeforeEpoch));
    let until = after(|event| event.occurred_until_us = Some(event.occurred_at_us - 1));
    assert_eq!(until, one("occurred_until_us", Problem::BeforeStart));
    let zero = after(|event| event.occurred_until_us = Some(0));
    assert_eq!(zero, one("occurred_until_us", Problem::BeforeEpoch));
    let mut event = smallest_event();
    event.occurred_until_us = Some(event.occurred_at_us);
    assert_eq!(validate_batch(&[event], NOW_US), Ok(()));
}

#[test]
fn errors_never_repeat_a_value() {
    let secret = "Erika Mustermann";
    let mut event = full_event();
    event.unit = Some(secret.into());
    event.national_norm = Some(format!("{secret}\r{secret}"));
    event.categories = vec![secret.repeat(20), secret.repeat(20)];
    event.actor = Some(secret.into());
    let text = format!("{0} {0:?}", validate_batch(&[event.clone()], NOW_US).unwrap_err());
    assert!(text.contains("national_norm") && !text.contains("Muster"), "{text}");
    let sealed = AccessEvent { actor: Some(secret.into()), ..smallest_event() };
    let refused = validate_views(&[7; 16], 0, &[EventView::from(&sealed)], NOW_US, Sealing::Off);
    let text = format!("{0} {0:?}", refused.unwrap_err());
    assert!(text.contains("events[0].actor") && !text.contains("Muster"), "{text}");
}

#[test]
fn a_thousand_bad_events_make_a_short_error() {
    let events = vec![AccessEvent::default(); 1000];
    let Err(BatchError::Invalid(listing)) = validate_batch(&events, NOW_US) else {
        panic!("accepted");
    };
    assert_eq!((listing.listed.len(), listing.more), (100, 4900));
}

#[test]
fn a_request_needs_a_session_and_numbers_below_2_to_the_53() {
    let mut request = RecordRequest {
        session: vec![7; 16].into(),
        events: vec![smallest_event(); 2],
        ..Default::default()
    };
    request.first_sequence = (1 << 53) - 2;
    assert_eq!(validate_request(&request, NOW_US), Ok(()));
    for first_sequence in [(1 << 53) - 1, u64::MAX] {
        request.first_sequence = first_sequence;
        let problem = Problem::OutOfRange { found: first_sequence.into(), min: 0, max: (1 << 53) - 2 };
        assert_eq!(violations(validate_request(&request, NOW_US)), one("first_sequence", problem));
    }
    let empty = RecordRequest::default();
    let expected = [("session".to_owned(), Problem::Missing), ("events".to_owned(), Problem::Missing)];
    assert_eq!(violations(validate_request(&empty, NOW_US)), expected);
}

#[test]
fn the_end_of_a_session_names_a_number_that_it_can_have_given_out() {
    let mut request = EndSessionRequest { session: vec![7; 16].into(), last_sequence: None };
    assert_eq!(validate_end_session(&request), Ok(()));
    request.last_sequence = Some((1 << 53) - 1);
    assert_eq!(validate_end_session(&request), Ok(()));
    request.last_sequence = Some(1 << 53);
    let problem = Problem::OutOfRange { found: 1 << 53, min: 0, max: (1 << 53) - 1 };
    assert_eq!(violations(validate_end_session(&request)), one("last_sequence", problem));
}

proptest! {
    #[test]
    fn generated_events_are_valid_at_any_position(event in arbitrary_event(), before in 0_usize..3) {
        let mut events = vec![smallest_event(); before];
        events.push(event);
        prop_assert_eq!(validate_batch(&events, NOW_US), Ok(()));
        events.push(AccessEvent { dataset: String::new(), ..smallest_event() });
        let path = format!("events[{}].dataset", before + 1);
        prop_assert_eq!(violations(validate_batch(&events, NOW_US)), one(&path, Problem::Missing));
    }

    #[test]
    fn no_time_makes_validation_panic(at_us: i64, until_us: i64, now_us: i64) {
        let event = AccessEvent {
            occurred_at_us: at_us,
            occurred_until_us: Some(until_us),
            ..smallest_event()
        };
        let ahead_us = i128::from(at_us.max(until_us)) - i128::from(now_us);
        let good = at_us > 0 && until_us >= at_us && ahead_us <= i128::from(FUTURE_US_MAX);
        prop_assert_eq!(validate_batch(&[event], now_us).is_ok(), good);
    }
}
