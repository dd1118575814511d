//! Public HTTP: checkpoint, tiles, health, metrics. `docs/format.md`, Public HTTP; C2SP tlog-tiles.

mod budget;
mod refused;
mod tiles;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::cors::CorsLayer;

use crate::auth::Door;
use crate::metrics::Metrics;
use crate::sequencer::Sequencer;
use crate::storage::LogReader;

use budget::Budget;
pub use refused::refused;

/// Most bytes of tiles that wait, at one listener, until somebody reads them.
const ANSWERS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// What the pages share.
#[derive(Clone)]
pub struct Site {
    /// Knows the newest checkpoint.
    pub sequencer: Sequencer,
    /// Reads the log.
    pub reader: LogReader,
    /// Renders the metrics.
    pub metrics: Metrics,
    /// Whether its entries are made up.
    pub simulated: bool,
    /// The ledger's verifier key, as text.
    pub verifier_key: Arc<str>,
}

/// What everybody may read.
pub fn public(site: Site, door: Door) -> Router {
    let tiles = get(tiles::tile).with_state((site.clone(), Budget::new(ANSWERS_BYTES_MAX)));
    Router::new()
        .route("/", get(move |site| index(site, door)))
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", tiles)
        .layer(CorsLayer::new().allow_origin(tower_http::cors::Any).allow_methods([http::Method::GET]))
        .with_state(site)
}

/// What operators read.
pub fn operations(site: Site) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics)).with_state(site)
}

/// Anything else. gRPC clients get a status that they understand.
pub async fn not_found(headers: HeaderMap) -> Response {
    let grpc = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    if grpc {
        return tonic::Status::unimplemented("there is no such service or method here").into_http();
    }
    (StatusCode::NOT_FOUND, [NO_STORE], "There is nothing here. Start at /\n").into_response()
}

const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
const PLAIN_TEXT: (header::HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; charset=utf-8");

async fn checkpoint(State(site): State<Site>) -> Response {
    let published = Arc::clone(&site.sequencer.published().borrow());
    ([PLAIN_TEXT, NO_STORE], published.checkpoint.clone()).into_response()
}

async fn index(State(site): State<Site>, door: Door) -> Response {
    let published = Arc::clone(&site.sequencer.published().borrow());
    let simulated =
        if site.simulated { "SIMULATED: the entries of this ledger are made up.\n\n" } else { "" };
    let internal = match door {
        Door::Internal => {
            "/healthz          is the service up?\n\
             /metrics          figures for operators (Prometheus)\n\
             gRPC              einsicht.v1.Recorder, einsicht.v1.Ledger, health, reflection\n"
        }
        Door::Public => "",
    };
    let text = format!(
        "Einsicht: every access to city data, in a ledger that anybody can check.\n\n{simulated}\
         Entries so far:   {}\n\
         Verifier key:     {} (trust one that the operator gave you, not this line)\n\n\
         /checkpoint       the newest signed checkpoint (C2SP tlog-checkpoint)\n\
         /tile/...         hashes and entries (C2SP tlog-tiles)\n{internal}\n\
         Check it yourself: einsicht verify <this address> --vkey ledger.vkey\n",
        published.head.size, site.verifier_key,
    );
    ([PLAIN_TEXT, NO_STORE], text).into_response()
}

/// Whether the service does what it is there for. Readers are served in either case.
async fn healthz(State(site): State<Site>) -> Response {
    match site.sequencer.not_recording() {
        None => ([PLAIN_TEXT, NO_STORE], "ok\n").into_response(),
        Some(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, [PLAIN_TEXT, NO_STORE], format!("not recording: {reason}\n"))
                .into_response()
        }
    }
}

async fn metrics(State(site): State<Site>) -> Response {
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    ([content_type, NO_STORE], site.metrics.render(&site.sequencer)).into_response()
}
