//! Messages that are too large, become too large, or are none.

use std::time::Duration;

use einsicht_proto::v1::{AccessEvent, RecordRequest};
use einsicht_tests::make::{Session, event};
use reqwest::Method;
use tokio::time::timeout;
use tonic::Code;

use crate::scene::Scene;
use crate::{MIB, gzip, h2};

const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// A message that may be sent, nearly.
const ALLOWED_BYTES: usize = 4 * 1024 * 1024 - 64;

/// Sends a body to `Record`, past everything that a client's library would not do, and returns the
/// status of gRPC. Over HTTP/1.1, where a status without content arrives as headers. Where the service
/// answered and closed while the body was still being sent, the answer can be lost: `cut`.
async fn status_of(scene: &Scene, body: Vec<u8>, headers: &[(&str, &str)]) -> String {
    let mut call = scene
        .http(Method::POST, "/einsicht.v1.Recorder/Record")
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        call = call.header(*name, *value);
    }
    match timeout(ANSWER_WITHIN, call.body(body).send()).await.expect("an answer in time") {
        Ok(page) => {
            page.headers().get("grpc-status").map_or("", |status| status.to_str().unwrap()).to_owned()
        }
        Err(_) => "cut".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_100_megabytes_is_refused_unread() {
    send_100_megabytes(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_100_megabytes_over_tls_is_refused_unread() {
    send_100_megabytes(Scene::in_a_city().await).await;
}

async fn send_100_megabytes(scene: Scene) {
    let text = "x".repeat(100_000_000);
    let request = Session::new().request_of(vec![AccessEvent { announcement: Some(text), ..event() }]);
    for _ in 0..3 {
        let status = scene.record(request.clone()).await.unwrap_err();
        // It may also have ended the stream while the rest was still being sent.
        let expected = [Code::OutOfRange, Code::ResourceExhausted, Code::Internal, Code::Unknown];
        assert!(expected.contains(&status.code()), "{:?}: {}", status.code(), status.message().len());
    }
    let stated = [&[0][..], &u32::MAX.to_be_bytes(), b"and then little"].concat();
    assert_eq!(status_of(&scene, stated, &[]).await, "11");
    scene.held(200 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_compressed_is_refused_packed() {
    send_compressed(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_compressed_is_refused_packed_over_tls() {
    send_compressed(Scene::in_a_city().await).await;
}

async fn send_compressed(scene: Scene) {
    let bomb = gzip::bomb(512 * 1024 * 1024);
    assert!(bomb.len() < ALLOWED_BYTES, "{}", bomb.len());
    let mut framed = h2::message(&bomb);
    framed[0] = 1;
    let mut small = h2::message(&gzip::bomb(1_000));
    small[0] = 1;
    for (framed, may_be_cut) in [(small, false), (framed, true)] {
        for (encoding, expected) in [
            (Some("gzip"), Code::Unimplemented),
            (Some("br, gzip, identity"), Code::Unimplemented),
            // Said to be compressed, but not how.
            (None, Code::Internal),
        ] {
            let headers: Vec<_> = encoding.iter().map(|encoding| ("grpc-encoding", *encoding)).collect();
            let told = status_of(&scene, framed.clone(), &headers).await;
            let expected = (expected as i32).to_string();
            assert!(told == expected || may_be_cut && told == "cut", "{encoding:?}: {told}, not {expected}");
        }
    }
    scene.held(200 * MIB).await;
}

/// What is no message of gRPC, or no message of protobuf.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |bytes: &[u8]| h2::message(&bytes.repeat(ALLOWED_BYTES / bytes.len()));
    vec![
        ("nothing", Vec::new()),
        ("half a prefix", vec![0, 0, 0]),
        ("a prefix and nothing behind it", vec![0, 0, 0, 0, 9]),
        ("more than the prefix says", [&h2::message(b"")[..], b"\x1a\x00"].concat()),
        ("an unknown flag", vec![7, 0, 0, 0, 0]),
        ("two messages", [h2::message(b""), h2::message(b"")].concat()),
        ("no protobuf", h2::message(b"no protobuf")),
        ("a field of 16 EiB", h2::message(b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
        ("groups in groups", repeated(b"\x7b")),
        ("ends of groups", repeated(b"\x7c")),
        ("a message in a message in a message", repeated(b"\x1a\x80\x80\x40")),
        ("a varint without end", repeated(b"\xff")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_refused_with_a_status() {
    send_malformed(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_over_tls_is_refused_with_a_status() {
    send_malformed(Scene::in_a_city().await).await;
}

async fn send_malformed(scene: Scene) {
    for (name, body) in malformed() {
        let status = status_of(&scene, body, &[]).await;
        assert!(!["", "0"].contains(&status.as_str()), "{name}: {status:?}");
    }
    scene.held(200 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_message_does_not_become_a_large_one() {
    send_what_grows(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_message_over_tls_does_not_become_a_large_one() {
    send_what_grows(Scene::in_a_city().await).await;
}

/// A field of two bytes becomes a structure of hundreds: whoever may send 4 MiB could take gigabytes.
async fn send_what_grows(scene: Scene) {
    let events = b"\x1a\x00".repeat(ALLOWED_BYTES / 2);
    let fits = |count: usize| h2::message(&events[..count * 2]);
    let invalid = (Code::InvalidArgument as i32).to_string();
    assert_eq!(status_of(&scene, fits(1_001), &[]).await, invalid);
    for _ in 0..4 {
        assert_eq!(status_of(&scene, fits(events.len() / 2), &[]).await, invalid);
    }
    let sent = RecordRequest { events: vec![AccessEvent::default()], ..RecordRequest::default() };
    assert_eq!(prost::Message::encode_to_vec(&sent), b"\x1a\x00", "what is sent above");
    scene.held(200 * MIB).await;
}
