//! The vault on disk: openings of what is sealed, encrypted, erasable. `docs/format.md`, Vault.
//!
//! # Contract
//!
//! - [`Vault::append`] returns when the openings would survive a loss of power. Only then may the frame of
//!   their entries be written: there is no entry without its openings.
//! - [`Vault::open`] destroys openings that no entry has, finishes what an erasure had begun, and says which
//!   erasures in the log may not be done yet.
//! - An erasure touches the openings that it names, and no others, whenever the power goes.
//! - Damage here stops neither recording nor reading the log: [`Vault::damages`] names it.
//! - After a failed write nothing more is written until the next start; after a failed sync the process must
//!   end, as with the log.
//!
//! Nothing personal is in errors, in what is logged, or in what `Debug` shows.

mod check;
mod class;
mod copy;
mod erasing;
mod keyring;
mod layout;
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
use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::vault::record::slot;
use einsicht_access::vault::{AEAD_NONCE_BYTES, KeyName, WrappingKey};
use einsicht_access::{Month, Openings, RetentionClass, SealedField, WireError, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Hash, Index, Leaf, Origin, Size, TreeHead};

use self::class::{ClassFile, NotStored, Pending, WriteError};
use self::erasing::{Journal, Overwriting};
use self::layout::{VAULT, erased_path, index_path, openings_path};
use self::recovery::{Class, Classes, Log, Recovered};
use crate::signer::{self, SecretError};
use crate::storage::file::{Folder, replace};
use crate::storage::{AppendError, Halt, LogReader};

pub use self::check::{Check, Found as Checked};
pub use self::copy::{Copied, CopyError, copy};
pub use self::keyring::{Keyring, KeyringError};
pub use self::recovery::{Damage, Problem, RecoveryError};
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

