//! The gRPC services of the fake ledger.

use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use einsicht_access::event::validate_request;
use einsicht_access::problem::BatchError;
use einsicht_proto::v1::charter_server::CharterServer;
use einsicht_proto::v1::ledger_server::{Ledger, LedgerServer};
use einsicht_proto::v1::recorder_server::{Recorder, RecorderServer};
use einsicht_proto::v1::vault_server::VaultServer;
use einsicht_proto::v1::*;
use futures::{Stream, StreamExt as _};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Fault, Shared, State, TOKEN};

pub async fn serve(shared: Arc<Shared>, tls: Option<ServerTlsConfig>) -> tokio::task::JoinHandle<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    shared.proxy.lead_to(listener.local_addr().unwrap());
    let builder = Server::builder();
    let mut builder = match tls {
        Some(tls) => builder.tls_config(tls).unwrap(),
        None => builder,
    };
    let server = builder
        .add_service(RecorderServer::new(Service(shared.clone())))
        .add_service(VaultServer::new(Service(shared.clone())))
        .add_service(CharterServer::new(Service(shared.clone())))
        .add_service(LedgerServer::new(Service(shared)))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    tokio::spawn(async move { server.await.unwrap() })
}

pub(super) struct Service(pub(super) Arc<Shared>);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What to do with the answer to a request.
enum Answer {
    Give(RecordResponse),
    Never,
    Cut,
}

impl State {
    fn check_up(&self) -> Result<(), Status> {
        self.down.clone().map_or(Ok(()), Err)
    }
}

impl Shared {
    async fn answer(&self, request: RecordRequest) -> Result<RecordResponse, Status> {
        match self.decide(request)? {
            Answer::Give(response) => Ok(response),
            Answer::Never => std::future::pending().await,
            Answer::Cut => {
                self.proxy.cut();
                std::future::pending().await
            }
        }
    }

    fn decide(&self, request: RecordRequest) -> Result<Answer, Status> {
        let mut state = self.state.lock().unwrap();
        state.seen.push(request.clone());
        state.check_up()?;
        if let Some((purpose, status)) = &state.refused
            && request.events.iter().any(|event| event.purpose == *purpose)
        {
            return Err(status.clone());
        }
        let fault = state.faults.pop_front().unwrap_or(Fault::None);
        if let Fault::Refuse(status) = fault {
            return Err(status);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        validate_request(&request, now.as_micros() as i64).map_err(|error| invalid(&error))?;
        if request.known_size > state.log.size() {
            return Err(Status::failed_precondition("you have verified more entries than there are"));
        }
        let mut response = state.log.record(&request)?;
        match fault {
            Fault::LoseAnswer => return Ok(Answer::Cut),
            Fault::Hang => return Ok(Answer::Never),
            Fault::Lie(lie) => lie(&mut state.log, &mut response),
            Fault::None | Fault::Refuse(_) => {}
        }
        Ok(Answer::Give(response))
    }
}

fn invalid(error: &BatchError) -> Status {
    let mut details = ErrorDetails::new();
    if let BatchError::Invalid(violations) = error {
        for violation in &violations.listed {
            details.add_bad_request_violation(violation.path(), violation.problem.to_string());
        }
    }
    Status::with_error_details(Code::InvalidArgument, "bad fields", details)
}

fn authenticate<T>(request: &Request<T>) -> Result<(), Status> {
    let sent = request.metadata().get("authorization");
    let expected = format!("Bearer {TOKEN}");
    // As the service does: a token that is sent decides, otherwise the certificate.
    let by_certificate = sent.is_none() && request.peer_certs().is_some();
    if by_certificate || sent.is_some_and(|sent| sent.as_bytes() == expected.as_bytes()) {
        Ok(())
    } else {
        Err(Status::unauthenticated("the token is not known"))
    }
}

/// A ledger that only callers may read must be told who reads. Whether it knows them is not asked here, so
/// that a token can be refused by the calls that record.
fn shows_who_it_is<T>(request: &Request<T>) -> Result<(), Status> {
    match request.metadata().get("authorization").is_some() || request.peer_certs().is_some() {
        true => Ok(()),
        false => Err(Status::unauthenticated("no token")),
    }
}

#[tonic::async_trait]
impl Recorder for Service {
    type RecordStreamStream = Answers<RecordStreamResponse>;

