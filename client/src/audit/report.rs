//! What a verified ledger holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::sessions::Sessions;
use einsicht_tlog::{RecordedAt, TreeHead};

use super::confidential::Confidential;
use super::genesis::Beginning;
use super::resume::FullReason;
use super::verdicts::Verdicts;
use crate::charters::PublishedCharter;

/// What was verified, and what was counted on the way.
#[derive(Debug, Clone)]
pub struct AuditReport {
    /// Name of the ledger.
    pub origin: String,
    /// Size and root that were verified.
    pub head: TreeHead,
    /// The signed checkpoint that states them, verbatim.
    pub checkpoint: Vec<u8>,
    /// When entry 0 was recorded.
    pub began_at: RecordedAt,
    /// When the last entry was recorded.
    pub recorded_at: RecordedAt,
    /// What entry 0 says of the ledger.
    pub beginning: Beginning,
    /// Entries by kind, as `entry.proto` names them; `unknown` for kinds that this version does not
    /// know.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Accesses that the entries of kind `access` stand for (the sum of their `access_count`).
    pub accesses: u64,
    /// Sessions of producers, and the numbers missing in them.
    pub sessions: Sessions,
    /// Confidential records, and what was opened of them.
    pub confidential: Confidential,
    /// How many charters the ledger holds.
    pub charters: u64,
    /// The one that is in force at the end.
    pub charter: Option<Arc<PublishedCharter>>,
    /// The verdicts on its records, each recomputed.
    pub verdicts: Verdicts,
    /// Whole entries that a data folder holds past the checkpoint: not verified. `None` where that
    /// can't be known.
    pub not_covered: Option<u64>,
    /// How many entries were verified by an earlier audit and not read again.
    pub resumed_at: u64,
    /// Why everything was read, if it was.
    pub full_because: Option<FullReason>,
    /// The newest checkpoint that was verified before, which this one was shown to extend.
    pub extends: Option<TreeHead>,
}

impl AuditReport {
    /// How many of the missing numbers may be those of records that are confidential, or that could not be compared
    /// with what was sealed: of these nobody can tell whether they are missing.
    #[must_use]
    pub fn missing_may_be_hidden(&self) -> u64 {
        let hidden = self.confidential.unseen().saturating_add(self.sessions.unplaced);
        hidden.min(self.sessions.missing())
    }
}
