//! Services in the access layer: no answer leaves whose access is not recorded.

mod answers;
mod grpc;
mod interrupted;
mod spooled;
mod withheld;

use axum::Router;
use axum::body::{Body, to_bytes};
use einsicht_client::Recorder;
use einsicht_client::layer::{AccessLayer, Forgetting};
use http::{Request, Response, StatusCode};
use tower::ServiceExt as _;

/// Routes in a layer, as in production: who forgets is recorded.
fn recorded(routes: Router, recorder: &Recorder) -> Router {
    routes.layer(AccessLayer::new(recorder.clone()).forgetting(Forgetting::IsRecorded))
}

async fn get(service: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    content(service.clone().oneshot(request).await.unwrap()).await
}

async fn content(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}
