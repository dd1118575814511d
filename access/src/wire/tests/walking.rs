//! The walker against its plainest form, and what it tells on its way.

use einsicht_proto::schema::{ERASURE, SESSION_END};

use super::*;

/// Bytes that look like fields: numbers and wire types that are known, lengths that fit, and neither.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![4 => 1_u64..28, 2 => 64_u64..72, 1 => 100_u64..300, 1 => any::<u64>()];
    let value = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        any::<u64>().prop_map(varint),
        (0_u64..5).prop_map(varint),
        "[a-zäß€]{0,20}".prop_map(|text| [varint(text.len() as u64), text.into_bytes()].concat()),
        proptest::collection::vec(any::<u8>(), 0..40)
            .prop_map(|bytes| [varint(bytes.len() as u64), bytes].concat()),
    ];
    let field = (number, 0_u64..8, any::<bool>(), value).prop_map(|(number, wire_type, odd, value)| {
        let wire_type = if odd { wire_type } else { wire_type % 2 * 2 };
        [varint(number.wrapping_shl(3) | wire_type), value].concat()
    });
    proptest::collection::vec(field, 0..8).prop_map(|fields| fields.concat())
}

fn agrees(bytes: &[u8]) {
    for schema in [&ENTRY_BODY, &ACCESS_RECORD, &GENESIS, &SESSION_END, &ERASURE] {
        assert_eq!(check(bytes, schema), oracle::check(bytes, schema), "{} {bytes:02x?}", schema.name);
    }
}

/// Writes down again what it is told of a message without messages in it.
#[derive(Default)]
struct Scribe(Vec<u8>);

impl<'a> Visitor<'a> for Scribe {
    fn message(&mut self, _: &'static MessageSchema, field: &'static FieldSchema) {
        panic!("{} is no message", field.name);
    }

    fn number(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: u64) {
        assert_eq!(message.name, "AccessRecord");
        self.0.extend([varint(u64::from(field.number) << 3), varint(value)].concat());
    }

    fn bytes(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: &'a [u8]) {
        assert_eq!(message.name, "AccessRecord");
        let tag = varint(u64::from(field.number) << 3 | 2);
        self.0.extend([&tag, &varint(value.len() as u64), value].concat());
    }
}

#[test]
fn every_field_of_every_message_is_found_by_its_number_and_no_other() {
    for schema in [&ENTRY_BODY, &ACCESS_RECORD, &GENESIS, &SESSION_END, &ERASURE] {
        for number in 0..3000 {
            let expected = schema.fields.iter().position(|field| field.number == number);
            assert_eq!(schema.field(number).map(|(position, _)| position), expected, "{number}");
        }
    }
}

#[test]
fn text_of_every_length_is_searched_for_what_is_not_ascii_at_every_place() {
    for length in 0..40 {
        let field = |text: &[u8]| [&[0x0a, length as u8], text].concat();
        assert_eq!(check(&field(&vec![b'x'; length]), &ACCESS_RECORD), Ok(()));
        for place in 0..length {
            let mut text = vec![b'x'; length];
            text[place] = 0x80;
            let expected = Fault::NotUtf8 { valid: place };
            assert_eq!(fault(&field(&text), &ACCESS_RECORD), (2, Place::Known("dataset"), expected));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_says_of_any_bytes_what_its_plainest_form_says(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        fields in fields(),
    ) {
        agrees(&bytes);
        agrees(&fields);
        // The same as a record in a body.
        agrees(&[&[0x1a], &varint(fields.len() as u64)[..], &fields].concat());
    }

    #[test]
    fn it_says_of_mutated_bodies_what_its_plainest_form_says(
        body in arbitrary_body(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 0..4),
    ) {
        let mut bytes = body.encode_to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        agrees(&bytes);
    }

    #[test]
    fn a_visitor_is_told_all_that_stands_there_in_order(record in arbitrary_record()) {
        let bytes = record.encode_to_vec();
        let mut scribe = Scribe::default();
        walk(&bytes, &ACCESS_RECORD, &mut scribe).unwrap();
        prop_assert_eq!(scribe.0, bytes);
    }
}
