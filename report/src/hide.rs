//! Hiding small counts, and enough beside them that nobody computes them from what is shown.
//!
//! A count that is hidden is told as "fewer than 5" (or whatever the threshold is). Where the others and the total
//! would give it away, further counts are withheld, the smallest first. What is promised: from the total, the counts
//! that are shown, and that what is withheld is at least the threshold and, where the smallest come first, no larger than
//! what is shown, each small count could still have at least two values. Nothing is promised about who concludes from how
//! many are withheld what made it necessary, or puts several tables, or several reports, together.

/// How a count is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// As it is.
    Exact,
    /// As fewer than the threshold.
    Fewer,
    /// Not at all, for another one's sake.
    Withheld,
}

/// How counts are told whose sum is known. `None`: none of them can be, not even how many there are. Zeros are
/// always told. Withheld are the smallest that will do.
pub fn hide(counts: &[u64], threshold: u64) -> Option<Vec<Told>> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|at| counts.get(*at));
    let smallest_shown = |told: &[Told]| {
        let shown =
            counts.iter().zip(told).filter(|(count, told)| **told == Told::Exact && **count >= threshold);
        shown.map(|(count, _)| *count).min()
    };
    withhold(counts, threshold, &order, smallest_shown)
}

/// The same; withheld are the first of `order` that will do, which are positions.
pub fn hide_behind(counts: &[u64], threshold: u64, order: &[usize]) -> Option<Vec<Told>> {
    withhold(counts, threshold, order, |_| None)
}

/// Withholds the first of `order` that will do. `most` says what no withheld count exceeds, as everybody knows.
fn withhold(
    counts: &[u64],
    threshold: u64,
    order: &[usize],
    most: impl Fn(&[Told]) -> Option<u64>,
) -> Option<Vec<Told>> {
    let small = |count: u64| (1..threshold).contains(&count);
    let mut told: Vec<_> =
        counts.iter().map(|count| if small(*count) { Told::Fewer } else { Told::Exact }).collect();
    let is_large = |at: &&usize| counts.get(**at).is_some_and(|count| *count >= threshold);
    let mut larger = order.iter().filter(is_large);
    while !are_ambiguous(counts, &told, threshold, most(&told).unwrap_or(u64::MAX / 2)) {
        *told.get_mut(*larger.next()?)? = Told::Withheld;
    }
    Some(told)
}