/// A vault can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its files.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Its keys.
    #[error(transparent)]
    Key(#[from] KeyringError),
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
                let from = known_up_to(&*data, reader, size)?;
                recovery::recover(&*data, &Log { reader, origin_hash: origin.hash(), size }, from)?
            }
            // Nothing was ever sealed here.
            false => Recovered { classes: Classes::new(), damages: Vec::new(), erasures: Vec::new() },
        };
        let Recovered { classes, damages, erasures } = recovered;
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

    /// The openings of an entry, whose bytes are `leaf`.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn openings(&self, index: Index, leaf: &[u8]) -> Result<Found, VaultError> {
        let entry = Entry::parse(index, leaf)?;
        let (class, stored) = self.inner.find(&entry)?;
        let openings = self.inner.decrypt(&entry, &class, &stored)?;
        Ok(Found { month: class.month, class: class.class, openings })
    }

    /// Erases openings of an entry: what stays is written over what was there. Returns once they are gone from
    /// the disk, with the fields that were there until now. `by` is the entry that says so, and is recorded
    /// already.
    ///
    /// # Errors
    /// [`VaultError`]; it is done again at the next start. Where [`AppendError::must_end`], the process must
    /// end.
    pub fn erase(
        &self,
        index: Index,
        leaf: &[u8],
        fields: &[SealedField],
        by: Index,
    ) -> Result<Vec<SealedField>, VaultError> {
        let entry = Entry::parse(index, leaf)?;
        let _erasing = self.inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let erased = match self.inner.find(&entry) {
            Ok((class, stored)) => {
                let mut openings = self.inner.decrypt(&entry, &class, &stored)?;
                let erased = openings.erase(fields, by.0);
                // Also where nothing is left to erase: nobody knows whether that is on the disk.
                self.inner.overwrite(&entry, &class, &stored, &openings).inspect_err(|error| {
                    if let VaultError::Write(error) = error
                        && error.must_end()
                    {
                        (self.inner.halt)(error);
                    }
                })?;
                erased
            }
            // With everything else of its month.
            Err(VaultError::Erased { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        self.done(by);
        Ok(erased)
    }

    /// Erases a month and class as a whole: first its key, then what it encrypted. `by` is the entry that says
    /// so, and is recorded already.
    ///
    /// # Errors
    /// [`VaultError::Io`]; it is done again at the next start.
    pub fn erase_class(&self, month: Month, class: RetentionClass, by: Index) -> Result<(), VaultError> {
        let inner = &*self.inner;
        let _erasing = inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        keyring::destroy(&*inner.keys, KeyName::Vault(month, class))?;
        if let Some(keyring) = &inner.keyring {
            keyring.forget(month, class);
        }
        if let Some(Class::Open(file)) = inner.read().get(&(month, class)) {
            // What is left says which entries it was about.
            file.sync_index()?;
        }
        inner.erase_files(month, class, by)?;
        self.done(by);
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
                Class::Erased { by, rows } => {
                    let entries = rows.first()?.zip(rows.last()?);
                    (entries.map(|(first, last)| (first.index, last.index)), Some(*by))
                }
            };
            Ok(ClassSummary { month, class, entries, erased_by })
        };
        self.inner.read().iter().map(summary).collect()
    }

    /// Notes an entry that says that something is erased, before anybody can see it: the watermark stays
    /// before it until it is done.
    pub fn expect_erasure(&self, by: Index) {
        self.inner.undone().insert(by);
    }

    /// Notes that what an entry says was erased is so, or can't be any more.
    pub(crate) fn done(&self, by: Index) {
        self.inner.undone().remove(&by);
    }

    /// Brings the index to the disk, and says that everything up to `head`, which is published, is in order;
    /// unless something is yet to be erased.
    ///
    /// # Errors
    /// Those of the file system. Nothing is lost then: more is looked at when the ledger is opened.
    pub fn move_watermark(&self, head: &TreeHead) -> io::Result<()> {
        let files: Vec<Arc<ClassFile>> = self.inner.read().values().filter_map(Class::file).collect();
        if files.is_empty() && self.inner.keyring.is_none() {
            return Ok(());
        }
        files.iter().try_for_each(|file| file.sync_index())?;
        let is_undone = self.inner.undone().first().is_some_and(|index| index.0 < head.size.0);
        if is_undone {
            return Ok(());
        }
        self.inner.data.create_folder(VAULT)?;
        self.inner.data.sync_folder("")?;
        watermark::write(&*self.inner.data, head)
    }
}

/// An entry with seals.
struct Entry {
    index: Index,
    leaf_hash: Hash,
    month: Month,
    public_nonce: [u8; 16],
}

