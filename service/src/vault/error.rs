//! Why openings can't be had.

use std::io;

use einsicht_access::{Month, RetentionClass, WireError};
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Index, Size};

use super::layout::ERASING;
use super::{KeyringError, RecoveryError};
use crate::signer::SecretError;
use crate::storage::AppendError;

/// Openings can't be read or erased.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The entry has no seals.
    #[error("entry {index} has no sealed values")]
    NotSealed {
        /// The entry.
        index: Index,
    },
    /// There are none, and there should be.
    #[error("the vault has no openings of entry {index}, and no entry says that they were erased")]
    Missing {
        /// The entry.
        index: Index,
    },
    /// They were erased with all others of their month and class.
    #[error("the sealed values of entry {index} were erased, see entry {by}")]
    Erased {
        /// The entry.
        index: Index,
        /// The entry that says so.
        by: Index,
    },
    /// There is no key for them.
    #[error("the sealed values of entry {index} can't be opened: there is no key for {month}/{class}")]
    NoKey {
        /// The entry.
        index: Index,
        /// The month.
        month: Month,
        /// The class.
        class: RetentionClass,
    },
    /// They don't check.
    #[error(
        "{file}, byte {offset}: the openings of entry {index} are damaged. Compare the file with a backup; the log \
         is not concerned"
    )]
    Damaged {
        /// The file, in the data folder.
        file: String,
        /// Where the record starts.
        offset: u64,
        /// The entry.
        index: Index,
    },
    /// The file that has them could not be read when the service started.
    #[error(
        "{file} could not be read when the service started, so the openings of entry {index}, which may be in it, can't \
         be had. See the log of the service; repair the disk, or put the file back from a backup, and start again"
    )]
    Unreadable {
        /// The file, in the data folder.
        file: String,
        /// The entry.
        index: Index,
    },
    /// An erasure could not be begun.
    #[error("{ERASING} could not be written ({error}), and nothing was overwritten. Recording goes on")]
    Journal {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// An erasure that was cut off could not be finished at the start.
    #[error(
        "{ERASING} states an erasure that could not be finished when the service started, and may hold what is left of \
         an entry: nothing is erased before that is done. See the log of the service; repair the disk, and start again"
    )]
    JournalKept,
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyringError),
    /// The file system failed.
    #[error("the vault could not be read: {0}")]
    Io(#[from] io::Error),
    /// Something could not be written.
    #[error(transparent)]
    Write(#[from] AppendError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] SecretError),
    /// The bytes of the entry are no leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// They are no entry.
    #[error(transparent)]
    Entry(#[from] WireError),
}

impl VaultError {
    /// Whether the disk, the folder of keys or a file may be back later. What is damaged or missing is not, unless
    /// somebody has a backup.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Key(_) | Self::NoKey { .. } | Self::Unreadable { .. })
    }
}

/// A vault can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The vault was in order with more of the log, or with another one.
    #[error(
        "vault/watermark knows {known} entries of this log, and the log has {found}, or others: it was cut or changed, \
         or an older copy was restored. Openings of entries that it lacks would be destroyed. Restore the newer log; \
         or, if this log is the right one, remove vault/watermark and start again"
    )]
    RolledBack {
        /// Size that the vault knows.
        known: Size,
        /// Size of the log.
        found: Size,
    },
    /// Its files.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Its keys.
    #[error(transparent)]
    Key(#[from] KeyringError),
}
