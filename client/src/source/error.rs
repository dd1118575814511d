//! Why something could not be had from a ledger.

use std::io;
use std::path::{Path, PathBuf};

use einsicht_tlog::segment::HeaderError;

use crate::finding::Finding;
use crate::tls::TlsFailure;

/// Why something could not be had from a ledger.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// What was given is not the address of a ledger.
    #[error("'{place}' is not the address of a ledger: {reason}")]
    Address {
        /// What was given, without user name and password.
        place: String,
        /// Why.
        reason: String,
    },
    /// The folder holds nothing that looks like a ledger.
    #[error(
        "{} holds no ledger: neither log/entries (the data folder of einsichtd) nor checkpoint and tile \
         (a copy of what it serves)", path.display()
    )]
    NoLedger {
        /// The folder.
        path: PathBuf,
    },
    /// No answer, or none that came through.
    #[error("{url} could not be reached ({attempts} attempts): {reason}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// How often.
        attempts: u32,
        /// Why it failed the last time.
        reason: String,
    },
    /// Nobody answered of whom it is certain that it is the server, or the server does not talk to us.
    #[error("{url}: {failure}")]
    Tls {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        failure: TlsFailure,
    },
    /// The answer is not the thing asked for.
    #[error("{url} answered with HTTP status {status}{}", hint(*status))]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// A file can't be read, or is not there.
    #[error("{} can't be read: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A file may be right, but is of a version that this release does not know.
    #[error("{place}: {error}")]
    Newer {
        /// The file.
        place: String,
        /// The version, and what to do.
        #[source]
        error: HeaderError,
    },
    /// What was read is not what it must be, whoever reads it.
    #[error(transparent)]
    Malformed(Box<Finding>),
}

impl SourceError {
    /// Whether verification failed; otherwise nothing is known about what was asked for.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Malformed(_))
    }

    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

impl From<Finding> for SourceError {
    fn from(finding: Finding) -> Self {
        Self::Malformed(Box::new(finding))
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        401 => ": the token is missing or not known there",
        403 => {
            ": it may not be read without a token, or with this one; entries that are not public need an auditor's"
        }
        404 => ": it is not there; is the address the one of a ledger?",
        _ => "",
    }
}
