//! What the clock of the machine may do to a ledger.

use std::path::Path;
use std::sync::Arc;

use einsicht_service::clock::ManualClock;
use einsicht_service::ledger::{self, NewLedger, Opening};
use einsicht_service::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_tests::folder::truth;
use einsicht_tests::make::{now_us, request};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::Whole;
use einsicht_tlog::{Leaf, Origin};

use crate::folder;

const DAY_S: u64 = 24 * 60 * 60;

fn now_s() -> u64 {
    u64::try_from(now_us() / 1_000_000).unwrap()
}

/// A ledger whose genesis was recorded at this time.
fn ledger_of(data: &Path, recorded_at_s: u64) {
    let opening = Opening {
        data,
        keys: data.join("keys"),
        wrapping_key: None,
        clock: Arc::new(ManualClock::at(recorded_at_s)),
        accept_clock: false,
        new: NewLedger { origin: Origin::parse("dev.einsicht.invalid/clocks").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    };
    ledger::open(opening).unwrap().committer.finish();
}

fn recorded_at(whole: &Whole) -> Vec<u64> {
    whole.leaves.iter().map(|leaf| Leaf::parse(leaf).unwrap().recorded_at.0).collect()
}

#[tokio::test]
async fn a_start_forty_days_after_the_last_entry_needs_the_operators_word_once() {
    let folder = folder();
    ledger_of(folder.path(), now_s() - 40 * DAY_S);
    let before = truth(folder.path());
    refused(folder.path(), &[]).await.expect(2, &["40 days", "--accept-clock"]);
    assert_eq!(truth(folder.path()), before);
    let service = Service::start(folder.path(), &["--accept-clock"]).await;
    service.record(request(1)).await.unwrap();
    service.terminate().await.expect(0, &[]);
    Service::start(folder.path(), &[]).await.terminate().await.expect(0, &[]);
    fsck(folder.path()).await.expect(0, &[]);
}

#[tokio::test]
async fn a_clock_that_runs_a_year_ahead_records_nothing() {
    let folder = folder();
    ledger_of(folder.path(), now_s() - 365 * DAY_S);
    let before = truth(folder.path());
    refused(folder.path(), &[]).await.expect(2, &["365 days", "--accept-clock"]);
    assert_eq!(truth(folder.path()), before);
}

#[tokio::test]
async fn a_start_thirty_days_after_the_last_entry_needs_nothing() {
    let folder = folder();
    ledger_of(folder.path(), now_s() - 30 * DAY_S);
    let service = Service::start(folder.path(), &[]).await;
    assert_eq!(service.head().await.size.0, 2);
}

#[tokio::test]
async fn a_clock_a_day_behind_the_last_entry_repeats_its_time() {
    let folder = folder();
    let ahead_s = now_s() + DAY_S;
    ledger_of(folder.path(), ahead_s);
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(2)).await.unwrap();
    assert_eq!(recorded_at(&Whole::read(&service).await), [ahead_s; 4]);
}

#[tokio::test]
async fn entries_carry_the_time_at_which_they_were_recorded() {
    let folder = folder();
    let from = now_s();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(3)).await.unwrap();
    let times = recorded_at(&Whole::read(&service).await);
    assert!(times.is_sorted());
    assert!(times.iter().all(|time| (from..=now_s()).contains(time)), "{times:?}");
}
