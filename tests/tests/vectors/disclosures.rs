//! Files of disclosed values.

use bytes::Bytes;
use einsicht_access::openings::State;
use einsicht_access::seal::{Salt, seal};
use einsicht_access::{SealedField, body_bytes, read_body};
use einsicht_client::disclosure::{DISCLOSURE_BYTES_MAX, DisclosureFile, Erased, Opened, Values};
use einsicht_client::proven::ProvenEntry;
use einsicht_proto::v1::AccessRecord;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;
use einsicht_tlog::hash::encode_base64;
use einsicht_tlog::receipt::Receipt;
use prost::Message as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::city::{self, City, DISCLOSURE, ERASURE, HIDDEN, OF_BOTH};
use crate::ledger::{Ledger, ORIGIN, hex, key, other_key, text};
use crate::refused;

#[derive(Serialize)]
pub struct File {
    bytes_max: u64,
    origin: &'static str,
    verifier_key: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    file: String,
    index: String,
    trail: String,
    size: String,
    opened: Vec<OpenedValue>,
    erased: Vec<ErasedValue>,
}

#[derive(Serialize)]
struct OpenedValue {
    field: u8,
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct ErasedValue {
    field: u8,
    by: String,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    file: String,
    outcome: u8,
    reason: String,
}

pub fn file(city: &City) -> File {
    File {
        bytes_max: DISCLOSURE_BYTES_MAX,
        origin: ORIGIN,
        verifier_key: key().verifier().to_string(),
        valid: valid(city),
        invalid: invalid(city),
    }
}

/// The file of some values of an entry, as it is written.
fn written(city: &City, of: u64, opened: &[SealedField], erased: &[SealedField]) -> String {
    let open = |field: &SealedField| match city.openings(of).state(*field) {
        Some(State::Open { salt, value }) => Opened { field: *field, salt, value: value.to_vec().into() },
        _ => panic!("entry {of} has no {field}"),
    };
    let erased = erased.iter().map(|field| Erased { field: *field, by: Index(ERASURE) }).collect();
    let values = Values { opened: opened.iter().map(open).collect(), erased };
    let proven =
        |index| ProvenEntry::verify(&city.ledger.receipt(index).to_bytes(), key().verifier()).unwrap();
    DisclosureFile { entry: proven(of), values, trail: proven(DISCLOSURE) }.to_json(ORIGIN).to_string()
}

fn valid(city: &City) -> Vec<Valid> {
    use SealedField::{
        Actor, Confidential, OccurredAt, OccurredUntil, Query, RecordKeys, Statement, Subjects, TraceId,
    };
    let several = [Subjects, RecordKeys, Query, TraceId, OccurredAt, OccurredUntil];
    let compact: Value = serde_json::from_str(&written(city, OF_BOTH, &[Actor], &[])).unwrap();
    vec![
        check("values of every kind, and one that was erased", written(city, OF_BOTH, &several, &[Actor])),
        check("one value", written(city, OF_BOTH, &[Actor], &[])),
        check("one value, without white space, members in another order", compact.to_string()),
        check(
            "a confidential record, and values within",
            written(city, HIDDEN, &[Actor, Confidential, Subjects], &[]),
        ),
        check(
            "a confidential record, of which a value was erased",
            written(city, HIDDEN, &[Confidential], &[Actor]),
        ),
        check("what a steward asked for", written(city, 263, &[Statement], &[])),
    ]
}

fn check(name: &'static str, file: String) -> Valid {
    let read =
        DisclosureFile::verify(&file, key().verifier()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let opened = read.values.opened.iter();
    let erased = read.values.erased.iter();
    Valid {
        name,
        index: read.entry.index().to_string(),
        trail: read.trail.index().to_string(),
        size: read.entry.head().size.to_string(),
        opened: opened
            .map(|one| OpenedValue {
                field: one.field.number(),
                name: one.field.name(),
                value: hex(&one.value),
            })
            .collect(),
        erased: erased.map(|one| ErasedValue { field: one.field.number(), by: one.by.to_string() }).collect(),
        file,
    }
}

fn invalid(city: &City) -> Vec<Invalid> {
    let plain = written(city, OF_BOTH, &[SealedField::Actor], &[]);
    let hidden = written(city, HIDDEN, &[SealedField::Confidential, SealedField::Actor], &[]);
    let mut cases = of_values(&plain);
    cases.extend(of_confidential(&hidden));
    cases.extend(of_proofs(&city.ledger, &plain));
    cases.extend(of_layout(&plain));
    let said_itself = written(city, DISCLOSURE, &[SealedField::Statement], &[]);
    cases.push(("what a trail says, shown by itself", said_itself));
    let later = written(city, city::MARKED_IN_DECEMBER, &[SealedField::Actor], &[]);
    cases.push(("a trail before the entry", later));
    cases.push(("a confidential record that hides another one", hiding_another(&city.ledger, &hidden)));
    cases.into_iter().map(|(name, file)| refuse(name, file)).collect()
}

type Case = (&'static str, String);

fn changed(file: &str, change: impl Fn(&mut Value)) -> String {
    let mut json: Value = serde_json::from_str(file).unwrap();
    let before = json.clone();
    change(&mut json);
    assert_ne!(json, before, "nothing was changed");
    json.to_string()
}

fn of_values(file: &str) -> Vec<Case> {
    let opened =
        |member: &'static str, value: Value| changed(file, |json| json["opened"][0][member] = value.clone());
    let erased =
        |field: &str, by: u64| changed(file, |json| json["erased"] = json!([{"field": field, "by": by}]));
    vec![
        ("another value", opened("value", encode_base64(b"m.muster").into())),
        ("another salt", opened("salt", encode_base64(&[1; 32]).into())),
        ("the value of another field", opened("field", "trace_id".into())),
        ("a value of a field that the entry does not seal", opened("field", "on_behalf_of".into())),
        ("a value of a field that is not sealed", opened("field", "dataset".into())),
        ("a field that is named by its number", opened("field", "33".into())),
        (
            "a value twice",
            changed(file, |json| {
                let one = json["opened"][0].clone();
                json["opened"] = json!([one.clone(), one]);
            }),
        ),
        ("a value that is open and erased", erased("actor", ERASURE)),
        (
            "a value erased twice",
            changed(file, |json| {
                json["erased"] =
                    json!([{"field": "query", "by": ERASURE}, {"field": "query", "by": ERASURE}]);
            }),
        ),
        ("erased, of a field that the entry does not seal", erased("on_behalf_of", ERASURE)),
        ("erased by the entry itself", erased("query", OF_BOTH)),
        ("erased before the entry", erased("query", 0)),
        ("erased by the entry of the disclosure", erased("query", DISCLOSURE)),
        ("erased by the last entry that can be", erased("query", u64::MAX)),
    ]
}

fn of_confidential(file: &str) -> Vec<Case> {
    let edit = |change: &dyn Fn(&mut Vec<Value>)| {
        changed(file, |json| change(json["opened"].as_array_mut().unwrap()))
    };
    let without = edit(&|opened| drop(opened.remove(0)));
    vec![
        ("a value within a confidential record, without the record", without.clone()),
        (
            "a confidential record with one byte more",
            edit(&|opened| opened[0]["value"] = encode_base64(b"\x0a\x01a").into()),
        ),
        (
            "a value within a confidential record that was erased",
            changed(&without, |json| {
                json["erased"] = json!([{"field": "confidential", "by": ERASURE}]);
            }),
        ),
        ("a value within that the record does not seal", edit(&|opened| opened[1]["field"] = "query".into())),
    ]
}

/// A file like `file`, of a ledger in which the confidential record hides another one.
fn hiding_another(ledger: &Ledger, file: &str) -> String {
    let salt = [4; 32];
    let sealed = |record: &[u8]| {
        let seal = seal(SealedField::Confidential, &Salt::from(salt), record);
        Some(Bytes::copy_from_slice(&seal))
    };
    let within = AccessRecord {
        dataset: "melderegister".into(),
        confidential_seal: sealed(b""),
        ..AccessRecord::default()
    };
    let within = within.encode_to_vec();
    let other = ledger.again(|index, _, body| {
        if index == HIDDEN {
            let mut read = read_body(body).unwrap();
            let Some(Content::Access(record)) = &mut read.content else { panic!("no access") };
            record.confidential_seal = sealed(&within);
            *body = body_bytes(&read);
        }
    });
    changed(file, |json| {
        let (salt, value) = (encode_base64(&salt), encode_base64(&within));
        json["opened"] = json!([{"field": "confidential", "salt": salt, "value": value}]);
        json["receipt"] = text(other.receipt(HIDDEN).to_bytes()).into();
        json["trail"] = text(other.receipt(DISCLOSURE).to_bytes()).into();
    })
}

fn of_proofs(ledger: &Ledger, file: &str) -> Vec<Case> {
    let of = |member: &'static str, receipt: Receipt| {
        changed(file, |json| json[member] = text(receipt.to_bytes()).into())
    };
    let entry = |receipt| of("receipt", receipt);
    let trail = |receipt| of("trail", receipt);
    let receipt = |index| ledger.receipt(index);
    let shorter = Ledger { leaves: ledger.leaves[..290].to_vec() };
    let fork = ledger.again(|index, _, body| {
        if index == 10 {
            body.extend(b"\x6a\x00");
        }
    });
    let foreign = einsicht_tlog::checkpoint::sign(ledger.head_at(city::SIZE), &other_key());
    vec![
        ("a receipt of another entry", entry(receipt(OF_BOTH + 1))),
        ("a receipt with another index", entry(Receipt { index: Index(OF_BOTH + 1), ..receipt(OF_BOTH) })),
        ("a receipt without its entry", entry(Receipt { leaf: None, ..receipt(OF_BOTH) })),
        ("a receipt under another key", entry(Receipt { checkpoint: foreign, ..receipt(OF_BOTH) })),
        ("a receipt that is none", changed(file, |json| json["receipt"] = "c2sp.org/tlog-proof@v2\n".into())),
        ("a trail without its entry", trail(Receipt { leaf: None, ..receipt(DISCLOSURE) })),
        ("a trail that is an erasure", trail(receipt(ERASURE))),
        ("a trail that is only a request", trail(receipt(263))),
        ("a trail that is an access", trail(receipt(299))),
        ("a trail that is the entry itself", entry(receipt(DISCLOSURE))),
        ("a trail under another checkpoint of the ledger", trail(shorter.receipt(DISCLOSURE))),
        ("a trail of another history of the same size", trail(fork.receipt(DISCLOSURE))),
    ]
}

fn of_layout(file: &str) -> Vec<Case> {
    let set = |member: &'static str, value: Value| changed(file, |json| json[member] = value.clone());
    let opened =
        |member: &'static str, value: Value| changed(file, |json| json["opened"][0][member] = value.clone());
    let compact = changed(file, |json| json["erased"] = json!([{"field": "query", "by": ERASURE}]));
    let by = |number: &str| {
        let from = format!("\"by\":{ERASURE}");
        assert!(compact.contains(&from));
        compact.replace(&from, &format!("\"by\":{number}"))
    };
    let many: Vec<_> = (0..15).map(|number| json!({"field": format!("f{number}"), "by": ERASURE})).collect();
    vec![
        ("nothing", String::new()),
        ("no JSON", "no json".to_owned()),
        ("another version", set("format", "einsicht-disclosure/v2".into())),
        ("another ledger", set("origin", "else.example".into())),
        ("no value", set("opened", json!([]))),
        ("a further member", set("note", "x".into())),
        ("a further member of a value", opened("note", "x".into())),
        (
            "a member that is missing",
            changed(file, |json| drop(json.as_object_mut().unwrap().remove("trail"))),
        ),
        (
            "a member twice",
            file.replacen("\"origin\"", "\"format\": \"einsicht-disclosure/v1\", \"origin\"", 1),
        ),
        ("what was erased as null", set("erased", Value::Null)),
        ("more values than there are sealed fields", set("erased", many.into())),
        ("a salt of 31 bytes", opened("salt", encode_base64(&[1; 31]).into())),
        ("a salt that is not base64", opened("salt", "?".into())),
        ("a value that is not base64", opened("value", "e.mustermann".into())),
        ("a value that is a number", opened("value", 7.into())),
        ("an index of 2^64", by("18446744073709551616")),
        ("a negative index", by("-1")),
        ("an index of minus zero", by("-0")),
        ("an index with a fraction", by("264.0")),
        ("an index with an exponent", by("264e0")),
        ("an index that is text", by("\"264\"")),
        ("an end that is missing", file.trim_end().trim_end_matches('}').to_owned()),
        ("something behind the end", format!("{file}x")),
        ("a byte order mark", format!("\u{feff}{file}")),
    ]
}

fn refuse(name: &'static str, file: String) -> Invalid {
    let error = DisclosureFile::verify(&file, key().verifier()).expect_err(name);
    Invalid { name, file, outcome: refused(error.is_failure()), reason: error.to_string() }
}