    async fn record(&self, request: Request<RecordRequest>) -> Result<Response<RecordResponse>, Status> {
        authenticate(&request)?;
        assert!(request.metadata().contains_key("grpc-timeout"));
        self.0.answer(request.into_inner()).await.map(Response::new)
    }

    async fn record_stream(
        &self,
        request: Request<Streaming<RecordStreamRequest>>,
    ) -> Result<Response<Self::RecordStreamStream>, Status> {
        authenticate(&request)?;
        self.0.state.lock().unwrap().streams += 1;
        let (shared, requests) = (self.0.clone(), request.into_inner());
        let answers = futures::stream::try_unfold((shared, requests), |(shared, mut requests)| async move {
            let Some(request) = requests.next().await.transpose()? else { return Ok(None) };
            let response = Some(shared.answer(request.request.unwrap()).await?);
            Ok(Some((RecordStreamResponse { response }, (shared, requests))))
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn end_session(
        &self,
        request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        shows_who_it_is(&request)?;
        let mut state = self.0.state.lock().unwrap();
        state.check_up()?;
        if let Some(status) = state.end_faults.pop_front() {
            return Err(status);
        }
        let recorded = Some(state.log.end_session(request.get_ref()));
        Ok(Response::new(EndSessionResponse { recorded, checkpoint: state.log.checkpoint() }))
    }
}

#[tonic::async_trait]
impl Ledger for Service {
    type ListEntriesStream = Answers<ListEntriesResponse>;
    type WatchCheckpointsStream = Answers<WatchCheckpointsResponse>;
    type ListAnnotationsStream = Answers<ListAnnotationsResponse>;

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let state = self.0.state.lock().unwrap();
        state.check_up()?;
        shows_who_it_is(&request)?;
        let checkpoint = state.log.checkpoint();
        Ok(Response::new(GetCheckpointResponse { checkpoint }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        shows_who_it_is(&request)?;
        let mut state = self.0.state.lock().unwrap();
        state.proofs_asked += 1;
        if let Some(status) = state.proof_faults.pop_front() {
            return Err(status);
        }
        let GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        let proof = state.log.consistency(old_size, new_size);
        let proof = proof.ok_or_else(|| Status::invalid_argument("no such sizes"))?;
        Ok(Response::new(GetConsistencyProofResponse { new_size, proof }))
    }

    async fn get_entry(&self, _: Request<GetEntryRequest>) -> Result<Response<GetEntryResponse>, Status> {
        Err(not_here())
    }

    async fn list_entries(
        &self,
        _: Request<ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        Err(not_here())
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        Err(not_here())
    }

    async fn get_receipt(
        &self,
        request: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        shows_who_it_is(&request)?;
        let state = self.0.state.lock().unwrap();
        state.vault.no_receipts.clone().map_or(Ok(()), Err)?;
        let index = state.vault.other_receipt.unwrap_or(request.into_inner().index);
        Ok(Response::new(GetReceiptResponse { receipt: state.log.receipt(index) }))
    }

    async fn watch_checkpoints(
        &self,
        _: Request<WatchCheckpointsRequest>,
    ) -> Result<Response<Self::WatchCheckpointsStream>, Status> {
        Err(not_here())
    }

    async fn list_annotations(
        &self,
        _: Request<ListAnnotationsRequest>,
    ) -> Result<Response<Self::ListAnnotationsStream>, Status> {
        Err(not_here())
    }
}

/// A recorder needs none of these.
fn not_here() -> Status {
    Status::unimplemented("not part of these tests")
}
