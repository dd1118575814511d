//! What the test files share: where the public vectors lie, and how to read them.

#![allow(dead_code, reason = "each test file is a crate of its own and uses some of these")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Set to `1` where a run without the public vectors must not pass, as in `.ci/run`.
const REQUIRE_VARIABLE: &str = "EINSICHT_REQUIRE_SHARED";

/// `name` in `../shared/data`, seen from the project's root. If the data is not there, says so (past
/// the capture of the test harness) and gives `None`: the test has nothing to check then.
///
/// # Panics
/// If the data is not there although `EINSICHT_REQUIRE_SHARED=1`, or if it is there without `name`.
pub fn shared(name: &str) -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.is_dir() {
        let required = std::env::var_os(REQUIRE_VARIABLE).is_some_and(|value| value == "1");
        assert!(!required, "../shared/data is not there, and {REQUIRE_VARIABLE}=1 requires it");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let mut stderr = io::stderr().lock();
        writeln!(stderr, "skipped: ../shared/data is not there ({test} reads {name})").unwrap();
        return None;
    }
    let path = data.join(name);
    assert!(path.exists(), "../shared/data is there, but {name} is not in it");
    Some(path)
}

/// All files below `folder`, sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// The bytes of a file.
pub fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file as text.
pub fn read_text(path: impl AsRef<Path>) -> String {
    String::from_utf8(read(path)).unwrap()
}

/// A file as JSON.
pub fn read_json<T: DeserializeOwned>(path: impl AsRef<Path>) -> T {
    let path = path.as_ref();
    serde_json::from_slice(&read(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Reads hexadecimal digits.
pub fn unhex(digits: &str) -> Vec<u8> {
    assert!(digits.is_ascii() && digits.len().is_multiple_of(2), "not hexadecimal: {digits}");
    let pair = |at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Bytes that JSON holds as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|digits| Self(unhex(&digits)))
    }
}

/// Bytes that JSON holds in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InBase64(pub Vec<u8>);

impl<'de> Deserialize<'de> for InBase64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Base64::decode_vec(&text).unwrap()))
    }
}
