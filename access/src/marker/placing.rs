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

/// Places of the markers of a record, used again for the next one.
#[derive(Default)]
pub(crate) struct Seats<'a>(Vec<Option<SubjectView<'a>>>);

impl<'a> Seats<'a> {
    /// Appends the markers of a record: one for each subject, however often it is listed, shuffled among random
    /// ones.
    ///
    /// # Errors
    /// That of `random`.
    pub fn place<F: FnMut(&mut [u8]) -> Result<(), E>, E>(
        &mut self,
        key: &PeriodKey,
        nonce: &[u8; NONCE_BYTES],
        subjects: &[SubjectView<'a>],
        random: &mut Random<F>,
        markers: &mut Vec<[u8; MARKER_BYTES]>,
    ) -> Result<(), E> {
        let seats = &mut self.0;
        seats.clear();
        seats.extend(subjects.iter().copied().map(Some));
        seats.sort_unstable();
        seats.dedup();
        seats.resize(markers_padded(subjects.len()), None);
        // Fisher and Yates: each seat in turn is exchanged with one that is not settled yet.
        let count = u16::try_from(seats.len()).unwrap_or(u16::MAX);
        for (seat, left) in (0..seats.len()).zip((2..=count).rev()) {
            seats.swap(seat, seat + usize::from(random.below(left)?));
        }
        for (position, seat) in (0..=u16::MAX).zip(seats) {
            markers.push(match seat {
                Some(SubjectView { scheme, id }) => key.view_key(scheme, id).marker(nonce, position),
                None => random.take()?,
            });
        }
        Ok(())
    }
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
