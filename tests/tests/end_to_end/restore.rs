//! A ledger after the loss of its disk: what may go on, what begins anew, and who notices.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_access::read_body;
use einsicht_proto::v1::AccessEvent;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tests::folder::{copy, flip, segments, snapshot};
use einsicht_tests::make::{Session, event};
use einsicht_tests::process::{Ended, run, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::Verifier;
use einsicht_tlog::{Leaf, Size};
use tempfile::TempDir;

use crate::{SMALL_SEGMENTS, folder, ledger_at_rest};

/// A ledger, a backup of it, and a configuration for another machine.
struct Disaster {
    root: TempDir,
    session: Session,
}

impl Disaster {
    async fn begin() -> Self {
        let root = folder();
        let session = ledger_at_rest(&root.path().join("data"), 4).await;
        let disaster = Self { root, session };
        let (data, backup) = (disaster.path("data"), disaster.path("backup"));
        run("einsichtd", &["backup", "--data", text(&data), "--to", text(&backup)]).await.expect(0, &[]);
        fs::create_dir(disaster.path("keys")).unwrap();
        disaster.configure(&disaster.origin());
        disaster
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn origin(&self) -> String {
        let vkey = fs::read_to_string(self.path("backup/ledger.vkey")).unwrap();
        vkey.split('+').next().unwrap().to_owned()
    }

    fn configure(&self, origin: &str) {
        let text = format!("[ledger]\norigin = \"{origin}\"\ndata = \"restored\"\n[keys]\ndir = \"keys\"\n");
        fs::write(self.path("einsichtd.toml"), text).unwrap();
    }

    /// Records more than the backup has, and lets an auditor see it.
    async fn go_on(&mut self) {
        let service = Service::start(&self.path("data"), &SMALL_SEGMENTS).await;
        service.record(self.session.request(10)).await.unwrap();
        self.verify(service.url(), &self.path("data/ledger.vkey")).await.expect(0, &[]);
        service.terminate().await.expect(0, &[]);
    }

    /// As an auditor who remembers.
    async fn verify(&self, place: &str, vkey: &Path) -> Ended {
        let state = self.path("auditor");
        run("einsicht", &["verify", place, "--vkey", text(vkey), "--state-dir", text(&state)]).await
    }

    async fn restore(&self, arguments: &[&str]) -> Ended {
        let (backup, config) = (self.path("backup"), self.path("einsichtd.toml"));
        let mut all = vec!["restore", "--from", text(&backup), "--config", text(&config)];
        all.extend(arguments);
        run("einsichtd", &all).await
    }

    async fn restore_known(&self, checkpoint: &Path) -> Ended {
        self.restore(&["--last-known", text(checkpoint)]).await
    }

    /// `dev` looks for its keys in the data folder.
    fn give_keys(&self) {
        copy(&self.path("data/keys"), &self.path("restored/keys"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_ends_where_the_last_known_checkpoint_does_goes_on() {
    let disaster = Disaster::begin().await;
    let known = disaster.path("data/log/checkpoint");
    let restored = disaster.restore_known(&known).await;
    restored.expect(0, &[]);
    for part in ["restored", "goes on under the same origin", "put the signing key", "serve --config"] {
        assert!(restored.stdout.contains(part), "{part:?}: {restored:#?}");
    }
    let data = disaster.path("restored");
    fsck(&data).await.expect(0, &[]);
    disaster.give_keys();
    let service = Service::start(&data, &SMALL_SEGMENTS).await;
    let mut session = disaster.session.clone();
    service.record(session.request(5)).await.unwrap();
    let head = service.head().await;
    disaster.verify(service.url(), &data.join("ledger.vkey")).await.expect(0, &[]);
    service.terminate().await.expect(0, &[]);
    assert_eq!(head.size, Size(42 + 1 + 5));
    // It is not empty any more.
    disaster.restore_known(&known).await.expect(2, &["is not empty", "it may hold newer entries"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_behind_what_was_published_is_refused_and_the_loss_is_named() {
    let mut disaster = Disaster::begin().await;
    disaster.go_on().await;
    let remembered = fs::read_dir(disaster.path("auditor")).unwrap();
    let known = remembered
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "checkpoint"))
        .unwrap();
    let refused = disaster.restore_known(&known).await;
    refused.expect(1, &[]);
    for part in ["FAILED", "The last 11 entries, 42 to 52", "--as-new-origin", "Look for a newer copy"] {
        assert!(refused.stdout.contains(part), "{part:?}: {refused:#?}");
    }
    assert!(!disaster.path("restored").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_who_remembers_more_refuses_a_ledger_that_went_back() {
    let mut disaster = Disaster::begin().await;
    disaster.go_on().await;
    // Somebody gives a copy of the backup's own checkpoint for the newest one.
    let wrong = disaster.path("wrong");
    fs::copy(disaster.path("backup/log/checkpoint"), &wrong).unwrap();
    disaster.restore_known(&wrong).await.expect(0, &[]);
    disaster.give_keys();
    let data = disaster.path("restored");
    let service = Service::start(&data, &SMALL_SEGMENTS).await;
    let found = disaster.verify(service.url(), &data.join("ledger.vkey")).await;
    found.expect(1, &[]);
    // Also when it has grown beyond what the auditor remembers.
    service.record(Session::new().request(30)).await.unwrap();
    let found = disaster.verify(service.url(), &data.join("ledger.vkey")).await;
    found.expect(1, &[]);
    service.terminate().await.expect(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_ledger_names_the_old_one_which_stays_readable() {
    let disaster = Disaster::begin().await;
    disaster.restore(&["--as-new-origin"]).await.expect(2, &["a new ledger needs a new name"]);
    disaster.configure("city.example/ledger-2");
    let restored = disaster.restore(&["--as-new-origin"]).await;
    restored.expect(0, &[]);
    for part in ["begun", "city.example/ledger-2", "names the ledger above as its predecessor"] {
        assert!(restored.stdout.contains(part), "{part:?}: {restored:#?}");
    }
    let (data, old) = (disaster.path("restored"), disaster.path("restored/predecessor"));
    fsck(&data).await.expect(0, &[]);
    fsck(&old).await.expect(0, &[]);
    disaster.verify(text(&old), &old.join("ledger.vkey")).await.expect(0, &[]);
    disaster.verify(text(&data), &data.join("ledger.vkey")).await.expect(0, &[]);

    let head = Verifier::of(&old).open(&fs::read(old.join("log/checkpoint")).unwrap());
    let segment = fs::read(&segments(&data)[0]).unwrap();
    // Headers of segment and frame, root, length: then the leaf of entry 0.
    let leaf = Leaf::parse(&segment[52 + 24 + 32 + 2..segment.len() - 4]).unwrap();
    let Some(Content::Genesis(genesis)) = read_body(leaf.body).unwrap().content else { panic!("no genesis") };
    let predecessor = genesis.predecessor.unwrap();
    assert_eq!((predecessor.origin, predecessor.size), (disaster.origin(), head.size.0));
    assert_eq!(predecessor.root, head.root.0.to_vec());

    // A backup of the new ledger has both.
    let second = disaster.path("second");
    run("einsichtd", &["backup", "--data", text(&data), "--to", text(&second)]).await.expect(0, &[]);
    fsck(&second).await.expect(0, &[]);
    fsck(&second.join("predecessor")).await.expect(0, &[]);
}

#[tokio::test]
async fn what_is_sealed_in_a_ledger_that_ends_is_kept_or_left_out_and_never_without_a_word() {
    let root = folder();
    let mut session = Session::new();
    let service = Service::start(&root.path().join("data"), &[]).await;
    let sealed = AccessEvent { actor: Some("somebody".into()), ..event() };
    service.record(session.request_of(vec![sealed])).await.unwrap();
    service.terminate().await.expect(0, &[]);
    let disaster = Disaster { root, session };
    let (data, backup) = (disaster.path("data"), disaster.path("backup"));
    run("einsichtd", &["backup", "--data", text(&data), "--to", text(&backup)]).await.expect(0, &[]);
    disaster.configure("city.example/ledger-2");
    copy(&data.join("keys"), &disaster.path("keys"));
    fs::remove_file(disaster.path("keys/ledger.key")).unwrap();
    let before = snapshot(disaster.root.path());
    let refused = disaster.restore(&["--as-new-origin"]).await;
    refused.expect(2, &["next-year-end", "--sealed keep", "--sealed leave-out", "Nothing was changed"]);
    assert_eq!(snapshot(disaster.root.path()), before);
    let key = disaster.path("keys/predecessor/vault");
    let vault = disaster.path("restored/predecessor/vault");
    for (choice, is_kept) in [("leave-out", false), ("keep", true)] {
        let restored = disaster.restore(&["--as-new-origin", "--sealed", choice]).await;
        restored.expect(0, &[]);
        assert!(!restored.stdout.contains("FAILED"), "{restored:#?}");
        assert_eq!(restored.stdout.contains("no service erases"), is_kept, "{restored:#?}");
        assert_eq!((vault.exists(), key.exists()), (is_kept, true), "{choice}");
        let old = disaster.path("restored/predecessor");
        disaster.verify(text(&old), &old.join("ledger.vkey")).await.expect(0, &[]);
        fs::remove_dir_all(disaster.path("restored")).unwrap();
        fs::remove_file(disaster.path("keys/ledger.key")).unwrap();
    }
}

#[tokio::test]
async fn a_restore_that_could_do_harm_is_refused_before_anything_is_changed() {
    let disaster = Disaster::begin().await;
    let before = snapshot(disaster.root.path());
    disaster.restore(&[]).await.expect(2, &["--last-known FILE", "--as-new-origin", "Nothing was changed"]);
    let none = disaster.path("none");
    disaster.restore_known(&none).await.expect(2, &["none"]);
    disaster.restore_known(&disaster.path("einsichtd.toml")).await.expect(2, &["is not a checkpoint of"]);
    // The backup's own would always fit.
    let own = disaster.path("backup/log/checkpoint");
    disaster.restore_known(&own).await.expect(2, &["is the backup's own", "somebody else kept"]);
    assert_eq!(snapshot(disaster.root.path()), before);
    disaster.configure("city.example/other");
    let known = disaster.path("data/log/checkpoint");
    disaster.restore_known(&known).await.expect(2, &["is it the right backup?"]);
    disaster.configure(&disaster.origin());
    flip(&segments(&disaster.path("backup"))[1], 80);
    let damaged = disaster.restore_known(&known).await;
    damaged.expect(1, &[]);
    assert!(damaged.stdout.contains("FAILED") && damaged.stdout.contains("log/entries/"), "{damaged:#?}");
}

#[tokio::test]
async fn an_unfinished_restore_is_not_served_and_is_finished_by_the_next_run() {
    let disaster = Disaster::begin().await;
    let known = disaster.path("data/log/checkpoint");
    let segment = segments(&disaster.path("backup"))[1].clone();
    let whole = fs::read(&segment).unwrap();
    flip(&segment, 80);
    disaster.restore_known(&known).await.expect(1, &[]);
    let data = disaster.path("restored");
    disaster.give_keys();
    refused(&data, &SMALL_SEGMENTS).await.expect(2, &["restore into this folder was begun and not finished"]);
    fs::remove_dir_all(data.join("keys")).unwrap();
    fs::write(&segment, whole).unwrap();
    // Not another way now.
    disaster.configure("city.example/ledger-2");
    disaster.restore(&["--as-new-origin"]).await.expect(2, &["another restore into"]);
    disaster.configure(&disaster.origin());
    disaster.restore_known(&known).await.expect(0, &[]);
    fsck(&data).await.expect(0, &[]);
}
