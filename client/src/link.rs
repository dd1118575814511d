//! The way to one ledger: a call is made, and its answer verified.

use std::sync::Arc;

use einsicht_proto::v1::{EndSessionRequest, RecordRequest, RecordResponse};
use einsicht_tlog::Size;

use crate::Trust;
use crate::answer::{Recorded, VerificationError, verify_place, verify_places};
use crate::attempt::{AttemptError, Setback, aside, persist};
use crate::checkpoints::{Checkpoints, GivenProof};
use crate::config::RecorderConfig;
use crate::connection::Connection;
use crate::error::RecordError;
use crate::recorder::unreachable_ledger;
use crate::retry::RetryPolicy;

/// With so many proofs, verifying takes long enough to keep other tasks waiting.
const PROOFS_AT_ONCE_MAX: usize = 32;

/// A ledger, and what is believed of it.
pub(crate) struct Link {
    pub(crate) connection: Arc<Connection>,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) retry: RetryPolicy,
    pub(crate) producer: Option<String>,
}

impl Link {
    /// What is believed of the ledger of a configuration.
    pub(crate) fn trust_of(config: &RecorderConfig) -> Result<Trust, RecordError> {
        match &config.state_dir {
            Some(dir) => Trust::stored(config.key.clone(), dir).map_err(RecordError::Trust),
            None => Ok(Trust::in_memory(config.key.clone())),
        }
    }

    /// The way to the ledger of a configuration. Nothing is sent yet.
    pub(crate) fn new(
        config: &RecorderConfig,
        trust: Trust,
        producer: Option<String>,
    ) -> Result<Self, RecordError> {
        let connection = Arc::new(Connection::new(config)?);
        let checkpoints = Checkpoints::new(connection.clone(), trust);
        Ok(Self { connection, checkpoints, retry: config.retry, producer })
    }

    /// The way to a ledger whose newest checkpoint was verified, for whoever records nothing.
    pub(crate) async fn connect(config: &RecorderConfig) -> Result<Self, RecordError> {
        config.check().map_err(RecordError::Config)?;
        let link = Self::new(config, Self::trust_of(config)?, None)?;
        link.reach(config).await?;
        Ok(link)
    }

    /// Verifies the newest checkpoint, as often as the policy allows. `config` is the one that the link is of.
    pub(crate) async fn reach(&self, config: &RecorderConfig) -> Result<(), RecordError> {
        let checked = persist(self.retry, || self.check_ledger()).await;
        let shows_certificate = config.tls.has_certificate();
        checked.map_err(|setback| unreachable_ledger(config.url.clone(), shows_certificate, setback))
    }

    /// Gets a request answered, as often as the policy allows.
    pub(crate) async fn record(&self, request: &Arc<RecordRequest>) -> Result<Vec<Recorded>, Setback> {
        persist(self.retry, || self.record_once(request)).await
    }

    /// Makes one attempt to get a request answered.
    pub(crate) async fn record_once(
        &self,
        request: &Arc<RecordRequest>,
    ) -> Result<Vec<Recorded>, AttemptError> {
        let known_size = self.checkpoints.known_size();
        let message = RecordRequest { known_size, ..RecordRequest::clone(request) };
        let response = self.connection.record(message).await?;
        self.verified(request, known_size, response).await
    }

    /// Verifies an answer: checkpoint first, then every place.
    pub(crate) async fn verified(
        &self,
        request: &Arc<RecordRequest>,
        known_size: u64,
        response: RecordResponse,
    ) -> Result<Vec<Recorded>, AttemptError> {
        let given = GivenProof { known_size, hashes: &response.consistency_proof };
        let signed = self.checkpoints.believe(&response.checkpoint, given).await?;
        let producer = self.producer.as_deref();
        if !request.with_proofs || request.events.len() <= PROOFS_AT_ONCE_MAX {
            return Ok(verify_places(request, &response.recorded, &signed, producer)?);
        }
        let (request, producer) = (request.clone(), self.producer.clone());
        aside(move || Ok(verify_places(&request, &response.recorded, &signed, producer.as_deref())?)).await
    }

    /// Verifies the newest checkpoint: a wrong address or key shows, and a ledger that was cut back.
    pub(crate) async fn check_ledger(&self) -> Result<(), AttemptError> {
        let known = Size(self.checkpoints.known_size());
        let checkpoint = self.connection.checkpoint().await?;
        let found = self.checkpoints.believe(&checkpoint, GivenProof::default()).await?.head.size;
        // An older checkpoint is no lie in itself, and may have been verified when it was the newest. The
        // ledger that was asked after a newer one was known must not show it.
        if found < known {
            return Err(VerificationError::Older { known, found }.into());
        }
        self.checkpoints.store().await
    }

    /// Gets the end of a session recorded, as often as the policy allows.
    pub(crate) async fn end_session(&self, ending: &EndSessionRequest) -> Result<(), Setback> {
        persist(self.retry, || self.end_session_once(ending)).await
    }

    /// Makes one attempt to get the end of a session recorded.
    pub(crate) async fn end_session_once(&self, ending: &EndSessionRequest) -> Result<(), AttemptError> {
        let response = self.connection.end_session(ending.clone()).await?;
        let signed = self.checkpoints.believe(&response.checkpoint, GivenProof::default()).await?;
        let place = response.recorded.ok_or(VerificationError::Count { expected: 1, found: 0 })?;
        verify_place(0, &place, signed.head.size)?;
        Ok(())
    }
}
