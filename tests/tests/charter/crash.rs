//! A charter is there as a whole or not at all, whenever the service dies.

use std::fs;

use einsicht_tests::folder::{frames, segments};

use crate::scene::{FIRST, Scene, fitting, ids, long};

/// The commit with the parts of a charter, cut off after each of its bytes in turn: what was never acknowledged is gone
/// as a whole, and the charter before is in force.
#[tokio::test]
async fn a_charter_whose_commit_was_cut_off_is_not_there() {
    let mut scene = Scene::new("").await;
    let first = scene.publish(FIRST).await.last;
    let entries = scene.publish(&long()).await;
    scene.service.kill9().await;
    let data = scene.city.data();
    let path = segments(&data).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let (all, end) = frames(&whole);
    assert_eq!(u64::from(all.last().unwrap().header.count), 3, "one commit for all parts");
    let start = end - usize::try_from(all.last().unwrap().header.frame_bytes()).unwrap();
    let part = (end - start) / 3;
    for cut in [start + 1, start + 24, start + part, start + 2 * part, end - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        // As a machine leaves it that lost its power: what lies behind the log had not come so far either.
        for derived in ["log/checkpoint", "log/offsets", "log/watermark", "log/hashes", "state"] {
            let derived = data.join(derived);
            let _ = fs::remove_file(&derived).or_else(|_| fs::remove_dir_all(&derived));
        }
        scene.service = scene.city.serve().await;
        assert_eq!(scene.charters().await.len(), 1, "cut at {cut}");
        assert_eq!(scene.verdict(fitting()).await, (Some(first), ids(&[]), ids(&[])));
        let again = scene.publish(&long()).await;
        assert!(!again.already_in_force && again.last - again.first == 2);
        assert!(again.first >= entries.first);
        assert_eq!(scene.verdict(fitting()).await.0, Some(again.last));
        scene.service.kill9().await;
    }
}

/// Killed at a moment of its own choosing: whatever was answered holds, and what is there is whole.
#[tokio::test]
async fn whoever_was_answered_before_the_kill_finds_the_charter_in_force() {
    let mut scene = Scene::new("").await;
    let mut last = scene.publish(FIRST).await.last;
    for round in 0..6_u64 {
        let text = format!("{}# {round}\n", long());
        let publishing = scene.try_to_publish(&scene.steward, text.as_bytes());
        let answered = tokio::time::timeout(std::time::Duration::from_millis(round * 7), publishing).await;
        scene = scene.crash().await;
        let charters = scene.charters().await;
        let newest = charters.last().unwrap();
        if let Ok(answer) = answered {
            last = answer.unwrap().last;
        }
        assert!(newest.last >= last, "round {round}");
        last = newest.last;
        let (charter, ..) = scene.verdict(fitting()).await;
        assert_eq!(charter, Some(newest.last), "round {round}");
        for index in newest.first..=newest.last {
            scene.entry(index).await;
        }
    }
}
