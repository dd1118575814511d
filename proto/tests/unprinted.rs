//! What is personal or secret does not get into a log because somebody prints the message around it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use einsicht_proto::v1::*;

const MARKER: &str = "ErikaMustermann";

fn text() -> Option<String> {
    Some(MARKER.to_owned())
}

fn bytes() -> Bytes {
    Bytes::from_static(MARKER.as_bytes())
}

fn subject() -> Subject {
    Subject { scheme: MARKER.to_owned(), id: MARKER.to_owned() }
}

fn event() -> AccessEvent {
    AccessEvent {
        dataset: MARKER.to_owned(),
        purpose: MARKER.to_owned(),
        activity: text(),
        subjects: vec![subject()],
        actor: text(),
        on_behalf_of: text(),
        record_keys: vec![MARKER.to_owned()],
        justification: text(),
        case_number: text(),
        query: text(),
        client_address: text(),
        trace_id: Some(bytes()),
        span_id: Some(bytes()),
        ..AccessEvent::default()
    }
}

fn statement() -> Statement {
    Statement {
        who: MARKER.to_owned(),
        reason: MARKER.to_owned(),
        subjects: vec![subject()],
        months: vec![MARKER.to_owned()],
        ..Statement::default()
    }
}

fn opened() -> OpenedField {
    OpenedField { field: 33, salt: bytes(), value: bytes(), erased_by: None }
}

#[test]
fn messages_name_the_fields_that_are_set_and_say_nothing_of_them() {
    let key = ViewKey { month: "2026-10".to_owned(), key: bytes(), ..ViewKey::default() };
    let printed = [
        format!("{:?}", event()),
        format!("{:#?}", RecordRequest { events: vec![event()], ..RecordRequest::default() }),
        format!("{:?}", EvaluateRequest { events: vec![event()] }),
        format!("{:?}", subject()),
        format!("{:?}", statement()),
        format!("{:?}", opened()),
        format!(
            "{:?}",
            DiscloseResponse { opened: vec![opened()], statement: Some(opened()), ..Default::default() }
        ),
        format!("{:?}", EraseResponse { statement: Some(opened()), ..Default::default() }),
        format!("{:?}", DiscloseRequest { reason: MARKER.to_owned(), ..Default::default() }),
        format!(
            "{:?}",
            IssueViewKeysRequest {
                subjects: vec![subject()],
                reason: MARKER.to_owned(),
                ..Default::default()
            }
        ),
        format!("{key:?}"),
        format!("{:?}", IssueViewKeysResponse { keys: vec![key], ..Default::default() }),
    ];
    for printed in &printed {
        assert!(!printed.contains("Erika") && !printed.contains("Mustermann"), "{printed}");
    }
    assert_eq!(format!("{:?}", opened()), "OpenedField(field, salt, value)");
    assert_eq!(format!("{:?}", AccessEvent::default()), "AccessEvent");
}

#[cfg(feature = "grpc")]
#[test]
fn events_that_nobody_read_yet_are_not_printed_as_bytes() {
    use prost::Message as _;
    let bytes = Bytes::from(event().encode_to_vec());
    let request = einsicht_proto::unread::RecordRequest { events: vec![bytes], ..Default::default() };
    let stream = einsicht_proto::unread::RecordStreamRequest { request: Some(request.clone()) };
    let evaluate = einsicht_proto::unread::EvaluateRequest { events: request.events.clone() };
    for printed in [format!("{request:?}"), format!("{stream:?}"), format!("{evaluate:?}")] {
        assert!(!printed.contains("Erika") && printed.contains("Request(events)"), "{printed}");
    }
}
