//! The simulated week: recorded once, completed after an interruption, never mixed with real entries.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use einsicht_access::kind_name;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tests::folder::truth;
use einsicht_tests::make::now_us;
use einsicht_tests::process::{PATIENCE, Process, command, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::Whole;
use einsicht_tlog::Leaf;
use tokio::time::sleep;

use crate::folder;

const WEEK_S: u64 = 7 * 24 * 60 * 60;
/// Monday, 5 January 1970, 00:00 UTC.
const SOME_MONDAY_S: u64 = 4 * 24 * 60 * 60;
const EVENTS_MIN: usize = 20_000;

/// The Monday with which the last complete week began.
fn last_monday_s() -> u64 {
    let now_s = u64::try_from(now_us() / 1_000_000).unwrap();
    SOME_MONDAY_S + (now_s - SOME_MONDAY_S) / WEEK_S * WEEK_S - WEEK_S
}

/// What identifies every access: session, number, event id.
fn accesses(whole: &Whole) -> BTreeSet<(Vec<u8>, u64, Vec<u8>)> {
    let accesses = whole.accesses().map(|a| (a.session.to_vec(), a.sequence, a.event_id.to_vec()));
    accesses.collect()
}

async fn read(data: &Path, arguments: &[&str]) -> Whole {
    let service = Service::start(data, arguments).await;
    let whole = Whole::read(&service).await;
    service.terminate().await.expect(0, &[]);
    whole
}

#[tokio::test]
async fn the_sample_is_the_last_complete_week_of_a_simulated_city() {
    let folder = folder();
    let monday_before = last_monday_s();
    let service = Service::start(folder.path(), &["--sample"]).await;
    let whole = Whole::read(&service).await;
    let ended = service.terminate().await;
    assert!(ended.stdout.contains("verified: "), "it verifies itself: {ended:#?}");

    let bodies: Vec<_> = whole.bodies().collect();
    let Some(Content::Genesis(genesis)) = &bodies[0].content else { panic!("no genesis") };
    assert!(genesis.simulated);
    let times: Vec<u64> = whole.leaves.iter().map(|leaf| Leaf::parse(leaf).unwrap().recorded_at.0).collect();
    let (start, week) = times.split_last().unwrap();
    let monday = week[0];
    // Midnight may pass while this runs.
    assert!([monday_before, last_monday_s()].contains(&monday), "{monday}");
    assert!(week.iter().all(|time| (monday..monday + WEEK_S).contains(time)));
    assert!(*start >= monday + WEEK_S, "the service came up after that week");
    assert_eq!(kind_name(bodies.last().unwrap()), "service_start");
    assert_eq!(bodies.iter().filter(|body| kind_name(body) == "service_start").count(), 1);
    let all = accesses(&whole);
    assert!(all.len() >= EVENTS_MIN, "{}", all.len());
    assert!(whole.accesses().all(|access| access.producer != "dev"));

    let again = read(folder.path(), &["--sample"]).await;
    assert_eq!(again.size(), whole.size() + 1, "only that the service came up again");
    assert_eq!(kind_name(&again.bodies().last().unwrap()), "service_start");
    fsck(folder.path()).await.expect(0, &[]);
}

#[tokio::test]
async fn a_ledger_that_was_begun_without_the_sample_never_gets_one() {
    let folder = folder();
    Service::start(folder.path(), &[]).await.terminate().await.expect(0, &[]);
    let before = truth(folder.path());
    refused(folder.path(), &["--sample"]).await.expect(2, &["begun without --sample", "another --data"]);
    assert_eq!(truth(folder.path()), before);
}

/// Starts recording the sample and kills the service when the log has `bytes` bytes.
async fn interrupt_at(data: &Path, bytes: u64) {
    let arguments = ["dev", "--data", text(data), "--listen", "127.0.0.1:0", "--sample"];
    let mut process = Process::spawn(&mut command("einsichtd", &arguments));
    let segment = data.join("log/entries/00000000000000000000.seg");
    let begun = Instant::now();
    while fs::metadata(&segment).map_or(0, |metadata| metadata.len()) < bytes {
        assert!(process.is_running() && begun.elapsed() < PATIENCE, "{}", process.stderr());
        sleep(Duration::from_micros(200)).await;
    }
    process.kill();
    process.ended().await;
}

#[tokio::test]
async fn a_sample_that_was_interrupted_is_completed_at_the_next_start() {
    let (whole, interrupted) = (folder(), folder());
    for bytes in [100, 100_000, 2_000_000, 4_000_000] {
        interrupt_at(interrupted.path(), bytes).await;
    }
    let expected = accesses(&read(whole.path(), &["--sample"]).await);
    let completed = read(interrupted.path(), &["--sample"]).await;
    assert!(accesses(&completed) == expected);
    assert_eq!(completed.accesses().count(), expected.len(), "nothing is there twice");
    let again = read(interrupted.path(), &["--sample"]).await;
    assert_eq!(again.size(), completed.size() + 1);
    fsck(interrupted.path()).await.expect(0, &[]);
}
