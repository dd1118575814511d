//! How far an audit has come: the chain, the tree and the counts of everything before.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::sessions::Sessions;
use einsicht_tlog::leaf::Link;
use einsicht_tlog::{Frontier, Hash, Index, Origin, RecordedAt, Size, TreeHead};

use super::body::Kind;
use super::confidential::{self, Confidential};
use super::genesis::{self, Beginning};
use super::judging::{ByCharter, judge_late};
use super::rulings::Rulings;
use super::run::{self, Checked, Tally};
use super::tree::Placed;
use super::wrong::Wrong;
use crate::charters::PublishedCharter;
use crate::finding::{Fault, Finding};
use crate::source::{Chunk, Place};
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
    /// Charters, and verdicts but for those that were judged beside the join.
    pub rulings: Rulings,
    /// Sizes whose root is wanted when they are passed, and these roots.
    pub watched: Vec<(Size, Option<Hash>)>,
}

/// A chunk that was joined, and what is left to do with it: no other chunk is needed for that.
pub(super) struct Joined<N> {
    placed: Option<Placed>,
    commits: Vec<(TreeHead, Place)>,
    verified: Size,
    bytes: u64,
    notes: N,
    counted: Option<ByCharter>,
    late: Option<Late>,
    error: Option<VerifyError>,
    /// The entry that `error` is about, if it was joined.
    wrong_at: Option<Index>,
}

/// A chunk whose records are judged after it was joined.
struct Late {
    chunk: Chunk,
    charters: Vec<Arc<PublishedCharter>>,
}

/// A chunk that was verified, with all before it.
pub(super) struct Verified<N> {
    /// Up to which size.
    pub size: Size,
    /// How many bytes were read for it.
    pub bytes: u64,
    pub notes: N,
    /// Its verdicts.
    pub counted: Vec<ByCharter>,
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
            rulings: Rulings::default(),
            watched: Vec::new(),
        }
    }

    /// How many entries were verified.
    pub fn size(&self) -> Size {
        self.frontier.size()
    }

    /// From here on, remembers the roots at these sizes when they are passed.
    pub fn watch(&mut self, sizes: impl IntoIterator<Item = Size>) {
        let (here, root) = (self.size(), self.frontier.root());
        self.watched = sizes.into_iter().map(|size| (size, (size == here).then_some(root))).collect();
    }

    /// The root at a size that was watched for, if it was passed.
    pub fn root_passed(&self, size: Size) -> Option<Hash> {
        self.watched.iter().find(|(watched, _)| *watched == size).and_then(|(_, root)| *root)
    }

    /// Joins a chunk to what was before it. After an error the state is of no use.
    pub fn join<N>(&mut self, checked: Checked<N>, trust: &Trust) -> Joined<N> {
        let Checked {
            beginning,
            end,
            span,
            commits,
            tally,
            met,
            confidential,
            mut judging,
            late,
            notes,
            bytes,
            fault,
        } = checked;
        let mut joined = Joined::nothing(self.size(), bytes, notes, commits);
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
        for (size, root) in self.watched.iter_mut().filter(|(_, root)| root.is_none()) {
            *root = placed.root_at(*size);
        }
        self.link = end;
        self.counts.take(&tally);
        self.counts.sessions.take(&met);
        // These are of entries before the fault.
        let ruled = self.rulings.take(&mut judging, placed.end().0.checked_sub(1).map(Index));
        let opened = self.open(confidential);
        let wrong = [ruled, opened].into_iter().filter_map(Result::err).min_by_key(|wrong| wrong.at);
        joined.late = late.map(|chunk| {
            let charters = self.rulings.in_force_from(chunk.first().unwrap_or_default());
            Late { chunk, charters }
        });
        joined.counted = judging.into_counted();
        self.rulings.charters.forget();
        joined.wrong_at = wrong.as_ref().map(|wrong| wrong.at);
        let fault = fault.map(VerifyError::from);
        let error = match wrong.map(|wrong| wrong.error) {
            Some(error @ VerifyError::Newer { .. }) => fault.or(Some(error)),
            error => error.or(fault).or(unknown),
        };
        (joined.verified, joined.error) = (placed.end(), error);
        joined.placed = Some(placed);
        joined
    }

    /// Takes in confidential records and what opens them: from then on an opened record counts as what it is.
    fn open(&mut self, met: Vec<confidential::Met>) -> Result<(), Wrong> {
        let opened = self.counts.confidential.take(met);
        for opened in opened? {
            let record = &opened.record;
            let more = record.access_count.unwrap_or(1).saturating_sub(1);
            self.counts.accesses = self.counts.accesses.saturating_add(more);
            let number = (&record.producer, &record.session, record.sequence);
            self.counts.sessions.fill(number.0, number.1, number.2);
            self.rulings.open(&opened)?;
        }
        Ok(())
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
    fn nothing(verified: Size, bytes: u64, notes: N, commits: Vec<(TreeHead, Place)>) -> Self {
        Self {
            placed: None,
            commits,
            verified,
            bytes,
            notes,
            counted: None,
            late: None,
            error: None,
            wrong_at: None,
        }
    }

    /// Compares the roots that commits state with those of the tree, and judges what could not be judged before.
    /// The first entry that something is wrong with counts; then comes what was wrong behind them all.
    pub fn finish(self) -> Result<Verified<N>, VerifyError> {
        let Self { placed, commits, verified, bytes, notes, counted, late, error, wrong_at } = self;
        let mut counted: Vec<_> = counted.into_iter().collect();
        let mut misjudged = None;
        if let Some(Late { chunk, charters }) = late {
            // Behind the end are entries that were not checked.
            let end = wrong_at.unwrap_or(Index(verified.0));
            (counted, misjudged) = judge_late(&chunk, &charters, end);
        }
        let other = placed
            .and_then(|placed| commits.iter().find_map(|(head, place)| commit_finding(&placed, head, place)));
        let joined_at = misjudged.as_ref().and_then(|finding| finding.index).or(wrong_at);
        if let Some(other) = other
            && joined_at.is_none_or(|at| other.index < Some(at))
        {
            return Err(other.into());
        }
        let error = misjudged.map(VerifyError::from).or(error);
        error.map_or(Ok(Verified { size: verified, bytes, notes, counted }), Err)
    }
}

impl Counts {
    /// Counts by name of kind, as in `entry.proto`; `unknown` for kinds that this version does not
    /// know.
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        self.kinds.iter().map(|(kind, count)| (Kind(*kind).name(), *count)).collect()
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
