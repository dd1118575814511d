//! HTTP/2 that breaks the rules, or keeps them to do harm.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::MIB;
use crate::h2::{self, frame};
use crate::scene::{Scene, ended, send};

/// What ends a connection, because no other side does it by mistake.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let after_hello = |bytes: Vec<u8>| [h2::hello(&[]), bytes].concat();
    let get = h2::call("/einsicht.v1.Ledger/GetCheckpoint", &[]);
    vec![
        ("not the preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_vec()),
        ("TLS on a plain port", [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 506]].concat()),
        ("a frame of 16 MB", after_hello(vec![0xff, 0xff, 0xff, h2::DATA, 0, 0, 0, 0, 1])),
        ("content for no stream", after_hello(frame(h2::DATA, 0, 0, b"x"))),
        ("a stream of the server", after_hello(frame(h2::HEADERS, h2::END_HEADERS, 2, &get))),
        ("settings of 5 bytes", after_hello(frame(h2::SETTINGS, 0, 0, b"12345"))),
        ("a ping of 7 bytes", after_hello(frame(h2::PING, 0, 0, b"1234567"))),
        ("a window of nothing more", after_hello(frame(h2::WINDOW_UPDATE, 0, 0, &[0; 4]))),
        (
            "a window of too much",
            after_hello(frame(h2::WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]).repeat(2)),
        ),
        ("headers that are none", after_hello(frame(h2::HEADERS, h2::END_HEADERS, 1, &[0xff; 64]))),
        ("the rest of no headers", after_hello(frame(h2::CONTINUATION, h2::END_HEADERS, 1, &get))),
        ("reset of what never was", after_hello(frame(h2::RST_STREAM, 0, 99, &[0; 4]))),
    ]
}

/// What is allowed once and harmful in numbers.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    let get = h2::call("/einsicht.v1.Ledger/GetCheckpoint", &[]);
    let begun = frame(h2::HEADERS, h2::END_STREAM, 1, &get);
    let large = h2::header("x-large", &"x".repeat(16_000));
    let rapid_reset = (0..50_000).flat_map(|number| {
        let stream = 1 + 2 * number;
        let opened = frame(h2::HEADERS, h2::END_HEADERS | h2::END_STREAM, stream, &get);
        [opened, frame(h2::RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    });
    vec![
        ("headers of 4 MB", [begun.clone(), frame(h2::CONTINUATION, 0, 1, &large).repeat(250)].concat()),
        ("headers of nothing", [begun, frame(h2::CONTINUATION, 0, 1, b"").repeat(200_000)].concat()),
        ("calls that are taken back", rapid_reset.collect()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_the_rules_is_ended_and_no_other() {
    break_the_rules(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_the_rules_over_tls_is_ended_and_no_other() {
    break_the_rules(Scene::in_a_city().await).await;
}

async fn break_the_rules(scene: Scene) {
    for (name, bytes) in broken() {
        let mut stream = scene.connect().await;
        send(&mut stream, &bytes).await;
        eprintln!("{name}");
        ended(stream).await;
    }
    scene.held(200 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_frames_ends_the_connection_that_sends_it() {
    flood(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_frames_over_tls_ends_the_connection_that_sends_it() {
    flood(Scene::in_a_city().await).await;
}

async fn flood(scene: Scene) {
    for (name, bytes) in floods() {
        for _ in 0..3 {
            let mut stream = scene.connect().await;
            send(&mut stream, &[h2::hello(&[]), bytes.clone()].concat()).await;
            eprintln!("{name}");
            let said = ended(stream).await;
            // Where the connection is reset while we still send, what was said may be lost.
            assert!(
                said.is_empty() || h2::kinds(&said).contains(&h2::GOAWAY),
                "{name}: {:?}",
                h2::kinds(&said)
            );
        }
    }
    scene.held(200 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_whose_answers_are_not_read_pile_up_nowhere() {
    ask_without_reading(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_over_tls_whose_answers_are_not_read_pile_up_nowhere() {
    ask_without_reading(Scene::in_a_city().await).await;
}

/// Pings and settings want an answer each. Whoever asks and never reads gets no more than fits.
async fn ask_without_reading(scene: Scene) {
    let mut held = Vec::new();
    for question in [frame(h2::PING, 0, 0, &[0; 8]), frame(h2::SETTINGS, 0, 0, b"")] {
        let mut stream = scene.connect().await;
        send(&mut stream, &h2::hello(&[])).await;
        let questions = question.repeat(20_000);
        for _ in 0..20 {
            if timeout(Duration::from_millis(200), stream.write_all(&questions)).await.is_err() {
                break;
            }
        }
        held.push(stream);
    }
    scene.held(200 * MIB).await;
}
