//! The report that comes with the sample.

use std::fs;
use std::path::Path;

use einsicht_tests::process::{Process, command};
use einsicht_tests::service::Service;
use serde_json::Value;

use crate::folder::json;
use crate::scene::Scene;

/// What each page says first in the report of a simulation.
const SIMULATED: [(&str, &str); 2] = [
    ("index.html", "Alles in diesem Bericht ist erfunden."),
    ("en/index.html", "Everything in this report is made up."),
];

#[tokio::test]
async fn whoever_tries_the_sample_finds_its_report_and_recomputes_it_with_one_printed_command() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = Service::start(&data, &["--sample"]).await;
    let printed = service.stdout();
    let line =
        printed.lines().find_map(|line| line.split_once(" -- report recompute ")).expect("a command").1;
    let report = line.split(' ').next().unwrap().to_owned();
    let manifest = json(&Path::new(&report).join("manifest.json"));
    assert_eq!((&manifest["provisional"], &manifest["time_zone"]), (&false.into(), &"Europe/Berlin".into()));
    says_so_everywhere(Path::new(&report));
    let mut recompute = command("einsicht", &["report", "recompute"]);
    recompute.args(line.split(' ')).env("EINSICHT_STATE_DIR", folder.path().join("state"));
    let recomputed = Process::spawn(&mut recompute).ended().await;
    recomputed.expect(0, &[]);
    assert!(recomputed.stdout.contains("RECOMPUTED") && recomputed.stdout.contains("\nPUBLISHED  entry "));
    assert!(recomputed.stdout.contains("\nSIMULATED  "), "{recomputed:#?}");
    // It is there at the next start, too, and once only.
    service.terminate().await.expect(0, &[]);
    let service = Service::start(&data, &["--sample"]).await;
    assert!(service.stdout().contains(&report));
    let mut list = command("einsicht", &["report", "list", service.url(), "--json", "--vkey"]);
    list.arg(data.join("ledger.vkey")).env("EINSICHT_STATE_DIR", folder.path().join("state"));
    let listed = Process::spawn(&mut list).ended().await;
    assert_eq!(listed.stdout.lines().count(), 1, "{listed:#?}");
}

/// A page of a report is shown around without the ledger: that nothing of it happened stands on each.
fn says_so_everywhere(report: &Path) {
    let told = json(&report.join("report.json"));
    assert_eq!(told["about"]["simulated"], true);
    for (page, banner) in SIMULATED {
        let page = fs::read_to_string(report.join(page)).unwrap();
        assert!(page.contains(banner), "{banner}: {page}");
    }
    // What the simulated city says of itself is shown, too, in both languages.
    let count = |list: &Value| list.as_array().map(Vec::len);
    let coverage = &told["coverage"];
    let lists = ["recorders", "not_connected", "known_gaps"].map(|name| count(&coverage[name]));
    assert_eq!(lists, [Some(20), Some(1), Some(1)], "{coverage}");
    for (page, texts) in [
        (
            "index.html",
            ["Archiv auf Papier (simuliert)", "Auskünfte am Telefon", "Stellplätze", "Simulierte Stadt"],
        ),
        (
            "en/index.html",
            ["Archive on paper (simulated)", "by telephone", "parking spaces", "Simulated city"],
        ),
    ] {
        let page = fs::read_to_string(report.join(page)).unwrap();
        texts.iter().for_each(|text| assert!(page.contains(text), "no {text:?}: {page}"));
    }
}

#[tokio::test]
async fn the_report_of_a_ledger_that_is_no_simulation_does_not_call_itself_made_up() {
    let scene = Scene::new().await;
    let made = scene.try_to_make("report", "").await;
    made.expect(0, &[]);
    assert!(!made.stdout.contains("SIMULATED"), "{made:#?}");
    let folder = scene.city.path("report");
    assert_eq!(json(&folder.join("report.json"))["about"]["simulated"], false);
    for (page, banner) in SIMULATED {
        let page = fs::read_to_string(folder.join(page)).unwrap();
        assert!(page.contains("<h1>") && !page.contains(banner), "{banner}: {page}");
    }
}
