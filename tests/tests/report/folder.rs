//! The folder of a report, looked into and changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use einsicht_tests::folder::files;
use serde_json::Value;

/// Every file by its path and what is in it.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_owned();
    files(folder).iter().map(|path| (relative(path), fs::read(path).unwrap())).collect()
}

/// A file of JSON.
pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a sheet by their first cell; of each its cells by their columns.
pub fn sheet(path: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let columns = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| {
        let cells = columns.iter().zip(row.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned()));
        (row[0].to_owned(), cells.collect())
    })
    .collect()
}

/// Puts `new` in the place of `old` in a file, where it stands first.
pub fn replace(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{} has no {old:?}: {text}", path.display());
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

/// The manifest names the file as it is now: whoever changes a report can do that, too.
pub fn refit_manifest(folder: &Path, file: &str) {
    let path = folder.join("manifest.json");
    let hash = einsicht_tlog::hash::sha256(&fs::read(folder.join(file)).unwrap()).to_hex();
    let old = json(&path)["files"][file].as_str().unwrap().to_owned();
    replace(&path, &old, &hash);
}
