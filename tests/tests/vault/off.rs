//! Without a wrapping key nothing can be sealed: what would have to be is refused, and no trace of it stays.

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, DiscloseRequest, Subject};
use einsicht_tests::city::{Caller, City, Known, Running};
use einsicht_tests::folder::{files, has_trace, traces};
use einsicht_tests::make::{Session, event};
use tonic::Code;
use tonic_types::StatusExt as _;

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
    let (city, service, counter) = without_wrapping_key().await;
    for (name, set) in SEALED {
        let mut sealed = event();
        set(&mut sealed);
        let request = Session::new().request_of(vec![event(), sealed]);
        let status = service.recorder(&counter).record(request).await.expect_err(name);
        assert_eq!(status.code(), Code::FailedPrecondition, "{name}: {status}");
        assert!(status.message().contains(name), "{status}");
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        let fields: Vec<_> = violations.into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, [format!("events[1].{name}")]);
    }
    let recorded = service.recorder(&counter).record(Session::new().request(1)).await.unwrap().into_inner();
    assert_eq!(recorded.recorded[0].index, 2, "nothing was recorded before");
    let ended = service.terminate().await;
    let traces = [PERSON.as_bytes(), ADDRESS.as_bytes(), TRACE, SPAN].map(traces).concat();
    for file in files(&city.data()) {
        assert!(!has_trace(&std::fs::read(&file).unwrap(), &traces), "{}", file.display());
    }
    assert!(!has_trace(ended.stderr.as_bytes(), &traces), "{}", ended.stderr);
    assert!(!has_trace(ended.stdout.as_bytes(), &traces), "{}", ended.stdout);
}

#[tokio::test]
async fn all_sealed_fields_of_an_event_are_named_at_once() {
    let (_city, service, counter) = without_wrapping_key().await;
    let mut sealed = event();
    SEALED.iter().for_each(|(_, set)| set(&mut sealed));
    let status =
        service.recorder(&counter).record(Session::new().request_of(vec![sealed])).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    for (name, _) in SEALED {
        assert!(status.message().contains(&format!("events[0].{name}")), "{name}: {status}");
    }
}

#[tokio::test]
async fn nothing_can_be_opened_either_and_it_is_said_what_to_set() {
    let mut city = City::new().await;
    let steward = city.add(Caller::new("steward", "steward"));
    let service = city.serve().await;
    let request = DiscloseRequest { index: Some(0), reason: "test".into(), ..DiscloseRequest::default() };
    let status = service.vault(&steward).disclose(request).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("vault.wrapping_key_file"), "{status}");
}

async fn without_wrapping_key() -> (City, Running, Known) {
    let mut city = City::new().await;
    city.variables.push(("EINSICHT_LOG", "debug".to_owned()));
    let counter = city.add(Caller::recorder("visitor-counter", &["*"]));
    let service = city.serve().await;
    (city, service, counter)
}
