//! Finishes an erasure that was cut off.

use std::io;

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader, overwritten_bytes};
use einsicht_tlog::Hash;

use super::super::erasing::{Journal, Overwriting};
use super::super::layout::{ERASING, openings_path};
use super::super::start::Start;
use super::{Recovery, RecoveryError};
use crate::storage::file::{DataFile, Folder};

impl Recovery<'_> {
    /// Does again what an erasure had stated, and may not have finished. Where that fails, the journal stays as it is:
    /// it may be all that is left of other openings of that entry.
    pub(super) fn finish_erasing(&mut self) {
        let begun = match Journal::read(self.folder) {
            Ok(None) => return,
            Ok(Some(begun)) => begun,
            Err(error) => {
                self.found.is_journal_kept = true;
                return self.unreadable(ERASING, &error);
            }
        };
        if let Err(RecoveryError::Io(error)) = finish(self.folder, self.log.origin_hash, &begun) {
            self.found.is_journal_kept = true;
            self.unreadable(&openings_path(begun.month, begun.class), &error);
        }
    }
}

fn finish(folder: &dyn Folder, origin_hash: Hash, begun: &Overwriting) -> Result<(), RecoveryError> {
    match folder.open(&openings_path(begun.month, begun.class), false) {
        Ok(file) => {
            // The header was not touched; where it names another record, the journal is of another file.
            let is_its = |header: RecordHeader| {
                let slot_bytes = usize::try_from(header.slot_bytes).ok();
                (header.index, header.leaf_hash) == (begun.index, begun.leaf_hash)
                    && slot_bytes == Some(begun.slot.len())
            };
            if record_header(&*file, begun.offset)?.is_some_and(is_its) {
                file.write_all_at(&begun.slot, begun.offset + RECORD_HEADER_BYTES as u64)?;
                count(&*file, origin_hash, begun)?;
                file.sync_data()?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Journal::open(folder)?.end()?)
}

/// Writes how often something was overwritten, with this, unless that is known to be more.
fn count(file: &dyn DataFile, origin_hash: Hash, begun: &Overwriting) -> io::Result<()> {
    let start = Start::read(file, origin_hash, begun.month, begun.class)?;
    let times = start.overwritten.unwrap_or(0).max(begun.times);
    if start.header_checks { file.write_all_at(&overwritten_bytes(times), start.count_at) } else { Ok(()) }
}

fn record_header(file: &dyn DataFile, offset: u64) -> io::Result<Option<RecordHeader>> {
    let mut head = [0; RECORD_HEADER_BYTES];
    let read = file.read_at(&mut head, offset)?;
    Ok(head.get(..read).and_then(RecordHeader::parse))
}
