//! Copies of a ledger that is recording meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use einsicht_tests::folder::{flip, segments, snapshot};
use einsicht_tests::make::Session;
use einsicht_tests::process::{Ended, Process, command, run, text};
use einsicht_tests::service::{Service, fsck};
use einsicht_tests::verify::Verifier;
use einsicht_tlog::Size;

use crate::{SMALL_SEGMENTS, folder, ledger_at_rest};

async fn back_up(data: &Path, to: &Path) -> Ended {
    run("einsichtd", &["backup", "--data", text(data), "--to", text(to)]).await
}

/// What anybody finds who has only the copy: both programs accept it.
async fn verified_size(copy: &Path) -> Size {
    fsck(copy).await.expect(0, &[]);
    let vkey = copy.join("ledger.vkey");
    let state = folder();
    let arguments = ["verify", text(copy), "--vkey", text(&vkey), "--state-dir", text(state.path())];
    run("einsicht", &arguments).await.expect(0, &[]);
    Verifier::of(copy).open(&std::fs::read(copy.join("log/checkpoint")).unwrap()).size
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_service_holds_what_was_acknowledged_and_never_more() {
    let (data, copy) = (folder(), folder());
    let service = Arc::new(Service::start(data.path(), &SMALL_SEGMENTS).await);
    let asked = Arc::new(AtomicU64::new(2));
    let recording = tokio::spawn({
        let (service, asked) = (Arc::clone(&service), Arc::clone(&asked));
        async move {
            let mut session = Session::new();
            for _ in 0..400 {
                asked.fetch_add(3, Ordering::SeqCst);
                service.record(session.request(3)).await.unwrap();
            }
        }
    });
    let (mut before, mut cut) = (Size(0), 0);
    let to = copy.path().join("backup");
    while !recording.is_finished() {
        // Every other one is killed somewhere, and the next one goes on from there.
        let arguments = ["backup", "--data", text(data.path()), "--to", text(&to)];
        let mut killed = Process::spawn(&mut command("einsichtd", &arguments));
        tokio::time::sleep(Duration::from_millis(5 + cut * 7 % 40)).await;
        killed.kill();
        killed.ended().await;
        cut += 1;
        let backup = back_up(data.path(), &to).await;
        backup.expect(0, &[]);
        assert!(backup.stdout.contains("The signing key is not in it"), "{backup:#?}");
        let size = verified_size(&to).await;
        assert!(size >= before && size.0 <= asked.load(Ordering::SeqCst), "{before} then {size}");
        before = size;
    }
    recording.await.unwrap();
    let head = service.head().await;
    Arc::into_inner(service).unwrap().terminate().await.expect(0, &[]);
    back_up(data.path(), &to).await.expect(0, &[]);
    assert_eq!(verified_size(&to).await, head.size);
    assert!(!to.join("keys").exists(), "keys are not copied");
    for segment in segments(data.path()) {
        let name = segment.file_name().unwrap();
        assert_eq!(
            std::fs::read(&segment).unwrap(),
            std::fs::read(to.join("log/entries").join(name)).unwrap()
        );
    }
}

#[tokio::test]
async fn a_backup_says_what_is_wrong_and_leaves_both_sides_alone() {
    let (data, copy) = (folder(), folder());
    ledger_at_rest(data.path(), 4).await;
    back_up(data.path(), copy.path()).await.expect(0, &[]);
    let again = back_up(data.path(), copy.path()).await;
    assert!(again.stdout.contains("42 were there and verified, 0 copied (0 bytes)"), "{again:#?}");

    // Mixed up, or one in the other.
    back_up(copy.path(), data.path()).await.expect(2, &["is the data folder of a service", "mixed up"]);
    back_up(data.path(), &data.path().join("backup")).await.expect(2, &["another disk"]);
    back_up(&copy.path().join("none"), copy.path()).await.expect(2, &["no folder 'log'"]);

    // Of another ledger.
    let other = folder();
    ledger_at_rest(other.path(), 1).await;
    let before = snapshot(copy.path());
    let refused = back_up(other.path(), copy.path()).await;
    refused.expect(1, &[]);
    assert!(refused.stdout.contains("FAILED") && refused.stdout.contains("another ledger"), "{refused:#?}");
    assert_eq!(snapshot(copy.path()), before);

    // Damaged where it lies.
    flip(&segments(copy.path())[1], 70);
    let before = snapshot(copy.path());
    let damaged = back_up(data.path(), copy.path()).await;
    damaged.expect(1, &[]);
    assert!(damaged.stdout.contains("the copy: log/entries/"), "{damaged:#?}");
    assert_eq!(snapshot(copy.path()), before);
}
