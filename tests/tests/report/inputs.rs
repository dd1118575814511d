//! What goes into a report and is not in the ledger.

use std::fs;

use crate::folder::{contents, json, refit_manifest};
use crate::scene::Scene;

const COVERAGE: &str = "[[recorder]]\nid = \"visitor-counter\"\ntitle = \"Besucherzählung\"\n\
    [[not_connected]]\ntitle = \"Archiv\"\nreason = \"Papier\"\n";
const ANSWERS: &str =
    "[[answer]]\ncommitment = \"C-2\"\ntext = \"Er wurde gemessen.\"\nby = \"Stadtrat\"\non = 2026-11-02\n";

#[tokio::test]
async fn what_the_city_says_is_in_the_folder_and_in_the_figures_and_the_report_recomputes_with_it() {
    let scene = Scene::with_charter().await;
    fs::write(scene.city.path("c.toml"), COVERAGE).unwrap();
    fs::write(scene.city.path("a.toml"), ANSWERS).unwrap();
    scene.make("report", "--coverage c.toml --answers a.toml").await;
    let folder = scene.city.path("report");
    assert_eq!(fs::read_to_string(folder.join("inputs/coverage.toml")).unwrap(), COVERAGE);
    assert_eq!(fs::read_to_string(folder.join("inputs/answers.toml")).unwrap(), ANSWERS);
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    assert!(report.contains("Besucherzählung") && report.contains("Er wurde gemessen."), "{report}");
    // The files themselves are not needed any more.
    fs::remove_file(scene.city.path("c.toml")).unwrap();
    scene.recompute("report", "").await.expect(0, &[]);
    // What is said in the name of the city can't be exchanged.
    fs::write(folder.join("inputs/answers.toml"), ANSWERS.replace("Er wurde", "Er wurde nicht")).unwrap();
    let doubted = scene.recompute("report", "").await;
    doubted
        .expect(1, &["REPORT NOT CONFIRMED: inputs/answers.toml is not the file that manifest.json names"]);
    assert!(!doubted.stderr.contains("the ledger gives"), "this is not in the ledger: {doubted:#?}");
    refit_manifest(&folder, "inputs/answers.toml");
    scene.recompute("report", "").await.expect(1, &["Er wurde nicht gemessen", "report.json"]);
    // One that fits no ledger gives no report at all.
    fs::write(folder.join("inputs/coverage.toml"), COVERAGE.replace("visitor-", "")).unwrap();
    refit_manifest(&folder, "inputs/coverage.toml");
    scene
        .recompute("report", "")
        .await
        .expect(1, &["no report would have been made", "inputs/coverage.toml:2"]);
}

#[tokio::test]
async fn a_recorder_that_the_ledger_does_not_know_is_named_with_its_line_and_nothing_is_written() {
    let scene = Scene::with_charter().await;
    let cases = [
        ("--coverage", COVERAGE.replace("visitor-counter", "visitor-countr"), "c.toml:2"),
        ("--coverage", COVERAGE.replace("title = \"Archiv\"", "titel = \"Archiv\""), "c.toml:5"),
        ("--answers", ANSWERS.replace("C-2", "C-1"), "c.toml:2"),
    ];
    for (option, text, place) in cases {
        fs::write(scene.city.path("c.toml"), text).unwrap();
        let refused = scene.try_to_make("report", &format!("{option} c.toml")).await;
        refused.expect(2, &[place]);
        assert!(!scene.city.path("report").exists());
        if place == "c.toml:2" && option == "--coverage" {
            refused.expect(2, &["\"visitor-countr\"", "there are: visitor-counter"]);
        }
    }
    scene.try_to_make("report", "--coverage none.toml").await.expect(2, &["none.toml can't be read"]);
    let refused = scene.try_to_make("report", "--checkpoint none").await;
    refused.expect(2, &["error: none can't be read"]);
    assert!(!refused.stderr.contains("not verified"), "{refused:#?}");
    scene.try_to_make("report", "--fewer-than 2").await.expect(2, &["Take at least 3"]);
    scene
        .try_to_make("report", "--corrects 3")
        .await
        .expect(2, &["entry 3 is no report of", "none can correct it"]);
    assert!(!scene.city.path("report").exists());
}

#[tokio::test]
async fn a_report_is_made_of_the_ledger_as_it_was_at_a_checkpoint_that_was_kept() {
    let scene = Scene::with_charter().await;
    scene.make("first", "").await;
    scene.record(vec![einsicht_tests::make::event()]).await;
    scene.make("again", "--checkpoint first/checkpoint").await;
    assert_eq!(contents(&scene.city.path("first")), contents(&scene.city.path("again")));
    scene.make("now", "").await;
    let size = |name: &str| json(&scene.city.path(name).join("manifest.json"))["tree_size"].as_u64().unwrap();
    assert_eq!(size("now"), size("first") + 1);
    // The ledger has grown, and the report of before is as true as it was.
    scene.recompute("first", "").await.expect(0, &[]);
}
