//! An event that is only looked at: borrowed from its message, or straight from the bytes of one.
//!
//! A service that logs an event needs its values once, as bytes again. To make a structure with a dozen
//! strings of each event first would cost more than everything else that happens to it.

mod list;
mod personal;
mod read;

use einsicht_proto::v1::AccessEvent;

pub(crate) use self::list::List;
pub(crate) use self::personal::Personal;
pub use self::read::NoEvent;

/// The values of an event, borrowed. Those that are to be sealed are not printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventView<'a> {
    pub(crate) dataset: &'a str,
    pub(crate) operation: i32,
    pub(crate) purpose: &'a str,
    pub(crate) activity: Option<&'a str>,
    pub(crate) event_id: &'a [u8],
    pub(crate) access_count: Option<u64>,
    pub(crate) record_count: Option<u64>,
    pub(crate) unit: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
    pub(crate) actor_kind: Option<i32>,
    pub(crate) legal_basis: Option<&'a str>,
    pub(crate) national_norm: Option<&'a str>,
    pub(crate) recipient: Option<&'a str>,
    pub(crate) categories: List<&'a str>,
    pub(crate) processing: Option<i32>,
    pub(crate) secondary_use: Option<bool>,
    pub(crate) consideration: Option<bool>,
    pub(crate) storage_location: Option<&'a str>,
    pub(crate) announcement: Option<&'a str>,
    pub(crate) announced_on_day: Option<i32>,
    pub(crate) approval: Option<&'a str>,
    pub(crate) collected_on_day: Option<i32>,
    pub(crate) outcome: Option<i32>,
    pub(crate) other_datasets: List<&'a str>,
    pub(crate) confidential_until_day: Option<i32>,
    pub(crate) occurred_at_us: i64,
    pub(crate) occurred_until_us: Option<i64>,
    /// What is sealed besides the times.
    pub(crate) personal: Personal<'a>,
}

impl<'a> EventView<'a> {
    /// The event's data set.
    #[must_use]
    pub fn dataset(&self) -> &'a str {
        self.dataset
    }

    /// The data sets that were combined with it.
    #[must_use]
    pub fn other_datasets(&self) -> &[&'a str] {
        &self.other_datasets
    }

    /// Whether the law forbids to show this access for now: its record hides it.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.confidential_until_day.is_some()
    }

    /// The event's id, as it was sent.
    #[must_use]
    pub fn event_id(&self) -> &'a [u8] {
        self.event_id
    }
}

impl<'a> From<&'a AccessEvent> for EventView<'a> {
    fn from(event: &'a AccessEvent) -> Self {
        Self {
            dataset: &event.dataset,
            operation: event.operation,
            purpose: &event.purpose,
            activity: event.activity.as_deref(),
            event_id: &event.event_id,
            access_count: event.access_count,
            record_count: event.record_count,
            unit: event.unit.as_deref(),
            role: event.role.as_deref(),
            actor_kind: event.actor_kind,
            legal_basis: event.legal_basis.as_deref(),
            national_norm: event.national_norm.as_deref(),
            recipient: event.recipient.as_deref(),
            categories: event.categories.iter().map(String::as_str).collect(),
            processing: event.processing,
            secondary_use: event.secondary_use,
            consideration: event.consideration,
            storage_location: event.storage_location.as_deref(),
            announcement: event.announcement.as_deref(),
            announced_on_day: event.announced_on_day,
            approval: event.approval.as_deref(),
            collected_on_day: event.collected_on_day,
            outcome: event.outcome,
            other_datasets: event.other_datasets.iter().map(String::as_str).collect(),
            confidential_until_day: event.confidential_until_day,
            occurred_at_us: event.occurred_at_us,
            occurred_until_us: event.occurred_until_us,
            personal: Personal::from(event),
        }
    }
}
