//! The bodies of accesses, written straight from the events: nothing is copied in between.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::{MINUTE_US, Provenance};
use crate::charter::Charter;
use crate::judge::{Commitments, InForce, Judged};
use crate::marker::MARKER_BYTES;
use crate::seal::{NONCE_BYTES, SEAL_BYTES, SealedField};
use crate::view::EventView;

/// Number of `EntryBody.access`.
const ACCESS: u32 = 3;
/// Bytes of a length from 128 to 16,383: that of nearly every record.
const USUAL_LENGTH_BYTES: usize = 2;
const VARINT_BYTES_MAX: usize = 10;

/// Appends a body whose record is what `append` appends.
pub(super) fn append_body(bytes: &mut Vec<u8>, append: impl FnOnce(&mut Fields<'_, Vec<u8>>)) {
    encode_key(ACCESS, WireType::LengthDelimited, bytes);
    let start = bytes.len();
    bytes.extend_from_slice(&[0; USUAL_LENGTH_BYTES]);
    append(&mut Fields { sink: bytes });
    let length = bytes.len() - start - USUAL_LENGTH_BYTES;
    let mut varint = [0; VARINT_BYTES_MAX];
    let unused = {
        let mut rest = varint.as_mut_slice();
        encode_varint(length as u64, &mut rest);
        rest.len()
    };
    let (varint, _) = varint.split_at(VARINT_BYTES_MAX - unused);
    match bytes.get_mut(start..start + USUAL_LENGTH_BYTES) {
        Some(place) if place.len() == varint.len() => place.copy_from_slice(varint),
        _ => drop(bytes.splice(start..start + USUAL_LENGTH_BYTES, varint.iter().copied())),
    }
}

/// What a record states beyond what is random of it.
pub(super) struct Stated<'s, 'e> {
    pub event: &'s EventView<'e>,
    pub provenance: Provenance<'s>,
    /// `None` if no charter is in force.
    pub verdict: Option<Judged<'s>>,
}

/// The record of an event, field by field in ascending order of their numbers: `record_of`, and what
/// protobuf makes of it.
pub(super) fn append_record<S: Sink>(stated: &Stated<'_, '_>, public: &Public, record: &mut Fields<'_, S>) {
    let Stated { event, provenance, verdict } = stated;
    let minute = |at_us: i64| at_us.div_euclid(MINUTE_US).cast_unsigned();
    let choice = |number: i32| i64::from(number).cast_unsigned();
    record.required(1, event.dataset.as_bytes());
    record.required_number(2, choice(event.operation));
    record.required(3, event.purpose.as_bytes());
    record.text(4, event.activity);
    record.required(5, event.event_id);
    record.required_number(6, minute(event.occurred_at_us));
    record.optional(7, event.occurred_until_us.map(minute));
    record.optional(8, event.access_count);
    record.optional(9, event.record_count);
    record.text(10, event.unit);
    record.text(11, event.role);
    record.optional(12, event.actor_kind.map(choice));
    record.text(13, event.legal_basis);
    record.text(14, event.national_norm);
    record.text(15, event.recipient);
    record.texts(16, &event.categories);
    record.optional(17, event.processing.map(choice));
    record.optional(18, event.secondary_use.map(u64::from));
    record.optional(19, event.consideration.map(u64::from));
    record.text(20, event.storage_location);
    record.text(21, event.announcement);
    record.optional(22, event.announced_on_day.map(choice));
    record.text(23, event.approval);
    record.optional(24, event.collected_on_day.map(choice));
    record.optional(25, event.outcome.map(choice));
    record.texts(26, &event.other_datasets);
    record.optional(27, event.confidential_until_day.map(choice));
    public.seals.iter().for_each(|(field, seal)| record.delimited(field.number().into(), seal));
    record.required(64, provenance.producer.as_bytes());
    record.required(65, provenance.session);
    record.required_number(66, provenance.sequence);
    public.append_random(record);
    if let Some(Judged { charter: InForce { index, charter }, judgement }) = verdict {
        record.number(69, *index);
        record.ids(70, judgement.deviates, charter);
        record.ids(71, judgement.not_verifiable, charter);
    }
}

/// The record that stands for a confidential one: nothing of the event but the day until which it is so.
pub(super) fn append_outer<S: Sink>(day: i32, public: &Public, record: &mut Fields<'_, S>) {
    record.number(27, i64::from(day).cast_unsigned());
    public.seals.iter().for_each(|(field, seal)| record.delimited(field.number().into(), seal));
    public.append_random(record);
}

/// What a record shows of what is sealed.
#[derive(Default)]
pub(super) struct Public {
    /// By ascending number of their field.
    pub seals: Vec<(SealedField, [u8; SEAL_BYTES])>,
    pub nonce: Option<[u8; NONCE_BYTES]>,
    pub markers: Vec<[u8; MARKER_BYTES]>,
}

impl Public {
    fn append_random<S: Sink>(&self, record: &mut Fields<'_, S>) {
        self.nonce.iter().for_each(|nonce| record.delimited(67, nonce));
        self.markers.iter().for_each(|marker| record.delimited(68, marker));
    }
}

/// Fields of one message, as they are appended. Numbers are those of varints: signed ones with their sign
/// extended to 64 bits.
pub(super) struct Fields<'a, S> {
    pub sink: &'a mut S,
}

