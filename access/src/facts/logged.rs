//! What a logged access says, and what verdict stands in it, picked out of its bytes without allocating anything:
//! an audit comes here with every entry of a ledger.

use einsicht_proto::schema::{ACCESS_RECORD, ENTRY_BODY, FieldSchema, MessageSchema};

use super::{ASKED_FOR, CONFIDENTIAL_UNTIL, Codes, Facts, OCCURRED_UNTIL, day_of_minute};
use crate::wire::{Visitor, walk};

/// An access record as it stands in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoggedAccess<'a> {
    /// What it says.
    pub facts: Facts<'a>,
    /// Index of the last entry of the charter that it was judged by.
    pub charter: Option<u64>,
    /// Ids of the commitments that it is said to deviate from.
    pub deviates: Codes<'a>,
    /// Ids of the commitments that are said not to be verifiable for it.
    pub not_verifiable: Codes<'a>,
}

impl<'a> LoggedAccess<'a> {
    /// Its data set; `None` of a record that hides another.
    #[must_use]
    pub fn dataset(&self) -> Option<&'a [u8]> {
        self.facts.dataset
    }

    /// Its purpose.
    #[must_use]
    pub fn purpose(&self) -> Option<&'a [u8]> {
        self.facts.purpose
    }

    /// The legal basis that it states.
    #[must_use]
    pub fn legal_basis(&self) -> Option<&'a [u8]> {
        self.facts.legal_basis
    }

    /// The organisational unit that it states.
    #[must_use]
    pub fn unit(&self) -> Option<&'a [u8]> {
        self.facts.unit
    }

    /// The recipient that it states.
    #[must_use]
    pub fn recipient(&self) -> Option<&'a [u8]> {
        self.facts.recipient
    }

    /// The data sets that it names beside its own.
    #[must_use]
    pub fn other_datasets(&self) -> Codes<'a> {
        self.facts.other_datasets
    }

    /// Number of `Operation`; 0 if it states none.
    #[must_use]
    pub fn operation(&self) -> i32 {
        self.facts.operation.unwrap_or_default()
    }

    /// Number of `ActorKind`; 0 if it states none.
    #[must_use]
    pub fn actor_kind(&self) -> i32 {
        self.facts.actor_kind.unwrap_or_default()
    }

    /// Number of `Outcome`: granted where it states none.
    #[must_use]
    pub fn outcome(&self) -> i32 {
        self.facts.outcome.unwrap_or_default()
    }

    /// How many accesses it stands for: one where it states no number.
    #[must_use]
    pub fn access_count(&self) -> u64 {
        self.facts.access_count.unwrap_or(1)
    }

    /// Whether it hides another record: then it says nothing but that.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.facts.hidden
    }

    /// The access in a body; `None` if it is an entry of another kind, or not well-formed.
    #[must_use]
    pub fn of_body(body: &'a [u8]) -> Option<Self> {
        let mut reader = AccessReader::default();
        walk(body, &ENTRY_BODY, &mut reader).ok()?;
        reader.is_access.then(|| reader.into_access())
    }

    /// That of the bytes of an `AccessRecord`, as a confidential record is sealed; `None` if they are not well-formed.
    #[must_use]
    pub fn of_record(record: &'a [u8]) -> Option<Self> {
        let mut reader = AccessReader::default();
        walk(record, &ACCESS_RECORD, &mut reader).ok()?;
        Some(reader.into_access())
    }
}

/// Picks an access out of a body, or out of a record on its own, while [`walk`] reads it. For whoever picks out more in
/// the same pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessReader<'a> {
    read: LoggedAccess<'a>,
    is_access: bool,
}

impl<'a> AccessReader<'a> {
    /// What was read. Of a body that is no access, it says nothing.
    #[must_use]
    pub fn into_access(self) -> LoggedAccess<'a> {
        LoggedAccess { facts: self.read.facts.with_defaults(), ..self.read }
    }
}

impl<'a> Visitor<'a> for AccessReader<'a> {
    #[inline]
    fn message(&mut self, message: &'static MessageSchema, field: &'static FieldSchema) {
        self.is_access |= std::ptr::eq(message, &ENTRY_BODY) && field.number == ACCESS;
    }

    // A number of 32 bits is written with its sign extended; a checked body has none that is larger.
    #[allow(clippy::cast_possible_truncation)]
    #[inline]
    fn number(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: u64) {
        if !std::ptr::eq(message, &ACCESS_RECORD) {
            return;
        }
        let facts = &mut self.read.facts;
        let choice = Some(value as i32).filter(|number| *number != 0);
        let day = Some(value.cast_signed());
        match field.number {
            2 => facts.operation = choice,
            6 => facts.day = day_of_minute(value.cast_signed()),
            7 => facts.present |= 1 << OCCURRED_UNTIL,
            8 => facts.access_count = Some(value),
            9 => facts.record_count = Some(value),
            12 => facts.actor_kind = choice,
            17 => facts.processing = choice,
            18 => facts.secondary_use = Some(value != 0),
            19 => facts.consideration = Some(value != 0),
            22 => facts.announced_on = day,
            24 => facts.collected_on = day,
            25 => facts.outcome = choice,
            27 => facts.present |= 1 << CONFIDENTIAL_UNTIL,
            69 => self.read.charter = Some(value),
            _ => {}
        }
    }

    #[inline]
    fn bytes(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, value: &'a [u8]) {
        if !std::ptr::eq(message, &ACCESS_RECORD) {
            return;
        }
        let text = Some(value).filter(|value| !value.is_empty());
        let facts = &mut self.read.facts;
        match field.number {
            1 => facts.dataset = text,
            3 => facts.purpose = text,
            4 => facts.activity = text,
            10 => facts.unit = text,
            11 => facts.role = text,
            13 => facts.legal_basis = text,
            14 => facts.national_norm = text,
            15 => facts.recipient = text,
            20 => facts.storage_location = text,
            21 => facts.announcement = text,
            23 => facts.approval = text,
            CONFIDENTIAL_SEAL => facts.hidden = true,
            32..=43 => facts.present |= 1 << field.number & ASKED_FOR,
            _ => {}
        }
    }

    #[inline]
    fn list(&mut self, message: &'static MessageSchema, field: &'static FieldSchema, rest: &'a [u8]) {
        if !std::ptr::eq(message, &ACCESS_RECORD) {
            return;
        }
        let codes = Codes::encoded(rest, field.number);
        match field.number {
            16 => self.read.facts.categories = codes,
            26 => self.read.facts.other_datasets = codes,
            70 => self.read.deviates = codes,
            71 => self.read.not_verifiable = codes,
            _ => {}
        }
    }
}

/// Number of `EntryBody.access`.
const ACCESS: u32 = 3;
/// Number of `confidential_seal`.
const CONFIDENTIAL_SEAL: u32 = 44;
