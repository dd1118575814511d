//! The whole life of what is sealed, through both programs: recorded, disclosed by two, corrected, erased, opened, found
//! by whose data it is, kept no longer, restored. Between all of these the service goes down, or is killed, and an
//! auditor verifies log and vault.

use std::fs;

use einsicht_access::RetentionClass;
use einsicht_proto::v1::AccessEvent;
use einsicht_service::config::{DatasetRetention, Retention};
use einsicht_tests::city::{City, Known};
use einsicht_tests::past::{begin_with, last_month};
use einsicht_tests::process::{Ended, Process, command, run, text};

use crate::scene::{ACTOR, Scene, personal};

/// What is seldom kept.
const CAMERAS: &str = "kameras";
const RULES: &str = "[retention]\ndatasets = [\"kameras=P0M\"]\n[disclosure]\ntwo_stewards = [\"actor\"]";
const EVENT: &str = r#"{"dataset": "melderegister", "operation": "query", "purpose": "auskunft",
    "subjects": ["person:4711"], "actor": "Erika Mustermann-Kornblum", "justification": "Antrag 17"}"#;

/// A city whose ledger began last month: entries 1 and 2 are accesses to the data of person 4711, and entry 3 is one
/// that is kept no longer than its month.
struct Life {
    scene: Scene,
    restarts: u32,
}

impl Life {
    async fn begin() -> Self {
        let mut city = City::without_ledger();
        city.public_entries = true;
        city.seal(RULES);
        let cameras = AccessEvent { dataset: CAMERAS.into(), ..personal() };
        let datasets = vec![DatasetRetention { dataset: CAMERAS.into(), class: RetentionClass::Months(0) }];
        let retention = Retention { datasets, ..Retention::default() };
        begin_with(&city, &[personal(), personal(), cameras], &retention);
        Self { scene: Scene::of(city).await, restarts: 0 }
    }

    /// Runs `einsicht` as somebody; a word may not have spaces in it.
    async fn by(&self, known: &Known, line: &str) -> Ended {
        let arguments: Vec<_> = line.split(' ').collect();
        self.scene.city.einsicht(&self.scene.service, known, &arguments).await
    }

    /// The same as somebody whom nobody knows.
    async fn outside(&self, line: &str) -> Ended {
        let city = &self.scene.city;
        let mut command = command("einsicht", &line.split(' ').collect::<Vec<_>>());
        command.current_dir(city.path(".")).env("EINSICHT_STATE_DIR", city.path("outside"));
        command.env("EINSICHT_VKEY", city.data().join("ledger.vkey"));
        command.env("EINSICHT_CA_FILE", city.path("tls/ca.pem"));
        Process::spawn(&mut command).ended().await
    }

    /// Comes up again, every other time after it was killed; in between everything is verified, with the vault.
    async fn again(self) -> Self {
        let Self { mut scene, restarts } = self;
        if restarts % 2 == 1 {
            scene = scene.crash().await;
        }
        scene.service.terminate().await.expect(0, &[]);
        verify(&scene.city).await;
        scene.service = scene.city.serve_with(&[]).await;
        Self { scene, restarts: restarts + 1 }
    }

    /// What a recorder sends is sealed. Returns its index.
    async fn records(&self, name: &str, event: &str) -> u64 {
        fs::write(self.scene.city.path(name), event).unwrap();
        let recorded = self.by(&self.scene.counter, &format!("record --from {name} --json")).await;
        recorded.expect(0, &[]);
        number(&recorded, "index")
    }

    async fn shows_who_it_was_to_two_stewards_only(&self, index: u64) {
        let Scene { auditor, steward, other, .. } = &self.scene;
        let ask = format!("disclose {index} --fields actor --reason complaint");
        self.by(auditor, &ask).await.expect(2, &["PERMISSION_DENIED", "two stewards"]);
        let asked = self.by(steward, &format!("{ask} --json")).await;
        asked.expect(2, &[]);
        let request = number(&asked, "request");
        let listed = self.by(auditor, "requests --json").await;
        assert_eq!(number(&listed, "index"), request);
        let grant = format!("disclose --request {request} --reason agreed");
        self.by(steward, &grant).await.expect(2, &["PERMISSION_DENIED", "another steward has to grant it"]);
        let granted = self.by(other, &grant).await;
        says(&granted, 0, &["PROVEN  1 value", ACTOR, "says that 'steward-b' had this disclosed"]);
        self.by(other, &grant).await.expect(2, &["granted before"]);
    }

    async fn is_corrected_and_erased(&self, index: u64) {
        let Scene { auditor, steward, .. } = &self.scene;
        let correct = format!("correct {index} --correction the-purpose-was-another --ground art-16");
        self.by(steward, &correct).await.expect(0, &[]);
        let erase = format!("erase {index} --fields actor --ground art-17");
        says(&self.by(steward, &erase).await, 0, &["ERASED"]);
        self.by(steward, &erase).await.expect(2, &["erased before"]);
        self.by(auditor, &format!("erase {index} --all --ground g")).await.expect(2, &["PERMISSION_DENIED"]);
    }

    async fn is_corrected_and_erased_still(&self, index: u64) {
        let Scene { auditor, .. } = &self.scene;
        says(&self.by(auditor, &format!("show {index}")).await, 0, &["the-purpose-was-another"]);
        let rest =
            self.by(auditor, &format!("disclose {index} --fields subjects,justification --reason r")).await;
        says(&rest, 0, &["PROVEN  2 values", "person:4711", "Antrag 17"]);
    }

