//! Reading an event from the bytes that were sent, as protobuf libraries do.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use thiserror::Error;

use super::EventView;
use crate::value::SubjectView;

/// Bytes that are no event, for any protobuf library. Says nothing of what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an event of {bytes} bytes cannot be read as AccessEvent: field at offset {offset}")]
pub struct NoEvent {
    /// How many bytes there are.
    pub bytes: usize,
    /// Where the field begins that cannot be read.
    pub offset: usize,
}

/// What a message is read into.
trait Target<'a>: Default {
    /// How a field is encoded, if it is known.
    fn wire_type(field: u32) -> Option<WireType>;
    fn set_number(&mut self, field: u32, value: u64);
    /// `None`: it should be text, or a message, and is not.
    fn set_content(&mut self, field: u32, content: &'a [u8]) -> Option<()>;
}

impl<'a> EventView<'a> {
    /// Reads an event as protobuf libraries do: of a field that is there twice the last one counts, and what is
    /// not known is skipped. Of lists that are too long for any valid event, only the length is taken in.
    ///
    /// # Errors
    /// [`NoEvent`] where a library would fail too.
    pub fn read(bytes: &'a [u8]) -> Result<Self, NoEvent> {
        read(bytes).map_err(|offset| NoEvent { bytes: bytes.len(), offset })
    }
}

/// Reads a message, or returns the offset of the field that cannot be read.
fn read<'a, T: Target<'a>>(bytes: &'a [u8]) -> Result<T, usize> {
    let mut target = T::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        read_field(&mut target, &mut rest).ok_or(offset)?;
    }
    Ok(target)
}

fn read_field<'a, T: Target<'a>>(target: &mut T, rest: &mut &'a [u8]) -> Option<()> {
    let (field, wire_type) = decode_key(rest).ok()?;
    match (T::wire_type(field), wire_type) {
        (None, _) => skip_field(wire_type, field, rest, DecodeContext::default()).ok()?,
        (Some(WireType::Varint), WireType::Varint) => target.set_number(field, decode_varint(rest).ok()?),
        (Some(WireType::LengthDelimited), WireType::LengthDelimited) => {
            let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
            let (content, behind) = rest.split_at_checked(length)?;
            *rest = behind;
            target.set_content(field, content)?;
        }
        _ => return None,
    }
    Some(())
}

impl<'a> Target<'a> for EventView<'a> {
    fn wire_type(field: u32) -> Option<WireType> {
        match field {
            2 | 8 | 9 | 12 | 17..=19 | 22 | 24 | 25 | 27 | 42 | 43 => Some(WireType::Varint),
            1 | 3..=5 | 10 | 11 | 13..=16 | 20 | 21 | 23 | 26 | 32..=41 => Some(WireType::LengthDelimited),
            _ => None,
        }
    }

    // A number of 32 bits is written with its sign extended; what is above it is cut off, as everywhere.
    #[allow(clippy::cast_possible_truncation)]
    fn set_number(&mut self, field: u32, value: u64) {
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
            _ => self.occurred_until_us = Some(value.cast_signed()),
        }
    }

    fn set_content(&mut self, field: u32, content: &'a [u8]) -> Option<()> {
        let text = || std::str::from_utf8(content).ok();
        let personal = &mut self.personal;
        match field {
            1 => self.dataset = text()?,
            3 => self.purpose = text()?,
            4 => self.activity = Some(text()?),
            5 => self.event_id = content,
            10 => self.unit = Some(text()?),
            11 => self.role = Some(text()?),
            13 => self.legal_basis = Some(text()?),
            14 => self.national_norm = Some(text()?),
            15 => self.recipient = Some(text()?),
            16 => self.categories.push(text()?),
            20 => self.storage_location = Some(text()?),
            21 => self.announcement = Some(text()?),
            23 => self.approval = Some(text()?),
            26 => self.other_datasets.push(text()?),
            32 => personal.subjects.push(read(content).ok()?),
            33 => personal.actor = Some(text()?),
            34 => personal.on_behalf_of = Some(text()?),
            35 => personal.record_keys.push(text()?),
            36 => personal.justification = Some(text()?),
            37 => personal.case_number = Some(text()?),
            38 => personal.query = Some(text()?),
            39 => personal.client_address = Some(text()?),
            40 => personal.trace_id = Some(content),
            _ => personal.span_id = Some(content),
        }
        Some(())
    }
}

