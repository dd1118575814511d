//! Goes through a file of openings record by record, and finds the next record behind what is none. Reads ahead: a start
//! may have to go through gigabytes.

use std::io;

use einsicht_access::vault::record::{
    RECORD_HEADER_BYTES, RECORD_MAGIC, RecordHeader, destroyed_by, read_slot,
};

use crate::storage::file::{DataFile, read_exact_at};

/// How much is read at once: little at first, for whoever wants one record, and more the further it goes.
const WINDOW_BYTES_MIN: usize = 4 * 1024;
const WINDOW_BYTES_MAX: usize = 1024 * 1024;

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
    Pieces::new(file, offset)?.next_piece()
}

/// Goes through a file as long as it was when that began.
pub(super) struct Pieces<'f> {
    file: &'f dyn DataFile,
    at: u64,
    end: u64,
    /// Bytes of the file, and where they lie.
    window: Vec<u8>,
    window_at: u64,
    window_bytes: usize,
}

impl<'f> Pieces<'f> {
    /// Begins at `offset`.
    pub fn new(file: &'f dyn DataFile, offset: u64) -> io::Result<Self> {
        let (window, window_at, window_bytes) = (Vec::new(), 0, WINDOW_BYTES_MIN);
        Ok(Self { file, at: offset, end: file.byte_len()?, window, window_at, window_bytes })
    }

    /// Goes no further than `end`.
    pub fn until(mut self, end: u64) -> Self {
        self.end = self.end.min(end);
        self
    }

    /// The next piece; `None` at the end.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let piece = match self.record_at(self.at)? {
            Some(piece) => piece,
            None => self.stretch()?,
        };
        self.at = piece.end;
        Ok(Some(piece))
    }

    /// The slot of the record that was found last.
    pub fn slot(&mut self, offset: u64, header: &RecordHeader) -> io::Result<&[u8]> {
        let slot_bytes = usize::try_from(header.slot_bytes).map_err(io::Error::other)?;
        self.bytes(offset + RECORD_HEADER_BYTES as u64, slot_bytes)
    }

    /// What is no record, up to the next one or the end.
    fn stretch(&mut self) -> io::Result<Piece> {
        let (offset, mut at, mut is_zeros) = (self.at, self.at, true);
        // The first byte is no record's; from the next one on, one may start anywhere.
        while at < self.end {
            let window = self.bytes(at, WINDOW_BYTES_MIN)?.to_vec();
            for (position, byte) in (at..).zip(&window) {
                let may_start = *byte == RECORD_MAGIC[0] && position > offset;
                if may_start && self.record_at(position)?.is_some() {
                    return Ok(stretch(offset, position, is_zeros));
                }
                is_zeros &= *byte == 0;
            }
            at += window.len() as u64;
        }
        Ok(stretch(offset, self.end, is_zeros))
    }

    /// The record that starts at `offset`, if its header checks and all of it is there.
    fn record_at(&mut self, offset: u64) -> io::Result<Option<Piece>> {
        let Some(header) = RecordHeader::parse(self.bytes(offset, RECORD_HEADER_BYTES)?) else {
            return Ok(None);
        };
        let end = offset.saturating_add(header.record_bytes());
        if end > self.end {
            return Ok(None);
        }
        let slot = self.slot(offset, &header)?;
        let slot_checks = read_slot(slot).is_some() || destroyed_by(slot).is_some();
        Ok(Some(Piece { offset, end, kind: PieceKind::Record { header, slot_checks } }))
    }

    /// Bytes from `offset` on; fewer than asked for only at the end.
    fn bytes(&mut self, offset: u64, bytes: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let bytes = bytes.min(left);
        let start = offset.checked_sub(self.window_at).and_then(|start| usize::try_from(start).ok());
        let is_there = start.is_some_and(|start| start.saturating_add(bytes) <= self.window.len());
        let start = match start.filter(|_| is_there) {
            Some(start) => start,
            None => {
                self.window = read_exact_at(self.file, offset, self.window_bytes.max(bytes).min(left))?;
                self.window_at = offset;
                self.window_bytes = (self.window_bytes * 2).min(WINDOW_BYTES_MAX);
                0
            }
        };
        self.window.get(start..start + bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn stretch(offset: u64, end: u64, is_zeros: bool) -> Piece {
    Piece { offset, end, kind: if is_zeros { PieceKind::Zeros } else { PieceKind::Garbage } }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// Wherever the ends of what is read at once lie.
    #[test]
    fn a_file_is_the_same_in_one_pass_as_piece_by_piece() {
        let folder = MemoryFolder::default();
        let file = folder.open("openings", true).unwrap();
        let slot = |index: u64| vec![7; 40 + usize::try_from(index * 977 % 3000).unwrap()];
        let mut bytes = Vec::new();
        for index in 1..400 {
            bytes.extend(record(Index(index), Hash([1; 32]), &slot(index)).unwrap());
            match index % 50 {
                0 => bytes.extend(vec![0; 9000]),
                7 => bytes.extend(vec![b'E'; 5000]),
                _ => {}
            }
        }
        file.write_all_at(&bytes, 0).unwrap();
        let (mut pieces, mut offset, mut records) = (Pieces::new(&*file, 0).unwrap(), 0, 0);
        while let Some(piece) = pieces.next_piece().unwrap() {
            assert_eq!(piece_at(&*file, offset).unwrap(), Some(piece));
            offset = piece.end;
            if let PieceKind::Record { header, slot_checks } = piece.kind {
                records += 1;
                assert!(slot_checks && header.index == Index(records));
                let sealed = read_slot(pieces.slot(piece.offset, &header).unwrap()).unwrap();
                assert_eq!(sealed, slot(records));
            }
        }
        assert_eq!((offset, records), (bytes.len() as u64, 399));
    }

    /// Counts what is read of a file.
    struct Counted {
        file: Arc<dyn DataFile>,
        reads: AtomicUsize,
    }

    impl DataFile for Counted {
        fn byte_len(&self) -> io::Result<u64> {
            self.file.byte_len()
        }
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.file.read_at(buffer, offset)
        }
        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            self.file.write_all_at(bytes, offset)
        }
        fn sync_data(&self) -> io::Result<()> {
            self.file.sync_data()
        }
        fn set_len(&self, bytes: u64) -> io::Result<()> {
            self.file.set_len(bytes)
        }
    }

    /// A first start after a restore goes through all of it.
    #[test]
    fn a_large_file_is_read_in_few_pieces() {
        let file = MemoryFolder::default().open("openings", true).unwrap();
        let bytes: Vec<u8> = (1..20_000).flat_map(one).collect();
        file.write_all_at(&bytes, 0).unwrap();
        let counted = Counted { file, reads: AtomicUsize::new(0) };
        let (mut pieces, mut records) = (Pieces::new(&counted, 0).unwrap(), 0);
        while pieces.next_piece().unwrap().is_some() {
            records += 1;
        }
        let reads = counted.reads.into_inner();
        assert!(records == 19_999 && reads < 20 + bytes.len() / WINDOW_BYTES_MAX, "{reads} reads");
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
