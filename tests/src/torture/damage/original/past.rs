//! A month that is over, whose sealed values were erased as a whole. The programs have the clock of the machine; what recorded then is the library that they are made of.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::{EventView, Provenance, RetentionClass, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, EntryBody, Erasure};
use einsicht_service::charters::Terms;
use einsicht_service::clock::{Clock, ManualClock, SystemClock};
use einsicht_service::config::{Retention, Rules};
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening};
use einsicht_service::sealing::{Batch, Keys, classes};
use einsicht_service::sequencer::Work;
use einsicht_service::signer;
use einsicht_service::wrapping_key::WrappingKeySource;
use einsicht_tlog::Origin;
use einsicht_tlog::hash::to_hex;

use super::{SEGMENT_BYTES, wrapping_key};
use crate::make::event;
use crate::past::last_month;
use crate::verify::PRODUCER;

const SHORT: RetentionClass = RetentionClass::Months(12);
const EVENTS: usize = 4;

/// Begins a ledger in which some events were recorded last month.
pub fn begin(data: &Path) {
    let (month, second) = last_month();
    fs::create_dir_all(data.join("keys")).unwrap();
    let mut key = [0; 32];
    getrandom::fill(&mut key).unwrap();
    signer::write_secret(&wrapping_key(data), format!("{}\n", to_hex(&key)).as_bytes()).unwrap();
    let mut ledger = open(data, Arc::new(ManualClock::at(second)));
    let origin = Origin::parse(&ledger.genesis.origin).unwrap();
    let retention = Retention { default: SHORT, ..Retention::default() };
    let terms = Terms::of(Rules { retention, ..Rules::default() });
    let personal = |_| AccessEvent { actor: Some("kornblum".to_owned()), ..event() };
    let events: Vec<AccessEvent> = (0..EVENTS).map(personal).collect();
    let views: Vec<_> = events.iter().map(EventView::from).collect();
    let session = Bytes::from_static(&[1; 16]);
    let provenance = Provenance { producer: PRODUCER, session: &session, sequence: 0 };
    let keys = Keys::make(ledger.vault.keyring().unwrap(), month, &classes(&views, &terms)).unwrap();
    let batch = Batch { events: &views, provenance, terms: &terms, origin: &origin };
    ledger.committer.record_now(vec![batch.seal(Some(&keys)).unwrap()]).unwrap();
    ledger.committer.finish();
}

/// Erases the values of last month, as the daily run does.
pub fn erase_class(data: &Path) {
    let (month, _) = last_month();
    let mut ledger = open(data, Arc::new(SystemClock::new()));
    let erasure = Erasure {
        ground: "retention".to_owned(),
        month: Some(month.to_string()),
        retention_class: Some(SHORT.to_string()),
        ..Erasure::default()
    };
    let body = body_bytes(&EntryBody { content: Some(Content::Erasure(erasure)) });
    let placed = ledger.committer.record_now(vec![Work::Own { body, sealed: None }]).unwrap();
    ledger.vault.erase_class(month, SHORT, placed[0].index).unwrap();
    ledger.committer.finish();
}

fn open(data: &Path, clock: Arc<dyn Clock>) -> Ledger {
    let opening = Opening {
        data,
        keys: data.join("keys"),
        wrapping_key: Some(WrappingKeySource::File(wrapping_key(data)).read().unwrap()),
        clock,
        accept_clock: true,
        new: NewLedger { origin: Origin::parse("torture.invalid/damage").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES,
        disk_reserve_bytes: 0,
    };
    ledger::open(opening).unwrap()
}
