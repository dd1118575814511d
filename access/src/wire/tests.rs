//! Tests of the strict reader. Bytes are written by hand here, so that no encoder tidies them up.

use bytes::Bytes;
use einsicht_proto::schema::{ACCESS_RECORD, GENESIS};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessRecord, CharterPart, Correction, Disclosure, DisclosureRequest, Erasure, Genesis, KeyChange,
    Opening, Predecessor, Report, ServiceStart, SessionEnd,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::samples::arbitrary_record;

mod oracle;
mod walking;

fn fault(bytes: &[u8], schema: &'static MessageSchema) -> (usize, Place, Fault) {
    let error = check(bytes, schema).unwrap_err();
    (error.offset, error.field, error.fault)
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number, &mut bytes);
    bytes
}

/// A field of `AccessRecord` with a varint.
fn number_field(field: u64, number: u64) -> Vec<u8> {
    [varint(field << 3), varint(number)].concat()
}

fn contents() -> Vec<Content> {
    let bytes = || Bytes::from_static(&[0xff; 32]);
    let text = || "§ Änderung".to_owned();
    vec![
        Content::Genesis(Genesis {
            origin: "ulm.example/ledger".into(),
            format_version: 1,
            software: text(),
            public_keys: vec![bytes(), bytes()],
            simulated: true,
            predecessor: Some(Predecessor { origin: text(), size: u64::MAX, root: bytes() }),
        }),
        Content::ServiceStart(ServiceStart { software: text() }),
        Content::Access(AccessRecord { access_count: Some(0), ..Default::default() }),
        Content::SessionEnd(SessionEnd { producer: text(), session: bytes(), last_sequence: Some(0) }),
        Content::Charter(CharterPart { part: 1, parts: u32::MAX, sha256: bytes(), text: bytes() }),
        Content::DisclosureRequest(DisclosureRequest { role: text(), seal: bytes(), nonce: Some(bytes()) }),
        Content::Disclosure(Disclosure {
            role: text(),
            seal: bytes(),
            request: Some(1 << 40),
            nonce: Some(bytes()),
        }),
        Content::Erasure(Erasure { ground: text(), month: Some("2026-11".into()), ..Default::default() }),
        Content::Opening(Opening { index: 1, salt: bytes(), record: bytes() }),
        Content::Correction(Correction { index: 300, correction: text(), ground: text() }),
        Content::KeyChange(KeyChange { action: -1, public_key: bytes(), signature: bytes() }),
        Content::Report(Report { period: "2026-11".into(), manifest_sha256: bytes(), replaces: Some(7) }),
    ]
}

#[test]
fn a_body_of_every_kind_is_read_as_it_was_written() {
    assert_eq!(contents().len(), ENTRY_BODY.fields.len());
    for content in contents() {
        let body = EntryBody { content: Some(content) };
        assert_eq!(read_body(&body.encode_to_vec()), Ok(body));
    }
}

#[test]
fn a_known_singular_field_that_occurs_twice_is_refused() {
    let twice = b"\x0a\x01a\x0a\x01a";
    assert_eq!(fault(twice, &ACCESS_RECORD), (3, Place::Known("dataset"), Fault::SecondTime));
    let apart = b"\x10\x03\x0a\x01a\x10\x03";
    assert_eq!(fault(apart, &ACCESS_RECORD), (5, Place::Known("operation"), Fault::SecondTime));
    let body = b"\x12\x00\x12\x00";
    assert_eq!(fault(body, &ENTRY_BODY), (2, Place::Known("service_start"), Fault::SecondTime));
}

#[test]
fn two_members_of_a_oneof_are_refused() {
    let other = Fault::BesideOther { other: "genesis" };
    assert_eq!(fault(b"\x0a\x00\x12\x00", &ENTRY_BODY), (2, Place::Known("service_start"), other));
}

#[test]
fn a_list_may_have_many_items_and_they_may_stand_apart() {
    let categories = b"\x82\x01\x01a\x10\x03\x82\x01\x01b\x82\x01\x01a";
    assert_eq!(check(categories, &ACCESS_RECORD), Ok(()));
}

