//! What follows the log: the kept checkpoint, the session store, the watermark.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use einsicht_tlog::{Hash, Index, RecordedAt, Size, TreeHead, checkpoint};

use super::harness::{key, open_vault, opened, origin};
use crate::sequencer::{Follower, Pace, Published};
use crate::sessions::{Change, SessionKey, SessionStep, SessionStore, Sessions, StoreError};
use crate::storage::memory::{At, Done, Kind, MemoryFolder};
use crate::storage::{self, CHECKPOINT, Keeper};
use crate::vault::Vault;

fn keeper() -> (MemoryFolder, Keeper, Vault) {
    let folder = MemoryFolder::default();
    let keys = [key().verifier().clone()];
    let writer = storage::open(Arc::new(folder.clone()), &origin(), &keys, 4096).unwrap().writer;
    let vault = open_vault(&folder, &writer.reader(), Size(0));
    (folder, writer.keeper(), vault)
}

fn published(size: u64) -> Arc<Published> {
    let head = TreeHead { size: Size(size), root: Hash([u8::try_from(size).unwrap(); 32]) };
    let checkpoint = Bytes::from(checkpoint::sign(head, &key()));
    Arc::new(Published { head, checkpoint, since: Instant::now() })
}

/// The changes of one step of a session of its own.
fn step(sessions: &mut Sessions, session: u8, index: u64) -> Vec<Change> {
    let key = SessionKey::new("test", &[session; 16]);
    sessions
        .apply(&SessionStep { key, sequence: Some(0), index: Index(index), recorded_at: RecordedAt(9) })
        .unwrap();
    sessions.take_changes()
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_store_that_missed_changes_does_not_say_that_it_is_up_to_date() {
    let state = tempfile::tempdir().unwrap();
    let store = SessionStore::open(state.path()).unwrap();
    let mut sessions = Sessions::new(store.clone());
    let (_folder, keeper, vault) = keeper();
    let (tried, tries) = mpsc::channel();
    let mut broken = true;
    let target = store.clone();
    let write = move |changes: &[Change], head: &TreeHead| {
        let _ = tried.send(());
        match std::mem::take(&mut broken) {
            true => Err(StoreError::Damaged),
            false => target.write(changes, head),
        }
    };
    let follower = Follower::start_with(keeper, vault, Box::new(write), Pace::default()).unwrap();
    follower.follow(&published(5), step(&mut sessions, 1, 4));
    tries.recv().unwrap();
    assert_eq!((follower.stored_before(), store.head().unwrap()), (Index(0), None));
    follower.follow(&published(7), step(&mut sessions, 2, 6));
    eventually("the second write succeeds", || follower.stored_before() == Index(7));
    assert_eq!(store.head().unwrap(), Some(published(7).head));
    let mut found = Sessions::new(store.clone());
    for (session, index) in [(1, 4), (2, 6)] {
        let key = SessionKey::new("test", &[session; 16]);
        let session = found.session(key, RecordedAt(9)).unwrap();
        assert_eq!(session.lookup(0), crate::sessions::Known::Recorded(Index(index)));
    }
    follower.finish();
}

#[test]
fn a_kept_checkpoint_that_can_not_be_written_holds_nothing_up_and_is_newest_at_the_end() {
    let state = tempfile::tempdir().unwrap();
    let store = SessionStore::open(state.path()).unwrap();
    let (folder, keeper, vault) = keeper();
    folder.fail(At::Nth(Kind::Sync, format!("{CHECKPOINT}.new"), 0), Done::Nothing);
    let follower = Follower::start(keeper, vault, store.clone(), Pace::default()).unwrap();
    follower.follow(&published(5), Vec::new());
    eventually("the store is written all the same", || follower.stored_before() == Index(5));
    assert!(!folder.paths().contains(&CHECKPOINT.to_owned()));
    follower.follow(&published(6), Vec::new());
    follower.follow(&published(9), Vec::new());
    follower.finish();
    assert_eq!(opened(&folder.bytes(CHECKPOINT)), published(9).head);
    assert_eq!(store.head().unwrap(), Some(published(9).head));
    let watermark = format!("einsicht-derived 1\n9\n{}\n", published(9).head.root);
    assert_eq!(String::from_utf8(folder.bytes("log/watermark")).unwrap(), watermark);
}

#[test]
fn commits_in_quick_succession_share_a_round() {
    let (folder, keeper, vault) = keeper();
    let writes = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&writes);
    let write = move |_: &[Change], head: &TreeHead| {
        written.lock().unwrap().push(head.size.0);
        Ok(())
    };
    let follower = Follower::start_with(keeper, vault, Box::new(write), Pace::default()).unwrap();
    for size in 1..=200 {
        follower.follow(&published(size), Vec::new());
    }
    follower.finish();
    let writes = writes.lock().unwrap();
    assert!(writes.len() < 20 && writes.is_sorted() && writes.last() == Some(&200), "{writes:?}");
    assert_eq!(opened(&folder.bytes(CHECKPOINT)).size, Size(200));
}
