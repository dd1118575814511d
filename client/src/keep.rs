//! Where an access is kept: in the ledger if it takes it now; else, with a spool, on this disk.

use std::sync::Arc;
use std::time::Instant;

use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest};

use crate::answer::Recorded;
use crate::attempt::{AttemptError, Setback};
use crate::config::Defaults;
use crate::error::{Cause, Failure, RecordError, Unconfirmed};
use crate::kept::{Kept, Spooled};
use crate::layer::HandedOver;
use crate::link::Link;
use crate::retry::{Meaning, is_sealing_off};
use crate::session::{NoNumbers, Numbers, Sessions};
use crate::spool::{HaltReason, Put, Spool, SpoolError};

/// What all clones of a recorder share.
pub(crate) struct Inner {
    pub(crate) link: Arc<Link>,
    pub(crate) defaults: Defaults,
    pub(crate) sessions: Sessions,
    /// Streams do not go through the spool. With one they have sessions of their own: in one session they
    /// would leave behind what waits in the spool, further than the ledger remembers.
    pub(crate) stream_sessions: Sessions,
    pub(crate) spool: Option<Spool>,
    pub(crate) handed_over: HandedOver,
}

/// A request with the numbers that were taken for it.
pub(crate) struct Prepared {
    pub(crate) request: Arc<RecordRequest>,
    pub(crate) numbers: Numbers,
}

impl Prepared {
    /// Takes numbers for events that were validated.
    pub(crate) fn new(
        sessions: &Sessions,
        events: Vec<AccessEvent>,
        with_proofs: bool,
    ) -> Result<Self, RecordError> {
        let numbers = sessions.take_for(&events)?;
        let request = RecordRequest {
            session: numbers.session().clone(),
            first_sequence: numbers.first(),
            events,
            with_proofs,
            known_size: 0,
        };
        Ok(Self { request: Arc::new(request), numbers })
    }
}

impl Inner {
    /// Keeps the events of one request.
    pub(crate) async fn keep(
        &self,
        events: Vec<AccessEvent>,
        with_proofs: bool,
    ) -> Result<Vec<Kept>, RecordError> {
        let Some(spool) = &self.spool else {
            let Prepared { request, numbers } = Prepared::new(&self.sessions, events, with_proofs)?;
            let recorded = self.link.record(&request).await;
            return recorded.map(all_recorded).map_err(|setback| setback.settle(request, Some(numbers)));
        };
        let count = events.len();
        let mut events = events;
        loop {
            if spool.is_passed_by() {
                return self.keep_directly(spool, Prepared::new(&self.sessions, events, with_proofs)?).await;
            }
            match spool.put_new(&self.sessions, events, with_proofs).await? {
                Put::Done { session, first_sequence } => return Ok(spooled(&session, first_sequence, count)),
                Put::NotNeeded(back) => events = back,
            }
        }
    }

    /// One attempt, and then the spool: whoever waits for the ledger would wait for nothing.
    async fn keep_directly(&self, spool: &Spool, prepared: Prepared) -> Result<Vec<Kept>, RecordError> {
        let Prepared { request, numbers } = prepared;
        let began = Instant::now();
        let error = match self.link.record_once(&request).await {
            Ok(recorded) => return Ok(all_recorded(recorded)),
            Err(error) => error,
        };
        let setback = Setback::of_one(error, began.elapsed());
        if setback.is_for_the_caller() {
            return Err(setback.settle(request, Some(numbers)));
        }
        match &setback.error {
            AttemptError::False(error) => spool.halt(HaltReason::Distrusted, error.to_string()),
            AttemptError::Failed(status) if Meaning::of(status) == Meaning::Refused => {
                let reason =
                    if is_sealing_off(status) { HaltReason::SealingOff } else { HaltReason::NotKnown };
                spool.halt(reason, Failure(status.clone()).to_string());
            }
            _ => {}
        }
        match spool.put_sent(&request, numbers, setback.error.may_have_recorded()).await {
            Ok(()) => Ok(spooled(&request.session, request.first_sequence, request.events.len())),
            Err(not_kept) => Err(not_spooled(setback, request, not_kept.numbers, not_kept.error)),
        }
    }

    /// Ends sessions that were replaced and are idle now, beside everything else.
    pub(crate) fn end_replaced_sessions(this: &Arc<Self>) {
        for ending in this.sessions.take_idle() {
            let this = this.clone();
            tokio::spawn(async move { this.end_beside(Source::Calls, ending).await });
        }
        for ending in this.stream_sessions.take_idle() {
            let this = this.clone();
            tokio::spawn(async move { this.end_beside(Source::Streams, ending).await });
        }
    }

