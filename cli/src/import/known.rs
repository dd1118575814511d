//! What this machine knows to be recorded of an import: a note in the state folder per import.
//!
//! With it, a file that has grown costs what is new in it, and a file that is imported again after the
//! ledger forgot its session (30 days) still adds nothing. Without it, everything is sent again, and the
//! ledger says what it has. A note never hides what is not recorded: it counts the records from the
//! first one up to the first that was rejected, and their ids must be those of the file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use einsicht_tlog::hash::{sha256, to_hex};
use serde::{Deserialize, Serialize};

use super::identity::Identity;

/// The first records of an import, by how many they are and by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// How many records are recorded, counted from the first.
    pub records: u64,
    /// See [`Chain`], in hexadecimal digits.
    ids: String,
}

/// A hash over the ids of the first records: `H(hash before ‖ id)`, beginning with zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    records: u64,
    hash: [u8; 32],
}

/// Where the note of an import is kept.
#[derive(Debug)]
pub struct KnownFile {
    path: PathBuf,
}

impl Chain {
    /// Over no records.
    pub fn new() -> Self {
        Self { records: 0, hash: [0; 32] }
    }

    /// Adds the next record.
    pub fn push(&mut self, id: &[u8; 16]) {
        self.records += 1;
        self.hash = sha256(&[&self.hash[..], id].concat()).0;
    }

    /// Over how many records it is.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// What is known once these records are recorded.
    pub fn known(&self) -> Known {
        Known { records: self.records, ids: to_hex(&self.hash) }
    }
}

impl KnownFile {
    /// The note of an import into the ledger `origin`.
    pub fn new(state_dir: &Path, origin: &str, import: &Identity) -> Self {
        let hash = sha256(&[origin.as_bytes(), import.bytes()].concat());
        let name = to_hex(hash.0.first_chunk::<16>().unwrap_or(&[0; 16]));
        Self { path: state_dir.join("imports").join(format!("{name}.json")) }
    }

    /// What it says; `None` if there is none, or none that can be read: then everything is sent again.
    pub fn read(&self) -> Option<Known> {
        serde_json::from_slice(&std::fs::read(&self.path).ok()?).ok()
    }

    /// Replaces what it says.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, known: &Known) -> anyhow::Result<()> {
        let write = || -> anyhow::Result<()> {
            let temporary = self.path.with_extension("tmp");
            std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new("")))?;
            let mut file = std::fs::File::create(&temporary)?;
            file.write_all(&serde_json::to_vec(known)?)?;
            file.sync_all()?;
            Ok(std::fs::rename(&temporary, &self.path)?)
        };
        write().with_context(|| format!("{} can't be written", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let import = Identity::new("x", "", 0);
        let file = KnownFile::new(dir.path(), "log.example", &import);
        assert_eq!(file.read(), None);
        let mut chain = Chain::new();
        chain.push(&[1; 16]);
        file.write(&chain.known()).unwrap();
        chain.push(&[2; 16]);
        assert_ne!(file.read(), Some(chain.known()));
        file.write(&chain.known()).unwrap();
        assert_eq!(file.read(), Some(chain.known()));
        assert_eq!(KnownFile::new(dir.path(), "log.example", &import).read().unwrap().records, 2);
    }

    #[test]
    fn a_note_is_of_one_ledger_and_one_import() {
        let dir = tempfile::tempdir().unwrap();
        let import = Identity::new("x", "", 0);
        KnownFile::new(dir.path(), "log.example", &import).write(&Chain::new().known()).unwrap();
        assert_eq!(KnownFile::new(dir.path(), "other.example", &import).read(), None);
        assert_eq!(KnownFile::new(dir.path(), "log.example", &Identity::new("x", "", 1)).read(), None);
    }

    #[test]
    fn a_damaged_note_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = KnownFile::new(dir.path(), "log.example", &Identity::new("x", "", 0));
        file.write(&Chain::new().known()).unwrap();
        std::fs::write(&file.path, b"{\"records\":").unwrap();
        assert_eq!(file.read(), None);
    }

    #[test]
    fn other_ids_or_another_order_make_another_chain() {
        let chain = |ids: &[u8]| {
            let mut chain = Chain::new();
            ids.iter().for_each(|id| chain.push(&[*id; 16]));
            chain.known()
        };
        assert_eq!(chain(&[1, 2]), chain(&[1, 2]));
        assert_ne!(chain(&[1, 2]), chain(&[2, 1]));
        assert_ne!(chain(&[1]), chain(&[1, 1]));
    }
}
