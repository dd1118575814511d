//! A stream of requests: many on their way at once, answered in order.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::answer::Recorded;
use crate::error::RecordError;
use crate::recorder::Recorder;
use crate::request::validate_one;

mod driver;

use driver::{Driver, Job, Summary};

/// Records accesses without waiting for each answer, and at most so many unanswered at a time.
///
/// Each request gets a ticket that resolves when it is recorded and verified, in the order of sending.
/// Tickets may be dropped: [`StreamRecorder::finish`] then reports the first failure. Dropping the
/// recorder itself leaves what was sent to be recorded in the background, as long as the runtime
/// lasts.
pub struct StreamRecorder {
    recorder: Recorder,
    places: Arc<Semaphore>,
    jobs: mpsc::UnboundedSender<Job>,
    driver: JoinHandle<Summary>,
}

/// Resolves to where one access stands.
#[must_use = "it tells whether the access was recorded"]
pub struct Ticket(BatchTicket);

/// Resolves to where the accesses of one batch stand, in their order.
#[must_use = "it tells whether the accesses were recorded"]
pub struct BatchTicket {
    answer: oneshot::Receiver<Result<Vec<Recorded>, RecordError>>,
}

impl StreamRecorder {
    pub(crate) fn begin(recorder: Recorder, in_flight_max: usize) -> Self {
        let (jobs, queue) = mpsc::unbounded_channel();
        let driver = Driver::new(recorder.inner.clone(), queue);
        let places = Arc::new(Semaphore::new(in_flight_max.clamp(1, Semaphore::MAX_PERMITS)));
        Self { recorder, places, jobs, driver: tokio::spawn(driver.run()) }
    }

    /// Sends one access; waits while too many are unanswered.
    ///
    /// # Errors
    /// [`RecordError::Invalid`], [`RecordError::Closed`]. What happens later, the ticket tells.
    pub async fn send(&self, access: Access) -> Result<Ticket, RecordError> {
        self.send_batch([access]).await.map(Ticket)
    }

    /// Sends 1 to 1,000 accesses as one request, to be recorded whole; waits while too many requests
    /// are unanswered.
    ///
    /// One request is of one session. Confidential accesses have one of their own only if they come without others.
    ///
    /// # Errors
    /// As [`StreamRecorder::send`].
    pub async fn send_batch(
        &self,
        accesses: impl IntoIterator<Item = Access>,
    ) -> Result<BatchTicket, RecordError> {
        let events = self.recorder.complete(accesses, validate_one)?;
        let place = self.places.clone().acquire_owned().await.map_err(|_| RecordError::Closed)?;
        let (answer, told) = oneshot::channel();
        let prepared = self.recorder.prepare_for_stream(events)?;
        let job = Job { prepared, known_size: 0, may_be_recorded: false, answer, place };
        self.jobs.send(job).map_err(|_| RecordError::Closed)?;
        Ok(BatchTicket { answer: told })
    }

    /// Waits until everything that was sent is answered, and returns how many events were recorded.
    ///
    /// # Errors
    /// The first failure whose ticket was dropped before it could tell.
    pub async fn finish(self) -> Result<u64, RecordError> {
        drop(self.jobs);
        match self.driver.await {
            Ok(Summary { untold: Some(error), .. }) => Err(error),
            Ok(summary) => Ok(summary.recorded),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(RecordError::Closed),
        }
    }
}

impl Future for BatchTicket {
    type Output = Result<Vec<Recorded>, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // No answer comes any more if the runtime is shutting down.
        self.answer.poll_unpin(context).map(|answer| answer.unwrap_or(Err(RecordError::Closed)))
    }
}

impl Future for Ticket {
    type Output = Result<Recorded, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(context).map(|answer| answer.and_then(crate::recorder::only))
    }
}
