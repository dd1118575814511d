//! Purposes by units, as squares of four shades.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use einsicht_access::sentence::Language;

use super::{Chart, WIDTH};
use crate::cell::Cell;
use crate::document::{Document, Label, Row};
use crate::hiding::BAND;
use crate::html::told::Told;
use crate::html::words::{self, pick};

/// Most rows and columns; those with the most records.
const MOST: usize = 10;
const SQUARE: usize = 28;
const LEFT: usize = 34;
const TOP: usize = 24;

#[derive(Template)]
#[template(path = "heat.html")]
struct Heat {
    title: String,
    height: usize,
    width: usize,
    rows: Vec<Named>,
    columns: Vec<Named>,
    squares: Vec<Square>,
    purposes: &'static str,
    units: &'static str,
    shades: Vec<(u8, String)>,
    more: Option<String>,
}

struct Named {
    at: usize,
    sign: String,
    name: Told,
}

struct Square {
    x: usize,
    y: usize,
    shade: u8,
    told: String,
}

/// The chart of the table `purpose_by_unit`, with the names of its rows and columns.
pub fn heat_map(doc: &Document, language: Language) -> Result<Chart, askama::Error> {
    let all = doc.table("purpose_by_unit").map(|table| table.rows.as_slice()).unwrap_or_default();
    let (purposes, units) = largest(all, &Totals::of(doc));
    let name = |label: &Label| {
        let title = pick(language, &label.de, &label.en).clone();
        title.unwrap_or_else(|| label.code.clone())
    };
    let square = |row: &Row| {
        let (purpose, unit) = (row.key.first()?, row.key.get(1)?);
        let y = purposes.iter().position(|one| one.code == purpose.code)?;
        let x = units.iter().position(|one| one.code == unit.code)?;
        let cell = row.cells.first().copied()?;
        let told = format!("{}, {}: {}", name(purpose), name(unit), words::cell(cell, language));
        Some(Square { x: LEFT + x * SQUARE + 1, y: TOP + y * SQUARE + 1, shade: shade(cell, doc), told })
    };
    let named = |labels: &[&Label], start: usize, sign: fn(usize) -> String| -> Vec<Named> {
        let one = |(at, label): (usize, &&Label)| Named {
            at: start + at * SQUARE + SQUARE / 2,
            sign: sign(at),
            name: Told::label(label, language),
        };
        labels.iter().enumerate().map(one).collect()
    };
    let svg = Heat {
        title: pick(language, "Zweck und Organisationseinheit", "Purpose and organisational unit").to_owned(),
        height: TOP + purposes.len() * SQUARE + 4,
        width: WIDTH,
        rows: named(&purposes, TOP, letter),
        columns: named(&units, LEFT, |at| (at + 1).to_string()),
        squares: all.iter().filter_map(square).collect(),
        purposes: pick(language, "Zwecke (Zeilen)", "Purposes (rows)"),
        units: pick(language, "Organisationseinheiten (Spalten)", "Organisational units (columns)"),
        shades: shades(doc, language),
        more: more([count(all, 0) - purposes.len(), count(all, 1) - units.len()], language),
    };
    Ok(Chart(svg.render()?))
}

/// Purposes with the most records, and units that accessed for them: of each purpose the largest, then those with the most
/// records. So the chart can be read, and has no row and no column that would be empty.
fn largest<'r>(rows: &'r [Row], totals: &Totals) -> (Vec<&'r Label>, Vec<&'r Label>) {
    let purposes: Vec<_> = by_size(rows.iter(), 0, totals).into_iter().take(MOST).collect();
    let of = |row: &Row, purpose: &Label| row.key.first().is_some_and(|label| label.code == purpose.code);
    let units_of = |purpose: &Label| by_size(rows.iter().filter(|row| of(row, purpose)), 1, totals);
    let mut units: Vec<&Label> = Vec::new();
    let shown = rows.iter().filter(|row| purposes.iter().any(|purpose| of(row, purpose)));
    let first = purposes.iter().filter_map(|purpose| units_of(purpose).into_iter().next());
    for unit in first.chain(by_size(shown, 1, totals)) {
        if units.len() < MOST && units.iter().all(|one| one.code != unit.code) {
            units.push(unit);
        }
    }
    units.sort_by_key(|unit| totals.order(1, unit));
    (purposes, units)
}

