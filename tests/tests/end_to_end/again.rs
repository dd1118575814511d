//! Sending a request again is always safe: the old answer, and nothing is recorded.

use bytes::Bytes;
use einsicht_proto::v1::{RecordRequest, RecordResponse};
use einsicht_tests::make::{Session, request};
use einsicht_tests::process::Ended;
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use futures::future::join_all;

use crate::{SMALL_SEGMENTS, folder};

/// Places of an answer, and whether each was known before.
fn places(answer: &RecordResponse) -> Vec<(u64, Bytes, bool)> {
    answer.recorded.iter().map(|r| (r.index, r.leaf_hash.clone(), r.already_recorded)).collect()
}

/// The same places as in `first`, known before.
fn assert_known(again: &RecordResponse, first: &RecordResponse) {
    let known: Vec<_> =
        places(first).into_iter().map(|(index, leaf_hash, _)| (index, leaf_hash, true)).collect();
    assert_eq!(places(again), known);
}

#[tokio::test]
async fn the_same_request_gets_the_same_places_and_adds_nothing() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = RecordRequest { with_proofs: true, ..request(20) };
    let first = service.record(request.clone()).await.unwrap();
    let size = service.head().await.size;
    let again = service.record(request.clone()).await.unwrap();
    assert_known(&again, &first);
    let _ = service.verifier().answer(&request, &again);
    assert_eq!(service.head().await.size, size);
}

#[tokio::test]
async fn of_a_batch_that_is_known_in_part_only_the_rest_is_recorded() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = Session::new().request(15);
    let first = RecordRequest { events: request.events[..10].to_vec(), ..request.clone() };
    let overlapping =
        RecordRequest { first_sequence: 5, events: request.events[5..].to_vec(), ..request.clone() };
    service.record(first).await.unwrap();
    let answer = service.record(overlapping).await.unwrap();
    let known: Vec<bool> = answer.recorded.iter().map(|recorded| recorded.already_recorded).collect();
    assert_eq!(known, [[true; 5], [false; 5]].concat());
    assert_eq!(Whole::read(&service).await.numbers_of(&request.session), (0..15).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_sent_many_times_at_once_is_recorded_once() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = request(5);
    let calls = (0..16).map(|_| {
        let (mut recorder, request) = (service.recorder(), request.clone());
        tokio::spawn(async move { recorder.record(request).await.unwrap().into_inner() })
    });
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    let fresh = answers.iter().filter(|answer| !answer.recorded[0].already_recorded).count();
    assert_eq!(fresh, 1);
    for answer in &answers {
        let indexes: Vec<_> = answer.recorded.iter().map(|recorded| recorded.index).collect();
        assert_eq!(indexes, [2, 3, 4, 5, 6]);
    }
    assert_eq!(Whole::read(&service).await.size(), 7);
}

/// Records, has the service ended by `end`, starts it again, and sends everything again.
async fn known_after(end: impl AsyncFn(Service) -> Ended) {
    let folder = folder();
    let service = Service::start(folder.path(), &SMALL_SEGMENTS).await;
    let mut sessions = [Session::new(), Session::new()];
    let mut answered = Vec::new();
    for n in 0..40 {
        let request = sessions[n % 2].request(1 + n % 7);
        let answer = service.record(request.clone()).await.unwrap();
        answered.push((request, answer));
    }
    let before = Whole::read(&service).await;
    end(service).await;
    let service = Service::start(folder.path(), &SMALL_SEGMENTS).await;
    for (request, answer) in &answered {
        assert_known(&service.record(request.clone()).await.unwrap(), answer);
    }
    let whole = Whole::read(&service).await;
    assert_eq!(whole.leaves[..before.leaves.len()], before.leaves);
    assert_eq!(whole.size(), before.size() + 1, "only that the service came up is new");
}

#[tokio::test]
async fn a_request_is_known_after_an_orderly_restart() {
    known_after(Service::terminate).await;
}

#[tokio::test]
async fn a_request_is_known_after_a_crash() {
    known_after(Service::kill9).await;
}
