//! Brings the vault to where the log is: an erasure that was cut off is finished, what no entry has is
//! destroyed, and the index behind the watermark is found again.
//!
//! Openings are synced before the frame of their entry is written. So what the log does not have, and what was
//! not written to its end, was never published, and lies at the end of its file. Everything else that is not
//! as it should be is damage: it is told, and nothing about it is changed.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::vault::record::file_header;
use einsicht_access::{Month, RetentionClass, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Hash, Index, Leaf, Size, bundle};

use super::class::{ClassFile, WriteError};
use super::erasing::Journal;
use super::layout::{VAULT, erased_path, index_path, month_folder, openings_path};
use super::rows::{Row, Rows};
use super::scan::{Piece, PieceKind, piece_at};
use crate::storage::file::{DataFile, Folder, read_small};
use crate::storage::{LogReader, ReadError};

/// Entries read at a time.
const CHUNK_ENTRIES: u64 = 4096;
/// Damages that are told one by one.
const DAMAGES_MAX: usize = 1000;

/// Something about the vault that does not check. It never stops recording, nor reading the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, relative to the data folder.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// What it is about.
    pub what: Problem,
}

/// What does not check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The start of the file is not that of a file of openings of this ledger, month and class.
    Header,
    /// No record can be read here, and there are records behind.
    NoRecord,
    /// The openings of an entry are damaged.
    Slot(Index),
    /// An entry has sealed values, and no openings; nor were they erased.
    Missing(Index),
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, what } = self;
        match what {
            Problem::Header => write!(
                formatter,
                "{file}, byte {offset}: the start is not that of a file of openings of this ledger, month and class"
            ),
            Problem::NoRecord => write!(formatter, "{file}, byte {offset}: no record can be read here"),
            Problem::Slot(index) => {
                write!(formatter, "{file}, byte {offset}: the openings of entry {index} are damaged")
            }
            Problem::Missing(index) => {
                write!(formatter, "{file}: the openings of entry {index} are missing")
            }
        }
    }
}

/// The log that the vault belongs to.
pub(super) struct Log<'l> {
    pub reader: &'l LogReader,
    pub origin_hash: Hash,
    pub size: Size,
}

/// What is known of a month and class.
#[derive(Clone)]
pub(super) enum Class {
    /// It has a file.
    Open(Arc<ClassFile>),
    /// It was erased as a whole.
    Erased { by: Index, rows: Arc<Rows> },
}

pub(super) type Classes = BTreeMap<(Month, RetentionClass), Class>;

/// What opening found.
pub(super) struct Recovered {
    pub classes: Classes,
    pub damages: Vec<Damage>,
    /// Entries behind the watermark that say that something was erased, in order.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
}

/// One file while it is recovered.
struct Scanned {
    month: Month,
    class: RetentionClass,
    file: Arc<dyn DataFile>,
    rows: Rows,
    header_checks: bool,
    /// Where the last record ends that the log has.
    records_end: u64,
    /// What the log does not have.
    orphans: Vec<Piece>,
    /// What is no record behind the last one that the log has.
    torn: Vec<Piece>,
}

/// Brings everything behind entry `from` in order.
///
/// # Errors
/// Those of the file system, and of reading the log.
pub(super) fn recover(folder: &dyn Folder, log: &Log<'_>, from: Size) -> Result<Recovered, RecoveryError> {
    finish_erasing(folder)?;
    let mut damages = Vec::new();
    let mut scanned = Vec::new();
    let mut erased = Classes::new();
    for (month, class) in list(folder)? {
        match erased_by(folder, month, class)? {
            Some(by) => {
                let index = folder.open(&index_path(month, class), true)?;
                let rows = Arc::new(Rows::open(index, Index(u64::MAX))?);
                erased.insert((month, class), Class::Erased { by, rows });
            }
            None => scanned.extend(scan(folder, log, from, (month, class), &mut damages)?),
        }
    }
    let Behind { erasures, missing } = read_behind(log, from, &scanned, &erased)?;
    let mut classes = erased;
    for one in scanned {
        let is_missing = missing.iter().any(|(month, _)| *month == one.month);
        let key = (one.month, one.class);
        let class = settle(folder, log, one, is_missing, &mut damages)?;
        classes.insert(key, Class::Open(Arc::new(class)));
    }
    let missing = missing.into_iter().map(|(month, index)| Damage {
        file: month_folder(month),
        offset: 0,
        what: Problem::Missing(index),
    });
    damages.extend(missing);
    damages.truncate(DAMAGES_MAX);
    Ok(Recovered { classes, damages, erasures })
}

