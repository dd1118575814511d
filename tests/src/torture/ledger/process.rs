//! One run of a service's core over a folder in memory: the ledger is opened, sessions record through the
//! real sequencer, and it is shut down, killed, or loses its power. One operation of the disk at a time,
//! and which one is next is up to whoever drives it.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use einsicht_service::clock::ManualClock;
use einsicht_service::ledger::{self, Assembly, Ledger, LedgerError, NewLedger};
use einsicht_service::sequencer::{Acknowledged, Pace, Published, Refused, Sequencer, Work};
use einsicht_service::sessions::SessionStore;
use einsicht_service::storage::LogReader;
use einsicht_service::storage::memory::{Kind, MemoryFolder};
use einsicht_tlog::Origin;
use tokio::sync::watch;

use super::gate::{Gate, GatedFolder, Lane, Operation};

/// Seconds since 1970 at which every run begins. Time is not what is tried here.
const BEGUN_AT_S: u64 = 1_795_365_547;
/// The watermark always moves, or only at the end.
const FAR: Duration = Duration::from_secs(1_000_000);

/// Where a process runs.
#[derive(Clone)]
pub struct Machine {
    /// The data folder.
    pub folder: MemoryFolder,
    /// The session store. It lies elsewhere, is derived, and may be of any other ledger or time.
    pub store: SessionStore,
    /// When to begin another segment.
    pub segment_bytes_max: u64,
    /// Whether the watermark moves in every round of the follower, or only at the end.
    pub moves_watermark: bool,
    /// What its processes were to be ended for.
    halts: Arc<Mutex<Vec<String>>>,
}

/// The process.
pub struct Process {
    machine: Machine,
    gate: Arc<Gate>,
    phase: Phase,
    /// Reads the log.
    pub reader: LogReader,
    published: watch::Receiver<Arc<Published>>,
    sequencer: Option<Sequencer>,
    waiting: Vec<(usize, Answer)>,
    answered: Vec<(usize, Result<Acknowledged, Refused>)>,
    submitted: usize,
    follower: FollowerSeen,
}

type Answer = Pin<Box<dyn Future<Output = Result<Acknowledged, Refused>>>>;

/// How far it is. The number of each phase is that of the threads that end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It records that it has started. Opening has ended.
    Starting = 2,
    /// Submissions are taken.
    Serving,
    /// None are taken any more.
    Closing,
}

/// Threads that end: one that opens, one that records the start, and the sequencer.
const THREADS: usize = 3;

/// What is known of the follower from what it does.
#[derive(Default)]
struct FollowerSeen {
    /// The size that it dealt with last, or is dealing with.
    size: u64,
    /// How many parts are left of the round that it is in.
    parts_left: usize,
    /// Whether it moves the watermark no more.
    has_given_up: bool,
    /// What it has picked up, if it is at the gate with the first operation of a round.
    arrived: Option<u64>,
}

/// The name of every ledger here.
#[must_use]
pub fn origin() -> Origin {
    Origin::parse("power.test.example/ledger").unwrap()
}

/// The key of every ledger here.
#[must_use]
pub fn secret() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

impl Machine {
    /// One with large segments, whose watermark always moves.
    #[must_use]
    pub fn new(folder: MemoryFolder, store: SessionStore) -> Self {
        Self { folder, store, segment_bytes_max: 1 << 20, moves_watermark: true, halts: Arc::default() }
    }

    /// The same machine with what is left on its disk.
    #[must_use]
    pub fn with(&self, folder: MemoryFolder) -> Self {
        Self { folder, halts: Arc::default(), ..self.clone() }
    }

    /// What processes on it were to be ended for. The disk has done nothing since the first of them.
    #[must_use]
    pub fn halts(&self) -> Vec<String> {
        self.halts.lock().unwrap().clone()
    }
}

