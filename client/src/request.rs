//! From accesses to requests: completed, validated as a whole, and split into what fits.

use einsicht_access::event::validate_batch;
use einsicht_access::limits::BATCH_EVENTS_MAX;
use einsicht_access::problem::BatchError;
use einsicht_proto::v1::AccessEvent;
use prost::Message as _;

use crate::error::RecordError;
use crate::session::is_confidential;

/// Most bytes of the events of one request. The service reads 4 MiB; the rest is for what is around
/// them.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024 - 64 * 1024;

/// Key and length of an event in its request take at most this much.
const EVENT_FRAME_BYTES_MAX: usize = 6;

/// Validates any number of events; positions count from the first of them.
pub(crate) fn validate_all(events: &[AccessEvent], now_us: i64) -> Result<(), RecordError> {
    for (chunk, offset) in events.chunks(BATCH_EVENTS_MAX).zip((0..).step_by(BATCH_EVENTS_MAX)) {
        validate_batch(chunk, now_us).map_err(|error| moved_by(offset, error))?;
    }
    Ok(())
}

/// Validates the events of one request, which cannot be split.
pub(crate) fn validate_one(events: &[AccessEvent], now_us: i64) -> Result<(), RecordError> {
    validate_batch(events, now_us)?;
    check_bytes(events)
}

/// Checks that valid events fit in one request.
pub(crate) fn check_bytes(events: &[AccessEvent]) -> Result<(), RecordError> {
    let bytes = events.iter().map(framed_bytes).sum();
    let max = REQUEST_BYTES_MAX;
    if bytes <= max { Ok(()) } else { Err(RecordError::TooLarge { bytes, max }) }
}

/// Splits valid events into requests, in order: each has at least one event, and has confidential ones or others, not
/// both.
pub(crate) fn split(events: Vec<AccessEvent>) -> impl Iterator<Item = Vec<AccessEvent>> {
    let mut events = events.into_iter().peekable();
    std::iter::from_fn(move || {
        let first = events.next()?;
        let hides = is_confidential(&first);
        let mut batch = vec![first];
        let mut bytes: usize = batch.iter().map(framed_bytes).sum();
        while batch.len() < BATCH_EVENTS_MAX {
            let fits = |event: &AccessEvent| {
                is_confidential(event) == hides && bytes + framed_bytes(event) <= REQUEST_BYTES_MAX
            };
            let Some(event) = events.next_if(fits) else { break };
            bytes += framed_bytes(&event);
            batch.push(event);
        }
        Some(batch)
    })
}

fn framed_bytes(event: &AccessEvent) -> usize {
    event.encoded_len() + EVENT_FRAME_BYTES_MAX
}

fn moved_by(offset: usize, mut error: BatchError) -> BatchError {
    match &mut error {
        BatchError::Invalid(violations) => {
            let positions = violations.listed.iter_mut().filter_map(|found| found.position.as_mut());
            positions.for_each(|position| *position += offset);
        }
        BatchError::SealingOff(fields) => {
            fields.listed.iter_mut().for_each(|field| field.position += offset);
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::RecordRequest;

    use super::*;
    use crate::access::Access;
    use crate::config::Defaults;

    const NOW_US: i64 = 1_000_000;

    fn event(access: Access) -> AccessEvent {
        access.complete(&Defaults::default(), NOW_US).unwrap()
    }

    /// About 26 KB, nearly the largest that is valid.
    fn large_event() -> AccessEvent {
        let codes = |prefix: char| (0..100).map(move |number| format!("{prefix}{number:0>127}"));
        event(Access::combine("d", "p").categories(codes('c')).other_datasets(codes('d')))
    }

    #[test]
    fn a_bad_event_is_named_by_its_position_among_all_events() {
        let mut events = vec![event(Access::query("d", "p")); 2500];
        assert!(validate_all(&events, NOW_US).is_ok());
        events[2100].purpose.clear();
        let error = validate_all(&events, NOW_US).unwrap_err().to_string();
        assert!(error.contains("events[2100].purpose"), "{error}");
        events[2100].purpose.push('p');
        events[1007].actor = Some(String::new());
        let error = validate_all(&events, NOW_US).unwrap_err().to_string();
        assert!(error.contains("events[1007].actor"), "{error}");
    }

    #[test]
    fn requests_have_at_most_1000_events_in_order() {
        let events: Vec<_> = (0..2001).map(|number| event(Access::query("d", number.to_string()))).collect();
        let batches: Vec<_> = split(events.clone()).collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1000, 1]);
        assert_eq!(batches.concat(), events);
        assert_eq!(split(Vec::new()).count(), 0);
    }

    #[test]
    fn a_request_has_confidential_events_or_others() {
        let day =
            |day: Option<i32>| AccessEvent { confidential_until_day: day, ..event(Access::query("d", "p")) };
        let events: Vec<_> = [None, Some(30_000), Some(1), None, None].map(day).into();
        let batches: Vec<_> = split(events.clone()).collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!(batches.concat(), events);
    }

    #[test]
    fn requests_of_large_events_fit_in_what_the_service_reads() {
        let events = vec![large_event(); 400];
        assert!(validate_all(&events, NOW_US).is_ok());
        let batches: Vec<_> = split(events.clone()).collect();
        assert!((3..=4).contains(&batches.len()));
        for events in batches {
            let request = RecordRequest {
                events,
                session: vec![1; 16].into(),
                first_sequence: u64::MAX,
                known_size: u64::MAX,
                with_proofs: true,
            };
            assert!(request.encoded_len() <= 4 * 1024 * 1024);
        }
        assert!(matches!(validate_one(&events, NOW_US), Err(RecordError::TooLarge { .. })));
        assert!(validate_one(&events[..100], NOW_US).is_ok());
    }
}
