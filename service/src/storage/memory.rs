//! Files in memory, for tests: they fail where they are told to, and a loss of power takes from them
//! whatever was not synced.
//!
//! Assumed of a disk and its file system:
//!
//! - What `sync_data` and `sync_folder` reported as done stays, each for its own file or folder only.
//! - Of everything else any part may be there, in any order: a write, some bytes of its start, some of
//!   its sectors (512 bytes); the length that a file would have, with zeros in it; a name without its
//!   contents. What was overwritten may be what it was before. A rename happens or does not.
//! - After a failed sync of a file the system believes that it has nothing left to write: a second one
//!   would report success, and save nothing.
//!
//! Not here: a disk that reports a sync as done and lies, and bytes that change at rest.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

mod disk;
mod fault;
mod loss;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use self::disk::{Change, Disk, Fate, NameChange, Node, ancestors, parent};
use super::file::{DataFile, Folder, Space};

pub use self::fault::{At, Choice, Done, Kind};

/// A folder with its files, in memory. Clones are the same folder.
#[derive(Clone, Default)]
pub struct MemoryFolder {
    disk: Arc<Mutex<Disk>>,
}

impl MemoryFolder {
    /// Has an operation fail, from now on.
    pub fn fail(&self, at: At, done: Done) {
        self.lock().faults.push((at, done));
    }

    /// How many of the faults have not struck yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.lock().faults.len()
    }

    /// Has the power go before the operation with this number, from 0: it and all that follow fail,
    /// and nothing of them is done.
    pub fn power_off_before(&self, operation: usize) {
        self.lock().power_off_before = Some(operation);
    }

    /// Has the disk say that so much is left of it. Writing takes nothing of that.
    pub fn set_space(&self, space: Space) {
        self.lock().space = Some(space);
    }

    /// Has the disk be full: what would make a file longer, or make one, fails; half of the bytes that
    /// were to be added are.
    pub fn fill(&self) {
        self.lock().is_full = true;
        self.set_space(Space { free_bytes: 0, free_files: Some(0) });
    }

    /// Makes room again.
    pub fn free(&self) {
        let mut disk = self.lock();
        (disk.is_full, disk.space) = (false, None);
    }

    /// Has reading a file fail, and measuring it, as a disk with a bad sector does, until [`Self::mend`].
    pub fn break_file(&self, path: &str) {
        self.lock().broken.insert(path.to_owned());
    }

    /// Lets it be read again.
    pub fn mend(&self, path: &str) {
        self.lock().broken.remove(path);
    }

    /// Has the power go now.
    pub fn power_off(&self) {
        let mut disk = self.lock();
        disk.power_off_before = Some(disk.trace.len());
    }

    /// How many operations there were so far, also those that failed.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.lock().trace.len()
    }

    /// Every operation so far, also those that failed.
    #[must_use]
    pub fn trace(&self) -> Vec<(Kind, String)> {
        self.lock().trace.clone()
    }

    /// How the next process finds the folder when this one was killed: nothing is lost yet.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        self.lock().after_kill().into()
    }

    /// How the folder is found after a loss of power.
    #[must_use]
    pub fn power_loss(&self, choice: Choice) -> Self {
        self.lock().after_power_loss(choice).into()
    }

    /// The paths of all files, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.lock().paths()
    }

    /// What is in a file.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let disk = self.lock();
        let id = disk.file(path).unwrap();
        disk.contents(id).to_vec()
    }

    /// Changes a file behind everybody's back, for good: damage at rest.
    pub fn edit(&self, path: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut disk = self.lock();
        let id = disk.file(path).unwrap();
        let mut contents = disk.contents(id).to_vec();
        edit(&mut contents);
        disk.set_contents(id, contents);
    }

    /// Flips one bit, counted from the first bit of the file on.
    pub fn flip(&self, path: &str, bit: usize) {
        self.edit(path, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
    }

    /// Cuts a file off.
    pub fn cut(&self, path: &str, bytes: usize) {
        self.edit(path, |contents| contents.truncate(bytes));
    }

    /// Puts bytes behind a file.
    pub fn append(&self, path: &str, bytes: &[u8]) {
        self.edit(path, |contents| contents.extend_from_slice(bytes));
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap()
    }

    /// Counts an operation, and does as much of it as is to be done.
    fn operate(
        &self,
        kind: Kind,
        path: &str,
        takes_room: bool,
        operation: impl FnOnce(&mut Disk, Done),
    ) -> io::Result<()> {
        // EIO, as a disk that is broken gives it.
        let failed = || Err(io::Error::from_raw_os_error(5));
        let mut disk = self.lock();
        match disk.count(kind, path) {
            Fate::Done if takes_room && disk.is_full => {
                operation(&mut disk, Done::Half);
                Err(io::ErrorKind::StorageFull.into())
            }
            Fate::Done => {
                operation(&mut disk, Done::All);
                Ok(())
            }
            Fate::Failed(done) => {
                operation(&mut disk, done);
                failed()
            }
            Fate::PowerOff => failed(),
        }
    }

    fn change_names(&self, kind: Kind, path: &str, change: NameChange) -> io::Result<()> {
        self.operate(kind, path, matches!(kind, Kind::Create | Kind::CreateFolder), |disk, done| {
            if done == Done::All {
                disk.change_names(change);
            }
        })
    }
}

