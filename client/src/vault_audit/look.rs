//! Looks into every entry with what the vault has of it, on whichever core audits the entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::entry::access_of;
use einsicht_access::openings::{MarkersChecked, Openings, State};
use einsicht_access::sealed_entry::{nonce_of, seals_of};
use einsicht_access::value::Value;
use einsicht_access::vault::record::{destroyed_by, read_slot};
use einsicht_access::{Month, RetentionClass, SealedField, read_body};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Hash, Index};

use super::copy::{Class, Row, VaultCopy};
use super::{Counts, FINDINGS_MAX};
use crate::audit::{Inspector, Kind, Seen};
use crate::finding::{Fault, Finding};

/// Why nothing can be told of what came while the vault was read.
pub(super) const MEANWHILE: &str = "recorded or erased while the vault was read: verify a copy, or again";
const NO_VAULT: &str = "there is no vault in the folder";

/// Looks entries up in the vault.
pub(super) struct Look {
    vault: Arc<VaultCopy>,
}

/// What a chunk has to do with the vault.
#[derive(Default)]
pub(super) struct Notes {
    pub counts: Counts,
    pub findings: Vec<Finding>,
    pub findings_in_all: u64,
    /// Values that the vault says were erased.
    pub erased: Vec<ErasedValue>,
    /// Erasure entries, by index.
    pub erasures: Vec<(u64, Erasure)>,
    /// Entries with seals that the vault knows nothing of, by month, in ascending order.
    pub missing: BTreeMap<Month, Vec<Index>>,
    /// Entries that could not be checked, by month and the key that is missing.
    pub untold: BTreeMap<(Month, String), u64>,
}

/// A value that the vault says was erased.
pub(super) struct ErasedValue {
    pub index: u64,
    pub month: Month,
    pub field: SealedField,
    pub by: u64,
    /// Whether all that was stored of the entry was destroyed, because nobody could read it any more.
    pub with_all: bool,
}

/// What a slot holds.
enum Slot {
    /// Openings, encrypted.
    Sealed(Vec<u8>),
    /// Nothing: it was destroyed, as this entry says.
    Destroyed(Index),
}

/// What an erasure entry erased.
pub(super) enum Erasure {
    /// These fields of one entry.
    Values { index: u64, fields: Vec<u32> },
    /// Of one entry; which one nobody can tell any more.
    Unknown,
    /// A whole month of a class.
    Class(Month, RetentionClass),
}

impl Look {
    pub fn new(vault: Arc<VaultCopy>) -> Self {
        Self { vault }
    }

    fn check(&self, seen: Seen<'_>, body: &EntryBody, notes: &mut Notes) -> Result<(), Finding> {
        let index = seen.index;
        let month = Month::of_unix_s(seen.recorded_at.0);
        let finding = |fault, expected: &str, found: String, place: Option<String>| Finding {
            fault,
            index: Some(index),
            place,
            expected: expected.to_owned(),
            found,
        };
        if seals_of(body).is_empty() {
            let is_marked =
                access_of(body).is_some_and(|record| record.nonce.is_some() || !record.markers.is_empty());
            let expected = "markers beside the seal of subjects only";
            let marked = || finding(Fault::Marker, expected, "markers, and no seal".to_owned(), None);
            return if is_marked { Err(marked()) } else { Ok(()) };
        }
        notes.counts.entries += 1;
        let nonce = nonce_of(body);
        let nonce = nonce.ok_or_else(|| {
            finding(Fault::Seal, "a nonce of 16 bytes beside the seals", "none".to_owned(), None)
        })?;
        let Some((class, row)) = self.vault.find(month, index) else {
            self.note_missing(month, index, notes);
            return Ok(());
        };
        row.meet();
        let slot = read(class, row, seen.leaf_hash);
        if let Ok(Slot::Destroyed(by)) = slot {
            let gone = seals_of(body).into_iter().map(|(field, _)| field);
            notes.erased.extend(gone.map(|field| ErasedValue {
                index: index.0,
                month,
                field,
                by: by.0,
                with_all: true,
            }));
            return Ok(());
        }
        let key = match &class.key {
            Ok(key) => key,
            Err(why) => {
                *notes.untold.entry((month, why.clone())).or_default() += 1;
                return Ok(());
            }
        };
        let unread =
            |found: &str| finding(Fault::NoOpening, "its openings", found.to_owned(), Some(class.place(row)));
        let sealed = slot.and_then(Slot::sealed).map_err(|found| unread(&found))?;
        let plain = key.decrypt(self.vault.origin(), &nonce, &sealed);
        let plain = plain.map_err(|error| unread(&error.to_string()))?;
        let openings = Openings::parse(&plain).map_err(|error| unread(&error.to_string()))?;
        openings.verify(body).map_err(|error| {
            finding(Fault::Seal, "openings of all its seals", error.to_string(), Some(class.place(row)))
        })?;
        notes.take(index.0, month, &openings);
        self.check_markers(seen, body, &openings, month, notes).map_err(|found| {
            finding(Fault::Marker, "the markers of its subjects", found, Some(class.place(row)))
        })
    }