/// The labels of a part of the key, those with the most records first.
fn by_size<'r>(rows: impl Iterator<Item = &'r Row>, place: usize, totals: &Totals) -> Vec<&'r Label> {
    let mut labels: Vec<_> = rows.filter_map(|row| row.key.get(place)).collect();
    labels.sort_by_key(|label| totals.order(place, label));
    labels.dedup_by_key(|label| label.code.as_str());
    labels
}

/// How many records purposes and units have altogether, as far as their own tables tell: squares are told too roughly to be
/// added up.
struct Totals([BTreeMap<String, u64>; 2]);

impl Totals {
    fn of(doc: &Document) -> Self {
        let totals = |id| {
            let rows = doc.table(id).map(|table| table.rows.as_slice()).unwrap_or_default();
            let total = |row: &Row| Some((row.key.first()?.code.clone(), row.cells.first()?.number()?));
            rows.iter().filter_map(total).collect()
        };
        Self(["by_purpose", "by_unit"].map(totals))
    }

    /// What a label is sorted by. Of those that are not told, nothing but their codes says which comes first.
    fn order<'l>(&self, place: usize, label: &'l Label) -> (std::cmp::Reverse<u64>, &'l str) {
        let total = self.0.get(place).and_then(|totals| totals.get(&label.code)).copied();
        (std::cmp::Reverse(total.unwrap_or_default()), label.code.as_str())
    }
}

/// How many labels a part of the key has.
fn count(rows: &[Row], place: usize) -> usize {
    rows.iter().filter_map(|row| row.key.get(place)).map(|label| &label.code).collect::<BTreeSet<_>>().len()
}

/// How many purposes and units are in the table only.
fn more(numbers: [usize; 2], language: Language) -> Option<String> {
    let names = pick(
        language,
        [["Zweck", "Zwecke"], ["Organisationseinheit", "Organisationseinheiten"]],
        [["purpose", "purposes"], ["organisational unit", "organisational units"]],
    );
    let told = |(number, [one, several]): (usize, [&str; 2])| {
        (number > 0).then(|| format!("{number} {}", if number == 1 { one } else { several }))
    };
    let told: Vec<_> = numbers.into_iter().zip(names).filter_map(told).collect();
    let told = told.join(pick(language, " und ", " and "));
    (!told.is_empty()).then(|| {
        pick(
            language,
            format!(
                "Gezeigt sind die Zwecke mit den meisten Zugriffseinträgen und Einheiten, die dazu zugriffen. Weitere stehen nur in der Tabelle: {told}."
            ),
            format!(
                "Shown are the purposes with the most records, and units that accessed for them. Further ones are in the table only: {told}."
            ),
        )
    })
}

fn at_least(cell: Cell) -> u64 {
    match cell {
        Cell::Number(number) | Cell::Between(number, _) => number,
        Cell::FewerThan(_) | Cell::Hidden => 0,
    }
}

/// Where shades begin: as the bands of figures that are told roughly; where all are told exactly, so far apart that the
/// highest just reaches the last shade.
fn begins(doc: &Document) -> [u64; 4] {
    let (first, factor) = match doc.about.fewer_than {
        Some(fewer_than) => (fewer_than, BAND),
        None => (1, factor(highest(doc))),
    };
    [0, 1, 2, 3].map(|band| first.saturating_mul(factor.saturating_pow(band)))
}

fn highest(doc: &Document) -> u64 {
    let rows = doc.table("purpose_by_unit").map(|table| table.rows.as_slice()).unwrap_or_default();
    rows.iter().filter_map(|row| row.cells.first()).map(|cell| at_least(*cell)).max().unwrap_or_default()
}

