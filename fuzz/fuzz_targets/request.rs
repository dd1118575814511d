//! Requests of recorders, as bytes from the network: decode, validate, log.
#![no_main]

use bytes::Bytes;
use einsicht_access::{EventView, Provenance, validate_end_session, validate_request};
use einsicht_fuzz::{NOW_US, is_recorded_faithfully};
use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest};
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = RecordRequest::decode(bytes) {
        match validate_request(&request, NOW_US) {
            Ok(()) => record(&request),
            // What the caller is told. It is bounded however much is wrong.
            Err(refused) => assert!(refused.to_string().len() <= 64 * 1024),
        }
    }
    // An event that is read where it lies says what the library reads, or nothing for both.
    match (EventView::read(bytes), AccessEvent::decode(bytes)) {
        (Ok(view), Ok(event)) => assert_eq!(view, EventView::from(&event)),
        (Err(_), Err(_)) => {}
        (view, _) => panic!("one of two readers read an event: in place {}", view.is_ok()),
    }
    if let Ok(request) = EndSessionRequest::decode(bytes)
        && validate_end_session(&request).is_ok()
    {
        assert_eq!(request.session.len(), 16);
        assert!(request.last_sequence.is_none_or(|last| last < 1 << 53));
    }
});

fn record(request: &RecordRequest) {
    assert!((1..=1000).contains(&request.events.len()));
    let session: &Bytes = &request.session;
    for (event, sequence) in request.events.iter().zip(request.first_sequence..) {
        assert!(sequence < 1 << 53, "numbers stay where every reader can hold them");
        is_recorded_faithfully(event, Provenance { producer: "fuzz", session, sequence });
    }
    // Sent again by another library: the same message, the same verdict.
    let again = RecordRequest::decode(request.encode_to_vec().as_slice());
    assert_eq!(again.as_ref(), Ok(request));
}
