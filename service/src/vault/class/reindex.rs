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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use einsicht_access::vault::record::file_start;
    use einsicht_access::{Month, RetentionClass};

    use super::super::{Extent, Pending, Slot};
    use super::*;
    use crate::storage::file::{DataFile, Folder as _};
    use crate::storage::memory::MemoryFolder;
    use crate::vault::rows::Rows;

    /// A file to which something is done when it is next read.
    struct Meanwhile {
        file: Arc<dyn DataFile>,
        act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl DataFile for Meanwhile {
        fn byte_len(&self) -> io::Result<u64> {
            self.file.byte_len()
        }
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let act = self.act.lock().unwrap().take();
            act.into_iter().for_each(|act| act());
            self.file.read_at(buffer, offset)
        }
        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            self.file.write_all_at(bytes, offset)
        }
        fn sync_data(&self) -> io::Result<()> {
            self.file.sync_data()
        }
        fn set_len(&self, bytes: u64) -> io::Result<()> {
            self.file.set_len(bytes)
        }
    }

    fn append(class: &ClassFile, index: u64) {
        let leaf_hash = Hash([u8::try_from(index).unwrap(); 32]);
        class.append(&[Pending { index: Index(index), leaf_hash, sealed: &[7; 100] }]).unwrap();
    }

    #[test]
    fn what_is_appended_while_an_index_is_found_again_is_found_too() {
        let folder = MemoryFolder::default();
        let (month, of): (Month, RetentionClass) = ("2026-11".parse().unwrap(), "P12M".parse().unwrap());
        let file = folder.open("openings", true).unwrap();
        let start = file_start(Hash([0; 32]), month, of, 0);
        file.write_all_at(&start, 0).unwrap();
        let end = start.len() as u64;
        let extent = Extent { end, count_at: None, is_count_due: false };
        let rows = Rows::open(folder.open("index", true).unwrap(), Index(0)).unwrap();
        let file = Arc::new(Meanwhile { file, act: Mutex::new(None) });
        let class = Arc::new(ClassFile::new(month, of, file.clone(), (extent, 0), rows));
        (1..=3).for_each(|index| append(&class, index));
        class.sync_index(&folder).unwrap();
        folder.flip("index", (16 + 15) * 8);
        let appended = Arc::clone(&class);
        *file.act.lock().unwrap() = Some(Box::new(move || append(&appended, 4)));
        assert!(class.reindex().unwrap());
        for index in 1..=4 {
            let found = class.read(Index(index), Hash([u8::try_from(index).unwrap(); 32])).unwrap();
            assert!(matches!(found.slot, Slot::Sealed(_)), "{index}: {found:?}");
        }
    }
}
