//! Whoever reads German is told everything in German.

use std::fs;

use einsicht_tests::folder::{copy, flip, segments};
use einsicht_tests::process::{offline, text};
use serde_json::Value;

use crate::folder::replace;
use crate::scene::Scene;

#[tokio::test]
async fn a_ledger_that_fails_is_told_in_german_and_apart_from_a_report_that_differs() {
    let scene = Scene::with_charter().await;
    scene.make("report", "").await;
    let period = scene.period();
    scene.service.terminate().await.expect(0, &[]);
    let (copied, vkey) = (tempfile::tempdir().unwrap(), scene.city.path("data/ledger.vkey"));
    let data = copied.path().join("data");
    copy(&scene.city.data(), &data);
    let segment = segments(&data).remove(0);
    flip(&segment, usize::try_from(fs::metadata(&segment).unwrap().len()).unwrap() / 2);
    let folder = scene.city.path("report");
    let failed = offline(&data, &vkey, &format!("report recompute {} --lang de", text(&folder))).await;
    let told = [
        "PRÜFUNG FEHLGESCHLAGEN: ",
        "ist nicht bestätigt: ",
        "ein gespeicherter Abschnitt ist beschädigt",
        "Die gespeicherten Dateien wurden beschädigt oder verändert",
        "Bitte eine Kopie des Gelesenen aufbewahren",
    ];
    failed.expect(1, &told);
    for english in ["VERIFICATION", "is not verified", "Keep a copy"] {
        assert!(!failed.stderr.contains(english), "{failed:#?}");
    }
    let out = copied.path().join("new");
    let line = format!("report make --period {period} --out {} --lang de", text(&out));
    offline(&data, &vkey, &line).await.expect(1, &["PRÜFUNG FEHLGESCHLAGEN: ", "es entsteht kein Bericht"]);
    let failed = offline(&data, &vkey, &format!("report recompute {} --json", text(&folder))).await;
    let json: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((&json["outcome"], &json["difference"]), (&"failed".into(), &Value::Null), "{json}");
    assert_eq!(json["finding"]["fault"], "a stored commit is damaged", "{json}");
}

#[tokio::test]
async fn what_is_refused_is_told_in_german() {
    let scene = Scene::with_charter().await;
    let german = async |line: &str| scene.einsicht(&scene.steward, &format!("{line} --lang de")).await;
    let make = format!("report make --period {}", scene.period());
    scene.make("first", "").await;
    german(&format!("{make} --out first")).await.expect(2, &["Fehler: ", "der Ordner first ist nicht leer"]);
    let both = format!("{make} --out second --entries public --fewer-than 9");
    german(&both).await.expect(2, &["Fehler: --fewer-than verbirgt nichts"]);
    german("report recompute none").await.expect(2, &["Fehler: es gibt keinen Ordner none"]);
    replace(
        &scene.city.path("first/manifest.json"),
        "\"software\": \"einsicht ",
        "\"software\": \"einsicht 9",
    );
    let other = ["Fehler: der Bericht wurde mit einsicht 9", "Bitte mit der Version nachrechnen"];
    german("report recompute first").await.expect(2, &other);
    replace(&scene.city.path("first/csv/months.csv"), "20", "21");
    german("report publish first")
        .await
        .expect(2, &["Fehler: first: csv/months.csv ist nicht die Datei, die manifest.json nennt"]);
    let refused = scene.einsicht(&scene.auditor, "report publish second --lang de").await;
    refused.expect(2, &["Fehler: es gibt keinen Ordner second"]);
}
