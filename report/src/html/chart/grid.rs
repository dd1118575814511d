//! Commitments by month: whether everything fitted, anything deviated, or could not be verified.

use askama::Template;
use einsicht_access::sentence::Language;

use super::{Chart, WIDTH, years};
use crate::cell::Cell;
use crate::document::{Document, Row, Table};
use crate::html::when;
use crate::html::words::pick;

const ROW: usize = 26;
const TOP: usize = 38;
const LEFT: usize = 64;

#[derive(Template)]
#[template(path = "commitments.svg", escape = "html")]
struct Grid {
    title: String,
    height: usize,
    months: Vec<Head>,
    rows: Vec<Line>,
}

struct Head {
    x: usize,
    letter: String,
    year: Option<String>,
}

struct Line {
    y: usize,
    id: String,
    marks: Vec<Mark>,
}

struct Mark {
    x: usize,
    y: usize,
    deviates: bool,
    not_verifiable: bool,
    fits: bool,
    unknown: bool,
    told: String,
}

/// The chart of the table `commitments_by_month`.
pub fn commitments(doc: &Document, language: Language) -> Result<Chart, askama::Error> {
    let table = doc.table("commitments_by_month");
    let months: Vec<String> = doc
        .table("months")
        .map(|table| table.rows.iter().filter_map(|row| Some(row.key.first()?.code.clone())).collect())
        .unwrap_or_default();
    let step = (WIDTH - LEFT) / months.len().clamp(6, 13);
    let x = |position: usize| LEFT + position * step + step / 2;
    let codes: Vec<_> = months.iter().map(String::as_str).collect();
    let years = years(&codes, step);
    let head = |(position, code): (usize, &String)| {
        let (_, month) = code.split_once('-').unwrap_or_default();
        let letter = language.month(month.parse().unwrap_or_default()).chars().take(1).collect();
        Head { x: x(position), letter, year: years.get(position).cloned().flatten() }
    };
    let heads = months.iter().enumerate().map(head).collect();
    let line = |(position, id): (usize, &String)| {
        let y = TOP + position * ROW + ROW / 2;
        let of_month = |(at, month): (usize, &String)| {
            let table = table?;
            let codes = |row: &&Row| row.key.iter().map(|label| &label.code).eq([id, month]);
            Some(mark(table, table.rows.iter().find(codes)?, (x(at), y), language))
        };
        Line { y, id: short(id), marks: months.iter().enumerate().filter_map(of_month).collect() }
    };
    let ids: Vec<String> = doc.commitments.iter().map(|one| one.id.clone()).collect();
    let svg = Grid {
        title: pick(language, "Zusagen im Verlauf der Monate", "Commitments over the months").to_owned(),
        height: TOP + ids.len() * ROW + 8,
        months: heads,
        rows: ids.iter().enumerate().map(line).collect(),
    };
    Ok(Chart(svg.render()?))
}

fn mark(table: &Table, row: &Row, (x, y): (usize, usize), language: Language) -> Mark {
    let of = |column| table.cell_of(row, column).unwrap_or(Cell::Hidden);
    let some = |cell| !matches!(cell, Cell::Number(0) | Cell::Hidden);
    let (deviates, not_verifiable) = (some(of("deviates")), some(of("not_verifiable")));
    let none = |column| of(column) == Cell::Number(0);
    let fits = !none("kept") && none("deviates") && none("not_verifiable");
    let is_empty = none("kept") && none("deviates") && none("not_verifiable");
    let told = match (deviates, not_verifiable) {
        (true, true) => pick(language, "weicht ab; nicht prüfbar", "deviates; can’t be verified"),
        (true, false) => pick(language, "weicht ab", "deviates"),
        (false, true) => pick(language, "nicht prüfbar", "can’t be verified"),
        _ if fits => pick(language, "alle passen", "all fit"),
        _ if is_empty => pick(language, "keine Zugriffseinträge", "no records"),
        _ => pick(language, "nicht gezeigt", "not shown"),
    };
    let code = |at: usize| row.key.get(at).map(|label| label.code.as_str()).unwrap_or_default();
    let unknown = !deviates && !not_verifiable && !fits && !is_empty;
    Mark {
        x,
        y,
        deviates,
        not_verifiable,
        fits,
        unknown,
        told: format!("{}, {}: {told}", code(0), when::month(code(1), language)),
    }
}

/// As much of a code as there is room for.
fn short(id: &str) -> String {
    if id.chars().count() <= 8 { id.to_owned() } else { id.chars().take(7).chain(['…']).collect() }
}
