//! Recording: what is answered is durable, signed, proven, and says what was sent.

use einsicht_proto::v1::RecordRequest;
use einsicht_tests::make::{Session, event, full_event, request};
use einsicht_tests::service::Service;
use einsicht_tests::verify::{Whole, hash};
use einsicht_tlog::Size;
use futures::future::join_all;

use crate::folder;

#[tokio::test]
async fn a_first_start_makes_a_ledger_with_a_genesis_and_says_that_it_came_up() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let whole = Whole::read(&service).await;
    let kinds: Vec<_> = whole.bodies().map(|body| einsicht_access::kind_name(&body)).collect();
    assert_eq!(kinds, ["genesis", "service_start"]);
    assert!(service.verifier().origin().starts_with("dev.einsicht.invalid/"));
}

#[tokio::test]
async fn one_event_is_answered_with_a_proof_that_it_stands_in_the_signed_log() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = RecordRequest { with_proofs: true, ..Session::new().request_of(vec![full_event()]) };
    let answer = service.record(request.clone()).await.unwrap();
    let head = service.verifier().answer(&request, &answer);
    assert_eq!(head.size, Size(3));
    assert_eq!((answer.recorded[0].index, answer.recorded[0].already_recorded), (2, false));
    assert_eq!(Whole::read(&service).await.leaves.last(), answer.recorded[0].leaf.as_ref());
}

#[tokio::test]
async fn a_thousand_events_are_written_in_one_commit_and_each_is_proven() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let request = RecordRequest { with_proofs: true, ..request(1000) };
    let answer = service.record(request.clone()).await.unwrap();
    let head = service.verifier().answer(&request, &answer);
    let indexes: Vec<u64> = answer.recorded.iter().map(|recorded| recorded.index).collect();
    assert_eq!(indexes, (2..1002).collect::<Vec<_>>());
    assert_eq!(head.size, Size(1002));
    let figures = service.get("/metrics").await;
    assert!(figures.text().contains("\neinsicht_commits_total 1\n"), "{}", figures.text());
    assert!(figures.text().contains("\neinsicht_entries_total 1000\n"), "{}", figures.text());
}

#[tokio::test]
async fn an_answer_without_proofs_has_places_and_checkpoint_only() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let answer = service.record(request(3)).await.unwrap();
    assert!(answer.consistency_proof.is_empty());
    assert!(answer.recorded.iter().all(|r| r.leaf.is_none() && r.inclusion_proof.is_empty()));
    let whole = Whole::read(&service).await;
    for recorded in &answer.recorded {
        assert_eq!(hash(&recorded.leaf_hash), whole.hash_of(recorded.index));
    }
}

#[tokio::test]
async fn every_answer_proves_that_the_log_only_grew_since_the_size_that_the_caller_knows() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let verifier = service.verifier();
    let mut known = service.head().await;
    for count in [1, 2, 1, 7, 60, 3] {
        let request = RecordRequest { known_size: known.size.0, ..request(count) };
        let answer = service.record(request).await.unwrap();
        let newer = verifier.extends(&known, &answer);
        assert!(newer.size > known.size);
        known = newer;
    }
}

#[tokio::test]
async fn the_log_shows_the_time_of_an_access_to_the_minute_only() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let event = full_event();
    let (at_us, until_us) = (event.occurred_at_us, event.occurred_until_us.unwrap());
    service.record(Session::new().request_of(vec![event])).await.unwrap();
    let record = Whole::read(&service).await.accesses().next().unwrap();
    assert_eq!(record.occurred_at_min, at_us / 60_000_000);
    assert_eq!(record.occurred_until_min, Some(until_us / 60_000_000));
    assert_eq!((record.occurred_at_us_seal, record.occurred_until_us_seal), (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_of_two_sessions_at_once_all_get_places_of_their_own() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut sessions = [Session::new(), Session::new()];
    let requests: Vec<_> = (0..200)
        .map(|n| RecordRequest { with_proofs: n % 9 == 0, ..sessions[n % 2].request(1 + n % 5) })
        .collect();
    let verifier = service.verifier();
    let calls = requests.into_iter().map(|request| {
        let (mut recorder, verifier) = (service.recorder(), verifier.clone());
        tokio::spawn(async move {
            let answer = recorder.record(request.clone()).await.unwrap().into_inner();
            let _ = verifier.answer(&request, &answer);
            answer.recorded
        })
    });
    let recorded: Vec<_> = join_all(calls).await.into_iter().flat_map(Result::unwrap).collect();

    let whole = Whole::read(&service).await;
    let mut indexes: Vec<u64> = recorded.iter().map(|recorded| recorded.index).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (2..whole.size()).collect::<Vec<_>>());
    for place in &recorded {
        assert_eq!(hash(&place.leaf_hash), whole.hash_of(place.index));
    }
    for session in &sessions {
        let mut numbers = whole.numbers_of(&session.id);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..session.next).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn numbers_may_arrive_out_of_order() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let requests: Vec<_> = (0..4).map(|_| session.request_of(vec![event()])).collect();
    for position in [2, 0, 3, 1] {
        service.record(requests[position].clone()).await.unwrap();
    }
    assert_eq!(Whole::read(&service).await.numbers_of(&session.id), [2, 0, 3, 1]);
}
