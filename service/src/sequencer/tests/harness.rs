//! A committer over files in memory, with a clock that shows what it is told to.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use einsicht_access::entry::session_end;
use einsicht_access::vault::WrappingKey;
use einsicht_access::{Provenance, body_bytes, entry_of_access};
use einsicht_proto::v1::{AccessEvent, Operation};
use einsicht_tlog::{Checkpoint, Index, Leaf, Origin, SigningKey, Size, TreeHead};
use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};

use super::gate::{Gate, GatedFolder};
use crate::annotations::Annotations;
use crate::charters::Charters;
use crate::clock::{Clock, ClockGuard};
use crate::sequencer::{
    Acknowledged, Committer, Follower, Judged, Pace, Parts, Placed, PreparedEvent, Published, Refused,
    Submission, Work,
};
use crate::sessions::{SessionKey, SessionStore, Sessions};
use crate::storage::memory::{Kind, MemoryFolder};
use crate::storage::{self, CHECKPOINT, LogReader, RESERVE_BYTES, Room};
use crate::vault::{self, Vault};

pub const PRODUCER: &str = "test";
pub const BEGUN_AT: i64 = 1_795_365_547;

/// Wall and monotonic clock, in seconds, set apart from each other; can be held, and with it the writer.
#[derive(Default)]
pub struct Clocks {
    wall: AtomicI64,
    monotonic: AtomicI64,
    held: Mutex<bool>,
    released: Condvar,
    held_up: AtomicBool,
    looks: AtomicUsize,
}

impl Clocks {
    pub fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::Relaxed);
        self.monotonic.fetch_add(seconds, Ordering::Relaxed);
    }

    pub fn set_wall(&self, seconds: i64) {
        self.wall.store(seconds, Ordering::Relaxed);
    }

    pub fn hold(&self) {
        *self.held.lock().unwrap() = true;
    }

    /// How often somebody asked for the time: once for each submission that is placed.
    pub fn looks(&self) -> usize {
        self.looks.load(Ordering::Acquire)
    }

    /// Whether somebody waits for the time.
    pub fn holds_somebody_up(&self) -> bool {
        self.held_up.load(Ordering::Acquire)
    }

    pub fn release(&self) {
        *self.held.lock().unwrap() = false;
        self.released.notify_all();
    }
}

impl Clock for Clocks {
    fn unix_us(&self) -> i64 {
        self.looks.fetch_add(1, Ordering::AcqRel);
        let held = self.held.lock().unwrap();
        self.held_up.store(*held, Ordering::Release);
        drop(self.released.wait_while(held, |held| *held).unwrap());
        self.wall.load(Ordering::Relaxed) * 1_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.monotonic.load(Ordering::Relaxed).unsigned_abs())
    }
}

/// A log with one entry, and who writes to it.
pub struct Desk {
    pub committer: Committer,
    pub reader: LogReader,
    pub vault: Vault,
    pub folder: MemoryFolder,
    /// Before the segments of the folder; open.
    pub gate: Gate,
    pub store: SessionStore,
    pub clock: Arc<Clocks>,
    /// What the process was to be ended for.
    pub halts: Arc<Mutex<Vec<String>>>,
    /// Holds the session store.
    pub state: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self::with_segments_of(64 * 1024)
    }

    pub fn with_segments_of(bytes_max: u64) -> Self {
        let state = tempfile::tempdir().unwrap();
        let (folder, store) = (MemoryFolder::default(), SessionStore::open(state.path()).unwrap());
        let clock = Arc::new(Clocks::default());
        clock.set_wall(BEGUN_AT);
        let keys = [key().verifier().clone()];
        let gate = Gate::default();
        let gated = Arc::new(GatedFolder(folder.clone(), gate.clone()));
        let opened = storage::open(gated, &origin(), &keys, bytes_max).unwrap();
        let reader = opened.writer.reader();
        let vault = open_vault(&folder, &reader, opened.tip.size());
        let keeper = opened.writer.keeper();
        let follower = Follower::start(keeper, vault.clone(), store.clone(), Pace::default()).unwrap();
        let guard = ClockGuard::new(&*clock, opened.tip.recorded_at());
        let halts = Arc::new(Mutex::new(Vec::new()));
        let halted = Arc::clone(&halts);
        let mut committer = Committer::new(Parts {
            writer: opened.writer,
            vault: vault.clone(),
            tip: opened.tip,
            sessions: Sessions::new(store.clone()),
            annotations: Annotations::default(),
            charters: Charters::default(),
            key: key(),
            clock: Arc::<Clocks>::clone(&clock),
            guard,
            follower,
            room: Room::new(Arc::new(folder.clone()), Path::new("/data"), RESERVE_BYTES),
            halt: Arc::new(move |error| halted.lock().unwrap().push(error.to_string())),
        });
        committer.record_own(b"").unwrap();
        Self { committer, reader, vault, folder, gate, store, clock, halts, state }
    }

    /// Has one work recorded.
    pub fn submit(&mut self, work: Work) -> Result<Acknowledged, Refused> {
        together(&mut self.committer, vec![work]).remove(0)
    }

    /// Has these recorded in one commit.
    pub fn together(&mut self, works: Vec<Work>) -> Vec<Result<Acknowledged, Refused>> {
        together(&mut self.committer, works)
    }

    /// How many entries are published.
    pub fn size(&self) -> u64 {
        self.head().size.0
    }

    pub fn head(&self) -> TreeHead {
        self.committer.published().borrow().head
    }

    /// Time and body of an entry.
    pub fn entry(&self, index: Index) -> (u64, Vec<u8>) {
        let leaf = self.reader.leaf(index).unwrap();
        let leaf = Leaf::parse(&leaf).unwrap();
        (leaf.recorded_at.0, leaf.body.to_vec())
    }

    /// How many operations there were, without those of the checkpoint: that of a commit comes later, by itself.
    pub fn written(&self) -> usize {
        let is_of_checkpoint = |path: &str| path.starts_with(CHECKPOINT) || path == "log";
        self.folder.trace().iter().filter(|(_, path)| !is_of_checkpoint(path)).count()
    }

    /// How many operations of a kind there were on a path.
    pub fn count(&self, kind: Kind, path: &str) -> usize {
        self.folder.trace().iter().filter(|(k, p)| (*k, p.as_str()) == (kind, path)).count()
    }
}