    async fn is_found_by_whose_data_it_is(&self) {
        let Scene { city, service, steward, .. } = &self.scene;
        let (month, _) = last_month();
        fs::write(city.path("person.txt"), "person:4711").unwrap();
        let key = |month: &str, out: &str| {
            format!("citizen key --subject-file person.txt --month {month} --reason request --out {out}")
        };
        let next = month.next().to_string();
        self.by(steward, &key(&next, "none")).await.expect(2, &["has not ended"]);
        says(&self.by(steward, &key(&month.to_string(), "view.keys")).await, 0, &["GIVEN OUT  1 view key"]);
        let scan = format!("citizen scan {} --keys view.keys", service.public);
        says(&self.outside(&scan).await, 0, &["VERIFIED", "3 accesses to your data found"]);
        let report = format!("citizen report {} --keys view.keys --out report", service.public);
        says(&self.outside(&report).await, 0, &["3 accesses found"]);
        let german = fs::read_to_string(city.path("report/report.de.html")).unwrap();
        assert!(german.contains(CAMERAS) && !german.contains("Mustermann"), "{german}");
    }

    /// The class whose time is over goes, key and all; the other one of that month stays.
    async fn is_kept_no_longer(&self) {
        let Scene { city, auditor, steward, .. } = &self.scene;
        let (month, _) = last_month();
        let disclose = |index: u64| format!("disclose {index} --fields justification --reason r");
        says(&self.by(auditor, &disclose(3)).await, 0, &["PROVEN  1 value"]);
        says(&self.by(steward, "retain --dry-run").await, 0, &["1 month is due; nothing was erased"]);
        says(&self.by(steward, "retain --now").await, 0, &["ERASED  1 month"]);
        says(&self.by(auditor, &disclose(3)).await, 2, &["ERASED  nothing is left"]);
        says(&self.by(auditor, &disclose(2)).await, 0, &["PROVEN  1 value"]);
        assert!(!city.path("keys").join(format!("vault/{month}.P0M.key")).exists());
    }

    /// The data folder is lost; the keys, which are elsewhere, are not.
    async fn comes_back_from_a_backup(self) -> Self {
        let Self { mut scene, restarts } = self;
        let backup = scene.city.path("backup");
        scene.city.einsichtd("backup", &["--to", text(&backup)]).await.expect(0, &[]);
        let known = scene.city.einsicht(&scene.service, &scene.auditor, &["checkpoint"]).await;
        fs::write(scene.city.path("known"), &known.stdout).unwrap();
        scene.service.kill9().await;
        fs::remove_dir_all(scene.city.data()).unwrap();
        let known = scene.city.path("known");
        let arguments = ["--from", text(&backup), "--last-known", text(&known)];
        scene.city.einsichtd("restore", &arguments).await.expect(0, &[]);
        scene.service = scene.city.serve_with(&[]).await;
        Self { scene, restarts }
    }
}

/// Everything, by somebody who was handed the keys.
async fn verify(city: &City) {
    let (data, keys, wrapping) = (city.data(), city.path("keys"), city.wrapping_key());
    let with_keys = ["--keys", text(&keys), "--wrapping-key-file", text(&wrapping)];
    let (vkey, state) = (city.data().join("ledger.vkey"), city.path("state"));
    let whose = ["--vkey", text(&vkey), "--state-dir", text(&state)];
    let verified =
        run("einsicht", &[&["verify", text(&data), "--vault"], &with_keys[..], &whose].concat()).await;
    says(&verified, 0, &["VERIFIED", "VAULT VERIFIED"]);
    run("einsichtd", &[&["fsck", text(&data)], &with_keys[..]].concat()).await.expect(0, &[]);
}

fn number(ended: &Ended, member: &str) -> u64 {
    let line = ended.stdout.lines().next().unwrap_or_default();
    let object: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{ended:#?}"));
    object[member].as_u64().unwrap_or_else(|| panic!("{ended:#?}"))
}

#[track_caller]
fn says(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    for part in parts {
        assert!(ended.stdout.contains(part), "no {part:?} in {ended:#?}");
    }
}

#[tokio::test]
async fn what_is_sealed_lives_and_goes_and_every_proof_holds_through_restarts_crashes_and_a_restore() {
    let life = Life::begin().await.again().await;
    let index = life.records("event.json", EVENT).await;
    let hidden = |day: &str| EVENT.replacen('{', &format!("{{\"confidential_until\": \"{day}\","), 1);
    let due = life.records("due.json", &hidden("2026-01-01")).await;
    let later = life.records("later.json", &hidden("9999-12-31")).await;
    let life = life.again().await;
    life.shows_who_it_was_to_two_stewards_only(index).await;
    let life = life.again().await;
    life.is_corrected_and_erased(index).await;
    let life = life.again().await;
    life.is_corrected_and_erased_still(index).await;
    let steward = &life.scene.steward;
    life.by(steward, &format!("open {later}")).await.expect(2, &["confidential until 9999-12-31"]);
    let opened = life.by(steward, &format!("open {due}")).await;
    // The daily run may have been faster.
    assert!(opened.code == Some(0) || opened.stderr.contains("opened before"), "{opened:#?}");
    let life = life.again().await;
    let shown = life.by(&life.scene.auditor, &format!("show {due}")).await;
    says(&shown, 0, &["opened", "dataset: melderegister"]);
    life.is_found_by_whose_data_it_is().await;
    let life = life.again().await;
    life.is_kept_no_longer().await;
    let life = life.again().await.comes_back_from_a_backup().await.again().await;
    life.is_corrected_and_erased_still(index).await;
    says(&life.by(&life.scene.auditor, "disclose 3 --fields justification --reason r").await, 2, &["ERASED"]);
    let index = life.records("event.json", EVENT).await;
    life.shows_who_it_was_to_two_stewards_only(index).await;
    life.again().await.scene.service.terminate().await.expect(0, &[]);
}
