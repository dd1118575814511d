//! Tables as pages show them.

use einsicht_access::sentence::Language;

use super::told::Told;
use super::{when, words};
use crate::cell::Cell;
use crate::document::{Document, Label, Row, Table};

/// A table, told in a language.
#[derive(Default)]
pub struct TableView {
    pub id: &'static str,
    /// What its rows are about.
    pub keys: Vec<&'static str>,
    pub heads: Vec<&'static str>,
    pub rows: Vec<RowView>,
    /// Why it has no rows.
    pub empty: Option<&'static str>,
    /// What a longer table is folded behind.
    pub fold: Option<String>,
    /// What is said on paper instead of a table that stays folded there.
    pub in_file: Option<String>,
    /// What is said on paper where that has the first rows only.
    pub on_paper: Option<String>,
    /// Whether it has too many columns for a narrow screen.
    pub is_wide: bool,
}

/// A row.
pub struct RowView {
    /// The codes of its key.
    pub id: String,
    /// What it is about.
    pub names: Vec<Name>,
    pub cells: Vec<CellView>,
}

/// What a row is about: a name, and the code behind it where that is another one.
pub struct Name {
    pub name: Told,
    pub code: Option<String>,
}

/// A figure.
pub struct CellView {
    pub column: &'static str,
    pub head: &'static str,
    pub text: String,
    pub is_number: bool,
}

impl TableView {
    /// The table of that name; an empty one if there is none.
    pub fn new(doc: &Document, id: &str, language: Language) -> Self {
        let Some(table) = doc.table(id) else { return Self::default() };
        let shown = |column: &&'static str| is_told(doc, table, column);
        let columns: Vec<&'static str> = table.columns.iter().copied().filter(shown).collect();
        let rows = in_order(doc, table);
        let rows = rows.into_iter().map(|row| row_view(table, row, &columns, language)).collect();
        let is_by_size = doc.about.fewer_than.is_none() && is_counted(table);
        Self {
            id: table.id,
            keys: table.keys.iter().map(|key| words::head(key, language)).collect(),
            heads: columns.iter().map(|column| words::head(column, language)).collect(),
            rows,
            empty: empty(table, language),
            fold: (is_long(table) || is_cross(table)).then(|| words::fold(table.rows.len(), language)),
            in_file: is_cross(table).then(|| words::in_file(table.rows.len(), language)),
            on_paper: (is_long(table) && is_by_size).then(|| words::on_paper(table, ROWS_ON_PAPER, language)),
            is_wide: table.keys.len() + columns.len() > 3,
        }
    }
}

impl TableView {
    /// Whether paper does without the row at that position.
    pub fn is_row_off_paper(&self, position: &usize) -> bool {
        self.on_paper.is_some() && *position >= ROWS_ON_PAPER
    }
}

/// Longer tables are folded, and those of combinations, which a chart tells.
const ROWS_AT_ONCE: usize = 25;
/// On paper, these have as many rows, if they begin with the largest.
const ROWS_ON_PAPER: usize = 20;

fn is_long(table: &Table) -> bool {
    table.rows.len() > ROWS_AT_ONCE
}

/// Whether its rows are combinations.
fn is_cross(table: &Table) -> bool {
    table.keys.len() > 1 && !table.rows.is_empty()
}

/// Whether its rows are counts of records by a code; months and commitments have an order of their own.
fn is_counted(table: &Table) -> bool {
    table.columns.contains(&"records") && !table.keys.contains(&"month")
}

/// The rows as a page shows them: those with the most records first, what is not stated last. Where entries are not
/// public, that order would tell what is hidden: there, it is that of codes.
fn in_order<'d>(doc: &Document, table: &'d Table) -> Vec<&'d Row> {
    let mut rows: Vec<_> = table.rows.iter().collect();
    if doc.about.fewer_than.is_none() && is_counted(table) {
        let records = |row: &Row| table.cell_of(row, "records").and_then(Cell::number).unwrap_or_default();
        let is_stated = |row: &Row| row.key.iter().all(|label| !label.code.is_empty());
        // Stable: those with as many stay in the order of their codes.
        rows.sort_by_key(|row| (!is_stated(row), std::cmp::Reverse(records(row))));
    }
    rows
}

fn empty(table: &Table, language: Language) -> Option<&'static str> {
    match (table.withheld, table.rows.is_empty()) {
        (true, _) if table.id == "corrections" => Some(words::pick(
            language,
            "Nicht gezeigt, weil die einzelnen Einträge nicht öffentlich sind.",
            "Not shown, because the single records are not public.",
        )),
        (true, _) => Some(words::pick(
            language,
            "Nicht gezeigt: Aus so wenigen Zugriffseinträgen ließen sich einzelne erschließen.",
            "Not shown: from so few records single ones could be worked out.",
        )),
        (false, true) => Some(words::pick(language, "Keine Einträge.", "No records.")),
        (false, false) => None,
    }
}

/// Columns that are nearly always empty are shown only where they are not: in each table that has such a column, or in none.
fn is_told(doc: &Document, table: &Table, column: &str) -> bool {
    let is_rare = matches!(column, "not_in_force" | "combined");
    !is_rare || !table.columns.contains(&column) || has_any(doc, column)
}

/// Whether a column of that name tells of anything but 0.
pub fn has_any(doc: &Document, column: &str) -> bool {
    let is_none = |cell: Option<Cell>| matches!(cell, None | Some(Cell::Number(0) | Cell::Hidden));
    let has = |table: &Table| table.rows.iter().any(|row| !is_none(table.cell_of(row, column)));
    doc.tables.iter().any(has)
}

fn row_view(table: &Table, row: &Row, columns: &[&'static str], language: Language) -> RowView {
    let cells = columns.iter().filter_map(|column| {
        let cell = table.cell_of(row, column)?;
        // Indexes are no quantities.
        let is_index = *column == "corrects";
        let text = if is_index { cell.to_string() } else { words::cell(cell, language) };
        Some(CellView {
            column,
            head: words::head(column, language),
            text,
            is_number: cell.number().is_some(),
        })
    });
    let names = table.keys.iter().zip(&row.key).map(|(key, label)| name(key, label, language));
    RowView {
        id: row.key.iter().map(|label| label.code.as_str()).collect::<Vec<_>>().join(" / "),
        names: names.collect(),
        cells: cells.collect(),
    }
}

fn name(key: &str, label: &Label, language: Language) -> Name {
    let title = Told::label(label, language);
    let has_title = label.de.is_some();
    let code = Some(label.code.clone()).filter(|code| !code.is_empty());
    match key {
        // In one line.
        "month" => {
            Name { name: Told::plain(when::month(&label.code, language).replace(' ', "\u{a0}")), code: None }
        }
        "commitment" => Name { name: title, code },
        // These names say all that there is.
        "what" | "operation" | "actor_kind" | "outcome" if has_title => Name { name: title, code: None },
        _ if has_title => Name { code: code.filter(|code| !title.is(code)), name: title },
        _ => Name { name: title, code: None },
    }
}
