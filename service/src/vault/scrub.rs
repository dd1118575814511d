//! Reads everything that the vault has, beside whoever records and erases, and holds it against the log: what lies before
//! the watermark no start looks at. Changes nothing of it.
//!
//! Found is what can't be read, checks not, or does not decrypt, and openings that the index knows and that are not
//! there. Not looked at: whether an entry has openings that no index knows, and whether what is decrypted makes the
//! seals; `fsck` does.

use std::io;
use std::mem::discriminant;
use std::sync::PoisonError;

use einsicht_access::vault::record::{RecordHeader, read_slot};
use einsicht_tlog::{Index, Size, bundle};

use super::class::ClassFile;
use super::damage::{Damage, Problem, log};
use super::layout::{index_path, place_of};
use super::leaf_hashes::LeafHashes;
use super::read::Entry;
use super::recovery::{Class, DAMAGES_MAX};
use super::rows::{Row, Walk};
use super::scan::{PieceKind, Pieces};
use super::{RecoveryError, Vault, VaultError};
use crate::storage::{LogReader, ReadError};

/// Entries that are read at a time.
const LEAVES: u64 = 64;

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Entries with openings.
    pub records: u64,
    /// Of these, how many were decrypted.
    pub opened: u64,
    /// What does not check.
    pub damages: usize,
}

impl Vault {
    /// Reads the openings of all entries of a log of that size. `pace` is told after each of them how many bytes they
    /// were. What is found is known from then on.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn scrub(
        &self,
        reader: &LogReader,
        size: Size,
        pace: &mut dyn FnMut(u64),
    ) -> Result<Scrubbed, ReadError> {
        let files: Vec<_> = self.inner.read().values().filter_map(Class::file).collect();
        let done = Scrubbed::default();
        let mut scrub =
            Scrub { vault: self, reader, size, pace, leaves: (0, Vec::new()), found: Vec::new(), done };
        for file in &files {
            match scrub.file(file) {
                Ok(()) => {}
                Err(RecoveryError::Io(_)) => scrub.tell(file.path(), 0, Problem::Unreadable),
                Err(RecoveryError::Log(error)) => return Err(error),
            }
        }
        let Scrub { mut found, mut done, .. } = scrub;
        // From here on nothing is erased. What was, meanwhile, is not damaged any more.
        let _erasing = self.inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|damage| self.was_not_erased(damage, reader));
        let before = self.damages();
        log("the scrub found", found.iter().filter(|damage| !before.contains(damage)));
        // All of these were just read.
        let is_read = |damage: &Damage| files.iter().any(|file| file.path() == damage.file);
        let is_known = |damage: &&Damage| damage.what != Problem::Unreadable || !is_read(damage);
        let known: Vec<_> = before.iter().filter(is_known).cloned().collect();
        self.take_damages(found, &known, reader);
        done.damages = self.damages().len();
        Ok(done)
    }

    fn was_not_erased(&self, damage: &Damage, reader: &LogReader) -> bool {
        let place = place_of(&damage.file).and_then(|(month, class)| Some((month, class?)));
        let is_erased =
            place.is_some_and(|place| matches!(self.inner.read().get(&place), Some(Class::Erased { .. })));
        let is_of_entry = matches!(damage.what, Problem::Slot(_) | Problem::Sealed(_) | Problem::Missing(_));
        !is_erased && (!is_of_entry || self.is_still(damage, reader))
    }
}

struct Scrub<'s> {
    vault: &'s Vault,
    reader: &'s LogReader,
    size: Size,
    pace: &'s mut dyn FnMut(u64),
    /// Entries that were read together, and the first of them.
    leaves: (u64, Vec<Vec<u8>>),
    found: Vec<Damage>,
    done: Scrubbed,
}

