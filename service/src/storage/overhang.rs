//! The end of a derived file in memory, for as long as the disk has no room for it.

use std::io;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::file::DataFile;

/// Most bytes of one file that are kept in memory: the hashes of two million entries.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// A file of which everything from the first change on is in memory. The disk has what was there
/// before, and is not touched until [`Overhang::write_down`]; from then on changes go to it again.
///
/// A change must begin within the file or at its end. Whoever writes behind an earlier change, begins
/// at or behind it: so derived files are written.
pub(super) struct Overhang {
    below: Arc<dyn DataFile>,
    end: RwLock<End>,
}

enum End {
    /// Nothing was changed yet.
    Unchanged,
    /// From `start` on the file is these bytes.
    InMemory { start: u64, bytes: Vec<u8> },
    /// The file is as it is on the disk.
    OnDisk,
}

impl Overhang {
    pub fn new(below: Arc<dyn DataFile>) -> Self {
        Self { below, end: RwLock::new(End::Unchanged) }
    }

    /// Brings to the disk what memory has, without syncing it.
    ///
    /// # Errors
    /// Those of the file system; memory keeps what it has then.
    pub fn write_down(&self) -> io::Result<()> {
        let mut end = self.write();
        if let End::InMemory { start, bytes } = &*end {
            self.below.write_all_at(bytes, *start)?;
            self.below.set_len(start + bytes.len() as u64)?;
        }
        *end = End::OnDisk;
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, End> {
        self.end.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, End> {
        self.end.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DataFile for Overhang {
    fn byte_len(&self) -> io::Result<u64> {
        match &*self.read() {
            End::InMemory { start, bytes } => Ok(start + bytes.len() as u64),
            End::Unchanged | End::OnDisk => self.below.byte_len(),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = self.read();
        let End::InMemory { start, bytes } = &*end else { return self.below.read_at(buffer, offset) };
        let below = start.saturating_sub(offset).min(buffer.len() as u64);
        let (low, high) = buffer.split_at_mut(index(below)?);
        let read = self.below.read_at(low, offset)?;
        if read < low.len() {
            return Ok(read);
        }
        let rest = bytes.get(index(offset.saturating_sub(*start))?..).unwrap_or_default();
        let kept = rest.len().min(high.len());
        high.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        Ok(read + kept)
    }

    fn write_all_at(&self, new: &[u8], offset: u64) -> io::Result<()> {
        let mut end = self.write();
        if let End::Unchanged = *end {
            *end = End::InMemory { start: offset, bytes: Vec::new() };
        }
        let End::InMemory { start, bytes } = &mut *end else {
            drop(end);
            return self.below.write_all_at(new, offset);
        };
        let from = index(offset.checked_sub(*start).ok_or_else(before_the_end)?)?;
        if from + new.len() > BYTES_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.resize(bytes.len().max(from + new.len()), 0);
        bytes.iter_mut().skip(from).zip(new).for_each(|(to, from)| *to = *from);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        match &*self.read() {
            End::InMemory { .. } => Err(io::Error::other("the end of the file is in memory only")),
            End::Unchanged | End::OnDisk => self.below.sync_data(),
        }
    }

    /// Only cuts off, or leaves the length as it is.
    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut end = self.write();
        match &mut *end {
            End::Unchanged => *end = End::InMemory { start: len, bytes: Vec::new() },
            End::InMemory { start, bytes } => {
                bytes.truncate(index(len.saturating_sub(*start))?);
                // What was opened for replaying a part may have to be rebuilt from further back.
                *start = (*start).min(len);
            }
            End::OnDisk => return self.below.set_len(len),
        }
        Ok(())
    }
}

fn index(bytes: u64) -> io::Result<usize> {
    usize::try_from(bytes).map_err(io::Error::other)
}

fn before_the_end() -> io::Error {
    io::Error::other("a change before the part of the file that is in memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::file::{Folder as _, read_exact_at};
    use crate::storage::memory::MemoryFolder;

    fn file(contents: &[u8]) -> (MemoryFolder, Overhang) {
        let folder = MemoryFolder::default();
        let below = folder.open("file", true).unwrap();
        below.write_all_at(contents, 0).unwrap();
        (folder, Overhang::new(below))
    }

    fn contents(file: &Overhang) -> Vec<u8> {
        read_exact_at(file, 0, usize::try_from(file.byte_len().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn it_reads_as_if_it_were_on_the_disk_which_is_not_touched() {
        let (folder, file) = file(b"0123456789");
        assert_eq!(contents(&file), b"0123456789");
        file.set_len(6).unwrap();
        file.write_all_at(b"abc", 6).unwrap();
        file.write_all_at(b"de", 9).unwrap();
        assert_eq!(contents(&file), b"012345abcde");
        for offset in 0..12 {
            for bytes in 0..12 {
                let mut buffer = vec![0; bytes];
                let read = file.read_at(&mut buffer, offset as u64).unwrap();
                assert_eq!(
                    buffer[..read],
                    b"012345abcde"[offset.min(11)..(offset + bytes).min(11).max(offset.min(11))]
                );
            }
        }
        assert_eq!(folder.bytes("file"), b"0123456789");
        assert!(file.sync_data().is_err());
    }

    #[test]
    fn what_is_written_down_is_on_the_disk_and_so_is_everything_after_it() {
        let (folder, file) = file(b"0123456789");
        file.set_len(4).unwrap();
        file.write_all_at(b"ab", 4).unwrap();
        file.write_down().unwrap();
        assert_eq!(folder.bytes("file"), b"0123ab");
        file.write_all_at(b"c", 6).unwrap();
        file.sync_data().unwrap();
        assert_eq!(folder.bytes("file"), b"0123abc");
        assert_eq!(contents(&file), b"0123abc");
    }

    #[test]
    fn memory_has_a_limit_and_no_hole() {
        let (_, file) = file(b"0123456789");
        file.set_len(10).unwrap();
        let error = file.write_all_at(b"x", 10 + BYTES_MAX as u64).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(file.write_all_at(b"x", 9).is_err());
    }

    #[test]
    fn it_can_be_cut_off_before_what_memory_has_and_go_on_from_there() {
        let (folder, file) = file(b"0123456789");
        file.set_len(8).unwrap();
        file.write_all_at(b"ab", 8).unwrap();
        file.set_len(3).unwrap();
        assert_eq!(contents(&file), b"012");
        file.write_all_at(b"cd", 3).unwrap();
        assert_eq!(contents(&file), b"012cd");
        file.write_down().unwrap();
        assert_eq!(folder.bytes("file"), b"012cd");
    }
}
