//! Brings the vault to where the log is: an erasure that was cut off is finished, what no entry has is
//! destroyed, and the index behind the watermark is found again.
//!
//! Openings are synced before the frame of their entry is written. So what the log does not have, and what was
//! not written to its end, was never published, and lies at the end of its file. Everything else that is not
//! as it should be is damage: it is told, and nothing about it is changed. A file that can't be read is damage, too:
//! its month and class are closed until the next start, and everything else goes on.

mod behind;
mod journal;
mod known;
mod memory;
mod scanned;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use einsicht_access::{Month, RetentionClass};
use einsicht_proto::v1::Erasure;
use einsicht_tlog::{Hash, Index, Size};

use self::behind::{Behind, Wanted, read_behind};
pub(super) use self::memory::Memory;
use self::scanned::{Scanned, scan};
use self::settle::settle;
use super::class::{ClassFile, WriteError};
use super::damage::{Damage, Problem};
use super::layout::{VAULT, erased_path, index_path, month_folder, openings_path};
use super::rows::Rows;
use super::watermark::Known;
use crate::storage::file::{Folder, is_full, read_small};
use crate::storage::{LogReader, ReadError};

/// Damages that are told one by one; of each kind in each file at least one is.
pub(super) const DAMAGES_MAX: usize = if cfg!(test) { 16 } else { 1000 };

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
    /// Its file could not be read when the vault was opened. What is in it nobody knows, so nothing is added.
    Closed,
    /// It was erased as a whole.
    Erased {
        /// The entry that says so, where that can be read.
        by: Option<Index>,
        /// Which entries it had, where that can be read.
        rows: Option<Arc<Rows>>,
    },
}

pub(super) type Classes = BTreeMap<(Month, RetentionClass), Class>;

/// What opening found.
#[derive(Default)]
pub(super) struct Recovered {
    pub classes: Classes,
    pub damages: Vec<Damage>,
    /// Entries that say that something was erased, and may not be done: those behind the watermark, and those that it
    /// lists.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
    /// Whether the journal may state an erasure that could not be finished. It must not be written over then.
    pub is_journal_kept: bool,
    /// What the watermark knew of what nobody could look at, or is gone: it stays known.
    pub unlooked: Vec<Known>,
}

/// Brings everything behind the watermark in order.
///
/// # Errors
/// Those of listing folders, and of reading the log. What can't be read of the vault's files is told as damage.
pub(super) fn recover(
    folder: &dyn Folder,
    keys: &dyn Folder,
    log: &Log<'_>,
    memory: &Memory,
) -> Result<Recovered, RecoveryError> {
    let watermark = memory.watermark.as_ref();
    let from = watermark.map_or(Size(0), |watermark| watermark.head.size);
    let known = watermark.map_or(&[][..], |watermark| &watermark.classes);
    let mut recovery = Recovery {
        folder,
        keys,
        log,
        from,
        erasures_from: from,
        openings_from: from,
        found: Recovered::default(),
        scanned: Vec::new(),
        unsure: BTreeSet::new(),
        suspects: BTreeSet::new(),
        lossy: BTreeSet::new(),
    };
    recovery.remember(memory);
    recovery.finish_erasing();
    for key in list(folder)? {
        recovery.look_at(key)?;
    }
    recovery.compare(known, from);
    let mut undone = watermark.map_or_else(Vec::new, |watermark| watermark.undone.clone());
    undone.extend(recovery.erased_and_there());
    let erasures = recovery.erasures_from;
    let openings = recovery.openings_from;
    let wanted = Wanted { erasures, undone: &undone, openings, unsure: &recovery.unsure };
    let behind = read_behind(log, &wanted, &recovery.scanned, &recovery.found.classes)?;
    recovery.keep_orphans(memory);
    let mut found = recovery.settle(behind)?;
    let is_unlooked =
        |one: &&Known| matches!(found.classes.get(&(one.month, one.class)), None | Some(Class::Closed));
    found.unlooked = known.iter().filter(is_unlooked).copied().collect();
    Ok(found)
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

/// Opening, while it is under way.
struct Recovery<'r> {
    folder: &'r dyn Folder,
    keys: &'r dyn Folder,
    log: &'r Log<'r>,
    /// From which entry on the vault is not known to be in order.
    from: Size,
    /// From which entry on erasures have to be done again.
    erasures_from: Size,
    /// From which entry on it is looked whether there are openings.
    openings_from: Size,
    found: Recovered,
    scanned: Vec<Scanned>,
    /// Months of which all entries are held against what is there: an index was lost that knew what there was.
    unsure: BTreeSet<Month>,
    /// Indexes that could not be read somewhere.
    suspects: BTreeSet<String>,
    /// Months of which openings were missing before. What is no record there may be them.
    lossy: BTreeSet<Month>,
}

