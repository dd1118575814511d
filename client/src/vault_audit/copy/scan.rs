//! Finds the records in a file of openings, also behind bytes that are none.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use einsicht_access::vault::record::{FILE_MAGIC, RECORD_HEADER_BYTES, RECORD_MAGIC, RecordHeader};

use super::class::Row;

/// How much is looked through at once for the next record.
const WINDOW_BYTES: usize = 64 * 1024;
/// Stretches of damage that are listed.
pub const DAMAGE_MAX: usize = 100;

/// Goes through a file of openings.
pub(super) struct Scan {
    pub file: File,
    /// Where it goes on.
    pub at: u64,
    pub rows: Vec<Row>,
    /// Bytes that are no record: file, and where in it.
    pub damage: Vec<String>,
}

impl Scan {
    pub fn begins_with(&mut self, header: &[u8]) -> io::Result<bool> {
        let mut found = Vec::new();
        (&mut self.file).take(header.len() as u64).read_to_end(&mut found)?;
        Ok(found == header && found.starts_with(FILE_MAGIC))
    }

    /// Finds the records from `at` on.
    pub fn run(&mut self, path: &Path) -> io::Result<()> {
        let end = self.file.seek(SeekFrom::End(0))?;
        while self.at < end {
            if let Some(header) = self.record_at(self.at, end)? {
                let row = Row::new(header.index.0, self.at);
                self.rows.push(row);
                self.at += header.record_bytes();
                continue;
            }
            let (next, is_zeros) = self.next_record(end)?;
            // Zeros are what was destroyed. What is torn at the very end never belonged to an entry, or is missed.
            if !is_zeros && next < end && self.damage.len() < DAMAGE_MAX {
                self.damage.push(format!("{} at byte {}", path.display(), self.at));
            }
            self.at = next;
        }
        Ok(())
    }

    fn record_at(&mut self, offset: u64, end: u64) -> io::Result<Option<RecordHeader>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut head = Vec::with_capacity(RECORD_HEADER_BYTES);
        (&mut self.file).take(RECORD_HEADER_BYTES as u64).read_to_end(&mut head)?;
        let header = RecordHeader::parse(&head);
        Ok(header.filter(|header| offset.saturating_add(header.record_bytes()) <= end))
    }

    /// Where the next record begins, or the end; and whether there are only zeros before it.
    fn next_record(&mut self, end: u64) -> io::Result<(u64, bool)> {
        let (mut at, mut is_zeros) = (self.at, true);
        while at < end {
            self.file.seek(SeekFrom::Start(at))?;
            let mut window = Vec::with_capacity(WINDOW_BYTES);
            (&mut self.file).take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
            for (byte, position) in window.iter().zip(at..) {
                let may_begin = RECORD_MAGIC.first() == Some(byte) && position > self.at;
                if may_begin && self.record_at(position, end)?.is_some() {
                    return Ok((position, is_zeros));
                }
                is_zeros &= *byte == 0;
            }
            at += window.len().max(1) as u64;
        }
        Ok((end, is_zeros))
    }
}
