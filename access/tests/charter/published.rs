//! What was published once stays readable: a service that can't read the charter in force does not start, and nobody can
//! judge again by it.

use std::path::Path;

use einsicht_access::charter::Charter;

/// Charters as earlier versions took them. Files are added here and never changed; a later version may allow more.
#[test]
fn every_charter_that_an_earlier_version_took_is_taken() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/charters");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let charter = Charter::parse(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        assert!(!charter.commitments().is_empty());
        count += 1;
    }
    assert!(count >= 3, "{count} charters");
}
