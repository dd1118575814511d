//! The figures of a report, exact, before anything is hidden.

use std::collections::{BTreeMap, BTreeSet};

use einsicht_access::Charter;
use einsicht_proto::v1::Genesis;
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Hash, Index, RecordedAt};

use crate::Scope;
use crate::chunk::{Events, Slot, SlotKey};
use crate::cube::Cube;
use crate::gather::GatherError;

/// What was gathered from a log, up to the size that the scope names.
#[derive(Debug)]
pub struct Figures {
    pub(crate) scope: Scope,
    pub(crate) genesis: Genesis,
    pub(crate) began_at: RecordedAt,
    pub(crate) newest: RecordedAt,
    pub(crate) cube: Cube,
    pub(crate) combined: BTreeMap<Box<[u8]>, u64>,
    pub(crate) slots: BTreeMap<SlotKey, Slot>,
    pub(crate) known: BTreeSet<Box<[u8]>>,
    pub(crate) recorders: BTreeMap<Vec<u8>, Recorder>,
    /// Numbers that stand in more than one entry.
    pub(crate) repeated: u64,
    /// How many of the missing numbers may be those of records that are hidden.
    pub(crate) missing_maybe_hidden: u64,
    /// Whether sessions were so few that none had to be forgotten, nor a gap in one.
    pub(crate) gaps_complete: bool,
    /// Completed before the end of the period, in order.
    pub(crate) charters: Vec<InForce>,
    /// The time zone that the last of them names, if there is none of that name.
    pub(crate) zone_unknown: Option<String>,
    pub(crate) events: Events,
    /// The first entry recorded within the period, and the last.
    pub(crate) indexes: Option<(Index, Index)>,
}

/// Sessions of a service with an entry within the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorder {
    /// How many.
    pub sessions: u64,
    /// How many said that they ended, within the period.
    pub ended: u64,
    /// In how many numbers are missing at its end.
    pub gaps: u64,
    /// How many numbers.
    pub missing: u64,
}

/// A charter, from its last entry on.
#[derive(Debug)]
pub struct InForce {
    /// The index of its last entry.
    pub index: Index,
    /// When that was recorded.
    pub recorded_at: RecordedAt,
    /// SHA-256 of its text.
    pub sha256: Hash,
    /// What it says.
    pub charter: Charter,
}

impl InForce {
    pub(crate) fn read(index: Index, recorded_at: RecordedAt, text: &[u8]) -> Result<Self, GatherError> {
        let name = format!("charter of entry {index}");
        let charter = Charter::parse(&name, text)
            .map_err(|error| GatherError::Charter { index, error: Box::new(error) })?;
        Ok(Self { index, recorded_at, sha256: sha256(text), charter })
    }
}

impl Figures {
    /// What they are about.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether the period was not over when the newest entry was recorded: more may come.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.newest.0 < self.scope.span().end_s
    }

    /// The charter in force at the end of the period.
    pub(crate) fn in_force(&self) -> Option<&InForce> {
        self.charters.last()
    }

    /// The charter that a record names.
    pub(crate) fn charter(&self, index: Option<u64>) -> Option<&Charter> {
        let index = index?;
        self.charters.iter().find(|in_force| in_force.index.0 == index).map(|in_force| &in_force.charter)
    }
}
