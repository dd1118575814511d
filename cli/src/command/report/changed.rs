//! Files of a report that are not those that its manifest names.

use einsicht_access::Language;
use einsicht_report::{CHECKPOINT, Files, KEY, Manifest, REPORT};
use einsicht_tlog::hash::sha256;

use crate::language::pick;

/// A file that is not as the manifest names it: it was changed after the report was made, whatever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The file, by its path below the folder.
    pub file: String,
    /// What the manifest names, SHA-256 in hexadecimal digits; `None`: it does not name the file.
    pub expected: Option<String>,
    /// What is there; `None`: nothing.
    pub found: Option<String>,
}

/// All of them: what is missing or another one, then what does not belong there. The manifest itself is not looked at.
pub fn changes(manifest: &Manifest, files: &Files) -> Vec<Changed> {
    let hash = |file: &str| files.get(file).map(|bytes| sha256(bytes).to_hex());
    let named = manifest.files.iter().map(|(file, expected)| Changed {
        file: file.clone(),
        expected: Some(expected.clone()),
        found: hash(file),
    });
    let is_unnamed = |file: &&String| *file != Manifest::PATH && !manifest.files.contains_key(*file);
    let unnamed = files.keys().filter(is_unnamed);
    let unnamed = unnamed.map(|file| Changed { file: file.clone(), expected: None, found: hash(file) });
    named.filter(|file| file.expected != file.found).chain(unnamed).collect()
}

/// Whether the ledger gives what stands in a file: the others are only held against the manifest.
fn has_figures(file: &str) -> bool {
    file == REPORT
        || (file.starts_with("csv/") && file.ends_with(".csv"))
        || file == "index.html"
        || file == "en/index.html"
}

impl Changed {
    /// Whether a report can't be made again with this file as it is: it holds what is not in the ledger.
    pub fn is_needed(&self) -> bool {
        self.file.starts_with("inputs/") || self.file == CHECKPOINT || self.file == KEY
    }

    /// Whether it is a file of figures, and another one: then the ledger tells which figure.
    pub fn is_of_figures(&self) -> bool {
        self.expected.is_some() && self.found.is_some() && has_figures(&self.file)
    }

    /// What is wrong with it.
    pub fn told(&self, language: Language) -> String {
        let (file, manifest) = (&self.file, Manifest::PATH);
        match (&self.expected, &self.found) {
            (None, _) => pick(
                language,
                format!("{file} gehört nicht zum Bericht: {manifest} nennt keine solche Datei"),
                format!("{file} does not belong to the report: {manifest} names no such file"),
            ),
            (_, None) => pick(
                language,
                format!("{file} fehlt: {manifest} nennt diese Datei"),
                format!("{file} is missing: {manifest} names it"),
            ),
            _ => pick(
                language,
                format!("{file} ist nicht die Datei, die {manifest} nennt (SHA-256)"),
                format!("{file} is not the file that {manifest} names (SHA-256)"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"format": "einsicht/report-manifest/v1", "origin": "o", "period": "2026",
        "time_zone": "UTC", "time_zones": "2026a", "first_instant": "", "end_instant": "", "provisional": false,
        "tree_size": 1, "root": "", "charter": null, "software": "x", "entries": "public", "fewer_than": null,
        "corrects": null, "files": {}}"#;

    #[test]
    fn what_is_missing_another_one_or_not_named_is_told_and_nothing_else() {
        let mut manifest = Manifest::parse(MANIFEST.as_bytes()).unwrap();
        for file in ["csv/a.csv", "checkpoint", "inputs/coverage.toml"] {
            manifest.files.insert(file.to_owned(), sha256(file.as_bytes()).to_hex());
        }
        let of = |texts: &[(&str, &str)]| -> Files {
            texts.iter().map(|(file, text)| ((*file).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let right = [
            ("csv/a.csv", "csv/a.csv"),
            ("checkpoint", "checkpoint"),
            ("inputs/coverage.toml", "inputs/coverage.toml"),
            (Manifest::PATH, "whatever"),
        ];
        assert_eq!(changes(&manifest, &of(&right)), []);
        let wrong = [("csv/a.csv", "b"), ("checkpoint", "checkpoint"), (".DS_Store", "x")];
        let found = changes(&manifest, &of(&wrong));
        let told: Vec<_> = found.iter().map(|changed| changed.told(Language::English)).collect();
        assert_eq!(
            told,
            [
                "csv/a.csv is not the file that manifest.json names (SHA-256)",
                "inputs/coverage.toml is missing: manifest.json names it",
                ".DS_Store does not belong to the report: manifest.json names no such file",
            ]
        );
        let of_figures: Vec<_> = found.iter().map(|one| (one.is_needed(), one.is_of_figures())).collect();
        assert_eq!(of_figures, [(false, true), (true, false), (false, false)]);
    }
}
