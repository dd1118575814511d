//! Bodies that every reader refuses, each for one rule of `docs/format.md`, Strict reading.

use crate::write::{body, bytes, number, tag, varint};

/// What the rules ask for, from rule 1 on.
pub const REASONS: [&str; 9] = [
    "a varint is not as short as possible, or does not fit in 64 bits",
    "a field number is not 1 to 2^29 − 1",
    "a wire type is not 0, 1, 2 or 5",
    "a value reaches beyond the message that it stands in",
    "a known field does not have the wire type of its declaration",
    "a known field that is not repeated occurs more than once",
    "more than one member of a oneof occurs",
    "a value is not in the range of its type",
    "known messages nest more than 8 deep",
];

type Case = (&'static str, u8, Vec<u8>);

/// Name, rule, bytes.
pub fn cases() -> Vec<Case> {
    [varints(), numbers_and_types(), lengths(), declarations(), occurrences(), ranges(), texts()].concat()
}

fn software() -> Vec<u8> {
    bytes(1, "einsichtd 0.1.0")
}

fn start(more: &[u8]) -> Vec<u8> {
    body(2, &[software(), more.to_vec()])
}

fn record(field: Vec<u8>) -> Vec<u8> {
    body(3, &[bytes(1, "besuchertrend"), field])
}

fn varints() -> Vec<Case> {
    let ten = |last: u8| [&[0xff; 9][..], &[last]].concat();
    vec![
        ("a tag of two bytes that one would hold", 1, [&[0x92, 0x00], &start(&[])[1..]].concat()),
        ("a length of two bytes that one would hold", 1, vec![0x12, 0x82, 0x00, 0x0a, 0x00]),
        (
            "a length of a string of two bytes that one would hold",
            1,
            body(2, &[vec![0x0a, 0x81, 0x00, b'x']]),
        ),
        ("a value of two bytes that one would hold", 1, record(vec![0x10, 0x83, 0x00])),
        ("0 in two bytes", 1, record(vec![0x10, 0x80, 0x00])),
        ("2^63 − 1 in ten bytes", 1, record([tag(66, 0), ten(0)].concat())),
        ("65 bits", 1, record([tag(66, 0), ten(2)].concat())),
        ("eleven bytes", 1, record([tag(66, 0), vec![0x80; 10], vec![0x01]].concat())),
        (
            "an unknown field with a value of two bytes that one would hold",
            1,
            start(&[&tag(90, 0)[..], &[0x81, 0]].concat()),
        ),
        (
            "an unknown field with a length that fewer bytes would hold",
            1,
            start(&[&tag(90, 2)[..], &[0x80, 0]].concat()),
        ),
    ]
}

fn numbers_and_types() -> Vec<Case> {
    let with =
        |number: u64, wire_type: u64, rest: &[u8]| start(&[&tag(number, wire_type)[..], rest].concat());
    vec![
        ("field number 0", 2, with(0, 0, &[1])),
        ("field number 0 outside of the content", 2, [start(&[]), number(0, 1)].concat()),
        ("field number 2^29", 2, with(1 << 29, 0, &[1])),
        ("field number 2^61 − 1", 2, with((1 << 61) - 1, 0, &[1])),
        ("an unknown group", 3, with(90, 3, &tag(90, 4))),
        ("the end of a group", 3, with(90, 4, &[])),
        ("an unknown field of type 6", 3, with(90, 6, &[0; 8])),
        ("an unknown field of type 7", 3, with(90, 7, &[0; 8])),
        ("an unknown group beside the content", 3, [start(&[]), tag(90, 3), tag(90, 4)].concat()),
    ]
}

fn lengths() -> Vec<Case> {
    let whole = start(&[]);
    vec![
        ("a body that is cut off", 4, whole[..whole.len() - 1].to_vec()),
        ("a body that is cut off behind a tag", 4, vec![0x12]),
        ("a body that is cut off in a varint", 4, [whole.clone(), tag(90, 0), vec![0x80]].concat()),
        (
            "a string that reaches beyond its message, but not beyond the body",
            4,
            [vec![0x12, 0x02, 0x0a, 0x01], number(90, 1)].concat(),
        ),
        (
            "a message that reaches beyond the one that it stands in",
            4,
            [bytes(1, [0x32, 0x02]), number(90, 1)].concat(),
        ),
        ("a tag without value at the end of a message", 4, [body(2, &[vec![0x0a]]), bytes(90, "x")].concat()),
        ("8 bytes of which 7 are there", 4, start(&[&tag(90, 1)[..], &[0; 7]].concat())),
        ("4 bytes of which 3 are there", 4, start(&[&tag(90, 5)[..], &[0; 3]].concat())),
        ("an unknown field that is longer than its message", 4, start(&[&tag(90, 2)[..], &[5, 0]].concat())),
        ("a length of 2^64 − 1", 4, start(&[tag(90, 2), varint(u64::MAX)].concat())),
    ]
}

fn declarations() -> Vec<Case> {
    vec![
        ("a content that is a number", 5, number(2, 1)),
        ("a string that is a number", 5, body(2, &[number(1, 1)])),
        ("a number that is a string", 5, record(bytes(2, [3]))),
        ("a number in 8 bytes", 5, record([tag(66, 1), vec![0; 8]].concat())),
        ("a number in 4 bytes", 5, body(5, &[[tag(1, 5), vec![0; 4]].concat()])),
        ("a known field as a group", 5, body(1, &[[tag(6, 3), tag(6, 4)].concat()])),
        ("an item of a list that is a number", 5, record(number(16, 1))),
    ]
}

fn occurrences() -> Vec<Case> {
    let start = start(&[]);
    vec![
        ("a string twice, with one value", 6, body(2, &[software(), software()])),
        ("a number twice", 6, record([number(2, 3), number(2, 4)].concat())),
        ("an optional field twice", 6, body(4, &[number(3, 1), number(3, 1)])),
        (
            "a message twice, which others would merge",
            6,
            body(1, &[bytes(6, bytes(1, "a")), bytes(6, number(2, 1))]),
        ),
        ("a content twice", 6, [start.clone(), start.clone()].concat()),
        ("two contents", 7, [start.clone(), body(3, &[bytes(1, "besuchertrend")])].concat()),
        ("two contents, the latter without fields", 7, [start.clone(), body(4, &[])].concat()),
        ("two contents with an unknown field between them", 7, [start, number(90, 1), body(1, &[])].concat()),
    ]
}

fn ranges() -> Vec<Case> {
    vec![
        ("true as 2", 8, record(number(18, 2))),
        ("a uint32 of 2^32", 8, body(5, &[number(1, 1 << 32)])),
        ("an int32 of 2^31", 8, record(number(22, 1 << 31))),
        ("an int32 of −2^31 − 1", 8, record(number(22, (-(1_i64 << 31) - 1).cast_unsigned()))),
        ("−1 as 32 bits", 8, record(number(22, u32::MAX.into()))),
        ("a number of an enumeration of 2^31", 8, record(number(2, 1 << 31))),
        ("a negative number of an enumeration as 32 bits", 8, record(number(2, u32::MAX.into()))),
        ("a version of the format of 2^32 + 1", 8, body(1, &[number(2, (1 << 32) + 1)])),
    ]
}

fn texts() -> Vec<Case> {
    let text = |content: &[u8]| body(2, &[bytes(1, content)]);
    vec![
        ("a byte that is in no UTF-8", 8, text(b"a\xff")),
        ("ISO 8859-1", 8, text(b"Stra\xdfe")),
        ("a character that is cut off", 8, text(b"a\xe2\x80")),
        ("an overlong form of '/'", 8, text(b"\xc0\xaf")),
        ("an overlong form of zero", 8, text(b"\xc0\x80")),
        ("a surrogate", 8, text(b"\xed\xa0\x80")),
        ("U+110000", 8, text(b"\xf4\x90\x80\x80")),
        ("an item of a list that is not UTF-8", 8, record(bytes(16, [0xff]))),
    ]
}
