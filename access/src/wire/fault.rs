//! What can be wrong with an encoding, told with place, expectation and finding.

use std::fmt;

use thiserror::Error;

use super::{DEPTH_MAX, FIELD_NUMBER_MAX};

/// Why bytes are not the encoding of a message that everybody reads alike.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {offset}: {message}{field} {fault}")]
pub struct WireError {
    /// Offset from the start of the body, in bytes.
    pub offset: usize,
    /// Name of the message.
    pub message: &'static str,
    /// The field of that message.
    pub field: Place,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Where in a message a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In no field: before the number of one could be read.
    Message,
    /// In a field that the schema has.
    Known(&'static str),
    /// In a field that the schema does not have, by its number.
    Unknown(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => Ok(()),
            Self::Known(name) => write!(formatter, ".{name}"),
            Self::Unknown(number) => write!(formatter, ", unknown field {number},"),
        }
    }
}

/// What is wrong with an encoding. Reads as the end of a sentence that begins with the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end too early.
    #[error("needs {needed} more bytes, but {left} are left")]
    Truncated {
        /// How many bytes are needed from `offset` on, at least.
        needed: u64,
        /// How many there are.
        left: usize,
    },
    /// A varint is padded with zero bits.
    #[error("has a varint of {bytes} bytes that fewer would hold")]
    OverlongVarint {
        /// How many bytes it uses.
        bytes: usize,
    },
    /// A varint has more than 64 bits.
    #[error("has a varint of more than 64 bits")]
    VarintTooLarge,
    /// A field number that protobuf does not have.
    #[error("has the field number {found}; possible are 1 to {FIELD_NUMBER_MAX}")]
    FieldNumber {
        /// The number.
        found: u64,
    },
    /// A known field is written as another type.
    #[error("has wire type {found} instead of {expected}")]
    WireType {
        /// The wire type of the schema.
        expected: u8,
        /// The one that was found.
        found: u8,
    },
    /// An unknown field is a group, or of a wire type that does not exist.
    #[error("has wire type {found}; possible are 0, 1, 2 and 5")]
    ForbiddenWireType {
        /// The one that was found.
        found: u8,
    },
    /// A field that may stand once stands twice.
    #[error("stands there a second time")]
    SecondTime,
    /// Two members of one oneof.
    #[error("stands beside .{other}, and only one of them may")]
    BesideOther {
        /// The member that stood there first.
        other: &'static str,
    },
    /// A number does not fit its type.
    #[error("has the number {found}, which is no {expected}")]
    Range {
        /// Its type.
        expected: &'static str,
        /// The varint as an unsigned number.
        found: u64,
    },
    /// A string is not UTF-8.
    #[error("is not UTF-8 from its byte {valid} on")]
    NotUtf8 {
        /// How many bytes of it are.
        valid: usize,
    },
    /// Messages nest too deep.
    #[error("nests deeper than {DEPTH_MAX} messages")]
    TooDeep,
    /// The schema has something that this reader does not know: packed numbers, or too many fields.
    #[error("is of a shape that this reader does not know; use a newer version")]
    Unsupported,
    /// The decoder refuses what the check accepted.
    #[error("does not decode: {0}")]
    Decoder(prost::DecodeError),
}
