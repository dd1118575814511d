//! Callers who ask and never read.

use std::time::Duration;

use einsicht_proto::v1::ListEntriesRequest;
use einsicht_tests::make::{Session, full_event};
use prost::Message as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};

use crate::MIB;
use crate::h2::{self, frame};
use crate::scene::{Scene, ended, said, send};

/// Bytes that an entry has on average at least: about 360, and less where somebody else records, too.
const ENTRY_BYTES: usize = 300;
/// As many entries as are asked for at once.
const ENTRIES: usize = 2_560;

/// Enough entries that answers are large.
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
    ask_and_read(&scene).await;
    let mut held = Vec::new();
    // HTTP/1.1: the next question before the last answer. 18 MB of answers on each connection.
    let questions = tile(&scene, "").repeat(200);
    for _ in 0..50 {
        let mut stream = scene.connect().await;
        let _ = timeout(Duration::from_millis(100), stream.write_all(questions.as_bytes())).await;
        held.push(stream);
    }
    // HTTP/2: all streams that a connection may have, and no room for an answer on any of them.
    for _ in 0..20 {
        let mut stream = scene.connect().await;
        let calls = (0..200).flat_map(|number| entries(&scene, 1 + 2 * number));
        let says = [h2::hello(&[(h2::INITIAL_WINDOW_SIZE, 0)]), calls.collect()].concat();
        stream.write_all(&says).await.unwrap();
        held.push(stream);
    }
    sleep(Duration::from_secs(2)).await;
    scene.held(300 * MIB).await;
}

/// The same questions, from somebody who reads: what the others leave lying is as large as it is said to be.
async fn ask_and_read(scene: &Scene) {
    let mut stream = scene.connect().await;
    send(&mut stream, tile(scene, "connection: close\r\n").as_bytes()).await;
    let answer = ended(stream).await;
    assert!(answer.len() > 256 * ENTRY_BYTES, "a tile has {} bytes", answer.len());
    let mut stream = scene.connect().await;
    let wide = i32::MAX.unsigned_abs();
    // All that there is, and for the connection as for the stream.
    let window = frame(h2::WINDOW_UPDATE, 0, 0, &(wide - 65_535).to_be_bytes());
    let says = [h2::hello(&[(h2::INITIAL_WINDOW_SIZE, wide)]), window, entries(scene, 1)].concat();
    send(&mut stream, &says).await;
    said(&mut stream, ENTRIES * ENTRY_BYTES).await;
}

/// Asks for a full tile of entries.
fn tile(scene: &Scene, more: &str) -> String {
    let authorization = scene.authorization("/tile");
    format!(
        "GET /tile/entries/001 HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n{more}\r\n"
    )
}

/// Asks for all entries, on a stream of HTTP/2.
fn entries(scene: &Scene, stream: u32) -> Vec<u8> {
    let head = scene.call("/einsicht.v1.Ledger/ListEntries");
    let all = ListEntriesRequest { start: 0, limit: ENTRIES as u64 };
    let all = h2::message(&all.encode_to_vec());
    let opened = frame(h2::HEADERS, h2::END_HEADERS, stream, &head);
    [opened, frame(h2::DATA, h2::END_STREAM, stream, &all)].concat()
}
