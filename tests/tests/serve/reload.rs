//! SIGHUP: certificates, callers, limits and `public.entries` are exchanged, and nobody notices who is
//! still allowed what they do. What can't be used is refused, and the old configuration stays.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use einsicht_proto::v1::{RecordStreamRequest, WatchCheckpointsRequest};
use einsicht_tests::city::{Authority, Caller, City, Shown};
use einsicht_tests::make::{Session, request};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::{DATASET, figures, with_recorder};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_under_load_cost_no_call() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let monitor = city.add(Caller::new("monitoring", "monitor"));
    let service = city.serve().await;
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = [Shown::token(&counter), Shown::certificate(&counter)]
        .into_iter()
        .cycle()
        .take(6)
        .map(|shown| {
            let mut recorder = service.recorder_as(&shown);
            let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
            tokio::spawn(async move {
                let mut session = Session::new();
                while !stop.load(Ordering::Relaxed) {
                    recorder.record(session.request(3)).await.unwrap();
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..10 {
        let before = calls.load(Ordering::Relaxed);
        city.show("server", &city.authority.server());
        city.limits = format!("connections = {}\n", 1000 + round);
        city.add(Caller::recorder(&format!("another-{round}"), &["*"]));
        assert!(service.reload().await, "{}", service.log());
        while calls.load(Ordering::Relaxed) < before + 20 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    let figures = figures(&service, &monitor).await;
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(figures.of("einsicht_reloads_total{outcome=\"done\"}"), 10.0);
    assert!(figures.of("einsicht_certificate_expires_in_seconds{listener=\"internal\"}") > 1e9);
    assert!(figures.of("einsicht_connections{listener=\"internal\"}") >= 6.0);
}

#[tokio::test]
async fn a_broken_configuration_is_refused_with_its_reason_and_the_old_one_stays() {
    let (mut city, service, counter) = with_recorder().await;
    let good = fs::read_to_string(city.config()).unwrap();
    let key = city.path("tls/server.key");
    let good_key = fs::read_to_string(&key).unwrap();
    let other = city.authority.server();
    for (broken, key_text, reason) in [
        ("no toml [".to_owned(), &good_key, "einsichtd.toml"),
        (good.replace("[public]\nentries", "[public]\nentrys"), &good_key, "public.entries"),
        (good.replace("role = \"recorder\"", "role = \"king\""), &good_key, "king"),
        (good.replace("tls/ca.pem", "tls/missing.pem"), &good_key, "missing.pem"),
        (good.replace("data = \"data\"", "data = \"elsewhere\""), &good_key, "ledger.data can't change"),
        (
            good.replace("internal = \"127.0.0.1:0\"", "internal = \"127.0.0.1:1\""),
            &good_key,
            "listen.internal",
        ),
        (good.clone(), &other.key, "is not the key of the certificate"),
    ] {
        fs::write(city.config(), broken).unwrap();
        fs::write(&key, key_text).unwrap();
        assert!(!service.reload().await, "{reason}");
        let log = service.log();
        let line = log.lines().rfind(|line| line.contains("the new configuration is refused")).unwrap();
        assert!(log[log.find(line).unwrap()..].contains(reason), "{reason}: {line}");
        service.recorder(&counter).record(request(1)).await.unwrap();
    }
    fs::write(city.config(), good).unwrap();
    fs::write(&key, good_key).unwrap();
    let late = city.add(Caller::recorder("late", &[DATASET]));
    assert!(service.reload().await);
    service.recorder(&late).record(request(1)).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_was_taken_away_is_refused_at_the_next_message_of_a_stream() {
    let mut city = City::new().await;
    let gone = city.add(Caller::recorder("gone", &[DATASET]));
    let stays = city.add(Caller::recorder("stays", &[DATASET]));
    let service = city.serve().await;
    let mut streams = Vec::new();
    for shown in [Shown::token(&gone), Shown::certificate(&gone), Shown::token(&stays)] {
        let (requests, queue) = mpsc::channel(1);
        let mut session = Session::new();
        let first = RecordStreamRequest { request: Some(session.request(1)) };
        requests.send(first).await.unwrap();
        let answers = service.recorder_as(&shown).record_stream(ReceiverStream::new(queue)).await.unwrap();
        let mut answers = answers.into_inner();
        answers.message().await.unwrap().unwrap();
        streams.push((requests, session, answers));
    }
    let mut watch =
        service.ledger(&gone).watch_checkpoints(WatchCheckpointsRequest {}).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    city.remove("gone");
    assert!(service.reload().await);
    let mut codes = Vec::new();
    for (requests, mut session, mut answers) in streams {
        let second = RecordStreamRequest { request: Some(session.request(1)) };
        requests.send(second).await.unwrap();
        codes.push(answers.message().await.map_or_else(|status| status.code(), |_| Code::Ok));
    }
    assert_eq!(codes, [Code::Unauthenticated, Code::Unauthenticated, Code::Ok]);
    // Something was recorded, so there is a checkpoint to tell of.
    assert_eq!(watch.message().await.unwrap_err().code(), Code::Unauthenticated);
    let status = service.recorder(&gone).record(request(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
}

#[tokio::test]
async fn a_data_set_that_was_taken_away_is_refused_on_a_running_stream() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let service = city.serve().await;
    let (requests, queue) = mpsc::channel(1);
    let mut session = Session::new();
    requests.send(RecordStreamRequest { request: Some(session.request(1)) }).await.unwrap();
    let answers = service.recorder(&counter).record_stream(ReceiverStream::new(queue)).await.unwrap();
    let mut answers = answers.into_inner();
    answers.message().await.unwrap().unwrap();
    city.callers[0].datasets = vec!["bäume".into()];
    city.write();
    assert!(service.reload().await);
    requests.send(RecordStreamRequest { request: Some(session.request(1)) }).await.unwrap();
    assert_eq!(answers.message().await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_token_is_replaced_while_the_old_one_still_works_and_then_withdrawn() {
    let (mut city, service, counter) = with_recorder().await;
    let mut renewed = counter.clone();
    renewed.token = Some("a-new-token-of-the-counter".into());
    let hash = einsicht_tlog::hash::sha256(b"a-new-token-of-the-counter");
    city.callers[0].token_hashes.push(einsicht_tlog::hash::to_hex(&hash.0));
    city.write();
    assert!(service.reload().await);
    for known in [&counter, &renewed] {
        service.recorder(known).record(request(1)).await.unwrap();
    }
    city.callers[0].token_hashes.remove(0);
    city.write();
    assert!(service.reload().await);
    service.recorder(&renewed).record(request(1)).await.unwrap();
    let status = service.recorder(&counter).record(request(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn new_connections_meet_the_new_certificate_and_old_ones_go_on() {
    let (mut city, service, counter) = with_recorder().await;
    let mut before = service.recorder(&counter);
    before.record(request(1)).await.unwrap();
    let other = Authority::new("Another");
    city.show("server", &other.server());
    assert!(service.reload().await);
    before.record(request(1)).await.unwrap();
    let refused = service.recorder(&counter).record(request(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "signed by an authority that the client does not know");
    city.authority = other;
    let trusting = service.trusting(&city.authority);
    trusting.recorder(&counter).record(request(1)).await.unwrap();
}

#[tokio::test]
async fn certificates_of_an_authority_that_was_taken_away_are_refused_on_old_connections_too() {
    let (city, service, counter) = with_recorder().await;
    let mut by_certificate = service.recorder_as(&Shown::certificate(&counter));
    let mut by_token = service.recorder(&counter);
    by_certificate.record(request(1)).await.unwrap();
    by_token.record(request(1)).await.unwrap();
    assert!(service.reload().await);
    by_certificate.record(request(1)).await.expect("the same authority still signs for it");
    city.trust(&Authority::new("Another"));
    assert!(service.reload().await);
    let status = by_certificate.record(request(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    assert!(status.message().contains("not signed by the CA that is trusted here now"), "{status}");
    by_token.record(request(1)).await.unwrap();
}
