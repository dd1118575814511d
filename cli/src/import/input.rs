//! Reads a log record by record: lines in a layout, CSV, or JSON lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, Read};

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use serde_json::{Map, Value};

use super::line::LineError;
use super::mapping::{Layout, Mapping};
use super::pattern::{Pattern, PatternRow};
use super::template::Row;

/// Longest line that is read. Real ones have some hundred bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// How a log is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines as web servers write them (Apache common and combined), or in the mapping's own pattern
    Combined,
    /// Comma-separated values (RFC 4180), the first record naming the columns
    Csv,
    /// One JSON object per line
    Jsonl,
}

/// A log that is read record by record.
pub struct Input<R> {
    reader: Reader<R>,
}

enum Reader<R> {
    Pattern(Lines<R>, Pattern),
    Json(Lines<R>),
    Csv { reader: csv::Reader<R>, columns: HashMap<String, usize>, ragged: bool, record: csv::ByteRecord },
}

/// One record, and the line that it begins at, from 1.
pub struct Record<'i> {
    /// The line.
    pub line: u64,
    /// Its columns, or why it can't be read.
    pub row: Result<AnyRow<'i>, LineError>,
}

/// One record of any format.
pub enum AnyRow<'i> {
    /// A line in a layout.
    Pattern(PatternRow<'i>),
    /// A CSV record.
    Csv {
        /// Where each column is.
        columns: &'i HashMap<String, usize>,
        /// The values.
        record: csv::StringRecord,
    },
    /// A JSON object.
    Json(Map<String, Value>),
}

impl<R: BufRead> Input<R> {
    /// Begins to read; for CSV, reads the names of the columns.
    ///
    /// # Errors
    /// The mapping asks for columns that the log does not have, or the log can't be read.
    pub fn open(source: R, format: Format, mapping: &Mapping) -> anyhow::Result<Self> {
        let layout = &mapping.input;
        check_layout(format, layout)?;
        let reader = match format {
            Format::Jsonl => Reader::Json(Lines::new(source)),
            Format::Combined => {
                let pattern = Pattern::new(layout.pattern.as_deref()).context("[input] pattern")?;
                check_columns(mapping, &pattern.columns().collect::<Vec<_>>(), "the pattern")?;
                Reader::Pattern(Lines::new(source), pattern)
            }
            Format::Csv => {
                let (reader, columns) = csv_reader(source, layout)?;
                check_columns(mapping, &columns.iter().map(String::as_str).collect::<Vec<_>>(), "the file")?;
                let columns: HashMap<_, _> = columns.into_iter().zip(0..).collect();
                Reader::Csv { reader, columns, ragged: layout.ragged, record: csv::ByteRecord::new() }
            }
        };
        Ok(Self { reader })
    }

    /// The next record; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// The log can't be read on.
    pub fn next(&mut self) -> anyhow::Result<Option<Record<'_>>> {
        match &mut self.reader {
            Reader::Pattern(lines, pattern) => {
                let Some((line, text)) = lines.next()? else { return Ok(None) };
                let row = text.and_then(|text| pattern.read(text)).map(AnyRow::Pattern);
                Ok(Some(Record { line, row }))
            }
            Reader::Json(lines) => {
                let Some((line, text)) = lines.next()? else { return Ok(None) };
                Ok(Some(Record { line, row: text.and_then(|text| object(&text)).map(AnyRow::Json) }))
            }
            Reader::Csv { reader, columns, ragged, record } => loop {
                if !reader.read_byte_record(record).context("reading the file")? {
                    return Ok(None);
                }
                let line = record.position().map_or(0, csv::Position::line);
                if record.len() > 1 || record.iter().any(|value| !value.trim_ascii().is_empty()) {
                    return Ok(Some(Record { line, row: csv_row(record, columns, *ragged) }));
                }
            },
        }
    }
}

impl Row for AnyRow<'_> {
    fn value(&self, column: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Pattern(row) => row.value(column),
            Self::Csv { columns, record } => Some(Cow::Borrowed(record.get(*columns.get(column)?)?.trim())),
            Self::Json(object) => value_at(object, column).map(text_of),
        }
    }
}

/// Lines of text, without their ends, counted from 1.
struct Lines<R> {
    source: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(source: R) -> Self {
        Self { source, line: 0 }
    }

