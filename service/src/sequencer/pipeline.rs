//! Two threads: while a commit is written and synced, the next one is placed.
//!
//! ```text
//! queue ──► sequencer ──► desk ──► writer
//! ```
//!
//! The sequencer keeps its commit open for as long as the writer is busy, and whoever comes joins it.
//! Whenever it has nobody to place, it lays the commit on the desk, where the writer takes it once it is
//! free; if the writer is free already, the sequencer writes the commit itself, so that a lone caller
//! does not wait for a thread to wake up. No commit is closed before somebody can write it, unless it is
//! full; a writer that is free waits no longer than placing one submission or 64 KiB takes; and there is
//! no timer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::{self, error::TryRecvError};

use super::activity::Activity;
use super::commit::Commit;
use super::place::Placer;
use super::publish::Publisher;
use super::{Committer, Submission};

/// What both threads work with.
struct Pipeline {
    desk: Mutex<Desk>,
    changed: Condvar,
    /// Held while a commit is written: by the writer, or by the sequencer while the writer waits.
    publisher: Mutex<Publisher>,
    /// Why nothing is recorded any more.
    stopped: Arc<OnceLock<String>>,
    /// Tells others.
    activity: Arc<Activity>,
}

/// Where the sequencer lays commits down and the writer takes them. Locked for moments only.
struct Desk {
    commit: Option<Commit>,
    /// The writer has nothing to do. A commit that is laid down for it then is its own; any other the
    /// sequencer may take back, to let others join.
    writer_waits: bool,
    /// One of the threads is gone: nothing is written any more.
    ended: bool,
}

/// One of the threads is gone.
struct Ended;

/// Ends one thread with the other, in order or not.
struct EndBoth(Arc<Pipeline>);

/// Starts both threads. They end, after everything in the queue, when its senders are gone. The one
/// that is returned ends last.
///
/// # Errors
/// If no thread can be had.
pub(super) fn start(
    committer: Committer,
    queue: mpsc::Receiver<Submission>,
    activity: Arc<Activity>,
) -> std::io::Result<JoinHandle<()>> {
    let stopped = committer.stopped();
    let Committer { placer, publisher } = committer;
    let pipeline = Arc::new(Pipeline {
        desk: Mutex::new(Desk { commit: None, writer_waits: true, ended: false }),
        changed: Condvar::new(),
        publisher: Mutex::new(publisher),
        stopped,
        activity,
    });
    pipeline.activity.set_writer_waits(true);
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let end = EndBoth(Arc::clone(&pipeline));
    let writer = thread("writer").spawn(move || end.0.write_until_ended())?;
    let end = EndBoth(pipeline);
    thread("sequencer").spawn(move || {
        let pipeline = Arc::clone(&end.0);
        // Where the writer is gone, joining it says why.
        let _ = pipeline.place_until_closed(placer, queue);
        drop(end);
        if let Err(panic) = writer.join() {
            std::panic::resume_unwind(panic);
        }
        if let Some(publisher) = Arc::into_inner(pipeline).and_then(|p| p.publisher.into_inner().ok()) {
            publisher.finish();
        }
    })
}

impl Pipeline {
    /// The sequencer's thread.
    fn place_until_closed(
        &self,
        mut placer: Placer,
        mut queue: mpsc::Receiver<Submission>,
    ) -> Result<(), Ended> {
        let mut open: Option<Commit> = None;
        loop {
            let next = match queue.try_recv() {
                Ok(submission) => Some(submission),
                Err(TryRecvError::Disconnected) => None,
                Err(TryRecvError::Empty) => {
                    if let Some(commit) = open.take() {
                        self.lay_down_or_write(commit, &mut placer)?;
                    }
                    queue.blocking_recv()
                }
            };
            let mut commit = match open.take() {
                Some(commit) => commit,
                None => self.take_back()?.unwrap_or_else(|| placer.begin()),
            };
            let Some(submission) = next else { return self.finish(commit, &mut placer) };
            placer.place(submission, &mut commit);
            open = self.hand_over_or_keep(commit, &mut placer)?;
        }
    }

