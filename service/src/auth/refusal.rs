//! Why somebody is not let in. How it is told is the business of `rpc/status.rs` and `http/refused.rs`.

use std::sync::Arc;
use std::time::Duration;

use super::{Foreign, Need};

/// Somebody is not let in. What it says never shows a token or a name that is not configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither token nor certificate.
    #[error(
        "who calls? Send 'authorization: Bearer <token>', or connect with a client certificate{}",
        hint(*.development)
    )]
    NoCredentials {
        /// Whether this is `einsichtd dev`.
        development: bool,
    },
    /// An `authorization` that is not a bearer token.
    #[error(
        "there is an 'authorization' header, but not of the form 'Bearer <token>'{}",
        hint(*.development)
    )]
    NotABearerToken {
        /// Whether this is `einsichtd dev`.
        development: bool,
    },
    /// A token that is not known.
    #[error("this token is not known here; it may have been replaced or withdrawn{}", hint(*.development))]
    UnknownToken {
        /// Whether this is `einsichtd dev`.
        development: bool,
    },
    /// A certificate of a trusted CA, but no caller has one of its names.
    #[error(
        "the client certificate is signed by the CA that is trusted here, but none of its names (DNS, URI) \
         is configured for a caller"
    )]
    UnknownCertificate,
    /// A certificate that ended during the connection.
    #[error("the client certificate has expired; connect again with a new one")]
    ExpiredCertificate,
    /// A certificate of a CA that is no longer trusted.
    #[error("the client certificate is not signed by the CA that is trusted here now")]
    UntrustedCertificate,
    /// A steward with a token.
    #[error("'{caller}' is a steward: stewards are known by their client certificate only, not by a token")]
    NeedsCertificate {
        /// Who.
        caller: Arc<str>,
    },
    /// Somebody whose role does not have what is needed.
    #[error(
        "'{caller}' may not {}: its role is {role}, needed is {}", .need.described(), .need.roles()
    )]
    NotAllowed {
        /// Who.
        caller: Arc<str>,
        /// Its role.
        role: &'static str,
        /// What is needed.
        need: Need,
    },
    /// On the public listener: entries are not for everybody.
    #[error(
        "the entries of this ledger are not public: send the token of an auditor, 'authorization: Bearer \
         <token>'. Checkpoint and hash tiles are open to everybody"
    )]
    EntriesNotPublic,
    /// A recorder outside its data sets.
    #[error("{0}")]
    ForeignDatasets(Foreign),
    /// A message larger than its caller may send.
    #[error(
        "this message has {bytes} bytes, '{caller}' may send at most {bytes_max} (request_bytes); send fewer \
         events at once"
    )]
    MessageTooLarge {
        /// Who.
        caller: Arc<str>,
        /// What its length says.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Too many requests.
    #[error("'{caller}' makes more than {per_second} requests a second; wait {} ms", .wait.as_millis())]
    TooManyRequests {
        /// Who.
        caller: Arc<str>,
        /// Its limit.
        per_second: u32,
        /// How long to wait.
        wait: Duration,
    },
    /// Too many events.
    #[error("'{caller}' records more than {per_second} events a second; wait {} ms", .wait.as_millis())]
    TooManyEvents {
        /// Who.
        caller: Arc<str>,
        /// Its limit.
        per_second: u32,
        /// How long to wait.
        wait: Duration,
    },
}

/// What kind of refusal: whether to say who one is, to ask for a right, to send less, or to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not known who calls.
    Unknown,
    /// It is known, and not allowed.
    Forbidden,
    /// It is too large.
    TooLarge,
    /// It is allowed, later.
    TooMuch(Duration),
}

impl Refusal {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoCredentials { .. }
            | Self::NotABearerToken { .. }
            | Self::UnknownToken { .. }
            | Self::UnknownCertificate
            | Self::ExpiredCertificate
            | Self::UntrustedCertificate => Kind::Unknown,
            Self::NeedsCertificate { .. }
            | Self::NotAllowed { .. }
            | Self::EntriesNotPublic
            | Self::ForeignDatasets(_) => Kind::Forbidden,
            Self::MessageTooLarge { .. } => Kind::TooLarge,
            Self::TooManyRequests { wait, .. } | Self::TooManyEvents { wait, .. } => Kind::TooMuch(*wait),
        }
    }

    /// For metrics: one of a few words.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoCredentials { .. } => "no_credentials",
            Self::NotABearerToken { .. } => "not_a_bearer_token",
            Self::UnknownToken { .. } => "unknown_token",
            Self::UnknownCertificate => "unknown_certificate",
            Self::ExpiredCertificate => "expired_certificate",
            Self::UntrustedCertificate => "untrusted_certificate",
            Self::NeedsCertificate { .. } => "needs_certificate",
            Self::NotAllowed { .. } => "not_allowed",
            Self::EntriesNotPublic => "entries_not_public",
            Self::ForeignDatasets(_) => "foreign_dataset",
            Self::MessageTooLarge { .. } => "message_too_large",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::TooManyEvents { .. } => "too_many_events",
        }
    }

    /// Who is refused, if that is known.
    #[must_use]
    pub fn caller(&self) -> Option<&Arc<str>> {
        match self {
            Self::NeedsCertificate { caller }
            | Self::NotAllowed { caller, .. }
            | Self::MessageTooLarge { caller, .. }
            | Self::TooManyRequests { caller, .. }
            | Self::TooManyEvents { caller, .. } => Some(caller),
            Self::ForeignDatasets(foreign) => Some(&foreign.caller),
            _ => None,
        }
    }
}

fn hint(development: bool) -> &'static str {
    if development { "; for `einsichtd dev` the token is in keys/dev.token" } else { "" }
}
