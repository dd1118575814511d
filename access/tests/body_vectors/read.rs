//! Lists the known fields of a body that the strict reader accepted.

use einsicht_proto::schema::{ENTRY_BODY, Kind, MessageSchema};
use serde::Serialize;

use crate::write::hex;

/// A known field, as the vectors state it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Field numbers from `EntryBody` on, with dots between them.
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `None` for a message, whose fields follow.
    value: Option<String>,
    #[serde(skip)]
    key: Vec<u32>,
}

impl Field {
    /// How deep the message nests in which it stands, or which it is.
    pub fn depth(&self) -> usize {
        self.key.len() + usize::from(self.value.is_none())
    }

    /// Whether its value is that of an absent field.
    pub fn is_default(&self) -> bool {
        self.value.as_deref().is_some_and(|value| value.is_empty() || value == "0")
    }
}

/// The known fields, in the order of their numbers.
pub fn fields(body: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    collect(body, &ENTRY_BODY, &[], &mut fields);
    fields.sort_by(|a, b| a.key.cmp(&b.key));
    fields
}

fn collect(mut rest: &[u8], schema: &MessageSchema, above: &[u32], fields: &mut Vec<Field>) {
    while !rest.is_empty() {
        let tag = varint(&mut rest);
        let number = u32::try_from(tag >> 3).unwrap();
        let (value, content) = match tag & 7 {
            0 => (varint(&mut rest), &[][..]),
            1 => (0, take(&mut rest, 8)),
            2 => (0, delimited(&mut rest)),
            _ => (0, take(&mut rest, 4)),
        };
        let Some(field) = schema.fields.iter().find(|field| field.number == number) else { continue };
        let key = [above, &[number]].concat();
        let path = key.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let (kind, value) = describe(field.kind, value, content);
        fields.push(Field { path, kind, value, key: key.clone() });
        if let Kind::Message(inner) = field.kind {
            collect(content, inner, &key, fields);
        }
    }
}

fn describe(kind: Kind, value: u64, content: &[u8]) -> (&'static str, Option<String>) {
    match kind {
        Kind::Bool => ("bool", Some(value.to_string())),
        Kind::Int32 => ("int32", Some(value.cast_signed().to_string())),
        Kind::Int64 => ("int64", Some(value.cast_signed().to_string())),
        Kind::Uint32 => ("uint32", Some(value.to_string())),
        Kind::Uint64 => ("uint64", Some(value.to_string())),
        Kind::Enum => ("enum", Some(value.cast_signed().to_string())),
        Kind::String => ("string", Some(String::from_utf8(content.to_vec()).unwrap())),
        Kind::Bytes => ("bytes", Some(hex(content))),
        Kind::Message(_) => ("message", None),
    }
}

fn delimited<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = usize::try_from(varint(rest)).unwrap();
    take(rest, length)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

fn varint(rest: &mut &[u8]) -> u64 {
    let length = rest.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let bytes = take(rest, length);
    bytes.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}
