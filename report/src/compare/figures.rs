//! Differences between two `report.json`: figures first, told by table, row and column.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Found, Place, shown, shown_pair};

/// The first difference of two texts of JSON; `None` if one of them is none, or they differ in spelling alone.
pub fn difference(expected: &[u8], found: &[u8]) -> Option<Found> {
    let expected: Value = serde_json::from_slice(expected).ok()?;
    let found: Value = serde_json::from_slice(found).ok()?;
    in_tables(&expected, &found).or_else(|| in_value("", &expected, &found))
}

/// A figure.
fn in_tables(expected: &Value, found: &Value) -> Option<Found> {
    let ours = expected.get("tables")?.as_array()?;
    let theirs = found.get("tables")?.as_array()?;
    ours.iter().find_map(|table| {
        let id = table.get("id")?.as_str()?;
        let other = theirs.iter().find(|other| other.get("id").and_then(Value::as_str) == Some(id))?;
        in_table(id, table, other)
    })
}

fn in_table(id: &str, expected: &Value, found: &Value) -> Option<Found> {
    let (ours, theirs) = (rows(expected)?, rows(found)?);
    let names: Vec<&str> = expected.get("columns")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let figure = |row: &String, column: Option<&str>| Place::Figure {
        table: id.to_owned(),
        row: shown(row),
        column: column.map(str::to_owned),
    };
    for (row, cells) in &ours {
        let Some(others) = theirs.get(row) else {
            return Some((figure(row, None), Some(cells_told(cells)), None));
        };
        for (position, cell) in cells.iter().enumerate() {
            let other = others.get(position);
            if other != Some(cell) {
                let place = figure(row, names.get(position).copied());
                return Some((place, Some(told(cell)), other.map(|value| told(value))));
            }
        }
    }
    let more = theirs.iter().find(|(row, _)| !ours.contains_key(*row))?;
    Some((figure(more.0, None), None, Some(cells_told(more.1))))
}

/// Cells by the codes of the key.
fn rows(table: &Value) -> Option<BTreeMap<String, Vec<&Value>>> {
    let code = |label: &Value| {
        let code = label.get("code")?.as_str()?;
        Some(if code.is_empty() { "(not stated)" } else { code }.to_owned())
    };
    let row = |row: &Value| {
        let codes: Option<Vec<String>> = row.get("key")?.as_array()?.iter().map(code).collect();
        Some(codes?.join(" / "))
    };
    table
        .get("rows")?
        .as_array()?
        .iter()
        .map(|one| Some((row(one)?, one.get("cells")?.as_array()?.iter().collect())))
        .collect()
}

/// The first value that differs, by the names that lead to it.
fn in_value(path: &str, expected: &Value, found: &Value) -> Option<Found> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (expected, found) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().find_map(|name| one(&below(name), ours.get(name), theirs.get(name)))
        }
        (Value::Array(ours), Value::Array(theirs)) => (0..ours.len().max(theirs.len()))
            .find_map(|at| one(&below(&(at + 1).to_string()), ours.get(at), theirs.get(at))),
        _ => one(path, Some(expected), Some(found)),
    }
}

fn one(path: &str, expected: Option<&Value>, found: Option<&Value>) -> Option<Found> {
    match (expected, found) {
        (ours, theirs) if ours == theirs => None,
        (Some(ours), Some(theirs)) if is_nested(ours) && is_nested(theirs) => in_value(path, ours, theirs),
        _ => {
            let [one, other] = [expected, found].map(|value| value.map(text_of));
            let (one, other) = shown_pair(one.as_deref(), other.as_deref());
            Some((Place::Value(path.to_owned()), one, other))
        }
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

fn told(value: &Value) -> String {
    shown(&text_of(value))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cells_told(cells: &[&Value]) -> String {
    cells.iter().map(|cell| told(cell)).collect::<Vec<_>>().join(", ")
}
