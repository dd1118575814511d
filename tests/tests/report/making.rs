//! How a report is made: after the ledger was verified, into a folder of its own, always the same.

use std::fs;
use std::path::Path;

use einsicht_tests::folder::{copy, flip, segments};
use einsicht_tests::process::{Process, command, offline, text};

use crate::folder::{contents, json, sheet};
use crate::scene::{Scene, json_of};

#[tokio::test]
async fn the_same_ledger_gives_the_same_bytes_from_its_address_its_folder_and_an_export() {
    let scene = Scene::with_charter().await;
    let period = scene.period();
    let made = scene.make("first", "").await;
    assert_eq!((&made["outcome"], &made["period"]), (&"made".into(), &period.as_str().into()));
    scene.make("second", "").await;
    let first = contents(&scene.city.path("first"));
    assert!(first.len() > 10, "{:?}", first.keys());
    assert_eq!(first, contents(&scene.city.path("second")));
    scene.service.terminate().await.expect(0, &[]);
    let (data, vkey) = (scene.city.data(), scene.city.path("data/ledger.vkey"));
    let exported = scene.city.path("exported");
    let export = ["export", text(&exported), "--data", text(&data), "--entries"];
    Process::spawn(&mut command("einsichtd", &export)).ended().await.expect(0, &[]);
    for (name, place) in [("of-folder", &data), ("of-export", &exported)] {
        let out = scene.city.path(name);
        let line = format!("report make --period {period} --out {}", text(&out));
        offline(place, &vkey, &line).await.expect(0, &[]);
        assert_eq!(first, contents(&out), "{name}");
        let line = format!("report recompute {}", text(&out));
        offline(place, &vkey, &line).await.expect(0, &[]);
    }
}

#[tokio::test]
async fn what_is_counted_is_what_was_recorded() {
    let scene = Scene::with_charter().await;
    scene.make("public", "--entries public").await;
    let folder = scene.city.path("public");
    let purposes = sheet(&folder.join("csv/by_purpose.csv"));
    let records = |purpose: &str| purposes[purpose]["records"].clone();
    assert_eq!((records("verkehrsplanung"), records("werbung")), ("20".into(), "7".into()));
    let commitments = sheet(&folder.join("csv/commitments.csv"));
    let verdicts = ["kept", "deviates", "not_verifiable"].map(|name| commitments["C-1"][name].clone());
    assert_eq!(verdicts, ["3", "7", "0"]);
    assert_eq!(json(&folder.join("manifest.json"))["fewer_than"], serde_json::Value::Null);

    scene.make("closed", "").await;
    let folder = scene.city.path("closed");
    let shown = fs::read_to_string(folder.join("csv/commitments.csv")).unwrap();
    assert!(!shown.contains(",3,7,0"), "3 is fewer than 5: {shown}");
    assert_eq!(json(&folder.join("manifest.json"))["fewer_than"], 5);
}

