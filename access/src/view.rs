//! An event that is only looked at: borrowed from its message, or straight from the bytes of one.
//!
//! A service that logs an event needs its values once, as bytes again. To make a structure with a dozen
//! strings of each event first would cost more than everything else that happens to it.

mod personal;

use einsicht_proto::v1::AccessEvent;
use prost::encoding::{WireType, decode_varint};

pub(crate) use self::personal::Personal;
use crate::limits::LIST_ITEMS_MAX;

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
    pub(crate) categories: Vec<&'a str>,
    pub(crate) processing: Option<i32>,
    pub(crate) secondary_use: Option<bool>,
    pub(crate) consideration: Option<bool>,
    pub(crate) storage_location: Option<&'a str>,
    pub(crate) announcement: Option<&'a str>,
    pub(crate) announced_on_day: Option<i32>,
    pub(crate) approval: Option<&'a str>,
    pub(crate) collected_on_day: Option<i32>,
    pub(crate) outcome: Option<i32>,
    pub(crate) other_datasets: Vec<&'a str>,
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

    /// The event's id, as it was sent.
    #[must_use]
    pub fn event_id(&self) -> &'a [u8] {
        self.event_id
    }

    /// Reads an event as protobuf libraries do: of a field that is there twice the last one counts.
    ///
    /// `None` where that is better left to one ([`AccessEvent`]): bytes that are no event, fields that are
    /// not known, sealed ones, and lists that are too long for any valid event.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut view = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let key = decode_varint(&mut rest).ok()?;
            let (number, wire_type) = (key >> 3, WireType::try_from(key & 7).ok()?);
            match wire_type {
                WireType::Varint => view.set_number(number, decode_varint(&mut rest).ok()?)?,
                WireType::LengthDelimited => {
                    let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                    let (content, behind) = rest.split_at_checked(length)?;
                    rest = behind;
                    view.set_content(number, content)?;
                }
                _ => return None,
            }
        }
        Some(view)
    }

    // A number of 32 bits is written with its sign extended; what is above it is cut off, as everywhere.
    #[allow(clippy::cast_possible_truncation)]
    fn set_number(&mut self, field: u64, value: u64) -> Option<()> {
        let short = value as i32;
        match field {
            2 => self.operation = short,
            8 => self.access_count = Some(value),
            9 => self.record_count = Some(value),
            12 => self.actor_kind = Some(short),
            17 => self.processing = Some(short),
            18 => self.secondary_use = Some(value != 0),
            19 => self.consideration = Some(value != 0),
            22 => self.announced_on_day = Some(short),
            24 => self.collected_on_day = Some(short),
            25 => self.outcome = Some(short),
            27 => self.confidential_until_day = Some(short),
            42 => self.occurred_at_us = value.cast_signed(),
            43 => self.occurred_until_us = Some(value.cast_signed()),
            _ => return None,
        }
        Some(())
    }

    fn set_content(&mut self, field: u64, content: &'a [u8]) -> Option<()> {
        if field == 5 {
            self.event_id = content;
            return Some(());
        }
        let text = std::str::from_utf8(content).ok()?;
        match field {
            1 => self.dataset = text,
            3 => self.purpose = text,
            4 => self.activity = Some(text),
            10 => self.unit = Some(text),
            11 => self.role = Some(text),
            13 => self.legal_basis = Some(text),
            14 => self.national_norm = Some(text),
            15 => self.recipient = Some(text),
            16 => push(&mut self.categories, text)?,
            20 => self.storage_location = Some(text),
            21 => self.announcement = Some(text),
            23 => self.approval = Some(text),
            26 => push(&mut self.other_datasets, text)?,
            _ => return None,
        }
        Some(())
    }
}

fn push<'a>(list: &mut Vec<&'a str>, text: &'a str) -> Option<()> {
    (list.len() < LIST_ITEMS_MAX).then(|| list.push(text))
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

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::Subject;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::samples::{arbitrary_event, full_event, smallest_event};

    /// What a protobuf library makes of the bytes, if `read` made anything of them.
    fn check(bytes: &[u8]) -> bool {
        let Some(view) = EventView::read(bytes) else { return false };
        let event = AccessEvent::decode(bytes).expect("what is no event is not read");
        assert_eq!(view, EventView::from(&event));
        true
    }

    proptest! {
        #[test]
        fn an_event_is_read_from_its_bytes_as_the_library_reads_it(event in arbitrary_event()) {
            prop_assert!(check(&event.encode_to_vec()));
        }

        #[test]
        fn of_two_messages_one_after_the_other_the_last_values_count(
            first in arbitrary_event(), second in arbitrary_event(),
        ) {
            prop_assert!(check(&[first.encode_to_vec(), second.encode_to_vec()].concat()));
        }

        #[test]
        fn damaged_bytes_are_read_as_the_library_reads_them_or_left_to_it(
            event in arbitrary_event(), damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = event.encode_to_vec();
            for (place, byte) in damage {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            check(&bytes);
        }

        #[test]
        fn numbers_of_every_size_in_every_field_are_read_as_the_library_reads_them(
            field in 1_u32..50, number: u64, cut in 0_usize..3,
        ) {
            let mut bytes = Vec::new();
            prost::encoding::uint64::encode(field, &number, &mut bytes);
            check(&bytes[..bytes.len() - cut.min(bytes.len())]);
        }
    }

    #[test]
    fn what_is_sealed_or_unknown_is_left_to_the_library() {
        let secret = AccessEvent { actor: Some("Erika Mustermann".into()), ..full_event() };
        let subjects = vec![Subject { scheme: "melderegister".into(), id: "1".into() }];
        let about_somebody = AccessEvent { subjects, ..smallest_event() };
        for event in [secret, about_somebody] {
            assert_eq!(EventView::read(&event.encode_to_vec()), None);
        }
        assert_eq!(EventView::read(b"\xf8\x7f\x00"), None);
        assert_eq!(EventView::read(b"\x0a\x05abc"), None);
        assert_eq!(EventView::read(b"\x0a\x01\xff"), None);
        let many = AccessEvent { categories: vec!["c".into(); 101], ..smallest_event() };
        assert_eq!(EventView::read(&many.encode_to_vec()), None);
    }
}
