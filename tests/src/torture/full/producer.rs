//! Somebody who records, keeps every answer, and sends again what was not taken.

use std::path::Path;

use bytes::Bytes;
use einsicht_proto::v1::RecordRequest;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tonic::Status;

use crate::make::{Session, event, personal};
use crate::service::Service;
use crate::vault::{End, SealedEntries};
use crate::verify::{Verifier, Whole, hash};

/// Most events of a request.
const EVENTS_MAX: usize = 60;

/// A producer with one session.
pub struct Producer {
    session: Session,
    random: ChaCha8Rng,
    /// Sent, and not answered.
    pending: Option<RecordRequest>,
    /// Index and leaf hash of every event that was acknowledged, by its number.
    acknowledged: Vec<(u64, Bytes)>,
}

impl Producer {
    pub fn new(seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { session: Session::new(), random, pending: None, acknowledged: Vec::new() }
    }

    /// How many events were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.len() as u64
    }

    /// Records so many requests, what was refused before first; ends with the first refusal.
    pub async fn record(&mut self, service: &Service, requests: usize) -> Result<(), Status> {
        for _ in 0..requests {
            let next = || {
                let count = self.random.random_range(1..=EVENTS_MAX);
                let events =
                    (0..count).map(|_| if self.random.random_ratio(1, 4) { personal() } else { event() });
                self.session.request_of(events.collect())
            };
            let request = self.pending.take().unwrap_or_else(next);
            let answer = match service.record(request.clone()).await {
                Ok(answer) => answer,
                Err(status) => {
                    self.pending = Some(request);
                    return Err(status);
                }
            };
            assert_eq!(request.first_sequence, self.acknowledged());
            assert_eq!(request.events.len(), answer.recorded.len());
            let places = answer.recorded.iter().map(|place| (place.index, place.leaf_hash.clone()));
            self.acknowledged.extend(places);
        }
        Ok(())
    }
}

/// Everything acknowledged so far is in the log, and no number is there twice or out of nowhere; every sealed entry has
/// its openings in the vault of this data folder. Returns how many have.
pub fn check(whole: &Whole, producers: &[Producer], data: &Path, end: End) -> u64 {
    for producer in producers {
        for (index, leaf_hash) in &producer.acknowledged {
            assert_eq!(hash(leaf_hash), whole.hash_of(*index), "entry {index} is not what was acknowledged");
        }
        let mut numbers = whole.numbers_of(&producer.session.id);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        assert!((producer.acknowledged()..=producer.session.next).contains(&(numbers.len() as u64)));
    }
    let mut sealed = SealedEntries::new(Verifier::of(data).origin());
    for ((index, leaf), hash) in (0..).zip(&whole.leaves).zip(&whole.hashes) {
        sealed.note(index, leaf, *hash);
    }
    let _ = sealed.check(data, end);
    sealed.count()
}
