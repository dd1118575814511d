//! What a recorder does when the ledger, or the way to it, fails: nothing is lost silently, nothing
//! is recorded twice, and no failure looks like another.

use std::time::{Duration, Instant};

use einsicht_client::Recorder;
use einsicht_client::config::Token;
use einsicht_client::error::RecordError;
use einsicht_client::retry::RetryPolicy;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::fake::{Fake, Fault, access, accesses, place, places};

fn unavailable() -> Fault {
    Fault::Refuse(Status::unavailable("the ledger has stopped writing"))
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_nothing_doubles() {
    let fake = Fake::start().await;
    let recorder = fake.proving().await;
    fake.fail([Fault::LoseAnswer]);
    let recorded = places(recorder.record_batch(accesses(3)).await.unwrap());
    assert!(recorded.iter().all(|recorded| recorded.already_recorded && recorded.receipt.is_some()));
    let seen = fake.state().seen.clone();
    assert_eq!(seen.len(), 2);
    assert_eq!((&seen[0].session, seen[0].first_sequence), (&seen[1].session, seen[1].first_sequence));
    assert_eq!(seen[0].events, seen[1].events);
    assert_eq!(fake.sequences(), [0, 1, 2]);
}

#[tokio::test]
async fn a_ledger_that_is_away_for_a_while_is_asked_again() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let aborted = Fault::Refuse(Status::aborted("once more"));
    fake.fail([unavailable(), unavailable(), aborted]);
    assert!(!place(recorder.record(access()).await.unwrap()).already_recorded);
    assert_eq!((fake.request_count(), fake.sequences()), (4, vec![0]));
}

#[tokio::test]
async fn a_full_queue_is_given_the_time_that_it_asks_for() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(300)));
    fake.fail([Fault::Refuse(Status::with_error_details(Code::ResourceExhausted, "queue full", details))]);
    let began = Instant::now();
    recorder.record(access()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(fake.sequences(), [0]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_asked_for_again() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.call_timeout = Duration::from_millis(100);
    let recorder = Recorder::connect(config).await.unwrap();
    fake.fail([Fault::Hang]);
    assert!(place(recorder.record(access()).await.unwrap()).already_recorded);
    assert_eq!((fake.request_count(), fake.sequences()), (2, vec![0]));
}

#[tokio::test]
async fn what_stays_unconfirmed_can_be_sent_again_later() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    fake.fail([Fault::LoseAnswer, unavailable(), unavailable(), unavailable(), unavailable()]);
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    assert!(unconfirmed.may_be_recorded());
    assert!(unconfirmed.to_string().contains("5 attempts"), "{unconfirmed}");
    // Meanwhile others go on, with other numbers.
    recorder.record(access()).await.unwrap();
    let recorded = recorder.resend(*unconfirmed).await.unwrap();
    assert!(recorded[0].already_recorded);
    assert_eq!(fake.sequences(), [0, 1]);
}

#[tokio::test]
async fn a_session_is_not_ended_as_long_as_something_of_it_may_be_sent_again() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.session_age_max = Duration::from_millis(1);
    let recorder = Recorder::connect(config).await.unwrap();
    fake.fail((0..5).map(|_| unavailable()));
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    tokio::time::sleep(Duration::from_millis(5)).await;
    recorder.record(access()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(fake.state().log.session_ends(), []);
    assert!(!recorder.resend(*unconfirmed).await.unwrap()[0].already_recorded);
    while fake.state().log.session_ends().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_request_for_which_there_was_never_room_is_known_not_to_be_recorded() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.retry = RetryPolicy::never();
    let recorder = Recorder::connect(config).await.unwrap();
    fake.fail([Fault::Refuse(Status::resource_exhausted("queue full"))]);
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    assert!(!unconfirmed.may_be_recorded());
    assert!(unconfirmed.to_string().contains("were not recorded"), "{unconfirmed}");
    assert!(!recorder.resend(*unconfirmed).await.unwrap()[0].already_recorded);
}

#[tokio::test]
async fn numbers_of_refused_events_are_used_again_so_that_no_gap_is_left() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    fake.fail([Fault::None, Fault::Refuse(Status::invalid_argument("clock of the client is wrong"))]);
    recorder.record_batch(accesses(2)).await.unwrap();
    let error = recorder.record_batch(accesses(3)).await.unwrap_err();
    assert!(matches!(&error, RecordError::Refused(failure) if failure.code() == Code::InvalidArgument));
    assert!(error.to_string().contains("clock of the client is wrong"), "{error}");
    recorder.record(access()).await.unwrap();
    assert_eq!((fake.request_count(), fake.sequences()), (3, vec![0, 1, 2]));
}

