//! SIGTERM over TLS: what was accepted is finished, streams end, nothing that was answered is lost.

use std::time::{Duration, Instant};

use einsicht_proto::v1::{RecordResponse, WatchCheckpointsRequest};
use einsicht_tests::city::{Caller, City};
use einsicht_tests::make::Session;
use einsicht_tests::process::PATIENCE;
use einsicht_tests::service::{Recorder, fsck};
use futures::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::{DATASET, with_recorder};

/// Well below the time after which the service gives up on calls under way.
const PROMPT: Duration = Duration::from_secs(10);

async fn record_until_gone(mut recorder: Recorder) -> Vec<RecordResponse> {
    let (mut session, mut answers) = (Session::new(), Vec::new());
    while let Ok(answer) = recorder.record(session.request(1 + answers.len() % 20)).await {
        answers.push(answer.into_inner());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_was_given_under_load_holds_after_a_restart() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let auditor = city.add(Caller::new("audit-office", "auditor"));
    let service = city.serve().await;
    let tasks: Vec<_> =
        (0..16).map(|_| tokio::spawn(record_until_gone(service.recorder(&counter)))).collect();
    // In the middle of it, however slow the machine is.
    let verifier = city.verifier();
    let many_are_recorded = async {
        while verifier.open(&service.get_public("/checkpoint", None).await.bytes).size.0 < 500 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, many_are_recorded).await.expect("500 entries within a minute");
    let begun = Instant::now();
    service.terminate().await.expect(0, &["everything that was accepted is durable"]);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    fsck(&city.data()).await.expect(0, &[]);

    let service = city.serve().await;
    let request = einsicht_proto::v1::ListEntriesRequest { start: 0, limit: 0 };
    let mut entries = service.ledger(&auditor).list_entries(request).await.unwrap().into_inner();
    let mut hashes = Vec::new();
    while let Some(entry) = entries.message().await.unwrap() {
        hashes.push(einsicht_tlog::hash::leaf_hash(&entry.leaf));
    }
    let mut answered = 0;
    for answers in join_all(tasks).await {
        for place in answers.unwrap().iter().flat_map(|answer| &answer.recorded) {
            let index = usize::try_from(place.index).unwrap();
            assert_eq!(place.leaf_hash, hashes[index].as_bytes().as_slice());
            answered += 1;
        }
    }
    assert!(answered > 100, "only {answered} events were recorded before SIGTERM");
}

#[tokio::test]
async fn an_open_watch_and_connections_that_have_not_even_begun_do_not_hold_the_service_up() {
    let (_city, service, counter) = with_recorder().await;
    let mut watch =
        service.ledger(&counter).watch_checkpoints(WatchCheckpointsRequest {}).await.unwrap().into_inner();
    watch.message().await.unwrap();
    let mut idle = Vec::new();
    for url in [&service.internal, &service.public] {
        for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n"] {
            let mut stream = TcpStream::connect(url.trim_start_matches("https://")).await.unwrap();
            stream.write_all(begun).await.unwrap();
            idle.push(stream);
        }
    }
    let begun = Instant::now();
    service.terminate().await.expect(0, &["goodbye"]);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    assert!(watch.message().await.is_ok_and(|end| end.is_none()));
}
