//! Reads entries and hashes, beside the one writer. Knows nothing of what is published: callers ask
//! only below the published size.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use einsicht_tlog::bundle::LENGTH_BYTES;
use einsicht_tlog::merkle::Subtree;
use einsicht_tlog::proof::{ProofError, ProofPlan};
use einsicht_tlog::tile::TILE_HEIGHT;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, Size, TreeHead};

use super::derived::Derived;
use super::file::read_exact_at;
use super::segments::{Segment, Segments};
use super::tiles::Tiles;

/// Reads the log. Cheap to clone; every clone sees what the writer has appended.
#[derive(Clone)]
pub struct LogReader {
    pub(super) derived: Derived,
    pub(super) segments: Arc<RwLock<Segments>>,
    tiles: Tiles,
}

/// An entry or a hash could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system failed, or a derived file is too short.
    #[error("{what} could not be read: {error}")]
    Io {
        /// What was read.
        what: &'static str,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// No such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl LogReader {
    /// Reads these files. What of them is derived has been checked, and only grows from here on.
    pub(super) fn new(derived: Derived, segments: Arc<RwLock<Segments>>) -> Self {
        Self { derived, segments, tiles: Tiles::default() }
    }

    /// The leaf of an entry.
    ///
    /// # Errors
    /// [`ReadError::Io`], also if there is no such entry.
    pub fn leaf(&self, index: Index) -> Result<Vec<u8>, ReadError> {
        let mut bundle = self.bundle(index, 1)?;
        Ok(bundle.split_off(LENGTH_BYTES.min(bundle.len())))
    }

    /// Adjacent entries as C2SP writes an entry bundle: `uint16 length ‖ leaf`, repeated.
    ///
    /// # Errors
    /// [`ReadError::Io`], also if one of the entries is not there.
    pub fn bundle(&self, first: Index, count: usize) -> Result<Vec<u8>, ReadError> {
        self.read_bundle(first, count).map_err(|error| ReadError::Io { what: "an entry", error })
    }

    /// When an entry was recorded.
    ///
    /// # Errors
    /// As [`LogReader::leaf`]; also if its bytes are not a leaf.
    pub fn recorded_at(&self, index: Index) -> Result<RecordedAt, ReadError> {
        let leaf = self.leaf(index)?;
        let leaf = Leaf::parse(&leaf)
            .map_err(|error| ReadError::Io { what: "an entry", error: io::Error::other(error) })?;
        Ok(leaf.recorded_at)
    }

    /// Adjacent hashes of a tile level, 32 bytes each.
    ///
    /// # Errors
    /// [`ReadError::Io`], also if one of them is not there.
    pub fn hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<u8>, ReadError> {
        self.derived.hashes(level, start, count).map_err(unreadable_hashes)
    }

    /// Leaf hash of an entry.
    ///
    /// # Errors
    /// As [`LogReader::hashes`].
    pub fn leaf_hash(&self, index: Index) -> Result<Hash, ReadError> {
        self.subtree_root(Subtree { height: 0, index: index.0 })
    }

    /// Proof that entry `index` is in the tree of `size` entries.
    ///
    /// # Errors
    /// [`ReadError::Proof`] if it is not; [`ReadError::Io`].
    pub fn inclusion_proof(&self, index: Index, size: Size) -> Result<Vec<Hash>, ReadError> {
        ProofPlan::inclusion(index, size)?.build(|subtree| self.subtree_root(subtree))
    }

    /// Proof that the tree of `old` entries is a prefix of the tree of `new` entries.
    ///
    /// # Errors
    /// [`ReadError::Proof`] unless `1 <= old <= new`; [`ReadError::Io`].
    pub fn consistency_proof(&self, old: Size, new: Size) -> Result<Vec<Hash>, ReadError> {
        ProofPlan::consistency(old, new)?.build(|subtree| self.subtree_root(subtree))
    }

    /// As [`LogReader::inclusion_proof`], for entries near the end: their proofs share tiles that are kept.
    ///
    /// # Errors
    /// As [`LogReader::inclusion_proof`].
    pub fn recent_inclusion_proof(&self, index: Index, size: Size) -> Result<Vec<Hash>, ReadError> {
        ProofPlan::inclusion(index, size)?.build(|subtree| self.recent_root(subtree))
    }

    /// As [`LogReader::consistency_proof`], for sizes near the end.
    ///
    /// # Errors
    /// As [`LogReader::consistency_proof`].
    pub fn recent_consistency_proof(&self, old: Size, new: Size) -> Result<Vec<Hash>, ReadError> {
        ProofPlan::consistency(old, new)?.build(|subtree| self.recent_root(subtree))
    }

    /// The same, unless tiles are needed that are not kept: one may have to wait for a disk then.
    ///
    /// # Errors
    /// As [`LogReader::consistency_proof`].
    pub fn kept_consistency_proof(&self, old: Size, new: Size) -> Result<Option<Vec<Hash>>, ReadError> {
        let read = |level, start, count| self.derived.hashes(level, start, count);
        let proof = ProofPlan::consistency(old, new)?.build(|subtree| {
            let root = self.tiles.kept_root(subtree, &read);
            root.ok_or(None)?.map_err(Some)
        });
        match proof {
            Ok(proof) => Ok(Some(proof)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(unreadable_hashes(error)),
        }
    }

    /// Size and root of the first `size` entries.
    ///
    /// # Errors
    /// As [`LogReader::hashes`].
    pub fn head(&self, size: Size) -> Result<TreeHead, ReadError> {
        let frontier =
            self.derived.frontier(size).map_err(|error| ReadError::Io { what: "a hash file", error })?;
        Ok(frontier.head())
    }

    fn subtree_root(&self, subtree: Subtree) -> Result<Hash, ReadError> {
        // At the foot of the tree hardly two proofs need the same; to keep it would take as much memory as the log
        // has entries.
        if subtree.height < TILE_HEIGHT {
            return self.derived.subtree_root(subtree).map_err(unreadable_hashes);
        }
        self.recent_root(subtree)
    }

    fn recent_root(&self, subtree: Subtree) -> Result<Hash, ReadError> {
        let read = |level, start, count| self.derived.hashes(level, start, count);
        self.tiles.root(subtree, &read).map_err(unreadable_hashes)
    }

    /// One or two reads per segment that the entries lie in, whatever their number.
    fn read_bundle(&self, first: Index, count: usize) -> io::Result<Vec<u8>> {
        let positions = self.derived.positions(first, count)?;
        let mut rest = positions.as_slice();
        let mut bundle = Vec::new();
        while let Some(start) = rest.first() {
            let (segment, end) = self.segment_at(*start)?;
            let (here, later) = rest.split_at(rest.partition_point(|position| *position < end));
            if here.is_empty() {
                return Err(io::Error::other("log/offsets is not in order"));
            }
            read_run(&segment, here, &mut bundle)?;
            rest = later;
        }
        Ok(bundle)
    }

    /// The segment that a position lies in, and where the next one starts.
    fn segment_at(&self, position: u64) -> io::Result<(Segment, u64)> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let segment = segments.at(position).cloned().ok_or(io::ErrorKind::NotFound)?;
        let end = segments.iter().map(|other| other.base).find(|base| *base > segment.base);
        Ok((segment, end.unwrap_or(u64::MAX)))
    }
}

