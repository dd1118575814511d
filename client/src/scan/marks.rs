//! The nonce and the markers of a record, picked out of bytes that were checked before: as fast as it gets.

use einsicht_access::marker::MARKER_BYTES;
use einsicht_access::seal::NONCE_BYTES;

const ACCESS: u64 = 3;
const OPENING: u64 = 9;
const OPENED_INDEX: u64 = 1;
const OPENED_RECORD: u64 = 3;
const NONCE: u64 = 67;
const MARKERS: u64 = 68;

/// The nonce of a record, and where its markers begin.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    pub nonce: &'a [u8; NONCE_BYTES],
    /// The record from its first marker on.
    rest: &'a [u8],
}

/// A field of a message: its number, and what it holds.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

impl<'a> Marks<'a> {
    /// Those of an `AccessRecord`; `None` if it has no nonce of 16 bytes, and so nothing to find.
    #[inline]
    pub fn of_record(record: &'a [u8]) -> Option<Self> {
        let (mut nonce, mut first) = (None, None);
        let mut rest = record;
        while !rest.is_empty() {
            let before = rest;
            match field(&mut rest)? {
                (NONCE, Value::Bytes(bytes)) => nonce = bytes.try_into().ok(),
                (MARKERS, _) if first.is_none() => first = Some(before),
                _ => {}
            }
            if let (Some(nonce), Some(rest)) = (nonce, first) {
                return Some(Self { nonce, rest });
            }
        }
        Some(Self { nonce: nonce?, rest: &[] })
    }

    /// The markers, in order; those of another length than markers have stand for none.
    #[inline]
    pub fn markers(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.rest;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                if let (MARKERS, Value::Bytes(marker)) = field(&mut rest)? {
                    return Some(if marker.len() == MARKER_BYTES { marker } else { &[] });
                }
            }
            None
        })
    }
}

/// The record in a body; with the index that it opens, if it is an opening.
#[inline]
pub(super) fn record_in(body: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let mut rest = body;
    while !rest.is_empty() {
        match field(&mut rest)? {
            (ACCESS, Value::Bytes(record)) => return Some((None, record)),
            (OPENING, Value::Bytes(opening)) => return opened(opening),
            _ => {}
        }
    }
    None
}

/// Index of the record that a correction stands beside.
pub(super) fn corrected(body: &[u8]) -> Option<u64> {
    const CORRECTION: u64 = 10;
    let mut rest = body;
    while !rest.is_empty() {
        if let (CORRECTION, Value::Bytes(mut correction)) = field(&mut rest)? {
            let mut index = 0;
            while !correction.is_empty() {
                if let (1, Value::Number(number)) = field(&mut correction)? {
                    index = number;
                }
            }
            return Some(index);
        }
    }
    None
}

fn opened(mut rest: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let (mut index, mut record) = (0, &[][..]);
    while !rest.is_empty() {
        match field(&mut rest)? {
            (OPENED_INDEX, Value::Number(number)) => index = number,
            (OPENED_RECORD, Value::Bytes(bytes)) => record = bytes,
            _ => {}
        }
    }
    Some((Some(index), record))
}

/// Takes the next field off; `None` if the bytes are not well-formed, which was checked before.
#[inline]
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(rest)?;
    let value = match tag & 7 {
        0 => Value::Number(varint(rest)?),
        1 => {
            *rest = rest.get(8..)?;
            Value::Other
        }
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            let (bytes, behind) = rest.split_at_checked(length)?;
            *rest = behind;
            Value::Bytes(bytes)
        }
        5 => {
            *rest = rest.get(4..)?;
            Value::Other
        }
        _ => return None,
    };
    Some((tag >> 3, value))
}

#[inline]
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use einsicht_access::body_bytes;
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{AccessRecord, Correction, EntryBody, Opening, SessionEnd};
    use prost::Message as _;

    use super::*;

    fn record(markers: usize) -> AccessRecord {
        AccessRecord {
            dataset: "d".into(),
            sequence: 1 << 60,
            nonce: Some(Bytes::from_static(&[7; 16])),
            markers: (0..markers).map(|at| Bytes::from(vec![u8::try_from(at).unwrap(); 16])).collect(),
            charter: Some(9),
            deviates: vec!["DE-01".into()],
            ..AccessRecord::default()
        }
    }

    fn body(content: Content) -> Vec<u8> {
        body_bytes(&EntryBody { content: Some(content) })
    }

    #[test]
    fn nonce_and_markers_are_those_that_protobuf_reads() {
        for count in [0, 1, 2, 8, 128] {
            let record = record(count);
            let bytes = body(Content::Access(record.clone()));
            let (opens, within) = record_in(&bytes).unwrap();
            let marks = Marks::of_record(within).unwrap();
            assert_eq!((opens, marks.nonce), (None, &[7; 16]));
            assert_eq!(marks.markers().collect::<Vec<_>>(), record.markers);
        }
    }

    #[test]
    fn fields_may_come_in_any_order() {
        // markers, then a field of another kind, a marker of another length, then the nonce.
        let mut bytes = Vec::new();
        let parts = [
            AccessRecord { markers: record(1).markers, ..AccessRecord::default() },
            AccessRecord { dataset: "d".into(), sequence: 5, ..AccessRecord::default() },
            AccessRecord { markers: vec![Bytes::from_static(b"short")], ..AccessRecord::default() },
            AccessRecord { nonce: record(0).nonce, ..AccessRecord::default() },
            AccessRecord { markers: record(1).markers, ..AccessRecord::default() },
        ];
        parts.iter().for_each(|part| part.encode(&mut bytes).unwrap());
        let marks = Marks::of_record(&bytes).unwrap();
        let markers: Vec<_> = marks.markers().collect();
        assert_eq!(markers, [&[0; 16][..], &[], &[0; 16][..]]);
    }

    #[test]
    fn a_record_without_a_nonce_has_nothing_to_find() {
        let plain = AccessRecord { nonce: None, ..record(2) };
        assert!(Marks::of_record(&plain.encode_to_vec()).is_none());
        let odd = AccessRecord { nonce: Some(Bytes::from_static(b"15 bytes long..")), ..record(2) };
        assert!(Marks::of_record(&odd.encode_to_vec()).is_none());
        assert!(record_in(&body(Content::SessionEnd(SessionEnd::default()))).is_none());
        assert!(record_in(&[]).is_none());
    }

    #[test]
    fn what_an_opening_opens_and_a_correction_corrects_is_known() {
        let inner = record(2).encode_to_vec();
        let opening =
            Opening { index: 300, salt: Bytes::from_static(&[1; 32]), record: inner.clone().into() };
        assert_eq!(record_in(&body(Content::Opening(opening))), Some((Some(300), &inner[..])));
        let correction = Correction { index: 300, correction: "c".into(), ground: "g".into() };
        let bytes = body(Content::Correction(correction));
        assert_eq!((corrected(&bytes), record_in(&bytes)), (Some(300), None));
        let first = Correction { index: 0, correction: "c".into(), ground: "g".into() };
        assert_eq!(corrected(&body(Content::Correction(first))), Some(0));
    }
}
