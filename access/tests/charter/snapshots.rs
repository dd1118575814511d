//! Every sentence of every charter, as it is shown to citizens. After a change that is meant:
//! `UPDATE_SNAPSHOTS=1 cargo test -p einsicht-access --test charter`, and read what changed.

use std::fmt::Write as _;

use einsicht_access::sentence::Language;

use crate::charter;

fn check(charter_name: &str, language: Language, ending: &str) {
    let charter = charter(&format!("{charter_name}.toml"));
    let mut told = String::new();
    for one in charter.commitments() {
        let sentence = charter.commitment_sentence(one, language);
        writeln!(told, "{}: {sentence} [{}]", one.id, charter.provenance(one, language)).unwrap();
    }
    charter
        .datasets()
        .iter()
        .for_each(|one| writeln!(told, "{}", charter.dataset_sentence(one, language)).unwrap());
    charter
        .activities()
        .iter()
        .for_each(|one| writeln!(told, "{}", charter.activity_sentence(one, language)).unwrap());
    let path = format!("{}/tests/charter/snapshots/{charter_name}.{ending}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (known, told)) in known.lines().zip(told.lines()).enumerate() {
        assert_eq!(told, known, "{path}:{}", line + 1);
    }
    assert_eq!(told.len(), known.len(), "{path}");
}

#[test]
fn every_sentence_of_ulm_is_the_one_that_was_read_and_approved() {
    check("ulm", Language::German, "de");
    check("ulm", Language::English, "en");
}

#[test]
fn every_sentence_of_the_template_is_the_one_that_was_read_and_approved() {
    check("template", Language::German, "de");
    check("template", Language::English, "en");
}
