//! Test vectors of what is sealed (`docs/format.md`, Sealing to Vault), in `testdata/`.
//!
//! They are for other implementations; `testdata/README.md` says what each field is. This code makes them, checks
//! every one while it does, and compares the result byte for byte with what is committed. A difference means that
//! the format has changed: if it should, `EINSICHT_WRITE_TESTDATA=1` writes the files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod confidential;
mod make;
mod markers;
mod openings;
mod records;
mod seals;
mod vault;

use std::fs;
use std::path::{Path, PathBuf};

const WRITE_VARIABLE: &str = "EINSICHT_WRITE_TESTDATA";
const BYTES_MAX: usize = 100_000;

/// What is refused, and why.
#[derive(serde::Serialize)]
struct Refused<T> {
    name: &'static str,
    #[serde(flatten)]
    vector: T,
    reason: String,
}

fn files() -> [(&'static str, String); 6] {
    [
        ("seal.json", json(&seals::file())),
        ("openings.json", json(&openings::file())),
        ("marker.json", json(&markers::file())),
        ("sealed-record.json", json(&records::file())),
        ("confidential.json", json(&confidential::file())),
        ("vault.json", json(&vault::file())),
    ]
}

fn json(file: &impl serde::Serialize) -> String {
    format!("{}\n", serde_json::to_string_pretty(file).unwrap())
}

#[test]
fn the_committed_vectors_are_what_this_code_gives() {
    for (name, generated) in files() {
        if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
            fs::write(folder().join(name), &generated).unwrap();
        }
        let committed = fs::read_to_string(folder().join(name)).unwrap_or_default();
        let first = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
        assert!(
            committed == generated,
            "testdata/{name} is not what this code gives, first in line {:?}. If the format should change, write \
             it anew with\n  {WRITE_VARIABLE}=1 cargo test -p einsicht-access --test sealing_vectors",
            first.map(|line| line + 1)
        );
    }
}

#[test]
fn the_files_are_described_and_small() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for (name, generated) in files() {
        assert!(readme.contains(&format!("## `{name}`")), "testdata/README.md does not describe {name}");
        let bytes = generated.len();
        assert!(bytes < BYTES_MAX, "testdata/{name} has {bytes} bytes, less than {BYTES_MAX} are wanted");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}
