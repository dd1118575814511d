//! Where the openings of an entry lie in their file: the index of one month and class.
//!
//! Derived. Rows ascend by entry: `uint64 entry ‖ uint64 offset of its record`. New rows are kept in memory
//! until they are written, unsynced; what opening takes from the file is what the watermark covers. Where there is no
//! file, and no room to make one, they stay in memory.

mod walk;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use einsicht_tlog::Index;

pub(super) use self::walk::Walk;
use crate::storage::file::{DataFile, read_exact_at};

const ROW_BYTES: u64 = 16;
/// Rows that are kept in memory before they are written.
const PENDING_MAX: usize = 4096;

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub index: Index,
    /// Where its record starts in the file of openings.
    pub offset: u64,
}

/// All rows.
pub(super) struct Rows {
    file: Option<Arc<dyn DataFile>>,
    in_file: u64,
    pending: Vec<Row>,
    /// Whether the file has something that is not synced.
    is_dirty: AtomicBool,
    /// What a failed sync lost is known to nobody, and no later one brings it back.
    sync_failed: AtomicBool,
}

/// Rows that are not in the file.
pub(super) struct Unwritten {
    pub file: Arc<dyn DataFile>,
    start: u64,
    bytes: Vec<u8>,
}

impl Unwritten {
    /// Writes them, without syncing them.
    pub fn write(&self) -> io::Result<()> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            self.file.write_all_at(&self.bytes, self.start * ROW_BYTES)
        }
    }
}

impl Rows {
    /// Takes from the file the rows before entry `end`; those behind it may be anything.
    pub fn open(file: Arc<dyn DataFile>, end: Index) -> io::Result<Self> {
        let mut rows = Self::read_only(Arc::clone(&file))?;
        rows.in_file = rows.first_at_or_behind(end)?;
        if file.byte_len()? != rows.in_file * ROW_BYTES {
            // What stays behind would be believed once the watermark is there.
            file.set_len(rows.in_file * ROW_BYTES)?;
            rows.is_dirty = AtomicBool::new(true);
        }
        Ok(rows)
    }

    /// None, and nowhere to write them.
    pub fn in_memory() -> Self {
        let (is_dirty, sync_failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { file: None, in_file: 0, pending: Vec::new(), is_dirty, sync_failed }
    }

    /// Those of now, for whoever reads them while others are added.
    pub fn snapshot(&self) -> Self {
        let (file, pending) = (self.file.clone(), self.pending.clone());
        Self { file, in_file: self.in_file, pending, ..Self::in_memory() }
    }

    /// Whether there is a file to write them to.
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// From now on they are written to this file, which is empty.
    pub fn give(&mut self, file: Arc<dyn DataFile>) {
        self.file = Some(file);
    }

    /// Takes all rows of a file, and changes nothing.
    pub fn read_only(file: Arc<dyn DataFile>) -> io::Result<Self> {
        let in_file = file.byte_len()? / ROW_BYTES;
        Ok(Self { file: Some(file), in_file, ..Self::in_memory() })
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.in_file + self.pending.len() as u64
    }

    pub fn first(&self) -> io::Result<Option<Row>> {
        if self.count() == 0 { Ok(None) } else { self.row(0).map(Some) }
    }

    pub fn last(&self) -> io::Result<Option<Row>> {
        self.count().checked_sub(1).map(|last| self.row(last)).transpose()
    }

    /// How many rows are of entries before `end`.
    pub fn count_before(&self, end: Index) -> io::Result<u64> {
        self.first_at_or_behind(end)
    }

    /// The last row of an entry before `end`, if there is one.
    pub fn last_before(&self, end: Index) -> io::Result<Option<Row>> {
        self.count_before(end)?.checked_sub(1).map(|last| self.row(last)).transpose()
    }

    /// The row of an entry, if it has one.
    pub fn find(&self, index: Index) -> io::Result<Option<Row>> {
        let position = self.first_at_or_behind(index)?;
        if position == self.count() {
            return Ok(None);
        }
        Ok(Some(self.row(position)?).filter(|row| row.index == index))
    }

    /// Appends a row. It lies behind all others; not checked.
    pub fn push(&mut self, row: Row) {
        self.pending.push(row);
        if self.pending.len() >= PENDING_MAX && self.pending.len().is_multiple_of(PENDING_MAX) {
            // Where there is no room, they stay in memory.
            let _ = self.write();
        }
    }

    /// Forgets all rows: they are going to be found again.
    pub fn clear(&mut self) {
        (self.in_file, self.pending) = (0, Vec::new());
        self.is_dirty = AtomicBool::new(true);
        // What would stay behind shorter rows would be believed.
        self.file = self.file.take().filter(|file| file.set_len(0).is_ok());
    }

    /// Writes what is pending, without syncing it.
    pub fn write(&mut self) -> io::Result<()> {
        let unwritten = self.unwritten()?;
        unwritten.write()?;
        self.note_written(&unwritten);
        Ok(())
    }

    /// What is pending, to be written by somebody who does not keep others from the rows meanwhile.
    pub fn unwritten(&self) -> io::Result<Unwritten> {
        if self.sync_failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier sync of the index failed"));
        }
        let Some(file) = &self.file else { return Err(io::Error::other("there is no index to write to")) };
        let rows: Vec<_> =
            self.pending.iter().map(|row| [row.index.0.to_be_bytes(), row.offset.to_be_bytes()]).collect();
        let bytes = rows.as_flattened().as_flattened().to_vec();
        Ok(Unwritten { file: Arc::clone(file), start: self.in_file, bytes })
    }

