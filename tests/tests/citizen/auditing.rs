//! An auditor with a copy of the vault and its keys recomputes every seal and marker.

use std::path::{Path, PathBuf};

use einsicht_tests::process::{run, text};

use crate::last_month::record;
use crate::place::{Place, json, says};

/// A ledger with sealed accesses, one of them corrected and some values erased, that is not running any more.
async fn place() -> Place {
    let mut place = Place::new();
    record(&place.data(), &[&["1"], &["2", "3"], &["4"]]);
    place.start().await;
    place.record(serde_json::json!({
        "dataset": "d", "operation": "query", "purpose": "p", "subjects": ["person:1"], "actor": "kornblum",
        "confidential_until": "9999-12-31",
    })).await;
    place.run("erase 2 --fields actor --ground art-17").await.expect(0, &[]);
    place.run("erase 3 --fields subjects --ground art-17").await.expect(0, &[]);
    place.run("disclose 1 --reason r").await.expect(0, &[]);
    place.stop().await;
    place
}

const VERIFY: &str = "--vault --keys data/keys --wrapping-key-file data/keys/wrapping.key";

/// The files of openings below a folder.
fn openings(data: &Path) -> Vec<PathBuf> {
    let folders = |dir: &Path| {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = folders(&data.join("vault")).iter().flat_map(|month| folders(month)).collect();
    found.sort();
    found.into_iter().map(|class| class.join("openings")).filter(|path| path.exists()).collect()
}

#[tokio::test]
async fn a_vault_is_verified_whole_and_what_is_erased_is_counted() {
    let place = place().await;
    let verified = place.run(&format!("verify data {VERIFY}")).await;
    says(&verified, 0, &["VERIFIED", "VAULT VERIFIED", "2 values, as entries of the log say"]);
    let json = json(&place.run(&format!("verify data {VERIFY} --json")).await);
    let vault = &json["vault"];
    assert_eq!(
        (&json["outcome"], &vault["erased_values"], &vault["findings_in_all"]),
        (&"verified".into(), &2.into(), &0.into())
    );
    assert_eq!((&vault["marked"], &vault["unmarked"]), (&3.into(), &1.into()));
    assert!(json["size"].is_number(), "what a script reads without --vault it also reads with it");
}

#[tokio::test]
async fn a_flipped_bit_a_cut_file_and_a_missing_one_are_named_and_the_log_still_verifies() {
    let place = place().await;
    let changes: [fn(&Path); 3] = [
        |path| {
            let mut bytes = std::fs::read(path).unwrap();
            let at = bytes.len() - 20;
            bytes[at] ^= 1;
            std::fs::write(path, bytes).unwrap();
        },
        |path| {
            let bytes = std::fs::read(path).unwrap();
            std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
        },
        |path| std::fs::remove_file(path).unwrap(),
    ];
    for (change, number) in changes.into_iter().zip(0..) {
        let name = format!("copy{number}");
        let copy = place.copy(&name);
        change(&openings(&copy)[0]);
        says(&place.run(&format!("verify {name}")).await, 0, &["VERIFIED"]);
        let failed = place.run(&format!("verify {name} {VERIFY}")).await;
        says(&failed, 1, &["VERIFIED", "VAULT FAILED", "entry 3: the vault has no openings of an entry"]);
    }
}

#[tokio::test]
async fn an_older_copy_of_the_vault_still_has_what_was_erased_and_is_told_apart() {
    let mut place = Place::new();
    record(&place.data(), &[&["1"], &["2"]]);
    let before = place.copy("before");
    place.start().await;
    place.run("erase 2 --fields actor --ground art-17").await.expect(0, &[]);
    place.stop().await;
    let mixed = place.copy("mixed");
    let (old, new) = (&openings(&before)[0], &openings(&mixed)[0]);
    std::fs::copy(old, new).unwrap();
    let failed = place.run(&format!("verify mixed {VERIFY}")).await;
    says(&failed, 1, &["entry 2", "actor to be gone", "it is still there"]);
    let (keys, wrapping) = (place.path("data/keys"), place.path("data/keys/wrapping.key"));
    let with_keys = ["--keys", text(&keys), "--wrapping-key-file", text(&wrapping)];
    for (folder, code) in [("data", 0), ("mixed", 1)] {
        let checked =
            run("einsichtd", &[&["fsck", text(&place.path(folder))], &with_keys[..]].concat()).await;
        assert_eq!(checked.code, Some(code), "{checked:#?}");
        let named = checked.stdout.contains("actor of entry 2 was erased according to entry 4, and is there");
        assert_eq!(named, code == 1, "{checked:#?}");
    }
}

#[tokio::test]
async fn without_keys_nobody_can_tell() {
    let place = place().await;
    let copy = place.copy("copy");
    std::fs::remove_dir_all(copy.join("keys/markers")).unwrap();
    let line = "verify data --vault --keys copy/keys --wrapping-key-file data/keys/wrapping.key";
    says(&place.run(line).await, 2, &["COULD NOT TELL", "not told", "can't be read"]);
    place.write("other.key", "11".repeat(32));
    let line = "verify data --vault --keys data/keys --wrapping-key-file other.key";
    says(&place.run(line).await, 2, &["COULD NOT TELL", "does not open with this wrapping key"]);
    place.write("none.key", "no key");
    let line = "verify data --vault --keys data/keys --wrapping-key-file none.key";
    place.run(line).await.expect(2, &["holds no wrapping key"]);
}
