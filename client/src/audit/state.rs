//! How far an audit has come: the chain, the tree and the counts of everything before.

use std::collections::BTreeMap;

use einsicht_tlog::leaf::Link;
use einsicht_tlog::{Frontier, Hash, Index, Origin, RecordedAt, Size, TreeHead};

use super::body::Kind;
use super::confidential::{self, Confidential};
use super::genesis::{self, Beginning};
use super::run::{self, Checked, Tally};
use super::sessions::Sessions;
use super::tree::Placed;
use crate::finding::{Fault, Finding};
use crate::source::Place;
use crate::{Trust, VerifyError};

/// What was verified of a ledger: its first [`State::size`] entries.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The right edge of the tree.
    pub frontier: Frontier,
    pub link: Link,
    /// When entry 0 was recorded.
    pub began_at: RecordedAt,
    /// What entry 0 says; `None` before it was read.
    pub beginning: Option<Beginning>,
    pub counts: Counts,
    /// A size whose root is wanted when it is passed, and that root.
    pub watched: Option<(Size, Option<Hash>)>,
}

/// A chunk that was joined, and what is left to do with it: no other chunk is needed for that.
pub(super) struct Joined<N> {
    placed: Option<Placed>,
    commits: Vec<(TreeHead, Place)>,
    verified: Size,
    bytes: u64,
    notes: N,
    error: Option<VerifyError>,
}

/// A chunk that was verified, with all before it.
pub(super) struct Verified<N> {
    /// Up to which size.
    pub size: Size,
    /// How many bytes were read for it.
    pub bytes: u64,
    pub notes: N,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub kinds: BTreeMap<u32, u64>,
    pub accesses: u64,
    pub sessions: Sessions,
    pub confidential: Confidential,
}

impl State {
    /// Before the first entry of a log.
    pub fn start(origin: &Origin) -> Self {
        Self {
            frontier: Frontier::new(),
            link: Link::start(origin.hash()),
            began_at: RecordedAt(0),
            beginning: None,
            counts: Counts::default(),
            watched: None,
        }
    }

    /// How many entries were verified.
    pub fn size(&self) -> Size {
        self.frontier.size()
    }

    /// From here on, remembers the root at `size` when it is passed.
    pub fn watch(&mut self, size: Option<Size>) {
        self.watched = size.map(|size| (size, (size == self.size()).then(|| self.frontier.root())));
    }

    /// Joins a chunk to what was before it. After an error the state is of no use.
    pub fn join<N>(&mut self, checked: Checked<N>, trust: &Trust) -> Joined<N> {
        let Checked { beginning, end, span, commits, tally, met, confidential, notes, bytes, fault } =
            checked;
        let mut joined = Joined { placed: None, commits, verified: self.size(), bytes, notes, error: None };
        let begun = beginning.map_or(Ok(()), |beginning| {
            self.begin(&beginning, trust).map_err(|error| error.at(beginning.place.to_string()))
        });
        let unknown = match begun {
            Ok(()) => None,
            // What is false weighs more than what a newer release may understand.
            Err(error @ VerifyError::Newer { .. }) => Some(error),
            Err(error) => {
                joined.error = Some(error);
                return joined;
            }
        };
        let Some(placed) = Placed::new(std::mem::take(&mut self.frontier), span) else {
            joined.error = Some(VerifyError::from(fault.unwrap_or_else(|| out_of_place(joined.verified))));
            return joined;
        };
        self.frontier = placed.frontier_at(placed.end()).unwrap_or_default();
        if let Some((size, root @ None)) = &mut self.watched {
            *root = placed.root_at(*size);
        }
        self.link = end;
        self.counts.take(&tally);
        self.counts.sessions.take(&met);
        // These are of entries before the fault.
        let opened = self.counts.open(confidential).err();
        (joined.verified, joined.error) = (placed.end(), opened.or(fault).map(VerifyError::from).or(unknown));
        joined.placed = Some(placed);
        joined
    }

    fn begin(&mut self, beginning: &run::Beginning, trust: &Trust) -> Result<(), VerifyError> {
        let index = beginning.index;
        let first = self.link.check(&beginning.leaf).map_err(|error| run::broken(index, error))?;
        if index == Index(0) {
            self.beginning = Some(genesis::begin(first.body, trust)?);
            self.began_at = first.recorded_at;
        }
        Ok(())
    }
}

impl<N> Joined<N> {
    /// Compares the roots that commits state with those of the tree; then comes what was wrong behind them.
    pub fn finish(self) -> Result<Verified<N>, VerifyError> {
        let Self { placed, commits, verified, bytes, notes, error } = self;
        if let Some(placed) = placed
            && let Some(finding) =
                commits.iter().find_map(|(head, place)| commit_finding(&placed, head, place))
        {
            return Err(finding.into());
        }
        error.map_or(Ok(Verified { size: verified, bytes, notes }), Err)
    }
}

impl Counts {
    /// Counts by name of kind, as in `entry.proto`; `unknown` for kinds that this version does not
    /// know.
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        self.kinds.iter().map(|(kind, count)| (Kind(*kind).name(), *count)).collect()
    }

    /// Takes in confidential records and what opens them: from then on an opened record counts as what it is.
    fn open(&mut self, met: Vec<confidential::Met>) -> Result<(), Finding> {
        for (index, record) in self.confidential.take(met)? {
            let more = record.access_count.unwrap_or(1).saturating_sub(1);
            self.accesses = self.accesses.saturating_add(more);
            self.sessions.fill(&record.producer, &record.session, record.sequence, index);
        }
        Ok(())
    }

    fn take(&mut self, tally: &Tally) {
        for (kind, count) in (0..).zip(tally.kinds).filter(|(_, count)| *count > 0) {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.accesses = self.accesses.saturating_add(tally.accesses);
    }
}

fn commit_finding(placed: &Placed, head: &TreeHead, place: &Place) -> Option<Finding> {
    let root = placed.root_at(head.size);
    (root != Some(head.root)).then(|| Finding {
        fault: Fault::CommitRoot,
        index: Some(Index(head.size.0.saturating_sub(1))),
        place: Some(place.to_string()),
        expected: root.map_or("a commit of these entries".to_owned(), |root| format!("root {root}")),
        found: format!("root {}", head.root),
    })
}

/// Sources give chunks in order; this is for one that does not.
fn out_of_place(size: Size) -> Finding {
    Finding {
        fault: Fault::Missing,
        index: Some(size.next_index()),
        place: None,
        expected: format!("entry {}", size.next_index()),
        found: "another entry".to_owned(),
    }
}
