//! The spool as a recorder uses it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, EndSessionRequest, RecordRequest};
use prost::Message as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::config::{SpoolConfig, WhenFull};
use super::error::SpoolError;
use super::folder::{Opened, open_folder};
use super::frame::{FLAG_SENT, FRAME_HEADER_BYTES, Frame, KIND_END, KIND_RECORD};
use super::progress::Progress;
use super::queue::{Answer, NotKept, Queue, State};
use super::shipper::{Shipper, note_failure, note_halt};
use super::status::{Halt, HaltReason, Observer, SpoolEvent, SpoolStatus, age, now_us};
use crate::error::RecordError;
use crate::link::Link;
use crate::session::{Numbers, Sessions};

/// Session and number take at most this much of a request.
const NUMBERS_BYTES_MAX: u64 = 40;

/// An open spool. Dropping it ends its thread and its task; what is in it stays.
pub(crate) struct Spool {
    queue: Arc<Queue>,
    observer: Observer,
    when_full: WhenFull,
    drain_max: Duration,
    shipper: Option<AbortHandle>,
}

/// What became of accesses that were offered.
pub(crate) enum Put {
    /// They are safe.
    Done { session: Bytes, first_sequence: u64 },
    /// Nothing waits any more: they can be recorded directly.
    NotNeeded(Vec<AccessEvent>),
}

impl Spool {
    /// Opens a spool and begins to ship it.
    pub(crate) async fn open(
        config: &SpoolConfig,
        origin: &str,
        link: Arc<Link>,
    ) -> Result<Self, SpoolError> {
        let (settings, name) = (config.clone(), origin.to_owned());
        let opened = tokio::task::spawn_blocking(move || open_folder(&settings, &name)).await;
        let (opened, lock) = opened.map_err(|_| SpoolError::Closed)??;
        let Opened { queue, marks, reader, maybe_sent_below } = opened;
        let mut spool = Self::unshipped(queue.clone(), config);
        // A ledger that was not verified yet is not given anything before it is.
        let checked = link.check_ledger().await;
        if let Err(error) = &checked {
            note_failure(&queue, &config.observer, error);
        }
        let shipper = Shipper {
            link,
            queue,
            marks,
            observer: config.observer.clone(),
            doubt_max: config.doubt_max,
            maybe_sent_below,
            is_verified: checked.is_ok(),
            reader: Some(reader),
            progress: Progress::default(),
            _lock: lock,
        };
        spool.shipper = Some(tokio::spawn(shipper.run()).abort_handle());
        Ok(spool)
    }

    /// A spool that only fills.
    pub(crate) fn unshipped(queue: Arc<Queue>, config: &SpoolConfig) -> Self {
        let SpoolConfig { observer, when_full, drain_max, .. } = config.clone();
        Self { queue, observer, when_full, drain_max, shipper: None }
    }

    /// Whether accesses are recorded directly: nothing waits, and nothing speaks against the ledger.
    pub(crate) fn is_passed_by(&self) -> bool {
        let state = self.queue.state();
        state.halt.is_none() && state.is_empty()
    }

    /// Puts in events that have no numbers yet. They get them in the order in which they are shipped.
    pub(crate) async fn put_new(
        &self,
        sessions: &Sessions,
        events: Vec<AccessEvent>,
        with_proofs: bool,
    ) -> Result<Put, RecordError> {
        let count = events.len();
        let request = RecordRequest { events, with_proofs, ..RecordRequest::default() };
        let encoded = request.encode_to_vec();
        let mut changed = self.queue.subscribe();
        let (answer, session, first_sequence) = loop {
            let tried = self.try_new(sessions, &encoded, &request.events);
            if let Err(RecordError::Spool(error)) = &tried {
                self.note_full(error);
            }
            match tried? {
                Tried::Put(put) => break put,
                Tried::NotNeeded => return Ok(Put::NotNeeded(request.events)),
                Tried::Full => self.wait(&mut changed).await?,
            }
        };
        match self.answer(answer, count).await {
            Ok(()) => Ok(Put::Done { session, first_sequence }),
            Err(NotKept { error, numbers }) => {
                // What may be on disk keeps its numbers: nothing else is ever recorded under them.
                if !matches!(error, SpoolError::Unknown { .. }) {
                    numbers.into_iter().for_each(Numbers::give_back);
                }
                Err(RecordError::Spool(error))
            }
        }
    }

    /// Puts in a request that was sent, with the numbers that it had then.
    pub(crate) async fn put_sent(
        &self,
        request: &RecordRequest,
        numbers: Numbers,
        may_be_recorded: bool,
    ) -> Result<(), NotKept> {
        let mut frame = new_frame(KIND_RECORD, request.encode_to_vec().into(), request.events.len());
        if may_be_recorded {
            frame.flags |= FLAG_SENT;
        }
        self.put_frame(frame, Some(numbers)).await
    }

    /// Puts in the end of a session.
    pub(crate) async fn put_end(&self, ending: &EndSessionRequest) -> Result<(), SpoolError> {
        let frame = new_frame(KIND_END, ending.encode_to_vec().into(), 0);
        self.put_frame(frame, None).await.map_err(|not_kept| not_kept.error)
    }

