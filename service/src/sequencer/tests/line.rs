//! Both threads at work: the writer stands before the gate with a commit, and the sequencer places the next.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use einsicht_tlog::TreeHead;
use tempfile::TempDir;

use super::gate::Gate;
use super::harness::{Clocks, Desk, run};
use super::queue::{Pending, join, submit, until};
use crate::sequencer::{Committer, Sequencer, Work};
use crate::sessions::SessionStore;
use crate::storage::LogReader;
use crate::storage::memory::{Kind, MemoryFolder};

pub const SEGMENT: &str = "log/entries/00000000000000000000.seg";
/// As many events as are worth a hand-over to the writer.
pub const LARGE: u64 = 600;
/// As many entries as make a commit of 16 MiB, with bodies of so many bytes.
pub const FULL: u64 = 262;
const FULL_BODY_BYTES: usize = 64_000;
/// The session of the commit that is in the writer's hands.
pub const WRITTEN: u8 = 255;

pub struct Line {
    pub sequencer: Sequencer,
    /// Of the commit that is in the writer's hands: numbers 0 to 599 of its session, entries 1 to 600.
    pub first: Pending,
    pub gate: Gate,
    pub folder: MemoryFolder,
    pub reader: LogReader,
    pub store: SessionStore,
    pub halts: Arc<Mutex<Vec<String>>>,
    clock: Arc<Clocks>,
    thread: JoinHandle<()>,
    _state: TempDir,
}

impl Line {
    /// With the writer held up before it does this to the segment.
    pub async fn held_up_at(kind: Kind) -> Self {
        let desk = Desk::with_segments_of(1 << 30);
        desk.gate.close(kind);
        Self::of(desk).await
    }

    pub async fn of(desk: Desk) -> Self {
        let Desk { committer, reader, folder, gate, store, clock, halts, state, .. } = desk;
        let (sequencer, thread) = start(committer);
        let first = submit(&sequencer, run(WRITTEN, 0, LARGE));
        until(|| gate.holds_somebody_up()).await;
        Self { sequencer, first, gate, folder, reader, store, halts, clock, thread, _state: state }
    }

    /// Submits these, and returns when all of them are placed.
    pub async fn place(&self, works: Vec<Work>) -> Vec<Pending> {
        let placed = self.clock.looks() + works.len();
        let pending = works.into_iter().map(|work| submit(&self.sequencer, work)).collect();
        // Too long for an entry. Its turn comes when all before it had theirs.
        let _probe = submit(&self.sequencer, Work::Own { body: vec![0; 70_000], sealed: None });
        until(|| self.clock.looks() > placed).await;
        pending
    }

    /// Submits as many as make the commit full that is placed behind the one in the writer's hands: none
    /// of those who come later joins it.
    pub async fn fill(&self) -> Vec<Pending> {
        let placed = self.clock.looks() + usize::try_from(FULL).unwrap();
        let large = || submit(&self.sequencer, Work::Own { body: vec![7; FULL_BODY_BYTES], sealed: None });
        let full = (0..FULL).map(|_| large()).collect();
        until(|| self.clock.looks() == placed).await;
        full
    }

    /// Submits this with a deadline; what is placed later is placed behind it.
    pub fn submit_until(&self, work: Work, deadline: Instant) -> Pending {
        let sequencer = self.sequencer.clone();
        tokio::spawn(async move { sequencer.submit(work, Some(deadline)).await })
    }

    /// Lets the commit in the writer's hands pass, and waits until the writer has the next one.
    pub async fn write_one(&self) {
        self.gate.let_one_pass();
        until(|| self.gate.holds_somebody_up()).await;
    }

    pub fn head(&self) -> TreeHead {
        self.sequencer.published().borrow().head
    }

    /// How often this was done to the segment.
    pub fn count(&self, kind: Kind) -> usize {
        self.folder.trace().iter().filter(|(k, path)| (*k, path.as_str()) == (kind, SEGMENT)).count()
    }

    /// Drops the handle and waits for both threads.
    pub async fn finish(self) -> (MemoryFolder, SessionStore) {
        drop(self.sequencer);
        join(self.thread).await;
        (self.folder, self.store)
    }
}

fn start(committer: Committer) -> (Sequencer, JoinHandle<()>) {
    Sequencer::start(committer).unwrap()
}
