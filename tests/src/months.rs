//! A development ledger with accesses of months that are over. The programs have the clock of the machine; what
//! recorded then is the library that they are made of.

use std::fs;
use std::io::BufRead;
use std::os::unix::fs::PermissionsExt as _;
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
use einsicht_tlog::Origin;

use crate::make::event;

const ORIGIN: &str = "dev.einsicht.invalid/months";
const PRODUCER: &str = "dev";
/// Accesses that are recorded at a time.
const BATCH: usize = 200;

/// An access of a month, and the ids of the people whose data it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// UTC.
    pub month: Month,
    /// Ids of the register `person`.
    pub people: Vec<String>,
}

/// Reads lines such as `2026-10 4711,12`, or `2026-10` for an access to nobody's data.
#[must_use]
pub fn parse(lines: impl BufRead) -> Vec<Past> {
    lines.lines().map(|line| parse_line(&line.unwrap())).collect()
}

/// Begins a ledger in `data` as `einsichtd dev` does, and records these accesses at noon of the second day of their
/// months, which never go back. Entry 0 is genesis; they begin at 1.
pub fn begin(data: &Path, accesses: &[Past]) {
    let keys = data.join("keys");
    let clock = Arc::new(ManualClock::at(noon(accesses.first().expect("an access").month)));
    let opening = Opening {
        data,
        wrapping_key: Some(wrapping_key(&keys)),
        keys,
        clock: Arc::clone(&clock) as _,
        accept_clock: false,
        new: NewLedger { origin: Origin::parse(ORIGIN).unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    };
    let Ledger { mut committer, vault, .. } = ledger::open(opening).unwrap();
    let terms = Terms::of(Rules::default());
    let origin = Origin::parse(ORIGIN).unwrap();
    let session = Bytes::from_static(&[6; 16]);
    let mut sequence = 0;
    for of_month in accesses.chunk_by(|one, next| one.month == next.month) {
        let month = of_month.first().unwrap().month;
        clock.set(noon(month));
        let keys = Keys::make(vault.keyring().unwrap(), month, &[terms.rules.retention.default]).unwrap();
        for chunk in of_month.chunks(BATCH) {
            let events: Vec<_> = chunk.iter().map(access).collect();
            let views: Vec<_> = events.iter().map(EventView::from).collect();
            let provenance = Provenance { producer: PRODUCER, session: &session, sequence };
            let batch = Batch { events: &views, provenance, terms: &terms, origin: &origin };
            committer.record_now(vec![batch.seal(Some(&keys)).unwrap()]).unwrap();
            sequence += u64::try_from(chunk.len()).unwrap();
        }
    }
    committer.finish();
}

fn parse_line(line: &str) -> Past {
    let (month, people) = line.split_once(' ').unwrap_or((line, ""));
    let people = people.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    Past { month: month.parse().unwrap_or_else(|_| panic!("{line:?} begins with no month")), people }
}

fn access(Past { month, people }: &Past) -> AccessEvent {
    let subject = |id: &String| Subject { scheme: "person".to_owned(), id: id.clone() };
    AccessEvent {
        occurred_at_us: i64::try_from(noon(*month)).unwrap() * 1_000_000,
        subjects: people.iter().map(subject).collect(),
        actor: Some("kornblum".to_owned()),
        ..event()
    }
}

/// The second day, so that no zone of time makes another month of it.
fn noon(month: Month) -> u64 {
    month.first_second() + 36 * 60 * 60
}

/// A new one, in a folder that only its owner may read, as `einsichtd dev` keeps it.
fn wrapping_key(keys: &Path) -> WrappingKey {
    let text = "5a".repeat(32);
    let file = keys.join("wrapping.key");
    fs::create_dir_all(keys).unwrap();
    fs::write(&file, &text).unwrap();
    for (path, mode) in [(keys, 0o700), (file.as_path(), 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    WrappingKey::parse(&text).unwrap()
}
