//! How entries are listed: as a table, as JSON lines, as CSV.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{Attribute, Cell, ContentArrangement, Row, Table, presets};
use einsicht_access::field;

use crate::annotated::Remarks;
use crate::output::{self, Out, Stream, escape};
use crate::view::{self, EntryView};

/// Columns of the table, by the names of the fields.
const COLUMNS: [&str; 8] =
    ["occurred_at", "operation", "dataset", "purpose", "unit", "role", "outcome", "deviates"];

/// The first columns: index, time, operation.
const UNBROKEN_COLUMNS: usize = 3;

/// The column of what other entries say.
const REMARKS: &str = "annotations";

/// Lists entries one by one.
pub struct Printer {
    out: Out,
    kind: Kind,
}

enum Kind {
    Table(Box<Table>),
    Json,
    Csv { has_header: bool },
}

impl Printer {
    /// A table, unless one of the others is wanted.
    pub fn new(json: bool, csv: bool) -> Self {
        let kind = match (json, csv) {
            (true, _) => Kind::Json,
            (_, true) => Kind::Csv { has_header: false },
            _ => Kind::Table(Box::new(table())),
        };
        Self { out: Out::new(), kind }
    }

    /// Lists an entry. False: nobody reads on.
    ///
    /// # Errors
    /// Standard output can't be written to.
    pub fn add(&mut self, entry: EntryView) -> anyhow::Result<bool> {
        match &mut self.kind {
            Kind::Json => output::unless_closed(self.out.json(&entry)),
            Kind::Table(table) => {
                table.add_row(row(&entry));
                Ok(true)
            }
            Kind::Csv { has_header } => {
                let mut written = Ok(());
                if !std::mem::replace(has_header, true) {
                    written = csv_line(&mut self.out, csv_columns().map(str::to_owned));
                }
                output::unless_closed(written.and_then(|()| csv_line(&mut self.out, csv_values(&entry))))
            }
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Standard output can't be written to.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let written = match &self.kind {
            Kind::Table(table) if table.row_count() > 0 => {
                let cells = |row: &Row| row.cell_iter().map(Cell::content).collect::<Vec<_>>();
                match is_too_wide(table) {
                    true => table.row_iter().try_for_each(|row| self.out.line(&told(&cells(row)))),
                    false => writeln!(self.out, "{}", table.trim_fmt()),
                }
            }
            _ => Ok(()),
        };
        output::unless_closed(written.and_then(|()| self.out.flush())).map(drop)
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let arrangement =
        if io::stdout().is_terminal() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
    table.set_content_arrangement(arrangement);
    let is_bold = output::has_colour(Stream::Out);
    let header = std::iter::once("index").chain(COLUMNS).chain([REMARKS]).map(|name| {
        let cell = Cell::new(name);
        if is_bold { cell.add_attribute(Attribute::Bold) } else { cell }
    });
    table.set_header(header);
    table
}

/// Whether a terminal is too narrow for the table as it is: its columns would be broken into strips.
fn is_too_wide(table: &Table) -> bool {
    let columns = table.width().map(usize::from);
    let mut whole = table.clone();
    whole.set_content_arrangement(ContentArrangement::Disabled);
    columns.is_some_and(|columns| whole.lines().any(|line| line.trim_end().chars().count() > columns))
}

/// What stands in the cells of an entry, as a line that may go on below.
fn told(cells: &[String]) -> String {
    let (first, rest) = cells.split_at(UNBROKEN_COLUMNS.min(cells.len()));
    let names = COLUMNS.into_iter().chain([REMARKS]).skip(UNBROKEN_COLUMNS - 1);
    let rest = names.zip(rest).filter(|(_, cell)| !cell.is_empty()).map(|(name, cell)| match name {
        "outcome" | "deviates" | REMARKS => format!("{name}: {cell}"),
        _ => cell.clone(),
    });
    format!("{}  {}", first.join("  "), rest.collect::<Vec<_>>().join(", ")).trim_end().to_owned()
}

fn row(entry: &EntryView) -> Vec<String> {
    let mut row = vec![entry.index.to_string()];
    if let Some(until) = hidden_until(entry) {
        row.extend([view::time(entry.recorded_at), format!("(confidential until {until})")]);
    } else if entry.kind == "access" {
        row.extend(COLUMNS.map(|name| escape::value(&entry.text(name)).into_owned()));
    } else {
        row.extend([view::time(entry.recorded_at), format!("({})", entry.kind)]);
    }
    let remarks = remarks(entry);
    if !remarks.is_empty() {
        row.resize(1 + COLUMNS.len(), String::new());
        row.push(remarks);
    }
    row
}

/// The day before which the law forbids showing the access, if the entry shows nothing else of it.
fn hidden_until(entry: &EntryView) -> Option<String> {
    let until = entry.field("confidential_until").filter(|_| entry.field("dataset").is_none());
    until.map(|until| escape::value(&until.to_string()).into_owned())
}

/// What other entries say about it, in a few words.
fn remarks(entry: &EntryView) -> String {
    entry.remarks.as_ref().map(Remarks::short).unwrap_or_default()
}

fn csv_columns() -> impl Iterator<Item = &'static str> {
    ["index", "recorded_at", "kind"].into_iter().chain(field::columns()).chain(["leaf_hash", REMARKS])
}

