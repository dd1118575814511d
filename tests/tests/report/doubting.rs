//! What anybody can tell of a report who has it, the ledger and its key: the first thing that is not true is named.

use std::fs;
use std::path::Path;

use einsicht_tests::folder::{copy, flip, segments};
use einsicht_tests::forge::forge;
use einsicht_tests::process::{offline, text};
use serde_json::{Value, json as json_value};

use crate::folder::{contents, json, refit_manifest, replace, sheet};
use crate::scene::{Scene, WERBUNG};

#[tokio::test]
async fn one_figure_that_is_changed_is_named_in_whichever_file() {
    let scene = Scene::with_charter().await;
    scene.make("report", "--entries public").await;
    let folder = scene.city.path("report");
    let true_one = contents(&folder);
    scene.recompute("report", "").await.expect(0, &[]);

    replace(&folder.join("csv/by_purpose.csv"), ",20,", ",21,");
    let told = ["csv/by_purpose.csv", "row verkehrsplanung", "column records", "gives 20", "says 21"];
    let doubted = scene.recompute("report", "").await;
    doubted.expect(1, &["REPORT NOT CONFIRMED"]);
    doubted.expect(1, &told);
    let doubted = scene.recompute("report", "--lang de").await;
    doubted.expect(1, &["Tabelle by_purpose", "aus dem Protokoll folgt 20, im Bericht steht 21"]);
    let doubted = scene.recompute("report", "--json").await;
    let json_told: Value = serde_json::from_str(&doubted.stdout).unwrap();
    assert_eq!(
        (&json_told["outcome"], &json_told["difference"]["file"], &json_told["difference"]["found"]),
        (&"differs".into(), &"csv/by_purpose.csv".into(), &"21".into())
    );
    assert_eq!(json_told["changed"], json_value!(["csv/by_purpose.csv"]));
    write_back(&folder, &true_one);

    // In the figures, with the manifest made to fit.
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    let deviates = sheet(&folder.join("csv/commitments.csv"))["C-1"]["deviates"].clone();
    assert_eq!(deviates, "7");
    let at = report.find("\"commitments\"").unwrap();
    let table = report[at..].find("\"id\": \"commitments\"").unwrap() + at;
    let changed = format!("{}{}", &report[..table], report[table..].replacen(" 7", " 6", 1));
    assert_ne!(changed, report);
    fs::write(folder.join("report.json"), &changed).unwrap();
    refit_manifest(&folder, "report.json");
    scene.recompute("report", "").await.expect(1, &["report.json", "C-1", "deviates", "gives 7", "says 6"]);
    write_back(&folder, &true_one);

    let is_page = |path: &&std::path::PathBuf| path.extension().is_some_and(|name| name == "html");
    assert_eq!(true_one.keys().filter(is_page).count(), 2, "one for each language");
    for page in true_one.keys().filter(is_page) {
        let path = folder.join(page);
        let text = fs::read_to_string(&path).unwrap();
        let Some(at) = text.find(">20<") else { panic!("{} has no figure 20", page.display()) };
        fs::write(&path, format!("{}>21<{}", &text[..at], &text[at + 4..])).unwrap();
        let doubted = scene.recompute("report", "").await;
        doubted.expect(1, &[text_of(page), "20", "21"]);
        write_back(&folder, &true_one);
    }
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write_back(folder: &Path, files: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>) {
    files.iter().for_each(|(path, bytes)| fs::write(folder.join(path), bytes).unwrap());
}

#[tokio::test]
async fn what_a_report_says_of_itself_is_checked_like_its_figures() {
    let scene = Scene::with_charter().await;
    scene.make("report", "").await;
    let folder = scene.city.path("report");
    let true_one = contents(&folder);
    let size = json(&folder.join("manifest.json"))["tree_size"].as_u64().unwrap();
    let period = format!("\"period\": \"{}\"", scene.period());
    let (stated, other) = (format!("\"tree_size\": {size}"), format!("\"tree_size\": {}", size - 1));
    let cases = [
        (stated.as_str(), other.as_str(), 1, "manifest.json, tree_size"),
        ("\"time_zone\": \"Europe/Berlin\"", "\"time_zone\": \"UTC\"", 1, "time_zone"),
        (&period, "\"period\": \"2019\"", 1, "period: manifest.json says 2019, report.json beside it says"),
        ("\"provisional\": true", "\"provisional\": false", 1, "manifest.json"),
        ("\"corrects\": null", "\"corrects\": 3", 1, "corrects"),
        ("\"fewer_than\": 5", "\"fewer_than\": 4", 1, "gives <4, the report says <5"),
        ("\"software\": \"einsicht ", "\"software\": \"einsicht 9", 2, "only einsicht 9"),
        ("\"origin\": \"", "\"origin\": \"x", 2, "--vkey is the key of"),
        ("\"format\": \"", "\"format\": \"x", 2, "manifest.json has format"),
    ];
    for (old, new, code, part) in cases {
        replace(&folder.join("manifest.json"), old, new);
        scene.recompute("report", "").await.expect(code, &[part]);
        write_back(&folder, &true_one);
    }
    fs::write(folder.join("more.txt"), "more").unwrap();
    scene.recompute("report", "").await.expect(1, &["more.txt does not belong to the report"]);
    fs::remove_file(folder.join("more.txt")).unwrap();
    fs::remove_file(folder.join("csv/by_unit.csv")).unwrap();
    scene.recompute("report", "").await.expect(1, &["csv/by_unit.csv is missing: manifest.json names it"]);
    write_back(&folder, &true_one);
    flip(&folder.join("checkpoint"), true_one[Path::new("checkpoint")].len() - 10);
    scene.recompute("report", "").await.expect(1, &["checkpoint is not the file that manifest.json names"]);
    refit_manifest(&folder, "checkpoint");
    scene.recompute("report", "").await.expect(1, &["the checkpoint in the report is not believed"]);
    write_back(&folder, &true_one);
    fs::remove_file(folder.join("manifest.json")).unwrap();
    scene.recompute("report", "").await.expect(2, &["is no folder of a report"]);
}

#[tokio::test]
async fn one_entry_that_is_changed_in_a_copy_of_the_ledger_is_named() {
    let scene = Scene::with_charter().await;
    scene.make("report", "").await;
    let first = scene.first_of_werbung;
    scene.service.terminate().await.expect(0, &[]);
    let vkey = scene.city.path("original.vkey");
    fs::copy(scene.city.path("data/ledger.vkey"), &vkey).unwrap();
    let folder = scene.city.path("report");
    let recompute = format!("report recompute {}", text(&folder));
    let of_copy = async |change: &dyn Fn(&Path)| {
        let copied = tempfile::tempdir().unwrap();
        let data = copied.path().join("data");
        copy(&scene.city.data(), &data);
        copy(&scene.city.path("keys"), &copied.path().join("keys"));
        change(&data);
        offline(&data, &vkey, &recompute).await
    };
    of_copy(&|_| {}).await.expect(0, &[]);
    // Somebody who has not the key.
    let ended = of_copy(&|data| {
        let segment = segments(data).remove(0);
        let bytes = fs::read(&segment).unwrap();
        let at = bytes.windows(WERBUNG.len()).position(|window| window == WERBUNG.as_bytes()).unwrap();
        flip(&segment, at);
    });
    ended.await.expect(1, &["VERIFICATION FAILED", "a stored commit is damaged"]);
    // The operator, who signs the ledger again: it is not the one that the report's checkpoint was of.
    let ended = of_copy(&|data| forge(data, 3, |record| record.unit = Some("andere".into())));
    ended.await.expect(1, &["VERIFICATION FAILED", "not those that were signed"]);
    // With one deviation fewer. Neither the old report nor a new one is made of it.
    let forged = |data: &Path| forge(data, first, |record| record.deviates.clear());
    let named = format!("entry {first}: a recorded verdict is not");
    of_copy(&forged).await.expect(1, &["VERIFICATION FAILED", &named, "C-1"]);
    let copied = tempfile::tempdir().unwrap();
    let data = copied.path().join("data");
    copy(&scene.city.data(), &data);
    copy(&scene.city.path("keys"), &copied.path().join("keys"));
    forged(&data);
    let (out, period) = (copied.path().join("report"), json(&folder.join("manifest.json"))["period"].clone());
    let line = format!("report make --period {} --out {}", period.as_str().unwrap(), text(&out));
    offline(&data, &vkey, &line).await.expect(1, &["no report is made", &named]);
    assert!(!out.exists());
}