/// Whether each count that is told as fewer could have at least two values, where none that is withheld exceeds `most`.
fn are_ambiguous(counts: &[u64], told: &[Told], threshold: u64, most: u64) -> bool {
    let hidden = || counts.iter().zip(told).filter(|(_, told)| **told != Told::Exact);
    let sum: u64 = hidden().map(|(count, _)| count).sum();
    let bounds = |told: &Told| match told {
        Told::Fewer => (1, threshold - 1),
        _ => (threshold, most),
    };
    let (low, high) = hidden()
        .map(|(_, told)| bounds(told))
        .fold((0_u64, 0_u64), |sum, one| (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1)));
    hidden().filter(|(_, told)| **told == Told::Fewer).all(|(_, told)| {
        let (own_low, own_high) = bounds(told);
        let lowest = own_low.max(sum.saturating_sub(high - own_high));
        let highest = own_high.min(sum.saturating_sub(low - own_low));
        lowest < highest
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use Told::{Exact, Fewer, Withheld};

    #[test]
    fn a_single_small_count_takes_the_smallest_other_one_with_it() {
        assert_eq!(hide(&[100, 3, 20, 0], 5), Some(vec![Exact, Fewer, Withheld, Exact]));
        assert_eq!(hide(&[100, 3, 20, 4], 5), Some(vec![Exact, Fewer, Exact, Fewer]));
        assert_eq!(hide(&[100, 20, 0], 5), Some(vec![Exact; 3]));
        assert_eq!(hide(&[], 5), Some(vec![]));
    }

    #[test]
    fn two_small_counts_that_their_sum_gives_away_are_no_shelter() {
        // 1 + 1 and 4 + 4 have one solution each.
        assert_eq!(hide(&[1, 1, 20], 5), Some(vec![Fewer, Fewer, Withheld]));
        assert_eq!(hide(&[4, 4, 20], 5), Some(vec![Fewer, Fewer, Withheld]));
        assert_eq!(hide(&[1, 2, 20], 5), Some(vec![Fewer, Fewer, Exact]));
        // 1 + 5: what is withheld is known to be at least 5.
        assert_eq!(hide(&[1, 5, 20], 5), Some(vec![Fewer, Withheld, Withheld]));
    }

    #[test]
    fn what_is_withheld_as_the_smallest_is_known_not_to_exceed_what_is_shown() {
        // Of 24, at most 20 are withheld: 4 would be left.
        assert_eq!(hide(&[4, 20, 20, 90], 5), Some(vec![Fewer, Withheld, Withheld, Exact]));
        assert_eq!(hide(&[3, 20, 20, 90], 5), Some(vec![Fewer, Withheld, Exact, Exact]));
        assert_eq!(hide_behind(&[4, 20, 20], 5, &[0, 1, 2]), Some(vec![Fewer, Withheld, Exact]));
    }

    #[test]
    fn what_is_withheld_first_can_be_said() {
        assert_eq!(hide_behind(&[900, 146, 3], 5, &[0, 1, 2]), Some(vec![Withheld, Exact, Fewer]));
    }

    #[test]
    fn where_nothing_is_large_enough_to_hide_behind_nothing_is_told() {
        assert_eq!(hide(&[1, 1, 1, 1, 1], 5), None);
        assert_eq!(hide(&[4, 4], 5), None);
        assert_eq!(hide(&[3], 5), None);
    }

    #[test]
    fn without_a_threshold_everything_is_told() {
        assert_eq!(hide(&[1, 2, 300], 0), Some(vec![Exact; 3]));
    }

    /// All ways in which what is hidden could be, with the sum that is known.
    fn solutions(bounds: &[(u64, u64)], sum: u64) -> Vec<Vec<u64>> {
        let Some((&(low, high), rest)) = bounds.split_first() else {
            return if sum == 0 { vec![Vec::new()] } else { Vec::new() };
        };
        let mut all = Vec::new();
        for value in low..=high.min(sum) {
            for mut one in solutions(rest, sum - value) {
                one.insert(0, value);
                all.push(one);
            }
        }
        all
    }

    proptest! {
        #[test]
        fn whoever_tries_all_possibilities_finds_at_least_two_for_each_small_count(
            counts in proptest::collection::vec(0_u64..9, 0..6), threshold in 3_u64..6,
        ) {
            let Some(told) = hide(&counts, threshold) else { return Ok(()) };
            let hidden: Vec<_> = (0..counts.len()).filter(|at| told[*at] != Exact).collect();
            let shown = (0..counts.len()).filter(|at| told[*at] == Exact && counts[*at] >= threshold);
            let most = shown.map(|at| counts[at]).min().unwrap_or(u64::MAX);
            let bounds: Vec<_> = hidden.iter().map(|at| match told[*at] {
                Fewer => (1, threshold - 1),
                _ => (threshold, most),
            }).collect();
            let solutions = solutions(&bounds, hidden.iter().map(|at| counts[*at]).sum());
            for (place, at) in hidden.iter().enumerate() {
                let values: BTreeSet<_> = solutions.iter().map(|one| one[place]).collect();
                prop_assert!(values.contains(&counts[*at]), "what is told is true");
                prop_assert!(told[*at] == Withheld || values.len() > 1, "{counts:?}: {told:?}");
            }
            for (count, told) in counts.iter().zip(&told) {
                prop_assert_eq!((1..threshold).contains(count), *told == Fewer);
            }
        }
    }
}
