//! Strict reading of logged bytes: two parsers must never read two things.
//!
//! Protobuf lets one message be written in many ways and leaves room for parsers to differ: a field
//! that occurs twice, two members of a oneof, padded varints. docs/format.md forbids all of that in a
//! logged body. [`walk`] goes through the bytes once, against the wire schema that is generated from the
//! `.proto` files. It allocates nothing, and tells a [`Visitor`] what it reads, for whoever needs a few
//! fields of very many entries; only what it accepts is given to prost.
//!
//! Accepted: fields in any order, absent fields, zero values that could have been left out, unknown
//! fields and unknown numbers of enumerations, as long as they are well-formed.
//!
//! Source: the protobuf encoding specification (<https://protobuf.dev/programming-guides/encoding/>).

mod fault;
mod input;

use einsicht_proto::schema::{ACCESS_RECORD, ENTRY_BODY, FieldSchema, Kind, MessageSchema};
use einsicht_proto::v1::{AccessRecord, EntryBody};

pub use self::fault::{Fault, Place, WireError};
pub(crate) use self::input::Input;

/// How deep messages may nest. The deepest that is logged is 3 (body, genesis, predecessor).
pub const DEPTH_MAX: usize = 8;
/// Largest field number that protobuf has.
pub const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

/// Is told what [`walk`] reads, field by field, as it stands there. A message is announced before its
/// fields. What it was told counts only if the walk ends without a fault.
pub trait Visitor<'a> {
    /// A field of `message` that is a message itself begins.
    fn message(&mut self, message: &'static MessageSchema, field: &'static FieldSchema) {
        let _ = (message, field);
    }

    /// A field of `message` is a number; negative ones are sign-extended to 64 bits.
    fn number(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: u64) {
        let _ = (message, field, value);
    }

    /// A field of `message` is a string or bytes.
    fn bytes(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: &'a [u8]) {
        let _ = (message, field, value);
    }

    /// A field of `message` that may occur more than once begins. `rest` is the message from its first item on; the items
    /// are told one by one, too.
    fn list(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, rest: &'a [u8]) {
        let _ = (message, field, rest);
    }
}

/// Needs nothing but the verdict.
struct Unheard;

impl Visitor<'_> for Unheard {}

/// Reads the body of an entry: [`check`] against `EntryBody`, then decodes it.
///
/// A body whose content is of a kind that this version does not know has `content: None`, and so does
/// a body with no bytes at all. Both are well-formed; what to make of them is the caller's decision.
///
/// # Errors
/// As [`check`].
pub fn read_body(bytes: &[u8]) -> Result<EntryBody, WireError> {
    read(bytes, &ENTRY_BODY)
}

/// Reads a record on its own, as it is sealed of a confidential one: [`check`] against `AccessRecord`, then
/// decodes it.
///
/// # Errors
/// As [`check`].
pub fn read_record(bytes: &[u8]) -> Result<AccessRecord, WireError> {
    read(bytes, &ACCESS_RECORD)
}

fn read<M: prost::Message + Default>(bytes: &[u8], schema: &'static MessageSchema) -> Result<M, WireError> {
    check(bytes, schema)?;
    M::decode(bytes).map_err(|error| WireError {
        offset: 0,
        message: schema.name,
        field: Place::Message,
        fault: Fault::Decoder(error),
    })
}

/// Checks that `bytes` encode one message of `schema` in a way that every parser reads alike.
///
/// Not checked: what the values mean, and whether required fields are there.
///
/// # Errors
/// [`WireError`] with the first fault, where it is, and in which field.
pub fn check(bytes: &[u8], schema: &'static MessageSchema) -> Result<(), WireError> {
    walk(bytes, schema, &mut Unheard)
}

/// [`check`], which tells `visitor` what it reads: for picking out a few fields without a second pass.
///
/// # Errors
/// As [`check`].
pub fn walk<'a>(
    bytes: &'a [u8],
    schema: &'static MessageSchema,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    walk_message(Input::new(bytes), schema, DEPTH_MAX, visitor)
}

/// Which fields of a message were seen, by their position in the schema.
type Seen = u64;

// An audit comes here with every entry of a ledger: what is well-formed takes the short way, faults the
// long one.
fn walk_message<'a, V: Visitor<'a>>(
    mut input: Input<'a>,
    schema: &'static MessageSchema,
    depth: usize,
    visitor: &mut V,
) -> Result<(), WireError> {
    let fail = |field, (offset, fault)| WireError { offset, message: schema.name, field, fault };
    if depth == 0 || schema.fields.len() > Seen::BITS as usize {
        let fault = if depth == 0 { Fault::TooDeep } else { Fault::Unsupported };
        return Err(fail(Place::Message, (input.offset(), fault)));
    }
    let mut seen: Seen = 0;
    while !input.is_at_end() {
        let (start, from) = (input.offset(), input.rest);
        let (number, wire_type) = input.tag().map_err(|at| fail(Place::Message, at))?;
        let Some((position, field)) = schema.field(number) else {
            input.skip(wire_type).map_err(|at| fail(Place::Unknown(number), at))?;
            continue;
        };
        let place = Place::Known(field.name);
        if field.repeated || seen >> position & 1 == 1 || field.oneof.is_some() && seen != 0 {
            check_occurrence(schema, field, position, seen).map_err(|fault| fail(place, (start, fault)))?;
        }
        let expected = wire_type_of(field.kind);
        if wire_type != expected {
            return Err(fail(place, (start, Fault::WireType { expected, found: wire_type })));
        }
        if field.repeated && seen >> position & 1 == 0 {
            visitor.list(schema, field, from);
        }
        match field.kind {
            Kind::String => {
                let text = input.text().map_err(|at| fail(place, at))?;
                visitor.bytes(schema, field, text);
            }
            Kind::Bytes => {
                let content = input.delimited().map_err(|at| fail(place, at))?;
                visitor.bytes(schema, field, content.rest);
            }
            Kind::Message(inner) => {
                let content = input.delimited().map_err(|at| fail(place, at))?;
                visitor.message(schema, field);
                walk_message(content, inner, depth - 1, visitor)?;
            }
            kind => {
                let number = input.number(kind).map_err(|at| fail(place, at))?;
                visitor.number(schema, field, number);
            }
        }
        seen |= 1 << position;
    }
    Ok(())
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
        Kind::String | Kind::Bytes | Kind::Message(_) => input::LENGTH_DELIMITED,
        Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Enum => input::VARINT,
    }
}

#[cfg(test)]
mod tests;
