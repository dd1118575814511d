//! Checks the entries of a chunk, without knowing what was before them: leaf, chain, time, body, kind, and
//! the subtrees over them. Runs on any core; [`super::state`] joins the results.

use einsicht_tlog::hash::leaf_hashes;
use einsicht_tlog::leaf::{ChainError, LEAF_HEADER_BYTES, Link};
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, TreeHead};

use super::body::{Body, Kind};
use super::sessions::{Meeting, Met};
use super::tree::Span;
use crate::finding::{Fault, Finding};
use crate::source::{Chunk, Piece, Place};

/// How many leaves are hashed before they are looked into: few enough to be in the nearest cache then.
const HASHED_TOGETHER: usize = 64;
/// More than there are kinds of entries.
pub(super) const KINDS: usize = 32;

/// What a chunk has, up to its first fault, and what it needs from what was before it.
pub(super) struct Checked {
    /// Its beginning: what the chain so far must lead to. `None` if there is no entry that is a leaf.
    pub beginning: Option<Beginning>,
    /// Where the chain stands behind it.
    pub end: Link,
    /// The subtrees over its entries.
    pub span: Span,
    /// The heads that its commits state, and where these stand.
    pub commits: Vec<(TreeHead, Place)>,
    pub tally: Tally,
    pub met: Vec<Met>,
    /// How many bytes were read for it.
    pub bytes: u64,
    /// What is wrong with the entry, or the piece, behind those above.
    pub fault: Option<Finding>,
}

/// The first entry of a chunk.
pub(super) struct Beginning {
    pub index: Index,
    /// Its leaf, or as much of it as the chain is about.
    pub leaf: Vec<u8>,
    pub place: Place,
}

/// Counts of a chunk.
#[derive(Default)]
pub(super) struct Tally {
    /// By [`Kind`].
    pub kinds: [u64; KINDS],
    pub accesses: u64,
}

/// Checks a chunk. The entries before its first fault count all the same: what follows from them may
/// be wrong at a lower index.
pub(super) fn check(chunk: &Chunk) -> Checked {
    let mut run = Run {
        beginning: None,
        end: Link { previous: Hash::default(), not_before: RecordedAt(0) },
        hashes: Vec::with_capacity(chunk.count().min(chunk.byte_len() / LEAF_HEADER_BYTES)),
        commits: Vec::new(),
        tally: Tally::default(),
        meeting: Meeting::default(),
    };
    let fault = chunk.pieces().iter().find_map(|piece| run.take(piece).err());
    Checked {
        beginning: run.beginning,
        end: run.end,
        span: Span::new(chunk.first().unwrap_or(Index(0)), run.hashes),
        commits: run.commits,
        tally: run.tally,
        met: run.meeting.into_met(),
        bytes: chunk.byte_len() as u64,
        fault,
    }
}

/// What is wrong with the entry `index`, told by the chain.
pub(super) fn broken(index: Index, error: ChainError) -> Finding {
    let (fault, expected, found) = match error {
        ChainError::Leaf(error) => (Fault::Leaf, "a leaf of a known version".to_owned(), error.to_string()),
        ChainError::Previous { expected, found } => {
            let named = |hash: Hash| format!("leaf hash {} as the entry before", hash.to_hex());
            (Fault::Chain, named(expected), named(found))
        }
        ChainError::Time { expected, found } => {
            (Fault::Time, format!("second {expected} or later"), format!("second {found}"))
        }
    };
    Finding { fault, index: Some(index), place: None, expected, found }
}

/// A chunk while it is checked.
struct Run<'a> {
    beginning: Option<Beginning>,
    end: Link,
    hashes: Vec<Hash>,
    commits: Vec<(TreeHead, Place)>,
    tally: Tally,
    meeting: Meeting<'a>,
}

impl<'a> Run<'a> {
    /// Opens a piece and takes its entries in, up to the first that fails.
    fn take(&mut self, piece: &'a Piece) -> Result<(), Finding> {
        let opened = piece.open()?;
        let mut indexes = (opened.first.0..).map(Index);
        for group in opened.leaves.chunks(HASHED_TOGETHER) {
            for ((bytes, hash), index) in group.iter().zip(leaf_hashes(group)).zip(&mut indexes) {
                if self.beginning.is_none() {
                    self.begin(index, bytes, piece).map_err(|error| at(piece, broken(index, error)))?;
                }
                self.entry(index, bytes, hash).map_err(|finding| at(piece, finding))?;
            }
        }
        self.commits.extend(opened.commit.map(|head| (head, piece.place().clone())));
        Ok(())
    }

    /// What the first entry names is compared where chunks are joined.
    fn begin(&mut self, index: Index, bytes: &[u8], piece: &Piece) -> Result<(), ChainError> {
        self.end.previous = Leaf::parse(bytes)?.previous;
        // Only entry 0 is looked into there.
        let kept = if index == Index(0) { bytes.len() } else { LEAF_HEADER_BYTES };
        let leaf = bytes.get(..kept).unwrap_or_default().to_vec();
        self.beginning = Some(Beginning { index, leaf, place: piece.place().clone() });
        Ok(())
    }

    fn entry(&mut self, index: Index, bytes: &'a [u8], hash: Hash) -> Result<(), Finding> {
        let leaf = self.end.follow_hashed(bytes, hash).map_err(|error| broken(index, error))?;
        let body = Body::read(leaf.body).map_err(|error| Finding {
            fault: Fault::Body,
            index: Some(index),
            place: None,
            expected: "one EntryBody, written in the one way that every reader reads alike".to_owned(),
            found: error.to_string(),
        })?;
        check_kind(index, body.kind)?;
        let tally = &mut self.tally;
        if let Some(count) = usize::try_from(body.kind.0).ok().and_then(|kind| tally.kinds.get_mut(kind)) {
            *count += 1;
        }
        tally.accesses = tally.accesses.saturating_add(body.accesses);
        if let Some(mark) = body.session {
            self.meeting.note(mark, index, leaf.recorded_at);
        }
        self.hashes.push(hash);
        Ok(())
    }
}

fn at(piece: &Piece, finding: Finding) -> Finding {
    Finding { place: Some(piece.place().to_string()), ..finding }
}

/// Entry 0 is genesis, and no other entry is.
fn check_kind(index: Index, kind: Kind) -> Result<(), Finding> {
    if (index.0 == 0) == (kind == Kind::GENESIS) {
        return Ok(());
    }
    let expected = if index.0 == 0 { "genesis" } else { "any kind but genesis, which entry 0 alone has" };
    let (expected, found) = (expected.to_owned(), kind.name().to_owned());
    Err(Finding { fault: Fault::Genesis, index: Some(index), place: None, expected, found })
}
