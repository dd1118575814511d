//! Test vectors of charters in the ledger (`docs/format.md`, Charters), in `testdata/charter.json`: parts that are put
//! together, and parts that must not be. `EINSICHT_WRITE_TESTDATA=1` writes the file.

use bytes::Bytes;
use einsicht_access::charter::{Assembly, PartError, parts_of};
use einsicht_proto::v1::CharterPart;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::is_committed;

const TEXT: &str = "[charter]\ntitle = \"Datenethik der Stadt Ülm\"\n";

#[derive(Serialize)]
struct File {
    part_bytes_max: usize,
    parts_max: u32,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    parts: Vec<Part>,
    text: String,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    parts: Vec<Part>,
    reason: String,
}

#[derive(Serialize)]
struct Part {
    part: u32,
    parts: u32,
    sha256: String,
    text: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text in so many parts, which are shorter than a writer makes them: readers take any length.
fn parts(count: usize) -> Vec<CharterPart> {
    let sha256 = Bytes::copy_from_slice(&Sha256::digest(TEXT));
    let chunks: Vec<&[u8]> = TEXT.as_bytes().chunks(TEXT.len().div_ceil(count)).collect();
    let of = |(part, text): (u32, &&[u8])| CharterPart {
        part,
        parts: u32::try_from(chunks.len()).unwrap(),
        sha256: sha256.clone(),
        text: Bytes::copy_from_slice(text),
    };
    (1..).zip(&chunks).map(of).collect()
}

fn assemble(parts: &[CharterPart]) -> Result<Vec<u8>, PartError> {
    let mut assembly = Assembly::default();
    let mut whole = None;
    for part in parts {
        whole = assembly.push(part)?;
    }
    assembly.interrupt()?;
    whole.ok_or(PartError::Incomplete { part: 0, parts: 0 })
}

fn listed(parts: &[CharterPart]) -> Vec<Part> {
    let of = |part: &CharterPart| Part {
        part: part.part,
        parts: part.parts,
        sha256: hex(&part.sha256),
        text: hex(&part.text),
    };
    parts.iter().map(of).collect()
}

fn valid(name: &'static str, parts: &[CharterPart]) -> Valid {
    let text = assemble(parts).unwrap();
    Valid { name, parts: listed(parts), text: hex(&text) }
}

fn invalid(name: &'static str, change: fn(&mut Vec<CharterPart>)) -> Invalid {
    let mut changed = parts(3);
    change(&mut changed);
    let reason = assemble(&changed).unwrap_err().to_string();
    Invalid { name, parts: listed(&changed), reason }
}

fn file() -> File {
    File {
        part_bytes_max: einsicht_access::charter::PART_BYTES_MAX,
        parts_max: 65,
        valid: vec![
            valid("in one part, as it is written", &parts_of(TEXT.as_bytes())),
            valid("in two parts, one of which ends inside a character", &parts(2)),
            valid("in five parts", &parts(5)),
        ],
        invalid: vec![
            invalid("the first part is missing", |parts| drop(parts.remove(0))),
            invalid("a part is missing", |parts| drop(parts.remove(1))),
            invalid("the last part is missing", |parts| drop(parts.pop())),
            invalid("a part stands there twice", |parts| parts.insert(1, parts[0].clone())),
            invalid("two parts have changed places", |parts| parts.swap(0, 1)),
            invalid("another number of parts", |parts| parts[1].parts = 4),
            invalid("another hash", |parts| parts[1].sha256 = vec![1; 32].into()),
            invalid("a hash that is cut", |parts| parts[0].sha256.truncate(31)),
            invalid("another text than its hash says", |parts| parts[2].text = "#".into()),
            invalid("an empty part", |parts| parts[1].text = Bytes::new()),
            invalid("more parts than a charter can have", |parts| parts[0].parts = 66),
            invalid("part 0", |parts| parts[0].part = 0),
        ],
    }
}

#[test]
fn the_committed_vectors_are_what_this_code_gives() {
    is_committed("charter.json", &file());
}
