//! Opens the vault beside its log.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::Erasure;
use einsicht_tlog::{Index, Origin, Size};

use super::damage::log;
use super::layout::VAULT;
use super::recovery::{self, Class, Log, Memory, Recovered};
use super::watermark::Watermark;
use super::{Inner, Keyring, OpenError, RecoveryError, Vault};
use crate::storage::file::Folder;
use crate::storage::{Halt, LogReader};

/// What a vault is opened from.
pub struct Opening<'l> {
    /// The data folder.
    pub data: Arc<dyn Folder>,
    /// The folder of keys.
    pub keys: Arc<dyn Folder>,
    /// Opens the keys; without it, nothing is sealed and nothing sealed can be read.
    pub wrapping: Option<WrappingKey>,
    /// The ledger.
    pub origin: Origin,
    /// Reads its log.
    pub reader: &'l LogReader,
    /// Where that ends.
    pub size: Size,
    /// Ends the process when a sync has failed.
    pub halt: Halt,
}

/// A vault that is open, and what is still to be erased.
pub struct Opened {
    /// The vault.
    pub vault: Vault,
    /// Entries that say that something was erased, in order, with their leaves. Whether it was, is not known:
    /// it has to be done again.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
}

impl Vault {
    /// Opens the vault of a ledger whose log is open, and brings it in order.
    ///
    /// # Errors
    /// [`OpenError`]: a wrong wrapping key, or the file system. Damage is none.
    pub fn open(opening: Opening<'_>) -> Result<Opened, OpenError> {
        let Opening { data, keys, wrapping, origin, reader, size, halt } = opening;
        let keyring = wrapping.map(|wrapping| {
            Keyring::open(Arc::clone(&keys), Arc::clone(&data), wrapping, origin.clone()).map(Arc::new)
        });
        let keyring = keyring.transpose()?;
        let is_there = !data.folders("").map_err(RecoveryError::from)?.iter().all(|name| name != VAULT);
        let mut known = Vec::new();
        let recovered = match is_there || keyring.is_some() {
            true => {
                let memory = Memory::read(&*data);
                if let Some(watermark) = &memory.watermark {
                    belongs(watermark, reader, size)?;
                }
                let log = Log { reader, origin_hash: origin.hash(), size };
                let recovered = recovery::recover(&*data, &*keys, &log, &memory)?;
                known = memory.damages;
                recovered
            }
            // Nothing was ever sealed here.
            false => Recovered::default(),
        };
        let Recovered { classes, damages, erasures, is_journal_kept, unlooked } = recovered;
        let closed = classes.iter().filter(|(_, class)| matches!(class, Class::Closed));
        for ((month, class), _) in closed {
            keyring.iter().for_each(|keyring| keyring.close(*month, *class));
        }
        let undone = erasures.iter().map(|(index, ..)| *index).collect();
        let inner = Inner {
            data,
            keys,
            keyring,
            origin,
            classes: RwLock::new(classes),
            erasing: Mutex::new(()),
            undone: Mutex::new(undone),
            stopped: AtomicBool::new(false),
            is_journal_kept,
            unlooked,
            damages: Mutex::default(),
            halt,
        };
        let vault = Self { inner: Arc::new(inner) };
        vault.take_damages(damages, &known, reader);
        log("the vault is damaged", vault.damages().iter());
        Ok(Opened { vault, erasures })
    }
}

/// The watermark is written for what was published only: a log that does not have it is not the one that the vault
/// belongs to now.
fn belongs(watermark: &Watermark, reader: &LogReader, size: Size) -> Result<(), OpenError> {
    let known = watermark.head;
    let rolled_back = OpenError::RolledBack { known: known.size, found: size };
    if known.size > size {
        return Err(rolled_back);
    }
    match known.size.0 == 0 || reader.head(known.size).map_err(RecoveryError::from)? == known {
        true => Ok(()),
        false => Err(rolled_back),
    }
}
