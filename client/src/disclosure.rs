//! Sealed values that were disclosed: that they are the ones that were sealed, when the record was made,
//! anybody can recompute who has them, their salts and the entry.
//!
//! What it shows, and no more: the value stood behind the seal of that field when the entry was recorded.
//! Whether it was true then, nobody can tell from the ledger.

use std::fmt;

use bytes::Bytes;
use einsicht_access::record::hides_another;
use einsicht_access::seal::{SALT_BYTES, Salt, SealedField, seal};
use einsicht_access::sealed_entry::{seals_of, seals_of_record};
use einsicht_access::value::Value;
use einsicht_access::wire::{WireError, read_record};
use einsicht_proto::v1::{AccessRecord, EntryBody, OpenedField};
use einsicht_tlog::Index;
use zeroize::Zeroizing;

mod file;

pub use file::{DISCLOSURE_BYTES_MAX, DisclosureFile, DisclosureFileError};

/// A sealed value with its salt. The value is personal: it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Which field.
    pub field: SealedField,
    /// Its salt.
    pub salt: Salt,
    /// The value as it is sealed; [`Opened::read`] reads it.
    pub value: Zeroizing<Vec<u8>>,
}

/// A value that the service says was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Which field.
    pub field: SealedField,
    /// Index of the entry that says so.
    pub by: Index,
}

/// What was disclosed of one entry: every opened value was recomputed to its seal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// What was opened, proven.
    pub opened: Vec<Opened>,
    /// What is said to be erased.
    pub erased: Vec<Erased>,
}

/// Why disclosed values are not those of the entry. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValuesFault {
    /// A number that no sealed field has.
    #[error("field {number} is disclosed, and no sealed field has that number")]
    UnknownField {
        /// The number.
        number: u32,
    },
    /// Twice the same field.
    #[error("{field} is disclosed twice")]
    Twice {
        /// Which field.
        field: SealedField,
    },
    /// The entry has no seal for it.
    #[error("{field} is disclosed, but the entry has no seal of it")]
    NoSeal {
        /// Which field.
        field: SealedField,
    },
    /// Another length than a salt has.
    #[error("the salt of {field} has {bytes} bytes, a salt has {SALT_BYTES}")]
    Salt {
        /// Which field.
        field: SealedField,
        /// Its length.
        bytes: usize,
    },
    /// The value with its salt gives another seal than the entry has.
    #[error("{field} is not what was sealed: the value and its salt give another seal than the entry has")]
    Seal {
        /// Which field.
        field: SealedField,
    },
    /// What was sealed is no value of the field.
    #[error("{field} is what was sealed, but it is no value of that field")]
    Value {
        /// Which field.
        field: SealedField,
    },
    /// The record in a confidential entry can't be read in one way only.
    #[error("the record that was sealed as confidential is malformed: {0}")]
    Inner(WireError),
    /// The record in a confidential entry hides another one: nobody could tell what was accessed.
    #[error("the record that was sealed as confidential hides another record")]
    Nested,
    /// Said to be erased, and given all the same.
    #[error("{field} is said to be erased, and a value is given all the same")]
    ErasedAndOpen {
        /// Which field.
        field: SealedField,
    },
}

impl Opened {
    /// What it says.
    ///
    /// # Errors
    /// [`ValuesFault::Value`].
    pub fn read(&self) -> Result<Value<'_>, ValuesFault> {
        Value::read(self.field, &self.value).map_err(|_| ValuesFault::Value { field: self.field })
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("field", &self.field).finish_non_exhaustive()
    }
}

impl Values {
    /// Takes what was answered apart. Nothing is verified yet.
    ///
    /// # Errors
    /// [`ValuesFault`]: unknown or repeated fields, salts of another length.
    pub(crate) fn of_answer(fields: &[OpenedField]) -> Result<Self, ValuesFault> {
        let mut values = Self::default();
        for answered in fields {
            let number = answered.field;
            let field = SealedField::of_number(number).ok_or(ValuesFault::UnknownField { number })?;
            if values.has(field) {
                return Err(ValuesFault::Twice { field });
            }
            match answered.erased_by {
                Some(_) if !(answered.salt.is_empty() && answered.value.is_empty()) => {
                    return Err(ValuesFault::ErasedAndOpen { field });
                }
                Some(by) => values.erased.push(Erased { field, by: Index(by) }),
                None => values.opened.push(Opened {
                    field,
                    salt: salt_of(field, &answered.salt)?,
                    value: Zeroizing::new(answered.value.to_vec()),
                }),
            }
        }
        Ok(values)
    }

