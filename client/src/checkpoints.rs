//! From a checkpoint that came with an answer to one that is believed: signature, origin, and the
//! proof that it belongs to the same history as everything verified before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use einsicht_tlog::{Hash, TreeHead};
use tonic::{Code, Status};

use crate::answer::{Signed, VerificationError, hashes};
use crate::attempt::{AttemptError, aside};
use crate::connection::Connection;
use crate::trust::{NeededProof, Offer, Trust, TrustError};

/// How many checkpoints are known by their bytes. Answers of one commit carry the same one, and its
/// signature is verified once.
const RECENT_MAX: usize = 8;

/// What the recorders of one ledger believe.
pub(crate) struct Checkpoints {
    connection: Arc<Connection>,
    trust: Trust,
    /// Whether believing something writes files.
    is_stored: bool,
    recent: Mutex<VecDeque<Signed>>,
    /// Held while a checkpoint is linked with the newest one: each is proven once, one after another.
    linking: tokio::sync::Mutex<()>,
}

/// The consistency proof that came with an answer.
#[derive(Clone, Copy, Default)]
pub(crate) struct GivenProof<'a> {
    /// The size that it leads from; 0 if none was asked for.
    pub(crate) known_size: u64,
    pub(crate) hashes: &'a [Bytes],
}

impl Checkpoints {
    pub(crate) fn new(connection: Arc<Connection>, trust: Trust) -> Self {
        let is_stored = trust.state().is_some();
        Self {
            connection,
            trust,
            is_stored,
            recent: Mutex::default(),
            linking: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Size of the newest checkpoint that is believed; 0 if there is none.
    pub(crate) fn known_size(&self) -> u64 {
        self.trust.newest().map_or(0, |newest| newest.size.0)
    }

    /// Verifies a signed checkpoint. If it needs a proof that was not given, the ledger is asked for it.
    pub(crate) async fn believe(&self, note: &Bytes, given: GivenProof<'_>) -> Result<Signed, AttemptError> {
        if let Some(signed) = self.recently(note) {
            return Ok(signed);
        }
        // Whoever is before us may be waiting for an answer too; together that must not take forever.
        let linking = tokio::time::timeout(self.connection.call_timeout(), self.linking.lock());
        let _linking = linking.await.map_err(|_| AttemptError::Unproven(self.connection.too_late()))?;
        if let Some(signed) = self.recently(note) {
            return Ok(signed);
        }
        let head = self.link(note, given).await?;
        let signed = Signed { head, note: note.clone() };
        let mut recent = self.recent();
        recent.truncate(RECENT_MAX - 1);
        recent.push_front(signed.clone());
        Ok(signed)
    }

    async fn link(&self, note: &Bytes, given: GivenProof<'_>) -> Result<TreeHead, AttemptError> {
        loop {
            let offered = note.clone();
            let needed = match self.with_trust(move |trust| trust.offer(&offered)).await? {
                Offer::Accepted(checkpoint) => return Ok(checkpoint.head),
                Offer::NeedsProof(needed) => needed,
            };
            let proof = self.proof(&needed, given).await?;
            match self.with_trust(move |trust| trust.link(&needed, &proof)).await {
                // Somebody else who shares this trust was faster.
                Err(AttemptError::Trust(TrustError::Overtaken { .. })) => {}
                linked => return Ok(linked?.head),
            }
        }
    }

    /// The proof that is needed: the one given if it fits, otherwise a new one.
    async fn proof(&self, needed: &NeededProof, given: GivenProof<'_>) -> Result<Vec<Hash>, AttemptError> {
        // Given proofs lead to the checkpoint on offer; if that is the older one, another is needed.
        let leads_to_offered = self.trust.newest() == Some(needed.old);
        let fetched;
        let proof = if leads_to_offered && given.known_size == needed.old.size.0 {
            given.hashes
        } else {
            let answer = self.connection.consistency_proof(&needed.old, &needed.new).await;
            fetched = answer.map_err(|status| refused_proof(needed, status))?;
            &fetched
        };
        hashes(proof).ok_or_else(|| {
            let what = "consistency proof";
            AttemptError::False(Box::new(VerificationError::NotAHash { position: 0, what }))
        })
    }

    /// Runs `work`; where it may wait for a disk, on a thread that may wait.
    async fn with_trust<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Trust) -> Result<T, TrustError> + Send + 'static,
    ) -> Result<T, AttemptError> {
        if !self.is_stored {
            return work(&self.trust).map_err(AttemptError::from);
        }
        let trust = self.trust.clone();
        aside(move || Ok(work(&trust)?)).await
    }

    fn recently(&self, note: &Bytes) -> Option<Signed> {
        self.recent().iter().find(|signed| signed.note == note).cloned()
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Signed>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A ledger that signed two trees can prove how they belong together. That it does not know one of
/// them any more is another thing than that it cannot be reached.
fn refused_proof(needed: &NeededProof, status: Status) -> AttemptError {
    match status.code() {
        code @ (Code::InvalidArgument | Code::OutOfRange | Code::NotFound | Code::FailedPrecondition) => {
            AttemptError::from(VerificationError::ProofRefused {
                old: needed.old.size,
                new: needed.new.size,
                code,
                message: status.message().to_owned(),
            })
        }
        _ => AttemptError::Unproven(status),
    }
}
