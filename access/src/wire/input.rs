//! The bytes of a message, and what protobuf is written in: tags, varints, lengths.

use einsicht_proto::schema::Kind;

use super::{FIELD_NUMBER_MAX, Fault};

pub(super) const VARINT: u8 = 0;
const FIXED64: u8 = 1;
pub(super) const LENGTH_DELIMITED: u8 = 2;
const FIXED32: u8 = 5;

/// A fault and its offset, before it is known in which field.
pub(crate) type At = (usize, Fault);

/// What is left of the message that is being read. Offsets count from the start of the outermost message.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub rest: &'a [u8],
    /// Offset of its end: in which no step of reading has a part, so that a step waits for little.
    end: usize,
}

impl<'a> Input<'a> {
    /// A message, of which nothing was read.
    #[inline]
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest, end: rest.len() }
    }

    #[inline]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Offset of the next byte.
    #[inline]
    pub fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// Reads a tag: the field's number and wire type.
    #[inline]
    pub fn tag(&mut self) -> Result<(u32, u8), At> {
        // Numbers below 2,048, in their shortest form: all that are known.
        let (number, first, rest) = match self.rest {
            [first @ 0x08..=0x7f, rest @ ..] => (u32::from(*first) >> 3, first, rest),
            [first @ 0x80..=0xff, second @ 0x01..=0x7f, rest @ ..] => {
                (u32::from(first & 0x7f) >> 3 | u32::from(*second) << 4, first, rest)
            }
            _ => return self.any_tag(),
        };
        self.rest = rest;
        Ok((number, first & 7))
    }

    #[cold]
    fn any_tag(&mut self) -> Result<(u32, u8), At> {
        let start = self.offset();
        let tag = self.any_varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number) if number >= 1 && u64::from(number) <= FIELD_NUMBER_MAX => {
                Ok((number, (tag & 7) as u8))
            }
            _ => Err((start, Fault::FieldNumber { found: tag >> 3 })),
        }
    }

    /// Reads a string.
    #[inline]
    pub fn text(&mut self) -> Result<&'a [u8], At> {
        let text = self.delimited()?;
        let content = text.rest;
        if is_ascii(content) {
            return Ok(content);
        }
        match std::str::from_utf8(content) {
            Ok(_) => Ok(content),
            Err(error) => Err((text.offset(), Fault::NotUtf8 { valid: error.valid_up_to() })),
        }
    }

    /// Reads a number, and checks that its type holds it.
    #[inline]
    pub fn number(&mut self, kind: Kind) -> Result<u64, At> {
        let start = self.offset();
        let found = self.varint()?;
        match type_that_lacks(kind, found) {
            None => Ok(found),
            Some(expected) => Err((start, Fault::Range { expected, found })),
        }
    }

    /// Reads past the value of an unknown field.
    pub fn skip(&mut self, wire_type: u8) -> Result<(), At> {
        match wire_type {
            VARINT => self.varint().map(drop),
            FIXED64 => self.take(8).map(drop),
            LENGTH_DELIMITED => self.delimited().map(drop),
            FIXED32 => self.take(4).map(drop),
            found => Err((self.offset(), Fault::ForbiddenWireType { found })),
        }
    }

    /// Reads a length and as many bytes, and returns these as an input of their own.
    #[inline]
    pub fn delimited(&mut self) -> Result<Input<'a>, At> {
        let length = self.varint()?;
        self.take(length)
    }

    #[inline]
    fn take(&mut self, length: u64) -> Result<Input<'a>, At> {
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((content, rest)) = split else {
            return Err((self.offset(), Fault::Truncated { needed: length, left: self.rest.len() }));
        };
        self.rest = rest;
        Ok(Self { rest: content, end: self.end - rest.len() })
    }

    /// Reads a varint of 1 to 10 bytes in its shortest form.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, At> {
        match self.rest {
            [byte @ ..=0x7f, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            [low @ 0x80..=0xff, high @ 0x01..=0x7f, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
            }
            _ => self.any_varint(),
        }
    }

    fn any_varint(&mut self) -> Result<u64, At> {
        let start = self.offset();
        let mut value = 0;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            let low = u64::from(byte & 0x7f);
            if index == 9 && *byte > 1 {
                return Err((start, Fault::VarintTooLarge));
            }
            value |= low << (7 * index);
            if *byte < 0x80 {
                if *byte == 0 && index > 0 {
                    return Err((start, Fault::OverlongVarint { bytes: index + 1 }));
                }
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err((self.end, Fault::Truncated { needed: 1, left: 0 }))
    }
}

/// Whether no byte is above 127, eight bytes at a time: nearly all strings of a log are short and ASCII.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let all = match bytes.last_chunk::<8>() {
        Some(last) => {
            let (words, _) = bytes.as_chunks::<8>();
            let or = |all: u64, word: &[u8; 8]| all | u64::from_ne_bytes(*word);
            words.iter().fold(u64::from_ne_bytes(*last), or)
        }
        None => bytes.iter().fold(0, |all, byte| all | u64::from(*byte)),
    };
    all & 0x8080_8080_8080_8080 == 0
}

/// The name of the type of `kind` if it does not have the number.
fn type_that_lacks(kind: Kind, number: u64) -> Option<&'static str> {
    // Negative numbers of 32 bits are written with their sign extended to 64 bits.
    let is_int32 = i32::try_from(number.cast_signed()).is_ok();
    match kind {
        Kind::Bool if number > 1 => Some("bool"),
        Kind::Int32 if !is_int32 => Some("int32"),
        Kind::Enum if !is_int32 => Some("enumeration value"),
        Kind::Uint32 if u32::try_from(number).is_err() => Some("uint32"),
        _ => None,
    }
}
