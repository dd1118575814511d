//! Why a call of the vault did not lead to an answer that is believed.

use einsicht_access::seal::SealedField;
use einsicht_tlog::{Index, Size};
use tonic::{Code, Status};

use crate::answer::VerificationError;
use crate::attempt::AttemptError;
use crate::disclosure::ValuesFault;
use crate::error::{Failure, RecordError};
use crate::proven::ProvenError;
use crate::retry::never_connected;
use crate::trust::TrustError;

/// Why a call of the vault, or one that publishes a charter or a report, did not lead to an answer that is believed. Never holds a
/// personal value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The ledger could not be reached or is not believed. Nothing was asked of it.
    #[error(transparent)]
    Connect(#[from] RecordError),
    /// The ledger said no.
    #[error("the ledger refused: {0}")]
    Refused(Failure),
    /// The call did not reach the ledger.
    #[error("the ledger was not reached, and nothing was done: {0}")]
    NotReached(Failure),
    /// The call may have been carried out.
    #[error("nobody knows whether it was done: {0}")]
    Unanswered(Failure),
    /// The answer came, but a proof that it needs could not be had.
    #[error("the answer could not be verified: {0}")]
    Unproven(Failure),
    /// What was verified could not be kept.
    #[error(transparent)]
    Trust(TrustError),
    /// The answer is false.
    #[error("the ledger's answer is not believed: {0}")]
    False(#[source] Box<AnswerFault>),
}

/// What of an answer is false, or not proven. Never holds a personal value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// The checkpoint of a receipt.
    #[error(transparent)]
    Checkpoint(Box<VerificationError>),
    /// A receipt proves nothing.
    #[error("{what} proves nothing: {error}")]
    Unproven {
        /// Of what.
        what: &'static str,
        /// Why.
        #[source]
        error: ProvenError,
    },
    /// A receipt is of another entry.
    #[error("{what} is of entry {found}, asked was for {asked}")]
    OtherEntry {
        /// Which receipt.
        what: &'static str,
        /// What was asked for.
        asked: Index,
        /// What came.
        found: Index,
    },
    /// An entry that the call should have written stood there before.
    #[error(
        "entry {index} is said to be written by this call, but the ledger had {known} entries before it: nothing was \
         recorded now"
    )]
    NotNew {
        /// Its index.
        index: Index,
        /// How many there were.
        known: Size,
    },
    /// An entry is of another kind.
    #[error("entry {index} should be {expected}, and is '{found}'")]
    OtherKind {
        /// Its index.
        index: Index,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An entry says something else than it should.
    #[error("entry {index} says another {what} than it should")]
    SaysOther {
        /// Its index.
        index: Index,
        /// What of it.
        what: &'static str,
    },
    /// The disclosed values.
    #[error(transparent)]
    Values(#[from] ValuesFault),
    /// More than was asked for: somebody's value was shown without need.
    #[error("{field} was not asked for, and was disclosed or erased")]
    NotAsked {
        /// Which field.
        field: SealedField,
    },
    /// Less than was asked for.
    #[error("{field} was asked for, and the answer has nothing of it")]
    Missing {
        /// Which field.
        field: SealedField,
    },
    /// An answer without anything.
    #[error("the answer holds {0}")]
    Nothing(&'static str),
    /// The service demands a second steward, and shows the values all the same; or the other way round.
    #[error("the answer both waits for a second steward and discloses values")]
    Both,
    /// A confidential record was opened, and is another one than was sealed.
    #[error("entry {opening} does not open what entry {index} sealed: {problem}")]
    OpensOther {
        /// The opening.
        opening: Index,
        /// The confidential record.
        index: Index,
        /// What is wrong.
        problem: String,
    },
    /// The entry and the trail are proven under two checkpoints: whoever gets both can't tell whether they are of
    /// one history.
    #[error("the entry and the trail are proven under two checkpoints, of {entry} and {trail} entries")]
    TwoTrees {
        /// Size of the tree of the entry.
        entry: Size,
        /// Size of the tree of the trail.
        trail: Size,
    },
    /// A list that is not as it must be.
    #[error("item {position} of the answer {problem}")]
    Item {
        /// Position, from 0.
        position: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

impl VaultError {
    /// Whether the ledger's answer is false or not proven, as opposed to missing.
    #[must_use]
    pub fn is_verification_failure(&self) -> bool {
        match self {
            Self::False(_) => true,
            Self::Connect(error) => error.is_verification_failure(),
            Self::Trust(error) => error.is_failure(),
            _ => false,
        }
    }

    /// What the ledger or the way to it reported, if that is why.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Refused(failure)
            | Self::NotReached(failure)
            | Self::Unanswered(failure)
            | Self::Unproven(failure) => Some(failure),
            _ => None,
        }
    }

    /// A proof that was asked for did not come.
    pub(super) fn unproven(status: Status) -> Self {
        Self::Unproven(Failure(status))
    }
}

impl From<AnswerFault> for VaultError {
    fn from(fault: AnswerFault) -> Self {
        Self::False(Box::new(fault))
    }
}

impl From<Status> for VaultError {
    /// A call without an answer. A call is never sent twice: each leaves an entry.
    fn from(status: Status) -> Self {
        if never_connected(&status) {
            return Self::NotReached(Failure(status));
        }
        // A status that the service sent has no source; the transport's own always has one.
        let is_sent = std::error::Error::source(&status).is_none();
        let is_clear = !matches!(
            status.code(),
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Aborted
                | Code::Cancelled
                | Code::Unknown
                | Code::Internal
        );
        if is_sent && is_clear { Self::Refused(Failure(status)) } else { Self::Unanswered(Failure(status)) }
    }
}

impl From<AttemptError> for VaultError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Failed(status) | AttemptError::Unproven(status) => Self::unproven(status),
            AttemptError::False(error) => AnswerFault::Checkpoint(error).into(),
            AttemptError::Trust(error) => Self::Trust(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::ConnectError;

    use super::*;

    fn of(status: Status) -> VaultError {
        VaultError::from(status)
    }

    #[test]
    fn a_no_of_the_service_is_told_apart_from_no_answer() {
        for code in [Code::PermissionDenied, Code::NotFound, Code::FailedPrecondition, Code::InvalidArgument]
        {
            assert!(matches!(of(Status::new(code, "no")), VaultError::Refused(_)), "{code:?}");
        }
        for code in
            [Code::Unavailable, Code::DeadlineExceeded, Code::Internal, Code::Unknown, Code::Cancelled]
        {
            let error = of(Status::new(code, "?"));
            assert!(matches!(error, VaultError::Unanswered(_)), "{code:?}");
            assert!(error.to_string().starts_with("nobody knows whether it was done"), "{error}");
        }
    }

    #[test]
    fn what_the_transport_says_is_no_answer_whatever_its_code() {
        let mut broken = Status::from_error(Box::new(std::io::Error::other("broken pipe")));
        assert!(matches!(of(broken.clone()), VaultError::Unanswered(_)));
        broken = Status::from_error(Box::new(ConnectError("refused".into())));
        let error = of(broken);
        assert!(matches!(error, VaultError::NotReached(_)) && !error.is_verification_failure(), "{error}");
        assert!(error.to_string().contains("nothing was done"), "{error}");
    }
}
