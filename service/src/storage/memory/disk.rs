//! What is on the disk of a [`super::MemoryFolder`], and what of it is safe.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::loss::{Dice, Left};
use super::{At, Choice, Done, Kind};
use crate::storage::file::Space;

/// Written as a whole or not at all, each for itself.
const SECTOR_BYTES: usize = 512;

#[derive(Clone, Default)]
pub(super) struct Disk {
    /// What processes see …
    names: BTreeMap<String, Node>,
    /// … what of it is safe, and what was done since, in order.
    safe_names: BTreeMap<String, Node>,
    unsynced_names: Vec<NameChange>,
    files: Vec<Contents>,
    pub trace: Vec<(Kind, String)>,
    pub faults: Vec<(At, Done)>,
    pub power_off_before: Option<usize>,
    /// Paths of files that can't be read.
    pub broken: BTreeSet<String>,
    /// What the disk says is left of it; plenty if nothing is set.
    pub space: Option<Space>,
    /// Whether nothing can grow.
    pub is_full: bool,
}

/// What becomes of an operation.
pub(super) enum Fate {
    Done,
    Failed(Done),
    PowerOff,
}

#[derive(Clone, Copy)]
pub(super) enum Node {
    Folder,
    File(usize),
}

/// A rename removes one name and adds another; both or neither.
#[derive(Clone)]
pub(super) struct NameChange {
    pub removed: Option<String>,
    pub added: Option<(String, Node)>,
}

#[derive(Clone, Default)]
struct Contents {
    seen: Vec<u8>,
    safe: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
pub(super) enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

impl Disk {
    pub fn after_kill(&self) -> Self {
        Self { trace: Vec::new(), faults: Vec::new(), power_off_before: None, ..self.clone() }
    }

    pub fn after_power_loss(&self, choice: Choice) -> Self {
        let changed = (0..).zip(&self.files).filter(|(_, file)| !file.unsynced.is_empty());
        let mut dice = Dice::new(choice, &changed.map(|(number, _)| number).collect::<Vec<_>>());
        let mut names = self.safe_names.clone();
        for change in &self.unsynced_names {
            if dice.keeps_name() {
                change.apply(&mut names);
            }
        }
        let all = names.clone();
        let is_folder = |path: &str| matches!(all.get(path), Some(Node::Folder));
        names.retain(|path, _| ancestors(path).all(is_folder));
        let files = self.files.iter().enumerate().map(|(number, file)| {
            let mut left = file.safe.clone();
            dice.next_file(number);
            for (nth, change) in file.unsynced.iter().enumerate() {
                let is_newest = nth + 1 == file.unsynced.len();
                change.leave(&dice.left(change.parts(), is_newest), &mut left);
            }
            Contents { safe: left.clone(), seen: left, unsynced: Vec::new() }
        });
        let files = files.collect();
        let (space, is_full, broken) = (self.space, self.is_full, self.broken.clone());
        Self { safe_names: names.clone(), names, files, space, is_full, broken, ..Self::default() }
    }

    /// Counts an operation.
    pub fn count(&mut self, kind: Kind, path: &str) -> Fate {
        let number = self.trace.len();
        let nth = self.trace.iter().filter(|(k, p)| (*k, p.as_str()) == (kind, path)).count();
        self.trace.push((kind, path.to_owned()));
        if self.power_off_before.is_some_and(|off| off <= number) {
            return Fate::PowerOff;
        }
        let fault = self.faults.iter().position(|(at, _)| match at {
            At::Operation(n) => *n == number,
            At::Nth(k, p, n) => (*k, p.as_str(), *n) == (kind, path, nth),
        });
        match fault {
            // It strikes once.
            Some(fault) => Fate::Failed(self.faults.swap_remove(fault).1),
            None => Fate::Done,
        }
    }

