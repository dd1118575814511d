//! The openings of one month and retention class: one file that grows, and whose slots are overwritten when
//! something in them is erased.

mod covered;
mod reindex;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_access::vault::record::{
    OVERWRITTEN_BYTES, RECORD_HEADER_BYTES, RecordHeader, SlotTooShort, destroyed_by, file_start,
    overwritten_bytes, read_slot, write_record,
};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index};

pub(super) use self::covered::Covered;
use super::layout::{VAULT, class_folder, index_path, month_folder, openings_path};
use super::rows::{Row, Rows};
use super::start::Start;
use crate::storage::file::{DataFile, Folder, read_exact_at};

/// One month and class that was not erased as a whole.
pub(super) struct ClassFile {
    pub month: Month,
    pub class: RetentionClass,
    pub file: Arc<dyn DataFile>,
    /// Held while something is written and synced: a failed sync is told to one of those who share a file, and
    /// that must be the one whose bytes it lost.
    extent: Mutex<Extent>,
    /// How often something was overwritten, durably: less often than the watermark says, and the file was put back from
    /// a copy. Whoever writes the watermark does not wait until others have recorded.
    overwritten: AtomicU64,
    rows: Mutex<Rows>,
    /// Whether the index was compared with the records.
    is_index_checked: AtomicBool,
}

/// Where a file ends, and where it counts how often something in it was overwritten.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Where the next record goes.
    pub end: u64,
    /// Where the count stands; `None` in a file that is not ours to change.
    pub count_at: Option<u64>,
    /// Whether another one stands there.
    pub is_count_due: bool,
}

/// What is to be written for one entry.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    pub index: Index,
    pub leaf_hash: Hash,
    /// `nonce (24) ‖ ciphertext`.
    pub sealed: &'a [u8],
}

/// What a record was found to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// Where the record starts.
    pub offset: u64,
    pub header: RecordHeader,
    pub slot: Slot,
}

/// What a slot was found to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// `nonce (24) ‖ ciphertext`.
    Sealed(Vec<u8>),
    /// Nothing: it was destroyed as a whole, as this entry says.
    Destroyed { by: Index },
    /// It does not check. Its bytes, as they stand there.
    Damaged(Vec<u8>),
}

/// Why there are no openings of an entry here.
#[derive(Debug)]
pub(super) enum NotStored {
    /// None were written.
    Absent,
    /// They were, and nobody can tell where they lie.
    Damaged {
        offset: u64,
    },
    Io(io::Error),
}

impl From<io::Error> for NotStored {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writing or syncing failed.
#[derive(Debug)]
pub(super) enum WriteError {
    Write(io::Error),
    Sync(io::Error),
}

impl ClassFile {
    /// Begins a month and class: folders and file, durable with their names. `times` is how often something was
    /// overwritten in a file that was there before. Openings that somebody put there meanwhile are not touched.
    pub fn create(
        folder: &dyn Folder,
        origin_hash: Hash,
        month: Month,
        class: RetentionClass,
        times: u64,
    ) -> Result<Self, WriteError> {
        let path = openings_path(month, class);
        let here = class_folder(month, class);
        folder.create_folder(&here).map_err(WriteError::Write)?;
        let file = folder.open(&path, true).map_err(WriteError::Write)?;
        let start = file_start(origin_hash, month, class, times);
        if file.byte_len().map_err(WriteError::Write)? > start.len() as u64 {
            let error = format!("{path} is there, and was not when the service started: start it again");
            return Err(WriteError::Write(io::Error::new(io::ErrorKind::AlreadyExists, error)));
        }
        file.set_len(0).and_then(|()| file.write_all_at(&start, 0)).map_err(WriteError::Write)?;
        file.sync_data().map_err(WriteError::Sync)?;
        let index = folder.open(&index_path(month, class), true).map_err(WriteError::Write)?;
        for folder_path in [here.as_str(), &month_folder(month), VAULT, ""] {
            folder.sync_folder(folder_path).map_err(WriteError::Sync)?;
        }
        let rows = Rows::open(index, Index(0)).map_err(WriteError::Write)?;
        let end = start.len() as u64;
        let count_at = Some(end - OVERWRITTEN_BYTES as u64);
        let extent = Extent { end, count_at, is_count_due: false };
        Ok(Self::new(month, class, file, (extent, times), rows))
    }

    /// Takes over what is there, and how often something in it was overwritten.
    pub fn new(
        month: Month,
        class: RetentionClass,
        file: Arc<dyn DataFile>,
        (extent, overwritten): (Extent, u64),
        rows: Rows,
    ) -> Self {
        let (extent, rows) = (Mutex::new(extent), Mutex::new(rows));
        let overwritten = AtomicU64::new(overwritten);
        Self { month, class, file, extent, overwritten, rows, is_index_checked: AtomicBool::new(false) }
    }

    /// What people call its file.
    pub fn path(&self) -> String {
        openings_path(self.month, self.class)
    }

