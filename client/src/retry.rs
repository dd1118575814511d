//! When a request is sent again: only after failures that pass, and always the same request.
//!
//! Sending again is safe because the service knows an event by session, number and id: what it has
//! recorded already gets its old answer.

use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, ConnectError, Status};
use tonic_types::{BadRequest, StatusExt as _};

use crate::random::random_bytes;
use crate::tls::TlsFailure;

/// When and how often a request is sent again. The wait before attempt *n* + 1 is random between zero
/// and `delay_first` × 2^(*n* − 1), at most `delay_max` ("full jitter"), so that many clients do not come
/// back all at once; if the service asks for a longer wait, it gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent in all; 1 means never again. Default: 10.
    pub attempts_max: u32,
    /// No attempt begins later than this after the first. Default: 60 s.
    pub total_max: Duration,
    /// Longest wait before the second attempt. Default: 100 ms.
    pub delay_first: Duration,
    /// Longest wait before any attempt. Default: 10 s.
    pub delay_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: 10,
            total_max: Duration::from_secs(60),
            delay_first: Duration::from_millis(100),
            delay_max: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// Sends everything once.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts_max: 1, ..Self::default() }
    }

    /// A random wait after `attempts` attempts that failed.
    pub(crate) fn backoff(&self, attempts: u32) -> Duration {
        let doubled = self
            .delay_first
            .saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX));
        // Without randomness the longest wait is the safe one.
        let fraction = random_bytes().map_or(u32::MAX, u32::from_le_bytes);
        doubled.min(self.delay_max).mul_f64(f64::from(fraction) / f64::from(u32::MAX))
    }
}

/// What a failure says about the request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It did not reach the ledger, or the ledger had no room for it; this passes.
    NotTaken,
    /// Nobody knows what became of it, and asking again will tell.
    Unclear,
    /// The ledger took a look and recorded nothing of it; it will not do so later either.
    Refused,
    /// As `Refused`, because the numbers are used already.
    NumbersTaken,
    /// Nobody knows what became of it, and asking again will not tell.
    Lost,
}

impl Meaning {
    pub(crate) fn of(status: &Status) -> Self {
        if never_connected(status) {
            return Self::NotTaken;
        }
        // A status that the service sent has no source; the transport's own always has one.
        if std::error::Error::source(status).is_some() {
            return Self::Unclear;
        }
        match status.code() {
            Code::ResourceExhausted => Self::NotTaken,
            Code::Unavailable | Code::DeadlineExceeded | Code::Aborted => Self::Unclear,
            Code::InvalidArgument | Code::Unimplemented | Code::Unauthenticated | Code::PermissionDenied => {
                Self::Refused
            }
            _ if is_sealing_off(status) => Self::Refused,
            Code::AlreadyExists => Self::NumbersTaken,
            _ => Self::Lost,
        }
    }

    /// Whether it is worth asking again.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::NotTaken | Self::Unclear)
    }

    pub(crate) fn may_have_recorded(self) -> bool {
        matches!(self, Self::Unclear | Self::Lost)
    }
}

/// Whether the ledger says that it can't seal what is personal: it names the fields. Nothing was recorded, and will
/// be once its operator has given it a wrapping key.
pub(crate) fn is_sealing_off(status: &Status) -> bool {
    let names_fields = |bad: BadRequest| !bad.field_violations.is_empty();
    status.code() == Code::FailedPrecondition && status.get_details_bad_request().is_some_and(names_fields)
}

/// Counts the attempts to get one request answered.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    started: Instant,
    failed: u32,
}

impl Attempts {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self { policy, started: Instant::now(), failed: 0 }
    }

    /// Notes that an attempt failed. Returns how long to wait before the next one; `None` if there
    /// should be none.
    pub(crate) fn after(&mut self, status: &Status) -> Option<Duration> {
        self.failed += 1;
        let lasts = !Meaning::of(status).passes() || is_about_certificates(status);
        if lasts || self.failed >= self.policy.attempts_max {
            return None;
        }
        let asked = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
        let wait = asked.saturating_add(self.policy.backoff(self.failed));
        (self.started.elapsed().saturating_add(wait) <= self.policy.total_max).then_some(wait)
    }

    /// How many attempts failed.
    pub(crate) fn failed(&self) -> u32 {
        self.failed
    }

    /// How long ago the first attempt began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Certificates that are not believed now will not be in a minute.
fn is_about_certificates(status: &Status) -> bool {
    let failure = std::error::Error::source(status).and_then(TlsFailure::in_error);
    failure.is_some_and(|failure| failure.lasts())
}

pub(crate) fn never_connected(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn only_failures_that_pass_are_tried_again() {
        let retried: Vec<Code> = (0..=16)
            .map(Code::from)
            .filter(|code| Attempts::new(RetryPolicy::default()).after(&Status::new(*code, "")).is_some())
            .collect();
        assert_eq!(
            retried,
            [Code::DeadlineExceeded, Code::ResourceExhausted, Code::Aborted, Code::Unavailable]
        );
    }

    #[test]
    fn what_the_transport_reports_is_tried_again_whatever_its_code() {
        let broken = Status::from_error(Box::new(std::io::Error::other("broken pipe")));
        assert_eq!(broken.code(), Code::Unknown);
        assert_eq!(Meaning::of(&broken), Meaning::Unclear);
        let refused = Status::from_error(Box::new(ConnectError("refused".into())));
        assert_eq!(Meaning::of(&refused), Meaning::NotTaken);
    }

    #[test]
    fn attempts_are_bounded_in_number_and_time() {
        let policy = RetryPolicy { attempts_max: 3, ..RetryPolicy::default() };
        let mut attempts = Attempts::new(policy);
        let unavailable = Status::unavailable("");
        let waits: Vec<_> = (0..4).map(|_| attempts.after(&unavailable).is_some()).collect();
        assert_eq!(waits, [true, true, false, false]);
        let hasty = RetryPolicy { total_max: Duration::ZERO, delay_first: Duration::ZERO, ..policy };
        std::thread::sleep(Duration::from_millis(1));
        let mut attempts = Attempts::new(hasty);
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(attempts.after(&unavailable), None);
    }

    #[test]
    fn waits_grow_to_their_limit_and_vary() {
        let policy = RetryPolicy {
            delay_first: Duration::from_millis(100),
            delay_max: Duration::from_secs(1),
            ..RetryPolicy::default()
        };
        let longest = |attempts| (0..2000).map(|_| policy.backoff(attempts)).max().unwrap();
        assert!((90..=100).contains(&longest(1).as_millis()));
        assert!((360..=400).contains(&longest(3).as_millis()));
        assert!((900..=1000).contains(&longest(40).as_millis()));
        assert!((0..2000).map(|_| policy.backoff(1)).min().unwrap() < Duration::from_millis(10));
    }

    #[test]
    fn the_service_gets_the_wait_that_it_asks_for() {
        let asked = Duration::from_secs(7);
        let details = ErrorDetails::with_retry_info(Some(asked));
        let status = Status::with_error_details(Code::ResourceExhausted, "queue full", details);
        let wait = Attempts::new(RetryPolicy::default()).after(&status).unwrap();
        assert!(wait >= asked && wait <= asked + Duration::from_millis(100), "{wait:?}");
        // Longer than we may wait in all: better to say so at once.
        let short = RetryPolicy { total_max: Duration::from_secs(5), ..RetryPolicy::default() };
        assert_eq!(Attempts::new(short).after(&status), None);
    }
}
