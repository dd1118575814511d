//! Bad days of a recorder with a spool: its ledger is away, its disk is full or damaged, or the ledger is
//! not the one that it was. The real client (`client/examples/record_lines.rs`), the real service.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use einsicht_tests::folder::{copy, cut, files, flip};
use einsicht_tests::gate::Gate;
use einsicht_tests::process::{PATIENCE, Process, command, text};
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use tempfile::TempDir;
use tokio::time::sleep;

/// A ledger that comes and goes, and a recorder with a spool.
struct Desk {
    folder: TempDir,
    spool: PathBuf,
    gate: Gate,
    recorder: Option<Process>,
    /// Purposes that the recorder has answered for: recorded, or safe in the spool.
    kept: Vec<String>,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        Self { folder, spool, gate: Gate::open().await, recorder: None, kept: Vec::new() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn ledger(&self) -> Service {
        let service = Service::start(&self.data(), &[]).await;
        self.gate.lead_to(service.url());
        service
    }

    /// Starts the recorder.
    fn record(&mut self) -> &mut Process {
        let mut program = command("examples/record_lines", &[]);
        program
            .env("EINSICHT_URL", format!("http://{}", self.gate.address))
            .env("EINSICHT_VKEY", self.data().join("ledger.vkey"))
            .env("EINSICHT_TOKEN_FILE", self.data().join("keys/dev.token"))
            .env("EINSICHT_SPOOL_DIR", &self.spool);
        self.recorder.insert(Process::spawn_listening(&mut program))
    }

    /// Has accesses recorded for these purposes, one after the other, and returns the answers.
    async fn say(&mut self, purposes: &[String]) -> Vec<String> {
        let recorder = self.recorder.as_mut().unwrap();
        let mut answers = Vec::new();
        for purpose in purposes {
            recorder.say(purpose);
            let answer = until(recorder, |stdout, _| {
                let (whole, _) = stdout.rsplit_once('\n')?;
                whole.lines().find_map(|line| line.strip_prefix(&format!("{purpose}: "))).map(str::to_owned)
            })
            .await;
            if !answer.starts_with("NOT KEPT") {
                self.kept.push(purpose.clone());
            }
            answers.push(answer);
        }
        answers
    }

    /// Waits until the recorder has said something of its spool.
    async fn hears(&mut self, part: &str) {
        until(self.recorder.as_mut().unwrap(), |_, stderr| stderr.contains(part).then_some(())).await;
    }

    /// Waits until nothing waits any more, and asserts that the ledger has each of these accesses once, in
    /// this order, and no other.
    async fn is_all_recorded(&mut self, service: &Service, purposes: &[String]) {
        let begun = Instant::now();
        loop {
            let recorded = recorded(service).await;
            if recorded.len() >= purposes.len() {
                assert_eq!(recorded, purposes);
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {} are recorded", recorded.len(), purposes.len());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// SIGKILL of the recorder.
    async fn crash(&mut self) {
        let mut recorder = self.recorder.take().unwrap();
        recorder.kill();
        recorder.ended().await;
    }

    fn segment(&self) -> PathBuf {
        let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        files(&self.spool).into_iter().find(|file| name(file).starts_with("segment-")).unwrap()
    }
}

async fn until<T>(process: &mut Process, found: impl Fn(&str, &str) -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        let (stdout, stderr) = (process.stdout(), process.stderr());
        if let Some(found) = found(&stdout, &stderr) {
            return found;
        }
        assert!(process.is_running(), "the recorder has ended: {stdout}\n{stderr}");
        assert!(begun.elapsed() < PATIENCE, "it was not said: {stdout}\n{stderr}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// The purposes of all accesses, verified, in their order.
async fn recorded(service: &Service) -> Vec<String> {
    Whole::read(service).await.accesses().map(|access| access.purpose).collect()
}

fn purposes(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{name}-{number}")).collect()
}

/// An hour is scaled down to some seconds: what an hour changes is how often the recorder has tried, and how
/// much waits; both are bounded by its configuration, not by time.
#[tokio::test]
async fn a_ledger_that_is_away_for_a_long_time_gets_everything_in_order_and_once() {
    let mut desk = Desk::new().await;
    let service = desk.ledger().await;
    desk.record();
    let answers = desk.say(&purposes("before", 3)).await;
    assert!(answers.iter().all(|answer| answer.starts_with("recorded as entry")), "{answers:?}");
    service.kill9().await;
    let answers = desk.say(&purposes("during", 60)).await;
    assert!(answers.iter().all(|answer| answer == "safe in the spool"), "{answers:?}");
    desk.hears("60 accesses wait; nothing is shipped (away)").await;
    sleep(Duration::from_secs(3)).await;
    // Also somebody new, who has never seen the ledger there.
    desk.crash().await;
    desk.record();
    desk.say(&purposes("later", 3)).await;
    let service = desk.ledger().await;
    let all = desk.kept.clone();
    assert_eq!(all.len(), 66);
    desk.is_all_recorded(&service, &all).await;
    let mut recorder = desk.recorder.take().unwrap();
    recorder.say_no_more();
    recorder.ended().await.expect(0, &[]);
}

/// 20 accesses in the spool of a recorder that was killed, each in a frame of its own, and no ledger.
async fn spooled(desk: &mut Desk) -> Vec<String> {
    desk.ledger().await.kill9().await;
    desk.record();
    let purposes = purposes("spooled", 20);
    let answers = desk.say(&purposes).await;
    assert!(answers.iter().all(|answer| answer == "safe in the spool"), "{answers:?}");
    desk.crash().await;
    purposes
}

#[tokio::test]
async fn a_flipped_bit_in_the_spool_costs_one_access_and_is_told() {
    let mut desk = Desk::new().await;
    let all = spooled(&mut desk).await;
    let segment = desk.segment();
    flip(&segment, usize::try_from(segment.metadata().unwrap().len()).unwrap() / 2);
    desk.record();
    desk.hears("DAMAGED: 1 parts can't be read, 1 requests are lost").await;
    let service = desk.ledger().await;
    let recorded = settled(&service, 19).await;
    let lost: Vec<_> = all.iter().filter(|purpose| !recorded.contains(purpose)).collect();
    assert_eq!((recorded.len(), lost.len()), (19, 1), "{lost:?}");
    assert!(recorded.is_sorted_by_key(|purpose| all.iter().position(|other| other == purpose)));
    let kept = files(&desk.spool).into_iter().any(|file| text(&file).contains("damaged-"));
    assert!(kept, "the damaged part is kept for whoever may still read it");
}

#[tokio::test]
async fn a_spool_that_was_cut_off_says_how_much_is_lost_and_ships_the_rest() {
    let mut desk = Desk::new().await;
    let all = spooled(&mut desk).await;
    let segment = desk.segment();
    let bytes = segment.metadata().unwrap().len();
    // In the middle of a frame: what is behind it is gone with it.
    cut(&segment, bytes - bytes / 4);
    desk.record();
    desk.hears("requests are lost").await;
    let said = desk.recorder.as_ref().unwrap().stderr();
    let lost = said.split("read, ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let lost: usize = lost.parse().unwrap();
    assert!((4..=7).contains(&lost), "{said}");
    let service = desk.ledger().await;
    assert_eq!(settled(&service, all.len() - lost).await, all[..all.len() - lost]);
}

/// The accesses of a ledger, once it has `count` of them and gets no more.
async fn settled(service: &Service, count: usize) -> Vec<String> {
    let begun = Instant::now();
    while recorded(service).await.len() < count {
        assert!(begun.elapsed() < PATIENCE, "{:?}", recorded(service).await);
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_millis(500)).await;
    recorded(service).await
}

#[tokio::test]
async fn a_full_disk_under_the_spool_is_an_error_for_the_caller_and_loses_nothing() {
    let mut desk = Desk::new().await;
    let disk = desk.folder.path().join("disk");
    let Some(_disk) = SmallDisk::mount(&disk) else {
        eprintln!("SKIPPED: a small disk can't be mounted here; faults of the disk are tested in the client");
        return;
    };
    desk.spool = disk.join("spool");
    desk.ledger().await.kill9().await;
    desk.record();
    let mut refused = Vec::new();
    let mut number = 0;
    while refused.len() < 3 {
        let purpose = format!("{number}-{}", "x".repeat(100));
        let answer = desk.say(std::slice::from_ref(&purpose)).await.remove(0);
        if answer.starts_with("NOT KEPT") {
            assert!(answer.contains("othing of these accesses was kept"), "{answer}");
            refused.push(purpose);
        }
        number += 1;
        assert!(number < 5_000, "the disk does not fill");
    }
    assert!(desk.kept.len() > 10);
    let service = desk.ledger().await;
    let kept = desk.kept.clone();
    desk.is_all_recorded(&service, &kept).await;
    // There is room again, as soon as what was shipped is removed.
    let begun = Instant::now();
    while desk.kept.len() < kept.len() + 2 {
        assert!(begun.elapsed() < PATIENCE, "the disk stays full");
        desk.say(&[format!("afterwards-{}", begun.elapsed().as_micros())]).await;
    }
    let kept = desk.kept.clone();
    desk.is_all_recorded(&service, &kept).await;
}

/// A file system of 256 KiB.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs"]).arg(at).output();
        mounted.ok()?.status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the recorder may still have it open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_ledger_that_was_restored_to_an_older_state_is_noticed_and_gets_nothing() {
    let mut desk = Desk::new().await;
    let older = desk.folder.path().join("older");
    let newer = desk.folder.path().join("newer");
    desk.ledger().await.terminate().await.expect(0, &[]);
    copy(&desk.data(), &older);
    let service = desk.ledger().await;
    desk.record();
    desk.say(&purposes("seen", 5)).await;
    service.terminate().await.expect(0, &[]);
    std::fs::rename(desk.data(), &newer).unwrap();
    std::fs::rename(&older, desk.data()).unwrap();

    let restored = desk.ledger().await;
    let answers = desk.say(&purposes("held", 5)).await;
    assert!(answers.iter().all(|answer| answer == "safe in the spool"), "{answers:?}");
    desk.hears("nothing is shipped (distrusted)").await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(recorded(&restored).await, Vec::<String>::new(), "it is not the ledger that it was");
    restored.terminate().await.expect(0, &[]);

    std::fs::rename(desk.data(), &older).unwrap();
    std::fs::rename(&newer, desk.data()).unwrap();
    let service = desk.ledger().await;
    let kept = desk.kept.clone();
    desk.is_all_recorded(&service, &kept).await;
    let mut counts = HashMap::new();
    recorded(&service).await.into_iter().for_each(|purpose| *counts.entry(purpose).or_insert(0) += 1);
    assert!(counts.values().all(|count| *count == 1));
}
