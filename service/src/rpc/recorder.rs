//! `einsicht.v1.Recorder`: authenticate, validate, prepare, have it written, answer with proof.

pub(super) mod prepare;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use einsicht_access::entry::session_end;
use einsicht_access::{body_bytes, validate_end_session};
use einsicht_proto::unread::recorder_server::Recorder;
use einsicht_proto::unread::{RecordRequest, RecordStreamRequest};
use einsicht_proto::v1::{EndSessionRequest, EndSessionResponse, RecordResponse, RecordStreamResponse};
use einsicht_tlog::Size;
use futures::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use self::prepare::{Prepared, prepare};
use super::recorded::{Wanted, respond, respond_at_once};
use super::{Shared, deadline, status};
use crate::auth::Session;
use crate::sequencer::{Acknowledged, Refused, Work};
use crate::sessions::SessionKey;

/// How often events are prepared anew because a month has ended, or a charter was published meanwhile.
const EPOCHS_TRIED_MAX: usize = 4;
/// Requests of one stream that are worked on at once: enough to fill commits, too few to fill memory.
const STREAM_IN_FLIGHT_MAX: usize = 16;

/// Records accesses.
pub struct RecorderService {
    shared: Shared,
}

impl RecorderService {
    /// Works with what the services share.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[tonic::async_trait]
impl Recorder for RecorderService {
    type RecordStreamStream = Pin<Box<dyn Stream<Item = Result<RecordStreamResponse, Status>> + Send>>;

    async fn record(&self, request: Request<RecordRequest>) -> Result<Response<RecordResponse>, Status> {
        let recorded = async {
            let session = session(&request)?;
            let deadline = deadline::deadline(request.metadata());
            record(&self.shared, &session, request.into_inner(), deadline).await
        };
        recorded.await.map(Response::new).map_err(status::counted)
    }

    async fn record_stream(
        &self,
        request: Request<Streaming<RecordStreamRequest>>,
    ) -> Result<Response<Self::RecordStreamStream>, Status> {
        let mut session = session(&request).map_err(status::counted)?;
        let deadline = deadline::deadline(request.metadata());
        let (shared, preparing) = (self.shared.clone(), self.shared.clone());
        let shutdown = shared.shutdown.clone();
        let answers = request
            .into_inner()
            .take_until(shutdown.cancelled_owned())
            // Reading and validating happen in order, before the next request is looked at: a request
            // that is refused there ends the reading. Waiting for durability happens side by side.
            .scan(false, move |refused, message| {
                let prepared = (!*refused).then(|| {
                    session.renew().map_err(|refusal| status::of_refusal(&refusal))?;
                    prepare(&preparing, &session, message?.request.unwrap_or_default())
                });
                *refused |= matches!(prepared, Some(Err(_)));
                futures::future::ready(prepared)
            })
            .map(move |prepared| {
                let shared = shared.clone();
                async move {
                    let response = submit(&shared, prepared?, deadline).await?;
                    Ok(RecordStreamResponse { response: Some(response) })
                }
            })
            .buffered(STREAM_IN_FLIGHT_MAX);
        Ok(Response::new(Box::pin(until_first_error(answers))))
    }

    async fn end_session(
        &self,
        request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        let ended = async {
            let caller = Arc::clone(session(&request)?.caller());
            let deadline = deadline::deadline(request.metadata());
            let EndSessionRequest { session, last_sequence } = {
                validate_end_session(request.get_ref()).map_err(|error| status::of_batch(&error))?;
                request.into_inner()
            };
            let body = body_bytes(&session_end(&caller.name, &session, last_sequence));
            let session = SessionKey::new(&caller.name, &session);
            let work = Work::SessionEnd { session, last_sequence, body };
            let wanted = Wanted { proofs: false, known_size: Size(0) };
            let acknowledged = in_time(&self.shared, work, 0, deadline).await?;
            let acknowledged = acknowledged.map_err(|refused| status::of_refused(&refused))?;
            let RecordResponse { mut recorded, checkpoint, .. } =
                answer(&self.shared, acknowledged, wanted).await?;
            Ok(EndSessionResponse { recorded: recorded.pop(), checkpoint })
        };
        ended.await.map(Response::new).map_err(status::counted)
    }
}

/// Who was let in to make this call.
fn session<T>(request: &Request<T>) -> Result<Session, Status> {
    request.extensions().get::<Session>().cloned().ok_or_else(status::unguarded)
}

async fn record(
    shared: &Shared,
    caller: &Session,
    request: RecordRequest,
    deadline: Option<Instant>,
) -> Result<RecordResponse, Status> {
    submit(shared, prepare(shared, caller, request)?, deadline).await
}

/// Waits until the events are durable, but no longer than the caller does. If their month ends before their turn
/// comes, they are sealed once more, for the next one; if a charter was published, they are validated and judged by that.
async fn submit(
    shared: &Shared,
    prepared: Prepared,
    deadline: Option<Instant>,
) -> Result<RecordResponse, Status> {
    let Prepared { wanted, mut work, mut again } = prepared;
    let mut tried = 0;
    let acknowledged = loop {
        let ready = match work.take() {
            Some(work) => work,
            None => again.prepare(shared).await?,
        };
        match in_time(shared, ready, again.sent_bytes(), deadline).await? {
            Err(Refused::OtherMonth { month }) if tried < EPOCHS_TRIED_MAX => again.turn_to(month, shared),
            Err(Refused::OtherCharter) if tried < EPOCHS_TRIED_MAX => {}
            Err(refused) => return Err(status::of_refused(&refused)),
            Ok(acknowledged) => break acknowledged,
        }
        tried += 1;
    };
    answer(shared, acknowledged, wanted).await
}

/// Waits no longer than the caller does.
async fn in_time(
    shared: &Shared,
    work: Work,
    held_bytes: usize,
    deadline: Option<Instant>,
) -> Result<Result<Acknowledged, Refused>, Status> {
    let submitted = shared.sequencer.submit_holding(work, held_bytes, deadline);
    match deadline {
        Some(deadline) => {
            tokio::time::timeout_at(deadline.into(), submitted).await.map_err(|_| status::deadline_exceeded())
        }
        None => Ok(submitted.await),
    }
}

async fn answer(
    shared: &Shared,
    acknowledged: Acknowledged,
    wanted: Wanted,
) -> Result<RecordResponse, Status> {
    let at_once = respond_at_once(&shared.reader, &acknowledged, wanted);
    if let Some(response) = at_once.map_err(|error| status::of_read(&error))? {
        return Ok(response);
    }
    let reader = shared.reader.clone();
    let response = tokio::task::spawn_blocking(move || respond(&reader, &acknowledged, wanted)).await;
    response
        .map_err(|_| Status::internal("the proofs could not be put together; the events are recorded"))?
        .map_err(|error| status::of_read(&error))
}

/// Passes items on up to and including the first error.
fn until_first_error<T: Send>(
    answers: impl Stream<Item = Result<T, Status>> + Send,
) -> impl Stream<Item = Result<T, Status>> + Send {
    answers.scan(false, |failed, answer| {
        let passed = (!*failed).then_some(answer);
        *failed |= matches!(passed, Some(Err(_)));
        let passed = passed.map(|answer| answer.map_err(status::counted));
        futures::future::ready(passed)
    })
}
