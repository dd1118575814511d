//! What `tonic-prost-build` makes of the following, cut down by hand, so that the example needs no build
//! script:
//!
//! ```proto
//! package visitors.v1;
//! service Visitors { rpc Count(CountOf) returns (Count); }
//! message CountOf { string place = 1; string purpose = 2; }
//! message Count { uint64 visitors = 1; }
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use tonic::server::Grpc;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Asks for the visitors of a place.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CountOf {
    /// Which.
    #[prost(string, tag = "1")]
    pub place: String,
    /// What for.
    #[prost(string, tag = "2")]
    pub purpose: String,
}

/// How many there are.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Count {
    /// So many.
    #[prost(uint64, tag = "1")]
    pub visitors: u64,
}

/// The service.
pub trait Visitors: Clone + Send + Sync + 'static {
    /// Counts the visitors of a place.
    fn count(
        &self,
        request: Request<CountOf>,
    ) -> impl Future<Output = Result<Response<Count>, Status>> + Send;
}

/// Serves it.
#[derive(Clone)]
pub struct VisitorsServer<V>(pub V);

impl<V: Visitors> Service<http::Request<Body>> for VisitorsServer<V> {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.0.clone();
        Box::pin(async move {
            if request.uri().path() != "/visitors.v1.Visitors/Count" {
                return Ok(Status::unimplemented("there is no such method").into_http());
            }
            let count = service_fn(move |request| {
                let service = service.clone();
                async move { service.count(request).await }
            });
            Ok(Grpc::new(ProstCodec::<Count, CountOf>::default()).unary(count, request).await)
        })
    }
}
