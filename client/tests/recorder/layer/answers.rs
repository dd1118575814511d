//! What a handler says, what is recorded of it, and what the caller gets.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::{get, post};
use einsicht_client::layer::{AccessGuard, AccessLayer, Forgetting, TraceContext, UNDECLARED};
use einsicht_client::{Access, Outcome, Recorder};
use http::{Request, Response, StatusCode};
use tokio::time::timeout;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{content, recorded};
use crate::fake::{Fake, Fault, access};

const DATA: &str = "340 visitors";

/// The outcomes of all accesses in the log, in their order. `None` means granted.
fn outcomes(fake: &Fake) -> Vec<Option<i32>> {
    fake.records().iter().map(|record| record.outcome).collect()
}

async fn visitors(guard: AccessGuard) -> &'static str {
    guard.state(access().record_count(2));
    DATA
}

#[tokio::test]
async fn an_answer_leaves_when_its_access_is_recorded() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.call_timeout = Duration::from_millis(300);
    let recorder = Recorder::connect(config).await.unwrap();
    let service = recorded(Router::new().route("/", get(visitors)), &recorder);
    fake.fail([Fault::Hang]);
    let waiting = timeout(Duration::from_millis(100), super::get(&service, "/")).await;
    assert!(waiting.is_err(), "the answer left before the ledger had acknowledged its access");
    assert_eq!(super::get(&service, "/").await, (StatusCode::OK, DATA.to_owned()));
    assert_eq!(fake.records().last().unwrap().record_count, Some(2));
    recorder.close().await.unwrap();
    assert_eq!(fake.sequences(), [0, 1], "the first was recorded too, though its caller is gone");
}

#[tokio::test]
async fn the_outcome_follows_from_the_answer_unless_it_is_stated() {
    async fn answer(guard: AccessGuard, Path(status): Path<u16>) -> StatusCode {
        guard.state(access());
        StatusCode::from_u16(status).unwrap()
    }
    async fn stated(guard: AccessGuard) -> StatusCode {
        guard.state_all([access().outcome(Outcome::Denied), access()]);
        StatusCode::NOT_FOUND
    }
    let fake = Fake::start().await;
    let routes = Router::new().route("/{status}", get(answer)).route("/stated", get(stated));
    let service = recorded(routes, &fake.recorder().await);
    for status in [200, 304, 401, 403, 404, 500] {
        assert_eq!(super::get(&service, &format!("/{status}")).await.0.as_u16(), status);
    }
    let (denied, failed) = (Some(Outcome::Denied.into()), Some(Outcome::Failed.into()));
    assert_eq!(outcomes(&fake), [None, None, denied, denied, failed, failed]);
    super::get(&service, "/stated").await;
    assert_eq!(outcomes(&fake)[6..], [denied, failed]);
}

#[tokio::test]
async fn who_accesses_nothing_says_so_and_nothing_is_recorded() {
    async fn about(guard: AccessGuard) -> &'static str {
        guard.nothing_accessed("the text is fixed");
        "about"
    }
    async fn by_itself(guard: AccessGuard, recorder: Recorder) -> &'static str {
        let kept = recorder.record(access()).await.unwrap();
        guard.already_recorded(&kept);
        DATA
    }
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let own = recorder.clone();
    let by_itself = get(move |guard: AccessGuard| by_itself(guard, own));
    let routes = Router::new().route("/about", get(about)).route("/by-itself", by_itself);
    let service = recorded(routes, &recorder);
    assert_eq!(super::get(&service, "/about").await, (StatusCode::OK, "about".to_owned()));
    assert_eq!(fake.records(), []);
    assert_eq!(super::get(&service, "/by-itself").await, (StatusCode::OK, DATA.to_owned()));
    assert_eq!(fake.sequences(), [0]);
}

fn forgetful() -> Router {
    Router::new()
        .route("/citizens/{number}", get(|| async { DATA }))
        .route("/broken", get(|_: AccessGuard| async { StatusCode::INTERNAL_SERVER_ERROR }))
}

fn undeclared(fake: &Fake) -> Vec<(String, String)> {
    fake.records().into_iter().map(|record| (record.dataset, record.purpose)).collect()
}

#[tokio::test]
async fn an_access_that_was_forgotten_is_recorded_as_undeclared() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let service = recorded(forgetful(), &recorder);
    assert_eq!(super::get(&service, "/citizens/4711").await, (StatusCode::OK, DATA.to_owned()));
    assert_eq!(super::get(&service, "/broken").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let expected = (UNDECLARED.to_owned(), UNDECLARED.to_owned());
    assert_eq!(undeclared(&fake), [expected.clone(), expected]);
    assert_eq!(outcomes(&fake), [None, Some(Outcome::Failed.into())]);
    let layer = AccessLayer::new(recorder).forgetting(Forgetting::IsRecorded);
    assert!(layer.clone().undeclared("two words", "p").is_err());
    let service = forgetful().layer(layer.undeclared("unbekannt", "nicht-erklärt").unwrap());
    super::get(&service, "/citizens/4711").await;
    assert_eq!(undeclared(&fake)[2], ("unbekannt".to_owned(), "nicht-erklärt".to_owned()));
}

