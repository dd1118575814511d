//! One commit: place what waits, append and sync, sign and publish, answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Index, Leaf, RecordedAt, SigningKey, checkpoint};
use tokio::sync::watch;

use super::{Acknowledged, Follower, Placed, PreparedEvent, Published, Refused, Submission, Work};
use crate::clock::{Clock, ClockGuard};
use crate::sessions::{Known, SessionKey, SessionStep, Sessions};
use crate::storage::{AppendError, Growth, LogReader, LogWriter, Tip};

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
}

/// The commit that is being put together.
struct OpenCommit {
    first: Index,
    recorded_at: RecordedAt,
    frame: FrameBuilder,
    growth: Growth,
    /// Event id of each entry, so that one sent twice within a commit is recognised.
    event_ids: Vec<[u8; 16]>,
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
        Self { parts, reader, guard, published }
    }

    /// The newest checkpoint, and each newer one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.subscribe()
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
        Ok(OpenCommit {
            first,
            recorded_at: self.guard.next(&*self.parts.clock)?,
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

    fn place_work(&mut self, work: &Work, open: &mut OpenCommit) -> Result<Vec<Placed>, Refused> {
        match work {
            Work::Accesses { session, events } => self.place_accesses(*session, events, open),
            Work::SessionEnd { session, last_sequence, body } => {
                self.place_end(*session, *last_sequence, body, open)
            }
            Work::Own { body } => Ok(vec![self.admit(body, [0; 16], open)?]),
        }
    }

    /// All or nothing: every number is looked up, and every old answer found, before any event is
    /// admitted.
    fn place_accesses(
        &mut self,
        key: SessionKey,
        events: &[PreparedEvent],
        open: &mut OpenCommit,
    ) -> Result<Vec<Placed>, Refused> {
        let session = self.parts.sessions.session(key, open.recorded_at)?;
        let ended = session.ended;
        let known: Vec<Known> = events.iter().map(|event| session.lookup(event.sequence)).collect();
        let mut old = Vec::with_capacity(events.len());
        for (position, (event, known)) in events.iter().zip(known).enumerate() {
            let sequence = event.sequence;
            old.push(match (known, ended) {
                (Known::Recorded(index), _) if self.event_id(index, open)? != event.event_id => {
                    return Err(Refused::Conflict { position, sequence, index });
                }
                (Known::Recorded(index), _) => Some(self.recorded_before(index, open)?),
                (Known::BeyondHorizon { highest }, _) => {
                    return Err(Refused::BeyondHorizon { position, sequence, highest });
                }
                (Known::New, Some(index)) => return Err(Refused::SessionEnded { index }),
                (Known::New, None) => None,
            });
        }
        let mut placed = Vec::with_capacity(events.len());
        for (event, old) in events.iter().zip(old) {
            placed.push(match old {
                Some(entry) => entry,
                None => {
                    let entry = self.admit(&event.body, event.event_id, open)?;
                    self.step(key, Some(event.sequence), entry.index, open)?;
                    entry
                }
            });
        }
        Ok(placed)
    }

    fn place_end(
        &mut self,
        key: SessionKey,
        last_sequence: Option<u64>,
        body: &[u8],
        open: &mut OpenCommit,
    ) -> Result<Vec<Placed>, Refused> {
        let session = self.parts.sessions.session(key, open.recorded_at)?;
        if let Some(index) = session.ended {
            return Ok(vec![self.recorded_before(index, open)?]);
        }
        match session.runs.highest() {
            Some(highest) if last_sequence < Some(highest) => {
                return Err(Refused::EndBelowHighest { highest });
            }
            _ => {}
        }
        let entry = self.admit(body, [0; 16], open)?;
        self.step(key, None, entry.index, open)?;
        Ok(vec![entry])
    }

    /// Appends one body to the commit.
    fn admit(&mut self, body: &[u8], event_id: [u8; 16], open: &mut OpenCommit) -> Result<Placed, Refused> {
        let tip = &mut self.parts.tip;
        let index = tip.next_index();
        let leaf = Leaf { previous: tip.previous(), recorded_at: open.recorded_at, body };
        // Bodies were measured when they were prepared: neither of these can fail on them.
        let unwritable = |error: String| Refused::Placing(error);
        let bytes = leaf.to_bytes().map_err(|error| unwritable(error.to_string()))?;
        let offset = open.frame.push(&bytes).map_err(|error| unwritable(error.to_string()))? as u64;
        tip.admit(&bytes, offset, &mut open.growth).map_err(|error| unwritable(error.to_string()))?;
        open.event_ids.push(event_id);
        Ok(Placed { index, leaf_hash: tip.previous(), already_recorded: false })
    }

    fn step(
        &mut self,
        key: SessionKey,
        sequence: Option<u64>,
        index: Index,
        open: &OpenCommit,
    ) -> Result<(), Refused> {
        let recorded_at = open.recorded_at;
        Ok(self.parts.sessions.apply(&SessionStep { key, sequence, index, recorded_at })?)
    }

    fn recorded_before(&self, index: Index, open: &OpenCommit) -> Result<Placed, Refused> {
        let leaf_hash = match open.position(index) {
            Some(position) => open.growth.leaf_hashes.get(position).copied().unwrap_or_default(),
            None => self.reader.leaf_hash(index).map_err(|error| Refused::Placing(error.to_string()))?,
        };
        Ok(Placed { index, leaf_hash, already_recorded: true })
    }

    fn event_id(&self, index: Index, open: &OpenCommit) -> Result<[u8; 16], Refused> {
        if let Some(id) = open.position(index).and_then(|position| open.event_ids.get(position)) {
            return Ok(*id);
        }
        let unreadable = |error: &dyn std::fmt::Display| Refused::Placing(format!("entry {index}: {error}"));
        let leaf = self.reader.leaf(index).map_err(|error| unreadable(&error))?;
        let leaf = Leaf::parse(&leaf).map_err(|error| unreadable(&error))?;
        let body = read_body(leaf.body).map_err(|error| unreadable(&error))?;
        match body.content {
            Some(Content::Access(record)) => <[u8; 16]>::try_from(&*record.event_id)
                .map_err(|_| unreadable(&"its event_id is not 16 bytes")),
            _ => Err(unreadable(&"it is not an access")),
        }
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

impl OpenCommit {
    /// Position in this commit, if the entry is in it.
    fn position(&self, index: Index) -> Option<usize> {
        index.0.checked_sub(self.first.0).and_then(|position| usize::try_from(position).ok())
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