#[test]
fn a_wrong_wire_type_is_refused() {
    let wrong = |expected, found| Fault::WireType { expected, found };
    assert_eq!(fault(b"\x08\x01", &ACCESS_RECORD), (0, Place::Known("dataset"), wrong(2, 0)));
    assert_eq!(fault(b"\x12\x01\x03", &ACCESS_RECORD), (0, Place::Known("operation"), wrong(0, 2)));
    assert_eq!(fault(b"\x11\x03", &ACCESS_RECORD), (0, Place::Known("operation"), wrong(0, 1)));
    assert_eq!(fault(b"\x15\x03", &ACCESS_RECORD), (0, Place::Known("operation"), wrong(0, 5)));
    assert_eq!(fault(b"\x0b\x0c", &ENTRY_BODY), (0, Place::Known("genesis"), wrong(2, 3)));
}

#[test]
fn overlong_varints_are_refused_in_tags_lengths_and_values() {
    let overlong = |bytes| Fault::OverlongVarint { bytes };
    assert_eq!(fault(b"\x8a\x00\x01a", &ACCESS_RECORD), (0, Place::Message, overlong(2)));
    assert_eq!(fault(b"\x0a\x81\x00a", &ACCESS_RECORD), (1, Place::Known("dataset"), overlong(2)));
    assert_eq!(fault(b"\x10\x83\x80\x00", &ACCESS_RECORD), (1, Place::Known("operation"), overlong(3)));
    assert_eq!(fault(b"\xf8\x7f\x80\x00", &ACCESS_RECORD), (2, Place::Unknown(2047), overlong(2)));
    let ten = [&[0x10], &[0xff; 9][..], &[0]].concat();
    assert_eq!(fault(&ten, &ACCESS_RECORD), (1, Place::Known("operation"), overlong(10)));
}

#[test]
fn a_varint_has_at_most_64_bits() {
    let field = |last: &[u8]| [&varint(66 << 3), &[0xff; 9][..], last].concat();
    assert_eq!(check(&field(&[1]), &ACCESS_RECORD), Ok(()));
    for last in [&[2][..], &[0x81, 0], &[0x80, 1]] {
        assert_eq!(fault(&field(last), &ACCESS_RECORD), (2, Place::Known("sequence"), Fault::VarintTooLarge));
    }
}

#[test]
fn numbers_fit_their_types() {
    let range = |expected, found| Fault::Range { expected, found };
    let no = |field, number, name, expected| {
        let bytes = number_field(field, number);
        assert_eq!(fault(&bytes, &ACCESS_RECORD).1, Place::Known(name));
        assert_eq!(fault(&bytes, &ACCESS_RECORD).2, range(expected, number));
    };
    no(18, 2, "secondary_use", "bool");
    no(22, 1 << 31, "announced_on_day", "int32");
    no(22, 0xffff_ffff, "announced_on_day", "int32");
    no(22, (-(1_i64 << 31) - 1).cast_unsigned(), "announced_on_day", "int32");
    no(2, 0xffff_ffff, "operation", "enumeration value");
    for (field, number) in [
        (18, 0),
        (18, 1),
        (22, (1 << 31) - 1),
        (22, u64::MAX),
        (2, u64::MAX),
        (2, 99),
        (6, u64::MAX),
        (8, u64::MAX),
    ] {
        assert_eq!(check(&number_field(field, number), &ACCESS_RECORD), Ok(()), "{field} {number}");
    }
    let version = [vec![0x10], varint(1 << 32)].concat();
    assert_eq!(fault(&version, &GENESIS), (1, Place::Known("format_version"), range("uint32", 1 << 32)));
}

#[test]
fn field_numbers_are_those_that_protobuf_has() {
    let tag = |number: u64| [varint(number << 3), vec![0]].concat();
    assert_eq!(check(&tag(FIELD_NUMBER_MAX), &ENTRY_BODY), Ok(()));
    for found in [0, 1 << 29, 1 << 32, (1 << 32) + 1, 1 << 60] {
        assert_eq!(fault(&tag(found), &ENTRY_BODY), (0, Place::Message, Fault::FieldNumber { found }));
    }
}

#[test]
fn unknown_fields_are_kept_if_they_are_well_formed() {
    let fields: [&[u8]; 5] = [
        b"\xf8\x7f\x05",
        b"\xf9\x7f12345678",
        b"\xfa\x7f\x03abc",
        b"\xfd\x7f1234",
        b"\xf8\x7f\x05\xf8\x7f\x05",
    ];
    for field in fields {
        assert_eq!(read_body(field), Ok(EntryBody { content: None }), "{field:?}");
    }
    let found = |wire_type| Fault::ForbiddenWireType { found: wire_type };
    for (tag, wire_type) in [(b"\xfb\x7f", 3), (b"\xfc\x7f", 4), (b"\xfe\x7f", 6), (b"\xff\x7f", 7)] {
        assert_eq!(fault(tag, &ENTRY_BODY), (2, Place::Unknown(2047), found(wire_type)));
    }
}

