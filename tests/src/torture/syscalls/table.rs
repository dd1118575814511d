//! Which system call fails on which file, and what must come of it.

use std::path::{Path, PathBuf};

use crate::folder::segments;
use crate::torture::outcome::Outcome;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The call, as the injection names it.
    pub call: &'static str,
    /// The file that it is made on.
    pub file: File,
    /// Which of the calls that a thread makes on the file fails: at least, and at most.
    pub when: (u32, u32),
    /// The errors that it fails with.
    pub errors: &'static [&'static str],
    /// What must come of it.
    pub must: Outcome,
}

/// A file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The segment that is written to.
    LastSegment,
    /// One that is yet to be created.
    NextSegment,
    /// The folder of the segments.
    Entries,
    /// The positions of the entries: derived.
    Offsets,
    /// What replaces `log/checkpoint`.
    Checkpoint,
    /// What replaces the watermark.
    Watermark,
    /// What an erasure is about to do.
    Erasing,
}

const BOTH: &[&str] = &["EIO", "ENOSPC"];
const IO: &[&str] = &["EIO"];
/// Whichever of them the library calls.
pub const RENAME: &str = "?rename,?renameat,?renameat2";
/// The first call of the main thread records that the service has started.
const START: (u32, u32) = (1, 1);
const LIVE: (u32, u32) = (2, 12);

/// The table.
pub const TABLE: [Row; 21] = [
    row("pwrite64", File::LastSegment, LIVE, BOTH, Outcome::Stops),
    row("fdatasync", File::LastSegment, LIVE, BOTH, Outcome::Ends),
    row("pwrite64", File::LastSegment, START, BOTH, Outcome::Stops),
    row("fdatasync", File::LastSegment, START, BOTH, Outcome::Refuses),
    row("openat", File::NextSegment, START, BOTH, Outcome::Stops),
    row("pwrite64", File::NextSegment, START, BOTH, Outcome::Stops),
    row("fdatasync", File::NextSegment, START, BOTH, Outcome::Ends),
    row("fsync", File::Entries, (2, 6), BOTH, Outcome::Ends),
    row("fsync", File::Entries, START, BOTH, Outcome::Refuses),
    row("pwrite64", File::Offsets, LIVE, IO, Outcome::Stops),
    row("fdatasync", File::Offsets, START, BOTH, Outcome::GoesOn),
    row("openat", File::Checkpoint, START, BOTH, Outcome::GoesOn),
    row("ftruncate", File::Checkpoint, START, BOTH, Outcome::GoesOn),
    row("pwrite64", File::Checkpoint, START, BOTH, Outcome::GoesOn),
    row("fdatasync", File::Checkpoint, START, BOTH, Outcome::GoesOn),
    row(RENAME, File::Checkpoint, START, BOTH, Outcome::GoesOn),
    row("openat", File::Watermark, START, BOTH, Outcome::GoesOn),
    row("ftruncate", File::Watermark, START, BOTH, Outcome::GoesOn),
    row("pwrite64", File::Watermark, START, BOTH, Outcome::GoesOn),
    row("fdatasync", File::Watermark, START, BOTH, Outcome::GoesOn),
    row(RENAME, File::Watermark, START, BOTH, Outcome::GoesOn),
];

const fn row(
    call: &'static str,
    file: File,
    when: (u32, u32),
    errors: &'static [&'static str],
    must: Outcome,
) -> Row {
    Row { call, file, when, errors, must }
}

impl File {
    /// Where it is, in a folder at rest; a segment that is yet to be created will begin with entry `next`.
    pub fn path(self, data: &Path, next: u64) -> PathBuf {
        match self {
            Self::LastSegment => segments(data).pop().unwrap(),
            Self::NextSegment => data.join(format!("log/entries/{next:020}.seg")),
            Self::Entries => data.join("log/entries"),
            Self::Offsets => data.join("log/offsets"),
            Self::Checkpoint => data.join("log/checkpoint.new"),
            Self::Watermark => data.join("log/watermark.new"),
            Self::Erasing => data.join("vault/erasing"),
        }
    }

    /// Whether each commit must begin a segment for the fault to strike.
    pub fn needs_new_segments(self) -> bool {
        matches!(self, Self::NextSegment | Self::Entries)
    }

    /// Whether it is written anew as a whole each time, so that a later sync of it is one of other bytes.
    pub fn is_replaced(self) -> bool {
        matches!(self, Self::Checkpoint | Self::Watermark)
    }
}
