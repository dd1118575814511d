//! What is known of sessions is known to the next process, whatever became of the session store.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use einsicht_access::vault::WrappingKey;
use einsicht_tlog::{Hash, Index, Size, TreeHead};

use super::harness::{BEGUN_AT, Clocks, accesses, end, indexes, known, origin, places, run, together};
use super::sealed::hide;
use crate::ledger::{self, Ledger, LedgerError, NewLedger, Opening};
use crate::sequencer::Refused;
use crate::sessions::SessionStore;

fn open(data: &Path) -> Ledger {
    open_with(data, Some(WrappingKey::new([3; 32]))).unwrap()
}

fn open_with(data: &Path, wrapping_key: Option<WrappingKey>) -> Result<Ledger, LedgerError> {
    let clock = Arc::new(Clocks::default());
    clock.set_wall(BEGUN_AT);
    let new = NewLedger { origin: origin(), simulated: false };
    let keys = data.join("keys");
    let (segment_bytes_max, disk_reserve_bytes) = (4096, 0);
    ledger::open(Opening {
        data,
        keys,
        wrapping_key,
        clock,
        accept_clock: false,
        new,
        segment_bytes_max,
        disk_reserve_bytes,
    })
}

/// A ledger of 310 entries; sessions 1 and 2 go on, session 3 has ended.
fn record(data: &Path) -> Vec<(u64, Hash)> {
    let mut committer = open(data).committer;
    let first = together(&mut committer, vec![accesses(1, &[(0, 10), (1, 11)]), accesses(2, &[(5, 25)])]);
    together(&mut committer, vec![run(3, 0, 300)]).remove(0).unwrap();
    together(&mut committer, vec![end(3, Some(299))]).remove(0).unwrap();
    let last = together(&mut committer, vec![accesses(1, &[(700, 17), (701, 18)]), accesses(2, &[(6, 26)])]);
    committer.finish();
    let answers = first.into_iter().chain(last).map(Result::unwrap);
    answers.flat_map(|answer| places(&answer.entries)).collect()
}

/// Everything gets its old answer or refusal, and new numbers go on at the end.
fn assert_known(data: &Path, recorded: &[(u64, Hash)], case: &str) {
    let mut committer = open(data).committer;
    let size = committer.published().borrow().head.size;
    assert_eq!(size, Size(308), "{case}");
    let again = together(
        &mut committer,
        vec![
            accesses(1, &[(0, 10), (1, 11)]),
            accesses(2, &[(5, 25)]),
            accesses(1, &[(700, 17), (701, 18)]),
            accesses(2, &[(6, 26)]),
        ],
    );
    let again: Vec<_> = again.into_iter().flat_map(|answer| answer.unwrap().entries).collect();
    assert_eq!(places(&again), recorded, "{case}");
    assert!(known(&again).iter().all(|known| *known), "{case}");
    let mut refused = together(
        &mut committer,
        vec![accesses(1, &[(1, 99)]), run(3, 300, 1), run(3, 299, 1), end(3, Some(299)), end(1, Some(700))],
    )
    .into_iter();
    let mut next = || refused.next().unwrap();
    assert!(matches!(next(), Err(Refused::Conflict { index: Index(2), .. })), "{case}");
    assert!(matches!(next(), Err(Refused::SessionEnded { index: Index(304) })), "{case}");
    assert_eq!(indexes(&next().unwrap().entries), [303], "{case}");
    assert_eq!(indexes(&next().unwrap().entries), [304], "{case}");
    assert!(matches!(next(), Err(Refused::EndBelowHighest { highest: 701 })), "{case}");
    assert_eq!(committer.published().borrow().head.size, size, "{case}: nothing was written");
    let new = together(&mut committer, vec![accesses(1, &[(2, 12)])]).remove(0).unwrap();
    assert_eq!(indexes(&new.entries), [308], "{case}");
    committer.finish();
}