    /// Waits for what was handed to tasks, ends every session, and gives the spool some time to empty.
    pub(crate) async fn close(&self) -> Result<(), RecordError> {
        let ended = match &self.spool {
            Some(spool) => spool.close(self.end_all()).await,
            None => self.end_all().await,
        };
        let stored = self.link.checkpoints.store().await;
        ended.and(stored.map_err(|error| match error {
            AttemptError::Trust(error) => RecordError::Trust(error),
            AttemptError::False(error) => RecordError::Verification(error),
            AttemptError::Failed(status) | AttemptError::Unproven(status) => {
                RecordError::SessionEnd(Failure(status))
            }
        }))
    }

    async fn end_all(&self) -> Result<(), RecordError> {
        self.handed_over.done().await;
        let mut result = Ok(());
        for (source, sessions) in [(Source::Calls, &self.sessions), (Source::Streams, &self.stream_sessions)]
        {
            for ending in sessions.close().await {
                if let Err(error) = self.end(source, ending).await {
                    result = Err(error);
                }
            }
        }
        result
    }

    async fn end_beside(&self, source: Source, ending: EndSessionRequest) {
        if let Err(error) = self.end(source, ending).await {
            tracing::warn!(%error, "the end of a session was not recorded");
        }
    }

    /// Records the end of a session; with a spool behind everything of it that waits there.
    async fn end(&self, source: Source, ending: EndSessionRequest) -> Result<(), RecordError> {
        let Some(spool) = &self.spool else {
            let ended = self.link.end_session(&ending).await;
            return ended.map_err(|setback| self.not_ended(source, ending, setback.error));
        };
        if spool.is_passed_by() {
            match self.link.end_session_once(&ending).await {
                Ok(()) => return Ok(()),
                Err(AttemptError::False(error)) => spool.halt(HaltReason::Distrusted, error.to_string()),
                Err(_) => {}
            }
        }
        spool.put_end(&ending).await.map_err(|error| {
            self.sessions_of(source).keep(ending);
            RecordError::Spool(error)
        })
    }

    fn not_ended(&self, source: Source, ending: EndSessionRequest, error: AttemptError) -> RecordError {
        match error {
            AttemptError::Failed(status) | AttemptError::Unproven(status) => {
                self.sessions_of(source).keep(ending);
                RecordError::SessionEnd(Failure(status))
            }
            AttemptError::False(error) => RecordError::Verification(error),
            AttemptError::Trust(error) => RecordError::Trust(error),
        }
    }

    fn sessions_of(&self, source: Source) -> &Sessions {
        match source {
            Source::Calls => &self.sessions,
            Source::Streams => &self.stream_sessions,
        }
    }
}

/// Whose session it is.
#[derive(Clone, Copy)]
enum Source {
    Calls,
    Streams,
}

impl From<NoNumbers> for RecordError {
    fn from(none: NoNumbers) -> Self {
        match none {
            NoNumbers::Closed => Self::Closed,
            NoNumbers::Randomness(error) => Self::Randomness(error),
        }
    }
}

fn all_recorded(recorded: Vec<Recorded>) -> Vec<Kept> {
    recorded.into_iter().map(Kept::Recorded).collect()
}

fn spooled(session: &[u8], first_sequence: u64, count: usize) -> Vec<Kept> {
    let session = session.first_chunk().copied().unwrap_or_default();
    let numbers = (first_sequence..).take(count);
    numbers.map(|sequence| Kept::Spooled(Spooled { session, sequence })).collect()
}

/// Neither the ledger confirmed it nor the spool took it.
fn not_spooled(
    setback: Setback,
    request: Arc<RecordRequest>,
    numbers: Option<Numbers>,
    error: SpoolError,
) -> RecordError {
    let Setback { attempts, elapsed, .. } = setback;
    let may_be_recorded = setback.error.may_have_recorded() || matches!(error, SpoolError::Unknown { .. });
    let ledger = match &setback.error {
        AttemptError::Failed(status) | AttemptError::Unproven(status) => Failure(status.clone()).to_string(),
        AttemptError::False(error) => error.to_string(),
        AttemptError::Trust(error) => error.to_string(),
    };
    let (cause, numbers) = (Cause::NotSpooled { ledger, error }, numbers.map(Numbers::set_aside));
    let unconfirmed = Unconfirmed { request, numbers, cause, attempts, elapsed, may_be_recorded };
    RecordError::Unconfirmed(Box::new(unconfirmed))
}
