//! Why the spool can't be used, or can't take more.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the spool can't be used, or did not take an access.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another process uses the folder.
    #[error(
        "the spool {} is in use by another process: give each process a folder of its own, or end the other one",
        dir.display()
    )]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// Others may read the folder.
    #[error(
        "the spool {} has mode {mode:o}: it holds accesses in the clear, so nobody but its owner may enter. \
         chmod 700 it, or name a folder inside it that is not there yet: it is made with the right mode",
        dir.display()
    )]
    OpenToOthers {
        /// The folder.
        dir: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It holds accesses for another ledger.
    #[error(
        "{} holds accesses that are to be recorded in another ledger than {origin}: ship them there first, or \
         name another folder", path.display()
    )]
    OtherLedger {
        /// A segment of the spool.
        path: PathBuf,
        /// The ledger of this recorder.
        origin: String,
    },
    /// The folder or a file in it can't be used.
    #[error("the spool can't be used at {}: {error}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// There is no room. Nothing of the accesses was kept.
    #[error(
        "the spool {} is full: its files have {bytes} bytes, at most {bytes_max} are allowed. Nothing of these \
         accesses was kept. It empties as soon as the ledger takes what is in it", dir.display()
    )]
    Full {
        /// The folder.
        dir: PathBuf,
        /// What its files have.
        bytes: u64,
        /// What they may have.
        bytes_max: u64,
    },
    /// Writing failed. Nothing of the accesses was kept.
    #[error("writing to the spool failed at {} ({error}); nothing of these accesses was kept", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// It is not known what is on disk. The accesses may be recorded later, or not at all.
    #[error(
        "the spool could not make sure of what it wrote to {} ({error}): these accesses may be recorded later, or \
         never. The file is written to no more", path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// The spool was shut down.
    #[error("the spool was closed")]
    Closed,
}