/// Opening failed.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The file system.
    #[error("the vault: {0}")]
    Io(#[from] io::Error),
    /// The log.
    #[error(transparent)]
    Log(#[from] ReadError),
}

impl From<WriteError> for RecoveryError {
    fn from(error: WriteError) -> Self {
        let (WriteError::Write(error) | WriteError::Sync(error)) = error;
        Self::Io(error)
    }
}

/// Does again what an erasure had stated, and may not have finished.
fn finish_erasing(folder: &dyn Folder) -> Result<(), RecoveryError> {
    let Some(begun) = Journal::read(folder)? else { return Ok(()) };
    match folder.open(&openings_path(begun.month, begun.class), false) {
        Ok(file) => {
            // The header was not touched; where it names another record, the journal is of another file.
            let is_there = piece_header(&*file, begun.offset)?
                .is_some_and(|(index, slot_bytes)| (index, slot_bytes) == (begun.index, begun.slot.len()));
            if is_there {
                let slot = begun.offset + einsicht_access::vault::record::RECORD_HEADER_BYTES as u64;
                file.write_all_at(&begun.slot, slot)?;
                file.sync_data()?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Journal::open(folder)?.end()?)
}

fn piece_header(file: &dyn DataFile, offset: u64) -> io::Result<Option<(Index, usize)>> {
    use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader};
    let mut head = [0; RECORD_HEADER_BYTES];
    let read = file.read_at(&mut head, offset)?;
    let header = head.get(..read).and_then(RecordHeader::parse);
    Ok(header.and_then(|header| Some((header.index, usize::try_from(header.slot_bytes).ok()?))))
}

/// Months and classes that have a folder, in order.
pub(super) fn list(folder: &dyn Folder) -> io::Result<Vec<(Month, RetentionClass)>> {
    let mut found = Vec::new();
    for month in folder.folders(VAULT)?.iter().filter_map(|name| name.parse::<Month>().ok()) {
        let classes = folder.folders(&month_folder(month))?;
        found.extend(classes.iter().filter_map(|name| Some((month, name.parse::<RetentionClass>().ok()?))));
    }
    found.sort_unstable();
    Ok(found)
}

/// Which entry says that a month and class was erased as a whole, if one does.
pub(super) fn erased_by(
    folder: &dyn Folder,
    month: Month,
    class: RetentionClass,
) -> io::Result<Option<Index>> {
    let Some(bytes) = read_small(folder, &erased_path(month, class))? else { return Ok(None) };
    let index = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n')?.parse().ok());
    index.map(|index| Some(Index(index))).ok_or_else(|| io::Error::other("'erased' names no entry"))
}

/// Reads a file from where its index ends. `None` if it was never begun.
fn scan(
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
    };
    if let Some(last) = scanned.rows.last()? {
        match piece_at(&*scanned.file, last.offset)? {
            Some(Piece { kind: PieceKind::Record { header, .. }, end, .. }) if header.index == last.index => {
                scanned.records_end = end;
            }
            // The index is not to be believed, that's all.
            _ => scanned.rows.clear(),
        }
    }
    let mut offset = scanned.records_end;
    while let Some(piece) = piece_at(&*scanned.file, offset)? {
        offset = piece.end;
        scanned.see(piece, log, &path, damages)?;
    }
    Ok(Some(scanned))
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
            }
            PieceKind::Record { .. } => self.orphans.push(piece),
            PieceKind::Garbage => self.torn.push(piece),
            PieceKind::Zeros => {}
        }
        Ok(())
    }

    /// Whether a record is that of an entry of the log, behind those before.
    fn is_next(
        &self,
        header: &einsicht_access::vault::record::RecordHeader,
        log: &Log<'_>,
    ) -> Result<bool, RecoveryError> {
        let is_behind = self.rows.last()?.is_none_or(|last| last.index < header.index);
        Ok(is_behind
            && header.index.0 < log.size.0
            && log.reader.leaf_hash(header.index)? == header.leaf_hash)
    }
}

