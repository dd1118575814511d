//! Decides who is let in, by a policy that a reload exchanges.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use einsicht_tlog::hash::sha256;
use http::{HeaderMap, HeaderValue, header};
use rustls::server::danger::ClientCertVerifier;

use super::need::role_name;
use super::note::Notes;
use super::session::Credential;
use super::{Callers, Known, Need, Peer, Refusal, Session};
use crate::config::{self, CallerLimits, Datasets, Role};
use crate::rpc::MESSAGE_BYTES_MAX;

/// Decides who is let in. Clones share one policy.
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: RwLock<Arc<Policy>>,
    /// Counts reloads, so that who was let in before can be looked at again.
    generation: AtomicU64,
    notes: Notes,
}

/// What is decided by. Exchanged as a whole.
#[derive(Debug, Default)]
pub struct Policy {
    /// Who is known.
    pub callers: Callers,
    /// Whether everybody may read entries.
    pub public_entries: bool,
    /// Verifies client certificates. `None`: there are none.
    pub client_verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// Whether reading is open to everybody, as in `einsichtd dev`.
    pub development: bool,
}

/// Which listener somebody came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// That of callers who are known.
    Internal,
    /// That of everybody.
    Public,
}

impl Door {
    /// As it is called in the configuration, in metrics and in log lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

impl Gate {
    /// Begins with a policy.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let policy = RwLock::new(Arc::new(policy));
        let (generation, notes) = (AtomicU64::new(1), Notes::default());
        Self { inner: Arc::new(Inner { policy, generation, notes }) }
    }

    /// The policy of now.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.inner.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Exchanges the policy. Calls under way go on; streams are looked at again at their next message.
    pub fn replace(&self, policy: Policy) {
        let mut current = self.inner.policy.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(policy);
        self.inner.generation.fetch_add(1, Ordering::Release);
    }

    /// Counts the policies there have been.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.generation.load(Ordering::Acquire)
    }

    /// Counts a refusal, and logs it unless there are too many. `address`: from where, if that may be
    /// logged.
    pub fn note(&self, refusal: &Refusal, address: Option<IpAddr>) {
        self.inner.notes.note(refusal, address);
    }

    /// Lets a request in, or not. `None`: it needs nobody to be known.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit(
        &self,
        door: Door,
        path: &str,
        headers: &HeaderMap,
        peer: Option<&Arc<Peer>>,
    ) -> Result<Option<Session>, Refusal> {
        // The generation first: a reload in between makes the session look again, never trust too long.
        let generation = self.generation();
        let policy = self.policy();
        let need = policy.need(door, path);
        if need == Need::Nothing {
            return Ok(None);
        }
        let credential = policy.credential(door, headers.get(header::AUTHORIZATION), peer)?;
        let known = Arc::clone(policy.authorize(&credential, need, generation)?);
        known.count_request()?;
        Ok(Some(Session { gate: self.clone(), generation, need, credential, known }))
    }
}

impl Policy {
    /// That of `einsichtd dev`: reading is open to everybody, and one token is good for all the rest.
    #[must_use]
    pub fn development(producer: &str, token: &str) -> Self {
        let caller = config::Caller {
            name: producer.to_owned(),
            role: Role::Recorder(Datasets::All),
            token_hashes: vec![sha256(token.as_bytes())],
            certificates: Vec::new(),
            limits: CallerLimits {
                events_per_second: NonZeroU32::MAX,
                requests_per_second: NonZeroU32::MAX,
                request_bytes: MESSAGE_BYTES_MAX,
            },
        };
        let callers = Callers::new(&[caller], &Callers::default());
        Self { callers, development: true, ..Self::default() }
    }

    fn need(&self, door: Door, path: &str) -> Need {
        let need = Need::of(path);
        match (door, need) {
            (Door::Internal, need @ (Need::Record | Need::Disclose | Need::Evaluate | Need::Steward)) => need,
            (Door::Internal, _) if self.development => Need::Nothing,
            (Door::Internal, need) => need,
            (Door::Public, Need::Entries) if !self.public_entries => Need::Entries,
            // Everything else that this listener does not show to everybody, it does not have.
            (Door::Public, _) => Need::Nothing,
        }
    }

    /// An `authorization` header, if sent, decides; else the certificate.
    fn credential(
        &self,
        door: Door,
        authorization: Option<&HeaderValue>,
        peer: Option<&Arc<Peer>>,
    ) -> Result<Credential, Refusal> {
        let development = self.development;
        if let Some(authorization) = authorization {
            let token = bearer(authorization).ok_or(Refusal::NotABearerToken { development })?;
            return Ok(Credential::Token(sha256(token)));
        }
        match (door, peer) {
            (Door::Public, _) => Err(Refusal::EntriesNotPublic),
            (_, Some(peer)) if peer.certificate.is_some() => Ok(Credential::Peer(Arc::clone(peer))),
            _ => Err(Refusal::NoCredentials { development }),
        }
    }

    /// Who holds a credential, if that may do what is needed.
    pub(super) fn authorize(
        &self,
        credential: &Credential,
        need: Need,
        generation: u64,
    ) -> Result<&Arc<Known>, Refusal> {
        let known = match credential {
            Credential::Token(hash) => {
                let development = self.development;
                let known = self.callers.by_token(hash).ok_or(Refusal::UnknownToken { development })?;
                if known.role == Role::Steward {
                    return Err(Refusal::NeedsCertificate { caller: Arc::clone(&known.name) });
                }
                known
            }
            Credential::Peer(peer) => {
                let certificate = peer.certificate.as_ref().ok_or(Refusal::UntrustedCertificate)?;
                if certificate.has_expired() {
                    return Err(Refusal::ExpiredCertificate);
                }
                if !certificate.is_trusted(self.client_verifier.as_deref(), generation) {
                    return Err(Refusal::UntrustedCertificate);
                }
                self.callers.by_names(certificate.names()).ok_or(Refusal::UnknownCertificate)?
            }
        };
        if self.development || need.is_met_by(&known.role, self.public_entries) {
            return Ok(known);
        }
        let (caller, role) = (Arc::clone(&known.name), role_name(&known.role));
        Err(Refusal::NotAllowed { caller, role, need })
    }
}

/// The scheme is case-insensitive (RFC 9110 section 11.1), the token is not.
fn bearer(authorization: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = authorization.as_bytes().split_at_checked("bearer ".len())?;
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}
