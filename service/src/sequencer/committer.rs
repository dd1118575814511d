//! Both stages of recording in one hand: for opening a ledger, before anybody else writes.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};

use einsicht_tlog::{RecordedAt, SigningKey};
use tokio::sync::watch;

use super::in_flight::InFlight;
use super::place::Placer;
use super::publish::Publisher;
use super::{Follower, Placed, Published, Refused, Work};
use crate::annotations::Annotations;
use crate::charters::Charters;
use crate::clock::{Clock, ClockGuard};
use crate::sessions::Sessions;
use crate::storage::{Halt, LogWriter, Room, Tip};
use crate::vault::Vault;

/// What a committer is made of.
pub struct Parts {
    /// Appends to the log.
    pub writer: LogWriter,
    /// Keeps what is sealed.
    pub vault: Vault,
    /// Where the log ends.
    pub tip: Tip,
    /// What was recorded under which number; as far as the log.
    pub sessions: Sessions,
    /// What its entries say about others; as far as the log.
    pub annotations: Annotations,
    /// Which charter is in force; as far as the log.
    pub charters: Charters,
    /// Signs checkpoints.
    pub key: SigningKey,
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// Has watched it since the log was opened.
    pub guard: ClockGuard,
    /// Keeps what lies behind the log up to date.
    pub follower: Follower,
    /// Whether there is room to record.
    pub room: Room,
    /// Ends the process when a sync has failed.
    pub halt: Halt,
}

/// Writes commits, one after the other.
pub struct Committer {
    pub(super) placer: Placer,
    pub(super) publisher: Publisher,
}

impl Committer {
    /// Takes over the log. An empty one gets its genesis ([`Committer::record_own`]) before anything
    /// else happens: size 0 is never published.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let published = Published::sign(parts.tip.head(), &parts.key);
        Self::with(parts, watch::Sender::new(Arc::new(published)))
    }

    /// The same where the end of the log was published already.
    #[must_use]
    pub fn with(parts: Parts, published: watch::Sender<Arc<Published>>) -> Self {
        let Parts { writer: log, vault, tip, sessions, annotations, charters, .. } = parts;
        let Parts { key, clock, guard, follower, room, halt, .. } = parts;
        let in_flight = InFlight::new(tip.next_index());
        let (link, tree) = tip.into_parts();
        let stopped = Arc::default();
        let placer = Placer {
            sessions,
            charter: charters.to_judge_by(),
            charters,
            link,
            in_flight,
            reader: log.reader(),
            vault: vault.clone(),
            guard,
            clock,
            room,
            clock_alarm: Arc::default(),
            published: published.subscribe(),
            stored_before: follower.progress(),
            stopped: Arc::clone(&stopped),
        };
        let publisher = Publisher { log, vault, tree, key, follower, annotations, published, stopped, halt };
        Self { placer, publisher }
    }

    /// The newest checkpoint, and each newer one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.placer.published.clone()
    }

    /// Set, once, to the reason why nothing is recorded any more.
    #[must_use]
    pub fn stopped(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.placer.stopped)
    }

    /// Knows whether there is room to record.
    pub(super) fn room(&self) -> Room {
        self.placer.room.clone()
    }

    /// Set while the clock is refused.
    pub(super) fn clock_alarm(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.placer.clock_alarm)
    }

    /// The first entry that the session store does not reflect.
    pub(super) fn stored_before(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.placer.stored_before)
    }

    /// Records an entry of the service itself, before anybody else writes: the genesis of an empty
    /// log, or that the service has started.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn record_own(&mut self, body: &[u8]) -> Result<(), Refused> {
        self.record_now(vec![Work::Own { body: body.to_vec(), sealed: None }]).map(|_| ())
    }

    /// Records work in one commit, without a queue: for whoever has the ledger for itself.
    ///
    /// # Errors
    /// The first [`Refused`]; what was placed before it is durable all the same.
    pub fn record_now(&mut self, work: Vec<Work>) -> Result<Vec<Placed>, Refused> {
        let mut commit = self.placer.begin();
        let mut placed = Vec::new();
        let place = |work: &Work| {
            placed.extend(self.placer.place_work(work, &mut commit)?);
            Ok(())
        };
        let outcome = work.iter().try_for_each(place);
        self.placer.settle(&mut commit);
        self.publisher.write(commit).map_err(Refused::Append)?;
        outcome.map(|()| placed)
    }

    /// When the newest entry was recorded.
    #[must_use]
    pub fn recorded_at(&self) -> RecordedAt {
        self.placer.link.not_before
    }

    /// Everything was written; brings what lies behind the log up to date.
    pub fn finish(self) {
        self.publisher.finish();
    }
}
