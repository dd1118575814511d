//! `einsicht.v1.Charter`: publish, ask, watch.

mod evaluate;
mod watch;

use std::pin::Pin;

use bytes::Bytes;
use einsicht_proto::unread::EvaluateRequest;
use einsicht_proto::unread::charter_server::Charter;
use einsicht_proto::v1::{
    EvaluateResponse, ListChartersRequest, ListChartersResponse, PublishCharterRequest,
    PublishCharterResponse, WatchDeviationsRequest, WatchDeviationsResponse,
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use tonic::{Request, Response, Status};

use super::{Shared, status, while_allowed};
use crate::annotations::CharterPlace;
use crate::auth::Session;

pub(super) use watch::LookError;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Publishes charters and tells what they say.
pub struct CharterService {
    shared: Shared,
}

impl CharterService {
    /// Works with what the services share.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[tonic::async_trait]
impl Charter for CharterService {
    type WatchDeviationsStream = Answers<WatchDeviationsResponse>;
    type ListChartersStream = Answers<ListChartersResponse>;

    async fn publish_charter(
        &self,
        request: Request<PublishCharterRequest>,
    ) -> Result<Response<PublishCharterResponse>, Status> {
        let published = self.shared.publishing.publish(request.into_inner().text).await;
        let published = published.map_err(|error| status::counted(status::of_publishing(&error)))?;
        let CharterPlace { first, last, sha256, .. } = published.place;
        Ok(Response::new(PublishCharterResponse {
            receipt: published.receipt,
            first: first.0,
            last: last.0,
            sha256: Bytes::copy_from_slice(&sha256),
            already_in_force: published.already,
        }))
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let session = session.ok_or_else(|| status::counted(status::unguarded()))?;
        let (shared, events) = (self.shared.clone(), request.into_inner().events);
        // A thousand events with their sentences take milliseconds: other calls do not wait for them.
        let evaluated = tokio::task::spawn_blocking(move || evaluate::evaluate(&shared, &session, &events));
        let evaluated =
            evaluated.await.unwrap_or_else(|_| Err(Status::internal("judging ended in disorder")));
        evaluated.map(Response::new).map_err(status::counted)
    }

    async fn watch_deviations(
        &self,
        request: Request<WatchDeviationsRequest>,
    ) -> Result<Response<Self::WatchDeviationsStream>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let (shared, request) = (self.shared.clone(), request.into_inner());
        // Charters of before may have to be read from the log.
        let watch = tokio::task::spawn_blocking(move || watch::Watch::new(&shared, request)).await;
        let watch = watch.unwrap_or_else(|_| Err(Status::internal("reading the log ended in disorder")));
        let found = watch.map_err(status::counted)?.into_stream();
        let shutdown = self.shared.shutdown.clone().cancelled_owned();
        let answers = while_allowed(session, found).map_err(status::counted);
        Ok(Response::new(Box::pin(answers.take_until(shutdown))))
    }

    async fn list_charters(
        &self,
        _request: Request<ListChartersRequest>,
    ) -> Result<Response<Self::ListChartersStream>, Status> {
        let end = self.shared.sequencer.published().borrow().head.size.next_index();
        let charters = self.shared.annotations.charters(end);
        let charters = charters.map_err(|error| status::counted(status::not_known(&error)))?;
        Ok(Response::new(Box::pin(stream::iter(charters.into_iter().map(|place| Ok(listed(&place)))))))
    }
}

fn listed(place: &CharterPlace) -> ListChartersResponse {
    ListChartersResponse {
        first: place.first.0,
        last: place.last.0,
        sha256: Bytes::copy_from_slice(&place.sha256),
        recorded_at: place.recorded_at.0,
    }
}
