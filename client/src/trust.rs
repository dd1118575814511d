//! What a reader of one log believes: verifier keys, and the checkpoints verified so far.
//!
//! A log that shows different histories to different people, or at different times, is caught by
//! remembering what it signed. So a checkpoint is accepted only if it is signed, and if it is proven
//! to extend, or to be extended by, the newest one verified before. The first checkpoint ever seen is
//! taken on its signature alone.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use einsicht_tlog::proof::{ProofError, verify_consistency};
use einsicht_tlog::{Checkpoint, Hash, TreeHead, VerifierKey};

use crate::state_dir::StateDir;

mod behind;
mod error;
mod stored;

pub(crate) use behind::StoredBehind;
pub use error::{Dispute, TrustError};

/// How many verified checkpoints are remembered besides the newest: answers that come at the same
/// time are mostly covered by few checkpoints, each of which then needs one proof only.
const REMEMBERED_MAX: usize = 128;

/// What the reader of one log believes. Clones share it.
#[derive(Clone)]
pub struct Trust {
    inner: Arc<Inner>,
    /// Whether what is believed through this handle is stored later, by [`StoredBehind`], instead of before.
    stores_behind: bool,
}

struct Inner {
    origin: String,
    keys: Vec<VerifierKey>,
    dir: Option<StateDir>,
    verified: Mutex<Verified>,
}

/// Every remembered checkpoint is a prefix of the newest one.
#[derive(Default)]
struct Verified {
    newest: Option<SignedHead>,
    others: VecDeque<SignedHead>,
}

/// A tree head with the note that its log signed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// Size and root.
    pub head: TreeHead,
    /// The signed note, verbatim.
    pub note: Vec<u8>,
}

/// A checkpoint whose signature and origin were verified, and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    checkpoint: Checkpoint,
    note: Bytes,
}

impl Opened {
    /// What it states.
    pub(crate) fn head(&self) -> TreeHead {
        self.checkpoint.head
    }

    /// The signed note, verbatim.
    pub(crate) fn note(&self) -> &Bytes {
        &self.note
    }
}

/// What became of a checkpoint that was offered.
#[derive(Debug)]
pub enum Offer {
    /// It is believed now, and kept if it is the newest.
    Accepted(Checkpoint),
    /// It is signed; complete it with [`Trust::link`].
    NeedsProof(NeededProof),
}

/// The consistency proof that a checkpoint still needs: from `old` to `new`. One of them is the
/// checkpoint offered, the other the newest one verified when it was offered.
#[derive(Debug, Clone)]
pub struct NeededProof {
    /// The smaller tree.
    pub old: TreeHead,
    /// The larger tree.
    pub new: TreeHead,
    between: Box<Between>,
}

#[derive(Debug, Clone)]
struct Between {
    known: SignedHead,
    offered: SignedHead,
    checkpoint: Checkpoint,
}

impl NeededProof {
    /// The newest checkpoint that was verified when this one was offered.
    pub(crate) fn known(&self) -> &SignedHead {
        &self.between.known
    }

    /// The checkpoint that was offered.
    pub(crate) fn offered(&self) -> &SignedHead {
        &self.between.offered
    }
}

impl Trust {
    /// Trusts `key` for the log that it is named after; forgets everything when dropped.
    #[must_use]
    pub fn in_memory(key: VerifierKey) -> Self {
        Self::new(key, None, Verified::default())
    }

    /// Trusts `key` for the log that it is named after, and keeps the newest verified checkpoint in
    /// `<dir>/<first 16 hexadecimal digits of H(origin)>.checkpoint`. Creates the folder if needed.
    ///
    /// A checkpoint is stored, durably, before it is believed. A [`Recorder`](crate::Recorder) stores its own
    /// behind its answers instead, a tenth of a second later at most: what is stored is a lower bound, and a
    /// crash can only leave it a little lower. A ledger that is cut back to a state of that last tenth, while
    /// its recorder crashes, would not be noticed by this recorder after its start.
    ///
    /// # Errors
    /// [`TrustError::Io`]; [`TrustError::Stored`] if what is stored was not signed by `key`.
    pub fn stored(key: VerifierKey, dir: &Path) -> Result<Self, TrustError> {
        let io_error = |path: PathBuf| |error| TrustError::Io { path, error };
        let state_dir = StateDir::open(dir).map_err(io_error(dir.to_owned()))?;
        let trust = Self::new(key, Some(state_dir), Verified::default());
        trust.verified().newest = trust.read_stored()?;
        Ok(trust)
    }