impl Scrub<'_> {
    fn file(&mut self, file: &ClassFile) -> Result<(), RecoveryError> {
        let start = file.start(self.vault.inner.origin.hash())?;
        if !start.header_checks {
            self.tell(file.path(), 0, Problem::Header);
        } else if start.overwritten.is_none() {
            self.tell(file.path(), start.count_at, Problem::Count);
        }
        let has_key = self.has_key(file);
        let (rows, end) = file.snapshot();
        let mut expected = Expected { walk: rows.walk(), row: None };
        expected.advance(self, file);
        let mut hashes = LeafHashes::new(self.reader, self.size);
        let mut pieces = Pieces::new(&*file.file, start.records_at)?.until(end);
        // Records of entries that are not published yet, or of none: then others lie behind them.
        let mut beyond = Vec::new();
        while let Some(piece) = pieces.next_piece()? {
            (self.pace)(piece.end - piece.offset);
            let (header, slot_checks) = match piece.kind {
                PieceKind::Record { header, slot_checks } => (header, slot_checks),
                PieceKind::Zeros => continue,
                PieceKind::Garbage => {
                    self.tell(file.path(), piece.offset, Problem::NoRecord);
                    continue;
                }
            };
            let Some(leaf_hash) = hashes.get(header.index)? else {
                beyond.push(piece.offset);
                continue;
            };
            if header.leaf_hash != leaf_hash {
                self.tell(file.path(), piece.offset, Problem::Foreign(header.index));
                continue;
            }
            for offset in beyond.drain(..) {
                self.tell(file.path(), offset, Problem::NoRecord);
            }
            let here = Row { index: header.index, offset: piece.offset };
            expected.see(self, file, here)?;
            self.done.records += 1;
            if !slot_checks {
                self.look_up(file, here, Problem::Slot(header.index))?;
            } else if has_key {
                let slot = pieces.slot(piece.offset, &header)?.to_vec();
                self.open(file, here, &header, &slot)?;
            }
        }
        expected.see_end(self, file)
    }

    fn has_key(&self, file: &ClassFile) -> bool {
        let Some(keyring) = &self.vault.inner.keyring else { return false };
        let key = keyring.existing_vault_key(file.month, file.class);
        if let Err(error) = &key {
            tracing::error!(file = file.path(), %error, "the scrub can't tell whether this decrypts: its key can't be read");
        }
        matches!(key, Ok(Some(_)))
    }

    /// Decrypts what a slot holds.
    fn open(
        &mut self,
        file: &ClassFile,
        row: Row,
        header: &RecordHeader,
        slot: &[u8],
    ) -> Result<(), RecoveryError> {
        let Some(sealed) = read_slot(slot) else { return Ok(()) };
        let vault = self.vault;
        let entry = Entry::parse(header.index, self.leaf(header.index)?);
        let Ok(entry) = entry else {
            self.tell(file.path(), row.offset, Problem::Foreign(header.index));
            return Ok(());
        };
        match vault.inner.try_decrypt(&entry, file, &sealed) {
            Ok(Some(_)) => self.done.opened += 1,
            Ok(None) => self.look_up(file, row, Problem::Sealed(header.index))?,
            // Without the key nobody can tell.
            Err(_) => {}
        }
        Ok(())
    }

    /// Looks again, as whoever reads the openings does: they may have been overwritten meanwhile.
    fn look_up(&mut self, file: &ClassFile, row: Row, what: Problem) -> Result<(), RecoveryError> {
        if !self.size.contains(row.index) {
            return Ok(());
        }
        let vault = self.vault;
        match vault.openings(row.index, self.leaf(row.index)?) {
            Err(VaultError::Io(_)) => self.tell(file.path(), 0, Problem::Unreadable),
            Err(VaultError::Damaged { .. } | VaultError::Missing { .. }) => {
                self.tell(file.path(), row.offset, what);
            }
            // Without the key nobody can tell more than that it is there.
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    fn leaf(&mut self, index: Index) -> Result<&[u8], ReadError> {
        let (first, leaves) = &self.leaves;
        let is_here = index.0.checked_sub(*first).is_some_and(|position| position < leaves.len() as u64);
        if !is_here {
            let count = LEAVES.min(self.size.0.saturating_sub(index.0));
            let bytes = self.reader.bundle(index, usize::try_from(count).unwrap_or(usize::MAX))?;
            let leaves = bundle::entries(&bytes).map(|leaf| leaf.map(<[u8]>::to_vec));
            let leaves =
                leaves.collect::<Result<_, _>>().map_err(|error| unreadable(io::Error::other(error)))?;
            self.leaves = (index.0, leaves);
        }
        let (first, leaves) = &self.leaves;
        let position = usize::try_from(index.0 - first).unwrap_or(usize::MAX);
        leaves.get(position).map(Vec::as_slice).ok_or_else(|| unreadable(io::ErrorKind::UnexpectedEof.into()))
    }

    fn tell(&mut self, file: String, offset: u64, what: Problem) {
        let damage = Damage { file, offset, what };
        let is_like =
            |one: &Damage| one.file == damage.file && discriminant(&one.what) == discriminant(&what);
        let has_room = self.found.len() < DAMAGES_MAX || !self.found.iter().any(is_like);
        if has_room && !self.found.contains(&damage) {
            self.found.push(damage);
        }
    }
}

/// The rows of an index, one after the other.
struct Expected<'r> {
    walk: Walk<'r>,
    row: Option<Row>,
}

impl Expected<'_> {
    /// A record that is there: rows before it lead to none.
    fn see(&mut self, scrub: &mut Scrub<'_>, file: &ClassFile, here: Row) -> Result<(), RecoveryError> {
        while let Some(row) = self.row.filter(|row| *row != here && row.index <= here.index) {
            scrub.look_up(file, row, Problem::Missing(row.index))?;
            self.advance(scrub, file);
        }
        if self.row == Some(here) {
            self.advance(scrub, file);
        }
        Ok(())
    }

    fn see_end(&mut self, scrub: &mut Scrub<'_>, file: &ClassFile) -> Result<(), RecoveryError> {
        while let Some(row) = self.row.filter(|row| scrub.size.contains(row.index)) {
            scrub.look_up(file, row, Problem::Missing(row.index))?;
            self.advance(scrub, file);
        }
        Ok(())
    }

    fn advance(&mut self, scrub: &mut Scrub<'_>, file: &ClassFile) {
        self.row = self.walk.next_row().unwrap_or_else(|_| {
            scrub.tell(index_path(file.month, file.class), 0, Problem::Unreadable);
            None
        });
    }
}

fn unreadable(error: io::Error) -> ReadError {
    ReadError::Io { what: "an entry", error }
}
