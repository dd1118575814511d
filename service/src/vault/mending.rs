//! What is known to be damaged, and whether it still is.

use std::collections::HashSet;
use std::io;
use std::mem::discriminant;
use std::sync::{MutexGuard, PoisonError};

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::Index;

use super::damage::{Damage, Problem};
use super::layout::place_of;
use super::recovery::{Class, DAMAGES_MAX};
use super::scan::{Piece, PieceKind, piece_at};
use super::{Inner, Vault, VaultError, damaged};
use crate::storage::LogReader;
use crate::storage::file::{DataFile, Folder};

/// Read at a time to see whether a file can be read.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Damage that is known, and whether it was written down.
#[derive(Default)]
pub(super) struct Damages {
    all: Vec<Damage>,
    is_written: bool,
}

impl Damages {
    /// Writes it down for the next start, unless that is done.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&mut self, folder: &dyn Folder) -> io::Result<()> {
        if !self.is_written {
            damaged::write(folder, &self.all)?;
            self.is_written = true;
        }
        Ok(())
    }
}

impl Vault {
    /// What does not check, as far as it is known: what was found when the vault was opened, or before, or since, and
    /// was not mended or erased.
    #[must_use]
    pub fn damages(&self) -> Vec<Damage> {
        self.inner.damages().all.clone()
    }

    /// Takes what was found, and of what was known what is still so.
    pub(super) fn take_damages(&self, found: Vec<Damage>, known: &[Damage], reader: &LogReader) {
        let still = known.iter().filter(|damage| !found.contains(damage) && self.is_still(damage, reader));
        let all = bounded(found.iter().chain(still));
        self.inner.change_damages(|damages| *damages = all);
    }

    /// Whether it is as it was found. What nobody can tell is.
    pub(super) fn is_still(&self, damage: &Damage, reader: &LogReader) -> bool {
        let Some((month, class)) = place_of(&damage.file) else { return false };
        // Also where its class, or another one of its month, is gone or was erased.
        if let Problem::Missing(index) = damage.what {
            return self.is_lost(index, damage.what, reader);
        }
        let known = class.map(|class| self.inner.read().get(&(month, class)).cloned());
        let file = match known {
            Some(Some(Class::Erased { by: None, .. })) => return damage.file.ends_with("/erased"),
            // It went with its class.
            Some(Some(Class::Erased { .. })) => return false,
            Some(Some(Class::Open(file))) => Some(file),
            Some(Some(Class::Closed)) => return true,
            Some(None) => return damage.what == Problem::Gone,
            None => None,
        };
        let is_still = match (damage.what, &file) {
            (Problem::Unreadable, Some(file)) if damage.file == file.path() => {
                return is_unreadable(&*file.file);
            }
            // An index is made anew by the start that finds that. What a file that is gone held is missing.
            (Problem::Mark | Problem::Unreadable | Problem::Gone, _) => Ok(false),
            (Problem::Missing(index) | Problem::Slot(index) | Problem::Sealed(index), _) => {
                return self.is_lost(index, damage.what, reader);
            }
            (_, None) => Ok(true),
            (Problem::Header | Problem::Count, Some(file)) => {
                file.start(self.inner.origin.hash()).map(|start| match damage.what {
                    Problem::Header => !start.header_checks,
                    _ => start.overwritten.is_none(),
                })
            }
            (Problem::NoRecord, Some(file)) => {
                piece_at(&*file.file, damage.offset).map(|piece| is_no_record(piece, reader))
            }
            (Problem::Foreign(index), Some(file)) => {
                piece_at(&*file.file, damage.offset).map(|piece| is_foreign(piece, index, reader))
            }
        };
        is_still.unwrap_or(true)
    }

    /// Whether the openings of an entry can't be had.
    fn is_lost(&self, index: Index, what: Problem, reader: &LogReader) -> bool {
        let Ok(leaf) = reader.leaf(index) else { return true };
        match self.openings(index, &leaf) {
            Ok(_) | Err(VaultError::Erased { .. }) => false,
            // They are there and check; whether they decrypt, only the key tells.
            Err(VaultError::NoKey { .. } | VaultError::Key(_)) => matches!(what, Problem::Sealed(_)),
            Err(_) => true,
        }
    }
}

