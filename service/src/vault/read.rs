//! Finds and decrypts the openings of an entry.

use std::sync::Arc;

use einsicht_access::openings::State;
use einsicht_access::sealed_entry::{nonce_of, seals_of};
use einsicht_access::value::Value;
use einsicht_access::vault::VaultKey;
use einsicht_access::{Month, Openings, RetentionClass, SealedField, read_body, read_record};
use einsicht_proto::v1::{AccessRecord, Statement};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::{Hash, Index, Leaf};

use super::class::{ClassFile, NotStored, Slot, Stored};
use super::layout::{erased_path, index_path, openings_path};
use super::recovery::Class;
use super::{Found, Inner, Vault, VaultError};

impl Vault {
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

    /// How long the openings of an entry are kept that can't be read any more, and can still be destroyed.
    ///
    /// # Errors
    /// [`VaultError`], also if nobody can tell where they lie.
    pub fn class_of(&self, index: Index, leaf: &[u8]) -> Result<RetentionClass, VaultError> {
        let (file, _) = self.inner.find(&Entry::parse(index, leaf)?)?;
        Ok(file.class)
    }

    /// The record that a confidential entry hides; `None` if it was erased.
    ///
    /// # Errors
    /// As [`Vault::openings`].
    pub fn hidden_record(&self, index: Index, leaf: &[u8]) -> Result<Option<AccessRecord>, VaultError> {
        let found = match self.openings(index, leaf) {
            Err(VaultError::Erased { .. }) => return Ok(None),
            found => found?,
        };
        match found.openings.state(SealedField::Confidential) {
            Some(State::Open { value, .. }) => Ok(Some(read_record(value)?)),
            _ => Ok(None),
        }
    }

    /// What an entry of the trail is about; `None` if that was erased, or is no statement.
    ///
    /// # Errors
    /// As [`Vault::openings`].
    pub fn statement(&self, index: Index, leaf: &[u8]) -> Result<Option<Statement>, VaultError> {
        let found = self.openings(index, leaf)?;
        let Some(State::Open { value, .. }) = found.openings.state(SealedField::Statement) else {
            return Ok(None);
        };
        match Value::read(SealedField::Statement, value) {
            Ok(Value::Statement(statement)) => Ok(Some(statement.into_owned())),
            _ => Ok(None),
        }
    }
}

/// An entry with seals.
pub(super) struct Entry {
    pub index: Index,
    pub leaf_hash: Hash,
    pub month: Month,
    pub public_nonce: [u8; 16],
    /// What is sealed of it.
    pub seals: Vec<SealedField>,
}

impl Entry {
    pub fn parse(index: Index, leaf: &[u8]) -> Result<Self, VaultError> {
        let parts = Leaf::parse(leaf)?;
        let body = read_body(parts.body)?;
        let public_nonce = nonce_of(&body).ok_or(VaultError::NotSealed { index })?;
        Ok(Self {
            index,
            leaf_hash: leaf_hash(leaf),
            month: Month::of_unix_s(parts.recorded_at.0),
            public_nonce,
            seals: seals_of(&body).into_iter().map(|(field, _)| field).collect(),
        })
    }
}

impl Inner {
    /// The encrypted openings of an entry. Where an index leads astray, it is found again.
    pub(super) fn find(&self, entry: &Entry) -> Result<(Arc<ClassFile>, Stored), VaultError> {
        match self.look_up(entry) {
            Err(VaultError::Missing { .. } | VaultError::Damaged { .. } | VaultError::Io(_))
                if self.had_wrong_index(entry.month) =>
            {
                self.look_up(entry)
            }
            found => found,
        }
    }

    /// Whether an index of a month was not that of its openings. It is now.
    fn had_wrong_index(&self, month: Month) -> bool {
        let files: Vec<_> = self.read().values().filter_map(Class::file).collect();
        let mut was_wrong = false;
        for file in files.iter().filter(|file| file.month == month) {
            // What can't be read is told by whoever looks for something in it.
            if file.reindex().unwrap_or(false) {
                was_wrong = true;
                tracing::error!(
                    file = index_path(month, file.class),
                    "an index of the vault was wrong; it is made anew"
                );
            }
        }
        was_wrong
    }

    /// The encrypted openings of an entry, from whichever class of its month has them.
    fn look_up(&self, entry: &Entry) -> Result<(Arc<ClassFile>, Stored), VaultError> {
        let index = entry.index;
        let months = (entry.month, RetentionClass::NextYearEnd)..;
        let classes: Vec<(RetentionClass, Class)> = {
            let classes = self.read();
            let here = classes.range(months).take_while(|((month, _), _)| *month == entry.month);
            here.map(|((_, class), known)| (*class, known.clone())).collect()
        };
        let (mut erased, mut closed) = (None, None);
        for (class, known) in classes {
            match known {
                Class::Open(file) => match file.read(index, entry.leaf_hash) {
                    Ok(stored) => return Ok((file, stored)),
                    Err(NotStored::Absent) => {}
                    Err(NotStored::Damaged { offset }) => {
                        return Err(VaultError::Damaged { file: file.path(), offset, index });
                    }
                    Err(NotStored::Io(error)) => return Err(error.into()),
                },
                Class::Closed => closed = Some(openings_path(entry.month, class)),
                Class::Erased { by, rows: Some(rows) } if rows.find(index)?.is_some() => {
                    erased = Some((class, by));
                }
                Class::Erased { rows: Some(_), .. } => {}
                // Without an index nobody can tell which entries were in it: those that are nowhere else.
                Class::Erased { by, rows: None } => erased = erased.or(Some((class, by))),
            }
        }
        if let Some(file) = closed {
            return Err(VaultError::Unreadable { file, index });
        }
        match erased {
            Some((_, Some(by))) => Err(VaultError::Erased { index, by }),
            Some((class, None)) => {
                let file = erased_path(entry.month, class);
                Err(VaultError::Damaged { file, offset: 0, index })
            }
            None => Err(VaultError::Missing { index }),
        }
    }

    pub(super) fn decrypt(
        &self,
        entry: &Entry,
        file: &ClassFile,
        stored: &Stored,
    ) -> Result<Openings, VaultError> {
        let (index, offset) = (entry.index, stored.offset);
        let damaged = || VaultError::Damaged { file: file.path(), offset, index };
        match &stored.slot {
            Slot::Sealed(sealed) => self.try_decrypt(entry, file, sealed)?.ok_or_else(damaged),
            Slot::Destroyed { by } => Err(VaultError::Erased { index, by: *by }),
            Slot::Damaged(_) => Err(damaged()),
        }
    }

    /// `None` if these bytes are not what was encrypted for this entry.
    pub(super) fn try_decrypt(
        &self,
        entry: &Entry,
        file: &ClassFile,
        sealed: &[u8],
    ) -> Result<Option<Openings>, VaultError> {
        let key = self.key(entry, file)?;
        let plain = key.decrypt(self.origin.as_str(), &entry.public_nonce, sealed).ok();
        Ok(plain.and_then(|plain| Openings::parse(&plain).ok()))
    }

    pub(super) fn key(&self, entry: &Entry, file: &ClassFile) -> Result<Arc<VaultKey>, VaultError> {
        let (month, class, index) = (file.month, file.class, entry.index);
        let no_key = VaultError::NoKey { index, month, class };
        let Some(keyring) = &self.keyring else { return Err(no_key) };
        keyring.existing_vault_key(month, class)?.ok_or(no_key)
    }
}
