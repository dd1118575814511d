//! A steward who has values erased, one after the other. What was not answered is asked for again of the next
//! service.

use std::time::Duration;

use einsicht_proto::v1::EraseRequest;
use einsicht_tlog::Index;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::receipt::Receipt;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;
use tonic::{Code, Status};

use super::producer::gone;
use crate::service::Steward as Client;
use crate::verify::Verifier;

/// Longest between an answer and the next request.
const PAUSE_MAX: Duration = Duration::from_millis(15);
/// What is named where not all of an entry is to go: every producer's sealed events have it.
const NAMED: [&[&str]; 4] = [&[], &["actor"], &["justification"], &["actor", "occurred_at"]];

/// That values of an entry are erased, as it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// The entry whose values they were.
    pub target: u64,
    /// The entry that says so; `None` where it was there before it was asked for again.
    pub by: Option<u64>,
}

/// Somebody who may erase.
pub struct Steward {
    /// What of: entries that are there, and were not asked for.
    pub targets: Vec<u64>,
    /// What was asked for since somebody took it over.
    pub asked: Vec<EraseRequest>,
    /// What was answered since then.
    pub heard: Vec<Erased>,
    /// Erasures that were answered.
    pub erased: u64,
    /// Those of them of which the answer had been lost: the entry was there, and it was done.
    pub found: u64,
    random: ChaCha8Rng,
    verifier: Verifier,
    unanswered: Option<EraseRequest>,
}

impl Steward {
    /// One who has asked for nothing yet.
    #[must_use]
    pub fn new(verifier: Verifier, random: ChaCha8Rng) -> Self {
        let (targets, asked, heard) = Default::default();
        Self { targets, asked, heard, erased: 0, found: 0, random, verifier, unanswered: None }
    }

    /// Erases until the service is gone, or there is nothing left to erase.
    pub async fn run(mut self, mut client: Client) -> Self {
        while let Ok(true) = self.step(&mut client).await {
            sleep(PAUSE_MAX.mul_f64(self.random.random())).await;
        }
        self
    }

    /// Has some values of one entry erased.
    ///
    /// # Errors
    /// What the service answers instead.
    pub async fn erase(&mut self, client: &mut Client, index: u64) -> Result<(), Status> {
        let request = self.make(index);
        self.ask(client, request).await
    }

    /// Has the one answered that was not, if there is one.
    ///
    /// # Errors
    /// What the service answers instead.
    pub async fn settle(&mut self, client: &mut Client) -> Result<(), Status> {
        match self.unanswered.clone() {
            Some(request) => self.ask(client, request).await,
            None => Ok(()),
        }
    }

    async fn step(&mut self, client: &mut Client) -> Result<bool, Status> {
        let request = match self.unanswered.clone() {
            Some(request) => request,
            None => match self.targets.pop() {
                Some(index) => self.make(index),
                None => return Ok(false),
            },
        };
        self.ask(client, request).await.map(|()| true)
    }

    fn make(&mut self, index: u64) -> EraseRequest {
        let named = NAMED[self.random.random_range(0..NAMED.len())];
        let fields = named.iter().map(ToString::to_string).collect();
        let request = EraseRequest { index, fields, ground: "trial".to_owned() };
        self.asked.push(request.clone());
        self.unanswered = Some(request.clone());
        request
    }

    async fn ask(&mut self, client: &mut Client, request: EraseRequest) -> Result<(), Status> {
        let target = request.index;
        let is_again = !self.asked.contains(&request);
        match client.erase(request).await {
            Ok(answer) => {
                let Receipt { leaf, index, proof, checkpoint } =
                    Receipt::parse(&answer.get_ref().receipt).unwrap();
                let (leaf, head) = (leaf.unwrap(), self.verifier.open(&checkpoint));
                verify_inclusion(&leaf_hash(&leaf), index, &head, &proof).unwrap();
                let Index(by) = index;
                self.heard.push(Erased { target, by: Some(by) });
            }
            // Its entry is there, and the disk did not follow.
            Err(status) if status.message().contains("could not be done yet") => return Err(status),
            // Its entry was there when the service was killed, and since the start it is done.
            Err(status) if is_again && status.code() == Code::FailedPrecondition => {
                assert!(status.message().contains("erased before"), "{status}");
                self.found += 1;
                self.heard.push(Erased { target, by: None });
            }
            Err(status) => return Err(gone(status)),
        }
        self.erased += 1;
        self.unanswered = None;
        Ok(())
    }
}
