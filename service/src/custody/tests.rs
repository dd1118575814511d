//! Deeds over a real folder, with a clock that shows what it is told to: months pass here in no time.

mod clocks;
mod daily;
mod time;
mod undone;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use einsicht_access::record::{Sealed, seal_accesses};
use einsicht_access::vault::{AEAD_NONCE_BYTES, WrappingKey};
use einsicht_access::{EventView, Provenance, RetentionClass};
use einsicht_proto::v1::AccessEvent;
use tempfile::TempDir;

use self::clocks::Clocks;
use super::daily::Day;
use super::*;
use crate::ledger::{self, NewLedger, Opening, Standby};
use crate::sequencer::{Judged, PreparedEvent, Work};
use crate::sessions::SessionKey;
use crate::signer;
use crate::storage::file::RealFolder;
use crate::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};
use crate::vault::SealedBytes;

/// Noon of 30 November 2026.
const BEGUN_AT: u64 = 1_796_040_000;
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// A ledger that records, and what it works with.
struct Desk {
    custody: Custody,
    clock: Arc<Clocks>,
    recorded: u64,
    /// Whether openings are kept that belong to another event.
    mixes_up: bool,
    writer: JoinHandle<()>,
    folder: TempDir,
}

impl Desk {
    fn new(rules: Rules) -> Self {
        let clock = Arc::new(Clocks::at(BEGUN_AT));
        Self::open(tempfile::tempdir().unwrap(), clock, rules, Some(wrapping_key()))
    }

    fn open(folder: TempDir, clock: Arc<Clocks>, rules: Rules, wrapping_key: Option<WrappingKey>) -> Self {
        let mut standby = stand_by(folder.path(), Arc::<Clocks>::clone(&clock), wrapping_key);
        let (sequencer, writer) = standby.serve().unwrap().start().unwrap();
        let Standby { reader, vault, annotations, charters, .. } = standby;
        let custody = Custody::new(Parts {
            sequencer,
            reader,
            annotations,
            charters,
            vault,
            clock: Arc::<Clocks>::clone(&clock),
            rules: RulesSlot::new(rules),
            origin: origin(),
            predecessors: vec![Arc::new(RealFolder::new(&folder.path().join("old")))],
        });
        Self { custody, clock, recorded: 0, mixes_up: false, writer, folder }
    }

    /// Goes down in order, and comes up again.
    async fn restart(self, wrapping_key: Option<WrappingKey>) -> Self {
        let Self { custody, clock, recorded, writer, folder, .. } = self;
        let rules = Rules::clone(&custody.rules());
        drop(custody);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        Self { recorded, ..Self::open(folder, clock, rules, wrapping_key) }
    }

    /// Records an access by somebody, kept as `class` says, this month.
    async fn record(&mut self, class: RetentionClass, confidential_until_day: Option<i32>) -> Index {
        let event = AccessEvent {
            dataset: "d".into(),
            event_id: vec![7; 16].into(),
            actor: Some("somebody".into()),
            justification: Some("because".into()),
            confidential_until_day,
            ..AccessEvent::default()
        };
        let keyring = Arc::clone(self.custody.keyring().unwrap());
        let (month, session) = (self.custody.month().unwrap(), vec![9; 16].into());
        let (period, key) = (keyring.period_key(month).unwrap(), keyring.vault_key(month, class).unwrap());
        let provenance = Provenance { producer: "p", session: &session, sequence: self.recorded };
        let view = [EventView::from(&event)];
        let prepared =
            seal_accesses(&view, provenance, Some(&period), None, signer::random).unwrap().remove(0);
        let Sealed { nonce, mut openings } = prepared.sealed.unwrap();
        if self.mixes_up {
            let other =
                seal_accesses(&view, provenance, Some(&period), None, signer::random).unwrap().remove(0);
            openings = other.sealed.unwrap().openings;
        }
        let bytes =
            key.encrypt(origin().as_str(), &nonce, &[3; AEAD_NONCE_BYTES], openings.as_bytes()).into();
        let sealed = Some(SealedBytes { month, class, bytes });
        let event_id = [7; 16];
        let event = PreparedEvent {
            sequence: self.recorded,
            event_id,
            body: prepared.body,
            sealed,
            judged: Judged::default(),
        };
        let work = Work::Accesses { session: SessionKey::new("p", &session), events: vec![event] };
        self.recorded += 1;
        self.custody.parts().sequencer.submit(work, None).await.unwrap().entries[0].index
    }

    async fn actor(&self, index: Index) -> Result<(), Index> {
        let asked = asked(index);
        match self.custody.disclose(&doer("audit-office", "auditor"), asked).await.unwrap() {
            Disclosed::Shown(granted) => granted.opened[0].value.as_ref().map(|_| ()).map_err(|by| *by),
            Disclosed::Requested { .. } => panic!("another steward is needed"),
        }
    }

