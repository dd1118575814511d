//! How far an audit has come: the chain, the tree and the counts of everything before.

use std::collections::BTreeMap;

use einsicht_tlog::leaf::Link;
use einsicht_tlog::{Hash, Index, Origin, RecordedAt, Size, TreeHead};
use rayon::prelude::*;

use super::body::Kind;
use super::genesis::{self, Beginning};
use super::run::{self, Run, Tally};
use super::sessions::Sessions;
use super::tree::Tree;
use crate::finding::{Fault, Finding};
use crate::source::{Chunk, Piece};
use crate::{Trust, VerifyError};

/// What was verified of a ledger: its first [`State::size`] entries.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub tree: Tree,
    pub link: Link,
    /// When entry 0 was recorded.
    pub began_at: RecordedAt,
    /// What entry 0 says; `None` before it was read.
    pub beginning: Option<Beginning>,
    pub counts: Counts,
    /// A size whose root is wanted when it is passed, and that root.
    pub watched: Option<(Size, Option<Hash>)>,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub kinds: BTreeMap<u32, u64>,
    pub accesses: u64,
    pub sessions: Sessions,
}

impl State {
    /// Before the first entry of a log.
    pub fn start(origin: &Origin) -> Self {
        Self {
            tree: Tree::default(),
            link: Link::start(origin.hash()),
            began_at: RecordedAt(0),
            beginning: None,
            counts: Counts::default(),
            watched: None,
        }
    }

    /// How many entries were verified.
    pub fn size(&self) -> Size {
        self.tree.size()
    }

    /// From here on, remembers the root at `size` when it is passed.
    pub fn watch(&mut self, size: Option<Size>) {
        self.watched = size.map(|size| (size, self.tree.root_at(size)));
    }

    /// Verifies the entries that follow. After an error the state is of no use.
    pub fn advance(&mut self, chunks: &[Chunk], trust: &Trust) -> Result<(), VerifyError> {
        let pieces: Vec<&Piece> = chunks.iter().flat_map(Chunk::pieces).collect();
        let checked: Vec<_> = pieces.par_iter().map(|piece| run::check(piece)).collect();
        let (mut hashes, mut commits) = (Vec::new(), Vec::new());
        for (checked, piece) in checked.into_iter().zip(pieces) {
            let checked = checked?;
            for run in checked.runs {
                self.join(run?, &mut hashes, trust).map_err(|error| error.at(piece.place()))?;
            }
            commits.extend(checked.commit.map(|head| (head, piece)));
        }
        self.tree.extend(hashes);
        if let Some((size, root @ None)) = &mut self.watched {
            *root = self.tree.root_at(*size);
        }
        let tree = &self.tree;
        let false_root = |(head, piece): &(TreeHead, &Piece)| commit_finding(tree, head, piece);
        match commits.par_iter().find_map_first(false_root) {
            Some(finding) => Err(finding.into()),
            None => Ok(()),
        }
    }

    /// Joins a run to what was before it.
    fn join(&mut self, run: Run<'_>, hashes: &mut Vec<Hash>, trust: &Trust) -> Result<(), VerifyError> {
        let first = self.link.check(run.first_leaf).map_err(|error| run::broken(run.first, error))?;
        if run.first == Index(0) {
            self.beginning = Some(genesis::begin(first.body, trust)?);
            self.began_at = first.recorded_at;
        }
        self.link = run.end;
        self.counts.take(&run.tally);
        self.counts.sessions.take(&run.met);
        hashes.extend(run.hashes);
        Ok(())
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

fn commit_finding(tree: &Tree, head: &TreeHead, piece: &Piece) -> Option<Finding> {
    let root = tree.root_at(head.size);
    (root != Some(head.root)).then(|| Finding {
        fault: Fault::CommitRoot,
        index: Some(Index(head.size.0.saturating_sub(1))),
        place: Some(piece.place()),
        expected: root.map_or("a commit of these entries".to_owned(), |root| format!("root {root}")),
        found: format!("root {}", head.root),
    })
}
