//! Openings: salts and values of the seals of one entry, as they lie in the vault before they are encrypted.
//!
//! By ascending number of the field, each once:
//!
//! ```text
//! field (1) ‖ 0x01 ‖ salt (32) ‖ uint32 length ‖ value      open
//! field (1) ‖ 0x00 ‖ uint64 index of the erasure entry      erased
//! ```
//!
//! Source: docs/format.md, Openings.

mod markers;
mod verify;

use std::fmt;

use thiserror::Error;
use zeroize::{ZeroizeOnDrop, zeroize_bytes};

pub use self::markers::{MarkersChecked, MarkersFault};
pub use self::verify::OpeningsMismatch;
use crate::seal::{SALT_BYTES, Salt, SealedField};
use crate::value::Value;

const ERASED: u8 = 0x00;
const OPEN: u8 = 0x01;
/// Length of an opening besides its value, in bytes.
const OPEN_BYTES: usize = 2 + SALT_BYTES + size_of::<u32>();

/// The openings of one entry: at least one. Holds what is personal: nothing of it is printed, and its memory
/// is overwritten in the end.
#[derive(Clone, PartialEq, Eq)]
pub struct Openings(Vec<u8>);

/// What the vault has of one seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening<'a> {
    /// The field that is sealed.
    pub field: SealedField,
    /// Salt and value, or where they went.
    pub state: State<'a>,
}

/// Whether an opening is still there.
#[derive(Clone, PartialEq, Eq)]
pub enum State<'a> {
    /// It is.
    Open {
        /// The salt of the seal.
        salt: Salt,
        /// The bytes that are sealed: see [`Value`].
        value: &'a [u8],
    },
    /// It was erased.
    Erased {
        /// Index of the entry that says so.
        by: u64,
    },
}

impl Drop for Openings {
    fn drop(&mut self) {
        zeroize_bytes(&mut self.0);
    }
}

impl ZeroizeOnDrop for Openings {}

impl fmt::Debug for Openings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Openings(..)")
    }
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { .. } => formatter.write_str("Open(..)"),
            Self::Erased { by } => write!(formatter, "Erased {{ by: {by} }}"),
        }
    }
}

/// Bytes that are no openings. Offsets count from their start; nothing of the bytes is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpeningsError {
    /// There are none, but an entry without openings has no record in the vault.
    #[error("there are no openings")]
    Empty,
    /// They end inside an opening.
    #[error("the openings end inside the one at offset {offset}")]
    Truncated {
        /// Where that opening begins.
        offset: usize,
    },
    /// A number that no sealed field has.
    #[error("the opening at offset {offset} is of field {number}, which is no sealed field")]
    UnknownField {
        /// Where the opening begins.
        offset: usize,
        /// The number.
        number: u8,
    },
    /// Neither open nor erased.
    #[error("the opening at offset {offset} is neither open (1) nor erased (0) but {found}")]
    UnknownState {
        /// Where the opening begins.
        offset: usize,
        /// What stands there.
        found: u8,
    },
    /// A field that should have come before, or did.
    #[error("the opening of {field} at offset {offset} stands behind one of the same or a higher number")]
    OutOfOrder {
        /// Where the opening begins.
        offset: usize,
        /// Its field.
        field: SealedField,
    },
}

impl Openings {
    /// Reads the openings of an entry, strictly: there is one way to write them. Not checked: whether they
    /// fit an entry ([`verify`](Self::verify)), and what the values say ([`Value::read`]).
    ///
    /// # Errors
    /// [`OpeningsError`] with the first fault.
    pub fn parse(bytes: &[u8]) -> Result<Self, OpeningsError> {
        let mut previous = None;
        let mut rest = bytes;
        while !rest.is_empty() {
            let offset = bytes.len() - rest.len();
            let (opening, behind) = split_first(rest).map_err(|fault| fault.at(offset))?;
            if previous >= Some(opening.field) {
                return Err(OpeningsError::OutOfOrder { offset, field: opening.field });
            }
            previous = Some(opening.field);
            rest = behind;
        }
        if bytes.is_empty() { Err(OpeningsError::Empty) } else { Ok(Self(bytes.to_vec())) }
    }

