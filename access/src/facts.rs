//! What a rule may look at: the public side of an access, borrowed from wherever it stands.
//!
//! An event before it is recorded, a record, and the bytes of one in the log give the same facts, so that the
//! service that judges and the auditor who judges again can't differ. Codes are bytes here: that is how they are
//! compared, and nothing has to be decoded.

mod codes;
mod logged;

use einsicht_proto::v1::{AccessRecord, Outcome};

pub use self::codes::Codes;
pub use self::logged::{AccessReader, LoggedAccess};
use crate::record;
use crate::sealed_entry::seals_of_record;
use crate::view::EventView;

const MINUTE_US: i64 = 60_000_000;
const DAY_MIN: i64 = 24 * 60;

/// Number of `AccessEvent.occurred_until_us`, which a record has under another number.
pub(crate) const OCCURRED_UNTIL: u32 = 43;
/// Number of `confidential_until_day`.
pub(crate) const CONFIDENTIAL_UNTIL: u32 = 27;

/// What an access says. Absent texts and unstated numbers of enumerations are `None`; an empty text and the
/// number 0 of an enumeration say nothing either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The record hides another one: nothing can be judged by it.
    pub(crate) hidden: bool,
    /// UTC calendar day of the access, in days since 1970-01-01.
    pub(crate) day: i64,
    pub(crate) dataset: Option<&'a [u8]>,
    pub(crate) other_datasets: Codes<'a>,
    pub(crate) operation: Option<i32>,
    pub(crate) purpose: Option<&'a [u8]>,
    pub(crate) activity: Option<&'a [u8]>,
    pub(crate) access_count: Option<u64>,
    pub(crate) record_count: Option<u64>,
    pub(crate) unit: Option<&'a [u8]>,
    pub(crate) role: Option<&'a [u8]>,
    pub(crate) actor_kind: Option<i32>,
    pub(crate) legal_basis: Option<&'a [u8]>,
    pub(crate) national_norm: Option<&'a [u8]>,
    pub(crate) recipient: Option<&'a [u8]>,
    pub(crate) categories: Codes<'a>,
    pub(crate) processing: Option<i32>,
    pub(crate) secondary_use: Option<bool>,
    pub(crate) consideration: Option<bool>,
    pub(crate) storage_location: Option<&'a [u8]>,
    pub(crate) announcement: Option<&'a [u8]>,
    pub(crate) announced_on: Option<i64>,
    pub(crate) approval: Option<&'a [u8]>,
    pub(crate) collected_on: Option<i64>,
    pub(crate) outcome: Option<i32>,
    /// Of fields that a rule can only ask for: bit n is set if the field with number n of `AccessEvent` is there.
    pub(crate) present: u64,
}

impl Facts<'_> {
    /// Puts in what is meant where nothing is said.
    fn with_defaults(self) -> Self {
        Self {
            access_count: self.access_count.or(Some(1)),
            outcome: self.outcome.or(Some(Outcome::Granted.into())),
            ..self
        }
    }

    pub(crate) fn is_present(&self, field: u32) -> bool {
        self.present >> field & 1 == 1
    }
}

/// The day that a minute lies in.
fn day_of_minute(minute: i64) -> i64 {
    minute.div_euclid(DAY_MIN)
}

fn stated(text: Option<&str>) -> Option<&[u8]> {
    text.filter(|text| !text.is_empty()).map(str::as_bytes)
}

fn stated_choice(number: Option<i32>) -> Option<i32> {
    number.filter(|number| *number != 0)
}

impl<'a> From<&'a EventView<'_>> for Facts<'a> {
    fn from(event: &'a EventView<'_>) -> Self {
        let mut present = 0;
        event.personal.each_value(|field, _| present |= 1 << field.number());
        present |= u64::from(event.occurred_until_us.is_some()) << OCCURRED_UNTIL;
        present |= u64::from(event.confidential_until_day.is_some()) << CONFIDENTIAL_UNTIL;
        Self {
            hidden: false,
            day: day_of_minute(event.occurred_at_us.div_euclid(MINUTE_US)),
            dataset: stated(Some(event.dataset)),
            other_datasets: Codes::from(&event.other_datasets[..]),
            operation: stated_choice(Some(event.operation)),
            purpose: stated(Some(event.purpose)),
            activity: stated(event.activity),
            access_count: event.access_count,
            record_count: event.record_count,
            unit: stated(event.unit),
            role: stated(event.role),
            actor_kind: stated_choice(event.actor_kind),
            legal_basis: stated(event.legal_basis),
            national_norm: stated(event.national_norm),
            recipient: stated(event.recipient),
            categories: Codes::from(&event.categories[..]),
            processing: stated_choice(event.processing),
            secondary_use: event.secondary_use,
            consideration: event.consideration,
            storage_location: stated(event.storage_location),
            announcement: stated(event.announcement),
            announced_on: event.announced_on_day.map(i64::from),
            approval: stated(event.approval),
            collected_on: event.collected_on_day.map(i64::from),
            outcome: stated_choice(event.outcome),
            present,
        }
        .with_defaults()
    }
}

impl<'a> From<&'a AccessRecord> for Facts<'a> {
    fn from(record: &'a AccessRecord) -> Self {
        let sealed = seals_of_record(record).fold(0, |present, (field, _)| present | 1 << field.number());
        let until = u64::from(record.occurred_until_min.is_some()) << OCCURRED_UNTIL;
        let confidential = u64::from(record.confidential_until_day.is_some()) << CONFIDENTIAL_UNTIL;
        Self {
            hidden: record::hides_another(record),
            day: day_of_minute(record.occurred_at_min),
            dataset: stated(Some(&record.dataset)),
            other_datasets: Codes::from(&record.other_datasets[..]),
            operation: stated_choice(Some(record.operation)),
            purpose: stated(Some(&record.purpose)),
            activity: stated(record.activity.as_deref()),
            access_count: record.access_count,
            record_count: record.record_count,
            unit: stated(record.unit.as_deref()),
            role: stated(record.role.as_deref()),
            actor_kind: stated_choice(record.actor_kind),
            legal_basis: stated(record.legal_basis.as_deref()),
            national_norm: stated(record.national_norm.as_deref()),
            recipient: stated(record.recipient.as_deref()),
            categories: Codes::from(&record.categories[..]),
            processing: stated_choice(record.processing),
            secondary_use: record.secondary_use,
            consideration: record.consideration,
            storage_location: stated(record.storage_location.as_deref()),
            announcement: stated(record.announcement.as_deref()),
            announced_on: record.announced_on_day.map(i64::from),
            approval: stated(record.approval.as_deref()),
            collected_on: record.collected_on_day.map(i64::from),
            outcome: stated_choice(record.outcome),
            present: sealed & ASKED_FOR | until | confidential,
        }
        .with_defaults()
    }
}

/// The seals that a rule can ask for: those of values, not those of exact times or of a whole record.
const ASKED_FOR: u64 = (1 << 42) - (1 << 32);

#[cfg(test)]
mod tests;
