//! The checker in its plainest form: one field after the other, found by searching. What the walker in
//! [`super`] must agree with, whatever the bytes.

use einsicht_proto::schema::{FieldSchema, Kind, MessageSchema};

use crate::wire::{DEPTH_MAX, FIELD_NUMBER_MAX, Fault, Place, WireError};

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const FIXED32: u8 = 5;

pub(super) fn check(bytes: &[u8], schema: &'static MessageSchema) -> Result<(), WireError> {
    check_message(&mut Input { bytes, offset: 0 }, schema, DEPTH_MAX)
}

/// A fault and its offset, before it is known in which field.
type At = (usize, Fault);

/// Which fields of a message were seen, by their position in the schema.
type Seen = u128;

fn check_message(
    input: &mut Input<'_>,
    schema: &'static MessageSchema,
    depth: usize,
) -> Result<(), WireError> {
    let fail = |field, (offset, fault)| WireError { offset, message: schema.name, field, fault };
    if depth == 0 || schema.fields.len() > Seen::BITS as usize {
        let fault = if depth == 0 { Fault::TooDeep } else { Fault::Unsupported };
        return Err(fail(Place::Message, (input.offset, fault)));
    }
    let mut seen: Seen = 0;
    while !input.is_at_end() {
        let start = input.offset;
        let (number, wire_type) = input.tag().map_err(|at| fail(Place::Message, at))?;
        let Some((position, field)) = find(schema, number) else {
            input.skip(wire_type).map_err(|at| fail(Place::Unknown(number), at))?;
            continue;
        };
        let place = Place::Known(field.name);
        check_occurrence(schema, field, position, seen).map_err(|fault| fail(place, (start, fault)))?;
        let expected = wire_type_of(field.kind);
        if wire_type != expected {
            return Err(fail(place, (start, Fault::WireType { expected, found: wire_type })));
        }
        if let Kind::Message(inner) = field.kind {
            let mut inner_input = input.delimited().map_err(|at| fail(place, at))?;
            check_message(&mut inner_input, inner, depth - 1)?;
        } else {
            input.value(field.kind).map_err(|at| fail(place, at))?;
        }
        seen |= 1 << position;
    }
    Ok(())
}

/// The field of that number and its position.
fn find(schema: &'static MessageSchema, number: u32) -> Option<(usize, &'static FieldSchema)> {
    schema.fields.iter().enumerate().find(|(_, field)| field.number == number)
}

fn check_occurrence(
    schema: &'static MessageSchema,
    field: &FieldSchema,
    position: usize,
    seen: Seen,
) -> Result<(), Fault> {
    if field.repeated {
        // Repeated numbers have two encodings, packed or not. None are logged.
        let packable = !matches!(field.kind, Kind::String | Kind::Bytes | Kind::Message(_));
        return if packable { Err(Fault::Unsupported) } else { Ok(()) };
    }
    if seen >> position & 1 == 1 {
        return Err(Fault::SecondTime);
    }
    if field.oneof.is_some() && seen != 0 {
        let mut members = schema.fields.iter().enumerate();
        let other = members.find(|(at, other)| other.oneof == field.oneof && seen >> at & 1 == 1);
        if let Some((_, other)) = other {
            return Err(Fault::BesideOther { other: other.name });
        }
    }
    Ok(())
}

fn wire_type_of(kind: Kind) -> u8 {
    match kind {
        Kind::String | Kind::Bytes | Kind::Message(_) => LENGTH_DELIMITED,
        Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Enum => VARINT,
    }
}

/// Bytes up to the end of the message that is being read, and how far it was read. Offsets count from
/// the start of the outermost message.
struct Input<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Input<'a> {
    fn is_at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    /// Reads a tag: the field's number and wire type.
    fn tag(&mut self) -> Result<(u32, u8), At> {
        let start = self.offset;
        let tag = self.varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number) if number >= 1 && u64::from(number) <= FIELD_NUMBER_MAX => {
                Ok((number, (tag & 7) as u8))
            }
            _ => Err((start, Fault::FieldNumber { found: tag >> 3 })),
        }
    }

    /// Reads a value that is not a message, and checks that its type holds it.
    fn value(&mut self, kind: Kind) -> Result<(), At> {
        let start = self.offset;
        match kind {
            Kind::Bytes | Kind::Message(_) => self.delimited().map(drop),
            Kind::String => {
                let text = self.delimited()?;
                let content = text.bytes.get(text.offset..).unwrap_or_default();
                match std::str::from_utf8(content) {
                    Ok(_) => Ok(()),
                    Err(error) => Err((text.offset, Fault::NotUtf8 { valid: error.valid_up_to() })),
                }
            }
            _ => {
                let found = self.varint()?;
                match type_that_lacks(kind, found) {
                    None => Ok(()),
                    Some(expected) => Err((start, Fault::Range { expected, found })),
                }
            }
        }
    }

    /// Reads past the value of an unknown field.
    fn skip(&mut self, wire_type: u8) -> Result<(), At> {
        match wire_type {
            VARINT => self.varint().map(drop),
            FIXED64 => self.take(8).map(drop),
            LENGTH_DELIMITED => self.delimited().map(drop),
            FIXED32 => self.take(4).map(drop),
            found => Err((self.offset, Fault::ForbiddenWireType { found })),
        }
    }

    /// Reads a length and as many bytes, and returns these as an input of their own.
    fn delimited(&mut self) -> Result<Input<'a>, At> {
        let length = self.varint()?;
        self.take(length)
    }

    fn take(&mut self, length: u64) -> Result<Input<'a>, At> {
        let start = self.offset;
        let left = self.bytes.len() - start;
        let content = usize::try_from(length).ok().and_then(|length| {
            let end = start.checked_add(length)?;
            Some((end, self.bytes.get(..end)?))
        });
        let Some((end, bytes)) = content else {
            return Err((start, Fault::Truncated { needed: length, left }));
        };
        self.offset = end;
        Ok(Input { bytes, offset: start })
    }

    /// Reads a varint of 1 to 10 bytes in its shortest form.
    fn varint(&mut self) -> Result<u64, At> {
        let start = self.offset;
        let mut value = 0;
        for (index, byte) in self.bytes.get(start..).unwrap_or_default().iter().take(10).enumerate() {
            let low = u64::from(byte & 0x7f);
            if index == 9 && *byte > 1 {
                return Err((start, Fault::VarintTooLarge));
            }
            value |= low << (7 * index);
            if *byte < 0x80 {
                if *byte == 0 && index > 0 {
                    return Err((start, Fault::OverlongVarint { bytes: index + 1 }));
                }
                self.offset = start + index + 1;
                return Ok(value);
            }
        }
        Err((self.bytes.len(), Fault::Truncated { needed: 1, left: 0 }))
    }
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
