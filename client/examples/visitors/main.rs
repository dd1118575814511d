//! A service of the city that tells visitor counts, over HTTP (axum) and gRPC (tonic). Whatever it tells is in
//! the ledger first. With a ledger of `einsichtd dev` on this machine:
//!
//! ```sh
//! EINSICHT_TOKEN_FILE=einsicht-data/keys/dev.token EINSICHT_VKEY=einsicht-data/ledger.vkey \
//!     cargo run -p einsicht-client --example visitors -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/visitors/marktplatz/for/verkehrsplanung
//! ```
//!
//! Stop the ledger and ask again: the answer is a sentence, and no data. Set EINSICHT_SPOOL_DIR to a folder,
//! and answers go on; their accesses are recorded when the ledger is back.
#![allow(clippy::print_stdout, reason = "says where it listens")]

mod grpc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use einsicht_client::layer::{AccessGuard, AccessLayer};
use einsicht_client::{Access, Processing, Recorder};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status};

use crate::grpc::{Count, CountOf, Visitors, VisitorsServer};

const COUNTS: [(&str, u64); 3] = [("marktplatz", 340), ("münsterplatz", 1280), ("donauufer", 95)];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let ledger = Recorder::from_env().await?;

    let routes = Router::new()
        .route("/visitors/{place}/for/{purpose}", get(visitors))
        .route("/about", get(about))
        .route_service("/visitors.v1.Visitors/{method}", VisitorsServer(Counts))
        // Around everything that may touch city data, whatever protocol it speaks.
        .layer(AccessLayer::new(ledger.clone()))
        // Behind the layer: needs no guard.
        .route("/healthz", get(|| async { "ok\n" }));

    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).with_graceful_shutdown(asked_to_stop()).await?;
    // In this order: no more answers, then no more records.
    ledger.close().await?;
    Ok(())
}

/// An axum handler: the guard is one of its arguments.
async fn visitors(
    access: AccessGuard,
    Path((place, purpose)): Path<(String, String)>,
) -> Result<String, StatusCode> {
    let Some(count) = count_of(&place) else {
        access.nothing_accessed("there is no such place");
        return Err(StatusCode::NOT_FOUND);
    };
    access.state(counted(&purpose));
    Ok(format!("{count}\n"))
}

async fn about(access: AccessGuard) -> &'static str {
    access.nothing_accessed("the text is fixed");
    "Visitor counts of the city of Ulm\n"
}

#[derive(Clone)]
struct Counts;

impl Visitors for Counts {
    /// A tonic handler: the guard is in the request.
    async fn count(&self, request: Request<CountOf>) -> Result<Response<Count>, Status> {
        let access = AccessGuard::of(request.extensions())?;
        let CountOf { place, purpose } = request.into_inner();
        let Some(visitors) = count_of(&place) else {
            access.nothing_accessed("there is no such place");
            return Err(Status::not_found("there is no such place"));
        };
        access.state(counted(&purpose));
        Ok(Response::new(Count { visitors }))
    }
}

fn counted(purpose: &str) -> Access {
    Access::query("besuchertrend", purpose).processing(Processing::Aggregated).record_count(1)
}

fn count_of(place: &str) -> Option<u64> {
    COUNTS.into_iter().find(|(name, _)| *name == place).map(|(_, count)| count)
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
