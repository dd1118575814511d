//! The recorder: one call per access, or per batch.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use einsicht_access::event::validate_request;
use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest, RecordResponse};

use crate::access::{Access, micros_since_1970};
use crate::answer::{Recorded, VerificationError, verify_place, verify_places};
use crate::attempt::{AttemptError, Setback, aside, persist};
use crate::checkpoints::{Checkpoints, GivenProof};
use crate::config::{ConfigError, Defaults, OnUnavailable, RecorderConfig};
use crate::connection::Connection;
use crate::error::{Failure, RecordError, Unconfirmed};
use crate::kept::Kept;
use crate::request::{check_bytes, split, validate_all};
use crate::retry::RetryPolicy;
use crate::session::{NoNumbers, Numbers, Sessions};
use crate::stream::StreamRecorder;
use crate::trust::Trust;

pub use crate::request::REQUEST_BYTES_MAX;

/// With so many proofs, verifying takes long enough to keep other tasks waiting.
const PROOFS_AT_ONCE_MAX: usize = 32;

/// Records accesses in a ledger, and believes its answers only as far as they are proven.
///
/// Clones share connection, session and what was verified; use one per process, from as many tasks as
/// you like. Every answer is verified: that it has a place per event, that the ledger signed a tree
/// with these places, and that this tree extends everything the ledger signed before. What stands at
/// those places is verified [with proofs](Recorder::with_proofs).
///
/// A request that fails in a way that passes is sent again ([`RetryPolicy`]); nothing is ever recorded
/// twice. Dropping a future of `record` or `record_batch` before it is ready leaves open whether the
/// events are recorded. Call [`Recorder::close`] before the process ends.
#[derive(Clone)]
pub struct Recorder {
    pub(crate) inner: Arc<Inner>,
    with_proofs: bool,
}

/// Which numbers events have: chosen by the caller instead of the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// The session, 16 bytes.
    pub session: [u8; 16],
    /// Number of the first event; the others follow.
    pub first_sequence: u64,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) connection: Arc<Connection>,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) retry: RetryPolicy,
    sessions: Sessions,
    defaults: Defaults,
    producer: Option<String>,
}

/// A request with the numbers that were taken for it.
pub(crate) struct Prepared {
    pub(crate) request: Arc<RecordRequest>,
    pub(crate) numbers: Numbers,
}

impl Recorder {
    /// Connects as the environment says; see [`RecorderConfig::from_env`].
    ///
    /// # Errors
    /// As [`Recorder::connect`].
    pub async fn from_env() -> Result<Self, RecordError> {
        Self::connect(RecorderConfig::from_env()?).await
    }

    /// Connects, and verifies the newest checkpoint: a wrong address or key, or a ledger that was cut
    /// back since it was last seen, shows before the first event is sent.
    ///
    /// # Errors
    /// [`RecordError::Config`]; [`RecordError::Unreachable`] after the attempts that the retry policy
    /// allows; [`RecordError::Verification`]; [`RecordError::Trust`] if the state folder cannot be used.
    pub async fn connect(config: RecorderConfig) -> Result<Self, RecordError> {
        config.check()?;
        if config.on_unavailable != OnUnavailable::Refuse {
            return Err(ConfigError::NoSpoolYet.into());
        }
        let trust = match &config.state_dir {
            Some(dir) => Trust::stored(config.key.clone(), dir).map_err(RecordError::Trust)?,
            None => Trust::in_memory(config.key.clone()),
        };
        let connection = Arc::new(Connection::new(&config)?);
        let inner = Inner {
            checkpoints: Checkpoints::new(connection.clone(), trust),
            connection,
            retry: config.retry,
            sessions: Sessions::new(config.session_age_max),
            defaults: config.defaults,
            producer: config.producer,
        };
        persist(inner.retry, || inner.check_ledger()).await.map_err(|setback| match setback.error {
            AttemptError::Failed(status) | AttemptError::Unproven(status) => RecordError::Unreachable {
                url: config.url,
                attempts: setback.attempts,
                elapsed: setback.elapsed,
                status: Failure(status),
            },
            AttemptError::False(error) => RecordError::Verification(error),
            AttemptError::Trust(error) => RecordError::Trust(error),
        })?;
        Ok(Self { inner: Arc::new(inner), with_proofs: config.with_proofs })
    }

