//! What happened besides accesses: what was done with sealed values, and to the ledger itself.

use serde::Serialize;

use super::confidential::Confidential;
use super::{Label, Row, Table, Text, hex};
use crate::cell::Cell;
use crate::figures::Figures;
use crate::hiding::Hiding;
use einsicht_access::period::rfc3339;

/// A charter that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CharterText {
    /// Index of its last entry.
    pub index: u64,
    /// What it is called.
    pub title: Text,
    /// When it came into force (RFC 3339, UTC).
    pub in_force_from: String,
    /// Whether that lies within the period.
    pub in_period: bool,
    /// Whether the city compared each rule with the adopted wording.
    pub wording_checked: bool,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A report that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedText {
    /// Index of its entry.
    pub index: u64,
    /// What it is about.
    pub period: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// Index of the report that it replaces.
    pub replaces: Option<u64>,
}

/// Charters up to the end of the period.
pub fn charters(figures: &Figures) -> Vec<CharterText> {
    let charters = figures.charters.iter().map(|in_force| CharterText {
        index: in_force.index.0,
        title: Text::of(in_force.charter.titles()),
        in_force_from: rfc3339(in_force.recorded_at.0),
        in_period: figures.scope().span().contains(in_force.recorded_at.0),
        wording_checked: in_force.charter.wording_checked(),
        sha256: in_force.sha256.to_hex(),
    });
    charters.collect()
}

/// Reports within the period.
pub fn reports(figures: &Figures) -> Vec<PublishedText> {
    let reports = figures.events.reports.iter().map(|report| PublishedText {
        index: report.index.0,
        period: report.period.clone(),
        manifest_sha256: hex(&report.manifest_sha256),
        replaces: report.replaces,
    });
    reports.collect()
}

/// What was done with sealed values, to the ledger, and beside records.
pub fn tables(figures: &Figures, hiding: Hiding) -> Vec<Table> {
    let counts = |id, key, rows: Vec<(&str, Cell)>| Table {
        id,
        keys: vec![key],
        columns: vec!["entries"],
        withheld: false,
        rows: rows
            .into_iter()
            .map(|(code, cell)| Row { key: vec![Label::event(code)], cells: vec![cell] })
            .collect(),
    };
    let confidential = Confidential::told(figures, hiding);
    let custody = sensitive(figures).map(|(code, count)| match code {
        "confidential" => (code, confidential.recorded),
        "opened" => (code, confidential.opened),
        _ => (code, hiding.total(count)),
    });
    let events = &figures.events;
    let charters = charters(figures).iter().filter(|charter| charter.in_period).count();
    let ledger = [
        ("starts", events.starts),
        ("keys_added", events.keys_added),
        ("keys_retired", events.keys_retired),
        ("charters", u64::try_from(charters).unwrap_or(u64::MAX)),
        ("reports", u64::try_from(events.reports.len()).unwrap_or(u64::MAX)),
        ("repeated_numbers", figures.repeated),
        ("unknown_kinds", events.unknown),
    ];
    let ledger = ledger.map(|(code, count)| (code, Cell::Number(count))).into_iter();
    let ledger = ledger.chain([("missing_maybe_hidden", confidential.waiting)]).collect();
    vec![
        counts("custody", "what", custody.to_vec()),
        counts("ledger", "what", ledger),
        corrections(figures, hiding),
    ]
}

/// The first and the last entry of the period. How many there are between them is the sum of all counts: where one of
/// these is hidden, they are, too.
pub fn indexes(figures: &Figures, hiding: Hiding) -> [Option<Cell>; 2] {
    let Some((first, last)) = figures.indexes else { return [None, None] };
    let records = figures.cube.total().records;
    let counts = sensitive(figures).map(|(_, count)| hiding.total(count));
    let all = counts.into_iter().chain([hiding.total(records), Confidential::told(figures, hiding).opened]);
    let is_hidden = all.into_iter().any(|cell| cell.number().is_none());
    [first, last].map(|index| Some(if is_hidden { Cell::Hidden } else { Cell::Number(index.0) }))
}

/// Counts of entries from which something about few people could follow.
fn sensitive(figures: &Figures) -> [(&'static str, u64); 7] {
    let events = &figures.events;
    [
        ("confidential", events.confidential),
        ("opened", events.opened),
        ("disclosure_requests", events.disclosure_requests),
        ("disclosures", events.disclosures),
        ("erasures", events.erasures),
        ("erased_months", events.erased_months),
        ("corrections", u64::try_from(events.corrections.len()).unwrap_or(u64::MAX)),
    ]
}

/// Which record each correction stands beside; where entries are not public, only how many there are is told.
fn corrections(figures: &Figures, hiding: Hiding) -> Table {
    let row = |(index, of): &(einsicht_tlog::Index, u64)| Row {
        key: vec![Label::code(index.to_string())],
        cells: vec![Cell::Number(*of)],
    };
    let withheld = hiding != Hiding::Nothing;
    let listed: &[_] = if withheld { &[] } else { &figures.events.corrections };
    Table {
        id: "corrections",
        keys: vec!["entry"],
        columns: vec!["corrects"],
        withheld: withheld && !figures.events.corrections.is_empty(),
        rows: listed.iter().map(row).collect(),
    }
}
