//! Opening confidential records: what such an entry says, and whether it is true.
//!
//! Source: docs/format.md, Confidential records.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Opening};
use thiserror::Error;

use crate::marker::MARKER_BYTES;
use crate::seal::{NONCE_BYTES, SALT_BYTES, SEAL_BYTES, Salt, SealedField, seal};
use crate::sealed_entry::seals_of_record;
use crate::wire::{WireError, read_record};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Why an entry does not open the confidential record that it names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpeningFault {
    /// The entry that it names is no confidential record.
    #[error("the entry that is to be opened is no confidential record")]
    NotConfidential,
    /// The salt is not as long as a salt.
    #[error("the salt has {bytes} bytes, a salt has {SALT_BYTES}")]
    SaltLength {
        /// Its length.
        bytes: usize,
    },
    /// Salt and record do not make the seal.
    #[error("salt and record do not make the seal that the confidential record has")]
    Seal,
    /// What was sealed is no record.
    #[error("what was sealed is no record that every reader reads alike: {0}")]
    NoRecord(WireError),
    /// The record within says another day than the one that hid it.
    #[error("the record was hidden until day {outer}, but itself says {}", day(*inner))]
    Day {
        /// The day of the confidential record.
        outer: i32,
        /// That of the record within, if it has one.
        inner: Option<i32>,
    },
    /// The record within has no nonce of 16 bytes, markers of another length, or seals of another.
    #[error("the record within has a nonce, a marker or a seal of a wrong length")]
    Lengths,
    /// It came before its day.
    #[error("it was recorded on day {opened}, and may not be opened before day {day}")]
    Early {
        /// The first day, in days since 1970-01-01.
        day: i32,
        /// When it came.
        opened: i64,
    },
    /// The record within hides another one.
    #[error("the record within is a confidential one again")]
    Nested,
}

fn day(day: Option<i32>) -> String {
    day.map_or_else(|| "none".to_owned(), |day| format!("day {day}"))
}

/// The entry that opens the confidential record `index`, from what the vault has of it.
#[must_use]
pub fn opening_entry(index: u64, salt: &Salt, record: &[u8]) -> EntryBody {
    let salt = Bytes::copy_from_slice(salt.as_bytes());
    let record = Bytes::copy_from_slice(record);
    EntryBody { content: Some(Content::Opening(Opening { index, salt, record })) }
}

/// Checks that `opening` opens the confidential record `outer`, and returns the record that this hid: the
/// same bytes were there from the start.
///
/// Not checked: that `outer` is the entry of the index that `opening` names and stands before it, that the
/// day has come, and what the record within says of its producer, session and number.
///
/// # Errors
/// The first [`OpeningFault`].
pub fn check_opening(opening: &Opening, outer: &AccessRecord) -> Result<AccessRecord, OpeningFault> {
    let (Some(expected), Some(day)) = (&outer.confidential_seal, outer.confidential_until_day) else {
        return Err(OpeningFault::NotConfidential);
    };
    let salt: [u8; SALT_BYTES] =
        opening.salt[..].try_into().map_err(|_| OpeningFault::SaltLength { bytes: opening.salt.len() })?;
    if seal(SealedField::Confidential, &Salt::from(salt), &opening.record) != **expected {
        return Err(OpeningFault::Seal);
    }
    let inner = read_record(&opening.record).map_err(OpeningFault::NoRecord)?;
    if inner.confidential_until_day != Some(day) {
        return Err(OpeningFault::Day { outer: day, inner: inner.confidential_until_day });
    }
    if inner.confidential_seal.is_some() {
        return Err(OpeningFault::Nested);
    }
    let nonce = inner.nonce.as_ref().map(Bytes::len) == Some(NONCE_BYTES);
    let markers = inner.markers.iter().all(|marker| marker.len() == MARKER_BYTES);
    let seals = seals_of_record(&inner).all(|(_, seal)| seal.len() == SEAL_BYTES);
    if nonce && markers && seals { Ok(inner) } else { Err(OpeningFault::Lengths) }
}

