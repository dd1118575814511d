//! Places submissions in the open commit: known numbers get their old answer, new ones time, index and
//! leaf hash. Writes nothing and answers nobody.

mod charter;
mod known;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use einsicht_access::vault::record::slot_bytes;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::leaf::{BODY_BYTES_MAX, LeafError, Link};
use einsicht_tlog::{Index, Leaf, RecordedAt};
use tokio::sync::watch;

use super::commit::{Commit, Waiting};
use super::in_flight::{Entry, InFlight};
use super::{Placed, PreparedEvent, Published, Refused, Submission, Work};
use crate::annotations::Note;
use crate::charters::{Charters, InForce};
use crate::clock::{Clock, ClockGuard};
use crate::sessions::{SessionKey, SessionRun, SessionStep, Sessions};
use crate::storage::{AppendError, LogReader, Room};
use crate::vault::{SealedBytes, Vault, VaultRecord};

/// The first stage of recording: gives order and time, and links the chain.
pub(super) struct Placer {
    /// What was placed, published or not.
    pub sessions: Sessions,
    /// The end of the chain, as placed.
    pub link: Link,
    pub in_flight: InFlight,
    /// The charter in force for the next entry.
    pub charter: Option<Arc<InForce>>,
    /// Tells others of it.
    pub charters: Charters,
    pub reader: LogReader,
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    pub guard: ClockGuard,
    pub room: Room,
    pub clock_alarm: Arc<AtomicBool>,
    /// As far as the reader can answer.
    pub published: watch::Receiver<Arc<Published>>,
    /// The first entry that the session store does not reflect.
    pub stored_before: Arc<AtomicU64>,
    /// Why nothing is recorded any more.
    pub stopped: Arc<OnceLock<String>>,
}

impl Placer {
    /// A commit behind everything that was placed.
    pub fn begin(&self) -> Commit {
        Commit::new(self.in_flight.next_index())
    }

