//! Whether there is room to record: a reserve of the disk is never recorded into.
//!
//! What lives behind the log needs room, too: `log/checkpoint` and the watermark are replaced, the
//! session store grows and is swept, derived files are rebuilt. And a write that fails for want of room
//! would stop recording until the next start. So recording pauses earlier, by itself, and goes on by
//! itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::{Folder, Space};

/// What is kept free by default: what two commits can add, 42 MiB (see [`Room`]), and 22 MiB for what is
/// written behind the log.
pub const RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// Files that must still be possible to make: the next segment, the next checkpoint and watermark, and
/// those of the session store.
const RESERVE_FILES: u64 = 16;

/// Looks at the disk before a commit is begun. Clones share what was seen last.
///
/// Between a look and the write, two commits may be under way: the one that is written, and the one that
/// is begun. Each adds at most 16 MiB and one request (4 MiB), to the segment, and 5% of that to derived files.
/// A reserve of more than that is never used up by recording, however late the file system counts.
#[derive(Clone)]
pub struct Room {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Arc<dyn Folder>,
    path: PathBuf,
    reserve_bytes: u64,
    last: Mutex<Option<NoRoom>>,
    /// Said once, not with each commit.
    complained: AtomicBool,
}

/// There is no room to record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing is recorded for want of room: {shortage} of {}; make room there, and recording goes on by \
     itself",
    path.display()
)]
pub struct NoRoom {
    /// What there is too little of.
    pub shortage: Shortage,
    /// The data folder.
    pub path: PathBuf,
}

/// What a file system has too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// Bytes.
    Bytes {
        /// What is free.
        free: u64,
        /// What has to stay free.
        reserve: u64,
    },
    /// Files, whatever their size.
    Files {
        /// How many can still be made.
        free: u64,
    },
    /// It said so itself, when something was written.
    Full,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { free, reserve } => {
                write!(f, "{free} bytes are free, {reserve} are kept in reserve, on the disk")
            }
            Self::Files { free } => {
                write!(f, "only {free} more files can be made (no free inodes) on the disk")
            }
            Self::Full => f.write_str("nothing can be written to the disk"),
        }
    }
}

impl Room {
    /// Keeps `reserve_bytes` free on the disk of `folder`, which people know as `path`.
    #[must_use]
    pub fn new(folder: Arc<dyn Folder>, path: &Path, reserve_bytes: u64) -> Self {
        let (path, last, complained) = (path.to_owned(), Mutex::default(), AtomicBool::default());
        Self { inner: Arc::new(Inner { folder, path, reserve_bytes, last, complained }) }
    }

    /// Looks whether something may be recorded now.
    ///
    /// Where the disk does not tell, something may: the reserve is a precaution, and a write that fails
    /// is dealt with as any other.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub fn look(&self) -> Result<(), NoRoom> {
        let shortage = match self.inner.folder.space() {
            Ok(space) => self.shortage(space),
            Err(error) => {
                if !self.inner.complained.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the disk does not tell what is free; recording goes on");
                }
                None
            }
        };
        let mut last = self.lock();
        // Decided under the lock: a look that began before [`Room::has_room`] must not undo it.
        let is_full = last.clone().filter(|last| last.shortage == Shortage::Full);
        let now = shortage.map(|shortage| self.no_room(shortage)).or(is_full);
        say(now.as_ref(), &mut last);
        now.map_or(Ok(()), Err)
    }

    /// Notes that nothing could be written. That holds, whatever the disk tells, until
    /// [`Room::has_room`].
    pub fn is_full(&self) -> NoRoom {
        let full = self.no_room(Shortage::Full);
        say(Some(&full), &mut self.lock());
        full
    }

    /// Notes that something could be written again.
    pub fn has_room(&self) {
        say(None, &mut self.lock());
    }

    /// What was seen last.
    #[must_use]
    pub fn last(&self) -> Option<NoRoom> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<NoRoom>> {
        self.inner.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shortage(&self, space: Space) -> Option<Shortage> {
        let reserve = self.inner.reserve_bytes;
        if reserve == 0 {
            return None;
        }
        match space {
            Space { free_bytes: free, .. } if free < reserve => Some(Shortage::Bytes { free, reserve }),
            Space { free_files: Some(free), .. } if free < RESERVE_FILES => Some(Shortage::Files { free }),
            Space { .. } => None,
        }
    }

    fn no_room(&self, shortage: Shortage) -> NoRoom {
        NoRoom { shortage, path: self.inner.path.clone() }
    }
}

/// Tells people when it begins and when it ends.
fn say(now: Option<&NoRoom>, last: &mut Option<NoRoom>) {
    match (now, &*last) {
        (Some(no_room), None) => tracing::error!("{no_room}"),
        (None, Some(_)) => tracing::info!("there is room again; recording goes on"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    *last = now.cloned();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryFolder;

    const RESERVE: u64 = 1000;

    fn room(folder: &MemoryFolder, reserve_bytes: u64) -> Room {
        Room::new(Arc::new(folder.clone()), Path::new("/data"), reserve_bytes)
    }

    #[test]
    fn below_the_reserve_there_is_no_room_until_some_is_made() {
        let folder = MemoryFolder::default();
        let room = room(&folder, RESERVE);
        room.look().unwrap();
        for (free_bytes, free_files, shortage) in [
            (1000, Some(16), None),
            (999, Some(16), Some(Shortage::Bytes { free: 999, reserve: 1000 })),
            (0, None, Some(Shortage::Bytes { free: 0, reserve: 1000 })),
            (5000, Some(15), Some(Shortage::Files { free: 15 })),
            (5000, None, None),
        ] {
            folder.set_space(Space { free_bytes, free_files });
            let seen = room.look().err();
            assert_eq!(seen, room.clone().last(), "clones know what was seen last");
            assert_eq!(seen.map(|no_room| no_room.shortage), shortage);
        }
    }

    #[test]
    fn without_a_reserve_only_a_failed_write_tells() {
        let folder = MemoryFolder::default();
        let room = room(&folder, 0);
        folder.fill();
        room.look().unwrap();
        let full = room.is_full();
        assert_eq!(full.shortage, Shortage::Full);
        assert_eq!(room.look(), Err(full), "a look does not take it back");
        room.has_room();
        room.look().unwrap();
    }

    #[test]
    fn the_sentence_says_where_and_what_to_do() {
        let folder = MemoryFolder::default();
        folder.set_space(Space { free_bytes: 12, free_files: None });
        let sentence = room(&folder, RESERVE).look().unwrap_err().to_string();
        assert_eq!(
            sentence,
            "nothing is recorded for want of room: 12 bytes are free, 1000 are kept in reserve, on the disk of \
             /data; make room there, and recording goes on by itself"
        );
    }
}