/// Where fields go.
pub(super) trait Sink {
    fn varint(&mut self, number: u64);
    fn bytes(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    #[inline]
    fn varint(&mut self, number: u64) {
        match u8::try_from(number) {
            Ok(byte @ ..0x80) => self.push(byte),
            _ => encode_varint(number, self),
        }
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// How many bytes there would be. What must leave no copies in memory is measured before it is written.
#[derive(Default)]
pub(super) struct Length(pub usize);

impl Sink for Length {
    fn varint(&mut self, number: u64) {
        self.0 += encoded_len_varint(number);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

impl<S: Sink> Fields<'_, S> {
    /// What has no presence of its own is left out if it is empty.
    fn required(&mut self, field: u32, content: &[u8]) {
        if !content.is_empty() {
            self.delimited(field, content);
        }
    }

    /// What has no presence of its own is left out if it is 0.
    fn required_number(&mut self, field: u32, number: u64) {
        if number != 0 {
            self.number(field, number);
        }
    }

    fn text(&mut self, field: u32, text: Option<&str>) {
        if let Some(text) = text {
            self.delimited(field, text.as_bytes());
        }
    }

    fn texts(&mut self, field: u32, texts: &[&str]) {
        texts.iter().for_each(|text| self.delimited(field, text.as_bytes()));
    }

    fn ids(&mut self, field: u32, commitments: Commitments, charter: &Charter) {
        if !commitments.is_empty() {
            commitments.ids(charter).for_each(|id| self.delimited(field, id.as_bytes()));
        }
    }

    fn optional(&mut self, field: u32, number: Option<u64>) {
        if let Some(number) = number {
            self.number(field, number);
        }
    }

    fn number(&mut self, field: u32, number: u64) {
        self.key(field, WireType::Varint);
        self.sink.varint(number);
    }

    fn delimited(&mut self, field: u32, content: &[u8]) {
        self.key(field, WireType::LengthDelimited);
        self.sink.varint(content.len() as u64);
        self.sink.bytes(content);
    }

    #[inline]
    fn key(&mut self, field: u32, wire_type: WireType) {
        self.sink.varint(u64::from(field << 3 | wire_type as u32));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use einsicht_proto::v1::AccessEvent;
    use proptest::prelude::*;

    use super::*;
    use crate::record::{body_bytes, entry_of_access, seal_accesses};
    use crate::samples::{arbitrary_event, full_event, smallest_event};

    static SESSION: Bytes = Bytes::from_static(&[7; 16]);

    /// The bodies by way of records and the protobuf library.
    fn plainly(events: &[AccessEvent], first: Provenance<'_>) -> Vec<Vec<u8>> {
        let of = |(event, sequence)| body_bytes(&entry_of_access(event, Provenance { sequence, ..first }));
        events.iter().zip(first.sequence..).map(of).collect()
    }

    fn check(events: &[AccessEvent], first: Provenance<'_>) {
        let views: Vec<_> = events.iter().map(EventView::from).collect();
        let nothing_random = |_: &mut [u8]| Err("nothing random is needed");
        let prepared = seal_accesses(&views, first, None, None, nothing_random).unwrap();
        let bodies: Vec<_> = prepared.into_iter().map(|prepared| prepared.body).collect();
        assert_eq!(bodies, plainly(events, first));
    }

    /// Valid or not: what the service would refuse is written in the same way, too.
    fn any_event() -> impl Strategy<Value = AccessEvent> {
        let wild = (any::<i32>(), any::<Option<i32>>(), any::<i64>(), any::<Option<i64>>());
        let more = (any::<Option<i32>>(), any::<Option<u64>>(), ".{0,300}", any::<bool>());
        (arbitrary_event(), wild, more).prop_map(|(event, wild, more)| AccessEvent {
            operation: wild.0,
            actor_kind: wild.1,
            occurred_at_us: wild.2,
            occurred_until_us: wild.3,
            announced_on_day: more.0,
            record_count: more.1,
            approval: Some(more.2.clone()),
            categories: vec![String::new(), more.2],
            dataset: if more.3 { String::new() } else { event.dataset },
            event_id: if more.3 { Bytes::new() } else { event.event_id },
            ..event
        })
    }

    proptest! {
        #[test]
        fn bodies_are_those_of_the_records(
            events in proptest::collection::vec(any_event(), 0..6),
            producer in "[a-z]{0,130}",
            sequence in 0_u64..=1 << 53,
        ) {
            check(&events, Provenance { producer: &producer, session: &SESSION, sequence });
        }
    }

    #[test]
    fn lengths_of_one_two_and_three_bytes_are_written_in_their_shortest_form() {
        let first = Provenance { producer: "p", session: &SESSION, sequence: 0 };
        let long = |bytes: usize| AccessEvent { approval: Some("x".repeat(bytes)), ..smallest_event() };
        // Around each border, whatever the other fields take.
        for border in [128, 16_384] {
            let events: Vec<_> = (border - 120..border + 5).map(long).collect();
            check(&events, first);
        }
        check(&[full_event(), AccessEvent::default()], first);
        check(&[AccessEvent::default()], Provenance { producer: "", session: &Bytes::new(), sequence: 0 });
    }
}