#[test]
fn an_unknown_kind_and_an_empty_body_have_no_content() {
    assert_eq!(read_body(b"\x6a\x03abc"), Ok(EntryBody { content: None }));
    assert_eq!(read_body(b""), Ok(EntryBody { content: None }));
}

#[test]
fn every_truncation_is_noticed() {
    let short = |needed, left| Fault::Truncated { needed, left };
    assert_eq!(fault(b"\x8a", &ACCESS_RECORD), (1, Place::Message, short(1, 0)));
    assert_eq!(fault(b"\x0a", &ACCESS_RECORD), (1, Place::Known("dataset"), short(1, 0)));
    assert_eq!(fault(b"\x0a\x05abc", &ACCESS_RECORD), (2, Place::Known("dataset"), short(5, 3)));
    assert_eq!(fault(b"\x10", &ACCESS_RECORD), (1, Place::Known("operation"), short(1, 0)));
    assert_eq!(fault(b"\xf9\x7f1234567", &ACCESS_RECORD), (2, Place::Unknown(2047), short(8, 7)));
    assert_eq!(fault(b"\xfd\x7f123", &ACCESS_RECORD), (2, Place::Unknown(2047), short(4, 3)));
    let endless = [vec![0x0a], varint(u64::MAX)].concat();
    assert_eq!(fault(&endless, &ACCESS_RECORD), (11, Place::Known("dataset"), short(u64::MAX, 0)));
}

#[test]
fn an_inner_message_cannot_read_past_its_end() {
    // The record says that it has 3 bytes, its dataset that it has 4.
    let error = read_body(b"\x1a\x03\x0a\x04abcd").unwrap_err();
    assert_eq!((error.offset, error.message), (4, "AccessRecord"));
    assert_eq!(error.fault, Fault::Truncated { needed: 4, left: 1 });
}

#[test]
fn a_string_is_utf8() {
    let bad = b"\x0a\x04ab\xc3(";
    assert_eq!(fault(bad, &ACCESS_RECORD), (2, Place::Known("dataset"), Fault::NotUtf8 { valid: 2 }));
    let surrogate = b"\x0a\x03\xed\xa0\x80";
    assert_eq!(fault(surrogate, &ACCESS_RECORD), (2, Place::Known("dataset"), Fault::NotUtf8 { valid: 0 }));
    assert_eq!(check(b"\x2a\x02\xc3(", &ACCESS_RECORD), Ok(()), "bytes are any bytes");
}

#[test]
fn nesting_is_bounded() {
    static ENDLESS: MessageSchema = MessageSchema::new(
        "Endless",
        &[FieldSchema {
            number: 1,
            name: "inner",
            kind: Kind::Message(&ENDLESS),
            repeated: false,
            oneof: None,
        }],
    );
    let nested = |depth: usize| {
        let wrap = |inner: Vec<u8>, _| [vec![0x0a], varint(inner.len() as u64), inner].concat();
        (1..depth).fold(Vec::new(), wrap)
    };
    assert_eq!(check(&nested(DEPTH_MAX), &ENDLESS), Ok(()));
    assert_eq!(fault(&nested(DEPTH_MAX + 1), &ENDLESS).2, Fault::TooDeep);
    assert_eq!(fault(&nested(1000), &ENDLESS).2, Fault::TooDeep);
}

#[test]
fn repeated_numbers_are_refused_because_they_have_two_encodings() {
    static NUMBERS: MessageSchema = MessageSchema::new(
        "Numbers",
        &[FieldSchema { number: 1, name: "all", kind: Kind::Uint64, repeated: true, oneof: None }],
    );
    assert_eq!(fault(b"\x08\x01", &NUMBERS).2, Fault::Unsupported);
    assert_eq!(fault(b"\x0a\x01\x01", &NUMBERS).2, Fault::Unsupported);
}

