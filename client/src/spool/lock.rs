//! One process per spool.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::SpoolError;
use super::queue::unusable;

pub(crate) const LOCK: &str = "lock";

/// Held as long as the folder is used; the system releases it when the process ends, however it ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
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
