//! Whether a record has the markers of its subjects: what an auditor with openings and period key can tell.

use std::collections::BTreeSet;

use bytes::Bytes;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use thiserror::Error;

use super::{Openings, State};
use crate::entry::access_of;
use crate::marker::{CONFIDENTIAL_MARKERS, Finder, MARKER_BYTES, PeriodKey, markers_padded};
use crate::seal::SealedField;
use crate::value::{SubjectView, Value};
use crate::wire::read_record;

/// How far the markers of a record could be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkersChecked {
    /// There are as many as there have to be, and each subject finds its own.
    Every,
    /// Whose they are nobody can tell any more: the subjects were erased.
    Unknown,
}

/// What is wrong with the markers of a record. Says nothing of whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MarkersFault {
    /// Too many, or too few.
    #[error("the record has {found} markers, it must have {expected}")]
    Count {
        /// How many there are.
        found: usize,
        /// How many there have to be.
        expected: usize,
    },
    /// A marker is not as long as a marker, or there is no nonce.
    #[error("the record has a nonce or a marker of a wrong length")]
    Length,
    /// Subjects who would not find the record.
    #[error("{subjects} subjects of the record have no marker there: they would not find it")]
    Missing {
        /// How many.
        subjects: usize,
    },
    /// Subjects who would find a record that must not be shown yet.
    #[error(
        "{subjects} subjects of the confidential record have a marker in what it shows: they would find it"
    )]
    Shown {
        /// How many.
        subjects: usize,
    },
    /// What is sealed of the subjects, or as the whole record, is no such value.
    #[error("what is sealed of {field} is no value of it")]
    Value {
        /// The field.
        field: SealedField,
    },
}

impl Openings {
    /// Checks that the record of an access has the markers of its subjects, padded as they have to be. Of a
    /// confidential record, that it shows as many as any other one and none of its subjects', and the record
    /// within. Entries that are no
    /// access have none, which is as it should be.
    ///
    /// `key` is the period key of the month of the entry's `recorded_at`. Not checked: the seals
    /// ([`verify`](Self::verify) first), and that padding is random.
    ///
    /// # Errors
    /// The first [`MarkersFault`].
    pub fn verify_markers(&self, body: &EntryBody, key: &PeriodKey) -> Result<MarkersChecked, MarkersFault> {
        let Some(record) = access_of(body) else { return Ok(MarkersChecked::Every) };
        if record.confidential_seal.is_none() {
            return self.verify_markers_of(record, key);
        }
        check_count(record, CONFIDENTIAL_MARKERS)?;
        let Some(State::Open { value, .. }) = self.state(SealedField::Confidential) else {
            return Ok(MarkersChecked::Unknown);
        };
        let field = SealedField::Confidential;
        let inner = read_record(value).map_err(|_| MarkersFault::Value { field })?;
        let checked = self.verify_markers_of(&inner, key)?;
        if let Some(State::Open { value, .. }) = self.state(SealedField::Subjects) {
            let subjects = distinct_subjects(value)?.len();
            let missing = missing_markers(record, value, key)?;
            if missing < subjects {
                return Err(MarkersFault::Shown { subjects: subjects - missing });
            }
        }
        Ok(checked)
    }

    fn verify_markers_of(
        &self,
        record: &AccessRecord,
        key: &PeriodKey,
    ) -> Result<MarkersChecked, MarkersFault> {
        let field = SealedField::Subjects;
        let value = match self.state(field) {
            None => return check_count(record, 0).map(|()| MarkersChecked::Every),
            Some(State::Erased { .. }) => {
                let next = markers_padded(record.markers.len()).max(1);
                return check_count(record, next).map(|()| MarkersChecked::Unknown);
            }
            Some(State::Open { value, .. }) => value,
        };
        let Ok(Value::Subjects(subjects)) = Value::read(field, value) else {
            return Err(MarkersFault::Value { field });
        };
        check_count(record, markers_padded(subjects.len()))?;
        match missing_markers(record, value, key)? {
            0 => Ok(MarkersChecked::Every),
            subjects => Err(MarkersFault::Missing { subjects }),
        }
    }
}

fn distinct_subjects(value: &[u8]) -> Result<BTreeSet<SubjectView<'_>>, MarkersFault> {
    match Value::read(SealedField::Subjects, value) {
        Ok(Value::Subjects(subjects)) => Ok(subjects.iter().copied().collect()),
        _ => Err(MarkersFault::Value { field: SealedField::Subjects }),
    }
}

/// How many of the subjects have no marker in a record. A marker that was found is nobody else's: of a hundred
/// subjects, not every place is tried for each.
fn missing_markers(record: &AccessRecord, value: &[u8], key: &PeriodKey) -> Result<usize, MarkersFault> {
    let nonce =
        record.nonce.as_deref().and_then(|nonce| nonce.try_into().ok()).ok_or(MarkersFault::Length)?;
    let mut left: Vec<(u16, &Bytes)> = (0..=u16::MAX).zip(&record.markers).collect();
    let mut missing = 0;
    for SubjectView { scheme, id } in distinct_subjects(value)? {
        let finder = Finder::new(&key.view_key(scheme, id));
        match left.iter().position(|(position, marker)| finder.marker(&nonce, *position) == ***marker) {
            Some(found) => drop(left.swap_remove(found)),
            None => missing += 1,
        }
    }
    Ok(missing)
}

