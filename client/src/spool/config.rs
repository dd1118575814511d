//! What to do with accesses while the ledger is away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::status::Observer;

/// Bytes that a spool takes on disk unless configured otherwise: 1 GiB, some millions of events.
pub const SPOOL_BYTES_MAX: u64 = 1 << 30;

const SEGMENT_BYTES_MAX: u64 = 4 << 20;

/// What becomes of an access that the ledger can't record now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OnUnavailable {
    /// The caller gets an error after the attempts that the retry policy allows, and decides itself.
    #[default]
    Refuse,
    /// It is kept on disk and recorded later. The caller goes on.
    Spool(SpoolConfig),
}

/// A queue on disk for accesses that can't be recorded now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolConfig {
    /// A folder that holds nothing else; made if it is absent (mode 0700). One process uses it at a time.
    /// It holds accesses as they were reported, in the clear.
    pub dir: PathBuf,
    /// Most bytes that all its files take together. Default: [`SPOOL_BYTES_MAX`].
    pub bytes_max: u64,
    /// What a caller gets when it is full.
    pub when_full: WhenFull,
    /// How long a refusal that may be an operator's mistake (no permission, an internal error) is met by
    /// asking again, while everything waits. After that, what is refused so is set aside. Default: 1 h.
    pub doubt_max: Duration,
    /// How long closing the recorder waits for the spool to empty, and before that for room in it; then
    /// whoever still waits for room gets an error. What is left is shipped when the spool is opened again.
    /// Default: 10 s.
    pub drain_max: Duration,
    /// Sees what happens, for metrics. Default: nobody.
    pub observer: Observer,
    /// Where a segment ends and the next one begins.
    pub(crate) segment_bytes_max: u64,
}

/// What a caller gets when the spool is full. Nothing is dropped either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// An error.
    #[default]
    Fail,
    /// It waits until there is room.
    Wait,
}

impl SpoolConfig {
    /// A spool in `dir` with every default.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            bytes_max: SPOOL_BYTES_MAX,
            when_full: WhenFull::default(),
            doubt_max: Duration::from_secs(60 * 60),
            drain_max: Duration::from_secs(10),
            observer: Observer::default(),
            segment_bytes_max: SEGMENT_BYTES_MAX,
        }
    }
}
