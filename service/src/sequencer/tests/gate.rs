//! A gate before the log's files: a test decides how long a commit takes, and sees who writes it.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use crate::storage::file::{DataFile, Folder, Space};
use crate::storage::memory::{Kind, MemoryFolder};

/// Holds up whoever writes to a segment, or syncs it.
#[derive(Clone, Default)]
pub struct Gate {
    state: Arc<Mutex<State>>,
    changed: Arc<Condvar>,
}

#[derive(Default)]
struct State {
    /// What is held up, if it is closed.
    closed: Option<Kind>,
    /// How many may pass all the same.
    passes: usize,
    held: bool,
    /// Names of the threads that synced a segment, in order.
    synced_by: Vec<String>,
}

impl Gate {
    /// From now on nobody passes who does this.
    pub fn close(&self, kind: Kind) {
        self.state.lock().unwrap().closed = Some(kind);
    }

    pub fn let_one_pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.passes += 1;
        state.held = false;
        self.changed.notify_all();
    }

    pub fn open(&self) {
        self.state.lock().unwrap().closed = None;
        self.changed.notify_all();
    }

    /// Whether somebody stands before it.
    pub fn holds_somebody_up(&self) -> bool {
        self.state.lock().unwrap().held
    }

    pub fn synced_by(&self) -> Vec<String> {
        self.state.lock().unwrap().synced_by.clone()
    }

    fn pass(&self, kind: Kind) {
        let mut state = self.state.lock().unwrap();
        if kind == Kind::Sync {
            state.synced_by.push(std::thread::current().name().unwrap_or_default().to_owned());
        }
        state.held = state.closed == Some(kind) && state.passes == 0;
        let waits = |state: &mut State| state.closed == Some(kind) && state.passes == 0;
        let mut state = self.changed.wait_while(state, waits).unwrap();
        state.passes = state.passes.saturating_sub(usize::from(state.closed == Some(kind)));
        state.held = false;
    }
}

/// A folder with a gate before its segments.
pub struct GatedFolder(pub MemoryFolder, pub Gate);

struct GatedFile(Arc<dyn DataFile>, Gate);

impl Folder for GatedFolder {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn DataFile>> {
        let file = self.0.open(path, create)?;
        Ok(match path.starts_with("log/entries/") {
            true => Arc::new(GatedFile(file, self.1.clone())),
            false => file,
        })
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        self.0.list(path)
    }

    fn folders(&self, path: &str) -> io::Result<Vec<String>> {
        self.0.folders(path)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.0.create_folder(path)
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        self.0.sync_folder(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.remove(path)
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.0.remove_folder(path)
    }

    fn space(&self) -> io::Result<Space> {
        self.0.space()
    }
}

impl DataFile for GatedFile {
    fn byte_len(&self) -> io::Result<u64> {
        self.0.byte_len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.1.pass(Kind::Write);
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.1.pass(Kind::Sync);
        self.0.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
}