impl Process {
    /// Opens the ledger, or begins it, and records that the service has started. `before` sees every
    /// operation of the disk before it is done.
    ///
    /// # Errors
    /// Why the ledger can not be opened.
    pub fn start(machine: &Machine, before: &mut dyn FnMut(&Operation)) -> Result<Self, LedgerError> {
        let gate = Arc::new(Gate::default());
        let opening = {
            let (machine, at) = (machine.clone(), Arc::clone(&gate));
            gate.spawn("opening", move || open(&machine, at))
        };
        // A follower that has something to do already waits at the gate meanwhile.
        loop {
            let state = gate.wait(|s| s.is_still() && (s.next(Lane::Log).is_some() || s.ended() == 1));
            let Some(next) = state.next(Lane::Log).cloned() else { break };
            drop(state);
            before(&next);
            gate.pass(Lane::Log);
        }
        let Ledger { mut committer, reader, is_new, .. } = opening.join().unwrap()?;
        let published = committer.published();
        let size = if is_new { 0 } else { published.borrow().head.size.0 };
        let starting = gate.spawn("starting", move || {
            let recorded = ledger::record_start(&mut committer);
            (committer, recorded)
        });
        let mut process = Self {
            machine: machine.clone(),
            gate,
            phase: Phase::Starting,
            reader,
            published,
            sequencer: None,
            waiting: Vec::new(),
            answered: Vec::new(),
            submitted: 0,
            follower: FollowerSeen { size, ..FollowerSeen::default() },
        };
        process.settle();
        while process.next(Lane::Log).is_some() {
            process.step(Lane::Log, before);
        }
        let (committer, recorded) = starting.join().unwrap();
        if let Err(refused) = recorded {
            process.machine.folder.power_off();
            process.gate.open();
            committer.finish();
            return Err(refused.into());
        }
        let (sequencer, thread) = Sequencer::start(committer).unwrap();
        process.gate.spawn("ending", move || thread.join().unwrap());
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
            self.follower.begins(self.machine.moves_watermark);
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
    pub fn finish(mut self, before: &mut dyn FnMut(&Operation)) {
        self.drain(before);
        self.phase = Phase::Closing;
        self.sequencer = None;
        self.settle();
        self.drain(before);
    }

    /// Takes the power away. Nothing may be acknowledged after that.
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
        drop(self.gate.wait(|state| state.ended() == THREADS));
        for (_, late) in self.answers() {
            assert!(late.is_err(), "acknowledged after the power had gone: {late:?}");
        }
    }

    /// Waits until everybody is at the gate or has nothing to do.
    fn settle(&mut self) {
        loop {
            let moment = self.gate.lock().moment();
            self.poll();
            let size = self.published.borrow().head.size.0;
            let state = self.gate.lock();
            let at_gate = |lane| state.next(lane).is_some();
            let (log, behind) = match self.phase {
                Phase::Starting => (state.ended() == Phase::Starting as usize, self.follower.rests(size)),
                Phase::Serving => (self.waiting.is_empty(), self.follower.rests(size)),
                Phase::Closing => (true, state.ended() == THREADS),
            };
            let is_quiet =
                state.is_still() && (log || at_gate(Lane::Log)) && (behind || at_gate(Lane::Behind));
            if is_quiet && state.moment() == moment {
                if at_gate(Lane::Behind) {
                    self.follower.arrived.get_or_insert(size);
                }
                return;
            }
            drop(state);
            drop(self.gate.wait(|state| state.moment() != moment));
        }
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

impl FollowerSeen {
    /// Whether nothing is left to do, where so much is published.
    fn rests(&self, published: u64) -> bool {
        self.parts_left == 0 && self.size == published
    }

    /// Before an operation. A round replaces the checkpoint and then, if it is due, the watermark.
    fn begins(&mut self, moves_watermark: bool) {
        let arrived = self.arrived.take();
        if self.parts_left == 0 {
            self.size = arrived.unwrap_or(self.size);
            self.parts_left = if moves_watermark && !self.has_given_up { 2 } else { 1 };
        }
    }

    /// After it. Each part ends with a sync of their folder, or where it fails.
    fn ends(&mut self, (kind, path): &Operation, went_well: bool) {
        if !went_well || (*kind, path.as_str()) == (Kind::SyncFolder, "log") {
            self.parts_left -= 1;
        }
        // Derived files that could not be synced are not synced again, and the watermark stays.
        let is_derived = path == "log/offsets" || path.starts_with("log/hashes/");
        self.has_given_up |= !went_well && *kind == Kind::Sync && is_derived;
    }
}

fn open(machine: &Machine, gate: Arc<Gate>) -> Result<Ledger, LedgerError> {
    let Machine { folder, store, halts, .. } = machine.clone();
    let disk = folder.clone();
    ledger::assemble(Assembly {
        data: Path::new("data"),
        existing: ledger::read_genesis(&folder)?,
        folder: Arc::new(GatedFolder { folder, gate }),
        secret: secret(),
        key_path: Path::new("ledger.key"),
        store: Box::new(move || Ok(store.clone())),
        clock: Arc::new(ManualClock::at(BEGUN_AT_S)),
        accept_clock: false,
        new: NewLedger { origin: origin(), simulated: false },
        predecessor: None,
        segment_bytes_max: machine.segment_bytes_max,
        disk_reserve_bytes: 0,
        pace: Pace {
            round_interval: Duration::ZERO,
            watermark_entries: if machine.moves_watermark { 0 } else { u64::MAX },
            watermark_interval: FAR,
        },
        // The process is at its end: whatever its threads still try, the disk does not see it.
        halt: Box::new(move |error| {
            disk.power_off();
            halts.lock().unwrap().push(error.to_string());
        }),
    })
}
