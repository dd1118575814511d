//! A producer that never gives up: what was not answered is sent again to the next service, under the same
//! numbers. In between it sends what was answered before, and events under numbers of others.

mod again;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use einsicht_proto::v1::{
    AccessEvent, EndSessionRequest, RecordRequest, RecordResponse, RecordStreamRequest, Subject,
};
use einsicht_tlog::{Hash, TreeHead};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use tonic::{Code, Status};

use crate::make::{Session, event};
use crate::service::Recorder;
use crate::verify::{Verifier, hash};

/// Requests under way on a stream.
const STREAM_REQUESTS: usize = 6;
/// Events in a request of a burst.
const BURST_EVENTS: usize = 500;
/// A session is ended, and a new one begun, beyond this many numbers.
const SESSION_NUMBERS: u64 = 3_000;
/// Events in a request of [`Habit::Even`].
const EVEN_EVENTS: usize = 40;
/// In days since 1970: nothing that is confidential is opened here.
const FAR_DAY: i32 = 40_000;
/// Answered requests that a producer may send again.
const REMEMBERED: usize = 16;

/// How a producer records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// One event per call.
    Single,
    /// Several events per call.
    Batch,
    /// Several requests under way on one stream.
    Stream,
    /// As many events in each call, and nothing else.
    Even,
}

/// What was answered.
#[derive(Debug)]
pub struct Heard {
    /// Session and numbers of the entries; `None` for the end of the session.
    pub session: Bytes,
    /// The number of the first entry.
    pub first: Option<u64>,
    /// Index and leaf hash of each entry.
    pub places: Vec<(u64, Hash)>,
    /// What the ledger signed, verified.
    pub head: TreeHead,
}

/// A request, and the head that a consistency proof in its answer must lead from.
#[derive(Debug, Clone)]
struct Sent {
    request: RecordRequest,
    known: Option<TreeHead>,
}

/// Records, and takes down what it is answered.
pub struct Producer {
    /// How it records.
    pub habit: Habit,
    /// Whether its requests are large now.
    pub burst: bool,
    /// What it has put into requests since somebody asked, by session and number.
    pub made: Vec<(Bytes, u64, AccessEvent)>,
    /// The ends of sessions that it has asked for since then.
    pub ended: Vec<EndSessionRequest>,
    /// What it was answered since then.
    pub heard: Vec<Heard>,
    /// Requests that were answered so far, for whoever watches it at work.
    pub answered: Arc<AtomicU64>,
    /// Requests without an answer that were sent again.
    pub again: u64,
    /// Requests that were answered before, and got the same answer.
    pub reminders: u64,
    /// Those of them whose session had ended.
    pub reminders_of_ended: u64,
    /// Events under a number of another one that were refused.
    pub conflicts: u64,
    /// Whether a stream ended in order without answering everything, as only a service that was asked to
    /// end may do.
    pub stream_ended_early: bool,
    random: ChaCha8Rng,
    verifier: Verifier,
    session: Session,
    unanswered: VecDeque<Sent>,
    /// How many of the oldest unanswered requests an earlier service may know.
    in_doubt: usize,
    ending: Option<EndSessionRequest>,
    remembered: VecDeque<(RecordRequest, Vec<(u64, Hash)>)>,
    known: Option<TreeHead>,
}

impl Producer {
    /// A new one with a session of its own.
    #[must_use]
    pub fn new(habit: Habit, verifier: Verifier, mut random: ChaCha8Rng) -> Self {
        let session = session(&mut random);
        Self {
            habit,
            burst: false,
            made: Vec::new(),
            ended: Vec::new(),
            heard: Vec::new(),
            answered: Arc::default(),
            again: 0,
            reminders: 0,
            reminders_of_ended: 0,
            conflicts: 0,
            stream_ended_early: false,
            random,
            verifier,
            session,
            unanswered: VecDeque::new(),
            in_doubt: 0,
            ending: None,
            remembered: VecDeque::new(),
            known: None,
        }
    }

    /// Records until the service is gone.
    pub async fn run(mut self, mut recorder: Recorder) -> Self {
        self.stream_ended_early = false;
        while let Ok(()) = self.step(&mut recorder).await {}
        self.in_doubt = self.unanswered.len();
        self
    }

    /// Records in large requests until the ledger has so many entries.
    ///
    /// # Errors
    /// What ended it before.
    pub async fn fill(&mut self, recorder: &mut Recorder, entries: u64) -> Result<(), Status> {
        self.burst = true;
        while self.known.is_none_or(|head| head.size.0 < entries) {
            self.step(recorder).await?;
        }
        self.burst = false;
        Ok(())
    }

    async fn step(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        self.end_session(recorder).await?;
        match self.random.random_range(0..40) {
            _ if self.habit == Habit::Even => {}
            0 => self.remind(recorder).await?,
            1 => self.contradict(recorder).await?,
            _ => {}
        }
        self.record(recorder).await?;
        let is_long = self.session.next > SESSION_NUMBERS && self.habit != Habit::Even;
        if is_long && self.unanswered.is_empty() {
            self.begin_session();
        }
        Ok(())
    }

