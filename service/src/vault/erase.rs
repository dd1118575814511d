//! Erases: single openings in place, whole classes with their key.

use std::io;
use std::sync::{Arc, PoisonError};

use einsicht_access::vault::record::{SlotTooShort, destroyed_slot, slot, unchecked_slot};
use einsicht_access::vault::{AEAD_NONCE_BYTES, KeyName};
use einsicht_access::{Month, Openings, RetentionClass, SealedField};
use einsicht_tlog::Index;

use super::class::{ClassFile, Slot, Stored, WriteError};
use super::erasing::{Journal, Overwriting};
use super::keyring::names;
use super::layout::{class_folder, erased_path, index_path, openings_path};
use super::read::Entry;
use super::recovery::Class;
use super::rows::Rows;
use super::{Inner, Vault, VaultError, keyring};
use crate::signer;
use crate::storage::AppendError;
use crate::storage::file::replace;

impl Vault {
    /// Erases openings of an entry: what stays is written over what was there. Returns once they are gone from
    /// the disk, with the fields that were there until now. `by` is the entry that says so, and is recorded
    /// already.
    ///
    /// Where nobody can read them any more, what is stored of the entry is destroyed as a whole: a bit that flipped
    /// hides little from whoever has the key. The fields that are returned are all that the entry has then.
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
                let erased = self.inner.erase_in(&entry, &class, &stored, fields, by);
                erased.inspect_err(|error| {
                    if let VaultError::Write(error) = error
                        && error.must_end()
                    {
                        (self.inner.halt)(error);
                    }
                })?
            }
            // With everything else of its month.
            Err(VaultError::Erased { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        self.done(by);
        self.inner.forget_damages_of(index);
        Ok(erased)
    }

    /// Erases a month and class as a whole: first its key, then what it encrypted; with the last class of a month
    /// also the key of its markers. `by` is the entry that says
    /// so, and is recorded already.
    ///
    /// # Errors
    /// [`VaultError`]; it is done again at the next start.
    pub fn erase_class(&self, month: Month, class: RetentionClass, by: Index) -> Result<(), VaultError> {
        let inner = &*self.inner;
        let _erasing = inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = |((of, other), known): (&(Month, RetentionClass), &Class)| {
            *of == month && *other != class && !matches!(known, Class::Erased { .. })
        };
        let has_key =
            |name: &KeyName| matches!(name, KeyName::Vault(of, other) if *of == month && *other != class);
        let is_last = !inner.read().iter().any(is_left) && !names(&*inner.keys)?.iter().any(has_key);
        match &inner.keyring {
            Some(keyring) => keyring.destroy(month, class, is_last)?,
            None => keyring::destroy_class(&*inner.keys, month, class, is_last)?,
        }
        let file = inner.read().get(&(month, class)).and_then(Class::file);
        if let Some(file) = file {
            // What is left says which entries it was about.
            file.sync_index(&*inner.data)?;
        }
        inner.erase_files(month, class, by)?;
        self.done(by);
        inner.forget_damages_in(month, class);
        Ok(())
    }

    /// Notes an entry that says that something is erased, before anybody can see it: until it is done, the watermark
    /// lists it.
    pub fn expect_erasure(&self, by: Index) {
        self.inner.undone().insert(by);
    }

    /// Notes that what an entry says was erased is so, or can't be any more.
    pub(crate) fn done(&self, by: Index) {
        self.inner.undone().remove(&by);
    }
}

