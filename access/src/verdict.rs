//! Three-valued truth, and the verdict that it becomes.
//!
//! What an access does not say is neither true nor false. Rules are evaluated in Kleene's strong logic, whose
//! whole truth table is:
//!
//! | a | b | not a | a and b | a or b | a implies b |
//! |---|---|---|---|---|---|
//! | true | true | false | true | true | true |
//! | true | unknown | false | unknown | true | unknown |
//! | true | false | false | false | true | false |
//! | unknown | true | unknown | unknown | true | true |
//! | unknown | unknown | unknown | unknown | unknown | unknown |
//! | unknown | false | unknown | false | unknown | unknown |
//! | false | true | true | false | true | true |
//! | false | unknown | true | false | unknown | true |
//! | false | false | true | false | false | true |
//!
//! So more information may turn unknown into true or false, and never turns anything else.

use std::ops::Not;

/// Whether a condition holds. Ordered by how much of truth there is: `and` is the lesser, `or` the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not.
    False,
    /// What is known does not tell.
    Unknown,
    /// It does.
    True,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// If this holds, so does the other: `not self or other`.
    #[must_use]
    pub fn implies(self, then: Self) -> Self {
        (!self).or(then)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// What an access is to a commitment. A deviation is what the rule says; whether it is a breach, people decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It fits the rule, or the rule does not apply to it.
    Kept,
    /// It does not fit the rule.
    Deviates,
    /// What it says is not enough to tell.
    NotVerifiable,
}

impl From<Truth> for Verdict {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::Kept,
            Truth::False => Self::Deviates,
            Truth::Unknown => Self::NotVerifiable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    const ALL: [Truth; 3] = [True, Unknown, False];

    #[test]
    fn the_truth_table_is_the_one_that_is_documented() {
        let table = ALL.into_iter().flat_map(|a| ALL.map(|b| [a, b, !a, a.and(b), a.or(b), a.implies(b)]));
        let table: Vec<String> = table.map(|row| format!("{row:?}").to_lowercase()).collect();
        let documented = include_str!("verdict.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
        let rows =
            documented.skip(1).map(|row| format!("[{}]", row.trim_end_matches(" |").replace(" | ", ", ")));
        assert_eq!(table, rows.collect::<Vec<_>>());
    }

    /// Filling in what is unknown leaves what was known.
    #[test]
    fn more_information_never_overturns_what_is_known() {
        let fillings = |truth| if truth == Unknown { vec![True, False] } else { vec![truth] };
        for operation in [Truth::and, Truth::or, Truth::implies] {
            for (a, b) in ALL.into_iter().flat_map(|a| ALL.map(|b| (a, b))) {
                let known = operation(a, b);
                for (a, b) in
                    fillings(a).into_iter().flat_map(|a| fillings(b).into_iter().map(move |b| (a, b)))
                {
                    assert!(
                        known == Unknown || operation(a, b) == known,
                        "{known:?} overturned by {a:?}, {b:?}"
                    );
                }
            }
        }
    }
}
