//! Public HTTP: checkpoint and tiles (`docs/format.md`, Public HTTP; C2SP tlog-tiles), the public site and the published
//! reports (`web/README.md`); health and metrics.

mod budget;
mod file;
mod refused;
mod reports;
mod secure;
mod tail;
mod tiles;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;

use crate::annotations::Annotations;
use crate::auth::Door;
use crate::metrics::Metrics;
use crate::reports::Shelf;
use crate::sequencer::Sequencer;
use crate::storage::LogReader;
use crate::web;

use budget::Budget;
pub use refused::refused;

/// Most bytes of tiles and reports that wait, at one listener, until somebody reads them.
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
    /// Knows which reports were published.
    pub annotations: Annotations,
    /// Where they lie.
    pub shelf: Shelf,
}

/// What everybody may read.
pub fn public(site: Site, door: Door) -> Router {
    let budget = Budget::new(ANSWERS_BYTES_MAX);
    let tiles = get(tiles::tile).with_state((site.clone(), budget.clone()));
    let Site { shelf, annotations, sequencer, .. } = site.clone();
    // Tiles are hashes for the most part, which nothing makes smaller.
    let reports = reports::routes(shelf, annotations, sequencer, budget).layer(CompressionLayer::new());
    Router::new()
        .route("/index.txt", get(move |site| overview(site, door)))
        .route("/checkpoint", get(checkpoint))
        .route("/ledger.vkey", get(verifier_key))
        .route("/tile/{*path}", tiles)
        .with_state(site)
        .merge(reports)
        // Verifiers may run on pages of others.
        .layer(CorsLayer::new().allow_origin(tower_http::cors::Any).allow_methods([http::Method::GET]))
        .merge(web_pages().layer(CompressionLayer::new()))
        .layer(map_response(async |response| secure::secured(response)))
}

/// The pages of the site and their modules, each at its path.
fn web_pages() -> Router {
    let serve = |asset: &'static web::Asset| {
        get(async |headers: HeaderMap| {
            let whole = || file::whole(asset.path, &asset.sha256, Body::from(asset.bytes));
            file::unchanged(&headers, &asset.sha256).unwrap_or_else(whole)
        })
    };
    let mut router = Router::new();
    for asset in web::assets() {
        router = router.route(&format!("/{}", asset.path), serve(asset));
        if let Some(folder) = asset.path.strip_suffix("index.html") {
            router = router.route(&format!("/{folder}"), serve(asset));
        }
    }
    router.route("/en", get(async || to_folder("en")))
}

/// Sends to the folder of this name, beside what was asked for: a server in front may serve all of this below another path.
/// The name is one of ours, and needs no escaping.
fn to_folder(name: &str) -> Response {
    match HeaderValue::try_from(format!("./{name}/")) {
        Ok(location) => {
            (StatusCode::PERMANENT_REDIRECT, [NO_STORE], [(header::LOCATION, location)]).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
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
    secure::secured(
        (StatusCode::NOT_FOUND, [NO_STORE], "There is nothing here. Start at /\n").into_response(),
    )
}

const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
const RETRY_SOON: (HeaderName, HeaderValue) = (header::RETRY_AFTER, HeaderValue::from_static("1"));
const PLAIN_TEXT: (HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; charset=utf-8");

async fn checkpoint(State(site): State<Site>) -> Response {
    let published = Arc::clone(&site.sequencer.published().borrow());
    ([PLAIN_TEXT, NO_STORE], published.checkpoint.clone()).into_response()
}

/// One line. Whoever checks anything with it must have it from elsewhere, too.
async fn verifier_key(State(site): State<Site>) -> Response {
    ([PLAIN_TEXT, NO_STORE], format!("{}\n", site.verifier_key.trim_end())).into_response()
}

/// What there is at this address, for whoever asks without a browser.
async fn overview(State(site): State<Site>, door: Door) -> Response {
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
         /                 pages for people: what is recorded, and a browser that checks it\n\
         /reports/         published reports; /reports/index.json names them\n\
         /ledger.vkey      the verifier key\n\
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
