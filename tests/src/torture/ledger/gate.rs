//! A folder at whose gate every operation waits until it is let through: threads take turns as a seed
//! wants it, not as the machine does.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::Wake;
use std::time::Duration;

use einsicht_service::storage::file::{DataFile, Folder, Space};
use einsicht_service::storage::memory::{Kind, MemoryFolder};

/// How often what does not happen at the gate is looked for.
const LOOK_INTERVAL: Duration = Duration::from_micros(50);
/// Nothing here takes long: whoever waits for longer waits for ever.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(60);

/// Who wants to do something to the disk: the two never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Whoever writes the log: at opening, and then the one writer.
    Log,
    /// The follower, behind the log.
    Behind,
}

/// What one thread wants to do.
pub type Operation = (Kind, String);

/// Where operations wait.
#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

/// Who is at the gate.
#[derive(Debug, Default)]
pub struct State {
    /// Everybody may pass.
    open: bool,
    waiting: [Vec<Operation>; 2],
    /// Whether it is the thread `writer` that waits in the lane of the log.
    writer_is_there: bool,
    permits: [usize; 2],
    /// Operations that were let through and are not done yet.
    inside: usize,
    /// Whether the operation that was let through last has failed.
    failed: bool,
    /// Threads that have ended.
    ended: usize,
    /// Grows with everything that happens.
    moment: u64,
}

impl State {
    /// What a lane wants to do next, if it is at the gate.
    #[must_use]
    pub fn next(&self, lane: Lane) -> Option<&Operation> {
        self.waiting[lane as usize].first()
    }

    /// Whether the one in the lane of the log is the thread `writer`.
    #[must_use]
    pub fn writer_is_there(&self) -> bool {
        self.writer_is_there
    }

    /// Whether no operation is under way.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.inside == 0
    }

    /// How many threads have ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// Grows with everything that happens.
    #[must_use]
    pub fn moment(&self) -> u64 {
        self.moment
    }
}

impl Gate {
    /// Runs `thread`; its end is noted at the gate.
    pub fn spawn<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        thread: impl FnOnce() -> T + Send + 'static,
    ) -> std::thread::JoinHandle<T> {
        let ends = Ends(Arc::clone(self));
        let run = move || {
            let ends = ends;
            let result = thread();
            drop(ends);
            result
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(run).unwrap()
    }

    /// Lets one operation through, and waits until it is done; whether it went well.
    pub fn pass(&self, lane: Lane) -> bool {
        self.change(|state| state.permits[lane as usize] += 1);
        !self.wait(|state| state.permits[lane as usize] == 0 && state.inside == 0).failed
    }

    /// Lets everybody through from now on.
    pub fn open(&self) {
        self.change(|state| state.open = true);
    }

    /// Who is there now.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits until something is so.
    pub fn wait(&self, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let (state, waited) =
            self.changed.wait_timeout_while(self.lock(), STUCK_AFTER, |state| !until(state)).unwrap();
        assert!(!waited.timed_out(), "nothing happens any more; at the gate: {:?}", state.waiting);
        state
    }

    /// Waits until something happens here, or may have happened elsewhere.
    pub fn wait_a_moment(&self, moment: u64) {
        let goes_on = |state: &mut State| state.moment == moment;
        drop(self.changed.wait_timeout_while(self.lock(), LOOK_INTERVAL, goes_on).unwrap());
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.moment += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// An operation, done once its turn has come.
    fn turn<T>(&self, kind: Kind, path: &str, operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if UNGATED.get() {
            return operation();
        }
        let thread = std::thread::current();
        let lane = match thread.name() {
            Some("follower") => Lane::Behind,
            _ => Lane::Log,
        } as usize;
        self.change(|state| {
            if lane == Lane::Log as usize {
                state.writer_is_there = thread.name() == Some("writer");
            }
            state.waiting[lane].push((kind, path.to_owned()));
            // Only one thread writes the log, and only one what lies behind it.
            assert!(state.open || state.waiting[lane].len() == 1, "two at a time: {:?}", state.waiting);
        });
        let has_turn = |state: &mut State| !state.open && state.permits[lane] == 0;
        let mut state = self.changed.wait_while(self.lock(), has_turn).unwrap();
        state.permits[lane] = state.permits[lane].saturating_sub(1);
        state.waiting[lane].remove(0);
        state.inside += 1;
        drop(state);
        let done = operation();
        self.change(|state| {
            state.inside -= 1;
            state.failed = done.is_err();
        });
        done
    }
}

thread_local! {
    static UNGATED: Cell<bool> = const { Cell::new(false) };
}

/// Does something without waiting at any gate: between two turns of the others.
pub fn ungated<T>(what: impl FnOnce() -> T) -> T {
    UNGATED.set(true);
    let done = what();
    UNGATED.set(false);
    done
}

/// An answer has come.
impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        self.change(|_| {});
    }
}

/// Notes the end of a thread, in order or not.
struct Ends(Arc<Gate>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.change(|state| state.ended += 1);
    }
}

/// A folder behind a gate. Reading does not wait.
pub struct GatedFolder {
    /// The folder.
    pub folder: MemoryFolder,
    /// Its gate.
    pub gate: Arc<Gate>,
}

impl Folder for GatedFolder {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn DataFile>> {
        let open = || self.folder.open(path, create);
        let is_new = create && !self.folder.paths().iter().any(|found| found == path);
        let file = if is_new { self.gate.turn(Kind::Create, path, open)? } else { open()? };
        Ok(Arc::new(GatedFile { file, path: path.to_owned(), gate: Arc::clone(&self.gate) }))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        self.folder.list(path)
    }

    fn folders(&self, path: &str) -> io::Result<Vec<String>> {
        self.folder.folders(path)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.gate.turn(Kind::CreateFolder, path, || self.folder.create_folder(path))
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        self.gate.turn(Kind::SyncFolder, path, || self.folder.sync_folder(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.gate.turn(Kind::Rename, to, || self.folder.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.gate.turn(Kind::Remove, path, || self.folder.remove(path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.gate.turn(Kind::Remove, path, || self.folder.remove_folder(path))
    }

    fn space(&self) -> io::Result<Space> {
        self.folder.space()
    }
}

struct GatedFile {
    file: Arc<dyn DataFile>,
    path: String,
    gate: Arc<Gate>,
}

impl DataFile for GatedFile {
    fn byte_len(&self) -> io::Result<u64> {
        self.file.byte_len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.gate.turn(Kind::Write, &self.path, || self.file.write_all_at(bytes, offset))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.gate.turn(Kind::Sync, &self.path, || self.file.sync_data())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.gate.turn(Kind::SetLen, &self.path, || self.file.set_len(bytes))
    }
}
