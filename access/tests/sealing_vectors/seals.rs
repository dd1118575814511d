//! Seals, and the bytes of the values in them.

use einsicht_access::SealedField;
use einsicht_access::seal::{Salt, seal};
use einsicht_access::value::{Items, SubjectView, Value};
use einsicht_proto::v1::Statement;
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;

use crate::Refused;
use crate::make::{fixed, hex, subject};

#[derive(Serialize)]
pub struct File {
    fields: Vec<Field>,
    valid: Vec<Valid>,
    invalid: Vec<Refused<Given>>,
}

#[derive(Serialize)]
struct Field {
    number: u8,
    name: &'static str,
    seal: &'static str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    field: u8,
    says: serde_json::Value,
    value: String,
    salt: String,
    seal: String,
}

#[derive(Serialize)]
struct Given {
    field: u8,
    value: String,
}

pub fn file() -> File {
    File {
        fields: SealedField::ALL.into_iter().map(field).collect(),
        valid: valid(),
        invalid: invalid().into_iter().map(refused).collect(),
    }
}

fn field(field: SealedField) -> Field {
    let kind = match field {
        SealedField::Subjects => "subjects",
        SealedField::RecordKeys => "texts",
        SealedField::Query => "query",
        SealedField::TraceId | SealedField::SpanId => "bytes",
        SealedField::OccurredAt | SealedField::OccurredUntil => "time",
        SealedField::Confidential => "record",
        SealedField::Statement => "statement",
        _ => "text",
    };
    Field { number: field.number(), name: field.name(), seal: field.seal_name(), kind }
}

fn valid() -> Vec<Valid> {
    let subjects =
        [SubjectView { scheme: "person", id: "4711" }, SubjectView { scheme: "kfz", id: "UL-ÄB 17" }];
    let statement = Statement {
        who: "revision".into(),
        index: Some(0),
        fields: vec![33, 44, 300],
        reason: "Beschwerde 7".into(),
        subjects: vec![subject("person", "4711")],
        months: vec!["2026-10".into(), "2026-11".into()],
    };
    let (short, long) = ("x".repeat(4096), format!("{}ä", "x".repeat(4095)));
    let said = json!({
        "who": "revision", "index": "0", "fields": [33, 44, 300], "reason": "Beschwerde 7",
        "subjects": [["person", "4711"]], "months": ["2026-10", "2026-11"],
    });
    let empty = json!({"who": "", "index": null, "fields": [], "reason": "", "subjects": [], "months": []});
    let text = |text: &'static str| (json!(text), Value::Text(text));
    vec![
        one(
            "two subjects",
            SealedField::Subjects,
            (json!([["person", "4711"], ["kfz", "UL-ÄB 17"]]), Value::Subjects(Items::Borrowed(&subjects))),
        ),
        one("an actor", SealedField::Actor, text("e.mustermann")),
        one("the same text in another field has another seal", SealedField::OnBehalfOf, text("e.mustermann")),
        one("text is not normalised", SealedField::Justification, text("a\u{308}")),
        one(
            "keys of records",
            SealedField::RecordKeys,
            (json!(["17", "18/ä"]), Value::Texts(Items::Borrowed(&["17", "18/ä"]))),
        ),
        one("an empty key", SealedField::RecordKeys, (json!([""]), Value::Texts(Items::Borrowed(&[""])))),
        one(
            "a query",
            SealedField::Query,
            (json!("name = 'Mustermann'"), Value::Query("name = 'Mustermann'")),
        ),
        one("a query of 4,096 bytes", SealedField::Query, (json!(short), Value::Query(&short))),
        one(
            "a query of 4,097 bytes, cut inside a character",
            SealedField::Query,
            (json!(long), Value::Query(&long)),
        ),
        one("an IPv6 address", SealedField::ClientAddress, text("2001:db8::17")),
        one(
            "a trace-id",
            SealedField::TraceId,
            (json!(hex(b"0123456789abcdef")), Value::Bytes(b"0123456789abcdef")),
        ),
        one("a parent-id", SealedField::SpanId, (json!(hex(b"01234567")), Value::Bytes(b"01234567"))),
        one(
            "a time",
            SealedField::OccurredAt,
            (json!("1795365547123456"), Value::Time(1_795_365_547_123_456)),
        ),
        one("an end", SealedField::OccurredUntil, (json!("1"), Value::Time(1))),
        one("a record", SealedField::Confidential, (json!("0a0161"), Value::Record(b"\x0a\x01a"))),
        one("a statement", SealedField::Statement, (said, Value::Statement(Cow::Owned(statement)))),
        one(
            "a statement that says nothing",
            SealedField::Statement,
            (empty, Value::Statement(Cow::Owned(Statement::default()))),
        ),
    ]
}

