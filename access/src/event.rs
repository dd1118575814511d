//! Validation of what services report: a request is checked whole, before anything is written.
//!
//! The rules are the comments of `proto/einsicht/v1/event.proto` and `recorder.proto`. Values that
//! would have to be sealed are not looked at: as long as sealing is not implemented, an event that
//! sets one is refused, whatever it holds.

use einsicht_proto::v1::{
    AccessEvent, ActorKind, EndSessionRequest, Operation, Outcome, Processing, RecordRequest,
};

use crate::limits::{
    BATCH_EVENTS_MAX, COUNT_MAX, DAY_MAX, DAY_MIN, FUTURE_US_MAX, LIST_ITEMS_MAX, NORM_BYTES_MAX,
    REFERENCE_BYTES_MAX, SEQUENCE_MAX, check_code, check_session, check_text, check_uuid_v4,
};
use crate::problem::{BatchError, Listing, Problem, SealedField, Violation};

const COUNT_LIMIT: i64 = COUNT_MAX.cast_signed();

/// Validates a request of `Recorder.Record`: its session, its numbers and its batch.
///
/// `now_us` is the service's clock, microseconds since 1970-01-01T00:00:00Z. Not checked: whether the
/// numbers were used before, and the size of the bodies (a batch that is valid always fits in leaves).
///
/// # Errors
/// As [`validate_batch`].
pub fn validate_request(request: &RecordRequest, now_us: i64) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.request("session", check_session(&request.session));
    findings.request("first_sequence", check_numbers(request.first_sequence, request.events.len()));
    findings.batch(&request.events, now_us);
    findings.into_result()
}

/// Validates 1 to 1,000 events that are to be recorded together.
///
/// `now_us` is the service's clock, microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// [`BatchError::Invalid`] with every bad field and its position (the first 100, and how many more);
/// otherwise [`BatchError::SealingNotImplemented`] with every field that would have to be sealed.
pub fn validate_batch(events: &[AccessEvent], now_us: i64) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.batch(events, now_us);
    findings.into_result()
}

/// Validates a request of `Recorder.EndSession`. Not checked: whether the session is known.
///
/// # Errors
/// [`BatchError::Invalid`] with every bad field.
pub fn validate_end_session(request: &EndSessionRequest) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.request("session", check_session(&request.session));
    findings.request("last_sequence", request.last_sequence.map_or(Ok(()), |last| check_numbers(last, 1)));
    findings.into_result()
}

/// Checks that `events` running numbers from `first` on stay within [`SEQUENCE_MAX`].
fn check_numbers(first: u64, events: usize) -> Result<(), Problem> {
    match first.checked_add(events as u64) {
        Some(end) if end <= COUNT_MAX => Ok(()),
        _ => Err(Problem::OutOfRange {
            found: i128::from(first),
            min: 0,
            max: SEQUENCE_MAX.saturating_sub((events as u64).saturating_sub(1)).cast_signed(),
        }),
    }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    violations: Listing<Violation>,
    sealed: Listing<SealedField>,
}

impl Findings {
    fn request(&mut self, field: &'static str, checked: Result<(), Problem>) {
        if let Err(problem) = checked {
            self.violations.push(Violation { position: None, field, item: None, problem });
        }
    }

    fn batch(&mut self, events: &[AccessEvent], now_us: i64) {
        match events.len() {
            0 => self.request("events", Err(Problem::Missing)),
            found if found > BATCH_EVENTS_MAX => {
                self.request("events", Err(Problem::TooMany { found, max: BATCH_EVENTS_MAX }));
            }
            _ => {
                for (position, event) in events.iter().enumerate() {
                    let mut at = At { findings: self, position };
                    at.required_fields(event, now_us);
                    at.optional_fields(event);
                    at.sealed_fields(event);
                }
            }
        }
    }

    fn into_result(self) -> Result<(), BatchError> {
        if !self.violations.is_empty() {
            Err(BatchError::Invalid(self.violations))
        } else if !self.sealed.is_empty() {
            Err(BatchError::SealingNotImplemented(self.sealed))
        } else {
            Ok(())
        }
    }
}

