//! The only writer. Two stages: one gives order, time and chain, the other makes durable and answers;
//! many callers share one commit.
//!
//! Grouping comes from waiting callers: while one commit is written and synced, the next callers join
//! the one behind it. A lone caller never waits for a timer, nor for another thread.

mod activity;
mod commit;
mod committer;
mod follower;
mod in_flight;
mod later;
mod pipeline;
mod place;
mod publish;
mod refused;
#[cfg(test)]
mod tests;
mod work;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use einsicht_tlog::{Hash, Index, TreeHead};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::storage::{NoRoom, Room};

use activity::Activity;

pub use committer::{Committer, Parts};
pub use follower::{Follower, Pace};
pub use later::{Later, NotYet};
pub use refused::Refused;
pub use work::{Judged, PreparedEvent, Work};

/// Submissions that may wait to be placed.
const QUEUE_SUBMISSIONS_MAX: usize = 4096;
/// Bytes of bodies, and of what they were made from, that may wait to be placed or to become durable.
const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What everybody sees: the newest checkpoint whose entries are durable.
#[derive(Debug)]
pub struct Published {
    /// Its size and root.
    pub head: TreeHead,
    /// Its signed bytes.
    pub checkpoint: Bytes,
    /// When it was signed.
    pub since: Instant,
}

/// Where one entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its index.
    pub index: Index,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// Whether an earlier submission had recorded it.
    pub already_recorded: bool,
}

/// The entries of a submission are durable and published.
#[derive(Debug)]
pub struct Acknowledged {
    /// A checkpoint that covers them.
    pub published: Arc<Published>,
    /// One per entry, in the order of the submission.
    pub entries: Vec<Placed>,
}

/// One submission in the queue.
pub(crate) struct Submission {
    work: Work,
    deadline: Option<Instant>,
    reply: oneshot::Sender<Result<Acknowledged, Refused>>,
    /// Gives the queue its bytes back when dropped.
    room: OwnedSemaphorePermit,
}

/// Takes submissions to be placed. Cheap to clone; recording ends when all are dropped.
#[derive(Clone)]
pub struct Sequencer {
    queue: mpsc::Sender<Submission>,
    activity: Arc<Activity>,
    room: Arc<Semaphore>,
    published: watch::Receiver<Arc<Published>>,
    disk: Room,
    /// Set once there is somebody who records.
    view: Arc<OnceLock<View>>,
    /// Why nobody ever will.
    not_begun: Arc<OnceLock<String>>,
}

/// What can be seen of a committer at work.
struct View {
    stopped: Arc<OnceLock<String>>,
    clock_alarm: Arc<AtomicBool>,
    stored_before: Arc<AtomicU64>,
}

impl View {
    fn of(committer: &Committer) -> Self {
        Self {
            stopped: committer.stopped(),
            clock_alarm: committer.clock_alarm(),
            stored_before: committer.stored_before(),
        }
    }
}