#[tokio::test]
async fn while_developing_the_forgetful_handler_is_named() {
    let fake = Fake::start().await;
    let service = forgetful().layer(AccessLayer::new(fake.recorder().await).forgetting(Forgetting::Fails));
    let (status, text) = super::get(&service, "/citizens/4711").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    for part in ["GET /citizens/{number}", "access.state(Access::query(", "access.nothing_accessed("] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("4711") && !text.contains(DATA), "{text}");
    assert_eq!(undeclared(&fake).len(), 1, "it is recorded all the same");
}

#[tokio::test]
async fn forgetting_fails_in_debug_builds_only_unless_configured() {
    let fake = Fake::start().await;
    let service = forgetful().layer(AccessLayer::new(fake.recorder().await));
    let (status, _) = super::get(&service, "/citizens/4711").await;
    let expected = if cfg!(debug_assertions) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    assert_eq!(status, expected);
    assert_eq!(undeclared(&fake).len(), 1);
}

#[tokio::test]
async fn requests_that_were_turned_away_are_no_accesses() {
    async fn typed(_: AccessGuard, _: String) -> &'static str {
        DATA
    }
    let fake = Fake::start().await;
    let service = Router::new().route("/typed", post(typed)).layer(AccessLayer::new(fake.recorder().await));
    assert_eq!(super::get(&service, "/nothing/here").await.0, StatusCode::NOT_FOUND);
    assert_eq!(super::get(&service, "/typed").await.0, StatusCode::METHOD_NOT_ALLOWED);
    let request = Request::post("/typed").body(Body::from(&[0xff][..])).unwrap();
    let (status, _) = content(service.oneshot(request).await.unwrap()).await;
    assert!(status.is_client_error(), "{status}");
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn routes_that_never_touch_city_data_need_not_say_so() {
    let fake = Fake::start().await;
    let layer = AccessLayer::new(fake.recorder().await).without_city_data("/static/");
    let service = Router::new().route("/static/{file}", get(|| async { "h1 {}" })).layer(layer);
    assert_eq!(super::get(&service, "/static/page.css").await, (StatusCode::OK, "h1 {}".to_owned()));
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn a_handler_without_layer_is_told_what_to_add() {
    let service = Router::new().route("/", get(visitors));
    let (status, text) = super::get(&service, "/").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains(".layer(AccessLayer::new(recorder))") && !text.contains(DATA), "{text}");
}

#[tokio::test]
async fn many_requests_at_once_are_each_recorded_once() {
    let fake = Fake::start().await;
    let service = recorded(Router::new().route("/", get(visitors)), &fake.recorder().await);
    let requests = (0..200).map(|_| super::get(&service, "/"));
    let answers = futures::future::join_all(requests).await;
    assert!(answers.iter().all(|(status, text)| (*status, text.as_str()) == (StatusCode::OK, DATA)));
    let mut sequences = fake.sequences();
    sequences.sort_unstable();
    assert!(sequences.into_iter().eq(0..200));
}

#[tokio::test]
async fn a_service_that_fails_without_an_answer_is_recorded_as_failed() {
    let fake = Fake::start().await;
    let service = service_fn(|request: Request<Body>| async move {
        AccessGuard::of(request.extensions()).unwrap().state(access());
        Err::<Response<Body>, _>("broken")
    });
    let service = AccessLayer::new(fake.recorder().await).layer(service);
    assert_eq!(service.oneshot(Request::new(Body::empty())).await.unwrap_err(), "broken");
    assert_eq!(outcomes(&fake), [Some(Outcome::Failed.into())]);
}

#[tokio::test]
async fn the_trace_of_a_request_is_known_to_the_handler_and_leaves_only_to_be_sealed() {
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let seen = Arc::new(Mutex::new(Vec::new()));
    let traces = seen.clone();
    let service = service_fn(move |request: Request<Body>| {
        let guard = AccessGuard::of(request.extensions()).unwrap();
        traces.lock().unwrap().push(guard.trace().copied());
        guard.state(Access::query("besuchertrend", "verkehrsplanung"));
        async { Ok::<_, Infallible>(Response::new(Body::from(DATA))) }
    });
    let fake = Fake::start().await;
    let layer = AccessLayer::new(fake.recorder().await);
    let request = || Request::get("/").header("traceparent", TRACE).body(Body::empty()).unwrap();
    let answer = layer.layer(service.clone()).oneshot(request()).await.unwrap();
    assert_eq!(content(answer).await, (StatusCode::OK, DATA.to_owned()));
    assert_eq!(*seen.lock().unwrap(), [Some(TRACE.parse::<TraceContext>().unwrap())]);
    let sent = fake.state().seen[0].events[0].clone();
    assert_eq!((sent.trace_id, sent.span_id), (None, None));
    let answer = layer.seal_trace(true).layer(service).oneshot(request()).await.unwrap();
    assert_eq!(content(answer).await, (StatusCode::OK, DATA.to_owned()));
    let sent = fake.state().seen[1].events[0].clone();
    assert_eq!(
        sent.trace_id.unwrap(),
        b"\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36"[..]
    );
    assert_eq!(sent.span_id.unwrap(), b"\x00\xf0\x67\xaa\x0b\xa9\x02\xb7"[..]);
    let seals: Vec<_> = fake.records().iter().map(|record| record.trace_id_seal.is_some()).collect();
    assert_eq!(seals, [false, true]);
}