    fn new(key: VerifierKey, dir: Option<StateDir>, verified: Verified) -> Self {
        let inner =
            Inner { origin: key.name().to_owned(), keys: vec![key], dir, verified: Mutex::new(verified) };
        Self { inner: Arc::new(inner), stores_behind: false }
    }

    /// Name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// The keys that may sign its checkpoints.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.inner.keys
    }

    /// The newest verified head. It only ever grows.
    #[must_use]
    pub fn newest(&self) -> Option<TreeHead> {
        self.verified().newest.as_ref().map(|newest| newest.head)
    }

    /// The newest verified checkpoint with its signed note.
    #[must_use]
    pub fn newest_signed(&self) -> Option<SignedHead> {
        self.verified().newest.clone()
    }

    /// Offers a signed checkpoint: its signature and origin are verified. It is accepted at once if
    /// it is the first one ever, or equal to one that was verified lately. One of size 0 says nothing
    /// about any entry: it is accepted, and not kept.
    ///
    /// # Errors
    /// [`TrustError::Checkpoint`]; [`TrustError::Fork`] if another root was verified for its size;
    /// [`TrustError::Io`].
    pub fn offer(&self, checkpoint: &[u8]) -> Result<Offer, TrustError> {
        self.offer_opened(&self.open(&Bytes::copy_from_slice(checkpoint))?)
    }

    /// Verifies signature and origin of a checkpoint, and nothing else: what it states is signed, and may still
    /// contradict what was verified.
    ///
    /// # Errors
    /// [`TrustError::Checkpoint`].
    pub fn signed(&self, checkpoint: &[u8]) -> Result<SignedHead, TrustError> {
        let opened = self.open(&Bytes::copy_from_slice(checkpoint))?;
        Ok(SignedHead { head: opened.head(), note: checkpoint.to_vec() })
    }

    /// Verifies signature and origin of a checkpoint: the first half of [`Trust::offer`].
    ///
    /// # Errors
    /// [`TrustError::Checkpoint`].
    pub(crate) fn open(&self, note: &Bytes) -> Result<Opened, TrustError> {
        let checkpoint = Checkpoint::open(note, self.origin(), self.keys())?;
        Ok(Opened { checkpoint, note: note.clone() })
    }

    /// The second half of [`Trust::offer`].
    ///
    /// # Errors
    /// [`TrustError::Fork`]; [`TrustError::Io`].
    pub(crate) fn offer_opened(&self, opened: &Opened) -> Result<Offer, TrustError> {
        let offered = SignedHead { head: opened.head(), note: opened.note.to_vec() };
        let opened = opened.checkpoint.clone();
        let mut verified = self.verified();
        if offered.head.size.0 == 0 {
            return Ok(Offer::Accepted(opened));
        }
        if let Some(known) = verified.of_size(offered.head) {
            let same = known.head == offered.head;
            return if same { Ok(Offer::Accepted(opened)) } else { Err(self.fork(known.clone(), offered)) };
        }
        let Some(known) = verified.newest.clone() else {
            self.accept(&mut verified, offered)?;
            return Ok(Offer::Accepted(opened));
        };
        let (old, new) = if known.head.size < offered.head.size {
            (known.head, offered.head)
        } else {
            (offered.head, known.head)
        };
        let between = Box::new(Between { known, offered, checkpoint: opened });
        Ok(Offer::NeedsProof(NeededProof { old, new, between }))
    }

    /// Completes an offer with the consistency proof from `needed.old` to `needed.new`.
    ///
    /// # Errors
    /// [`TrustError::Fork`] if the proof shows that the trees are two histories;
    /// [`TrustError::Unproven`] if it shows nothing; [`TrustError::Overtaken`] if the newest
    /// checkpoint has grown since the offer: offer again; [`TrustError::Io`].
    pub fn link(&self, needed: &NeededProof, proof: &[Hash]) -> Result<Checkpoint, TrustError> {
        match verify_consistency(&needed.old, &needed.new, proof) {
            Ok(()) => self.complete(needed),
            Err(_) if shows_other_beginning(needed, proof) => Err(self.fork_of(needed)),
            Err(reason) => {
                let dispute = self.dispute(needed.between.known.clone(), needed.between.offered.clone());
                Err(TrustError::Unproven { dispute, reason })
            }
        }
    }

    /// Completes an offer after the tree `needed.new` was recomputed from its leaves, and found to
    /// have the root `beginning` at `needed.old.size`.
    ///
    /// # Errors
    /// [`TrustError::Fork`], [`TrustError::Overtaken`], [`TrustError::Io`].
    pub(crate) fn link_recomputed(
        &self,
        needed: &NeededProof,
        beginning: Hash,
    ) -> Result<Checkpoint, TrustError> {
        if beginning == needed.old.root { self.complete(needed) } else { Err(self.fork_of(needed)) }
    }

    fn complete(&self, needed: &NeededProof) -> Result<Checkpoint, TrustError> {
        let mut verified = self.verified();
        let extends_known = needed.between.known.head == needed.old;
        let newest = verified.newest.as_ref().map(|newest| newest.head);
        match newest {
            // Two answers that both extend an older checkpoint need not extend each other.
            Some(newest) if extends_known && newest != needed.between.known.head => {
                let already = verified.of_size(needed.between.offered.head).map(|known| known.head);
                if already != Some(needed.between.offered.head) {
                    return Err(TrustError::Overtaken { newest });
                }
            }
            _ => self.accept(&mut verified, needed.between.offered.clone())?,
        }
        Ok(needed.between.checkpoint.clone())
    }

    /// Remembers a head that was proven, and stores it if it is the newest (unless that is done behind).
    fn accept(&self, verified: &mut Verified, proven: SignedHead) -> Result<(), TrustError> {
        let grows = verified.newest.as_ref().is_none_or(|newest| newest.head.size < proven.head.size);
        if !grows {
            verified.remember(proven);
            return Ok(());
        }
        if !self.stores_behind {
            self.store(&proven)?;
        }
        if let Some(before) = verified.newest.replace(proven) {
            verified.remember(before);
        }
        Ok(())
    }

    fn fork_of(&self, needed: &NeededProof) -> TrustError {
        self.fork(needed.between.known.clone(), needed.between.offered.clone())
    }

    fn fork(&self, known: SignedHead, offered: SignedHead) -> TrustError {
        TrustError::Fork { dispute: self.dispute(known, offered) }
    }

    fn verified(&self) -> MutexGuard<'_, Verified> {
        // Nothing panics between two changes that belong together.
        self.inner.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Verified {
    fn of_size(&self, head: TreeHead) -> Option<&SignedHead> {
        self.newest.iter().chain(&self.others).find(|known| known.head.size == head.size)
    }

    fn remember(&mut self, proven: SignedHead) {
        if self.of_size(proven.head).is_none() {
            self.others.push_back(proven);
        }
        if self.others.len() > REMEMBERED_MAX {
            self.others.pop_front();
        }
    }
}

impl fmt::Debug for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHead").field("head", &self.head).finish_non_exhaustive()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("origin", &self.origin()).field("newest", &self.newest()).finish()
    }
}

/// Whether the proof leads to the root of the larger tree from another root of the smaller one: then
/// the larger tree itself says that it does not begin with the smaller one.
fn shows_other_beginning(needed: &NeededProof, proof: &[Hash]) -> bool {
    match verify_consistency(&needed.old, &needed.new, proof) {
        Err(ProofError::RootMismatch { size, actual, .. }) if size == needed.old.size => {
            let beginning = TreeHead { size, root: actual };
            verify_consistency(&beginning, &needed.new, proof).is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
