//! `einsicht.v1.Vault`: from messages to what is done with sealed values, and back.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::SealedField;
use einsicht_proto::v1::vault_server::Vault;
use einsicht_proto::v1::{
    CorrectRequest, CorrectResponse, DiscloseRequest, DiscloseResponse, EraseRequest, EraseResponse,
    IssueViewKeysRequest, IssueViewKeysResponse, ListRequestsRequest, ListRequestsResponse,
    OpenRecordRequest, OpenRecordResponse, OpenedField, PendingRequest, RetainRequest, RetainResponse,
    Retention, ViewKey,
};
use einsicht_tlog::Index;
use tonic::{Request, Response, Status};

use super::status;
use crate::auth::Session;
use crate::custody::{
    Asked, Custody, CustodyError, Disclosed, Doer, Due, Erased, Granted, Issued, IssuedKey, OpenedValue,
};

/// Discloses, erases, corrects, opens.
pub struct VaultService {
    custody: Custody,
}

impl VaultService {
    /// Works with what looks after the vault.
    #[must_use]
    pub fn new(custody: Custody) -> Self {
        Self { custody }
    }

    /// Does something to its end, also if the caller goes away meanwhile: between an entry and what it says, nothing
    /// may stop.
    async fn run<T, R, F>(
        &self,
        request: Request<T>,
        work: impl FnOnce(Custody, Doer, T) -> F,
    ) -> Result<Response<R>, Status>
    where
        F: Future<Output = Result<R, CustodyError>> + Send + 'static,
        R: Send + 'static,
    {
        let done = async {
            let doer = doer(&request)?;
            let task = tokio::spawn(work(self.custody.clone(), doer, request.into_inner()));
            task.await.unwrap_or(Err(CustodyError::Disorder)).map_err(|error| status::of_custody(&error))
        };
        done.await.map(Response::new).map_err(status::counted)
    }
}

#[tonic::async_trait]
impl Vault for VaultService {
    async fn disclose(
        &self,
        request: Request<DiscloseRequest>,
    ) -> Result<Response<DiscloseResponse>, Status> {
        let disclose = |custody: Custody, by: Doer, request: DiscloseRequest| async move {
            let DiscloseRequest { index, fields, reason, request } = request;
            let fields = sealed_fields(&fields)?;
            let (index, request) = (index.map(Index), request.map(Index));
            let disclosed = custody.disclose(&by, Asked { index, fields, reason, request }).await?;
            Ok(match disclosed {
                Disclosed::Shown(granted) => disclosed_values(granted),
                Disclosed::Requested { index, trail, statement } => DiscloseResponse {
                    trail,
                    requested: Some(index.0),
                    statement: Some(opened_field(statement)),
                    ..DiscloseResponse::default()
                },
            })
        };
        self.run(request, disclose).await
    }

    async fn erase(&self, request: Request<EraseRequest>) -> Result<Response<EraseResponse>, Status> {
        let erase = |custody: Custody, by: Doer, request: EraseRequest| async move {
            let EraseRequest { index, fields, ground } = request;
            let fields = sealed_fields(&fields)?;
            let erased = custody.erase(&by, Index(index), &fields, ground).await?;
            let Erased { receipt, fields, statement, before } = erased;
            Ok(EraseResponse {
                receipt,
                fields: fields.iter().map(|field| field.number().into()).collect(),
                statement: Some(opened_field(statement)),
                erased_before: before.into_iter().map(opened_field).collect(),
            })
        };
        self.run(request, erase).await
    }

    async fn correct(&self, request: Request<CorrectRequest>) -> Result<Response<CorrectResponse>, Status> {
        let correct = |custody: Custody, _: Doer, request: CorrectRequest| async move {
            let CorrectRequest { index, correction, ground } = request;
            let receipt = custody.correct(Index(index), correction, ground).await?;
            Ok(CorrectResponse { receipt })
        };
        self.run(request, correct).await
    }

    async fn open_record(
        &self,
        request: Request<OpenRecordRequest>,
    ) -> Result<Response<OpenRecordResponse>, Status> {
        let open = |custody: Custody, _: Doer, request: OpenRecordRequest| async move {
            Ok(OpenRecordResponse { receipt: custody.open_record(Index(request.index)).await? })
        };
        self.run(request, open).await
    }

    async fn retain(&self, request: Request<RetainRequest>) -> Result<Response<RetainResponse>, Status> {
        let retain = |custody: Custody, _: Doer, request: RetainRequest| async move {
            let due = custody.retain(request.dry_run).await?;
            Ok(RetainResponse { due: due.into_iter().map(retention).collect() })
        };
        self.run(request, retain).await
    }

    async fn issue_view_keys(
        &self,
        request: Request<IssueViewKeysRequest>,
    ) -> Result<Response<IssueViewKeysResponse>, Status> {
        let issue = |custody: Custody, by: Doer, request: IssueViewKeysRequest| async move {
            let IssueViewKeysRequest { subjects, months, reason } = request;
            let Issued { keys, trail, statement } =
                custody.issue_view_keys(&by, subjects, months, reason).await?;
            let (keys, statement) = (keys.into_iter().map(view_key).collect(), opened_field(statement));
            Ok(IssueViewKeysResponse { keys, trail, statement: Some(statement) })
        };
        self.run(request, issue).await
    }

    async fn list_requests(
        &self,
        request: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        let list = |custody: Custody, _: Doer, _: ListRequestsRequest| async move {
            let pending = custody.requests()?.into_iter();
            let pending = pending
                .map(|pending| PendingRequest { index: pending.index.0, lapses_at: pending.lapses_at_s })
                .collect();
            Ok(ListRequestsResponse { pending })
        };
        self.run(request, list).await
    }
}

/// Who was let in to make this call.
fn doer<T>(request: &Request<T>) -> Result<Doer, Status> {
    let session = request.extensions().get::<Session>().ok_or_else(status::unguarded)?;
    Ok(Doer {
        name: Arc::clone(&session.caller().name),
        role: session.role(),
        has_certificate: session.has_certificate(),
    })
}

fn sealed_fields(names: &[String]) -> Result<Vec<SealedField>, CustodyError> {
    let fields = names.iter().enumerate();
    fields
        .map(|(position, name)| SealedField::of_name(name).ok_or(CustodyError::UnknownField { position }))
        .collect()
}

fn disclosed_values(granted: Granted) -> DiscloseResponse {
    let Granted { opened, receipt, trail, statement, may_be_erased_by } = granted;
    DiscloseResponse {
        opened: opened.into_iter().map(opened_field).collect(),
        receipt,
        trail,
        requested: None,
        statement: Some(opened_field(statement)),
        may_be_erased_by: may_be_erased_by.map(|index| index.0),
    }
}

fn opened_field(OpenedValue { field, value }: OpenedValue) -> OpenedField {
    let field = u32::from(field.number());
    match value {
        Ok((salt, value)) => OpenedField { field, salt, value, erased_by: None },
        Err(by) => OpenedField { field, salt: Bytes::new(), value: Bytes::new(), erased_by: Some(by.0) },
    }
}

fn retention(due: Due) -> Retention {
    Retention {
        month: due.month.to_string(),
        retention_class: due.class.to_string(),
        due_day: due.due_day,
        held: due.held,
        erased_by: due.erased_by.map(|index| index.0),
    }
}

fn view_key(IssuedKey { subject, month, key }: IssuedKey) -> ViewKey {
    ViewKey { subject, month: month.to_string(), key }
}
