//! One writer per folder, one service per port; anything else is refused and disturbs nobody.

use std::fs;

use einsicht_tests::folder::{snapshot, truth};
use einsicht_tests::make::request;
use einsicht_tests::process::{run, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::Whole;

use crate::folder;

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(5)).await.unwrap();
    for _ in 0..2 {
        let second = refused(folder.path(), &[]).await;
        second.expect(2, &["is in use by another process", text(folder.path())]);
    }
    service.record(request(5)).await.unwrap();
    assert_eq!(Whole::read(&service).await.size(), 12);
    service.terminate().await.expect(0, &[]);
    fsck(folder.path()).await.expect(0, &[]);
}

#[tokio::test]
async fn the_folder_is_free_again_after_a_crash() {
    let folder = folder();
    Service::start(folder.path(), &[]).await.kill9().await;
    Service::start(folder.path(), &[]).await;
}

#[tokio::test]
async fn an_fsck_of_a_running_ledger_cannot_tell_and_disturbs_nothing() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    fsck(folder.path()).await.expect(2, &["in use by a running service"]);
    service.record(request(1)).await.unwrap();
    service.terminate().await.expect(0, &[]);
    let before = snapshot(folder.path());
    let sound = fsck(folder.path()).await;
    sound.expect(0, &[]);
    assert!(sound.stdout.starts_with("sound "), "{sound:#?}");
    assert!(sound.stdout.contains("3 entries in 3 commits and 1 segments"), "{sound:#?}");
    assert_eq!(snapshot(folder.path()), before, "an fsck changes nothing");
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_before_anything_is_written() {
    let first = folder();
    let service = Service::start(first.path(), &[]).await;
    let address = service.url().trim_start_matches("http://");
    let other = folder();
    let data = other.path().join("new");
    let taken = run("einsichtd", &["dev", "--data", text(&data), "--listen", address]).await;
    taken.expect(2, &[&format!("can't listen on {address}"), "is another service there?"]);

    let existing = folder();
    Service::start(existing.path(), &[]).await.terminate().await.expect(0, &[]);
    let before = truth(existing.path());
    let taken = run("einsichtd", &["dev", "--data", text(existing.path()), "--listen", address]).await;
    taken.expect(2, &["can't listen on"]);
    assert_eq!(truth(existing.path()), before, "a service that did not come up does not say so");
    service.record(request(1)).await.unwrap();
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_is_refused() {
    let folder = folder();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "not a ledger").unwrap();
    refused(&file, &[]).await.expect(2, &["notes.txt"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a ledger");
}