#[tokio::test]
async fn numbers_that_may_be_taken_are_never_used_again() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    // Recorded, but the answer is lost; then the token is withdrawn.
    fake.fail([Fault::LoseAnswer, Fault::Refuse(Status::unauthenticated("the token is not known"))]);
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    assert!(unconfirmed.may_be_recorded());
    fake.fail([Fault::Refuse(Status::unauthenticated("the token is not known"))]);
    let error = recorder.resend(*unconfirmed).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    recorder.record(access()).await.unwrap();
    assert_eq!(fake.sequences(), [0, 1]);
    assert!(recorder.resend(*unconfirmed).await.unwrap()[0].already_recorded);
    fake.fail([Fault::Refuse(Status::already_exists("number 2 belongs to another event"))]);
    assert!(matches!(recorder.record(access()).await, Err(RecordError::Refused(_))));
    recorder.record(access()).await.unwrap();
    assert_eq!(fake.sequences(), [0, 1, 3]);
}

/// A true answer under a checkpoint for which the ledger has to be asked for a proof.
fn under_an_older_checkpoint() -> Fault {
    Fault::Lie(Box::new(|log, response| {
        response.recorded[0] = log.recorded(2, true, false);
        response.checkpoint = log.checkpoint_of(4);
    }))
}

#[tokio::test]
async fn an_answer_whose_proof_cannot_be_had_is_neither_refused_nor_false() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch(accesses(5)).await.unwrap();
    fake.fail([under_an_older_checkpoint()]);
    fake.state().proof_faults.push_back(Status::permission_denied("proofs are for auditors"));
    let error = recorder.record(access()).await.unwrap_err();
    let RecordError::Unconfirmed(unconfirmed) = error else { panic!("{error}") };
    assert!(unconfirmed.may_be_recorded());
    assert!(unconfirmed.to_string().contains("could not be verified"), "{unconfirmed}");
    // It is recorded: its number must not be used for another event.
    recorder.record(access()).await.unwrap();
    assert!(fake.sequences().into_iter().eq(0..7));
}

#[tokio::test]
async fn a_proof_that_could_not_be_had_at_once_is_asked_for_again() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    recorder.record_batch(accesses(5)).await.unwrap();
    fake.fail([under_an_older_checkpoint(), under_an_older_checkpoint()]);
    fake.state().proof_faults.push_back(Status::unavailable("away"));
    recorder.record(access()).await.unwrap();
    assert_eq!((fake.request_count(), fake.state().proofs_asked), (3, 2));
}

#[tokio::test]
async fn a_batch_that_stops_in_the_middle_says_how_far_it_came() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    fake.fail([Fault::None, Fault::None, Fault::Refuse(Status::permission_denied("no more"))]);
    let error = recorder.record_batch(accesses(2500)).await.unwrap_err();
    let RecordError::Partly { kept, error } = error else { panic!("{error}") };
    assert_eq!(kept.len(), 2000);
    assert!(matches!(*error, RecordError::Refused(_)));
    assert_eq!(fake.records().len(), 2000);
}

#[tokio::test]
async fn a_token_that_is_not_known_is_refused_at_once_and_never_shown() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.token = Some(Token::parse("open-sesame-1234").unwrap());
    let recorder = Recorder::connect(config).await.unwrap();
    let error = recorder.record(access()).await.unwrap_err();
    assert!(matches!(&error, RecordError::Refused(failure) if failure.code() == Code::Unauthenticated));
    assert!(!format!("{error} {error:?}").contains("open-sesame"));
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn a_ledger_that_is_not_there_is_unreachable_and_nothing_else() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.url = format!("http://{address}");
    let error = Recorder::connect(config).await.err().unwrap();
    assert!(matches!(&error, RecordError::Unreachable { attempts: 5, .. }), "{error:?}");
    assert!(!error.is_verification_failure());
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn https_is_spoken_before_anything_is_said() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let greeted = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 3];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
        first
    });
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.url = format!("https://{address}");
    config.retry = RetryPolicy::never();
    let error = Recorder::connect(config).await.err().unwrap();
    // Where the system trusts no certificates, it says so instead.
    if let RecordError::Unreachable { .. } = &error {
        // RFC 8446 section 5.1: a record of type handshake, version 3.x.
        assert!(matches!(greeted.await.unwrap(), [22, 3, _]));
    } else {
        assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
    }
}
