//! A queue on disk for accesses that the ledger can't record now.
//!
//! What a spool promises: an access that was put in is on disk, and stays there until the ledger has
//! recorded it and the answer was verified, or until the ledger refused it for good and it was set aside.
//! It is recorded under the session and number that it had from the beginning, so that nothing is recorded
//! twice. As long as something waits, new accesses go behind it.
//!
//! In its folder:
//!
//! | file | what it is |
//! |---|---|
//! | `segment-…` | frames in the order in which they are shipped; removed when all are |
//! | `marks` | how far it came: what was acknowledged, what was shipped |
//! | `refused` | frames that the ledger refused for good, with the reason |
//! | `damaged-…` | parts of segments that can't be read, as they were found |
//! | `lock` | held by the process that uses the folder |
//!
//! The files hold accesses as they were reported, in the clear, personal fields too: the folder is for its
//! owner only, and what was shipped is removed.

mod aside;
mod config;
mod disk;
mod error;
mod folder;
mod frame;
mod handle;
mod inspect;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod laws;
mod lock;
mod marks;
mod open;
mod progress;
mod queue;
mod reader;
mod shipper;
mod status;
mod verdict;
mod walk;
mod writer;

#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;

pub use self::config::{OnUnavailable, SPOOL_BYTES_MAX, SpoolConfig, WhenFull};
pub use self::error::SpoolError;
pub use self::inspect::{Inspection, inspect};
pub use self::status::{HaltReason, Halted, Observer, SpoolEvent, SpoolObserver, SpoolStatus};

pub(crate) use self::handle::{Put, Spool};
