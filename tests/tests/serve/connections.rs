//! Connections that cost more than they may.

use std::time::{Duration, Instant};

use einsicht_tests::city::{Caller, City, Running};
use einsicht_tests::make::request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{DATASET, figures};

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("https://")).await.unwrap()
}

/// Waits until the other side has closed, and returns after how long.
async fn closed(mut stream: TcpStream, begun: Instant) -> Duration {
    let mut rest = Vec::new();
    // Closed in order or reset: both are an end.
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await.unwrap();
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_begins_and_does_not_go_on_is_shown_out_on_both_listeners() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let service = city.serve().await;
    let begun = Instant::now();
    let mut waiting = Vec::new();
    for url in [&service.internal, &service.public] {
        for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01\x00\x01"] {
            let mut stream = connect(url).await;
            stream.write_all(bytes).await.unwrap();
            waiting.push(tokio::spawn(closed(stream, begun)));
        }
    }
    for stream in waiting {
        let after = stream.await.unwrap();
        assert!(after < Duration::from_secs(30), "{after:?}");
    }
    service.recorder(&counter).record(request(1)).await.unwrap();
}

#[tokio::test]
async fn connections_over_the_limit_are_refused_and_counted_and_those_there_are_go_on() {
    let mut city = City::new().await;
    city.limits = "connections = 100\nconnections_per_address = 10\n".into();
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let monitor = city.add(Caller::new("monitoring", "monitor"));
    let service = city.serve().await;
    let mut recorder = service.recorder(&counter);
    recorder.record(request(1)).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..30 {
        held.push(connect(&service.internal).await);
    }
    recorder.record(request(1)).await.expect("a connection that there is goes on");
    assert!(service.recorder(&counter).record(request(1)).await.is_err(), "there is no room for another");
    drop(held);
    let figures = until_room(&service, &monitor).await;
    let refused =
        "einsicht_connections_refused_total{listener=\"internal\",reason=\"connections_per_address\"}";
    assert!(figures.of(refused) >= 20.0, "{}", figures.of(refused));
    service.recorder(&counter).record(request(1)).await.unwrap();
}

/// The service notices within moments that connections were closed.
async fn until_room(
    service: &Running,
    monitor: &einsicht_tests::city::Known,
) -> einsicht_tests::figures::Figures {
    let begun = Instant::now();
    loop {
        let client = service.http(None);
        let ask = client
            .get(format!("{}/metrics", service.internal))
            .header("authorization", monitor.authorization().unwrap());
        if ask.send().await.is_ok() {
            return figures(service, monitor).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "there is still no room");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn plain_text_on_a_tls_port_is_no_request() {
    let city = City::new().await;
    let service = city.serve().await;
    for url in [&service.internal, &service.public] {
        let mut stream = connect(url).await;
        stream.write_all(b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    }
}
