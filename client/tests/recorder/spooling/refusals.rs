//! What the ledger refuses: for good, by mistake, or because it is none.

use einsicht_tlog::SigningKey;
use tonic::Status;

use super::*;
use crate::fake::ORIGIN;

#[tokio::test]
async fn what_the_ledger_refuses_for_good_is_set_aside_and_the_rest_goes_on() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    fake.go_away();
    let recorder = spooling.recorder().await;
    for access in accesses(4) {
        recorder.record(access).await.unwrap();
    }
    let status = Status::invalid_argument("the clock of the client is wrong");
    fake.state().refused = Some(("zweck-1".to_owned(), status));
    fake.come_back();
    let status = until(&recorder, |status| status.events == 0).await;
    assert_eq!((status.refused_events, fake.sequences()), (1, vec![0, 2, 3]));
    let refused = fs::read(spooling.spool().dir.join("refused")).unwrap();
    let text = String::from_utf8_lossy(&refused);
    assert!(text.contains("clock of the client is wrong") && text.contains("zweck-1"), "{text}");
    // It stays known after a restart.
    drop(recorder);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(spooling.recorder().await.spool_status().unwrap().refused_events, 1);
}

#[tokio::test]
async fn a_token_that_is_not_known_yet_costs_nothing_but_time() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    let recorder = spooling.recorder().await;
    fake.go_away_with(Status::unauthenticated("the token is not known"));
    assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
    let halted = |status: &SpoolStatus| status.halted.as_ref().is_some_and(|halted| halted.attempts > 3);
    let status = until(&recorder, halted).await;
    assert_eq!((status.halted.unwrap().reason, status.events), (HaltReason::NotKnown, 1));
    fake.come_back();
    until(&recorder, |status| status.events == 0).await;
    assert_eq!(fake.sequences(), [0]);
}

#[tokio::test]
async fn a_refusal_that_may_be_a_mistake_is_waited_out_before_it_counts() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    for (doubt_max, refused) in [(Duration::from_secs(3600), 0), (Duration::ZERO, 1)] {
        fake.go_away();
        let mut spool = spooling.spool();
        spool.doubt_max = doubt_max;
        let recorder = spooling.recorder_with(spool).await;
        recorder.record(access()).await.unwrap();
        fake.fail((0..3).map(|_| Fault::Refuse(Status::permission_denied("not for this data set"))));
        fake.come_back();
        let status = until(&recorder, |status| status.events == 0).await;
        assert_eq!(status.refused_events, refused);
        fake.state().faults.clear();
        drop(recorder);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(fake.records().len(), 1);
}

#[tokio::test]
async fn a_mistake_that_passed_does_not_shorten_the_time_for_the_next_one() {
    let spooling = Spooling::start().await;
    let doubt_max = Duration::from_secs(2);
    let mut spool = spooling.spool();
    spool.doubt_max = doubt_max;
    let recorder = spooling.recorder_with(spool).await;
    for _ in 0..2 {
        spooling.fake.fail((0..3).map(|_| Fault::Refuse(Status::internal("reading ended in disorder"))));
        assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
        until(&recorder, |status| status.events == 0).await;
        tokio::time::sleep(doubt_max).await;
    }
    assert_eq!(recorder.spool_status().unwrap().refused_events, 0);
    assert_eq!(spooling.fake.sequences(), [0, 1]);
}

#[tokio::test]
async fn a_door_without_a_ledger_behind_it_costs_nothing_but_time() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    fake.go_away();
    let recorder = spooling.recorder().await;
    recorder.record_batch(accesses(3)).await.unwrap();
    fake.go_away_with(Status::unimplemented("there is no such service or method here"));
    let says_so = |status: &SpoolStatus| {
        status.halted.as_ref().is_some_and(|halted| halted.message.contains("no such service"))
    };
    let status = until(&recorder, says_so).await;
    assert_eq!((status.events, status.refused_events), (3, 0));
    fake.come_back();
    until(&recorder, |status| status.events == 0).await;
    assert_eq!(fake.sequences(), [0, 1, 2]);
}

#[tokio::test]
async fn a_request_that_is_too_large_for_the_ledger_is_not_spooled() {
    let spooling = Spooling::start().await;
    let recorder = spooling.recorder().await;
    let too_large = Status::out_of_range("the message has 3000000 bytes, this caller may send 1000000");
    spooling.fake.fail([Fault::Refuse(too_large)]);
    let error = recorder.record_batch(accesses(3)).await.unwrap_err();
    assert!(error.to_string().contains("3000000 bytes"), "{error}");
    let status = recorder.spool_status().unwrap();
    assert_eq!((status.events, status.refused_events, status.halted), (0, 0, None));
}

#[tokio::test]
async fn nothing_is_sent_to_a_ledger_that_was_never_verified() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    fake.go_away();
    let mut config = spooling.config(spooling.spool());
    config.key = SigningKey::from_seed(ORIGIN, &[9; 32]).unwrap().verifier().clone();
    let recorder = Recorder::connect(config).await.unwrap();
    assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
    fake.come_back();
    let is_distrusted = |status: &SpoolStatus| {
        status.halted.as_ref().is_some_and(|halted| halted.reason == HaltReason::Distrusted)
    };
    until(&recorder, is_distrusted).await;
    assert_eq!((fake.request_count(), fake.records().len()), (0, 0));
}
