//! The result of a large ledger, as JSON for machines and as tables for people.

use serde::Serialize;

use super::LargePlan;
use crate::figures::{Basis, Figures};
use crate::goals::{Bound, Goal};
use crate::machine::Machine;

/// Seconds until `/healthz` answers after going down in order.
pub const RESTART_CLEAN_S: &str = "restart_clean_s";
/// The same after `kill -9` under load.
pub const RESTART_KILLED_S: &str = "restart_killed_s";
/// The most that the service had in memory, under load, with all entries.
pub const MEMORY_MB: &str = "memory_mb";
/// That, of the same with a tenth of the entries.
pub const MEMORY_GROWTH: &str = "memory_growth";
/// 99 of 100 inclusion proofs took at most this long, in process.
pub const INCLUSION_P99_US: &str = "inclusion_p99_us";
/// Entries a second of a full audit as a process of its own, of the hashes alone.
pub const LARGE_VERIFY_VS_SHA: &str = "large_verify_vs_sha";
/// Seconds of `einsicht report make` over all entries, of those of `einsicht verify --full`.
pub const LARGE_REPORT_VS_VERIFY: &str = "large_report_vs_verify";
/// The most that `einsicht report make` had in memory, of the same with a tenth of the entries.
pub const REPORT_MEMORY_GROWTH: &str = "report_memory_growth";
/// Bytes of segments and derived files for each entry, beyond its leaf, in commits of 100.
pub const DISK_BEYOND_LEAF_BYTES: &str = "disk_beyond_leaf_bytes";
/// Bytes handed to the system for writing, of those of the leaves, in commits of 100. Everything counts:
/// frames, derived files, checkpoints, the session store.
pub const WRITE_AMPLIFICATION: &str = "write_amplification";

/// The goals of docs/performance.md, in the order in which they are shown.
const GOALS: [Goal; 10] = [
    Goal { name: LARGE_VERIFY_VS_SHA, bound: Bound::AtLeast(0.7) },
    Goal { name: LARGE_REPORT_VS_VERIFY, bound: Bound::AtMost(3.0) },
    Goal { name: REPORT_MEMORY_GROWTH, bound: Bound::AtMost(1.1) },
    Goal { name: INCLUSION_P99_US, bound: Bound::AtMost(100.0) },
    Goal { name: RESTART_CLEAN_S, bound: Bound::AtMost(1.0) },
    Goal { name: RESTART_KILLED_S, bound: Bound::AtMost(3.0) },
    Goal { name: MEMORY_MB, bound: Bound::AtMost(150.0) },
    Goal { name: MEMORY_GROWTH, bound: Bound::AtMost(1.1) },
    Goal { name: DISK_BEYOND_LEAF_BYTES, bound: Bound::AtMost(48.0) },
    Goal { name: WRITE_AMPLIFICATION, bound: Bound::AtMost(1.3) },
];

/// What was found of a large ledger, with everything that its figures depend on.
#[derive(Debug, Serialize)]
pub struct LargeReport {
    /// What the figures depend on.
    #[serde(flatten)]
    pub basis: Basis,
    /// How much was measured.
    #[serde(flatten)]
    pub plan: LargePlan,
    /// What was found.
    #[serde(flatten)]
    pub figures: Figures,
}

impl LargeReport {
    /// The result of a run on `machine`.
    #[must_use]
    pub fn new(plan: LargePlan, machine: Machine, figures: Figures) -> Self {
        Self { basis: Basis::on(machine), plan, figures }
    }

    /// For people, at most about 100 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let LargePlan { entries, commit_events, .. } = self.plan;
        format!(
            "{}{entries} entries, in commits of {commit_events}\n\n{}",
            self.basis.to_text(),
            self.figures.to_text(&GOALS)
        )
    }
}
