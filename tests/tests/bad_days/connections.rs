//! Very many connections, and connections that never get on.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::MIB;
use crate::h2::{self, frame};
use crate::scene::{Scene, said, send};

const CONNECTIONS: usize = 10_000;
/// The least that a service must withstand. Where so many can't be opened, nothing is shown.
const CONNECTIONS_MIN: usize = 1_000;
/// Files of this process and of the service that are no connections.
const FILES_RESERVED: u64 = 1_000;
/// Longest that somebody new may wait.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Who opens so many files does it alone: the tests share one limit.
static MANY_FILES: Mutex<()> = Mutex::const_new(());
/// From so many addresses they come.
const ADDRESSES: u8 = 10;

/// Lets this process, and the services that it starts, open as many files as they may. Returns how many
/// of the connections that is enough for.
fn connections_possible() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let possible = usize::try_from(files.saturating_sub(FILES_RESERVED)).unwrap_or(usize::MAX);
    assert!(possible >= CONNECTIONS_MIN, "raise the limit of open files: it is {files}");
    if possible < CONNECTIONS {
        eprintln!("ONLY {possible} of {CONNECTIONS} connections: the limit here is {files} open files");
    }
    possible.min(CONNECTIONS)
}

async fn open(scene: &Scene, count: usize, says: impl Fn(usize) -> Vec<u8>) -> Vec<TcpStream> {
    let one = |number: usize| {
        let says = says(number);
        async move {
            let from = 2 + u8::try_from(number % usize::from(ADDRESSES)).unwrap();
            let mut stream = scene.connect_from(number, from).await;
            // One that the service does not want is none of ours.
            let _ = stream.write_all(&says).await;
            stream
        }
    };
    futures::stream::iter((0..count).map(one)).buffer_unordered(64).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_leave_room_for_the_others() {
    open_ten_thousand(connections_possible(), Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_to_both_listeners_leave_room_for_the_others() {
    open_ten_thousand(connections_possible(), Scene::in_a_city().await).await;
}

async fn open_ten_thousand(count: usize, scene: Scene) {
    let _alone = MANY_FILES.lock().await;
    let beginnings = [Vec::new(), b"GET / HTTP/1.1\r\nhost: x\r\n".to_vec(), h2::hello(&[])];
    let held = open(&scene, count, |number| beginnings[number % beginnings.len()].clone()).await;
    assert_eq!(held.len(), count);
    new_callers_are_served(&scene).await;
    drop(held);
    scene.held(400 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_connections_are_kept_and_each_is_answered_when_it_asks() {
    be_idle(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_connections_over_tls_are_kept_and_each_is_answered_when_it_asks() {
    be_idle(Scene::in_a_city().await).await;
}

async fn be_idle(scene: Scene) {
    let _alone = MANY_FILES.lock().await;
    connections_possible();
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS_MIN {
        let mut stream = scene.connect().await;
        send(&mut stream, &h2::hello(&[])).await;
        idle.push(stream);
    }
    new_callers_are_served(&scene).await;
    let head = scene.call("/einsicht.v1.Ledger/GetCheckpoint");
    let opened = frame(h2::HEADERS, h2::END_HEADERS, 1, &head);
    let asked = [opened, frame(h2::DATA, h2::END_STREAM, 1, &h2::message(b""))].concat();
    for stream in &mut idle {
        send(stream, &asked).await;
        let mut answer = Vec::new();
        while !h2::kinds(&answer).contains(&h2::DATA) {
            answer.extend(said(stream, 1).await);
        }
    }
    scene.held(200 * MIB).await;
}

/// Somebody who comes only now, on connections of their own.
async fn new_callers_are_served(scene: &Scene) {
    for _ in 0..3 {
        let answer = tokio::time::timeout(ANSWER_WITHIN, scene.http(Method::GET, "/checkpoint").send()).await;
        assert_eq!(answer.expect("an answer in time").unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_send_a_byte_at_a_time_take_nothing_from_the_others() {
    send_a_byte_at_a_time(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_both_listeners_that_send_a_byte_at_a_time_take_nothing_from_the_others() {
    send_a_byte_at_a_time(Scene::in_a_city().await).await;
}

async fn send_a_byte_at_a_time(scene: Scene) {
    let request = b"POST /einsicht.v1.Recorder/Record HTTP/1.1\r\nhost: localhost\r\nx-slow: 1";
    // Of TLS a hello that is not complete.
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 60]].concat();
    let head = if scene.is_encrypted() { &hello[..] } else { request };
    let mut slow = open(&scene, 400, |_| Vec::new()).await;
    let preface_only = open(&scene, 400, |_| h2::PREFACE.to_vec()).await;
    let body_that_never_comes = open(&scene, 400, |_| {
        [request, &b"\r\ncontent-type: application/grpc\r\ncontent-length: 4000000\r\n\r\n\0"[..]].concat()
    })
    .await;
    for byte in head {
        for stream in &mut slow {
            let _ = stream.write_all(&[*byte]).await;
        }
        sleep(Duration::from_millis(20)).await;
    }
    new_callers_are_served(&scene).await;
    drop((preface_only, body_that_never_comes));
    scene.held(250 * MIB).await;
}
