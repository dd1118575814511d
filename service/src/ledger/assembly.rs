//! Puts a ledger together over its files, wherever they lie: on a disk, or in memory where faults are
//! tried out. Both go this way.

use std::path::Path;
use std::sync::Arc;

use einsicht_access::body_bytes;
use einsicht_access::entry::{Beginning, genesis};
use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Genesis, Predecessor};
use einsicht_tlog::{Origin, SigningKey, VerifierKey};
use tokio::sync::watch;

use super::standby::{Prepared, Stage, Standby};
use super::{LedgerError, NewLedger, SOFTWARE};
use crate::annotations::Annotations;
use crate::charters::Charters;
use crate::clock::{Clock, ClockGuard};
use crate::sequencer::{Pace, Published, Refused};
use crate::sessions::SessionStore;
use crate::storage::file::{Folder, read_small, replace};
use crate::storage::{self, Halt, Room, VKEY};
use crate::vault::{self, Vault};

/// What a ledger is put together from. Nobody else may write to the folder; that is not checked here.
pub struct Assembly<'a> {
    /// What the data folder is called in messages.
    pub data: &'a Path,
    /// The data folder.
    pub folder: Arc<dyn Folder>,
    /// Entry 0, as [`super::read_genesis`] has read it from the folder.
    pub existing: Option<Genesis>,
    /// The folder of keys.
    pub keys: Arc<dyn Folder>,
    /// Opens the keys of the vault. Without it nothing is sealed.
    pub wrapping_key: Option<WrappingKey>,
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
    /// What stays free on the disk; see [`Room`].
    pub disk_reserve_bytes: u64,
    /// How often what lies behind the log is brought up to date.
    pub pace: Pace,
    /// Ends the process when a sync has failed.
    pub halt: Halt,
}

/// Opens a session store, or makes one.
pub type OpenStore = Box<dyn FnMut() -> Result<SessionStore, LedgerError> + Send>;

impl Assembly<'_> {
    /// Opens the log that lies in the folder, or makes one that is empty.
    ///
    /// # Errors
    /// As [`super::stand_by`].
    pub fn stand_by(self) -> Result<Standby, LedgerError> {
        let Self { data, folder, existing, secret, clock, new, predecessor, .. } = self;
        let origin = match &existing {
            Some(genesis) => Origin::parse(&genesis.origin)?,
            None => new.origin,
        };
        let key = SigningKey::new(origin.as_str(), secret)?;
        let verifier = key.verifier().clone();
        let is_ours =
            |genesis: &Genesis| genesis.public_keys.iter().any(|key| **key == *verifier.public_key());
        if !existing.as_ref().is_none_or(is_ours) {
            let path = self.key_path.to_owned();
            return Err(LedgerError::ForeignKey { path, origin: origin.to_string() });
        }
        let keys = std::slice::from_ref(&verifier);
        let opened = storage::open(Arc::clone(&folder), &origin, keys, self.segment_bytes_max)?;
        report(&opened);
        if existing.is_some() && !self.accept_clock {
            ClockGuard::check_start(&*clock, opened.tip.recorded_at())?;
        }
        let guard = ClockGuard::new(&*clock, opened.tip.recorded_at());
        let (is_new, first) =
            (existing.is_none(), first_entry(&origin, &verifier, new.simulated, predecessor));
        let genesis = match existing {
            Some(genesis) => genesis,
            None => read_content(&first)?,
        };
        let reader = opened.writer.reader();
        let vault = vault::Opening {
            data: Arc::clone(&folder),
            keys: self.keys,
            wrapping: self.wrapping_key,
            origin,
            reader: &reader,
            size: opened.tip.size(),
            halt: Arc::clone(&self.halt),
        };
        let vault = open_vault(vault)?;
        publish_key(&*folder, &verifier).map_err(LedgerError::io(&data.join(VKEY)))?;
        let (annotations, charters) = (Annotations::default(), Charters::default());
        Ok(Standby {
            annotations: annotations.clone(),
            charters: charters.clone(),
            reader,
            vault: vault.clone(),
            verifier,
            genesis,
            is_new,
            lock: None,
            room: Room::new(Arc::clone(&folder), data, self.disk_reserve_bytes),
            published: watch::Sender::new(Arc::new(Published::sign(opened.tip.head(), &key))),
            first_entry: is_new.then(|| body_bytes(&first)),
            stage: Stage::Open(Box::new(Prepared {
                writer: opened.writer,
                vault,
                tip: opened.tip,
                key,
                clock,
                guard,
                store: self.store,
                annotations,
                charters,
                pace: self.pace,
                halt: self.halt,
                data: data.to_owned(),
            })),
        })
    }
}

/// Opens the vault, and does again what the log says was erased.
fn open_vault(opening: vault::Opening<'_>) -> Result<Vault, LedgerError> {
    let reader = opening.reader;
    let vault::Opened { vault, erasures } = Vault::open(opening)?;
    vault.erase_again(erasures, reader).map_err(|error| Refused::Append(Arc::new(error)))?;
    Ok(vault)
}

fn first_entry(
    origin: &Origin,
    verifier: &VerifierKey,
    simulated: bool,
    predecessor: Option<&Predecessor>,
) -> EntryBody {
    genesis(Beginning {
        origin: origin.as_str(),
        software: SOFTWARE,
        public_keys: &[*verifier.public_key()],
        simulated,
        predecessor,
    })
}

fn read_content(body: &EntryBody) -> Result<Genesis, LedgerError> {
    match &body.content {
        Some(Content::Genesis(genesis)) => Ok(genesis.clone()),
        _ => Err(LedgerError::NoGenesis),
    }
}

/// Writes the verifier key, unless it is there: a start on a full disk has nothing to write then.
fn publish_key(folder: &dyn Folder, verifier: &VerifierKey) -> std::io::Result<()> {
    let text = format!("{verifier}\n");
    match read_small(folder, VKEY)? {
        Some(bytes) if bytes == text.as_bytes() => Ok(()),
        _ => replace(folder, VKEY, text.as_bytes()),
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