fn one(name: &'static str, field: SealedField, (says, value): (serde_json::Value, Value<'_>)) -> Valid {
    let mut bytes = Vec::new();
    value.append_to(&mut bytes);
    let read = Value::read(field, &bytes).unwrap();
    let mut again = Vec::new();
    read.append_to(&mut again);
    assert_eq!(again, bytes, "{name}");
    let salt = fixed(name);
    let seal = seal(field, &Salt::from(salt), &bytes);
    Valid { name, field: field.number(), says, value: hex(&bytes), salt: hex(&salt), seal: hex(&seal) }
}

type Case = (&'static str, SealedField, Vec<u8>, &'static str);

fn invalid() -> Vec<Case> {
    let cut = "the list ends inside an element";
    vec![
        ("a cut length", SealedField::Subjects, vec![0, 0, 0], cut),
        ("a cut element", SealedField::Subjects, b"\0\0\0\x09\x06person4".to_vec(), cut),
        ("a cut key", SealedField::RecordKeys, b"\0\0\0\x02a".to_vec(), cut),
        (
            "a subject without a byte",
            SealedField::Subjects,
            vec![0; 4],
            "a subject has the length of its scheme",
        ),
        (
            "a scheme that is longer than its subject",
            SealedField::Subjects,
            b"\0\0\0\x02\x02a".to_vec(),
            "the scheme ends after its element",
        ),
        ("no subject", SealedField::Subjects, vec![], "a list without elements is not sealed"),
        ("no key", SealedField::RecordKeys, vec![], "a list without elements is not sealed"),
        ("no scheme", SealedField::Subjects, b"\0\0\0\x02\0a".to_vec(), "a scheme has a byte at least"),
        ("no id", SealedField::Subjects, b"\0\0\0\x02\x01p".to_vec(), "an id has a byte at least"),
        ("text that is none", SealedField::Actor, vec![0xff], "text is UTF-8"),
        ("an id that is no text", SealedField::Subjects, b"\0\0\0\x03\x01p\xff".to_vec(), "text is UTF-8"),
        (
            "a query between two lengths",
            SealedField::Query,
            vec![b'x'; 4097],
            "a query is 4,096 bytes or less, or 4,128",
        ),
        (
            "a query that is too long",
            SealedField::Query,
            vec![b'x'; 4129],
            "a query is 4,096 bytes or less, or 4,128",
        ),
        ("a short trace-id", SealedField::TraceId, vec![1; 15], "a trace-id has 16 bytes"),
        ("a long parent-id", SealedField::SpanId, vec![1; 9], "a parent-id has 8 bytes"),
        ("no time", SealedField::OccurredAt, vec![], "a time is a number in decimal digits"),
        (
            "a time with a zero before it",
            SealedField::OccurredAt,
            b"01".to_vec(),
            "a number has one spelling",
        ),
        ("a time with a sign", SealedField::OccurredUntil, b"+1".to_vec(), "a number has one spelling"),
        ("a time of 65 bits", SealedField::OccurredAt, b"9223372036854775808".to_vec(), "a time has 64 bits"),
        ("a statement out of order", SealedField::Statement, b"\x22\x01r\x0a\x01w".to_vec(), "fields ascend"),
        (
            "a statement with a default",
            SealedField::Statement,
            b"\x0a\x00".to_vec(),
            "what is empty is left out",
        ),
        (
            "a statement with an unknown field",
            SealedField::Statement,
            b"\x38\x01".to_vec(),
            "the field is not known",
        ),
        (
            "fields that are not packed",
            SealedField::Statement,
            b"\x18\x21".to_vec(),
            "numbers of fields are packed",
        ),
    ]
}

fn refused((name, field, bytes, reason): Case) -> Refused<Given> {
    assert!(Value::read(field, &bytes).is_err(), "{name}: read");
    Refused { name, vector: Given { field: field.number(), value: hex(&bytes) }, reason: reason.to_owned() }
}
