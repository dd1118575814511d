//! The service Vault of the fake ledger. It does what it is asked, as a service would; then it may lie about it.

use std::collections::HashMap;

use bytes::Bytes;
use einsicht_access::marker::PeriodKey;
use einsicht_access::openings::{Openings, State as Opening};
use einsicht_access::record::{Provenance, opening_entry, seal_accesses, seal_statement};
use einsicht_access::{EventView, SealedField, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::vault_server::Vault;
use einsicht_proto::v1::*;
use tonic::{Request, Response, Status};

use super::service::Service;
use super::{PRODUCER, State};

/// What is done to an answer before it is sent.
pub type Lie<T> = Option<Box<dyn FnOnce(&mut State, &mut T) + Send>>;

/// What is sealed, and what the next calls lie about.
#[derive(Default)]
pub struct Sealed {
    openings: HashMap<u64, Openings>,
    pub disclose: Lie<DiscloseResponse>,
    pub erase: Lie<EraseResponse>,
    pub correct: Lie<CorrectResponse>,
    pub open_record: Lie<OpenRecordResponse>,
    pub retain: Lie<RetainResponse>,
    pub issue_view_keys: Lie<IssueViewKeysResponse>,
    pub list_requests: Lie<ListRequestsResponse>,
    /// How the next call is answered, after it was carried out.
    pub answered: Option<Status>,
    /// How every request for a receipt is answered.
    pub no_receipts: Option<Status>,
    /// Whose receipt is given instead of the one that was asked for.
    pub other_receipt: Option<u64>,
}

fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}

impl State {
    /// Records something that is sealed.
    pub fn seal(&mut self, event: &AccessEvent) -> u64 {
        let session = Bytes::from_static(&[3; 16]);
        let provenance = Provenance { producer: PRODUCER, session: &session, sequence: self.log.size() };
        let key = PeriodKey::from([7; 32]);
        let prepared = seal_accesses(&[EventView::from(event)], provenance, Some(&key), None, random);
        let prepared = prepared.unwrap().pop().unwrap();
        let index = self.log.append(&read_body(&prepared.body).unwrap());
        self.vault.openings.insert(index, prepared.sealed.unwrap().openings);
        index
    }

    /// Writes an entry whose content seals a statement. Returns its index, and the statement opened.
    pub fn state(
        &mut self,
        statement: &Statement,
        content: impl FnOnce(Bytes, Bytes) -> Content,
    ) -> (u64, Option<OpenedField>) {
        let sealed = seal_statement(statement, random).unwrap();
        let seal = Bytes::copy_from_slice(&sealed.seal);
        let nonce = Bytes::copy_from_slice(&sealed.sealed.nonce);
        let index = self.log.append(&EntryBody { content: Some(content(seal, nonce)) });
        let opened = opened_of(&sealed.sealed.openings, SealedField::Statement);
        self.vault.openings.insert(index, sealed.sealed.openings);
        (index, opened)
    }

    pub fn disclosure(&mut self, statement: &Statement) -> (u64, Option<OpenedField>) {
        self.state(statement, |seal, nonce| {
            Content::Disclosure(Disclosure {
                role: "steward".into(),
                seal,
                nonce: Some(nonce),
                request: None,
            })
        })
    }

    pub fn disclose(&mut self, request: &DiscloseRequest) -> DiscloseResponse {
        let index = request.index.unwrap();
        let fields = self.fields(index, &request.fields);
        let (trail, statement) = self.disclosure(&statement(index, &fields, &request.reason));
        let openings = &self.vault.openings[&index];
        DiscloseResponse {
            opened: fields.iter().filter_map(|field| opened_of(openings, *field)).collect(),
            receipt: self.log.receipt(index),
            trail: self.log.receipt(trail),
            requested: None,
            statement,
            may_be_erased_by: None,
        }
    }

    pub fn erase(&mut self, request: &EraseRequest) -> EraseResponse {
        let fields = self.fields(request.index, &request.fields);
        let ground = request.ground.clone();
        let said = statement(request.index, &fields, &ground);
        let (by, statement) = self.state(&said, |seal, nonce| {
            Content::Erasure(Erasure { ground, seal: Some(seal), nonce: Some(nonce), ..Erasure::default() })
        });
        let erased = self.vault.openings.get_mut(&request.index).unwrap().erase(&fields, by);
        EraseResponse {
            receipt: self.log.receipt(by),
            fields: erased.iter().map(|field| field.number().into()).collect(),
            statement,
            erased_before: Vec::new(),
        }
    }

    /// Appends a correction.
    pub fn correction(&mut self, request: CorrectRequest) -> u64 {
        let CorrectRequest { index, correction, ground } = request;
        let content = Content::Correction(Correction { index, correction, ground });
        self.log.append(&EntryBody { content: Some(content) })
    }

    /// Appends the opening of a confidential record.
    pub fn opening(&mut self, index: u64) -> u64 {
        let opening = match self.vault.openings[&index].state(SealedField::Confidential) {
            Some(Opening::Open { salt, value }) => opening_entry(index, &salt, value),
            _ => panic!("it is not confidential"),
        };
        self.log.append(&opening)
    }

