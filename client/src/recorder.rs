//! The recorder: one call per access, or per batch.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use einsicht_access::event::validate_request;
use einsicht_proto::v1::{AccessEvent, RecordRequest};

use crate::access::{Access, micros_since_1970};
use crate::answer::{Recorded, VerificationError};
use crate::attempt::{AttemptError, Setback};
use crate::config::{OnUnavailable, RecorderConfig, STATE_DIR_VARIABLE};
use crate::error::{Failure, RecordError, Unconfirmed};
use crate::keep::{Inner, Prepared};
use crate::kept::Kept;
use crate::layer::HandedOver;
use crate::link::Link;
use crate::request::{check_bytes, split, validate_all};
use crate::session::{Numbers, Sessions};
use crate::spool::{Spool, SpoolStatus};
use crate::stream::StreamRecorder;
use crate::trust::Trust;

pub use crate::request::REQUEST_BYTES_MAX;

/// Records accesses in a ledger, and believes its answers only as far as they are proven.
///
/// Clones share connection, session and what was verified; use one per process, from as many tasks as
/// you like. Every answer is verified: that it has a place per event, that the ledger signed a tree
/// with these places, and that this tree extends everything the ledger signed before. What stands at
/// those places is verified [with proofs](Recorder::with_proofs).
///
/// A request that fails in a way that passes is sent again ([`RetryPolicy`](crate::retry::RetryPolicy));
/// nothing is ever recorded twice. Dropping a future of `record` or `record_batch` before it is ready leaves
/// open whether the events are recorded. Call [`Recorder::close`] before the process ends.
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
    /// With a spool it connects without a ledger too, and whatever is wrong with the one that answers: accesses
    /// are kept then, nothing is sent, and [`Recorder::spool_status`] and the log say why.
    ///
    /// # Errors
    /// [`RecordError::Config`]; [`RecordError::Spool`] if the spool can't be opened;
    /// [`RecordError::Trust`] if the state folder cannot be used. Without a spool also
    /// [`RecordError::Unreachable`] after the attempts that the retry policy allows, and
    /// [`RecordError::Verification`].
    pub async fn connect(config: RecorderConfig) -> Result<Self, RecordError> {
        config.check()?;
        let trust = Link::trust_of(&config)?;
        let origin = trust.origin().to_owned();
        let link = Arc::new(Link::new(&config, trust, config.producer.clone())?);
        let sessions = Sessions::new(config.session_age_max);
        if config.state_dir.is_none() && config.on_unavailable != OnUnavailable::Refuse {
            tracing::warn!(
                "{STATE_DIR_VARIABLE} is not set: that the ledger was restored to an older state while this recorder \
                 was not running would not be noticed"
            );
        }
        let (spool, stream_sessions) = match &config.on_unavailable {
            OnUnavailable::Spool(spool) => (
                Some(Spool::open(spool, &origin, link.clone()).await?),
                Sessions::new(config.session_age_max),
            ),
            OnUnavailable::Refuse => {
                link.reach(&config).await?;
                (None, sessions.clone())
            }
        };
        let inner = Inner {
            link,
            defaults: config.defaults,
            sessions,
            stream_sessions,
            spool,
            handed_over: HandedOver::new(),
        };
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
        self.inner.link.checkpoints.trust()
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
    /// [`REQUEST_BYTES_MAX`] bytes, or where confidential ones follow others). Each request is recorded whole or
    /// not at all, and one after another; all are validated before the first is sent. No accesses are no
    /// error.
    ///
    /// Confidential accesses have a session of their own, so that no number that is missing between public ones tells
    /// whose they are.
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
            let result = self.inner.keep(batch, self.with_proofs).await;
            Inner::end_replaced_sessions(&self.inner);
            match result {
                Ok(these) => kept.extend(these),
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
        let recorded = self.inner.link.record(&request).await;
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
        let recorded = self.inner.link.record(&request).await.map_err(|setback| {
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

    /// Ends the session in good order, for all clones: waits for what an
    /// [`AccessLayer`](crate::layer::AccessLayer) has handed to tasks, refuses further accesses, waits for
    /// those in flight, and records the last number, so that auditors can tell a tail that was lost from a
    /// session that was over. A session without events leaves no trace. Calling it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`RecordError::SessionEnd`]: everything is recorded but the end; call it again.
    /// [`RecordError::Verification`]; [`RecordError::Trust`].
    pub async fn close(&self) -> Result<(), RecordError> {
        self.inner.close().await
    }

    /// What waits in the spool, and why; `None` without a spool.
    #[must_use]
    pub fn spool_status(&self) -> Option<SpoolStatus> {
        self.inner.spool.as_ref().map(Spool::status)
    }

    /// The tasks that record for requests that are gone.
    pub(crate) fn handed_over(&self) -> &HandedOver {
        &self.inner.handed_over
    }

    /// Takes numbers for a request of a stream.
    pub(crate) fn prepare_for_stream(&self, events: Vec<AccessEvent>) -> Result<Prepared, RecordError> {
        Prepared::new(&self.inner.stream_sessions, events, self.with_proofs)
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

/// Why a ledger could not be read on connecting.
pub(crate) fn unreachable_ledger(url: String, shows_certificate: bool, setback: Setback) -> RecordError {
    match setback.error {
        AttemptError::Failed(status) | AttemptError::Unproven(status) => RecordError::Unreachable {
            url,
            attempts: setback.attempts,
            elapsed: setback.elapsed,
            status: Failure(status),
            shows_certificate,
        },
        AttemptError::False(error) => RecordError::Verification(error),
        AttemptError::Trust(error) => RecordError::Trust(error),
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