fn unreadable_hashes(error: io::Error) -> ReadError {
    ReadError::Io { what: "a hash file", error }
}

/// Appends entries of one segment: all but the last one by one read, for their lengths are known
/// from the position of the next; then the last one.
fn read_run(segment: &Segment, positions: &[u64], bundle: &mut Vec<u8>) -> io::Result<()> {
    let (Some(start), Some(last)) = (positions.first(), positions.last()) else { return Ok(()) };
    let span = last.checked_sub(*start).ok_or_else(|| io::Error::other("log/offsets is not in order"))?;
    let span = usize::try_from(span).map_err(io::Error::other)?;
    let bytes = read_exact_at(&*segment.file, start - segment.base, span + LENGTH_BYTES)?;
    for position in positions {
        // Between two entries may lie the end of one frame and the start of the next.
        let offset = usize::try_from(position - start).map_err(io::Error::other)?;
        let length = bytes.get(offset..offset + LENGTH_BYTES).ok_or(io::ErrorKind::UnexpectedEof)?;
        bundle.extend_from_slice(length);
        let leaf_bytes = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        match bytes.get(offset + LENGTH_BYTES..offset + LENGTH_BYTES + leaf_bytes) {
            Some(leaf) => bundle.extend_from_slice(leaf),
            None if position == last => {
                let at = position - segment.base + LENGTH_BYTES as u64;
                bundle.extend_from_slice(&read_exact_at(&*segment.file, at, leaf_bytes)?);
            }
            None => return Err(io::Error::other("an entry reaches over the next one: log/offsets is wrong")),
        }
    }
    Ok(())
}
