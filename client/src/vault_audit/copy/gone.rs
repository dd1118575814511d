//! What the vault keeps of a month and class that was erased as a whole: the mark, which names the entry that says so,
//! and the index, which says which entries had their openings there. Neither is signed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::Index;

use super::VaultCopyError;
use super::class::Row;

/// `uint64 entry ‖ uint64 offset of its record`.
type RowBytes = [[u8; 8]; 2];

/// A month and class without a file of openings.
pub(in crate::vault_audit) struct Gone {
    pub month: Month,
    pub class: RetentionClass,
    /// The entry that the mark names, where there is a mark that can be read.
    pub by: Option<Index>,
    /// Of which entries there were openings, in ascending order, where there is an index.
    pub rows: Option<Vec<Row>>,
}

impl Gone {
    /// What is left in the folder of a month and class.
    pub fn open(folder: &Path, month: Month, class: RetentionClass) -> Result<Self, VaultCopyError> {
        let mark = read(folder.join("erased"))?;
        let by = mark.and_then(|mark| std::str::from_utf8(&mark).ok()?.trim_end().parse().ok().map(Index));
        let rows = read(folder.join("index"))?.map(|bytes| rows(&bytes));
        Ok(Self { month, class, by, rows })
    }

    /// The row of an entry that was of this class.
    pub fn row(&self, index: Index) -> Option<&Row> {
        Row::find(self.rows.as_deref()?, index)
    }
}

/// The rows of an index. A torn one at its end is none: the entry that it was about is then not among them.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let (words, _) = bytes.as_chunks::<8>();
    let (found, _): (&[RowBytes], _) = words.as_chunks::<2>();
    let number = |word: &[u8; 8]| u64::from_be_bytes(*word);
    let mut rows: Vec<_> =
        found.iter().map(|[index, offset]| Row::new(number(index), number(offset))).collect();
    rows.sort_by_key(|row| row.index);
    rows
}

fn read(path: PathBuf) -> Result<Option<Vec<u8>>, VaultCopyError> {
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(|error| VaultCopyError::Io { path, error }),
    }
}
