//! The recorder: one call per access, or per batch.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use einsicht_access::event::{validate_batch, validate_request};
use einsicht_access::limits::BATCH_EVENTS_MAX;
use einsicht_access::problem::BatchError;
use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest, RecordResponse};
use tonic::Status;

use crate::access::{Access, micros_since_1970};
use crate::answer::{Recorded, VerificationError, verify_place, verify_places};
use crate::checkpoints::{AttemptError, Checkpoints, GivenProof};
use crate::config::{Defaults, RecorderConfig};
use crate::connection::Connection;
use crate::error::{Cause, Failure, RecordError, Unconfirmed};
use crate::retry::{Attempts, Meaning, RetryPolicy};
use crate::session::{NoNumbers, Numbers, Sessions};
use crate::stream::StreamRecorder;
use crate::trust::Trust;

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

/// A request that ended without an answer that is believed.
pub(crate) struct Setback {
    pub(crate) error: AttemptError,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// Whether an attempt before the last may have recorded it.
    pub(crate) may_be_recorded: bool,
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
        inner.persist(|| inner.check_ledger()).await.map_err(|setback| match setback.error {
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

    /// Records one access. When this returns, it is durable and signed.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn record(&self, access: Access) -> Result<Recorded, RecordError> {
        only(self.record_batch([access]).await?)
    }

    /// Records accesses, in requests of up to 1,000. Each thousand is recorded whole or not at all, and
    /// one after another; all are validated before the first is sent. No accesses are no error.
    ///
    /// # Errors
    /// [`RecordError`]; [`RecordError::Partly`] if some thousands are recorded and some are not.
    pub async fn record_batch(
        &self,
        accesses: impl IntoIterator<Item = Access>,
    ) -> Result<Vec<Recorded>, RecordError> {
        let events = self.complete(accesses, validate)?;
        let mut recorded = Vec::with_capacity(events.len());
        let mut events = events.into_iter();
        loop {
            let batch: Vec<_> = events.by_ref().take(BATCH_EVENTS_MAX).collect();
            if batch.is_empty() {
                return Ok(recorded);
            }
            match self.record_prepared(batch).await {
                Ok(places) => recorded.extend(places),
                Err(error) if recorded.is_empty() => return Err(error),
                Err(error) => return Err(RecordError::Partly { recorded, error: Box::new(error) }),
            }
        }
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
        let request = Arc::new(request);
        let recorded = self.inner.record(&request).await;
        recorded.map_err(|setback| setback.into_error(request, false).0)
    }

    /// Sends a request again that was not confirmed, unchanged: what the ledger recorded of it already
    /// gets its old answer.
    ///
    /// # Errors
    /// [`RecordError`]; [`RecordError::Unconfirmed`] again if it is still not known.
    pub async fn resend(&self, unconfirmed: Unconfirmed) -> Result<Vec<Recorded>, RecordError> {
        let Unconfirmed { request, may_be_recorded, .. } = unconfirmed;
        let recorded = self.inner.record(&request).await;
        recorded.map_err(|setback| setback.into_error(request, may_be_recorded).0)
    }

    /// Begins a stream of requests with at most `in_flight_max` (at least 1) unanswered at a time.
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
        validate: impl FnOnce(&[AccessEvent], i64) -> Result<(), BatchError>,
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
        let recorded = recorded.map_err(|setback| setback.settle(request, numbers));
        Inner::end_replaced_sessions(&self.inner);
        recorded
    }
}

