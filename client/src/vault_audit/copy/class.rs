//! The openings of a month and a retention class.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use einsicht_access::vault::VaultKey;
use einsicht_access::vault::record::{OVERWRITTEN_BYTES, RECORD_HEADER_BYTES, RecordHeader, file_header};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index};

use super::VaultCopyError;
use super::scan::Scan;

/// A month of a retention class.
pub(in crate::vault_audit) struct Class {
    pub month: Month,
    pub class: RetentionClass,
    pub path: PathBuf,
    file: File,
    /// In ascending order of their index.
    pub rows: Vec<Row>,
    /// The key, or why there is none.
    pub key: Result<VaultKey, String>,
    pub damage: Vec<String>,
    /// Whether the file begins as such a file does. What stands behind is read all the same: each record says whose it
    /// is.
    pub header_checks: bool,
}

/// Where the openings of an entry lie, or lay.
pub(in crate::vault_audit) struct Row {
    pub index: u64,
    offset: u64,
    /// Whether the log has that entry, with something sealed.
    is_met: AtomicBool,
}

impl Class {
    /// `None` if there is no file: it was erased as a whole, or has nothing yet.
    pub fn open(
        path: PathBuf,
        month: Month,
        class: RetentionClass,
        origin_hash: Hash,
        key: Result<VaultKey, String>,
    ) -> Result<Option<Self>, VaultCopyError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(VaultCopyError::Io { path, error }),
        };
        let header = file_header(origin_hash, month, class);
        let at = (header.len() + OVERWRITTEN_BYTES) as u64;
        let mut scan = Scan { file, at, rows: Vec::new(), damage: Vec::new() };
        let read = scan.begins_with(&header).and_then(|begins| Ok((begins, scan.run(&path)?)));
        let (header_checks, ()) = match read {
            Ok(read) => read,
            Err(error) => return Err(VaultCopyError::Io { path, error }),
        };
        let Scan { file, mut rows, mut damage, .. } = scan;
        if !header_checks {
            damage.insert(0, format!("{} at byte 0", path.display()));
        }
        // What is out of order is found all the same; which one counts of two, the entry decides.
        rows.sort_by_key(|row| row.index);
        Ok(Some(Self { month, class, path, file, rows, key, damage, header_checks }))
    }

    /// Whether it has openings of that entry.
    pub fn has(&self, index: u64) -> bool {
        self.row(Index(index)).is_some()
    }

    pub fn row(&self, index: Index) -> Option<&Row> {
        Row::find(&self.rows, index)
    }

    /// Reads header and slot of a row; `None` if the header is no longer what it was.
    pub fn read(&self, row: &Row) -> io::Result<Option<(RecordHeader, Vec<u8>)>> {
        let mut head = [0; RECORD_HEADER_BYTES];
        read_exact_at(&self.file, &mut head, row.offset)?;
        let Some(header) = RecordHeader::parse(&head) else { return Ok(None) };
        let mut slot = vec![0; usize::try_from(header.slot_bytes).map_err(io::Error::other)?];
        read_exact_at(&self.file, &mut slot, row.offset + RECORD_HEADER_BYTES as u64)?;
        Ok(Some((header, slot)))
    }

    /// For people: the file, and where in it.
    pub fn place(&self, row: &Row) -> String {
        format!("{} at byte {}", self.path.display(), row.offset)
    }
}

impl Row {
    pub fn new(index: u64, offset: u64) -> Self {
        Self { index, offset, is_met: AtomicBool::new(false) }
    }

    /// That of an entry among rows in ascending order.
    pub fn find(rows: &[Self], index: Index) -> Option<&Self> {
        let position = rows.partition_point(|row| row.index < index.0);
        rows.get(position).filter(|row| row.index == index.0)
    }

    /// Notes that the log has the entry.
    pub fn meet(&self) {
        self.is_met.store(true, Ordering::Relaxed);
    }

    pub fn is_met(&self) -> bool {
        self.is_met.load(Ordering::Relaxed)
    }
}

/// Reads at a stated place, whoever else reads: all cores look into one file, and none waits for another.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        offset += read as u64;
        bytes = bytes.split_at_mut(read).1;
    }
    Ok(())
}
