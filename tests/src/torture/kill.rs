//! SIGKILL at any moment: what was acknowledged is there, what was not can be sent again.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use einsicht_proto::v1::{RecordRequest, RecordResponse, RecordStreamRequest};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;
use tonic::Status;

use super::grouped;
use crate::make::Session;
use crate::service::{Recorder, Service, fsck};
use crate::verify::{Whole, hash};

/// The service is killed at some moment within this time.
const LIFE_MS_MAX: u64 = 120;

/// How often.
#[derive(Debug, Args)]
pub struct KillArgs {
    /// How often the service is killed
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub rounds: u64,
}

/// Runs the trial, and returns its counts.
#[must_use]
pub fn run(args: &KillArgs, seed: u64) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(trial(args, seed))
}

async fn trial(args: &KillArgs, seed: u64) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut producers: Vec<_> = (0..6).map(|number| Producer::new(number % 3 == 0)).collect();
    for _ in 0..args.rounds {
        producers = round(folder.path(), producers, random.random_range(0..LIFE_MS_MAX)).await;
    }
    let service = Service::start(folder.path(), &[]).await;
    check(&Whole::read(&service).await, &producers);
    for producer in &mut producers {
        for request in producer.unanswered.clone() {
            let answer = service.record(request).await.unwrap();
            producer.take(&answer);
        }
        assert_eq!(producer.acknowledged.len() as u64, producer.session.next);
    }
    check(&Whole::read(&service).await, &producers);
    service.terminate().await.expect(0, &[]);
    fsck(folder.path()).await.expect(0, &[]);
    let acknowledged = producers.iter().map(|producer| producer.acknowledged.len() as u64).sum();
    format!("{} kills, {} acknowledgements checked, 0 lost", grouped(args.rounds), grouped(acknowledged))
}

/// A producer that never gives up: what was not answered is sent again to the next service.
struct Producer {
    session: Session,
    streams: bool,
    unanswered: Vec<RecordRequest>,
    /// Index and leaf hash of every event that was acknowledged, by its number.
    acknowledged: Vec<(u64, Bytes)>,
}

impl Producer {
    fn new(streams: bool) -> Self {
        Self { session: Session::new(), streams, unanswered: Vec::new(), acknowledged: Vec::new() }
    }

    /// Records until the service is gone.
    async fn run(mut self, mut recorder: Recorder) -> Self {
        loop {
            while self.unanswered.len() < if self.streams { 6 } else { 1 } {
                let size = 1 + self.session.next as usize % 13;
                let request = self.session.request(size);
                self.unanswered.push(request);
            }
            let outcome =
                if self.streams { self.stream(&mut recorder).await } else { self.call(&mut recorder).await };
            if outcome.is_err() {
                return self;
            }
        }
    }

    async fn call(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        let answer = recorder.record(self.unanswered[0].clone()).await?.into_inner();
        self.take(&answer);
        Ok(())
    }

    async fn stream(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        let requests = self.unanswered.clone().into_iter();
        let requests =
            tokio_stream::iter(requests.map(|request| RecordStreamRequest { request: Some(request) }));
        let mut answers = recorder.record_stream(requests).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            self.take(&answer.response.unwrap());
        }
        assert!(self.unanswered.is_empty(), "the stream ended in order without answering everything");
        Ok(())
    }

    /// The answer to the oldest request.
    fn take(&mut self, answer: &RecordResponse) {
        let request = self.unanswered.remove(0);
        assert_eq!(request.first_sequence, self.acknowledged.len() as u64);
        assert_eq!(request.events.len(), answer.recorded.len());
        self.acknowledged.extend(answer.recorded.iter().map(|place| (place.index, place.leaf_hash.clone())));
    }
}

/// Everything acknowledged so far is in the log, and no number is there twice or out of nowhere.
fn check(whole: &Whole, producers: &[Producer]) {
    for producer in producers {
        for (index, leaf_hash) in &producer.acknowledged {
            assert_eq!(hash(leaf_hash), whole.hash_of(*index), "entry {index} is not what was acknowledged");
        }
        let mut numbers = whole.numbers_of(&producer.session.id);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        assert!(numbers.len() >= producer.acknowledged.len());
        assert!(numbers.len() as u64 <= producer.session.next);
    }
}

/// Lets the producers record into a service that is killed meanwhile.
async fn round(data: &Path, producers: Vec<Producer>, life_ms: u64) -> Vec<Producer> {
    let mut service = Service::start(data, &["--segment-bytes", "32768"]).await;
    check(&Whole::read(&service).await, &producers);
    let tasks: Vec<_> =
        producers.into_iter().map(|producer| tokio::spawn(producer.run(service.recorder()))).collect();
    sleep(Duration::from_millis(life_ms)).await;
    service.begin_to_die();
    let mut producers = Vec::new();
    for task in tasks {
        producers.push(task.await.unwrap());
    }
    producers
}