    /// Appends the entry that a month of a class was erased.
    pub fn month_erased(&mut self, month: &str, class: &str) -> u64 {
        let erasure = Erasure {
            ground: "retention".into(),
            month: Some(month.to_owned()),
            retention_class: Some(class.to_owned()),
            ..Erasure::default()
        };
        self.log.append(&EntryBody { content: Some(Content::Erasure(erasure)) })
    }

    fn fields(&self, index: u64, names: &[String]) -> Vec<SealedField> {
        let all = self.vault.openings[&index].iter().map(|opening| opening.field);
        all.filter(|field| names.is_empty() || names.iter().any(|name| name == field.name())).collect()
    }
}

fn statement(index: u64, fields: &[SealedField], reason: &str) -> Statement {
    Statement {
        who: "steward".into(),
        index: Some(index),
        fields: fields.iter().map(|field| field.number().into()).collect(),
        reason: reason.to_owned(),
        ..Statement::default()
    }
}

fn opened_of(openings: &Openings, field: SealedField) -> Option<OpenedField> {
    let empty = OpenedField { field: field.number().into(), ..OpenedField::default() };
    Some(match openings.state(field)? {
        Opening::Open { salt, value } => OpenedField {
            salt: Bytes::copy_from_slice(salt.as_bytes()),
            value: Bytes::copy_from_slice(value),
            ..empty
        },
        Opening::Erased { by } => OpenedField { erased_by: Some(by), ..empty },
    })
}

impl Service {
    /// Does something, and lies about it if it is to.
    fn deed<T>(
        &self,
        done: impl FnOnce(&mut State) -> T,
        lie: impl FnOnce(&mut Sealed) -> &mut Lie<T>,
    ) -> Result<Response<T>, Status> {
        let mut state = self.0.state.lock().unwrap();
        let mut answer = done(&mut state);
        let lie = lie(&mut state.vault).take();
        if let Some(lie) = lie {
            lie(&mut state, &mut answer);
        }
        state.vault.answered.take().map_or(Ok(Response::new(answer)), Err)
    }
}

#[tonic::async_trait]
impl Vault for Service {
    async fn disclose(
        &self,
        request: Request<DiscloseRequest>,
    ) -> Result<Response<DiscloseResponse>, Status> {
        self.deed(|state| state.disclose(request.get_ref()), |vault| &mut vault.disclose)
    }

    async fn erase(&self, request: Request<EraseRequest>) -> Result<Response<EraseResponse>, Status> {
        self.deed(|state| state.erase(request.get_ref()), |vault| &mut vault.erase)
    }

    async fn correct(&self, request: Request<CorrectRequest>) -> Result<Response<CorrectResponse>, Status> {
        let correct = |state: &mut State| {
            let index = state.correction(request.into_inner());
            CorrectResponse { receipt: state.log.receipt(index) }
        };
        self.deed(correct, |vault| &mut vault.correct)
    }

    async fn open_record(
        &self,
        request: Request<OpenRecordRequest>,
    ) -> Result<Response<OpenRecordResponse>, Status> {
        let open = |state: &mut State| {
            let index = state.opening(request.get_ref().index);
            OpenRecordResponse { receipt: state.log.receipt(index) }
        };
        self.deed(open, |vault| &mut vault.open_record)
    }

    async fn retain(&self, request: Request<RetainRequest>) -> Result<Response<RetainResponse>, Status> {
        let retain = |state: &mut State| {
            let (month, retention_class) = ("2025-10".to_owned(), "P12M".to_owned());
            let erased_by =
                (!request.get_ref().dry_run).then(|| state.month_erased(&month, &retention_class));
            let due = Retention { month, retention_class, due_day: 20_000, held: false, erased_by };
            RetainResponse { due: vec![due] }
        };
        self.deed(retain, |vault| &mut vault.retain)
    }

    async fn issue_view_keys(
        &self,
        request: Request<IssueViewKeysRequest>,
    ) -> Result<Response<IssueViewKeysResponse>, Status> {
        let IssueViewKeysRequest { subjects, months, reason } = request.into_inner();
        let issue = |state: &mut State| {
            let keys = (0..).zip(&subjects).flat_map(|(subject, _)| {
                let key = move |month: &String| {
                    let key = Bytes::from(vec![subject as u8 + 1; 32]);
                    ViewKey { subject, month: month.clone(), key }
                };
                months.iter().map(key)
            });
            let keys = keys.collect();
            let said = Statement {
                who: "steward".into(),
                reason,
                subjects,
                months: months.clone(),
                ..Statement::default()
            };
            let (trail, statement) = state.disclosure(&said);
            IssueViewKeysResponse { keys, trail: state.log.receipt(trail), statement }
        };
        self.deed(issue, |vault| &mut vault.issue_view_keys)
    }

    async fn list_requests(
        &self,
        _: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        let list = |state: &mut State| {
            let said = statement(1, &[SealedField::Actor], "audit");
            let (index, _) = state.state(&said, |seal, nonce| {
                Content::DisclosureRequest(DisclosureRequest {
                    role: "steward".into(),
                    seal,
                    nonce: Some(nonce),
                })
            });
            ListRequestsResponse { pending: vec![PendingRequest { index, lapses_at: 1 }] }
        };
        self.deed(list, |vault| &mut vault.list_requests)
    }
}
