//! Callers who do not wait for the end: they take their calls back, reset their connections, or record on
//! a stream and never read what became of it. Whoever sends the same again has each number once.

use std::collections::HashSet;
use std::time::Duration;

use einsicht_proto::v1::{RecordRequest, RecordStreamRequest};
use einsicht_tests::make::Session;
use einsicht_tests::service::Recorder;
use einsicht_tests::verify::{Whole, access};
use futures::future::join_all;
use prost::Message as _;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::MIB;
use crate::h2::{self, frame};
use crate::scene::{Scene, send};

/// Callers who take back, each on a connection of its own.
const CALLERS: usize = 8;
/// Numbers of each of them. Every second one is sent and taken back twice.
const NUMBERS: usize = 300;
/// Connections that are reset: more than one address may have open at once.
const RESETS: usize = 2_200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_taken_back_and_sent_again_are_recorded_once() {
    take_back(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_over_tls_that_are_taken_back_and_sent_again_are_recorded_once() {
    take_back(Scene::in_a_city().await).await;
}

async fn take_back(scene: Scene) {
    let callers = (0..CALLERS).map(|_| call_and_take_back(scene.recorder()));
    let sent = join_all(callers).await;
    let (known, new) = recorded_once(&scene, &sent).await;
    eprintln!("taken back: {known} numbers were recorded, {new} were not");
    assert!(known > 0 && new > 0, "calls were to be taken back before and after they were recorded");
    scene.held(200 * MIB).await;
}

/// Makes calls, gives each of them up after another while, and returns what was sent.
async fn call_and_take_back(recorder: Recorder) -> Vec<RecordRequest> {
    let mut session = Session::new();
    let requests: Vec<_> = (0..NUMBERS).map(|_| session.request(1)).collect();
    for (number, request) in requests.iter().enumerate() {
        for _ in 0..=number % 2 {
            let (mut recorder, request) = (recorder.clone(), request.clone());
            let call = tokio::spawn(async move { recorder.record(request).await });
            wait_a_little(number).await;
            // Dropped: the stream is reset, or it never began, or the answer was there already.
            call.abort();
        }
    }
    requests
}

/// Not at all, or for some turns of the scheduler, or for some milliseconds.
async fn wait_a_little(number: usize) {
    match number % 8 {
        turns @ 0..4 => {
            for _ in 0..turns * turns * 10 {
                yield_now().await;
            }
        }
        more => sleep(Duration::from_millis(more as u64 - 3)).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_reset_leave_nothing_open_and_nothing_twice() {
    reset(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_over_tls_that_are_reset_leave_nothing_open_and_nothing_twice() {
    reset(Scene::in_a_city().await).await;
}

async fn reset(scene: Scene) {
    let head = frame(h2::HEADERS, h2::END_HEADERS, 1, &scene.call("/einsicht.v1.Recorder/Record"));
    let mut session = Session::new();
    let requests: Vec<_> = (0..RESETS).map(|_| session.request(1)).collect();
    for (number, request) in requests.iter().enumerate() {
        let content = frame(h2::DATA, h2::END_STREAM, 1, &h2::message(&request.encode_to_vec()));
        let call = [h2::hello(&[]), head.clone(), content].concat();
        // Every second one is whole, the others end anywhere.
        let end = if number % 2 == 0 { call.len() } else { call.len() * (number % 64) / 64 };
        let mut stream = scene.connect_to_reset().await;
        send(&mut stream, &call[..end]).await;
        wait_a_little(number / 2).await;
    }
    let (known, new) = recorded_once(&scene, &[requests]).await;
    eprintln!("reset: {known} numbers were recorded, {new} were not");
    assert!(known > 0 && new >= RESETS / 2, "half a request is none");
    scene.held(200 * MIB).await;
}

/// Sends everything again, each session in its order, and asserts that the log has each number once, where
/// the answers say. Returns how many numbers it had before, and how many are new.
async fn recorded_once(scene: &Scene, sent: &[Vec<RecordRequest>]) -> (usize, usize) {
    let again = sent.iter().map(|requests| send_again(scene.recorder(), requests));
    let indexes = join_all(again).await;
    let whole = scene.published().await;
    let (mut known, mut new) = (0, 0);
    for (requests, recorded) in sent.iter().zip(&indexes) {
        stand_once(&whole, requests, recorded);
        let before = recorded.iter().filter(|(_, already)| *already).count();
        known += before;
        new += recorded.len() - before;
    }
    let distinct: HashSet<u64> = indexes.iter().flatten().map(|(index, _)| *index).collect();
    assert_eq!(distinct.len(), known + new, "two numbers have one index");
    (known, new)
}

/// Returns for each number its index, and whether it had been recorded already.
async fn send_again(mut recorder: Recorder, requests: &[RecordRequest]) -> Vec<(u64, bool)> {
    let mut recorded = Vec::new();
    for request in requests {
        let answer = recorder.record(request.clone()).await.unwrap().into_inner();
        recorded.extend(answer.recorded.iter().map(|one| (one.index, one.already_recorded)));
    }
    recorded
}

/// Asserts that the numbers of a session stand where it was answered, and nowhere else.
fn stand_once(whole: &Whole, requests: &[RecordRequest], recorded: &[(u64, bool)]) {
    let session = &requests[0].session;
    let mut numbers = whole.numbers_of(session);
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..recorded.len() as u64), "the log has other numbers: {numbers:?}");
    for (number, (index, _)) in recorded.iter().enumerate() {
        let access = access(&whole.leaves[usize::try_from(*index).unwrap()]);
        assert_eq!((&access.session[..], access.sequence), (&session[..], number as u64));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_whose_answers_nobody_reads_stop_taking_requests() {
    record_and_never_read(Scene::in_dev().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_over_tls_whose_answers_nobody_reads_stop_taking_requests() {
    record_and_never_read(Scene::in_a_city().await).await;
}

/// Both sides may send 64 KiB ahead on a connection. The requests of a stream are less than that, their
/// answers with proofs are several times as much.
async fn record_and_never_read(scene: Scene) {
    const REQUESTS: usize = 120;
    const EVENTS: usize = 2;
    const AHEAD: usize = 65_535;
    let head = frame(h2::HEADERS, h2::END_HEADERS, 1, &scene.call("/einsicht.v1.Recorder/RecordStream"));
    let mut held = Vec::new();
    let mut sent = Vec::new();
    for _ in 0..80 {
        let mut session = Session::new();
        let requests: Vec<_> =
            (0..REQUESTS).map(|_| RecordRequest { with_proofs: true, ..session.request(EVENTS) }).collect();
        let content = requests.iter().flat_map(|request| {
            let message = RecordStreamRequest { request: Some(request.clone()) };
            frame(h2::DATA, 0, 1, &h2::message(&message.encode_to_vec()))
        });
        let says = [h2::hello(&[]), head.clone(), content.collect()].concat();
        assert!(says.len() < AHEAD, "more than may be sent ends the connection: {}", says.len());
        let mut stream = scene.connect().await;
        send(&mut stream, &says).await;
        held.push(stream);
        sent.push(requests);
    }
    sleep(Duration::from_secs(3)).await;
    let whole = scene.published().await;
    let recorded: Vec<_> = sent.iter().map(|all| whole.numbers_of(&all[0].session).len()).collect();
    let all = REQUESTS * EVENTS;
    let (least, most) = (*recorded.iter().min().unwrap(), *recorded.iter().max().unwrap());
    eprintln!("never read: of each stream's {all} numbers {least} to {most} were taken up");
    assert!(0 < least && most < all, "{least} to {most} of {all} numbers were taken up");
    drop(held);
    // One of them comes again, and reads.
    recorded_once(&scene, &sent[..1]).await;
    scene.held(300 * MIB).await;
}
