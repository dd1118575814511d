//! `einsicht.v1.Reports`: publish, list.

use std::pin::Pin;

use bytes::Bytes;
use einsicht_proto::v1::reports_server::Reports;
use einsicht_proto::v1::{
    ListReportsRequest, ListReportsResponse, PublishReportRequest, PublishReportResponse,
};
use futures::{Stream, StreamExt as _, stream};
use tonic::{Request, Response, Status};

use super::{Shared, status, while_allowed};
use crate::annotations::ReportPlace;
use crate::auth::Session;

/// Publishes reports, and tells which ones were.
pub struct ReportsService {
    shared: Shared,
}

impl ReportsService {
    /// Works with what the services share.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[tonic::async_trait]
impl Reports for ReportsService {
    type ListReportsStream = Pin<Box<dyn Stream<Item = Result<ListReportsResponse, Status>> + Send>>;

    async fn publish_report(
        &self,
        request: Request<PublishReportRequest>,
    ) -> Result<Response<PublishReportResponse>, Status> {
        let published = self.shared.reports.publish(request.into_inner().manifest).await;
        let published = published.map_err(|error| status::counted(status::of_report(&error)))?;
        Ok(Response::new(PublishReportResponse {
            receipt: published.receipt,
            index: published.index.0,
            already_published: published.already,
        }))
    }

    async fn list_reports(
        &self,
        request: Request<ListReportsRequest>,
    ) -> Result<Response<Self::ListReportsStream>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let end = self.shared.sequencer.published().borrow().head.size.next_index();
        let reports = self.shared.annotations.reports(end);
        let reports = reports.map_err(|error| status::counted(status::not_known(&error)))?;
        let listed = stream::iter(reports.into_iter().map(|report| Ok(listed(&report))));
        let shutdown = self.shared.shutdown.clone().cancelled_owned();
        Ok(Response::new(Box::pin(while_allowed(session, listed).take_until(shutdown))))
    }
}

fn listed(report: &ReportPlace) -> ListReportsResponse {
    ListReportsResponse {
        index: report.index.0,
        recorded_at: report.recorded_at.0,
        period: report.period.to_string(),
        manifest_sha256: Bytes::copy_from_slice(&report.sha256),
        replaces: report.replaces.map(|index| index.0),
    }
}