    pub fn paths(&self) -> Vec<String> {
        let files = self.names.iter().filter(|(_, node)| matches!(node, Node::File(_)));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// Names of the folders in a folder.
    pub fn folders_in(&self, folder: &str) -> Vec<String> {
        let folders = self.names.iter().filter(|(_, node)| matches!(node, Node::Folder));
        let here = folders.map(|(path, _)| path).filter(|path| parent(path) == folder);
        here.map(|path| path.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    pub fn file(&self, path: &str) -> io::Result<usize> {
        match self.names.get(path) {
            Some(Node::File(id)) => Ok(*id),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || matches!(self.names.get(path), Some(Node::Folder))
    }

    pub fn is_empty(&self, folder: &str) -> bool {
        self.names.keys().all(|path| parent(path) != folder)
    }

    /// A file that has no name yet.
    pub fn new_file(&mut self) -> usize {
        self.files.push(Contents::default());
        self.files.len() - 1
    }

    pub fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    pub fn sync_names(&mut self, folder: &str, done: Done) {
        let all = std::mem::take(&mut self.unsynced_names);
        let (mut here, elsewhere): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|change| change.is_in(folder));
        here.drain(..done.of(here.len())).for_each(|change| change.apply(&mut self.safe_names));
        // Where names could not be saved, a journal keeps trying.
        self.unsynced_names = [here, elsewhere].concat();
    }

    pub fn contents(&self, id: usize) -> &[u8] {
        &self.files[id].seen
    }

    pub fn set_contents(&mut self, id: usize, bytes: Vec<u8>) {
        self.files[id] = Contents { safe: bytes.clone(), seen: bytes, unsynced: Vec::new() };
    }

    pub fn change(&mut self, id: usize, change: &Change, done: Done) {
        let file = &mut self.files[id];
        if let Some(change) = change.first(done.of(change.parts())) {
            change.apply(change.parts(), &mut file.seen);
            file.unsynced.push(change);
        }
    }

    pub fn sync(&mut self, id: usize, done: Done) {
        let Contents { safe, unsynced, .. } = &mut self.files[id];
        let mut left = done.of(unsynced.iter().map(Change::parts).sum());
        for change in std::mem::take(unsynced) {
            let parts = left.min(change.parts());
            change.apply(parts, safe);
            left -= parts;
        }
    }
}

impl NameChange {
    pub fn added(path: &str, node: Node) -> Self {
        Self { removed: None, added: Some((path.to_owned(), node)) }
    }

    fn apply(&self, names: &mut BTreeMap<String, Node>) {
        if let Some(path) = &self.removed {
            names.remove(path);
        }
        names.extend(self.added.clone());
    }

    fn is_in(&self, folder: &str) -> bool {
        let added = self.added.as_ref().map(|(path, _)| path);
        added.or(self.removed.as_ref()).is_some_and(|path| parent(path) == folder)
    }
}

impl Change {
    /// How long the file is at least behind it.
    pub fn end(&self) -> usize {
        match self {
            Self::Write { offset, bytes } => offset + bytes.len(),
            Self::SetLen(bytes) => *bytes,
        }
    }

    /// Into how many parts it can be torn: a write into its bytes.
    fn parts(&self) -> usize {
        match self {
            Self::Write { bytes, .. } => bytes.len(),
            Self::SetLen(_) => 1,
        }
    }

    fn first(&self, parts: usize) -> Option<Self> {
        match self {
            _ if parts == 0 => None,
            Self::Write { offset, bytes } => {
                Some(Self::Write { offset: *offset, bytes: bytes[..parts].to_vec() })
            }
            Self::SetLen(bytes) => Some(Self::SetLen(*bytes)),
        }
    }

    fn apply(&self, parts: usize, to: &mut Vec<u8>) {
        match self {
            _ if parts == 0 => {}
            Self::SetLen(bytes) => to.resize(*bytes, 0),
            Self::Write { offset, bytes } => {
                grow(to, offset + parts);
                to[*offset..offset + parts].copy_from_slice(&bytes[..parts]);
            }
        }
    }

    /// Applies what a loss of power leaves of it.
    fn leave(&self, left: &Left, to: &mut Vec<u8>) {
        match (left, self) {
            (Left::First(parts), _) => self.apply(*parts, to),
            (Left::Length | Left::Sectors { .. }, Self::SetLen(_)) => self.apply(1, to),
            (Left::Length, Self::Write { offset, bytes }) => grow(to, offset + bytes.len()),
            (Left::Sectors { kept, with_length }, Self::Write { offset, bytes }) => {
                let end = offset + bytes.len();
                for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
                    if kept.contains(sector) {
                        let here =
                            (sector * SECTOR_BYTES).max(*offset)..((sector + 1) * SECTOR_BYTES).min(end);
                        grow(to, here.end);
                        to[here.clone()].copy_from_slice(&bytes[here.start - offset..here.end - offset]);
                    }
                }
                if *with_length {
                    grow(to, end);
                }
            }
        }
    }
}

impl Done {
    fn of(self, parts: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Half => parts / 2,
            Self::All => parts,
        }
    }
}

/// What a file is longer by reads as zeros until it is written.
fn grow(contents: &mut Vec<u8>, bytes: usize) {
    contents.resize(contents.len().max(bytes), 0);
}

/// The folders that a path lies in, from the top, without the root.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(slash, _)| &path[..slash])
}

pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
