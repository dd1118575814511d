//! Wire schema of the messages that are logged, generated from the descriptors at build time.
//!
//! It exists so that a verifier can check logged bytes more strictly than a protobuf library does:
//! two parsers must never read two things. The check itself is in `einsicht-access`.

/// What may stand in the encoding of one message.
#[derive(Debug)]
pub struct MessageSchema {
    /// Name of the message, without its package.
    pub name: &'static str,
    /// Its fields, in the order of declaration.
    pub fields: &'static [FieldSchema],
}

/// What may stand in one field.
#[derive(Debug)]
pub struct FieldSchema {
    /// Field number.
    pub number: u32,
    /// Name as in the .proto file.
    pub name: &'static str,
    /// Type of its values.
    pub kind: Kind,
    /// Whether it may occur more than once. Repeated numbers would be packed; none are logged today.
    pub repeated: bool,
    /// The oneof that it belongs to: at most one member may occur.
    pub oneof: Option<u32>,
}

/// Type of a field's values.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `bool`: varint 0 or 1.
    Bool,
    /// `int32`: varint, sign-extended to 64 bits.
    Int32,
    /// `int64`: varint.
    Int64,
    /// `uint32`: varint below 2^32.
    Uint32,
    /// `uint64`: varint.
    Uint64,
    /// An enumeration: varint in the range of `int32`; unknown numbers are kept.
    Enum,
    /// `string`: valid UTF-8.
    String,
    /// `bytes`.
    Bytes,
    /// A message of its own.
    Message(&'static MessageSchema),
}

include!(concat!(env!("OUT_DIR"), "/schema.rs"));