#[test]
fn every_message_that_is_logged_has_a_shape_that_the_reader_knows() {
    fn walk(schema: &'static MessageSchema, depth: usize) -> usize {
        assert!(schema.fields.len() <= Seen::BITS as usize && depth <= DEPTH_MAX, "{}", schema.name);
        let mut messages = 1;
        for field in schema.fields {
            match field.kind {
                Kind::Message(inner) => messages += walk(inner, depth + 1),
                Kind::String | Kind::Bytes => {}
                _ => assert!(!field.repeated, "{}.{}", schema.name, field.name),
            }
        }
        messages
    }
    assert_eq!(walk(&ENTRY_BODY, 1), 14);
}

#[test]
fn an_error_says_where_in_which_field_and_what() {
    let error = read_body(b"\x1a\x06\x0a\x01a\x0a\x01b").unwrap_err();
    assert_eq!(error.to_string(), "byte 5: AccessRecord.dataset stands there a second time");
    let error = read_body(b"\xfb\x7f").unwrap_err();
    let expected = "byte 2: EntryBody, unknown field 2047, has wire type 3; possible are 0, 1, 2 and 5";
    assert_eq!(error.to_string(), expected);
    let error = read_body(b"\x00").unwrap_err();
    assert_eq!(error.to_string(), "byte 0: EntryBody has the field number 0; possible are 1 to 536870911");
}

fn arbitrary_body() -> impl Strategy<Value = EntryBody> {
    let others = proptest::sample::select(contents());
    let content = prop_oneof![3 => arbitrary_record().prop_map(Content::Access), 1 => others];
    content.prop_map(|content| EntryBody { content: Some(content) })
}

proptest! {
    #[test]
    fn whatever_prost_writes_is_read_as_it_was(body in arbitrary_body()) {
        prop_assert_eq!(read_body(&body.encode_to_vec()), Ok(body));
    }

    #[test]
    fn a_flipped_byte_is_refused_or_read_without_doubt(
        body in arbitrary_body(),
        at: proptest::sample::Index,
        flip in 1..=255_u8,
    ) {
        let mut bytes = body.encode_to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if check(&bytes, &ENTRY_BODY).is_ok() {
            let read = read_body(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_ne!(read, body);
        }
    }

    #[test]
    fn a_cut_is_refused_or_falls_between_fields(body in arbitrary_body(), at: proptest::sample::Index) {
        let bytes = body.encode_to_vec();
        let cut = &bytes[..at.index(bytes.len())];
        // A body is one field, so only the empty prefix ends between fields.
        prop_assert_eq!(check(cut, &ENTRY_BODY).is_ok(), cut.is_empty());
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_prost_decodes_what_it_accepts(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        for schema in [&ENTRY_BODY, &ACCESS_RECORD, &GENESIS] {
            let _: Result<(), WireError> = check(&bytes, schema);
        }
        if check(&bytes, &ENTRY_BODY).is_ok() {
            prop_assert!(EntryBody::decode(bytes.as_slice()).is_ok());
        }
        if check(&bytes, &ACCESS_RECORD).is_ok() {
            prop_assert!(AccessRecord::decode(bytes.as_slice()).is_ok());
        }
    }

    #[test]
    fn fields_may_stand_in_any_order(record in arbitrary_record(), cut: proptest::sample::Index) {
        let bytes = record.encode_to_vec();
        let mut boundaries = vec![0];
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (number, wire_type) = prost::encoding::decode_key(&mut rest).unwrap();
            prost::encoding::skip_field(wire_type, number, &mut rest, Default::default()).unwrap();
            boundaries.push(bytes.len() - rest.len());
        }
        let (head, tail) = bytes.split_at(*cut.get(&boundaries));
        let turned = [tail, head].concat();
        prop_assert_eq!(check(&turned, &ACCESS_RECORD), Ok(()));
    }

    #[test]
    fn the_first_field_once_more_at_the_end_is_refused(record in arbitrary_record()) {
        let bytes = record.encode_to_vec();
        let doubled = [bytes.as_slice(), b"\x0a\x01a"].concat();
        let expected = !record.dataset.is_empty();
        prop_assert_eq!(check(&doubled, &ACCESS_RECORD).is_err(), expected);
    }

    #[test]
    fn an_accepted_varint_is_the_shortest_of_its_number(bytes in proptest::collection::vec(any::<u8>(), 1..12)) {
        let mut input = Input::new(&bytes);
        if let Ok(number) = input.varint() {
            prop_assert_eq!(bytes[..input.offset()].to_vec(), varint(number));
        }
    }
}
