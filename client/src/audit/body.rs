//! What the audit wants to know of a body, picked out while it is checked, without allocating anything.

use einsicht_access::facts::AccessReader;
use einsicht_access::sessions::{SessionEvent, SessionMark};
use einsicht_access::wire::{Visitor, WireError, walk};
use einsicht_proto::schema::{ACCESS_RECORD, ENTRY_BODY, FieldSchema, MessageSchema, OPENING, SESSION_END};

/// Field numbers of `EntryBody` and of the messages in it.
mod number {
    pub const GENESIS: u32 = 1;
    pub const ACCESS: u32 = 3;
    pub const SESSION_END: u32 = 4;
    pub const CHARTER: u32 = 5;
    pub const DISCLOSURE_REQUEST: u32 = 6;
    pub const DISCLOSURE: u32 = 7;
    pub const ERASURE: u32 = 8;
    pub const OPENING: u32 = 9;
    pub const CORRECTION: u32 = 10;
    pub const KEY_CHANGE: u32 = 11;
    pub const ACCESS_COUNT: u32 = 8;
    pub const CONFIDENTIAL_UNTIL: u32 = 27;
    pub const CONFIDENTIAL_SEAL: u32 = 44;
    pub const NONCE: u32 = 67;
    pub const MARKERS: u32 = 68;
    pub const PRODUCER: u32 = 64;
    pub const SESSION: u32 = 65;
    pub const SEQUENCE: u32 = 66;
    pub const JUDGED_BY: u32 = 69;
    pub const DEVIATES: u32 = 70;
    pub const NOT_VERIFIABLE: u32 = 71;
    pub const END_PRODUCER: u32 = 1;
    pub const END_SESSION: u32 = 2;
    pub const END_LAST_SEQUENCE: u32 = 3;
    pub const OPENED_INDEX: u32 = 1;
    pub const OPENED_SALT: u32 = 2;
    pub const OPENED_RECORD: u32 = 3;
}

/// Which kind of entry: the field number of its member in `EntryBody.content`, or 0 for a kind that
/// this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(pub u32);

/// What the audit counts of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub kind: Kind,
    /// How many accesses the entry stands for; 0 if it is none.
    pub accesses: u64,
    /// Which number of which session it is, or ends.
    pub session: Option<SessionMark<'a>>,
    /// What it hides, or shows of what was hidden.
    pub hidden: Option<Hidden<'a>>,
    /// How an access was judged.
    pub judged: Option<Judged>,
}

/// What a record says of its verdict, without the commitments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    /// The last part of the charter that it was judged by.
    pub charter: Option<u64>,
    /// Whether it lists commitments.
    pub lists: bool,
    /// Whether it only stands for a record that is confidential, whose verdict is sealed with it.
    pub is_hidden: bool,
}

/// A record that is hidden, or the opening of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden<'a> {
    /// A confidential record. `shows` is a field that it must not have.
    Sealed { until_day: i32, seal: &'a [u8], shows: Option<&'static str> },
    /// An entry that opens one.
    Opened { index: u64, salt: &'a [u8], record: &'a [u8] },
}

impl Kind {
    pub const GENESIS: Self = Self(number::GENESIS);
    pub const ACCESS: Self = Self(number::ACCESS);
    pub const CHARTER: Self = Self(number::CHARTER);
    pub const DISCLOSURE_REQUEST: Self = Self(number::DISCLOSURE_REQUEST);
    pub const DISCLOSURE: Self = Self(number::DISCLOSURE);
    pub const ERASURE: Self = Self(number::ERASURE);
    pub const OPENING: Self = Self(number::OPENING);
    pub const CORRECTION: Self = Self(number::CORRECTION);
    pub const KEY_CHANGE: Self = Self(number::KEY_CHANGE);

    /// Whether this version knows the kind.
    pub fn is_known(self) -> bool {
        ENTRY_BODY.fields.iter().any(|field| field.number == self.0)
    }

    /// The name of the member in `entry.proto`; `unknown` for a kind that this version does not know.
    pub fn name(self) -> &'static str {
        ENTRY_BODY.fields.iter().find(|field| field.number == self.0).map_or("unknown", |field| field.name)
    }
}

