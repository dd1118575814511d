//! What is done with sealed values once they are recorded: disclosed, erased, corrected, opened, kept no longer.
//!
//! Every deed is an entry of the log first, durable, and only then done or shown. What it was about stands there
//! sealed: a [`Statement`](einsicht_proto::v1::Statement) of who, which entry, which fields and why.

mod correct;
mod daily;
mod disclose;
mod erase;
mod error;
mod open;
mod predecessors;
mod request;
mod retain;
mod target;
#[cfg(test)]
mod tests;
mod trail;
mod undone;
mod view_keys;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use einsicht_access::limits::check_text;
use einsicht_access::{Month, SealedField};
use einsicht_tlog::{Index, Origin, RecordedAt};
use tokio::sync::RwLock as AsyncRwLock;

use crate::annotations::Annotations;
use crate::charters::{Charters, Terms};
use crate::clock::{Clock, ClockGuard};
use crate::config::Rules;
use crate::sequencer::{Refused, Sequencer};
use crate::storage::LogReader;
use crate::storage::file::Folder;
use crate::vault::{Keyring, Vault};

pub use daily::first_after;
pub use disclose::{Asked, Disclosed, Granted, OpenedValue};
pub use erase::Erased;
pub use error::CustodyError;
pub use request::PendingRequest;
pub use retain::Due;
pub use view_keys::{Issued, IssuedKey};

/// Longest reason for a disclosure, and longest correction, in bytes.
const REASON_BYTES_MAX: usize = einsicht_access::limits::TEXT_BYTES_MAX;
/// Longest ground of an erasure or a correction, in bytes.
const GROUND_BYTES_MAX: usize = 1024;
const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// Looks after what is sealed. Cheap to clone.
#[derive(Clone)]
pub struct Custody {
    inner: Arc<Inner>,
}

/// What it works with.
pub struct Parts {
    /// Writes the entries.
    pub sequencer: Sequencer,
    /// Reads them.
    pub reader: LogReader,
    /// What entries say about others.
    pub annotations: Annotations,
    /// Which charter is in force.
    pub charters: Charters,
    /// Has the sealed values.
    pub vault: Vault,
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// What is configured.
    pub rules: RulesSlot,
    /// The ledger.
    pub origin: Origin,
    /// The data folders of the ledgers that it continues, the newest first.
    pub predecessors: Vec<Arc<dyn Folder>>,
}

struct Inner {
    parts: Parts,
    /// Disclosures go side by side; whatever changes what can be disclosed goes alone: what was looked at before the
    /// entry is written must still be so when it is done.
    desk: AsyncRwLock<()>,
    /// Believes the clock as the one who records does: what is done by it can't be taken back.
    guard: Mutex<ClockGuard>,
}

/// The rules of now. Clones share them; a reload exchanges them.
#[derive(Clone, Debug, Default)]
pub struct RulesSlot {
    rules: Arc<RwLock<Arc<Rules>>>,
}

/// Who does something.
#[derive(Clone, Debug)]
pub struct Doer {
    /// Name, as configured.
    pub name: Arc<str>,
    /// Role, as it is logged in the clear.
    pub role: &'static str,
    /// Whether it is known by a certificate of its own.
    pub has_certificate: bool,
}

impl RulesSlot {
    /// Begins with these.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(RwLock::new(Arc::new(rules))) }
    }

    /// Those of now.
    #[must_use]
    pub fn current(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these hold.
    pub fn replace(&self, rules: Rules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

impl Custody {
    /// Takes over.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let newest = parts.sequencer.published().borrow().head.size.0.saturating_sub(1);
        // What can't be read is told where it is needed.
        let newest = parts.reader.recorded_at(Index(newest)).unwrap_or(RecordedAt(0));
        let guard = Mutex::new(ClockGuard::new(&*parts.clock, newest));
        Self { inner: Arc::new(Inner { parts, desk: AsyncRwLock::new(()), guard }) }
    }

    /// What is configured now.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        self.parts().rules.current()
    }

    /// What holds for accesses that are recorded now.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { rules: self.rules(), charter: self.parts().charters.to_judge_by() }
    }

    /// The ledger that it belongs to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.parts().origin
    }

    fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    /// The keys of the vault.
    ///
    /// # Errors
    /// [`CustodyError::Off`] without a wrapping key.
    pub fn keyring(&self) -> Result<&Arc<Keyring>, CustodyError> {
        self.parts().vault.keyring().ok_or(CustodyError::Off)
    }

    /// The month that is sealed for: that of now, or of the newest entry where the clock ran back.
    ///
    /// # Errors
    /// [`CustodyError::Refused`] for as long as nothing is recorded because of the clock: no key is made for a month
    /// that has not come.
    pub fn month(&self) -> Result<Month, CustodyError> {
        Ok(Month::of_unix_s(self.now_s()?))
    }

    /// Notes that entries of this month are recorded.
    pub fn has_begun(&self, month: Month) {
        self.guard().not_before(RecordedAt(month.first_second()));
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    fn now_s(&self) -> Result<u64, CustodyError> {
        let now = self.guard().next(&*self.parts().clock);
        Ok(now.map_err(Refused::Clock)?.0)
    }

    /// Days since 1970-01-01.
    fn today(&self) -> Result<i32, CustodyError> {
        Ok(i32::try_from(self.wall_s()? / SECONDS_A_DAY).unwrap_or(i32::MAX))
    }

    /// What the clock shows, in seconds: by it is done what can't be taken back. It may have been ahead for a while, and
    /// entries of that time stay where they are.
    fn wall_s(&self) -> Result<u64, CustodyError> {
        self.now_s()?;
        Ok(u64::try_from(self.parts().clock.unix_us()).unwrap_or(0) / 1_000_000)
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, ClockGuard> {
        self.inner.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn published(&self, index: Index) -> Result<(), CustodyError> {
        let published = self.parts().sequencer.published().borrow().head.size;
        if published.contains(index) { Ok(()) } else { Err(CustodyError::NotPublished { index, published }) }
    }
}

/// Runs what may wait for a disk on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CustodyError> + Send + 'static,
) -> Result<T, CustodyError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| CustodyError::Disorder)?
}

/// A text that has to be given, and has limits. What it says is not shown.
fn check_given(field: &'static str, text: &str, bytes_max: usize) -> Result<(), CustodyError> {
    check_text(text, bytes_max).map_err(|problem| CustodyError::Text { field, problem })
}

/// Their names, for people.
fn names(fields: &[SealedField]) -> String {
    fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ")
}