    /// Appends records, in order, and syncs them. After an error nobody may go on with this file.
    pub fn append(&self, pending: &[Pending<'_>]) -> Result<(), WriteError> {
        let mut extent = self.extent();
        let end = &mut extent.end;
        let mut bytes = Vec::with_capacity(pending.iter().map(|one| one.sealed.len() + 128).sum());
        let mut rows = Vec::with_capacity(pending.len());
        for Pending { index, leaf_hash, sealed } in pending {
            rows.push(Row { index: *index, offset: *end + bytes.len() as u64 });
            write_record(*index, *leaf_hash, sealed, &mut bytes).map_err(too_long)?;
        }
        self.file.write_all_at(&bytes, *end).map_err(WriteError::Write)?;
        self.file.sync_data().map_err(WriteError::Sync)?;
        *end += bytes.len() as u64;
        let mut known = self.rows();
        rows.into_iter().for_each(|row| known.push(row));
        Ok(())
    }

    /// The openings of an entry, encrypted.
    pub fn read(&self, index: Index, leaf_hash: Hash) -> Result<Stored, NotStored> {
        let Some(row) = self.rows().find(index)? else { return Err(NotStored::Absent) };
        match self.read_at(row, leaf_hash) {
            // Perhaps it is being overwritten right now.
            Ok(Stored { slot: Slot::Damaged(_), .. }) => {
                let _extent = self.extent();
                self.read_at(row, leaf_hash)
            }
            read => read,
        }
    }

    /// Writes a slot over the one behind `offset`, the start of its record, and syncs it. What it held before
    /// is gone then. `times` is how often something was overwritten, with this.
    pub fn overwrite(&self, offset: u64, slot: &[u8], times: u64) -> Result<(), WriteError> {
        let mut extent = self.extent();
        self.file.write_all_at(slot, offset + RECORD_HEADER_BYTES as u64).map_err(WriteError::Write)?;
        self.write_count(&mut extent, times)
    }

    /// What stands before its records, while nothing is overwritten.
    pub fn start(&self, origin_hash: Hash) -> io::Result<Start> {
        let _extent = self.extent();
        Start::read(&*self.file, origin_hash, self.month, self.class)
    }

    /// Its rows, and where its records end, as of now.
    pub fn snapshot(&self) -> (Rows, u64) {
        let extent = self.extent();
        let rows = self.rows().snapshot();
        (rows, extent.end)
    }

    /// How often something was overwritten, durably.
    pub fn overwritten(&self) -> u64 {
        self.overwritten.load(Ordering::Acquire)
    }

    /// Writes how often something was overwritten, where something else stands there. Before that everything has to be
    /// erased that is to be.
    pub fn mend_count(&self) -> Result<(), WriteError> {
        let mut extent = self.extent();
        let times = self.overwritten();
        if extent.is_count_due { self.write_count(&mut extent, times) } else { Ok(()) }
    }

    fn write_count(&self, extent: &mut Extent, times: u64) -> Result<(), WriteError> {
        if let Some(at) = extent.count_at {
            self.file.write_all_at(&overwritten_bytes(times), at).map_err(WriteError::Write)?;
            extent.is_count_due = false;
        }
        self.file.sync_data().map_err(WriteError::Sync)?;
        self.overwritten.store(times, Ordering::Release);
        Ok(())
    }

    /// The first and the last entry, if there is one.
    pub fn range(&self) -> io::Result<Option<(Index, Index)>> {
        let rows = self.rows();
        Ok(rows.first()?.zip(rows.last()?).map(|(first, last)| (first.index, last.index)))
    }

    /// Brings the index to the disk; makes the file if there was none, nor room for one.
    pub fn sync_index(&self, folder: &dyn Folder) -> io::Result<()> {
        if !self.rows().has_file() {
            let file = folder.open(&index_path(self.month, self.class), true)?;
            file.set_len(0)?;
            folder.sync_folder(&class_folder(self.month, self.class))?;
            self.rows().give(file);
        }
        // Whoever records meanwhile does not wait for this disk.
        let unwritten = self.rows().unwritten()?;
        unwritten.write()?;
        self.rows().note_written(&unwritten);
        if !self.rows().begin_sync() {
            return Ok(());
        }
        let synced = unwritten.file.sync_data();
        self.rows().note_sync(synced)
    }

    fn extent(&self) -> MutexGuard<'_, Extent> {
        self.extent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_at(&self, row: Row, leaf_hash: Hash) -> Result<Stored, NotStored> {
        let offset = row.offset;
        let damaged = || NotStored::Damaged { offset };
        let read = |at, bytes| match read_exact_at(&*self.file, at, bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(damaged()),
            read => Ok(read?),
        };
        let header = RecordHeader::parse(&read(offset, RECORD_HEADER_BYTES)?);
        let is_this = |header: &RecordHeader| header.index == row.index && header.leaf_hash == leaf_hash;
        let header = header.filter(is_this).ok_or_else(damaged)?;
        let bytes = usize::try_from(header.slot_bytes).map_err(io::Error::other)?;
        let slot = read(offset + RECORD_HEADER_BYTES as u64, bytes)?;
        let slot = match (read_slot(&slot), destroyed_by(&slot)) {
            (Some(sealed), _) => Slot::Sealed(sealed),
            (None, Some(by)) => Slot::Destroyed { by },
            (None, None) => Slot::Damaged(slot),
        };
        Ok(Stored { offset, header, slot })
    }
}

/// Whoever prepared the entry has measured it.
fn too_long(error: SlotTooShort) -> WriteError {
    WriteError::Write(io::Error::new(io::ErrorKind::InvalidInput, error))
}
