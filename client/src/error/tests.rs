use std::io;

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

#[test]
fn a_ledger_that_does_not_let_us_in_is_not_asked_twice_and_not_called_absent() {
    let refused = |status| {
        let status = Failure(status);
        let (url, elapsed) = ("https://127.0.0.1:7420".to_owned(), Duration::ZERO);
        RecordError::Unreachable { url, attempts: 1, elapsed, status, shows_certificate: false }.to_string()
    };
    let unknown = refused(Status::unauthenticated("this token is not known here"));
    assert!(unknown.contains("(1 attempt in 0.0 s)") && unknown.contains("Is it the token"), "{unknown}");
    let not_allowed = refused(Status::permission_denied("its role is monitor"));
    assert!(not_allowed.ends_with("its role is monitor"), "{not_allowed}");
}

#[test]
fn an_address_in_the_clear_where_tls_is_spoken_is_told() {
    let status = Failure(Status::from_error(Box::new(io::Error::other("frame with invalid size"))));
    let (url, elapsed) = ("http://127.0.0.1:7420".to_owned(), Duration::ZERO);
    let error = RecordError::Unreachable { url, attempts: 4, elapsed, status, shows_certificate: false };
    assert!(error.to_string().contains("begins with https://"), "{error}");
}
