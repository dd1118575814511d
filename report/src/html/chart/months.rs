//! Records by month, as bars.

use askama::Template;
use einsicht_access::sentence::Language;

use super::{Chart, WIDTH, years};
use crate::cell::Cell;
use crate::document::{Document, Row};
use crate::html::when;
use crate::html::words::{self, pick};

const TOP: usize = 16;
const HEIGHT: usize = 120;
/// Between a number of the scale and its line.
const GAP: usize = 6;

#[derive(Template)]
#[template(path = "months.svg", escape = "html")]
struct Months {
    title: String,
    height: usize,
    base: usize,
    /// Where bars begin: behind the longest number of the scale.
    left: usize,
    labels: [(usize, String); 3],
    bars: Vec<Bar>,
}

struct Bar {
    x: usize,
    center: usize,
    width: usize,
    y: usize,
    height: usize,
    is_hidden: bool,
    letter: String,
    /// The year, under the first of its months.
    year: Option<String>,
    told: String,
}

/// The chart of the table `months`.
pub fn months(doc: &Document, language: Language) -> Result<Chart, askama::Error> {
    let rows = doc.table("months").map(|table| table.rows.as_slice()).unwrap_or_default();
    let records = |row: &Row| row.cells.first().copied().unwrap_or(Cell::Hidden);
    let highest = rows.iter().filter_map(|row| records(row).number()).max().unwrap_or_default();
    let scale = round_up(highest);
    let left = room(&language.number(scale));
    let step = (WIDTH - left) / rows.len().clamp(6, 13);
    let codes: Vec<_> = rows.iter().map(code_of).collect();
    let years = years(&codes, step);
    let bar = |(position, row): (usize, &Row)| {
        let code = code_of(row);
        let (_, month) = code.split_once('-').unwrap_or_default();
        let name = language.month(month.parse().unwrap_or_default());
        let cell = records(row);
        let height = cell.number().map_or(0, |number| length(number, scale));
        let x = left + position * step;
        Bar {
            x: x + 2,
            center: x + step / 2,
            width: step - 4,
            y: TOP + HEIGHT - height,
            height,
            is_hidden: cell.number().is_none(),
            letter: name.chars().take(1).collect(),
            year: years.get(position).cloned().flatten(),
            told: format!("{}: {}", when::month(code, language), words::cell(cell, language)),
        }
    };
    let bars: Vec<_> = rows.iter().enumerate().map(bar).collect();
    let number = |number| language.number(number);
    let title = pick(language, "Zugriffseinträge je Monat", "Records by month").to_owned();
    let svg = Months {
        title,
        height: TOP + HEIGHT + 42,
        base: TOP + HEIGHT,
        left,
        labels: [(TOP, number(scale)), (TOP + HEIGHT / 2, number(scale / 2)), (TOP + HEIGHT, number(0))],
        bars,
    };
    Ok(Chart(svg.render()?))
}

fn code_of(row: &Row) -> &str {
    row.key.first().map(|label| label.code.as_str()).unwrap_or_default()
}

/// Of a bar, in units; what is there can be seen.
fn length(number: u64, scale: u64) -> usize {
    let length = u128::from(number) * HEIGHT as u128 / u128::from(scale.max(1));
    let length = usize::try_from(length).unwrap_or(HEIGHT);
    if number > 0 { length.max(1) } else { 0 }
}

/// What a number of the scale takes, in units: of the widest fonts a digit takes 9, and what groups digits 5.
fn room(number: &str) -> usize {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let others = number.chars().count() - digits;
    GAP + digits * 9 + others * 5
}

/// The next number of the form 1, 2, 5, 10, 20, … that is even enough to be halved.
fn round_up(number: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [2, 4, 6, 10] {
            let scale = power.saturating_mul(factor);
            if scale >= number {
                return scale;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_scale_have_room_whatever_their_length() {
        for scale in [2, 600, 40_000, 10_000_000, u64::MAX] {
            let label = Language::German.number(scale);
            // 13 units high; digits of wide fonts are 0.64 of that, full stops 0.32.
            let width: f64 = label.chars().map(|one| if one == '.' { 4.2 } else { 8.4 }).sum();
            let left = u32::try_from(room(&label)).unwrap();
            assert!(f64::from(left) - 6.0 >= width, "{label}: {left}");
            // Also 13 bars have a width.
            assert!((WIDTH - room(&label)) / 13 > 4, "{label}");
        }
    }

    #[test]
    fn scales_are_round_and_no_smaller_than_what_they_measure() {
        for (number, scale) in [(0, 2), (1, 2), (3, 4), (5, 6), (7, 10), (11, 20), (5_012, 6_000)] {
            assert_eq!(round_up(number), scale);
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
        assert_eq!((length(0, 10), length(1, 1_000_000), length(10, 10)), (0, 1, HEIGHT));
    }
}
