//! Why a ledger can't be opened, told so that somebody can do something about it.

use std::io;
use std::path::{Path, PathBuf};

use einsicht_access::WireError;
use einsicht_access::entry::GenesisError;
use einsicht_tlog::Index;
use einsicht_tlog::key::KeyError;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::segment::HeaderError;
use einsicht_tlog::units::OriginError;

use crate::charters::CharterReadError;
use crate::clock::ClockError;
use crate::sequencer::Refused;
use crate::sessions::StoreError;
use crate::signer::SecretError;
use crate::storage::file::is_full;
use crate::storage::{OpenError, ReadError};
use crate::vault;

/// A ledger can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Somebody else writes there.
    #[error("{} is in use by another process; only one may write to a ledger", path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// A key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A key with this name.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is a log, but no key.
    #[error(
        "there is a ledger here, but no signing key at {}; restore the key from your backup. A new key is \
         never made for an old ledger",
        path.display()
    )]
    NoKey {
        /// Where the key should be.
        path: PathBuf,
    },
    /// A restore was cut off.
    #[error(
        "a restore into this folder was begun and not finished ({}); run `einsichtd restore` again, the same \
         way: it goes on where it ended", path.display()
    )]
    Restoring {
        /// The file that says so.
        path: PathBuf,
    },
    /// The ledger does not continue the one that it should.
    #[error("{} holds a ledger that does not continue '{origin}' as it was restored", path.display())]
    Continues {
        /// The data folder.
        path: PathBuf,
        /// The ledger that it should continue.
        origin: String,
    },
    /// The key is of another ledger.
    #[error(
        "the signing key at {} is not a key of ledger '{origin}'; its entry 0 names other keys. Restore the \
         right key, or choose another data folder",
        path.display()
    )]
    ForeignKey {
        /// The key file.
        path: PathBuf,
        /// The ledger.
        origin: String,
    },
    /// Entry 0 is not a leaf.
    #[error("entry 0: {0}")]
    Leaf(#[from] LeafError),
    /// Entry 0 can't be read.
    #[error("entry 0: {0}")]
    Wire(#[from] WireError),
    /// Entry 0 is not a genesis.
    #[error("entry 0 is not a genesis; this is not a ledger of ours")]
    NoGenesis,
    /// Entry 0 can't be used.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The clock.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Sessions.
    #[error(transparent)]
    Sessions(#[from] StoreError),
    /// Entries could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] vault::OpenError),
    /// Which event a confidential entry is can't be told.
    #[error(
        "entry {index} is confidential, and which event of which session it is stands in the vault, which does \
         not open without the wrapping key. Start once with vault.wrapping_key_file or another source of it"
    )]
    Hidden {
        /// The entry.
        index: Index,
    },
    /// The charter in force can't be read.
    #[error(transparent)]
    Charter(#[from] CharterReadError),
    /// The first entries could not be written.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl LedgerError {
    /// Whether this is an answer, "checked and found wrong"; otherwise nobody could tell. What is newer than this
    /// software is not wrong.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !matches!(
            self,
            Self::Io { .. }
                | Self::InUse { .. }
                | Self::Log(
                    OpenError::Io { .. }
                        | OpenError::NoRoom { .. }
                        | OpenError::Header { error: HeaderError::UnknownVersion { .. }, .. }
                )
                | Self::Genesis(GenesisError::FormatVersion { .. })
                | Self::Read(_)
                | Self::Vault(_)
                | Self::Hidden { .. }
                | Self::Charter(CharterReadError::Read(_) | CharterReadError::Unreadable { .. })
        )
    }

    /// Whether something could not be written for want of room, and may be written later.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Io { error, .. } | Self::Sessions(StoreError::Sled(sled::Error::Io(error))) => {
                is_full(error)
            }
            _ => false,
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}
