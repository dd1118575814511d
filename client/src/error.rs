//! Why something was not recorded, or is not known to be.
//!
//! The four answers that matter are kept apart: *refused* (certainly not recorded), *unconfirmed*
//! (nobody knows; send it again), *verification failed* (the ledger's answer is false) and *closed*.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use einsicht_access::problem::BatchError;
use einsicht_proto::v1::{AccessEvent, RecordRequest};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::answer::VerificationError;
use crate::config::ConfigError;
use crate::kept::Kept;
use crate::random::NoRandomness;
use crate::retry::never_connected;
use crate::session::Numbers;
use crate::spool::SpoolError;
use crate::tls::{TlsFailure, broken_off};
use crate::trust::TrustError;

/// Why [`Recorder`](crate::Recorder) did not record, or does not know whether it did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No ledger could be read at the address. Nothing was recorded: this happens on connecting only.
    #[error(
        "the ledger at {url} could not be read ({} in {:.1} s): {status}{}",
        counted(*attempts), elapsed.as_secs_f64(), advice(url, status, *shows_certificate)
    )]
    Unreachable {
        /// Address of the ledger.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// For how long.
        elapsed: Duration,
        /// The last failure.
        status: Failure,
        /// Whether a certificate was shown, which may be the reason.
        shows_certificate: bool,
    },
    /// Events break the rules. Found before anything was sent; nothing was recorded.
    #[error(transparent)]
    Invalid(#[from] BatchError),
    /// One request's events have too many bytes. Nothing was sent; send fewer at a time.
    #[error("the events have {bytes} bytes, one request carries at most {max}: send fewer at a time")]
    TooLarge {
        /// Their bytes.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The ledger refused the events. Nothing of them was recorded.
    #[error("the ledger refused the events and recorded nothing of them: {0}")]
    Refused(Failure),
    /// Nobody knows whether the events are recorded.
    #[error(transparent)]
    Unconfirmed(Box<Unconfirmed>),
    /// What the ledger answered is not true, or not proven. The events may be recorded.
    #[error("THE LEDGER'S ANSWER FAILED VERIFICATION: {0}")]
    Verification(#[source] Box<VerificationError>),
    /// Of a batch that took several requests, some are kept and some are not.
    #[error("the first {} events are recorded{}; of the next: {error}", kept.len(), or_spooled(kept))]
    Partly {
        /// Where the first events are, in their order.
        kept: Vec<Kept>,
        /// What happened to the next request; the events after it were not sent. Positions in it count
        /// from the first event that is not kept.
        #[source]
        error: Box<RecordError>,
    },
    /// What was verified could not be read or kept. This happens on connecting and closing only.
    #[error(transparent)]
    Trust(TrustError),
    /// The end of a session could not be recorded. Its events are, and it can be ended later with
    /// [`Recorder::close`](crate::Recorder::close).
    #[error("the end of a session could not be recorded, call close again: {0}")]
    SessionEnd(Failure),
    /// No random bytes for a session or an event id.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The ledger is away, and the spool did not take the events.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The recorder or stream was closed; the events were not sent.
    #[error("the recorder was closed; nothing more is recorded through it")]
    Closed,
}

/// What the ledger or the way to it reported.
#[derive(Clone)]
pub struct Failure(pub(crate) Status);

/// A request that was sent and not confirmed: it is recorded whole, or not at all, and nobody knows.
///
/// Hand it to [`Recorder::resend`](crate::Recorder::resend) to find out: the ledger knows the events by
/// session, number and id and never records one twice. Do so before
/// [`Recorder::close`](crate::Recorder::close): once a session is over, the ledger answers for what it has
/// recorded of it and takes nothing more. To drop this means that the events may be lost.
pub struct Unconfirmed {
    pub(crate) request: Arc<RecordRequest>,
    /// The numbers that were taken for it: they keep its session from being ended.
    pub(crate) numbers: Option<Numbers>,
    pub(crate) cause: Cause,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) may_be_recorded: bool,
}

/// Why a request is unconfirmed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The last attempt failed.
    #[error("{0}")]
    Failed(Failure),
    /// The answer came, but the proof that it needs could not be had.
    #[error("the answer could not be verified: {0}")]
    Unproven(Failure),
    /// The answer came, but what was verified could not be kept.
    #[error("{0}")]
    Trust(#[source] TrustError),
    /// It failed, and the spool did not take it.
    #[error("{ledger}; and {error}")]
    NotSpooled {
        /// What the ledger or the way to it reported.
        ledger: String,
        /// What the spool reported.
        #[source]
        error: SpoolError,
    },
}

impl RecordError {
    /// Whether the ledger's answer is false or not proven, as opposed to missing.
    #[must_use]
    pub fn is_verification_failure(&self) -> bool {
        match self {
            Self::Verification(_) => true,
            Self::Partly { error, .. } => error.is_verification_failure(),
            _ => false,
        }
    }
}

impl Failure {
    /// The gRPC code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code()
    }

    /// The whole status.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.0
    }

    /// Why no encrypted connection came about, if that is what failed.
    #[must_use]
    pub fn tls(&self) -> Option<TlsFailure> {
        let source = std::error::Error::source(&self.0)?;
        TlsFailure::in_error(source)
    }

    /// The fields that the ledger complains about, each with what is wrong with it
    /// (google.rpc.BadRequest): `("events[3].dataset", "is required but missing")`.
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let details = self.0.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
        details.into_iter().map(|violation| (violation.field, violation.description)).collect()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", code_name(self.code()))?;
        if let Some(failure) = self.tls() {
            return write!(formatter, ": {failure}");
        }
        if !self.0.message().is_empty() {
            write!(formatter, ": {}", self.0.message())?;
        }
        // What the transport says comes in layers, the deepest of which says what happened.
        let mut source = std::error::Error::source(&self.0);
        let mut deepest = None;
        while let Some(error) = source {
            deepest = Some(error);
            source = error.source();
        }
        if let Some(error) = deepest.map(ToString::to_string).filter(|error| error != self.0.message()) {
            write!(formatter, " ({error})")?;
        }
        for (field, description) in self.violations() {
            // The message may say it already.
            if !self.0.message().contains(&description) {
                write!(formatter, "; {field} {description}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Failure({self})")
    }
}