    /// Whether the field is among them, opened or erased.
    #[must_use]
    pub fn has(&self, field: SealedField) -> bool {
        self.fields().any(|known| known == field)
    }

    /// Their fields.
    pub fn fields(&self) -> impl Iterator<Item = SealedField> {
        let opened = self.opened.iter().map(|opened| opened.field);
        opened.chain(self.erased.iter().map(|erased| erased.field))
    }

    /// Seals that the entry has, and that these values say nothing of. Those within a confidential record are known
    /// only if it is among the values. Verify them first.
    #[must_use]
    pub fn silent(&self, entry: &EntryBody) -> Vec<SealedField> {
        let inner = self.inner().and_then(Result::ok);
        let within = inner.iter().flat_map(|inner| seals_of_record(inner).map(|(field, _)| field));
        let mut fields: Vec<_> = seals_of(entry).iter().map(|(field, _)| *field).chain(within).collect();
        fields.sort_unstable();
        fields.dedup();
        fields.retain(|field| !self.has(*field));
        fields
    }

    fn confidential(&self) -> Option<&Opened> {
        self.opened.iter().find(|opened| opened.field == SealedField::Confidential)
    }

    /// The record that a confidential entry seals, if it is among the values.
    fn inner(&self) -> Option<Result<AccessRecord, ValuesFault>> {
        self.confidential().map(|confidential| read_record(&confidential.value).map_err(ValuesFault::Inner))
    }

    /// Recomputes every seal. Those of a confidential record stand in the record that it seals, which must
    /// be among the values for that.
    ///
    /// # Errors
    /// [`ValuesFault`].
    pub fn verify(&self, entry: &EntryBody) -> Result<(), ValuesFault> {
        let mut seals = seals_of(entry);
        // First that it is what was sealed, then what it says.
        if let Some(confidential) = self.confidential() {
            verify_one(confidential, &seals)?;
        }
        let inner = self.inner().transpose()?;
        if inner.as_ref().is_some_and(hides_another) {
            return Err(ValuesFault::Nested);
        }
        seals.extend(inner.iter().flat_map(seals_of_record));
        for opened in &self.opened {
            verify_one(opened, &seals)?;
            opened.read()?;
        }
        // When the record that a confidential entry seals was erased, nobody can see any more which seals it had.
        let is_gone = self.erased.iter().any(|erased| erased.field == SealedField::Confidential)
            && seals.iter().any(|(known, _)| *known == SealedField::Confidential);
        let is_hidden = |field: SealedField| is_gone && field < SealedField::Confidential;
        for Erased { field, .. } in &self.erased {
            if !seals.iter().any(|(known, _)| known == field) && !is_hidden(*field) {
                return Err(ValuesFault::NoSeal { field: *field });
            }
        }
        Ok(())
    }
}

fn verify_one(opened: &Opened, seals: &[(SealedField, &Bytes)]) -> Result<(), ValuesFault> {
    let field = opened.field;
    let (_, expected) =
        seals.iter().find(|(known, _)| *known == field).ok_or(ValuesFault::NoSeal { field })?;
    let found = seal(field, &opened.salt, &opened.value);
    if found.as_slice() == expected.as_ref() { Ok(()) } else { Err(ValuesFault::Seal { field }) }
}

fn salt_of(field: SealedField, bytes: &[u8]) -> Result<Salt, ValuesFault> {
    let salt: [u8; SALT_BYTES] =
        bytes.try_into().map_err(|_| ValuesFault::Salt { field, bytes: bytes.len() })?;
    Ok(Salt::from(salt))
}

#[cfg(test)]
mod tests;
