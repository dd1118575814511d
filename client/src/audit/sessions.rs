//! Gaps in the numbers of sessions: what producers numbered and the ledger does not have.
//!
//! A gap is no failure of the ledger: a producer may have died with a number given out, and numbers
//! of a running session may still come. It is counted and reported, so that people can ask.
//!
//! Memory is bounded, whatever the ledger holds. What had to be forgotten is said.

use std::collections::{BTreeMap, HashMap};

use einsicht_tlog::{Index, RecordedAt};
use serde::{Deserialize, Serialize};

use super::body::{SessionEvent, SessionMark};

mod ranges;

use ranges::Ranges;

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
    /// Sessions that are over and have gaps, the first 1,000 of them.
    gaps: Vec<Gap>,
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

/// Numbers of one session, met in one chunk.
#[derive(Debug)]
pub(super) struct Met {
    /// See [`key_of`].
    key: Box<[u8]>,
    /// First and last of adjacent ones, in the order of the entries.
    numbers: Vec<(u64, u64)>,
    end: Option<Option<u64>>,
    last_index: Index,
    last_recorded_at: RecordedAt,
}

/// Sums up what belongs together in a chunk before anything global is touched.
#[derive(Default)]
pub(super) struct Meeting<'a> {
    met: Vec<Met>,
    positions: HashMap<(&'a [u8], &'a [u8]), usize>,
    /// Nearly always the next one too.
    last: Option<(&'a [u8], &'a [u8], usize)>,
}

impl<'a> Meeting<'a> {
    /// Notes a mark of an entry.
    pub fn note(&mut self, mark: SessionMark<'a>, index: Index, recorded_at: RecordedAt) {
        let position = match self.last {
            Some((producer, session, position)) if session == mark.session && producer == mark.producer => {
                position
            }
            _ => self.position_of(mark, index, recorded_at),
        };
        self.last = Some((mark.producer, mark.session, position));
        let Some(met) = self.met.get_mut(position) else { return };
        (met.last_index, met.last_recorded_at) = (index, recorded_at);
        match mark.event {
            SessionEvent::End(last) => met.end = Some(last),
            SessionEvent::Number(number) => match met.numbers.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                _ => met.numbers.push((number, number)),
            },
        }
    }

    /// What was met, in the order of first entries.
    pub fn into_met(self) -> Vec<Met> {
        self.met
    }

    fn position_of(
        &mut self,
        mark: SessionMark<'a>,
        last_index: Index,
        last_recorded_at: RecordedAt,
    ) -> usize {
        let position = *self.positions.entry((mark.producer, mark.session)).or_insert(self.met.len());
        if position == self.met.len() {
            let key = key_of(mark.producer, mark.session);
            self.met.push(Met { key, numbers: Vec::new(), end: None, last_index, last_recorded_at });
        }
        position
    }
}

impl Sessions {
    /// Takes in what a chunk had.
    pub(super) fn take(&mut self, met: &[Met]) {
        for met in met {
            if !self.running.contains_key(&met.key) {
                self.make_room(met.last_recorded_at);
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

    /// Takes in the number of a record that was confidential, as the entry `index` shows it. Of a session that
    /// is over, only gaps that are listed are known.
    pub(super) fn fill(&mut self, producer: &str, session: &[u8], number: u64, index: Index) {
        if let Some(running) = self.running.get_mut(&key_of(producer.as_bytes(), session)) {
            self.repeated += running.seen.insert(number, number);
            running.last_index = index.0;
            return;
        }
        let session = einsicht_tlog::hash::to_hex(session);
        let is_its = |gap: &&mut Gap| gap.session == session && gap.producer == producer && gap.missing > 0;
        if let Some(gap) = self.gaps.iter_mut().find(is_its) {
            gap.missing -= 1;
            gap.first_missing = gap.first_missing.filter(|first| *first != number);
            self.missing_in_past = self.missing_in_past.saturating_sub(1);
        }
        self.gaps.retain(|gap| gap.missing > 0);
    }

    /// How many numbers are missing so far, in sessions that are over and in those that may go on.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.running.values().map(Session::missing).fold(self.missing_in_past, u64::saturating_add)
    }

    /// Sessions with gaps: the first 1,000 that are over, then those that may go on, by index.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut running: Vec<_> = self.running.iter().filter_map(|(key, session)| session.gap(key)).collect();
        running.sort_unstable_by_key(|gap| gap.last_index);
        [self.gaps.clone(), running].concat()
    }

    /// Retires sessions that are over when there are too many; if that is not enough, those that were
    /// silent longest.
    fn make_room(&mut self, now: RecordedAt) {
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
        self.missing_in_past = self.missing_in_past.saturating_add(session.missing());
        if self.gaps.len() < LISTED_MAX {
            self.gaps.extend(session.gap(key).map(|gap| Gap { over: true, ..gap }));
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

/// `uint32 length of the producer ‖ producer ‖ session`.
fn key_of(producer: &[u8], session: &[u8]) -> Box<[u8]> {
    // A body has less than 64 KiB.
    let length = u32::try_from(producer.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), producer, session].concat().into_boxed_slice()
}

fn split_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// JSON has no keys that are bytes.
mod as_list {
    use std::collections::HashMap;

    use einsicht_tlog::hash::{decode_base64, encode_base64};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Session;

    type Map = HashMap<Box<[u8]>, Session>;

    pub fn serialize<S: Serializer>(map: &Map, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list: Vec<_> = map.iter().map(|(key, session)| (encode_base64(key), session)).collect();
        list.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        serializer.collect_seq(list)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
        let list: Vec<(String, Session)> = Vec::deserialize(deserializer)?;
        let decode = |(key, session): (String, Session)| {
            let key = decode_base64(&key).ok_or_else(|| D::Error::custom("a key is not base64"))?;
            Ok((key.into_boxed_slice(), session))
        };
        list.into_iter().map(decode).collect()
    }
}

#[cfg(test)]
mod tests;