/// The same of an opening that was recorded `recorded_at_s` seconds after 1970-01-01, which must not be before the
/// day of the record.
///
/// # Errors
/// The first [`OpeningFault`].
pub fn check_opening_at(
    opening: &Opening,
    recorded_at_s: u64,
    outer: &AccessRecord,
) -> Result<AccessRecord, OpeningFault> {
    let record = check_opening(opening, outer)?;
    let opened = i64::try_from(recorded_at_s / SECONDS_PER_DAY).unwrap_or(i64::MAX);
    match outer.confidential_until_day {
        Some(day) if opened < i64::from(day) => Err(OpeningFault::Early { day, opened }),
        _ => Ok(record),
    }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::AccessEvent;
    use prost::Message as _;

    use super::*;
    use crate::entry::access_of;
    use crate::marker::PeriodKey;
    use crate::openings::State;
    use crate::record::{Provenance, body_bytes, seal_accesses};
    use crate::samples::{largest_event, random, sealed_event};
    use crate::view::EventView;
    use crate::wire::read_body;

    const DAY: i32 = 30_000;

    /// A confidential record, and the entry that opens it.
    fn confidential(event: AccessEvent) -> (AccessRecord, Opening) {
        let event = AccessEvent { confidential_until_day: Some(DAY), ..event };
        let session = Bytes::from_static(&[7; 16]);
        let first = Provenance { producer: &"p".repeat(128), session: &session, sequence: 1 << 52 };
        let key = PeriodKey::from([5; 32]);
        let prepared = seal_accesses(&[EventView::from(&event)], first, Some(&key), None, random(1));
        let prepared = prepared.unwrap().pop().unwrap();
        let outer = access_of(&read_body(&prepared.body).unwrap()).unwrap().clone();
        let openings = prepared.sealed.unwrap().openings;
        let Some(State::Open { salt, value }) = openings.state(SealedField::Confidential) else {
            panic!("there is no opening of the whole record");
        };
        (outer, opening(&opening_entry(7, &salt, value)))
    }

    fn opening(body: &EntryBody) -> Opening {
        match read_body(&body_bytes(body)).unwrap().content {
            Some(Content::Opening(opening)) => opening,
            other => panic!("expected an opening, found {other:?}"),
        }
    }

    /// A confidential record of these bytes, and its opening.
    fn hiding(record: Vec<u8>) -> (AccessRecord, Opening) {
        let salt = Salt::from([9; 32]);
        let sealed = seal(SealedField::Confidential, &salt, &record);
        let outer = AccessRecord {
            confidential_until_day: Some(DAY),
            confidential_seal: Some(Bytes::copy_from_slice(&sealed)),
            ..AccessRecord::default()
        };
        (outer, opening(&opening_entry(7, &salt, &record)))
    }

    fn hiding_changed(change: impl FnOnce(&mut AccessRecord)) -> Result<AccessRecord, OpeningFault> {
        let (outer, opening) = confidential(sealed_event());
        let mut inner = check_opening(&opening, &outer).unwrap();
        change(&mut inner);
        let (outer, opening) = hiding(inner.encode_to_vec());
        check_opening(&opening, &outer)
    }

    #[test]
    fn an_opened_record_is_the_one_that_was_hidden() {
        let (outer, opening) = confidential(sealed_event());
        let inner = check_opening(&opening, &outer).unwrap();
        assert_eq!((inner.dataset.as_str(), inner.sequence), ("besuchertrend", 1 << 52));
        assert_eq!((inner.confidential_until_day, opening.index), (Some(DAY), 7));
        assert_ne!(inner.nonce, outer.nonce);
    }

    #[test]
    fn salt_and_record_of_another_seal_open_nothing() {
        let (outer, good) = confidential(sealed_event());
        let changed = |change: fn(&mut Opening)| {
            let mut opening = good.clone();
            change(&mut opening);
            check_opening(&opening, &outer)
        };
        assert_eq!(changed(|opening| opening.salt = vec![1; 32].into()), Err(OpeningFault::Seal));
        assert_eq!(changed(|opening| opening.record = Bytes::new()), Err(OpeningFault::Seal));
        let short = changed(|opening| opening.salt = vec![1; 31].into());
        assert_eq!(short, Err(OpeningFault::SaltLength { bytes: 31 }));
        let plain = AccessRecord { confidential_seal: None, ..outer.clone() };
        assert_eq!(check_opening(&good, &plain), Err(OpeningFault::NotConfidential));
        let without_day = AccessRecord { confidential_until_day: None, ..outer.clone() };
        assert_eq!(check_opening(&good, &without_day), Err(OpeningFault::NotConfidential));
    }

    #[test]
    fn nothing_is_opened_before_its_day() {
        let (outer, opening) = confidential(sealed_event());
        let day = DAY.cast_unsigned();
        let at = |second| check_opening_at(&opening, second, &outer);
        let first_second = u64::from(day) * SECONDS_PER_DAY;
        assert!(at(first_second).is_ok());
        assert_eq!(at(first_second - 1), Err(OpeningFault::Early { day: DAY, opened: i64::from(day) - 1 }));
        let plain = AccessRecord::default();
        assert_eq!(check_opening_at(&opening, first_second, &plain), Err(OpeningFault::NotConfidential));
    }

    #[test]
    fn what_was_sealed_has_to_be_a_record_that_reads_one_way() {
        let (outer, opening) = hiding(b"\x0a\x01a\x0a\x01b".to_vec());
        assert!(matches!(check_opening(&opening, &outer), Err(OpeningFault::NoRecord(_))));
        assert!(hiding_changed(|_| {}).is_ok());
        let day = hiding_changed(|inner| inner.confidential_until_day = Some(1));
        assert_eq!(day, Err(OpeningFault::Day { outer: DAY, inner: Some(1) }));
        let none = hiding_changed(|inner| inner.confidential_until_day = None);
        assert_eq!(none, Err(OpeningFault::Day { outer: DAY, inner: None }));
        let nested = hiding_changed(|inner| inner.confidential_seal = Some(vec![1; 32].into()));
        assert_eq!(nested, Err(OpeningFault::Nested));
    }

    #[test]
    fn nonce_markers_and_seals_within_have_their_lengths() {
        let lengths = Err(OpeningFault::Lengths);
        assert_eq!(hiding_changed(|inner| inner.nonce = None), lengths);
        assert_eq!(hiding_changed(|inner| inner.nonce = Some(vec![1; 15].into())), lengths);
        assert_eq!(hiding_changed(|inner| inner.markers.push(vec![1; 17].into())), lengths);
        assert_eq!(hiding_changed(|inner| inner.query_seal = Some(Bytes::new())), lengths);
    }

    #[test]
    fn the_largest_record_can_be_opened_in_one_entry() {
        let (_, opening) = confidential(largest_event());
        let body = EntryBody { content: Some(Content::Opening(opening)) };
        let bytes = body_bytes(&body).len();
        assert!(bytes <= einsicht_tlog::leaf::BODY_BYTES_MAX, "{bytes} bytes");
    }
}
