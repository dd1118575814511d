//! The vault on disk: openings of what is sealed, encrypted, erasable. `docs/format.md`, Vault.
//!
//! # Contract
//!
//! - [`Vault::append`] returns when the openings would survive a loss of power. Only then may the frame of
//!   their entries be written: there is no entry without its openings.
//! - [`Vault::open`] destroys openings that no entry has, finishes what an erasure had begun, and says which
//!   erasures in the log may not be done yet. It refuses a log that was rolled back.
//! - An erasure touches the openings that it names, and no others, whenever the power goes.
//! - Damage here stops neither recording nor reading the log: [`Vault::damages`] names it.
//! - After a failed write nothing more is written until the next start; after a failed sync the process must
//!   end, as with the log.
//!
//! Nothing personal is in errors, in what is logged, or in what `Debug` shows.

mod check;
mod class;
mod copy;
mod damage;
mod erase;
mod erasing;
mod error;
mod keyring;
mod layout;
mod left;
mod read;
mod recovery;
mod redo;
mod rewrap;
mod rows;
mod scan;
#[cfg(test)]
mod tests;
mod watermark;

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use einsicht_access::vault::WrappingKey;
use einsicht_access::{Month, Openings, RetentionClass};
use einsicht_proto::v1::Erasure;
use einsicht_tlog::{Hash, Index, Origin, Size, TreeHead};

use self::class::{ClassFile, Pending, WriteError};
use self::layout::VAULT;
use self::recovery::{Class, Classes, Log, Recovered};
use self::watermark::Watermark;
use crate::storage::file::Folder;
use crate::storage::{AppendError, Halt, LogReader};

pub use self::check::{Check, Found as Checked};
pub use self::copy::{Copied, CopyError, copy};
pub use self::damage::{Damage, Problem};
pub use self::error::{OpenError, VaultError};
pub use self::keyring::{Keyring, KeyringError};
pub use self::left::left;
pub use self::recovery::RecoveryError;
pub use self::redo::RedoError;
pub use self::rewrap::rewrap;

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

/// Openings of one entry, encrypted, and where they belong.
#[derive(Debug, Clone)]
pub struct SealedBytes {
    /// The month for which the entry was prepared.
    pub month: Month,
    /// How long they are kept.
    pub class: RetentionClass,
    /// `nonce (24) ‖ ciphertext`.
    pub bytes: Bytes,
}

/// Openings of an entry that was placed.
#[derive(Debug)]
pub struct VaultRecord {
    /// The entry.
    pub index: Index,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// What is sealed.
    pub sealed: SealedBytes,
}

/// Openings that were read.
pub struct Found {
    /// Month of the entry.
    pub month: Month,
    /// How long they are kept.
    pub class: RetentionClass,
    /// The openings.
    pub openings: Openings,
}

/// A month and class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSummary {
    /// The month.
    pub month: Month,
    /// The class.
    pub class: RetentionClass,
    /// The first and the last entry with openings, if there is one.
    pub entries: Option<(Index, Index)>,
    /// The entry that says that it was erased as a whole, if it was.
    pub erased_by: Option<Index>,
}

