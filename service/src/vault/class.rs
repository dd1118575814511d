//! The openings of one month and retention class: one file that grows, and whose slots are overwritten when
//! something in them is erased.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_access::vault::record::{
    RECORD_HEADER_BYTES, RecordHeader, SlotTooShort, destroyed_by, file_header, read_slot, record,
};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index};

use super::layout::{VAULT, class_folder, index_path, month_folder, openings_path};
use super::rows::{Row, Rows};
use crate::storage::file::{DataFile, Folder, read_exact_at};

/// One month and class that was not erased as a whole.
pub(super) struct ClassFile {
    pub month: Month,
    pub class: RetentionClass,
    pub file: Arc<dyn DataFile>,
    /// Held while something is written and synced: a failed sync is told to one of those who share a file, and
    /// that must be the one whose bytes it lost.
    end: Mutex<u64>,
    rows: Mutex<Rows>,
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
    /// Begins a month and class: folders and file, durable with their names.
    pub fn create(
        folder: &dyn Folder,
        origin_hash: Hash,
        month: Month,
        class: RetentionClass,
    ) -> Result<Self, WriteError> {
        let path = openings_path(month, class);
        let here = class_folder(month, class);
        folder.create_folder(&here).map_err(WriteError::Write)?;
        let file = folder.open(&path, true).map_err(WriteError::Write)?;
        let header = file_header(origin_hash, month, class);
        file.set_len(0).and_then(|()| file.write_all_at(&header, 0)).map_err(WriteError::Write)?;
        file.sync_data().map_err(WriteError::Sync)?;
        let index = folder.open(&index_path(month, class), true).map_err(WriteError::Write)?;
        for folder_path in [here.as_str(), &month_folder(month), VAULT, ""] {
            folder.sync_folder(folder_path).map_err(WriteError::Sync)?;
        }
        let rows = Rows::open(index, Index(0)).map_err(WriteError::Write)?;
        Ok(Self::new(month, class, file, header.len() as u64, rows))
    }

    /// Takes over what is there: `end` is where the next record goes.
    pub fn new(month: Month, class: RetentionClass, file: Arc<dyn DataFile>, end: u64, rows: Rows) -> Self {
        Self { month, class, file, end: Mutex::new(end), rows: Mutex::new(rows) }
    }

    /// What people call its file.
    pub fn path(&self) -> String {
        openings_path(self.month, self.class)
    }

    /// Appends records, in order, and syncs them. After an error nobody may go on with this file.
    pub fn append(&self, pending: &[Pending<'_>]) -> Result<(), WriteError> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::with_capacity(pending.iter().map(|one| one.sealed.len() + 128).sum());
        let mut rows = Vec::with_capacity(pending.len());
        for Pending { index, leaf_hash, sealed } in pending {
            rows.push(Row { index: *index, offset: *end + bytes.len() as u64 });
            let record = record(*index, *leaf_hash, sealed).map_err(too_long)?;
            bytes.extend_from_slice(&record);
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
                let _end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
                self.read_at(row, leaf_hash)
            }
            read => read,
        }
    }

    /// Writes a slot over the one behind `offset`, the start of its record, and syncs it. What it held before
    /// is gone then.
    pub fn overwrite(&self, offset: u64, slot: &[u8]) -> Result<(), WriteError> {
        let _end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.file.write_all_at(slot, offset + RECORD_HEADER_BYTES as u64).map_err(WriteError::Write)?;
        self.file.sync_data().map_err(WriteError::Sync)
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
