//! The gRPC connection to a ledger: one call, one attempt, one deadline.

use std::future::Future;
use std::time::Duration;

use einsicht_proto::v1::charter_client::CharterClient;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_proto::v1::recorder_client::RecorderClient;
use einsicht_proto::v1::reports_client::ReportsClient;
use einsicht_proto::v1::vault_client::VaultClient;
use einsicht_proto::v1::{
    AnnotationKind, EndSessionRequest, EndSessionResponse, GetCheckpointRequest, GetConsistencyProofRequest,
    GetReceiptRequest, ListAnnotationsRequest, ListReportsRequest, ListReportsResponse, RecordRequest,
    RecordResponse, RecordStreamRequest, RecordStreamResponse, WatchDeviationsRequest,
    WatchDeviationsResponse,
};
use einsicht_tlog::{Index, TreeHead};
use futures::Stream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

use crate::annotations::Listed;
use crate::config::{ConfigError, RecorderConfig};
use crate::token::Token;

/// Longest answer that is read. With proofs it holds what was sent (at most 4 MiB) and for each of 1,000
/// events a proof of at most 63 hashes.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// More than anybody looks at; each costs a proof.
const ANNOTATIONS_MAX: usize = 100_000;
/// The same of reports: a city that published one a day would take centuries.
const REPORTS_MAX: usize = 100_000;
/// How often the connection is tried while it is silent, and how long it may stay silent then.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls of one ledger. Connects when it is first used, and again when the connection broke.
pub(crate) struct Connection {
    recorder: RecorderClient<Channel>,
    ledger: LedgerClient<Channel>,
    vault: VaultClient<Channel>,
    charter: CharterClient<Channel>,
    reports: ReportsClient<Channel>,
    token: Option<Token>,
    call_timeout: Duration,
}

