//! The task that ships: in order, one request at a time, each answer verified.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic_types::StatusExt as _;

use super::aside::keep_refused;
use super::frame::FLAG_SENT;
use super::lock::Lock;
use super::marks::Marks;
use super::progress::Progress;
use super::queue::Queue;
use super::reader::{Batch, Content, Reader};
use super::status::{Halt, HaltReason, Observer, SpoolEvent, age};
use super::verdict::Verdict;
use crate::attempt::AttemptError;
use crate::error::Failure;
use crate::link::Link;

/// The ledger forgets sessions that are silent for 30 days: what may have been sent so long ago could be
/// recorded twice.
const SENT_AGE_MAX: Duration = Duration::from_secs(29 * 24 * 60 * 60);

/// Ships a spool as long as it lives.
pub(crate) struct Shipper {
    pub(crate) link: Arc<Link>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) observer: Observer,
    pub(crate) doubt_max: Duration,
    /// Frames below may have been sent before.
    pub(crate) maybe_sent_below: u64,
    /// Whether the ledger was verified since this process began.
    pub(crate) is_verified: bool,
    pub(crate) reader: Option<Reader>,
    pub(crate) progress: Progress,
    /// Held as long as anything uses the folder.
    pub(crate) _lock: Arc<Lock>,
}

/// What to do next.
enum Next {
    Batch,
    Change,
    Pause(Duration),
}

