//! Whether the index of a month and class leads to its openings, as far as the watermark says that it is on the disk.

use std::io;

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Index, Size};

use super::super::layout::{WATERMARK, index_path};
use super::super::rows::{Row, Rows};
use super::super::watermark::Watermark;
use crate::storage::file::Folder;

/// Up to where the watermark says that indexes are on the disk. One that is damaged is told.
///
/// # Errors
/// Those of the file system.
pub(super) fn covered(data: &dyn Folder, faults: &mut dyn FnMut(String)) -> io::Result<Size> {
    match Watermark::read(data) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            faults(format!(
                "{WATERMARK}: {error}; the next start looks at the whole vault, and writes it anew"
            ));
            Ok(Size(0))
        }
        found => Ok(found?.map_or(Size(0), |watermark| watermark.head.size)),
    }
}

/// An index that is compared with the records, one after the other.
pub(super) struct IndexCheck {
    path: String,
    rows: Rows,
    /// Entries before this have their rows.
    covered: Size,
    has_told: bool,
}

impl IndexCheck {
    /// Opens it; `None` if there is none: the next start makes it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(
        data: &dyn Folder,
        month: Month,
        class: RetentionClass,
        covered: Size,
    ) -> io::Result<Option<Self>> {
        let path = index_path(month, class);
        match data.open(&path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => Ok(Some(Self { path, rows: Rows::read_only(file?)?, covered, has_told: false })),
        }
    }

    /// Tells the first record that the index does not lead to.
    pub fn compare(&mut self, index: Index, offset: u64, faults: &mut dyn FnMut(String)) {
        let row = Row { index, offset };
        let is_right = || self.rows.find(index).is_ok_and(|found| found == Some(row));
        if self.has_told || index.0 >= self.covered.0 || is_right() {
            return;
        }
        self.has_told = true;
        faults(format!(
            "{}: does not lead to the openings of entry {index}; it is derived: delete {WATERMARK}, and the next start \
             makes it anew",
            self.path
        ));
    }
}
