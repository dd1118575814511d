//! Numbers are neither lost nor used twice.

use std::time::Duration;

use super::Visibility::{Confidential, Public};
use super::one::REUSE_DISTANCE_MAX;
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn firsts(sessions: &Sessions, counts: &[u64]) -> Vec<u64> {
    counts.iter().map(|count| sessions.take(*count, Public).unwrap().first()).collect()
}

#[test]
fn numbers_are_consecutive_from_0_in_a_random_session() {
    let sessions = Sessions::new(DAY);
    assert_eq!(firsts(&sessions, &[1, 500, 1, 2]), [0, 1, 501, 502]);
    let (here, there) = (sessions.take(1, Public).unwrap(), Sessions::new(DAY).take(1, Public).unwrap());
    assert_eq!(here.session().len(), 16);
    assert_ne!(here.session(), there.session());
}

/// Each hidden number would stand between two that everybody sees.
#[tokio::test]
async fn confidential_records_have_a_session_and_numbers_of_their_own() {
    let sessions = Sessions::new(DAY);
    let take = |kind| sessions.take(1, kind).unwrap();
    let [public, hidden] = [Public, Confidential].map(|kind| take(kind).session().clone());
    assert_ne!(public, hidden);
    let kinds = [Public, Confidential, Confidential, Public, Confidential];
    let mut taken: Vec<_> = kinds.into_iter().map(take).collect();
    let given: Vec<_> = taken.iter().map(|numbers| (numbers.session(), numbers.first())).collect();
    assert_eq!(given, [(&public, 1), (&hidden, 1), (&hidden, 2), (&public, 2), (&hidden, 3)]);
    // Numbers that come back are of their own session again.
    taken.remove(2).give_back();
    taken.extend([take(Public), take(Confidential)]);
    let given: Vec<_> = taken[4..].iter().map(|numbers| (numbers.session(), numbers.first())).collect();
    assert_eq!(given, [(&public, 3), (&hidden, 2)]);
    drop(taken);
    let ended = sessions.close().await.into_iter().map(|ending| (ending.session, ending.last_sequence));
    assert_eq!(ended.collect::<Vec<_>>(), [(public, Some(3)), (hidden, Some(3))]);
}

#[test]
fn a_request_with_a_public_record_is_of_the_public_session() {
    let event = |day| AccessEvent { confidential_until_day: day, ..AccessEvent::default() };
    let sessions = Sessions::new(DAY);
    let session = |events: &[AccessEvent]| sessions.take_for(events).unwrap().session().clone();
    let (public, hidden) = (session(&[event(None)]), session(&[event(Some(1)), event(Some(2))]));
    assert_ne!(public, hidden);
    assert_eq!(session(&[event(Some(1)), event(None)]), public);
    assert_eq!(session(&[event(Some(1))]), hidden);
}

#[test]
fn refused_numbers_are_used_again() {
    let sessions = Sessions::new(DAY);
    let [a, b, c] = [3, 4, 5].map(|count| sessions.take(count, Public).unwrap());
    assert_eq!((a.first(), b.first(), c.first()), (0, 3, 7));
    b.give_back();
    // 3..7 is free: too short for 5, long enough for 1 and then 3.
    assert_eq!(firsts(&sessions, &[5, 1, 3, 1]), [12, 3, 4, 17]);
    drop((a, c));
}

#[test]
fn numbers_given_back_at_the_end_leave_nothing_behind() {
    let sessions = Sessions::new(DAY);
    let [a, b, c] = [3, 4, 5].map(|count| sessions.take(count, Public).unwrap());
    b.give_back();
    c.give_back();
    assert_eq!(firsts(&sessions, &[9]), [3]);
    drop(a);
}

#[test]
fn numbers_that_the_service_may_have_forgotten_are_not_used_again() {
    let sessions = Sessions::new(DAY);
    let old = sessions.take(1, Public).unwrap();
    firsts(&sessions, &[REUSE_DISTANCE_MAX]);
    old.give_back();
    assert_eq!(firsts(&sessions, &[1]), [REUSE_DISTANCE_MAX + 1]);
}

#[tokio::test]
async fn a_replaced_session_is_ended_when_nothing_uses_it_any_more() {
    let sessions = Sessions::new(Duration::ZERO);
    let first = sessions.take(2, Public).unwrap();
    let second = sessions.take(1, Public).unwrap();
    assert_ne!(first.session(), second.session());
    assert_eq!((second.first(), sessions.take_idle()), (0, vec![]));
    let session = first.session().clone();
    drop(first);
    assert_eq!(sessions.take_idle(), [EndSessionRequest { session, last_sequence: Some(1) }]);
    assert_eq!(sessions.take_idle(), []);
}

#[tokio::test]
async fn closing_waits_for_calls_and_ends_every_session_once() {
    let sessions = Sessions::new(DAY);
    let numbers = sessions.take(2, Public).unwrap();
    let session = numbers.session().clone();
    let closing = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.close().await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!closing.is_finished());
    assert_eq!(sessions.take(1, Public).err(), Some(NoNumbers::Closed));
    drop(numbers);
    let ending = EndSessionRequest { session, last_sequence: Some(1) };
    assert_eq!(closing.await.unwrap(), std::slice::from_ref(&ending));
    assert_eq!(sessions.close().await, []);
    sessions.keep(ending.clone());
    assert_eq!(sessions.close().await, [ending]);
}

#[tokio::test]
async fn numbers_set_aside_keep_a_session_from_ending_but_not_from_closing() {
    let sessions = Sessions::new(Duration::ZERO);
    let aside = sessions.take(1, Public).unwrap().set_aside();
    drop(sessions.take(1, Public).unwrap());
    drop(sessions.take(1, Public).unwrap());
    assert_eq!(sessions.take_idle().len(), 1, "the second only: the third is current");
    let again = aside.take_up().set_aside();
    assert_eq!(sessions.close().await.len(), 2);
    drop(again);
    assert_eq!(sessions.close().await, []);
}

#[tokio::test]
async fn a_session_without_events_is_not_worth_an_entry() {
    let sessions = Sessions::new(DAY);
    assert_eq!(sessions.close().await, []);
    let sessions = Sessions::new(DAY);
    sessions.take(5, Public).unwrap().give_back();
    assert_eq!(sessions.close().await, []);
}

#[test]
fn a_request_that_lags_far_behind_begins_another_session() {
    let sessions = Sessions::new(DAY);
    let lagging = sessions.take(1, Public).unwrap();
    let ahead = sessions.take(REUSE_DISTANCE_MAX, Public).unwrap();
    assert_eq!(ahead.session(), lagging.session());
    let next = sessions.take(1, Public).unwrap();
    assert_ne!(next.session(), lagging.session());
    assert_eq!(next.first(), 0);
}
