//! What a stretch of entries has of sessions, summed up before anything global is touched.

use std::collections::HashMap;

use einsicht_tlog::{Index, RecordedAt};

/// A number of a session, or the end of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionMark<'a> {
    /// The service that recorded.
    pub producer: &'a [u8],
    /// One run of it.
    pub session: &'a [u8],
    /// What happened in it.
    pub event: SessionEvent,
}

/// What happened in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEvent {
    /// This number was recorded.
    Number(u64),
    /// The session ended; the last number that it gave out.
    End(Option<u64>),
}

/// Numbers of one session, met in one stretch of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// See [`key_of`].
    pub(super) key: Box<[u8]>,
    /// First and last of adjacent ones, in the order of the entries.
    pub(super) numbers: Vec<(u64, u64)>,
    pub(super) end: Option<Option<u64>>,
    pub(super) last_index: Index,
    pub(super) last_recorded_at: RecordedAt,
}

impl Met {
    /// The service that recorded.
    #[must_use]
    pub fn producer(&self) -> &[u8] {
        split_key(&self.key).map_or(&[], |(producer, _)| producer)
    }

    /// Whether the session ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }
}

/// Sums up what belongs together before anything global is touched.
#[derive(Debug, Default)]
pub struct Meeting {
    met: Vec<Met>,
    positions: HashMap<Box<[u8]>, usize>,
    /// Of the last one, which is nearly always the next one too.
    last: usize,
    /// A key while it is looked up: known ones cost no memory of their own.
    key: Vec<u8>,
}

impl Meeting {
    /// Notes a mark of an entry.
    pub fn note(&mut self, mark: SessionMark<'_>, index: Index, recorded_at: RecordedAt) {
        self.key.clear();
        append_key(&mut self.key, mark.producer, mark.session);
        if self.met.get(self.last).is_none_or(|met| *met.key != *self.key) {
            self.last = self.position(index, recorded_at);
        }
        let Some(met) = self.met.get_mut(self.last) else { return };
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
    #[must_use]
    pub fn into_met(self) -> Vec<Met> {
        self.met
    }

    /// Where that with `self.key` stands.
    fn position(&mut self, last_index: Index, last_recorded_at: RecordedAt) -> usize {
        if let Some(position) = self.positions.get(&*self.key) {
            return *position;
        }
        let (position, key) = (self.met.len(), Box::<[u8]>::from(&*self.key));
        self.positions.insert(key.clone(), position);
        self.met.push(Met { key, numbers: Vec::new(), end: None, last_index, last_recorded_at });
        position
    }
}

/// `uint32 length of the producer ‖ producer ‖ session`.
pub(super) fn key_of(producer: &[u8], session: &[u8]) -> Box<[u8]> {
    let mut key = Vec::with_capacity(size_of::<u32>() + producer.len() + session.len());
    append_key(&mut key, producer, session);
    key.into_boxed_slice()
}

pub(super) fn split_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn append_key(key: &mut Vec<u8>, producer: &[u8], session: &[u8]) {
    // A body has less than 64 KiB.
    let length = u32::try_from(producer.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(producer);
    key.extend_from_slice(session);
}
