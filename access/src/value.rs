//! Values as they are sealed: the bytes that stand in a seal and in the vault, and what they say.
//!
//! Source: docs/format.md, Seals.

mod decimal;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use einsicht_proto::v1::Statement;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use self::decimal::Decimal;
use crate::limits::{SPAN_ID_BYTES, TEXT_BYTES_MAX, TRACE_ID_BYTES};
use crate::seal::SealedField;

/// Length of the SHA-256 of a query that is too long to be kept.
const DIGEST_BYTES: usize = 32;
/// Length of the length of an element of a list.
const LENGTH_BYTES: usize = size_of::<u32>();

/// A data subject, borrowed. Its id is personal: it is not printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectView<'a> {
    /// The register that the id comes from.
    pub scheme: &'a str,
    /// Identifier in that register.
    pub id: &'a str,
}

impl fmt::Debug for SubjectView<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SubjectView(..)")
    }
}

/// A value of a sealed field, borrowed. It is personal: only its kind is printed.
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// Text, as it was received.
    Text(&'a str),
    /// Bytes of fixed length.
    Bytes(&'a [u8]),
    /// Several texts, in order.
    Texts(Items<'a, &'a str>),
    /// Several subjects, in order.
    Subjects(Items<'a, SubjectView<'a>>),
    /// A time, in microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// A query, whole: of one that is too long, its digest and beginning are sealed.
    Query(&'a str),
    /// What is sealed of a query of more than 4,096 bytes.
    LongQuery {
        /// SHA-256 of the whole query.
        sha256: [u8; DIGEST_BYTES],
        /// Its first 4,096 bytes, which may end inside a character.
        beginning: &'a [u8],
    },
    /// The bytes of a whole `AccessRecord`.
    Record(&'a [u8]),
    /// What somebody did.
    Statement(Cow<'a, Statement>),
}

/// Items of a list, borrowed or not. (A `Cow` of a slice would bind the lifetime of its items.)
#[derive(Clone)]
pub enum Items<'a, T> {
    /// Of somebody else.
    Borrowed(&'a [T]),
    /// Read from bytes.
    Owned(Vec<T>),
}

impl<T> Deref for Items<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(items) => items,
            Self::Owned(items) => items,
        }
    }
}

impl<T: PartialEq> PartialEq for Items<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// Bytes that are no value of their field. Says nothing of what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the {bytes} bytes given are no value of {field} as it is sealed")]
pub struct ValueError {
    /// The field.
    pub field: SealedField,
    /// How many bytes there are.
    pub bytes: usize,
}

impl<'a> Value<'a> {
    /// Length of [`append_to`](Self::append_to), in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) | Self::Record(bytes) => bytes.len(),
            Self::Statement(statement) => statement.encoded_len(),
            Self::Texts(texts) => texts.iter().map(|text| LENGTH_BYTES + text.len()).sum(),
            Self::Subjects(subjects) => {
                let element = |subject: &SubjectView<'_>| {
                    LENGTH_BYTES + size_of::<u8>() + subject.scheme.len() + subject.id.len()
                };
                subjects.iter().map(element).sum()
            }
            Self::Time(unix_us) => Decimal::of(*unix_us).digits().len(),
            Self::Query(query) if query.len() > TEXT_BYTES_MAX => DIGEST_BYTES + TEXT_BYTES_MAX,
            Self::Query(query) => query.len(),
            Self::LongQuery { beginning, .. } => DIGEST_BYTES + beginning.len(),
        }
    }

    /// Appends the bytes that are sealed. The lengths of elements and of schemes are those that
    /// `event::validate_batch` lets pass; of longer ones the length would be cut off.
    #[allow(clippy::cast_possible_truncation)]
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        let length = |length: usize| (length as u32).to_be_bytes();
        match self {
            Self::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Self::Bytes(value) | Self::Record(value) => bytes.extend_from_slice(value),
            Self::Statement(statement) => statement.encode_raw(bytes),
            Self::Texts(texts) => {
                for text in texts.iter() {
                    bytes.extend_from_slice(&length(text.len()));
                    bytes.extend_from_slice(text.as_bytes());
                }
            }
            Self::Subjects(subjects) => {
                for SubjectView { scheme, id } in subjects.iter() {
                    bytes.extend_from_slice(&length(size_of::<u8>() + scheme.len() + id.len()));
                    bytes.push(scheme.len() as u8);
                    bytes.extend_from_slice(scheme.as_bytes());
                    bytes.extend_from_slice(id.as_bytes());
                }
            }
            Self::Time(unix_us) => bytes.extend_from_slice(Decimal::of(*unix_us).digits()),
            Self::Query(query) => match query.as_bytes().split_at_checked(TEXT_BYTES_MAX) {
                Some((beginning, rest)) if !rest.is_empty() => {
                    bytes.extend_from_slice(&Sha256::digest(query));
                    bytes.extend_from_slice(beginning);
                }
                _ => bytes.extend_from_slice(query.as_bytes()),
            },
            Self::LongQuery { sha256, beginning } => {
                bytes.extend_from_slice(sha256);
                bytes.extend_from_slice(beginning);
            }
        }
    }

    /// What the bytes of a value of `field` say; of a query, `Text` or `LongQuery`. There is one way to write a value, and no other is read. Not
    /// checked: limits of texts and lists, and, of a record, everything.
    ///
    /// # Errors
    /// [`ValueError`] if they are no value of it.
    pub fn read(field: SealedField, bytes: &'a [u8]) -> Result<Self, ValueError> {
        Self::read_unnamed(field, bytes).ok_or(ValueError { field, bytes: bytes.len() })
    }

    fn read_unnamed(field: SealedField, bytes: &'a [u8]) -> Option<Self> {
        match field {
            SealedField::Subjects => {
                elements(bytes, subject).map(|subjects| Self::Subjects(Items::Owned(subjects)))
            }
            SealedField::RecordKeys => elements(bytes, text).map(|texts| Self::Texts(Items::Owned(texts))),
            SealedField::Actor
            | SealedField::OnBehalfOf
            | SealedField::Justification
            | SealedField::CaseNumber
            | SealedField::ClientAddress => text(bytes).map(Self::Text),
            SealedField::Query => query(bytes),
            SealedField::TraceId => (bytes.len() == TRACE_ID_BYTES).then_some(Self::Bytes(bytes)),
            SealedField::SpanId => (bytes.len() == SPAN_ID_BYTES).then_some(Self::Bytes(bytes)),
            SealedField::OccurredAt | SealedField::OccurredUntil => {
                let unix_us = text(bytes)?.parse().ok()?;
                (Decimal::of(unix_us).digits() == bytes).then_some(Self::Time(unix_us))
            }
            SealedField::Confidential => Some(Self::Record(bytes)),
            SealedField::Statement => {
                statement(bytes).map(|statement| Self::Statement(Cow::Owned(statement)))
            }
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Bytes(_) => "Bytes(..)",
            Self::Texts(_) => "Texts(..)",
            Self::Subjects(_) => "Subjects(..)",
            Self::Time(_) => "Time(..)",
            Self::Query(_) => "Query(..)",
            Self::LongQuery { .. } => "LongQuery(..)",
            Self::Record(_) => "Record(..)",
            Self::Statement(_) => "Statement(..)",
        })
    }
}

