//! What is answered to events that are recorded: places, and the proofs that were asked for.

use bytes::{Bytes, BytesMut};
use einsicht_proto::v1::{RecordResponse, Recorded};
use einsicht_tlog::{Hash, Index, Size, bundle};

use crate::sequencer::{Acknowledged, Placed};
use crate::storage::{LogReader, ReadError};

/// What an answer is to carry beyond index and leaf hash.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Leaf and inclusion proof of each event.
    pub proofs: bool,
    /// The consistency proof from this size; 0: none.
    pub known_size: Size,
}

/// The answer, if it can be had without waiting for a disk.
pub(super) fn respond_at_once(
    reader: &LogReader,
    acknowledged: &Acknowledged,
    wanted: Wanted,
) -> Result<Option<RecordResponse>, ReadError> {
    let consistency = match wanted {
        Wanted { proofs: true, .. } => None,
        Wanted { known_size: Size(0), .. } => Some(Vec::new()),
        Wanted { known_size, .. } => {
            reader.kept_consistency_proof(known_size, acknowledged.published.head.size)?
        }
    };
    Ok(consistency.map(|consistency| response(acknowledged, places(&acknowledged.entries), &consistency)))
}

/// The answer. May wait for a disk.
pub(super) fn respond(
    reader: &LogReader,
    acknowledged: &Acknowledged,
    wanted: Wanted,
) -> Result<RecordResponse, ReadError> {
    let size = acknowledged.published.head.size;
    let mut recorded = places(&acknowledged.entries);
    if wanted.proofs {
        let leaves = leaves(reader, &acknowledged.entries)?;
        for (recorded, leaf) in recorded.iter_mut().zip(leaves) {
            let proof = reader.recent_inclusion_proof(Index(recorded.index), size)?;
            (recorded.leaf, recorded.inclusion_proof) = (Some(leaf), split(&proof));
        }
    }
    let consistency = match wanted.known_size {
        Size(0) => Vec::new(),
        known => reader.recent_consistency_proof(known, size)?,
    };
    Ok(response(acknowledged, recorded, &consistency))
}

fn response(acknowledged: &Acknowledged, recorded: Vec<Recorded>, consistency: &[Hash]) -> RecordResponse {
    let checkpoint = acknowledged.published.checkpoint.clone();
    RecordResponse { recorded, checkpoint, consistency_proof: split(consistency) }
}

fn places(entries: &[Placed]) -> Vec<Recorded> {
    let mut leaf_hashes = one_buffer(entries.iter().map(|placed| &placed.leaf_hash));
    let place = |placed: &Placed| Recorded {
        index: placed.index.0,
        leaf_hash: leaf_hashes.split_to(Hash::BYTES),
        already_recorded: placed.already_recorded,
        ..Recorded::default()
    };
    entries.iter().map(place).collect()
}

/// The leaves of entries. Those of one commit stand one after the other, and are read at once.
fn leaves(reader: &LogReader, entries: &[Placed]) -> Result<Vec<Bytes>, ReadError> {
    let mut leaves = Vec::with_capacity(entries.len());
    for run in entries.chunk_by(|one, next| next.index.0 == one.index.0.saturating_add(1)) {
        let Some(first) = run.first() else { continue };
        let bytes = Bytes::from(reader.bundle(first.index, run.len())?);
        for leaf in bundle::entries(&bytes) {
            let unreadable = |error| ReadError::Io { what: "an entry", error: std::io::Error::other(error) };
            leaves.push(bytes.slice_ref(leaf.map_err(unreadable)?));
        }
    }
    Ok(leaves)
}

/// Hashes as bytes.
pub(super) fn split(hashes: &[Hash]) -> Vec<Bytes> {
    let mut buffer = one_buffer(hashes.iter());
    hashes.iter().map(|_| buffer.split_to(Hash::BYTES)).collect()
}

/// Hashes one after the other, to be split: an allocation for each would cost more than the hashes do.
fn one_buffer<'a>(hashes: impl ExactSizeIterator<Item = &'a Hash>) -> Bytes {
    let mut buffer = BytesMut::with_capacity(hashes.len() * Hash::BYTES);
    hashes.for_each(|hash| buffer.extend_from_slice(hash.as_bytes()));
    buffer.freeze()
}
