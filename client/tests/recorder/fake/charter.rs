//! The service Charter of the fake ledger: it answers what it is told to.

use std::collections::VecDeque;
use std::pin::Pin;

use einsicht_access::charter::parts_of;
use einsicht_proto::v1::charter_server::Charter;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::*;
use futures::{Stream, StreamExt as _, stream};
use tonic::{Request, Response, Status};

use super::service::Service;
use super::vault::Lie;

/// What the next calls answer.
#[derive(Default)]
pub struct Script {
    /// The next evaluations.
    pub evaluations: VecDeque<Result<EvaluateResponse, Status>>,
    /// What was asked about.
    pub asked: Vec<EvaluateRequest>,
    /// What the next watches tell before they end.
    pub watches: VecDeque<Vec<Result<WatchDeviationsResponse, Status>>>,
    /// What was asked to be watched.
    pub watched: Vec<WatchDeviationsRequest>,
    /// What the next publication lies about.
    pub publish: Lie<PublishCharterResponse>,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Charter for Service {
    type WatchDeviationsStream = Answers<WatchDeviationsResponse>;
    type ListChartersStream = Answers<ListChartersResponse>;

    async fn publish_charter(
        &self,
        request: Request<PublishCharterRequest>,
    ) -> Result<Response<PublishCharterResponse>, Status> {
        let mut state = self.0.state.lock().unwrap();
        let first = state.log.size();
        for part in parts_of(&request.into_inner().text) {
            state.log.append(&EntryBody { content: Some(Content::Charter(part)) });
        }
        let last = state.log.size() - 1;
        let receipt = state.log.receipt(last);
        let mut response = PublishCharterResponse { receipt, first, last, ..Default::default() };
        if let Some(lie) = state.charter.publish.take() {
            lie(&mut state, &mut response);
        }
        Ok(Response::new(response))
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let mut state = self.0.state.lock().unwrap();
        state.charter.asked.push(request.into_inner());
        let told = state.charter.evaluations.pop_front().unwrap_or(Ok(EvaluateResponse::default()));
        told.map(Response::new)
    }

    async fn watch_deviations(
        &self,
        request: Request<WatchDeviationsRequest>,
    ) -> Result<Response<Self::WatchDeviationsStream>, Status> {
        let mut state = self.0.state.lock().unwrap();
        state.charter.watched.push(request.into_inner());
        let told = state.charter.watches.pop_front();
        let told = told.ok_or_else(|| Status::permission_denied("that is all"))?;
        Ok(Response::new(stream::iter(told).boxed()))
    }

    async fn list_charters(
        &self,
        _: Request<ListChartersRequest>,
    ) -> Result<Response<Self::ListChartersStream>, Status> {
        Err(Status::unimplemented("not part of these tests"))
    }
}
