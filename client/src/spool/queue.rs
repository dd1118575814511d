//! What is in the spool, shared by those who put in, the thread that writes, and the task that ships.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{oneshot, watch};

use super::error::SpoolError;
use super::frame::Frame;
use super::status::Halt;
use crate::session::Numbers;

/// Most frames' bytes and events that are written and synced at once.
const GROUP_BYTES_MAX: u64 = 4 << 20;
const GROUP_EVENTS_MAX: u64 = 16 * 1000;

/// A frame to be written, and who waits for it.
pub(crate) struct Job {
    /// Its sequence is set by the writer.
    pub(crate) frame: Frame,
    /// Keep the session from ending before this is safe.
    pub(crate) numbers: Option<Numbers>,
    pub(crate) answer: oneshot::Sender<Result<(), NotKept>>,
}

/// Tells when a frame is durable.
pub(crate) type Answer = oneshot::Receiver<Result<(), NotKept>>;

/// A frame that was not made durable.
pub(crate) struct NotKept {
    pub(crate) error: SpoolError,
    pub(crate) numbers: Option<Numbers>,
}

/// A segment file with frames that may have to be shipped.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) first_sequence: u64,
    /// The sequence behind its last acknowledged frame.
    pub(crate) end_sequence: u64,
    /// The offset behind it.
    pub(crate) end: u64,
    pub(crate) bytes_on_disk: u64,
    /// Of what is not shipped yet.
    pub(crate) frames: u64,
    pub(crate) events: u64,
    /// Sequences that are known to have no frame.
    pub(crate) missing: u64,
}

#[derive(Default)]
pub(crate) struct State {
    jobs: VecDeque<Job>,
    /// Of jobs that wait or are being written.
    unwritten_frames: u64,
    unwritten_bytes: u64,
    pub(crate) segments: VecDeque<Segment>,
    /// Bytes of all other files.
    pub(crate) other_bytes: u64,
    /// All frames below this sequence are done with.
    pub(crate) shipped: u64,
    /// When the oldest frame was spooled.
    pub(crate) head_us: Option<u64>,
    pub(crate) halt: Option<Halt>,
    pub(crate) damaged_regions: u64,
    pub(crate) missing_requests: u64,
    pub(crate) refused_events: u64,
    /// Removing failed; not tried again before.
    pub(crate) reap_after: Option<Instant>,
    /// Nobody waits for room any more.
    pub(crate) is_closing: bool,
    is_stopping: bool,
}

/// What the writer does next.
pub(crate) enum Work {
    Write(Vec<Job>),
    Reap,
    Stop,
}

pub(crate) struct Queue {
    pub(crate) dir: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
    work: Condvar,
    changed: watch::Sender<()>,
}

impl Queue {
    pub(crate) fn new(dir: PathBuf, bytes_max: u64, state: State) -> Self {
        let (changed, _) = watch::channel(());
        Self { dir, bytes_max, state: Mutex::new(state), work: Condvar::new(), changed }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells everybody who waits for a change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.work.notify_one();
        self.changed.send_replace(());
        changed
    }

    /// Sees every change from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Whether frames of these bytes fit, and somebody is there to write them.
    pub(crate) fn check_room(&self, state: &State, bytes: u64) -> Result<(), SpoolError> {
        if state.is_stopping {
            return Err(SpoolError::Closed);
        }
        let full = state.bytes();
        if full.saturating_add(bytes) <= self.bytes_max {
            return Ok(());
        }
        Err(SpoolError::Full { dir: self.dir.clone(), bytes: full, bytes_max: self.bytes_max })
    }

    /// Puts a frame behind all others.
    pub(crate) fn push(
        &self,
        state: &mut State,
        frame: Frame,
        numbers: Option<Numbers>,
    ) -> Result<Answer, NotKept> {
        if state.is_stopping {
            return Err(NotKept { error: SpoolError::Closed, numbers });
        }
        let (answer, told) = oneshot::channel();
        state.unwritten_frames += 1;
        state.unwritten_bytes += frame.len() as u64;
        state.jobs.push_back(Job { frame, numbers, answer });
        self.work.notify_one();
        Ok(told)
    }

