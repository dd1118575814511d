//! Who was let in.

use std::sync::Arc;

use einsicht_proto::v1::AccessEvent;
use einsicht_tlog::Hash;

use super::{Gate, Known, Need, Peer, Refusal, datasets};

/// Who was let in, for one call. In the extensions of its request.
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) gate: Gate,
    /// Of the policy that let it in.
    pub(super) generation: u64,
    pub(super) need: Need,
    pub(super) credential: Credential,
    pub(super) known: Arc<Known>,
}

/// By what somebody is known.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// The SHA-256 of its token.
    Token(Hash),
    /// Its certificate.
    Peer(Arc<Peer>),
}

impl Session {
    /// Who it is.
    #[must_use]
    pub fn caller(&self) -> &Arc<Known> {
        &self.known
    }

    /// Looks again whether it is still allowed what it was let in for: before each further message of a
    /// stream. Costs nothing where no reload was in between.
    ///
    /// # Errors
    /// [`Refusal`] if a reload took the right away.
    pub fn renew(&mut self) -> Result<(), Refusal> {
        let generation = self.gate.generation();
        if generation == self.generation {
            return Ok(());
        }
        let policy = self.gate.policy();
        match policy.authorize(&self.credential, self.need, generation) {
            Ok(known) => {
                self.known = Arc::clone(known);
                self.generation = generation;
                Ok(())
            }
            Err(refusal) => Err(self.noted(refusal)),
        }
    }

    /// Whether it may record these events: not too many, and all of them of its own data sets.
    ///
    /// # Errors
    /// [`Refusal`]; then none of them may be recorded.
    pub fn may_record(&self, events: &[AccessEvent]) -> Result<(), Refusal> {
        let checked = self
            .known
            .count_events(events.len())
            .and_then(|()| datasets::check(&self.known, events).map_err(Refusal::ForeignDatasets));
        checked.map_err(|refusal| self.noted(refusal))
    }

    /// Whether it may send a message of this length.
    ///
    /// # Errors
    /// [`Refusal::MessageTooLarge`].
    pub fn may_send(&self, bytes: usize) -> Result<(), Refusal> {
        let bytes_max = self.known.request_bytes();
        if bytes <= bytes_max {
            return Ok(());
        }
        let caller = Arc::clone(&self.known.name);
        Err(self.noted(Refusal::MessageTooLarge { caller, bytes, bytes_max }))
    }

    fn noted(&self, refusal: Refusal) -> Refusal {
        let address = match &self.credential {
            Credential::Token(_) => None,
            Credential::Peer(peer) => Some(peer.address),
        };
        self.gate.note(&refusal, address);
        refusal
    }
}

impl Known {
    /// Uses up one request.
    pub(super) fn count_request(&self) -> Result<(), Refusal> {
        self.rates.request().map_err(|wait| Refusal::TooManyRequests {
            caller: Arc::clone(&self.name),
            per_second: self.rates.limits().requests_per_second.get(),
            wait,
        })
    }

    /// Uses up this many events, or none.
    fn count_events(&self, events: usize) -> Result<(), Refusal> {
        self.rates.events(events).map_err(|wait| Refusal::TooManyEvents {
            caller: Arc::clone(&self.name),
            per_second: self.rates.limits().events_per_second.get(),
            wait,
        })
    }
}
