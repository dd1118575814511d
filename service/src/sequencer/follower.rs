//! Brings up to date what lies behind the log: `log/checkpoint`, the session store, the watermark.
//! On a thread of its own, never on the path of an answer, and nothing of it is trusted at start.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use einsicht_tlog::{Index, TreeHead};

use super::Published;
use crate::sessions::{Change, SessionStore, StoreError};
use crate::storage::Keeper;
use crate::vault::Vault;

/// How often a writer that waits for room looks whether the thread is still there.
const MAKE_ROOM_INTERVAL: Duration = Duration::from_millis(250);
/// Changes that may pile up before recording waits for the store.
const PENDING_CHANGES_MAX: usize = 100_000;

/// How often the thread works. Another one than the default is for tests, which can not wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Least time between two rounds: `log/checkpoint` is at most that old.
    pub round_interval: Duration,
    /// The watermark moves when this many entries are behind it …
    pub watermark_entries: u64,
    /// … or when it has not moved for this long.
    pub watermark_interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            round_interval: Duration::from_millis(250),
            watermark_entries: 65_536,
            watermark_interval: Duration::from_secs(10),
        }
    }
}

/// What the thread has not dealt with yet.
#[derive(Default)]
struct Pending {
    published: Option<Arc<Published>>,
    changes: HashMap<[u8; 24], Change>,
    finish: bool,
}

struct Shared {
    pending: Mutex<Pending>,
    /// Signals the thread that there is something, and the writer that there is room.
    changed: Condvar,
    stored_before: Arc<AtomicU64>,
}

/// The thread and what it is told.
pub struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts the thread.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(keeper: Keeper, vault: Vault, store: SessionStore, pace: Pace) -> std::io::Result<Self> {
        // The store was caught up before; where it does not tell, the first round will.
        let reflected = store.head().ok().flatten().map_or(0, |head| head.size.0);
        let follower =
            Self::start_with(keeper, vault, Box::new(move |changes, head| store.write(changes, head)), pace)?;
        follower.shared.stored_before.fetch_max(reflected, Ordering::AcqRel);
        Ok(follower)
    }

    pub(super) fn start_with(
        keeper: Keeper,
        vault: Vault,
        write_sessions: WriteSessions,
        pace: Pace,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            pending: Mutex::default(),
            changed: Condvar::new(),
            stored_before: Arc::default(),
        });
        let round = Round {
            keeper,
            vault,
            write_sessions,
            unwritten: HashMap::new(),
            shared: Arc::clone(&shared),
            pace,
            watermark: (0, Instant::now()),
        };
        let thread = std::thread::Builder::new()
            .name("follower".to_owned())
            .spawn(move || round.run_until_finished())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Tells of a commit. Waits only where the store has fallen far behind.
    pub fn follow(&self, published: &Arc<Published>, changes: Vec<Change>) {
        let mut pending = self.shared.lock();
        // A thread that has ended makes no room: then recording goes on without it, and what it keeps
        // is rebuilt at the next start.
        while pending.changes.len() > PENDING_CHANGES_MAX && self.is_running() {
            let waited = self.shared.changed.wait_timeout(pending, MAKE_ROOM_INTERVAL);
            (pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if !self.is_running() {
            pending.changes.clear();
            return;
        }
        pending.published = Some(Arc::clone(published));
        pending.changes.extend(changes.into_iter().map(|change| (change.name(), change)));
        drop(pending);
        self.shared.changed.notify_all();
    }

    fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// The first entry that the session store does not reflect.
    #[must_use]
    pub fn stored_before(&self) -> Index {
        Index(self.shared.stored_before.load(Ordering::Acquire))
    }

    /// The same number, for whoever watches it.
    #[must_use]
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.stored_before)
    }

    /// Deals with everything that is pending, and ends the thread.
    pub fn finish(mut self) {
        self.shared.lock().finish = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the follower ended in disorder; what it keeps is rebuilt at the next start");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes to the session store, and up to which head it is then.
pub(super) type WriteSessions = Box<dyn FnMut(&[Change], &TreeHead) -> Result<(), StoreError> + Send>;

/// What the thread works with.
struct Round {
    keeper: Keeper,
    vault: Vault,
    write_sessions: WriteSessions,
    /// Changes that the store does not have yet. A later head may not be stated without them.
    unwritten: HashMap<[u8; 24], Change>,
    shared: Arc<Shared>,
    pace: Pace,
    /// Size at the watermark, and when it was moved.
    watermark: (u64, Instant),
}

impl Round {
    fn run_until_finished(mut self) {
        let mut newest = None;
        loop {
            let (published, changes, finish) = self.wait();
            // The end moves the watermark all the way, also if nothing is new since the last round.
            if let Some(published) = published.or_else(|| newest.take().filter(|_| finish)) {
                self.unwritten.extend(changes);
                self.bring_up_to_date(&published, finish);
                newest = Some(published);
            }
            if finish {
                return;
            }
            // Coalesce what comes meanwhile; the end does not wait for it.
            let pending = self.shared.lock();
            let going_on = |pending: &mut Pending| !pending.finish;
            drop(self.shared.changed.wait_timeout_while(pending, self.pace.round_interval, going_on));
        }
    }

    fn wait(&self) -> (Option<Arc<Published>>, HashMap<[u8; 24], Change>, bool) {
        let pending = self.shared.lock();
        let idle = |pending: &mut Pending| pending.published.is_none() && !pending.finish;
        let waited = self.shared.changed.wait_while(pending, idle);
        let taken = std::mem::take(&mut *waited.unwrap_or_else(PoisonError::into_inner));
        self.shared.changed.notify_all();
        (taken.published, taken.changes, taken.finish)
    }

    fn bring_up_to_date(&mut self, published: &Published, finish: bool) {
        let head = published.head;
        if let Err(error) = self.keeper.keep_checkpoint(&published.checkpoint) {
            failed("checkpoint");
            tracing::error!(%error, "log/checkpoint could not be replaced; recording goes on");
        }
        let changes: Vec<Change> = self.unwritten.values().cloned().collect();
        match (self.write_sessions)(&changes, &head) {
            Ok(()) => {
                self.unwritten.clear();
                self.shared.stored_before.store(head.size.0, Ordering::Release);
            }
            Err(error) if self.unwritten.len() > PENDING_CHANGES_MAX => {
                failed("sessions");
                tracing::error!(%error, "the session store is given up; it is rebuilt at the next start");
                self.unwritten.clear();
                self.write_sessions = Box::new(|_, _| Err(StoreError::GivenUp));
            }
            Err(StoreError::GivenUp) => self.unwritten.clear(),
            Err(error) => {
                failed("sessions");
                tracing::error!(%error, "the session store could not be written; it is tried again");
            }
        }
        let (size, moved) = self.watermark;
        let is_due = head.size.0 - size >= self.pace.watermark_entries
            || moved.elapsed() >= self.pace.watermark_interval;
        if finish || is_due {
            let of_log = self.keeper.move_watermark(&head);
            match of_log.and(self.vault.move_watermark(&head)) {
                Ok(()) => self.watermark = (head.size.0, Instant::now()),
                Err(error) => {
                    failed("watermark");
                    tracing::error!(%error, "the watermark could not be moved; the next start takes longer")
                }
            }
        }
    }
}

fn failed(what: &'static str) {
    metrics::counter!("einsicht_follower_errors_total", "what" => what).increment(1);
}