    /// Notes why nothing can be shipped.
    pub(crate) fn halt(&self, reason: HaltReason, message: String) {
        note_halt(&self.queue, &self.observer, reason, message);
        self.queue.change(|_| ());
    }

    /// Waits for the last work of a recorder, and then until the spool is empty; but not for ever: after
    /// `drain_max`, nobody waits for room any more.
    pub(crate) async fn close<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let done = match tokio::time::timeout(self.drain_max, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                self.queue.change(|state| state.is_closing = true);
                work.await
            }
        };
        self.drain().await;
        done
    }

    async fn drain(&self) {
        let mut changed = self.queue.subscribe();
        let emptied = async { while !self.queue.state().is_cleared() && changed.changed().await.is_ok() {} };
        if tokio::time::timeout(self.drain_max, emptied).await.is_err() {
            let (events, dir) = (self.queue.state().events(), self.queue.dir.display().to_string());
            tracing::warn!(
                events,
                dir,
                "accesses stay in the spool; they are recorded when it is opened again"
            );
        }
    }

    pub(crate) fn status(&self) -> SpoolStatus {
        let state = self.queue.state();
        SpoolStatus {
            events: state.events(),
            requests: state.frames(),
            bytes: state.bytes(),
            bytes_max: self.queue.bytes_max(),
            oldest_age: state.head_us.filter(|_| state.frames() > 0).map(age),
            halted: state.halt.as_ref().map(Halt::status),
            refused_events: state.refused_events,
            damaged_regions: state.damaged_regions,
            missing_requests: state.missing_requests,
        }
    }

    async fn put_frame(&self, frame: Frame, numbers: Option<Numbers>) -> Result<(), NotKept> {
        let events = usize::from(frame.events);
        let mut changed = self.queue.subscribe();
        let answer = loop {
            let room = {
                let mut state = self.queue.state();
                match self.has_room(&state, frame.len() as u64) {
                    Ok(true) => break self.queue.push(&mut state, frame, numbers)?,
                    room => room,
                }
            };
            let waited = match room {
                Ok(_) => self.wait(&mut changed).await,
                Err(error) => Err(error),
            };
            if let Err(error) = waited {
                self.note_full(&error);
                return Err(NotKept { error, numbers });
            }
        };
        self.answer(answer, events).await
    }

    /// Takes numbers and a place in the queue in one step, so that both are in one order.
    fn try_new(
        &self,
        sessions: &Sessions,
        encoded: &[u8],
        events: &[AccessEvent],
    ) -> Result<Tried, RecordError> {
        let mut state = self.queue.state();
        if state.halt.is_none() && state.is_empty() {
            return Ok(Tried::NotNeeded);
        }
        let bytes = encoded.len() as u64 + NUMBERS_BYTES_MAX + FRAME_HEADER_BYTES as u64;
        if !self.has_room(&state, bytes)? {
            return Ok(Tried::Full);
        }
        let numbers = sessions.take_for(events)?;
        let (session, first_sequence) = (numbers.session().clone(), numbers.first());
        // The fields of a message may stand in any order, and in several pieces.
        let head = RecordRequest { session: session.clone(), first_sequence, ..RecordRequest::default() };
        let payload = [&head.encode_to_vec(), encoded].concat();
        let frame = new_frame(KIND_RECORD, payload.into(), events.len());
        let answer = self.queue.push(&mut state, frame, Some(numbers)).map_err(|not_kept| not_kept.error)?;
        Ok(Tried::Put((answer, session, first_sequence)))
    }

    /// Whether there is room; `false` to wait for it.
    fn has_room(&self, state: &State, bytes: u64) -> Result<bool, SpoolError> {
        let Err(error) = self.queue.check_room(state, bytes) else { return Ok(true) };
        let may_wait = self.when_full == WhenFull::Wait && !state.is_closing;
        // In an empty spool no room will be made.
        if matches!(error, SpoolError::Full { .. }) && may_wait && !state.is_empty() {
            return Ok(false);
        }
        Err(error)
    }

    /// Tells of it outside of all locks: whoever observes may ask for the status.
    fn note_full(&self, error: &SpoolError) {
        if matches!(error, SpoolError::Full { .. }) {
            self.observer.observe(&SpoolEvent::Full);
        }
    }

    async fn wait(&self, changed: &mut watch::Receiver<()>) -> Result<(), SpoolError> {
        changed.changed().await.map_err(|_| SpoolError::Closed)
    }

    async fn answer(&self, answer: Answer, events: usize) -> Result<(), NotKept> {
        let kept = answer.await.unwrap_or(Err(NotKept { error: SpoolError::Closed, numbers: None }));
        if kept.is_ok() {
            self.observer.observe(&SpoolEvent::Spooled { events: events as u64 });
        }
        kept
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(shipper) = &self.shipper {
            shipper.abort();
        }
        self.queue.stop();
    }
}

/// A try to put events in.
enum Tried {
    Put((Answer, Bytes, u64)),
    NotNeeded,
    Full,
}

fn new_frame(kind: u8, payload: Bytes, events: usize) -> Frame {
    // A request has at most 1,000 events.
    let events = u16::try_from(events).unwrap_or(u16::MAX);
    Frame { sequence: 0, spooled_at_us: now_us(), kind, flags: 0, events, payload }
}