impl Inner {
    /// Also where nothing is left to erase, the slot is written: nobody knows whether what is there is on the disk.
    fn erase_in(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &Stored,
        fields: &[SealedField],
        by: Index,
    ) -> Result<Vec<SealedField>, VaultError> {
        let sealed = match &stored.slot {
            Slot::Sealed(sealed) => Some(sealed.clone()),
            // The checksum may be all that is wrong: decryption tells.
            Slot::Damaged(slot) => unchecked_slot(slot),
            Slot::Destroyed { by } => {
                self.destroy(entry, file, stored, *by)?;
                return Ok(Vec::new());
            }
        };
        // Without the key nobody can tell, and nothing is destroyed.
        self.key(entry, file)?;
        let openings = sealed.map(|sealed| self.try_decrypt(entry, file, &sealed)).transpose()?.flatten();
        if let Some(mut openings) = openings {
            let erased = openings.erase(fields, by.0);
            self.overwrite(entry, file, stored, &openings)?;
            return Ok(erased);
        }
        self.destroy(entry, file, stored, by)?;
        tracing::warn!(
            entry = %entry.index,
            file = file.path(),
            offset = stored.offset,
            "what was to be erased of an entry could not be read any more: all that was sealed of it was destroyed"
        );
        Ok(entry.seals.clone())
    }

    fn destroy(&self, entry: &Entry, file: &ClassFile, stored: &Stored, by: Index) -> Result<(), VaultError> {
        let slot_bytes = usize::try_from(stored.header.slot_bytes).map_err(io::Error::other)?;
        self.write_slot(entry, file, stored, destroyed_slot(by, slot_bytes).map_err(invalid)?)
    }

    pub(super) fn overwrite(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &Stored,
        openings: &Openings,
    ) -> Result<(), VaultError> {
        let mut nonce = [0; AEAD_NONCE_BYTES];
        signer::random(&mut nonce)?;
        let key = self.key(entry, file)?;
        let sealed = key.encrypt(self.origin.as_str(), &entry.public_nonce, &nonce, openings.as_bytes());
        let slot_bytes = usize::try_from(stored.header.slot_bytes).map_err(io::Error::other)?;
        self.write_slot(entry, file, stored, slot(&sealed, slot_bytes).map_err(invalid)?)
    }

    /// Writes a slot over the one that is there, by way of the journal.
    fn write_slot(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &Stored,
        slot: Vec<u8>,
    ) -> Result<(), VaultError> {
        let (month, class, leaf_hash) = (file.month, file.class, entry.leaf_hash);
        let (index, offset) = (entry.index, stored.offset);
        let times = file.overwritten().saturating_add(1);
        let overwriting = Overwriting { month, class, offset, index, leaf_hash, times, slot };
        if self.has_stopped() {
            // What the journal states now may be all that is left of another slot.
            return Err(AppendError::Stopped.into());
        }
        if self.is_journal_kept {
            return Err(VaultError::JournalKept);
        }
        let begun = Journal::open(&*self.data).and_then(|journal| {
            journal.begin(&overwriting)?;
            Ok(journal)
        });
        let journal = match begun {
            // For want of room, say: nothing was touched yet, and it can be tried again.
            Err(WriteError::Write(error)) => return Err(VaultError::Journal { error }),
            begun => begun,
        };
        self.write(|| {
            let journal = journal?;
            file.overwrite(overwriting.offset, &overwriting.slot, overwriting.times)?;
            journal.end()
        })?;
        Ok(())
    }

    /// Leaves of a month and class what says that it was erased.
    fn erase_files(&self, month: Month, class: RetentionClass, by: Index) -> Result<(), VaultError> {
        let folder = class_folder(month, class);
        self.data.create_folder(&folder)?;
        replace(&*self.data, &erased_path(month, class), format!("{by}\n").as_bytes())?;
        match self.data.remove(&openings_path(month, class)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        self.data.sync_folder(&folder)?;
        let index = self.data.open(&index_path(month, class), false);
        let rows = index.and_then(Rows::read_only).ok().map(Arc::new);
        self.classes_mut().insert((month, class), Class::Erased { by: Some(by), rows });
        Ok(())
    }
}

/// A slot is as long as it was, so this does not happen.
fn invalid(error: SlotTooShort) -> VaultError {
    io::Error::new(io::ErrorKind::InvalidInput, error).into()
}
