//! One commit: entries that become durable together, and who waits for them.

use std::sync::Arc;
use std::time::Instant;

use einsicht_access::judge::Commitments;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Hash, Index};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Acknowledged, Placed, Published, Refused};
use crate::annotations::Note;
use crate::charters::InForce;
use crate::sessions::Change;
use crate::storage::{AppendError, Growth};
use crate::vault::VaultRecord;

/// A commit takes no further submission beyond this many entries or bytes.
const COMMIT_ENTRIES_MAX: u32 = 8192;
const COMMIT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Or when this many wait for it: those who send again what is known add no entry.
const COMMIT_WAITING_MAX: usize = 4096;
/// From this many bytes on, placing more of them takes longer than waking a thread.
const HAND_OVER_BYTES: usize = 64 * 1024;
/// The same for many who wait, whatever they added.
const HAND_OVER_WAITING: usize = 256;

/// Filled by the sequencer, then made durable by whoever writes.
pub(super) struct Commit {
    /// Index of its first entry, if it has one.
    pub first: Index,
    /// The entries as they go into the segment.
    pub frame: FrameBuilder,
    /// What the entries alone add to the derived files; the tree's part comes with the writer.
    pub growth: Growth,
    /// What the session store has to write to reflect these entries, and no later ones.
    pub changes: Vec<Change>,
    /// What of them is sealed: durable before they are.
    pub vault: Vec<VaultRecord>,
    vault_bytes: usize,
    /// What its entries say about others.
    pub notes: Vec<Note>,
    /// Which commitments its accesses deviate from, by a charter.
    pub deviations: Vec<(Arc<InForce>, Commitments)>,
    /// In the order in which they came, which is the order of the answers.
    pub waiting: Vec<Waiting>,
    /// How many of them were told of already.
    told: usize,
    /// When the first of them was placed.
    pub begun: Instant,
}

/// A submission that is answered when its commit is durable: refusals, too, for they may rest on an
/// entry of this very commit, or of the one before.
pub(super) struct Waiting {
    pub outcome: Result<Vec<Placed>, Refused>,
    pub reply: oneshot::Sender<Result<Acknowledged, Refused>>,
    /// Gives the queue its bytes back when dropped.
    pub _room: OwnedSemaphorePermit,
}

impl Commit {
    /// A commit whose first entry will be `first`.
    pub fn new(first: Index) -> Self {
        Self {
            first,
            frame: FrameBuilder::new(first),
            growth: Growth::default(),
            changes: Vec::new(),
            vault: Vec::new(),
            vault_bytes: 0,
            notes: Vec::new(),
            deviations: Vec::new(),
            waiting: Vec::new(),
            told: 0,
            begun: Instant::now(),
        }
    }

    /// Notes what an entry says about others, also for the store.
    pub fn annotate(&mut self, note: Note) {
        self.changes.extend(Change::of_note(&note));
        self.notes.push(note);
    }

    /// Notes an entry that was put into the frame.
    pub fn note(&mut self, frame_offset: usize, leaf_hash: Hash) {
        self.growth.frame_offsets.push(frame_offset as u64);
        self.growth.leaf_hashes.push(leaf_hash);
    }

    /// Takes what of an entry is sealed.
    pub fn seal(&mut self, record: VaultRecord) {
        self.vault_bytes += record.sealed.bytes.len();
        self.vault.push(record);
    }

    /// How many joined since this was asked last.
    pub fn joined(&mut self) -> usize {
        let told = std::mem::replace(&mut self.told, self.waiting.len());
        self.waiting.len() - told
    }

    /// Whether nobody else may join.
    pub fn is_full(&self) -> bool {
        self.frame.count() >= COMMIT_ENTRIES_MAX
            || self.frame.byte_len() + self.vault_bytes >= COMMIT_BYTES_MAX
            || self.waiting.len() >= COMMIT_WAITING_MAX
    }

    /// Whether a writer that waits should have it at once, on its own thread, while others are placed.
    pub fn is_worth_a_hand_over(&self) -> bool {
        self.frame.byte_len() + self.vault_bytes >= HAND_OVER_BYTES || self.waiting.len() >= HAND_OVER_WAITING
    }
}

impl Waiting {
    /// The commit is durable, and `published` covers it.
    pub fn answer(self, published: &Arc<Published>) {
        let acknowledged = |entries| Acknowledged { published: Arc::clone(published), entries };
        // A caller that has gone away asks again, and then gets the old answer.
        let _ = self.reply.send(self.outcome.map(acknowledged));
    }

    /// The commit is not durable, whatever was decided about the submission.
    pub fn fail(self, error: &Arc<AppendError>) {
        let _ = self.reply.send(Err(Refused::Append(Arc::clone(error))));
    }
}