impl Unconfirmed {
    /// The events, with their ids and times.
    #[must_use]
    pub fn events(&self) -> &[AccessEvent] {
        &self.request.events
    }

    /// The request as it was sent, with session and numbers: keep it to send it again after a restart,
    /// with [`Recorder::record_numbered`](crate::Recorder::record_numbered).
    #[must_use]
    pub fn request(&self) -> &RecordRequest {
        &self.request
    }

    /// Why it is unconfirmed.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether the events may be recorded; otherwise they certainly were not.
    #[must_use]
    pub fn may_be_recorded(&self) -> bool {
        self.may_be_recorded
    }
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, attempts, elapsed, .. } = self;
        let known = if self.may_be_recorded { "may be recorded or not" } else { "were not recorded" };
        let (count, seconds) = (self.request.events.len(), elapsed.as_secs_f64());
        write!(
            formatter,
            "{count} events {known}: the ledger did not confirm them ({} in {seconds:.1} s): \
             {cause}. Send them again with Recorder::resend: no event is recorded twice",
            counted(*attempts)
        )
    }
}

impl fmt::Debug for Unconfirmed {
    /// Shows nothing of the events: they may be personal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Unconfirmed")
            .field("events", &self.request.events.len())
            .field("first_sequence", &self.request.first_sequence)
            .field("cause", &self.cause)
            .field("attempts", &self.attempts)
            .field("may_be_recorded", &self.may_be_recorded)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Unconfirmed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// What to look at when a ledger can't be read.
fn advice(url: &str, status: &Failure, shows_certificate: bool) -> String {
    let is_broken_off = std::error::Error::source(&status.0).is_some() && !never_connected(&status.0);
    let advice = match status.code() {
        // It says itself what to do.
        _ if status.tls().is_some() => return String::new(),
        Code::PermissionDenied => return String::new(),
        Code::Unauthenticated => "Is it the token, or the certificate, by which this ledger knows us?",
        _ if is_broken_off && url.starts_with("https:") => broken_off(shows_certificate),
        // What answers there does not speak HTTP/2 in the clear.
        Code::Internal | Code::Unavailable | Code::Unknown if is_broken_off => {
            "Is einsichtd running there? If it speaks TLS, the address begins with https://"
        }
        _ => "Is einsichtd running there, and is the address right?",
    };
    format!(". {advice}")
}

fn counted(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

/// Completes "are recorded" where that is not true of all.
fn or_spooled(kept: &[Kept]) -> &'static str {
    if kept.iter().all(|kept| kept.recorded().is_some()) { "" } else { " or in the spool" }
}

/// The name of a code as the gRPC documentation writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests;