#[test]
fn old_answers_survive_a_restart_whatever_became_of_the_session_store() {
    let original = tempfile::tempdir().unwrap();
    let recorded = record(original.path());
    assert_eq!(recorded.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 3, 305, 306, 307]);
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 6] = [
        ("as it was", |_| {}),
        ("deleted", |state| fs::remove_dir_all(state).unwrap()),
        ("garbage", |state| {
            for file in fs::read_dir(state).unwrap() {
                let path = file.unwrap().path();
                if path.is_file() {
                    fs::write(path, [0x5a; 1000]).unwrap();
                }
            }
        }),
        ("ahead of the log", |state| {
            // It knows of an end of session 1 that never became durable.
            spoil(state, TreeHead { size: Size(400), root: Hash([1; 32]) });
        }),
        ("of another ledger", |state| spoil(state, TreeHead { size: Size(308), root: Hash([1; 32]) })),
        ("of size 0", |state| spoil(state, TreeHead { size: Size(0), root: Hash::EMPTY_ROOT })),
    ];
    for (case, spoil) in cases {
        let copy = copy_of(original.path());
        spoil(&copy.path().join("state"));
        assert_known(copy.path(), &recorded, case);
    }
}

#[test]
fn a_session_store_that_is_behind_is_caught_up() {
    let data = tempfile::tempdir().unwrap();
    open(data.path()).committer.finish();
    let behind = copy_of(data.path());
    let mut committer = open(data.path()).committer;
    let first = together(&mut committer, vec![accesses(1, &[(0, 10), (1, 11)])]).remove(0).unwrap();
    committer.finish();
    fs::remove_dir_all(data.path().join("state")).unwrap();
    copy_into(&behind.path().join("state"), &data.path().join("state"));
    let mut committer = open(data.path()).committer;
    let again = together(&mut committer, vec![accesses(1, &[(0, 10), (1, 11)])]).remove(0).unwrap();
    assert_eq!(places(&again.entries), places(&first.entries));
    committer.finish();
}

#[test]
fn the_next_process_finds_what_a_killed_one_had_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let mut ledger = open(data.path());
    let first = together(&mut ledger.committer, vec![accesses(1, &[(0, 10), (1, 11)])]).remove(0).unwrap();
    // Everything as it is on disk in this moment; what follows the log has not caught up.
    let killed = copy_of(data.path());
    ledger.committer.finish();
    let mut committer = open(killed.path()).committer;
    let again = together(&mut committer, vec![accesses(1, &[(0, 10), (1, 11)])]).remove(0).unwrap();
    assert_eq!(places(&again.entries), places(&first.entries));
    committer.finish();
}

/// Changes what the store says: the end of session 1, and what it reflects.
fn spoil(state: &Path, head: TreeHead) {
    use crate::sessions::{SessionKey, SessionStep, Sessions};
    let store = SessionStore::open(state).unwrap();
    let mut sessions = Sessions::new(store.clone());
    let key = SessionKey::new(super::harness::PRODUCER, &[1; 16]);
    let recorded_at = einsicht_tlog::RecordedAt(BEGUN_AT.unsigned_abs());
    sessions.apply(&SessionStep { key, sequence: None, index: Index(350), recorded_at }).unwrap();
    store.write(&sessions.take_changes(), &head).unwrap();
}

fn copy_of(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_into(data, copy.path());
    copy
}

/// Files that go away meanwhile were temporary.
fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target);
        } else if let Err(error) = fs::copy(entry.path(), target) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
    }
}

/// What a confidential entry says of its event stands in the vault only.
#[test]
fn confidential_events_are_known_again_after_a_start_that_reads_them_from_the_log() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    let (vault, mut committer) = (ledger.vault.clone(), ledger.committer);
    let first = together(&mut committer, vec![hide(&vault, accesses(1, &[(0, 10), (1, 11)]))]);
    assert_eq!(known(&first[0].as_ref().unwrap().entries), [false, false]);
    committer.finish();
    drop((vault, ledger.lock));
    fs::remove_dir_all(data.path().join("state")).unwrap();
    let refused = open_with(data.path(), None).err().unwrap();
    assert!(matches!(refused, LedgerError::Hidden { index: Index(1) }), "{refused}");
    let ledger = open(data.path());
    let (vault, mut committer) = (ledger.vault.clone(), ledger.committer);
    let again = together(&mut committer, vec![hide(&vault, accesses(1, &[(0, 10), (1, 11)]))]);
    let again = &again[0].as_ref().unwrap().entries;
    assert_eq!((indexes(again), known(again)), (vec![1, 2], vec![true, true]));
}
