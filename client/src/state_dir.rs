//! A folder for what was verified: private to its user, every file replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A folder of mode 0700 with files of mode 0600 (where the system knows modes).
#[derive(Debug, Clone)]
pub(crate) struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// Creates the folder, and those above it, if they are missing.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Where a file of this name is.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file of at most `bytes_max`; `None` if there is none.
    pub(crate) fn read(&self, name: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.file(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, bytes_max.saturating_add(1)), &mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            let message = format!("it has more than {bytes_max} bytes, which nothing written here has");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Some(bytes))
    }

    /// Replaces a file: a crash leaves the old one or the new one, never half of one.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut suffix = [0; 8];
        getrandom::fill(&mut suffix).map_err(io::Error::other)?;
        // Two processes may share the folder: each writes its own temporary file.
        let temporary = self.file(&format!(".{name}.{:016x}.tmp", u64::from_be_bytes(suffix)));
        let written =
            self.write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, self.file(name)));
        if written.is_err() {
            // The first error is the one to report; what is left behind is harmless.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        // Elsewhere a folder can't be opened, and renaming is as durable as it gets.
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = StateDir::open(&folder.path().join("a/b")).unwrap();
        assert_eq!(dir.read("state", 10).unwrap(), None);
        dir.replace("state", b"one").unwrap();
        dir.replace("state", b"two").unwrap();
        assert_eq!(dir.read("state", 3).unwrap().unwrap(), b"two");
        assert!(dir.read("state", 2).is_err(), "a file larger than expected is not read");
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_was_verified() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let dir = StateDir::open(&folder.path().join("state")).unwrap();
        dir.replace("file", b"x").unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("state")), 0o700);
        assert_eq!(mode(dir.file("file")), 0o600);
    }
}
