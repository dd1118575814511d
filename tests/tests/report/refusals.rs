//! Which reports are not published, with words to act on; nothing is written then.

use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::scene::Scene;

async fn refused(scene: &Scene, manifest: &Value) -> Status {
    scene.try_to_publish(&scene.steward, manifest.to_string().as_bytes()).await.unwrap_err()
}

#[tokio::test]
async fn only_a_steward_publishes_and_only_who_may_read_entries_lists() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await.to_string();
    for by in [&scene.counter, &scene.auditor, &scene.monitor] {
        let refused = scene.try_to_publish(by, manifest.as_bytes()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{}: {refused}", by.name);
        assert!(refused.message().contains("publish charters or reports"), "{refused}");
    }
    for by in [&scene.counter, &scene.monitor] {
        let refused = scene.try_to_list(by).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{}: {refused}", by.name);
    }
    assert_eq!(scene.try_to_list(&scene.steward).await.unwrap(), []);
}

#[tokio::test]
async fn a_manifest_that_is_not_about_this_ledger_is_refused() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await;
    let size = scene.head().await.size.0;
    let with = |name: &str, value: Value| {
        let mut manifest = manifest.clone();
        manifest[name] = value;
        manifest
    };
    let cases = [
        (with("origin", "other.example/ledger".into()), "\"other.example/ledger\", and this one is"),
        (with("tree_size", (size + 1).into()), "the ledger has"),
        (with("tree_size", (size - 1).into()), "states the root"),
        (with("tree_size", 0.into()), "at least one entry"),
        (with("root", "AAAA".into()), "32 bytes in base64"),
        (with("period", "2026-13".into()), "2026-13"),
        (with("period", "November".into()), "a period reads 2026, 2026-Q4, 2026-11 or 2026-W46"),
        (with("corrects", 0.into()), "corrects entry 0, which is no report of 2026-11"),
        (with("corrects", (size + 5).into()), "which is no report of 2026-11"),
        (with("format", "einsicht/report-manifest/v9".into()), "einsicht/report-manifest/v9"),
        (json!("no manifest"), "this is no manifest of a report"),
        (json!({}), "missing field"),
    ];
    for (manifest, part) in cases {
        let refused = refused(&scene, &manifest).await;
        assert_eq!(refused.code(), Code::InvalidArgument, "{part}: {refused}");
        assert!(refused.message().contains(part), "{part}: {refused}");
        let details = refused.get_details_bad_request().unwrap();
        assert_eq!(details.field_violations[0].field, "manifest");
    }
    let refused = scene.try_to_publish(&scene.steward, b"\xff\xfe").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    assert_eq!(scene.head().await.size.0, size, "nothing was written");
}

#[tokio::test]
async fn a_second_report_of_a_period_says_that_it_corrects_the_newest() {
    let scene = Scene::new().await;
    let (first, _) = scene.publish(&scene.manifest("2026-11", None).await).await;
    let (other, _) = scene.publish(&scene.manifest("2026-10", None).await).await;
    let (second, _) = scene.publish(&scene.manifest("2026-11", Some(first.index)).await).await;
    for corrects in [None, Some(first.index)] {
        let refused = refused(&scene, &scene.manifest("2026-11", corrects).await).await;
        assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
        assert!(refused.message().contains(&format!("--corrects {}", second.index)), "{refused}");
    }
    let refused = refused(&scene, &scene.manifest("2026-11", Some(other.index)).await).await;
    assert_eq!(refused.code(), Code::InvalidArgument, "of another period: {refused}");
    assert_eq!(scene.try_to_list(&scene.auditor).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_manifest_that_is_too_long_is_told_so_and_one_that_is_far_too_long_is_not_read() {
    let scene = Scene::new().await;
    let long = |bytes: usize| vec![b' '; bytes];
    let refused = scene.try_to_publish(&scene.steward, &long(256 * 1024 + 1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("at most 262144 bytes, this one has 262145"), "{refused}");
    let refused = scene.try_to_publish(&scene.steward, &long(1 << 20)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
}
