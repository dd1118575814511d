//! Bad input: an exact status, every bad field by its path, nothing written, and recording goes on.

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest, RecordStreamRequest};
use einsicht_tests::make::{Session, event, now_us, request};
use einsicht_tests::service::Service;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::folder;

/// What a case is called, the request, and the paths of the fields that are named.
type Case = (&'static str, RecordRequest, Vec<&'static str>);

/// A valid request of one event, then changed.
fn with(change: impl FnOnce(&mut RecordRequest)) -> RecordRequest {
    let mut changed = request(1);
    change(&mut changed);
    changed
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    assert!(violations.iter().all(|violation| !violation.description.is_empty()), "{violations:?}");
    violations.into_iter().map(|violation| violation.field).collect()
}

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

fn bad_requests() -> Vec<Case> {
    vec![
        ("empty batch", with(|r| r.events.clear()), vec!["events"]),
        ("1,001 events", request(1001), vec!["events"]),
        ("no session", with(|r| r.session = Bytes::new()), vec!["session"]),
        ("session of 15 bytes", with(|r| r.session.truncate(15)), vec!["session"]),
        ("session of zeros", with(|r| r.session = vec![0; 16].into()), vec!["session"]),
        ("number beyond 2^53", with(|r| r.first_sequence = 1 << 53), vec!["first_sequence"]),
        ("number that overflows", with(|r| r.first_sequence = u64::MAX), vec!["first_sequence"]),
    ]
}

fn bad_values() -> Vec<Case> {
    let bad = |change: fn(&mut einsicht_proto::v1::AccessEvent)| with(|r| change(&mut r.events[0]));
    vec![
        ("no data set", bad(|e| e.dataset.clear()), vec!["events[0].dataset"]),
        ("no purpose", bad(|e| e.purpose.clear()), vec!["events[0].purpose"]),
        ("code of 129 bytes", bad(|e| e.dataset = "x".repeat(129)), vec!["events[0].dataset"]),
        ("code not in NFC", bad(|e| e.purpose = "bevo\u{308}lkerung".into()), vec!["events[0].purpose"]),
        ("code with a space", bad(|e| e.unit = Some("stadt planung".into())), vec!["events[0].unit"]),
        ("empty code", bad(|e| e.role = Some(String::new())), vec!["events[0].role"]),
        ("text too long", bad(|e| e.approval = Some("x".repeat(1025))), vec!["events[0].approval"]),
        ("norm too long", bad(|e| e.national_norm = Some("x".repeat(257))), vec!["events[0].national_norm"]),
        ("text with a NUL", bad(|e| e.approval = Some("a\0b".into())), vec!["events[0].approval"]),
        ("no operation", bad(|e| e.operation = 0), vec!["events[0].operation"]),
        ("unknown operation", bad(|e| e.operation = 7), vec!["events[0].operation"]),
        ("unknown actor kind", bad(|e| e.actor_kind = Some(4)), vec!["events[0].actor_kind"]),
        ("outcome not stated", bad(|e| e.outcome = Some(0)), vec!["events[0].outcome"]),
        ("negative processing", bad(|e| e.processing = Some(-1)), vec!["events[0].processing"]),
        ("no event id", bad(|e| e.event_id = Bytes::new()), vec!["events[0].event_id"]),
        ("event id of 15 bytes", bad(|e| e.event_id.truncate(15)), vec!["events[0].event_id"]),
        ("event id of version 1", bad(|e| e.event_id = UUID_V1.into()), vec!["events[0].event_id"]),
        ("no time", bad(|e| e.occurred_at_us = 0), vec!["events[0].occurred_at_us"]),
        ("before 1970", bad(|e| e.occurred_at_us = -1), vec!["events[0].occurred_at_us"]),
        ("in 25 hours", bad(|e| e.occurred_at_us += DAY_US / 24 * 25), vec!["events[0].occurred_at_us"]),
        ("latest time there is", bad(|e| e.occurred_at_us = i64::MAX), vec!["events[0].occurred_at_us"]),
        ("end before start", bad(|e| e.occurred_until_us = Some(1)), vec!["events[0].occurred_until_us"]),
        ("no access", bad(|e| e.access_count = Some(0)), vec!["events[0].access_count"]),
        ("count beyond 2^53", bad(|e| e.record_count = Some(u64::MAX)), vec!["events[0].record_count"]),
        ("day beyond 9999", bad(|e| e.collected_on_day = Some(i32::MAX)), vec!["events[0].collected_on_day"]),
        ("same item twice", bad(|e| e.categories = vec!["ort".into(); 2]), vec!["events[0].categories[1]"]),
        ("101 items", bad(|e| e.other_datasets = codes(101)), vec!["events[0].other_datasets"]),
    ]
}

const UUID_V1: &[u8] =
    &[0xc2, 0x32, 0xab, 0, 0x94, 0x14, 0x11, 0xec, 0xb3, 0xc8, 0x9f, 0x6b, 0xde, 0xce, 0xd8, 0x46];

fn codes(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("datensatz-{number}")).collect()
}

#[tokio::test]
async fn every_bad_request_is_refused_by_its_bad_fields_and_changes_nothing() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let size = service.head().await.size;
    for (name, request, expected) in [bad_requests(), bad_values()].concat() {
        let status = service.record(request.clone()).await.expect_err(name);
        assert_eq!(status.code(), Code::InvalidArgument, "{name}: {status}");
        assert_eq!(fields(&status), expected, "{name}: {status}");
        assert_eq!(service.head().await.size, size, "{name}");
    }
    service.record(request(1000)).await.unwrap();
    assert_eq!(service.head().await.size.0, size.0 + 1000);
}

