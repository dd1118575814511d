//! One request under way: from the call of the handler until its answer leaves, or the caller is gone.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use einsicht_proto::v1::Outcome;
use http::Response;

use super::guard::AccessGuard;
use super::hand_over::hand_over;
use super::reply::{Ending, Form, TextBody};
use super::route::Route;
use super::{Forgetting, Settings};
use crate::access::Access;
use crate::error::RecordError;
use crate::kept::Kept;

/// Boxed, so that a request that ends in the middle can hand it to a task without starting again: what was
/// sent already would be sent under other numbers.
pub(super) type Recording = Pin<Box<dyn Future<Output = Result<Vec<Kept>, RecordError>> + Send>>;

/// One request. Dropping it hands to a task what is not recorded yet.
pub(super) struct Open<B, E> {
    pub(super) settings: Arc<Settings>,
    pub(super) guard: AccessGuard,
    pub(super) route: Route,
    pub(super) form: Form,
    stage: Stage<B, E>,
}

enum Stage<B, E> {
    /// The handler is at work.
    Calling,
    /// Its accesses are being recorded, and its answer waits.
    Recording { recording: Recording, answer: Result<Response<B>, E>, holds_data: bool },
    /// The answer is gone, or there was nothing to wait for.
    Over,
}

/// Begins to record when it is polled.
pub(super) fn record(settings: &Settings, accesses: Vec<Access>) -> Recording {
    let recorder = settings.recorder.clone();
    Box::pin(async move { recorder.record_batch(accesses).await })
}

impl<B: TextBody, E> Open<B, E> {
    pub(super) fn new(settings: Arc<Settings>, guard: AccessGuard, route: Route, form: Form) -> Self {
        Self { settings, guard, route, form, stage: Stage::Calling }
    }

    /// Whether the handler is still at work.
    pub(super) fn is_calling(&self) -> bool {
        matches!(self.stage, Stage::Calling)
    }

    /// Takes the handler's answer. Returns it if there is nothing to wait for.
    pub(super) fn answered(&mut self, answer: Result<Response<B>, E>) -> Option<Result<Response<B>, E>> {
        let ending = answer.as_ref().map_or(Ending::FAILED, Ending::of);
        let statement = self.guard.end();
        self.stage = Stage::Over;
        if !statement.accesses.is_empty() {
            let holds_data = answer.is_ok();
            self.wait_for(statement.accesses, ending.outcome, answer, holds_data);
            return None;
        }
        let is_fine = statement.is_complete || ending.is_turned_away || answer.is_err();
        if is_fine || self.settings.is_without_data(self.route.path()) {
            return Some(answer);
        }
        self.forgotten(ending.outcome, answer);
        None
    }

    /// Waits until everything is recorded. Only after [`Open::answered`] returned nothing.
    pub(super) fn poll_recorded(&mut self, context: &mut Context<'_>) -> Poll<Result<Response<B>, E>> {
        let Stage::Recording { recording, .. } = &mut self.stage else { return Poll::Pending };
        let recorded = ready!(recording.as_mut().poll(context));
        let Stage::Recording { answer, holds_data, .. } = mem::replace(&mut self.stage, Stage::Over) else {
            return Poll::Pending;
        };
        match recorded {
            Ok(_) => Poll::Ready(answer),
            Err(error) => {
                let route = self.route.name();
                tracing::error!(%error, route, "an access could not be recorded, its answer is kept back");
                Poll::Ready(if holds_data { Ok(self.form.refusal(&error)) } else { answer })
            }
        }
    }

    fn forgotten(&mut self, outcome: Outcome, answer: Result<Response<B>, E>) {
        tracing::error!(
            route = self.route.name(),
            "a handler did not say which city data it accessed; an undeclared access is recorded"
        );
        let access = Access::query(&*self.settings.dataset, &*self.settings.purpose);
        match self.settings.forgetting {
            Forgetting::IsRecorded => self.wait_for(vec![access], outcome, answer, true),
            Forgetting::Fails => {
                let answer = Ok(self.form.forgotten(&self.route.for_developers()));
                self.wait_for(vec![access], outcome, answer, false);
            }
        }
    }

    fn wait_for(
        &mut self,
        accesses: Vec<Access>,
        outcome: Outcome,
        answer: Result<Response<B>, E>,
        holds_data: bool,
    ) {
        let accesses = self.guard.prepared(accesses, |access| access.or_outcome(outcome));
        let recording = record(&self.settings, accesses);
        self.stage = Stage::Recording { recording, answer, holds_data };
    }
}

impl<B, E> Drop for Open<B, E> {
    fn drop(&mut self) {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => {}
            Stage::Recording { recording, .. } => hand_over(&self.settings, recording),
            Stage::Calling => {
                // Unless it panicked, nobody knows how far the handler came: the access was not refused.
                let outcome = if std::thread::panicking() { Outcome::Failed } else { Outcome::Granted };
                let accesses = self.guard.end().accesses;
                if !accesses.is_empty() {
                    let accesses = self.guard.prepared(accesses, |access| access.or_outcome(outcome));
                    hand_over(&self.settings, record(&self.settings, accesses));
                }
            }
        }
    }
}