    /// The next line that is not empty, and its number.
    fn next(&mut self) -> anyhow::Result<Option<(u64, Result<String, LineError>)>> {
        loop {
            let mut bytes = Vec::new();
            let limit = LINE_BYTES_MAX as u64 + 1;
            let mut limited = self.source.by_ref().take(limit);
            if limited.read_until(b'\n', &mut bytes).context("reading the file")? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if bytes.len() > LINE_BYTES_MAX && !bytes.ends_with(b"\n") {
                self.skip_to_end()?;
                return Ok(Some((self.line, Err(LineError::TooLong { max: LINE_BYTES_MAX }))));
            }
            if self.line == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            let text = String::from_utf8(bytes);
            let text = text.map_err(|error| LineError::NotUtf8 { offset: error.utf8_error().valid_up_to() });
            let text = text.map(|text| text.trim_end_matches(['\n', '\r']).to_owned());
            if text.as_deref().is_ok_and(|text| text.trim().is_empty()) {
                continue;
            }
            return Ok(Some((self.line, text)));
        }
    }

    fn skip_to_end(&mut self) -> anyhow::Result<()> {
        loop {
            let (used, found) = match self.source.fill_buf().context("reading the file")? {
                [] => return Ok(()),
                buffer => match buffer.iter().position(|byte| *byte == b'\n') {
                    Some(position) => (position + 1, true),
                    None => (buffer.len(), false),
                },
            };
            self.source.consume(used);
            if found {
                return Ok(());
            }
        }
    }
}

fn check_layout(format: Format, layout: &Layout) -> anyhow::Result<()> {
    let is_csv = format == Format::Csv;
    let csv_only = layout.delimiter.is_some() || layout.columns.is_some() || layout.ragged;
    ensure!(is_csv || !csv_only, "[input] delimiter, columns and ragged are for --format csv");
    ensure!(
        format == Format::Combined || layout.pattern.is_none(),
        "[input] pattern is for --format combined"
    );
    Ok(())
}

fn check_columns(mapping: &Mapping, known: &[&str], of: &str) -> anyhow::Result<()> {
    for column in mapping.columns() {
        if !known.contains(&column) {
            bail!("the mapping uses the column {column:?}, but {of} has only {known:?}");
        }
    }
    Ok(())
}

fn csv_reader<R: Read>(source: R, layout: &Layout) -> anyhow::Result<(csv::Reader<R>, Vec<String>)> {
    let delimiter = u8::try_from(layout.delimiter.unwrap_or(',')).ok().filter(u8::is_ascii);
    let delimiter =
        delimiter.context("[input] delimiter must be an ASCII character, such as ';' or a tab")?;
    let mut builder = csv::ReaderBuilder::new();
    // Carriage returns stay at the end of the last value, where they are trimmed: as ends of records
    // they would make the reader miscount lines.
    builder.terminator(csv::Terminator::Any(b'\n'));
    builder.delimiter(delimiter).flexible(true).has_headers(layout.columns.is_none());
    let mut reader = builder.from_reader(source);
    let columns = match &layout.columns {
        Some(columns) => columns.clone(),
        None => {
            let header =
                reader.headers().context("the first line, which names the columns, can't be read")?;
            header.iter().map(|name| name.trim().to_owned()).collect()
        }
    };
    for (index, column) in columns.iter().enumerate() {
        let twice = columns.iter().take(index).any(|other| other == column);
        ensure!(!twice, "two columns are called {column:?}; name them in the mapping: [input] columns = […]");
    }
    Ok((reader, columns))
}

fn csv_row<'i>(
    record: &csv::ByteRecord,
    columns: &'i HashMap<String, usize>,
    ragged: bool,
) -> Result<AnyRow<'i>, LineError> {
    if record.len() != columns.len() && !ragged {
        return Err(LineError::Columns { expected: columns.len(), found: record.len() });
    }
    let record = csv::StringRecord::from_byte_record(record.clone());
    let record = record.map_err(|error| LineError::NotUtf8 { offset: error.utf8_error().valid_up_to() })?;
    Ok(AnyRow::Csv { columns, record })
}

fn object(text: &str) -> Result<Map<String, Value>, LineError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(LineError::NotAnObject),
        Err(error) => Err(LineError::NotJson { column: error.column() }),
    }
}

/// The value called `name`, or, if there is none, the one at the path `outer.inner`.
fn value_at<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let (outer, inner) = name.split_once('.')?;
    value_at(object.get(outer)?.as_object()?, inner)
}

/// Lists are joined with commas, which fields that hold codes take apart again.
fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => Cow::Owned(items.iter().map(text_of).collect::<Vec<_>>().join(",")),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
