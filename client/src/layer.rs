//! A [tower](https://docs.rs/tower-layer) layer for services that answer requests with city data, in axum
//! or tonic: no answer leaves before the access that it rests on is recorded.
//!
//! A handler takes an [`AccessGuard`] and says what it accessed, and why; or that it accessed nothing:
//!
//! ```no_run
//! # #[cfg(feature = "axum")]
//! # mod example {
//! use einsicht_client::layer::{AccessGuard, AccessLayer};
//! use einsicht_client::{Access, Recorder};
//!
//! async fn free_places(access: AccessGuard) -> String {
//!     let places = [340, 512];
//!     access.state(Access::query("parkhaeuser", "verkehrsplanung").record_count(2));
//!     format!("{places:?}")
//! }
//!
//! async fn routes() -> Result<axum::Router, Box<dyn std::error::Error>> {
//!     let recorder = Recorder::from_env().await?;
//!     let routes = axum::Router::new().route("/free-places", axum::routing::get(free_places));
//!     Ok(routes.layer(AccessLayer::new(recorder)))
//! }
//! # }
//! ```
//!
//! In tonic the guard is in the request: `AccessGuard::of(request.extensions())?`, and the layer belongs to
//! the server: `Server::builder().layer(AccessLayer::new(recorder))`.
//!
//! What becomes of the answer:
//!
//! | the handler | is recorded | the answer |
//! |---|---|---|
//! | states accesses | these | leaves when they are recorded, or safe in the spool |
//! | says that it accessed nothing, or recorded itself | nothing | leaves |
//! | says nothing, and turns the request away (4xx) | nothing | leaves |
//! | says nothing, and answers: it forgets | an [undeclared](AccessLayer::undeclared) access | [`Forgetting`] |
//! | states accesses, and fails, panics, or the caller is gone | these | |
//!
//! An access that could not be recorded keeps the answer back: the caller gets 503 (gRPC: `UNAVAILABLE`)
//! and no data. Unless stated, an access was denied if the answer is 401 or 403 (`UNAUTHENTICATED`,
//! `PERMISSION_DENIED`), failed if it is another error or the handler panicked, and otherwise granted.
//!
//! **Streams.** What counts is the moment at which the handler returns: a body that reads city data while it
//! is sent must be stated, or recorded by the handler itself
//! ([`AccessGuard::already_recorded`]), before it begins. What is stated later is recorded too, and
//! complained about.
//!
//! **The end.** If the caller is gone, what was stated is handed to a task, which
//! [`Recorder::close`](crate::Recorder::close) waits for. So stop the server first, then close the recorder,
//! then let the runtime end: a runtime that ends under a task takes the access with it, which is logged as
//! an error. A request that is still running when the recorder is closed can't be recorded, so its answer
//! is kept back.

#[cfg(feature = "axum")]
mod axum;
mod guard;
mod hand_over;
mod open;
mod reply;
mod route;
mod service;
mod trace;

use std::sync::Arc;

use einsicht_access::limits::check_code;
use einsicht_access::problem::Problem;
use tokio::runtime::Handle;
use tower_layer::Layer;

pub use self::guard::{AccessGuard, MissingLayer};
pub(crate) use self::hand_over::HandedOver;
pub use self::reply::TextBody;
pub use self::service::{AccessService, ResponseFuture};
pub use self::trace::{TraceContext, TraceError};

use crate::recorder::Recorder;

/// Data set and purpose of an access that a handler forgot to state, unless configured otherwise.
pub const UNDECLARED: &str = "undeclared";

/// Standard services of gRPC that serve no city data.
const STANDARD_ROUTES: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];

/// Sees to it that no answer leaves before the accesses that its handler states are recorded. See the
/// [module](self).
#[derive(Debug, Clone)]
pub struct AccessLayer {
    settings: Arc<Settings>,
}

/// What happens to the answer of a handler that forgot to say what it accessed. In either case an access is
/// recorded, as [undeclared](AccessLayer::undeclared).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgetting {
    /// It is replaced by an error that names the route and says what to write. The default in builds with
    /// debug assertions.
    Fails,
    /// It leaves as soon as the undeclared access is recorded. The default in other builds.
    IsRecorded,
}

#[derive(Debug, Clone)]
struct Settings {
    recorder: Recorder,
    dataset: String,
    purpose: String,
    forgetting: Forgetting,
    /// Beginnings of paths.
    without_data: Vec<String>,
    seals_trace: bool,
    /// Where the layer was made, for guards that are dropped elsewhere.
    runtime: Option<Handle>,
}

impl AccessLayer {
    /// Records with `recorder`. What happens while the ledger is away is the recorder's configuration.
    #[must_use]
    pub fn new(recorder: Recorder) -> Self {
        let forgetting = if cfg!(debug_assertions) { Forgetting::Fails } else { Forgetting::IsRecorded };
        let settings = Settings {
            recorder,
            dataset: UNDECLARED.to_owned(),
            purpose: UNDECLARED.to_owned(),
            forgetting,
            without_data: STANDARD_ROUTES.map(str::to_owned).to_vec(),
            seals_trace: false,
            runtime: Handle::try_current().ok(),
        };
        Self { settings: Arc::new(settings) }
    }

    /// The codes under which an access is recorded that a handler forgot to state. Default: [`UNDECLARED`]
    /// for both. The ledger must allow this recorder the data set, or the answer is kept back.
    ///
    /// # Errors
    /// [`Problem`] if one of them is no code.
    pub fn undeclared(
        mut self,
        dataset: impl Into<String>,
        purpose: impl Into<String>,
    ) -> Result<Self, Problem> {
        let (dataset, purpose) = (dataset.into(), purpose.into());
        check_code(&dataset)?;
        check_code(&purpose)?;
        let settings = Arc::make_mut(&mut self.settings);
        settings.dataset = dataset;
        settings.purpose = purpose;
        Ok(self)
    }

    /// What happens to the answer of a handler that forgets.
    #[must_use]
    pub fn forgetting(mut self, forgetting: Forgetting) -> Self {
        Arc::make_mut(&mut self.settings).forgetting = forgetting;
        self
    }

    /// Handlers of paths that begin so never touch city data: they need not say so. Health and reflection of
    /// gRPC are known already.
    #[must_use]
    pub fn without_city_data(mut self, path: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.settings).without_data.push(path.into());
        self
    }

    /// Whether events get the trace of their request (`trace_id`, `span_id`). Both are sealed fields: they
    /// identify a request, and by that maybe a person. **This release's ledger refuses events with sealed
    /// fields**, so every answer would be kept back; hence the default is false. Traces are in the tracing
    /// span and in [`AccessGuard::trace`] in any case.
    #[must_use]
    pub fn seal_trace(mut self, seals_trace: bool) -> Self {
        Arc::make_mut(&mut self.settings).seals_trace = seals_trace;
        self
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessService::new(inner, self.settings.clone())
    }
}

impl Settings {
    fn is_without_data(&self, path: &str) -> bool {
        self.without_data.iter().any(|beginning| path.starts_with(beginning.as_str()))
    }
}
