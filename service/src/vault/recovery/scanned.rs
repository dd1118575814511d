//! Reads a file of openings from where its index ends, and holds it against the log.

use std::io;
use std::sync::Arc;

use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::vault::record::{RecordHeader, file_header};
use einsicht_access::{Month, RetentionClass, read_body};
use einsicht_tlog::{Index, Leaf, Size};

use super::super::damage::{Damage, Problem};
use super::super::layout::{index_path, openings_path};
use super::super::rows::{Row, Rows};
use super::super::scan::{Piece, PieceKind, piece_at};
use super::{Log, RecoveryError};
use crate::storage::file::{DataFile, Folder};

/// One file while it is recovered.
pub(in crate::vault) struct Scanned {
    pub month: Month,
    pub class: RetentionClass,
    pub file: Arc<dyn DataFile>,
    pub rows: Rows,
    pub header_checks: bool,
    /// Where the last record ends that the log has.
    pub records_end: u64,
    /// Of entries behind the end of the log.
    pub orphans: Vec<Piece>,
    /// What is no record behind the last one that the log has.
    pub torn: Vec<Piece>,
    /// Entries that an index knew that was not believed. Their records must be there.
    expected: Vec<Index>,
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
    let header = file_header(log.origin_hash, month, class);
    let mut found = vec![0; header.len()];
    let read = file.read_at(&mut found, 0)?;
    let header_checks = found.get(..read) == Some(&header);
    let rows = Rows::open(folder.open(&index_path(month, class), true)?, Index(from.0))?;
    let mut scanned = Scanned {
        month,
        class,
        file,
        rows,
        header_checks,
        records_end: header.len() as u64,
        orphans: Vec::new(),
        torn: Vec::new(),
        expected: Vec::new(),
    };
    if let Some(last) = scanned.rows.last()? {
        match piece_at(&*scanned.file, last.offset)? {
            Some(Piece { kind: PieceKind::Record { header, .. }, end, .. }) if header.index == last.index => {
                scanned.records_end = end;
            }
            // Either the index is wrong, or the file.
            _ => {
                scanned.expected = known_entries(&scanned.rows, log, month)?;
                scanned.rows.clear()?;
            }
        }
    }
    let mut offset = scanned.records_end;
    while let Some(piece) = piece_at(&*scanned.file, offset)? {
        offset = piece.end;
        scanned.see(piece, log, &path, damages)?;
    }
    for index in std::mem::take(&mut scanned.expected) {
        if scanned.rows.find(index)?.is_none() {
            scanned.expected.push(index);
            damages.push(Damage { file: path.clone(), offset: 0, what: Problem::Missing(index) });
        }
    }
    Ok(Some(scanned))
}

/// The entries of an index, as far as the log confirms that they can have openings here.
fn known_entries(rows: &Rows, log: &Log<'_>, month: Month) -> Result<Vec<Index>, RecoveryError> {
    let mut known = Vec::new();
    for index in rows.entries()? {
        if index.0 < log.size.0 {
            let leaf = log.reader.leaf(index)?;
            let leaf = Leaf::parse(&leaf).map_err(io::Error::other)?;
            let is_sealed = read_body(leaf.body).is_ok_and(|body| nonce_of(&body).is_some());
            if is_sealed && Month::of_unix_s(leaf.recorded_at.0) == month {
                known.push(index);
            }
        }
    }
    Ok(known)
}

impl Scanned {
    /// Takes the next piece of the file.
    fn see(
        &mut self,
        piece: Piece,
        log: &Log<'_>,
        path: &str,
        damages: &mut Vec<Damage>,
    ) -> Result<(), RecoveryError> {
        let damage = |offset, what| Damage { file: path.to_owned(), offset, what };
        match piece.kind {
            PieceKind::Record { header, slot_checks } if self.is_next(&header, log)? => {
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
            PieceKind::Record { header, .. } if header.index.0 < log.size.0 => {
                damages.push(damage(piece.offset, Problem::Foreign(header.index)));
                self.records_end = piece.end;
            }
            PieceKind::Record { .. } => self.orphans.push(piece),
            PieceKind::Garbage => self.torn.push(piece),
            PieceKind::Zeros => {}
        }
        Ok(())
    }

    /// Whether something is missing that was there.
    pub fn misses_any(&self) -> bool {
        !self.expected.is_empty()
    }

    /// Whether a record is that of an entry of the log, behind those before.
    fn is_next(&self, header: &RecordHeader, log: &Log<'_>) -> Result<bool, RecoveryError> {
        let is_behind = self.rows.last()?.is_none_or(|last| last.index < header.index);
        Ok(is_behind
            && header.index.0 < log.size.0
            && log.reader.leaf_hash(header.index)? == header.leaf_hash)
    }
}
