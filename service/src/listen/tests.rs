//! Real connections to a listener that is less patient than a city's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::auth::{Gate, Policy};

/// Longer than every machine needs, for what is to happen.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the listener is patient for.
const SHORT: Duration = Duration::from_millis(500);
/// More than the buffers between two sockets of one machine hold.
const LARGE_BYTES: usize = 32 * 1024 * 1024;

struct Listening {
    address: SocketAddr,
    shutdown: CancellationToken,
    all_ended: mpsc::Receiver<Infallible>,
}

/// `/large` in one piece, `/pieces` in many, `/slow` a piece whenever two short times have passed.
async fn listen(idle_max: Option<Duration>) -> Listening {
    let piece = || Ok::<_, Infallible>(Bytes::from(vec![7; 64 * 1024]));
    let pieces =
        move || async move { Body::from_stream(stream::repeat_with(piece).take(LARGE_BYTES / 65_536)) };
    let slow = move || async move {
        let waited = stream::iter(0..3).then(move |_| async move {
            tokio::time::sleep(SHORT * 2).await;
            piece()
        });
        Body::from_stream(waited)
    };
    let router = Router::new()
        .route("/small", get(|| async { "small" }))
        .route("/large", get(|| async { vec![7_u8; LARGE_BYTES] }))
        .route("/pieces", get(pieces))
        .route("/slow", get(slow));
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pace = Pace {
        begin_within: SHORT,
        read_within: SHORT,
        idle_max,
        age_max: None,
        ping_interval: SHORT,
        ping_within: SHORT,
        look_interval: Duration::from_millis(50),
    };
    let limits = QuotaLimits { connections: 100, per_address: 100 };
    let listener = Listener {
        name: "test",
        tcp,
        tls: None,
        quota: Quota::new("test", limits),
        pace,
        router,
        handshakes: Paced::default(),
        gate: Gate::new(Policy::default()),
    };
    let (address, shutdown) = (listener.address().unwrap(), CancellationToken::new());
    let (alive, all_ended) = mpsc::channel(1);
    tokio::spawn(listener.run(shutdown.clone(), alive));
    Listening { address, shutdown, all_ended }
}

impl Listening {
    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// No connection is left, and none is waited for longer than patience allows.
    async fn all_connections_end(mut self) {
        self.shutdown.cancel();
        assert!(timeout(PATIENCE, self.all_ended.recv()).await.expect("connections are left").is_none());
    }
}

/// Waits for the end of a connection without reading what is sent on it.
async fn is_ended_without_reading(stream: TcpStream) {
    let begun = Instant::now();
    // Writing to a connection that was ended fails; reading would let it go on.
    let (_unread, mut writing) = stream.into_split();
    while writing.write_all(b"x").await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "the connection is held for whoever does not read");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn whoever_does_not_read_is_shown_out_in_http_1() {
    let listening = listen(None).await;
    for path in ["/large", "/pieces"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        is_ended_without_reading(listening.send(request.as_bytes()).await).await;
    }
    listening.all_connections_end().await;
}

#[tokio::test]
async fn whoever_gives_no_window_is_shown_out_in_http_2_and_pings_do_not_help() {
    for path in ["/large", "/pieces"] {
        let listening = listen(None).await;
        let stream = TcpStream::connect(listening.address).await.unwrap();
        // The connection is read and answered all the time; its window for streams stays at 64 KiB.
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::get(format!("http://test.example{path}")).body(Body::empty()).unwrap();
        let _unread = sender.send_request(request).await.unwrap();
        assert!(timeout(PATIENCE, connection).await.is_ok(), "{path}: the connection is held");
        listening.all_connections_end().await;
    }
}

#[tokio::test]
async fn an_answer_that_takes_its_time_and_a_reader_who_takes_everything_are_left_alone() {
    let listening = listen(Some(SHORT)).await;
    for path in ["/slow", "/large", "/pieces"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut stream = listening.send(request.as_bytes()).await;
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let sevens = answer.iter().filter(|byte| **byte == 7).count();
        assert_eq!(sevens, if path == "/slow" { 3 * 65_536 } else { LARGE_BYTES }, "{path}");
    }
    listening.all_connections_end().await;
}

#[tokio::test]
async fn a_connection_that_does_not_begin_is_ended_and_an_idle_one_only_where_that_is_wanted() {
    let ended = |mut stream: TcpStream| async move {
        let mut answer = Vec::new();
        timeout(SHORT * 6, stream.read_to_end(&mut answer)).await.is_ok()
    };
    for (idle_max, idle_ends) in [(None, false), (Some(SHORT), true)] {
        let listening = listen(idle_max).await;
        for begun in ["", "PRI * HTTP/2.0\r\n", "GET"] {
            assert!(ended(listening.send(begun.as_bytes()).await).await, "{begun:?}");
        }
        let whole = b"GET /small HTTP/1.1\r\nHost: test.example\r\n\r\n";
        assert_eq!(ended(listening.send(whole).await).await, idle_ends, "{idle_max:?}");
        listening.all_connections_end().await;
    }
}

/// HTTP/2 by hand: the preface, settings, and a call that is answered at once.
const BEGUN_IN_HTTP_2: [&[u8]; 4] = [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    &[0, 0, 0, 4, 0, 0, 0, 0, 0],
    &[0, 0, 13, 1, 5, 0, 0, 0, 1],
    b"\x82\x86\x04\x06/small\x41\x01x",
];

#[tokio::test]
async fn a_peer_of_http_2_that_has_vanished_is_asked_and_given_up_and_one_that_answers_is_kept() {
    let listening = listen(None).await;
    // Its library answers every PING.
    let there = TcpStream::connect(listening.address).await.unwrap();
    let (_sender, connection) =
        http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(there)).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut vanished = listening.send(&BEGUN_IN_HTTP_2.concat()).await;
    let begun = Instant::now();
    let mut said = Vec::new();
    let ended = timeout(PATIENCE, vanished.read_to_end(&mut said)).await;
    ended.expect("a connection is held for nobody").unwrap();
    assert!(begun.elapsed() >= SHORT, "it had no time to answer");
    assert!(said.windows(5).any(|bytes| bytes == b"small"), "it was not even served: {said:?}");
    tokio::time::sleep(SHORT * 4).await;
    assert!(!connection.is_finished(), "a connection that answers is ended");
    listening.all_connections_end().await;
}

#[tokio::test]
async fn half_a_request_does_not_hold_the_end_up_and_a_whole_one_is_answered_first() {
    let listening = listen(None).await;
    let _half = listening.send(b"GET /small HTTP/1.1\r\nHost: test.exam").await;
    let mut slow = listening.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut first = [0; 1];
    slow.read_exact(&mut first).await.unwrap();
    let reading = tokio::spawn(async move {
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).await.unwrap();
        answer
    });
    let begun = Instant::now();
    listening.all_connections_end().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let answer = reading.await.unwrap();
    assert_eq!(answer.iter().filter(|byte| **byte == 7).count(), 3 * 65_536);
}
