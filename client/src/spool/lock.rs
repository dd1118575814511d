//! One process per spool.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::error::SpoolError;
use super::queue::unusable;

pub(crate) const LOCK: &str = "lock";
/// How often, and how long apart, a lock is tried to be had: for half a second.
const TRIES_MAX: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Held as long as the folder is used; the system releases it when the process ends, however it ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits a moment for whoever is about to let go: a recorder that was just dropped, or a look from
    /// outside.
    pub(crate) fn take_soon(dir: &Path) -> Result<Self, SpoolError> {
        for _ in 0..TRIES_MAX {
            match Self::take(dir) {
                Err(SpoolError::InUse { .. }) => std::thread::sleep(PAUSE),
                taken => return taken,
            }
        }
        Self::take(dir)
    }

    pub(crate) fn take(dir: &Path) -> Result<Self, SpoolError> {
        let path = dir.join(LOCK);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| unusable(path.clone(), error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(path, error)),
        }
    }
}
