//! A citizen's key file.

use einsicht_access::Month;
use einsicht_access::marker::ViewKey;
use einsicht_client::view_keys::{VIEW_KEYS_BYTES_MAX, VIEW_KEYS_MAX, ViewKeyOf, ViewKeys};
use einsicht_tlog::hash::encode_base64;
use serde::Serialize;

use crate::ledger::{ORIGIN, hex};

#[derive(Serialize)]
pub struct File {
    bytes_max: u64,
    keys_max: usize,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    file: String,
    origin: String,
    keys: Vec<Key>,
    months: Vec<String>,
}

#[derive(Serialize)]
struct Key {
    scheme: String,
    month: String,
    key: String,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    file: String,
    reason: String,
}

pub fn file() -> File {
    File { bytes_max: VIEW_KEYS_BYTES_MAX, keys_max: VIEW_KEYS_MAX, valid: valid(), invalid: invalid() }
}

/// A file as it is written.
fn written(keys: &[(&str, &str, u8)]) -> String {
    let mut file = ViewKeys::new(ORIGIN.to_owned());
    for (scheme, month, byte) in keys {
        let month: Month = month.parse().unwrap();
        file.add(ViewKeyOf { scheme: (*scheme).to_owned(), month, key: ViewKey::from([*byte; 32]) });
    }
    file.to_json().to_string()
}

fn one() -> String {
    written(&[("person", "2026-10", 0xa7)])
}

fn edit(from: &str, to: &str) -> String {
    assert!(one().contains(from), "nothing to edit: {from}");
    one().replacen(from, to, 1)
}

fn valid() -> Vec<Valid> {
    let longest = "ß".repeat(64);
    let compact = one().replace(['\n', ' '], "");
    let turned = format!(
        "\t{{\"keys\":[{{\"key\":\"{}\",\"month\":\"2026-10\",\"scheme\":\"person\"}}],\r\n\"origin\":{ORIGIN:?},\
         \"format\":\"einsicht-view-keys/v1\"}} ",
        encode_base64(&[0xa7; 32])
    );
    vec![
        read("one key", one()),
        read(
            "months out of order, and two registers",
            written(&[("person", "2026-11", 1), ("person", "2026-10", 2), ("kfz", "2026-11", 3)]),
        ),
        read(
            "two keys of one register and month",
            written(&[("person", "2026-10", 1), ("person", "2026-10", 2)]),
        ),
        read("one key in two registers", written(&[("person", "2026-10", 1), ("halter", "2026-10", 1)])),
        read("the first month and the last", written(&[("person", "1970-01", 1), ("person", "9999-12", 2)])),
        read("every character of a code", written(&[("Ab-_.:/9ß", "2026-10", 1)])),
        read("a register of 128 bytes", written(&[(&longest, "2026-10", 1)])),
        read("without white space", compact),
        read("members in another order, and other white space", turned),
        read("letters that are escaped", edit("\"person\"", "\"p\\u0065rson\"")),
    ]
}

fn read(name: &'static str, file: String) -> Valid {
    let read = ViewKeys::parse(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    let key = |key: &ViewKeyOf| Key {
        scheme: key.scheme.clone(),
        month: key.month.to_string(),
        key: hex(key.key.as_bytes()),
    };
    let keys = read.keys().iter().map(key).collect();
    let months = read.months().iter().map(ToString::to_string).collect();
    Valid { name, origin: read.origin().to_owned(), keys, months, file }
}

fn invalid() -> Vec<Invalid> {
    let key = encode_base64(&[0xa7; 32]);
    let unused_bits = key.replace("c=", "d=");
    assert_ne!(unused_bits, key);
    let no_keys = ViewKeys::new(ORIGIN.to_owned()).to_json().to_string();
    let of_scheme = |scheme: &str| edit("\"person\"", &format!("\"{scheme}\""));
    let of_month = |month: &str| edit("2026-10", month);
    let of_key = |text: &str| edit(&key, text);
    let cases = vec![
        ("nothing", String::new()),
        ("no JSON", "no json".to_owned()),
        ("a list", format!("[{}]", one())),
        ("another version", edit("keys/v1", "keys/v2")),
        ("no format", edit("\"format\": \"einsicht-view-keys/v1\",", "")),
        ("no key", no_keys),
        ("no list of keys", edit("\"keys\": [", "\"keys\": [],\n\"more\": [")),
        ("a further member", edit("\"origin\"", "\"owner\": \"x\", \"origin\"")),
        ("a further member of a key", edit("\"scheme\"", "\"id\": \"4711\", \"scheme\"")),
        ("a member twice", edit("\"origin\"", "\"format\": \"einsicht-view-keys/v1\", \"origin\"")),
        ("a member of a key twice", edit("\"scheme\"", "\"month\": \"2026-10\", \"scheme\"")),
        ("a name of a ledger that is none", edit(ORIGIN, "a b")),
        ("a ledger without a name", edit(ORIGIN, "")),
        ("an empty register", of_scheme("")),
        ("a register with a line feed", of_scheme("per\\nson")),
        ("a register with a space", of_scheme("per son")),
        ("a register of 129 bytes", of_scheme(&format!("{}x", "ß".repeat(64)))),
        ("a register that is not normalised", of_scheme("a\\u0308")),
        ("a register with half of a character", of_scheme("a\\ud800")),
        ("a 13th month", of_month("2026-13")),
        ("month 0", of_month("2026-00")),
        ("a month of one digit", of_month("2026-9")),
        ("a day", of_month("2026-10-01")),
        ("a month with a space", of_month("2026-10 ")),
        ("a month before 1970", of_month("1969-12")),
        ("a month that is null", edit("\"2026-10\"", "null")),
        ("a key of 31 bytes", of_key(&encode_base64(&[0xa7; 31]))),
        ("a key of 33 bytes", of_key(&encode_base64(&[0xa7; 33]))),
        ("an empty key", of_key("")),
        ("a key without padding", of_key(key.trim_end_matches('='))),
        ("a key with unused bits that are set", of_key(&unused_bits)),
        ("a key in hexadecimal digits", of_key(&hex(&[0xa7; 32]))),
        ("a key with a line feed", of_key(&format!("{key}\\n"))),
        ("a key that is a number", edit(&format!("\"{key}\""), "7")),
        (
            "a key twice",
            written(&[("person", "2026-10", 1), ("person", "2026-11", 1), ("person", "2026-10", 1)]),
        ),
        ("an end that is missing", one().trim_end().trim_end_matches('}').to_owned()),
        ("something behind the end", format!("{}x", one())),
        ("a comma too many", edit("\n    }\n", "\n    },\n")),
        ("a comment", edit("{", "{ // the keys of a person\n")),
        ("a byte order mark", format!("\u{feff}{}", one())),
        ("a white space that JSON does not have", edit("{", "\u{a0}{")),
    ];
    cases.into_iter().map(|(name, file)| refuse(name, file)).collect()
}

fn refuse(name: &'static str, file: String) -> Invalid {
    let reason = ViewKeys::parse(&file).expect_err(name).to_string();
    Invalid { name, file, reason }
}
