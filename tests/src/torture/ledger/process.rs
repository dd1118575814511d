//! One run of a service's core over a folder in memory: the ledger is opened, sessions record through the
//! real sequencer, and it is shut down, killed, or loses its power. One operation of the disk at a time,
//! and which one is next is up to whoever drives it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Instant;

use einsicht_access::SealedField;
use einsicht_service::ledger::LedgerError;
use einsicht_service::sequencer::{Acknowledged, Published, Refused, Sequencer, Work};
use einsicht_service::storage::LogReader;
use einsicht_service::vault::Vault;
use einsicht_tlog::Index;
use tokio::sync::watch;

use super::book::Request;
use super::follower::FollowerSeen;
use super::gate::{Gate, Lane, Operation, STUCK_AFTER, State, ungated};
use super::machine::Machine;
use super::panics;
use super::sealed::erasure;

/// The process.
pub struct Process {
    machine: Machine,
    gate: Arc<Gate>,
    phase: Phase,
    /// Reads the log.
    pub reader: LogReader,
    /// Keeps what is sealed.
    pub vault: Vault,
    published: watch::Receiver<Arc<Published>>,
    sequencer: Option<Sequencer>,
    /// Ends with the sequencer's threads.
    ending: Option<JoinHandle<()>>,
    waiting: Vec<(usize, Answer)>,
    answered: Vec<(usize, Result<Acknowledged, Refused>)>,
    submitted: usize,
    follower: FollowerSeen,
    /// Panics before it began.
    panics: u64,
}

type Answer = Pin<Box<dyn Future<Output = Result<Acknowledged, Refused>>>>;

/// How far it is. The number of each phase is that of the threads that end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Sessions are brought up to date, and it records that it has started. Opening the log has ended.
    Starting = 2,
    /// Submissions are taken.
    Serving,
    /// None are taken any more.
    Closing,
}

/// Threads that end: one that opens the log, one that makes it record, and the sequencer.
const THREADS: usize = 3;

impl Process {
    /// Starts as the service does: opens the log, or begins it, and records that the service has started.
    /// Where that can't be written, nothing is recorded, and readers are served. `before` sees every
    /// operation of the disk before it is done.
    ///
    /// # Errors
    /// Why the service does not start.
    pub fn start(machine: &Machine, before: &mut dyn FnMut(&Operation)) -> Result<Self, LedgerError> {
        let (gate, panics) = (Arc::new(Gate::default()), panics::count());
        let opening = {
            let (machine, at) = (machine.clone(), Arc::clone(&gate));
            gate.spawn("opening", move || machine.stand_by(at))
        };
        loop {
            let state = gate.wait(|s| s.is_still() && (s.next(Lane::Log).is_some() || s.ended() == 1));
            let Some(next) = state.next(Lane::Log).cloned() else { break };
            drop(state);
            before(&next);
            gate.pass(Lane::Log);
        }
        let mut standby = opening.join().unwrap()?;
        let (reader, vault, published) = (standby.reader.clone(), standby.vault.clone(), standby.published());
        let size = published.borrow().head.size.0;
        let starting = gate.spawn("starting", move || standby.serve());
        let mut process = Self {
            machine: machine.clone(),
            gate,
            phase: Phase::Starting,
            reader,
            vault,
            published,
            sequencer: None,
            ending: None,
            waiting: Vec::new(),
            answered: Vec::new(),
            submitted: 0,
            follower: FollowerSeen::at(size),
            panics,
        };
        process.settle();
        while process.next(Lane::Log).is_some() {
            process.step(Lane::Log, before);
        }
        let recording = match starting.join().unwrap() {
            Ok(recording) => recording,
            Err(error) => {
                process.machine.folder.power_off();
                process.gate.open();
                process.assert_no_panic();
                return Err(error);
            }
        };
        let (sequencer, thread) = recording.start().unwrap();
        process.ending = Some(process.gate.spawn("ending", move || thread.join().unwrap()));
        process.sequencer = Some(sequencer);
        process.phase = Phase::Serving;
        process.settle();
        Ok(process)
    }

    /// What a lane wants to do next.
    #[must_use]
    pub fn next(&self, lane: Lane) -> Option<Operation> {
        self.gate.lock().next(lane).cloned()
    }

    /// Has one operation done, and waits for what follows from it. Whoever calls has seen that the lane
    /// is at the gate.
    pub fn step(&mut self, lane: Lane, before: &mut dyn FnMut(&Operation)) {
        let next = self.next(lane).unwrap();
        before(&next);
        if lane == Lane::Behind {
            let is_last = self.phase == Phase::Closing;
            self.follower.begins(&next, &self.machine, is_last);
        }
        let went_well = self.gate.pass(lane);
        if lane == Lane::Behind {
            self.follower.ends(&next, went_well);
        }
        self.settle();
    }

    /// Submits work; returns the number under which its answer is found.
    pub fn submit(&mut self, work: Work) -> usize {
        let sequencer = self.sequencer.clone().unwrap();
        let number = self.submitted;
        self.submitted += 1;
        self.waiting.push((number, Box::pin(async move { sequencer.submit(work, None).await })));
        self.settle();
        number
    }

    /// Submits a request; as [`Process::submit`].
    pub fn send(&mut self, request: &Request) -> usize {
        self.submit(request.work(&self.vault))
    }

