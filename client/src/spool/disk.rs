//! The narrow door to the file system: all that the spool does to files goes through here.
//!
//! One flat folder. Real files are below; files that fail and forget, for tests, are in `memory.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A folder. Names that were made or removed are durable after [`Disk::sync_names`] only.
pub(crate) trait Disk: Send + Sync {
    /// Opens a file for reading and writing; makes it, empty, if `create` is set and it is absent.
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>>;
    /// The names of all files, in no order.
    fn names(&self) -> io::Result<Vec<String>>;
    fn remove(&self, name: &str) -> io::Result<()>;
    fn sync_names(&self) -> io::Result<()>;
}

/// An open file.
pub(crate) trait DiskFile: Send + Sync {
    fn len(&self) -> io::Result<u64>;
    /// Reads from `offset` until the buffer is full or the file ends.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes at `offset`. After an error any part of them may be there.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the contents durable (`fdatasync`). After an error nobody knows what is on disk.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file off.
    fn cut(&self, bytes: u64) -> io::Result<()>;
}

/// Reads a file from `offset` to `end`, or as far as it goes.
pub(crate) fn read_range(disk: &dyn Disk, name: &str, offset: u64, end: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(name, false)?;
    let end = end.min(file.len()?);
    let bytes = usize::try_from(end.saturating_sub(offset)).map_err(io::Error::other)?;
    let mut buffer = vec![0; bytes];
    let read = file.read_at(&mut buffer, offset)?;
    buffer.truncate(read);
    Ok(buffer)
}

/// Makes a file with these contents, durably; one that is there already is replaced.
pub(crate) fn write_new(disk: &dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let file = disk.open(name, true)?;
    file.cut(0)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    disk.sync_names()
}

/// A folder of the operating system: mode 0700, its files 0600 (where the system knows modes).
pub(crate) struct RealDisk {
    path: PathBuf,
}

impl RealDisk {
    /// Makes the folder, and those above it, if they are missing.
    pub(crate) fn make(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
        builder.create(path)?;
        // A folder that was made is as durable as its name in the one above.
        for above in missing.into_iter().rev().filter_map(Path::parent) {
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            Self::at(above).sync_names()?;
        }
        Ok(Self::at(path))
    }

    /// A folder that is there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The permissions that others than its owner have, if there are any.
    #[cfg(unix)]
    pub(crate) fn open_to_others(&self) -> io::Result<Option<u32>> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&self.path)?.permissions().mode() & 0o777;
        Ok((mode & 0o077 != 0).then_some(mode))
    }

    /// Unknown here.
    #[cfg(not(unix))]
    pub(crate) fn open_to_others(&self) -> io::Result<Option<u32>> {
        Ok(None)
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = self.path.join(name);
        let file = match options.open(&path) {
            // Looking at a spool must work where nobody may write: whoever then writes gets the error.
            Err(error) if !create && is_read_only(&error) => File::open(&path)?,
            file => file?,
        };
        Ok(Arc::new(RealFile(Mutex::new(file))))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let names =
            fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        // Elsewhere a folder can't be opened, and a name is as durable as it gets.
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// The lock is for its position: reading and writing somewhere takes two calls.
struct RealFile(Mutex<File>);

impl RealFile {
    fn file(&self) -> MutexGuard<'_, File> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file().metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(offset))?;
        let mut total = 0;
        while let Some(rest) = buffer.get_mut(total..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(read) => total += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.file().sync_data()
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        self.file().set_len(bytes)
    }
}
