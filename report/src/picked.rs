//! What a report counts of an entry, picked out of its bytes in one pass, without allocating anything: a report comes
//! here with every entry of a ledger.

use einsicht_access::LoggedAccess;
use einsicht_access::facts::AccessReader;
use einsicht_access::sessions::{SessionEvent, SessionMark};
use einsicht_access::wire::{Visitor, WireError, walk};
use einsicht_proto::schema::{ACCESS_RECORD, ENTRY_BODY, FieldSchema, MessageSchema, SESSION_END};

/// Numbers of the members of `EntryBody.content`.
pub mod kind {
    pub const GENESIS: u32 = 1;
    pub const ACCESS: u32 = 3;
    pub const SESSION_END: u32 = 4;
    pub const CHARTER: u32 = 5;
    pub const OPENING: u32 = 9;
}

const PRODUCER: u32 = 64;
const SESSION: u32 = 65;
const SEQUENCE: u32 = 66;
const END_PRODUCER: u32 = 1;
const END_SESSION: u32 = 2;
const END_LAST_SEQUENCE: u32 = 3;

/// What is counted of a body, or of a record on its own.
pub struct Picked<'a> {
    /// Which member of `EntryBody.content`; 0 of a kind that this version does not know.
    pub kind: u32,
    /// What an access says; nothing of other kinds.
    pub access: LoggedAccess<'a>,
    /// The number of a session, or its end; none of other kinds, and of a confidential record.
    pub mark: Option<SessionMark<'a>>,
}

impl<'a> Picked<'a> {
    /// Of the body of an entry.
    pub fn of_body(body: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::default();
        walk(body, &ENTRY_BODY, &mut reader)?;
        Ok(reader.picked())
    }

    /// Of the bytes of an `AccessRecord`, as an entry that opens one has them.
    pub fn of_record(record: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader { kind: kind::ACCESS, ..Reader::default() };
        walk(record, &ACCESS_RECORD, &mut reader)?;
        Ok(reader.picked())
    }
}

#[derive(Default)]
struct Reader<'a> {
    kind: u32,
    access: AccessReader<'a>,
    producer: &'a [u8],
    session: &'a [u8],
    sequence: u64,
    last_sequence: Option<u64>,
}

impl<'a> Reader<'a> {
    fn picked(self) -> Picked<'a> {
        let Self { kind, access, producer, session, sequence, last_sequence } = self;
        let event = match kind {
            // A confidential record names no session.
            kind::ACCESS if !session.is_empty() => Some(SessionEvent::Number(sequence)),
            kind::SESSION_END => Some(SessionEvent::End(last_sequence)),
            _ => None,
        };
        let mark = event.map(|event| SessionMark { producer, session, event });
        Picked { kind, access: access.into_access(), mark }
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    #[inline]
    fn message(&mut self, message: &'static MessageSchema, field: &'static FieldSchema) {
        if std::ptr::eq(message, &ENTRY_BODY) {
            self.kind = field.number;
        }
        self.access.message(message, field);
    }

    #[inline]
    fn number(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: u64) {
        self.access.number(message, field, value);
        if std::ptr::eq(message, &ACCESS_RECORD) && field.number == SEQUENCE {
            self.sequence = value;
        } else if std::ptr::eq(message, &SESSION_END) && field.number == END_LAST_SEQUENCE {
            self.last_sequence = Some(value);
        }
    }

    #[inline]
    fn bytes(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: &'a [u8]) {
        self.access.bytes(message, field, value);
        if std::ptr::eq(message, &ACCESS_RECORD) {
            match field.number {
                PRODUCER => self.producer = value,
                SESSION => self.session = value,
                _ => {}
            }
        } else if std::ptr::eq(message, &SESSION_END) {
            match field.number {
                END_PRODUCER => self.producer = value,
                END_SESSION => self.session = value,
                _ => {}
            }
        }
    }

    #[inline]
    fn list(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, rest: &'a [u8]) {
        self.access.list(message, field, rest);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use einsicht_access::{body_bytes, entry, kind_name};
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{AccessRecord, EntryBody};

    use super::*;

    #[test]
    fn kinds_have_the_numbers_of_the_proto_file() {
        let known = [
            (kind::GENESIS, "genesis"),
            (kind::CHARTER, "charter"),
            (kind::ACCESS, "access"),
            (kind::SESSION_END, "session_end"),
            (kind::OPENING, "opening"),
        ];
        for (number, name) in known {
            let tag = u8::try_from(number << 3 | 2).unwrap();
            assert_eq!(kind_name(&einsicht_access::read_body(&[tag, 0]).unwrap()), name);
            assert_eq!(Picked::of_body(&[tag, 0]).unwrap().kind, number);
        }
    }

    #[test]
    fn what_is_picked_is_what_protobuf_reads() {
        let session = Bytes::from_static(&[7; 16]);
        let record = AccessRecord {
            dataset: "d".into(),
            unit: Some("u".into()),
            access_count: Some(12),
            producer: "p".into(),
            session: session.clone(),
            sequence: 9,
            ..AccessRecord::default()
        };
        let body = body_bytes(&EntryBody { content: Some(Content::Access(record.clone())) });
        let picked = Picked::of_body(&body).unwrap();
        let mark = |event| SessionMark { producer: b"p", session: &[7; 16], event };
        assert_eq!(picked.mark, Some(mark(SessionEvent::Number(9))));
        assert_eq!((picked.access.dataset(), picked.access.access_count()), (Some(&b"d"[..]), 12));
        assert_eq!(picked.access.unit(), Some(&b"u"[..]));
        let end = body_bytes(&entry::session_end("p", &session, Some(9)));
        assert_eq!(Picked::of_body(&end).unwrap().mark, Some(mark(SessionEvent::End(Some(9)))));
        let hidden = AccessRecord { confidential_seal: Some(session), ..AccessRecord::default() };
        let body = body_bytes(&EntryBody { content: Some(Content::Access(hidden)) });
        let picked = Picked::of_body(&body).unwrap();
        assert!(picked.mark.is_none() && picked.access.is_hidden());
    }
}
