//! Puts a ledger together over its files, wherever they lie: on a disk, or in memory where faults are
//! tried out. Both go this way.

use std::path::Path;
use std::sync::Arc;

use einsicht_access::body_bytes;
use einsicht_access::entry::{Beginning, genesis};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Genesis, Predecessor};
use einsicht_tlog::{Origin, SigningKey, VerifierKey};

use super::{Ledger, LedgerError, NewLedger, SOFTWARE, catch_up};
use crate::clock::{Clock, ClockGuard};
use crate::sequencer::{Committer, Follower, Pace, Parts};
use crate::sessions::SessionStore;
use crate::storage::file::{Folder, replace};
use crate::storage::{self, AppendError, VKEY};

/// What a ledger is put together from. Nobody else may write to the folder; that is not checked here.
pub struct Assembly<'a> {
    /// What the data folder is called in messages.
    pub data: &'a Path,
    /// The data folder.
    pub folder: Arc<dyn Folder>,
    /// Entry 0, as [`super::read_genesis`] has read it from the folder.
    pub existing: Option<Genesis>,
    /// Signs checkpoints.
    pub secret: ed25519_dalek::SigningKey,
    /// What the key's file is called in messages.
    pub key_path: &'a Path,
    /// Opens the session store, once the log is open.
    pub store: OpenStore,
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// Whether a long gap since the newest entry is right.
    pub accept_clock: bool,
    /// What to begin if there is no ledger yet …
    pub new: NewLedger,
    /// … and which one that continues.
    pub predecessor: Option<&'a Predecessor>,
    /// When to begin another segment.
    pub segment_bytes_max: u64,
    /// How often what lies behind the log is brought up to date.
    pub pace: Pace,
    /// Ends the process when a sync has failed. It must not return in production.
    pub halt: Halt,
}

/// Opens a session store, or makes one.
pub type OpenStore = Box<dyn FnOnce() -> Result<SessionStore, LedgerError>>;
/// Ends the process.
pub type Halt = Box<dyn Fn(&AppendError) + Send>;

/// Opens the ledger that lies in the folder, or begins one.
///
/// # Errors
/// As [`super::open`].
pub fn assemble(assembly: Assembly<'_>) -> Result<Ledger, LedgerError> {
    let Assembly { data, folder, existing, secret, clock, new, predecessor, .. } = assembly;
    let origin = match &existing {
        Some(genesis) => Origin::parse(&genesis.origin)?,
        None => new.origin,
    };
    let key = SigningKey::new(origin.as_str(), secret)?;
    let verifier = key.verifier().clone();
    let is_ours = |genesis: &Genesis| genesis.public_keys.iter().any(|key| **key == *verifier.public_key());
    if !existing.as_ref().is_none_or(is_ours) {
        let path = assembly.key_path.to_owned();
        return Err(LedgerError::ForeignKey { path, origin: origin.to_string() });
    }
    let keys = std::slice::from_ref(&verifier);
    let opened = storage::open(Arc::clone(&folder), &origin, keys, assembly.segment_bytes_max)?;
    report(&opened);
    if existing.is_some() && !assembly.accept_clock {
        ClockGuard::check_start(&*clock, opened.tip.recorded_at())?;
    }
    let reader = opened.writer.reader();
    let store = (assembly.store)()?;
    let sessions = catch_up::catch_up(&store, &reader, &opened.tip)?;
    let follower =
        Follower::start(opened.writer.keeper(), store, assembly.pace).map_err(LedgerError::io(data))?;
    let (writer, tip, halt) = (opened.writer, opened.tip, assembly.halt);
    let mut committer = Committer::new(Parts { writer, tip, sessions, key, clock, follower, halt });
    let is_new = existing.is_none();
    let genesis = match existing {
        Some(genesis) => genesis,
        None => begin(&mut committer, &origin, &verifier, new.simulated, predecessor)?,
    };
    let vkey = format!("{verifier}\n");
    replace(&*folder, VKEY, vkey.as_bytes()).map_err(LedgerError::io(&data.join(VKEY)))?;
    Ok(Ledger { committer, reader, verifier, genesis, is_new, lock: None })
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
