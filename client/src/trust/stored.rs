//! What is believed, on disk.

use einsicht_tlog::Checkpoint;
use einsicht_tlog::hash::{sha256, to_hex};
use einsicht_tlog::note::NOTE_BYTES_MAX;

use super::{Dispute, SignedHead, Trust, TrustError};
use crate::state_dir::StateDir;

impl Trust {
    /// Where state about this log is kept, and how the names of its files begin.
    pub(crate) fn state(&self) -> Option<(&StateDir, String)> {
        self.inner.dir.as_ref().map(|dir| (dir, self.file_stem()))
    }

    /// Stores a newest checkpoint, unless another process has stored a newer one.
    pub(super) fn store(&self, newest: &SignedHead) -> Result<(), TrustError> {
        let Some((dir, stem)) = self.state() else { return Ok(()) };
        // Another process may keep its state here too: what it knows must not be taken back.
        if let Some(stored) = self.read_stored()? {
            if stored.head.size == newest.head.size && stored.head != newest.head {
                return Err(self.fork(stored, newest.clone()));
            }
            if stored.head.size > newest.head.size {
                return Ok(());
            }
        }
        let name = format!("{stem}.checkpoint");
        dir.replace(&name, &newest.note).map_err(|error| TrustError::Io { path: dir.file(&name), error })
    }

    /// The stored checkpoint, its signature verified; `None` if there is none.
    pub(super) fn read_stored(&self) -> Result<Option<SignedHead>, TrustError> {
        let Some((dir, stem)) = self.state() else { return Ok(None) };
        let name = format!("{stem}.checkpoint");
        let path = dir.file(&name);
        let read = dir.read(&name, NOTE_BYTES_MAX as u64);
        let Some(note) = read.map_err(|error| TrustError::Io { path: path.clone(), error })? else {
            return Ok(None);
        };
        let checkpoint = Checkpoint::open(&note, self.origin(), self.keys())
            .map_err(|reason| TrustError::Stored { path, reason })?;
        Ok(Some(SignedHead { head: checkpoint.head, note }))
    }

    /// Writes both notes where they outlive every later checkpoint. That this may fail must not hide
    /// the dispute itself.
    pub(super) fn dispute(&self, known: SignedHead, offered: SignedHead) -> Box<Dispute> {
        let mut evidence = Vec::new();
        if let Some((dir, stem)) = self.state() {
            for SignedHead { head, note } in [&known, &offered] {
                let root = head.root.to_hex();
                let name = format!("{stem}.fork-{}-{}.checkpoint", head.size, root.get(..8).unwrap_or(&root));
                match dir.replace(&name, note) {
                    Ok(()) => evidence.push(dir.file(&name)),
                    Err(error) => tracing::error!(%error, name, "could not keep evidence of a dispute"),
                }
            }
        }
        Box::new(Dispute { known, offered, evidence })
    }

    fn file_stem(&self) -> String {
        let hash = sha256(self.origin().as_bytes());
        to_hex(hash.0.first_chunk::<8>().unwrap_or(&[0; 8]))
    }
}
