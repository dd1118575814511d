//! SIGTERM while everybody does their worst.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use einsicht_tests::make::Session;
use einsicht_tests::process::PATIENCE;
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

use crate::h2;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_goes_down_in_time_whoever_still_holds_a_connection() {
    hold_on(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_goes_down_in_time_whoever_still_holds_a_connection() {
    hold_on(Scene::in_a_city().await).await;
}

async fn hold_on(scene: Scene) {
    let half_a_call = [
        h2::hello(&[]),
        h2::frame(h2::HEADERS, h2::END_HEADERS, 1, &scene.call("/einsicht.v1.Recorder/Record")),
        h2::frame(h2::DATA, 0, 1, &[0, 0, 1, 0, 0, 9]),
    ];
    let beginnings = [
        Vec::new(),
        b"GET / HTTP/1.1\r\nhost:".to_vec(),
        b"GET /checkpoint HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2_000),
        b"POST /einsicht.v1.Recorder/Record HTTP/1.1\r\ncontent-length: 99\r\n\r\nx".to_vec(),
        h2::PREFACE.to_vec(),
        half_a_call.concat(),
    ];
    let mut held = Vec::new();
    for number in 0..120 {
        let mut stream = scene.connect().await;
        let beginning = &beginnings[number % beginnings.len()];
        let _ = tokio::time::timeout(Duration::from_millis(50), stream.write_all(beginning)).await;
        held.push(stream);
    }
    let answered = Arc::new(AtomicU64::new(0));
    let load = (0..16).map(|_| {
        let (mut recorder, answered) = (scene.recorder(), Arc::clone(&answered));
        tokio::spawn(async move {
            let mut session = Session::new();
            while recorder.record(session.request(20)).await.is_ok() {
                answered.fetch_add(20, Ordering::Relaxed);
            }
        })
    });
    let load: Vec<_> = load.collect();
    let begun = Instant::now();
    while answered.load(Ordering::Relaxed) < 1000 {
        assert!(begun.elapsed() < PATIENCE, "recorders are not served under this load");
        sleep(Duration::from_millis(10)).await;
    }
    scene.goes_down().await;
    for task in load {
        task.await.unwrap();
    }
}
