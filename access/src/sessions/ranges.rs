//! Which numbers were seen, as ranges.

use serde::{Deserialize, Serialize};

/// Most ranges kept of one session; numbers come nearly in order, so that few are needed.
const RANGES_MAX: usize = 64;

/// A set of numbers that come nearly in order. If its ranges become too many, the lowest is dropped, and
/// the gap behind it given up: its numbers count as missing, and of those that still come only how many
/// they are is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ranges {
    /// First and last number of each range, ascending, none touching the next.
    ranges: Vec<(u64, u64)>,
    /// Numbers in gaps that were given up.
    given_up: u64,
    /// Numbers that came below the lowest range that is kept: into a gap that was given up, or twice.
    late: u64,
}

impl Ranges {
    /// Adds the numbers `first..=last`. Returns how many of them were there already.
    pub fn insert(&mut self, first: u64, last: u64) -> u64 {
        // Nearly always the next number, or one above.
        if let Some((_, end)) = self.ranges.last_mut()
            && first > *end
        {
            if end.checked_add(1) == Some(first) {
                *end = last;
            } else {
                self.ranges.push((first, last));
                self.give_up();
            }
            return 0;
        }
        self.insert_between(first, last)
    }

    /// How many of the numbers from 0 to the highest seen, or to `end` if that is higher, are missing.
    pub fn missing_up_to(&self, end: Option<u64>) -> u64 {
        let highest = self.ranges.last().map(|(_, last)| *last);
        let Some(last) = highest.max(end) else { return 0 };
        let behind = match highest {
            Some(highest) => last - highest,
            // All of 0..=last; a session of 2^64 numbers does not end.
            None => last.saturating_add(1),
        };
        self.gaps()
            .map(|(first, after)| after - first)
            .fold(behind, u64::saturating_add)
            .saturating_add(self.given_up.saturating_sub(self.late))
    }

    /// The lowest number that is missing before the highest seen; `None` if there is none, or if that
    /// is not known any more.
    pub fn first_missing(&self) -> Option<u64> {
        if self.given_up > 0 {
            return None;
        }
        let behind = self.ranges.last().map_or(Some(0), |(_, last)| last.checked_add(1));
        self.gaps().next().map(|(first, _)| first).or(behind)
    }

    /// First missing number and the number after the last missing one, of each gap that is kept.
    fn gaps(&self) -> impl Iterator<Item = (u64, u64)> {
        let starts = self.ranges.iter().map(|(_, last)| last.saturating_add(1));
        let floor = if self.given_up > 0 { self.ranges.first().map_or(0, |(first, _)| *first) } else { 0 };
        std::iter::once(floor)
            .chain(starts)
            .zip(self.ranges.iter().map(|(first, _)| *first))
            .filter(|(a, b)| a < b)
    }

    fn insert_between(&mut self, first: u64, last: u64) -> u64 {
        let floor = self.ranges.first().map_or(0, |(first, _)| *first);
        let below =
            if self.given_up > 0 && first < floor { floor.min(last.saturating_add(1)) - first } else { 0 };
        self.late = self.late.saturating_add(below);
        let first = first + below;
        if first > last {
            return 0;
        }
        // All ranges that overlap or touch the new one melt into it.
        let start = self.ranges.partition_point(|(_, end)| end.saturating_add(1) < first);
        let end = self.ranges.partition_point(|(begin, _)| *begin <= last.saturating_add(1)).max(start);
        let melted: Vec<_> = self.ranges.splice(start..end, []).collect();
        let overlap = |(a, b): &(u64, u64)| {
            let (low, high) = ((*a).max(first), (*b).min(last));
            if low <= high { (high - low).saturating_add(1) } else { 0 }
        };
        let repeated = melted.iter().map(overlap).fold(0, u64::saturating_add);
        let from = melted.first().map_or(first, |(a, _)| first.min(*a));
        let to = melted.last().map_or(last, |(_, b)| last.max(*b));
        self.ranges.insert(start, (from, to));
        self.give_up();
        repeated
    }

    fn give_up(&mut self) {
        if self.ranges.len() <= RANGES_MAX {
            return;
        }
        if let (Some((first, last)), Some((next, _))) = (self.ranges.first(), self.ranges.get(1)) {
            // The first gap of all may lie before the lowest range.
            let before = if self.given_up == 0 { *first } else { 0 };
            self.given_up = self.given_up.saturating_add(before).saturating_add(next - last - 1);
            self.ranges.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_agrees_with_a_set_of_numbers(inserts in proptest::collection::vec((0_u64..60, 0_u64..6), 0..40), end in proptest::option::of(0_u64..80)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (first, length) in inserts {
                let repeated = (first..=first + length).filter(|number| !set.insert(*number)).count() as u64;
                prop_assert_eq!(ranges.insert(first, first + length), repeated);
            }
            let limit = set.last().copied().max(end).map_or(0, |last| last + 1);
            let missing: Vec<_> = (0..limit).filter(|number| !set.contains(number)).collect();
            prop_assert_eq!(ranges.missing_up_to(end), missing.len() as u64);
            if let Some(first) = missing.first() {
                prop_assert_eq!(ranges.first_missing(), Some(*first));
            }
        }
    }

    #[test]
    fn memory_is_bounded_and_the_count_stays_right() {
        let mut ranges = Ranges::default();
        let odd: Vec<u64> = (0..5_000).map(|number| number * 2 + 1).collect();
        for number in &odd {
            ranges.insert(*number, *number);
        }
        assert!(ranges.ranges.len() <= RANGES_MAX);
        assert_eq!(ranges.missing_up_to(None), 5_000);
        assert_eq!(ranges.first_missing(), None, "it is not known any more");
        for number in &odd {
            ranges.insert(*number - 1, *number - 1);
        }
        assert_eq!(ranges.missing_up_to(None), 0, "late numbers fill gaps that were given up");
    }

    #[test]
    fn the_highest_numbers_do_not_overflow() {
        let mut ranges = Ranges::default();
        ranges.insert(u64::MAX, u64::MAX);
        assert_eq!(ranges.insert(u64::MAX, u64::MAX), 1);
        assert_eq!(ranges.missing_up_to(Some(u64::MAX)), u64::MAX);
        ranges.insert(0, u64::MAX - 1);
        assert_eq!(ranges.missing_up_to(None), 0);
        assert_eq!(ranges.first_missing(), None);
    }
}
