//! Several producers with a connection each, a steward who has values erased, and a reader who watches what is
//! published.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use einsicht_proto::v1::WatchCheckpointsRequest;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_tlog::TreeHead;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::transport::Channel;

use super::producer::{Habit, gone};
use super::{Books, Counts, Producer, Steward};
use crate::process::PATIENCE;
use crate::service::Service;
use crate::verify::Verifier;

const HABITS: [Habit; 7] =
    [Habit::Single, Habit::Single, Habit::Single, Habit::Batch, Habit::Batch, Habit::Stream, Habit::Stream];

/// Entries of which a steward can have something erased in one life of the service.
const TARGETS: usize = 100;

/// Everybody who talks to a ledger.
pub struct Crew {
    producers: Vec<Producer>,
    steward: Option<Steward>,
    /// Checkpoints that readers were shown.
    watched: u64,
}

/// Everybody at work.
pub struct Working {
    producers: Vec<JoinHandle<Producer>>,
    steward: Option<JoinHandle<Steward>>,
    /// What each of them was answered so far.
    answered: Vec<Arc<AtomicU64>>,
    watcher: JoinHandle<Watched>,
}

/// What a reader saw.
struct Watched {
    heads: Vec<TreeHead>,
    /// Whether the service ended it in order, as only one that was asked to end may do.
    ended_in_order: bool,
}

impl Crew {
    /// Producers of all kinds, and a steward.
    pub fn new(verifier: &Verifier, random: &mut ChaCha8Rng) -> Self {
        let producers = Self::of(&HABITS, verifier, random);
        let steward = Steward::new(verifier.clone(), ChaCha8Rng::from_rng(random));
        Self { steward: Some(steward), ..producers }
    }

    /// Producers with these habits, and nobody who erases.
    pub fn of(habits: &[Habit], verifier: &Verifier, random: &mut ChaCha8Rng) -> Self {
        let mut producer = |habit| Producer::new(habit, verifier.clone(), ChaCha8Rng::from_rng(random));
        Self { producers: habits.iter().copied().map(&mut producer).collect(), steward: None, watched: 0 }
    }

    /// Shows the steward what is there to be erased.
    pub fn show_targets(&mut self, books: &mut Books) {
        if let Some(steward) = &mut self.steward {
            steward.targets = books.targets(TARGETS);
        }
    }

    /// Lets everybody talk to a service until it is gone.
    pub fn work(&mut self, service: &Service, burst: bool) -> Working {
        let answered = self.producers.iter().map(|producer| Arc::clone(&producer.answered)).collect();
        let producers = self.producers.drain(..).map(|mut producer| {
            producer.burst = burst;
            tokio::spawn(producer.run(service.recorder_apart()))
        });
        let producers = producers.collect();
        let steward = self.steward.take().map(|steward| tokio::spawn(steward.run(service.steward_apart())));
        let watcher = tokio::spawn(watch(LedgerClient::new(service.connection()), service.verifier()));
        Working { producers, steward, answered, watcher }
    }

    /// Records until the ledger has so many entries.
    pub async fn fill(&mut self, service: &Service, books: &mut Books, entries: u64) {
        let producer = &mut self.producers[0];
        producer.fill(&mut service.recorder(), entries).await.unwrap();
        books.take(producer);
    }

    /// Has everything answered that is not answered yet, and ends what was begun.
    pub async fn settle(&mut self, service: &Service, books: &mut Books) {
        for producer in &mut self.producers {
            let settled = timeout(PATIENCE, producer.settle(&mut service.recorder())).await;
            settled.unwrap_or_else(|_| panic!("{:?}: there is no answer", producer.habit)).unwrap();
            books.take(producer);
        }
        if let Some(steward) = &mut self.steward {
            steward.settle(&mut service.steward_apart()).await.unwrap();
            books.take_erasures(steward);
        }
    }

    /// Erasures that were answered so far.
    pub fn erased(&self) -> u64 {
        self.steward.as_ref().map_or(0, |steward| steward.erased)
    }

    /// Adds up what they have done.
    pub fn count(&self, counts: &mut Counts) {
        counts.watched += self.watched;
        for producer in &self.producers {
            let answered = match producer.habit {
                Habit::Single => &mut counts.single,
                Habit::Batch | Habit::Even => &mut counts.batches,
                Habit::Stream => &mut counts.streamed,
            };
            *answered += producer.answered.load(Ordering::Relaxed);
            counts.again += producer.again;
            counts.reminders += producer.reminders;
            counts.reminders_of_ended += producer.reminders_of_ended;
            counts.conflicts += producer.conflicts;
        }
        if let Some(steward) = &self.steward {
            counts.erased += steward.erased;
            counts.erased_found += steward.found;
        }
    }
}

impl Working {
    /// Whether nobody has noticed yet that the service is gone.
    pub fn is_at_work(&self) -> bool {
        self.producers.iter().all(|producer| !producer.is_finished()) && !self.watcher.is_finished()
    }

    /// How many requests of each producer were answered so far, in this life and before.
    pub fn answered(&self) -> Vec<u64> {
        self.answered.iter().map(|answered| answered.load(Ordering::Relaxed)).collect()
    }

    /// Waits until everybody has noticed that the service is gone, and writes down what they were told.
    /// `asked`: whether the service had been asked to end.
    pub async fn come_home(mut self, crew: &mut Crew, books: &mut Books, asked: bool) {
        self.give_up(crew, books, asked).await;
        let watched = self.watcher.await.unwrap();
        assert!(asked || !watched.ended_in_order, "a reader was told that there is no more to watch");
        crew.watched += watched.heads.len() as u64;
        watched.heads.into_iter().for_each(|head| books.show(head));
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
        if let Some(steward) = self.steward.take() {
            let mut steward = steward.await.unwrap();
            books.take_erasures(&mut steward);
            crew.steward = Some(steward);
        }
    }
}

/// Every checkpoint that is published, as far as one reader gets to see it.
async fn watch(mut ledger: LedgerClient<Channel>, verifier: Verifier) -> Watched {
    let mut heads = Vec::new();
    let ended = async {
        let mut watched = ledger.watch_checkpoints(WatchCheckpointsRequest {}).await?.into_inner();
        while let Some(published) = watched.message().await? {
            heads.push(verifier.open(&published.checkpoint));
        }
        Ok(())
    };
    let ended_in_order = ended.await.map_err(gone).is_ok();
    Watched { heads, ended_in_order }
}
