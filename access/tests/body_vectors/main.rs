//! Test vectors of the strict reading of bodies (`docs/format.md`, Body), in `testdata/body.json`.
//!
//! They are for other implementations; `testdata/README.md` says what each field is. This code makes
//! them, checks every one while it does (what is valid is accepted and reads as it states, what is
//! invalid is refused for the rule that it states), and compares the result byte for byte with what is
//! committed. A difference means that the format has changed: if it should,
//! `EINSICHT_WRITE_TESTDATA=1` writes the file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod invalid;
mod read;
mod valid;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_access::read_body;
use einsicht_access::wire::{DEPTH_MAX, FIELD_NUMBER_MAX, Fault};
use serde::Serialize;

use read::Field;

const NAME: &str = "body.json";
const WRITE_VARIABLE: &str = "EINSICHT_WRITE_TESTDATA";
const BYTES_MAX: usize = 100_000;

#[derive(Serialize)]
struct BodyFile {
    field_number_max: u64,
    depth_max: usize,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: String,
    bytes: String,
    content: &'static str,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    bytes: String,
    rule: u8,
    reason: &'static str,
}

#[test]
fn the_committed_vectors_are_what_this_code_gives() {
    let generated = generate();
    if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        fs::write(folder().join(NAME), &generated).unwrap();
    }
    let committed = fs::read_to_string(folder().join(NAME)).unwrap_or_default();
    let first =
        committed.lines().zip(generated.lines()).position(|(committed, generated)| committed != generated);
    assert!(
        committed == generated,
        "testdata/{NAME} is not what this code gives, first in line {:?}. If the format should change, write \
         it anew with\n  {WRITE_VARIABLE}=1 cargo test -p einsicht-access --test body_vectors",
        first.map(|line| line + 1)
    );
}

#[test]
fn the_file_is_described_and_small() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    assert!(readme.contains(&format!("## `{NAME}`")), "testdata/README.md does not describe {NAME}");
    let bytes = generate().len();
    assert!(bytes < BYTES_MAX, "testdata/{NAME} has {bytes} bytes, less than {BYTES_MAX} are wanted");
}

/// Rule 9 has none: the deepest message that is known today nests 3 deep.
#[test]
fn every_rule_but_that_of_depth_has_vectors() {
    let broken: std::collections::BTreeSet<_> = invalid::cases().iter().map(|case| case.1).collect();
    assert_eq!(broken.into_iter().collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    let deepest =
        valid::cases().iter().flat_map(|case| read::fields(&case.1)).map(|field| field.depth()).max();
    assert_eq!(deepest, Some(3));
}

fn generate() -> String {
    let file = BodyFile {
        field_number_max: FIELD_NUMBER_MAX,
        depth_max: DEPTH_MAX,
        valid: valid::cases().into_iter().map(|(name, bytes)| accepted(name, &bytes)).collect(),
        invalid: invalid::cases()
            .into_iter()
            .map(|(name, rule, bytes)| refused(name, rule, &bytes))
            .collect(),
    };
    format!("{}\n", serde_json::to_string_pretty(&file).unwrap())
}

fn accepted(name: String, bytes: &[u8]) -> Valid {
    let body = read_body(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let fields = read::fields(bytes);
    // What another reader of protobuf makes of it; defaults need not be written, and are left out there.
    let again = read::fields(&einsicht_access::body_bytes(&body));
    let stated =
        |fields: &[Field]| fields.iter().filter(|field| !field.is_default()).cloned().collect::<Vec<_>>();
    assert_eq!(stated(&fields), stated(&again), "{name}");
    Valid { name, bytes: write::hex(bytes), content: einsicht_access::kind_name(&body), fields }
}

fn refused(name: &'static str, rule: u8, bytes: &[u8]) -> Invalid {
    let Err(error) = read_body(bytes) else { panic!("{name}: accepted") };
    let found = match error.fault {
        Fault::OverlongVarint { .. } | Fault::VarintTooLarge => 1,
        Fault::FieldNumber { .. } => 2,
        Fault::ForbiddenWireType { .. } => 3,
        Fault::Truncated { .. } => 4,
        Fault::WireType { .. } => 5,
        Fault::SecondTime => 6,
        Fault::BesideOther { .. } => 7,
        Fault::Range { .. } | Fault::NotUtf8 { .. } => 8,
        Fault::TooDeep => 9,
        Fault::Unsupported | Fault::Decoder(_) => panic!("{name}: {error}"),
    };
    assert_eq!(found, rule, "{name}: {error}");
    Invalid { name, bytes: write::hex(bytes), rule, reason: invalid::REASONS[usize::from(rule) - 1] }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}
