//! Without a record no data leaves.

use axum::Router;
use axum::routing::get;
use einsicht_client::layer::AccessGuard;
use einsicht_client::{Access, Recorder};
use http::StatusCode;
use tonic::Status;

use super::recorded;
use crate::fake::{Fake, Fault, access};

const DATA: &str = "340 visitors";

async fn visitors(guard: AccessGuard) -> &'static str {
    guard.state(access());
    DATA
}

async fn misspelt(guard: AccessGuard) -> &'static str {
    guard.state(Access::query("visitor counts", "verkehrsplanung"));
    DATA
}

fn service(recorder: &Recorder) -> Router {
    recorded(Router::new().route("/", get(visitors)).route("/misspelt", get(misspelt)), recorder)
}

#[tokio::test]
async fn while_the_ledger_is_away_answers_are_kept_back() {
    let fake = Fake::start().await;
    let service = service(&fake.recorder().await);
    fake.fail((0..5).map(|_| Fault::Refuse(Status::unavailable("stopped"))));
    let (status, text) = super::get(&service, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("could not be recorded") && text.contains("try again later"), "{text}");
    assert!(!text.contains(DATA), "{text}");
    assert_eq!(fake.records(), []);
    assert_eq!(super::get(&service, "/").await, (StatusCode::OK, DATA.to_owned()));
}

#[tokio::test]
async fn a_recorder_that_may_not_record_keeps_answers_back() {
    let fake = Fake::start().await;
    let service = service(&fake.recorder().await);
    fake.fail([Fault::Refuse(Status::permission_denied("not your data set"))]);
    let (status, text) = super::get(&service, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!text.contains(DATA), "{text}");
}

#[tokio::test]
async fn a_false_answer_of_the_ledger_keeps_answers_back() {
    let fake = Fake::start().await;
    let service = service(&fake.recorder().await);
    fake.fail([Fault::Lie(Box::new(|_, response| response.recorded.clear()))]);
    let (status, text) = super::get(&service, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!text.contains(DATA), "{text}");
}

#[tokio::test]
async fn a_statement_that_breaks_the_rules_is_the_handler_s_fault() {
    let fake = Fake::start().await;
    let service = service(&fake.recorder().await);
    let (status, text) = super::get(&service, "/misspelt").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains("not stated as it must be") && !text.contains(DATA), "{text}");
    assert_eq!(fake.request_count(), 0);
}

#[tokio::test]
async fn after_the_recorder_is_closed_nothing_leaves_any_more() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let service = service(&recorder);
    recorder.close().await.unwrap();
    let (status, text) = super::get(&service, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!text.contains(DATA), "{text}");
}