    /// Nobody waits to be placed.
    fn lay_down_or_write(&self, mut commit: Commit, placer: &mut Placer) -> Result<(), Ended> {
        placer.settle(&mut commit);
        // What lies there now was handed over, and is about to be taken.
        let mut desk = self.wait_while(|desk| desk.commit.is_some())?;
        self.activity.leave(commit.joined());
        if !desk.writer_waits {
            desk.commit = Some(commit);
            return Ok(());
        }
        drop(desk);
        self.write(commit)
    }

    /// Somebody may wait to be placed. A full commit has to go; any other one only if the writer waits for
    /// it, and waking it up is worth it.
    fn hand_over_or_keep(&self, mut commit: Commit, placer: &mut Placer) -> Result<Option<Commit>, Ended> {
        let is_full = commit.is_full();
        let goes = is_full || commit.is_worth_a_hand_over() && self.waits_for_a_commit()?;
        if !goes {
            return Ok(Some(commit));
        }
        placer.settle(&mut commit);
        let mut desk = self.wait_while(|desk| desk.commit.is_some())?;
        self.activity.leave(commit.joined());
        desk.commit = Some(commit);
        self.changed.notify_all();
        drop(desk);
        if is_full {
            // Two commits at most are held in memory; whoever comes now waits in the queue.
            drop(self.wait_while(|desk| desk.commit.is_some())?);
        }
        Ok(None)
    }

    /// The queue is closed and empty.
    fn finish(&self, mut commit: Commit, placer: &mut Placer) -> Result<(), Ended> {
        placer.settle(&mut commit);
        drop(self.wait_while(|desk| desk.commit.is_some() || !desk.writer_waits)?);
        self.write(commit)
    }

    /// The commit on the desk, unless it was handed over.
    fn take_back(&self) -> Result<Option<Commit>, Ended> {
        let mut desk = self.wait_while(|_| false)?;
        Ok(if desk.writer_waits { None } else { desk.commit.take() })
    }

    fn waits_for_a_commit(&self) -> Result<bool, Ended> {
        self.wait_while(|_| false).map(|desk| desk.writer_waits && desk.commit.is_none())
    }

    /// The writer's thread.
    fn write_until_ended(&self) {
        while let Ok(commit) = self.next_commit()
            && self.write(commit).is_ok()
        {}
    }

    fn next_commit(&self) -> Result<Commit, Ended> {
        let mut desk = self.wait_while(|_| false)?;
        if desk.commit.is_none() {
            desk.writer_waits = true;
            self.activity.set_writer_waits(true);
            self.changed.notify_all();
            drop(desk);
            desk = self.wait_while(|desk| desk.commit.is_none())?;
        }
        // Also where it had not begun to wait: the sequencer must not believe that it may write.
        desk.writer_waits = false;
        self.activity.set_writer_waits(false);
        self.changed.notify_all();
        desk.commit.take().ok_or(Ended)
    }

    fn write(&self, commit: Commit) -> Result<(), Ended> {
        // A panic in the middle of a commit leaves nothing that could be gone on with.
        let mut publisher = self.publisher.lock().map_err(|_| Ended)?;
        // Everybody who waited was told.
        let _ = publisher.write(commit);
        Ok(())
    }

    /// Waits until the desk is otherwise.
    fn wait_while(&self, condition: impl Fn(&Desk) -> bool) -> Result<MutexGuard<'_, Desk>, Ended> {
        let waits = |desk: &mut Desk| !desk.ended && condition(desk);
        let desk = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        if desk.ended { Err(Ended) } else { Ok(desk) }
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EndBoth {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.stopped.set("recording has ended in disorder; start the service again".to_owned());
        }
        let mut desk = self.0.lock();
        desk.ended = true;
        let left = desk.commit.take();
        drop(desk);
        self.0.changed.notify_all();
        // Whoever waits for it learns that there will be no answer.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::Index;

    use super::*;
    use crate::sequencer::tests::harness::Desk as Recording;

    #[test]
    fn a_writer_that_finds_a_commit_before_it_has_waited_is_busy_with_it() {
        let committer = Recording::new().committer;
        let pipeline = Pipeline {
            desk: Mutex::new(Desk { commit: Some(Commit::new(Index(1))), writer_waits: true, ended: false }),
            changed: Condvar::new(),
            stopped: committer.stopped(),
            publisher: Mutex::new(committer.publisher),
            activity: Arc::default(),
        };
        assert!(pipeline.next_commit().is_ok());
        assert!(matches!(pipeline.waits_for_a_commit(), Ok(false)));
    }
}
