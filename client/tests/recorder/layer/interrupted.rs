//! Handlers that do not come to their end: what they stated is recorded all the same.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use einsicht_client::layer::AccessGuard;
use einsicht_client::{Outcome, Recorder};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::recorded;
use crate::fake::{Fake, Fault, access};

/// A service whose handler states an access, says that it has, and goes on as `then` says.
fn service<F: Future<Output = ()> + Send + 'static>(
    recorder: &Recorder,
    then: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> (Router, Arc<Notify>) {
    let stated = Arc::new(Notify::new());
    let notify = stated.clone();
    let handler = move |guard: AccessGuard| async move {
        guard.state(access());
        notify.notify_one();
        then().await;
        "340 visitors"
    };
    (recorded(Router::new().route("/", get(handler)), recorder), stated)
}

#[tokio::test]
async fn an_access_whose_caller_is_gone_is_recorded() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let (service, stated) = service(&recorder, std::future::pending);
    tokio::select! {
        _ = super::get(&service, "/") => panic!("it never ends"),
        () = stated.notified() => {}
    }
    recorder.close().await.unwrap();
    assert_eq!(fake.records().iter().map(|record| record.outcome).collect::<Vec<_>>(), [None]);
}

#[tokio::test]
async fn a_caller_who_leaves_while_it_is_recorded_changes_nothing() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.call_timeout = Duration::from_millis(200);
    let recorder = Recorder::connect(config).await.unwrap();
    let (service, _) = service(&recorder, || async {});
    fake.fail([Fault::Hang]);
    assert!(timeout(Duration::from_millis(50), super::get(&service, "/")).await.is_err());
    recorder.close().await.unwrap();
    assert_eq!(fake.sequences(), [0], "the same request was sent again, not another");
    assert_eq!(fake.request_count(), 2);
    assert_eq!(fake.state().log.session_ends().len(), 1);
}

#[tokio::test]
async fn an_access_whose_handler_panics_is_recorded_as_failed() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let (service, _) = service(&recorder, || async { panic!("a test of panics") });
    let panicked = tokio::spawn(async move { super::get(&service, "/").await }).await;
    assert!(panicked.unwrap_err().is_panic());
    recorder.close().await.unwrap();
    let outcomes: Vec<_> = fake.records().iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Failed.into())]);
}

#[tokio::test]
async fn nothing_is_recorded_of_a_handler_that_had_stated_nothing_yet() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let routes = Router::new().route("/", get(|_: AccessGuard| std::future::pending::<&'static str>()));
    let service = recorded(routes, &recorder);
    assert!(timeout(Duration::from_millis(20), super::get(&service, "/")).await.is_err());
    recorder.close().await.unwrap();
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn what_is_stated_when_the_answer_has_left_is_recorded_late() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let answered = Arc::new(Notify::new());
    let is_answered = answered.clone();
    let late = Arc::new(Notify::new());
    let is_late = late.clone();
    let handler = move |guard: AccessGuard| async move {
        guard.nothing_accessed("not yet");
        tokio::spawn(async move {
            is_answered.notified().await;
            guard.state(access());
            is_late.notify_one();
        });
        "more to come"
    };
    let service = recorded(Router::new().route("/", get(handler)), &recorder);
    super::get(&service, "/").await;
    answered.notify_one();
    late.notified().await;
    recorder.close().await.unwrap();
    assert_eq!(fake.sequences(), [0]);
}

#[tokio::test]
async fn many_callers_who_leave_lose_nothing() {
    const CALLERS: u32 = 100;
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let (service, _) = service(&recorder, || tokio::time::sleep(Duration::from_millis(5)));
    let callers = (0..CALLERS).map(|number| {
        let service = service.clone();
        // Some leave in the handler, some while it is recorded, some get their answer.
        let patience = Duration::from_micros(u64::from(number) * 200);
        async move { timeout(patience, super::get(&service, "/")).await.is_ok() }
    });
    let answered = futures::future::join_all(callers).await;
    assert!(answered.contains(&false), "nobody left");
    recorder.close().await.unwrap();
    let mut sequences = fake.sequences();
    sequences.sort_unstable();
    assert!(sequences.into_iter().eq(0..u64::from(CALLERS)), "each stated one access");
}
