//! Finds an index again that leads astray: a flipped bit in it must not cost openings that are there.

use std::io;
use std::sync::atomic::Ordering;

use einsicht_access::vault::record::{OVERWRITTEN_BYTES, RecordHeader, file_header};
use einsicht_tlog::{Hash, Index};

use super::super::rows::Row;
use super::super::scan::{PieceKind, Pieces};
use super::ClassFile;

impl ClassFile {
    /// Compares the index with the records, the first time that this is asked, and finds it again if it is another
    /// one. Returns whether it was. For whoever has looked for openings in vain; reads the whole file, and whoever
    /// appends meanwhile waits only for what was appended since.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn reindex(&self) -> io::Result<bool> {
        if self.is_index_checked.swap(true, Ordering::AcqRel) {
            return Ok(false);
        }
        let (known, end) = self.snapshot();
        let (mut walk, mut count, mut is_right) = (known.walk(), 0, true);
        let mut see = |row| {
            count += 1;
            // A row that can't be read leads nowhere.
            is_right &= walk.next_row().is_ok_and(|found| found == Some(row));
        };
        self.each_record(self.records_at(), end, None, &mut see)?;
        // Fewer than there were: then it is the file that is damaged.
        if is_right || count < known.count() {
            return Ok(false);
        }
        let mut found = Vec::new();
        self.each_record(self.records_at(), end, None, &mut |row| found.push(row))?;
        let extent = self.extent();
        let last = found.last().map(|row| row.index);
        self.each_record(end, extent.end, last, &mut |row| found.push(row))?;
        let mut rows = self.rows();
        rows.clear();
        found.into_iter().for_each(|row| rows.push(row));
        // Where there is no room, they stay in memory.
        let _ = rows.write();
        Ok(true)
    }

    /// Every record from `start` to `end` that lies behind those before, of which the last is that of `last`.
    fn each_record(
        &self,
        start: u64,
        end: u64,
        mut last: Option<Index>,
        see: &mut dyn FnMut(Row),
    ) -> io::Result<()> {
        let mut pieces = Pieces::new(&*self.file, start)?.until(end);
        while let Some(piece) = pieces.next_piece()? {
            if let PieceKind::Record { header: RecordHeader { index, .. }, .. } = piece.kind
                && last < Some(index)
            {
                see(Row { index, offset: piece.offset });
                last = Some(index);
            }
        }
        Ok(())
    }

    /// Where its records begin.
    fn records_at(&self) -> u64 {
        // As long for every ledger.
        let header = file_header(Hash([0; Hash::BYTES]), self.month, self.class);
        (header.len() + OVERWRITTEN_BYTES) as u64
    }
}