impl Recovery<'_> {
    fn look_at(&mut self, (month, class): (Month, RetentionClass)) -> Result<(), RecoveryError> {
        let mark = erased_path(month, class);
        let by = match erased_by(self.folder, month, class) {
            Ok(None) => return self.scan(month, class),
            Ok(Some(Some(by))) => Some(by),
            Ok(Some(None)) => {
                self.tell(&mark, 0, Problem::Mark);
                None
            }
            Err(error) => {
                self.unreadable(&mark, &error);
                None
            }
        };
        if by.is_none() {
            // The log has what the mark should say; doing it again writes it anew.
            self.erasures_from = Size(0);
        }
        let index = index_path(month, class);
        let rows = match self.folder.open(&index, false).and_then(Rows::read_only) {
            Ok(rows) => Some(Arc::new(rows)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.unreadable(&index, &error);
                None
            }
        };
        self.found.classes.insert((month, class), Class::Erased { by, rows });
        Ok(())
    }

    fn scan(&mut self, month: Month, class: RetentionClass) -> Result<(), RecoveryError> {
        let is_suspect = self.suspects.contains(&index_path(month, class));
        // An index that is in doubt is made anew.
        let from = if is_suspect { Size(0) } else { self.from };
        match scan(self.folder, self.log, from, (month, class), &mut self.found.damages) {
            Ok(Some(one)) => {
                if !one.is_index_whole && self.from > Size(0) {
                    self.unsure.insert(month);
                }
                self.scanned.push(one);
            }
            Ok(None) => {}
            Err(RecoveryError::Io(error)) => self.close(month, class, &error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Makes the files ready to be written to, and says what is missing.
    fn settle(mut self, behind: Behind) -> Result<Recovered, RecoveryError> {
        let Behind { erasures, missing } = behind;
        for one in std::mem::take(&mut self.scanned) {
            let (month, class) = (one.month, one.class);
            let is_missing =
                missing.contains_key(&month) || self.lossy.contains(&month) || self.is_unknown(month);
            match settle(self.folder, self.log, one, is_missing, &mut self.found.damages) {
                Ok(file) => {
                    self.found.classes.insert((month, class), Class::Open(Arc::new(file)));
                }
                // There is nothing in it. It is begun when it is needed, and there is room.
                Err(RecoveryError::Io(error)) if is_full(&error) && !is_missing => {}
                Err(RecoveryError::Io(error)) => self.close(month, class, &error),
                Err(error) => return Err(error),
            }
        }
        for (month, indices) in missing {
            indices.iter().for_each(|index| self.tell(&month_folder(month), 0, Problem::Missing(*index)));
        }
        self.found.erasures = erasures;
        Ok(self.found)
    }

    /// Whether nobody can tell which openings a class of that month has or had.
    fn is_unknown(&self, month: Month) -> bool {
        self.found.classes.iter().any(|((of, _), class)| {
            *of == month && matches!(class, Class::Closed | Class::Erased { rows: None, .. })
        })
    }

    fn close(&mut self, month: Month, class: RetentionClass, error: &io::Error) {
        self.unreadable(&openings_path(month, class), error);
        self.found.classes.insert((month, class), Class::Closed);
    }

    fn unreadable(&mut self, file: &str, error: &io::Error) {
        tracing::error!(file, %error, "a file of the vault can't be read or brought in order");
        self.tell(file, 0, Problem::Unreadable);
    }

    fn tell(&mut self, file: &str, offset: u64, what: Problem) {
        self.found.damages.push(Damage { file: file.to_owned(), offset, what });
    }
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
