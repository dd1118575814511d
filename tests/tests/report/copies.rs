//! Copies of a report that somebody changed, and reports that were published with something false in them: each is told
//! as what it is.

use std::fs;
use std::path::Path;

use einsicht_tests::process::{Ended, Process, command, offline, text};
use einsicht_tests::service::Service;
use serde_json::{Value, json};

use crate::folder::{contents, refit_manifest, replace};
use crate::scene::{Scene, json_of, year};

const COVERAGE: &str = "[[not_connected]]\ntitle = \"Archiv\"\nreason = \"Papier\"\n";

fn told(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

#[tokio::test]
async fn what_is_not_in_the_ledger_is_held_against_the_manifest() {
    let scene = Scene::with_charter().await;
    fs::write(scene.city.path("c.toml"), COVERAGE).unwrap();
    scene.make("report", "--coverage c.toml").await;
    let folder = scene.city.path("report");
    let true_one = contents(&folder);
    let remove = |name: &str| fs::remove_file(folder.join(name)).unwrap();
    let append = |name: &str| fs::write(folder.join(name), format!("{COVERAGE}\n")).unwrap();
    type Case<'c> = (&'c dyn Fn(), &'c str, [&'c str; 2]);
    let coverage = "inputs/coverage.toml";
    let cases: [Case<'_>; 6] = [
        (
            &|| remove(coverage),
            coverage,
            ["is missing: manifest.json names it", "fehlt: manifest.json nennt"],
        ),
        (&|| append(coverage), coverage, ["is not the file that", "ist nicht die Datei, die"]),
        (
            &|| append("inputs/more.toml"),
            "inputs/more.toml",
            ["does not belong to", "gehört nicht zum Bericht"],
        ),
        (&|| remove("checkpoint"), "checkpoint", ["is missing", "fehlt"]),
        (&|| append("key.txt"), "key.txt", ["is not the file that", "ist nicht die Datei, die"]),
        (&|| append(".DS_Store"), ".DS_Store", ["does not belong to", "gehört nicht zum Bericht"]),
    ];
    for (change, file, [english, german]) in cases {
        change();
        let doubted = scene.recompute("report", "").await;
        doubted.expect(1, &[&format!("REPORT NOT CONFIRMED: {file} {english}"), "does not name this report"]);
        assert!(!doubted.stderr.contains("the ledger gives null"), "{doubted:#?}");
        let doubted = scene.recompute("report", "--lang de").await;
        doubted.expect(1, &[&format!("BERICHT NICHT BESTÄTIGT: {file} {german}")]);
        let json = told(&scene.recompute("report", "--json").await);
        assert_eq!((&json["outcome"], &json["changed"]), (&"differs".into(), &json!([file])), "{json}");
        assert_eq!((json.get("published"), &json["difference"]["file"]), (Some(&Value::Null), &file.into()));
        let _ = fs::remove_file(folder.join(file));
        true_one.iter().for_each(|(path, bytes)| fs::write(folder.join(path), bytes).unwrap());
    }
    append(".DS_Store");
    scene.recompute("report", "").await.expect(1, &["all other files are what the ledger gives"]);
    // A figure is what people look for.
    replace(&folder.join("csv/by_purpose.csv"), ",20,", ",21,");
    let doubted = scene.recompute("report", "").await;
    assert!(!doubted.stderr.contains("all other files"), "{doubted:#?}");
    scene.recompute("report/manifest.json", "").await.expect(2, &["is a file", "lies in: report"]);
}