    /// Records in its way: first what was not answered.
    async fn record(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        while self.unanswered.len() < if self.habit == Habit::Stream { STREAM_REQUESTS } else { 1 } {
            let sent = self.make();
            self.unanswered.push_back(sent);
        }
        match self.habit {
            Habit::Stream => self.stream(recorder).await,
            Habit::Single | Habit::Batch | Habit::Even => self.call(recorder).await,
        }
    }

    /// Leaves the session that it has, to be ended with the next step.
    fn begin_session(&mut self) {
        let end = self.session.end();
        self.ended.push(end.clone());
        self.ending = Some(end);
        self.session = session(&mut self.random);
    }

    fn make(&mut self) -> Sent {
        let count = match self.habit {
            _ if self.burst => self.random.random_range(1..=BURST_EVENTS),
            Habit::Single => 1,
            Habit::Batch => self.random.random_range(2..=40),
            Habit::Stream => self.random.random_range(1..=12),
            Habit::Even => EVEN_EVENTS,
        };
        let first = self.session.next;
        let events: Vec<AccessEvent> = (0..count).map(|_| self.event()).collect();
        let numbered = (first..).zip(&events);
        self.made.extend(numbered.map(|(number, event)| (self.session.id.clone(), number, event.clone())));
        let known = self.known.filter(|_| self.random.random_bool(0.2));
        let request = RecordRequest {
            with_proofs: self.random.random_bool(0.2),
            known_size: known.map_or(0, |head| head.size.0),
            ..self.session.request_of(events)
        };
        Sent { request, known }
    }

    fn event(&mut self) -> AccessEvent {
        let id = uuid::Builder::from_random_bytes(self.random.random()).into_uuid();
        let event = AccessEvent { event_id: Bytes::copy_from_slice(id.as_bytes()), ..event() };
        match self.random.random_range(0..40) {
            0..10 => self.personal(event),
            10 => AccessEvent { confidential_until_day: Some(FAR_DAY), ..self.personal(event) },
            _ => event,
        }
    }

    /// With values that are sealed.
    fn personal(&mut self, event: AccessEvent) -> AccessEvent {
        let count = self.random.random_range(0..4);
        let subject =
            |_| Subject { scheme: "person".to_owned(), id: self.random.random_range(0..1000).to_string() };
        let subjects = (0..count).map(subject).collect();
        AccessEvent {
            subjects,
            actor: Some("kornblum".to_owned()),
            justification: Some("application".repeat(self.random.random_range(1..20))),
            ..event
        }
    }

    async fn call(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        let answer = recorder.record(self.unanswered[0].request.clone()).await.map_err(gone)?.into_inner();
        self.take(&answer);
        Ok(())
    }

    async fn stream(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        let requests: Vec<_> = self.unanswered.iter().map(|sent| sent.request.clone()).collect();
        let requests = requests.into_iter().map(|request| RecordStreamRequest { request: Some(request) });
        let answers = recorder.record_stream(tokio_stream::iter(requests)).await;
        let mut answers = answers.map_err(gone)?.into_inner();
        while let Some(answer) = answers.message().await.map_err(gone)? {
            self.take(&answer.response.unwrap());
        }
        if self.unanswered.is_empty() {
            return Ok(());
        }
        self.stream_ended_early = true;
        Err(Status::unavailable("the stream ended in order without answering everything"))
    }

    /// The answer to the oldest request.
    fn take(&mut self, answer: &RecordResponse) {
        let Sent { request, known } = self.unanswered.pop_front().unwrap();
        let head = self.verifier.answer(&request, answer);
        if let Some(known) = known {
            let _ = self.verifier.extends(&known, answer);
        }
        if self.in_doubt > 0 {
            self.in_doubt -= 1;
            self.again += 1;
        }
        let places = places(answer);
        let (session, first) = (request.session.clone(), Some(request.first_sequence));
        self.heard.push(Heard { session, first, places: places.clone(), head });
        self.remembered.push_back((request, places));
        if self.remembered.len() > REMEMBERED {
            self.remembered.pop_front();
        }
        self.known = Some(head);
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    async fn end_session(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        let Some(end) = self.ending.clone() else { return Ok(()) };
        let answer = recorder.end_session(end.clone()).await.map_err(gone)?.into_inner();
        let recorded = answer.recorded.unwrap();
        let places = vec![(recorded.index, hash(&recorded.leaf_hash))];
        let head = self.verifier.open(&answer.checkpoint);
        self.heard.push(Heard { session: end.session, first: None, places, head });
        self.ending = None;
        Ok(())
    }
}

fn session(random: &mut ChaCha8Rng) -> Session {
    let id: [u8; 16] = random.random();
    Session { id: Bytes::copy_from_slice(&id), next: 0 }
}

fn places(answer: &RecordResponse) -> Vec<(u64, Hash)> {
    answer.recorded.iter().map(|recorded| (recorded.index, hash(&recorded.leaf_hash))).collect()
}

/// What a service that ends may leave its callers with. Everything else is an answer, and a wrong one.
pub(super) fn gone(status: Status) -> Status {
    let gone = [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled, Code::Aborted];
    assert!(gone.contains(&status.code()), "a producer was refused: {status}");
    status
}
