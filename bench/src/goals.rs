//! The goals of docs/performance.md, and tables that say whether they are reached.

use comfy_table::{CellAlignment, Table, presets};

use crate::stats::Summary;

/// A figure and what it has to be.
pub struct Goal {
    /// Name of the ratio or measure.
    pub name: &'static str,
    /// What its median has to be.
    pub bound: Bound,
}

/// What a figure has to be.
pub enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Bound {
    fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= *bound,
            Self::AtMost(bound) => value <= *bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
        }
    }
}

/// The goals whose figures `find` knows, each with whether its median reaches it.
pub fn against<'f>(goals: &[Goal], find: impl Fn(&str) -> Option<&'f Summary>) -> Table {
    let mut table = table(["what has a goal", "median", "min", "max", "goal", "reached"]);
    for Goal { name, bound } in goals {
        let Some(Summary { median, min, max }) = find(name) else { continue };
        let reached = if bound.holds(*median) { "yes" } else { "no" };
        let (median, min, max) = (figure(*median), figure(*min), figure(*max));
        table.add_row([name, &*median, &*min, &*max, &*bound.to_string(), reached]);
    }
    table
}

/// Everything that was measured, by name.
pub fn measures<'f>(measures: impl IntoIterator<Item = (&'f String, &'f Summary)>) -> Table {
    let mut table = table(["measure", "median", "min", "max"]);
    for (name, Summary { median, min, max }) in measures {
        table.add_row([name.clone(), figure(*median), figure(*min), figure(*max)]);
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// Large figures whole, small ones with three digits behind the point.
fn figure(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
