//! A development ledger that began last month: view keys are given out for months that have ended.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::record::seal_accesses;
use einsicht_access::vault::WrappingKey;
use einsicht_access::{EventView, Month, Provenance, RetentionClass};
use einsicht_proto::v1::{AccessEvent, Subject};
use einsicht_service::clock::ManualClock;
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening};
use einsicht_service::sequencer::{PreparedEvent, Work};
use einsicht_service::sessions::SessionKey;
use einsicht_service::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_service::vault::SealedBytes;
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
    let class = RetentionClass::default();
    let keyring = vault.keyring().unwrap();
    let (period_key, vault_key) =
        (keyring.period_key(month).unwrap(), keyring.vault_key(month, class).unwrap());
    let session = Bytes::from_static(&[6; 16]);
    for (people, sequence) in accesses.iter().zip(0..) {
        let event = access(people, noon);
        let first = Provenance { producer: PRODUCER, session: &session, sequence };
        let random = |bytes: &mut [u8]| getrandom::fill(bytes);
        let prepared = seal_accesses(&[EventView::from(&event)], first, Some(&period_key), random);
        let prepared = prepared.unwrap().pop().unwrap();
        let sealed = prepared.sealed.unwrap();
        let mut aead_nonce = [0; 24];
        getrandom::fill(&mut aead_nonce).unwrap();
        let openings =
            vault_key.encrypt(&genesis.origin, &sealed.nonce, &aead_nonce, sealed.openings.as_bytes());
        let event = PreparedEvent {
            sequence,
            event_id: event.event_id.as_ref().try_into().unwrap(),
            body: prepared.body,
            sealed: Some(SealedBytes { month, class, bytes: openings.into() }),
        };
        let session = SessionKey::new(PRODUCER, &session);
        committer.record_now(vec![Work::Accesses { session, events: vec![event] }]).unwrap();
    }
    committer.finish();
}
