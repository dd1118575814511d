//! Checks a vault against its log, entry by entry, and changes nothing: for `fsck`.
//!
//! Without keys: that every sealed entry has openings or was erased, that nothing else is there, and checksums.
//! With keys also what is inside: that it decrypts, that salts and values make the seals in the log, and that of single
//! values is erased what entries say, and nothing else.

mod erasures;
mod index;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use einsicht_access::sealed_entry::{nonce_of, seals_of};
use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader, destroyed_by, read_slot};
use einsicht_access::{Month, Openings, RetentionClass, read_body};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::{Index, Leaf, Origin};

use self::erasures::Erasures;
use self::index::IndexCheck;
use super::copy::open_openings;
use super::layout::{index_path, openings_path};
use super::recovery::{erased_by, list};
use super::rows::Rows;
use super::scan::{PieceKind, piece_at};
use super::start::Start;
use super::{Keyring, KeyringError};
use crate::storage::file::{DataFile, Folder, read_exact_at};

/// A check that is under way: every entry is shown to it, in order.
pub struct Check<'c> {
    keyring: Option<&'c Keyring>,
    origin: &'c Origin,
    classes: BTreeMap<(Month, RetentionClass), Class>,
    erasures: Erasures,
    faults: &'c mut dyn FnMut(String),
    /// What was found.
    pub found: Found,
}

/// How much was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Months and classes that are there.
    pub classes: usize,
    /// Entries with openings.
    pub records: u64,
    /// Of these, how many were decrypted and compared with their seals.
    pub opened: u64,
    /// Of these, how many were destroyed as a whole: they could not be read when something of them was erased.
    pub destroyed: u64,
}

enum Class {
    Open(Reading),
    /// Without an index nobody can tell which entries were in it.
    Erased {
        by: Option<Index>,
        rows: Option<Rows>,
    },
}

/// A file of openings, read record by record.
struct Reading {
    path: String,
    file: Arc<dyn DataFile>,
    /// Where the next piece starts.
    offset: u64,
    next: Option<Record>,
    index: Option<IndexCheck>,
}

#[derive(Clone, Copy)]
struct Record {
    offset: u64,
    header: RecordHeader,
    slot_checks: bool,
}