/// The elements of a list: `uint32 length ‖ element` each. A list without any is not sealed.
fn elements<'a, T>(mut bytes: &'a [u8], element: impl Fn(&'a [u8]) -> Option<T>) -> Option<Vec<T>> {
    let mut read = Vec::new();
    if bytes.is_empty() {
        return None;
    }
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let (content, rest) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
        read.push(element(content)?);
        bytes = rest;
    }
    Some(read)
}

/// `uint8 length of the scheme ‖ scheme ‖ id`.
fn subject(bytes: &[u8]) -> Option<SubjectView<'_>> {
    let (length, rest) = bytes.split_first()?;
    let (scheme, id) = rest.split_at_checked(usize::from(*length))?;
    if scheme.is_empty() || id.is_empty() {
        return None;
    }
    Some(SubjectView { scheme: text(scheme)?, id: text(id)? })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A whole query is never longer than the beginning of one that is not whole.
fn query(bytes: &[u8]) -> Option<Value<'_>> {
    if bytes.len() <= TEXT_BYTES_MAX {
        return text(bytes).map(Value::Text);
    }
    let (sha256, beginning) = bytes.split_first_chunk::<DIGEST_BYTES>()?;
    (beginning.len() == TEXT_BYTES_MAX).then_some(Value::LongQuery { sha256: *sha256, beginning })
}

/// Protobuf has many ways to write one message. The one that is sealed is that of the library: fields in
/// ascending order, each once, nothing that is not known.
fn statement(bytes: &[u8]) -> Option<Statement> {
    let statement = Statement::decode(bytes).ok()?;
    (statement.encode_to_vec() == bytes).then_some(statement)
}

#[cfg(test)]
mod tests;
