//! Seals: what the log holds of a value that it must not show.
//!
//! Source: docs/format.md, Seals.

use std::fmt;

use zeroize::{ZeroizeOnDrop, zeroize_bytes};

use crate::sha256::sha256;

/// Length of a salt, in bytes.
pub const SALT_BYTES: usize = 32;
/// Length of a seal, in bytes.
pub const SEAL_BYTES: usize = 32;
/// Length of the public nonce of an entry that has a seal, in bytes.
pub const NONCE_BYTES: usize = 16;

/// What every seal begins with.
const SEAL_PREFIX: &[u8] = b"einsicht/seal/v1";

/// A field whose value is sealed, by its number in `AccessRecord`. A number is part of every seal with it and
/// is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SealedField {
    /// Whose data was accessed.
    Subjects = 32,
    /// The person or account that accessed.
    Actor = 33,
    /// The person for whom the actor acted.
    OnBehalfOf = 34,
    /// Keys of the records touched.
    RecordKeys = 35,
    /// Why the data was accessed.
    Justification = 36,
    /// Case or file number.
    CaseNumber = 37,
    /// Criteria of a search.
    Query = 38,
    /// Address of the client.
    ClientAddress = 39,
    /// W3C Trace Context trace-id.
    TraceId = 40,
    /// W3C Trace Context parent-id.
    SpanId = 41,
    /// When the access happened, exactly.
    OccurredAt = 42,
    /// When it ended, exactly.
    OccurredUntil = 43,
    /// A whole confidential record.
    Confidential = 44,
    /// What stewards and auditors did: a `Statement`, in entries other than accesses.
    Statement = 45,
}

impl SealedField {
    /// Every one of them, by ascending number.
    pub const ALL: [Self; 14] = [
        Self::Subjects,
        Self::Actor,
        Self::OnBehalfOf,
        Self::RecordKeys,
        Self::Justification,
        Self::CaseNumber,
        Self::Query,
        Self::ClientAddress,
        Self::TraceId,
        Self::SpanId,
        Self::OccurredAt,
        Self::OccurredUntil,
        Self::Confidential,
        Self::Statement,
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name that people type and read: as in [`field::FIELDS`](crate::field::FIELDS), or `confidential`,
    /// or `statement`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subjects => "subjects",
            Self::Actor => "actor",
            Self::OnBehalfOf => "on_behalf_of",
            Self::RecordKeys => "record_keys",
            Self::Justification => "justification",
            Self::CaseNumber => "case_number",
            Self::Query => "query",
            Self::ClientAddress => "client_address",
            Self::TraceId => "trace_id",
            Self::SpanId => "span_id",
            Self::OccurredAt => "occurred_at",
            Self::OccurredUntil => "occurred_until",
            Self::Confidential => "confidential",
            Self::Statement => "statement",
        }
    }

    /// The name of its seal in `AccessRecord`; that of a statement is called `seal`.
    #[must_use]
    pub const fn seal_name(self) -> &'static str {
        match self {
            Self::Subjects => "subjects_seal",
            Self::Actor => "actor_seal",
            Self::OnBehalfOf => "on_behalf_of_seal",
            Self::RecordKeys => "record_keys_seal",
            Self::Justification => "justification_seal",
            Self::CaseNumber => "case_number_seal",
            Self::Query => "query_seal",
            Self::ClientAddress => "client_address_seal",
            Self::TraceId => "trace_id_seal",
            Self::SpanId => "span_id_seal",
            Self::OccurredAt => "occurred_at_us_seal",
            Self::OccurredUntil => "occurred_until_us_seal",
            Self::Confidential => "confidential_seal",
            Self::Statement => "seal",
        }
    }

    /// The field of that number, if there is one.
    #[must_use]
    pub fn of_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|field| u32::from(field.number()) == number)
    }

    /// The field of that name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

impl fmt::Display for SealedField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What makes a seal of a value that can be guessed one that cannot: 32 random bytes, for one value of
/// one entry. Secret for as long as the value is, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

impl Drop for Salt {
    fn drop(&mut self) {
        zeroize_bytes(&mut self.0);
    }
}

impl ZeroizeOnDrop for Salt {}

impl From<[u8; SALT_BYTES]> for Salt {
    fn from(mut bytes: [u8; SALT_BYTES]) -> Self {
        let salt = Self(bytes);
        zeroize_bytes(&mut bytes);
        salt
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(..)")
    }
}

/// The seal of a value: `H("einsicht/seal/v1" ‖ field ‖ salt ‖ value)`. What the bytes of a value are,
/// [`value`](crate::value) says.
#[must_use]
pub fn seal(field: SealedField, salt: &Salt, value: &[u8]) -> [u8; SEAL_BYTES] {
    sha256(&[SEAL_PREFIX, &[field.number()], &salt.0, value])
}

#[cfg(test)]
mod tests {
    use einsicht_proto::schema::ACCESS_RECORD;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::field::FIELDS;

    #[test]
    fn numbers_and_names_are_found_again_and_ascend() {
        assert!(SealedField::ALL.is_sorted());
        for field in SealedField::ALL {
            assert_eq!(SealedField::of_number(field.number().into()), Some(field));
            assert_eq!(SealedField::of_name(field.name()), Some(field));
        }
        assert_eq!(SealedField::of_number(31), None);
        assert_eq!(SealedField::of_number(46), None);
        assert_eq!(SealedField::of_number(32 + 256), None);
        assert_eq!(SealedField::of_name("dataset"), None);
    }

    #[test]
    fn each_seal_has_its_number_in_the_record_and_no_other_field_is_sealed() {
        for field in ACCESS_RECORD.fields {
            let sealed = SealedField::of_number(field.number).map(SealedField::name);
            let stem = field.name.strip_suffix("_seal").map(|stem| stem.strip_suffix("_us").unwrap_or(stem));
            assert_eq!(sealed, stem, "{}", field.name);
            let seal_name = SealedField::of_number(field.number).map(SealedField::seal_name);
            assert_eq!(seal_name, stem.map(|_| field.name));
        }
    }

    #[test]
    fn people_type_the_names_that_they_know() {
        for field in FIELDS.iter().filter(|field| field.is_sealed()) {
            assert!(SealedField::of_name(field.name).is_some(), "{}", field.name);
        }
    }

    #[test]
    fn a_seal_depends_on_field_salt_and_value() {
        let [salt, other] = [[1; 32], [2; 32]].map(Salt::from);
        let expected: [u8; 32] =
            Sha256::digest([b"einsicht/seal/v1!".as_slice(), &[1; 32], b"value"].concat()).into();
        assert_eq!(seal(SealedField::Actor, &salt, b"value"), expected);
        assert_ne!(seal(SealedField::OnBehalfOf, &salt, b"value"), expected);
        assert_ne!(seal(SealedField::Actor, &other, b"value"), expected);
        assert_ne!(seal(SealedField::Actor, &salt, b"valu"), expected);
    }

    #[test]
    fn a_salt_is_not_printed() {
        assert_eq!(format!("{:?}", Salt::from([0xAB; 32])), "Salt(..)");
    }
}
