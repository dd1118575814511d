//! The tables of a report: each a sum over what was gathered.

use std::collections::BTreeMap;

use super::labels::label;
use super::{Label, Row, Table, commitments, confidential, events, trend};
use crate::cell::Cell;
use crate::cube::{Dimension, Tally, Value};
use crate::figures::{Figures, Recorder};
use crate::hiding::Hiding;
use crate::inputs::Parsed;

/// Tables by one dimension: name, and what it is about. Named after the field of the event.
const ONE_WAY: [(&str, &str, Dimension); 7] = [
    ("by_purpose", "purpose", Dimension::Purpose),
    ("by_legal_basis", "legal_basis", Dimension::LegalBasis),
    ("by_unit", "unit", Dimension::Unit),
    ("by_recipient", "recipient", Dimension::Recipient),
    ("by_operation", "operation", Dimension::Operation),
    ("by_actor_kind", "actor_kind", Dimension::ActorKind),
    ("by_outcome", "outcome", Dimension::Outcome),
];

/// All tables, in the order of the page.
pub fn all(figures: &Figures, inputs: &Parsed) -> Vec<Table> {
    let hiding = inputs.hiding;
    let mut tables = vec![
        recorders(figures, inputs),
        commitments::table(figures, hiding),
        trend::commitments(figures, hiding),
        trend::months(figures, hiding),
        datasets(figures, hiding),
    ];
    tables.extend(ONE_WAY.map(|(id, key, dimension)| one_way(figures, hiding, (id, key, dimension))));
    tables.push(purpose_by_unit(figures, hiding));
    tables.extend(events::tables(figures, hiding));
    tables
}

fn one_way(
    figures: &Figures,
    hiding: Hiding,
    (id, key, dimension): (&'static str, &'static str, Dimension),
) -> Table {
    let by = figures.cube.by(dimension);
    let shown = hiding.tallies(&by.values().copied().collect::<Vec<_>>());
    let charter = figures.in_force().map(|in_force| &in_force.charter);
    let row = |(value, cells): (&Value, [Cell; 2])| Row {
        key: vec![label(charter, dimension, value)],
        cells: cells.to_vec(),
    };
    Table {
        id,
        keys: vec![key],
        columns: vec!["records", "accesses"],
        withheld: shown.is_none(),
        rows: by.keys().zip(shown.unwrap_or_default()).map(row).collect(),
    }
}

/// By data set: each record counts for the one that it names as its own; those that it names beside it are counted apart.
fn datasets(figures: &Figures, hiding: Hiding) -> Table {
    let mut by = figures.cube.by(Dimension::Dataset);
    for dataset in figures.combined.keys() {
        by.entry(Value::Code(dataset.to_vec())).or_default();
    }
    let shown = hiding.tallies(&by.values().copied().collect::<Vec<_>>());
    let charter = figures.in_force().map(|in_force| &in_force.charter);
    let combined = |value: &Value| match value {
        Value::Code(code) => figures.combined.get(&**code).copied().unwrap_or_default(),
        _ => 0,
    };
    let row = |(value, [records, accesses]): (&Value, [Cell; 2])| Row {
        key: vec![label(charter, Dimension::Dataset, value)],
        cells: vec![records, accesses, hiding.total(combined(value))],
    };
    Table {
        id: "by_dataset",
        keys: vec!["dataset"],
        columns: vec!["records", "accesses", "combined"],
        withheld: shown.is_none(),
        rows: by.keys().zip(shown.unwrap_or_default()).map(row).collect(),
    }
}

/// Services: those that recorded within the period, and those that the city names.
fn recorders(figures: &Figures, inputs: &Parsed) -> Table {
    let mut by: BTreeMap<Value, Tally> = figures.cube.by(Dimension::Recorder);
    let named = inputs.coverage.iter().flat_map(|coverage| &coverage.recorders);
    let named = named.map(|recorder| recorder.id.as_bytes());
    for name in figures.recorders.keys().map(Vec::as_slice).chain(named) {
        by.entry(Value::Code(name.to_vec())).or_default();
    }
    let shown = inputs.hiding.tallies(&by.values().copied().collect::<Vec<_>>());
    // Which services there are is told in any case; of a few records, only that.
    let shown = shown.unwrap_or_else(|| vec![[Cell::Hidden; 2]; by.len()]);
    let of = |value: &Value| match value {
        Value::Code(name) => figures.recorders.get(name.as_slice()).copied().unwrap_or_default(),
        _ => Recorder::default(),
    };
    let all: Vec<Recorder> = by.keys().map(of).collect();
    let gaps = confidential::gaps(figures, inputs.hiding, &all);
    let told = by.keys().zip(shown).zip(&all).zip(gaps);
    let rows = told.map(|(((value, counted), recorder), gaps)| {
        let sessions = [recorder.sessions, recorder.ended].map(Cell::Number);
        Row { key: vec![named_by_city(value, inputs)], cells: [counted, sessions, gaps].concat() }
    });
    Table {
        id: "recorders",
        keys: vec!["recorder"],
        columns: vec!["records", "accesses", "sessions", "ended", "with_gaps", "missing"],
        withheld: false,
        rows: rows.collect(),
    }
}

/// A service as the city calls it, or as it calls itself.
fn named_by_city(value: &Value, inputs: &Parsed) -> Label {
    let label = label(None, Dimension::Recorder, value);
    let known = inputs.coverage.as_ref().and_then(|coverage| coverage.recorder(&label.code));
    known.map_or(label, |known| Label::told(&known.id, known.title.clone()))
}

fn purpose_by_unit(figures: &Figures, hiding: Hiding) -> Table {
    let charter = figures.in_force().map(|in_force| &in_force.charter);
    let row = |((purpose, unit), tally): (&(Value, Value), &Tally)| {
        let key = vec![label(charter, Dimension::Purpose, purpose), label(charter, Dimension::Unit, unit)];
        Some(Row { key, cells: vec![hiding.rough(tally.records)?] })
    };
    Table {
        id: "purpose_by_unit",
        keys: vec!["purpose", "unit"],
        columns: vec!["records"],
        withheld: false,
        rows: figures.cube.by_two(Dimension::Purpose, Dimension::Unit).iter().filter_map(row).collect(),
    }
}
