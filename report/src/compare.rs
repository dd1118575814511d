//! Names the first difference between a report that was made again and one that was found.

mod figures;
mod pages;
mod sheets;

use std::fmt;

use crate::make::{Files, REPORT};
use crate::manifest::Manifest;

/// Longest text that is shown of a value.
const SHOWN_MAX: usize = 200;
/// How much of a longer one is shown before the first difference.
const BEFORE: usize = 60;

/// A difference. Displays as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What the log gives; `None`: nothing.
    pub expected: Option<String>,
    /// What stands there; `None`: nothing.
    pub found: Option<String>,
}

/// Where files differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A figure.
    Figure {
        /// Name of its table.
        table: String,
        /// Its row: the codes of its key.
        row: String,
        /// Its column; `None` if the whole row is there once only.
        column: Option<String>,
    },
    /// A value in JSON: the names that lead to it.
    Value(String),
    /// A line, from 1.
    Line(usize),
    /// The whole file.
    File,
}

/// The first difference, figures before texts, and the manifest, which differs with everything else, last; `None` if all
/// files are the same, byte for byte.
#[must_use]
pub fn compare(expected: &Files, found: &Files) -> Option<Difference> {
    let mut paths: Vec<&String> = expected.keys().chain(found.keys()).collect();
    paths.sort_by_key(|path| (rank(path), path.as_str()));
    paths.dedup();
    let differs = |path: &&String| expected.get(*path) != found.get(*path);
    let path = paths.into_iter().find(differs)?;
    let difference = |place, expected, found| Difference { file: path.clone(), place, expected, found };
    let (Some(expected), Some(found)) = (expected.get(path), found.get(path)) else {
        let there = |files: &Files| files.get(path).map(|bytes| format!("a file of {} bytes", bytes.len()));
        return Some(difference(Place::File, there(expected), there(found)));
    };
    let (place, expected, found) = by_kind(path, expected, found).unwrap_or_else(|| lines(expected, found));
    Some(difference(place, expected, found))
}

/// A place, what was expected there, and what was found.
type Found = (Place, Option<String>, Option<String>);

fn by_kind(path: &str, expected: &[u8], found: &[u8]) -> Option<Found> {
    match path.rsplit_once('.') {
        Some((_, "json")) => figures::difference(expected, found),
        Some((name, "csv")) => sheets::difference(name.trim_start_matches("csv/"), expected, found),
        Some((_, "html")) => pages::difference(expected, found),
        _ => None,
    }
}

fn rank(path: &str) -> u8 {
    match path {
        REPORT => 0,
        path if path.starts_with("csv/") => 1,
        Manifest::PATH => 4,
        path if path.ends_with(".html") => 2,
        _ => 3,
    }
}

/// The first line that differs.
fn lines(expected: &[u8], found: &[u8]) -> Found {
    let (expected, found) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(found));
    let (mut ours, mut theirs) = (expected.split('\n'), found.split('\n'));
    for number in 1.. {
        match (ours.next(), theirs.next()) {
            (None, None) => break,
            (one, other) if one != other => {
                let (one, other) = shown_pair(one, other);
                return (Place::Line(number), one, other);
            }
            _ => {}
        }
    }
    // Bytes that are no text look alike.
    (Place::File, Some("other bytes".to_owned()), Some("bytes that are no text".to_owned()))
}

/// A text, cut where it is long, and in one line.
fn shown(text: &str) -> String {
    excerpt(text.trim(), 0)
}

/// Two texts in one line each; where one is long, what stands around the first difference.
fn shown_pair(one: Option<&str>, other: Option<&str>) -> (Option<String>, Option<String>) {
    let (Some(one), Some(other)) = (one, other) else { return (one.map(shown), other.map(shown)) };
    // Where they differ in the space around them alone, that is the difference.
    let (one, other) = if one.trim() == other.trim() { (one, other) } else { (one.trim(), other.trim()) };
    let is_long = [one, other].iter().any(|text| text.chars().count() > SHOWN_MAX);
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if is_long { same.saturating_sub(BEFORE) } else { 0 };
    (Some(excerpt(one, from)), Some(excerpt(other, from)))
}

/// Of a text what stands from that character on, as far as it is shown.
fn excerpt(text: &str, from: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let after = if text.chars().count() > from + SHOWN_MAX { "…" } else { "" };
    let shown: String = text.chars().skip(from).take(SHOWN_MAX).map(plain).collect();
    format!("{before}{shown}{after}")
}

/// What could move the cursor of a terminal is not shown.
fn plain(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file)?;
        match &self.place {
            Place::Figure { table, row, column } => {
                write!(formatter, ": table {table}, row {row}")?;
                if let Some(column) = column {
                    write!(formatter, ", column {column}")?;
                }
            }
            Place::Value(path) => write!(formatter, ": {path}")?,
            Place::Line(line) => write!(formatter, ", line {line}")?,
            Place::File => {}
        }
        let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(formatter, ": expected {}, found {}", told(&self.expected), told(&self.found))
    }
}

#[cfg(test)]
mod tests;
