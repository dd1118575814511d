//! A report as data: every figure and every text that page, JSON and CSV show. What is hidden is hidden in here already.

mod commitments;
mod confidential;
mod events;
mod labels;
mod tables;
mod trend;

use einsicht_access::charter::Titles;
use einsicht_tlog::hash::{encode_base64, to_hex};
use serde::Serialize;

use crate::cell::Cell;
use crate::figures::Figures;
use crate::inputs::Parsed;
use einsicht_access::period::rfc3339;

pub use self::commitments::{CommitmentText, Earlier, Question};
pub use self::events::{CharterText, PublishedText};

/// Version of this layout, first in `report.json`.
pub const FORMAT: &str = "einsicht/report/v1";

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// [`FORMAT`].
    pub format: &'static str,
    /// What it is about.
    pub about: About,
    /// Each rule that was in force in the period, in the order of the charter.
    pub commitments: Vec<CommitmentText>,
    /// What people answer.
    pub questions: Vec<Question>,
    /// What the city says of its systems.
    pub coverage: Option<crate::inputs::Coverage>,
    /// Charters that were published up to the end of the period.
    pub charters: Vec<CharterText>,
    /// Reports that were published within the period.
    pub reports: Vec<PublishedText>,
    /// Every figure.
    pub tables: Vec<Table>,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// Name of the ledger.
    pub origin: String,
    /// Whether its entries are made up.
    pub simulated: bool,
    /// The period: `2026-11`.
    pub period: String,
    /// The time zone that it is cut in.
    pub time_zone: String,
    /// The time zone that the charter names, if there is none of that name.
    pub unknown_time_zone: Option<String>,
    /// Its first instant (RFC 3339, UTC).
    pub first_instant: String,
    /// The instant behind its last one.
    pub end_instant: String,
    /// Whether it was not over when the newest entry was recorded.
    pub provisional: bool,
    /// When the newest entry was recorded.
    pub newest_entry_at: String,
    /// When entry 0 was recorded.
    pub began_at: String,
    /// How many entries were read.
    pub tree_size: u64,
    /// Root of the tree over them, base64.
    pub root: String,
    /// Index of the last entry of the charter in force at the end of the period.
    pub charter: Option<u64>,
    /// Counts from 1 to below this are hidden; `None` if the entries are public and all is told.
    pub fewer_than: Option<u64>,
    /// Index of the entry of the report that this one corrects.
    pub corrects: Option<u64>,
    /// Whether every number that is missing in a session of the period is counted: too many sessions can't be followed.
    pub gaps_complete: bool,
    /// The first entry of the period; `None` if there is none.
    pub first_entry: Option<Cell>,
    /// The last one.
    pub last_entry: Option<Cell>,
    /// Records and accesses of the period.
    pub total: [Cell; 2],
    /// The software that made the report.
    pub software: String,
}

/// A text in both languages. Where a charter or a file has no English, that is the German one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// German.
    pub de: String,
    /// English.
    pub en: String,
    /// How many bytes at the beginning of the English one are German, because there is no English for them.
    #[serde(skip)]
    pub(crate) german: usize,
}

/// A table of figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name; that of its CSV, too.
    pub id: &'static str,
    /// What its rows are about: names of the parts of their keys.
    pub keys: Vec<&'static str>,
    /// Its figures.
    pub columns: Vec<&'static str>,
    /// Whether its rows are not told, because small counts could be computed from any of them.
    pub withheld: bool,
    /// The rows, in a fixed order.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about: as many as the table has keys.
    pub key: Vec<Label>,
    /// As many as it has columns.
    pub cells: Vec<Cell>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// A code as it stands in the log; empty if the records do not say.
    pub code: String,
    /// What it is called, if anybody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub de: Option<String>,
    /// In English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// Whether that is the German one, because there is no other.
    #[serde(skip)]
    pub(crate) is_german: bool,
}

impl Document {
    /// Puts figures together with what is not in the log.
    pub(crate) fn new(figures: &Figures, inputs: &Parsed) -> Self {
        Self {
            format: FORMAT,
            about: about(figures, inputs),
            commitments: commitments::texts(figures),
            questions: commitments::questions(figures, inputs.answers.as_ref()),
            coverage: inputs.coverage.as_ref().map(|coverage| coverage.within(figures.scope())),
            charters: events::charters(figures),
            reports: events::reports(figures),
            tables: tables::all(figures, inputs),
        }
    }

    /// The table of that name.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }
}

impl Table {
    /// The cell of a row with that code, and of that column.
    pub fn cell(&self, code: &str, column: &str) -> Option<Cell> {
        let row = self.rows.iter().find(|row| row.key.first().is_some_and(|key| key.code == code))?;
        self.cell_of(row, column)
    }

    /// The cell of that column.
    pub fn cell_of(&self, row: &Row, column: &str) -> Option<Cell> {
        row.cells.get(self.columns.iter().position(|one| *one == column)?).copied()
    }
}

impl Text {
    /// In both languages, as far as there is an English one.
    pub(crate) fn new(de: String, en: Option<String>) -> Self {
        let german = if en.is_none() { de.len() } else { 0 };
        Self { en: en.unwrap_or_else(|| de.clone()), de, german }
    }

    /// The titles of a charter.
    pub(crate) fn of(titles: &Titles) -> Self {
        Self::new(titles.german.clone(), titles.english.clone())
    }
}

fn about(figures: &Figures, inputs: &Parsed) -> About {
    let scope = figures.scope();
    let total = figures.cube.total();
    let records = inputs.hiding.total(total.records);
    let accesses = if records.number().is_some() { Cell::Number(total.accesses) } else { Cell::Hidden };
    let [first_entry, last_entry] = events::indexes(figures, inputs.hiding);
    About {
        origin: figures.genesis.origin.clone(),
        simulated: figures.genesis.simulated,
        period: scope.period().to_string(),
        time_zone: scope.zone().name().to_owned(),
        unknown_time_zone: figures.zone_unknown.clone(),
        first_instant: rfc3339(scope.span().first_s),
        end_instant: rfc3339(scope.span().end_s),
        provisional: figures.is_provisional(),
        newest_entry_at: rfc3339(figures.newest.0),
        began_at: rfc3339(figures.began_at.0),
        tree_size: inputs.head.size.0,
        root: encode_base64(&inputs.head.root.0),
        charter: figures.in_force().map(|in_force| in_force.index.0),
        fewer_than: Some(inputs.hiding.threshold()).filter(|threshold| *threshold > 0),
        corrects: inputs.corrects.map(|index| index.0),
        gaps_complete: figures.gaps_complete,
        first_entry,
        last_entry,
        total: [records, accesses],
        software: inputs.software.clone(),
    }
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    to_hex(bytes)
}