/// One event of the batch, and where its findings go.
struct At<'a> {
    findings: &'a mut Findings,
    position: usize,
}

impl At<'_> {
    fn required_fields(&mut self, event: &AccessEvent, now_us: i64) {
        self.field("dataset", check_required_code(&event.dataset));
        self.field("operation", check_required_enum(event.operation, Operation::is_valid));
        self.field("purpose", check_required_code(&event.purpose));
        self.field("event_id", check_uuid_v4(&event.event_id));
        self.field("occurred_at_us", check_start(event.occurred_at_us, now_us));
        if let Some(until_us) = event.occurred_until_us {
            self.field("occurred_until_us", check_end(until_us, event.occurred_at_us, now_us));
        }
    }

    fn optional_fields(&mut self, event: &AccessEvent) {
        self.code("activity", event.activity.as_deref());
        self.number("access_count", event.access_count, 1);
        self.number("record_count", event.record_count, 0);
        self.code("unit", event.unit.as_deref());
        self.code("role", event.role.as_deref());
        self.choice("actor_kind", event.actor_kind, ActorKind::is_valid);
        self.code("legal_basis", event.legal_basis.as_deref());
        self.text("national_norm", event.national_norm.as_deref(), NORM_BYTES_MAX);
        self.code("recipient", event.recipient.as_deref());
        self.codes("categories", &event.categories);
        self.choice("processing", event.processing, Processing::is_valid);
        self.code("storage_location", event.storage_location.as_deref());
        self.text("announcement", event.announcement.as_deref(), REFERENCE_BYTES_MAX);
        self.day("announced_on_day", event.announced_on_day);
        self.text("approval", event.approval.as_deref(), REFERENCE_BYTES_MAX);
        self.day("collected_on_day", event.collected_on_day);
        self.choice("outcome", event.outcome, Outcome::is_valid);
        self.codes("other_datasets", &event.other_datasets);
        self.day("confidential_until_day", event.confidential_until_day);
    }

    fn sealed_fields(&mut self, event: &AccessEvent) {
        self.sealed("confidential_until_day", event.confidential_until_day.is_some());
        self.sealed("subjects", !event.subjects.is_empty());
        self.sealed("actor", event.actor.is_some());
        self.sealed("on_behalf_of", event.on_behalf_of.is_some());
        self.sealed("record_keys", !event.record_keys.is_empty());
        self.sealed("justification", event.justification.is_some());
        self.sealed("case_number", event.case_number.is_some());
        self.sealed("query", event.query.is_some());
        self.sealed("client_address", event.client_address.is_some());
        self.sealed("trace_id", event.trace_id.is_some());
        self.sealed("span_id", event.span_id.is_some());
    }

    fn code(&mut self, field: &'static str, code: Option<&str>) {
        self.field(field, code.map_or(Ok(()), check_code));
    }

    fn text(&mut self, field: &'static str, text: Option<&str>, bytes_max: usize) {
        self.field(field, text.map_or(Ok(()), |text| check_text(text, bytes_max)));
    }

    fn choice(&mut self, field: &'static str, number: Option<i32>, is_valid: fn(i32) -> bool) {
        self.field(field, number.map_or(Ok(()), |number| check_enum(number, is_valid)));
    }

    fn number(&mut self, field: &'static str, count: Option<u64>, min: i64) {
        self.range(field, count.map(i128::from), min, COUNT_LIMIT);
    }

    fn day(&mut self, field: &'static str, day: Option<i32>) {
        self.range(field, day.map(i128::from), i64::from(DAY_MIN), i64::from(DAY_MAX));
    }

    fn range(&mut self, field: &'static str, found: Option<i128>, min: i64, max: i64) {
        if let Some(found) = found
            && !(i128::from(min)..=i128::from(max)).contains(&found)
        {
            self.field(field, Err(Problem::OutOfRange { found, min, max }));
        }
    }

    /// A list of codes, none twice. Of a list that is too long, the items are not looked at.
    fn codes(&mut self, field: &'static str, codes: &[String]) {
        if codes.len() > LIST_ITEMS_MAX {
            let problem = Problem::TooMany { found: codes.len(), max: LIST_ITEMS_MAX };
            return self.field(field, Err(problem));
        }
        for (item, code) in codes.iter().enumerate() {
            let first = codes.iter().take(item).position(|earlier| earlier == code);
            let checked = match first {
                Some(first) => Err(Problem::Duplicate { first }),
                None => check_code(code),
            };
            self.found(field, Some(item), checked);
        }
    }

    fn sealed(&mut self, field: &'static str, is_set: bool) {
        if is_set {
            self.findings.sealed.push(SealedField { position: self.position, field });
        }
    }

    fn field(&mut self, field: &'static str, checked: Result<(), Problem>) {
        self.found(field, None, checked);
    }

    fn found(&mut self, field: &'static str, item: Option<usize>, checked: Result<(), Problem>) {
        if let Err(problem) = checked {
            let position = Some(self.position);
            self.findings.violations.push(Violation { position, field, item, problem });
        }
    }
}

