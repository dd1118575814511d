//! What nobody but the user may see: texts that are not printed by accident, files that nobody else can read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use zeroize::Zeroizing;

use crate::output::escape;

/// A text that may be personal. It is not printed, and overwritten when it is not needed any more.
#[derive(Clone, PartialEq, Eq)]
pub struct Private(Zeroizing<String>);

/// Whether standard input was read: it can be only once.
static IS_INPUT_READ: AtomicBool = AtomicBool::new(false);

impl Private {
    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl FromStr for Private {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Private(..)")
    }
}

/// Reads the text in a file, or in standard input if it is called '-', of at most `bytes_max`.
///
/// # Errors
/// It can't be read, is longer, or is no text; or standard input is asked for twice. Says nothing of what it holds.
pub fn read_text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    let (name, mut bytes) = (name_of(path), Vec::new());
    let is_input = path.as_os_str() == "-";
    ensure!(
        !is_input || !IS_INPUT_READ.swap(true, Ordering::Relaxed),
        "'-' is given twice, and standard input holds one text: give the other one in a file"
    );
    let read = match is_input {
        true => io::stdin().lock().take(bytes_max + 1).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)),
    };
    read.with_context(|| format!("{name} can't be read"))?;
    ensure!(
        bytes.len() as u64 <= bytes_max,
        "{name} has more than {bytes_max} bytes, and so is not what is asked for"
    );
    String::from_utf8(bytes).ok().with_context(|| format!("{name} is not UTF-8 text"))
}

/// A file that is being made, which nobody but the user can read. Removed again unless it was written.
pub struct NewFile {
    path: PathBuf,
    file: Option<File>,
}

impl NewFile {
    /// Makes an empty file where there is none.
    ///
    /// # Errors
    /// It is there already, or can't be made.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        ensure!(path.as_os_str() != "-", "give the name of a new file: standard output is not one");
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .with_context(|| format!("{} can't be made as a new file; nothing was done", name_of(path)))?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes)?;
        file.sync_all()?;
        self.file = None;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // What is left of it is empty, or half of what it should be.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn name_of(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => "standard input".to_owned(),
        false => escape::value(&path.display().to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_text_is_not_printed() {
        assert_eq!(format!("{:?}", Private::from("Erika".to_owned())), "Private(..)");
    }

    #[test]
    fn a_new_file_is_the_users_alone_and_goes_unless_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        drop(NewFile::create(&path).unwrap());
        assert!(!path.exists());
        NewFile::create(&path).unwrap().write(b"x").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(NewFile::create(&path).is_err(), "there is one");
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn a_text_that_is_too_long_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        assert!(read_text(&path, 4).is_err());
        std::fs::write(&path, [0xff]).unwrap();
        assert!(read_text(&path, 4).is_err());
    }
}
