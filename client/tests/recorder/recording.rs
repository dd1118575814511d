//! What a recorder does as long as nothing goes wrong.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use einsicht_client::error::RecordError;
use einsicht_client::recorder::Numbered;
use einsicht_client::{Access, ActorKind};
use einsicht_proto::v1::SessionEnd;
use einsicht_tlog::Index;

use crate::fake::{Fake, Fault, ORIGIN, PRODUCER, access, accesses, hidden, key, place, places};

#[tokio::test]
async fn one_call_records_one_access() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let recorded = place(recorder.record(access().record_count(7)).await.unwrap());
    assert_eq!((recorded.index, recorded.already_recorded, recorded.receipt), (Index(1), false, None));
    let [record] = &fake.records()[..] else { panic!("one record") };
    assert_eq!((record.dataset.as_str(), record.purpose.as_str()), ("besuchertrend", "verkehrsplanung"));
    assert_eq!((record.record_count, record.sequence), (Some(7), 0));
    assert_eq!((record.session.len(), record.event_id.len()), (16, 16));
    let now_min = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60;
    assert!((now_min as i64 - 1..=now_min as i64).contains(&record.occurred_at_min));
}

#[tokio::test]
async fn unit_role_and_kind_of_actor_come_from_the_configuration() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.defaults.unit = Some("bürgerdienste".into());
    config.defaults.actor_kind = Some(ActorKind::System);
    let recorder = einsicht_client::Recorder::connect(config).await.unwrap();
    recorder.record_batch([access(), access().unit("stadtplanung")]).await.unwrap();
    let units: Vec<_> = fake.records().into_iter().map(|record| record.unit.unwrap()).collect();
    assert_eq!(units, ["bürgerdienste", "stadtplanung"]);
    assert_eq!(fake.records()[1].actor_kind(), ActorKind::System);
}

#[tokio::test]
async fn a_large_batch_is_recorded_by_the_thousand_in_order() {
    let fake = Fake::start().await;
    let recorded = places(fake.recorder().await.record_batch(accesses(2500)).await.unwrap());
    assert!(recorded.iter().map(|recorded| recorded.index.0).eq(1..=2500));
    assert!(fake.sequences().into_iter().eq(0..2500));
    let sizes: Vec<_> = fake.state().seen.iter().map(|request| request.events.len()).collect();
    assert_eq!(sizes, [1000, 1000, 500]);
    assert_eq!(fake.records()[2499].purpose, "zweck-2499");
}

#[tokio::test]
async fn no_accesses_are_no_request() {
    let fake = Fake::start().await;
    assert_eq!(fake.recorder().await.record_batch([]).await.unwrap(), []);
    assert_eq!(fake.request_count(), 0);
}

#[tokio::test]
async fn receipts_prove_what_was_sent_to_anybody_with_the_key() {
    let fake = Fake::start().await;
    // More than are verified without leaving the task.
    let recorded = fake.proving().await.record_batch(accesses(100)).await.unwrap();
    for (number, recorded) in places(recorded).into_iter().enumerate() {
        let bytes = recorded.receipt.unwrap().to_bytes();
        let receipt = einsicht_tlog::receipt::Receipt::parse(&bytes).unwrap();
        let (leaf, checkpoint) = receipt.verify(None, ORIGIN, &[key().verifier().clone()]).unwrap();
        assert_eq!(leaf, fake.state().log.leaf(recorded.index.0));
        assert_eq!((receipt.index.0, checkpoint.head.size.0), (number as u64 + 1, 101));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_share_one_session_without_gaps_or_doubles() {
    let fake = Fake::start().await;
    let recorder = fake.proving().await;
    let tasks = (0..64).map(|number| {
        let recorder = recorder.clone();
        tokio::spawn(async move { recorder.record_batch(accesses(number % 5 + 1)).await.unwrap().len() })
    });
    let counts = futures::future::join_all(tasks).await;
    let count: usize = counts.into_iter().map(Result::unwrap).sum();
    let mut sequences = fake.sequences();
    sequences.sort_unstable();
    assert!(sequences.into_iter().eq(0..count as u64));
    let newest = recorder.trust().newest().unwrap();
    assert_eq!(newest.size.0, fake.state().log.size());
}

#[tokio::test]
async fn answers_bring_the_proof_that_they_need() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    for _ in 0..5 {
        recorder.record(access()).await.unwrap();
    }
    assert_eq!(fake.state().proofs_asked, 0);
}

#[tokio::test]
async fn answers_under_many_checkpoints_are_all_believed_and_none_waits_for_many_proofs() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record(access()).await.unwrap();
    for _ in 0..3 {
        let all = (0..64).map(|_| recorder.record(access()));
        assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
        assert_eq!(recorder.trust().newest().unwrap().size.0, fake.state().log.size());
    }
    assert!(fake.state().proofs_asked <= 3 * 64, "each checkpoint is proven once");
}

#[tokio::test]
async fn answers_under_one_checkpoint_need_one_proof() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch(accesses(20)).await.unwrap();
    fake.fail((0..16).map(|index| {
        Fault::Lie(Box::new(move |log, response| {
            response.recorded[0] = log.recorded(index, true, false);
            response.checkpoint = log.checkpoint_of(17);
        }))
    }));
    let all = (0..16).map(|_| recorder.record(access()));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(fake.state().proofs_asked, 1);
}

