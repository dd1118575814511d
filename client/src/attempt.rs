//! From attempts to an outcome: a request is tried as often as the policy allows, and what its failure
//! means for its numbers is decided in one place.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use einsicht_proto::v1::RecordRequest;
use tonic::{Code, Status};

use crate::answer::VerificationError;
use crate::error::{Cause, Failure, RecordError, Unconfirmed, code_name};
use crate::retry::{Attempts, Meaning, RetryPolicy, is_sealing_off};
use crate::session::Numbers;
use crate::trust::TrustError;

/// Why an attempt did not lead to an answer that is believed.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// No answer, or one that says no.
    Failed(Status),
    /// There is an answer, but the proof that it needs could not be had.
    Unproven(Status),
    /// The answer is false or not proven.
    False(Box<VerificationError>),
    /// What was verified could not be kept.
    Trust(TrustError),
}

/// A request that ended without an answer that is believed.
pub(crate) struct Setback {
    pub(crate) error: AttemptError,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// Whether an attempt before the last may have recorded it.
    pub(crate) may_be_recorded: bool,
}

/// Makes attempts until one succeeds, fails for good, or the policy says that it is enough.
pub(crate) async fn persist<T, F: Future<Output = Result<T, AttemptError>>>(
    policy: RetryPolicy,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Setback> {
    let mut attempts = Attempts::new(policy);
    let mut may_be_recorded = false;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let wait = error.status().and_then(|status| {
            let wait = attempts.after(status)?;
            tracing::warn!(
                code = code_name(status.code()),
                attempt = attempts.failed(),
                wait_ms = wait.as_millis(),
                "the ledger did not answer, the same request is sent again"
            );
            Some(wait)
        });
        let Some(wait) = wait else {
            let (attempts, elapsed) = (attempts.failed().max(1), attempts.elapsed());
            return Err(Setback { error, attempts, elapsed, may_be_recorded });
        };
        may_be_recorded |= error.may_have_recorded();
        tokio::time::sleep(wait).await;
    }
}

/// Runs what takes long, or waits for a disk, on a thread that may wait.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AttemptError> + Send + 'static,
) -> Result<T, AttemptError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(worked) => worked,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(AttemptError::Unproven(Status::cancelled("this process is shutting down"))),
    }
}

impl AttemptError {
    /// Whether what was sent may be recorded.
    pub(crate) fn may_have_recorded(&self) -> bool {
        match self {
            Self::Failed(status) => Meaning::of(status).may_have_recorded(),
            Self::Unproven(_) | Self::False(_) | Self::Trust(_) => true,
        }
    }

    /// The failure of a call; `None` if the calls succeeded.
    pub(crate) fn status(&self) -> Option<&Status> {
        match self {
            Self::Failed(status) | Self::Unproven(status) => Some(status),
            Self::False(_) | Self::Trust(_) => None,
        }
    }
}

impl Setback {
    /// After one attempt only.
    pub(crate) fn of_one(error: AttemptError, elapsed: Duration) -> Self {
        Self { error, attempts: 1, elapsed, may_be_recorded: false }
    }

    /// Whether the ledger says no to the events themselves, or to so many at once: who reported them must
    /// know. That it does not know the recorder says nothing about them.
    pub(crate) fn is_for_the_caller(&self) -> bool {
        match &self.error {
            // What can't be sealed now can later, as what is not let in now.
            AttemptError::Failed(status)
                if status.code() != Code::Unauthenticated && !is_sealing_off(status) =>
            {
                let meaning = Meaning::of(status);
                matches!(meaning, Meaning::Refused | Meaning::NumbersTaken)
                    || meaning == Meaning::Lost && status.code() == Code::OutOfRange
            }
            _ => false,
        }
    }

    /// What to tell the caller. `numbers` are those that were taken for the request: they are given
    /// back if they are certainly unused and it is certain that the request will not be sent again.
    pub(crate) fn settle(self, request: Arc<RecordRequest>, numbers: Option<Numbers>) -> RecordError {
        let (attempts, elapsed) = (self.attempts, self.elapsed);
        let may_be_recorded = self.may_be_recorded || self.error.may_have_recorded();
        let cause = match self.error {
            AttemptError::False(error) => return RecordError::Verification(error),
            AttemptError::Failed(status) => match Meaning::of(&status) {
                // That it is refused now says nothing about an attempt whose answer was lost.
                meaning @ (Meaning::Refused | Meaning::NumbersTaken) if !may_be_recorded => {
                    if meaning == Meaning::Refused {
                        numbers.into_iter().for_each(Numbers::give_back);
                    }
                    return RecordError::Refused(Failure(status));
                }
                _ => Cause::Failed(Failure(status)),
            },
            AttemptError::Unproven(status) => Cause::Unproven(Failure(status)),
            AttemptError::Trust(error) => Cause::Trust(error),
        };
        let numbers = numbers.map(Numbers::set_aside);
        let unconfirmed = Unconfirmed { request, numbers, cause, attempts, elapsed, may_be_recorded };
        RecordError::Unconfirmed(Box::new(unconfirmed))
    }
}

impl From<TrustError> for AttemptError {
    fn from(error: TrustError) -> Self {
        if error.is_failure() {
            Self::False(Box::new(VerificationError::Checkpoint(error)))
        } else {
            Self::Trust(error)
        }
    }
}

impl From<VerificationError> for AttemptError {
    fn from(error: VerificationError) -> Self {
        Self::False(Box::new(error))
    }
}

impl From<Status> for AttemptError {
    fn from(status: Status) -> Self {
        Self::Failed(status)
    }
}
