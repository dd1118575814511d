//! What can be seen of a spool: its length, its age, and why it is not shipped.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A spool at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolStatus {
    /// Accesses that wait.
    pub events: u64,
    /// Requests that wait: each holds 1 to 1,000 accesses, or the end of a session.
    pub requests: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Most bytes that its files may have.
    pub bytes_max: u64,
    /// For how long the oldest access has been waiting.
    pub oldest_age: Option<Duration>,
    /// Why nothing is shipped; `None` while there is nothing to ship, or it goes on.
    pub halted: Option<Halted>,
    /// Accesses that the ledger refused for good. They stay in the file `refused`.
    pub refused_events: u64,
    /// Parts of files that were damaged. They stay in files `damaged-…`.
    pub damaged_regions: u64,
    /// Requests that were acknowledged and can't be read any more.
    pub missing_requests: u64,
}

/// That nothing is shipped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Halted {
    /// What kind of reason.
    pub reason: HaltReason,
    /// What was reported.
    pub message: String,
    /// For how long.
    pub for_: Duration,
    /// Attempts since then.
    pub attempts: u32,
}

/// Why nothing is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HaltReason {
    /// The ledger can't be reached, or has no room. This passes.
    Away,
    /// The ledger does not know this recorder: token or certificate.
    NotKnown,
    /// The ledger refuses what may be an operator's mistake. After a while it is set aside.
    Refused,
    /// The ledger can't seal what is personal: its operator has to give it a wrapping key.
    SealingOff,
    /// AN ANSWER OF THE LEDGER FAILED VERIFICATION, or it was restored to an older state. Nothing is sent
    /// to it until it shows again what it showed before.
    Distrusted,
    /// This machine's disk.
    Disk,
}

impl HaltReason {
    /// Its name, for labels of metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::NotKnown => "not_known",
            Self::Refused => "refused",
            Self::SealingOff => "sealing_off",
            Self::Distrusted => "distrusted",
            Self::Disk => "disk",
        }
    }
}

/// That nothing is shipped, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Halt {
    pub(crate) reason: HaltReason,
    pub(crate) message: String,
    pub(crate) since: std::time::Instant,
    pub(crate) attempts: u32,
}

impl Halt {
    pub(crate) fn status(&self) -> Halted {
        let Self { reason, message, since, attempts } = self;
        Halted { reason: *reason, message: message.clone(), for_: since.elapsed(), attempts: *attempts }
    }
}

/// What happens to a spool, as it happens. For a metric of every kind; what is there at one moment tells
/// [`Recorder::spool_status`](crate::Recorder::spool_status).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpoolEvent {
    /// Accesses are safe in the spool.
    Spooled {
        /// How many.
        events: u64,
    },
    /// Accesses of the spool are in the ledger.
    Shipped {
        /// How many.
        events: u64,
    },
    /// The ledger refused accesses for good; they are kept in the file `refused`.
    SetAside {
        /// How many.
        events: u64,
        /// What the ledger said.
        reason: String,
    },
    /// A caller found no room.
    Full,
    /// Shipping stopped.
    Halted {
        /// Why.
        reason: HaltReason,
    },
    /// Shipping goes on.
    Resumed,
    /// A part of a file is damaged, or missing.
    Damaged {
        /// Requests that are lost with it, if that is known.
        missing_requests: u64,
    },
}

/// Sees what happens to a spool. Called from the recorder's own tasks: it must not wait.
pub trait SpoolObserver: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &SpoolEvent);
}

/// Who observes, if anybody does. Compares by identity.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn SpoolObserver>>);

impl Observer {
    /// Has everything told to `observer`.
    #[must_use]
    pub fn new(observer: Arc<dyn SpoolObserver>) -> Self {
        Self(Some(observer))
    }

    pub(crate) fn observe(&self, event: &SpoolEvent) {
        if let Some(observer) = &self.0 {
            observer.observe(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Observer(somebody)" } else { "Observer(nobody)" })
    }
}

impl PartialEq for Observer {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Eq for Observer {}

/// Microseconds since 1970.
pub(crate) fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// How long ago that was.
pub(crate) fn age(since_us: u64) -> Duration {
    Duration::from_micros(now_us().saturating_sub(since_us))
}
