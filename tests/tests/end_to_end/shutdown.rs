//! SIGTERM: no new calls, what was accepted is finished, exit code 0.

use std::time::{Duration, Instant};

use einsicht_proto::v1::{RecordRequest, RecordResponse, RecordStreamRequest, WatchCheckpointsRequest};
use einsicht_tests::make::Session;
use einsicht_tests::service::{Recorder, Service, fsck};
use einsicht_tests::verify::{Whole, hash};
use futures::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;

use crate::folder;

/// Well below the time after which the service gives up on calls under way.
const PROMPT: Duration = Duration::from_secs(10);

/// Records one batch after the other until the service is gone.
async fn record_until_gone(mut recorder: Recorder) -> (Session, Vec<RecordResponse>) {
    let (mut session, mut answers) = (Session::new(), Vec::new());
    loop {
        let size = 1 + answers.len() % 20;
        match recorder.record(session.request(size)).await {
            Ok(answer) => answers.push(answer.into_inner()),
            Err(_) => return (session, answers),
        }
    }
}

/// The same through a stream with several requests under way.
async fn stream_until_gone(mut recorder: Recorder) -> (Session, Vec<RecordResponse>) {
    let (mut session, mut answers) = (Session::new(), Vec::new());
    let id = session.id.clone();
    let (requests, queue) = mpsc::channel(8);
    let sending = tokio::spawn(async move {
        while requests.send(RecordStreamRequest { request: Some(session.request(3)) }).await.is_ok() {}
    });
    if let Ok(stream) = recorder.record_stream(ReceiverStream::new(queue)).await {
        let mut stream = stream.into_inner();
        while let Ok(Some(answer)) = stream.message().await {
            answers.push(answer.response.unwrap());
        }
    }
    sending.abort();
    (Session { id, next: 0 }, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_was_given_under_load_holds_after_a_restart() {
    let folder = folder();
    let service = Service::start(folder.path(), &["--segment-bytes", "65536"]).await;
    let unary = (0..24).map(|_| tokio::spawn(record_until_gone(service.recorder())));
    let streams = (0..4).map(|_| tokio::spawn(stream_until_gone(service.recorder())));
    let tasks: Vec<_> = unary.chain(streams).collect();
    sleep(Duration::from_millis(400)).await;
    let ended = service.terminate().await;
    ended.expect(0, &["everything that was accepted is durable"]);
    fsck(folder.path()).await.expect(0, &[]);

    let service = Service::start(folder.path(), &[]).await;
    let whole = Whole::read(&service).await;
    let mut answered = 0;
    for task in join_all(tasks).await {
        let (session, answers) = task.unwrap();
        let places = answers.iter().flat_map(|answer| &answer.recorded);
        for place in places {
            assert_eq!(hash(&place.leaf_hash), whole.hash_of(place.index));
            answered += 1;
        }
        let numbers = whole.numbers_of(&session.id);
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        let acknowledged: usize = answers.iter().map(|answer| answer.recorded.len()).sum();
        assert!(numbers.len() >= acknowledged);
    }
    assert!(answered > 500, "only {answered} events were recorded before SIGTERM");
}

async fn assert_ends_promptly(service: Service) {
    let begun = Instant::now();
    service.terminate().await.expect(0, &["goodbye"]);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_open_watch_ends_in_order() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let watch = service.ledger().watch_checkpoints(WatchCheckpointsRequest {}).await.unwrap();
    let mut watch = watch.into_inner();
    watch.message().await.unwrap();
    assert_ends_promptly(service).await;
    assert!(watch.message().await.is_ok_and(|end| end.is_none()));
}

#[tokio::test]
async fn an_idle_stream_of_requests_ends_in_order() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let (requests, queue) = mpsc::channel::<RecordStreamRequest>(1);
    let mut answers =
        service.recorder().record_stream(ReceiverStream::new(queue)).await.unwrap().into_inner();
    let request = Session::new().request(1);
    requests.send(RecordStreamRequest { request: Some(request) }).await.unwrap();
    answers.message().await.unwrap();
    assert_ends_promptly(service).await;
    assert!(answers.message().await.is_ok_and(|end| end.is_none()));
}

#[tokio::test]
async fn connections_on_which_nothing_happens_do_not_hold_the_service_up() {
    let whole = "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n";
    for begun in ["", "PRI * HTTP/2.0\r\n", "GET /checkpoint HTTP/1.1\r\nHost: x", whole] {
        let folder = folder();
        let service = Service::start(folder.path(), &[]).await;
        let mut idle = TcpStream::connect(service.url().trim_start_matches("http://")).await.unwrap();
        idle.write_all(begun.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        assert_ends_promptly(service).await;
    }
}

#[tokio::test]
async fn ctrl_c_ends_the_service_like_sigterm() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(Session::new().request(10)).await.unwrap();
    service.signal("INT").await.expect(0, &["goodbye"]);
    fsck(folder.path()).await.expect(0, &[]);
}

#[tokio::test]
async fn a_request_cut_off_by_the_end_is_safe_to_send_to_the_next_start() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let requests: Vec<RecordRequest> = {
        let mut session = Session::new();
        (0..40).map(|_| session.request(25)).collect()
    };
    let session = requests[0].session.clone();
    let calls = requests.iter().map(|request| {
        let (mut recorder, request) = (service.recorder(), request.clone());
        tokio::spawn(async move { recorder.record(request).await })
    });
    let calls: Vec<_> = calls.collect();
    service.begin_to_terminate();
    let first = join_all(calls).await;
    service.ended().await.expect(0, &[]);

    let service = Service::start(folder.path(), &[]).await;
    for (request, first) in requests.into_iter().zip(first) {
        let again = service.record(request).await.unwrap();
        if let Ok(first) = first.unwrap() {
            let places = |answer: &RecordResponse| -> Vec<_> {
                answer.recorded.iter().map(|place| (place.index, place.leaf_hash.clone())).collect()
            };
            assert_eq!(places(&again), places(first.get_ref()));
        }
    }
    let mut numbers = Whole::read(&service).await.numbers_of(&session);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
}