impl Connection {
    pub(crate) fn new(config: &RecorderConfig) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::from_shared(config.url.clone());
        let mut endpoint = endpoint.map_err(|_| ConfigError::Url { problem: "is not an address" })?;
        if endpoint.uri().scheme_str() == Some("https") {
            endpoint =
                endpoint.tls_config(config.tls.of_tonic()).map_err(|error| encryption_error(&error))?;
        } else if !is_this_machine(endpoint.uri().host().unwrap_or_default()) {
            tracing::warn!(
                host = endpoint.uri().host(),
                "the token and all events are sent to another machine without encryption"
            );
        }
        let channel = endpoint
            .connect_timeout(config.connect_timeout)
            .tcp_keepalive(Some(KEEP_ALIVE_INTERVAL))
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .user_agent(concat!("einsicht-client/", env!("CARGO_PKG_VERSION")))
            .map_err(|_| ConfigError::Url { problem: "is not an address" })?
            .connect_lazy();
        Ok(Self {
            recorder: RecorderClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            ledger: LedgerClient::new(channel.clone()),
            vault: VaultClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            reports: ReportsClient::new(channel.clone()),
            charter: CharterClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX),
            token: config.token.clone(),
            call_timeout: config.call_timeout,
        })
    }

    pub(crate) async fn record(&self, request: RecordRequest) -> Result<RecordResponse, Status> {
        let mut client = self.recorder.clone();
        let request = self.with_deadline(self.with_token(request));
        self.in_time(async move { client.record(request).await }).await
    }

    pub(crate) async fn end_session(&self, request: EndSessionRequest) -> Result<EndSessionResponse, Status> {
        let mut client = self.recorder.clone();
        let request = self.with_deadline(self.with_token(request));
        self.in_time(async move { client.end_session(request).await }).await
    }

    /// Opens a stream. The deadline is for opening it only: a stream may last for days.
    pub(crate) async fn record_stream(
        &self,
        requests: impl Stream<Item = RecordStreamRequest> + Send + 'static,
    ) -> Result<Streaming<RecordStreamResponse>, Status> {
        let mut client = self.recorder.clone();
        let request = self.with_token(requests);
        self.in_time(async move { client.record_stream(request).await }).await
    }

    pub(crate) async fn checkpoint(&self) -> Result<bytes::Bytes, Status> {
        let mut client = self.ledger.clone();
        let request = self.with_deadline(self.with_token(GetCheckpointRequest {}));
        let answer = self.in_time(async move { client.get_checkpoint(request).await }).await?;
        Ok(answer.checkpoint)
    }

    pub(crate) async fn consistency_proof(
        &self,
        old: &TreeHead,
        new: &TreeHead,
    ) -> Result<Vec<bytes::Bytes>, Status> {
        let mut client = self.ledger.clone();
        let request = GetConsistencyProofRequest { old_size: old.size.0, new_size: new.size.0 };
        let request = self.with_deadline(self.with_token(request));
        let answer = self.in_time(async move { client.get_consistency_proof(request).await }).await?;
        Ok(answer.proof)
    }

    /// Which entries say something about those of a range: whom it is about, and who says it.
    pub(crate) async fn annotations(&self, start: u64, count: u64) -> Result<Vec<Listed>, Status> {
        let mut client = self.ledger.clone();
        let request = self.with_deadline(self.with_token(ListAnnotationsRequest { start, count }));
        let list = async {
            let mut answers = client.list_annotations(request).await?.into_inner();
            let mut listed = Vec::new();
            while let Some(answer) = answers.message().await? {
                if listed.len() == ANNOTATIONS_MAX {
                    return Err(Status::out_of_range(format!("more than {ANNOTATIONS_MAX} annotations")));
                }
                let (about, by) = (Index(answer.index), Index(answer.by));
                // Not stated is never sent: by that, a newer service says what has no number here.
                let kind = AnnotationKind::try_from(answer.kind).ok();
                let kind = kind.filter(|kind| *kind != AnnotationKind::Unspecified);
                listed.push(Listed { about, by, kind });
            }
            Ok(tonic::Response::new(listed))
        };
        self.in_time(list).await
    }

    pub(crate) async fn receipt(&self, index: u64) -> Result<bytes::Bytes, Status> {
        let mut client = self.ledger.clone();
        let request = self.with_deadline(self.with_token(GetReceiptRequest { index }));
        Ok(self.in_time(async move { client.get_receipt(request).await }).await?.receipt)
    }

    /// Makes a call of the service Vault.
    pub(crate) async fn vault<M, T, F: Future<Output = Result<tonic::Response<T>, Status>>>(
        &self,
        message: M,
        call: impl FnOnce(VaultClient<Channel>, Request<M>) -> F,
    ) -> Result<T, Status> {
        let request = self.with_deadline(self.with_token(message));
        self.in_time(call(self.vault.clone(), request)).await
    }

    /// Makes a call of the service Charter.
    pub(crate) async fn charter<M, T, F: Future<Output = Result<tonic::Response<T>, Status>>>(
        &self,
        message: M,
        call: impl FnOnce(CharterClient<Channel>, Request<M>) -> F,
    ) -> Result<T, Status> {
        let request = self.with_deadline(self.with_token(message));
        self.in_time(call(self.charter.clone(), request)).await
    }

    /// Makes a call of the service Reports.
    pub(crate) async fn reports<M, T, F: Future<Output = Result<tonic::Response<T>, Status>>>(
        &self,
        message: M,
        call: impl FnOnce(ReportsClient<Channel>, Request<M>) -> F,
    ) -> Result<T, Status> {
        let request = self.with_deadline(self.with_token(message));
        self.in_time(call(self.reports.clone(), request)).await
    }

    /// Which reports were published.
    pub(crate) async fn list_reports(&self) -> Result<Vec<ListReportsResponse>, Status> {
        let mut client = self.reports.clone();
        let request = self.with_deadline(self.with_token(ListReportsRequest {}));
        let list = async {
            let mut answers = client.list_reports(request).await?.into_inner();
            let mut listed = Vec::new();
            while let Some(answer) = answers.message().await? {
                if listed.len() == REPORTS_MAX {
                    return Err(Status::out_of_range(format!("more than {REPORTS_MAX} reports")));
                }
                listed.push(answer);
            }
            Ok(tonic::Response::new(listed))
        };
        self.in_time(list).await
    }

    /// Opens a watch. The deadline is for opening it only: a watch may last for years.
    pub(crate) async fn watch_deviations(
        &self,
        request: WatchDeviationsRequest,
    ) -> Result<Streaming<WatchDeviationsResponse>, Status> {
        let mut client = self.charter.clone();
        let request = self.with_token(request);
        self.in_time(async move { client.watch_deviations(request).await }).await
    }

    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    fn with_token<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.authorization());
        }
        request
    }

    fn with_deadline<T>(&self, mut request: Request<T>) -> Request<T> {
        request.set_timeout(self.call_timeout);
        request
    }

    /// The deadline that is sent ends with the first byte of the answer; this one with its last.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, Status> {
        match tokio::time::timeout(self.call_timeout, call).await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(_) => Err(self.too_late()),
        }
    }

    /// The failure of an answer that did not come in time.
    pub(crate) fn too_late(&self) -> Status {
        Status::deadline_exceeded(format!("no answer within {:.1} s", self.call_timeout.as_secs_f64()))
    }
}

fn encryption_error(error: &tonic::transport::Error) -> ConfigError {
    let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    ConfigError::Encryption { reason }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn other_machines_are_told_from_this_one() {
        for host in ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["10.0.0.1", "[2001:db8::1]", "ledger", "localhost.example", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
