//! What the audit wants to know of a body, read without allocating anything.
//!
//! A body that [`check`] accepts can be read in one way only, so that a few fields can be picked out
//! of it without a protobuf library.

use einsicht_access::wire::{WireError, check};
use einsicht_proto::schema::ENTRY_BODY;

/// Field numbers of `EntryBody` and of the messages in it.
mod number {
    pub const GENESIS: u32 = 1;
    pub const ACCESS: u32 = 3;
    pub const SESSION_END: u32 = 4;
    pub const KEY_CHANGE: u32 = 11;
    pub const ACCESS_COUNT: u32 = 8;
    pub const PRODUCER: u32 = 64;
    pub const SESSION: u32 = 65;
    pub const SEQUENCE: u32 = 66;
    pub const END_PRODUCER: u32 = 1;
    pub const END_SESSION: u32 = 2;
    pub const END_LAST_SEQUENCE: u32 = 3;
}

/// Which kind of entry: the field number of its member in `EntryBody.content`, or 0 for a kind that
/// this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind(pub u32);

/// What the audit counts of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub kind: Kind,
    /// How many accesses the entry stands for; 0 if it is none.
    pub accesses: u64,
    /// Which number of which session it is, or ends.
    pub session: Option<SessionMark<'a>>,
}

/// A number of a session, or the end of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionMark<'a> {
    pub producer: &'a [u8],
    pub session: &'a [u8],
    pub event: SessionEvent,
}

/// What happened in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionEvent {
    /// This number was recorded.
    Number(u64),
    /// The session ended; the last number that it gave out.
    End(Option<u64>),
}

impl Kind {
    pub const GENESIS: Self = Self(number::GENESIS);
    pub const KEY_CHANGE: Self = Self(number::KEY_CHANGE);

    /// The name of the member in `entry.proto`; `unknown` for a kind that this version does not know.
    pub fn name(self) -> &'static str {
        ENTRY_BODY.fields.iter().find(|field| field.number == self.0).map_or("unknown", |field| field.name)
    }
}

impl<'a> Body<'a> {
    /// Checks a body strictly, and picks out what is counted.
    pub fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        check(bytes, &ENTRY_BODY)?;
        let known = |number: u32| ENTRY_BODY.fields.iter().any(|field| field.number == number);
        let content = Fields { rest: bytes }.find_map(|(number, value)| match value {
            Value::Bytes(content) if known(number) => Some((number, content)),
            _ => None,
        });
        Ok(match content {
            None => Self { kind: Kind(0), accesses: 0, session: None },
            Some((kind @ number::ACCESS, record)) => Self::access(Kind(kind), record),
            Some((kind @ number::SESSION_END, end)) => Self::session_end(Kind(kind), end),
            Some((kind, _)) => Self { kind: Kind(kind), accesses: 0, session: None },
        })
    }

    fn access(kind: Kind, record: &'a [u8]) -> Self {
        let (mut accesses, mut producer, mut session, mut sequence) = (1, &[][..], &[][..], 0);
        for (number, value) in (Fields { rest: record }) {
            match (number, value) {
                (number::ACCESS_COUNT, Value::Number(count)) => accesses = count,
                (number::PRODUCER, Value::Bytes(name)) => producer = name,
                (number::SESSION, Value::Bytes(id)) => session = id,
                (number::SEQUENCE, Value::Number(number)) => sequence = number,
                _ => {}
            }
        }
        // A confidential record names none.
        let named = !session.is_empty();
        let event = SessionEvent::Number(sequence);
        Self { kind, accesses, session: named.then_some(SessionMark { producer, session, event }) }
    }

    fn session_end(kind: Kind, end: &'a [u8]) -> Self {
        let (mut producer, mut session, mut last) = (&[][..], &[][..], None);
        for (number, value) in (Fields { rest: end }) {
            match (number, value) {
                (number::END_PRODUCER, Value::Bytes(name)) => producer = name,
                (number::END_SESSION, Value::Bytes(id)) => session = id,
                (number::END_LAST_SEQUENCE, Value::Number(number)) => last = Some(number),
                _ => {}
            }
        }
        let event = SessionEvent::End(last);
        Self { kind, accesses: 0, session: Some(SessionMark { producer, session, event }) }
    }
}

/// The fields of a message that was checked. Ends where it can't read on.
struct Fields<'a> {
    rest: &'a [u8],
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return None,
        };
        Some((u32::try_from(tag >> 3).ok()?, value))
    }
}

impl<'a> Fields<'a> {
    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let (byte, rest) = self.rest.split_first()?;
        if *byte < 0x80 {
            self.rest = rest;
            return Some(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if *byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use einsicht_access::wire::read_body;
    use einsicht_access::{body_bytes, entry};
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure, SessionEnd};

    use super::*;

    fn bytes_of(content: Content) -> Vec<u8> {
        body_bytes(&EntryBody { content: Some(content) })
    }

    #[test]
    fn numbers_and_counts_are_those_that_protobuf_reads() {
        let session = bytes::Bytes::from_static(&[7; 16]);
        for (access_count, sequence) in [(None, 0), (Some(12), 1), (Some(0), u64::MAX)] {
            let record = AccessRecord {
                dataset: "besuchertrend".into(),
                access_count,
                producer: "verkehr".into(),
                session: session.clone(),
                sequence,
                charter: Some(9),
                ..AccessRecord::default()
            };
            let bytes = bytes_of(Content::Access(record));
            let event = SessionEvent::Number(sequence);
            let expected = Body {
                kind: Kind(3),
                accesses: access_count.unwrap_or(1),
                session: Some(SessionMark { producer: b"verkehr", session: &[7; 16], event }),
            };
            assert_eq!(Body::read(&bytes), Ok(expected));
        }
        for last_sequence in [None, Some(0), Some(41)] {
            let end = SessionEnd { producer: "verkehr".into(), session: session.clone(), last_sequence };
            let bytes = bytes_of(Content::SessionEnd(end));
            let body = Body::read(&bytes).unwrap();
            let event = SessionEvent::End(last_sequence);
            assert_eq!(body.session, Some(SessionMark { producer: b"verkehr", session: &[7; 16], event }));
        }
    }

    #[test]
    fn kinds_have_the_names_that_others_give_them() {
        let contents = [
            bytes_of(Content::Access(AccessRecord::default())),
            bytes_of(Content::Erasure(Erasure::default())),
            body_bytes(&entry::service_start("x")),
            b"\x6a\x03abc".to_vec(),
            Vec::new(),
        ];
        for bytes in contents {
            let expected = entry::kind_name(&read_body(&bytes).unwrap());
            assert_eq!(Body::read(&bytes).unwrap().kind.name(), expected);
        }
    }

    #[test]
    fn a_confidential_record_belongs_to_no_session() {
        let record = AccessRecord { confidential_until_day: Some(20_000), ..AccessRecord::default() };
        let bytes = bytes_of(Content::Access(record));
        assert_eq!(Body::read(&bytes), Ok(Body { kind: Kind(3), accesses: 1, session: None }));
    }

    #[test]
    fn what_the_strict_reader_refuses_is_refused() {
        let twice = [bytes_of(Content::Access(AccessRecord::default())), vec![0x1a, 0]].concat();
        assert!(Body::read(&twice).is_err());
        assert!(Body::read(b"\x1a\x05").is_err());
    }
}