    /// The same recorder, asking for leaf and inclusion proof of every event: each answer is verified
    /// down to every field of the record, and carries a receipt. Costs about 1 KB an event on the way.
    #[must_use]
    pub fn with_proofs(mut self) -> Self {
        self.with_proofs = true;
        self
    }

    /// What this recorder believes about its ledger.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        self.inner.checkpoints.trust()
    }

    /// Records one access. When this returns, it is durable and signed; or, with a spool, safe on this
    /// machine's disk and on its way.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn record(&self, access: Access) -> Result<Kept, RecordError> {
        only(self.record_batch([access]).await?)
    }

    /// Records accesses, in requests of up to 1,000 (fewer if they would have more than
    /// [`REQUEST_BYTES_MAX`] bytes). Each request is recorded whole or
    /// not at all, and one after another; all are validated before the first is sent. No accesses are no
    /// error.
    ///
    /// # Errors
    /// [`RecordError`]; [`RecordError::Partly`] if some requests are recorded and some are not.
    pub async fn record_batch(
        &self,
        accesses: impl IntoIterator<Item = Access>,
    ) -> Result<Vec<Kept>, RecordError> {
        let events = self.complete(accesses, validate_all)?;
        let mut kept = Vec::with_capacity(events.len());
        for batch in split(events) {
            match self.record_prepared(batch).await {
                Ok(recorded) => kept.extend(recorded.into_iter().map(Kept::Recorded)),
                Err(error) if kept.is_empty() => return Err(error),
                Err(error) => return Err(RecordError::Partly { kept, error: Box::new(error) }),
            }
        }
        Ok(kept)
    }

    /// Records 1 to 1,000 accesses under numbers that the caller chooses, so that a run that was
    /// interrupted can be repeated and adds nothing. What makes an event the same is session, number
    /// and event id, so the accesses must have ids. The ledger remembers the last 65,536 numbers of a
    /// session, and sessions for 30 days.
    ///
    /// The recorder knows nothing of such sessions: it neither ends them nor gives their numbers out.
    ///
    /// # Errors
    /// [`RecordError`]; [`RecordError::Invalid`] also for accesses without event id.
    pub async fn record_numbered(
        &self,
        numbered: Numbered,
        accesses: impl IntoIterator<Item = Access>,
    ) -> Result<Vec<Recorded>, RecordError> {
        let now_us = micros_since_1970(SystemTime::now());
        let events = accesses.into_iter().map(|access| access.with_defaults(&self.inner.defaults));
        let request = RecordRequest {
            session: Bytes::copy_from_slice(&numbered.session),
            first_sequence: numbered.first_sequence,
            events: events.collect(),
            with_proofs: self.with_proofs,
            known_size: 0,
        };
        validate_request(&request, now_us)?;
        check_bytes(&request.events)?;
        let request = Arc::new(request);
        let recorded = self.inner.record(&request).await;
        recorded.map_err(|setback| setback.settle(request, None))
    }

    /// Sends a request again that was not confirmed, unchanged: what the ledger recorded of it already
    /// gets its old answer.
    ///
    /// # Errors
    /// [`RecordError`]; [`RecordError::Unconfirmed`] again if it is still not known.
    pub async fn resend(&self, unconfirmed: Unconfirmed) -> Result<Vec<Recorded>, RecordError> {
        let Unconfirmed { request, numbers, may_be_recorded, .. } = unconfirmed;
        let numbers = numbers.map(Numbers::take_up);
        let recorded = self.inner.record(&request).await.map_err(|setback| {
            let may_be_recorded = may_be_recorded || setback.may_be_recorded;
            Setback { may_be_recorded, ..setback }.settle(request, numbers)
        });
        Inner::end_replaced_sessions(&self.inner);
        recorded
    }

    /// Begins a stream of requests with at most `in_flight_max` (at least 1) unanswered at a time.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn stream(&self, in_flight_max: usize) -> StreamRecorder {
        StreamRecorder::begin(self.clone(), in_flight_max)
    }

    /// Ends the session in good order, for all clones: refuses further accesses, waits for those in
    /// flight, and records the last number, so that auditors can tell a tail that was lost from a
    /// session that was over. A session without events leaves no trace. Calling it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`RecordError::SessionEnd`]: everything is recorded but the end; call it again.
    /// [`RecordError::Verification`]; [`RecordError::Trust`].
    pub async fn close(&self) -> Result<(), RecordError> {
        let mut result = Ok(());
        for ending in self.inner.sessions.close().await {
            if let Err(error) = self.inner.end_session(ending).await {
                result = Err(error);
            }
        }
        result
    }

    /// Takes numbers for events that were validated.
    pub(crate) fn prepare(&self, events: Vec<AccessEvent>) -> Result<Prepared, RecordError> {
        let numbers = self.inner.sessions.take(events.len() as u64).map_err(|none| match none {
            NoNumbers::Closed => RecordError::Closed,
            NoNumbers::Randomness(error) => RecordError::Randomness(error),
        })?;
        let request = RecordRequest {
            session: numbers.session().clone(),
            first_sequence: numbers.first(),
            events,
            with_proofs: self.with_proofs,
            known_size: 0,
        };
        Ok(Prepared { request: Arc::new(request), numbers })
    }

    /// Completes accesses and validates them, before they get numbers: what would be refused gets none.
    pub(crate) fn complete(
        &self,
        accesses: impl IntoIterator<Item = Access>,
        validate: impl FnOnce(&[AccessEvent], i64) -> Result<(), RecordError>,
    ) -> Result<Vec<AccessEvent>, RecordError> {
        let now_us = micros_since_1970(SystemTime::now());
        let events = accesses.into_iter().map(|access| access.complete(&self.inner.defaults, now_us));
        let events = events.collect::<Result<Vec<_>, _>>()?;
        validate(&events, now_us)?;
        Ok(events)
    }

    async fn record_prepared(&self, events: Vec<AccessEvent>) -> Result<Vec<Recorded>, RecordError> {
        let Prepared { request, numbers } = self.prepare(events)?;
        let recorded = self.inner.record(&request).await;
        let recorded = recorded.map_err(|setback| setback.settle(request, Some(numbers)));
        Inner::end_replaced_sessions(&self.inner);
        recorded
    }
}

