//! Without a wrapping key nothing can be sealed: what would have to be is refused, and no trace of it stays.

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, Subject};
use einsicht_tests::folder::{files, has_trace, traces};
use einsicht_tests::make::{Session, event};
use einsicht_tests::service::{Service, token};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::folder;

/// A name, and how the field of that name is set.
type Field = (&'static str, fn(&mut AccessEvent));

const PERSON: &str = "Erika Mustermann-Kornblum";
const ADDRESS: &str = "2001:db8:c0ff:ee::4711";
const TRACE: &[u8; 16] = b"\xd7\x01\xbe\x99canary-trace";
const SPAN: &[u8; 8] = b"\xf3\xa8spanid";

const SEALED: [Field; 11] = [
    ("confidential_until_day", |event| event.confidential_until_day = Some(30_000)),
    ("subjects", |event| {
        event.subjects = vec![Subject { scheme: "melderegister".into(), id: PERSON.into() }]
    }),
    ("actor", |event| event.actor = Some(PERSON.into())),
    ("on_behalf_of", |event| event.on_behalf_of = Some(PERSON.into())),
    ("record_keys", |event| event.record_keys = vec![PERSON.into()]),
    ("justification", |event| event.justification = Some(PERSON.into())),
    ("case_number", |event| event.case_number = Some(PERSON.into())),
    ("query", |event| event.query = Some(PERSON.into())),
    ("client_address", |event| event.client_address = Some(ADDRESS.into())),
    ("trace_id", |event| event.trace_id = Some(Bytes::from_static(TRACE))),
    ("span_id", |event| event.span_id = Some(Bytes::from_static(SPAN))),
];

#[tokio::test]
async fn an_event_with_a_sealed_field_is_refused_by_name_and_leaves_no_trace() {
    let folder = folder();
    let service = Service::start_with(folder.path(), &[], &[("EINSICHT_LOG", "debug")]).await;
    for (name, set) in SEALED {
        let mut sealed = event();
        set(&mut sealed);
        let request = Session::new().request_of(vec![event(), sealed]);
        let status = service.record(request).await.expect_err(name);
        assert_eq!(status.code(), Code::FailedPrecondition, "{name}: {status}");
        assert!(status.message().contains(name), "{status}");
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        let fields: Vec<_> = violations.into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, [format!("events[1].{name}")]);
        assert_eq!(service.head().await.size.0, 2, "{name}");
    }
    service.record(Session::new().request(1)).await.unwrap();
    let ended = service.terminate().await;
    let traces = [PERSON.as_bytes(), ADDRESS.as_bytes(), TRACE, SPAN].map(traces).concat();
    for file in files(folder.path()) {
        assert!(!has_trace(&std::fs::read(&file).unwrap(), &traces), "{}", file.display());
    }
    assert!(!has_trace(ended.stderr.as_bytes(), &traces), "{}", ended.stderr);
    assert!(!has_trace(ended.stdout.as_bytes(), &traces), "{}", ended.stdout);
}

#[tokio::test]
async fn all_sealed_fields_of_an_event_are_named_at_once() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut sealed = event();
    SEALED.iter().for_each(|(_, set)| set(&mut sealed));
    let status = service.record(Session::new().request_of(vec![sealed])).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    for (name, _) in SEALED {
        assert!(status.message().contains(&format!("events[0].{name}")), "{name}: {status}");
    }
}

#[tokio::test]
async fn the_exact_time_of_an_access_stays_nowhere() {
    let folder = folder();
    let service = Service::start_with(folder.path(), &[], &[("EINSICHT_LOG", "debug")]).await;
    let timed = event();
    let exact_us = timed.occurred_at_us;
    let mut varint = Vec::new();
    prost::encoding::encode_varint(exact_us.cast_unsigned(), &mut varint);
    service.record(Session::new().request_of(vec![timed])).await.unwrap();
    let ended = service.terminate().await;
    let forms = [
        exact_us.to_string().into_bytes(),
        varint,
        exact_us.to_be_bytes().to_vec(),
        exact_us.to_le_bytes().to_vec(),
    ];
    let traces = forms.iter().flat_map(|form| traces(form)).collect::<Vec<_>>();
    for file in files(folder.path()) {
        assert!(!has_trace(&std::fs::read(&file).unwrap(), &traces), "{}", file.display());
    }
    assert!(!has_trace(ended.stderr.as_bytes(), &traces), "{}", ended.stderr);
}

#[tokio::test]
async fn the_token_and_the_key_are_in_their_files_only() {
    let folder = folder();
    let service = Service::start_with(folder.path(), &[], &[("EINSICHT_LOG", "debug")]).await;
    service.record(Session::new().request(1)).await.unwrap();
    let token = token(folder.path());
    service.recorder_as(Some("Bearer not-the-token")).record(Session::new().request(1)).await.unwrap_err();
    let key = std::fs::read_to_string(folder.path().join("keys/ledger.key")).unwrap();
    let key = key.lines().nth(1).unwrap();
    let ended = service.terminate().await;
    let keys = folder.path().join("keys");
    for file in files(folder.path()).into_iter().filter(|file| !file.starts_with(&keys)) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!has_trace(&bytes, &traces(token.as_bytes())), "{}", file.display());
        assert!(!has_trace(&bytes, &traces(key.as_bytes())), "{}", file.display());
    }
    for secret in [token.as_str(), key, "not-the-token"] {
        assert!(!ended.stderr.contains(secret) && !ended.stdout.contains(secret), "{}", ended.stderr);
    }
}