impl Inner {
    pub(super) fn damages(&self) -> MutexGuard<'_, Damages> {
        self.damages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That of an entry was erased.
    pub(super) fn forget_damages_of(&self, index: Index) {
        let is_of = |what| matches!(what, Problem::Slot(of) | Problem::Sealed(of) if of == index);
        self.change_damages(|damages| damages.retain(|damage| !is_of(damage.what)));
    }

    /// That of a month and class was erased.
    pub(super) fn forget_damages_in(&self, month: Month, class: RetentionClass) {
        let is_in = |damage: &Damage| match (place_of(&damage.file), damage.what) {
            // That of what says that it was erased is told once, though it is mended by erasing again.
            _ if damage.file.ends_with("/erased") => false,
            // Those of other classes are still missing.
            (Some((of, _)), Problem::Missing(index)) => of == month && self.is_erased(month, index),
            (place, _) => place == Some((month, Some(class))),
        };
        self.change_damages(|damages| damages.retain(|damage| !is_in(damage)));
    }

    /// Whether openings that are nowhere were erased with a class of their month, as whoever looks for them is told.
    fn is_erased(&self, month: Month, index: Index) -> bool {
        let classes = self.read();
        let mut here = classes.iter().filter(|((of, _), _)| *of == month).map(|(_, class)| class);
        let is_with = |class: &Class| match class {
            Class::Erased { by: Some(_), rows: Some(rows) } => {
                rows.find(index).is_ok_and(|row| row.is_some())
            }
            // Without an index nobody can tell which entries were in it.
            Class::Erased { by: Some(_), rows: None } => true,
            _ => false,
        };
        here.clone().all(|class| !matches!(class, Class::Closed)) && here.any(is_with)
    }

    /// Writes down for the next start what is known now, and tells how much that is. Where it can't be written, the
    /// watermark stays where it is.
    fn change_damages(&self, change: impl FnOnce(&mut Vec<Damage>)) {
        let mut damages = self.damages();
        let before = damages.all.clone();
        change(&mut damages.all);
        damages.is_written &= damages.all == before;
        let count = u32::try_from(damages.all.len()).unwrap_or(u32::MAX);
        metrics::gauge!("einsicht_vault_damages").set(f64::from(count));
        if let Err(error) = damages.write(&*self.data) {
            tracing::warn!(%error, "what is damaged of the vault could not be written down");
        }
    }
}

/// As many as are told. Of each kind in each file there is one: where openings of a month are known to be missing,
/// nothing is destroyed that may have been them.
fn bounded<'d>(damages: impl Iterator<Item = &'d Damage>) -> Vec<Damage> {
    let mut seen = HashSet::new();
    let (mut first, others): (Vec<_>, Vec<_>) =
        damages.cloned().partition(|damage| seen.insert((damage.file.clone(), discriminant(&damage.what))));
    let room = DAMAGES_MAX.saturating_sub(first.len());
    first.extend(others.into_iter().take(room));
    first
}

/// Whether there is something that is neither the record of an entry nor destroyed.
fn is_no_record(piece: Option<Piece>, reader: &LogReader) -> bool {
    piece.is_some_and(|piece| match piece.kind {
        PieceKind::Record { header, .. } => {
            !reader.leaf_hash(header.index).is_ok_and(|hash| hash == header.leaf_hash)
        }
        PieceKind::Garbage => true,
        PieceKind::Zeros => false,
    })
}

fn is_foreign(piece: Option<Piece>, index: Index, reader: &LogReader) -> bool {
    match piece {
        Some(Piece { kind: PieceKind::Record { header, .. }, .. }) => {
            header.index == index && reader.leaf_hash(index).is_ok_and(|hash| hash != header.leaf_hash)
        }
        _ => false,
    }
}

fn is_unreadable(file: &dyn DataFile) -> bool {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut read_all = || -> io::Result<()> {
        let (mut at, end) = (0, file.byte_len()?);
        while at < end {
            at += file.read_at(&mut chunk, at)?.max(1) as u64;
        }
        Ok(())
    };
    read_all().is_err()
}
