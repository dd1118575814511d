//! What follows from each fault. `docs/faults.md` has the same table.

mod rows;

use std::collections::BTreeSet;

use einsicht_service::storage::memory::Kind;

use self::rows::{HASHES, INDEX, OPENINGS, SEGMENT};
use crate::torture::ledger::gate::Operation;
use crate::torture::outcome::Outcome::{self, Ends, GoesOn, Refuses, Stops};

pub use self::rows::SITUATIONS;

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
    RecordTile,
    RecordSealed,
    Follow,
    FollowSealed,
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
    steps: &'static [&'static [Row]],
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

impl Act {
    /// Whether some of what is recorded is sealed.
    #[must_use]
    pub fn seals(self) -> bool {
        matches!(self, Self::RecordSealed | Self::FollowSealed)
    }
}

impl Situation {
    fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.steps.iter().copied().flatten()
    }

    /// The row of each operation; each must have one, in order, and each row an operation. Where entries
    /// are replayed, two rows take turns.
    ///
    /// # Panics
    /// If it is otherwise.
    #[must_use]
    pub fn rows_of(&self, operations: &[Operation]) -> Vec<&'static Row> {
        let does = |what| format!("{}: {what}; the disk does {}", self.name, listed(operations));
        let table: Vec<_> = self.rows().collect();
        let (mut rows, mut at) = (Vec::new(), None::<usize>);
        for (kind, path) in operations {
            let fits = |number: &usize| {
                table.get(*number).is_some_and(|row| row.kind == *kind && row.path == pattern(path))
            };
            let next = at.map_or(0, |at| at + 1);
            let candidates = [Some(next), at, at.and_then(|at| at.checked_sub(1))];
            at = candidates.into_iter().flatten().find(fits);
            let row = at.and_then(|at| table.get(at).copied());
            rows.push(row.unwrap_or_else(|| panic!("{}", does(format!("no row for {kind:?} of {path}")))));
        }
        assert_eq!(at.map(|at| at + 1), Some(table.len()), "{}", does("too many rows".to_owned()));
        rows
    }
}

/// What stands for files that are alike.
fn pattern(path: &str) -> &str {
    match path {
        _ if path.ends_with(".seg") => SEGMENT,
        _ if path.starts_with("log/hashes/") => HASHES,
        _ if path.ends_with("/openings") => OPENINGS,
        _ if path.starts_with("vault/") && path.ends_with("/index") => INDEX,
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
        let (fails, others): (Vec<_>, Vec<_>) = situation.rows().partition(|row| row.outcome == outcome);
        let name = |row: &Row| match others.iter().any(|other| other.name() == row.name()) {
            // The same is done to what was there before.
            true => format!("{} for a new entry", row.name()),
            false => row.name(),
        };
        let fails: BTreeSet<_> = fails.into_iter().map(name).collect();
        let what = match outcome {
            _ if fails.is_empty() => return None,
            _ if others.is_empty() => "any operation".to_owned(),
            Refuses => "any other operation".to_owned(),
            Stops if !others.iter().any(|row| row.outcome == Refuses) => "any other operation".to_owned(),
            Ends | Stops | GoesOn => fails.into_iter().collect::<Vec<_>>().join(", "),
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
