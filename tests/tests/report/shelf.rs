//! Published reports, as everybody reads them: over HTTP, and from an export.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use einsicht_tests::make::event;
use einsicht_tests::process::{PATIENCE, run, text};
use serde_json::{Value, json};

use crate::scene::Scene;

/// A scene whose report of this year is published and lies where the service looks for it.
async fn published() -> (Scene, u64) {
    let scene = Scene::with_charter().await;
    scene.make("data/reports/of-the-year", "").await;
    let manifest = fs::read(scene.city.path("data/reports/of-the-year/manifest.json")).unwrap();
    let published = scene.try_to_publish(&scene.steward, &manifest).await.unwrap();
    (scene, published.index)
}

async fn list(scene: &Scene) -> Option<Value> {
    // What lies in the folder is looked at once a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let page = scene.service.get_public("/reports/index.json", None).await;
    (page.status == 200).then(|| serde_json::from_str(page.text()).unwrap())
}

/// Waits until `log/checkpoint`, as far as which is exported, covers an entry: it is replaced four times a second.
async fn published_on_disk(data: &Path, entry: u64) {
    let covers = || {
        let checkpoint = fs::read_to_string(data.join("log/checkpoint")).unwrap();
        checkpoint.lines().nth(1).unwrap().parse::<u64>().unwrap() > entry
    };
    let begun = Instant::now();
    while !covers() {
        assert!(begun.elapsed() < PATIENCE, "log/checkpoint stays behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn index_of(entry: u64) -> Value {
    json!({"format": "einsicht-reports/v1", "reports": [{"path": "of-the-year", "entry": entry}]})
}

#[tokio::test]
async fn a_report_is_there_once_the_ledger_names_it_and_drafts_are_not() {
    let scene = Scene::with_charter().await;
    scene.make("data/reports/of-the-year", "").await;
    assert_eq!(list(&scene).await, None);
    assert_eq!(scene.service.get_public("/reports/of-the-year/", None).await.status, 404);
    let folder = scene.city.path("data/reports/of-the-year");
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let entry = scene.try_to_publish(&scene.steward, &manifest).await.unwrap().index;
    assert_eq!(list(&scene).await, Some(index_of(entry)));
    for (path, file, kind) in [
        ("", "index.html", "text/html; charset=utf-8"),
        ("en/", "en/index.html", "text/html; charset=utf-8"),
        ("report.json", "report.json", "application/json"),
        ("csv/by_purpose.csv", "csv/by_purpose.csv", "text/csv; charset=utf-8"),
        ("checkpoint", "checkpoint", "text/plain; charset=utf-8"),
        ("manifest.json", "manifest.json", "application/json"),
    ] {
        let page = scene.service.get_public(&format!("/reports/of-the-year/{path}"), None).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), kind, "{path}");
        assert_eq!(page.bytes, fs::read(folder.join(file)).unwrap(), "{path}");
        // Its own style, which a policy within it names, must hold; scripts must not.
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("script-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("style-src") && !policy.contains("default-src"), "{policy}");
    }
    let scene = scene.restart().await;
    assert_eq!(list(&scene).await, Some(index_of(entry)));
}

#[tokio::test]
async fn a_file_that_is_not_the_published_one_is_not_given_out() {
    let (scene, _) = published().await;
    let folder = scene.city.path("data/reports/of-the-year");
    fs::write(folder.join("notes.txt"), "for us alone").unwrap();
    let json = folder.join("report.json");
    let forged = fs::read_to_string(&json).unwrap().replacen('7', "8", 1);
    fs::write(&json, forged).unwrap();
    list(&scene).await.unwrap();
    let get = |path: &'static str| async { scene.service.get_public(path, None).await };
    assert_eq!(get("/reports/of-the-year/notes.txt").await.status, 404);
    assert_eq!(get("/reports/of-the-year/..%2F..%2Fledger.vkey").await.status, 404);
    let page = get("/reports/of-the-year/report.json").await;
    assert_eq!(page.status, 500);
    assert!(!page.text().contains(text(&folder)), "{}", page.text());
    scene.service.logs_more("report.json has the SHA-256", 0).await;
    assert_eq!(get("/reports/of-the-year/").await.status, 200);
    // A folder without its slash leads to the one with it; what is made up leads nowhere.
    assert_eq!(get("/reports/of-the-year").await.status, 200);
    for made_up in
        ["%2F%2Fexample.org", "https:%2F%2Fexample.org", "%5C%5Cexample.org", "%0d%0aset-cookie:a", "draft"]
    {
        let url = format!("{}/reports/{made_up}", scene.service.public);
        let page = scene.service.http(None).get(url).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.headers().get("location")), (404, None), "{made_up}");
    }
}

#[tokio::test]
async fn an_export_has_the_site_and_the_published_reports() {
    let (scene, entry) = published().await;
    scene.record(vec![event()]).await;
    scene.make("data/reports/draft", "").await;
    let to = scene.city.path("site");
    let data = scene.city.data();
    let export = |more: &'static [&'static str]| {
        let arguments = [&["export", text(&to), "--data", text(&data), "--entries"], more].concat();
        async move { run("einsichtd", &arguments).await }
    };
    published_on_disk(&data, entry).await;
    let exported = export(&[]).await;
    exported.expect(0, &[]);
    assert!(exported.stdout.contains("reports: 1"), "{exported:#?}");
    let read = |path: &str| fs::read(to.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let index: Value = serde_json::from_slice(&read("reports/index.json")).unwrap();
    assert_eq!(index, index_of(entry));
    assert_eq!(read("ledger.vkey"), fs::read(scene.city.data().join("ledger.vkey")).unwrap());
    assert!(!to.join("reports/draft").exists());
    for path in ["index.html", "en/index.html", "style.css", "site/frame.js", "verify/merkle.js"] {
        assert_eq!(read(path), scene.service.get_public(&format!("/{path}"), None).await.bytes, "{path}");
    }
    let report = scene.city.path("data/reports/of-the-year");
    let recomputed = scene.recompute(text(&to.join("reports/of-the-year")), "").await;
    recomputed.expect(0, &[]);

    // What is there is not written again, and what was changed there is put right.
    let again = export(&[]).await;
    assert!(again.stdout.contains("files written: 0; reports: 1"), "{again:#?}");
    fs::write(to.join("site/frame.js"), "alert(1)").unwrap();
    fs::write(to.join("reports/index.json"), index.to_string().replace(&entry.to_string(), "1")).unwrap();
    let mended = export(&["--everything"]).await;
    assert!(mended.stdout.contains("files written: 2; reports: 1"), "{mended:#?}");
    assert_eq!(serde_json::from_slice::<Value>(&read("reports/index.json")).unwrap(), index);

    // One that was changed since it was published is told, and nothing of it is exported.
    fs::write(report.join("report.json"), "{}").unwrap();
    let refused = export(&[]).await;
    refused.expect(2, &["report.json has the SHA-256"]);
    assert_ne!(fs::read(Path::new(&to).join("reports/of-the-year/report.json")).unwrap(), b"{}");
}
