//! The task that owns a stream. It keeps every request until its answer is verified; when the stream breaks, it opens
//! another and sends again what was not answered, which records nothing twice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use einsicht_proto::v1::{RecordRequest, RecordStreamRequest, RecordStreamResponse};
use futures::StreamExt as _;
use futures::channel::mpsc as outgoing;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tonic::{Code, Status, Streaming};

use crate::answer::Recorded;
use crate::attempt::{AttemptError, Setback};
use crate::error::{RecordError, code_name};
use crate::keep::{Inner, Prepared};
use crate::retry::{Attempts, Meaning, is_sealing_off};

/// How long the service gets to close its side of a stream that is finished.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

/// A request that is not answered yet.
pub(super) struct Job {
    pub prepared: Prepared,
    /// Size of the checkpoint that the request named when it was last sent.
    pub known_size: u64,
    pub may_be_recorded: bool,
    pub answer: oneshot::Sender<Result<Vec<Recorded>, RecordError>>,
    /// Its place among those in flight.
    pub place: OwnedSemaphorePermit,
}

/// What became of everything that was sent.
#[derive(Default)]
pub(super) struct Summary {
    pub recorded: u64,
    /// The first failure that no ticket was there to tell.
    pub untold: Option<RecordError>,
}

/// The task that owns the stream.
pub(super) struct Driver {
    inner: Arc<Inner>,
    queue: mpsc::UnboundedReceiver<Job>,
    /// Sent or to be sent, not answered; in order.
    waiting: VecDeque<Job>,
    /// Attempts since the last answer.
    attempts: Attempts,
    summary: Summary,
}

/// How a stream ended.
enum Ended {
    /// Everything was answered, and nothing more will come.
    Finished,
    /// The service ended it while nothing was waiting.
    Idle,
    /// It broke, or the service refused the request that waits first.
    Broken(AttemptError),
}

/// What happened next on a stream.
enum Next {
    Job(Option<Job>),
    Answer(Option<Result<RecordStreamResponse, Status>>),
    TooLate,
}

impl Driver {
    pub fn new(inner: Arc<Inner>, queue: mpsc::UnboundedReceiver<Job>) -> Self {
        let attempts = Attempts::new(inner.link.retry);
        Self { inner, queue, waiting: VecDeque::new(), attempts, summary: Summary::default() }
    }

    /// Runs until everything is answered that will be sent.
    pub async fn run(mut self) -> Summary {
        loop {
            if self.waiting.is_empty() {
                // A stream is opened when there is something to send: the service need not answer before.
                let Some(job) = self.queue.recv().await else { return self.summary };
                self.begin_waiting(job);
            }
            match self.run_stream().await {
                Ended::Finished => return self.summary,
                Ended::Idle => {}
                Ended::Broken(error) => self.after_failure(error).await,
            }
            Inner::end_replaced_sessions(&self.inner);
        }
    }

    /// Opens a stream, sends what waits, and runs it until it ends.
    async fn run_stream(&mut self) -> Ended {
        let (requests, sent) = outgoing::unbounded();
        for job in &mut self.waiting {
            send(&self.inner, job, &requests);
        }
        let mut answers = match self.inner.link.connection.record_stream(sent).await {
            Ok(answers) => answers,
            Err(status) => return Ended::Broken(AttemptError::Failed(status)),
        };
        let mut progress = Instant::now();
        let mut is_open = true;
        while is_open || !self.waiting.is_empty() {
            match self.next(&mut answers, progress, is_open).await {
                Next::Job(None) => is_open = false,
                Next::Job(Some(mut job)) => {
                    send(&self.inner, &mut job, &requests);
                    if self.waiting.is_empty() {
                        progress = Instant::now();
                    }
                    self.begin_waiting(job);
                }
                Next::Answer(Some(Ok(answer))) => {
                    if let Err(error) = self.answered(answer).await {
                        return Ended::Broken(error);
                    }
                    progress = Instant::now();
                }
                Next::Answer(_) if self.waiting.is_empty() => return Ended::Idle,
                Next::Answer(Some(Err(status))) => return Ended::Broken(AttemptError::Failed(status)),
                Next::Answer(None) => {
                    let status = Status::unavailable("the ledger ended the stream before it had answered");
                    return Ended::Broken(AttemptError::Failed(status));
                }
                Next::TooLate => {
                    return Ended::Broken(AttemptError::Failed(self.inner.link.connection.too_late()));
                }
            }
        }
        // The service closes its side when it sees ours closed; not to wait for it would look like a
        // failure there.
        drop(requests);
        let _ = tokio::time::timeout(FAREWELL_MAX, answers.next()).await;
        Ended::Finished
    }

