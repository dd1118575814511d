//! How much is measured, and for how long.

use std::time::Duration;

use serde::Serialize;

use crate::lanes::{Shape, Span};

/// Batches of 500. Eight in flight: enough that the next commit is waiting when one is synced, and
/// still less than one commit takes.
pub(crate) const BATCH: Shape = Shape { connections: 4, in_flight: 8, events_per_call: 500 };
/// One event a call, 64 in flight.
const UNARY: Shape = Shape { connections: 4, in_flight: 64, events_per_call: 1 };
/// One event, nothing else in flight.
const LONE: Shape = Shape { connections: 1, in_flight: 1, events_per_call: 1 };

/// How much is measured, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Its name.
    pub profile: &'static str,
    /// Turns of each server under each load.
    pub turns: usize,
    /// Milliseconds of a turn before calls count.
    pub ramp_ms: u64,
    /// Milliseconds of a turn in which calls count.
    pub measured_ms: u64,
    /// The load of `batch_vs_floor`, `sealed_vs_floor`, `tls_vs_plain` and `spool_batch_events_per_s`.
    pub batch: Shape,
    /// The load of `unary_vs_floor`, `unary_p99_vs_floor` and `layer_vs_by_hand`.
    pub unary: Shape,
    /// The load of `lone_p50_ms` and `spool_vs_append`.
    pub lone: Shape,
    /// Turns of handler and layer: what is looked for is small, so there are more of them, and shorter.
    pub layer_turns: usize,
    /// Entries of the log that is audited.
    pub audit_entries: u64,
    /// Sealed events of the log that is scanned, and of the one that is judged again.
    pub scan_entries: u64,
    /// Turns of hashing and of auditing, of testing markers and of scanning.
    pub audit_turns: usize,
}

impl Plan {
    /// About three minutes.
    pub const QUICK: Self = Self {
        profile: "quick",
        turns: 5,
        ramp_ms: 200,
        measured_ms: 1000,
        batch: BATCH,
        unary: UNARY,
        lone: LONE,
        layer_turns: 11,
        audit_entries: 400_000,
        scan_entries: 200_000,
        audit_turns: 9,
    };

    /// About 15 minutes.
    pub const FULL: Self = Self {
        profile: "full",
        turns: 11,
        ramp_ms: 500,
        measured_ms: 3000,
        layer_turns: 41,
        audit_entries: 1_000_000,
        scan_entries: 400_000,
        audit_turns: 25,
        ..Self::QUICK
    };

    /// Some seconds: says whether the bench works, and nothing about speed.
    pub const SMOKE: Self = Self {
        profile: "smoke",
        turns: 1,
        ramp_ms: 10,
        measured_ms: 1000,
        layer_turns: 1,
        audit_entries: 2500,
        scan_entries: 2500,
        audit_turns: 1,
        ..Self::QUICK
    };

    /// The times of one turn.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { ramp: Duration::from_millis(self.ramp_ms), measured: Duration::from_millis(self.measured_ms) }
    }
}
