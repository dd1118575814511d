//! From a checkpoint that came with an answer to one that is believed: signature, origin, and the
//! proof that it belongs to the same history as everything verified before.
//!
//! Answers of one commit carry the same checkpoint; its signature and its proof are verified once. The
//! proof that comes with an answer leads from what was believed when the request was sent. With many
//! requests under way another checkpoint is believed by then, and the ledger has to be asked for the proof
//! between the two. So answers do not wait for each other one by one: while some checkpoints are linked,
//! the others gather, and are then linked together. Each of them still needs its signature and its proof.

mod round;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use einsicht_tlog::Hash;
use tonic::{Code, Status};

use crate::answer::{Signed, VerificationError, hashes};
use crate::attempt::AttemptError;
use crate::connection::Connection;
use crate::trust::{NeededProof, Offer, Opened, StoredBehind, Trust, TrustError};

use round::{Offered, Round};

/// How many checkpoints are known by their bytes: as many as there may be requests under way, for each of
/// their answers may carry its own.
const RECENT_MAX: usize = 128;
/// Checkpoints that are linked together. Each may cost a proof.
const ROUND_MAX: usize = 64;

/// What the recorders of one ledger believe.
pub(crate) struct Checkpoints {
    connection: Arc<Connection>,
    trust: Trust,
    stored: StoredBehind,
    recent: Mutex<VecDeque<Signed>>,
    /// Checkpoints of answers that wait until those before them are linked.
    waiting: Mutex<Vec<Offered>>,
    /// Held by the answer that links what waits: its own checkpoint, and those of others beside it.
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
        Self {
            connection,
            stored: StoredBehind::new(&trust),
            trust,
            recent: Mutex::default(),
            waiting: Mutex::default(),
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

    /// Stores what is believed, now: before a process ends, and when it begins, so that a folder that can't
    /// be used shows at once.
    pub(crate) async fn store(&self) -> Result<(), AttemptError> {
        self.stored.store().await
    }

    /// Verifies a signed checkpoint. If it needs a proof that was not given, the ledger is asked for it.
    pub(crate) async fn believe(&self, note: &Bytes, given: GivenProof<'_>) -> Result<Signed, AttemptError> {
        self.stored.check().await?;
        if let Some(signed) = self.recently(note) {
            return Ok(signed);
        }
        let offered = Offered::new(note, given);
        self.waiting().push(offered.clone());
        // Whoever is before us may be waiting for an answer too; together that must not take forever.
        let linking = tokio::time::timeout(self.connection.call_timeout(), self.linking.lock());
        let _linking = linking.await.map_err(|_| AttemptError::Unproven(self.connection.too_late()))?;
        if let Some(signed) = self.recently(note) {
            return Ok(signed);
        }
        let others = std::mem::take(&mut *self.waiting());
        let own = self.open(&offered.note)?;
        if let Some(base) = self.trust.newest() {
            self.link_together(Round::new(base, &own, offered, others)).await;
        }
        if let Some(signed) = self.recently(note) {
            return Ok(signed);
        }
        // Alone, so that what is wrong with the others is not held against this one.
        self.link(&own, given).await?;
        Ok(self.remember(&own))
    }

    /// Links what can be linked; what can't is left to the answers that it came with.
    async fn link_together(&self, round: Round) {
        let open = |note: &Bytes| self.recently(note).is_none().then(|| self.open(note).ok()).flatten();
        let Some(linkable) = round.open(open) else { return };
        let proofs = linkable.iter().map(|link| async {
            match &link.given {
                Some(given) => hashes(given),
                None => hashes(&self.connection.consistency_proof(&link.old, &link.new).await.ok()?),
            }
        });
        let proofs = futures::future::join_all(proofs).await;
        for (link, proof) in linkable.iter().zip(proofs) {
            let linked = match self.stored.trust().offer_opened(&link.opened) {
                Ok(Offer::Accepted(_)) => true,
                Ok(Offer::NeedsProof(needed)) => {
                    let fits = needed.old == link.old && needed.new == link.new;
                    proof.is_some_and(|proof| fits && self.stored.trust().link(&needed, &proof).is_ok())
                }
                Err(_) => false,
            };
            if linked {
                self.remember(&link.opened);
            }
        }
    }

    async fn link(&self, own: &Opened, given: GivenProof<'_>) -> Result<(), AttemptError> {
        loop {
            let needed = match self.stored.trust().offer_opened(own)? {
                Offer::Accepted(_) => return Ok(()),
                Offer::NeedsProof(needed) => needed,
            };
            let proof = self.proof(&needed, given).await?;
            match self.stored.trust().link(&needed, &proof) {
                // Somebody else who shares this trust was faster.
                Err(TrustError::Overtaken { .. }) => {}
                linked => return Ok(linked.map(drop)?),
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

    /// Verifies signature and origin.
    fn open(&self, note: &Bytes) -> Result<Opened, TrustError> {
        self.stored.trust().open(note)
    }

    /// Keeps what was linked: its bytes are believed from here on.
    fn remember(&self, linked: &Opened) -> Signed {
        self.stored.store_soon();
        let signed = Signed { head: linked.head(), note: linked.note().clone() };
        let mut recent = self.recent();
        recent.truncate(RECENT_MAX - 1);
        recent.push_front(signed.clone());
        signed
    }

    fn recently(&self, note: &Bytes) -> Option<Signed> {
        self.recent().iter().find(|signed| signed.note == note).cloned()
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Signed>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Offered>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
