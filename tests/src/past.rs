//! A ledger that has recorded sealed accesses in a month that is over. The programs have the clock of the machine;
//! what recorded then is the library that they are made of.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::{EventView, Month, Provenance, RetentionClass};
use einsicht_proto::v1::AccessEvent;
use einsicht_service::charters::Terms;
use einsicht_service::clock::{Clock, ManualClock};
use einsicht_service::config::{Retention, Rules};
use einsicht_service::custody::{self, Asked, Custody, Disclosed, Doer, RulesSlot};
use einsicht_service::ledger::{self, NewLedger, Opening, Standby};
use einsicht_service::sealing::{Batch, Keys, classes};
use einsicht_service::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_service::wrapping_key::WrappingKeySource;
use einsicht_tlog::{Index, Origin};

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
    begin_with(city, events, &Retention { default: class, ..Retention::default() });
}

/// The same where data sets are kept for different times.
pub fn begin_with(city: &City, events: &[AccessEvent], retention: &Retention) {
    let (month, second) = last_month();
    let (data, origin) = (city.data(), Origin::parse(ORIGIN).unwrap());
    let mut ledger = stand_by(city, &data, second).begin().unwrap();
    let session = Bytes::from_static(&[7; 16]);
    let provenance = Provenance { producer: PRODUCER, session: &session, sequence: 0 };
    let views: Vec<_> = events.iter().map(EventView::from).collect();
    let terms = Terms::of(Rules { retention: retention.clone(), ..Rules::default() });
    let keys = Keys::make(ledger.vault.keyring().unwrap(), month, &classes(&views, &terms)).unwrap();
    let batch = Batch { events: &views, provenance, terms: &terms, origin: &origin };
    ledger.committer.record_now(vec![batch.seal(Some(&keys)).unwrap()]).unwrap();
    ledger.committer.finish();
}

/// As if a steward had asked then for a field that two have to agree on: returns the index of the request.
pub async fn ask(city: &City, steward: &str, index: u64, field: einsicht_access::SealedField) -> u64 {
    let (_, second) = last_month();
    let data = city.data();
    let mut standby = stand_by(city, &data, second);
    let (sequencer, writer) = standby.serve().unwrap().start().unwrap();
    let Standby { reader, vault, annotations, charters, lock, .. } = standby;
    let mut rules = Rules::default();
    rules.disclosure.two_stewards.push(field);
    let custody = Custody::new(custody::Parts {
        sequencer,
        reader,
        annotations,
        charters,
        vault,
        clock: Arc::new(ManualClock::at(second)),
        rules: RulesSlot::new(rules),
        origin: Origin::parse(ORIGIN).unwrap(),
        predecessors: Vec::new(),
    });
    let doer = Doer { name: steward.into(), role: "steward", has_certificate: true };
    let reason = "asked last month".to_owned();
    let asked = Asked { index: Some(Index(index)), fields: vec![field], reason, request: None };
    let request = match custody.disclose(&doer, asked).await.unwrap() {
        Disclosed::Requested { index, .. } => index.0,
        Disclosed::Shown(_) => panic!("another steward is needed"),
    };
    drop(custody);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    drop(lock);
    request
}

fn stand_by(city: &City, data: &Path, second: u64) -> Standby {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(second));
    let opening = Opening {
        data,
        keys: city.path("keys"),
        wrapping_key: Some(WrappingKeySource::File(city.wrapping_key()).read().unwrap()),
        clock,
        accept_clock: false,
        new: NewLedger { origin: Origin::parse(ORIGIN).unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    };
    ledger::stand_by(opening).unwrap()
}
