//! Appends commits: the only writer of the log.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use einsicht_tlog::{Hash, Index, TreeHead};

use super::derived::{Derived, write_watermark};
use super::file::{DataFile, Folder, replace};
use super::layout::CHECKPOINT;
use super::reader::LogReader;
use super::segments::{self, HEADER_BYTES, Segments};
use super::tip::Growth;

/// Appends commits to the last segment. See the contract in [`super`].
pub struct LogWriter {
    pub(super) folder: Arc<dyn Folder>,
    pub(super) origin_hash: Hash,
    pub(super) derived: Derived,
    pub(super) segments: Arc<RwLock<Segments>>,
    /// The last segment, where it starts in the address space, and how long it is.
    pub(super) file: Arc<dyn DataFile>,
    pub(super) base: u64,
    pub(super) file_bytes: u64,
    pub(super) segment_bytes_max: u64,
    pub(super) poisoned: bool,
}

/// A commit was not made durable.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Writing failed; nothing more is written until the log is opened again.
    #[error(
        "the log could not be written ({error}); nothing more is recorded until the service starts again"
    )]
    Write {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Syncing failed: what is on disk is unknown, and the process must end.
    #[error("the log could not be synced ({error}); what is on disk is unknown, the process has to end")]
    Sync {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Writing sealed values failed; nothing more is written until the log is opened again.
    #[error(
        "the vault could not be written ({error}); nothing more is recorded until the service starts again"
    )]
    VaultWrite {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Syncing sealed values failed: what is on disk is unknown, and the process must end.
    #[error("the vault could not be synced ({error}); what is on disk is unknown, the process has to end")]
    VaultSync {
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// An earlier write failed.
    #[error("recording has stopped after a failed write; start the service again")]
    Stopped,
}

/// Ends the process. It must not return in production.
pub type Halt = Arc<dyn Fn(&AppendError) + Send + Sync>;

impl AppendError {
    /// Whether nobody knows what is on the disk: the process must end.
    #[must_use]
    pub fn must_end(&self) -> bool {
        matches!(self, Self::Sync { .. } | Self::VaultSync { .. })
    }
}

impl LogWriter {
    /// Makes one commit durable: the frame, whose first entry is `first`, then what it adds to the
    /// derived files (not synced; they can be rebuilt).
    ///
    /// # Errors
    /// [`AppendError`]; the commit may be found or not when the log is opened again.
    pub fn append(&mut self, first: Index, frame: &[u8], growth: &Growth) -> Result<(), AppendError> {
        if self.poisoned {
            return Err(AppendError::Stopped);
        }
        // Whatever goes wrong from here on, nothing may be written behind it.
        self.poisoned = true;
        let write = |error| AppendError::Write { error };
        let sync = |error| AppendError::Sync { error };
        if self.file_bytes > HEADER_BYTES && self.file_bytes + frame.len() as u64 > self.segment_bytes_max {
            // The last segment is synced; the next one is, too, before it is used.
            let file = segments::create(&*self.folder, self.origin_hash, first).map_err(write)?;
            segments::sync_new(&*self.folder, &*file).map_err(sync)?;
            self.begin_segment(file);
        }
        self.file.write_all_at(frame, self.file_bytes).map_err(write)?;
        let synced = Instant::now();
        self.file.sync_data().map_err(sync)?;
        metrics::histogram!("einsicht_sync_seconds").record(synced.elapsed());
        self.derived.write(first, self.base + self.file_bytes, growth).map_err(write)?;
        self.file_bytes += frame.len() as u64;
        self.poisoned = false;
        Ok(())
    }

    /// Has everything refused from now on: what has to be there before the next commit could not be written.
    pub fn stop(&mut self) {
        self.poisoned = true;
    }

    /// Whether an earlier append failed, so that nothing is written any more.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.poisoned
    }

    /// Brings the derived files to the disk, if opening found no room for them there.
    ///
    /// # Errors
    /// Those of the file system. Nothing is lost then: what is in memory stays there.
    pub fn write_down_derived(&self) -> io::Result<()> {
        self.derived.write_down()
    }

    /// Reads beside this writer.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        LogReader::new(self.derived.clone(), Arc::clone(&self.segments))
    }

    /// What keeps the files behind the log up to date, on a thread of its own.
    #[must_use]
    pub fn keeper(&self) -> Keeper {
        Keeper { folder: Arc::clone(&self.folder), derived: self.derived.clone() }
    }

    fn begin_segment(&mut self, file: Arc<dyn DataFile>) {
        self.file = file;
        self.base += self.file_bytes;
        self.file_bytes = HEADER_BYTES;
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        segments.push(self.base, Arc::clone(&self.file));
    }
}

/// Keeps `log/checkpoint` and the watermark behind the log, off the path of recording.
pub struct Keeper {
    folder: Arc<dyn Folder>,
    derived: Derived,
}

impl Keeper {
    /// Replaces `log/checkpoint`, durably.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep_checkpoint(&self, checkpoint: &[u8]) -> io::Result<()> {
        replace(&*self.folder, CHECKPOINT, checkpoint)
    }

    /// Syncs the derived files and moves the watermark to `head`, which must be published.
    ///
    /// # Errors
    /// Those of the file system; after a failed sync every time, for no later one saves what that one
    /// did not.
    pub fn move_watermark(&self, head: &TreeHead) -> io::Result<()> {
        self.derived.sync()?;
        write_watermark(&*self.folder, head)
    }
}
