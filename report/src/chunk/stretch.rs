//! What is counted of sessions, cut at the same entries in every chunk.
//!
//! Sessions that are over are set aside between two stretches only ([`Sessions::make_room`]): were that done wherever a
//! chunk ends, it would depend on where the log was read from which ones are.
//!
//! [`Sessions::make_room`]: einsicht_access::sessions::Sessions::make_room

use einsicht_access::sessions::Meeting;
use einsicht_tlog::{Index, RecordedAt};

/// A stretch begins at each index that this divides.
const ENTRIES: u64 = 8_192;

/// A stretch, or what a chunk has of one.
#[derive(Debug, Default)]
pub struct Stretch {
    /// When its first entry was recorded, if it begins in this chunk.
    pub begins: Option<RecordedAt>,
    /// Sessions before the period, and in it.
    pub before: Meeting,
    pub within: Meeting,
    /// Numbers of confidential records that were opened before the end of the period.
    pub opened: Vec<Opened>,
    /// The first entry recorded within the period, and the last.
    pub indexes: Option<(Index, Index)>,
}

/// A number that was hidden.
#[derive(Debug)]
pub struct Opened {
    pub recorder: String,
    pub session: Box<[u8]>,
    pub number: u64,
    /// Whether it was opened within the period.
    pub within: bool,
}

/// Stretches in their order.
#[derive(Debug, Default)]
pub struct Stretches {
    before: Vec<Stretch>,
    last: Stretch,
}

impl Stretches {
    /// Comes to the next entry.
    pub fn come_to(&mut self, index: Index, recorded_at: RecordedAt) {
        if index.0.is_multiple_of(ENTRIES) {
            let new = Stretch { begins: Some(recorded_at), ..Stretch::default() };
            self.before.push(std::mem::replace(&mut self.last, new));
        }
    }

    /// That of the newest entry.
    pub fn last(&mut self) -> &mut Stretch {
        &mut self.last
    }

    /// All of them.
    pub fn into_all(self) -> impl Iterator<Item = Stretch> {
        self.before.into_iter().chain([self.last])
    }
}
