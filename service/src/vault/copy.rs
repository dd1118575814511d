//! Copies a vault beside a copy of its log: for backups, and back again.
//!
//! A copy has the same files of openings, byte for byte, as far as the copied log goes. It follows erasures:
//! a slot that is another one now is copied again, and a class that was erased as a whole is removed. Keys are
//! never copied; watermark and indexes are found again.
//!
//! The source may be written meanwhile. A slot that does not check may be one that is being overwritten, so it is
//! read again; if it stays, it is damaged, and what the copy has in its place stays, too.

use std::io;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use einsicht_access::vault::record::{file_start, overwritten_bytes};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index, Size};

use super::damage::{Damage, Problem};
use super::layout::{VAULT, class_folder, erased_path, index_path, month_folder, openings_path};
use super::recovery::{erased_by, list};
use super::scan::{Piece, PieceKind, piece_at};
use super::start::Start;
use crate::storage::file::{DataFile, Folder, read_exact_at, read_small, replace};

/// Present in a copy while it is written.
const UNFINISHED: &str = "vault/copy.unfinished";
/// How often a slot that does not check is read again, and how long is waited before that.
const ATTEMPTS: u32 = 10;
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(20);

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Openings of entries that the copy has now.
    pub records: u64,
    /// Of these, how many were written: new ones, and those of which something was erased.
    pub written: u64,
    /// Classes that were erased as a whole, and are in the copy, too.
    pub erased: u64,
    /// What of the source does not check.
    pub damages: Vec<Damage>,
}

/// A vault can't be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source can't be read.
    #[error("the vault to copy, {path}: {error}")]
    Source {
        /// The file or folder.
        path: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The copy can't be read or written.
    #[error("the copy, {path}: {error}")]
    Target {
        /// The file or folder.
        path: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
}

fn source(path: &str) -> impl Fn(io::Error) -> CopyError + '_ {
    move |error| CopyError::Source { path: path.to_owned(), error }
}

fn target(path: &str) -> impl Fn(io::Error) -> CopyError + '_ {
    move |error| CopyError::Target { path: path.to_owned(), error }
}

/// Copies the vault of the ledger with that origin, for the entries of a copied log of that size. Durable when it
/// returns. Damage is copied as little as it is repaired: it is told, and the rest is copied.
///
/// # Errors
/// [`CopyError`]; the next call goes on.
pub fn copy(from: &dyn Folder, to: &dyn Folder, origin_hash: Hash, size: Size) -> Result<Copied, CopyError> {
    let mut copied = Copied::default();
    let classes = list(from).map_err(source(VAULT))?;
    if classes.is_empty() {
        return Ok(copied);
    }
    let everything = begin(to).map_err(target(UNFINISHED))?;
    for (month, class) in classes {
        let copying = Copying { from, to, origin_hash, size, everything, month, class };
        let erased = erased_path(month, class);
        match erased_by(from, month, class).map_err(source(&erased))? {
            Some(Some(by)) => {
                copying.erase(by)?;
                copied.erased += 1;
            }
            Some(None) => copied.damages.push(Damage { file: erased, offset: 0, what: Problem::Mark }),
            None => copying.openings(&mut copied)?,
        }
    }
    to.remove(UNFINISHED).and_then(|()| to.sync_folder(VAULT)).map_err(target(UNFINISHED))?;
    Ok(copied)
}

/// Marks the copy as unfinished; whether it was so before. Then what is there may be so in memory only, and is
/// written again: a sync may have failed.
fn begin(to: &dyn Folder) -> io::Result<bool> {
    let was_unfinished = read_small(to, UNFINISHED)?.is_some();
    to.create_folder(VAULT)?;
    to.sync_folder("")?;
    to.open(UNFINISHED, true)?;
    to.sync_folder(VAULT)?;
    Ok(was_unfinished)
}

/// One month and class.
struct Copying<'c> {
    from: &'c dyn Folder,
    to: &'c dyn Folder,
    origin_hash: Hash,
    size: Size,
    /// Whether also what is there is written.
    everything: bool,
    month: Month,
    class: RetentionClass,
}