#[tokio::test]
async fn an_invalid_access_is_not_sent_and_gets_no_number() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let error = recorder.record_batch([access(), Access::query("", "p")]).await.unwrap_err();
    assert!(matches!(error, RecordError::Invalid(_)));
    assert!(error.to_string().contains("events[1].dataset"), "{error}");
    recorder.record(access()).await.unwrap();
    assert_eq!((fake.request_count(), fake.sequences()), (1, vec![0]));
}

#[tokio::test]
async fn closing_ends_the_session_once_and_for_all_clones() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch(accesses(3)).await.unwrap();
    recorder.clone().close().await.unwrap();
    recorder.close().await.unwrap();
    assert!(matches!(recorder.record(access()).await, Err(RecordError::Closed)));
    let session = fake.records()[0].session.clone();
    let end = SessionEnd { producer: PRODUCER.into(), session, last_sequence: Some(2) };
    assert_eq!(fake.state().log.session_ends(), [end]);
}

#[tokio::test]
async fn an_end_that_was_not_recorded_can_be_recorded_later() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record(access()).await.unwrap();
    fake.state().end_faults.push_back(tonic::Status::internal("broken"));
    assert!(matches!(recorder.close().await, Err(RecordError::SessionEnd(_))));
    recorder.close().await.unwrap();
    assert_eq!(fake.state().log.session_ends().len(), 1);
}

#[tokio::test]
async fn a_session_that_is_old_is_replaced_and_ended() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.session_age_max = Duration::from_millis(1);
    let recorder = einsicht_client::Recorder::connect(config).await.unwrap();
    recorder.record_batch(accesses(2)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    recorder.record(access()).await.unwrap();
    let [first, _, second] = &fake.records()[..] else { panic!("three records") };
    assert_ne!(first.session, second.session);
    assert_eq!(second.sequence, 0);
    while fake.state().log.session_ends().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    recorder.close().await.unwrap();
    let ends = fake.state().log.session_ends();
    let ends: Vec<_> = ends.into_iter().map(|end| (end.session, end.last_sequence)).collect();
    assert_eq!(ends, [(first.session.clone(), Some(1)), (second.session.clone(), Some(0))]);
}

#[tokio::test]
async fn numbers_that_the_caller_chose_make_a_repeated_run_add_nothing() {
    let fake = Fake::start().await;
    let recorder = fake.proving().await;
    let mut id = *uuid::uuid!("936da01f-9abd-4d9d-80c7-02af85c822a8").as_bytes();
    let lines: Vec<_> = accesses(10)
        .into_iter()
        .map(|access| {
            id[0] += 1;
            access.event_id(id).occurred_at_us(1_700_000_000_000_000)
        })
        .collect();
    let numbered = Numbered { session: [9; 16], first_sequence: 100 };
    let first = recorder.record_numbered(numbered, lines.clone()).await.unwrap();
    let again = recorder.record_numbered(numbered, lines).await.unwrap();
    assert!(
        first.iter().zip(&again).all(|(first, again)| first.index == again.index && again.already_recorded)
    );
    assert!(fake.sequences().into_iter().eq(100..110));
    let error = recorder.record_numbered(numbered, [access()]).await.unwrap_err();
    assert!(error.to_string().contains("events[0].event_id is required"), "{error}");
}

#[tokio::test]
async fn what_was_verified_is_remembered_between_runs() {
    let fake = Fake::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = fake.config();
    config.state_dir = Some(dir.path().to_owned());
    let recorder = einsicht_client::Recorder::connect(config.clone()).await.unwrap();
    recorder.record_batch(accesses(20)).await.unwrap();
    let recorder = einsicht_client::Recorder::connect(config.clone()).await.unwrap();
    assert_eq!(recorder.trust().newest().unwrap().size.0, 21);
    fake.state().log.cut_back(10);
    let error = einsicht_client::Recorder::connect(config).await.err().unwrap();
    assert!(error.is_verification_failure(), "{error}");
    assert!(error.to_string().contains("10"), "{error}");
}

/// A hidden number between two that everybody sees would tell which session, and so which service, it is of.
#[tokio::test]
async fn confidential_accesses_leave_no_gap_among_those_that_everybody_sees() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch([access(), hidden(), hidden(), access()]).await.unwrap();
    recorder.record(hidden()).await.unwrap();
    recorder.record(access()).await.unwrap();
    let numbers = |hides: bool| {
        let of_kind = fake.sent().into_iter().filter(|sent| sent.hides == hides);
        let (sessions, numbers): (BTreeSet<_>, Vec<_>) =
            of_kind.map(|sent| (sent.session, sent.number)).unzip();
        assert_eq!(sessions.len(), 1, "{hides}");
        (sessions, numbers)
    };
    let (public, hidden) = (numbers(false), numbers(true));
    assert_eq!((&public.1[..], &hidden.1[..]), (&[0, 1, 2][..], &[0, 1, 2][..]));
    assert_ne!(public.0, hidden.0);
    recorder.close().await.unwrap();
    let ended = fake.state().log.session_ends().into_iter().map(|end| (end.session, end.last_sequence));
    let both = public.0.into_iter().chain(hidden.0).map(|session| (session, Some(2)));
    assert_eq!(ended.collect::<BTreeSet<_>>(), both.collect());
}