    /// A bit flips in what the vault has of an entry of this month: the last one of a class, or one before it.
    fn damage_last_but(&self, class: RetentionClass, count: usize) {
        let month = self.custody.month().unwrap();
        let path = self.folder.path().join(format!("data/vault/{month}/{class}/openings"));
        let mut bytes = std::fs::read(&path).unwrap();
        let ends: Vec<_> = (1..=bytes.len())
            .filter(|end| bytes[*end..].is_empty() || bytes[*end..].starts_with(b"EIV1"))
            .collect();
        let end = ends[ends.len() - 1 - count];
        bytes[end - 20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }

    fn is_at(&self, seconds: u64) {
        self.clock.pass(seconds);
    }
}

fn wrapping_key() -> WrappingKey {
    WrappingKey::parse(&"ab".repeat(32)).unwrap()
}

fn stand_by(folder: &Path, clock: Arc<Clocks>, wrapping_key: Option<WrappingKey>) -> Standby {
    ledger::stand_by(Opening {
        data: &folder.join("data"),
        keys: folder.join("keys"),
        wrapping_key,
        clock,
        accept_clock: false,
        new: NewLedger { origin: origin(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    })
    .unwrap()
}

fn origin() -> Origin {
    Origin::parse("custody.test/log").unwrap()
}

fn doer(name: &str, role: &'static str) -> Doer {
    Doer { name: name.into(), role, has_certificate: true }
}

fn asked(index: Index) -> Asked {
    let fields = vec![SealedField::Actor];
    Asked { index: Some(index), fields, reason: "test".into(), request: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vault_has_is_shown_only_if_it_is_what_was_sealed() {
    let mut desk = Desk::new(Rules::default());
    let right = desk.record(RetentionClass::NextYearEnd, None).await;
    assert_eq!(desk.actor(right).await, Ok(()));
    desk.mixes_up = true;
    let wrong = desk.record(RetentionClass::NextYearEnd, None).await;
    let refused = desk.custody.disclose(&doer("a", "steward"), asked(wrong)).await;
    assert!(matches!(refused, Err(CustodyError::Unfit { index, .. }) if index == wrong));
}

/// Whoever has the key can still read nearly all of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_can_be_erased_but_only_as_a_whole() {
    let mut desk = Desk::new(Rules::default());
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    desk.damage_last_but(RetentionClass::NextYearEnd, 0);
    let steward = doer("a", "steward");
    let size = desk.custody.parts().sequencer.published().borrow().head.size;
    let refused = desk.custody.erase(&steward, index, &[SealedField::Actor], "x".into()).await;
    let Err(CustodyError::AllOrNone { fields, .. }) = refused else { panic!("{:?}", refused.err()) };
    assert_eq!(fields, "actor, justification, occurred_at");
    assert_eq!(desk.custody.parts().sequencer.published().borrow().head.size, size, "no entry says so");
    let all = [SealedField::OccurredAt, SealedField::Justification, SealedField::Actor];
    let erased = desk.custody.erase(&steward, index, &all, "x".into()).await.unwrap();
    assert_eq!(erased.fields, [SealedField::Actor, SealedField::Justification, SealedField::OccurredAt]);
    assert!(desk.actor(index).await.is_err());
    let again = desk.custody.erase(&steward, index, &[], "x".into()).await;
    assert!(matches!(again, Err(CustodyError::ErasedBefore { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_sealed_can_be_erased() {
    let mut desk = Desk::new(Rules::default());
    desk.mixes_up = true;
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    desk.custody.erase(&doer("a", "steward"), index, &[], "x".into()).await.unwrap();
    assert!(desk.actor(index).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_lapses_after_its_hours_and_not_a_second_before() {
    let mut rules = Rules::default();
    rules.disclosure.two_stewards.push(SealedField::Actor);
    rules.disclosure.request_hours = 2;
    let mut desk = Desk::new(rules);
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    let mut requests = Vec::new();
    for _ in 0..2 {
        match desk.custody.disclose(&doer("a", "steward"), asked(index)).await.unwrap() {
            Disclosed::Requested { index, .. } => requests.push(index),
            Disclosed::Shown(_) => panic!("two stewards are needed"),
        }
    }
    desk.is_at(BEGUN_AT + 2 * HOUR);
    assert_eq!(desk.custody.requests().unwrap().len(), 2);
    assert_eq!(desk.custody.requests().unwrap()[0].lapses_at_s, BEGUN_AT + 2 * HOUR);
    let grant =
        |request| Asked { index: None, fields: Vec::new(), reason: "x".into(), request: Some(request) };
    let granted = desk.custody.disclose(&doer("b", "steward"), grant(requests[0])).await.unwrap();
    assert!(matches!(granted, Disclosed::Shown(_)));
    desk.is_at(BEGUN_AT + 2 * HOUR + 1);
    assert_eq!(desk.custody.requests().unwrap(), []);
    let lapsed = desk.custody.disclose(&doer("b", "steward"), grant(requests[1])).await;
    assert!(matches!(lapsed, Err(CustodyError::Lapsed { hours: 2, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_an_older_ledger_beyond_its_time_is_told_until_it_is_gone() {
    let desk = Desk::new(Rules::default());
    let old = desk.folder.path().join("old/vault");
    for class in ["2026-09/P1M", "2026-09/P12M", "2026-10/P0M"] {
        std::fs::create_dir_all(old.join(class)).unwrap();
        std::fs::write(old.join(class).join("openings"), "").unwrap();
    }
    std::fs::create_dir_all(old.join("2026-08/P0M")).unwrap();
    assert_eq!(desk.custody.tell_of_predecessors().await.unwrap(), 2);
    std::fs::remove_file(old.join("2026-10/P0M/openings")).unwrap();
    assert_eq!(desk.custody.tell_of_predecessors().await.unwrap(), 1);
    desk.is_at(BEGUN_AT + 400 * DAY);
    assert_eq!(desk.custody.tell_of_predecessors().await.unwrap(), 2);
}