/// A vault that can seal, in the same folder as its keys.
pub fn open_vault(folder: &MemoryFolder, reader: &LogReader, size: Size) -> Vault {
    let opening = vault::Opening {
        data: Arc::new(folder.clone()),
        keys: Arc::new(folder.clone()),
        wrapping: Some(WrappingKey::new([3; 32])),
        origin: origin(),
        reader,
        size,
        halt: Arc::new(|_| {}),
    };
    Vault::open(opening).unwrap().vault
}

pub fn origin() -> Origin {
    Origin::parse("sequencer.test/log").unwrap()
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(origin().as_str(), &[7; 32]).unwrap()
}

/// Size and root of a checkpoint whose signature holds.
pub fn opened(checkpoint: &[u8]) -> TreeHead {
    Checkpoint::open(checkpoint, origin().as_str(), &[key().verifier().clone()]).unwrap().head
}

/// One commit of everything; answers in order.
pub fn together(committer: &mut Committer, works: Vec<Work>) -> Vec<Result<Acknowledged, Refused>> {
    let submissions = works.into_iter().map(|work| submission(work, None));
    let (batch, answers): (Vec<_>, Vec<_>) = submissions.unzip();
    commit(committer, batch);
    answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
}

/// What the threads do with these if they come at once.
pub fn commit(committer: &mut Committer, batch: Vec<Submission>) {
    let Committer { placer, publisher } = committer;
    let mut commit = placer.begin();
    batch.into_iter().for_each(|submission| placer.place(submission, &mut commit));
    placer.settle(&mut commit);
    let _ = publisher.write(commit);
}

pub fn submission(
    work: Work,
    deadline: Option<Instant>,
) -> (Submission, oneshot::Receiver<Result<Acknowledged, Refused>>) {
    let (reply, answer) = oneshot::channel();
    let room = Arc::new(Semaphore::new(1)).try_acquire_many_owned(1).unwrap();
    (Submission { work, deadline, reply, room }, answer)
}

/// Accesses of a session, by sequence and a byte that stands for the event's id.
pub fn accesses(session: u8, events: &[(u64, u8)]) -> Work {
    let prepare = |(sequence, id): &(u64, u8)| {
        let event_id = [*id; 16];
        PreparedEvent {
            sequence: *sequence,
            event_id,
            body: access(session, *sequence, event_id).into(),
            sealed: None,
            judged: Judged::default(),
        }
    };
    Work::Accesses { session: session_key(session), events: events.iter().map(prepare).collect() }
}

/// As many accesses from number `first` on, each with an id of its own.
pub fn run(session: u8, first: u64, count: u64) -> Work {
    let prepare = |sequence: u64| {
        let event_id = (u128::from(session) << 64 | u128::from(sequence)).to_be_bytes();
        PreparedEvent {
            sequence,
            event_id,
            body: access(session, sequence, event_id).into(),
            sealed: None,
            judged: Judged::default(),
        }
    };
    Work::Accesses { session: session_key(session), events: (first..first + count).map(prepare).collect() }
}

pub fn end(session: u8, last_sequence: Option<u64>) -> Work {
    let body = body_bytes(&session_end(PRODUCER, &Bytes::copy_from_slice(&[session; 16]), last_sequence));
    Work::SessionEnd { session: session_key(session), last_sequence, body }
}

pub fn session_key(session: u8) -> SessionKey {
    SessionKey::new(PRODUCER, &[session; 16])
}

fn access(session: u8, sequence: u64, event_id: [u8; 16]) -> Vec<u8> {
    let event = AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".into(),
        event_id: Bytes::copy_from_slice(&event_id),
        ..AccessEvent::default()
    };
    let session = Bytes::copy_from_slice(&[session; 16]);
    body_bytes(&entry_of_access(&event, Provenance { producer: PRODUCER, session: &session, sequence }))
}

/// Indexes and hashes without whether they are old.
pub fn places(entries: &[Placed]) -> Vec<(u64, einsicht_tlog::Hash)> {
    entries.iter().map(|entry| (entry.index.0, entry.leaf_hash)).collect()
}

/// Whether each entry had been recorded before.
pub fn known(entries: &[Placed]) -> Vec<bool> {
    entries.iter().map(|entry| entry.already_recorded).collect()
}

pub fn indexes(entries: &[Placed]) -> Vec<u64> {
    entries.iter().map(|entry| entry.index.0).collect()
}

/// The answer holds against the log: each hash is that of the leaf at its index, and is in the
/// tree of the checkpoint, which is signed.
pub fn assert_holds(acknowledged: &Acknowledged, reader: &LogReader) {
    let Published { head, checkpoint, .. } = &*acknowledged.published;
    assert_eq!(opened(checkpoint), *head);
    for Placed { index, leaf_hash, .. } in &acknowledged.entries {
        assert_eq!(einsicht_tlog::hash::leaf_hash(&reader.leaf(*index).unwrap()), *leaf_hash);
        let proof = reader.inclusion_proof(*index, head.size).unwrap();
        einsicht_tlog::proof::verify_inclusion(leaf_hash, *index, head, &proof).unwrap();
    }
}
