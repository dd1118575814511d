//! Opens a whole ledger: lock, key, origin, log, sessions; or begins a new one.

mod assembly;
mod catch_up;
mod error;
mod identity;
mod standby;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use einsicht_access::entry::check_genesis;
use einsicht_access::read_body;
use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Genesis, Predecessor};
use einsicht_tlog::{Leaf, Origin, VerifierKey};

use crate::clock::Clock;
use crate::sequencer::{Committer, Pace};
use crate::sessions::SessionStore;
use crate::signer;
use crate::storage::file::{Folder, RealFolder};
use crate::storage::{self, LOCK, LogReader, VKEY};
use crate::vault::Vault;

pub use assembly::Assembly;
pub use error::LedgerError;
pub use identity::Identity;
pub use standby::{Recording, Standby};

/// Present in a data folder while a restore is under way. One that was cut off must not be served, nor
/// be taken for a place where a ledger can begin.
pub const RESTORING: &str = "restore.unfinished";

/// What writes the entries of the service itself.
pub const SOFTWARE: &str = concat!("einsichtd ", env!("CARGO_PKG_VERSION"));

/// How a ledger is to be opened.
pub struct Opening<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The folder of keys.
    pub keys: PathBuf,
    /// Opens the keys of the vault. Without it nothing is sealed.
    pub wrapping_key: Option<WrappingKey>,
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// Whether a long gap since the newest entry is right.
    pub accept_clock: bool,
    /// What to begin if there is no ledger yet.
    pub new: NewLedger,
    /// When to begin another segment.
    pub segment_bytes_max: u64,
    /// What stays free on the disk: nothing is recorded below that. 0 for no reserve.
    pub disk_reserve_bytes: u64,
}

/// A ledger to begin.
#[derive(Debug, Clone)]
pub struct NewLedger {
    /// Its name.
    pub origin: Origin,
    /// Whether its entries are made up.
    pub simulated: bool,
}

/// An open ledger, before anybody writes.
pub struct Ledger {
    /// Writes it.
    pub committer: Committer,
    /// Reads it.
    pub reader: LogReader,
    /// Keeps what is sealed.
    pub vault: Vault,
    /// Verifies its checkpoints.
    pub verifier: VerifierKey,
    /// What it says of itself.
    pub genesis: Genesis,
    /// Whether it was begun just now.
    pub is_new: bool,
    /// Held until dropped: nobody else writes in this folder. None where the folder is no real one.
    pub lock: Option<fs::File>,
}

/// Opens the ledger in a data folder, or begins one.
///
/// # Errors
/// As [`stand_by`]; also if there is no room for an entry.
pub fn open(opening: Opening<'_>) -> Result<Ledger, LedgerError> {
    stand_by(opening)?.begin()
}

/// Opens the log in a data folder, or makes one that is empty. Needs no room on the disk where there is
/// a log.
///
/// # Errors
/// [`LedgerError`]. What may have changed by then: keys made where there were none, a torn tail cut,
/// derived files. No entry was written.
pub fn stand_by(opening: Opening<'_>) -> Result<Standby, LedgerError> {
    let marker = opening.data.join(RESTORING);
    match marker.try_exists() {
        Ok(false) => open_log(opening, None),
        Ok(true) => Err(LedgerError::Restoring { path: marker }),
        Err(error) => Err(LedgerError::Io { path: marker, error }),
    }
}

/// Begins a ledger that continues another one, or opens it if that was done already.
///
/// # Errors
/// As [`open`]; [`LedgerError::Continues`] if the ledger that is there continues no or another one.
pub fn begin_after(opening: Opening<'_>, predecessor: &Predecessor) -> Result<Ledger, LedgerError> {
    let data = opening.data.to_owned();
    let ledger = open_log(opening, Some(predecessor))?.begin()?;
    match ledger.genesis.predecessor.as_ref() == Some(predecessor) {
        true => Ok(ledger),
        false => Err(LedgerError::Continues { path: data, origin: predecessor.origin.clone() }),
    }
}

fn open_log(opening: Opening<'_>, predecessor: Option<&Predecessor>) -> Result<Standby, LedgerError> {
    let Opening { data, keys, wrapping_key, clock, accept_clock, new, segment_bytes_max, disk_reserve_bytes } =
        opening;
    let folder: Arc<dyn Folder> = Arc::new(RealFolder::new(data));
    folder.create_folder("").map_err(LedgerError::io(data))?;
    let lock = lock(data)?;
    let existing = read_genesis(&*folder)?;
    let key_path = keys.join(signer::KEY_FILE);
    if existing.is_some() && !key_path.exists() {
        return Err(LedgerError::NoKey { path: key_path });
    }
    let key_folder = RealFolder::new(&keys);
    key_folder.create_folder("").map_err(LedgerError::io(&keys))?;
    let secret = signer::load_or_create(&keys)?;
    let state = data.join("state");
    let standby = Assembly {
        data,
        folder,
        existing,
        keys: Arc::new(key_folder),
        wrapping_key,
        secret,
        key_path: &key_path,
        store: Box::new(move || open_store(&state)),
        clock,
        accept_clock,
        new,
        predecessor,
        segment_bytes_max,
        disk_reserve_bytes,
        pace: Pace::default(),
        halt: Arc::new(|error| {
            tracing::error!(%error, "ending the process");
            std::process::exit(HALT_EXIT_CODE);
        }),
    }
    .stand_by()?;
    let vkey = data.join(VKEY);
    // For people to hand on: the one file here that others may read.
    fs::set_permissions(&vkey, fs::Permissions::from_mode(0o644)).map_err(LedgerError::io(&vkey))?;
    Ok(Standby { lock: Some(lock), ..standby })
}

/// Exit code after a failed sync: what is on disk is unknown. `EX_IOERR` of sysexits.
pub const HALT_EXIT_CODE: i32 = 74;

/// What the ledger in a folder says of itself; `None` if there is none. Checks entry 0 only.
///
/// # Errors
/// [`LedgerError`] if there are entries, but the first of them is not a genesis.
pub fn read_genesis(folder: &dyn Folder) -> Result<Option<Genesis>, LedgerError> {
    let Some(leaf) = storage::origin_on_disk(folder)? else { return Ok(None) };
    let body = read_body(Leaf::parse(&leaf)?.body)?;
    let Some(Content::Genesis(genesis)) = body.content else { return Err(LedgerError::NoGenesis) };
    check_genesis(&genesis)?;
    Ok(Some(genesis))
}

/// Takes the lock of a data folder.
///
/// # Errors
/// [`LedgerError::InUse`] if another process holds it.
pub fn lock(data: &Path) -> Result<fs::File, LedgerError> {
    let path = data.join(LOCK);
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(LedgerError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::InUse { path: data.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(LedgerError::Io { path, error }),
    }
}

/// Whatever is wrong with the store, a new one is rebuilt from the log.
fn open_store(folder: &Path) -> Result<SessionStore, LedgerError> {
    SessionStore::open(folder).map_err(LedgerError::from).or_else(|error| {
        if error.is_full() {
            // Nothing is wrong with it, and a new one would need as much room.
            return Err(error);
        }
        tracing::warn!(%error, "the session store does not open; it is rebuilt from the log");
        fs::remove_dir_all(folder).map_err(LedgerError::io(folder))?;
        Ok(SessionStore::open(folder)?)
    })
}
