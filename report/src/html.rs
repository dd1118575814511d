//! The report as pages: plain HTML in one file each, without scripts or anything from elsewhere, to be read on any
//! screen, read aloud, printed and kept. There is one template for each language.

mod chart;
mod tables;
#[cfg(test)]
mod tests;
mod told;
mod when;
mod words;

use askama::Template;
use einsicht_access::sentence::Language;
use einsicht_tlog::hash::{encode_base64, sha256};

use self::chart::Chart;
use self::tables::TableView;
use self::told::Told;
use crate::cell::Cell;
use crate::document::{CommitmentText, Document, Text};
use crate::figures::Figures;
use crate::make::MakeError;

const STYLE: &str = include_str!("../templates/style.css");

/// What a page shows, told in its language.
struct Page<'a> {
    doc: &'a Document,
    figures: &'a Figures,
    /// Paths of the files that the city added.
    inputs: &'a [&'a str],
    language: Language,
}

#[derive(Template)]
#[template(path = "de.html")]
struct German<'a> {
    page: Page<'a>,
}

#[derive(Template)]
#[template(path = "en.html")]
struct English<'a> {
    page: Page<'a>,
}

/// The page in that language.
pub fn page(
    doc: &Document,
    figures: &Figures,
    inputs: &[&str],
    language: Language,
) -> Result<Vec<u8>, MakeError> {
    let page = Page { doc, figures, inputs, language };
    let text = match language {
        Language::German => German { page }.render(),
        Language::English => English { page }.render(),
    };
    let text = text.map_err(|error| MakeError::Write { what: "HTML", error: error.to_string() })?;
    let mut text: String = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .fold(String::new(), |all, line| all + line.trim_start() + "\n");
    text = text.chars().map(visible).collect();
    Ok(text.into_bytes())
}

/// Characters that can't be seen, or turn the direction of what follows, are shown as such.
fn visible(character: char) -> char {
    match character {
        '\n' => character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

impl Page<'_> {
    fn style(&self) -> &'static str {
        STYLE
    }

    /// What the browser is told to apply, and nothing else: this style.
    fn style_hash(&self) -> String {
        encode_base64(&sha256(STYLE.as_bytes()).0)
    }

    fn text(&self, text: &Text) -> Told {
        Told::text(text, self.language)
    }

    fn cell(&self, cell: &Cell) -> String {
        words::cell(*cell, self.language)
    }

    fn number(&self, number: &u64) -> String {
        self.language.number(*number)
    }

    fn table(&self, id: &str) -> TableView {
        TableView::new(self.doc, id, self.language)
    }

    /// A single figure of a table.
    fn figure(&self, table: &str, code: &str, column: &str) -> String {
        let cell = self.doc.table(table).and_then(|table| table.cell(code, column));
        // A row that is not there counts nothing.
        self.cell(&cell.unwrap_or(Cell::Number(0)))
    }

    /// The verdicts on a commitment.
    fn verdict(&self, commitment: &CommitmentText, column: &str) -> Cell {
        let table = self.doc.table("commitments");
        table.and_then(|table| table.cell(&commitment.id, column)).unwrap_or(Cell::Hidden)
    }

    fn told(&self, commitment: &CommitmentText, column: &str) -> String {
        self.cell(&self.verdict(commitment, column))
    }

    fn is_none(&self, cell: &Cell) -> bool {
        *cell == Cell::Number(0)
    }

    /// How many commitments have no deviation in the period.
    fn without_deviation(&self) -> usize {
        let fits = |one: &&CommitmentText| self.is_none(&self.verdict(one, "deviates"));
        self.doc.commitments.iter().filter(fits).count()
    }

    /// How many of these have records that say too little to be verified.
    fn unclear_without_deviation(&self) -> usize {
        let none = |one: &&CommitmentText| self.is_none(&self.verdict(one, "deviates"));
        let unclear = |one: &&CommitmentText| {
            !matches!(self.verdict(one, "not_verifiable"), Cell::Number(0) | Cell::Hidden)
        };
        self.doc.commitments.iter().filter(none).filter(unclear).count()
    }

    /// Whether the ledger was not there yet when the period began.
    fn began_late(&self) -> bool {
        self.figures.began_at.0 > self.figures.scope().span().first_s
    }

    /// Whether the months that are shown begin with the ledger.
    fn began_in_trend(&self) -> bool {
        self.figures.began_at.0 > self.figures.scope().trend_from_s()
    }

    /// Whether the last month that is shown goes on behind the period.
    fn ends_within_month(&self) -> bool {
        let scope = self.figures.scope();
        scope.zone().span_of(scope.period().last_month()).end_s > scope.span().end_s
    }

    /// Whether there are months that the period goes on in, and that had not begun when the newest entry was recorded.
    fn has_months_to_come(&self) -> bool {
        let scope = self.figures.scope();
        scope.zone().month_of(self.figures.newest.0) < scope.period().last_month()
    }

    fn fewer_than(&self) -> String {
        self.cell(&Cell::FewerThan(self.doc.about.fewer_than.unwrap_or_default()))
    }

    fn has_gaps(&self) -> bool {
        let table = self.doc.table("recorders");
        let missing = |table: &crate::document::Table| {
            table
                .rows
                .iter()
                .any(|row| table.cell_of(row, "missing").is_some_and(|cell| !self.is_none(&cell)))
        };
        table.is_some_and(missing)
    }

    fn has_rows(&self, id: &str) -> bool {
        self.doc.table(id).is_some_and(|table| !table.rows.is_empty())
    }

    /// How many missing numbers may be those of confidential records.
    fn maybe_hidden(&self) -> Cell {
        let table = self.doc.table("ledger");
        table.and_then(|table| table.cell("missing_maybe_hidden", "entries")).unwrap_or(Cell::Hidden)
    }

    /// Whether verdicts are shown of records that were judged without the rule.
    fn has_not_in_force(&self) -> bool {
        tables::has_any(self.doc, "not_in_force")
    }

    /// Whether a month of a commitment is not told.
    fn has_hidden_months(&self) -> bool {
        let table = self.doc.table("commitments_by_month");
        let is_hidden = |row: &crate::document::Row| row.cells.contains(&Cell::Hidden);
        table.is_some_and(|table| table.rows.iter().any(is_hidden))
    }

    fn is_closed(&self) -> bool {
        self.doc.about.fewer_than.is_some()
    }

    fn wording_checked(&self) -> bool {
        self.doc.charters.last().is_some_and(|charter| charter.wording_checked)
    }

    fn months_chart(&self) -> Result<Chart, askama::Error> {
        chart::months(self.doc, self.language)
    }

    fn commitments_chart(&self) -> Result<Chart, askama::Error> {
        chart::commitments(self.doc, self.language)
    }

    fn heat_map(&self) -> Result<Chart, askama::Error> {
        chart::heat_map(self.doc, self.language)
    }
}
