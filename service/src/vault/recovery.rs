//! Brings the vault to where the log is: an erasure that was cut off is finished, what no entry has is
//! destroyed, and the index behind the watermark is found again.
//!
//! Openings are synced before the frame of their entry is written. So what the log does not have, and what was
//! not written to its end, was never published, and lies at the end of its file. Everything else that is not
//! as it should be is damage: it is told, and nothing about it is changed.

mod behind;
mod scanned;
mod settle;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader};
use einsicht_access::{Month, RetentionClass};
use einsicht_proto::v1::Erasure;
use einsicht_tlog::{Hash, Index, Size};

use self::behind::{Behind, read_behind};
use self::scanned::scan;
use self::settle::settle;
use super::class::{ClassFile, WriteError};
use super::damage::{Damage, Problem};
use super::erasing::Journal;
use super::layout::{VAULT, erased_path, index_path, month_folder, openings_path};
use super::rows::Rows;
use super::watermark::Watermark;
use crate::storage::file::{DataFile, Folder, read_small};
use crate::storage::{LogReader, ReadError};

/// Damages that are told one by one.
const DAMAGES_MAX: usize = 1000;

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
    Erased {
        /// The entry that says so, where that can be read.
        by: Option<Index>,
        rows: Arc<Rows>,
    },
}

pub(super) type Classes = BTreeMap<(Month, RetentionClass), Class>;

/// What opening found.
pub(super) struct Recovered {
    pub classes: Classes,
    pub damages: Vec<Damage>,
    /// Entries that say that something was erased, and may not be done: those behind the watermark, and those that it
    /// lists.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
}

/// Brings everything behind the watermark in order.
///
/// # Errors
/// Those of the file system, and of reading the log.
pub(super) fn recover(
    folder: &dyn Folder,
    log: &Log<'_>,
    watermark: Option<&Watermark>,
) -> Result<Recovered, RecoveryError> {
    let from = watermark.map_or(Size(0), |watermark| watermark.head.size);
    finish_erasing(folder)?;
    let mut damages = Vec::new();
    let mut scanned = Vec::new();
    let mut erased = Classes::new();
    for (month, class) in list(folder)? {
        match erased_by(folder, month, class)? {
            Some(by) => {
                if by.is_none() {
                    let (file, offset) = (erased_path(month, class), 0);
                    damages.push(Damage { file, offset, what: Problem::Mark });
                }
                let rows = Arc::new(Rows::read_only(folder.open(&index_path(month, class), true)?)?);
                erased.insert((month, class), Class::Erased { by, rows });
            }
            None => scanned.extend(scan(folder, log, from, (month, class), &mut damages)?),
        }
    }
    let undone = watermark.map_or(&[][..], |watermark| &watermark.undone);
    let Behind { erasures, missing } = read_behind(log, from, undone, &scanned, &erased)?;
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
            let is_its = |header: RecordHeader| {
                let slot_bytes = usize::try_from(header.slot_bytes).ok();
                (header.index, header.leaf_hash) == (begun.index, begun.leaf_hash)
                    && slot_bytes == Some(begun.slot.len())
            };
            if record_header(&*file, begun.offset)?.is_some_and(is_its) {
                file.write_all_at(&begun.slot, begun.offset + RECORD_HEADER_BYTES as u64)?;
                file.sync_data()?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Journal::open(folder)?.end()?)
}

fn record_header(file: &dyn DataFile, offset: u64) -> io::Result<Option<RecordHeader>> {
    let mut head = [0; RECORD_HEADER_BYTES];
    let read = file.read_at(&mut head, offset)?;
    Ok(head.get(..read).and_then(RecordHeader::parse))
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

/// Whether a month and class was erased as a whole, and by which entry, where that can be read.
pub(super) fn erased_by(
    folder: &dyn Folder,
    month: Month,
    class: RetentionClass,
) -> io::Result<Option<Option<Index>>> {
    let mark = read_small(folder, &erased_path(month, class))?;
    let by = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.parse().ok().map(Index);
    Ok(mark.map(|bytes| by(&bytes)))
}
