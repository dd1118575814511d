//! The log of the fake ledger.

use std::collections::HashMap;
use std::convert::Infallible;

use bytes::Bytes;
use einsicht_access::record::{Provenance, body_bytes, seal_accesses};
use einsicht_access::{EventView, PeriodKey, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, AccessRecord, EndSessionRequest, EntryBody, RecordRequest, RecordResponse, Recorded,
    SessionEnd,
};
use einsicht_tlog::hash::{leaf_hash, sha256};
use einsicht_tlog::proof::ProofPlan;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Frontier, Hash, Index, Leaf, RecordedAt, SigningKey, Size, Subtree, checkpoint};
use tonic::Status;

use super::{ORIGIN, PRODUCER};

/// Leaves, and what was recorded under which number.
pub struct Log {
    key: SigningKey,
    leaves: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    known: HashMap<(Bytes, u64), (Bytes, u64)>,
}

impl Log {
    /// A log with one entry.
    pub fn new(key: SigningKey) -> Self {
        let mut log = Self { key, leaves: Vec::new(), hashes: Vec::new(), known: HashMap::new() };
        log.append(&EntryBody::default());
        log
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Forgets every entry from `size` on.
    pub fn cut_back(&mut self, size: usize) {
        self.leaves.truncate(size);
        self.hashes.truncate(size);
        self.known.retain(|_, (_, index)| *index < size as u64);
    }

    /// Another log under the same key: with other entries, as many and `more`.
    pub fn other_history(&self, key: SigningKey, more: usize) -> Self {
        let mut other = Self { key, leaves: Vec::new(), hashes: Vec::new(), known: HashMap::new() };
        for number in 0..self.leaves.len() + more {
            let end = SessionEnd { producer: number.to_string(), ..SessionEnd::default() };
            other.append(&EntryBody { content: Some(Content::SessionEnd(end)) });
        }
        other
    }

    pub fn checkpoint(&self) -> Bytes {
        self.checkpoint_of(self.leaves.len())
    }

    /// The checkpoint of the first `size` entries.
    pub fn checkpoint_of(&self, size: usize) -> Bytes {
        checkpoint::sign(self.frontier(0..size).head(), &self.key).into()
    }

    pub fn leaf(&self, index: u64) -> &[u8] {
        &self.leaves[index as usize]
    }

    pub fn record(&mut self, request: &RecordRequest) -> Result<RecordResponse, Status> {
        let numbered = || request.events.iter().zip(request.first_sequence..);
        for (event, sequence) in numbered() {
            let known = self.known.get(&(request.session.clone(), sequence));
            if known.is_some_and(|(event_id, _)| *event_id != event.event_id) {
                return Err(Status::already_exists(format!("number {sequence} belongs to another event")));
            }
        }
        let places: Vec<_> =
            numbered().map(|(event, sequence)| self.place(&request.session, event, sequence)).collect();
        let recorded =
            places.into_iter().map(|(index, already)| self.recorded(index, already, request.with_proofs));
        Ok(RecordResponse {
            recorded: recorded.collect(),
            checkpoint: self.checkpoint(),
            consistency_proof: self.consistency(request.known_size, self.size()).unwrap_or_default(),
        })
    }

    /// Index of an event, and whether it was there before.
    fn place(&mut self, session: &Bytes, event: &AccessEvent, sequence: u64) -> (u64, bool) {
        if let Some((_, index)) = self.known.get(&(session.clone(), sequence)) {
            return (*index, true);
        }
        let provenance = Provenance { producer: PRODUCER, session, sequence };
        let index = self.append(&access(event, provenance));
        self.known.insert((session.clone(), sequence), (event.event_id.clone(), index));
        (index, false)
    }

    pub fn end_session(&mut self, request: &EndSessionRequest) -> Recorded {
        let end = SessionEnd {
            producer: PRODUCER.into(),
            session: request.session.clone(),
            last_sequence: request.last_sequence,
        };
        let index = self.append(&EntryBody { content: Some(Content::SessionEnd(end)) });
        self.recorded(index, false, false)
    }

    pub fn recorded(&self, index: u64, already_recorded: bool, with_proof: bool) -> Recorded {
        let leaf = self.leaf(index);
        let plan = ProofPlan::inclusion(Index(index), Size(self.size())).unwrap();
        Recorded {
            index,
            leaf_hash: Bytes::copy_from_slice(self.hashes[index as usize].as_bytes()),
            already_recorded,
            leaf: with_proof.then(|| Bytes::copy_from_slice(leaf)),
            inclusion_proof: if with_proof { self.hashes(&plan) } else { Vec::new() },
        }
    }

    /// The proof of an entry under the newest checkpoint, with its leaf.
    pub fn receipt(&self, index: u64) -> Bytes {
        let plan = ProofPlan::inclusion(Index(index), Size(self.size())).unwrap();
        let proof = plan.build(|subtree| Ok::<_, ()>(self.root_of(subtree))).unwrap();
        let leaf = Some(self.leaf(index).to_vec());
        let checkpoint = self.checkpoint().to_vec();
        Receipt { leaf, index: Index(index), proof, checkpoint }.to_bytes().into()
    }

    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Bytes>> {
        let plan = ProofPlan::consistency(Size(old), Size(new)).ok().filter(|_| new <= self.size())?;
        Some(self.hashes(&plan))
    }

    /// The accesses in the log.
    pub fn records(&self) -> Vec<AccessRecord> {
        let contents = self.contents().into_iter();
        contents
            .filter_map(|content| if let Content::Access(record) = content { Some(record) } else { None })
            .collect()
    }

    /// The ends of sessions in the log.
    pub fn session_ends(&self) -> Vec<SessionEnd> {
        let contents = self.contents().into_iter();
        contents
            .filter_map(|content| if let Content::SessionEnd(end) = content { Some(end) } else { None })
            .collect()
    }

    fn contents(&self) -> Vec<Content> {
        let bodies = self.leaves.iter().map(|leaf| read_body(Leaf::parse(leaf).unwrap().body).unwrap());
        bodies.filter_map(|body| body.content).collect()
    }

    pub fn append(&mut self, body: &EntryBody) -> u64 {
        let previous = self.hashes.last().copied().unwrap_or_else(|| sha256(ORIGIN.as_bytes()));
        let leaf = Leaf { previous, recorded_at: RecordedAt(1_795_365_547), body: &body_bytes(body) };
        let leaf = leaf.to_bytes().unwrap();
        self.hashes.push(leaf_hash(&leaf));
        self.leaves.push(leaf);
        self.size() - 1
    }

    fn hashes(&self, plan: &ProofPlan) -> Vec<Bytes> {
        let hashes = plan.build(|subtree| Ok::<_, ()>(self.root_of(subtree))).unwrap();
        hashes.iter().map(|hash| Bytes::copy_from_slice(hash.as_bytes())).collect()
    }

    fn root_of(&self, subtree: Subtree) -> Hash {
        let (start, width) = (subtree.index << subtree.height, 1 << subtree.height);
        self.frontier(start as usize..(start + width) as usize).root()
    }

    fn frontier(&self, range: std::ops::Range<usize>) -> Frontier {
        let mut frontier = Frontier::new();
        self.hashes[range].iter().for_each(|hash| frontier.push(*hash));
        frontier
    }
}

/// The entry of an event. What is sealed has seals, of salts that are none: nobody opens them here.
fn access(event: &AccessEvent, provenance: Provenance<'_>) -> EntryBody {
    let views = [EventView::from(event)];
    let random = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok::<_, Infallible>(())
    };
    let prepared = seal_accesses(&views, provenance, Some(&PeriodKey::from([7; 32])), None, random);
    read_body(&prepared.unwrap()[0].body).unwrap()
}