    /// Places a submission in a commit, or notes there why it is refused.
    pub fn place(&mut self, submission: Submission, commit: &mut Commit) {
        let Submission { work, deadline, reply, room } = submission;
        let outcome = match deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            true => Err(Refused::Expired),
            false => self.place_work(&work, commit),
        };
        commit.waiting.push(Waiting { outcome, reply, _room: room });
    }

    /// Places work in a commit; all of it or nothing.
    pub fn place_work(&mut self, work: &Work, commit: &mut Commit) -> Result<Vec<Placed>, Refused> {
        // Nothing may be placed after a failed write: memory would know entries that are not durable.
        if self.stopped.get().is_some() {
            return Err(Refused::Append(Arc::new(AppendError::Stopped)));
        }
        if commit.frame.count() == 0 {
            // Before its first entry: a commit does not become larger than the reserve allows for.
            self.room.look().map_err(Refused::NoRoom)?;
        }
        let now = self.now()?;
        self.in_flight.forget_before(self.published.borrow().head.size.next_index());
        match work {
            Work::Accesses { session, events } => self.place_accesses(*session, events, now, commit),
            Work::SessionEnd { session, last_sequence, body } => {
                self.place_end(*session, *last_sequence, body, now, commit)
            }
            Work::Own { body, sealed } => self.place_own(body, sealed.as_ref(), now, commit),
            Work::Charter(charter) => self.place_charter(charter, now, commit),
        }
    }

    /// Puts to a commit what the session store is to learn with it. Whatever is placed in it afterwards
    /// needs another call, before anything is placed in the next one: a store that states the end of
    /// this commit must know its numbers, and none that may still be lost.
    pub fn settle(&mut self, commit: &mut Commit) {
        commit.changes.extend(self.sessions.take_changes());
        self.sessions.make_room(Index(self.stored_before.load(Ordering::Acquire)));
    }

    fn now(&mut self) -> Result<RecordedAt, Refused> {
        let now = self.guard.next(&*self.clock);
        let had_alarm = self.clock_alarm.swap(now.is_err(), Ordering::Relaxed);
        if let (Err(error), false) = (&now, had_alarm) {
            tracing::error!(%error, "nothing can be recorded");
        }
        Ok(now?)
    }

    /// Every number is looked up, and every old answer found, before any event is admitted.
    fn place_accesses(
        &mut self,
        key: SessionKey,
        events: &[PreparedEvent],
        now: RecordedAt,
        commit: &mut Commit,
    ) -> Result<Vec<Placed>, Refused> {
        let mut old = self.old_answers(key, events, now)?.into_iter();
        events.iter().try_for_each(|event| fits(&event.body, event.sealed.as_ref()))?;
        let known = old.as_slice().iter().map(Option::is_some).chain(std::iter::repeat(false));
        let new = events.iter().zip(known).filter(|(_, is_known)| !is_known).map(|(event, _)| event);
        are_of_month(new.clone().filter_map(|event| event.sealed.as_ref()), now)?;
        self.are_judged_by_the_charter_in_force(new)?;
        let mut placed = Vec::with_capacity(events.len());
        let mut run: Option<SessionRun> = None;
        for event in events {
            if let Some(entry) = old.next().flatten() {
                placed.push(entry);
                continue;
            }
            let PreparedEvent { event_id, body, sealed, judged, .. } = event;
            let new = New { body, event_id: *event_id, sealed: sealed.as_ref() };
            let entry = self.admit(&new, now, commit)?;
            placed.push(entry);
            self.note_deviations(judged.deviates, commit);
            match &mut run {
                Some(run) if run.is_continued_by(event.sequence, entry.index) => run.count += 1,
                run => {
                    let (first, index) = (event.sequence, entry.index);
                    let begun = SessionRun { key, first, index, count: 1, recorded_at: now };
                    run.replace(begun).map_or(Ok(()), |run| self.sessions.record(&run))?;
                }
            }
        }
        run.map_or(Ok(()), |run| self.sessions.record(&run))?;
        Ok(placed)
    }

    fn place_end(
        &mut self,
        key: SessionKey,
        last_sequence: Option<u64>,
        body: &[u8],
        now: RecordedAt,
        commit: &mut Commit,
    ) -> Result<Vec<Placed>, Refused> {
        let session = self.sessions.session(key, now)?;
        if let Some(index) = session.ended {
            return Ok(vec![self.recorded_before(index)?]);
        }
        match session.runs.highest() {
            Some(highest) if last_sequence < Some(highest) => {
                return Err(Refused::EndBelowHighest { highest });
            }
            _ => {}
        }
        fits(body, None)?;
        let entry = self.admit(&New { body, event_id: [0; 16], sealed: None }, now, commit)?;
        let (sequence, index) = (None, entry.index);
        self.sessions.apply(&SessionStep { key, sequence, index, recorded_at: now })?;
        Ok(vec![entry])
    }

    fn place_own(
        &mut self,
        body: &[u8],
        sealed: Option<&SealedBytes>,
        now: RecordedAt,
        commit: &mut Commit,
    ) -> Result<Vec<Placed>, Refused> {
        fits(body, sealed)?;
        are_of_month(sealed.into_iter(), now)?;
        let erasure = match read_body(body).map(|body| body.content) {
            Ok(Some(Content::Erasure(erasure))) => Some(erasure),
            _ => None,
        };
        let month = erasure.as_ref().and_then(|erasure| erasure.month.as_ref()?.parse::<Month>().ok());
        if month >= Some(Month::of_unix_s(now.0)) {
            // More may still be sealed in it, by a clock that goes back over the end of the month.
            return Err(unplaceable("a month that has not ended is not erased as a whole"));
        }
        let placed = self.admit(&New { body, event_id: [0; 16], sealed }, now, commit)?;
        if erasure.is_some() {
            // Before anybody can know of it, so that it is never taken for done before it is.
            self.vault.expect_erasure(placed.index);
        }
        Ok(vec![placed])
    }

    /// Appends one body to the commit. It [`fits`], and nothing else can be wrong with a leaf that is
    /// made here.
    fn admit(
        &mut self,
        new: &New<'_>,
        recorded_at: RecordedAt,
        commit: &mut Commit,
    ) -> Result<Placed, Refused> {
        let New { body, event_id, sealed } = *new;
        let index = self.in_flight.next_index();
        // What nobody can read says nothing about others.
        let note = Note::of(index, recorded_at, body).ok().flatten();
        let leaf = Leaf { previous: self.link.previous, recorded_at, body };
        let (offset, bytes) = commit.frame.push_leaf(&leaf).map_err(unplaceable)?;
        let (_, leaf_hash) = self.link.follow(bytes).map_err(unplaceable)?;
        commit.note(offset, leaf_hash);
        if let Some(note) = note {
            commit.annotate(note);
        }
        if let Some(sealed) = sealed {
            commit.seal(VaultRecord { index, leaf_hash, sealed: sealed.clone() });
        }
        self.in_flight.push(Entry { event_id, leaf_hash });
        Ok(Placed { index, leaf_hash, already_recorded: false })
    }
}

/// An entry to be.
struct New<'n> {
    body: &'n [u8],
    event_id: [u8; 16],
    sealed: Option<&'n SealedBytes>,
}

/// What is sealed was encrypted and marked for the month that it was prepared in; months end.
fn are_of_month<'s>(
    mut sealed: impl Iterator<Item = &'s SealedBytes>,
    now: RecordedAt,
) -> Result<(), Refused> {
    let Some(first) = sealed.next() else { return Ok(()) };
    let month = Month::of_unix_s(now.0);
    let is_other = first.month != month || sealed.any(|sealed| sealed.month != month);
    if is_other { Err(Refused::OtherMonth { month }) } else { Ok(()) }
}

/// Entries were measured when they were prepared; one that does not fit must not cost its neighbours.
fn fits(body: &[u8], sealed: Option<&SealedBytes>) -> Result<(), Refused> {
    sealed.map_or(Ok(0), |sealed| slot_bytes(&sealed.bytes)).map_err(unplaceable)?;
    let bytes = Leaf { previous: Default::default(), recorded_at: RecordedAt(0), body }.byte_len();
    match body.len() {
        0..=BODY_BYTES_MAX => Ok(()),
        _ => Err(unplaceable(LeafError::TooLong { bytes })),
    }
}

// Passed by value, so that it can be handed to `map_err` as it is.
#[allow(clippy::needless_pass_by_value)]
fn unplaceable(error: impl std::fmt::Display) -> Refused {
    Refused::Placing(error.to_string())
}