impl From<Disk> for MemoryFolder {
    fn from(disk: Disk) -> Self {
        Self { disk: Arc::new(Mutex::new(disk)) }
    }
}

impl Folder for MemoryFolder {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn DataFile>> {
        let found = self.lock().file(path);
        let id = match found {
            Err(_) if create && self.lock().has_folder(parent(path)) => {
                let id = self.lock().new_file();
                self.change_names(Kind::Create, path, NameChange::added(path, Node::File(id)))?;
                id
            }
            found => found?,
        };
        Ok(Arc::new(MemoryFile { folder: self.clone(), path: path.to_owned(), id }))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let here = |found: &String| parent(found) == path;
        let name = |found: String| found.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(self.paths().into_iter().filter(here).map(name).collect())
    }

    fn folders(&self, path: &str) -> io::Result<Vec<String>> {
        Ok(self.lock().folders_in(path))
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        let missing: Vec<String> = {
            let disk = self.lock();
            let with_itself = ancestors(path).chain([path]);
            with_itself.filter(|folder| !disk.has_folder(folder)).map(str::to_owned).collect()
        };
        missing.into_iter().try_for_each(|folder| {
            self.change_names(Kind::CreateFolder, &folder, NameChange::added(&folder, Node::Folder))
        })
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        if !self.lock().has_folder(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.operate(Kind::SyncFolder, path, false, |disk, done| disk.sync_names(path, done))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let id = self.lock().file(from)?;
        let change = NameChange { removed: Some(from.to_owned()), ..NameChange::added(to, Node::File(id)) };
        self.change_names(Kind::Rename, to, change)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.lock().file(path)?;
        self.change_names(Kind::Remove, path, NameChange { removed: Some(path.to_owned()), added: None })
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        match self.lock() {
            disk if !disk.has_folder(path) => return Err(io::ErrorKind::NotFound.into()),
            disk if !disk.is_empty(path) => return Err(io::ErrorKind::DirectoryNotEmpty.into()),
            _ => {}
        }
        self.change_names(Kind::Remove, path, NameChange { removed: Some(path.to_owned()), added: None })
    }

    fn space(&self) -> io::Result<Space> {
        const PLENTY: Space = Space { free_bytes: u64::MAX, free_files: None };
        Ok(self.lock().space.unwrap_or(PLENTY))
    }
}

struct MemoryFile {
    folder: MemoryFolder,
    path: String,
    id: usize,
}

impl MemoryFile {
    fn check(&self) -> io::Result<()> {
        match self.folder.lock().broken.contains(&self.path) {
            true => Err(io::Error::from_raw_os_error(5)),
            false => Ok(()),
        }
    }

    fn change(&self, kind: Kind, change: Change) -> io::Result<()> {
        let takes_room = change.end() > self.folder.lock().contents(self.id).len();
        self.folder.operate(kind, &self.path, takes_room, |disk, done| disk.change(self.id, &change, done))
    }
}

impl DataFile for MemoryFile {
    fn byte_len(&self) -> io::Result<u64> {
        self.check()?;
        Ok(self.folder.lock().contents(self.id).len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check()?;
        let disk = self.folder.lock();
        let rest = disk.contents(self.id).get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let bytes = rest.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        Ok(bytes)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.change(Kind::Write, Change::Write { offset, bytes: bytes.to_vec() })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.folder.operate(Kind::Sync, &self.path, false, |disk, done| disk.sync(self.id, done))
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.change(Kind::SetLen, Change::SetLen(usize::try_from(bytes).unwrap()))
    }
}