impl Copying<'_> {
    /// Leaves in the copy what says that everything was erased.
    fn erase(&self, by: Index) -> Result<(), CopyError> {
        let (month, class) = (self.month, self.class);
        self.create_folders()?;
        let index = index_path(month, class);
        if let Some(rows) = read_small(self.from, &index).map_err(source(&index))? {
            replace(self.to, &index, &rows).map_err(target(&index))?;
        }
        let erased = erased_path(month, class);
        replace(self.to, &erased, format!("{by}\n").as_bytes()).map_err(target(&erased))?;
        let openings = openings_path(month, class);
        match self.to.remove(&openings) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(target(&openings))?,
        }
        self.to.sync_folder(&class_folder(month, class)).map_err(target(&openings))
    }

    fn openings(&self, copied: &mut Copied) -> Result<(), CopyError> {
        let path = openings_path(self.month, self.class);
        let from = open_openings(self.from, self.month, self.class).map_err(source(&path))?;
        let Some(from) = from else { return Ok(()) };
        // Before the records: the copy has at least that many erasures.
        let Start { header_checks, overwritten, count_at, records_at } =
            Start::read(&*from, self.origin_hash, self.month, self.class).map_err(source(&path))?;
        if !header_checks {
            copied.damages.push(Damage { file: path, offset: 0, what: Problem::Header });
            return Ok(());
        }
        self.create_folders()?;
        let to = self.to.open(&path, true).map_err(target(&path))?;
        self.begin(&*to).map_err(target(&path))?;
        let damages = copied.damages.len();
        let end = self.records(&path, &*from, &*to, records_at, copied)?;
        match overwritten {
            // In place of what is damaged, the copy may have what was erased before that.
            Some(times) if copied.damages.len() == damages => {
                self.write(&*to, count_at, &overwritten_bytes(times)).map_err(target(&path))?;
            }
            Some(_) => {}
            None => {
                copied.damages.push(Damage { file: path.clone(), offset: count_at, what: Problem::Count });
            }
        }
        let lost = self.lost(&*to, end).map_err(target(&path))?;
        copied.damages.extend(lost.iter().map(|index| Damage {
            file: path.clone(),
            offset: end,
            what: Problem::Missing(*index),
        }));
        // Otherwise what lies behind is of no entry of the copied log.
        if lost.is_empty() && to.byte_len().map_err(target(&path))? > end {
            to.set_len(end).map_err(target(&path))?;
        }
        to.sync_data().map_err(target(&path))?;
        self.to.sync_folder(&class_folder(self.month, self.class)).map_err(target(&path))
    }

    /// Sees to it that the copy begins as such a file does.
    fn begin(&self, to: &dyn DataFile) -> io::Result<()> {
        let found = Start::read(to, self.origin_hash, self.month, self.class)?;
        let times = found.overwritten.filter(|_| found.header_checks).unwrap_or(0);
        self.write(to, 0, &file_start(self.origin_hash, self.month, self.class, times)).map(drop)
    }

    /// Copies record by record; returns where the last of them ends.
    fn records(
        &self,
        path: &str,
        from: &dyn DataFile,
        to: &dyn DataFile,
        start: u64,
        copied: &mut Copied,
    ) -> Result<u64, CopyError> {
        let (mut offset, mut end) = (start, start);
        let mut damages = Vec::new();
        while let Some(piece) = settled_piece_at(from, offset).map_err(source(path))? {
            offset = piece.end;
            let damage = |what| Damage { file: path.to_owned(), offset: piece.offset, what };
            match piece.kind {
                PieceKind::Record { header, .. } if header.index.0 >= self.size.0 => break,
                PieceKind::Record { header, slot_checks: false } => {
                    damages.push(damage(Problem::Slot(header.index)));
                    end = piece.end;
                }
                PieceKind::Record { .. } => {
                    let bytes = usize::try_from(piece.end - piece.offset).map_err(io::Error::other);
                    let bytes = bytes.and_then(|bytes| read_exact_at(from, piece.offset, bytes));
                    let written = self.write(to, piece.offset, &bytes.map_err(source(path))?);
                    copied.written += u64::from(written.map_err(target(path))?);
                    copied.records += 1;
                    end = piece.end;
                    copied.damages.append(&mut damages);
                }
                PieceKind::Zeros => {}
                // At the very end it may be a record that is being written.
                PieceKind::Garbage => damages.push(damage(Problem::NoRecord)),
            }
        }
        damages.retain(|damage| matches!(damage.what, Problem::Slot(_)));
        copied.damages.append(&mut damages);
        Ok(end)
    }

    /// What the copy has behind the end of the source: entries of the copied log, whose openings the source had
    /// when they were copied. The copy may be all that is left of them.
    fn lost(&self, to: &dyn DataFile, end: u64) -> io::Result<Vec<Index>> {
        let (mut lost, mut offset) = (Vec::new(), end);
        while let Some(piece) = piece_at(to, offset)? {
            offset = piece.end;
            if let PieceKind::Record { header, .. } = piece.kind
                && header.index.0 < self.size.0
            {
                lost.push(header.index);
            }
        }
        Ok(lost)
    }

    /// Writes bytes unless they are there; whether they were not.
    fn write(&self, file: &dyn DataFile, offset: u64, bytes: &[u8]) -> io::Result<bool> {
        let mut found = vec![0; bytes.len()];
        let read = file.read_at(&mut found, offset)?;
        let is_other = found.get(..read) != Some(bytes);
        if is_other || self.everything {
            file.write_all_at(bytes, offset)?;
        }
        Ok(is_other)
    }

    fn create_folders(&self) -> Result<(), CopyError> {
        let folder = class_folder(self.month, self.class);
        self.to.create_folder(&folder).map_err(target(&folder))?;
        for path in [&month_folder(self.month), VAULT, ""] {
            self.to.sync_folder(path).map_err(target(path))?;
        }
        Ok(())
    }
}

/// The piece at `offset`; again and again, if it may be one that is being overwritten.
fn settled_piece_at(file: &dyn DataFile, offset: u64) -> io::Result<Option<Piece>> {
    let mut piece = piece_at(file, offset)?;
    for _ in 0..ATTEMPTS {
        match piece {
            Some(Piece { kind: PieceKind::Record { slot_checks: false, .. }, .. }) => {
                sleep(ATTEMPT_INTERVAL);
                piece = piece_at(file, offset)?;
            }
            _ => break,
        }
    }
    Ok(piece)
}

/// The file of openings of a month and class, if there is one.
pub(super) fn open_openings(
    folder: &dyn Folder,
    month: Month,
    class: RetentionClass,
) -> io::Result<Option<Arc<dyn DataFile>>> {
    match folder.open(&openings_path(month, class), false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}
