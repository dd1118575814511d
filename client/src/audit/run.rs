//! Checks the entries of a chunk, without knowing what was before them: leaf, chain, time, body, kind, and
//! the subtrees over them, and verdicts where the charter is known already. Runs on any core; [`super::state`] joins the results.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::facts::AccessReader;
use einsicht_access::sessions::{Meeting, Met};
use einsicht_proto::v1::Opening;
use einsicht_tlog::hash::leaf_hashes;
use einsicht_tlog::leaf::{ChainError, LEAF_HEADER_BYTES, Link};
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, TreeHead};

use super::body::{Body, Hidden, Kind};
use super::confidential;
use super::inspect::{Inspector, Seen};
use super::judging::Judging;
use super::tree::Span;
use crate::charters::PublishedCharter;
use crate::finding::{Fault, Finding};
use crate::source::{Chunk, Piece, Place};

/// How many leaves are hashed before they are looked into: few enough to be in the nearest cache then.
const HASHED_TOGETHER: usize = 64;
/// More than there are kinds of entries.
pub(super) const KINDS: usize = 32;

/// What a chunk has, up to its first fault, and what it needs from what was before it.
pub(super) struct Checked<N> {
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
    /// Confidential records, and what opens them.
    pub confidential: Vec<confidential::Met>,
    /// Charters and verdicts.
    pub judging: Judging,
    /// The chunk itself, if its records have to be judged later.
    pub late: Option<Chunk>,
    /// What was noted of its entries.
    pub notes: N,
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
/// be wrong at a lower index. `newest` is the newest charter that is known.
pub(super) fn check<I: Inspector>(
    chunk: &Chunk,
    newest: Option<Arc<PublishedCharter>>,
    inspector: &I,
) -> Checked<I::Notes> {
    let mut run = Run {
        beginning: None,
        end: Link { previous: Hash::default(), not_before: RecordedAt(0) },
        hashes: Vec::with_capacity(chunk.count().min(chunk.byte_len() / LEAF_HEADER_BYTES)),
        commits: Vec::new(),
        tally: Tally::default(),
        meeting: Meeting::default(),
        confidential: Vec::new(),
        judging: Judging::new(newest),
        inspector,
        notes: I::Notes::default(),
    };
    let fault = chunk.pieces().iter().find_map(|piece| run.take(piece).err());
    Checked {
        beginning: run.beginning,
        end: run.end,
        span: Span::new(chunk.first().unwrap_or(Index(0)), run.hashes),
        commits: run.commits,
        tally: run.tally,
        met: run.meeting.into_met(),
        confidential: run.confidential,
        late: run.judging.is_late().then(|| chunk.clone()),
        judging: run.judging,
        notes: run.notes,
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
struct Run<'a, I: Inspector> {
    beginning: Option<Beginning>,
    end: Link,
    hashes: Vec<Hash>,
    commits: Vec<(TreeHead, Place)>,
    tally: Tally,
    meeting: Meeting,
    confidential: Vec<confidential::Met>,
    judging: Judging,
    inspector: &'a I,
    notes: I::Notes,
}

impl<'a, I: Inspector> Run<'a, I> {
    /// Opens a piece and takes its entries in, up to the first that fails.
    fn take(&mut self, piece: &'a Piece) -> Result<(), Finding> {
        let opened = piece.open()?;
        let mut indexes = (opened.first.0..).map(Index);
        for group in opened.leaves.chunks(HASHED_TOGETHER) {
            for ((bytes, hash), index) in group.iter().zip(leaf_hashes(group)).zip(&mut indexes) {
                if self.beginning.is_none() {
                    self.begin(index, bytes, piece).map_err(|error| at(piece, broken(index, error)))?;
                }
                self.entry(index, bytes, hash, piece).map_err(|finding| at(piece, finding))?;
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

    fn entry(&mut self, index: Index, bytes: &'a [u8], hash: Hash, piece: &Piece) -> Result<(), Finding> {
        let leaf = self.end.follow_hashed(bytes, hash).map_err(|error| broken(index, error))?;
        let wants_access = I::WANTS_ACCESS || self.judging.wants_access();
        let mut access = wants_access.then(AccessReader::default);
        let body = Body::read(leaf.body, access.as_mut()).map_err(|error| Finding {
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
        let is_confidential = matches!(body.hidden, Some(Hidden::Sealed { .. }));
        if let Some(hidden) = body.hidden {
            self.confidential.extend(met(index, leaf.recorded_at, hidden, piece)?);
        }
        let access = match &access {
            Some(reader) if body.judged.is_some() => Some(reader.into_access()),
            _ => None,
        };
        self.judging.take(index, &body, access.as_ref(), leaf.body, piece)?;
        let Leaf { recorded_at, body: content, .. } = leaf;
        let seen = Seen {
            index,
            recorded_at,
            leaf_hash: hash,
            kind: body.kind,
            is_confidential,
            access: access.as_ref().filter(|_| I::WANTS_ACCESS),
            body: content,
            leaf: bytes,
        };
        self.inspector.look(seen, &mut self.notes);
        self.hashes.push(hash);
        Ok(())
    }
}

/// What is to be remembered of a confidential record, or of the opening of one.
fn met(
    index: Index,
    recorded_at: RecordedAt,
    hidden: Hidden<'_>,
    piece: &Piece,
) -> Result<Option<confidential::Met>, Finding> {
    match hidden {
        Hidden::Sealed { until_day, seal, shows } => {
            let wrong = |fault, expected: &str, found| Finding {
                fault,
                index: Some(index),
                place: None,
                expected: expected.to_owned(),
                found,
            };
            if let Some(name) = shows {
                let expected = "nothing in a confidential record but its day, seal, nonce and markers";
                return Err(wrong(
                    Fault::Confidential,
                    expected,
                    format!("{name}, which is not judged there"),
                ));
            }
            let seal = seal.try_into().map_err(|_| {
                wrong(Fault::Opening, "a seal of 32 bytes", format!("one of {} bytes", seal.len()))
            })?;
            Ok(Some(confidential::Met::Sealed { index, day: until_day, seal }))
        }
        Hidden::Opened { index: of, salt, record } => {
            let copy = Bytes::copy_from_slice;
            let opening = Box::new(Opening { index: of, salt: copy(salt), record: copy(record) });
            let place = piece.place().clone();
            Ok(Some(confidential::Met::Opened { index, recorded_at, opening, place }))
        }
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