#[tokio::test]
async fn a_ledger_that_fails_verification_gives_no_report_and_says_why() {
    let scene = Scene::with_charter().await;
    let period = scene.period();
    scene.service.terminate().await.expect(0, &[]);
    let (copied, vkey) = (tempfile::tempdir().unwrap(), scene.city.path("data/ledger.vkey"));
    let data = copied.path().join("data");
    copy(&scene.city.data(), &data);
    let segment = segments(&data).remove(0);
    flip(&segment, usize::try_from(fs::metadata(&segment).unwrap().len()).unwrap() / 2);
    let out = copied.path().join("report");
    let made = offline(&data, &vkey, &format!("report make --period {period} --out {}", text(&out))).await;
    made.expect(
        1,
        &["VERIFICATION FAILED", "no report is made", "is not verified", "a stored commit is damaged"],
    );
    assert!(!out.exists());
    assert_eq!(fs::read_dir(copied.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn a_folder_that_is_not_empty_is_refused_and_left_as_it_is() {
    let scene = Scene::new().await;
    let folder = scene.city.path("full");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    let refused = scene.try_to_make("full", "").await;
    refused.expect(2, &["is not empty"]);
    assert_eq!(contents(&folder), [("mine.txt".into(), b"mine".to_vec())].into());
    fs::create_dir(scene.city.path("empty")).unwrap();
    scene.make("empty", "").await;
}

#[tokio::test]
async fn a_link_is_refused_before_the_ledger_is_even_asked() {
    let scene = Scene::new().await;
    scene.service.terminate().await.expect(0, &[]);
    let (link, folder) = (scene.city.path("link"), scene.city.path("empty"));
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let line = format!("report make --period 2026 --out {}", text(&link));
    let vkey = scene.city.path("data/ledger.vkey");
    // There is no ledger in that folder: whoever looked for it first would say so.
    offline(&scene.city.path("nowhere"), &vkey, &line).await.expect(2, &["is a link"]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[tokio::test]
async fn a_report_corrects_only_a_report_of_its_period() {
    let scene = Scene::new().await;
    let period = scene.period();
    for none in [3, 999_999] {
        let refused = scene.try_to_make("corrected", &format!("--corrects {none}")).await;
        refused.expect(2, &[&format!("entry {none} is no report of {period}"), "einsicht report list"]);
        assert!(!scene.city.path("corrected").exists());
    }
}

#[tokio::test]
async fn a_period_that_is_not_over_is_provisional_and_one_without_entries_is_empty() {
    let scene = Scene::new().await;
    let made = scene.try_to_make("now", "").await;
    made.expect(0, &[]);
    assert!(made.stdout.contains("PROVISIONAL"), "{made:#?}");
    assert_eq!(json(&scene.city.path("now/manifest.json"))["provisional"], true);
    for period in ["2019-11", "2019-Q4", "2019-W46", "2019"] {
        let line = format!("report make --period {period} --out {period} --json --entries public");
        let made = json_of(&scene.einsicht(&scene.auditor, &line).await);
        assert_eq!((&made["provisional"], &made["period"]), (&false.into(), &period.into()));
        let folder = scene.city.path(period);
        assert_eq!(sheet(&folder.join("csv/by_purpose.csv")), Default::default());
        assert_eq!(json(&folder.join("report.json"))["about"]["total"], serde_json::json!([0, 0]));
        scene.recompute(period, "").await.expect(0, &[]);
    }
    let refused = scene.einsicht(&scene.auditor, "report make --period November --out x").await;
    refused.expect(2, &["a period reads 2026, 2026-Q4, 2026-11 or 2026-W46"]);
}

/// What stands in entries and charters may come from anybody, and is shown by browsers and by spreadsheets.
#[tokio::test]
async fn hostile_text_is_harmless_in_pages_and_sheets() {
    let scene = Scene::with_charter().await;
    scene.make("report", "--entries public").await;
    let folder = scene.city.path("report");
    let mut sheets = 0;
    for (path, bytes) in contents(&folder) {
        let shown = String::from_utf8_lossy(&bytes);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html" | "svg") => {
                let lower = shown.to_lowercase();
                for part in ["<script", "<img", "onerror=\"", "javascript:"] {
                    assert!(!lower.contains(part), "{} has {part}", path.display());
                }
            }
            Some("csv") => {
                sheets += harmless_cells(&folder.join(&path));
            }
            _ => {}
        }
    }
    assert!(sheets > 0, "the hostile titles are in some sheet");
}

/// How many hostile texts a sheet has; none of its cells begins a formula.
fn harmless_cells(path: &Path) -> usize {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    let mut hostile = 0;
    for row in reader.records() {
        for cell in row.unwrap().iter() {
            let first = cell.chars().next().unwrap_or('x');
            assert!(!['=', '+', '-', '@', '\t', '\r'].contains(&first), "{}: {cell:?}", path.display());
            hostile += usize::from(cell.contains("HYPERLINK"));
        }
    }
    hostile
}
