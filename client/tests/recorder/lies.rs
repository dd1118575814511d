//! What a recorder does when the ledger lies: it says so at once, and never asks again.

use bytes::Bytes;
use einsicht_client::answer::VerificationError;
use einsicht_client::error::RecordError;
use einsicht_client::{Recorder, trust::TrustError};
use einsicht_proto::v1::RecordResponse;
use einsicht_tlog::SigningKey;

use crate::fake::{Fake, Fault, Log, ORIGIN, access, accesses, key};

/// Records `count` accesses with proofs, lies about the answer, and returns what the recorder finds.
async fn told(
    count: usize,
    lie: impl FnOnce(&mut Log, &mut RecordResponse) + Send + 'static,
) -> VerificationError {
    let fake = Fake::start().await;
    let recorder = fake.proving().await;
    recorder.record_batch(accesses(5)).await.unwrap();
    let believed = recorder.trust().newest();
    fake.fail([Fault::Lie(Box::new(lie))]);
    let error = recorder.record_batch(accesses(count)).await.unwrap_err();
    assert_eq!(fake.request_count(), 2, "a lie is no reason to ask again");
    assert!(error.is_verification_failure());
    assert!(error.to_string().contains("VERIFICATION"), "{error}");
    let RecordError::Verification(error) = error else { panic!("{error}") };
    if matches!(*error, VerificationError::Checkpoint(_)) {
        assert_eq!(recorder.trust().newest(), believed, "what failed is not believed");
    }
    *error
}

#[tokio::test]
async fn a_forged_signature() {
    let error = told(1, |log, response| {
        let stranger = SigningKey::from_seed(ORIGIN, &[43; 32]).unwrap();
        response.checkpoint = log.other_history(stranger, 0).checkpoint();
    })
    .await;
    assert!(matches!(error, VerificationError::Checkpoint(TrustError::Checkpoint(_))), "{error}");
}

#[tokio::test]
async fn a_checkpoint_of_another_ledger() {
    let error = told(1, |log, response| {
        let other = SigningKey::from_seed("ledger.example/other", &[42; 32]).unwrap();
        response.checkpoint = log.other_history(other, 0).checkpoint();
    })
    .await;
    assert!(matches!(error, VerificationError::Checkpoint(TrustError::Checkpoint(_))), "{error}");
}

#[tokio::test]
async fn two_histories() {
    let error = told(1, |log, response| {
        *log = log.other_history(key(), 3);
        response.checkpoint = log.checkpoint();
        response.consistency_proof = log.consistency(6, log.size()).unwrap();
    })
    .await;
    let is_dispute =
        |error: &TrustError| matches!(error, TrustError::Fork { .. } | TrustError::Unproven { .. });
    assert!(matches!(&error, VerificationError::Checkpoint(error) if is_dispute(error)), "{error}");
}

#[tokio::test]
async fn another_root_for_a_known_size() {
    let error = told(1, |log, response| {
        log.cut_back(6);
        *log = log.other_history(key(), 0);
        response.checkpoint = log.checkpoint();
    })
    .await;
    assert!(matches!(error, VerificationError::Checkpoint(TrustError::Fork { .. })), "{error}");
}

#[tokio::test]
async fn an_older_tree_that_the_ledger_does_not_own_up_to() {
    let error = told(1, |log, response| {
        log.cut_back(4);
        response.checkpoint = log.checkpoint();
    })
    .await;
    assert!(matches!(error, VerificationError::ProofRefused { .. }), "{error}");
}

/// Records 40 accesses at once, each in a commit of its own. One answer lies.
async fn one_of_many(lie: impl FnOnce(&mut Log, &mut RecordResponse) + Send + 'static) {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch(accesses(5)).await.unwrap();
    let faults = (0..7).map(|_| Fault::None);
    fake.fail(faults.chain([Fault::Lie(Box::new(lie))]));
    let answers = futures::future::join_all((0..40).map(|_| recorder.record(access()))).await;
    let failed: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    let [error] = &failed[..] else { panic!("one of them lied: {failed:?}") };
    assert!(error.is_verification_failure(), "{error}");
    assert_eq!(recorder.trust().newest().unwrap().size.0, fake.state().log.size());
}

