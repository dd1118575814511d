//! What a handler says about the city data that it accessed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;
use tonic::Status;

use super::hand_over::hand_over;
use super::open::record;
use super::{Settings, TraceContext};
use crate::access::Access;
use crate::kept::Kept;

/// Takes what a handler states about its accesses. Clones belong to the same request.
///
/// Statements are recorded when the handler has returned, before its answer leaves. They may come in any
/// number and from any task of the handler.
#[derive(Clone)]
pub struct AccessGuard {
    shared: Arc<Shared>,
}

/// There is no guard, because no [`AccessLayer`](super::AccessLayer) is around the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this handler takes an AccessGuard, but there is no AccessLayer around it: add \
     .layer(AccessLayer::new(recorder)) behind the routes (axum) or to the server (tonic)"
)]
pub struct MissingLayer;

struct Shared {
    settings: Arc<Settings>,
    trace: Option<TraceContext>,
    statement: Mutex<Statement>,
}

/// What was said so far.
#[derive(Default)]
pub(super) struct Statement {
    pub(super) accesses: Vec<Access>,
    /// Whether it was said that there is nothing to record, or no more.
    pub(super) is_complete: bool,
    /// Whether the request is over.
    is_over: bool,
}

impl AccessGuard {
    pub(super) fn new(settings: Arc<Settings>, trace: Option<TraceContext>) -> Self {
        Self { shared: Arc::new(Shared { settings, trace, statement: Mutex::default() }) }
    }

    /// The guard of a request, from its extensions: `AccessGuard::of(request.extensions())?` in tonic. In
    /// axum, take it as an argument of the handler instead.
    ///
    /// # Errors
    /// [`MissingLayer`].
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        extensions.get::<Self>().cloned().ok_or(MissingLayer)
    }

    /// States an access. Its outcome, unless set, follows from the answer.
    pub fn state(&self, access: Access) {
        self.state_all([access]);
    }

    /// States accesses, for example one for each data set.
    pub fn state_all(&self, accesses: impl IntoIterator<Item = Access>) {
        let mut statement = self.statement();
        if !statement.is_over {
            statement.accesses.extend(accesses);
            return;
        }
        drop(statement);
        let late: Vec<_> = accesses.into_iter().collect();
        if !late.is_empty() {
            tracing::warn!(
                count = late.len(),
                "accesses were stated when their answer had left already; they are recorded late"
            );
            let settings = &self.shared.settings;
            hand_over(settings, record(settings, self.prepared(late, |access| access)));
        }
    }

    /// States that the handler accessed no city data, and why not. The reason is for whoever reads the code
    /// or the service's debug log; it is not recorded. Accesses that are stated as well are.
    pub fn nothing_accessed(&self, reason: impl Into<Cow<'static, str>>) {
        let reason = reason.into();
        tracing::debug!(%reason, "no city data was accessed");
        self.statement().is_complete = true;
    }

    /// States that the handler has recorded its accesses itself, for example before each part of a stream.
    pub fn already_recorded(&self, _kept: &Kept) {
        self.statement().is_complete = true;
    }

    /// The trace that the request belongs to, if it says so. For logs and calls of other services: it
    /// identifies the request.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.shared.trace.as_ref()
    }

    /// Ends the request and takes what was said.
    pub(super) fn end(&self) -> Statement {
        let over = Statement { is_over: true, ..Statement::default() };
        std::mem::replace(&mut *self.statement(), over)
    }

    /// Accesses as they are recorded.
    pub(super) fn prepared(&self, accesses: Vec<Access>, change: impl Fn(Access) -> Access) -> Vec<Access> {
        let trace = self.shared.trace.as_ref().filter(|_| self.shared.settings.seals_trace);
        let traced = |access: Access| match trace {
            Some(trace) => access.traced(trace.trace_id(), trace.parent_id()),
            None => access,
        };
        accesses.into_iter().map(change).map(traced).collect()
    }

    fn statement(&self) -> MutexGuard<'_, Statement> {
        // Nothing panics while it is changed, but what the caller's iterator does: what came before counts.
        self.shared.statement.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AccessGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accesses = self.statement().accesses.clone();
        formatter.debug_struct("AccessGuard").field("stated", &accesses).finish_non_exhaustive()
    }
}

impl From<MissingLayer> for Status {
    fn from(missing: MissingLayer) -> Self {
        Self::internal(missing.to_string())
    }
}
