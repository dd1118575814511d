//! Reads a file of openings from where its index ends, and holds it against the log.

use std::io;
use std::sync::Arc;

use einsicht_access::vault::record::RecordHeader;
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Index, Size};

use super::super::damage::{Damage, Problem};
use super::super::layout::{index_path, openings_path};
use super::super::leaf_hashes::LeafHashes;
use super::super::rows::{Row, Rows};
use super::super::scan::{Piece, PieceKind, Pieces, piece_at};
use super::super::start::Start;
use super::{Log, RecoveryError};
use crate::storage::file::{DataFile, Folder};

/// One file while it is recovered.
pub(in crate::vault) struct Scanned {
    pub month: Month,
    pub class: RetentionClass,
    pub file: Arc<dyn DataFile>,
    pub rows: Rows,
    pub start: Start,
    /// How often something was overwritten, as the watermark says: at least.
    pub known_overwritten: u64,
    /// Where those records end that the watermark covers, as it says, or that are kept; 0 if it does not, and none are.
    pub covered_end: u64,
    /// How many rows of its index were believed.
    pub indexed: u64,
    /// Where the last record ends that the log has.
    pub records_end: u64,
    /// Of entries behind the end of the log.
    pub orphans: Vec<Piece>,
    /// What is no record behind the last one that the log has.
    pub torn: Vec<Piece>,
    /// Whether there was an index that could be believed. Otherwise nobody knows what there was.
    pub is_index_whole: bool,
}

/// Reads a file from where its index ends. `None` if it was never begun.
pub(super) fn scan(
    folder: &dyn Folder,
    log: &Log<'_>,
    from: Size,
    (month, class): (Month, RetentionClass),
    damages: &mut Vec<Damage>,
) -> Result<Option<Scanned>, RecoveryError> {
    let path = openings_path(month, class);
    let file = match folder.open(&path, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let start = Start::read(&*file, log.origin_hash, month, class)?;
    let (rows, is_index_whole) = open_index(folder, &index_path(month, class), from, damages);
    let indexed = rows.count();
    let mut scanned = Scanned {
        month,
        class,
        file,
        rows,
        start,
        known_overwritten: 0,
        covered_end: 0,
        indexed,
        records_end: start.records_at,
        orphans: Vec::new(),
        torn: Vec::new(),
        is_index_whole,
    };
    match scanned.last_record()? {
        Some(end) => scanned.records_end = end,
        // Either the index is wrong, or the file.
        None => {
            scanned.is_index_whole = false;
            scanned.rows.clear();
        }
    }
    let file = Arc::clone(&scanned.file);
    let mut pieces = Pieces::new(&*file, scanned.records_end)?;
    let mut hashes = LeafHashes::new(log.reader, log.size);
    let mut offset = scanned.records_end;
    while let Some(piece) = pieces.next_piece()? {
        offset = piece.end;
        scanned.see(piece, &mut hashes, &path, damages)?;
    }
    if start.header_checks && start.overwritten.is_none() && offset > start.records_at {
        damages.push(Damage { file: path, offset: start.count_at, what: Problem::Count });
    }
    Ok(Some(scanned))
}

/// The rows of an index before the watermark, and whether there was one. What can't be read is made anew, on the disk
/// or, where that has no room, in memory.
fn open_index(folder: &dyn Folder, path: &str, from: Size, damages: &mut Vec<Damage>) -> (Rows, bool) {
    match folder.open(path, false).and_then(|file| Rows::open(file, Index(from.0))) {
        Ok(rows) => return (rows, true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::error!(file = path, %error, "an index of the vault can't be read; it is made anew");
            damages.push(Damage { file: path.to_owned(), offset: 0, what: Problem::Unreadable });
            let _ = folder.remove(path);
        }
    }
    let begun = folder.open(path, true).and_then(|file| Rows::open(file, Index(0)));
    (begun.unwrap_or_else(|_| Rows::in_memory()), false)
}

impl Scanned {
    /// Takes the next piece of the file.
    fn see(
        &mut self,
        piece: Piece,
        hashes: &mut LeafHashes<'_>,
        path: &str,
        damages: &mut Vec<Damage>,
    ) -> Result<(), RecoveryError> {
        let damage = |offset, what| Damage { file: path.to_owned(), offset, what };
        match piece.kind {
            PieceKind::Record { header, slot_checks } if self.is_next(&header, hashes)? => {
                self.rows.push(Row { index: header.index, offset: piece.offset });
                self.records_end = piece.end;
                if !slot_checks {
                    damages.push(damage(piece.offset, Problem::Slot(header.index)));
                }
                // What lies before a record that the log has was synced with it.
                let before = self.torn.drain(..).map(|torn| damage(torn.offset, Problem::NoRecord));
                damages.extend(before);
                let before = self.orphans.drain(..);
                damages.extend(before.map(|orphan| damage(orphan.offset, Problem::NoRecord)));
            }
            // No crash leaves these: what has no entry is destroyed before its index is given again.
            PieceKind::Record { header, .. } if hashes.get(header.index)?.is_some() => {
                damages.push(damage(piece.offset, Problem::Foreign(header.index)));
                self.records_end = piece.end;
            }
            PieceKind::Record { .. } => self.orphans.push(piece),
            PieceKind::Garbage => self.torn.push(piece),
            PieceKind::Zeros => {}
        }
        Ok(())
    }

    /// Whether there are openings of an entry before that one.
    pub fn has_before(&self, from: Size) -> bool {
        self.rows.first().is_ok_and(|row| row.is_some_and(|row| from.contains(row.index)))
    }

    /// Where the record of the last row ends, or the header if there is none; `None` if they do not fit.
    fn last_record(&self) -> io::Result<Option<u64>> {
        let Ok(last) = self.rows.last() else { return Ok(None) };
        let Some(last) = last else { return Ok(Some(self.records_end)) };
        match piece_at(&*self.file, last.offset)? {
            Some(Piece { kind: PieceKind::Record { header, .. }, end, .. }) if header.index == last.index => {
                Ok(Some(end))
            }
            _ => Ok(None),
        }
    }

    /// Whether a record is that of an entry of the log, behind those before.
    fn is_next(&self, header: &RecordHeader, hashes: &mut LeafHashes<'_>) -> Result<bool, RecoveryError> {
        let is_behind = self.rows.last()?.is_none_or(|last| last.index < header.index);
        Ok(is_behind && hashes.get(header.index)? == Some(header.leaf_hash))
    }
}
