//! A month of which one retention class went as a whole and another one stayed: what is missing of the other one did
//! not go with it, and no auditor is told that it did.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_access::{Month, RetentionClass};
use einsicht_proto::v1::{AccessEvent, RetainRequest};
use einsicht_service::config::{DatasetRetention, Retention};
use einsicht_tests::city::City;
use einsicht_tests::folder::copy;
use einsicht_tests::past::{begin_with, last_month};
use einsicht_tests::process::{Ended, run, text};

use crate::scene::{Scene, personal};

const CAMERAS: &str = "kameras";
const GONE: &str = "P0M";
const KEPT: &str = "next-year-end";

/// A city at rest: entries 1 and 2 are accesses of last month that are kept, and entry 3 is one that was not.
async fn city() -> (City, Month) {
    let mut city = City::without_ledger();
    city.seal("[retention]\ndatasets = [\"kameras=P0M\"]");
    let cameras = AccessEvent { dataset: CAMERAS.into(), ..personal() };
    let datasets = vec![DatasetRetention { dataset: CAMERAS.into(), class: RetentionClass::Months(0) }];
    let retention = Retention { datasets, ..Retention::default() };
    begin_with(&city, &[personal(), personal(), cameras], &retention);
    let scene = Scene::of(city).await;
    let due = scene.service.vault(&scene.steward).retain(RetainRequest { dry_run: false }).await;
    let due = due.unwrap().into_inner().due;
    assert!(due.len() == 1 && due[0].retention_class == GONE && due[0].erased_by.is_some(), "{due:?}");
    let Scene { city, service, .. } = scene;
    service.terminate().await.expect(0, &[]);
    (city, last_month().0)
}

/// A copy of the data folder, and the folder of last month in its vault.
fn copied(city: &City, month: Month, name: &str) -> (PathBuf, PathBuf) {
    let data = city.path(name);
    copy(&city.data(), &data);
    let vault = data.join(format!("vault/{month}"));
    (data, vault)
}

async fn verify(city: &City, data: &Path) -> Ended {
    let (keys, wrapping) = (city.path("keys"), city.wrapping_key());
    let (vkey, state) = (city.data().join("ledger.vkey"), city.path("state"));
    let arguments = [
        ["--keys", text(&keys), "--wrapping-key-file", text(&wrapping)],
        ["--vkey", text(&vkey), "--state-dir", text(&state)],
    ];
    run("einsicht", &[&["verify", text(data), "--vault"], arguments.as_flattened()].concat()).await
}

#[tokio::test]
async fn openings_that_nobody_erased_are_missing_however_they_were_taken_away() {
    let (city, month) = city().await;
    let whole = verify(&city, &copied(&city, month, "whole").0).await;
    whole.expect(0, &[]);
    assert!(whole.stdout.contains("VAULT VERIFIED") && whole.stdout.contains("all of 1 entry"), "{whole:#?}");

    for way in ["removed", "removed with its index", "emptied", "folder removed"] {
        let (data, vault) = copied(&city, month, way);
        let kept = vault.join(KEPT);
        match way {
            "emptied" => fs::write(kept.join("openings"), "").unwrap(),
            "folder removed" => fs::remove_dir_all(kept).unwrap(),
            _ => fs::remove_file(kept.join("openings")).unwrap(),
        }
        if way == "removed with its index" {
            fs::remove_file(vault.join(KEPT).join("index")).unwrap();
        }
        let verified = verify(&city, &data).await;
        assert_eq!(verified.code, Some(1), "{way}: {verified:#?}");
        for part in ["VAULT FAILED  2 findings", "FAILED  entry 1:", "FAILED  entry 2:"] {
            assert!(verified.stdout.contains(part), "{way}, {part}: {verified:#?}");
        }
        run("einsichtd", &["fsck", text(&data)]).await.expect(1, &[]);
    }
}

#[tokio::test]
async fn without_its_index_nobody_can_tell_what_went_with_a_class() {
    let (city, month) = city().await;
    let (data, vault) = copied(&city, month, "copy");
    fs::remove_file(vault.join(GONE).join("index")).unwrap();
    let verified = verify(&city, &data).await;
    assert_eq!(verified.code, Some(2), "{verified:#?}");
    assert!(verified.stdout.contains("not told     1 entry of"), "{verified:#?}");
    // Nor whether what is missing of the other class went with it.
    fs::remove_dir_all(vault).unwrap();
    let verified = verify(&city, &data).await;
    assert_eq!(verified.code, Some(2), "{verified:#?}");
    assert!(verified.stdout.contains("not told     3 entries of"), "{verified:#?}");
}
