//! Verification of what the ledger answers to events that were recorded.
//!
//! The signed checkpoint is verified before ([`Trust`](crate::Trust)); here each event is: that it has
//! a place in the tree that was signed and, if proofs were asked for, that what stands there is what
//! was sent. Without proofs an answer shows *that* the ledger signed a tree with those indexes, not what
//! stands at them.

use std::collections::HashSet;

use bytes::Bytes;
use einsicht_access::record::{Mismatch, Provenance, record_states_event};
use einsicht_access::wire::{WireError, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{self, AccessEvent, AccessRecord, RecordRequest};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::proof::{ProofError, verify_inclusion};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Hash, Index, Leaf, Size, TreeHead};
use tonic::Code;

use crate::error::code_name;
use crate::trust::TrustError;

/// Where an event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Index of its entry.
    pub index: Index,
    /// Leaf hash of its entry. Proven with a receipt; otherwise what the ledger says.
    pub leaf_hash: Hash,
    /// Whether an earlier request had recorded it.
    pub already_recorded: bool,
    /// Leaf, inclusion proof and signed checkpoint, verified, if proofs were asked for: whoever has
    /// this and the verifier key can prove that the entry is in the ledger.
    pub receipt: Option<Receipt>,
}

/// What of an answer is false, or not proven. Positions count in the request, from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// The checkpoint: signature, origin, or its connection with those verified before.
    #[error(transparent)]
    Checkpoint(#[from] TrustError),
    /// The ledger will not prove that two checkpoints that it signed are one history.
    #[error(
        "the ledger signed trees of {old} and of {new} entries and refuses to prove that one is the \
         beginning of the other ({}: {message}); it was cut back, replaced, or shows two histories", code_name(*code)
    )]
    ProofRefused {
        /// The smaller size.
        old: Size,
        /// The larger size.
        new: Size,
        /// How it refused.
        code: Code,
        /// What it said.
        message: String,
    },
    /// The ledger shows a state that it had before: signed, proven, and too old.
    #[error(
        "the ledger had {known} entries, and now shows {found} of them: it was cut back, or an older copy of it was \
         restored"
    )]
    Older {
        /// Its size as verified before.
        known: Size,
        /// The size that it shows.
        found: Size,
    },
    /// More or fewer places than events.
    #[error("{expected} events were sent, the answer has places for {found}")]
    Count {
        /// Events sent.
        expected: usize,
        /// Places in the answer.
        found: usize,
    },
    /// An index beyond the tree that was signed.
    #[error("event {position} is said to be entry {index}, but the signed tree has {size} entries only")]
    NotCovered {
        /// Position of the event.
        position: usize,
        /// Its index, as answered.
        index: Index,
        /// Size of the tree.
        size: Size,
    },
    /// Two events at one index.
    #[error("event {position} is said to be entry {index}, and so is an event before it")]
    SamePlace {
        /// Position of the second event.
        position: usize,
        /// The index of both.
        index: Index,
    },
    /// Events that were recorded together stand in another order than they were sent.
    #[error("event {position} is said to be entry {index}, before the event sent before it")]
    Order {
        /// Position of the event.
        position: usize,
        /// Its index, as answered.
        index: Index,
    },
    /// A hash that is not 32 bytes long.
    #[error("the {what} of event {position} is not 32 bytes long")]
    NotAHash {
        /// Position of the event.
        position: usize,
        /// Which hash.
        what: &'static str,
    },
    /// A proof was asked for, and there is no leaf.
    #[error("a proof was asked for, but the answer has no leaf for event {position}")]
    NoLeaf {
        /// Position of the event.
        position: usize,
    },
    /// The leaf has another hash.
    #[error("entry {index}: the leaf has hash {actual}, the answer says {expected}")]
    LeafHash {
        /// Index of the entry.
        index: Index,
        /// As answered.
        expected: Hash,
        /// As computed.
        actual: Hash,
    },
    /// The entry is not in the signed tree.
    #[error("entry {index} is not proven to be in the signed tree: {error}")]
    Inclusion {
        /// Index of the entry.
        index: Index,
        /// What is wrong with the proof.
        #[source]
        error: ProofError,
    },
    /// The leaf is not one.
    #[error("entry {index} is malformed: {error}")]
    Leaf {
        /// Index of the entry.
        index: Index,
        /// What is wrong with it.
        #[source]
        error: LeafError,
    },
    /// The body of the entry cannot be read in one way only.
    #[error("the body of entry {index} is malformed: {error}")]
    Body {
        /// Index of the entry.
        index: Index,
        /// What is wrong with it.
        #[source]
        error: WireError,
    },
    /// Something else stands at the index.
    #[error("event {position} is said to be entry {index}, which is no access record")]
    OtherKind {
        /// Position of the event.
        position: usize,
        /// Its index, as answered.
        index: Index,
    },
    /// Another access stands at the index, or this one with other values.
    #[error("event {position} is said to be entry {index}, but {mismatch}")]
    OtherRecord {
        /// Position of the event.
        position: usize,
        /// Its index, as answered.
        index: Index,
        /// Which field.
        #[source]
        mismatch: Mismatch,
    },
}

