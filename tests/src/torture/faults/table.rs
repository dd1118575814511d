//! What follows from each fault. `docs/faults.md` has the same table.

use std::collections::BTreeSet;

use einsicht_service::storage::memory::Kind;
use einsicht_service::storage::memory::Kind::{
    Create, CreateFolder, Remove, Rename, SetLen, Sync, SyncFolder, Write,
};

use self::Outcome::{Ends, GoesOn, Refuses, Stops};
use crate::torture::ledger::gate::Operation;

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more is recorded until the service starts again; readers go on.
    Stops,
    /// The process ends, at once: nobody knows what is on the disk.
    Ends,
    /// Recording goes on: what failed is derived, or only a lower bound.
    GoesOn,
    /// The service does not start, and says why. The next start, without the fault, goes well.
    Refuses,
}

/// What the service is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the situations say it")]
pub enum Act {
    Begin,
    Start,
    StartOnTornTail,
    StartWithoutDerived,
    Record,
    RecordInNewSegment,
    Follow,
    ShutDown,
}

/// What the disk does in one situation.
#[derive(Debug)]
pub struct Situation {
    /// What the page calls it.
    pub name: &'static str,
    /// What the service does.
    pub act: Act,
    /// All operations, in order.
    pub rows: &'static [Row],
}

/// Operations of one kind on one file, or on several that are alike, one after the other.
#[derive(Debug)]
pub struct Row {
    kind: Kind,
    path: &'static str,
    /// What follows if one of them fails, whichever way.
    pub outcome: Outcome,
}

const fn row(kind: Kind, path: &'static str, outcome: Outcome) -> Row {
    Row { kind, path, outcome }
}

/// Every situation in which something is written.
pub const SITUATIONS: &[Situation] = &[
    Situation { name: "a commit", act: Act::Record, rows: COMMIT },
    Situation { name: "a commit that begins a segment", act: Act::RecordInNewSegment, rows: NEW_SEGMENT },
    Situation { name: "the follower's round", act: Act::Follow, rows: ROUND },
    Situation { name: "shutting down", act: Act::ShutDown, rows: ROUND },
    Situation { name: "the first start", act: Act::Begin, rows: FIRST_START },
    Situation { name: "a start after a kill", act: Act::Start, rows: START },
    Situation { name: "a start on a torn tail", act: Act::StartOnTornTail, rows: START_TORN },
    Situation { name: "a start without derived files", act: Act::StartWithoutDerived, rows: START_REBUILD },
];

const SEGMENT: &str = "log/entries/*.seg";
const HASHES: &str = "log/hashes/*";

const COMMIT: &[Row] = &[
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const NEW_SEGMENT: &[Row] = &[
    row(Create, SEGMENT, Stops),
    row(SetLen, SEGMENT, Stops),
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(SyncFolder, "log/entries", Ends),
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const ROUND: &[Row] = &[
    row(Create, "log/checkpoint.new", GoesOn),
    row(SetLen, "log/checkpoint.new", GoesOn),
    row(Write, "log/checkpoint.new", GoesOn),
    row(Sync, "log/checkpoint.new", GoesOn),
    row(Rename, "log/checkpoint", GoesOn),
    row(SyncFolder, "log", GoesOn),
    row(Sync, "log/offsets", GoesOn),
    row(Sync, HASHES, GoesOn),
    row(Create, "log/watermark.new", GoesOn),
    row(SetLen, "log/watermark.new", GoesOn),
    row(Write, "log/watermark.new", GoesOn),
    row(Sync, "log/watermark.new", GoesOn),
    row(Rename, "log/watermark", GoesOn),
    row(SyncFolder, "log", GoesOn),
];

const FIRST_START: &[Row] = &[
    row(CreateFolder, "log", Refuses),
    row(CreateFolder, "log/entries", Refuses),
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(CreateFolder, "log/hashes", Refuses),
    row(Create, "log/offsets", Refuses),
    row(Create, HASHES, Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Create, SEGMENT, Refuses),
    row(SetLen, SEGMENT, Refuses),
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(SyncFolder, "log/entries", Refuses),
    row(Create, "ledger.vkey.new", Refuses),
    row(SetLen, "ledger.vkey.new", Refuses),
    row(Write, "ledger.vkey.new", Refuses),
    row(Sync, "ledger.vkey.new", Refuses),
    row(Rename, "ledger.vkey", Refuses),
    row(SyncFolder, "", Refuses),
    // Entry 0.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // That the service has started.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

const START: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

const START_TORN: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    // The torn tail is cut off.
    row(SetLen, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

const START_REBUILD: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(Remove, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

impl Situation {
    /// The row of each operation; each must have one, in order, and each row an operation. Where entries
    /// are replayed, two rows take turns.
    ///
    /// # Panics
    /// If it is otherwise.
    #[must_use]
    pub fn rows_of(&self, operations: &[Operation]) -> Vec<&'static Row> {
        let does = |what| format!("{}: {what}; the disk does {}", self.name, listed(operations));
        let (mut rows, mut at) = (Vec::new(), None::<usize>);
        for (kind, path) in operations {
            let fits = |number: &usize| {
                self.rows.get(*number).is_some_and(|row| row.kind == *kind && row.path == pattern(path))
            };
            let next = at.map_or(0, |at| at + 1);
            let candidates = [Some(next), at, at.and_then(|at| at.checked_sub(1))];
            at = candidates.into_iter().flatten().find(fits);
            let row = at.and_then(|at| self.rows.get(at));
            rows.push(row.unwrap_or_else(|| panic!("{}", does(format!("no row for {kind:?} of {path}")))));
        }
        assert_eq!(at.map(|at| at + 1), Some(self.rows.len()), "{}", does("too many rows".to_owned()));
        rows
    }
}

/// What stands for files that are alike.
fn pattern(path: &str) -> &str {
    match path {
        _ if path.ends_with(".seg") => SEGMENT,
        _ if path.starts_with("log/hashes/") => HASHES,
        path => path,
    }
}

fn listed(operations: &[Operation]) -> String {
    let mut rows: Vec<String> =
        operations.iter().map(|(kind, path)| format!("{kind:?} {}", pattern(path))).collect();
    rows.dedup();
    rows.join(", ")
}

/// The table as the page has it: by situation, what fails and what follows.
#[must_use]
pub fn lines() -> Vec<String> {
    let line = |situation: &Situation, outcome: Outcome| {
        let (fails, others): (Vec<_>, Vec<_>) = situation.rows.iter().partition(|row| row.outcome == outcome);
        let name = |row: &Row| match others.iter().any(|other| other.name() == row.name()) {
            // The same is done to what was there before.
            true => format!("{} for a new entry", row.name()),
            false => row.name(),
        };
        let fails: BTreeSet<_> = fails.into_iter().map(name).collect();
        let what = match outcome {
            _ if fails.is_empty() => return None,
            _ if others.is_empty() => "any operation".to_owned(),
            Stops | Refuses => "any other operation".to_owned(),
            Ends | GoesOn => fails.into_iter().collect::<Vec<_>>().join(", "),
        };
        Some(format!("| {} | {what} | {} |", situation.name, outcome.name()))
    };
    let lines = |situation| [Ends, Stops, GoesOn, Refuses].map(|outcome| line(situation, outcome));
    SITUATIONS.iter().flat_map(lines).flatten().collect()
}

impl Row {
    fn name(&self) -> String {
        format!("{} `{}`", self.kind.name(), self.path)
    }
}

impl Outcome {
    /// What the page calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stops => "recording stops",
            Ends => "the process ends",
            GoesOn => "goes on",
            Refuses => "does not start",
        }
    }
}
