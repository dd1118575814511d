//! What a ledger takes on disk, and what is written for it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;

/// Bytes of the files of a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footprint {
    /// Of the segments.
    pub entries: u64,
    /// Of everything else of the log: hashes, offsets, checkpoint, watermark.
    pub derived: u64,
    /// Of the session store.
    pub sessions: u64,
}

/// What a process has written so far, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Handed to the system, each byte as often as it was: nothing is left out.
    pub handed_over: u64,
    /// Sent on to disks, in whole pages.
    pub to_disks: u64,
}

impl Footprint {
    /// What is in `data` now.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn of(data: &Path) -> io::Result<Self> {
        let entries = bytes_below(&data.join("log/entries"))?;
        let log = bytes_below(&data.join("log"))?;
        Ok(Self {
            entries,
            derived: log.saturating_sub(entries),
            sessions: bytes_below(&data.join("state"))?,
        })
    }

    /// What was added since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            entries: self.entries.saturating_sub(before.entries),
            derived: self.derived.saturating_sub(before.derived),
            sessions: self.sessions.saturating_sub(before.sessions),
        }
    }
}

impl Written {
    /// What this process has written so far.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn so_far() -> anyhow::Result<Self> {
        let io = fs::read_to_string("/proc/self/io").context("/proc/self/io")?;
        parse_written(&io).context("/proc/self/io does not tell what was written")
    }

    /// What was written since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            handed_over: self.handed_over.saturating_sub(before.handed_over),
            to_disks: self.to_disks.saturating_sub(before.to_disks),
        }
    }
}

fn bytes_below(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path())?,
            Ok(metadata) => metadata.len(),
            // A temporary file that has got its name meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

fn parse_written(io: &str) -> Option<Written> {
    let bytes = |name: &str| io.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok();
    Some(Written { handed_over: bytes("wchar:")?, to_disks: bytes("write_bytes:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footprint_tells_log_derived_files_and_sessions_apart() {
        let data = tempfile::tempdir().unwrap();
        for (path, bytes) in
            [("log/entries/0.seg", 7), ("log/hashes/0", 5), ("log/checkpoint", 3), ("state/db", 11)]
        {
            let path = data.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        }
        let footprint = Footprint::of(data.path()).unwrap();
        assert_eq!(footprint, Footprint { entries: 7, derived: 8, sessions: 11 });
        assert_eq!(footprint.since(&footprint), Footprint::default());
    }

    #[test]
    fn what_is_handed_over_and_what_reaches_disks_are_two_things() {
        let io = "rchar: 1\nwchar: 300\nsyscr: 2\nsyscw: 3\nread_bytes: 0\nwrite_bytes: 4096\ncancelled_write_bytes: 9\n";
        assert_eq!(parse_written(io), Some(Written { handed_over: 300, to_disks: 4096 }));
        assert_eq!(parse_written("wchar: 300\n"), None);
    }

    #[test]
    fn what_is_written_to_a_file_is_counted() {
        let before = Written::so_far().unwrap();
        fs::write(tempfile::NamedTempFile::new().unwrap().path(), vec![0; 100_000]).unwrap();
        assert!(Written::so_far().unwrap().since(&before).handed_over >= 100_000);
    }
}