impl<'a> Body<'a> {
    /// Checks a body strictly, and picks out what is counted; into `access`, if there is one, all that an access says.
    #[inline]
    pub fn read(bytes: &'a [u8], access: Option<&mut AccessReader<'a>>) -> Result<Self, WireError> {
        let mut picked = Picked { access, ..Picked::default() };
        walk(bytes, &ENTRY_BODY, &mut picked)?;
        let Picked { kind, access_count, producer, session, sequence, last_sequence, .. } = picked;
        let hidden = picked.hidden();
        let mark = |event| SessionMark { producer, session, event };
        let (accesses, session) = match kind {
            // A confidential record names no session.
            number::ACCESS => {
                let named = !session.is_empty();
                (access_count.unwrap_or(1), named.then(|| mark(SessionEvent::Number(sequence))))
            }
            number::SESSION_END => (0, Some(mark(SessionEvent::End(last_sequence)))),
            _ => (0, None),
        };
        let judged = (kind == number::ACCESS).then(|| Judged {
            charter: picked.judged_by,
            lists: picked.lists,
            is_hidden: picked.confidential_seal.is_some(),
        });
        Ok(Self { kind: Kind(kind), accesses, session, hidden, judged })
    }
}

/// Fields as they are met. A body has one content, so that what is not there stays as it is here.
#[derive(Default)]
struct Picked<'a, 'r> {
    kind: u32,
    access_count: Option<u64>,
    producer: &'a [u8],
    session: &'a [u8],
    sequence: u64,
    last_sequence: Option<u64>,
    until_day: Option<i32>,
    confidential_seal: Option<&'a [u8]>,
    opened: u64,
    salt: &'a [u8],
    record: &'a [u8],
    judged_by: Option<u64>,
    lists: bool,
    /// A field that no confidential record has.
    shown: Option<&'static str>,
    /// Borrowed, for it is large, and most audits have none.
    access: Option<&'r mut AccessReader<'a>>,
}

impl<'a> Picked<'a, '_> {
    /// Notes a field of an access.
    #[inline]
    fn note_shown(&mut self, field: &'static FieldSchema) {
        match field.number {
            number::CONFIDENTIAL_UNTIL | number::CONFIDENTIAL_SEAL | number::NONCE | number::MARKERS => {}
            _ => self.shown = Some(field.name),
        }
    }

    #[inline]
    fn hidden(&self) -> Option<Hidden<'a>> {
        match (self.kind, self.confidential_seal) {
            // A record without a day is never due, and so is its opening.
            (number::ACCESS, Some(seal)) => {
                let until_day = self.until_day.unwrap_or(i32::MAX);
                Some(Hidden::Sealed { until_day, seal, shows: self.shown })
            }
            (number::OPENING, _) => {
                Some(Hidden::Opened { index: self.opened, salt: self.salt, record: self.record })
            }
            _ => None,
        }
    }
}

impl<'a> Visitor<'a> for Picked<'a, '_> {
    #[inline]
    fn message(&mut self, message: &'static MessageSchema, field: &'static FieldSchema) {
        if std::ptr::eq(message, &ENTRY_BODY) {
            self.kind = field.number;
        }
    }

    #[inline]
    fn number(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: u64) {
        if let Some(access) = &mut self.access {
            access.number(message, field, value);
        }
        if std::ptr::eq(message, &ACCESS_RECORD) {
            self.note_shown(field);
            match field.number {
                number::ACCESS_COUNT => self.access_count = Some(value),
                number::SEQUENCE => self.sequence = value,
                number::JUDGED_BY => self.judged_by = Some(value),
                // Numbers that are negative are sign-extended.
                number::CONFIDENTIAL_UNTIL => self.until_day = i32::try_from(value.cast_signed()).ok(),
                _ => {}
            }
        } else if std::ptr::eq(message, &OPENING) && field.number == number::OPENED_INDEX {
            self.opened = value;
        } else if std::ptr::eq(message, &SESSION_END) && field.number == number::END_LAST_SEQUENCE {
            self.last_sequence = Some(value);
        }
    }

    #[inline]
    fn bytes(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: &'a [u8]) {
        if let Some(access) = &mut self.access {
            access.bytes(message, field, value);
        }
        if std::ptr::eq(message, &ACCESS_RECORD) {
            self.note_shown(field);
            match field.number {
                number::PRODUCER => self.producer = value,
                number::SESSION => self.session = value,
                number::CONFIDENTIAL_SEAL => self.confidential_seal = Some(value),
                _ => {}
            }
        } else if std::ptr::eq(message, &OPENING) {
            match field.number {
                number::OPENED_SALT => self.salt = value,
                number::OPENED_RECORD => self.record = value,
                _ => {}
            }
        } else if std::ptr::eq(message, &SESSION_END) {
            match field.number {
                number::END_PRODUCER => self.producer = value,
                number::END_SESSION => self.session = value,
                _ => {}
            }
        }
    }

    #[inline]
    fn list(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, rest: &'a [u8]) {
        if let Some(access) = &mut self.access {
            access.list(message, field, rest);
        }
        if std::ptr::eq(message, &ACCESS_RECORD) {
            self.lists |= matches!(field.number, number::DEVIATES | number::NOT_VERIFIABLE);
        }
    }
}

#[cfg(test)]
mod tests;
