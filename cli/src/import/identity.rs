//! What makes a record of a log the same record when its file is imported again.
//!
//! A ledger knows an event by its session, its number in the session and its id, and records no event
//! twice. An import derives all three, so that it can be repeated: after it was interrupted, after the
//! file grew, under another file name, or on another machine with the same token.
//!
//! - An import is known by the **name** in its mapping, by **`--source`** (empty if not given) and by
//!   the **minute of its first access**. The rest of the mapping may change: records that were rejected
//!   are then recorded in their places, and what is recorded stays as it is.
//! - Each record that is not skipped gets the next **number**, also a rejected one. A rejected record
//!   so leaves a gap in the numbers, which tells auditors that an access is missing; it is filled when
//!   the record is imported after all. Records that the mapping skips get no number.
//! - A session has 50,000 numbers, fewer than the 65,536 that a ledger remembers of a session.
//! - The **id** of an event follows from its number, its position in the file and its minute. So when
//!   something else turns up in the place of a recorded event (another file that began in the same
//!   minute, other `[[skip]]` rules), the ledger refuses it, and nothing is lost or doubled unseen.
//!
//! No file name and nothing sealed goes into any of these: hashes of what can be guessed give it away.
//! What is hashed stands in the log anyway.
//!
//! Three limits. A ledger forgets sessions that were silent for 30 days; beyond that, the notes of
//! [`super::known`] tell what is recorded, on the machine that has them. And of two files that begin in
//! the same minute and whose accesses fall into the same minutes throughout, the second counts as the
//! first: import files of different origin with different `--source`. A file whose beginning was cut off
//! counts as another one.

use einsicht_tlog::hash::sha256;

/// Numbers of one session.
pub const SESSION_NUMBERS: u64 = 50_000;

/// What an import is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity([u8; 32]);

/// Where a record stands among those of its import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// The session, 16 bytes.
    pub session: [u8; 16],
    /// Its number in the session.
    pub sequence: u64,
}

/// A record in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its number among those that are not skipped, from 0.
    pub number: u64,
    /// Its number among all records, from 0.
    pub record: u64,
    /// The minute of the access, since 1970.
    pub minute: i64,
}

impl Identity {
    /// Of an import with a mapping called `name`; `first_minute` is the minute of its first access.
    pub fn new(name: &str, source: &str, first_minute: i64) -> Self {
        let mut bytes = b"einsicht/import/v1".to_vec();
        for text in [name, source] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&first_minute.to_be_bytes());
        Self(sha256(&bytes).0)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Session and sequence number of the record with that number.
    pub fn numbered(&self, number: u64) -> Numbered {
        let part = number / SESSION_NUMBERS;
        let hash = sha256(&[b"einsicht/import/session/v1", &self.0[..], &part.to_be_bytes()].concat());
        Numbered { session: first_16(&hash.0), sequence: number % SESSION_NUMBERS }
    }

    /// The id of an event: 16 bytes in the form of a UUID of version 4.
    pub fn event_id(&self, position: Position) -> [u8; 16] {
        let Position { number, record, minute } = position;
        let numbers = [number.to_be_bytes(), record.to_be_bytes(), minute.to_be_bytes()].concat();
        let hash = sha256(&[b"einsicht/import/event/v1", &self.0[..], &numbers].concat());
        uuid::Builder::from_random_bytes(first_16(&hash.0)).into_uuid().into_bytes()
    }
}

fn first_16(hash: &[u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, from)| *byte = *from);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const POSITION: Position = Position { number: 3, record: 7, minute: 29_922_759 };

    #[test]
    fn the_same_import_gets_the_same_numbers_and_ids() {
        // Fixed for good: with others, files that were imported would be recorded again.
        let identity = Identity::new("edgar", "", 24_720_480);
        assert_eq!(
            einsicht_tlog::hash::to_hex(&identity.numbered(0).session),
            "71294609a316faf2cd8b9500fb3f8b2b"
        );
        assert_eq!(
            uuid::Uuid::from_bytes(identity.event_id(POSITION)).to_string(),
            "00c14bca-9b9e-412e-9e54-ff35300bec0a"
        );
    }

    #[test]
    fn whatever_tells_imports_and_records_apart_changes_them() {
        let imports = [
            Identity::new("edgar", "", 1),
            Identity::new("edga", "r", 1),
            Identity::new("edgar", "web-a", 1),
            Identity::new("edgar", "", 2),
        ];
        let sessions: HashSet<_> = imports.iter().map(|import| import.numbered(0).session).collect();
        assert_eq!(sessions.len(), imports.len());
        let [import, ..] = imports;
        let positions = [
            POSITION,
            Position { number: 4, ..POSITION },
            Position { record: 8, ..POSITION },
            Position { minute: 0, ..POSITION },
        ];
        let ids: HashSet<_> = positions.map(|position| import.event_id(position)).into();
        assert_eq!(ids.len(), positions.len());
    }

    #[test]
    fn a_session_has_fewer_numbers_than_a_ledger_remembers() {
        let import = Identity::new("x", "", 0);
        let (last, next) = (import.numbered(SESSION_NUMBERS - 1), import.numbered(SESSION_NUMBERS));
        assert_eq!((last.sequence, next.sequence), (49_999, 0));
        assert_ne!(last.session, next.session);
    }

    #[test]
    fn ids_have_the_form_that_events_need() {
        let id = Identity::new("x", "y", -5).event_id(POSITION);
        assert_eq!(einsicht_access::limits::check_uuid_v4(&id), Ok(()));
    }
}
