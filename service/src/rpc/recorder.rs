//! `einsicht.v1.Recorder`: authenticate, validate, prepare, have it written, answer with proof.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use einsicht_access::entry::session_end;
use einsicht_access::event::Sealing;
use einsicht_access::{
    EventView, Provenance, access_bodies, body_bytes, validate_end_session, validate_views,
};
use einsicht_proto::unread::recorder_server::Recorder;
use einsicht_proto::unread::{RecordRequest, RecordStreamRequest};
use einsicht_proto::v1::{EndSessionRequest, EndSessionResponse, RecordResponse, RecordStreamResponse};
use einsicht_tlog::Size;
use futures::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::recorded::{Wanted, respond, respond_at_once};
use super::{Shared, deadline, status};
use crate::auth::Session;
use crate::sequencer::{PreparedEvent, Work};
use crate::sessions::SessionKey;

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
                    let (work, wanted) = prepared?;
                    let response = submit(&shared, work, wanted, deadline).await?;
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
            let RecordResponse { mut recorded, checkpoint, .. } =
                submit(&self.shared, work, wanted, deadline).await?;
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
    let (work, wanted) = prepare(shared, caller, request)?;
    submit(shared, work, wanted, deadline).await
}

/// Validates a request as a whole and serialises its entries. Its events are read where they lie.
fn prepare(shared: &Shared, caller: &Session, request: RecordRequest) -> Result<(Work, Wanted), Status> {
    let RecordRequest { session, first_sequence, events: sent, with_proofs, known_size } = request;
    let events = sent.iter().map(|event| EventView::read(event)).collect::<Result<Vec<_>, _>>();
    let events = events.map_err(status::of_malformed)?;
    validate_views(&session, first_sequence, &events, shared.clock.unix_us(), Sealing::Off)
        .map_err(|error| status::of_batch(&error))?;
    caller.may_record(&events).map_err(|refusal| status::of_refusal(&refusal))?;
    // Found out later, when the proof is built, the events would be recorded already. The published
    // size only grows, so the proof can be given then.
    let published = shared.sequencer.published().borrow().head.size;
    if Size(known_size) > published {
        return Err(status::knows_more(known_size, published));
    }
    let producer = &caller.caller().name;
    let bodies = access_bodies(&events, Provenance { producer, session: &session, sequence: first_sequence });
    let prepared = events
        .iter()
        .zip(first_sequence..)
        .zip(bodies)
        .map(|((event, sequence), body)| {
            let event_id = event.event_id().try_into().unwrap_or_default();
            PreparedEvent { sequence, event_id, body, sealed: None }
        })
        .collect();
    let work = Work::Accesses { session: SessionKey::new(producer, &session), events: prepared };
    Ok((work, Wanted { proofs: with_proofs, known_size: Size(known_size) }))
}

/// Waits until the work is durable, but no longer than the caller does.
async fn submit(
    shared: &Shared,
    work: Work,
    wanted: Wanted,
    deadline: Option<Instant>,
) -> Result<RecordResponse, Status> {
    let submitted = shared.sequencer.submit(work, deadline);
    let acknowledged = match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline.into(), submitted)
            .await
            .map_err(|_| status::deadline_exceeded())?,
        None => submitted.await,
    };
    let acknowledged = acknowledged.map_err(|refused| status::of_refused(&refused))?;
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
