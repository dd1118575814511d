//! Finds an index again that leads astray: a flipped bit in it must not cost openings that are there.

use std::io;
use std::sync::atomic::Ordering;

use einsicht_access::vault::record::{OVERWRITTEN_BYTES, RecordHeader, file_header};
use einsicht_tlog::{Hash, Index};

use super::super::rows::{Row, Rows};
use super::super::scan::{PieceKind, piece_at};
use super::ClassFile;

impl ClassFile {
    /// Compares the index with the records, the first time that this is asked, and finds it again if it is another
    /// one. Returns whether it was. For whoever has looked for openings in vain; reads the whole file, and nobody
    /// appends meanwhile.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn reindex(&self) -> io::Result<bool> {
        if self.is_index_checked.swap(true, Ordering::AcqRel) {
            return Ok(false);
        }
        let extent = self.extent();
        let mut rows = self.rows();
        let (mut count, mut is_right) = (0, true);
        self.each_record(extent.end, |row| {
            count += 1;
            is_right &= leads_to(&rows, row);
        })?;
        // Fewer than there were: then it is the file that is damaged.
        if is_right || count < rows.count() {
            return Ok(false);
        }
        rows.clear();
        self.each_record(extent.end, |row| rows.push(row))?;
        // Where there is no room, they stay in memory.
        let _ = rows.write();
        Ok(true)
    }

    /// Every record before `end` that lies behind those before it.
    fn each_record(&self, end: u64, mut see: impl FnMut(Row)) -> io::Result<()> {
        let mut last: Option<Index> = None;
        // As long for every ledger.
        let header = file_header(Hash([0; Hash::BYTES]), self.month, self.class);
        let mut offset = (header.len() + OVERWRITTEN_BYTES) as u64;
        while offset < end
            && let Some(piece) = piece_at(&*self.file, offset)?
        {
            if let PieceKind::Record { header: RecordHeader { index, .. }, .. } = piece.kind
                && last < Some(index)
            {
                see(Row { index, offset: piece.offset });
                last = Some(index);
            }
            offset = piece.end;
        }
        Ok(())
    }
}

/// A row that can't be read leads nowhere.
fn leads_to(rows: &Rows, row: Row) -> bool {
    rows.find(row.index).is_ok_and(|found| found == Some(row))
}
