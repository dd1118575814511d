//! Callers who ask and never read.

use std::time::Duration;

use einsicht_proto::v1::ListEntriesRequest;
use einsicht_tests::make::{Session, full_event};
use prost::Message as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};

use crate::MIB;
use crate::h2::{self, frame};
use crate::scene::Scene;

/// Enough entries that answers are large: 2,560 of about 600 bytes.
async fn record_much(scene: &Scene) {
    let mut session = Session::new();
    for _ in 0..10 {
        let events = (0..256).map(|_| full_event()).collect();
        scene.record(session.request_of(events)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_reads_are_not_kept() {
    ask_and_never_read(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_over_tls_that_nobody_reads_are_not_kept() {
    ask_and_never_read(Scene::in_a_city().await).await;
}

async fn ask_and_never_read(scene: Scene) {
    record_much(&scene).await;
    let mut held = Vec::new();
    // HTTP/1.1: the next question before the last answer. 30 MB of answers on each connection.
    let authorization = scene.authorization("/tile");
    let question = format!(
        "GET /tile/entries/001 HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n\r\n"
    );
    let questions = question.repeat(200);
    for _ in 0..50 {
        let mut stream = scene.connect().await;
        let _ = timeout(Duration::from_millis(100), stream.write_all(questions.as_bytes())).await;
        held.push(stream);
    }
    // HTTP/2: all streams that a connection may have, and no room for an answer on any of them.
    let all = h2::message(&ListEntriesRequest { start: 0, limit: 2_560 }.encode_to_vec());
    let head = scene.call("/einsicht.v1.Ledger/ListEntries");
    for _ in 0..20 {
        let mut stream = scene.connect().await;
        let calls = (0..200).flat_map(|number| {
            let stream = 1 + 2 * number;
            let opened = frame(h2::HEADERS, h2::END_HEADERS, stream, &head);
            [opened, frame(h2::DATA, h2::END_STREAM, stream, &all)].concat()
        });
        let says = [h2::hello(&[(h2::INITIAL_WINDOW_SIZE, 0)]), calls.collect()].concat();
        stream.write_all(&says).await.unwrap();
        held.push(stream);
    }
    sleep(Duration::from_secs(2)).await;
    scene.held(300 * MIB).await;
}
