//! A disk without room: everything is refused before anything is placed, and recording goes on by itself.

mod catching_up;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use einsicht_access::vault::WrappingKey;
use einsicht_tlog::Index;
use tempfile::TempDir;

use super::harness::{BEGUN_AT, Clocks, Desk, accesses, assert_holds, indexes, known, origin};
use crate::ledger::{self, Assembly, LedgerError, NewLedger, Recording, Standby};
use crate::sequencer::{NotYet, Pace, Refused, Sequencer};
use crate::sessions::SessionStore;
use crate::storage::file::Space;
use crate::storage::memory::MemoryFolder;
use crate::storage::{CHECKPOINT, RESERVE_BYTES, Shortage};

const LOW: Space = Space { free_bytes: RESERVE_BYTES - 1, free_files: None };

#[test]
fn below_the_reserve_nothing_is_placed_and_above_it_recording_goes_on() {
    let mut desk = Desk::new();
    let before = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    desk.folder.set_space(LOW);
    let written = desk.written();
    // Not even a number that is known: its old answer is as good when there is room.
    for work in [accesses(1, &[(1, 11)]), accesses(1, &[(0, 10)])] {
        match desk.submit(work) {
            Err(Refused::NoRoom(no_room)) => assert_eq!(
                no_room.shortage,
                Shortage::Bytes { free: RESERVE_BYTES - 1, reserve: RESERVE_BYTES }
            ),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(desk.written(), written, "nothing was written");
    assert_eq!(desk.head(), before.published.head);
    assert_eq!(desk.committer.stopped().get(), None, "this passes");

    desk.folder.free();
    let after = desk.submit(accesses(1, &[(0, 10), (1, 11)])).unwrap();
    assert_eq!((indexes(&after.entries), known(&after.entries)), (vec![1, 2], vec![true, false]));
    assert_holds(&after, &desk.reader);
}

/// The ledger of a folder, and where its sessions are kept.
fn stand_by(folder: &MemoryFolder, state: &TempDir, reserve: u64) -> Result<Standby, LedgerError> {
    let clock = Arc::new(Clocks::default());
    clock.set_wall(BEGUN_AT);
    stand_by_at(clock, folder, state, reserve)
}

fn stand_by_at(
    clock: Arc<Clocks>,
    folder: &MemoryFolder,
    state: &TempDir,
    reserve: u64,
) -> Result<Standby, LedgerError> {
    let state = state.path().join("state");
    Assembly {
        data: Path::new("/data"),
        folder: Arc::new(folder.clone()),
        existing: ledger::read_genesis(folder)?,
        keys: Arc::new(folder.clone()),
        wrapping_key: Some(WrappingKey::new([3; 32])),
        secret: ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
        key_path: Path::new("/keys"),
        store: Box::new(move || Ok(SessionStore::open(&state)?)),
        clock,
        accept_clock: false,
        new: NewLedger { origin: origin(), simulated: false },
        predecessor: None,
        segment_bytes_max: 64 * 1024,
        disk_reserve_bytes: reserve,
        pace: Pace::default(),
        halt: Arc::new(|error| panic!("{error}")),
    }
    .stand_by()
}

/// A ledger of 2 entries.
fn ledger(state: &TempDir) -> MemoryFolder {
    let folder = MemoryFolder::default();
    let mut ledger = stand_by(&folder, state, RESERVE_BYTES).unwrap().begin().unwrap();
    ledger.committer.record_now(vec![accesses(1, &[(0, 10)])]).unwrap();
    ledger.committer.finish();
    folder
}

/// Paths and bytes of everything but derived files.
fn log(folder: &MemoryFolder) -> Vec<(String, Vec<u8>)> {
    let paths = folder.paths().into_iter();
    let paths = paths.filter(|path| path.starts_with("log/entries/") || path == CHECKPOINT);
    paths.map(|path| (path.clone(), folder.bytes(&path))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_full_disk_serves_readers_and_records_once_there_is_room() {
    let state = tempfile::tempdir().unwrap();
    let folder = ledger(&state);
    // There is no room to rebuild it.
    folder.cut("log/hashes/0", 0);
    folder.fill();
    let before = log(&folder);
    let mut standby = stand_by(&folder, &state, RESERVE_BYTES).unwrap();
    let Recording::Later(later) = standby.serve().unwrap() else { panic!("it records on a full disk") };
    let (sequencer, thread) = Sequencer::start_later(later).unwrap();
    let mut published = sequencer.published();
    let head = published.borrow().head;
    assert_eq!((head.size.0, standby.reader.head(head.size).unwrap()), (2, head));
    for _ in 0..2 {
        let refused = sequencer.submit(accesses(1, &[(1, 11)]), None).await.unwrap_err();
        assert!(matches!(refused, Refused::NoRoom(_)), "{refused}");
    }
    assert!(sequencer.not_recording().unwrap().contains("0 bytes are free"));
    assert_eq!(sequencer.stopped(), None, "this passes");
    assert!(log(&folder) == before, "the log was touched");

    folder.free();
    // The service says by itself that it has started.
    tokio::time::timeout(Duration::from_secs(30), published.changed()).await.unwrap().unwrap();
    assert_eq!(published.borrow_and_update().head.size.0, 3);
    let recorded = sequencer.submit(accesses(1, &[(0, 10), (1, 11)]), None).await.unwrap();
    assert_eq!((indexes(&recorded.entries), known(&recorded.entries)), (vec![1, 3], vec![true, false]));
    assert_holds(&recorded, &standby.reader);
    assert_eq!(sequencer.not_recording(), None);
    drop((sequencer, published));
    thread.join().unwrap();
    assert_eq!(folder.bytes("log/hashes/0").len(), 4 * 32, "the hashes are on the disk again");
    let again = stand_by(&folder.after_kill(), &state, RESERVE_BYTES).unwrap();
    assert_eq!(again.head(), recorded.published.head);
}

/// One bad time in the log would be repeated for as long as the clock was ahead.
#[test]
fn a_clock_that_jumps_while_there_is_no_room_is_not_believed_when_there_is() {
    const YEAR: i64 = 365 * 86_400;
    let (state, clock) = (tempfile::tempdir().unwrap(), Arc::new(Clocks::default()));
    let folder = ledger(&state);
    clock.set_wall(BEGUN_AT);
    folder.set_space(LOW);
    let mut standby = stand_by_at(Arc::clone(&clock), &folder, &state, RESERVE_BYTES).unwrap();
    let Recording::Later(mut later) = standby.serve().unwrap() else {
        panic!("it records below the reserve")
    };
    clock.set_wall(BEGUN_AT + YEAR);
    folder.free();
    for _ in 0..2 {
        assert!(matches!((later.begin)(), Err(NotYet::Clock)), "it is tried again");
    }
    assert_eq!(standby.head().size.next_index(), Index(2));
    clock.set_wall(BEGUN_AT);
    let committer = (later.begin)().unwrap();
    assert_eq!(committer.recorded_at().0, u64::try_from(BEGUN_AT).unwrap());
}

#[test]
fn a_service_that_waits_for_room_ends_when_nobody_waits_with_it() {
    let state = tempfile::tempdir().unwrap();
    let folder = ledger(&state);
    folder.set_space(LOW);
    let mut standby = stand_by(&folder, &state, RESERVE_BYTES).unwrap();
    let Recording::Later(later) = standby.serve().unwrap() else { panic!("it records below the reserve") };
    let (sequencer, thread) = Sequencer::start_later(later).unwrap();
    let begun = Instant::now();
    drop(sequencer);
    thread.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(standby.head().size.next_index(), Index(2));
}

#[test]
fn without_a_reserve_the_first_write_to_a_full_disk_stops_the_writer_and_readers_go_on() {
    let state = tempfile::tempdir().unwrap();
    let folder = ledger(&state);
    folder.fill();
    let mut standby = stand_by(&folder, &state, 0).unwrap();
    let Recording::Begun(committer) = standby.serve().unwrap() else { panic!("there is no reserve") };
    assert!(committer.stopped().get().unwrap().contains("could not be written"));
    assert_eq!(standby.reader.head(standby.head().size).unwrap(), standby.head());
    folder.free();
    let ledger = stand_by(&folder.after_kill(), &tempfile::tempdir().unwrap(), 0).unwrap().begin().unwrap();
    assert_eq!(ledger.committer.published().borrow().head, standby.head());
}

#[test]
fn a_new_ledger_is_not_begun_where_there_is_no_room() {
    let state = tempfile::tempdir().unwrap();
    let folder = MemoryFolder::default();
    folder.set_space(LOW);
    for begun in [
        stand_by(&folder, &state, RESERVE_BYTES).unwrap().begin().map(|_| ()),
        stand_by(&folder, &state, RESERVE_BYTES).unwrap().serve().map(|_| ()),
    ] {
        assert!(matches!(begun, Err(LedgerError::Refused(Refused::NoRoom(_)))), "{begun:?}");
    }
    folder.free();
    stand_by(&folder, &state, RESERVE_BYTES).unwrap().begin().unwrap();
}
