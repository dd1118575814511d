//! Charts as inline SVG, drawn from the cells of tables: what those hide, no length and no shade shows.
//!
//! Each is 320 units wide and has no text that would be unreadable at 320 pixels; long names stand beside it.

mod grid;
mod heat;
mod months;

use std::fmt;

pub use self::grid::commitments;
pub use self::heat::heat_map;
pub use self::months::months;

/// SVG that is part of a page, every text in it escaped.
pub struct Chart(String);

impl askama::filters::HtmlSafe for Chart {}

impl fmt::Display for Chart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Width of every chart.
const WIDTH: usize = 320;
/// What a year takes in its widest font, and a space behind it.
const YEAR: usize = 42;

/// Years of months (`2026-11`) that stand `step` units apart, under the first month of each. A year that the next one would
/// cover is left out.
fn years(months: &[&str], step: usize) -> Vec<Option<String>> {
    let of = |at: usize| months.get(at).and_then(|month| month.split_once('-')).map(|(year, _)| year);
    let begins = |at: usize| of(at).filter(|year| at.checked_sub(1).and_then(of) != Some(*year));
    let is_covered =
        |at: usize| (1..).take_while(|ahead| ahead * step < YEAR).any(|ahead| begins(at + ahead).is_some());
    (0..months.len()).map(|at| begins(at).filter(|_| !is_covered(at)).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_stand_under_their_first_month_unless_the_next_one_is_too_near() {
        let told = |months: &[&str], step| {
            let years = years(months, step);
            years.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(&["2025-11", "2025-12", "2026-01", "2026-02"], 21), "2025  2026 ");
        assert_eq!(told(&["2025-11", "2025-12", "2026-01"], 20), "  2026");
        assert_eq!(told(&["2025-12", "2026-01", "2026-02"], 21), " 2026 ");
        assert_eq!(told(&["2025-12", "2026-01"], 42), "2025 2026");
        assert_eq!(told(&["2026-12"], 21), "2026");
    }
}
