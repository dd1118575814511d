//! A ledger that has recorded sealed accesses in a month that is over. The programs have the clock of the machine;
//! what recorded then is the library that they are made of.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::record::seal_accesses;
use einsicht_access::vault::AEAD_NONCE_BYTES;
use einsicht_access::{EventView, Month, Provenance, RetentionClass};
use einsicht_proto::v1::AccessEvent;
use einsicht_service::clock::ManualClock;
use einsicht_service::ledger::{self, NewLedger, Opening};
use einsicht_service::sequencer::{PreparedEvent, Work};
use einsicht_service::sessions::SessionKey;
use einsicht_service::signer;
use einsicht_service::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_service::vault::SealedBytes;
use einsicht_service::wrapping_key::WrappingKeySource;
use einsicht_tlog::Origin;

use crate::city::{City, ORIGIN};
use crate::make::now_us;

const PRODUCER: &str = "visitor-counter";

/// The month before this one, and a second in its last hour.
#[must_use]
pub fn last_month() -> (Month, u64) {
    let now_s = u64::try_from(now_us() / 1_000_000).unwrap();
    let before_s = Month::of_unix_s(now_s).first_second() - 60 * 60;
    (Month::of_unix_s(before_s), before_s)
}

/// Begins the ledger of a city without one, as if these events had been recorded last month: as entries from 1 on.
/// The city has a wrapping key ([`City::seal`]). Start its service with `--accept-clock`.
pub fn begin(city: &City, events: &[AccessEvent], class: RetentionClass) {
    let (month, second) = last_month();
    let origin = Origin::parse(ORIGIN).unwrap();
    let data = city.data();
    let ledger = ledger::open(Opening {
        data: &data,
        keys: city.path("keys"),
        wrapping_key: Some(WrappingKeySource::File(city.wrapping_key()).read().unwrap()),
        clock: Arc::new(ManualClock::at(second)),
        accept_clock: false,
        new: NewLedger { origin, simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    });
    let mut ledger = ledger.unwrap();
    let keyring = Arc::clone(ledger.vault.keyring().unwrap());
    let (period, key) = (keyring.period_key(month).unwrap(), keyring.vault_key(month, class).unwrap());
    let session = Bytes::from_static(&[7; 16]);
    let provenance = Provenance { producer: PRODUCER, session: &session, sequence: 0 };
    let views: Vec<_> = events.iter().map(EventView::from).collect();
    let prepared = seal_accesses(&views, provenance, Some(&period), signer::random).unwrap();
    let events = views.iter().zip(0..).zip(prepared).map(|((event, sequence), prepared)| {
        let sealed = prepared.sealed.map(|sealed| {
            let mut nonce = [0; AEAD_NONCE_BYTES];
            signer::random(&mut nonce).unwrap();
            let bytes = key.encrypt(ORIGIN, &sealed.nonce, &nonce, sealed.openings.as_bytes());
            SealedBytes { month, class, bytes: bytes.into() }
        });
        let event_id = event.event_id().try_into().unwrap();
        PreparedEvent { sequence, event_id, body: prepared.body, sealed }
    });
    let work = Work::Accesses { session: SessionKey::new(PRODUCER, &session), events: events.collect() };
    ledger.committer.record_now(vec![work]).unwrap();
    ledger.committer.finish();
}