#[tokio::test]
async fn a_lie_among_many_answers_fails_its_own_call_and_no_other() {
    let forged = |log: &Log, more| log.other_history(key(), more);
    one_of_many(move |log, response| response.checkpoint = forged(log, 100).checkpoint()).await;
    one_of_many(move |log, response| response.checkpoint = forged(log, 0).checkpoint()).await;
    one_of_many(move |log, response| response.checkpoint = forged(log, 0).checkpoint_of(3)).await;
    one_of_many(|log, response| {
        let stranger = SigningKey::from_seed(ORIGIN, &[43; 32]).unwrap();
        response.checkpoint = log.other_history(stranger, 100).checkpoint();
    })
    .await;
}

#[tokio::test]
async fn a_proof_of_another_length_of_history() {
    let error = told(1, |_, response| response.consistency_proof.clear()).await;
    assert!(matches!(error, VerificationError::Checkpoint(TrustError::Unproven { .. })), "{error}");
    let error = told(1, |_, response| response.consistency_proof[0] = Bytes::from_static(b"short")).await;
    assert!(matches!(error, VerificationError::NotAHash { .. }), "{error}");
}

#[tokio::test]
async fn a_place_beyond_the_signed_tree() {
    let error = told(2, |_, response| response.recorded[1].index += 1).await;
    assert!(matches!(error, VerificationError::NotCovered { position: 1, .. }), "{error}");
}

#[tokio::test]
async fn places_for_fewer_events_than_were_sent() {
    let error = told(2, |_, response| drop(response.recorded.pop())).await;
    assert!(matches!(error, VerificationError::Count { expected: 2, found: 1 }), "{error}");
}

#[tokio::test]
async fn places_that_were_swapped() {
    let error = told(2, |_, response| response.recorded.swap(0, 1)).await;
    assert!(matches!(error, VerificationError::Order { position: 1, .. }), "{error}");
    // If the ledger also pretends that they are old, order says nothing; the leaves do.
    let error = told(2, |_, response| {
        response.recorded.swap(0, 1);
        response.recorded.iter_mut().for_each(|place| place.already_recorded = true);
    })
    .await;
    assert!(matches!(error, VerificationError::OtherRecord { position: 0, .. }), "{error}");
}

#[tokio::test]
async fn one_place_for_two_events() {
    let error = told(2, |_, response| response.recorded[1] = response.recorded[0].clone()).await;
    assert!(matches!(error, VerificationError::SamePlace { position: 1, .. }), "{error}");
}

#[tokio::test]
async fn another_leaf_hash() {
    let error = told(1, |_, response| response.recorded[0].leaf_hash = Bytes::from_static(&[7; 32])).await;
    assert!(matches!(error, VerificationError::LeafHash { .. }), "{error}");
    let error = told(1, |_, response| response.recorded[0].leaf_hash = Bytes::from_static(&[7; 31])).await;
    assert!(matches!(error, VerificationError::NotAHash { .. }), "{error}");
}

#[tokio::test]
async fn no_leaf_or_no_proof() {
    let error = told(1, |_, response| response.recorded[0].leaf = None).await;
    assert!(matches!(error, VerificationError::NoLeaf { position: 0 }), "{error}");
    let error = told(1, |_, response| response.recorded[0].inclusion_proof.clear()).await;
    assert!(matches!(error, VerificationError::Inclusion { .. }), "{error}");
}

#[tokio::test]
async fn another_event_at_the_place() {
    let error = told(1, |log, response| response.recorded[0] = log.recorded(3, false, true)).await;
    let VerificationError::OtherRecord { index, mismatch, .. } = &error else { panic!("{error}") };
    assert_eq!((index.0, mismatch.field), (3, "purpose"));
}

#[tokio::test]
async fn something_else_than_an_access_at_the_place() {
    let error = told(1, |log, response| response.recorded[0] = log.recorded(0, false, true)).await;
    assert!(matches!(error, VerificationError::OtherKind { .. }), "{error}");
}

#[tokio::test]
async fn records_under_the_name_of_another_service() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.producer = Some("fahrradstation".into());
    config.with_proofs = true;
    let recorder = Recorder::connect(config).await.unwrap();
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Verification(error) = error else { panic!("{error}") };
    assert!(
        matches!(*error, VerificationError::OtherRecord { mismatch, .. } if mismatch.field == "producer")
    );
}

#[tokio::test]
async fn a_ledger_under_another_key_gets_no_event() {
    let fake = Fake::with_log(Log::new(SigningKey::from_seed(ORIGIN, &[43; 32]).unwrap())).await;
    let error = Recorder::connect(fake.config()).await.err().unwrap();
    assert!(error.is_verification_failure(), "{error}");
    assert_eq!(fake.request_count(), 0);
}