impl Sequencer {
    /// Starts recording, on threads of its own. They end, after everything in the queue, when all handles
    /// are dropped; when the one that is returned has ended, everything behind the log is up to date.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(committer: Committer) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (published, disk) = (committer.published(), committer.room());
        let (sequencer, waiting) = Self::new(published, disk, OnceLock::from(View::of(&committer)));
        let thread = pipeline::start(committer, waiting, Arc::clone(&sequencer.activity))?;
        Ok((sequencer, thread))
    }

    /// The same where there is no room to record yet. Until there is, everything is refused.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start_later(later: Later) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let Later { room: disk, published, begin } = later;
        let (sequencer, waiting) = Self::new(published, disk, OnceLock::new());
        let (view, not_begun) = (Arc::clone(&sequencer.view), Arc::clone(&sequencer.not_begun));
        let thread = later::start(begin, waiting, view, not_begun, Arc::clone(&sequencer.activity))?;
        Ok((sequencer, thread))
    }

    fn new(
        published: watch::Receiver<Arc<Published>>,
        disk: Room,
        view: OnceLock<View>,
    ) -> (Self, mpsc::Receiver<Submission>) {
        let (queue, waiting) = mpsc::channel(QUEUE_SUBMISSIONS_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX));
        let (view, not_begun) = (Arc::new(view), Arc::default());
        (Self { queue, activity: Arc::default(), room, published, disk, view, not_begun }, waiting)
    }

    /// Has `work` recorded, and waits until it is durable and published.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn submit(&self, work: Work, deadline: Option<Instant>) -> Result<Acknowledged, Refused> {
        self.submit_holding(work, 0, deadline).await
    }

    /// The same for somebody who keeps so many bytes more until there is an answer: what the work was prepared from, for
    /// it may have to be prepared again. They take room in the queue, too.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn submit_holding(
        &self,
        work: Work,
        held_bytes: usize,
        deadline: Option<Instant>,
    ) -> Result<Acknowledged, Refused> {
        metrics::counter!("einsicht_submissions_total").increment(1);
        if let (None, Some(no_room)) = (self.view.get(), self.no_room()) {
            return Err(Refused::NoRoom(no_room));
        }
        let bytes = u32::try_from(work.bytes() + held_bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let room = room.map_err(|_| Refused::QueueFull { waiting: "bytes" })?;
        let (reply, answer) = oneshot::channel();
        let submission = Submission { work, deadline, reply, room };
        self.activity.join();
        self.queue.try_send(submission).map_err(|error| {
            self.activity.leave(1);
            match error {
                mpsc::error::TrySendError::Full(_) => Refused::QueueFull { waiting: "requests" },
                mpsc::error::TrySendError::Closed(_) => Refused::ShuttingDown,
            }
        })?;
        answer.await.unwrap_or(Err(Refused::ShuttingDown))
    }

    /// The newest checkpoint, and each newer one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.clone()
    }

    /// Why nothing is recorded any more, until the next start; `None` as long as recording goes on, or
    /// will go on by itself.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        let stopped = self.view.get().and_then(|view| view.stopped.get());
        match stopped.or_else(|| self.not_begun.get()) {
            Some(reason) => Some(reason.clone()),
            None => {
                self.queue.is_closed().then(|| "the writer has ended; start the service again".to_owned())
            }
        }
    }

    /// Why nothing is recorded now, as it was seen last; it may pass.
    #[must_use]
    pub fn not_recording(&self) -> Option<String> {
        let begins = || self.view.get().is_none().then(|| "recording is about to begin".to_owned());
        self.stopped().or_else(|| self.no_room().map(|no_room| no_room.to_string())).or_else(begins)
    }

    /// There is no room to record, as it was seen last.
    #[must_use]
    pub fn no_room(&self) -> Option<NoRoom> {
        self.disk.last()
    }

    /// What looks whether there is room, also while nobody records.
    #[must_use]
    pub fn disk(&self) -> &Room {
        &self.disk
    }

    /// Whether the last attempt to record was refused because of the clock. Nobody looks at the clock
    /// while nobody records.
    #[must_use]
    pub fn clock_alarm(&self) -> bool {
        self.view.get().is_some_and(|view| view.clock_alarm.load(Ordering::Relaxed))
    }

    /// The first entry that the session store does not reflect.
    #[must_use]
    pub fn stored_before(&self) -> Index {
        Index(self.view.get().map_or(0, |view| view.stored_before.load(Ordering::Acquire)))
    }

    /// How many submissions wait to be placed.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        QUEUE_SUBMISSIONS_MAX - self.queue.capacity()
    }

    /// How many submissions wait for their commit to lie where it can be written: those that wait to be placed, and
    /// those in the hands of the thread that places.
    #[must_use]
    pub fn unplaced(&self) -> usize {
        self.activity.unplaced()
    }

    /// Whether the thread that writes has nothing to do. The one that places may be writing for it.
    #[must_use]
    pub fn writer_waits(&self) -> bool {
        self.activity.writer_waits()
    }
}
