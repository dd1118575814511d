//! Streams of requests: answered in order, ended by the first refusal.

use einsicht_proto::v1::{RecordRequest, RecordResponse, RecordStreamRequest};
use einsicht_tests::make::{Session, event, request};
use einsicht_tests::process::PATIENCE;
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use crate::folder;

/// Sends all requests at once and collects the answers up to the end of the stream.
async fn send(service: &Service, requests: Vec<RecordRequest>) -> (Vec<RecordResponse>, Result<(), Status>) {
    let requests = requests.into_iter().map(|request| RecordStreamRequest { request: Some(request) });
    let requests = tokio_stream::iter(requests.collect::<Vec<_>>());
    let mut answers = service.recorder().record_stream(requests).await.unwrap().into_inner();
    let mut received = Vec::new();
    let outcome = loop {
        match tokio::time::timeout(PATIENCE, answers.message()).await.unwrap() {
            Ok(Some(answer)) => received.push(answer.response.unwrap()),
            Ok(None) => break Ok(()),
            Err(status) => break Err(status),
        }
    };
    (received, outcome)
}

#[tokio::test]
async fn requests_of_a_stream_are_answered_in_their_order() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let requests: Vec<_> =
        (0..60).map(|n| RecordRequest { with_proofs: n % 7 == 0, ..session.request(1 + n % 30) }).collect();
    let (answers, outcome) = send(&service, requests.clone()).await;
    outcome.unwrap();
    assert_eq!(answers.len(), requests.len());
    let mut next = 2;
    for (request, answer) in requests.iter().zip(&answers) {
        let _ = service.verifier().answer(request, answer);
        for recorded in &answer.recorded {
            assert_eq!(recorded.index, next);
            next += 1;
        }
    }
    assert_eq!(Whole::read(&service).await.numbers_of(&session.id), (0..session.next).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_answer_comes_before_the_next_request_if_the_caller_waits_for_it() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let (requests, queue) = mpsc::channel(1);
    let stream = service.recorder().record_stream(ReceiverStream::new(queue)).await.unwrap();
    let mut answers = stream.into_inner();
    let mut session = Session::new();
    for index in 2..7 {
        requests.send(RecordStreamRequest { request: Some(session.request(1)) }).await.unwrap();
        let answer = tokio::time::timeout(PATIENCE, answers.message()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.response.unwrap().recorded[0].index, index);
    }
    drop(requests);
    assert!(answers.message().await.unwrap().is_none(), "the stream ends when the caller ends it");
}

#[tokio::test]
async fn a_bad_request_ends_the_stream_and_nothing_after_it_is_recorded() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    for _ in 0..10 {
        let size = service.head().await.size.0;
        let mut session = Session::new();
        let mut requests: Vec<_> = (0..20).map(|_| session.request(2)).collect();
        requests[7].events[1].dataset.clear();
        let (answers, outcome) = send(&service, requests).await;
        let status = outcome.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("events[1].dataset"), "{status}");
        assert_eq!(answers.len(), 7, "everything before it is answered");
        let whole = Whole::read(&service).await;
        assert_eq!(whole.numbers_of(&session.id), (0..14).collect::<Vec<_>>());
        assert_eq!(whole.size(), size + 14);
    }
}

#[tokio::test]
async fn what_a_broken_stream_answered_survives_a_crash() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let mut requests: Vec<_> = (0..5).map(|_| session.request(3)).collect();
    requests[4].events.clear();
    let (answers, outcome) = send(&service, requests).await;
    assert_eq!((answers.len(), outcome.unwrap_err().code()), (4, Code::InvalidArgument));
    service.kill9().await;
    let service = Service::start(folder.path(), &[]).await;
    assert_eq!(Whole::read(&service).await.numbers_of(&session.id), (0..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_number_used_twice_ends_the_stream_with_what_is_wrong() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let first = session.request(1);
    let conflicting = RecordRequest { events: vec![event()], ..first.clone() };
    let (answers, outcome) = send(&service, vec![first, session.request(1), conflicting]).await;
    assert_eq!((answers.len(), outcome.unwrap_err().code()), (2, Code::AlreadyExists));
}

#[tokio::test]
async fn a_request_without_content_is_refused_like_an_empty_one() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let empty = tokio_stream::iter([RecordStreamRequest { request: None }]);
    let mut answers = service.recorder().record_stream(empty).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    service.record(request(1)).await.unwrap();
}
