//! The verification of what is sealed, for an auditor who has a copy of the vault and its keys: every seal and every
//! marker of every entry is recomputed, in the same pass as the full audit of the log.
//!
//! Fails: a seal that is not that of salt and value; a marker that a subject would not find; an opening that is
//! missing, or erased, without an entry of the log that says so; an opening without an entry; what the log says was
//! erased and is still there. Can't be told: what there is no key for, and what was erased in a way that leaves
//! open whether it was this.
//!
//! What went with a whole month and class, the index says that the erasure leaves; the log names month and class only.
//! Where that index is gone, too, nobody can tell.
//!
//! Not checked: whether a value was true, whether what was erased is gone elsewhere, and whether such an index is the
//! one that was left: it is not signed.

use std::sync::Arc;

use einsicht_access::Month;

use crate::audit::{AuditOptions, AuditReport, Progress, audit_with};
use crate::source::Source;
use crate::verify_error::VerifyError;
use crate::{Conclusion, Finding, Trust};

mod copy;
mod look;
mod settle;

pub use copy::{VaultCopy, VaultCopyError};
use look::Look;
use settle::Ledger;

/// Most findings that are kept one by one.
const FINDINGS_MAX: usize = 100;

/// What the verification of the vault found.
#[derive(Debug, Clone)]
pub struct VaultAudit {
    /// The verification of the log.
    pub log: AuditReport,
    /// What was counted.
    pub counts: Counts,
    /// What is not as it should be: the first hundred.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_in_all: u64,
    /// What could not be told, and why.
    pub untold: Vec<Untold>,
    /// Bytes of the vault that are nothing: file with offset. Whatever is missing may have stood there.
    pub damage: Vec<String>,
}

/// What was counted of the vault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that have seals.
    pub entries: u64,
    /// Values that were recomputed to their seals.
    pub values: u64,
    /// Records whose markers are those of their subjects.
    pub marked: u64,
    /// Records whose subjects were erased, so that nobody can tell whose their markers are.
    pub unmarked: u64,
    /// Values that were erased, each by an entry that says so.
    pub erased_values: u64,
    /// Entries whose openings went with their month and class, by an entry that says so, as the index of these says.
    pub erased_entries: u64,
}

/// Something that could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The month.
    pub month: Month,
    /// Why: for example which key is missing.
    pub why: String,
    /// How many entries, or values of entries, it is about.
    pub entries: u64,
}

impl Counts {
    fn add(&mut self, more: &Self) {
        self.entries += more.entries;
        self.values += more.values;
        self.marked += more.marked;
        self.unmarked += more.unmarked;
        self.erased_values += more.erased_values;
        self.erased_entries += more.erased_entries;
    }
}

impl VaultAudit {
    /// How the verification ended. That of the log found nothing wrong; what it could not tell, this can't either.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let told_all = self.untold.is_empty() && self.log.confidential.unchecked == 0;
        match (self.findings_in_all, told_all) {
            (0, true) => Conclusion::Verified,
            (0, false) => Conclusion::CouldNotTell,
            _ => Conclusion::Failed,
        }
    }
}

/// Verifies the log as a whole, and every seal and marker of its entries against the vault.
///
/// Memory: 24 bytes for each entry that has openings, or had them in a class that was erased, and as many for each value
/// that was erased.
///
/// # Errors
/// [`VerifyError`] if the log itself is not verified; then nothing is known of the vault.
pub async fn audit_vault(
    source: &Source,
    trust: &Trust,
    vault: VaultCopy,
    progress: impl FnMut(Progress),
) -> Result<VaultAudit, VerifyError> {
    let vault = Arc::new(vault);
    let look = Arc::new(Look::new(vault.clone()));
    let mut ledger = Ledger::default();
    // Every entry has to be seen, also those that were verified before.
    let options = AuditOptions { full: true };
    let log = audit_with(source, trust, options.into(), look, |notes| ledger.take(notes), progress).await?;
    ledger.settle(&vault, log.head.size);
    Ok(ledger.into_audit(log, vault.damage()))
}

#[cfg(test)]
mod tests;
