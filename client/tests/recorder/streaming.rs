//! Streams: many requests on their way, answers in order, nothing lost when the stream breaks.

use std::time::Duration;

use einsicht_client::error::RecordError;
use einsicht_client::{Access, Recorder};
use tonic::Status;

use crate::fake::{Fake, Fault, access, accesses};

#[tokio::test]
async fn answers_come_in_the_order_of_sending() {
    let fake = Fake::start().await;
    let stream = fake.proving().await.stream(16);
    let mut tickets = Vec::new();
    for access in accesses(200) {
        tickets.push(stream.send(access).await.unwrap());
    }
    for (number, ticket) in tickets.into_iter().enumerate() {
        let recorded = ticket.await.unwrap();
        assert_eq!(recorded.index.0, number as u64 + 1);
        assert!(recorded.receipt.is_some());
    }
    assert_eq!(stream.finish().await.unwrap(), 200);
    assert_eq!(fake.state().streams, 1);
    assert!(fake.sequences().into_iter().eq(0..200));
}

#[tokio::test]
async fn batches_are_recorded_whole() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let stream = recorder.stream(2);
    let tickets =
        [stream.send_batch(accesses(1000)).await.unwrap(), stream.send_batch(accesses(7)).await.unwrap()];
    let counts = futures::future::join_all(tickets).await;
    let counts: Vec<_> = counts.into_iter().map(|recorded| recorded.unwrap().len()).collect();
    assert_eq!(counts, [1000, 7]);
    for count in [0, 1001] {
        assert!(matches!(stream.send_batch(accesses(count)).await, Err(RecordError::Invalid(_))));
    }
    assert_eq!(stream.finish().await.unwrap(), 1007);
    recorder.close().await.unwrap();
    assert_eq!(fake.state().log.session_ends()[0].last_sequence, Some(1006));
}

#[tokio::test]
async fn a_broken_stream_sends_again_what_was_not_answered() {
    let fake = Fake::start().await;
    let stream = fake.proving().await.stream(8);
    let ok = || (0..10).map(|_| Fault::None);
    fake.fail(ok().chain([Fault::LoseAnswer]).chain(ok()).chain([Fault::LoseAnswer]));
    let mut tickets = Vec::new();
    for access in accesses(40) {
        tickets.push(stream.send(access).await.unwrap());
    }
    assert_eq!(stream.finish().await.unwrap(), 40);
    let recorded = futures::future::join_all(tickets).await;
    assert!(recorded.iter().any(|recorded| recorded.as_ref().unwrap().already_recorded));
    assert!(fake.sequences().into_iter().eq(0..40));
    assert_eq!(fake.state().streams, 3);
}

#[tokio::test]
async fn a_refused_request_harms_no_other() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let stream = recorder.stream(8);
    fake.fail([Fault::None, Fault::None, Fault::Refuse(Status::invalid_argument("not that one"))]);
    let mut tickets = Vec::new();
    for access in accesses(6) {
        tickets.push(stream.send(access).await.unwrap());
    }
    let results = futures::future::join_all(tickets).await;
    let refused: Vec<_> = results.iter().map(Result::is_err).collect();
    assert_eq!(refused, [false, false, true, false, false, false]);
    assert!(matches!(results[2], Err(RecordError::Refused(_))));
    assert_eq!(fake.sequences(), [0, 1, 3, 4, 5]);
    // Its number is free: it fills the gap.
    stream.send(access()).await.unwrap().await.unwrap();
    assert_eq!(fake.sequences(), [0, 1, 3, 4, 5, 2]);
    assert_eq!(stream.finish().await.unwrap(), 6);
}

/// Two requests that are on their way on one stream, refused one after the other.
async fn refused_in_turn(first: Status, second: Status) -> [RecordError; 2] {
    let fake = Fake::start().await;
    let stream = fake.recorder().await.stream(8);
    // Once a stream is open, what is sent is on its way at once.
    stream.send(access()).await.unwrap().await.unwrap();
    fake.fail([Fault::Refuse(first), Fault::Refuse(second)]);
    let tickets = [stream.send(access()).await.unwrap(), stream.send(access()).await.unwrap()];
    let [first, second] = tickets;
    [first.await.unwrap_err(), second.await.unwrap_err()]
}

#[tokio::test]
async fn nothing_behind_a_request_that_is_invalid_was_read() {
    let invalid = || Status::invalid_argument("not that one");
    let errors = refused_in_turn(invalid(), invalid()).await;
    assert!(errors.iter().all(|error| matches!(error, RecordError::Refused(_))), "{errors:?}");
}

