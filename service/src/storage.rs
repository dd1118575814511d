//! The log on disk. `docs/format.md`, On disk.
//!
//! # Contract
//!
//! - [`LogWriter::append`] returns when the commit would survive a loss of power: one append to one
//!   segment file, one `fdatasync`. Bytes of the next commit are written only after that.
//! - After a failed append the writer refuses everything until the log is opened again; readers go
//!   on. After a failed sync nobody knows what is on disk: the caller must end the process, and an
//!   fsync is never retried.
//! - The entry segments are the truth. Hash files, offsets and watermark are derived: written with
//!   each commit, synced in the background, checked at opening, and rebuilt from the segments when
//!   anything about them is wrong.
//! - [`open()`] runs every entry that it reads through [`Tip::admit`], which is made of the two functions
//!   that the live path uses.
//!
//! There is one implementation. What can be exchanged is one floor below: [`file::Folder`], real
//! files or files that fail and forget.

mod copy;
mod derived;
mod entries;
mod export;
pub mod file;
mod frames;
mod layout;
mod listing;
#[cfg(any(test, feature = "faults"))]
pub mod memory;
mod open;
mod overhang;
mod reader;
mod recovery;
mod replay;
mod room;
mod segments;
#[cfg(test)]
mod tests;
mod tiles;
mod tip;
mod writer;

pub use copy::{Copied, CopyError, copy};
pub use entries::visit_entries;
pub use export::{Exported, Exporting, export};
pub use layout::{CHECKPOINT, LOCK, VKEY};
pub use listing::origin_on_disk;
pub use open::{OpenError, Opened, TornTail, open};
pub use reader::{LogReader, ReadError};
pub use replay::{Checked, ReplayError, check};
pub use room::{NoRoom, RESERVE_BYTES, Room, Shortage};
pub use tip::{Growth, Tip, Tree};
pub use writer::{AppendError, Halt, Keeper, LogWriter};

/// Most bytes of a segment before the next one is begun.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Smallest segments that make sense: at least one full-sized frame header and entry.
pub const SEGMENT_BYTES_MIN: u64 = 4096;
