//! Why something was not verified.

use crate::finding::{Conclusion, Finding};
use crate::source::SourceError;
use crate::trust::TrustError;

/// Why something was not verified: because it is false, or because nobody can tell.
/// [`VerifyError::conclusion`] says which; the two must never look alike.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Something is not as it should be.
    #[error(transparent)]
    Failed(Box<Finding>),
    /// The checkpoint is not believed.
    #[error(transparent)]
    Distrusted(TrustError),
    /// The ledger could not be reached or read.
    #[error(transparent)]
    Unread(SourceError),
    /// The checkpoint covers no entry: nothing was promised yet.
    #[error("{place} has published no entry yet: there is nothing to verify")]
    Empty {
        /// The ledger.
        place: String,
    },
    /// Reading ended early without saying why.
    #[error("{place} gave {found} entries of {expected}; verify again")]
    Incomplete {
        /// The ledger.
        place: String,
        /// How many entries there should be.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// The ledger is right as far as it is understood, but this release does not understand all of it.
    #[error("the ledger holds {what}, which this release can't judge; use a newer release to verify it")]
    Newer {
        /// What is not understood.
        what: String,
    },
    /// There is no such entry.
    #[error("there is no entry {index}: the checkpoint covers {size}, of which the first has index 0")]
    NoEntry {
        /// The index asked for.
        index: u64,
        /// How many entries the checkpoint covers.
        size: u64,
    },
}

impl VerifyError {
    /// Whether verification failed, or nobody can tell. Never [`Conclusion::Verified`].
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        match self {
            Self::Failed(_) => Conclusion::Failed,
            Self::Distrusted(error) if error.is_failure() => Conclusion::Failed,
            Self::Distrusted(_)
            | Self::Unread(_)
            | Self::Empty { .. }
            | Self::Incomplete { .. }
            | Self::Newer { .. }
            | Self::NoEntry { .. } => Conclusion::CouldNotTell,
        }
    }

    /// What is not as it should be, if that is why.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Failed(finding) => Some(finding),
            _ => None,
        }
    }
}

impl VerifyError {
    /// The same, saying where it was found.
    pub(crate) fn at(self, place: String) -> Self {
        match self {
            Self::Failed(finding) => Self::from(Finding { place: Some(place), ..*finding }),
            error => error,
        }
    }
}

impl From<Finding> for VerifyError {
    fn from(finding: Finding) -> Self {
        Self::Failed(Box::new(finding))
    }
}

impl From<TrustError> for VerifyError {
    fn from(error: TrustError) -> Self {
        Self::Distrusted(error)
    }
}

impl From<SourceError> for VerifyError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Malformed(finding) => Self::Failed(finding),
            error => Self::Unread(error),
        }
    }
}
