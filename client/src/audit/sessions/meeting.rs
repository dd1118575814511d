//! What a chunk has of sessions, summed up before anything global is touched.

use std::collections::HashMap;

use einsicht_tlog::{Index, RecordedAt};

use crate::audit::body::{SessionEvent, SessionMark};

/// Numbers of one session, met in one chunk.
#[derive(Debug)]
pub(in crate::audit) struct Met {
    /// See [`key_of`].
    pub key: Box<[u8]>,
    /// First and last of adjacent ones, in the order of the entries.
    pub numbers: Vec<(u64, u64)>,
    pub end: Option<Option<u64>>,
    pub last_index: Index,
    pub last_recorded_at: RecordedAt,
}

/// Sums up what belongs together in a chunk before anything global is touched.
#[derive(Default)]
pub(in crate::audit) struct Meeting<'a> {
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

/// `uint32 length of the producer ‖ producer ‖ session`.
pub fn key_of(producer: &[u8], session: &[u8]) -> Box<[u8]> {
    // A body has less than 64 KiB.
    let length = u32::try_from(producer.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), producer, session].concat().into_boxed_slice()
}

pub fn split_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
