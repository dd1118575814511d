//! Gaps in the numbers of sessions: what producers numbered and the ledger does not have. Auditors and reports count
//! them alike.
//!
//! A gap is no failure of the ledger: a producer may have died with a number given out, and numbers
//! of a running session may still come. It is counted and reported, so that people can ask.
//!
//! Memory is bounded, whatever the ledger holds. What had to be forgotten is said.

use std::collections::{BTreeMap, HashMap};

use einsicht_tlog::{Index, RecordedAt};
use serde::{Deserialize, Serialize};

mod as_list;
mod meeting;
mod ranges;

pub use self::meeting::{Meeting, Met, SessionEvent, SessionMark};
use self::meeting::{key_of, split_key};
use self::ranges::Ranges;

/// Most sessions followed at a time.
const SESSIONS_MAX: usize = 16_384;
/// A session that was silent for longer lapses: its numbers are not known to the service any more.
const LAPSE_SECONDS: u64 = 30 * 24 * 60 * 60;
/// Most sessions with gaps that are listed.
const LISTED_MAX: usize = 1_000;

/// What is known of the sessions of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// How many sessions were met.
    pub met: u64,
    /// How many of them said that they ended.
    pub ended: u64,
    /// Numbers that are missing in sessions that are over: ended, or silent for 30 days.
    pub missing_in_past: u64,
    /// Numbers that stand in more than one entry.
    pub repeated: u64,
    /// Sessions that were set aside early because too many ran at once: numbers of theirs that came
    /// later count as a session of their own.
    pub set_aside: u64,
    /// Numbers of records that were confidential and have been opened, of sessions that are over and not listed: they
    /// may be among those that are missing.
    pub unplaced: u64,
    /// Sessions that are over and have gaps, the first 1,000 of them.
    #[serde(with = "as_list")]
    past: HashMap<Box<[u8]>, Session>,
    /// Sessions that may still go on. Key: see [`key_of`].
    #[serde(with = "as_list")]
    running: HashMap<Box<[u8]>, Session>,
}

/// A session in which numbers are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The service that recorded.
    pub producer: String,
    /// The session, in hexadecimal digits.
    pub session: String,
    /// How many numbers are missing.
    pub missing: u64,
    /// The lowest that is, if it is still known.
    pub first_missing: Option<u64>,
    /// Whether the session is over; otherwise its numbers may still come.
    pub over: bool,
    /// The last entry of the session.
    pub last_index: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    seen: Ranges,
    last_index: u64,
    last_recorded_at: u64,
    /// Whether it ended; the last number that it said it gave out.
    end: Option<Option<u64>>,
}

impl Sessions {
    /// Takes in what a stretch of entries had, those before it taken in already. Which sessions have to make room for
    /// others depends on where stretches end.
    pub fn take(&mut self, met: &[Met]) {
        for met in met {
            if !self.running.contains_key(&met.key) {
                self.make_room(met.last_recorded_at);
            }
            self.take_more(std::slice::from_ref(met));
        }
    }

    /// The same without making room for others: whoever needs the same of every stretch does that at the same entries
    /// ([`make_room`](Self::make_room)), and often enough.
    pub fn take_more(&mut self, met: &[Met]) {
        for met in met {
            if !self.running.contains_key(&met.key) {
                self.met += 1;
                self.running.insert(met.key.clone(), Session::default());
            }
            let Some(session) = self.running.get_mut(&met.key) else { continue };
            for (first, last) in &met.numbers {
                self.repeated += session.seen.insert(*first, *last);
            }
            if met.end.is_some() && session.end.is_none() {
                self.ended += 1;
            }
            session.end = met.end.or(session.end);
            (session.last_index, session.last_recorded_at) = (met.last_index.0, met.last_recorded_at.0);
        }
    }

