//! What was recorded under which (producer, session, sequence), so that a request that is sent again
//! gets its old answer. Derived from the log; the bounded horizon is part of the interface.
//!
//! Memory and store hold the same: per session a few facts, and blocks of runs.

mod runs;
mod store;

use std::collections::{BTreeSet, HashMap};

use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Index, RecordedAt};

pub use runs::{BLOCK_NUMBERS, Block, Runs};
pub use store::{Change, SessionStore, StoreError};

/// Numbers of a session that are remembered, counted back from its highest.
pub const HORIZON_NUMBERS: u64 = 65_536;
/// Sessions that were silent for longer are forgotten.
pub const HORIZON_SECONDS: u64 = 30 * 24 * 60 * 60;
/// Sessions kept in memory; the others are read back from the store when they speak again.
const SESSIONS_IN_MEMORY_MAX: usize = 4096;

/// Bytes of the runs kept in memory. Callers that interleave make every number a run of its own, 16 bytes
/// and more; those that do not make one of each 256 numbers, and its block takes far more than the run.
const RUNS_MEMORY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One session of one producer: the first 16 bytes of `H(producer ‖ 0x00 ‖ session)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub [u8; 16]);

/// What is known of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// Which numbers were recorded, and where.
    pub runs: Runs,
    /// The entry that ended it.
    pub ended: Option<Index>,
    /// When its last entry was recorded.
    pub last_seen: RecordedAt,
    /// Its last entry.
    pub last_index: Index,
}

/// One step in the life of a session, as an entry of the log states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionStep {
    /// The session.
    pub key: SessionKey,
    /// The number that was recorded; `None` for the end of the session.
    pub sequence: Option<u64>,
    /// The entry.
    pub index: Index,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
}

/// Numbers of a session that were recorded one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRun {
    /// The session.
    pub key: SessionKey,
    /// The first of its numbers.
    pub first: u64,
    /// Its entry.
    pub index: Index,
    /// How many numbers and entries there are; at least one.
    pub count: u64,
    /// When they were recorded.
    pub recorded_at: RecordedAt,
}

/// Whether a number was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It was, as this entry.
    Recorded(Index),
    /// It was not.
    New,
    /// It lies too far behind the highest one to tell.
    BeyondHorizon {
        /// Highest number of the session.
        highest: u64,
    },
}

/// The sessions that spoke lately, backed by the store.
pub struct Sessions {
    store: SessionStore,
    memory: HashMap<SessionKey, Session>,
    /// What the runs of all sessions in memory take.
    runs_bytes: usize,
    runs_bytes_max: usize,
    /// Blocks that differ from what was taken with [`Sessions::take_changes`] last.
    changed: BTreeSet<(SessionKey, u64)>,
}

impl SessionKey {
    /// The key of a producer's session.
    #[must_use]
    pub fn new(producer: &str, session: &[u8]) -> Self {
        let [key, _] = *sha256(&[producer.as_bytes(), &[0], session].concat()).0.as_chunks::<16>().0 else {
            // A hash of 32 bytes is two chunks of 16.
            return Self([0; 16]);
        };
        Self(key)
    }
}

impl Session {
    /// Whether `sequence` was recorded in this session.
    #[must_use]
    pub fn lookup(&self, sequence: u64) -> Known {
        match (self.runs.find(sequence), self.runs.highest()) {
            (Some(index), _) => Known::Recorded(index),
            (None, Some(highest)) if sequence.saturating_add(HORIZON_NUMBERS) <= highest => {
                Known::BeyondHorizon { highest }
            }
            (None, _) => Known::New,
        }
    }

    /// Notes an entry of the session.
    fn see(&mut self, index: Index, recorded_at: RecordedAt) -> &mut Self {
        self.last_seen = self.last_seen.max(recorded_at);
        self.last_index = index;
        self
    }
}

impl SessionRun {
    /// Whether this number and entry are the next ones.
    #[must_use]
    pub fn is_continued_by(&self, sequence: u64, index: Index) -> bool {
        self.first.checked_add(self.count) == Some(sequence) && self.index.0 + self.count == index.0
    }
}

impl Sessions {
    /// Sessions backed by `store`.
    #[must_use]
    pub fn new(store: SessionStore) -> Self {
        Self {
            store,
            memory: HashMap::new(),
            runs_bytes: 0,
            runs_bytes_max: RUNS_MEMORY_BYTES_MAX,
            changed: BTreeSet::new(),
        }
    }

    /// The session, from memory or from the store; an unknown one, or one that has lapsed, is new.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't be read: then nobody knows, and nothing may be recorded.
    pub fn session(&mut self, key: SessionKey, now: RecordedAt) -> Result<&Session, StoreError> {
        self.session_mut(key, now).map(|session| &*session)
    }

    /// Takes one step.
    ///
    /// # Errors
    /// As [`Sessions::session`].
    pub fn apply(&mut self, step: &SessionStep) -> Result<(), StoreError> {
        let SessionStep { key, sequence, index, recorded_at } = *step;
        if let Some(first) = sequence {
            return self.record(&SessionRun { key, first, index, count: 1, recorded_at });
        }
        self.session_mut(key, recorded_at)?.see(index, recorded_at).ended = Some(index);
        self.changed.insert((key, store::FACTS));
        Ok(())
    }

    /// Takes the steps of a whole run at once.
    ///
    /// # Errors
    /// As [`Sessions::session`].
    pub fn record(&mut self, run: &SessionRun) -> Result<(), StoreError> {
        let SessionRun { key, first, index, count, recorded_at } = *run;
        let last = count.saturating_sub(1);
        let session = self.session_mut(key, recorded_at)?.see(Index(index.0 + last), recorded_at);
        let before = session.runs.memory_bytes();
        session.runs.insert(first, index, count);
        let forgotten = session.runs.forget_below_horizon();
        let after = session.runs.memory_bytes();
        self.runs_bytes = self.runs_bytes - before + after;
        let blocks = first / BLOCK_NUMBERS..=(first + last) / BLOCK_NUMBERS;
        // The facts of the session stand beside its blocks, under a block number of their own.
        let changed = forgotten.into_iter().chain(blocks).chain([store::FACTS]);
        self.changed.extend(changed.map(|block| (key, block)));
        Ok(())
    }

    /// What the store has to write to be where memory is.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let changed = std::mem::take(&mut self.changed);
        let change = |(key, block): (SessionKey, u64)| {
            let session = self.memory.get(&key)?;
            Some(match block {
                store::FACTS => Change::facts(key, session),
                block => Change::block(key, block, session.runs.block(block)),
            })
        };
        changed.into_iter().filter_map(change).collect()
    }

    /// Makes room: forgets the sessions that have been silent longest, of those whose last entry is
    /// before `stored_before`, the first that the store does not reflect.
    pub fn make_room(&mut self, stored_before: Index) {
        if self.memory.len() <= SESSIONS_IN_MEMORY_MAX && self.runs_bytes <= self.runs_bytes_max {
            return;
        }
        let stored = self.memory.iter().filter(|(_, session)| session.last_index < stored_before);
        let mut silent: Vec<_> = stored.map(|(key, session)| (session.last_index, *key)).collect();
        silent.sort_unstable();
        for (_, key) in silent {
            if self.memory.len() <= SESSIONS_IN_MEMORY_MAX / 2 && self.runs_bytes <= self.runs_bytes_max / 2 {
                break;
            }
            let session = self.memory.remove(&key);
            self.runs_bytes -= session.map_or(0, |session| session.runs.memory_bytes());
        }
    }

    /// A session that has lapsed begins anew; its old blocks go from the store as well.
    fn session_mut(&mut self, key: SessionKey, now: RecordedAt) -> Result<&mut Session, StoreError> {
        use std::collections::hash_map::Entry;
        let entry = match self.memory.entry(key) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => {
                let stored = self.store.load(key)?.unwrap_or_default();
                self.runs_bytes += stored.runs.memory_bytes();
                entry.insert_entry(stored)
            }
        };
        let session = entry.into_mut();
        if session.last_seen != RecordedAt(0) && session.last_seen.0.saturating_add(HORIZON_SECONDS) < now.0 {
            let lapsed = std::mem::take(session);
            self.runs_bytes -= lapsed.runs.memory_bytes();
            self.changed.extend(lapsed.runs.block_numbers().map(|block| (key, block)));
        }
        Ok(session)
    }
}

#[cfg(test)]
mod tests;
