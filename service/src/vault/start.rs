//! What stands before the records of a file of openings.

use std::io;

use einsicht_access::vault::record::{OVERWRITTEN_BYTES, file_header, read_overwritten};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::Hash;

use crate::storage::file::DataFile;

/// What was found there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Whether the header is that of a file of this ledger, month and class.
    pub header_checks: bool,
    /// How often something in the file was overwritten; `None` if that does not check.
    pub overwritten: Option<u64>,
    /// Where that stands.
    pub count_at: u64,
    /// Where the records begin.
    pub records_at: u64,
}

impl Start {
    /// Reads it. What the file is too short for does not check.
    pub fn read(
        file: &dyn DataFile,
        origin_hash: Hash,
        month: Month,
        class: RetentionClass,
    ) -> io::Result<Self> {
        let expected = file_header(origin_hash, month, class);
        let mut found = vec![0; expected.len() + OVERWRITTEN_BYTES];
        let read = file.read_at(&mut found, 0)?;
        let (header, count) = found.get(..read).unwrap_or_default().split_at(expected.len().min(read));
        Ok(Self {
            header_checks: header == expected,
            overwritten: read_overwritten(count),
            count_at: expected.len() as u64,
            records_at: found.len() as u64,
        })
    }
}
