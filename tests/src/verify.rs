//! What was answered and published, recomputed with the pure core: nothing of a service is believed.

use std::path::Path;

use bytes::Bytes;
use einsicht_access::{Provenance, read_body, record_states_event};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, ListEntriesRequest, RecordRequest, RecordResponse};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::Link;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Checkpoint, Frontier, Hash, Index, Leaf, Origin, Size, TreeHead, VerifierKey};

use crate::service::Service;

/// What `dev` writes as the producer.
pub const PRODUCER: &str = "dev";

/// Knows the key of a ledger.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// The key.
    pub key: VerifierKey,
}

/// All entries of a ledger, as read at one moment and verified: chain, time, tree, signature.
#[derive(Debug)]
pub struct Whole {
    /// The leaves, in order.
    pub leaves: Vec<Bytes>,
    /// Their hashes.
    pub hashes: Vec<Hash>,
    /// Size and root after each entry, from size 1 on.
    pub heads: Vec<TreeHead>,
}

impl Verifier {
    /// Of the ledger in a data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let text = std::fs::read_to_string(data.join("ledger.vkey")).unwrap();
        Self { key: VerifierKey::parse(&text).unwrap() }
    }

    /// The name of the ledger.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.key.name()
    }

    /// Verifies a checkpoint.
    #[must_use]
    pub fn open(&self, checkpoint: &[u8]) -> TreeHead {
        let opened = Checkpoint::open(checkpoint, self.origin(), std::slice::from_ref(&self.key));
        opened.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(checkpoint))).head
    }

    /// Verifies an answer against its request, and returns what the ledger signed. With proofs: that
    /// each leaf says what was sent and is in the signed tree.
    #[must_use]
    pub fn answer(&self, request: &RecordRequest, answer: &RecordResponse) -> TreeHead {
        let head = self.open(&answer.checkpoint);
        assert_eq!(answer.recorded.len(), request.events.len());
        let numbered = request.events.iter().zip(request.first_sequence..);
        for ((event, sequence), recorded) in numbered.zip(&answer.recorded) {
            let (index, expected) = (Index(recorded.index), hash(&recorded.leaf_hash));
            assert!(
                head.size.contains(index),
                "entry {index} is not under a checkpoint of {} entries",
                head.size
            );
            assert_eq!(recorded.leaf.is_some(), request.with_proofs);
            let Some(leaf) = &recorded.leaf else { continue };
            assert_eq!(leaf_hash(leaf), expected);
            let provenance = Provenance { producer: PRODUCER, session: &request.session, sequence };
            record_states_event(&access(leaf), event, provenance).unwrap();
            verify_inclusion(&expected, index, &head, &hashes(&recorded.inclusion_proof)).unwrap();
        }
        head
    }

    /// Verifies the consistency proof of an answer from `known`.
    #[must_use]
    pub fn extends(&self, known: &TreeHead, answer: &RecordResponse) -> TreeHead {
        let head = self.open(&answer.checkpoint);
        verify_consistency(known, &head, &hashes(&answer.consistency_proof)).unwrap();
        head
    }
}

impl Whole {
    /// Reads everything that is published, and verifies it.
    pub async fn read(service: &Service) -> Self {
        let published = service.head().await;
        let all = ListEntriesRequest { start: 0, limit: published.size.0 };
        let mut entries = service.ledger().list_entries(all).await.unwrap().into_inner();
        let mut leaves = Vec::new();
        while let Some(entry) = entries.message().await.unwrap() {
            assert_eq!(entry.index, leaves.len() as u64);
            leaves.push(entry.leaf);
        }
        let whole = Self::of(service.verifier().origin(), leaves);
        assert_eq!(whole.head(), published);
        whole
    }

    /// Recomputes chain and tree of these leaves.
    #[must_use]
    pub fn of(origin: &str, leaves: Vec<Bytes>) -> Self {
        let mut link = Link::start(Origin::parse(origin).unwrap().hash());
        let mut frontier = Frontier::new();
        let (mut hashes, mut heads) = (Vec::new(), Vec::new());
        for leaf in &leaves {
            let (_, hash) = link.follow(leaf).unwrap();
            frontier.push(hash);
            hashes.push(hash);
            heads.push(frontier.head());
        }
        Self { leaves, hashes, heads }
    }

    /// How many entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.head_at(self.size())
    }

    /// Size and root when the ledger had `size` entries.
    #[must_use]
    pub fn head_at(&self, size: u64) -> TreeHead {
        let head = self.heads[position(size) - 1];
        assert_eq!(head.size, Size(size));
        head
    }

    /// The hash of an entry.
    #[must_use]
    pub fn hash_of(&self, index: u64) -> Hash {
        self.hashes[position(index)]
    }

    /// The bodies, in order.
    pub fn bodies(&self) -> impl Iterator<Item = EntryBody> {
        self.leaves.iter().map(|leaf| read_body(Leaf::parse(leaf).unwrap().body).unwrap())
    }

    /// The accesses among the entries, in order.
    pub fn accesses(&self) -> impl Iterator<Item = AccessRecord> {
        self.bodies().filter_map(|body| match body.content {
            Some(Content::Access(record)) => Some(record),
            _ => None,
        })
    }

    /// The numbers that a session recorded, in order of the entries.
    #[must_use]
    pub fn numbers_of(&self, session: &Bytes) -> Vec<u64> {
        self.accesses().filter(|record| record.session == session).map(|record| record.sequence).collect()
    }
}

/// The access that a leaf holds.
#[must_use]
pub fn access(leaf: &[u8]) -> AccessRecord {
    match read_body(Leaf::parse(leaf).unwrap().body).unwrap().content {
        Some(Content::Access(record)) => record,
        other => panic!("not an access: {other:?}"),
    }
}

/// A hash that came over the wire.
#[must_use]
pub fn hash(bytes: &[u8]) -> Hash {
    Hash::from_slice(bytes).expect("a hash has 32 bytes")
}

/// Hashes that came over the wire.
#[must_use]
pub fn hashes(proof: &[Bytes]) -> Vec<Hash> {
    proof.iter().map(|bytes| hash(bytes)).collect()
}

fn position(number: u64) -> usize {
    usize::try_from(number).unwrap()
}