#[tokio::test]
async fn what_is_behind_a_request_that_is_refused_otherwise_may_be_recorded() {
    let taken = Status::already_exists("number 1 belongs to another event");
    let [first, second] = refused_in_turn(taken, Status::invalid_argument("not that one")).await;
    assert!(matches!(first, RecordError::Refused(_)), "{first}");
    // It may have been recorded beside the first one, and be refused now for another reason.
    let RecordError::Unconfirmed(unconfirmed) = second else { panic!("{second}") };
    assert!(unconfirmed.may_be_recorded());
}

#[tokio::test]
async fn a_stream_that_is_refused_as_a_whole_is_told_for_each_request() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.token = Some(einsicht_client::config::Token::parse("wrong").unwrap());
    let stream = Recorder::connect(config).await.unwrap().stream(8);
    let (first, second) = (stream.send(access()).await.unwrap(), stream.send(access()).await.unwrap());
    assert!(matches!(first.await, Err(RecordError::Refused(_))));
    assert!(matches!(second.await, Err(RecordError::Refused(_))));
    assert_eq!((fake.request_count(), fake.records().len()), (0, 0));
}

#[tokio::test]
async fn sending_waits_while_too_many_are_unanswered() {
    let fake = Fake::start().await;
    let stream = fake.recorder().await.stream(2);
    fake.fail([Fault::Hang]);
    let first = stream.send(access()).await.unwrap();
    let second = stream.send(access()).await.unwrap();
    let third = tokio::time::timeout(Duration::from_millis(100), stream.send(access())).await;
    assert!(third.is_err(), "there was room for a third");
    // The stream is given up after its deadline, and both are sent again.
    assert!(first.await.unwrap().already_recorded);
    assert!(!second.await.unwrap().already_recorded);
    stream.send(access()).await.unwrap().await.unwrap();
    assert_eq!(fake.state().streams, 2);
}

#[tokio::test]
async fn a_failure_that_no_ticket_told_is_told_at_the_end() {
    let fake = Fake::start().await;
    let stream = fake.recorder().await.stream(8);
    fake.fail([Fault::None, Fault::Refuse(Status::invalid_argument("not that one"))]);
    for access in accesses(5) {
        drop(stream.send(access).await.unwrap());
    }
    let error = stream.finish().await.unwrap_err();
    assert!(matches!(error, RecordError::Refused(_)), "{error}");
    assert_eq!(fake.records().len(), 4);
}

#[tokio::test]
async fn what_cannot_be_confirmed_is_handed_back() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let stream = recorder.stream(8);
    // Once a stream is open, what is sent is on its way at once.
    stream.send(access()).await.unwrap().await.unwrap();
    fake.fail((0..5).map(|_| Fault::Refuse(Status::unavailable("stopped"))));
    let (first, second) = (stream.send(access()).await.unwrap(), stream.send(access()).await.unwrap());
    for result in [first.await, second.await] {
        let Err(RecordError::Unconfirmed(unconfirmed)) = result else { panic!("{result:?}") };
        assert!(!recorder.resend(*unconfirmed).await.unwrap()[0].already_recorded);
    }
    assert_eq!(fake.sequences(), [0, 1, 2]);
    assert_eq!(stream.finish().await.unwrap(), 1);
}

#[tokio::test]
async fn a_lie_on_a_stream_is_told_as_one() {
    let fake = Fake::start().await;
    let stream = fake.proving().await.stream(8);
    fake.fail([
        Fault::None,
        Fault::Lie(Box::new(|log, response| response.recorded[0] = log.recorded(1, false, true))),
    ]);
    let (first, second) = (stream.send(access()).await.unwrap(), stream.send(access()).await.unwrap());
    assert!(first.await.is_ok());
    assert!(second.await.unwrap_err().is_verification_failure());
    assert_eq!(fake.request_count(), 2);
}

#[tokio::test]
async fn a_stream_without_requests_opens_nothing() {
    let fake = Fake::start().await;
    assert_eq!(fake.recorder().await.stream(0).finish().await.unwrap(), 0);
    assert_eq!(fake.state().streams, 0);
}

#[tokio::test]
async fn a_closed_recorder_closes_its_streams() {
    let fake = Fake::start().await;
    let recorder: Recorder = fake.recorder().await;
    let stream = recorder.stream(8);
    let ticket = stream.send(Access::erase("besuchertrend", "löschfrist")).await.unwrap();
    recorder.close().await.unwrap();
    assert!(ticket.await.is_ok());
    assert!(matches!(stream.send(access()).await, Err(RecordError::Closed)));
}
