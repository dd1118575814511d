//! What can only be told at the end: whether what is missing or erased was erased by an entry, whether what was
//! erased is gone, and whether the vault has what no entry is about.

use std::collections::{BTreeMap, HashMap, HashSet};

use einsicht_access::{Month, RetentionClass, SealedField};
use einsicht_tlog::{Index, Size};

use super::copy::VaultCopy;
use super::look::{Erasure, MEANWHILE, Notes};
use super::{Untold, VaultAudit};
use crate::audit::AuditReport;
use crate::finding::{Fault, Finding};

const UNREADABLE: &str =
    "erased by an entry whose statement is not there: what it was about, nobody can tell";
const DESTROYED: &str = "destroyed with values of the same entry that were erased, because its openings could not be read: what they were, nobody can tell";
const UNPUBLISHED: &str = "erased by an entry behind the checkpoint: verify again with a newer one";
const NO_INDEX: &str = "without openings; a class of the month was erased, its index, which would say of which entries, is not in the vault, and so nobody can tell whether these were among them";

/// What was noted of all entries up to now.
#[derive(Default)]
pub(super) struct Ledger(Notes);

impl Ledger {
    /// Takes in what a chunk had.
    pub fn take(&mut self, notes: Notes) {
        let all = &mut self.0;
        all.counts.add(&notes.counts);
        all.findings_in_all += notes.findings_in_all - notes.findings.len() as u64;
        notes.findings.into_iter().for_each(|finding| all.find(finding));
        all.erased.extend(notes.erased);
        all.erasures.extend(notes.erasures);
        for (month, missing) in notes.missing {
            all.missing.entry(month).or_default().extend(missing);
        }
        for (key, entries) in notes.untold {
            *all.untold.entry(key).or_default() += entries;
        }
    }

    /// Draws the conclusions, once all entries up to `size` were seen.
    pub fn settle(&mut self, vault: &VaultCopy, size: Size) {
        self.check_erased_values(size);
        self.check_erasures(vault);
        self.check_gone(vault, size);
        self.check_missing(vault);
        for class in &vault.classes {
            // What was cut off so far that it has no records lacks them: that is found of their entries.
            if !class.header_checks && !class.rows.is_empty() {
                let (month, of) = (class.month, class.class);
                self.0.find(Finding {
                    fault: Fault::OpeningsFile,
                    index: None,
                    place: Some(format!("{} at byte 0", class.path.display())),
                    expected: format!("the start of the openings of this ledger, {month} and class {of}"),
                    found: "another one".to_owned(),
                });
            }
            for row in class.rows.iter().filter(|row| row.index < size.0 && !row.is_met()) {
                self.0.find(Finding {
                    fault: Fault::StrayOpening,
                    index: Some(Index(row.index)),
                    place: Some(class.place(row)),
                    expected: "openings of entries that have seals, once, in the month of the entry"
                        .to_owned(),
                    found: "others".to_owned(),
                });
            }
        }
    }

    /// Every value that the vault says was erased was erased by the entry that it names.
    fn check_erased_values(&mut self, size: Size) {
        let erasures: HashMap<_, _> =
            self.0.erasures.iter().map(|(index, erasure)| (*index, erasure)).collect();
        let (mut known, mut untold, mut findings) = (0, Vec::new(), Vec::new());
        for value in &self.0.erased {
            match erasures.get(&value.by).filter(|_| value.by > value.index) {
                Some(Erasure::Values { index, fields })
                    if *index == value.index && names(fields, value.field) =>
                {
                    known += 1;
                }
                Some(Erasure::Values { index, .. }) if *index == value.index && value.with_all => {
                    untold.push((value.month, DESTROYED.to_owned()));
                }
                // Its statement is kept as long as what it is about.
                Some(Erasure::Unknown) => untold.push((value.month, UNREADABLE.to_owned())),
                None if value.by >= size.0 => untold.push((value.month, UNPUBLISHED.to_owned())),
                found => findings.push(Finding {
                    fault: Fault::Erasure,
                    index: Some(Index(value.index)),
                    place: None,
                    expected: format!(
                        "entry {} to say that {} of this entry was erased",
                        value.by, value.field
                    ),
                    found: if found.is_some() { "an erasure of something else" } else { "no erasure" }
                        .to_owned(),
                }),
            }
        }
        self.0.counts.erased_values += known;
        untold.into_iter().for_each(|key| *self.0.untold.entry(key).or_default() += 1);
        findings.into_iter().for_each(|finding| self.0.find(finding));
    }