    /// Waits for work. `active` is the segment that is being written to.
    pub(crate) fn next_work(&self, active: Option<u64>) -> Work {
        let mut state = self.state();
        loop {
            if !state.jobs.is_empty() {
                return Work::Write(state.take_group());
            }
            let now = Instant::now();
            let retry = state.reap_after.map(|after| after.saturating_duration_since(now));
            if retry.is_none_or(|wait| wait.is_zero()) && state.reapable(active).is_some() {
                return Work::Reap;
            }
            if state.is_stopping {
                return Work::Stop;
            }
            state = match retry.filter(|wait| !wait.is_zero()) {
                Some(wait) => self.work.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    pub(crate) fn stop(&self) {
        self.change(|state| state.is_stopping = true);
    }

    /// Tells everybody who waits that nothing is written any more.
    pub(crate) fn abandon(&self) {
        let jobs = self.change(|state| {
            state.is_stopping = true;
            std::mem::take(&mut state.jobs)
        });
        drop(jobs);
    }
}

impl State {
    /// Whether everything that was put in is done with.
    pub(crate) fn is_empty(&self) -> bool {
        self.unwritten_frames == 0 && self.segments.iter().all(|segment| segment.frames == 0)
    }

    /// Whether, besides, nothing of it is left on this disk that can be removed.
    pub(crate) fn is_cleared(&self) -> bool {
        self.is_empty() && (self.reapable(None).is_none() || self.reap_after.is_some())
    }

    pub(crate) fn frames(&self) -> u64 {
        self.segments.iter().map(|segment| segment.frames).sum()
    }

    pub(crate) fn events(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events).sum()
    }

    /// Of all files, and of what is about to be written to them.
    pub(crate) fn bytes(&self) -> u64 {
        let segments: u64 = self.segments.iter().map(|segment| segment.bytes_on_disk).sum();
        segments + self.other_bytes + self.unwritten_bytes
    }

    /// Jobs of a group are written, or have failed.
    pub(crate) fn group_done(&mut self, frames: u64, bytes: u64) {
        self.unwritten_frames = self.unwritten_frames.saturating_sub(frames);
        self.unwritten_bytes = self.unwritten_bytes.saturating_sub(bytes);
    }

    /// The first segment, if it can be removed. The active one only while nobody wants to write to it.
    pub(crate) fn reapable(&self, active: Option<u64>) -> Option<u64> {
        let first = self.segments.front()?;
        let is_free = active != Some(first.number) || self.unwritten_frames == 0;
        (first.end_sequence <= self.shipped && is_free).then_some(first.number)
    }

    /// `frames` and `events`, up to the sequence `until`, are done with.
    pub(crate) fn ship(&mut self, segment: u64, until: u64, frames: u64, events: u64) {
        self.shipped = self.shipped.max(until);
        if let Some(segment) = self.segments.iter_mut().find(|known| known.number == segment) {
            segment.frames = segment.frames.saturating_sub(frames);
            segment.events = segment.events.saturating_sub(events);
        }
    }

    fn take_group(&mut self) -> Vec<Job> {
        let (mut bytes, mut events) = (0, 0);
        let count = self.jobs.iter().take_while(|job| {
            let is_first = bytes == 0;
            bytes += job.frame.len() as u64;
            events += u64::from(job.frame.events);
            is_first || bytes <= GROUP_BYTES_MAX && events <= GROUP_EVENTS_MAX
        });
        let count = count.count();
        self.jobs.drain(..count).collect()
    }
}

/// The error of an operation on a file of the spool.
pub(crate) fn unusable(path: PathBuf, error: std::io::Error) -> SpoolError {
    SpoolError::Unusable { path, error: Arc::new(error) }
}
