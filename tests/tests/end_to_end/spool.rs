//! A recorder with a spool, and its ledger, are killed at any moment: every access for which `record` had
//! returned is in the ledger, once, and in the order in which its task recorded.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use einsicht_tests::gate::Gate;
use einsicht_tests::process::{PATIENCE, Process, command, run, text};
use einsicht_tests::service::{Service, fsck};
use einsicht_tests::verify::Whole;
use tokio::time::sleep;

use crate::folder;

const ROUNDS: usize = 12;
/// Something is killed at some moment within this time.
const LIFE_MS_MAX: u32 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_before_a_crash_is_in_the_ledger_once_and_in_order() {
    let (data, spool) = (folder(), folder());
    let spool = spool.path().join("spool");
    let mut ledger = Service::start(data.path(), &[]).await;
    let gate = Gate::open().await;
    gate.lead_to(ledger.url());
    let mut kept: Vec<Vec<String>> = Vec::new();
    let mut runs = 0;
    let mut recorder = start(&gate, data.path(), &spool, &format!("lauf-{runs}"));
    for round in 0..ROUNDS {
        until_it_records(&mut recorder).await;
        sleep(Duration::from_millis(u64::from(random() % LIFE_MS_MAX))).await;
        let (kills_ledger, kills_recorder) = (round % 3 != 0, round % 3 != 1);
        if kills_ledger {
            ledger.begin_to_die();
            // Some time without a ledger.
            sleep(Duration::from_millis(u64::from(random() % LIFE_MS_MAX))).await;
        }
        if kills_recorder {
            recorder.kill();
            kept.extend(lines(&recorder.ended().await.stdout));
            runs += 1;
            recorder = start(&gate, data.path(), &spool, &format!("lauf-{runs}"));
            until_it_records(&mut recorder).await;
        }
        if kills_ledger {
            ledger.ended().await;
            ledger = Service::start(data.path(), &[]).await;
            gate.lead_to(ledger.url());
        }
    }
    recorder.kill();
    kept.extend(lines(&recorder.ended().await.stdout));
    drain(&gate, data.path(), &spool).await;

    check(&Whole::read(&ledger).await, &kept);
    ledger.terminate().await.expect(0, &[]);
    fsck(data.path()).await.expect(0, &[]);
}

/// Ships what the last recorder left, as an operator does.
async fn drain(gate: &Gate, data: &Path, spool: &Path) {
    let (vkey, token) = (data.join("ledger.vkey"), data.join("keys/dev.token"));
    let url = format!("http://{}", gate.address);
    let spool = text(spool);
    let keys = ["--url", &url, "--vkey", text(&vkey), "--token-file", text(&token)];
    let shipped = run("einsicht", &[&["spool", "ship", spool], &keys[..]].concat()).await;
    shipped.expect(0, &[]);
    assert!(shipped.stdout.contains("recorded"), "{shipped:#?}");
    let status = run("einsicht", &["spool", "status", spool, "--json"]).await;
    status.expect(0, &[]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!((&status["events"], &status["in_use"]), (&0.into(), &false.into()), "{status}");
}

/// Every access that was kept is there once, in the order of its task.
fn check(whole: &Whole, kept: &[Vec<String>]) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, access) in whole.accesses().enumerate() {
        places.entry(access.purpose).or_default().push(place);
    }
    let doubled: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(doubled.is_empty(), "recorded more than once: {doubled:?}");
    let mut last_of_task: HashMap<&str, usize> = HashMap::new();
    let mut count = 0;
    for purpose in kept.iter().flatten() {
        let place =
            places.get(purpose).unwrap_or_else(|| panic!("{purpose} was kept and is not in the ledger"))[0];
        let task = purpose.rsplit_once('-').unwrap().0;
        if let Some(before) = last_of_task.insert(task, place) {
            assert!(before < place, "{purpose} stands before an access that its task recorded earlier");
        }
        count += 1;
    }
    assert!(count > 100, "only {count} accesses were kept in {ROUNDS} rounds");
}

fn start(gate: &Gate, data: &Path, spool: &Path, run: &str) -> Process {
    let mut command = command("examples/record_until_killed", &[run]);
    command
        .env("EINSICHT_URL", format!("http://{}", gate.address))
        .env("EINSICHT_VKEY", text(&data.join("ledger.vkey")))
        .env("EINSICHT_TOKEN_FILE", text(&data.join("keys/dev.token")))
        .env("EINSICHT_SPOOL_DIR", text(spool));
    Process::spawn(&mut command)
}

/// Every round has something to lose.
async fn until_it_records(recorder: &mut Process) {
    let (begun, before) = (Instant::now(), recorder.stdout().len());
    while recorder.stdout().len() < before + 200 {
        let output = (recorder.stdout(), recorder.stderr());
        assert!(recorder.is_running() && begun.elapsed() < PATIENCE, "it does not record: {output:?}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// The accesses of each whole line.
fn lines(stdout: &str) -> Vec<Vec<String>> {
    let whole = stdout.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole
        .inspect(|line| assert!(!line.starts_with("FAILED"), "{line}"))
        .map(|line| line.split(' ').map(str::to_owned).collect())
        .collect()
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_ne_bytes(bytes)
}
