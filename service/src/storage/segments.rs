//! The segment files as one address space.
//!
//! A *position* is a byte offset in the concatenation of all segment files, in order, headers
//! included. `log/offsets` holds positions.

use std::io;
use std::sync::Arc;

use einsicht_tlog::Index;
use einsicht_tlog::hash::Hash;
use einsicht_tlog::segment::{SEGMENT_HEADER_BYTES, SegmentHeader};

use super::file::{DataFile, Folder};
use super::layout::{ENTRIES, segment_path};

/// One segment file and where it lies in the address space.
#[derive(Clone)]
pub(super) struct Segment {
    pub base: u64,
    pub file: Arc<dyn DataFile>,
}

/// All segments, by base.
#[derive(Clone, Default)]
pub(super) struct Segments {
    list: Vec<Segment>,
}

impl Segments {
    /// Appends the segment that follows the others, which are `end` bytes long together.
    pub fn push(&mut self, end: u64, file: Arc<dyn DataFile>) {
        self.list.push(Segment { base: end, file });
    }

    /// The segment that holds the byte at `position`, as far as its base tells.
    pub fn at(&self, position: u64) -> Option<&Segment> {
        let after = self.list.partition_point(|segment| segment.base <= position);
        self.list.get(after.checked_sub(1)?)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Segment> {
        self.list.iter()
    }
}

/// Creates the segment whose first entry is `first`. It may be used after [`sync_new`].
pub(super) fn create(folder: &dyn Folder, origin_hash: Hash, first: Index) -> io::Result<Arc<dyn DataFile>> {
    let file = folder.open(&segment_path(first), true)?;
    file.set_len(0)?;
    file.write_all_at(&SegmentHeader { origin_hash, first }.to_bytes(), 0)?;
    Ok(file)
}

/// Makes a new segment durable: its header, then its name.
pub(super) fn sync_new(folder: &dyn Folder, file: &dyn DataFile) -> io::Result<()> {
    file.sync_data()?;
    folder.sync_folder(ENTRIES)
}

/// Bytes before the first frame of a segment.
pub(super) const HEADER_BYTES: u64 = SEGMENT_HEADER_BYTES as u64;
