//! What of a file lies before the watermark: what a start finds to be less was lost.

use std::io;

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader};
use einsicht_tlog::{Index, Size};

use super::super::rows::Row;
use super::ClassFile;

/// How much of a file a watermark covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) struct Covered {
    /// How many rows its index has of entries before the watermark.
    pub rows: u64,
    /// Where the last record of these ends, in bytes; 0 if there is none.
    pub end: u64,
}

impl ClassFile {
    /// What there is of entries before a size. Waits for nobody who records.
    ///
    /// # Errors
    /// Those of reading index and file.
    pub fn covered(&self, size: Size) -> io::Result<Covered> {
        let rows = self.rows().snapshot();
        let count = rows.count_before(Index(size.0))?;
        let end = rows.last_before(Index(size.0))?.map(|row| self.end_of(row)).transpose()?.unwrap_or(0);
        Ok(Covered { rows: count, end })
    }

    fn end_of(&self, row: Row) -> io::Result<u64> {
        let mut head = [0; RECORD_HEADER_BYTES];
        let read = self.file.read_at(&mut head, row.offset)?;
        let header = head.get(..read).and_then(RecordHeader::parse);
        // Where it is damaged, at least what lies before it.
        let record_bytes =
            header.filter(|header| header.index == row.index).map_or(0, |it| it.record_bytes());
        Ok(row.offset.saturating_add(record_bytes).min(self.file.byte_len()?))
    }
}
