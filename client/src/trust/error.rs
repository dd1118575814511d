//! Why a checkpoint is not believed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use einsicht_tlog::TreeHead;
use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::proof::ProofError;

use super::SignedHead;

/// Two signed checkpoints that were not shown to belong to one history.
#[derive(Debug)]
pub struct Dispute {
    /// The one verified before.
    pub known: SignedHead,
    /// The one offered now.
    pub offered: SignedHead,
    /// Where both notes were written, if the trust is stored and writing succeeded.
    pub evidence: Vec<PathBuf>,
}

/// Why a checkpoint is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not a checkpoint of this log signed by a known key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Proven: the log signed two trees of which neither is a prefix of the other.
    #[error(
        "THE LEDGER SHOWS TWO HISTORIES. It signed {dispute}. One of these trees is not the beginning of \
         the other, so entries were removed or changed after they were signed. Both signed checkpoints \
         together prove it: keep them, and show them to others who watch this ledger. {}", dispute.kept()
    )]
    Fork {
        /// Both checkpoints.
        dispute: Box<Dispute>,
    },
    /// The proof given does not show that both trees are one history. This alone does not prove that
    /// they are not: the proof may have been damaged on its way.
    #[error(
        "the ledger did not prove that its checkpoints are one history ({reason}). It signed {dispute}. \
         Ask again; if no proof fits, the ledger shows two histories, and both signed checkpoints are \
         evidence to keep. {}", .dispute.kept()
    )]
    Unproven {
        /// Both checkpoints.
        dispute: Box<Dispute>,
        /// What is wrong with the proof.
        #[source]
        reason: ProofError,
    },
    /// Another checkpoint was verified while the proof was fetched; offer this one again.
    #[error("a checkpoint of {} entries was verified meanwhile: offer this one again", newest.size)]
    Overtaken {
        /// The newest one now.
        newest: TreeHead,
    },
    /// What was stored is not a checkpoint of this log under this key.
    #[error(
        "what was verified before can't be used: {} does not hold a checkpoint of this ledger under \
         this verifier key ({reason}). If the key was mistyped, correct it. If you mean to forget what \
         was verified, move the file away: it may be evidence",
        path.display()
    )]
    Stored {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: CheckpointError,
    },
    /// Reading or writing what was verified failed.
    #[error("what was verified can't be kept at {}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

impl TrustError {
    /// Whether verification failed; otherwise nothing is known about the checkpoint.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Checkpoint(_) | Self::Fork { .. } | Self::Unproven { .. } => true,
            Self::Overtaken { .. } | Self::Stored { .. } | Self::Io { .. } => false,
        }
    }
}

impl Dispute {
    /// A sentence on where the notes are.
    fn kept(&self) -> String {
        match self.evidence.as_slice() {
            [] => "They were not written to disk: they are in this error only.".to_owned(),
            paths => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                format!("They were written to {}.", paths.join(" and "))
            }
        }
    }
}

impl fmt::Display for Dispute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (known, offered) = (self.known.head, self.offered.head);
        write!(f, "{} entries with root {} (verified before)", known.size, known.root)?;
        write!(f, " and {} entries with root {} (shown now)", offered.size, offered.root)
    }
}