impl Shipper {
    pub(crate) async fn run(mut self) {
        let mut changed = self.queue.subscribe();
        loop {
            changed.mark_unchanged();
            match self.step().await {
                Next::Batch => {}
                Next::Pause(pause) => tokio::time::sleep(pause).await,
                Next::Change => {
                    if changed.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn step(&mut self) -> Next {
        let halted = self.queue.state().halt.as_ref().map(|halt| halt.reason);
        let is_empty = self.queue.state().is_empty();
        if halted == Some(HaltReason::Distrusted) || halted.is_some() && is_empty || !self.is_verified {
            // No access goes to a ledger that has not shown again what it showed before, or shown nothing yet.
            if let Err(error) = self.link.check_ledger().await {
                return self.halt_for(&error);
            }
            self.is_verified = true;
        }
        if self.queue.state().reap_after.is_some() {
            return self
                .halt(HaltReason::Disk, "what was shipped can't be removed from the spool".to_owned());
        }
        let batch = match self.next_batch().await {
            Ok(batch) => batch,
            Err(error) => return self.halt(HaltReason::Disk, format!("the spool can't be read: {error}")),
        };
        let Some(batch) = batch else {
            if is_empty && halted.is_some() {
                self.resume();
            }
            return Next::Change;
        };
        self.queue.state().head_us = batch.frames.first().map(|frame| frame.spooled_at_us);
        self.ship(batch).await
    }

    async fn ship(&mut self, batch: Batch) -> Next {
        if self.may_be_forgotten(&batch) {
            let reason = "it may have been sent more than 29 days ago, and the ledger may have forgotten that: \
                          sending it again could record it twice";
            return self.set_aside(batch, reason.to_owned()).await;
        }
        self.marks.raise(|bounds| bounds.sent = bounds.sent.max(batch.until()));
        let sent = match &batch.content {
            Content::Record(request) => self.link.record_once(request).await.map(drop),
            Content::End(ending) => self.link.end_session_once(ending).await,
            Content::Unreadable(what) => {
                let reason = (*what).to_owned();
                return self.set_aside(batch, reason).await;
            }
        };
        let Err(error) = sent else { return self.shipped(&batch) };
        if error.may_have_recorded() {
            self.maybe_sent_below = self.maybe_sent_below.max(batch.until());
        }
        self.after(error, batch).await
    }

    async fn after(&mut self, error: AttemptError, batch: Batch) -> Next {
        let is_one = batch.frames.len() == 1;
        match Verdict::of(&error) {
            Verdict::Wait(_) => {
                // A limit that a smaller request would keep.
                self.progress.frames_max = (self.progress.frames_max / 2).max(1);
                self.halt_for(&error)
            }
            Verdict::Compare => match self.link.check_ledger().await {
                Err(ledger) => self.halt_for(&ledger),
                Ok(()) if is_one => self.set_aside(batch, text(&error)).await,
                Ok(()) => self.one_by_one(&batch),
            },
            Verdict::Never if is_one => self.set_aside(batch, text(&error)).await,
            Verdict::Doubt if !self.progress.doubt_is_over(self.doubt_max) => self.halt_for(&error),
            Verdict::Doubt if is_one => self.set_aside(batch, text(&error)).await,
            Verdict::Never | Verdict::Doubt => self.one_by_one(&batch),
        }
    }

    /// Finds out which of several frames is meant.
    fn one_by_one(&mut self, batch: &Batch) -> Next {
        self.progress.alone_below = batch.until();
        Next::Batch
    }

    fn shipped(&mut self, batch: &Batch) -> Next {
        self.progress.succeeded();
        self.resume();
        self.done(batch);
        self.observer.observe(&SpoolEvent::Shipped { events: batch.events() });
        Next::Batch
    }

    fn done(&mut self, batch: &Batch) {
        self.marks.raise(|bounds| bounds.shipped = bounds.shipped.max(batch.until()));
        if let Some(reader) = &mut self.reader {
            reader.done(batch.frames.len());
        }
        let (frames, events) = (batch.frames.len() as u64, batch.events());
        self.queue.change(|state| state.ship(batch.segment, batch.until(), frames, events));
    }

    /// Keeps what will never be shipped, so that what is behind it is.
    async fn set_aside(&mut self, batch: Batch, reason: String) -> Next {
        let Some(disk) = self.reader.as_ref().map(|reader| reader.disk.clone()) else { return Next::Change };
        let (frames, said) = (batch.frames.clone(), reason.clone());
        let kept = blocking(move || keep_refused(&*disk, &frames, &said)).await;
        let added = match kept {
            Ok(added) => added,
            Err(error) => {
                return self.halt(HaltReason::Disk, format!("what was refused can't be kept: {error}"));
            }
        };
        let events = batch.events();
        tracing::error!(
            events,
            reason,
            "ACCESSES ARE NOT RECORDED: the ledger refuses them for good; they are kept in the file 'refused' of the spool"
        );
        self.queue.change(|state| {
            state.other_bytes += added;
            state.refused_events += events;
        });
        self.done(&batch);
        self.observer.observe(&SpoolEvent::SetAside { events, reason });
        Next::Batch
    }

    fn may_be_forgotten(&self, batch: &Batch) -> bool {
        let is_record = matches!(batch.content, Content::Record(_));
        is_record
            && batch.frames.iter().any(|frame| {
                let was_sent = frame.flags & FLAG_SENT != 0 || frame.sequence < self.maybe_sent_below;
                was_sent && age(frame.spooled_at_us) > SENT_AGE_MAX
            })
    }

    fn halt_for(&mut self, error: &AttemptError) -> Next {
        let asked = error.status().and_then(|status| status.get_details_retry_info()?.retry_delay);
        match self.halt(reason_of(error), text(error)) {
            Next::Pause(pause) => Next::Pause(pause.max(asked.unwrap_or_default())),
            next => next,
        }
    }

    /// Says why nothing is shipped, and how long to wait.
    fn halt(&mut self, reason: HaltReason, message: String) -> Next {
        self.progress.failed = self.progress.failed.saturating_add(1);
        note_halt(&self.queue, &self.observer, reason, message);
        Next::Pause(self.link.retry.backoff(self.progress.failed))
    }

    fn resume(&mut self) {
        if self.queue.state().halt.is_none() {
            return;
        }
        self.queue.change(|state| state.halt = None);
        tracing::info!("the ledger takes what is in the spool again");
        self.observer.observe(&SpoolEvent::Resumed);
    }

    async fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let Some(mut reader) = self.reader.take() else { return Ok(None) };
        let frames_max = self.progress.frames_max;
        let is_alone = self.queue.state().shipped < self.progress.alone_below;
        let frames_max = if is_alone { 1 } else { frames_max };
        let (reader, batch) = blocking(move || {
            let batch = reader.batch(frames_max);
            (reader, batch)
        })
        .await;
        self.reader = Some(reader);
        batch
    }
}

/// Notes why nothing is shipped, and says so if that is news.
pub(crate) fn note_halt(queue: &Queue, observer: &Observer, reason: HaltReason, message: String) {
    let mut state = queue.state();
    if let Some(halt) = state.halt.as_mut().filter(|halt| halt.reason == reason) {
        halt.attempts = halt.attempts.saturating_add(1);
        halt.message = message;
        return;
    }
    let (waiting, since) = (state.events(), Instant::now());
    state.halt = Some(Halt { reason, message: message.clone(), since, attempts: 1 });
    drop(state);
    match reason {
        HaltReason::Away => {
            tracing::warn!(waiting, message, "the ledger is away: accesses wait in the spool")
        }
        HaltReason::Distrusted => tracing::error!(
            waiting,
            message,
            "ALARM: THE LEDGER IS NOT THE ONE THAT IT WAS. Nothing is sent to it; accesses wait in the spool"
        ),
        _ => tracing::error!(waiting, message, reason = reason.name(), "the spool can't be shipped"),
    }
    observer.observe(&SpoolEvent::Halted { reason });
}

/// Notes that a call failed.
pub(crate) fn note_failure(queue: &Queue, observer: &Observer, error: &AttemptError) {
    note_halt(queue, observer, reason_of(error), text(error));
}

fn reason_of(error: &AttemptError) -> HaltReason {
    match Verdict::of(error) {
        Verdict::Wait(reason) => reason,
        Verdict::Doubt | Verdict::Compare | Verdict::Never => HaltReason::Refused,
    }
}

fn text(error: &AttemptError) -> String {
    match error {
        AttemptError::Failed(status) | AttemptError::Unproven(status) => Failure(status.clone()).to_string(),
        AttemptError::False(error) => error.to_string(),
        AttemptError::Trust(error) => error.to_string(),
    }
}

/// Runs what waits for a disk on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down, and this task with it.
        Err(_) => std::future::pending().await,
    }
}