/// What the log says behind the watermark.
struct Behind {
    erasures: Vec<(Index, Vec<u8>, Erasure)>,
    /// Entries with seals that have no record, and their months.
    missing: Vec<(Month, Index)>,
}

fn read_behind(
    log: &Log<'_>,
    from: Size,
    scanned: &[Scanned],
    erased: &Classes,
) -> Result<Behind, RecoveryError> {
    let mut behind = Behind { erasures: Vec::new(), missing: Vec::new() };
    let mut next = from.0;
    while next < log.size.0 {
        let count = CHUNK_ENTRIES.min(log.size.0 - next);
        let bytes = log.reader.bundle(Index(next), usize::try_from(count).unwrap_or(usize::MAX))?;
        for (leaf, index) in bundle::entries(&bytes).zip((next..).map(Index)) {
            let leaf = leaf.map_err(io::Error::other)?;
            let parts = Leaf::parse(leaf).map_err(io::Error::other)?;
            // What can't be read here is the auditor's business, as in every other entry.
            let Ok(body) = read_body(parts.body) else { continue };
            let is_sealed = nonce_of(&body).is_some();
            if let Some(Content::Erasure(erasure)) = body.content {
                behind.erasures.push((index, leaf.to_vec(), erasure));
            }
            let month = Month::of_unix_s(parts.recorded_at.0);
            if is_sealed && !is_stored(month, index, scanned, erased)? && behind.missing.len() < DAMAGES_MAX {
                behind.missing.push((month, index));
            }
        }
        next += count;
    }
    Ok(behind)
}

fn is_stored(
    month: Month,
    index: Index,
    scanned: &[Scanned],
    erased: &Classes,
) -> Result<bool, RecoveryError> {
    for one in scanned.iter().filter(|one| one.month == month) {
        if one.rows.find(index)?.is_some() {
            return Ok(true);
        }
    }
    for ((of, _), class) in erased {
        if let Class::Erased { rows, .. } = class
            && *of == month
            && rows.find(index)?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Destroys what the log does not have, and makes the file ready to be written to. Where openings are missing
/// in the month, what is no record may have been them, and stays.
fn settle(
    folder: &dyn Folder,
    log: &Log<'_>,
    scanned: Scanned,
    is_missing: bool,
    damages: &mut Vec<Damage>,
) -> Result<ClassFile, RecoveryError> {
    let Scanned { month, class, file, mut rows, header_checks, records_end, orphans, torn } = scanned;
    let path = openings_path(month, class);
    let is_foreign =
        !header_checks && file.byte_len()? > file_header(log.origin_hash, month, class).len() as u64;
    if is_foreign {
        // Whatever it is, it is not ours to destroy.
        damages.push(Damage { file: path, offset: 0, what: Problem::Header });
        let end = file.byte_len()?;
        return Ok(ClassFile::new(month, class, file, end, rows));
    }
    for orphan in &orphans {
        zero(&*file, orphan)?;
        tracing::warn!(
            file = path,
            offset = orphan.offset,
            "destroyed openings of an entry that was never recorded"
        );
    }
    let mut end = file.byte_len()?;
    if is_missing && !torn.is_empty() {
        damages.extend(torn.iter().map(|torn| Damage {
            file: path.clone(),
            offset: torn.offset,
            what: Problem::NoRecord,
        }));
    } else if end > records_end {
        for torn in &torn {
            zero(&*file, torn)?;
            tracing::warn!(file = path, offset = torn.offset, "destroyed openings that were never recorded");
        }
        // On the disk, too, before the file ends before them.
        file.sync_data()?;
        file.set_len(records_end)?;
        end = records_end;
    }
    if !orphans.is_empty() || !torn.is_empty() {
        file.sync_data()?;
    }
    if rows.count() == 0 && !is_missing {
        // It was being begun: of header and names, nobody knows what is on the disk.
        return Ok(ClassFile::create(folder, log.origin_hash, month, class)?);
    }
    // Where there is no room, they stay in memory.
    let _ = rows.write();
    Ok(ClassFile::new(month, class, file, end, rows))
}

fn zero(file: &dyn DataFile, piece: &Piece) -> io::Result<()> {
    let bytes = usize::try_from(piece.end - piece.offset).map_err(io::Error::other)?;
    file.write_all_at(&vec![0; bytes], piece.offset)
}
