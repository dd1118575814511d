//! Asks the gate for each request, before anything else sees it.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::future::{Either, Ready, ready};
use http::header;
use tower::{Layer, Service};

use super::{Door, Gate, Peer, Refusal};
use crate::{http as pages, rpc};

/// A layer that lets nobody through who is not let in. Puts a [`super::Session`] into the extensions of
/// requests that need one.
#[derive(Clone, Debug)]
pub struct Guard<S = ()> {
    gate: Gate,
    door: Door,
    inner: S,
}

impl Guard {
    /// Guards a listener.
    #[must_use]
    pub fn new(gate: Gate, door: Door) -> Self {
        Self { gate, door, inner: () }
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { gate: self.gate.clone(), door: self.door, inner }
    }
}

impl<S: Service<Request, Response = Response>> Service<Request> for Guard<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let peer = request.extensions().get::<Arc<Peer>>();
        match self.gate.admit(self.door, request.uri().path(), request.headers(), peer) {
            Ok(session) => {
                if let Some(session) = session {
                    request = rpc::limit_messages(request, &session);
                    request.extensions_mut().insert(session);
                }
                Either::Right(self.inner.call(request))
            }
            Err(refusal) => Either::Left(ready(Ok(self.refuse(&refusal, &request)))),
        }
    }
}

impl<S> Guard<S> {
    fn refuse(&self, refusal: &Refusal, request: &Request) -> Response {
        let peer = request.extensions().get::<Arc<Peer>>();
        // Who reads in public is nobody's business: addresses are logged of those who must be known.
        let address = peer.filter(|_| self.door == Door::Internal).map(|peer| peer.address);
        self.gate.note(refusal, address);
        let kind = request.headers().get(header::CONTENT_TYPE);
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
            return rpc::refused(refusal).into_http::<Body>();
        }
        pages::refused(refusal)
    }
}
