//! Validation of what services report: a request is checked whole, before anything is written.
//!
//! The rules are the comments of `proto/einsicht/v1/event.proto` and `recorder.proto`. Whether personal values
//! can be sealed, and which registers data subjects come from, is for the service to say: [`Sealing`].

mod sealed;

use einsicht_proto::v1::{
    AccessEvent, ActorKind, EndSessionRequest, Operation, Outcome, Processing, RecordRequest,
};

pub use self::sealed::Sealing;
use crate::limits::{
    BATCH_EVENTS_MAX, COUNT_MAX, DAY_MAX, DAY_MIN, FUTURE_US_MAX, LIST_ITEMS_MAX, NORM_BYTES_MAX,
    REFERENCE_BYTES_MAX, SEQUENCE_MAX, check_code, check_session, check_text, check_uuid_v4,
};
use crate::problem::{BatchError, Listing, Problem, ToSeal, Violation};
use crate::view::{EventView, List};

const COUNT_LIMIT: i64 = COUNT_MAX.cast_signed();

/// Validates a request of `Recorder.Record`: its session, its numbers and its batch, as far as who sends it
/// can: what the service seals is not known here.
///
/// `now_us` is the service's clock, microseconds since 1970-01-01T00:00:00Z. Not checked: whether the
/// numbers were used before, and the size of the bodies (a batch that is valid always fits in leaves).
///
/// # Errors
/// As [`validate_batch`].
pub fn validate_request(request: &RecordRequest, now_us: i64) -> Result<(), BatchError> {
    let events = views(&request.events);
    validate_views(&request.session, request.first_sequence, &events, now_us, Sealing::Unknown)
}

/// Validates the parts of a request of `Recorder.Record` whose events are only looked at; see
/// [`validate_request`]. `sealing` says what becomes of personal values.
///
/// # Errors
/// [`BatchError::Invalid`] with every bad field and its position (the first 100, and how many more);
/// otherwise [`BatchError::SealingOff`] with every field that would have to be sealed, if none can.
pub fn validate_views(
    session: &[u8],
    first_sequence: u64,
    events: &[EventView<'_>],
    now_us: i64,
    sealing: Sealing<'_>,
) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.request("session", check_session(session));
    findings.request("first_sequence", check_numbers(first_sequence, events.len()));
    findings.batch(events, now_us, sealing);
    findings.into_result()
}

/// Validates 1 to 1,000 events that are to be recorded together, as far as who sends them can: what the
/// service seals is not known here.
///
/// `now_us` is the service's clock, microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// [`BatchError::Invalid`] with every bad field and its position (the first 100, and how many more).
pub fn validate_batch(events: &[AccessEvent], now_us: i64) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.batch(&views(events), now_us, Sealing::Unknown);
    findings.into_result()
}

/// Validates 1 to 1,000 events that are only looked at, as [`validate_views`] does, where they come without a session.
///
/// # Errors
/// As [`validate_views`].
pub fn validate_events(
    events: &[EventView<'_>],
    now_us: i64,
    sealing: Sealing<'_>,
) -> Result<(), BatchError> {
    let mut findings = Findings::default();
    findings.batch(events, now_us, sealing);
    findings.into_result()
}

fn views(events: &[AccessEvent]) -> Vec<EventView<'_>> {
    events.iter().map(EventView::from).collect()
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
    to_seal: Listing<ToSeal>,
}

impl Findings {
    fn request(&mut self, field: &'static str, checked: Result<(), Problem>) {
        if let Err(problem) = checked {
            self.violations.push(Violation { position: None, field, item: None, part: None, problem });
        }
    }

    fn batch(&mut self, events: &[EventView<'_>], now_us: i64, sealing: Sealing<'_>) {
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
                    at.sealed_fields(event, sealing);
                }
            }
        }
    }

    fn into_result(self) -> Result<(), BatchError> {
        if !self.violations.is_empty() {
            Err(BatchError::Invalid(self.violations))
        } else if !self.to_seal.is_empty() {
            Err(BatchError::SealingOff(self.to_seal))
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
    fn required_fields(&mut self, event: &EventView<'_>, now_us: i64) {
        self.field("dataset", check_required_code(event.dataset));
        self.field("operation", check_required_enum(event.operation, Operation::is_valid));
        self.field("purpose", check_required_code(event.purpose));
        self.field("event_id", check_uuid_v4(event.event_id));
        self.field("occurred_at_us", check_start(event.occurred_at_us, now_us));
        if let Some(until_us) = event.occurred_until_us {
            self.field("occurred_until_us", check_end(until_us, event.occurred_at_us, now_us));
        }
    }

    fn optional_fields(&mut self, event: &EventView<'_>) {
        self.code("activity", event.activity);
        self.number("access_count", event.access_count, 1);
        self.number("record_count", event.record_count, 0);
        self.code("unit", event.unit);
        self.code("role", event.role);
        self.choice("actor_kind", event.actor_kind, ActorKind::is_valid);
        self.code("legal_basis", event.legal_basis);
        self.text("national_norm", event.national_norm, NORM_BYTES_MAX);
        self.code("recipient", event.recipient);
        self.codes("categories", &event.categories);
        self.choice("processing", event.processing, Processing::is_valid);
        self.code("storage_location", event.storage_location);
        self.text("announcement", event.announcement, REFERENCE_BYTES_MAX);
        self.day("announced_on_day", event.announced_on_day);
        self.text("approval", event.approval, REFERENCE_BYTES_MAX);
        self.day("collected_on_day", event.collected_on_day);
        self.choice("outcome", event.outcome, Outcome::is_valid);
        self.codes("other_datasets", &event.other_datasets);
        self.day("confidential_until_day", event.confidential_until_day);
    }

    /// Whether a list is not too long.
    fn length<T>(&mut self, field: &'static str, list: &List<T>) -> bool {
        let found = list.count();
        if found > LIST_ITEMS_MAX {
            self.field(field, Err(Problem::TooMany { found, max: LIST_ITEMS_MAX }));
        }
        found <= LIST_ITEMS_MAX
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
    fn codes(&mut self, field: &'static str, codes: &List<&str>) {
        if !self.length(field, codes) {
            return;
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

    fn field(&mut self, field: &'static str, checked: Result<(), Problem>) {
        self.found(field, None, checked);
    }

    fn found(&mut self, field: &'static str, item: Option<usize>, checked: Result<(), Problem>) {
        self.found_in(field, item, None, checked);
    }

    /// Of an item that has parts itself.
    fn found_in(
        &mut self,
        field: &'static str,
        item: Option<usize>,
        part: Option<&'static str>,
        checked: Result<(), Problem>,
    ) {
        if let Err(problem) = checked {
            let position = Some(self.position);
            self.findings.violations.push(Violation { position, field, item, part, problem });
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
    const MINUTE_US: i64 = 60_000_000;
    let ahead_us = time_us.saturating_sub(now_us);
    if time_us <= 0 {
        Err(Problem::BeforeEpoch)
    } else if ahead_us > FUTURE_US_MAX {
        // Rounded up: 24 hours and a little must not read as "24 hours, at most 24 hours".
        let ahead_min = ahead_us / MINUTE_US + i64::from(ahead_us % MINUTE_US > 0);
        Err(Problem::InFuture { ahead_min, max_min: FUTURE_US_MAX / MINUTE_US })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
