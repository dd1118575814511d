//! Checks entries that follow one another, without knowing what was before them: leaf, chain, time,
//! body, kind. Runs on all cores at once; [`super::state`] joins the results.

use einsicht_tlog::leaf::{ChainError, Link};
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, TreeHead};
use rayon::prelude::*;

use super::body::{Body, Kind};
use super::sessions::{self, Met};
use crate::finding::{Fault, Finding};
use crate::source::Piece;

/// Entries that one core checks in one go.
const ENTRIES_AT_ONCE: usize = 512;
/// More than there are kinds of entries.
pub(super) const KINDS: usize = 32;

/// What a run of entries has, and what it needs from the one before it.
pub(super) struct Run<'a> {
    /// Index of its first entry.
    pub first: Index,
    /// Its first leaf: what the chain so far must lead to.
    pub first_leaf: &'a [u8],
    /// Where the chain stands behind it.
    pub end: Link,
    pub hashes: Vec<Hash>,
    pub tally: Tally,
    pub met: Vec<Met<'a>>,
}

/// Counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    /// By [`Kind`].
    pub kinds: [u64; KINDS],
    pub accesses: u64,
}

/// The runs of one piece, and the head that it states if it is a commit.
pub(super) struct Checked<'a> {
    pub runs: Vec<Result<Run<'a>, Finding>>,
    pub commit: Option<TreeHead>,
}

/// Opens a piece and checks all its entries. Of the runs, the first that fails is the last that counts.
///
/// # Errors
/// A [`Finding`] if the piece can't be opened.
pub(super) fn check<'p>(piece: &'p Piece) -> Result<Checked<'p>, Finding> {
    let opened = piece.open()?;
    let run = |(position, leaves): (usize, &[&'p [u8]])| {
        let first = Index(opened.first.0 + (position * ENTRIES_AT_ONCE) as u64);
        check_run(first, leaves).map_err(|finding| Finding { place: Some(piece.place()), ..finding })
    };
    let runs = if opened.leaves.len() <= ENTRIES_AT_ONCE {
        opened.leaves.chunks(ENTRIES_AT_ONCE).enumerate().map(run).collect()
    } else {
        opened.leaves.par_chunks(ENTRIES_AT_ONCE).enumerate().map(run).collect()
    };
    Ok(Checked { runs, commit: opened.commit })
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

fn check_run<'a>(first: Index, leaves: &[&'a [u8]]) -> Result<Run<'a>, Finding> {
    let first_leaf = leaves.first().copied().unwrap_or_default();
    let named = Leaf::parse(first_leaf).map_err(|error| broken(first, error.into()))?.previous;
    // What the first entry names is compared where the runs are joined.
    let mut end = Link { previous: named, not_before: RecordedAt(0) };
    let (mut tally, mut met, mut hashes) = (Tally::default(), Vec::new(), Vec::with_capacity(leaves.len()));
    for (bytes, index) in leaves.iter().zip(first.0..) {
        let index = Index(index);
        let (leaf, hash) = end.follow(bytes).map_err(|error| broken(index, error))?;
        hashes.push(hash);
        let body = Body::read(leaf.body).map_err(|error| Finding {
            fault: Fault::Body,
            index: Some(index),
            place: None,
            expected: "one EntryBody, written in the one way that every reader reads alike".to_owned(),
            found: error.to_string(),
        })?;
        check_kind(index, body.kind)?;
        if let Some(count) = usize::try_from(body.kind.0).ok().and_then(|kind| tally.kinds.get_mut(kind)) {
            *count += 1;
        }
        tally.accesses = tally.accesses.saturating_add(body.accesses);
        if let Some(mark) = body.session {
            sessions::note(&mut met, mark, index, leaf.recorded_at);
        }
    }
    Ok(Run { first, first_leaf, end, hashes, tally, met })
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
