//! A recorder records for its own data sets.

use einsicht_proto::v1::{AccessEvent, RecordStreamRequest};
use einsicht_tests::city::{Caller, City};
use einsicht_tests::make::{Session, event};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::with_recorder;

fn with(dataset: &str, others: &[&str]) -> AccessEvent {
    let other_datasets = others.iter().map(ToString::to_string).collect();
    AccessEvent { dataset: dataset.into(), other_datasets, ..event() }
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("google.rpc.BadRequest");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test]
async fn a_recorder_outside_its_data_sets_is_told_each_field_and_nothing_is_recorded() {
    let (_city, service, counter) = with_recorder().await;
    let mut recorder = service.recorder(&counter);
    let mut session = Session::new();
    let first = recorder.record(session.request(1)).await.unwrap().into_inner();
    let events = vec![
        with("besuchertrend", &[]),
        with("parkhäuser", &["besuchertrend"]),
        with("besuchertrend", &["besuchertrend-2", "parkhäuser"]),
    ];
    let status = recorder.record(Session::new().request_of(events)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status}");
    let expected = ["events[1].dataset", "events[2].other_datasets[0]", "events[2].other_datasets[1]"];
    assert_eq!(fields(&status), expected);
    assert!(status.message().contains("'visitor-counter'"), "{status}");
    assert!(!status.message().contains("parkhäuser"), "errors repeat no values: {status}");
    let second = recorder.record(session.request(1)).await.unwrap().into_inner();
    assert_eq!(second.recorded[0].index, first.recorded[0].index + 1, "nothing was recorded in between");
}

#[tokio::test]
async fn the_same_holds_on_a_stream() {
    let (_city, service, counter) = with_recorder().await;
    let mut session = Session::new();
    let requests =
        [session.request(3), session.request_of(vec![with("parkhäuser", &[])]), session.request(1)]
            .map(|request| RecordStreamRequest { request: Some(request) });
    let answers = service.recorder(&counter).record_stream(tokio_stream::iter(requests)).await.unwrap();
    let mut answers = answers.into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().response.unwrap().recorded.len(), 3);
    let status = answers.message().await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::PermissionDenied, vec!["events[0].dataset".into()]));
}

#[tokio::test]
async fn a_recorder_for_all_data_sets_records_for_any() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &["*"]));
    let service = city.serve().await;
    let request = Session::new().request_of(vec![with("parkhäuser", &["bäume"])]);
    service.recorder(&counter).record(request).await.unwrap();
}
