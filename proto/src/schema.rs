//! Wire schema of the messages that are logged, generated from the descriptors at build time.
//!
//! It exists so that a verifier can check logged bytes more strictly than a protobuf library does:
//! two parsers must never read two things. The check itself is in `einsicht-access`.

/// Field numbers below this are found without a search. Those of all logged messages are.
const DIRECT_NUMBERS: usize = 128;
/// In the place of a position: no field has the number.
const NO_FIELD: u8 = u8::MAX;

/// What may stand in the encoding of one message.
#[derive(Debug)]
pub struct MessageSchema {
    /// Name of the message, without its package.
    pub name: &'static str,
    /// Its fields, in the order of declaration.
    pub fields: &'static [FieldSchema],
    /// Field number → position in `fields`, for low numbers.
    positions: [u8; DIRECT_NUMBERS],
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

impl MessageSchema {
    /// The schema of a message with at most 255 fields.
    ///
    /// # Panics
    /// If it has more; the build fails then, for schemas are made by the compiler.
    #[must_use]
    pub const fn new(name: &'static str, fields: &'static [FieldSchema]) -> Self {
        let mut positions = [NO_FIELD; DIRECT_NUMBERS];
        let (mut rest, mut position) = (fields, 0);
        while let Some((field, following)) = rest.split_first() {
            if (field.number as usize) < DIRECT_NUMBERS {
                let (_, from) = positions.split_at_mut(field.number as usize);
                if let Some((place, _)) = from.split_first_mut() {
                    *place = position;
                }
            }
            assert!(position < NO_FIELD, "a message has more than 255 fields");
            position += 1;
            rest = following;
        }
        Self { name, fields, positions }
    }

    /// The field of that number, and its position in `fields`.
    #[must_use]
    #[inline]
    pub fn field(&self, number: u32) -> Option<(usize, &'static FieldSchema)> {
        let position = match self.positions.get(number as usize) {
            Some(position) => usize::from(*position),
            None => self.fields.iter().position(|field| field.number == number)?,
        };
        Some((position, self.fields.get(position)?))
    }
}

include!(concat!(env!("OUT_DIR"), "/schema.rs"));
