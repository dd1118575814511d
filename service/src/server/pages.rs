//! What each listener serves.

use std::time::Duration;

use axum::Router;
use einsicht_proto::unread::recorder_server::RecorderServer;
use einsicht_proto::v1::ledger_server::LedgerServer;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower_http::request_id::{
    MakeRequestId, MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::trace::TraceLayer;

use crate::auth::{Door, Gate, Guard};
use crate::http::{self, Site};
use crate::rpc::{self, Shared};
use crate::sequencer::Sequencer;
use crate::storage::Room;

/// What health checkers call the service that records.
const RECORDER: &str = <RecorderServer<rpc::RecorderService> as NamedService>::NAME;
/// How often it is looked whether recording goes on.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);

/// gRPC and HTTP for callers that are known.
pub(super) async fn internal(shared: &Shared, site: Site, gate: Gate) -> std::io::Result<Router> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<LedgerServer<rpc::LedgerService>>().await;
    tokio::spawn(report_health(health, shared.sequencer.clone(), shared.shutdown.clone()));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(einsicht_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(std::io::Error::other)?;
    let grpc = Routes::new(rpc::recorder(shared))
        .add_service(rpc::ledger(shared))
        .add_service(rpc::vault(shared))
        .add_service(rpc::charter(shared))
        .add_service(rpc::reports(shared))
        .add_service(health_service)
        .add_service(reflection)
        .prepare()
        .into_axum_router();
    let router = grpc
        .fallback(http::not_found)
        .merge(http::public(site.clone(), Door::Internal))
        .merge(http::operations(site));
    Ok(guarded(router, gate, Door::Internal))
}

/// The site, checkpoint, tiles and reports for everybody.
pub(super) fn public(site: Site, gate: Gate) -> Router {
    let router = Router::new().fallback(http::not_found).merge(http::public(site, Door::Public));
    guarded(router, gate, Door::Public)
}

fn guarded(router: Router, gate: Gate, door: Door) -> Router {
    router.layer(
        tower::ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(NumberCalls))
            // What fails is told where it fails; a line for each answer would be one that strangers can cause.
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(move |request: &_| span(request, door))
                    .on_failure(()),
            )
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(Guard::new(gate, door)),
    )
}

/// Gives calls a number by which a caller and the log find each other. Who reads pages and tiles needs none, and each byte
/// beside them would be sent with every file of the site.
#[derive(Clone, Copy)]
struct NumberCalls;

impl MakeRequestId for NumberCalls {
    fn make_request_id<B>(&mut self, request: &::http::Request<B>) -> Option<RequestId> {
        let kind = request.headers().get(::http::header::CONTENT_TYPE)?;
        kind.as_bytes().starts_with(b"application/grpc").then(|| MakeRequestUuid.make_request_id(request))?
    }
}

/// Tells health checkers whether something is recorded, and when that has stopped, or the service goes
/// down. Ends then: neither turns back. Whoever names no service means what this one is there for, as at
/// `/healthz`.
async fn report_health(health: HealthReporter, sequencer: Sequencer, shutdown: CancellationToken) {
    while sequencer.stopped().is_none() {
        let status = match sequencer.not_recording() {
            None => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        };
        health.set_service_status(RECORDER, status).await;
        health.set_service_status("", status).await;
        tokio::select! {
            () = wait_and_look(sequencer.disk().clone()) => {}
            () = shutdown.cancelled() => {
                health.set_not_serving::<LedgerServer<rpc::LedgerService>>().await;
                break;
            }
        }
    }
    health.set_service_status(RECORDER, ServingStatus::NotServing).await;
    health.set_service_status("", ServingStatus::NotServing).await;
}

/// Whoever is told that there is no room does not come, so nobody else would see that there is again.
async fn wait_and_look(room: Room) {
    tokio::time::sleep(HEALTH_INTERVAL).await;
    // On a thread of its own: a disk that hangs must hold up nobody else.
    let _ = tokio::task::spawn_blocking(move || room.look()).await;
}

/// What a caller sent is not logged as it came: an id only if it looks like one, a path only if it is
/// one of ours. Of who reads in public neither: what somebody looks at is nobody's business.
fn span<B>(request: &::http::Request<B>, door: Door) -> tracing::Span {
    if door == Door::Public {
        return tracing::info_span!("request", door = door.name());
    }
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let id = id.filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    let path = Some(request.uri().path()).filter(|path| {
        let known = ["/tile/", "/checkpoint", "/healthz", "/metrics", "/einsicht.v1.", "/grpc."];
        path.len() <= 128 && (*path == "/" || known.iter().any(|prefix| path.starts_with(prefix)))
    });
    let (id, path) = (id.unwrap_or("(withheld)"), path.unwrap_or("(other)"));
    tracing::info_span!("request", id, method = %request.method(), path)
}