fn check_required_code(code: &str) -> Result<(), Problem> {
    if code.is_empty() { Err(Problem::Missing) } else { check_code(code) }
}

fn check_required_enum(number: i32, is_valid: fn(i32) -> bool) -> Result<(), Problem> {
    if number == 0 { Err(Problem::Missing) } else { check_enum(number, is_valid) }
}

/// 0 is "not stated": refused, because leaving the field out says the same.
fn check_enum(number: i32, is_valid: fn(i32) -> bool) -> Result<(), Problem> {
    if number != 0 && is_valid(number) { Ok(()) } else { Err(Problem::UnknownEnum { number }) }
}

fn check_start(at_us: i64, now_us: i64) -> Result<(), Problem> {
    if at_us == 0 { Err(Problem::Missing) } else { check_time(at_us, now_us) }
}

fn check_end(until_us: i64, at_us: i64, now_us: i64) -> Result<(), Problem> {
    check_time(until_us, now_us)?;
    if until_us < at_us { Err(Problem::BeforeStart) } else { Ok(()) }
}

fn check_time(time_us: i64, now_us: i64) -> Result<(), Problem> {
    const SECOND_US: i64 = 1_000_000;
    let ahead_us = time_us.saturating_sub(now_us);
    if time_us <= 0 {
        Err(Problem::BeforeEpoch)
    } else if ahead_us > FUTURE_US_MAX {
        // Rounded up: 24 hours and a little must not read as "24 hours, at most 24 hours".
        let ahead_s = ahead_us / SECOND_US + i64::from(ahead_us % SECOND_US > 0);
        Err(Problem::InFuture { ahead_s, max_s: FUTURE_US_MAX / SECOND_US })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::Subject;
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
        let ahead = |ahead_s| Problem::InFuture { ahead_s, max_s: 86_400 };
        let start = after(|event| event.occurred_at_us = NOW_US + day_us + 1);
        assert_eq!(start, one("occurred_at_us", ahead(86_401)));
        let end = after(|event| event.occurred_until_us = Some(NOW_US + day_us / 24 * 25));
        assert_eq!(end, one("occurred_until_us", ahead(90_000)));
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
    fn every_field_that_needs_sealing_is_named() {
        let event = AccessEvent {
            confidential_until_day: Some(20_000),
            subjects: vec![Subject::default()],
            actor: Some(String::new()),
            on_behalf_of: Some("x".into()),
            record_keys: vec![String::new()],
            justification: Some("x".into()),
            case_number: Some("x".into()),
            query: Some("x".into()),
            client_address: Some("x".into()),
            trace_id: Some(vec![1].into()),
            span_id: Some(vec![1].into()),
            ..smallest_event()
        };
        let Err(BatchError::SealingNotImplemented(fields)) =
            validate_batch(&[smallest_event(), event.clone()], NOW_US)
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

        let invalid = AccessEvent { dataset: String::new(), ..event };
        assert_eq!(
            violations(validate_batch(&[invalid], NOW_US)),
            one("events[0].dataset", Problem::Missing),
            "invalid takes precedence"
        );
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
        let text = format!("{0} {0:?}", validate_batch(&[sealed], NOW_US).unwrap_err());
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
        let mut request =
            RecordRequest { session: vec![7; 16].into(), events: vec![smallest_event(); 2], ..Default::default() };
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
}