impl<'a> Target<'a> for SubjectView<'a> {
    fn wire_type(field: u32) -> Option<WireType> {
        matches!(field, 1 | 2).then_some(WireType::LengthDelimited)
    }

    /// It has none.
    fn set_number(&mut self, _: u32, _: u64) {}

    fn set_content(&mut self, field: u32, content: &'a [u8]) -> Option<()> {
        let text = std::str::from_utf8(content).ok()?;
        if field == 1 {
            self.scheme = text
        } else {
            self.id = text
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::{AccessEvent, Subject};
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::samples::{arbitrary_sealed_event, full_event, sealed_event, smallest_event};

    /// What a protobuf library makes of the bytes is what is read of them, or nothing for both.
    fn check(bytes: &[u8]) {
        let view = EventView::read(bytes);
        match AccessEvent::decode(bytes) {
            Ok(event) => assert_eq!(view, Ok(EventView::from(&event))),
            Err(_) => assert!(view.is_err(), "{bytes:?}"),
        }
    }

    proptest! {
        #[test]
        fn an_event_is_read_from_its_bytes_as_the_library_reads_it(event in arbitrary_sealed_event()) {
            check(&event.encode_to_vec());
        }

        #[test]
        fn of_two_messages_one_after_the_other_the_last_values_count(
            first in arbitrary_sealed_event(), second in arbitrary_sealed_event(),
        ) {
            check(&[first.encode_to_vec(), second.encode_to_vec()].concat());
        }

        #[test]
        fn damaged_bytes_are_read_as_the_library_reads_them(
            event in arbitrary_sealed_event(),
            damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = event.encode_to_vec();
            for (place, byte) in damage {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            check(&bytes);
        }

        #[test]
        fn fields_of_every_number_and_type_are_read_as_the_library_reads_them(
            field in 1_u32..70, wire_type in 0_u8..8, content in proptest::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(u64::from(field << 3) | u64::from(wire_type), &mut bytes);
            if wire_type == 2 {
                prost::encoding::encode_varint(content.len() as u64, &mut bytes);
            }
            bytes.extend(content);
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
    fn personal_values_and_unknown_fields_are_read_in_place_too() {
        let subjects = vec![Subject { scheme: "melderegister".into(), id: "1".into() }, Subject::default()];
        for event in [sealed_event(), AccessEvent { subjects, ..smallest_event() }] {
            let bytes = event.encode_to_vec();
            assert_eq!(EventView::read(&bytes), Ok(EventView::from(&event)));
            check(&[&bytes[..], b"\xf8\x7f\x00\xfb\x7f\xfc\x7f"].concat());
        }
        for bytes in [
            // A subject with an unknown field, one that is cut, one whose id is a number.
            &b"\x82\x02\x07\x0a\x01a\x18\x01\x12\x00"[..],
            b"\x82\x02\x02\x0a\x05",
            b"\x82\x02\x02\x10\x01",
            b"\xf8\x7f\x00",
            b"\x0a\x05abc",
            b"\x0a\x01\xff",
            b"\x00\x00",
        ] {
            check(bytes);
        }
    }

    #[test]
    fn an_error_says_where_and_repeats_nothing() {
        let mut bytes = full_event().encode_to_vec();
        let offset = bytes.len();
        bytes.extend(b"\x8a\x02\x05Eri");
        let error = EventView::read(&bytes).unwrap_err();
        assert_eq!(error, NoEvent { bytes: offset + 6, offset });
        assert!(!error.to_string().contains("Eri"), "{error}");
    }

    #[test]
    fn of_a_list_without_end_only_its_length_is_taken_in() {
        for item in [&b"\x9a\x02\x00"[..], b"\x82\x02\x00", b"\x82\x01\x00", b"\xd2\x01\x00"] {
            let bytes = item.repeat(100_000);
            let view = EventView::read(&bytes).unwrap();
            let lists = [
                (view.personal.record_keys.count(), view.personal.record_keys.len()),
                (view.personal.subjects.count(), view.personal.subjects.len()),
                (view.categories.count(), view.categories.len()),
                (view.other_datasets.count(), view.other_datasets.len()),
            ];
            assert_eq!(lists.iter().filter(|list| **list == (100_000, 100)).count(), 1, "{item:?}");
        }
    }
}
