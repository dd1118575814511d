//! Leaf hashes of ascending entries, read many at a time.

use einsicht_tlog::{Hash, Index, Size};

use crate::storage::{LogReader, ReadError};

/// Read at a time.
const CHUNK: u64 = 512;

/// Those of a log of this size.
pub(super) struct LeafHashes<'l> {
    reader: &'l LogReader,
    size: Size,
    first: u64,
    bytes: Vec<u8>,
}

impl<'l> LeafHashes<'l> {
    pub fn new(reader: &'l LogReader, size: Size) -> Self {
        Self { reader, size, first: 0, bytes: Vec::new() }
    }

    /// That of an entry; `None` behind the end of the log.
    pub fn get(&mut self, index: Index) -> Result<Option<Hash>, ReadError> {
        if !self.size.contains(index) {
            return Ok(None);
        }
        if self.kept(index).is_none() {
            let count = CHUNK.min(self.size.0 - index.0);
            self.bytes = self.reader.hashes(0, index.0, usize::try_from(count).unwrap_or(usize::MAX))?;
            self.first = index.0;
        }
        Ok(self.kept(index))
    }

    fn kept(&self, index: Index) -> Option<Hash> {
        let position = usize::try_from(index.0.checked_sub(self.first)?).ok()?;
        let bytes = self.bytes.chunks_exact(Hash::BYTES).nth(position)?;
        bytes.try_into().ok().map(Hash)
    }
}
