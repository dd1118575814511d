//! Test vectors of what people are handed and of whole ledgers, in `testdata/`.
//!
//! They are for other implementations; `testdata/README.md` says what each field is. This code makes them, checks
//! every one while it does, with the verifier that `einsicht` has, and compares the result byte for byte with what is
//! committed. A difference means that a format has changed: if it should, `EINSICHT_WRITE_TESTDATA=1` writes the files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod city;
mod disclosures;
mod forged;
mod ledger;
mod manifests;
mod receipts;
mod small;
mod view_keys;
mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use einsicht_client::Conclusion;

const WRITE_VARIABLE: &str = "EINSICHT_WRITE_TESTDATA";
const BYTES_MAX: usize = 170_000;

/// Files by their paths below `testdata/`.
type Files = BTreeMap<String, Vec<u8>>;

async fn files() -> Files {
    let city = city::City::new();
    let mut files: Files =
        city.ledger.tiles().into_iter().map(|(path, bytes)| (format!("ledger/{path}"), bytes)).collect();
    files.insert("ledger/ledger.vkey".to_owned(), format!("{}\n", ledger::key().verifier()).into_bytes());
    let described = [
        ("view-keys.json", json(&view_keys::file())),
        ("disclosure.json", json(&disclosures::file(&city))),
        ("entry-receipt.json", json(&receipts::file(&city))),
        ("report-manifest.json", json(&manifests::file(&city))),
        ("small-ledger.json", json(&small::file().await)),
        ("ledger.json", json(&whole::file(&city).await)),
    ];
    files.extend(described.map(|(name, text)| (name.to_owned(), text)));
    files
}

fn json(file: &impl serde::Serialize) -> Vec<u8> {
    format!("{}\n", serde_json::to_string_pretty(file).unwrap()).into_bytes()
}

#[tokio::test]
async fn the_committed_vectors_are_what_this_code_gives() {
    let generated = files().await;
    if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        let _ = fs::remove_dir_all(folder().join("ledger"));
        for (path, bytes) in &generated {
            fs::create_dir_all(folder().join(path).parent().unwrap()).unwrap();
            fs::write(folder().join(path), bytes).unwrap();
        }
    }
    for (path, bytes) in &generated {
        let committed = fs::read(folder().join(path)).unwrap_or_default();
        let first = committed.iter().zip(bytes).position(|(old, new)| old != new);
        assert!(
            committed == *bytes,
            "testdata/{path} is not what this code gives, first at byte {first:?}. If the format should change, write \
             it anew with\n  {WRITE_VARIABLE}=1 cargo test -p einsicht-tests --test vectors"
        );
    }
    let stray: Vec<_> = paths_below(&folder().join("ledger"))
        .into_iter()
        .filter(|path| !generated.contains_key(path))
        .collect();
    assert!(stray.is_empty(), "testdata has what this code does not make: {stray:?}");
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for (path, bytes) in &generated {
        let is_described = path.starts_with("ledger/") || readme.contains(&format!("## `{path}`"));
        assert!(is_described, "testdata/README.md does not describe {path}");
        assert!(
            bytes.len() < BYTES_MAX,
            "testdata/{path} has {} bytes, less than {BYTES_MAX} are wanted",
            bytes.len()
        );
    }
}

/// The number that programs exit with.
fn outcome(conclusion: Conclusion) -> u8 {
    match conclusion {
        Conclusion::Verified => 0,
        Conclusion::Failed => 1,
        Conclusion::CouldNotTell => 2,
    }
}

/// What a check ends with that fails or can't tell.
fn refused(is_failure: bool) -> u8 {
    outcome(if is_failure { Conclusion::Failed } else { Conclusion::CouldNotTell })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

/// The files of `ledger/`, by their paths below `testdata/`.
fn paths_below(dir: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(paths_below(&path));
        } else {
            paths.push(path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned());
        }
    }
    paths
}