/// Reads, appends and erases. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    data: Arc<dyn Folder>,
    keys: Arc<dyn Folder>,
    keyring: Option<Arc<Keyring>>,
    origin: Origin,
    classes: RwLock<Classes>,
    /// Held by the one that erases: there is one journal.
    erasing: Mutex<()>,
    /// Entries that say that something was erased, which may not be done yet.
    undone: Mutex<BTreeSet<Index>>,
    /// A write has failed: nothing more is written.
    stopped: AtomicBool,
    /// The journal states what could not be finished when the vault was opened.
    is_journal_kept: bool,
    damages: Vec<Damage>,
    halt: Halt,
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
        let recovered = match is_there || keyring.is_some() {
            true => {
                // One that can't be read is none: everything is looked at.
                let watermark = Watermark::read(&*data).unwrap_or_else(|error| {
                    tracing::error!(%error, "vault/watermark can't be read: the whole vault is looked at");
                    None
                });
                if let Some(watermark) = &watermark {
                    belongs(watermark, reader, size)?;
                }
                let log = Log { reader, origin_hash: origin.hash(), size };
                recovery::recover(&*data, &log, watermark.as_ref())?
            }
            // Nothing was ever sealed here.
            false => Recovered::default(),
        };
        let Recovered { classes, damages, erasures, is_journal_kept } = recovered;
        let closed = classes.iter().filter(|(_, class)| matches!(class, Class::Closed));
        for ((month, class), _) in closed {
            keyring.iter().for_each(|keyring| keyring.close(*month, *class));
        }
        for damage in &damages {
            tracing::error!("{damage}");
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
            damages,
            halt,
        };
        Ok(Opened { vault: Self { inner: Arc::new(inner) }, erasures })
    }

    /// The keys; `None` without a wrapping key.
    #[must_use]
    pub fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.inner.keyring.as_ref()
    }

    /// What did not check when the vault was opened.
    #[must_use]
    pub fn damages(&self) -> &[Damage] {
        &self.inner.damages
    }

    /// Makes openings durable, in order. Only the one who writes the log calls this.
    ///
    /// # Errors
    /// [`AppendError`]; nothing more is written then.
    pub fn append(&self, records: &[VaultRecord]) -> Result<(), AppendError> {
        let mut keys: Vec<_> =
            records.iter().map(|record| (record.sealed.month, record.sealed.class)).collect();
        keys.sort_unstable();
        keys.dedup();
        for (month, class) in keys {
            let is_here =
                |record: &&VaultRecord| (record.sealed.month, record.sealed.class) == (month, class);
            let pending: Vec<Pending<'_>> = records
                .iter()
                .filter(is_here)
                .map(|record| Pending {
                    index: record.index,
                    leaf_hash: record.leaf_hash,
                    sealed: &record.sealed.bytes,
                })
                .collect();
            self.inner.write(|| self.inner.class(month, class)?.append(&pending))?;
        }
        Ok(())
    }

    /// Every month and class that has or had openings, in order.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn classes(&self) -> io::Result<Vec<ClassSummary>> {
        let summary = |(&(month, class), known): (&(Month, RetentionClass), &Class)| {
            let (entries, erased_by) = match known {
                Class::Open(file) => (file.range()?, None),
                Class::Closed | Class::Erased { rows: None, by: None } => (None, None),
                Class::Erased { rows, by } => {
                    let rows = rows.as_ref().map(|rows| Ok::<_, io::Error>(rows.first()?.zip(rows.last()?)));
                    let entries = rows.transpose()?.flatten();
                    (entries.map(|(first, last)| (first.index, last.index)), *by)
                }
            };
            Ok(ClassSummary { month, class, entries, erased_by })
        };
        self.inner.read().iter().map(summary).collect()
    }

    /// Brings the index to the disk, and says that everything up to `head`, which is published, is in order, but
    /// for what is yet to be erased.
    ///
    /// # Errors
    /// Those of the file system. Nothing is lost then: more is looked at when the ledger is opened.
    pub fn move_watermark(&self, head: &TreeHead) -> io::Result<()> {
        let files: Vec<Arc<ClassFile>> = self.inner.read().values().filter_map(Class::file).collect();
        if files.is_empty() && self.inner.keyring.is_none() {
            return Ok(());
        }
        files.iter().try_for_each(|file| file.sync_index(&*self.inner.data))?;
        self.inner.data.create_folder(VAULT)?;
        self.inner.data.sync_folder("")?;
        // Looked at last: what comes meanwhile lies behind.
        let undone = self.inner.undone().iter().copied().filter(|index| index.0 < head.size.0).collect();
        Watermark { head: *head, undone }.write(&*self.inner.data)
    }
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, Classes> {
        self.classes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn classes_mut(&self) -> RwLockWriteGuard<'_, Classes> {
        self.classes.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn undone(&self) -> MutexGuard<'_, BTreeSet<Index>> {
        self.undone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Writes something; if that fails, nothing is written any more.
    fn write(&self, write: impl FnOnce() -> Result<(), WriteError>) -> Result<(), AppendError> {
        if self.has_stopped() {
            return Err(AppendError::Stopped);
        }
        write().map_err(|error| {
            self.stopped.store(true, Ordering::Release);
            error.into()
        })
    }

    /// The file of a month and class; made if there is none.
    fn class(&self, month: Month, class: RetentionClass) -> Result<Arc<ClassFile>, WriteError> {
        match self.read().get(&(month, class)) {
            Some(Class::Open(file)) => return Ok(Arc::clone(file)),
            Some(Class::Erased { .. }) => {
                let error = format!("{VAULT}/{month}/{class} was erased as a whole");
                return Err(WriteError::Write(io::Error::other(error)));
            }
            // The keyring gives no key for it, so nothing gets here.
            Some(Class::Closed) => {
                let error = format!("{VAULT}/{month}/{class} can't be read, so nothing can be added");
                return Err(WriteError::Write(io::Error::other(error)));
            }
            None => {}
        }
        let file = Arc::new(ClassFile::create(&*self.data, self.origin.hash(), month, class)?);
        self.classes_mut().insert((month, class), Class::Open(Arc::clone(&file)));
        Ok(file)
    }
}

impl From<WriteError> for AppendError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Write(error) => Self::VaultWrite { error },
            WriteError::Sync(error) => Self::VaultSync { error },
        }
    }
}

impl Class {
    fn file(&self) -> Option<Arc<ClassFile>> {
        match self {
            Self::Open(file) => Some(Arc::clone(file)),
            Self::Closed | Self::Erased { .. } => None,
        }
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
