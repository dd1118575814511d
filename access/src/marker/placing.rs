//! Which markers a record gets: those of its subjects in random places, and random bytes in the others.

use super::{MARKER_BYTES, PeriodKey};
use crate::random::Random;
use crate::seal::NONCE_BYTES;
use crate::value::SubjectView;

/// How many markers a confidential record has, all of them random, whomever it is about.
pub const CONFIDENTIAL_MARKERS: usize = 8;

/// How many markers a record has whose event lists that many subjects: as many, up to the next power of two.
/// A subject that is listed twice counts twice here, so that nobody sees whether one is.
#[must_use]
pub fn markers_padded(subjects: usize) -> usize {
    if subjects == 0 { 0 } else { subjects.next_power_of_two() }
}

/// The markers of a record: one for each subject, however often it is listed, shuffled among random ones.
///
/// # Errors
/// That of `random`.
pub(crate) fn place<F: FnMut(&mut [u8]) -> Result<(), E>, E>(
    key: &PeriodKey,
    nonce: &[u8; NONCE_BYTES],
    subjects: &[SubjectView<'_>],
    random: &mut Random<F>,
) -> Result<Vec<[u8; MARKER_BYTES]>, E> {
    let mut subjects = subjects.to_vec();
    let mut seats: Vec<Option<SubjectView<'_>>> = vec![None; markers_padded(subjects.len())];
    subjects.sort_unstable();
    subjects.dedup();
    for (seat, subject) in seats.iter_mut().zip(subjects) {
        *seat = Some(subject);
    }
    // Fisher and Yates: each seat in turn is exchanged with one that is not settled yet.
    let count = u16::try_from(seats.len()).unwrap_or(u16::MAX);
    for (seat, left) in (0..seats.len()).zip((2..=count).rev()) {
        seats.swap(seat, seat + usize::from(random.below(left)?));
    }
    let marker = |(position, seat): (u16, Option<SubjectView<'_>>)| match seat {
        Some(SubjectView { scheme, id }) => Ok(key.view_key(scheme, id).marker(nonce, position)),
        None => random.take(),
    };
    (0..=u16::MAX).zip(seats).map(marker).collect()
}

/// That many random markers.
///
/// # Errors
/// That of `random`.
pub(crate) fn fillers<F: FnMut(&mut [u8]) -> Result<(), E>, E>(
    count: usize,
    random: &mut Random<F>,
) -> Result<Vec<[u8; MARKER_BYTES]>, E> {
    (0..count).map(|_| random.take()).collect()
}