    async fn next(
        &mut self,
        answers: &mut Streaming<RecordStreamResponse>,
        progress: Instant,
        is_open: bool,
    ) -> Next {
        let left = self.inner.link.connection.call_timeout().saturating_sub(progress.elapsed());
        tokio::select! {
            answer = answers.next() => Next::Answer(answer),
            job = self.queue.recv(), if is_open => Next::Job(job),
            () = tokio::time::sleep(left), if !self.waiting.is_empty() => Next::TooLate,
        }
    }

    /// Verifies the answer to the request that waits first, and tells it.
    async fn answered(&mut self, answer: RecordStreamResponse) -> Result<(), AttemptError> {
        let Some(job) = self.waiting.front() else {
            // Nothing is open that an answer without a question could belong to.
            tracing::warn!("the ledger answered a request that was not sent");
            return Ok(());
        };
        let response = answer.response.unwrap_or_default();
        let request = job.prepared.request.clone();
        match self.inner.link.verified(&request, job.known_size, response).await {
            Err(error) if error.status().is_some() => Err(error),
            Ok(recorded) => {
                self.attempts = Attempts::new(self.inner.link.retry);
                self.tell_first(Ok(recorded));
                Ok(())
            }
            Err(error) => {
                self.fail_first(error);
                Ok(())
            }
        }
    }

    /// Waits before the next stream is opened, or gives up requests.
    async fn after_failure(&mut self, error: AttemptError) {
        let Some(status) = error.status() else { return };
        // Behind a request that is refused for what it says, the service reads nothing; otherwise it may
        // have recorded requests behind the first, which it works on at the same time.
        if status.code() != Code::InvalidArgument && !is_sealing_off(status) {
            self.waiting.iter_mut().skip(1).for_each(|job| job.may_be_recorded = true);
        }
        if let Some(wait) = self.attempts.after(status) {
            tracing::warn!(
                code = code_name(status.code()),
                attempt = self.attempts.failed(),
                wait_ms = wait.as_millis(),
                unanswered = self.waiting.len(),
                "the stream broke, what was not answered is sent again"
            );
            if let Some(first) = self.waiting.front_mut() {
                first.may_be_recorded |= error.may_have_recorded();
            }
            return tokio::time::sleep(wait).await;
        }
        // A ledger that stays away concerns every request; what it refuses is the first.
        let count = if Meaning::of(status).passes() { self.waiting.len() } else { 1 };
        let status = status.clone();
        for _ in 1..count {
            let again = match &error {
                AttemptError::Unproven(_) => AttemptError::Unproven(status.clone()),
                _ => AttemptError::Failed(status.clone()),
            };
            self.fail_first(again);
        }
        self.fail_first(error);
        self.attempts = Attempts::new(self.inner.link.retry);
    }

    fn begin_waiting(&mut self, job: Job) {
        if self.waiting.is_empty() {
            self.attempts = Attempts::new(self.inner.link.retry);
        }
        self.waiting.push_back(job);
    }

    fn fail_first(&mut self, error: AttemptError) {
        let Some(job) = self.waiting.pop_front() else { return };
        let setback = Setback {
            error,
            attempts: self.attempts.failed().max(1),
            elapsed: self.attempts.elapsed(),
            may_be_recorded: job.may_be_recorded,
        };
        let error = setback.settle(job.prepared.request, Some(job.prepared.numbers));
        self.tell(job.answer, Err(error));
        drop(job.place);
    }

    fn tell_first(&mut self, result: Result<Vec<Recorded>, RecordError>) {
        let Some(job) = self.waiting.pop_front() else { return };
        drop(job.prepared);
        self.tell(job.answer, result);
        drop(job.place);
    }

    fn tell(
        &mut self,
        answer: oneshot::Sender<Result<Vec<Recorded>, RecordError>>,
        result: Result<Vec<Recorded>, RecordError>,
    ) {
        if let Ok(recorded) = &result {
            self.summary.recorded += recorded.len() as u64;
        }
        if let Err(Err(error)) = answer.send(result) {
            self.summary.untold.get_or_insert(error);
        }
    }
}

fn send(inner: &Inner, job: &mut Job, requests: &outgoing::UnboundedSender<RecordStreamRequest>) {
    job.known_size = inner.link.checkpoints.known_size();
    let request = RecordRequest::clone(&job.prepared.request);
    let message = RecordRequest { known_size: job.known_size, ..request };
    // If the stream is gone, its next answer says so, and the request is sent again.
    let _ = requests.unbounded_send(RecordStreamRequest { request: Some(message) });
}