    /// Their bytes: what is encrypted.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Each of them, by ascending number of the field.
    pub fn iter(&self) -> impl Iterator<Item = Opening<'_>> {
        let mut rest = self.as_bytes();
        std::iter::from_fn(move || {
            let (opening, behind) = split_first(rest).ok()?;
            rest = behind;
            Some(opening)
        })
    }

    /// That of one field, if the entry has such a seal.
    #[must_use]
    pub fn state(&self, field: SealedField) -> Option<State<'_>> {
        self.iter().find(|opening| opening.field == field).map(|opening| opening.state)
    }

    /// Erases the openings of `fields` that are still there, in favour of the index of the entry that says
    /// so, and returns which ones these were. The bytes get fewer by that, never more.
    ///
    /// With `confidential`, all go: what a record that nobody has any more says is nobody's to prove.
    pub fn erase(&mut self, fields: &[SealedField], by: u64) -> Vec<SealedField> {
        let all = fields.contains(&SealedField::Confidential);
        let mut erased = Vec::new();
        let mut left = Openings::with_capacity(self.0.len());
        for Opening { field, state } in self.iter() {
            match state {
                State::Open { .. } if all || fields.contains(&field) => {
                    erased.push(field);
                    left.push_erased(field, by);
                }
                State::Open { salt, value } => left.push_bytes(field, &salt, value),
                State::Erased { by } => left.push_erased(field, by),
            }
        }
        *self = left;
        erased
    }

    /// None yet. `bytes` is their length in the end: memory that grows would leave copies behind.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// These, with room for that many bytes more.
    pub(crate) fn with_room_for(self, bytes: usize) -> Self {
        let mut longer = Self::with_capacity(self.0.len() + bytes);
        longer.0.extend_from_slice(&self.0);
        longer
    }

    /// Appends an opening, and returns the bytes of its value. Its field comes behind those that are there.
    #[allow(clippy::cast_possible_truncation)] // Events are far smaller than 4 GiB.
    pub(crate) fn push(&mut self, field: SealedField, salt: &Salt, value: &Value<'_>) -> &[u8] {
        self.push_head(field, salt, 0);
        let start = self.0.len();
        value.append_to(&mut self.0);
        let (before, written) = self.0.split_at_mut(start);
        if let Some(length) = before.last_chunk_mut() {
            *length = (written.len() as u32).to_be_bytes();
        }
        written
    }

    fn push_bytes(&mut self, field: SealedField, salt: &Salt, value: &[u8]) {
        self.push_head(field, salt, value.len());
        self.0.extend_from_slice(value);
    }

    #[allow(clippy::cast_possible_truncation)] // What was read has a length of 32 bits.
    fn push_head(&mut self, field: SealedField, salt: &Salt, value_bytes: usize) {
        self.0.extend_from_slice(&[field.number(), OPEN]);
        self.0.extend_from_slice(salt.as_bytes());
        self.0.extend_from_slice(&(value_bytes as u32).to_be_bytes());
    }

    fn push_erased(&mut self, field: SealedField, by: u64) {
        self.0.extend_from_slice(&[field.number(), ERASED]);
        self.0.extend_from_slice(&by.to_be_bytes());
    }
}

/// Length of the opening of a value of that many bytes.
pub(crate) const fn opening_bytes(value_bytes: usize) -> usize {
    OPEN_BYTES + value_bytes
}

/// What is wrong with one opening, before it is known where that stands.
enum Fault {
    Truncated,
    Field(u8),
    State(u8),
}

impl Fault {
    fn at(self, offset: usize) -> OpeningsError {
        match self {
            Self::Truncated => OpeningsError::Truncated { offset },
            Self::Field(number) => OpeningsError::UnknownField { offset, number },
            Self::State(found) => OpeningsError::UnknownState { offset, found },
        }
    }
}

fn split_first(bytes: &[u8]) -> Result<(Opening<'_>, &[u8]), Fault> {
    let ([number, state], rest) = bytes.split_first_chunk::<2>().ok_or(Fault::Truncated)?;
    let field = SealedField::of_number((*number).into()).ok_or(Fault::Field(*number))?;
    let (state, rest) = match *state {
        OPEN => split_open(rest).ok_or(Fault::Truncated)?,
        ERASED => {
            let (by, rest) = rest.split_first_chunk().ok_or(Fault::Truncated)?;
            (State::Erased { by: u64::from_be_bytes(*by) }, rest)
        }
        other => return Err(Fault::State(other)),
    };
    Ok((Opening { field, state }, rest))
}

fn split_open(bytes: &[u8]) -> Option<(State<'_>, &[u8])> {
    let (salt, rest) = bytes.split_first_chunk::<SALT_BYTES>()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
    Some((State::Open { salt: Salt::from(*salt), value }, rest))
}

#[cfg(test)]
mod tests;