    /// An entry without openings. Whether they were erased, the rest of the log says.
    fn note_missing(&self, month: Month, index: Index, notes: &mut Notes) {
        let mut untold = |why: &str| *notes.untold.entry((month, why.to_owned())).or_default() += 1;
        if !self.vault.is_before(index.0) {
            untold(MEANWHILE);
        } else if !self.vault.is_there {
            untold(NO_VAULT);
        } else if let Some(row) = self.vault.find_gone(month, index) {
            row.meet();
        } else {
            notes.missing.entry(month).or_default().push(index);
        }
    }

    fn check_markers(
        &self,
        seen: Seen<'_>,
        body: &EntryBody,
        openings: &Openings,
        month: Month,
        notes: &mut Notes,
    ) -> Result<(), String> {
        if seen.kind != Kind::ACCESS {
            return Ok(());
        }
        let key = match self.vault.period_key(month) {
            Ok(key) => key,
            Err(why) => {
                *notes.untold.entry((month, why)).or_default() += 1;
                return Ok(());
            }
        };
        match openings.verify_markers(body, key).map_err(|fault| fault.to_string())? {
            MarkersChecked::Every => notes.counts.marked += 1,
            MarkersChecked::Unknown => notes.counts.unmarked += 1,
        }
        Ok(())
    }
}

impl Inspector for Look {
    type Notes = Notes;

    fn look(&self, seen: Seen<'_>, notes: &mut Notes) {
        if !matches!(seen.kind, Kind::ACCESS | Kind::DISCLOSURE_REQUEST | Kind::DISCLOSURE | Kind::ERASURE) {
            return;
        }
        // It was read strictly on the way here.
        let Ok(body) = read_body(seen.body) else { return };
        if let Some(Content::Erasure(erasure)) = &body.content {
            match erasure_of(seen.index, erasure) {
                Ok(erasure) => notes.erasures.push((seen.index.0, erasure)),
                Err(finding) => notes.find(finding),
            }
        }
        if let Err(finding) = self.check(seen, &body, notes) {
            notes.find(finding);
        }
    }
}

/// What an erasure entry says in the clear that it erased.
fn erasure_of(index: Index, entry: &einsicht_proto::v1::Erasure) -> Result<Erasure, Finding> {
    if entry.month.is_none() && entry.retention_class.is_none() && entry.seal.is_some() {
        return Ok(Erasure::Unknown);
    }
    let class = entry.month.as_deref().zip(entry.retention_class.as_deref());
    let class = class.and_then(|(month, class)| Some((month.parse().ok()?, class.parse().ok()?)));
    let class = class.filter(|_| entry.seal.is_none());
    class.map(|(month, class)| Erasure::Class(month, class)).ok_or_else(|| Finding {
        fault: Fault::Erasure,
        index: Some(index),
        place: None,
        expected: "an erasure of sealed values, or of a month and a retention class".to_owned(),
        found: "neither".to_owned(),
    })
}

impl Notes {
    /// Takes in what the openings of an entry say. They are those of its seals.
    fn take(&mut self, index: u64, month: Month, openings: &Openings) {
        for opening in openings.iter() {
            match opening.state {
                State::Open { value, .. } => {
                    self.counts.values += 1;
                    if opening.field == SealedField::Statement {
                        self.take_statement(index, value);
                    }
                }
                State::Erased { by } => {
                    let (field, with_all) = (opening.field, false);
                    self.erased.push(ErasedValue { index, month, field, by, with_all });
                }
            }
        }
    }

    /// The statement of an erasure says what it erased.
    fn take_statement(&mut self, index: u64, value: &[u8]) {
        let Some((_, erasure)) = self.erasures.last_mut().filter(|(of, _)| *of == index) else { return };
        if let Ok(Value::Statement(statement)) = Value::read(SealedField::Statement, value)
            && let Some(of) = statement.index
        {
            *erasure = Erasure::Values { index: of, fields: statement.fields.clone() };
        }
    }

    /// Notes something that is not as it should be.
    pub fn find(&mut self, finding: Finding) {
        self.findings_in_all += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

impl Slot {
    fn sealed(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Sealed(sealed) => Ok(sealed),
            Self::Destroyed(by) => Err(format!("nothing: it was destroyed by entry {by}")),
        }
    }
}

/// What is in a row, if it is of the entry with that leaf hash.
fn read(class: &Class, row: &Row, leaf_hash: Hash) -> Result<Slot, String> {
    let read = class.read(row).map_err(|error| format!("a file that can't be read: {error}"))?;
    let (header, slot) = read.ok_or("bytes that are no openings")?;
    if header.leaf_hash != leaf_hash {
        return Err(format!("those of another entry, with leaf hash {}", header.leaf_hash.to_hex()));
    }
    let destroyed = || destroyed_by(&slot).map(Slot::Destroyed);
    let found = read_slot(&slot).map(Slot::Sealed).or_else(destroyed);
    found.ok_or_else(|| "bytes whose checksum is wrong".to_owned())
}
