use tonic_types::ErrorDetails;

use super::*;

#[test]
fn every_field_that_the_ledger_complains_about_can_be_read() {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("events[0].dataset", "is required but missing");
    details.add_bad_request_violation("events[2].purpose", "has 200 bytes, at most 128 are allowed");
    let status = Status::with_error_details(Code::InvalidArgument, "2 fields are bad", details);
    let text = RecordError::Refused(Failure(status)).to_string();
    assert_eq!(
        text,
        "the ledger refused the events and recorded nothing of them: INVALID_ARGUMENT: 2 fields are bad; \
         events[0].dataset is required but missing; events[2].purpose has 200 bytes, at most 128 are allowed"
    );
}

#[test]
fn what_is_unconfirmed_shows_nothing_of_its_events() {
    let event = AccessEvent { actor: Some("erika".into()), ..AccessEvent::default() };
    let unconfirmed = Unconfirmed {
        request: Arc::new(RecordRequest { events: vec![event], ..RecordRequest::default() }),
        numbers: None,
        cause: Cause::Failed(Failure(Status::unavailable("stopped"))),
        attempts: 3,
        elapsed: Duration::from_millis(1500),
        may_be_recorded: true,
    };
    let error = RecordError::Unconfirmed(Box::new(unconfirmed));
    assert!(!format!("{error} {error:?}").contains("erika"));
    assert!(error.to_string().contains("3 attempts in 1.5 s"), "{error}");
}
