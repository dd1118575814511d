//! What holds, as a table for people and as JSON for programs.

use serde_json::{Map, Value, json};

use crate::config::{CALLER_SETTINGS, Caller, Key, Kind, Loaded, Place, SETTINGS, Shape};

/// Spaces between columns.
const GAP: usize = 2;
/// Characters of a token's hash in the table: enough to tell them apart.
const HASH_DIGITS: usize = 8;

/// The table of settings and that of callers.
pub(super) fn text(loaded: &Loaded) -> String {
    let mut rows = vec![["SETTING", "VALUE", "FROM"].map(str::to_owned).to_vec()];
    for key in SETTINGS {
        let value = loaded.config.text_of(key).unwrap_or_else(|| "-".to_owned());
        rows.push(vec![key.name.to_owned(), printable(&value), place(loaded, key)]);
    }
    let settings = table(&rows);
    if loaded.config.callers.is_empty() {
        return format!("{settings}\n\nno callers: nobody can record");
    }
    let head =
        ["CALLER", "ROLE", "MAY RECORD", "KNOWN BY", "EVENTS/S", "REQUESTS/S", "REQUEST BYTES", "FROM"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (caller, place) in loaded.config.callers.iter().zip(&loaded.caller_places) {
        let of =
            |name| CALLER_SETTINGS.iter().find(|key| key.name == name).and_then(|key| caller.text_of(key));
        let shown = |name| of(name).unwrap_or_else(|| "-".to_owned());
        rows.push(vec![
            shown("name"),
            shown("role"),
            shown("datasets"),
            known_by(caller),
            shown("limits.events_per_second"),
            shown("limits.requests_per_second"),
            shown("limits.request_bytes"),
            place.told(&loaded.file),
        ]);
    }
    format!("{settings}\n\n{}", table(&rows))
}

/// The same, whole. Each value has the type that it has in the file.
pub(super) fn json(loaded: &Loaded) -> serde_json::Result<String> {
    let mut settings = Map::new();
    for key in SETTINGS {
        let value = loaded.config.text_of(key).map_or(Value::Null, |text| value(key, &text));
        settings.insert(key.name.to_owned(), json!({ "value": value, "from": place(loaded, key) }));
    }
    let callers = loaded.config.callers.iter().zip(&loaded.caller_places).map(|(caller, place)| {
        let mut fields = Map::new();
        for key in CALLER_SETTINGS {
            if let Some(text) = caller.text_of(key) {
                fields.insert(key.name.to_owned(), value(key, &text));
            }
        }
        fields.insert("from".to_owned(), Value::String(place.told(&loaded.file)));
        Value::Object(fields)
    });
    let callers: Vec<Value> = callers.collect();
    serde_json::to_string_pretty(&json!({ "settings": settings, "callers": callers }))
}

fn value(key: &Key, text: &str) -> Value {
    match key.kind {
        Kind::Many(_) => text.split_whitespace().map(str::to_owned).collect(),
        Kind::One(Shape::Boolean) => Value::Bool(text == "true"),
        Kind::One(Shape::Integer { .. }) => text.parse::<u64>().map_or(Value::Null, Value::from),
        Kind::One(_) => Value::String(text.to_owned()),
    }
}

fn place(loaded: &Loaded, key: &Key) -> String {
    loaded.places.get(key.name).unwrap_or(&Place::Default).told(&loaded.file)
}

fn known_by(caller: &Caller) -> String {
    let tokens = caller.token_hashes.iter().map(|hash| {
        let hex = hash.to_hex();
        format!("token {}…", hex.get(..HASH_DIGITS).unwrap_or(&hex))
    });
    let names = caller.certificates.iter().map(ToString::to_string);
    tokens.chain(names).collect::<Vec<_>>().join(", ")
}

/// A path may hold anything, a terminal should not get it.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Rows with their columns aligned. All rows have the same number of columns.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0) + GAP).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
