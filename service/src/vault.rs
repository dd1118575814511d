//! The vault on disk: openings of what is sealed, encrypted, erasable. `docs/format.md`, Vault.
//!
//! # Contract
//!
//! - [`Vault::append`] returns when the openings would survive a loss of power. Only then may the frame of
//!   their entries be written: there is no entry without its openings.
//! - [`Vault::open`] destroys openings that no entry has, finishes what an erasure had begun, and says which
//!   erasures in the log may not be done yet. It refuses a log that was rolled back.
//! - An erasure touches the openings that it names, and no others, whenever the power goes.
//! - Damage here stops neither recording nor reading the log: [`Vault::damages`] names it, over starts, until it is
//!   mended or erased. [`Vault::scrub`] looks for what no start reads.
//! - After a failed write nothing more is written until the next start; after a failed sync the process must
//!   end, as with the log.
//!
//! Nothing personal is in errors, in what is logged, or in what `Debug` shows.

mod check;
mod class;
mod copy;
mod damage;
mod damaged;
mod erase;
mod erasing;
mod error;
mod keyring;
mod layout;
mod leaf_hashes;
mod left;
mod mending;
mod open;
mod read;
mod recovery;
mod redo;
mod rewrap;
mod rows;
mod scan;
mod scrub;
mod start;
#[cfg(test)]
mod tests;
mod watermark;

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use einsicht_access::{Month, Openings, RetentionClass};
use einsicht_tlog::{Hash, Index, Origin};

use self::class::{ClassFile, Pending, WriteError};
use self::layout::VAULT;
use self::mending::Damages;
use self::recovery::{Class, Classes};
use self::watermark::Known;
use crate::storage::file::Folder;
use crate::storage::{AppendError, Halt};

pub use self::check::{Check, Found as Checked};
pub use self::copy::{Copied, CopyError, copy};
pub use self::damage::{Damage, Problem};
pub use self::error::{OpenError, VaultError};
pub use self::keyring::{Keyring, KeyringError};
pub use self::left::left;
pub use self::open::{Opened, Opening};
pub use self::recovery::RecoveryError;
pub use self::redo::{RedoError, Said};
pub use self::rewrap::{RewrapError, rewrap};
pub use self::scrub::Scrubbed;

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
    /// What the watermark knew of months and classes that are closed, or gone.
    unlooked: Vec<Known>,
    /// What does not check, as far as it is known.
    damages: Mutex<Damages>,
    halt: Halt,
}

impl Vault {
    /// The keys; `None` without a wrapping key.
    #[must_use]
    pub fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.inner.keyring.as_ref()
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
        // Where a file is gone, the new one counts on: when the old one comes back, that is noticed.
        let gone = self.unlooked.iter().find(|one| (one.month, one.class) == (month, class));
        let times = gone.map_or(0, Known::times);
        let file = Arc::new(ClassFile::create(&*self.data, self.origin.hash(), month, class, times)?);
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
