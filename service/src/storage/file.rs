//! The narrow door to the file system: everything that the log does to files goes through here.
//!
//! Paths are relative to the data folder, with `/` between parts. Real files are below; files that
//! fail and forget, for tests, are in `memory.rs`.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder with its files.
///
/// Creating, renaming and removing are durable only after [`Folder::sync_folder`] on the folder that
/// holds the name.
pub trait Folder: Send + Sync {
    /// Opens a file for reading and writing; creates it, empty, if `create` is set and it is absent.
    ///
    /// # Errors
    /// Those of the file system; `NotFound` if it is absent and `create` is not set.
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn DataFile>>;
    /// Names in a folder, without those of its folders, in no order. An absent folder is empty.
    ///
    /// # Errors
    /// Those of the file system.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;
    /// Names of the folders in a folder, in no order. An absent folder has none.
    ///
    /// # Errors
    /// Those of the file system.
    fn folders(&self, path: &str) -> io::Result<Vec<String>>;
    /// Creates a folder and those above it.
    ///
    /// # Errors
    /// Those of the file system.
    fn create_folder(&self, path: &str) -> io::Result<()>;
    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_folder(&self, path: &str) -> io::Result<()>;
    /// Gives a file another name, replacing what had it.
    ///
    /// # Errors
    /// Those of the file system.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. An absent file is an error.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Removes an empty folder. An absent one is an error.
    ///
    /// # Errors
    /// Those of the file system, also if something is in it.
    fn remove_folder(&self, path: &str) -> io::Result<()>;
    /// What is left of the file system that the folder is on.
    ///
    /// # Errors
    /// Those of the file system.
    fn space(&self) -> io::Result<Space>;
}

/// What is left of a file system for whoever asks: neither what is kept for root, nor beyond a quota
/// that the file system knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes.
    pub free_bytes: u64,
    /// Files that can still be made; `None` where the file system has no such limit.
    pub free_files: Option<u64>,
}

/// One open file. Reads may run beside writes.
pub trait DataFile: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// Those of the file system.
    fn byte_len(&self) -> io::Result<u64>;
    /// Reads as much as is there from `offset` on; less than asked for only at the end.
    ///
    /// # Errors
    /// Those of the file system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes at `offset`. After an error any prefix of them may be there.
    ///
    /// # Errors
    /// Those of the file system.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the contents durable (`fdatasync`). After an error nobody knows what is on disk.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_data(&self) -> io::Result<()>;
    /// Cuts the file off at, or extends it with zeros to, `bytes`.
    ///
    /// # Errors
    /// Those of the file system.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
}

/// Whether a write failed because there is no room: on the disk, or for this user.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Reads exactly `bytes` bytes at `offset`.
///
/// # Errors
/// `UnexpectedEof` if the file is shorter; else those of the file system.
pub fn read_exact_at(file: &dyn DataFile, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    if file.read_at(&mut buffer, offset)? < bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(buffer)
}

/// Reads a whole small file; `None` if it is absent.
///
/// # Errors
/// Those of the file system.
pub fn read_small(folder: &dyn Folder, path: &str) -> io::Result<Option<Vec<u8>>> {
    match folder.open(path, false) {
        Ok(file) => {
            let bytes = usize::try_from(file.byte_len()?).map_err(io::Error::other)?;
            read_exact_at(&*file, 0, bytes).map(Some)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces a small file as a whole, durably: a crash leaves the old one or the new one.
///
/// # Errors
/// Those of the file system.
pub fn replace(folder: &dyn Folder, path: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = format!("{path}.new");
    let file = folder.open(&temporary, true)?;
    file.set_len(0)?;
    file.write_all_at(bytes, 0)?;
    file.sync_data()?;
    folder.rename(&temporary, path)?;
    folder.sync_folder(path.rsplit_once('/').map_or("", |(parent, _)| parent))
}

/// A folder of the operating system.
#[derive(Debug, Clone)]
pub struct RealFolder {
    root: PathBuf,
    /// Permissions of new files, and of new folders.
    modes: (u32, u32),
}

impl RealFolder {
    /// Takes a folder; it need not exist yet. What is made in it is for its owner only.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), modes: (0o600, 0o700) }
    }

    /// Takes a folder for everybody to read.
    #[must_use]
    pub fn readable(root: &Path) -> Self {
        Self { root: root.to_owned(), modes: (0o644, 0o755) }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Folder for RealFolder {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn DataFile>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(create)
            .truncate(false)
            .mode(self.modes.0)
            .open(self.path(path));
        // Checking a copy must work where nobody may write: whoever then writes gets the error.
        let file = match file {
            Err(error) if !create && is_read_only(&error) => fs::File::open(self.path(path))?,
            file => file?,
        };
        Ok(Arc::new(RealFile(file)))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        names(&self.path(path), fs::FileType::is_file)
    }

    fn folders(&self, path: &str) -> io::Result<Vec<String>> {
        names(&self.path(path), fs::FileType::is_dir)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(self.modes.1).create(self.path(path))
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        fs::File::open(self.path(path))?.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.path(path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.path(path))
    }

    fn space(&self) -> io::Result<Space> {
        let disk = rustix::fs::statvfs(&self.root)?;
        Ok(Space {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            free_files: (disk.f_files > 0).then_some(disk.f_favail),
        })
    }
}

fn names(folder: &Path, is_wanted: impl Fn(&fs::FileType) -> bool) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if is_wanted(&entry.file_type()?) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

struct RealFile(fs::File);

impl DataFile for RealFile {
    fn byte_len(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<usize> {
        let mut total = 0;
        while !buffer.is_empty() {
            match self.0.read_at(buffer, offset) {
                Ok(0) => break,
                Ok(read) => {
                    buffer = buffer.get_mut(read..).unwrap_or_default();
                    offset += read as u64;
                    total += read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
}
