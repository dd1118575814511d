//! Goes through a file of openings record by record, and finds the next record behind what is none.

use std::io;

use einsicht_access::vault::record::{
    RECORD_HEADER_BYTES, RECORD_MAGIC, RecordHeader, destroyed_by, read_slot,
};

use crate::storage::file::{DataFile, read_exact_at};

/// How much is looked through at once for the next record.
const WINDOW_BYTES: usize = 64 * 1024;

/// A stretch of a file of openings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub offset: u64,
    pub end: u64,
    pub kind: PieceKind,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// A record, whose slot checks or does not.
    Record { header: RecordHeader, slot_checks: bool },
    /// Zeros: what was destroyed, or never written.
    Zeros,
    /// Neither.
    Garbage,
}

/// The piece that starts at `offset`; `None` at the end of the file.
pub(super) fn piece_at(file: &dyn DataFile, offset: u64) -> io::Result<Option<Piece>> {
    let file_end = file.byte_len()?;
    if offset >= file_end {
        return Ok(None);
    }
    if let Some(piece) = record_at(file, offset, file_end)? {
        return Ok(Some(piece));
    }
    let mut is_zeros = true;
    let mut at = offset;
    // The first byte is no record's; from the next one on, one may start anywhere.
    while at < file_end {
        let bytes = usize::try_from((file_end - at).min(WINDOW_BYTES as u64)).map_err(io::Error::other)?;
        let window = read_exact_at(file, at, bytes)?;
        for (position, byte) in (at..).zip(&window) {
            let may_start = *byte == RECORD_MAGIC[0] && position > offset;
            if may_start && record_at(file, position, file_end)?.is_some() {
                return Ok(Some(stretch(offset, position, is_zeros)));
            }
            is_zeros &= *byte == 0;
        }
        at += bytes as u64;
    }
    Ok(Some(stretch(offset, file_end, is_zeros)))
}

fn stretch(offset: u64, end: u64, is_zeros: bool) -> Piece {
    Piece { offset, end, kind: if is_zeros { PieceKind::Zeros } else { PieceKind::Garbage } }
}

/// The record that starts at `offset`, if its header checks and all of it is there.
fn record_at(file: &dyn DataFile, offset: u64, file_end: u64) -> io::Result<Option<Piece>> {
    let mut head = [0; RECORD_HEADER_BYTES];
    let read = file.read_at(&mut head, offset)?;
    let Some(header) = head.get(..read).and_then(RecordHeader::parse) else { return Ok(None) };
    let end = offset.saturating_add(header.record_bytes());
    if end > file_end {
        return Ok(None);
    }
    let slot_bytes = usize::try_from(header.slot_bytes).map_err(io::Error::other)?;
    let slot = read_exact_at(file, offset + RECORD_HEADER_BYTES as u64, slot_bytes)?;
    let slot_checks = read_slot(&slot).is_some() || destroyed_by(&slot).is_some();
    Ok(Some(Piece { offset, end, kind: PieceKind::Record { header, slot_checks } }))
}

#[cfg(test)]
mod tests {
    use einsicht_access::vault::record::record;
    use einsicht_tlog::{Hash, Index};

    use super::*;
    use crate::storage::file::Folder as _;
    use crate::storage::memory::MemoryFolder;

    fn kinds(bytes: &[u8]) -> Vec<(u64, u64, &'static str)> {
        let folder = MemoryFolder::default();
        let file = folder.open("openings", true).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        let mut found = Vec::new();
        let mut offset = 0;
        while let Some(piece) = piece_at(&*file, offset).unwrap() {
            let kind = match piece.kind {
                PieceKind::Record { slot_checks: true, .. } => "record",
                PieceKind::Record { .. } => "damaged slot",
                PieceKind::Zeros => "zeros",
                PieceKind::Garbage => "garbage",
            };
            found.push((piece.offset, piece.end, kind));
            offset = piece.end;
        }
        found
    }

    fn one(index: u64) -> Vec<u8> {
        record(Index(index), Hash([1; 32]), &[7; 140]).unwrap()
    }

    #[test]
    fn records_are_found_behind_whatever_is_none() {
        let n = one(1).len() as u64;
        let both = [one(1), one(2)].concat();
        assert_eq!(kinds(&both), [(0, n, "record"), (n, 2 * n, "record")]);
        let zeros = [one(1), vec![0; 100_000], one(2)].concat();
        assert_eq!(kinds(&zeros)[1], (n, n + 100_000, "zeros"));
        assert_eq!(kinds(&zeros)[2], (n + 100_000, 2 * n + 100_000, "record"));
        let garbage = [one(1), b"EIV1 is no record, nor is EIV1EIV".to_vec(), one(2)].concat();
        assert_eq!(kinds(&garbage)[1..], [(n, n + 33, "garbage"), (n + 33, 2 * n + 33, "record")]);
        for cut in 1..n {
            let torn = &both[..usize::try_from(n + cut).unwrap()];
            assert_eq!(kinds(torn), [(0, n, "record"), (n, n + cut, "garbage")]);
        }
        let mut damaged = both.clone();
        damaged[100] ^= 1;
        assert_eq!(kinds(&damaged), [(0, n, "damaged slot"), (n, 2 * n, "record")]);
        damaged[10] ^= 1;
        assert_eq!(kinds(&damaged), [(0, n, "garbage"), (n, 2 * n, "record")]);
    }
}