impl<'c> Check<'c> {
    /// Begins to check the vault in a data folder. `faults` is told every fault, as a sentence.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn begin(
        data: &dyn Folder,
        origin: &'c Origin,
        keyring: Option<&'c Keyring>,
        faults: &'c mut dyn FnMut(String),
    ) -> io::Result<Self> {
        let mut classes = BTreeMap::new();
        let covered = index::covered(data, faults)?;
        for (month, class) in list(data)? {
            if let Some(by) = erased_by(data, month, class)? {
                let rows = match data.open(&index_path(month, class), false) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    index => Some(Rows::read_only(index?)?),
                };
                classes.insert((month, class), Class::Erased { by, rows });
            } else if let Some(file) = open_openings(data, month, class)? {
                let path = openings_path(month, class);
                let start = Start::read(&*file, origin.hash(), month, class)?;
                if !start.header_checks {
                    faults(format!(
                        "{path}, byte 0: not the start of a file of openings of this ledger, month and class"
                    ));
                } else if start.overwritten.is_none() {
                    faults(format!(
                        "{path}, byte {}: how often something was erased in it can't be read; the next start does all \
                         erasures again",
                        start.count_at
                    ));
                }
                let index = IndexCheck::open(data, month, class, covered)?;
                let mut reading = Reading { path, file, offset: start.records_at, next: None, index };
                reading.advance(faults)?;
                classes.insert((month, class), Class::Open(reading));
            }
        }
        let found = Found { classes: classes.len(), ..Found::default() };
        Ok(Self { keyring, origin, classes, erasures: Erasures::default(), faults, found })
    }

    /// Checks what the vault has of the next entry of the log.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn entry(&mut self, index: Index, leaf: &Leaf<'_>) -> io::Result<()> {
        // What can't be read is told where the log is checked.
        let Ok(body) = read_body(leaf.body) else { return Ok(()) };
        if let Some(Content::Erasure(erasure)) = &body.content {
            self.erasures.note(index, erasure);
        }
        let Some(nonce) = nonce_of(&body) else {
            if !seals_of(&body).is_empty() {
                (self.faults)(format!(
                    "entry {index} has seals, and no nonce that their openings could be read with"
                ));
            }
            return Ok(());
        };
        let month = Month::of_unix_s(leaf.recorded_at.0);
        let Some((class, record)) = self.find(month, index)? else { return Ok(()) };
        let bytes = leaf.to_bytes().map_err(io::Error::other)?;
        let Some(Class::Open(reading)) = self.classes.get_mut(&(month, class)) else { return Ok(()) };
        let place = format!("{}, byte {}", reading.path, record.offset);
        reading.advance(self.faults)?;
        self.found.records += 1;
        if record.header.leaf_hash != leaf_hash(&bytes) {
            (self.faults)(format!("{place}: openings of another entry than entry {index}"));
            return Ok(());
        }
        if !record.slot_checks {
            (self.faults)(format!("{place}: the openings of entry {index} are damaged"));
            return Ok(());
        }
        let Some(Class::Open(reading)) = self.classes.get(&(month, class)) else { return Ok(()) };
        let slot = reading.slot(&record)?;
        if let Some(by) = destroyed_by(&slot) {
            self.found.destroyed += 1;
            self.erasures.destroyed(index, by);
        } else if let Some(keyring) = self.keyring {
            let changed = || io::Error::other("the slot was changed while it was checked");
            let sealed = read_slot(&slot).ok_or_else(changed)?;
            match self.open(keyring, (month, class), &nonce, &sealed, &body) {
                Ok(openings) => {
                    self.found.opened += 1;
                    self.erasures.opened(index, &openings).unwrap_or_else(|unclear| (self.faults)(unclear));
                }
                Err(reason) => (self.faults)(format!("{place}: the openings of entry {index}: {reason}")),
            }
        }
        Ok(())
    }

    /// Says what is there beyond the last entry, and what the log says was erased and is not.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(mut self) -> io::Result<Found> {
        for class in self.classes.values_mut() {
            let Class::Open(reading) = class else { continue };
            while let Some(record) = reading.next {
                let (path, offset, index) = (&reading.path, record.offset, record.header.index);
                (self.faults)(format!(
                    "{path}, byte {offset}: openings of entry {index}, which the log does not have; the next start destroys them"
                ));
                reading.advance(self.faults)?;
            }
        }
        for (key, class) in &self.classes {
            let (month, of) = key;
            let by = match (class, self.erasures.whole(key)) {
                (Class::Open(reading), Some(by)) => {
                    (self.faults)(format!(
                        "{}: was erased as a whole according to entry {by}, and is there; the next start erases it again",
                        reading.path
                    ));
                    continue;
                }
                (Class::Open(_), None) => continue,
                (Class::Erased { by, .. }, _) => by,
            };
            let Some(by) = by else {
                (self.faults)(format!("vault/{month}/{of}/erased: it names no entry"));
                continue;
            };
            if self.erasures.whole(key) != Some(*by) {
                let class = of;
                (self.faults)(format!(
                    "vault/{month}/{class}: was erased as a whole, but entry {by} does not say so"
                ));
            }
        }
        self.erasures.compare(self.faults);
        Ok(self.found)
    }

    /// The record of an entry, in whichever class has it. What lies before it, no entry has.
    fn find(&mut self, month: Month, index: Index) -> io::Result<Option<(RetentionClass, Record)>> {
        let mut place = None;
        let mut was_erased = false;
        for ((of, class), known) in &mut self.classes {
            if *of != month {
                continue;
            }
            match known {
                Class::Erased { rows: Some(rows), .. } => was_erased |= rows.find(index)?.is_some(),
                Class::Erased { rows: None, .. } => was_erased = true,
                Class::Open(reading) => {
                    while let Some(record) = reading.next.filter(|record| record.header.index < index) {
                        (self.faults)(format!(
                            "{}, byte {}: openings of entry {}, which has none or has others; the next start destroys them",
                            reading.path, record.offset, record.header.index
                        ));
                        reading.advance(self.faults)?;
                    }
                    place = place.or(reading
                        .next
                        .filter(|record| record.header.index == index)
                        .map(|record| (*class, record)));
                }
            }
        }
        if place.is_none() && !was_erased {
            (self.faults)(format!(
                "vault/{month}: the openings of entry {index} are missing, and no entry says that they were erased"
            ));
        }
        Ok(place)
    }

    fn open(
        &self,
        keyring: &Keyring,
        (month, class): (Month, RetentionClass),
        nonce: &[u8; 16],
        sealed: &[u8],
        body: &EntryBody,
    ) -> Result<Openings, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let key = keyring.existing_vault_key(month, class).map_err(|error: KeyringError| told(&error))?;
        let key = key.ok_or_else(|| format!("there is no key for {month}/{class}"))?;
        let plain = key.decrypt(self.origin.as_str(), nonce, sealed).map_err(|error| told(&error))?;
        let openings = Openings::parse(&plain).map_err(|error| told(&error))?;
        openings.verify(body).map_err(|error| told(&error))?;
        Ok(openings)
    }
}

impl Reading {
    /// Goes to the next record, and tells what lies before it.
    fn advance(&mut self, faults: &mut dyn FnMut(String)) -> io::Result<()> {
        self.next = None;
        while let Some(piece) = piece_at(&*self.file, self.offset)? {
            self.offset = piece.end;
            match piece.kind {
                PieceKind::Record { header, slot_checks } => {
                    if let Some(index) = &mut self.index {
                        index.compare(header.index, piece.offset, faults);
                    }
                    self.next = Some(Record { offset: piece.offset, header, slot_checks });
                    return Ok(());
                }
                PieceKind::Zeros => {}
                PieceKind::Garbage => {
                    faults(format!("{}, byte {}: no record can be read here", self.path, piece.offset));
                }
            }
        }
        Ok(())
    }

    fn slot(&self, record: &Record) -> io::Result<Vec<u8>> {
        let slot_bytes = usize::try_from(record.header.slot_bytes).map_err(io::Error::other)?;
        read_exact_at(&*self.file, record.offset + RECORD_HEADER_BYTES as u64, slot_bytes)
    }
}
