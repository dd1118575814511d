//! Files in memory, for tests: they fail where they are told to, and a loss of power takes from them
//! whatever was not synced.
//!
//! Assumed of a disk: what a sync reported as done stays; of everything else any part may be there, in any
//! order. After a failed sync of a file the system believes that it has nothing left to write: a second one
//! would report success, and save nothing.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk::{Disk, DiskFile};

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

/// How much of an operation that reports failure is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Nothing,
    /// Half of a write, or of what a sync should have saved.
    Half,
    /// Everything: it lies.
    All,
}

/// What a loss of power leaves of what was not synced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Left {
    Nothing,
    Everything,
    /// Any part of it, drawn from this seed.
    Some(u64),
}

#[derive(Clone, Default)]
struct Inner {
    /// What processes see …
    names: BTreeMap<String, usize>,
    /// … what of it is safe, and what was done since, in order.
    safe_names: BTreeMap<String, usize>,
    unsynced_names: Vec<(String, Option<usize>)>,
    files: Vec<Contents>,
    operations: usize,
    fault: Option<(usize, Done)>,
    power_off_before: Option<usize>,
}

#[derive(Clone, Default)]
struct Contents {
    seen: Vec<u8>,
    safe: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => {
                to.resize(to.len().max(offset + bytes.len()), 0);
                to[*offset..offset + bytes.len()].copy_from_slice(bytes);
            }
            Self::Cut(bytes) => to.resize(*bytes, 0),
        }
    }

    fn half(&self) -> Option<Self> {
        match self {
            Self::Write(offset, bytes) => Some(Self::Write(*offset, bytes[..bytes.len() / 2].to_vec())),
            Self::Cut(_) => None,
        }
    }
}

impl MemoryDisk {
    /// Has the operation with this number, from 0, fail. Reading is not counted.
    pub(crate) fn fail(&self, operation: usize, done: Done) {
        self.inner().fault = Some((operation, done));
    }

    /// Has the power go before the operation with this number: it and all that follow fail.
    pub(crate) fn power_off_before(&self, operation: usize) {
        self.inner().power_off_before = Some(operation);
    }

    /// How many operations there were.
    pub(crate) fn operations(&self) -> usize {
        self.inner().operations
    }

    /// How the next process finds the folder when this one was killed.
    pub(crate) fn after_kill(&self) -> Self {
        let inner = Inner { operations: 0, fault: None, power_off_before: None, ..self.inner().clone() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// How the folder is found after a loss of power.
    pub(crate) fn after_power_loss(&self, left: Left) -> Self {
        let before = self.inner().clone();
        let mut seed = if let Left::Some(seed) = left { seed | 1 } else { 0 };
        let mut is_left = move || match left {
            Left::Nothing => false,
            Left::Everything => true,
            Left::Some(_) => {
                // xorshift: any will do, as long as it can be repeated.
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                seed & 64 != 0
            }
        };
        let mut names = before.safe_names;
        for (name, file) in before.unsynced_names {
            if is_left() {
                set(&mut names, name, file);
            }
        }
        let files = before.files.into_iter().map(|file| {
            let mut seen = file.safe;
            for change in file.unsynced {
                match (is_left(), is_left()) {
                    (true, true) => change.apply(&mut seen),
                    (true, false) if matches!(left, Left::Some(_)) => {
                        change.half().iter().for_each(|change| change.apply(&mut seen));
                    }
                    _ => {}
                }
            }
            Contents { safe: seen.clone(), seen, unsynced: Vec::new() }
        });
        let files = files.collect();
        let inner = Inner { safe_names: names.clone(), names, files, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The names of files that begin so.
    pub(crate) fn files(&self, beginning: &str) -> Vec<String> {
        self.inner().names.keys().filter(|name| name.starts_with(beginning)).cloned().collect()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let inner = self.inner();
        inner.files[inner.names[name]].seen.clone()
    }

    /// Changes a file behind everybody's back, for good: damage at rest.
    pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.inner();
        let id = inner.names[name];
        let mut seen = inner.files[id].seen.clone();
        edit(&mut seen);
        inner.files[id] = Contents { safe: seen.clone(), seen, unsynced: Vec::new() };
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn operate(&self, operation: impl FnOnce(&mut Inner, Done)) -> io::Result<()> {
        let mut inner = self.inner();
        let number = inner.operations;
        inner.operations += 1;
        let failed = Err(io::Error::new(io::ErrorKind::StorageFull, "made to fail"));
        if inner.power_off_before.is_some_and(|off| off <= number) {
            return failed;
        }
        match inner.fault {
            Some((at, done)) if at == number => {
                operation(&mut inner, done);
                failed
            }
            _ => {
                operation(&mut inner, Done::All);
                Ok(())
            }
        }
    }

    fn set_name(&self, name: &str, file: Option<usize>) -> io::Result<()> {
        self.operate(|inner, done| {
            if done == Done::All {
                set(&mut inner.names, name.to_owned(), file);
                inner.unsynced_names.push((name.to_owned(), file));
            }
        })
    }
}

fn set(names: &mut BTreeMap<String, usize>, name: String, file: Option<usize>) {
    match file {
        Some(file) => drop(names.insert(name, file)),
        None => drop(names.remove(&name)),
    }
}

impl Disk for MemoryDisk {
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let known = self.inner().names.get(name).copied();
        let id = match known {
            Some(id) => id,
            None if !create => return Err(io::ErrorKind::NotFound.into()),
            None => {
                let id = {
                    let mut inner = self.inner();
                    inner.files.push(Contents::default());
                    inner.files.len() - 1
                };
                self.set_name(name, Some(id))?;
                id
            }
        };
        Ok(Arc::new(MemoryFile { disk: self.clone(), id }))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.files(""))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.set_name(name, None)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.operate(|inner, done| {
            let all = std::mem::take(&mut inner.unsynced_names);
            let saved = match done {
                Done::Nothing => 0,
                Done::Half => all.len() / 2,
                Done::All => all.len(),
            };
            // Where names could not be saved, a journal keeps trying.
            inner.unsynced_names = all[saved..].to_vec();
            all[..saved].iter().for_each(|(name, file)| set(&mut inner.safe_names, name.clone(), *file));
        })
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    id: usize,
}

impl MemoryFile {
    fn change(&self, change: Change) -> io::Result<()> {
        self.disk.operate(|inner, done| {
            let done = match done {
                Done::Nothing => None,
                Done::Half => change.half(),
                Done::All => Some(change),
            };
            if let Some(change) = done {
                change.apply(&mut inner.files[self.id].seen);
                inner.files[self.id].unsynced.push(change);
            }
        })
    }
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.inner().files[self.id].seen.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.disk.inner();
        let rest = inner.files[self.id].seen.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Change::Write(offset as usize, bytes.to_vec()))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.operate(|inner, done| {
            let file = &mut inner.files[self.id];
            let all = std::mem::take(&mut file.unsynced);
            let saved = match done {
                Done::Nothing => 0,
                Done::Half => all.len().div_ceil(2),
                Done::All => all.len(),
            };
            all[..saved].iter().for_each(|change| change.apply(&mut file.safe));
        })
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        self.change(Change::Cut(bytes as usize))
    }
}