    /// Takes in the number of a record that was confidential, as a later entry shows it. Sessions that are over
    /// are remembered as far as they are listed.
    pub fn fill(&mut self, producer: &str, session: &[u8], number: u64) {
        let key = key_of(producer.as_bytes(), session);
        if let Some(running) = self.running.get_mut(&key) {
            // The entry that shows it is none of the session: how long that was silent stays as it is.
            self.repeated += running.seen.insert(number, number);
            return;
        }
        let Some(past) = self.past.get_mut(&key) else {
            let listed = self.past.values().map(Session::missing).fold(0, u64::saturating_add);
            self.unplaced += u64::from(listed < self.missing_in_past);
            return;
        };
        let before = past.missing();
        self.repeated += past.seen.insert(number, number);
        let after = past.missing();
        self.missing_in_past = self.missing_in_past.saturating_sub(before).saturating_add(after);
        if after == 0 {
            self.past.remove(&key);
        }
    }

    /// From here on counts anew: what was missing in sessions that are over is forgotten, and how many there were.
    /// Sessions that may go on are kept, with what is missing in them.
    pub fn count_anew(&mut self) {
        let running = std::mem::take(&mut self.running);
        *self = Self { running, ..Self::default() };
    }

    /// The last entry of a session that may still go on.
    #[must_use]
    pub fn last_index(&self, met: &Met) -> Option<Index> {
        self.running.get(&met.key).map(|session| Index(session.last_index))
    }

    /// Whether a session that may still be remembered said that it ended.
    #[must_use]
    pub fn has_ended(&self, met: &Met) -> bool {
        self.running.get(&met.key).is_some_and(|session| session.end.is_some())
    }

    /// How many numbers are missing so far, in sessions that are over and in those that may go on.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.running.values().map(Session::missing).fold(self.missing_in_past, u64::saturating_add)
    }

    /// Whether [`gaps`](Self::gaps) has all that is missing: no session was set aside before it was over, and no more
    /// of them had gaps than are listed.
    #[must_use]
    pub fn all_listed(&self) -> bool {
        let listed = self.past.values().map(Session::missing).fold(0, u64::saturating_add);
        self.set_aside == 0 && listed == self.missing_in_past
    }

    /// Sessions with gaps: the first 1,000 that are over, then those that may go on, by index.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let of = |sessions: &HashMap<Box<[u8]>, Session>| {
            let mut gaps: Vec<_> = sessions.iter().filter_map(|(key, session)| session.gap(key)).collect();
            gaps.sort_unstable_by_key(|gap| gap.last_index);
            gaps
        };
        let past = of(&self.past).into_iter().map(|gap| Gap { over: true, ..gap });
        past.chain(of(&self.running)).collect()
    }

    /// Retires sessions that are over when there are too many; if that is not enough, those that were
    /// silent longest. `now` is when the next entry was recorded.
    pub fn make_room(&mut self, now: RecordedAt) {
        if self.running.len() < SESSIONS_MAX {
            return;
        }
        let lapsed = |session: &Session| {
            session.end.is_some() || session.last_recorded_at.saturating_add(LAPSE_SECONDS) < now.0
        };
        let mut by_age: BTreeMap<u64, Box<[u8]>> = BTreeMap::new();
        for (key, session) in &self.running {
            by_age.insert(session.last_index, key.clone());
        }
        for (position, key) in by_age.into_values().enumerate() {
            let Some(session) = self.running.get(&key) else { continue };
            let over = lapsed(session);
            if over || position < SESSIONS_MAX / 4 {
                self.set_aside += u64::from(!over);
                self.retire(&key);
            }
        }
    }

    fn retire(&mut self, key: &[u8]) {
        let Some(session) = self.running.remove(key) else { return };
        let missing = session.missing();
        self.missing_in_past = self.missing_in_past.saturating_add(missing);
        // One that was set aside and went on is listed as it was first.
        if missing > 0 && self.past.len() < LISTED_MAX && !self.past.contains_key(key) {
            self.past.insert(key.into(), session);
        }
    }
}

impl Session {
    fn missing(&self) -> u64 {
        self.seen.missing_up_to(self.end.flatten())
    }

    fn gap(&self, key: &[u8]) -> Option<Gap> {
        let missing = self.missing();
        let (producer, session) = split_key(key)?;
        (missing > 0).then(|| Gap {
            producer: String::from_utf8_lossy(producer).into_owned(),
            session: einsicht_tlog::hash::to_hex(session),
            missing,
            first_missing: self.seen.first_missing(),
            over: self.end.is_some(),
            last_index: self.last_index,
        })
    }
}

#[cfg(test)]
mod tests;