fn check_count(record: &AccessRecord, expected: usize) -> Result<(), MarkersFault> {
    let found = record.markers.len();
    if found != expected {
        return Err(MarkersFault::Count { found, expected });
    }
    let right = record.markers.iter().all(|marker| marker.len() == MARKER_BYTES);
    if right { Ok(()) } else { Err(MarkersFault::Length) }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{AccessEvent, Subject};

    use super::*;
    use crate::record::{Provenance, seal_accesses};
    use crate::samples::{full_event, random, sealed_event};
    use crate::view::EventView;
    use crate::wire::read_body;

    fn key() -> PeriodKey {
        PeriodKey::from([5; 32])
    }

    fn sealed(event: &AccessEvent) -> (EntryBody, Openings) {
        let session = Bytes::from_static(&[7; 16]);
        let first = Provenance { producer: "p", session: &session, sequence: 0 };
        let prepared = seal_accesses(&[EventView::from(event)], first, Some(&key()), None, random(1));
        let prepared = prepared.unwrap().pop().unwrap();
        (read_body(&prepared.body).unwrap(), prepared.sealed.unwrap().openings)
    }

    fn changed(change: impl FnOnce(&mut AccessRecord)) -> Result<MarkersChecked, MarkersFault> {
        let (mut body, openings) = sealed(&sealed_event());
        match &mut body.content {
            Some(Content::Access(record)) => change(record),
            _ => panic!("no access"),
        }
        openings.verify_markers(&body, &key())
    }

    #[test]
    fn markers_that_the_service_writes_are_those_of_the_subjects() {
        let subject = |id: &str| Subject { scheme: "person".into(), id: id.into() };
        for ids in [&[][..], &["1"], &["1", "1"], &["1", "2", "3"], &["1", "2", "2", "3", "4"]] {
            for confidential_until_day in [None, Some(30_000)] {
                let subjects = ids.iter().map(|id| subject(id)).collect();
                let actor = Some("x".into());
                let event = AccessEvent { subjects, actor, confidential_until_day, ..full_event() };
                let (body, openings) = sealed(&event);
                assert_eq!(openings.verify_markers(&body, &key()), Ok(MarkersChecked::Every), "{ids:?}");
            }
        }
    }

    #[test]
    fn a_marker_that_is_not_that_of_its_subject_is_found() {
        assert_eq!(changed(|_| {}), Ok(MarkersChecked::Every));
        let other = changed(|record| record.markers[0] = vec![1; 16].into());
        assert_eq!(other, Err(MarkersFault::Missing { subjects: 1 }));
        let count = |found| Err(MarkersFault::Count { found, expected: 2 });
        assert_eq!(changed(|record| record.markers.push(vec![1; 16].into())), count(3));
        assert_eq!(changed(|record| record.markers.clear()), count(0));
        assert_eq!(changed(|record| record.markers[1] = vec![1; 15].into()), Err(MarkersFault::Length));
        assert_eq!(changed(|record| record.nonce = None), Err(MarkersFault::Length));
        // In the place of the other they are markers of nobody.
        assert_eq!(changed(|record| record.markers.swap(0, 1)), Err(MarkersFault::Missing { subjects: 2 }));
        let (body, openings) = sealed(&sealed_event());
        let of_another_month = openings.verify_markers(&body, &PeriodKey::from([6; 32]));
        assert_eq!(of_another_month, Err(MarkersFault::Missing { subjects: 2 }));
    }

    #[test]
    fn a_confidential_record_that_its_subjects_would_find_is_found() {
        let event = AccessEvent { confidential_until_day: Some(1), ..sealed_event() };
        let (mut body, openings) = sealed(&event);
        let Some(Content::Access(record)) = &mut body.content else { panic!("no access") };
        let nonce = record.nonce.as_deref().unwrap().try_into().unwrap();
        let marker = key().view_key("person", "4711").marker(&nonce, 5);
        record.markers[5] = Bytes::copy_from_slice(&marker);
        assert_eq!(openings.verify_markers(&body, &key()), Err(MarkersFault::Shown { subjects: 1 }));
    }

    #[test]
    fn of_erased_subjects_nobody_can_tell() {
        let (body, mut openings) = sealed(&sealed_event());
        openings.erase(&[SealedField::Subjects], 9);
        assert_eq!(openings.verify_markers(&body, &key()), Ok(MarkersChecked::Unknown));
        let event = AccessEvent { confidential_until_day: Some(1), ..sealed_event() };
        let (body, mut openings) = sealed(&event);
        openings.erase(&[SealedField::Confidential], 9);
        assert_eq!(openings.verify_markers(&body, &key()), Ok(MarkersChecked::Unknown));
    }

    #[test]
    fn a_record_about_nobody_has_no_markers() {
        let (mut body, openings) = sealed(&AccessEvent { actor: Some("x".into()), ..full_event() });
        assert_eq!(openings.verify_markers(&body, &key()), Ok(MarkersChecked::Every));
        if let Some(Content::Access(record)) = &mut body.content {
            record.markers.push(vec![1; 16].into());
        }
        let count = Err(MarkersFault::Count { found: 1, expected: 0 });
        assert_eq!(openings.verify_markers(&body, &key()), count);
    }
}