    /// Notes that this was written. Where somebody else was faster, there is nothing to note.
    pub fn note_written(&mut self, unwritten: &Unwritten) {
        let rows = unwritten.bytes.len() / 16;
        self.is_dirty.fetch_or(rows > 0, Ordering::AcqRel);
        if unwritten.start == self.in_file && rows <= self.pending.len() {
            self.pending.drain(..rows);
            self.in_file += rows as u64;
        }
    }

    /// Whether there is anything to sync. Whoever asks does so now: what is written meanwhile is for the next time.
    pub fn begin_sync(&self) -> bool {
        self.is_dirty.swap(false, Ordering::AcqRel)
    }

    /// Notes how syncing went. After one that failed it fails for good: the index is then found again at
    /// the next start.
    pub fn note_sync(&self, synced: io::Result<()>) -> io::Result<()> {
        self.sync_failed.fetch_or(synced.is_err(), Ordering::AcqRel);
        self.is_dirty.fetch_or(synced.is_err(), Ordering::AcqRel);
        synced
    }

    /// Position of the first row whose entry is `index`, or lies behind it.
    fn first_at_or_behind(&self, index: Index) -> io::Result<u64> {
        if self.pending.first().is_some_and(|row| row.index <= index) {
            let before = self.pending.partition_point(|row| row.index < index);
            return Ok(self.in_file + before as u64);
        }
        let (mut before, mut behind) = (0, self.in_file);
        while before < behind {
            let middle = before + (behind - before) / 2;
            let row = self.row(middle)?;
            // No record starts at 0: that is what a loss of power left of a row.
            if row.index < index && row.offset > 0 {
                before = middle + 1;
            } else {
                behind = middle;
            }
        }
        Ok(behind)
    }

    fn row(&self, position: u64) -> io::Result<Row> {
        if let Some(pending) = position.checked_sub(self.in_file) {
            let row = usize::try_from(pending).ok().and_then(|pending| self.pending.get(pending));
            return row.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        let file = self.file.as_ref().ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = read_exact_at(&**file, position * ROW_BYTES, 16)?;
        let bytes = bytes.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Row::parse(bytes))
    }
}

impl Row {
    fn parse(bytes: &[u8; 16]) -> Self {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let (index, offset) = bytes.split_at(8);
        Self { index: Index(number(index)), offset: number(offset) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::file::Folder as _;
    use crate::storage::memory::MemoryFolder;

    fn row(number: u64) -> Row {
        Row { index: Index(number * 3), offset: 100 + number * 1000 }
    }

    fn rows(folder: &MemoryFolder, end: u64) -> Rows {
        Rows::open(folder.open("index", true).unwrap(), Index(end)).unwrap()
    }

    #[test]
    fn rows_are_found_wherever_they_lie() {
        let folder = MemoryFolder::default();
        let mut rows = rows(&folder, 0);
        for number in 0..10 {
            rows.push(row(number));
            if number == 5 {
                rows.write().unwrap();
            }
            for index in 0..=number * 3 + 3 {
                let expected = (index % 3 == 0 && index <= number * 3).then(|| row(index / 3));
                assert_eq!(rows.find(Index(index)).unwrap(), expected, "{number}: {index}");
            }
        }
        assert_eq!((rows.first().unwrap(), rows.last().unwrap()), (Some(row(0)), Some(row(9))));
    }

    #[test]
    fn opening_takes_the_rows_that_the_watermark_covers() {
        let folder = MemoryFolder::default();
        let mut written = rows(&folder, 0);
        (0..10).for_each(|number| written.push(row(number)));
        written.write().unwrap();
        folder.append("index", b"torn");
        for (end, count) in [(1000, 10), (13, 5), (12, 4), (1, 1), (0, 0)] {
            let found = rows(&folder.after_kill(), end);
            assert_eq!(found.count(), count, "{end}");
        }
        let mut found = rows(&folder, 12);
        found.push(Row { index: Index(500), offset: 7 });
        found.write().unwrap();
        assert_eq!(rows(&folder, 501).last().unwrap().unwrap().offset, 7);
        assert_eq!(rows(&folder, 10_000).count(), 5, "nothing is left of what was behind the watermark");
    }

    #[test]
    fn without_room_rows_stay_in_memory_and_after_a_failed_sync_no_later_one_counts() {
        let folder = MemoryFolder::default();
        let mut rows = rows(&folder, 0);
        folder.fill();
        (0..2 * PENDING_MAX as u64).for_each(|number| rows.push(row(number)));
        assert_eq!(rows.find(Index(3)).unwrap(), Some(row(1)));
        folder.free();
        rows.write().unwrap();
        assert_eq!(rows.find(Index(3 * 8000)).unwrap(), Some(row(8000)));
        rows.note_sync(Ok(())).unwrap();
        rows.note_sync(Err(io::ErrorKind::Other.into())).unwrap_err();
        assert!(rows.write().is_err());
        assert_eq!(rows.find(Index(3)).unwrap(), Some(row(1)), "it is read as before");
    }
}