fn csv_values(entry: &EntryView) -> impl Iterator<Item = String> {
    let fixed = [entry.index.to_string(), view::time(entry.recorded_at), entry.kind.to_owned()];
    let values = field::columns().map(|name| escape::cell(&entry.text(name)).into_owned());
    fixed.into_iter().chain(values).chain([entry.leaf_hash.to_hex(), remarks(entry)])
}

fn csv_line(out: &mut Out, values: impl Iterator<Item = String>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(values.collect::<Vec<_>>());
    written.map_err(io::Error::other)?;
    out.write_all(&writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use einsicht_access::body_bytes;
    use einsicht_access::entry::service_start;
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{AccessRecord, EntryBody};
    use einsicht_tlog::{Hash, Index, Leaf, RecordedAt};

    use super::*;

    fn view(body: &EntryBody) -> EntryView {
        let body = body_bytes(body);
        let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(60), body: &body };
        EntryView::read(Index(5), &leaf.to_bytes().unwrap()).unwrap()
    }

    fn hostile() -> EntryView {
        view(&EntryBody {
            content: Some(Content::Access(AccessRecord {
                dataset: "=cmd()\u{1b}[2J".into(),
                purpose: "a,\"b\"\nc".into(),
                operation: 3,
                ..AccessRecord::default()
            })),
        })
    }

    #[test]
    fn no_row_drives_the_terminal() {
        let row = row(&hostile());
        assert_eq!(row.get(3).map(String::as_str), Some(r"=cmd()\u{1b}[2J"));
        assert_eq!(row.get(4).map(String::as_str), Some(r#"a,"b"\nc"#));
    }

    #[test]
    fn an_entry_is_told_in_a_line_where_the_table_has_no_room() {
        let mut cells = row(&hostile());
        assert_eq!(told(&cells), r#"5  1970-01-01T00:00Z  query  =cmd()\u{1b}[2J, a,"b"\nc"#);
        cells.resize(COLUMNS.len(), String::new());
        cells.extend(["DE-03".to_owned(), "corrected by 7".to_owned()]);
        assert!(
            told(&cells).ends_with("nc, deviates: DE-03, annotations: corrected by 7"),
            "{}",
            told(&cells)
        );
        assert_eq!(told(&row(&view(&service_start("x")))), "5  1970-01-01T00:01:00Z  (service_start)");
    }

    #[test]
    fn csv_has_every_column_and_no_formula() {
        let values: Vec<_> = csv_values(&hostile()).collect();
        assert_eq!(values.len(), csv_columns().count());
        let column =
            |name| values.get(csv_columns().position(|column| column == name).unwrap()).unwrap().as_str();
        assert_eq!(column("dataset"), r"'=cmd()\u{1b}[2J");
        assert_eq!((column("index"), column("kind"), column("purpose")), ("5", "access", "a,\"b\"\nc"));
    }

    #[test]
    fn a_record_that_shows_nothing_yet_says_until_when() {
        let hidden = AccessRecord { confidential_until_day: Some(21_915), ..AccessRecord::default() };
        let row = row(&view(&EntryBody { content: Some(Content::Access(hidden)) }));
        assert_eq!(row, ["5", "1970-01-01T00:01:00Z", "(confidential until 2030-01-01)"]);
    }

    #[test]
    fn what_is_no_access_is_listed_by_its_kind() {
        assert_eq!(row(&view(&service_start("x"))), ["5", "1970-01-01T00:01:00Z", "(service_start)"]);
    }
}
