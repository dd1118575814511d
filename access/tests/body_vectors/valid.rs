//! Bodies that every reader accepts.

use einsicht_access::wire::FIELD_NUMBER_MAX;
use einsicht_proto::schema::{ENTRY_BODY, Kind, MessageSchema};

use crate::write::{body, bytes, number, tag, varint};

/// Every kind with all its fields, then what strict reading allows.
pub fn cases() -> Vec<(String, Vec<u8>)> {
    let full = ENTRY_BODY.fields.iter().map(|field| {
        let Kind::Message(message) = field.kind else { panic!("{} is no message", field.name) };
        (format!("{} with all its fields", field.name), bytes(field.number.into(), sample(message)))
    });
    let allowed = [kinds(), shapes(), unknown(), values()].concat();
    full.chain(allowed.into_iter().map(|(name, bytes)| (name.to_owned(), bytes))).collect()
}

type Case = (&'static str, Vec<u8>);

/// All fields of a message, each with another value; lists have two items.
fn sample(message: &MessageSchema) -> Vec<u8> {
    let mut out = Vec::new();
    for field in message.fields {
        for item in 0..if field.repeated { 2 } else { 1 } {
            let field_number = u64::from(field.number);
            out.extend(match field.kind {
                Kind::Bool => number(field_number, 1),
                Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 => {
                    number(field_number, 100 + field_number)
                }
                Kind::Enum => number(field_number, 2),
                Kind::String => bytes(field_number, format!("{} {item}", field.name)),
                Kind::Bytes => bytes(field_number, [field.number.to_le_bytes()[0], item]),
                Kind::Message(inner) => bytes(field_number, sample(inner)),
            });
        }
    }
    out
}

fn kinds() -> Vec<Case> {
    vec![
        ("no bytes: an entry of unknown kind", Vec::new()),
        ("an unknown kind of entry", bytes(13, "to come")),
        ("an unknown kind whose content is no message", bytes(13, [0xff, 0xff])),
        ("an unknown field that is no content", number(100, 1)),
        ("a content without fields", body(2, &[])),
        ("a predecessor without fields", body(1, &[bytes(1, "a"), bytes(6, "")])),
        ("an access that is not written in full", body(3, &[bytes(1, "besuchertrend"), number(2, 3)])),
        (
            "lengths that writers keep and readers do not check",
            body(4, &[bytes(1, "verkehr"), bytes(2, "abc")]),
        ),
        ("an opening whose record is not read", body(9, &[number(1, 7), bytes(3, [0xff, 0xff, 0xff])])),
    ]
}

fn shapes() -> Vec<Case> {
    let (dataset, operation, purpose) = (bytes(1, "besuchertrend"), number(2, 3), bytes(3, "planung"));
    vec![
        ("fields out of order", body(3, &[purpose, operation.clone(), dataset.clone()])),
        (
            "items of one list apart from each other",
            body(3, &[bytes(16, "b"), dataset.clone(), bytes(16, "a"), operation, bytes(16, "b")]),
        ),
        ("defaults that are written", body(3, &[dataset, bytes(3, ""), number(66, 0), number(2, 0)])),
        ("false that is written", body(1, &[bytes(1, "a"), number(2, 1), number(5, 0)])),
        ("an optional field with its default", body(4, &[bytes(1, "verkehr"), number(3, 0)])),
    ]
}

fn unknown() -> Vec<Case> {
    let software = bytes(1, "einsichtd 0.1.0");
    let of_every_type =
        [number(90, 1), [tag(91, 1), vec![0; 8]].concat(), bytes(92, "x"), [tag(93, 5), vec![0; 4]].concat()]
            .concat();
    let mut deep = Vec::new();
    for _ in 0..20 {
        deep = bytes(1, deep);
    }
    let start = body(2, std::slice::from_ref(&software));
    vec![
        ("unknown fields behind the content", [start.clone(), of_every_type.clone()].concat()),
        ("unknown fields before the content", [of_every_type.clone(), start.clone()].concat()),
        ("unknown fields in the content", body(2, &[of_every_type.clone(), software.clone(), of_every_type])),
        ("an unknown field twice", body(2, &[software.clone(), number(90, 1), number(90, 2)])),
        ("one unknown field with two types", body(2, &[software.clone(), number(90, 1), bytes(90, "x")])),
        ("the largest field number", body(2, &[software.clone(), number(FIELD_NUMBER_MAX, 1)])),
        (
            "an unknown field that is neither text nor message",
            body(2, &[software.clone(), bytes(90, [0x0b, 0xff])]),
        ),
        ("an unknown field that could be read 20 deep", body(2, &[software, bytes(90, deep)])),
        ("an unknown kind beside a known one", [start, bytes(13, "to come")].concat()),
    ]
}

fn values() -> Vec<Case> {
    let minus = |value: i64| value.cast_unsigned();
    vec![
        ("the largest uint64", body(3, &[number(66, u64::MAX)])),
        ("the largest uint32", body(5, &[number(1, u32::MAX.into())])),
        ("the largest int32", body(3, &[number(22, (1 << 31) - 1)])),
        ("the smallest int32", body(3, &[number(22, minus(-(1 << 31)))])),
        ("the largest int64", body(3, &[number(6, (1 << 63) - 1)])),
        ("the smallest int64", body(3, &[number(6, minus(i64::MIN))])),
        ("−1 as int32", body(3, &[number(24, minus(-1))])),
        ("an unknown number of an enumeration", body(3, &[number(2, 4711)])),
        ("a negative number of an enumeration", body(3, &[number(2, minus(-1))])),
        ("text beyond ASCII", body(2, &[bytes(1, "Straße, 道, 🂡, \u{10ffff}")])),
        ("text with a zero byte", body(2, &[bytes(1, "a\0b")])),
        ("a length of two bytes", body(2, &[[tag(1, 2), varint(200), vec![b'x'; 200]].concat()])),
    ]
}
