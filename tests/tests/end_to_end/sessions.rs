//! Sessions: their end, and what is refused to them.

use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EndSessionRequest, RecordRequest, SessionEnd};
use einsicht_tests::make::{Session, event};
use einsicht_tests::service::Service;
use einsicht_tests::verify::{PRODUCER, Whole, hash};
use tonic::Code;

use crate::folder;

#[tokio::test]
async fn the_end_of_a_session_is_logged_once_with_its_last_number() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    service.record(session.request(3)).await.unwrap();
    let ended = service.recorder().end_session(session.end()).await.unwrap().into_inner();
    let again = service.recorder().end_session(session.end()).await.unwrap().into_inner();
    let (place, known) = (ended.recorded.unwrap(), again.recorded.unwrap());
    assert_eq!((place.index, place.already_recorded), (5, false));
    assert_eq!((known.index, &known.leaf_hash, known.already_recorded), (5, &place.leaf_hash, true));

    let whole = Whole::read(&service).await;
    assert_eq!(service.verifier().open(&ended.checkpoint), whole.head_at(6));
    assert_eq!(hash(&place.leaf_hash), whole.hash_of(5));
    let expected =
        SessionEnd { producer: PRODUCER.into(), session: session.id.clone(), last_sequence: Some(2) };
    assert_eq!(whole.bodies().last().unwrap().content, Some(Content::SessionEnd(expected)));
    assert_eq!(whole.size(), 6);
}

#[tokio::test]
async fn a_session_that_recorded_nothing_can_end_too() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let session = Session::new();
    service.recorder().end_session(session.end()).await.unwrap();
    let whole = Whole::read(&service).await;
    let Some(Content::SessionEnd(end)) = whole.bodies().last().unwrap().content else { panic!("no end") };
    assert_eq!((end.session, end.last_sequence), (session.id, None));
}

#[tokio::test]
async fn a_session_that_has_ended_records_nothing_more_and_still_answers_for_what_it_did() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let first = session.request(3);
    service.record(first.clone()).await.unwrap();
    service.recorder().end_session(session.end()).await.unwrap();
    let refused = service.record(session.request(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("use a new one"), "{refused}");
    assert!(service.record(first).await.unwrap().recorded.iter().all(|r| r.already_recorded));
    assert_eq!(service.head().await.size.0, 6);
}

#[tokio::test]
async fn the_end_of_a_session_must_not_hide_numbers_that_it_recorded() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    service.record(session.request(5)).await.unwrap();
    for last_sequence in [Some(3), None] {
        let end = EndSessionRequest { session: session.id.clone(), last_sequence };
        let refused = service.recorder().end_session(end).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }
    assert_eq!(service.head().await.size.0, 7);
    service.recorder().end_session(session.end()).await.unwrap();
}

#[tokio::test]
async fn a_number_is_never_used_for_two_events() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let first = session.request(3);
    service.record(first.clone()).await.unwrap();
    let mut events = first.events.clone();
    events[1] = event();
    let conflicting = RecordRequest { events: [events, vec![event()]].concat(), ..first };
    let refused = service.record(conflicting).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(refused.message().contains("event 1: sequence 1"), "{refused}");
    assert!(refused.message().contains("entry 3"), "{refused}");
    assert_eq!(service.head().await.size.0, 5, "nothing of the batch was recorded");
    service.record(session.request(1)).await.unwrap();
}

#[tokio::test]
async fn a_number_too_far_behind_is_refused_because_nobody_can_tell_any_more() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut session = Session::new();
    let late = session.request(3);
    session.next = 65_537;
    service.record(session.request(1)).await.unwrap();
    let refused = service.record(late.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("event 0: sequence 0"), "{refused}");
    assert!(refused.message().contains("new session"), "{refused}");
    let just_within = RecordRequest { first_sequence: 2, events: vec![event()], ..late };
    service.record(just_within).await.unwrap();
    assert_eq!(Whole::read(&service).await.numbers_of(&session.id), [65_537, 2]);
}
