//! A development ledger that began last month: view keys are given out for months that have ended.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::vault::WrappingKey;
use einsicht_access::{EventView, Month, Provenance};
use einsicht_proto::v1::{AccessEvent, Subject};
use einsicht_service::charters::Terms;
use einsicht_service::clock::ManualClock;
use einsicht_service::config::Rules;
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening};
use einsicht_service::sealing::{Batch, Keys};
use einsicht_service::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_tests::make::{event, now_us};
use einsicht_tlog::Origin;

const PRODUCER: &str = "dev";

/// Last month, UTC, and a second in the middle of its last day.
pub fn last_month() -> (Month, u64) {
    let now = u64::try_from(now_us() / 1_000_000).unwrap();
    let noon = Month::of_unix_s(now).first_second() - 12 * 60 * 60;
    (Month::of_unix_s(noon), noon)
}

/// An access to the data of these people.
fn access(people: &[&str], at: u64) -> AccessEvent {
    let subject = |id: &&str| Subject { scheme: "person".to_owned(), id: (*id).to_owned() };
    AccessEvent {
        occurred_at_us: i64::try_from(at).unwrap() * 1_000_000,
        subjects: people.iter().map(subject).collect(),
        actor: Some("Kornblum".to_owned()),
        unit: Some("buergerdienste".to_owned()),
        legal_basis: Some("gdpr-6-1-e".to_owned()),
        recipient: Some("jobcenter".to_owned()),
        ..event()
    }
}

/// Begins a ledger in `data` as `einsichtd dev` does, but last month, and records accesses: each to the data of
/// these people. Entry 0 is genesis.
pub fn record(data: &Path, accesses: &[&[&str]]) {
    let (month, noon) = last_month();
    let keys = data.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    let wrapping = "5a".repeat(32);
    std::fs::write(keys.join("wrapping.key"), &wrapping).unwrap();
    for path in [keys.clone(), keys.join("wrapping.key")] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let opening = Opening {
        data,
        keys,
        wrapping_key: Some(WrappingKey::parse(&wrapping).unwrap()),
        clock: Arc::new(ManualClock::at(noon)),
        accept_clock: false,
        new: NewLedger { origin: Origin::parse("dev.einsicht.invalid/citizen").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    };
    let Ledger { mut committer, vault, genesis, .. } = ledger::open(opening).unwrap();
    let terms = Terms::of(Rules::default());
    let keys = Keys::make(vault.keyring().unwrap(), month, &[terms.rules.retention.default]).unwrap();
    let session = Bytes::from_static(&[6; 16]);
    let events: Vec<_> = accesses.iter().map(|people| access(people, noon)).collect();
    let batch = Batch {
        events: &events.iter().map(EventView::from).collect::<Vec<_>>(),
        provenance: Provenance { producer: PRODUCER, session: &session, sequence: 0 },
        terms: &terms,
        origin: &Origin::parse(&genesis.origin).unwrap(),
    };
    committer.record_now(vec![batch.seal(Some(&keys)).unwrap()]).unwrap();
    committer.finish();
}