impl Inner {
    /// Gets a request answered, as often as the policy allows.
    async fn record(&self, request: &Arc<RecordRequest>) -> Result<Vec<Recorded>, Setback> {
        persist(self.retry, || async {
            let known_size = self.checkpoints.known_size();
            let message = RecordRequest { known_size, ..RecordRequest::clone(request) };
            let response = self.connection.record(message).await?;
            self.verified(request, known_size, response).await
        })
        .await
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

    async fn check_ledger(&self) -> Result<(), AttemptError> {
        let checkpoint = self.connection.checkpoint().await?;
        self.checkpoints.believe(&checkpoint, GivenProof::default()).await.map(drop)
    }

    async fn end_session(&self, ending: EndSessionRequest) -> Result<(), RecordError> {
        let ended = persist(self.retry, || async {
            let response = self.connection.end_session(ending.clone()).await?;
            let signed = self.checkpoints.believe(&response.checkpoint, GivenProof::default()).await?;
            let place = response.recorded.ok_or(VerificationError::Count { expected: 1, found: 0 })?;
            verify_place(0, &place, signed.head.size)?;
            Ok(())
        });
        let Err(setback) = ended.await else { return Ok(()) };
        match setback.error {
            AttemptError::Failed(status) | AttemptError::Unproven(status) => {
                self.sessions.keep(ending);
                Err(RecordError::SessionEnd(Failure(status)))
            }
            AttemptError::False(error) => Err(RecordError::Verification(error)),
            AttemptError::Trust(error) => Err(RecordError::Trust(error)),
        }
    }

    /// Ends sessions that were replaced and are idle now, beside everything else.
    pub(crate) fn end_replaced_sessions(this: &Arc<Self>) {
        for ending in this.sessions.take_idle() {
            let this = this.clone();
            tokio::spawn(async move {
                if let Err(error) = this.end_session(ending).await {
                    tracing::warn!(%error, "the end of a session was not recorded");
                }
            });
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, newest) = (self.trust().origin(), self.trust().newest());
        formatter
            .debug_struct("Recorder")
            .field("ledger", &origin)
            .field("newest", &newest)
            .finish_non_exhaustive()
    }
}

/// What became of the one event of a request. That there is one was verified.
pub(crate) fn only<T>(of_request: Vec<T>) -> Result<T, RecordError> {
    let count = VerificationError::Count { expected: 1, found: 0 };
    of_request.into_iter().next().ok_or_else(|| RecordError::Verification(Box::new(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_can_be_shared_between_tasks() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<Recorder>();
    }
}
