//! The service around a service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::Span;

use super::Settings;
use super::guard::AccessGuard;
use super::open::Open;
use super::reply::{Form, TextBody};
use super::route::Route;
use super::trace::{self, TraceContext};

/// Gives each request an [`AccessGuard`], and lets its answer leave when what was stated is recorded.
#[derive(Debug, Clone)]
pub struct AccessService<S> {
    inner: S,
    settings: Arc<Settings>,
}

pin_project! {
    /// The answer to a request, when it may leave.
    pub struct ResponseFuture<F, B, E> {
        // Dropped before `open`: what a handler states while it is dropped counts.
        #[pin]
        inner: F,
        open: Open<B, E>,
        span: Span,
    }
}

impl<S> AccessService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, A, B> Service<Request<A>> for AccessService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    B: TextBody,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let trace = TraceContext::of(request.headers());
        let span = trace.as_ref().map_or_else(Span::none, trace::span);
        let form = Form::of(&request);
        let route = Route::of(&request, form);
        let guard = AccessGuard::new(self.settings.clone(), trace);
        request.extensions_mut().insert(guard.clone());
        let open = Open::new(self.settings.clone(), guard, route, form);
        let inner = span.in_scope(|| self.inner.call(request));
        ResponseFuture { inner, open, span }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B, E>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: TextBody,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        if this.open.is_calling() {
            let answer = ready!(this.inner.poll(context));
            if let Some(answer) = this.open.answered(answer) {
                return Poll::Ready(answer);
            }
        }
        this.open.poll_recorded(context)
    }
}