#[tokio::test]
async fn every_bad_field_of_a_batch_is_named_with_its_position() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let mut bad = session.request(5);
    bad.events[1].dataset.clear();
    bad.events[1].operation = 0;
    bad.events[4].categories = vec!["ort".into(), "a b".into()];
    let status = service.record(bad.clone()).await.unwrap_err();
    assert_eq!(fields(&status), ["events[1].dataset", "events[1].operation", "events[4].categories[1]"]);

    // Refused as a whole: the good events of the batch are free to be sent again.
    let good = RecordRequest { events: vec![bad.events[0].clone()], ..bad };
    assert!(!service.record(good).await.unwrap().recorded[0].already_recorded);
}

#[tokio::test]
async fn an_event_a_little_less_than_a_day_ahead_is_recorded() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let ahead = with(|r| r.events[0].occurred_at_us = now_us() + DAY_US - 60_000_000);
    service.record(ahead).await.unwrap();
}

#[tokio::test]
async fn nobody_records_without_the_token() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let token = einsicht_tests::service::token(folder.path());
    let wrong = [
        None,
        Some("Bearer wrong".to_owned()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {token}x")),
    ];
    for authorization in wrong {
        let mut recorder = service.recorder_as(authorization.as_deref());
        let mut session = Session::new();
        let request = session.request(1);
        let streamed = tokio_stream::iter([RecordStreamRequest { request: Some(request.clone()) }]);
        let end = EndSessionRequest { session: session.id, last_sequence: None };
        for status in [
            recorder.record(request).await.unwrap_err(),
            recorder.record_stream(streamed).await.unwrap_err(),
            recorder.end_session(end).await.unwrap_err(),
        ] {
            assert_eq!(status.code(), Code::Unauthenticated, "{authorization:?}: {status}");
            assert!(status.message().contains("keys/dev.token"), "{status}");
            assert!(!status.message().contains(&token), "an error must not tell a secret");
        }
    }
    assert_eq!(service.head().await.size.0, 2);
    let mut lower_case = service.recorder_as(Some(&format!("bearer {token}")));
    lower_case.record(request(1)).await.unwrap();
}

#[tokio::test]
async fn a_request_beyond_four_mebibytes_is_not_read() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let large = with(|r| r.events[0].approval = Some("x".repeat(4 * 1024 * 1024)));
    let status = service.record(large).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert!(status.message().contains("4194304"), "the limit is named: {status}");
    assert_eq!(service.head().await.size.0, 2);
    service.record(request(1)).await.unwrap();
}

/// A request of exactly this many bytes, made of events as large as they may be.
fn request_of_bytes(bytes: usize) -> RecordRequest {
    let large = || AccessEvent {
        categories: (0..100).map(|number| format!("{number:0>128}")).collect(),
        other_datasets: (0..100).map(|number| format!("{number:0>128}")).collect(),
        ..event()
    };
    let mut request = request(1);
    while request.encoded_len() + large().encoded_len() + 2_000 < bytes {
        request.events.push(large());
    }
    let smaller = || AccessEvent { approval: Some("x".repeat(1_000)), ..event() };
    while request.encoded_len() + 2_000 < bytes {
        request.events.push(smaller());
    }
    // What is still missing goes into two texts, whose own lengths take two bytes each.
    let mut fill = |[approval, announcement]: [usize; 2]| {
        let first = &mut request.events[0];
        (first.approval, first.announcement) = (Some("x".repeat(approval)), Some("x".repeat(announcement)));
        request.encoded_len()
    };
    let missing = bytes - fill([200, 200]);
    assert_eq!(fill([200 + missing / 2, 200 + missing.div_ceil(2)]), bytes);
    request
}

#[tokio::test]
async fn a_request_of_exactly_four_mebibytes_is_recorded_and_one_of_a_byte_more_is_not_read() {
    const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let status = service.record(request_of_bytes(MESSAGE_BYTES_MAX + 1)).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert_eq!(service.head().await.size.0, 2);
    let largest = request_of_bytes(MESSAGE_BYTES_MAX);
    let events = largest.events.len() as u64;
    service.record(largest).await.unwrap();
    assert_eq!(service.head().await.size.0, 2 + events);
}

#[tokio::test]
async fn a_caller_that_knows_more_than_the_ledger_is_told_before_anything_is_recorded() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = request(1);
    let status = service.record(RecordRequest { known_size: 3, ..request.clone() }).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
    assert!(status.message().contains("verified 3 entries, this ledger has 2"), "{status}");
    assert_eq!(service.head().await.size.0, 2, "a refusal says that nothing was recorded");
    service.record(RecordRequest { known_size: 2, ..request }).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_session_is_checked_like_everything_else() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    for (session, last_sequence, expected) in [
        (Bytes::from_static(&[7; 15]), None, "session"),
        (Bytes::from_static(&[0; 16]), None, "session"),
        (Bytes::from_static(&[7; 16]), Some(1 << 53), "last_sequence"),
    ] {
        let end = EndSessionRequest { session, last_sequence };
        let status = service.recorder().end_session(end).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec![expected.to_owned()]));
    }
    assert_eq!(service.head().await.size.0, 2);
}

#[tokio::test]
async fn an_error_never_repeats_a_value() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut named = event();
    named.dataset = "Erika Mustermann".into();
    let status = service.record(Session::new().request_of(vec![named])).await.unwrap_err();
    assert!(!format!("{status:?}").contains("Erika"), "{status:?}");
    assert!(!service.log().contains("Erika"), "{}", service.log());
}
