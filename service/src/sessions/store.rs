//! Sessions in sled: small, derived. Each batch says which state of the log it reflects. What entries say about
//! others ([`crate::annotations`]) is kept with them.
//!
//! ```text
//! "head"                                  → uint32 version, 2 ‖ uint64 size ‖ root (32)
//! session key (16) ‖ uint64 block         → the runs of that block
//! session key (16) ‖ uint64 2^64−1        → its facts: uint64 last_seen ‖ uint64 last_index
//!                                           ‖ uint64 ended + 1 (0: it was not)
//! "einsicht/notes/1" ‖ uint64 index       → what that entry says about others
//! "unknown"                               → empty: something was left out that may be known at another start
//! ```
//!
//! What sled acknowledged may be lost with the power (0.34 does not fsync). That is fine here: a head
//! that lies behind the log is caught up with at start, any other one, and one of another version, means
//! starting from nothing.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use einsicht_tlog::{Hash, Index, RecordedAt, Size, TreeHead};

use super::runs::Block;
use super::{HORIZON_SECONDS, Session, SessionKey};
use crate::annotations::{Note, Says};

/// The block number under which the facts of a session stand.
pub(super) const FACTS: u64 = u64::MAX;
/// sled would take 1 GB.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// sled lets go of its files a moment after its last handle is dropped; longer, somebody else has them.
const RELEASE_MAX: Duration = Duration::from_secs(5);
const RELEASE_INTERVAL: Duration = Duration::from_millis(10);
const HEAD: &[u8] = b"head";
const UNKNOWN: &[u8] = b"unknown";
/// Of these names and values; sled's files have a version of their own.
const VERSION: u32 = 2;
/// In place of a session key, which is half a hash.
const NOTES: [u8; 16] = *b"einsicht/notes/1";

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct SessionStore {
    db: sled::Db,
}

/// The store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// sled failed.
    #[error("the session store failed: {0}; where that stays so, start the service again: it is rebuilt")]
    Sled(#[from] sled::Error),
    /// It failed for so long that nothing is written to it any more.
    #[error("the session store was given up after it had failed for long; it is rebuilt at the next start")]
    GivenUp,
    /// A value is not what it should be.
    #[error("the session store holds a damaged value; delete the folder 'state', it is rebuilt at start")]
    Damaged,
}

/// One value to write, or to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub(super) name: [u8; 24],
    pub(super) value: Option<Vec<u8>>,
}

impl Change {
    pub(super) fn block(key: SessionKey, number: u64, block: Option<&Block>) -> Self {
        Self { name: name(key, number), value: block.map(Block::to_bytes) }
    }

    pub(super) fn facts(key: SessionKey, session: &Session) -> Self {
        let ended = session.ended.map_or(0, |index| index.0 + 1);
        let facts = [session.last_seen.0, session.last_index.0, ended];
        let value = facts.iter().flat_map(|fact| fact.to_be_bytes()).collect();
        Self { name: name(key, FACTS), value: Some(value) }
    }

    /// What an entry says about others.
    pub fn of_note(note: &Note) -> impl Iterator<Item = Self> + use<> {
        let change = |index: Index, value| Self { name: name(SessionKey(NOTES), index.0), value };
        // That a record is closed is of no use once it was opened.
        let opened = match note.says {
            Says::Opens(index) => Some(change(index, None)),
            _ => None,
        };
        std::iter::once(change(note.index, Some(note.to_bytes()))).chain(opened)
    }

    /// What is written is the last change of each name.
    #[must_use]
    pub fn name(&self) -> [u8; 24] {
        self.name
    }
}

