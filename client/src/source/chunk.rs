//! Entries as they were read, not yet checked.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_tlog::bundle;
use einsicht_tlog::segment::Frame;
use einsicht_tlog::{Index, Size, TreeHead};

use crate::finding::{Fault, Finding};

/// Entries that follow one another, as they were read: bundles or frames. Nothing is checked before
/// [`Piece::open`], so that checking can be spread over cores.
#[derive(Clone)]
pub struct Chunk {
    pieces: Vec<Piece>,
}

/// A part of a chunk that is opened as a whole: a bundle or a frame.
#[derive(Clone)]
pub struct Piece {
    kind: Kind,
    bytes: Bytes,
    /// First entry stored in it.
    first: Index,
    /// How many entries are stored in it.
    stored: usize,
    /// Which of them are wanted.
    wanted: Range<usize>,
    place: Place,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// An entry bundle of a tile.
    Bundle,
    /// A commit of a segment file.
    Frame,
}

/// Where a piece was read. Shown as path with offset, or as address.
#[derive(Debug, Clone)]
pub struct Place {
    /// Path or address.
    pub(crate) name: Arc<str>,
    /// Offset in that file.
    pub(crate) offset: Option<u64>,
}

/// The entries of a piece.
pub struct Opened<'p> {
    /// Index of the first leaf.
    pub first: Index,
    /// The leaves, in order.
    pub leaves: Vec<&'p [u8]>,
    /// For a stored commit whose end is wanted: the head that it states.
    pub commit: Option<TreeHead>,
}

impl Chunk {
    /// Pieces that follow one another.
    pub(crate) fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces }
    }

    /// Its parts, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Index of its first wanted entry; `None` if it has none.
    #[must_use]
    pub fn first(&self) -> Option<Index> {
        self.pieces.first().map(Piece::first)
    }

    /// How many entries of it are wanted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pieces.iter().map(|piece| piece.wanted.len()).sum()
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    /// All wanted leaves, without copying them.
    ///
    /// # Errors
    /// As [`Piece::open`].
    pub fn leaves(&self) -> Result<Vec<Bytes>, Finding> {
        // Not as many as a damaged header states, before they are there.
        let mut leaves = Vec::new();
        for piece in &self.pieces {
            leaves.extend(piece.open()?.leaves.into_iter().map(|leaf| piece.bytes.slice_ref(leaf)));
        }
        Ok(leaves)
    }

    /// The pieces that hold the entries `start..end`, of which only those are wanted; `None` unless
    /// the chunk has all of them.
    pub(crate) fn narrowed(&self, start: Index, end: Size) -> Option<Self> {
        let pieces: Vec<_> = self.pieces.iter().filter_map(|piece| piece.narrowed(start, end)).collect();
        let narrowed = Self { pieces };
        let complete = narrowed.count() as u64 == end.0.saturating_sub(start.0);
        complete.then_some(narrowed)
    }

    /// Adds what follows.
    pub(crate) fn extend(&mut self, next: Self) {
        self.pieces.extend(next.pieces);
    }
}

impl Piece {
    /// A piece all of whose `stored` entries are wanted.
    pub(crate) fn new(kind: Kind, bytes: Bytes, first: Index, stored: usize, place: Place) -> Self {
        Self { kind, bytes, first, stored, wanted: 0..stored, place }
    }

    /// Index of the first wanted entry.
    #[must_use]
    pub fn first(&self) -> Index {
        Index(self.first.0.saturating_add(self.wanted.start as u64))
    }

    /// Where it was read.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The piece, of which only the entries `start..end` are wanted; `None` if it has none of them.
    pub(crate) fn narrowed(&self, start: Index, end: Size) -> Option<Self> {
        let position = |index: u64| usize::try_from(index.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let wanted = position(start.0).max(self.wanted.start)..position(end.0).min(self.wanted.end);
        (!wanted.is_empty()).then(|| Self { wanted, ..self.clone() })
    }

    /// Splits it into leaves; checks the checksums of a frame. Does not look into the leaves.
    ///
    /// # Errors
    /// A [`Finding`]: the frame is damaged, or the leaves are not as many as they should be.
    pub fn open(&self) -> Result<Opened<'_>, Finding> {
        let (entries, root) = match self.kind {
            Kind::Bundle => (&self.bytes[..], None),
            Kind::Frame => {
                let frame = Frame::parse(&self.bytes)
                    .map_err(|error| self.finding(Fault::Frame, "a commit that checks", error))?;
                (frame.entries, Some(frame.root))
            }
        };
        let mut leaves = bundle::exactly(entries, self.stored)
            .map_err(|error| self.finding(Fault::Bundle, &format!("{} entries", self.stored), error))?;
        leaves.truncate(self.wanted.end);
        leaves.drain(..self.wanted.start);
        let size = Size(self.first.0.saturating_add(self.stored as u64));
        let complete = self.wanted.end == self.stored;
        let commit = root.filter(|_| complete).map(|root| TreeHead { size, root });
        Ok(Opened { first: self.first(), leaves, commit })
    }

    fn finding(&self, fault: Fault, expected: &str, found: impl fmt::Display) -> Finding {
        Finding {
            fault,
            index: Some(self.first),
            place: Some(self.place.to_string()),
            expected: expected.to_owned(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} at byte {offset}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("first", &self.first()).field("count", &self.count()).finish()
    }
}