impl Inner {
    /// Gets a request answered, as often as the policy allows.
    async fn record(&self, request: &Arc<RecordRequest>) -> Result<Vec<Recorded>, Setback> {
        self.persist(|| async {
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
        let verify = move || verify_places(&request, &response.recorded, &signed, producer.as_deref());
        match tokio::task::spawn_blocking(verify).await {
            Ok(verified) => Ok(verified?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(AttemptError::Unproven(Status::cancelled("this process is shutting down"))),
        }
    }

    async fn check_ledger(&self) -> Result<(), AttemptError> {
        let checkpoint = self.connection.checkpoint().await?;
        self.checkpoints.believe(&checkpoint, GivenProof::default()).await.map(drop)
    }

    async fn end_session(&self, ending: EndSessionRequest) -> Result<(), RecordError> {
        let ended = self.persist(|| async {
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

    /// Makes attempts until one succeeds, fails for good, or the policy says that it is enough.
    async fn persist<T, F: Future<Output = Result<T, AttemptError>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Setback> {
        let mut attempts = Attempts::new(self.retry);
        let mut may_be_recorded = false;
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let setback = |error, attempts: &Attempts| Setback {
                error,
                attempts: attempts.failed(),
                elapsed: attempts.elapsed(),
                may_be_recorded,
            };
            let (AttemptError::Failed(status) | AttemptError::Unproven(status)) = &error else {
                return Err(setback(error, &attempts));
            };
            let Some(wait) = attempts.after(status) else {
                return Err(setback(error, &attempts));
            };
            may_be_recorded |= error.may_have_recorded();
            tracing::warn!(
                code = crate::error::code_name(status.code()),
                attempt = attempts.failed(),
                wait_ms = wait.as_millis(),
                "the ledger did not answer, the same request is sent again"
            );
            tokio::time::sleep(wait).await;
        }
    }
}

impl Setback {
    /// What to tell the caller, and whether the numbers of the request are certainly unused and of no
    /// more use to it. `sent_before`: whether the request may have been recorded before all this.
    fn into_error(self, request: Arc<RecordRequest>, sent_before: bool) -> (RecordError, bool) {
        let may_be_recorded = self.may_be_recorded || sent_before;
        let (attempts, elapsed) = (self.attempts, self.elapsed);
        let unconfirmed = |cause, may_be_recorded| {
            let unconfirmed = Unconfirmed { request, cause, attempts, elapsed, may_be_recorded };
            (RecordError::Unconfirmed(Box::new(unconfirmed)), false)
        };
        match self.error {
            AttemptError::False(error) => (RecordError::Verification(error), false),
            AttemptError::Trust(error) => unconfirmed(Cause::Trust(error), true),
            AttemptError::Unproven(status) => unconfirmed(Cause::Unproven(Failure(status)), true),
            AttemptError::Failed(status) => match Meaning::of(&status) {
                // That it is refused now says nothing about an attempt whose answer was lost.
                meaning @ (Meaning::Refused | Meaning::NumbersTaken) if !may_be_recorded => {
                    (RecordError::Refused(Failure(status)), meaning == Meaning::Refused)
                }
                meaning => {
                    let may_be_recorded = may_be_recorded || meaning.may_have_recorded();
                    unconfirmed(Cause::Failed(Failure(status)), may_be_recorded)
                }
            },
        }
    }

    /// [`Setback::into_error`], giving back numbers that are certainly unused.
    pub(crate) fn settle(self, request: Arc<RecordRequest>, numbers: Numbers) -> RecordError {
        let (error, are_unused) = self.into_error(request, false);
        if are_unused {
            numbers.give_back();
        }
        error
    }
}

/// The place of the one event of a request. That there is one was verified.
pub(crate) fn only(recorded: Vec<Recorded>) -> Result<Recorded, RecordError> {
    let count = VerificationError::Count { expected: 1, found: 0 };
    recorded.into_iter().next().ok_or_else(|| RecordError::Verification(Box::new(count)))
}

/// Validates events as the requests that they will be split into; positions count from the first.
fn validate(events: &[AccessEvent], now_us: i64) -> Result<(), BatchError> {
    for (chunk, offset) in events.chunks(BATCH_EVENTS_MAX).zip((0..).step_by(BATCH_EVENTS_MAX)) {
        let mut checked = validate_batch(chunk, now_us);
        match &mut checked {
            Ok(()) => continue,
            Err(BatchError::Invalid(violations)) => {
                let positions = violations.listed.iter_mut().filter_map(|found| found.position.as_mut());
                positions.for_each(|position| *position += offset);
            }
            Err(BatchError::SealingNotImplemented(fields)) => {
                fields.listed.iter_mut().for_each(|field| field.position += offset);
            }
        }
        return checked;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_event_is_named_by_its_position_among_all_events() {
        let good = Access::query("d", "p").complete(&Defaults::default(), 1_000_000).unwrap();
        let mut events = vec![good; 2500];
        assert_eq!(validate(&events, 1_000_000), Ok(()));
        events[2100].purpose.clear();
        let error = validate(&events, 1_000_000).unwrap_err();
        assert!(error.to_string().contains("events[2100].purpose"), "{error}");
        events[7].actor = Some("somebody".into());
        events[2100].purpose.push('p');
        let error = validate(&events, 1_000_000).unwrap_err();
        assert!(error.to_string().contains("events[7].actor"), "{error}");
    }

    #[test]
    fn a_recorder_can_be_shared_between_tasks() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<Recorder>();
    }
}
