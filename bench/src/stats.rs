//! Medians, percentiles, and ratios of what was measured in turns.

use serde::Serialize;

/// Median of some measurements, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// The middle one; of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Sums up `values`; `None` if there are none, or if one is not a number.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.iter().any(|value| value.is_nan()) {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }

    /// Sums up `values[i] / yardstick[i]`, turn by turn: what changed on the machine between two turns
    /// then touches one ratio only. `None` if there are none, if one side has more turns, or if a
    /// yardstick is zero.
    #[must_use]
    pub fn of_ratios(values: &[f64], yardstick: &[f64]) -> Option<Self> {
        Self::of_pairs(values, yardstick, |value, yard| value / yard)
    }

    /// Sums up `values[i] - yardstick[i]`, turn by turn. `None` as in [`Summary::of_ratios`].
    #[must_use]
    pub fn of_differences(values: &[f64], yardstick: &[f64]) -> Option<Self> {
        Self::of_pairs(values, yardstick, |value, yard| value - yard)
    }

    fn of_pairs(values: &[f64], yardstick: &[f64], combine: fn(f64, f64) -> f64) -> Option<Self> {
        if values.len() != yardstick.len() || yardstick.contains(&0.0) {
            return None;
        }
        let combined: Vec<f64> =
            values.iter().zip(yardstick).map(|(value, yard)| combine(*value, *yard)).collect();
        Self::of(&combined)
    }
}

/// The `percent`-th percentile by nearest rank: the smallest value that at least `percent` of a hundred
/// values do not exceed. `sorted` is in ascending order. `None` if it is empty or `percent` is not in 1
/// to 100.
#[must_use]
pub fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    if !(1..=100).contains(&percent) {
        return None;
    }
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let odd = Summary::of(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!(odd, Summary { median: 2.0, min: 1.0, max: 3.0 });
        let even = Summary::of(&[4.0, 1.0, 2.0, 100.0]).unwrap();
        assert_eq!(even, Summary { median: 3.0, min: 1.0, max: 100.0 });
        assert_eq!(Summary::of(&[7.0]).unwrap().median, 7.0);
    }

    #[test]
    fn nothing_and_not_a_number_have_no_median() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn ratios_are_taken_turn_by_turn() {
        // The machine became half as fast after the first turn: the ratio did not change.
        let ratios = Summary::of_ratios(&[80.0, 40.0, 42.0], &[100.0, 50.0, 50.0]).unwrap();
        assert_eq!(ratios, Summary { median: 0.8, min: 0.8, max: 0.84 });
        let differences = Summary::of_differences(&[5.0, 3.0], &[4.0, 4.0]).unwrap();
        assert_eq!(differences, Summary { median: 0.0, min: -1.0, max: 1.0 });
    }

    #[test]
    fn turns_without_a_counterpart_have_no_ratio() {
        assert_eq!(Summary::of_ratios(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(Summary::of_ratios(&[1.0], &[0.0]), None);
        assert_eq!(Summary::of_ratios(&[], &[]), None);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&hundred, 100), Some(100));
        assert_eq!(percentile(&[1, 2, 3], 50), Some(2));
        assert_eq!(percentile(&[1, 2, 3], 99), Some(3));
        assert_eq!(percentile(&[9], 1), Some(9));
    }

    #[test]
    fn percentiles_of_nothing_and_beyond_a_hundred_do_not_exist() {
        assert_eq!(percentile::<u32>(&[], 50), None);
        assert_eq!(percentile(&[1], 0), None);
        assert_eq!(percentile(&[1], 101), None);
    }
}