/// The signed tree that an answer refers to.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) head: TreeHead,
    /// The signed note, verbatim.
    pub(crate) note: Bytes,
}

/// Verifies the places that were answered to `request` under a checkpoint that is believed.
/// `producer` is the name under which the service must know us, if that is known.
pub(crate) fn verify_places(
    request: &RecordRequest,
    places: &[v1::Recorded],
    signed: &Signed,
    producer: Option<&str>,
) -> Result<Vec<Recorded>, VerificationError> {
    let (expected, found) = (request.events.len(), places.len());
    if expected != found {
        return Err(VerificationError::Count { expected, found });
    }
    let recorded = places
        .iter()
        .enumerate()
        .map(|(position, place)| verify_place(position, place, signed.head.size))
        .collect::<Result<Vec<_>, _>>()?;
    verify_order(&recorded)?;
    if !request.with_proofs {
        return Ok(recorded);
    }
    let sent = request.events.iter().zip(request.first_sequence..);
    let all = recorded.into_iter().zip(places).zip(sent).enumerate();
    all.map(|(position, ((recorded, place), (event, sequence)))| {
        let sent = Sent { position, event, session: &request.session, sequence, producer };
        let receipt = verify_proof(&recorded, place, signed, &sent)?;
        Ok(Recorded { receipt: Some(receipt), ..recorded })
    })
    .collect()
}

/// Verifies one place without its proof.
pub(crate) fn verify_place(
    position: usize,
    place: &v1::Recorded,
    size: Size,
) -> Result<Recorded, VerificationError> {
    let index = Index(place.index);
    if !size.contains(index) {
        return Err(VerificationError::NotCovered { position, index, size });
    }
    let leaf_hash = Hash::from_slice(&place.leaf_hash);
    let leaf_hash = leaf_hash.ok_or(VerificationError::NotAHash { position, what: "leaf hash" })?;
    Ok(Recorded { index, leaf_hash, already_recorded: place.already_recorded, receipt: None })
}

/// New events of one request are written in one commit, in their order; old ones can be anywhere.
fn verify_order(recorded: &[Recorded]) -> Result<(), VerificationError> {
    let mut seen = HashSet::with_capacity(recorded.len());
    let mut last_new = None;
    for (position, Recorded { index, already_recorded, .. }) in recorded.iter().enumerate() {
        let index = *index;
        if !seen.insert(index) {
            return Err(VerificationError::SamePlace { position, index });
        }
        if *already_recorded {
            continue;
        }
        if last_new.is_some_and(|last| index < last) {
            return Err(VerificationError::Order { position, index });
        }
        last_new = Some(index);
    }
    Ok(())
}

/// One event as it was sent.
struct Sent<'a> {
    position: usize,
    event: &'a AccessEvent,
    session: &'a Bytes,
    sequence: u64,
    producer: Option<&'a str>,
}

fn verify_proof(
    recorded: &Recorded,
    place: &v1::Recorded,
    signed: &Signed,
    sent: &Sent<'_>,
) -> Result<Receipt, VerificationError> {
    let (index, position) = (recorded.index, sent.position);
    let leaf = place.leaf.as_ref().ok_or(VerificationError::NoLeaf { position })?;
    let actual = leaf_hash(leaf);
    if actual != recorded.leaf_hash {
        return Err(VerificationError::LeafHash { index, expected: recorded.leaf_hash, actual });
    }
    let proof = hashes(&place.inclusion_proof);
    let proof = proof.ok_or(VerificationError::NotAHash { position, what: "inclusion proof" })?;
    verify_inclusion(&actual, index, &signed.head, &proof)
        .map_err(|error| VerificationError::Inclusion { index, error })?;
    let record = read_record(leaf, index, position)?;
    // What the service calls us is its knowledge; that it is what we expect is checked if we know.
    let producer = sent.producer.unwrap_or(&record.producer);
    let provenance = Provenance { producer, session: sent.session, sequence: sent.sequence };
    record_states_event(&record, sent.event, provenance)
        .map_err(|mismatch| VerificationError::OtherRecord { position, index, mismatch })?;
    Ok(Receipt { leaf: Some(leaf.to_vec()), index, proof, checkpoint: signed.note.to_vec() })
}

fn read_record(leaf: &[u8], index: Index, position: usize) -> Result<AccessRecord, VerificationError> {
    let leaf = Leaf::parse(leaf).map_err(|error| VerificationError::Leaf { index, error })?;
    let body = read_body(leaf.body).map_err(|error| VerificationError::Body { index, error })?;
    match body.content {
        Some(Content::Access(record)) => Ok(record),
        _ => Err(VerificationError::OtherKind { position, index }),
    }
}

/// Takes bytes as hashes; `None` if one of them has another length.
pub(crate) fn hashes(list: &[Bytes]) -> Option<Vec<Hash>> {
    list.iter().map(|bytes| Hash::from_slice(bytes)).collect()
}

#[cfg(test)]
mod tests;
