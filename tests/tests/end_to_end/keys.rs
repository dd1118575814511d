//! Keys and token: made once, never replaced, never readable by others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use einsicht_tests::folder::{copy, snapshot, truth};
use einsicht_tests::process::text;
use einsicht_tests::service::{Service, fsck, refused};

use crate::{folder, ledger_at_rest};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn open_to_others(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

#[tokio::test]
async fn secrets_are_made_for_their_owner_only_and_kept() {
    let folder = folder();
    ledger_at_rest(folder.path(), 1).await;
    let keys = folder.path().join("keys");
    assert_eq!(mode(&keys), 0o700);
    for file in ["ledger.key", "dev.token"] {
        assert_eq!(mode(&keys.join(file)), 0o600, "{file}");
    }
    let before = snapshot(&keys);
    Service::start(folder.path(), &[]).await.terminate().await.expect(0, &[]);
    assert_eq!(snapshot(&keys), before);
}

#[tokio::test]
async fn a_foreign_key_is_refused() {
    let (ours, theirs) = (folder(), folder());
    ledger_at_rest(ours.path(), 1).await;
    ledger_at_rest(theirs.path(), 1).await;
    let key = "keys/ledger.key";
    fs::copy(theirs.path().join(key), ours.path().join(key)).unwrap();
    let log = truth(ours.path());
    refused(ours.path(), &[]).await.expect(2, &["keys/ledger.key", "is not a key of ledger", "entry 0"]);
    assert_eq!(truth(ours.path()), log);
}

#[tokio::test]
async fn a_missing_key_is_refused_and_not_made_anew() {
    let folder = folder();
    ledger_at_rest(folder.path(), 1).await;
    let keys = folder.path().join("keys");
    fs::remove_file(keys.join("ledger.key")).unwrap();
    refused(folder.path(), &[]).await.expect(2, &["no signing key", text(&keys), "backup"]);
    assert!(!keys.join("ledger.key").exists());
    fs::remove_dir_all(&keys).unwrap();
    refused(folder.path(), &[]).await.expect(2, &["no signing key"]);
    assert!(!keys.join("ledger.key").exists());
}

#[tokio::test]
async fn a_key_or_token_that_others_can_read_is_refused_with_what_to_do() {
    for file in ["ledger.key", "dev.token"] {
        let folder = folder();
        ledger_at_rest(folder.path(), 1).await;
        let path = folder.path().join("keys").join(file);
        let log = truth(folder.path());
        open_to_others(&path);
        let advice = format!("chmod 600 {}", text(&path));
        refused(folder.path(), &[]).await.expect(2, &["mode 0644", &advice]);
        assert_eq!(truth(folder.path()), log, "{file}: nothing was recorded");
        assert_eq!(mode(&path), 0o644, "permissions are for people to change");
    }
}

#[tokio::test]
async fn a_key_that_is_damaged_is_refused_and_kept() {
    let folder = folder();
    ledger_at_rest(folder.path(), 1).await;
    let key = folder.path().join("keys/ledger.key");
    let half = fs::read(&key).unwrap()[..80].to_vec();
    fs::write(&key, &half).unwrap();
    let refusal = refused(folder.path(), &[]).await;
    refusal.expect(2, &["keys/ledger.key", "Ed25519 key in PKCS#8 PEM"]);
    assert!(!refusal.stderr.contains("MC4C"), "an error must not show a key");
    assert_eq!(fs::read(&key).unwrap(), half);
}

#[tokio::test]
async fn the_verifier_key_is_written_again_if_it_is_lost_and_checked_if_it_is_there() {
    let (ours, theirs) = (folder(), folder());
    ledger_at_rest(ours.path(), 1).await;
    ledger_at_rest(theirs.path(), 1).await;
    let vkey = ours.path().join("ledger.vkey");
    let right = fs::read(&vkey).unwrap();
    fs::copy(theirs.path().join("ledger.vkey"), &vkey).unwrap();
    let wrong = fsck(ours.path()).await;
    wrong.expect(1, &[]);
    assert!(wrong.stdout.contains("ledger.vkey is not a key that entry 0 names"), "{wrong:#?}");
    fs::remove_file(&vkey).unwrap();
    Service::start(ours.path(), &[]).await.terminate().await.expect(0, &[]);
    assert_eq!(fs::read(&vkey).unwrap(), right);
}

#[tokio::test]
async fn a_ledger_can_be_moved_with_its_folder() {
    let folder = folder();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let mut session = ledger_at_rest(&here, 3).await;
    copy(&here, &there);
    let service = Service::start(&there, &[]).await;
    let answer = service.record(session.request(1)).await.unwrap();
    assert_eq!(answer.recorded[0].index, 2 + 30 + 1);
}
