//! The charters that come with the project: that they are right, and what they say in plain words.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests do")]

mod catalogue;
mod damage;
mod problems;
mod published;
mod snapshots;
mod template;
mod texts;
mod ulm;
mod vectors;
mod verdicts;

use std::path::Path;

use einsicht_access::charter::Charter;

/// A charter of the folder `charters`.
fn charter(name: &str) -> Charter {
    let text = text(&format!("charters/{name}"));
    Charter::check(name, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// Holds a file of test vectors against what this code gives, or writes it anew if that is asked for.
fn is_committed(name: &str, file: &impl serde::Serialize) {
    const WRITE_VARIABLE: &str = "EINSICHT_WRITE_TESTDATA";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name);
    let generated = format!("{}\n", serde_json::to_string_pretty(file).unwrap());
    if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "testdata/{name} is not what this code gives. If the format should change, write it anew with\n  \
         {WRITE_VARIABLE}=1 cargo test -p einsicht-access --test charter"
    );
}

/// A file of the project.
fn text(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
