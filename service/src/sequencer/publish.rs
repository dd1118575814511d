//! Makes commits durable, one after the other: tree, frame, what is sealed, append and sync, signature, answers.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, SigningKey, TreeHead, checkpoint};
use tokio::sync::watch;

use super::commit::Commit;
use super::{Follower, Published};
use crate::annotations::Annotations;
use crate::storage::{AppendError, Halt, LogReader, LogWriter, ReadError, Tree};
use crate::vault::Vault;

/// The second stage of recording. Takes commits in the order in which they were placed.
pub(super) struct Publisher {
    pub log: LogWriter,
    pub vault: Vault,
    /// The tree of what is durable.
    pub tree: Tree,
    pub key: SigningKey,
    pub follower: Follower,
    /// What the entries of the log say about others.
    pub annotations: Annotations,
    pub published: watch::Sender<Arc<Published>>,
    /// Set, once, to the reason why nothing is recorded any more.
    pub stopped: Arc<OnceLock<String>>,
    /// Ends the process when a sync has failed.
    pub halt: Halt,
}

impl Publisher {
    /// Makes a commit durable, publishes it, and answers everybody who waits for it. After a failure
    /// nothing is acknowledged any more, not even a number that memory knows.
    ///
    /// # Errors
    /// Why the commit is not durable; everybody who waited was told.
    pub fn write(&mut self, mut commit: Commit) -> Result<(), Arc<AppendError>> {
        let (begun, waiting) = (commit.begun, std::mem::take(&mut commit.waiting));
        let had_stopped = self.log.has_stopped();
        if let Err(error) = self.make_durable(commit) {
            if !had_stopped {
                self.stop(&error);
            }
            let error = Arc::new(error);
            waiting.into_iter().for_each(|waiting| waiting.fail(&error));
            return Err(error);
        }
        if !waiting.is_empty() {
            let published = Arc::clone(&self.published.borrow());
            waiting.into_iter().for_each(|waiting| waiting.answer(&published));
            metrics::histogram!("einsicht_commit_seconds").record(begun.elapsed());
        }
        Ok(())
    }

    /// Everything was written; brings what lies behind the log up to date.
    pub fn finish(self) {
        self.follower.finish();
    }

    fn make_durable(&mut self, commit: Commit) -> Result<(), AppendError> {
        if self.log.has_stopped() {
            return Err(AppendError::Stopped);
        }
        let Commit { first, frame, mut growth, changes, vault, notes, deviations, .. } = commit;
        let count = frame.count();
        // Whoever gets here out of turn has a fault, and must not write: the log could not be opened again.
        let next = self.tree.size().next_index();
        assert!(count == 0 || first == next, "entry {first} is to be written, expected entry {next}");
        growth.leaf_hashes.iter().for_each(|hash| self.tree.push(*hash, &mut growth.upper));
        let head = self.tree.head();
        // No entry: everything was known before, or refused. What was published still stands.
        let Some(frame) = frame.finish(&head.root) else { return Ok(()) };
        if let Err(error) = self.vault.append(&vault) {
            // The tree has grown by what will not be there.
            self.log.stop();
            return Err(error);
        }
        self.log.append(first, &frame, &growth)?;
        let published = Arc::new(Published::sign(head, &self.key));
        self.annotations.note(&notes);
        self.follower.follow(&published, changes);
        self.published.send_replace(published);
        deviations.iter().for_each(|(charter, deviates)| charter.count(*deviates));
        metrics::counter!("einsicht_commits_total").increment(1);
        metrics::counter!("einsicht_entries_total").increment(u64::from(count));
        metrics::histogram!("einsicht_commit_entries").record(f64::from(count));
        Ok(())
    }

    fn stop(&self, error: &AppendError) {
        tracing::error!(%error, "a commit failed");
        if error.must_end() {
            (self.halt)(error);
        }
        // The first reason stays: that nothing is recorded any more is only its consequence.
        let _ = self.stopped.set(error.to_string());
    }
}

impl Published {
    /// The checkpoint of `head`, which is durable.
    #[must_use]
    pub fn sign(head: TreeHead, key: &SigningKey) -> Self {
        Self { head, checkpoint: Bytes::from(checkpoint::sign(head, key)), since: Instant::now() }
    }

    /// The receipt of an entry that it covers: C2SP tlog-proof, with the leaf. May wait for a disk.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn receipt(&self, index: Index, reader: &LogReader) -> Result<Bytes, ReadError> {
        let leaf = Some(reader.leaf(index)?);
        let proof = reader.inclusion_proof(index, self.head.size)?;
        Ok(Receipt { leaf, index, proof, checkpoint: self.checkpoint.to_vec() }.to_bytes().into())
    }
}