impl Entry {
    fn parse(index: Index, leaf: &[u8]) -> Result<Self, VaultError> {
        let parts = Leaf::parse(leaf)?;
        let public_nonce = nonce_of(&read_body(parts.body)?).ok_or(VaultError::NotSealed { index })?;
        Ok(Self {
            index,
            leaf_hash: leaf_hash(leaf),
            month: Month::of_unix_s(parts.recorded_at.0),
            public_nonce,
        })
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

    /// Writes something; if that fails, nothing is written any more.
    fn write(&self, write: impl FnOnce() -> Result<(), WriteError>) -> Result<(), AppendError> {
        if self.stopped.load(Ordering::Acquire) {
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
            None => {}
        }
        let file = Arc::new(ClassFile::create(&*self.data, self.origin.hash(), month, class)?);
        self.classes_mut().insert((month, class), Class::Open(Arc::clone(&file)));
        Ok(file)
    }

    /// The encrypted openings of an entry, from whichever class of its month has them.
    fn find(&self, entry: &Entry) -> Result<(Arc<ClassFile>, class::Stored), VaultError> {
        let index = entry.index;
        let months = (entry.month, RetentionClass::NextYearEnd)..;
        let classes: Vec<Class> = {
            let classes = self.read();
            let here = classes.range(months).take_while(|((month, _), _)| *month == entry.month);
            here.map(|(_, class)| class.clone()).collect()
        };
        let mut erased = None;
        for class in classes {
            match class {
                Class::Open(file) => match file.read(index, entry.leaf_hash) {
                    Ok(stored) => return Ok((file, stored)),
                    Err(NotStored::Absent) => {}
                    Err(NotStored::Damaged { offset }) => {
                        return Err(VaultError::Damaged { file: file.path(), offset, index });
                    }
                    Err(NotStored::Io(error)) => return Err(error.into()),
                },
                Class::Erased { by, rows } if rows.find(index)?.is_some() => erased = Some(by),
                Class::Erased { .. } => {}
            }
        }
        match erased {
            Some(by) => Err(VaultError::Erased { index, by }),
            None => Err(VaultError::Missing { index }),
        }
    }

    fn decrypt(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &class::Stored,
    ) -> Result<Openings, VaultError> {
        let key = self.key(entry, file)?;
        let plain = key.decrypt(self.origin.as_str(), &entry.public_nonce, &stored.sealed).ok();
        plain.and_then(|plain| Openings::parse(&plain).ok()).ok_or_else(|| VaultError::Damaged {
            file: file.path(),
            offset: stored.offset,
            index: entry.index,
        })
    }

    fn key(
        &self,
        entry: &Entry,
        file: &ClassFile,
    ) -> Result<Arc<einsicht_access::vault::VaultKey>, VaultError> {
        let (month, class, index) = (file.month, file.class, entry.index);
        let no_key = VaultError::NoKey { index, month, class };
        let Some(keyring) = &self.keyring else { return Err(no_key) };
        keyring.existing_vault_key(month, class)?.ok_or(no_key)
    }

    fn overwrite(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &class::Stored,
        openings: &Openings,
    ) -> Result<(), VaultError> {
        let mut nonce = [0; AEAD_NONCE_BYTES];
        signer::random(&mut nonce)?;
        let key = self.key(entry, file)?;
        let sealed = key.encrypt(self.origin.as_str(), &entry.public_nonce, &nonce, openings.as_bytes());
        let slot_bytes = usize::try_from(stored.header.slot_bytes).map_err(io::Error::other)?;
        let slot =
            slot(&sealed, slot_bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let (month, class) = (file.month, file.class);
        let overwriting = Overwriting { month, class, offset: stored.offset, index: entry.index, slot };
        let journal = Journal::open(&*self.data).map_err(AppendError::from)?;
        match journal.begin(&overwriting) {
            // For want of room, say: nothing was touched yet, and it can be tried again.
            Err(error @ WriteError::Write(_)) => return Err(AppendError::from(error).into()),
            begun => self.write(|| {
                begun?;
                file.overwrite(overwriting.offset, &overwriting.slot)?;
                journal.end()
            })?,
        }
        Ok(())
    }

    /// Leaves of a month and class what says that it was erased.
    fn erase_files(&self, month: Month, class: RetentionClass, by: Index) -> Result<(), VaultError> {
        let folder = layout::class_folder(month, class);
        self.data.create_folder(&folder)?;
        replace(&*self.data, &erased_path(month, class), format!("{by}\n").as_bytes())?;
        match self.data.remove(&openings_path(month, class)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        self.data.sync_folder(&folder)?;
        let index = self.data.open(&index_path(month, class), true)?;
        let rows = Arc::new(rows::Rows::open(index, Index(u64::MAX))?);
        self.classes_mut().insert((month, class), Class::Erased { by, rows });
        Ok(())
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
            Self::Erased { .. } => None,
        }
    }
}

/// Up to where the watermark can be believed: it must be of this very log.
fn known_up_to(data: &dyn Folder, reader: &LogReader, size: Size) -> Result<Size, RecoveryError> {
    match watermark::read(data)? {
        Some(head) if head.size.0 > 0 && head.size <= size && reader.head(head.size)? == head => {
            Ok(head.size)
        }
        _ => Ok(Size(0)),
    }
}
