//! Whether openings are those of an entry.

use bytes::Bytes;
use einsicht_proto::v1::EntryBody;
use thiserror::Error;

use super::{Opening, Openings, State};
use crate::seal::{NONCE_BYTES, Salt, SealedField, seal};
use crate::sealed_entry::{nonce_of, seals_of, seals_of_record};
use crate::value::Value;
use crate::wire::{WireError, read_record};

/// Why openings are not those of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpeningsMismatch {
    /// The entry has a seal without an opening.
    #[error("the entry has a seal of {field}, but there is no opening of it")]
    Missing {
        /// Its field.
        field: SealedField,
    },
    /// There is an opening of a seal that the entry does not have.
    #[error("there is an opening of {field}, but the entry has no seal of it")]
    Unexpected {
        /// Its field.
        field: SealedField,
    },
    /// Salt and value do not make the seal.
    #[error("salt and value of {field} do not make the seal that the entry has")]
    Differs {
        /// The field.
        field: SealedField,
    },
    /// What was sealed is no value of its field.
    #[error("what is sealed of {field} is no value of it")]
    Value {
        /// The field.
        field: SealedField,
    },
    /// The entry has seals, and no nonce that their openings could be bound to.
    #[error("the entry has seals, and no nonce of {NONCE_BYTES} bytes")]
    Nonce,
    /// What was sealed as a confidential record is none.
    #[error("what the seal of the confidential record holds is no record: {0}")]
    NoRecord(WireError),
}

impl Openings {
    /// Checks that there is an opening for every seal of `body` and no other, and that the seals are those of
    /// salts and values, and the values such of their fields, where these were not erased. Of a confidential
    /// record, the openings are its own and those of the record that it hides.
    ///
    /// Not checked: whether the entries exist that erased openings name, and the limits of values.
    ///
    /// # Errors
    /// [`OpeningsMismatch`] with the first field that does not fit.
    pub fn verify(&self, body: &EntryBody) -> Result<(), OpeningsMismatch> {
        let mut seals: Vec<_> =
            seals_of(body).into_iter().map(|(field, seal)| (field, seal.clone())).collect();
        if !seals.is_empty() && nonce_of(body).is_none() {
            return Err(OpeningsMismatch::Nonce);
        }
        let hidden = seals.iter().any(|(field, _)| *field == SealedField::Confidential);
        match self.state(SealedField::Confidential) {
            Some(State::Open { salt, value }) if hidden => {
                check_seal(SealedField::Confidential, &salt, value, &seals)?;
                let record = read_record(value).map_err(OpeningsMismatch::NoRecord)?;
                seals.extend(seals_of_record(&record).map(|(field, seal)| (field, seal.clone())));
                seals.sort_unstable_by_key(|(field, _)| *field);
            }
            // Nobody can tell any more which seals there were.
            Some(State::Erased { .. }) if hidden => {
                let open = self.iter().find(|opening| matches!(opening.state, State::Open { .. }));
                return open
                    .map_or(Ok(()), |Opening { field, .. }| Err(OpeningsMismatch::Unexpected { field }));
            }
            _ => {}
        }
        for (field, _) in &seals {
            self.state(*field).ok_or(OpeningsMismatch::Missing { field: *field })?;
        }
        for Opening { field, state } in self.iter() {
            match state {
                State::Open { salt, value } => check_seal(field, &salt, value, &seals)?,
                State::Erased { .. } => drop(seal_of(field, &seals)?),
            }
        }
        Ok(())
    }
}

fn check_seal(
    field: SealedField,
    salt: &Salt,
    value: &[u8],
    seals: &[(SealedField, Bytes)],
) -> Result<(), OpeningsMismatch> {
    let expected = seal_of(field, seals)?;
    if seal(field, salt, value) != *expected {
        return Err(OpeningsMismatch::Differs { field });
    }
    Value::read(field, value).map(drop).map_err(|_| OpeningsMismatch::Value { field })
}

fn seal_of(field: SealedField, seals: &[(SealedField, Bytes)]) -> Result<&[u8], OpeningsMismatch> {
    let seal = seals.iter().find(|(of, _)| *of == field);
    seal.map(|(_, seal)| seal.as_ref()).ok_or(OpeningsMismatch::Unexpected { field })
}