    /// What the log says was erased is gone.
    fn check_erasures(&mut self, vault: &VaultCopy) {
        let gone: HashSet<_> = self.0.erased.iter().map(|value| (value.index, value.field)).collect();
        let (mut findings, mut meanwhile) = (Vec::new(), Vec::new());
        for (by, erasure) in &self.0.erasures {
            let still = |index: Option<u64>, place: Option<String>, what: String| Finding {
                fault: Fault::Erasure,
                index: index.map(Index),
                place,
                expected: format!("{what} to be gone, as entry {by} says that it was erased"),
                found: "it is still there".to_owned(),
            };
            match erasure {
                Erasure::Class(month, class) => {
                    let left = vault.classes.iter().find(|left| left.month == *month && left.class == *class);
                    if let Some(left) = left.filter(|left| !left.rows.is_empty()) {
                        if !vault.is_before(*by) {
                            meanwhile.push(*month);
                            continue;
                        }
                        let place = Some(left.path.display().to_string());
                        findings.push(still(None, place, format!("{month} of class {class}")));
                    }
                }
                Erasure::Values { index, fields } => {
                    // Of a class without a key nobody can tell.
                    let row = vault.classes.iter().find(|class| class.has(*index) && class.key.is_ok());
                    let is_left = |field: &SealedField| row.is_some() && !gone.contains(&(*index, *field));
                    let fields = fields.iter().filter_map(|number| SealedField::of_number(*number));
                    if let Some(class) = row.filter(|_| !vault.is_before(*by)) {
                        meanwhile.extend(fields.filter(is_left).map(|_| class.month));
                        continue;
                    }
                    findings.extend(fields.filter(is_left).map(|field| {
                        let place = row.map(|class| class.path.display().to_string());
                        still(Some(*index), place, field.to_string())
                    }));
                }
                Erasure::Unknown => {}
            }
        }
        findings.into_iter().for_each(|finding| self.0.find(finding));
        for month in meanwhile {
            *self.0.untold.entry((month, MEANWHILE.to_owned())).or_default() += 1;
        }
    }

    /// The last entry that erased each month and class as a whole.
    fn erased_classes(&self) -> BTreeMap<(Month, RetentionClass), Index> {
        let mut erased = BTreeMap::new();
        for (by, erasure) in &self.0.erasures {
            if let Erasure::Class(month, class) = erasure {
                let last = erased.entry((*month, *class)).or_insert(Index(*by));
                *last = Index(*by).max(*last);
            }
        }
        erased
    }

    /// Entries without openings that an index lists went with its class, if an entry behind them erased that.
    fn check_gone(&mut self, vault: &VaultCopy, size: Size) {
        let erased = self.erased_classes();
        for gone in &vault.gone {
            let by = erased.get(&(gone.month, gone.class));
            let is_unpublished = by.is_none() && gone.by.is_some_and(|by| !size.contains(by));
            for row in gone.rows.iter().flatten().filter(|row| row.is_met()) {
                if by.is_some_and(|by| row.index < by.0) {
                    self.0.counts.erased_entries += 1;
                } else if is_unpublished {
                    self.untold(gone.month, UNPUBLISHED, 1);
                } else {
                    let (month, class) = (gone.month, gone.class);
                    let entry =
                        format!("an entry behind it that says that {month} of class {class} was erased");
                    self.miss(Index(row.index), &entry);
                }
            }
        }
    }

    /// Of a class that was erased and left no index nobody knows what was in it: perhaps the entries without openings
    /// that no other index lists.
    fn check_missing(&mut self, vault: &VaultCopy) {
        let mut unknown: BTreeMap<Month, Index> = BTreeMap::new();
        for ((month, class), by) in self.erased_classes() {
            if !vault.knows(month, class) {
                let last = unknown.entry(month).or_insert(by);
                *last = by.max(*last);
            }
        }
        for (month, missing) in std::mem::take(&mut self.0.missing) {
            let by = unknown.get(&month);
            let (untold, missing): (Vec<_>, Vec<_>) =
                missing.into_iter().partition(|index| by.is_some_and(|by| index < by));
            self.untold(month, NO_INDEX, untold.len() as u64);
            let listed = format!("to be listed by the index of a class of {month} that was erased");
            missing.into_iter().for_each(|index| self.miss(index, &listed));
        }
    }

    fn untold(&mut self, month: Month, why: &str, entries: u64) {
        if entries > 0 {
            *self.0.untold.entry((month, why.to_owned())).or_default() += entries;
        }
    }

    /// An entry has no openings, nor what would say why.
    fn miss(&mut self, index: Index, or: &str) {
        self.0.find(Finding {
            fault: Fault::NoOpening,
            index: Some(index),
            place: None,
            expected: format!("its openings, or {or}"),
            found: "neither".to_owned(),
        });
    }

    /// The result.
    pub fn into_audit(self, log: AuditReport, damage: Vec<String>) -> VaultAudit {
        let Notes { counts, mut findings, findings_in_all, untold, .. } = self.0;
        findings.sort_by_key(|finding| finding.index);
        let untold = untold.into_iter().map(|((month, why), entries)| Untold { month, why, entries });
        VaultAudit { log, counts, findings, findings_in_all, untold: untold.collect(), damage }
    }
}

/// Whether an erasure of these fields is one of that field. With a confidential record all in it went.
fn names(fields: &[u32], field: SealedField) -> bool {
    let is_one = |number: &u32| {
        *number == u32::from(field.number()) || *number == u32::from(SealedField::Confidential.number())
    };
    fields.iter().any(is_one)
}