#[tokio::test]
async fn what_the_city_published_reads_otherwise_than_a_copy_that_somebody_altered() {
    let scene = Scene::with_charter().await;
    scene.make("report", "--entries public").await;
    let folder = scene.city.path("report");
    let figure = |from: &str, to: &str| replace(&folder.join("csv/by_purpose.csv"), from, to);
    // Published with a figure that is false.
    figure(",20,", ",21,");
    refit_manifest(&folder, "csv/by_purpose.csv");
    let index =
        json_of(&scene.einsicht(&scene.steward, "report publish report --json").await)["index"].clone();
    let entry = [format!("(entry {index}, "), format!("(Eintrag {index}, ")];
    let says = async |english: &str, german: &str, published: Value| {
        let doubted = scene.recompute("report", "").await;
        doubted.expect(1, &["REPORT NOT CONFIRMED", "gives 20, the report says", english, &entry[0]]);
        scene.recompute("report", "--lang de").await.expect(1, &["BERICHT NICHT", german, &entry[1]]);
        let json = told(&scene.recompute("report", "--json").await);
        assert_eq!(
            (&json["outcome"], json.get("published")),
            (&"differs".into(), Some(&published)),
            "{json}"
        );
    };
    let named = json!({"index": index, "corrected_by": null});
    says("names exactly this report", "nennt genau diesen Bericht", named.clone()).await;
    // A copy of it in which one file is another.
    figure(",21,", ",22,");
    says("This copy was changed after", "Diese Kopie wurde geändert", named).await;
    // The same with the manifest made to fit.
    refit_manifest(&folder, "csv/by_purpose.csv");
    let other =
        [format!("for {} it names another one", year()), format!("für {} nennt es einen anderen", year())];
    says(&other[0], &other[1], Value::Null).await;
}

/// Whoever has a report that is not the one of its manifest need not reach the ledger to know.
#[tokio::test]
async fn a_changed_report_is_told_also_where_the_ledger_is_not_reached_and_a_ledger_that_fails_before_it() {
    let scene = Scene::with_charter().await;
    scene.make("report", "").await;
    let (folder, data) = (scene.city.path("report"), scene.city.data());
    let vkey = scene.city.path("vkey");
    fs::copy(data.join("ledger.vkey"), &vkey).unwrap();
    scene.service.terminate().await.expect(0, &[]);
    // Nothing listens at port 9.
    let nowhere = Path::new("http://127.0.0.1:9");
    let at = async |place: &Path, more: &str| {
        offline(place, &vkey, &format!("report recompute {}{more}", text(&folder))).await
    };
    at(nowhere, "").await.expect(2, &["error: "]);
    for file in ["csv/by_purpose.csv", "checkpoint"] {
        fs::remove_file(folder.join(file)).unwrap();
        at(nowhere, "").await.expect(1, &["is missing: manifest.json names it", "could not be told"]);
        let json = told(&at(nowhere, " --json").await);
        assert_eq!((&json["outcome"], json.get("published")), (&"differs".into(), None), "{json}");
    }
    let segment = einsicht_tests::folder::segments(&data).remove(0);
    einsicht_tests::folder::flip(&segment, 2_000);
    at(&data, "").await.expect(1, &["VERIFICATION FAILED"]);
}

#[tokio::test]
async fn a_report_that_hides_what_everybody_may_read_is_noted_unless_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("data"), &[]).await;
    for (name, more, is_noted) in [
        ("left", &[][..], true),
        ("closed", &["--entries", "closed"], false),
        ("public", &["--entries", "public"], false),
    ] {
        let out = folder.path().join(name);
        let mut make = command("einsicht", &["report", "make", "--period", &year(), "--out", text(&out)]);
        make.args(more).arg(service.url()).arg("--vkey").arg(service.data().join("ledger.vkey"));
        make.env("EINSICHT_STATE_DIR", folder.path().join("state"));
        let made = Process::spawn(&mut make).ended().await;
        made.expect(0, &[]);
        let noted = made.stdout.contains("NOTE  ") && made.stdout.contains("give --entries public");
        assert_eq!(noted, is_noted, "{made:#?}");
        assert!(made.stdout.contains("\n  next       einsicht report recompute "), "{made:#?}");
        assert!(made.stdout.contains("\n  then       einsicht report publish "), "{made:#?}");
    }
}