    /// Has a value of an entry erased, between two turns of the others: first an entry says so.
    pub fn erase(&mut self, target: Index, before: &mut dyn FnMut(&Operation)) {
        self.submit(erasure(&self.vault, target));
        // Everybody who was here before gets an answer, too; the follower must not come between.
        while self.waiting() > 0 {
            self.step(Lane::Log, before);
        }
        let by = Index(self.published.borrow().head.size.0 - 1);
        let leaf = self.reader.leaf(target).unwrap();
        let erased = ungated(|| self.vault.erase(target, &leaf, &[SealedField::Actor], by));
        erased.unwrap();
    }

    /// How many submissions wait for their answers.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The answers that have come since this was asked last.
    pub fn answers(&mut self) -> Vec<(usize, Result<Acknowledged, Refused>)> {
        std::mem::take(&mut self.answered)
    }

    /// What is published.
    #[must_use]
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.borrow())
    }

    /// Why nothing is recorded any more.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.sequencer.as_ref().and_then(Sequencer::stopped)
    }

    /// Lets everybody do what there is to do.
    pub fn drain(&mut self, before: &mut dyn FnMut(&Operation)) {
        while let Some(lane) = [Lane::Log, Lane::Behind].into_iter().find(|lane| self.next(*lane).is_some()) {
            self.step(lane, before);
        }
    }

    /// Shuts down in order, once everything was answered.
    ///
    /// # Panics
    /// If a thread of the ledger has.
    pub fn finish(mut self, before: &mut dyn FnMut(&Operation)) {
        self.drain(before);
        self.phase = Phase::Closing;
        self.sequencer = None;
        self.settle();
        self.drain(before);
        self.join();
    }

    /// Takes the power away. Nothing may be acknowledged after that.
    ///
    /// # Panics
    /// If something is, or a thread of the ledger has.
    pub fn cut(mut self) {
        self.machine.folder.power_off();
        self.gate.open();
        self.sequencer = None;
        // Each submission holds on to the sequencer until it is answered.
        while !self.waiting.is_empty() {
            let moment = self.gate.lock().moment();
            self.poll();
            if !self.waiting.is_empty() {
                drop(self.gate.wait(|state| state.moment() != moment));
            }
        }
        self.join();
        for (_, late) in self.answers() {
            assert!(late.is_err(), "acknowledged after the power had gone: {late:?}");
        }
    }

    /// Waits for the end of all threads.
    fn join(&mut self) {
        drop(self.gate.wait(|state| state.ended() == THREADS));
        let ended = self.ending.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "the sequencer has ended in disorder");
        self.assert_no_panic();
    }

    /// Of some panics nobody is told but the log: recording goes on without a follower.
    fn assert_no_panic(&self) {
        assert_eq!(panics::count(), self.panics, "a thread of the ledger has panicked");
    }

    /// Waits until everybody is at the gate or has nothing to do, and every submission lies in the commit that it will
    /// be written with, or can join none before the disk has done something.
    fn settle(&mut self) {
        let begun = Instant::now();
        loop {
            let moment = self.gate.lock().moment();
            self.poll();
            let size = self.published.borrow().head.size.0;
            let state = self.gate.lock();
            let at_gate = |lane| state.next(lane).is_some();
            let (log, behind) = match self.phase {
                Phase::Starting => (state.ended() == Phase::Starting as usize, self.follower.rests(size)),
                Phase::Serving => (self.waiting.is_empty() && self.is_idle(), self.follower.rests(size)),
                Phase::Closing => (true, state.ended() == THREADS),
            };
            let log = if at_gate(Lane::Log) { self.is_grouped(&state) } else { log };
            let is_quiet = state.is_still() && log && (behind || at_gate(Lane::Behind));
            if is_quiet && state.moment() == moment {
                if at_gate(Lane::Behind) {
                    self.follower.arrived.get_or_insert(size);
                }
                return;
            }
            assert!(begun.elapsed() < STUCK_AFTER, "nothing happens any more; at the gate: {state:?}");
            drop(state);
            self.gate.wait_a_moment(moment);
        }
    }

    /// Whether neither thread of the sequencer has anything to do.
    fn is_idle(&self) -> bool {
        self.sequencer.as_ref().is_none_or(|sequencer| {
            sequencer.stopped().is_some() || sequencer.unplaced() == 0 && sequencer.writer_waits()
        })
    }

    /// Whether nobody joins a commit, or takes one up, while a thread waits in the lane of the log: behind the
    /// writer everybody is placed; behind the one who places nobody is, and the writer waits.
    fn is_grouped(&self, state: &State) -> bool {
        self.phase != Phase::Serving
            || self.sequencer.as_ref().is_none_or(|sequencer| match state.writer_is_there() {
                true => sequencer.unplaced() == 0,
                false => sequencer.writer_waits(),
            })
    }

    fn poll(&mut self) {
        let waker = Waker::from(Arc::clone(&self.gate));
        let mut context = Context::from_waker(&waker);
        for (number, mut answer) in std::mem::take(&mut self.waiting) {
            match answer.as_mut().poll(&mut context) {
                Poll::Ready(answer) => self.answered.push((number, answer)),
                Poll::Pending => self.waiting.push((number, answer)),
            }
        }
    }
}
