//! Test vectors for every construction of `docs/format.md` that this crate has, in `testdata/`.
//!
//! They are for other implementations; `testdata/README.md` says what each field is. This code makes
//! them, checks every one while it does (what is valid is accepted, what is invalid is refused for the
//! reason that it states), and compares the result byte for byte with what is committed. A difference
//! means that the format has changed: if it should, `EINSICHT_WRITE_TESTDATA=1` writes the files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bundle;
mod checkpoint;
mod fixture;
mod key;
mod leaf;
mod odd_signature;
mod proof;
mod receipt;
mod segment;
mod segment_file;
mod signature;
mod tile;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

/// A file's name, and what makes its text.
type File = (&'static str, fn() -> String);

const FILES: [File; 13] = [
    ("leaf.json", leaf::leaves),
    ("chain.json", leaf::chain),
    ("tree.json", tree::trees),
    ("inclusion.json", proof::inclusion),
    ("consistency.json", proof::consistency),
    ("key.json", key::keys),
    ("signature.json", signature::signatures),
    ("checkpoint.json", checkpoint::checkpoints),
    ("tile-path.json", tile::paths),
    ("tile.json", tile::tiles),
    ("bundle.json", bundle::bundles),
    ("receipt.json", receipt::receipts),
    ("segment.json", segment::segments),
];

const WRITE_VARIABLE: &str = "EINSICHT_WRITE_TESTDATA";
const BYTES_MAX: usize = 220_000;

#[test]
fn the_committed_vectors_are_what_this_code_gives() {
    let write = std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1");
    let mut differences = Vec::new();
    for (name, generate) in FILES {
        let (path, generated) = (folder().join(name), generate());
        if write {
            fs::write(&path, &generated).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed != generated {
            differences.push(format!("{name}, {}", first_difference(&committed, &generated)));
        }
    }
    assert!(
        differences.is_empty(),
        "testdata/ is not what this code gives. If the format should change, write it anew with\n  \
         {WRITE_VARIABLE}=1 cargo test -p einsicht-tlog --test format_vectors\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_file_is_described_and_all_of_them_are_small() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut bytes = readme.len();
    for (name, generate) in FILES {
        assert!(readme.contains(&format!("## `{name}`")), "testdata/README.md does not describe {name}");
        bytes += generate().len();
    }
    assert!(bytes < BYTES_MAX, "testdata/ has {bytes} bytes, less than {BYTES_MAX} are wanted");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

fn first_difference(committed: &str, generated: &str) -> String {
    let mut lines = (1..).zip(committed.lines().zip(generated.lines()));
    match lines.find(|(_, (committed, generated))| committed != generated) {
        Some((number, (committed, generated))) => {
            format!("line {number}:\n  committed: {}\n  generated: {}", committed.trim(), generated.trim())
        }
        None => {
            format!("{} lines committed, {} generated", committed.lines().count(), generated.lines().count())
        }
    }
}
