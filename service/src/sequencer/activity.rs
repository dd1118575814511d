//! What the two threads of recording are at, as others see it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Moves with every submission, and with every commit that closes.
///
/// Trials rest on its order: a submission leaves the queue in the moment in which the commit that holds it
/// lies where the writer finds it, not when it is taken up.
#[derive(Debug, Default)]
pub(super) struct Activity {
    unplaced: AtomicUsize,
    writer_waits: AtomicBool,
}

impl Activity {
    /// Somebody submits.
    pub fn join(&self) {
        self.unplaced.fetch_add(1, Ordering::AcqRel);
    }

    /// So many were placed in a commit that was laid down, or found no place in the queue.
    pub fn leave(&self, count: usize) {
        self.unplaced.fetch_sub(count, Ordering::AcqRel);
    }

    /// Who submitted and lies in no commit yet that can be written.
    pub fn unplaced(&self) -> usize {
        self.unplaced.load(Ordering::Acquire)
    }

    /// Whether the writer's thread has nothing to do from now on.
    pub fn set_writer_waits(&self, waits: bool) {
        self.writer_waits.store(waits, Ordering::Release);
    }

    /// Whether the writer's thread has nothing to do.
    pub fn writer_waits(&self) -> bool {
        self.writer_waits.load(Ordering::Acquire)
    }
}
