//! What must hold before a production service starts, beyond what its configuration says. Each refusal
//! says what to do.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use einsicht_tlog::checkpoint::{Checkpoint, CheckpointError};
use einsicht_tlog::{Origin, Size, TreeHead, VerifierKey};

use crate::ledger::{self, LedgerError, Standby};
use crate::storage::ReadError;
use crate::storage::file::RealFolder;

/// Largest file that is read as a checkpoint: room for hundreds of signatures.
const CHECKPOINT_BYTES_MAX: u64 = 64 * 1024;

/// The service must not start like this.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The folder of keys is open to others.
    #[error("{} can be entered by others (mode {mode:04o}); run: chmod 700 {}", path.display(), path.display())]
    KeysOpen {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A ledger without its keys.
    #[error(
        "there is a ledger, but no folder {} of its keys (keys.dir): restore it from your backup of the keys, \
         or check whether a disk is not mounted",
        path.display()
    )]
    NoKeys {
        /// The folder.
        path: PathBuf,
    },
    /// The folder of keys, or the checkpoint, can't be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Nothing there.
    #[error(
        "there is no ledger in {}. To begin the ledger '{origin}' there, run `einsichtd init --config` with \
         this configuration; if it should be there, check ledger.data, or whether a disk is not mounted",
        path.display()
    )]
    NoLedger {
        /// The data folder.
        path: PathBuf,
        /// The configured origin.
        origin: String,
    },
    /// Another ledger.
    #[error(
        "{} holds the ledger '{found}', not '{expected}' (ledger.origin). Set ledger.origin or ledger.data \
         right; a ledger never changes its origin",
        path.display()
    )]
    OtherOrigin {
        /// The data folder.
        path: PathBuf,
        /// The configured origin.
        expected: String,
        /// What entry 0 says.
        found: String,
    },
    /// Made-up entries.
    #[error(
        "the ledger in {} says of itself that it is simulated: its entries are made up. Real accesses do \
         not belong there; begin a ledger of its own with `einsichtd init`",
        path.display()
    )]
    Simulated {
        /// The data folder.
        path: PathBuf,
    },
    /// The folder can't be read as a ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Not a checkpoint of this ledger.
    #[error(
        "{} (ledger.last_known_checkpoint) is not a checkpoint that this ledger signed: {error}",
        path.display()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: CheckpointError,
    },
    /// The log was rolled back.
    #[error(
        "the log ends at {found} entries, but the ledger has signed a checkpoint for {expected} ({}). Entries \
         that were published are missing: an older copy was restored, or the log was cut. Restore the \
         newer log; if it is lost, begin a new origin that names this one as its predecessor, and say so \
         in public",
        path.display()
    )]
    RolledBack {
        /// The file.
        path: PathBuf,
        /// The size that was signed.
        expected: Size,
        /// The size that is there.
        found: Size,
    },
    /// Another log of the same name.
    #[error(
        "the first {size} entries are not those that the ledger has signed a checkpoint for ({}): this log \
         was changed, or is another one under the same key. Do not serve it; keep both, and find out",
        path.display()
    )]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// The size.
        size: Size,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Nobody else looks into the folder of keys. What is in it is checked where it is read.
///
/// # Errors
/// [`PreflightError::KeysOpen`], [`PreflightError::NoKeys`], [`PreflightError::Io`].
pub fn check_keys(folder: &Path) -> Result<(), PreflightError> {
    let metadata = fs::metadata(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PreflightError::NoKeys { path: folder.to_owned() },
        _ => PreflightError::Io { path: folder.to_owned(), error },
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(PreflightError::KeysOpen { path: folder.to_owned(), mode })
}

/// The folder holds the ledger that is configured, and a real one. Reads entry 0 and changes nothing.
///
/// # Errors
/// [`PreflightError`].
pub fn check_ledger(data: &Path, origin: &Origin) -> Result<(), PreflightError> {
    let path = || data.to_owned();
    let Some(genesis) = ledger::read_genesis(&RealFolder::new(data))? else {
        return Err(PreflightError::NoLedger { path: path(), origin: origin.to_string() });
    };
    if genesis.origin != origin.as_str() {
        let expected = origin.to_string();
        return Err(PreflightError::OtherOrigin { path: path(), expected, found: genesis.origin });
    }
    if genesis.simulated { Err(PreflightError::Simulated { path: path() }) } else { Ok(()) }
}

/// The log contains what a checkpoint that somebody kept says. `docs/format.md`, Rollback.
///
/// # Errors
/// [`PreflightError`].
pub fn check_rollback(ledger: &Standby, known: &Path) -> Result<(), PreflightError> {
    let path = || known.to_owned();
    let keys = std::slice::from_ref(&ledger.verifier);
    let checkpoint = read_checkpoint(known, &ledger.genesis.origin, keys)?;
    let TreeHead { size, root } = checkpoint.head;
    let found = ledger.head().size;
    if size > found {
        return Err(PreflightError::RolledBack { path: path(), expected: size, found });
    }
    if ledger.reader.head(size)?.root != root {
        return Err(PreflightError::OtherLog { path: path(), size });
    }
    Ok(())
}

/// Reads a checkpoint that one of these keys signed for a ledger.
///
/// # Errors
/// [`PreflightError::Io`], [`PreflightError::Checkpoint`].
pub fn read_checkpoint(
    path: &Path,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<Checkpoint, PreflightError> {
    let bytes = read_bounded(path).map_err(|error| PreflightError::Io { path: path.to_owned(), error })?;
    Checkpoint::open(&bytes, origin, keys)
        .map_err(|error| PreflightError::Checkpoint { path: path.to_owned(), error })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::metadata(path)?.len();
    if bytes > CHECKPOINT_BYTES_MAX {
        return Err(io::Error::other(format!("{bytes} bytes are no checkpoint")));
    }
    fs::read(path)
}