/// The smallest factor by which four bands from 1 take in that number.
fn factor(number: u64) -> u64 {
    let takes_in = |factor: &u64| factor.checked_pow(4).is_none_or(|end| end > number);
    (BAND..=1 << 16).find(takes_in).unwrap_or(1 << 16)
}

fn shade(cell: Cell, doc: &Document) -> u8 {
    let reached = begins(doc).into_iter().filter(|begin| at_least(cell) >= *begin).count();
    u8::try_from(reached).unwrap_or(4)
}

fn shades(doc: &Document, language: Language) -> Vec<(u8, String)> {
    let begins = begins(doc);
    let ends = begins.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let told = begins.iter().zip(ends).map(|(from, to)| words::cell(Cell::Between(*from, to), language));
    (1..).zip(told).collect()
}

fn letter(at: usize) -> String {
    u8::try_from(at)
        .ok()
        .and_then(|at| b'A'.checked_add(at))
        .map_or(String::new(), |letter| char::from(letter).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(counts: &[(u8, u8, u64)]) -> Vec<Row> {
        let row = |(purpose, unit, count): &(u8, u8, u64)| Row {
            key: vec![Label::code(format!("p{purpose}")), Label::code(format!("u{unit}"))],
            cells: vec![Cell::Number(*count)],
        };
        counts.iter().map(row).collect()
    }

    /// The totals of a table that is told exactly.
    fn totals(counts: &[(u8, u8, u64)]) -> Totals {
        let mut totals = Totals(Default::default());
        for (purpose, unit, count) in counts {
            *totals.0[0].entry(format!("p{purpose}")).or_default() += count;
            *totals.0[1].entry(format!("u{unit}")).or_default() += count;
        }
        totals
    }

    proptest! {
        #[test]
        fn no_row_and_no_column_that_is_shown_is_empty(
            counts in proptest::collection::vec((0_u8..40, 0_u8..40, 1_u64..500), 1..120),
        ) {
            let rows = table(&counts);
            let (purposes, units) = largest(&rows, &totals(&counts));
            prop_assert!(!purposes.is_empty() && purposes.len() <= MOST && units.len() <= MOST);
            let meet = |purpose: &Label, unit: &Label| rows.iter().any(|row| row.key[0] == *purpose && row.key[1] == *unit);
            prop_assert!(purposes.iter().all(|purpose| units.iter().any(|unit| meet(purpose, unit))));
            let told = totals(&counts);
            let least = purposes.last().map(|purpose| told.0[0][&purpose.code]);
            let more = told.0[0].values().filter(|total| Some(**total) > least).count();
            prop_assert!(more < MOST, "no purpose with more records is left out");
            prop_assert!(units.iter().all(|unit| purposes.iter().any(|purpose| meet(purpose, unit))));
        }
    }

    #[test]
    fn how_many_are_not_shown_is_told() {
        // Each purpose has a unit of its own; the last three have most.
        let counts: Vec<_> = (0..13).map(|at| (at, at, 1 + u64::from(at / 10))).collect();
        let rows = table(&counts);
        let (purposes, units) = largest(&rows, &totals(&counts));
        assert_eq!((purposes.len(), units.len(), purposes[0].code.as_str()), (10, 10, "p10"));
        let told = |numbers| more(numbers, Language::German);
        assert_eq!(count(&rows, 0) - purposes.len(), 3);
        assert!(told([3, 1]).unwrap().ends_with(": 3 Zwecke und 1 Organisationseinheit."));
        assert!(told([0, 2]).unwrap().ends_with(": 2 Organisationseinheiten."));
        assert_eq!(told([0, 0]), None);
    }

    #[test]
    fn the_highest_number_reaches_the_last_shade_and_no_more_than_it() {
        for number in [64, 255, 256, 900, 3_425, 1_000_000, u64::MAX] {
            let factor = factor(number);
            assert!(factor.pow(3) <= number, "{number}: {factor}");
            assert!(u128::from(number) < u128::from(factor).pow(4), "{number}: {factor}");
        }
        assert_eq!((factor(0), factor(255), factor(256), factor(3_425)), (BAND, BAND, 5, 8));
    }
}
