//! Who was let in.

use std::sync::Arc;

use einsicht_access::EventView;
use einsicht_tlog::Hash;

use super::{Gate, Known, Need, Peer, PeerCertificate, Refusal, datasets};
use crate::config::Role;

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

    /// Its role, as it is logged. In `einsichtd dev` everybody who is known may do everything.
    #[must_use]
    pub fn role(&self) -> &'static str {
        if self.gate.policy().development { Role::Steward.name() } else { self.known.role.name() }
    }

    /// Whether it is known by a certificate of its own.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        matches!(self.credential, Credential::Peer(_))
    }

    /// Looks again whether it is still allowed what it was let in for: before each further message of a
    /// stream. Costs next to nothing where no reload was in between.
    ///
    /// # Errors
    /// [`Refusal`] if a reload took the right away, or the certificate has expired since.
    pub fn renew(&mut self) -> Result<(), Refusal> {
        let generation = self.gate.generation();
        if generation == self.generation && !self.credential.has_expired() {
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
    pub fn may_record(&self, events: &[EventView<'_>]) -> Result<(), Refusal> {
        let checked = self
            .known
            .count_events(events.len())
            .and_then(|()| datasets::check(&self.known, events).map_err(Refusal::ForeignDatasets));
        checked.map_err(|refusal| self.noted(refusal))
    }

    /// Whether it may ask for the verdict on all of these events: a recorder on accesses to its own data sets. They count
    /// as events that are recorded do.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_evaluate(&self, events: &[EventView<'_>]) -> Result<(), Refusal> {
        match self.known.role {
            Role::Recorder(_) => self.may_record(events),
            _ => self.known.count_events(events.len()).map_err(|refusal| self.noted(refusal)),
        }
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

impl Credential {
    fn has_expired(&self) -> bool {
        match self {
            Self::Token(_) => false,
            Self::Peer(peer) => peer.certificate.as_ref().is_some_and(PeerCertificate::has_expired),
        }
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

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::auth::Policy;

    /// A stream that was let in by a certificate which ends in this year.
    fn session(ends: i32) -> Session {
        let mut params = CertificateParams::new(vec!["counter.ulm.example".into()]).unwrap();
        params.not_after = date_time_ymd(ends, 1, 1);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let certificate = PeerCertificate::read(&[certificate.der().clone()], 1);
        let gate = Gate::new(Policy::development("counter", "token"));
        let known = gate.policy().callers.by_token(&einsicht_tlog::hash::sha256(b"token")).cloned().unwrap();
        let credential = Credential::Peer(Arc::new(Peer { address: [127, 0, 0, 1].into(), certificate }));
        Session { generation: gate.generation(), gate, need: Need::Record, credential, known }
    }

    #[test]
    fn a_certificate_that_expires_ends_a_stream_also_without_a_reload() {
        session(2999).renew().unwrap();
        assert_eq!(session(2011).renew(), Err(Refusal::ExpiredCertificate));
    }
}
