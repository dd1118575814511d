//! Opens a whole ledger: lock, key, origin, log, sessions; or begins a new one.

mod catch_up;
mod error;
mod identity;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use einsicht_access::entry::{Beginning, check_genesis, genesis, service_start};
use einsicht_access::{body_bytes, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Genesis, Predecessor};
use einsicht_tlog::{Leaf, Origin, SigningKey, VerifierKey};

use crate::clock::{Clock, ClockGuard};
use crate::sequencer::{Committer, Follower, Parts, Refused};
use crate::sessions::SessionStore;
use crate::signer;
use crate::storage::file::{Folder, RealFolder, replace};
use crate::storage::{self, LOCK, LogReader, VKEY};

pub use error::LedgerError;
pub use identity::Identity;

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
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// Whether a long gap since the newest entry is right.
    pub accept_clock: bool,
    /// What to begin if there is no ledger yet.
    pub new: NewLedger,
    /// When to begin another segment.
    pub segment_bytes_max: u64,
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
    /// Verifies its checkpoints.
    pub verifier: VerifierKey,
    /// What it says of itself.
    pub genesis: Genesis,
    /// Whether it was begun just now.
    pub is_new: bool,
    /// Held until dropped: nobody else writes in this folder.
    pub lock: fs::File,
}

/// Opens the ledger in a data folder, or begins one.
///
/// # Errors
/// [`LedgerError`]. What may have changed by then: keys made where there were none, a torn tail cut,
/// derived files. No entry was written.
pub fn open(opening: Opening<'_>) -> Result<Ledger, LedgerError> {
    let marker = opening.data.join(RESTORING);
    match marker.try_exists() {
        Ok(false) => open_or_begin(opening, None),
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
    let ledger = open_or_begin(opening, Some(predecessor))?;
    match ledger.genesis.predecessor.as_ref() == Some(predecessor) {
        true => Ok(ledger),
        false => Err(LedgerError::Continues { path: data, origin: predecessor.origin.clone() }),
    }
}

fn open_or_begin(opening: Opening<'_>, predecessor: Option<&Predecessor>) -> Result<Ledger, LedgerError> {
    let Opening { data, keys, clock, accept_clock, new, segment_bytes_max } = opening;
    let folder: Arc<dyn Folder> = Arc::new(RealFolder::new(data));
    folder.create_folder("").map_err(LedgerError::io(data))?;
    let lock = lock(data)?;
    let existing = read_genesis(&*folder)?;
    let key_path = keys.join(signer::KEY_FILE);
    if existing.is_some() && !key_path.exists() {
        return Err(LedgerError::NoKey { path: key_path });
    }
    RealFolder::new(&keys).create_folder("").map_err(LedgerError::io(&keys))?;
    let secret = signer::load_or_create(&keys)?;
    let origin = match &existing {
        Some(genesis) => Origin::parse(&genesis.origin)?,
        None => new.origin,
    };
    let key = SigningKey::new(origin.as_str(), secret)?;
    let verifier = key.verifier().clone();
    if existing
        .as_ref()
        .is_some_and(|genesis| !genesis.public_keys.iter().any(|k| **k == *verifier.public_key()))
    {
        return Err(LedgerError::ForeignKey { path: key_path, origin: origin.to_string() });
    }
    let opened =
        storage::open(Arc::clone(&folder), &origin, std::slice::from_ref(&verifier), segment_bytes_max)?;
    report(&opened);
    if existing.is_some() && !accept_clock {
        ClockGuard::check_start(&*clock, opened.tip.recorded_at())?;
    }
    let reader = opened.writer.reader();
    let store = open_store(&data.join("state"))?;
    let sessions = catch_up::catch_up(&store, &reader, &opened.tip)?;
    let follower = Follower::start(opened.writer.keeper(), store).map_err(LedgerError::io(data))?;
    let halt = Box::new(|error: &storage::AppendError| {
        tracing::error!(%error, "ending the process");
        std::process::exit(HALT_EXIT_CODE);
    });
    let mut committer = Committer::new(Parts {
        writer: opened.writer,
        tip: opened.tip,
        sessions,
        key,
        clock,
        follower,
        halt,
    });
    let is_new = existing.is_none();
    let genesis = match existing {
        Some(genesis) => genesis,
        None => begin(&mut committer, &origin, &verifier, new.simulated, predecessor)?,
    };
    publish_key(&*folder, data, &verifier)?;
    Ok(Ledger { committer, reader, verifier, genesis, is_new, lock })
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

/// Records that the service has started.
///
/// # Errors
/// [`Refused`].
pub fn record_start(committer: &mut Committer) -> Result<(), Refused> {
    committer.record_own(&body_bytes(&service_start(SOFTWARE)))
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

/// Writes the verifier key for people to hand on: the one file here that others may read.
fn publish_key(folder: &dyn Folder, data: &Path, verifier: &VerifierKey) -> Result<(), LedgerError> {
    let path = data.join(VKEY);
    replace(folder, VKEY, format!("{verifier}\n").as_bytes()).map_err(LedgerError::io(&path))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(LedgerError::io(&path))
}

fn begin(
    committer: &mut Committer,
    origin: &Origin,
    verifier: &VerifierKey,
    simulated: bool,
    predecessor: Option<&Predecessor>,
) -> Result<Genesis, LedgerError> {
    let beginning = Beginning {
        origin: origin.as_str(),
        software: SOFTWARE,
        public_keys: &[*verifier.public_key()],
        simulated,
        predecessor,
    };
    let body = genesis(beginning);
    committer.record_own(&body_bytes(&body))?;
    match body.content {
        Some(Content::Genesis(genesis)) => Ok(genesis),
        _ => Err(LedgerError::NoGenesis),
    }
}

/// Whatever is wrong with the store, a new one is rebuilt from the log.
fn open_store(folder: &Path) -> Result<SessionStore, LedgerError> {
    SessionStore::open(folder).or_else(|error| {
        tracing::warn!(%error, "the session store does not open; it is rebuilt from the log");
        fs::remove_dir_all(folder).map_err(LedgerError::io(folder))?;
        Ok(SessionStore::open(folder)?)
    })
}

fn report(opened: &storage::Opened) {
    if let Some(torn) = &opened.torn {
        tracing::warn!(
            file = torn.file, offset = torn.offset, bytes = torn.bytes, reason = %torn.reason,
            "cut off the tail of a commit that was never acknowledged"
        );
    }
    if opened.rebuilt {
        tracing::warn!("the derived files did not fit the segments; they were rebuilt");
    }
    tracing::info!(size = %opened.tip.size(), "log opened");
}
