//! Differences between two CSV files of a table.

use super::{Found, Place, shown, shown_pair};
use crate::sheet::has_names;

/// The first cell that differs; `None` if one of them is no CSV, or they differ in spelling alone.
pub fn difference(table: &str, expected: &[u8], found: &[u8]) -> Option<Found> {
    let (ours, theirs) = (records(expected)?, records(found)?);
    let heads = ours.first()?;
    // Names are given beside codes, and are no key.
    let is_name = |head: &str| head.ends_with("_de") || head.ends_with("_en");
    let codes = heads.iter().position(|head| !is_name(head) && is_figure(heads, head)).unwrap_or(heads.len());
    for at in 0..ours.len().max(theirs.len()) {
        let (Some(one), Some(other)) = (ours.get(at), theirs.get(at)) else {
            let place = Place::Figure { table: table.to_owned(), row: format!("{at}"), column: None };
            let told = |record: Option<&Vec<String>>| record.map(|cells| shown(&cells.join(", ")));
            return Some((place, told(ours.get(at)), told(theirs.get(at))));
        };
        if one == other {
            continue;
        }
        let key = one.iter().zip(heads).take(codes).filter(|(_, head)| !is_name(head));
        let row = key.map(|(code, _)| if code.is_empty() { "(not stated)" } else { code.as_str() });
        let row = shown(&row.collect::<Vec<_>>().join(" / "));
        let column = (0..one.len().max(other.len())).find(|column| one.get(*column) != other.get(*column))?;
        let place = Place::Figure { table: table.to_owned(), row, column: heads.get(column).cloned() };
        let cell = |cells: &'_ Vec<String>| cells.get(column).cloned();
        let (expected, found) = shown_pair(cell(one).as_deref(), cell(other).as_deref());
        return Some((place, expected, found));
    }
    None
}

/// Whether a column is behind those of the keys: a key has its names behind it, or can have none.
fn is_figure(heads: &[String], head: &str) -> bool {
    has_names(head) && !heads.iter().any(|other| *other == format!("{head}_de"))
}

fn records(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let record = |record: Result<csv::StringRecord, csv::Error>| {
        Some(record.ok()?.iter().map(str::to_owned).collect::<Vec<_>>())
    };
    reader.records().map(record).collect()
}
