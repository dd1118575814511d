//! What a city decided to show of small counts, applied to counts.

use crate::cell::Cell;
use crate::cube::Tally;
use crate::hide::{Told, hide, hide_behind};

/// Each band of a count begins at so many times the beginning of the band before; the first at the threshold.
pub const BAND: u64 = 4;
const BANDS: u32 = 4;

/// Whether counts are told exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiding {
    /// The entries are public anyway: everything is told.
    Nothing,
    /// Counts from 1 to below this are told as fewer. At least 3.
    FewerThan(u64),
}

impl Hiding {
    /// Counts whose sum is told as well; the first ones are withheld where that takes more than those that are small.
    /// `None`: none of them may be told.
    pub fn parts(self, counts: &[u64]) -> Option<Vec<Cell>> {
        let order: Vec<usize> = (0..counts.len()).collect();
        let told = hide_behind(counts, self.threshold(), &order)?;
        Some(counts.iter().zip(told).map(|(count, told)| self.cell(*count, told)).collect())
    }

    /// Records and accesses of rows that make up a total that is told as well.
    pub fn tallies(self, tallies: &[Tally]) -> Option<Vec<[Cell; 2]>> {
        // Few records are few, however many accesses they stand for.
        let counts: Vec<_> = tallies.iter().map(|tally| tally.records).collect();
        self.total(counts.iter().sum()).number()?;
        let told = hide(&counts, self.threshold())?;
        let cells = |(tally, told): (&Tally, Told)| match told {
            Told::Exact => [Cell::Number(tally.records), Cell::Number(tally.accesses)],
            Told::Fewer => [self.cell(tally.records, told), Cell::Hidden],
            Told::Withheld => [Cell::Hidden; 2],
        };
        Some(tallies.iter().zip(told).map(cells).collect())
    }

    /// A count that is part of no sum.
    pub fn total(self, count: u64) -> Cell {
        let told = if (1..self.threshold()).contains(&count) { Told::Fewer } else { Told::Exact };
        self.cell(count, told)
    }

    /// A count of a table in two directions, whose sums are told elsewhere: roughly, and not at all if it is small.
    /// That is not told from none, or a row of ones would give itself away.
    pub fn rough(self, count: u64) -> Option<Cell> {
        let Self::FewerThan(threshold) = self else { return Some(Cell::Number(count)) };
        let begins = |band: u32| threshold.saturating_mul(BAND.saturating_pow(band));
        let band = (0..BANDS).rev().find(|band| count >= begins(*band))?;
        let end = (band + 1 < BANDS).then(|| begins(band + 1) - 1);
        Some(Cell::Between(begins(band), end))
    }

    /// Counts below this are hidden.
    pub fn threshold(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::FewerThan(threshold) => threshold,
        }
    }

    fn cell(self, count: u64, told: Told) -> Cell {
        match told {
            Told::Exact => Cell::Number(count),
            Told::Fewer => Cell::FewerThan(self.threshold()),
            Told::Withheld => Cell::Hidden,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(records: u64, accesses: u64) -> Tally {
        Tally { records, accesses }
    }

    #[test]
    fn accesses_are_hidden_with_the_few_records_that_stand_for_them() {
        let shown = Hiding::FewerThan(5).tallies(&[tally(2, 9_000), tally(60, 60), tally(9, 12)]).unwrap();
        let number = Cell::Number;
        assert_eq!(
            shown,
            [[Cell::FewerThan(5), Cell::Hidden], [number(60), number(60)], [Cell::Hidden, Cell::Hidden]]
        );
        let all = Hiding::Nothing.tallies(&[tally(2, 9_000)]).unwrap();
        assert_eq!(all, [[number(2), number(9_000)]]);
    }

    #[test]
    fn of_a_total_that_is_hidden_no_part_is_told() {
        assert_eq!(Hiding::FewerThan(5).tallies(&[tally(2, 2), tally(2, 2)]), None);
        assert_eq!(Hiding::FewerThan(5).tallies(&[]), Some(vec![]));
    }

    #[test]
    fn rough_counts_tell_neither_small_ones_nor_none() {
        let rough = |count| Hiding::FewerThan(5).rough(count);
        assert_eq!((rough(0), rough(4)), (None, None));
        assert_eq!(rough(5), Some(Cell::Between(5, Some(19))));
        assert_eq!(rough(20), Some(Cell::Between(20, Some(79))));
        assert_eq!(rough(319), Some(Cell::Between(80, Some(319))));
        assert_eq!(rough(1_000_000), Some(Cell::Between(320, None)));
        assert_eq!(Hiding::Nothing.rough(4), Some(Cell::Number(4)));
    }
}
