//! What becomes of a report once it is published: it is named, listed, and corrected by another one.

use std::fs;

use einsicht_proto::v1::entry_body::Content;
use einsicht_tests::forge::forge_entry;
use einsicht_tests::process::{offline, text};

use crate::folder::replace;
use crate::scene::{Scene, json_of, lines_of, year};

#[tokio::test]
async fn a_report_is_published_listed_and_corrected_and_everybody_is_told() {
    let scene = Scene::with_charter().await;
    scene.make("first", "").await;
    let told = async |folder: &str| scene.recompute(folder, "").await.stdout;
    assert!(told("first").await.contains("NOT PUBLISHED"));
    let first = json_of(&scene.einsicht(&scene.steward, "report publish first --json").await);
    assert_eq!(first["outcome"], "published");
    let again = json_of(&scene.einsicht(&scene.steward, "report publish first --json").await);
    assert_eq!((&again["outcome"], &again["index"]), (&"already published".into(), &first["index"]));
    assert!(told("first").await.contains(&format!("PUBLISHED  entry {}", first["index"])));

    // A second one of the same period has to say what it corrects.
    scene.make("beside", "").await;
    let refused = scene.einsicht(&scene.steward, "report publish beside").await;
    refused.expect(2, &[&format!("--corrects {}", first["index"])]);
    scene.make("second", &format!("--corrects {}", first["index"])).await;
    let second = json_of(&scene.einsicht(&scene.steward, "report publish second --json").await);
    assert_eq!(second["corrects"], first["index"]);
    let refused = scene.try_to_make("third", &format!("--corrects {}", first["index"])).await;
    refused.expect(2, &["no report is made", "corrected", &format!("give --corrects {}", second["index"])]);
    assert!(!scene.city.path("third").exists());
    let corrected = told("first").await;
    assert!(corrected.contains("CORRECTED") && corrected.contains(&format!("entry {}", second["index"])));
    assert!(!told("second").await.contains("CORRECTED"));

    for line in ["report list --json", "report list --full --json"] {
        let listed = lines_of(&scene.einsicht(&scene.auditor, line).await);
        let chain: Vec<_> = listed
            .iter()
            .map(|report| [&report["index"], &report["corrects"], &report["corrected_by"]])
            .collect();
        let null = &serde_json::Value::Null;
        assert_eq!(
            chain,
            [[&second["index"], &first["index"], null], [&first["index"], null, &second["index"]]],
            "{line}"
        );
    }
    let german = scene.einsicht(&scene.auditor, "report list --lang de").await;
    assert!(german.stdout.contains("berichtigt durch den Bericht in Eintrag"), "{german:#?}");
    let stranger = scene.einsicht(&scene.counter, "report list").await;
    assert_eq!(stranger.code, Some(2), "{stranger:#?}");
}

#[tokio::test]
async fn only_a_steward_publishes_and_only_what_is_as_it_was_made() {
    let scene = Scene::with_charter().await;
    scene.make("report", "").await;
    let refused = scene.einsicht(&scene.auditor, "report publish report").await;
    refused.expect(2, &["publish charters or reports"]);
    replace(&scene.city.path("report/csv/by_purpose.csv"), "20", "21");
    let refused = scene.einsicht(&scene.steward, "report publish report").await;
    refused.expect(2, &["report: csv/by_purpose.csv is not the file that manifest.json names"]);
    replace(&scene.city.path("report/csv/by_purpose.csv"), "21", "20");
    std::fs::write(scene.city.path("report/.DS_Store"), "").unwrap();
    let refused = scene.einsicht(&scene.steward, "report publish report").await;
    refused.expect(2, &[".DS_Store does not belong to the report", "Take it out of the folder"]);
    let nothing = scene.einsicht(&scene.auditor, "report list").await;
    nothing.expect(0, &["This ledger names no report."]);
    scene.einsicht(&scene.steward, "report publish none").await.expect(2, &["there is no folder none"]);
}

/// The service writes no such entry; an operator could, and then it stands there for good.
#[tokio::test]
async fn an_entry_that_corrects_no_report_is_told_and_stops_nobody() {
    let scene = Scene::with_charter().await;
    scene.make("first", "").await;
    let first =
        json_of(&scene.einsicht(&scene.steward, "report publish first --json").await)["index"].clone();
    scene.make("second", &format!("--corrects {first}")).await;
    let second =
        json_of(&scene.einsicht(&scene.steward, "report publish second --json").await)["index"].clone();
    scene.service.terminate().await.expect(0, &[]);
    let (data, vkey) = (scene.city.data(), scene.city.path("vkey"));
    fs::copy(data.join("ledger.vkey"), &vkey).unwrap();
    forge_entry(&data, second.as_u64().unwrap(), |content| {
        if let Content::Report(report) = content {
            report.replaces = Some(3);
        }
    });
    let run = async |line: &str| offline(&data, &vkey, line).await;
    let note =
        format!("NOTE  entry {second}: what is written as a report is none: expected the correction of");
    let says = |ended: &einsicht_tests::process::Ended, code: i32, part: &str| {
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        assert!(ended.stdout.contains(part), "no {part:?}: {ended:#?}");
    };
    run("verify").await.expect(0, &[]);
    let listed = run("report list").await;
    says(&listed, 1, &note);
    says(&listed, 1, &format!("entry {first}  "));
    says(&listed, 1, "corrects the report in entry 3\n");
    let json = run("report list --json").await;
    assert_eq!((json.code, json.stdout.lines().count()), (Some(1), 3), "{json:#?}");
    says(&json, 1, "{\"fault\":{");
    let folder = |name: &str| scene.city.path(name);
    says(&run(&format!("report recompute {}", text(&folder("first")))).await, 0, &note);
    // Of the report itself that the entry names, the ledger says something that can't be.
    let doubted = run(&format!("report recompute {}", text(&folder("second")))).await;
    doubted.expect(1, &["VERIFICATION FAILED", &format!("entry {second}: ")]);
    let make = format!("report make --period {} --out {}", year(), text(&folder("third")));
    says(&run(&make).await, 0, &note);
    for (line, part) in
        [(format!("show {second}"), "a report was published"), ("show 3".to_owned(), "an access")]
    {
        says(&run(&line).await, 0, part);
    }
}
