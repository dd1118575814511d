//! One commit: place what waits, append and sync, sign and publish, answer.

mod place;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{RecordedAt, SigningKey, checkpoint};
use tokio::sync::watch;

use super::{Acknowledged, Follower, Placed, Published, Refused, Submission, Work};
use crate::clock::{Clock, ClockGuard};
use crate::sessions::Sessions;
use crate::storage::{AppendError, Growth, LogReader, LogWriter, Tip};

use place::OpenCommit;

/// What a committer is made of.
pub struct Parts {
    /// Appends to the log.
    pub writer: LogWriter,
    /// Where the log ends.
    pub tip: Tip,
    /// What was recorded under which number; as far as the log.
    pub sessions: Sessions,
    /// Signs checkpoints.
    pub key: SigningKey,
    /// Gives the time.
    pub clock: Arc<dyn Clock>,
    /// Keeps what lies behind the log up to date.
    pub follower: Follower,
    /// Ends the process when a sync has failed. It must not return in production.
    pub halt: Box<dyn Fn(&AppendError) + Send>,
}

/// Writes commits, one after the other.
pub struct Committer {
    parts: Parts,
    reader: LogReader,
    guard: ClockGuard,
    published: watch::Sender<Arc<Published>>,
    stopped: Arc<OnceLock<String>>,
    clock_alarm: Arc<AtomicBool>,
}

/// A submission that is answered when the commit is durable: refusals, too, for they may rest on an
/// entry of this very commit.
struct Waiting {
    submission: Submission,
    outcome: Result<Vec<Placed>, Refused>,
}

impl Committer {
    /// Takes over the log. An empty one gets its genesis ([`Committer::record_own`]) before anything
    /// else happens: size 0 is never published.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let reader = parts.writer.reader();
        let guard = ClockGuard::new(&*parts.clock, parts.tip.recorded_at());
        let published = watch::Sender::new(Arc::new(sign(&parts)));
        Self { parts, reader, guard, published, stopped: Arc::default(), clock_alarm: Arc::default() }
    }

    /// The newest checkpoint, and each newer one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Set, once, to the reason why nothing is recorded any more.
    #[must_use]
    pub fn stopped(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.stopped)
    }

    /// Set while the clock is refused.
    pub(super) fn clock_alarm(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.clock_alarm)
    }

    /// The first entry that the session store does not reflect.
    pub(super) fn stored_before(&self) -> Arc<AtomicU64> {
        self.parts.follower.progress()
    }

    /// Records an entry of the service itself, before anybody else writes: the genesis of an empty
    /// log, or that the service has started.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn record_own(&mut self, body: &[u8]) -> Result<(), Refused> {
        self.record_now(vec![Work::Own { body: body.to_vec() }]).map(|_| ())
    }

    /// Records work in one commit, without a queue: for whoever has the ledger for itself.
    ///
    /// # Errors
    /// The first [`Refused`]; what was placed before it is durable all the same.
    pub fn record_now(&mut self, work: Vec<Work>) -> Result<Vec<Placed>, Refused> {
        let mut open = self.open_commit()?;
        let mut placed = Vec::new();
        let mut outcome = Ok(());
        for work in &work {
            match self.place_work(work, &mut open) {
                Ok(entries) => placed.extend(entries),
                Err(refused) => {
                    outcome = Err(refused);
                    break;
                }
            }
        }
        self.make_durable(open).map_err(|error| Refused::Append(Arc::new(error)))?;
        outcome.map(|()| placed)
    }

    /// When the newest entry was recorded.
    #[must_use]
    pub fn recorded_at(&self) -> RecordedAt {
        self.parts.tip.recorded_at()
    }

    /// Places what it can of a batch, makes it durable, publishes it, answers everybody.
    pub(super) fn commit(&mut self, batch: Vec<Submission>) {
        let begun = Instant::now();
        let mut open = match self.open_commit() {
            Ok(open) => open,
            Err(refused) => {
                tracing::error!(error = %refused, "nothing can be recorded");
                return batch.into_iter().for_each(|submission| submission.answer(Err(refused.again())));
            }
        };
        let mut waiting = Vec::with_capacity(batch.len());
        for submission in batch {
            let outcome = self.place(&submission, &mut open);
            waiting.push(Waiting { submission, outcome });
        }
        if let Err(error) = self.make_durable(open) {
            tracing::error!(%error, "a commit failed");
            if matches!(error, AppendError::Sync { .. }) {
                (self.parts.halt)(&error);
            }
            // The first reason stays: that nothing is recorded any more is only its consequence.
            let _ = self.stopped.set(error.to_string());
            let error = Arc::new(error);
            return waiting.into_iter().for_each(|waiting| waiting.fail(&error));
        }
        let published = Arc::clone(&self.published.borrow());
        waiting.into_iter().for_each(|waiting| waiting.answer(&published));
        metrics::histogram!("einsicht_commit_seconds").record(begun.elapsed());
    }

    /// Everything was written; brings what lies behind the log up to date.
    pub fn finish(self) {
        self.parts.follower.finish();
    }

    /// Nothing may be placed after a failed write: memory would know entries that are not durable.
    fn open_commit(&mut self) -> Result<OpenCommit, Refused> {
        if self.parts.writer.has_stopped() {
            return Err(Refused::Append(Arc::new(AppendError::Stopped)));
        }
        let first = self.parts.tip.next_index();
        let now = self.guard.next(&*self.parts.clock);
        self.clock_alarm.store(now.is_err(), Ordering::Relaxed);
        Ok(OpenCommit {
            first,
            recorded_at: now?,
            frame: FrameBuilder::new(first),
            growth: Growth::default(),
            event_ids: Vec::new(),
        })
    }

    fn place(&mut self, submission: &Submission, open: &mut OpenCommit) -> Result<Vec<Placed>, Refused> {
        if submission.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Refused::Expired);
        }
        self.place_work(&submission.work, open)
    }

    fn make_durable(&mut self, open: OpenCommit) -> Result<(), AppendError> {
        let count = open.frame.count();
        let head = self.parts.tip.head();
        // No entry: everything was known before, or refused. What was published still stands.
        let Some(frame) = open.frame.finish(&head.root) else { return Ok(()) };
        self.parts.writer.append(open.first, &frame, &open.growth)?;
        let published = Arc::new(sign(&self.parts));
        self.parts.follower.follow(&published, self.parts.sessions.take_changes());
        self.parts.sessions.make_room(self.parts.follower.stored_before());
        self.published.send_replace(published);
        metrics::counter!("einsicht_commits_total").increment(1);
        metrics::counter!("einsicht_entries_total").increment(u64::from(count));
        metrics::histogram!("einsicht_commit_entries").record(f64::from(count));
        Ok(())
    }
}

impl Submission {
    fn answer(self, answer: Result<Acknowledged, Refused>) {
        // A caller that has gone away asks again, and then gets the old answer.
        let _ = self.reply.send(answer);
    }
}

impl Waiting {
    fn answer(self, published: &Arc<Published>) {
        let acknowledged = |entries| Acknowledged { published: Arc::clone(published), entries };
        self.submission.answer(self.outcome.map(acknowledged));
    }

    fn fail(self, error: &Arc<AppendError>) {
        self.submission.answer(Err(Refused::Append(Arc::clone(error))));
    }
}

fn sign(parts: &Parts) -> Published {
    let head = parts.tip.head();
    Published { head, checkpoint: Bytes::from(checkpoint::sign(head, &parts.key)), since: Instant::now() }
}
