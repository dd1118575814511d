//! Several producers with a connection each, and a reader who watches what is published.

use einsicht_proto::v1::WatchCheckpointsRequest;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_tlog::TreeHead;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use super::producer::Habit;
use super::{Books, Counts, Producer};
use crate::service::Service;
use crate::verify::Verifier;

const HABITS: [Habit; 7] =
    [Habit::Single, Habit::Single, Habit::Single, Habit::Batch, Habit::Batch, Habit::Stream, Habit::Stream];

/// Everybody who talks to a ledger.
pub struct Crew {
    producers: Vec<Producer>,
}

/// Everybody at work.
pub struct Working {
    producers: Vec<JoinHandle<Producer>>,
    watcher: JoinHandle<Vec<TreeHead>>,
}

impl Crew {
    /// Producers of all kinds.
    pub fn new(verifier: &Verifier, random: &mut ChaCha8Rng) -> Self {
        Self::of(&HABITS, verifier, random)
    }

    /// Producers with these habits.
    pub fn of(habits: &[Habit], verifier: &Verifier, random: &mut ChaCha8Rng) -> Self {
        let mut producer = |habit| Producer::new(habit, verifier.clone(), ChaCha8Rng::from_rng(random));
        Self { producers: habits.iter().copied().map(&mut producer).collect() }
    }

    /// Lets everybody talk to a service until it is gone.
    pub fn work(&mut self, service: &Service, burst: bool) -> Working {
        let producers = self.producers.drain(..).map(|mut producer| {
            producer.burst = burst;
            tokio::spawn(producer.run(service.recorder_apart()))
        });
        let producers = producers.collect();
        let watcher = tokio::spawn(watch(LedgerClient::new(service.connection()), service.verifier()));
        Working { producers, watcher }
    }

    /// Has everything answered that is not answered yet.
    pub async fn settle(&mut self, service: &Service, books: &mut Books) {
        for producer in &mut self.producers {
            producer.settle(&mut service.recorder()).await.unwrap();
            books.take(producer);
        }
    }

    /// Adds up what they have done.
    pub fn count(&self, counts: &mut Counts) {
        for producer in &self.producers {
            counts.again += producer.again;
            counts.conflicts += producer.conflicts;
        }
    }
}

impl Working {
    /// Whether nobody has noticed yet that the service is gone.
    pub fn is_at_work(&self) -> bool {
        self.producers.iter().all(|producer| !producer.is_finished())
    }

    /// Waits until everybody has noticed that the service is gone, and writes down what they were told.
    /// `asked`: whether the service had been asked to end.
    pub async fn come_home(mut self, crew: &mut Crew, books: &mut Books, asked: bool) {
        self.give_up(crew, books, asked).await;
        for head in self.watcher.await.unwrap() {
            books.show(head);
        }
    }

    /// The same of the producers alone: of a service that records nothing any more, but goes on showing
    /// what it has.
    pub async fn give_up(&mut self, crew: &mut Crew, books: &mut Books, asked: bool) {
        for producer in self.producers.drain(..) {
            let mut producer = producer.await.unwrap();
            books.take(&mut producer);
            assert!(
                asked || !producer.stream_ended_early,
                "a stream ended in order, with requests unanswered"
            );
            crew.producers.push(producer);
        }
    }
}

/// Every checkpoint that is published, as far as one reader gets to see it.
async fn watch(mut ledger: LedgerClient<Channel>, verifier: Verifier) -> Vec<TreeHead> {
    let mut heads = Vec::new();
    let Ok(watched) = ledger.watch_checkpoints(WatchCheckpointsRequest {}).await else { return heads };
    let mut watched = watched.into_inner();
    while let Ok(Some(published)) = watched.message().await {
        heads.push(verifier.open(&published.checkpoint));
    }
    heads
}
