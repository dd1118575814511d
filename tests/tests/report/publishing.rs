//! How a report comes to stand in the ledger.

use einsicht_tlog::hash::sha256;

use crate::scene::Scene;

#[tokio::test]
async fn the_hash_of_the_manifest_stands_in_the_ledger_and_is_listed_also_after_a_restart() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await;
    let before = scene.head().await;
    let (published, report) = scene.publish(&manifest).await;
    assert_eq!((published.index, published.already_published), (before.size.0, false));
    assert_eq!((report.period.as_str(), report.replaces), ("2026-11", None));
    assert_eq!(report.manifest_sha256[..], sha256(manifest.to_string().as_bytes()).as_bytes()[..]);
    let week = scene.manifest("2026-W46", None).await;
    let (week, _) = scene.publish(&week).await;
    let listed = scene.try_to_list(&scene.auditor).await.unwrap();
    let told: Vec<_> = listed.iter().map(|report| (report.index, report.period.as_str())).collect();
    assert_eq!(told, [(published.index, "2026-11"), (week.index, "2026-W46")]);
    assert_eq!(listed[0].manifest_sha256, report.manifest_sha256);
    assert!(listed[0].recorded_at > 1_700_000_000);
    let scene = scene.restart().await;
    assert_eq!(scene.try_to_list(&scene.auditor).await.unwrap(), listed);
}

#[tokio::test]
async fn a_manifest_that_was_published_is_not_written_again() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await;
    let (first, _) = scene.publish(&manifest).await;
    scene.record(vec![einsicht_tests::make::event()]).await;
    let size = scene.head().await.size;
    let (again, _) = scene.publish(&manifest).await;
    assert_eq!((again.index, again.already_published), (first.index, true));
    let scene = scene.restart().await;
    let after_start = scene.head().await.size;
    let (again, _) = scene.publish(&manifest).await;
    assert_eq!((again.index, again.already_published), (first.index, true));
    assert_eq!(scene.head().await.size, after_start);
    assert_eq!(after_start.0, size.0 + 1, "only that the service has started");
    // Also once another one has corrected it.
    let correction = scene.manifest("2026-11", Some(first.index)).await;
    scene.publish(&correction).await;
    assert!(scene.publish(&manifest).await.0.already_published);
    assert_eq!(scene.try_to_list(&scene.auditor).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_several_who_publish_the_same_at_once_one_writes() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await.to_string();
    let all = (0..4).map(|_| scene.try_to_publish(&scene.steward, manifest.as_bytes()));
    let all = futures::future::try_join_all(all).await.unwrap();
    assert_eq!(all.iter().filter(|published| !published.already_published).count(), 1);
    assert!(all.iter().all(|published| published.index == all[0].index));
    assert_eq!(scene.try_to_list(&scene.auditor).await.unwrap().len(), 1);
}

/// A report is made from a ledger that goes on meanwhile.
#[tokio::test]
async fn a_report_about_the_ledger_as_it_was_is_published() {
    let scene = Scene::new().await;
    let manifest = scene.manifest("2026-11", None).await;
    scene.record((0..600).map(|_| einsicht_tests::make::event()).collect()).await;
    assert!(!scene.publish(&manifest).await.0.already_published);
}

#[tokio::test]
async fn corrections_form_one_chain_for_each_period() {
    let scene = Scene::new().await;
    let (first, _) = scene.publish(&scene.manifest("2026-11", None).await).await;
    let (second, report) = scene.publish(&scene.manifest("2026-11", Some(first.index)).await).await;
    assert_eq!(report.replaces, Some(first.index));
    let (third, _) = scene.publish(&scene.manifest("2026-11", Some(second.index)).await).await;
    let listed = scene.try_to_list(&scene.auditor).await.unwrap();
    let told: Vec<_> = listed.iter().map(|report| (report.index, report.replaces)).collect();
    assert_eq!(
        told,
        [(first.index, None), (second.index, Some(first.index)), (third.index, Some(second.index))]
    );
}