impl SessionStore {
    /// Opens the store, or makes a new one. Waits for one that was just closed.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_within(folder, RELEASE_MAX)
    }

    fn open_within(folder: &Path, wait_max: Duration) -> Result<Self, StoreError> {
        let begun = Instant::now();
        loop {
            match sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).open() {
                Err(error) if is_locked(&error) && begun.elapsed() < wait_max => {
                    thread::sleep(RELEASE_INTERVAL)
                }
                opened => return Ok(Self { db: opened? }),
            }
        }
    }

    /// The state of the log that the store reflects; `None` if that can't be told, or in another version.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn head(&self) -> Result<Option<TreeHead>, StoreError> {
        let Some(value) = self.db.get(HEAD)? else { return Ok(None) };
        let parse = |value: &[u8]| {
            let (version, rest) = value.split_first_chunk::<4>()?;
            let (size, root) = rest.split_first_chunk::<8>()?;
            let head = TreeHead { size: Size(u64::from_be_bytes(*size)), root: Hash::from_slice(root)? };
            (u32::from_be_bytes(*version) == VERSION).then_some(head)
        };
        Ok(parse(&value))
    }

    /// Writes changes, and that the store then reflects `head`; all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn write(&self, changes: &[Change], head: &TreeHead) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for change in changes {
            match &change.value {
                Some(value) => batch.insert(&change.name, value.as_slice()),
                None => batch.remove(&change.name),
            }
        }
        let size = head.size.0.to_be_bytes();
        batch.insert(HEAD, [&VERSION.to_be_bytes()[..], &size, head.root.as_bytes()].concat());
        Ok(self.db.apply_batch(batch)?)
    }

    /// Reads one session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn load(&self, key: SessionKey) -> Result<Option<Session>, StoreError> {
        let Some(facts) = self.db.get(name(key, FACTS))? else { return Ok(None) };
        let mut session = parse_facts(&facts).ok_or(StoreError::Damaged)?;
        for item in self.db.scan_prefix(key.0) {
            let (name, value) = item?;
            let number = name.last_chunk::<8>().map_or(FACTS, |number| u64::from_be_bytes(*number));
            if number != FACTS {
                session.runs.set_block(number, Block::parse(&value).ok_or(StoreError::Damaged)?);
            }
        }
        Ok(Some(session))
    }

    /// What entries say about others, in their order.
    pub fn notes(&self) -> impl Iterator<Item = Result<(Index, Vec<u8>), StoreError>> {
        self.db.scan_prefix(NOTES).map(|item| {
            let (name, value) = item?;
            let index = name.last_chunk::<8>().ok_or(StoreError::Damaged)?;
            Ok((Index(u64::from_be_bytes(*index)), value.to_vec()))
        })
    }

    /// Removes the sessions that have lapsed by `now`; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn sweep(&self, now: RecordedAt) -> Result<usize, StoreError> {
        let mut swept = 0;
        for item in self.db.iter() {
            let (name, value) = item?;
            let lapsed = name.ends_with(&FACTS.to_be_bytes())
                && parse_facts(&value).is_none_or(|s| s.last_seen.0.saturating_add(HORIZON_SECONDS) < now.0);
            if let (true, Some(key)) = (lapsed, name.first_chunk::<16>()) {
                for name in self.db.scan_prefix(key).keys() {
                    self.db.remove(name?)?;
                }
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Notes that something of the log could not be told, and may be told at another start: then nothing that is here is
    /// to be believed.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn leave_out(&self) -> Result<(), StoreError> {
        self.db.insert(UNKNOWN, &[])?;
        Ok(())
    }

    /// Whether that was noted.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn leaves_out(&self) -> Result<bool, StoreError> {
        Ok(self.db.contains_key(UNKNOWN)?)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// [`StoreError::Sled`].
    pub fn clear(&self) -> Result<(), StoreError> {
        Ok(self.db.clear()?)
    }
}

/// Whether somebody has the files; sled says that in words only.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

fn name(key: SessionKey, number: u64) -> [u8; 24] {
    let mut name = [0; 24];
    name.iter_mut().zip(key.0.iter().chain(&number.to_be_bytes())).for_each(|(to, from)| *to = *from);
    name
}

fn parse_facts(bytes: &[u8]) -> Option<Session> {
    let (facts, []) = bytes.as_chunks::<8>() else { return None };
    let [last_seen, last_index, ended] = *facts else { return None };
    Some(Session {
        last_seen: RecordedAt(u64::from_be_bytes(last_seen)),
        last_index: Index(u64::from_be_bytes(last_index)),
        ended: u64::from_be_bytes(ended).checked_sub(1).map(Index),
        ..Session::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_about_to_be_closed_is_waited_for_and_one_that_stays_open_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::open(folder.path()).unwrap();
        let Err(StoreError::Sled(error)) = SessionStore::open_within(folder.path(), RELEASE_INTERVAL) else {
            panic!("two have it open")
        };
        assert!(is_locked(&error), "{error}");
        let closed = thread::spawn(move || {
            thread::sleep(20 * RELEASE_INTERVAL);
            drop(store);
        });
        SessionStore::open(folder.path()).unwrap();
        closed.join().unwrap();
    }

    #[test]
    fn a_store_of_another_version_reflects_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::open(folder.path()).unwrap();
        let head = TreeHead { size: Size(2), root: Hash([1; 32]) };
        store.write(&[], &head).unwrap();
        assert_eq!(store.head().unwrap(), Some(head));
        let written = store.db.get(HEAD).unwrap().unwrap();
        for version in [0_u32, 1, 3] {
            let mut value = written.to_vec();
            value[..4].copy_from_slice(&version.to_be_bytes());
            store.db.insert(HEAD, value).unwrap();
            assert_eq!(store.head().unwrap(), None, "version {version}");
        }
        // As it was before it had a version.
        store.db.insert(HEAD, &written[4..]).unwrap();
        assert_eq!(store.head().unwrap(), None);
    }
}
