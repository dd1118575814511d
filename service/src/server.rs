//! Binds, serves, and goes down in order.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use einsicht_proto::v1::ledger_server::LedgerServer;
use einsicht_proto::v1::recorder_server::RecorderServer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::http::{self, Site};
use crate::rpc::{self, Shared};
use crate::sequencer::Sequencer;

/// Longest that calls under way may take once the service goes down.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// How often it is looked whether recording goes on.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);

/// A server that is bound and not yet serving.
pub struct Server {
    listener: TcpListener,
    router: Router,
    shared: Shared,
}

impl Server {
    /// Takes a bound listener for gRPC and HTTP on one port (HTTP/1.1, and HTTP/2 in clear text).
    ///
    /// # Errors
    /// If the listener can't be used.
    pub async fn new(listener: std::net::TcpListener, shared: Shared, site: Site) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let router = router(&shared, site).await?;
        Ok(Self { listener, router, shared })
    }

    /// The address, with the port that was chosen where 0 was asked for.
    ///
    /// # Errors
    /// If the operating system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the shutdown token is cancelled; then takes no new connection, ends streams,
    /// finishes the calls under way, and returns. Whoever holds the writer then lets it finish.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn serve(self) -> std::io::Result<()> {
        let Self { listener, router, shared } = self;
        let shutdown = shared.shutdown.clone();
        drop(shared);
        // Answers are small and somebody waits for each of them.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let overdue = async {
            shutdown.cancelled().await;
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        };
        tokio::select! {
            served = serving => served,
            () = overdue => {
                tracing::warn!(seconds = SHUTDOWN_GRACE.as_secs(), "calls under way did not end in time");
                Ok(())
            }
        }
    }
}

async fn router(shared: &Shared, site: Site) -> std::io::Result<Router> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<RecorderServer<rpc::RecorderService>>().await;
    health.set_serving::<LedgerServer<rpc::LedgerService>>().await;
    tokio::spawn(report_health(health, shared.sequencer.clone(), shared.shutdown.clone()));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(einsicht_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(std::io::Error::other)?;
    let grpc = Routes::new(rpc::recorder(shared))
        .add_service(rpc::ledger(shared))
        .add_service(health_service)
        .add_service(reflection)
        .prepare()
        .into_axum_router();
    Ok(grpc.fallback(http::not_found).merge(http::public(site.clone())).merge(http::operations(site)).layer(
        tower::ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(TraceLayer::new_for_http().make_span_with(span))
            .layer(PropagateRequestIdLayer::x_request_id()),
    ))
}

/// Tells health checkers when recording has stopped, or the service goes down. Ends then: neither
/// turns back.
async fn report_health(health: HealthReporter, sequencer: Sequencer, shutdown: CancellationToken) {
    while sequencer.stopped().is_none() {
        tokio::select! {
            () = tokio::time::sleep(HEALTH_INTERVAL) => {}
            () = shutdown.cancelled() => {
                health.set_not_serving::<LedgerServer<rpc::LedgerService>>().await;
                break;
            }
        }
    }
    health.set_not_serving::<RecorderServer<rpc::RecorderService>>().await;
}

/// What a caller sent is not logged as it came: an id only if it looks like one, a path only if it is
/// one of ours.
fn span<B>(request: &::http::Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let id = id.filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    let path = Some(request.uri().path()).filter(|path| {
        let known = ["/tile/", "/checkpoint", "/healthz", "/metrics", "/einsicht.v1.", "/grpc."];
        path.len() <= 128 && (*path == "/" || known.iter().any(|prefix| path.starts_with(prefix)))
    });
    let (id, path) = (id.unwrap_or("(withheld)"), path.unwrap_or("(other)"));
    tracing::info_span!("request", id, method = %request.method(), path)
}
