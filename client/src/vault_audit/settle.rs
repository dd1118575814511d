//! What can only be told at the end: whether what is missing or erased was erased by an entry, whether what was
//! erased is gone, and whether the vault has what no entry is about.

use std::collections::{BTreeMap, HashMap, HashSet};

use einsicht_access::{Month, SealedField};
use einsicht_tlog::{Index, Size};

use super::copy::VaultCopy;
use super::look::{Erasure, Missing, Notes};
use super::{Untold, VaultAudit};
use crate::audit::AuditReport;
use crate::finding::{Fault, Finding};

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
        self.check_erased_values();
        self.check_erasures(vault);
        self.check_missing();
        for class in &vault.classes {
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
    fn check_erased_values(&mut self) {
        let erasures: HashMap<_, _> =
            self.0.erasures.iter().map(|(index, erasure)| (*index, erasure)).collect();
        let (mut known, mut unknown, mut findings) = (0, 0, Vec::new());
        for value in &self.0.erased {
            match erasures.get(&value.by).filter(|_| value.by > value.index) {
                Some(Erasure::Values { index, fields })
                    if *index == value.index && names(fields, value.field) =>
                {
                    known += 1;
                }
                Some(Erasure::Unknown) => unknown += 1,
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
        self.0.counts.erased_values += known + unknown;
        self.0.counts.erased_by_erased += unknown;
        findings.into_iter().for_each(|finding| self.0.find(finding));
    }

    /// What the log says was erased is gone.
    fn check_erasures(&mut self, vault: &VaultCopy) {
        let gone: HashSet<_> = self.0.erased.iter().map(|value| (value.index, value.field)).collect();
        let mut findings = Vec::new();
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
                        let place = Some(left.path.display().to_string());
                        findings.push(still(None, place, format!("{month} of class {class}")));
                    }
                }
                Erasure::Values { index, fields } => {
                    // Of a class without a key nobody can tell.
                    let row = vault.classes.iter().find(|class| class.has(*index) && class.key.is_ok());
                    let is_left = |field: &SealedField| row.is_some() && !gone.contains(&(*index, *field));
                    let fields = fields.iter().filter_map(|number| SealedField::of_number(*number));
                    findings.extend(fields.filter(is_left).map(|field| {
                        let place = row.map(|class| class.path.display().to_string());
                        still(Some(*index), place, field.to_string())
                    }));
                }
                Erasure::Unknown => {}
            }
        }
        findings.into_iter().for_each(|finding| self.0.find(finding));
    }

    /// Entries without openings lie in months of which a class was erased as a whole.
    fn check_missing(&mut self) {
        let month_of = |(_, erasure): &(u64, Erasure)| match erasure {
            Erasure::Class(month, _) => Some(*month),
            _ => None,
        };
        let erased: HashSet<Month> = self.0.erasures.iter().filter_map(month_of).collect();
        let missing: BTreeMap<Month, Missing> = std::mem::take(&mut self.0.missing);
        for (month, missing) in missing {
            if erased.contains(&month) {
                self.0.counts.erased_entries += missing.count;
                continue;
            }
            self.0.findings_in_all += missing.count - missing.first.len() as u64;
            for index in missing.first {
                self.0.find(Finding {
                    fault: Fault::NoOpening,
                    index: Some(index),
                    place: None,
                    expected: format!("its openings, or an entry that says that {month} was erased"),
                    found: "neither".to_owned(),
                });
            }
        }
    }

    /// The result.
    pub fn into_audit(self, log: AuditReport, damage: Vec<String>) -> VaultAudit {
        let Notes { counts, mut findings, findings_in_all, untold, .. } = self.0;
        findings.sort_by_key(|finding| finding.index);
        let untold = untold.into_iter().map(|((month, key), entries)| Untold { month, key, entries });
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
