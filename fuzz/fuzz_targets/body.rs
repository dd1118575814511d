//! Logged bodies, as bytes from anybody's ledger: the strict reader against the protobuf library.
#![no_main]

use bytes::Buf;
use einsicht_access::wire::check;
use einsicht_access::{body_bytes, field, kind_name, read_body};
use einsicht_proto::schema::ENTRY_BODY;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use libfuzzer_sys::fuzz_target;
use prost::Message as _;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};

fuzz_target!(|bytes: &[u8]| {
    let strict = check(bytes, &ENTRY_BODY);
    let lax = EntryBody::decode(bytes);
    if strict.is_err() {
        assert_eq!(read_body(bytes).ok(), None);
        return;
    }
    // What the strict reader accepts, no library may refuse or read differently.
    let lax = lax.expect("strictly well-formed bytes decode");
    let read = read_body(bytes).expect("strictly well-formed bytes are read");
    assert_eq!(read, lax);
    assert_eq!(read_backwards(bytes), read, "the order of the fields says nothing");
    // What is written from it is well-formed too, and says the same.
    let written = body_bytes(&read);
    assert!(written.len() <= bytes.len(), "nothing is written that was not read");
    assert_eq!(read_body(&written), Ok(read.clone()));
    // A person can look at it.
    assert!(!kind_name(&read).is_empty());
    if let Some(record) = einsicht_access::entry::access_of(&read) {
        for (_, shown) in field::render(record) {
            let _ = shown.to_string();
        }
    }
});

/// Reads the body with its fields in reverse, and those of its access: libraries that take the first
/// of two values read this as those that take the last one read the original.
fn read_backwards(bytes: &[u8]) -> EntryBody {
    let mut turned = Vec::new();
    for (number, wire_type, field) in fields(bytes).into_iter().rev() {
        if number != ACCESS || wire_type != WireType::LengthDelimited {
            turned.extend_from_slice(field);
            continue;
        }
        let mut content = field;
        decode_key(&mut content).expect("it was read before");
        decode_varint(&mut content).expect("it was read before");
        let inner: Vec<u8> =
            fields(content).into_iter().rev().flat_map(|(.., field)| field.to_vec()).collect();
        encode_key(ACCESS, WireType::LengthDelimited, &mut turned);
        encode_varint(inner.len() as u64, &mut turned);
        turned.extend_from_slice(&inner);
    }
    let mut body = EntryBody::decode(turned.as_slice()).expect("the same fields in another order");
    if let Some(Content::Access(record)) = &mut body.content {
        turn_lists(record);
    }
    body
}

/// Number of the field `access` of a body.
const ACCESS: u32 = 3;

fn turn_lists(record: &mut AccessRecord) {
    record.categories.reverse();
    record.other_datasets.reverse();
    record.markers.reverse();
    record.deviates.reverse();
    record.not_verifiable.reverse();
}

/// The fields of a message: number, wire type, bytes with the key.
fn fields(message: &[u8]) -> Vec<(u32, WireType, &[u8])> {
    let mut rest = message;
    let mut fields = Vec::new();
    while rest.has_remaining() {
        let begin = rest;
        let (number, wire_type) = decode_key(&mut rest).expect("strictly well-formed");
        skip_field(wire_type, number, &mut rest, DecodeContext::default()).expect("strictly well-formed");
        fields.push((number, wire_type, &begin[..begin.len() - rest.len()]));
    }
    fields
}
