//! The access layer around an axum handler, beside a handler that records its access itself. Both in
//! process, without a network of their own: the layer's share would only be smaller with it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use bytes::Bytes;
use einsicht_client::config::{RecorderConfig, Token};
use einsicht_client::layer::{AccessGuard, AccessLayer};
use einsicht_client::{Access, Recorder};
use einsicht_tlog::VerifierKey;
use http::{Request, StatusCode};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::event;
use crate::lanes::{Outcome, Shape, Span, keep_in_flight};
use crate::served::{Served, TOKEN};

/// Two services over one ledger that do the same.
pub struct Services {
    /// Records in the handler.
    pub by_hand: Router,
    /// States the access, and lets the layer record it.
    pub layered: Router,
    recorder: Recorder,
}

impl Services {
    /// Makes both, over one recorder that is connected to `ledger`.
    ///
    /// # Errors
    /// Those of the recorder.
    pub async fn connect(ledger: &Served) -> anyhow::Result<Self> {
        let mut config = RecorderConfig::new(Token::parse(TOKEN)?, key_of(ledger.folder())?);
        config.url = ledger.url();
        let recorder = Recorder::connect(config).await.context("a recorder")?;
        let by_hand = Router::new().route("/", get(records)).with_state(recorder.clone());
        let layered = Router::new().route("/", get(states)).layer(AccessLayer::new(recorder.clone()));
        Ok(Self { by_hand, layered, recorder })
    }

    /// Ends the recorder's session.
    ///
    /// # Errors
    /// Those of the recorder.
    pub async fn close(self) -> anyhow::Result<()> {
        drop((self.by_hand, self.layered));
        Ok(self.recorder.close().await?)
    }
}

/// Keeps as many requests in flight as the shape says, for as long as the span says.
///
/// # Errors
/// If a request is not answered, or `interrupted` is cancelled.
pub async fn run(
    service: &Router,
    shape: Shape,
    span: Span,
    interrupted: &CancellationToken,
) -> anyhow::Result<Outcome> {
    keep_in_flight(shape, span, interrupted, |_| {
        let service = service.clone();
        move || {
            let service = service.clone();
            async move {
                let answer = service.oneshot(Request::new(Body::empty())).await?;
                ensure!(answer.status() == StatusCode::OK, "a request got {}", answer.status());
                Ok(())
            }
        }
    })
    .await
}

async fn records(State(recorder): State<Recorder>) -> Result<&'static str, StatusCode> {
    recorder.record(access()).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok("240")
}

async fn states(guard: AccessGuard) -> &'static str {
    guard.state(access());
    "240"
}

fn access() -> Access {
    Access::from(event::plain(Bytes::new(), 0))
}

fn key_of(data: &Path) -> anyhow::Result<VerifierKey> {
    let path = data.join(einsicht_service::storage::VKEY);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(VerifierKey::parse(&text)?)
}
