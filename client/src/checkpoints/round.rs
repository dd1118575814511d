//! Which proofs link many checkpoints with what is believed, and with each other.

use bytes::Bytes;
use einsicht_tlog::TreeHead;

use super::{GivenProof, ROUND_MAX};
use crate::trust::Opened;

/// A checkpoint that came with an answer, and the proof beside it.
#[derive(Clone)]
pub(super) struct Offered {
    pub note: Bytes,
    /// The size that the proof leads from.
    known_size: u64,
    proof: Vec<Bytes>,
}

/// Checkpoints that are linked together: that of the answer that does it, and those that wait.
pub(super) struct Round {
    /// The newest that is believed.
    base: TreeHead,
    own: Opened,
    offered: Vec<Offered>,
}

/// One checkpoint, and the proof that makes it believed: from `old` to `new`, one of which it is.
pub(super) struct Link {
    pub opened: Opened,
    pub old: TreeHead,
    pub new: TreeHead,
    /// That proof, if it came with an answer; otherwise the ledger has to be asked for it.
    pub given: Option<Vec<Bytes>>,
}

impl Offered {
    pub fn new(note: &Bytes, given: GivenProof<'_>) -> Self {
        Self { note: note.clone(), known_size: given.known_size, proof: given.hashes.to_vec() }
    }
}

impl Round {
    pub fn new(base: TreeHead, own: &Opened, offered: Offered, others: Vec<Offered>) -> Self {
        let offered = std::iter::once(offered).chain(others).collect();
        Self { base, own: own.clone(), offered }
    }

    /// The links to be made, in this order: the largest checkpoint extends what is believed, then all
    /// others are parts of it. `open` verifies signatures; what it does not open is left out.
    /// `None` if there is nothing to be gained over linking the one checkpoint alone.
    pub fn open(self, open: impl Fn(&Bytes) -> Option<Opened>) -> Option<Vec<Link>> {
        let Self { base, own, offered } = self;
        let mut distinct: Vec<(Opened, Option<Vec<Bytes>>)> = vec![(own, None)];
        for Offered { note, known_size, proof } in offered {
            let given = (known_size == base.size.0).then_some(proof);
            if let Some((_, known)) = distinct.iter_mut().find(|(opened, _)| *opened.note() == note) {
                *known = known.take().or(given);
            } else if distinct.len() < ROUND_MAX {
                distinct.extend(open(&note).map(|opened| (opened, given)));
            }
        }
        if distinct.len() < 2 {
            return None;
        }
        distinct.sort_by_key(|(opened, _)| std::cmp::Reverse(opened.head().size));
        let largest = distinct.first().map(|(opened, _)| opened.head())?;
        let top = if largest.size > base.size { largest } else { base };
        let link = |(opened, given): (Opened, Option<Vec<Bytes>>)| {
            let head = opened.head();
            let (old, new) = if head == top { (base, head) } else { (head, top) };
            Link { opened, old, new, given: given.filter(|_| head == top) }
        };
        Some(distinct.into_iter().map(link).collect())
    }
}
