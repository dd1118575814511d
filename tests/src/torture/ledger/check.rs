//! What must hold of a ledger that is found after a fault.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_service::ledger::LedgerError;
use einsicht_service::storage::memory::{Choice, MemoryFolder};
use einsicht_service::storage::{self, LogReader};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Frontier, Hash, Index, SigningKey, Size, TreeHead};

use super::book::{Book, Entry, Request, signed};
use super::gate::Operation;
use super::machine::{Machine, origin, secret};
use super::process::Process;
use super::sealed::{assert_found, assert_kept};

/// Entries of a full tile of hashes: from there on there is a second level.
pub const TILE: u64 = 256;

/// What was checked so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checked {
    /// Ledgers that were found after a fault, opened and held to what had been acknowledged.
    pub ledgers: u64,
    /// Those of them with a full tile of hashes.
    pub tiled: u64,
    /// Acknowledgements that were found in them.
    pub acknowledgements: u64,
    /// Checkpoints that they are consistent with.
    pub checkpoints: u64,
    /// Requests that were sent again and were recorded once.
    pub resent: u64,
    /// Entries whose openings make their seals.
    pub sealed: u64,
}

/// Opens what is found on the machine; holds it to the book; sends every request again; and has the power
/// go once more, at its worst, after the start and after the end. `before` sees each operation of the
/// opening.
///
/// # Errors
/// If the ledger can't be opened.
pub fn holds(
    machine: &Machine,
    book: &Book,
    before: &mut dyn FnMut(&Operation),
    checked: &mut Checked,
) -> Result<(), LedgerError> {
    let mut process = Process::start(machine, before)?;
    // Whoever reads now is shown this; it must not be gone after the next fault.
    let shown = signed(&process.published().checkpoint);
    assert_durable(machine, shown, book);
    checked.sealed += assert_kept(&machine.folder, &process.vault, &process.reader, book);
    assert_log(&machine.folder, &process.reader, shown, book, checked);
    let mut book = book.clone();
    for request in book.sent.clone() {
        // Who never had an answer sends once, and again.
        let times = if book.has_all(&request) { 1 } else { 2 };
        for _ in 0..times {
            send_again(&mut process, &request, &mut book);
            checked.resent += 1;
        }
    }
    let head = process.published().head;
    assert_kept(&machine.folder, &process.vault, &process.reader, &book);
    process.finish(&mut |_| {});
    assert_durable(machine, head, &book);
    let mut found = Vec::new();
    read(&machine.folder, |_, _, entry| found.extend(entry), &book);
    found.sort_unstable();
    let sent: Vec<Entry> = book.acknowledged.keys().copied().collect();
    assert_eq!(found, sent, "everything that was sent is recorded, and once");
    checked.ledgers += 1;
    checked.tiled += u64::from(shown.size.0 >= TILE);
    Ok(())
}

fn send_again(process: &mut Process, request: &Request, book: &mut Book) {
    process.send(request);
    while process.waiting() > 0 {
        process.step(super::gate::Lane::Log, &mut |_| {});
    }
    for (_, answer) in process.answers() {
        book.note(request, &answer.unwrap());
    }
}

/// The log is whole, and holds what was acknowledged.
fn assert_log(
    folder: &MemoryFolder,
    reader: &LogReader,
    shown: TreeHead,
    book: &Book,
    checked: &mut Checked,
) {
    let (mut tree, mut roots) = (Frontier::new(), BTreeMap::new());
    let mut places = BTreeMap::new();
    let take = |index: Index, hash: Hash, entry: Option<Entry>| {
        tree.push(hash);
        roots.insert(tree.size().0, tree.head().root);
        if let Some(entry) = entry {
            let before = places.insert(entry, (index.0, hash));
            assert_eq!(before, None, "{entry:?} is recorded twice");
        }
    };
    assert_eq!(read(folder, take, book), shown, "what is shown is what is there");
    for (entry, place) in &book.acknowledged {
        assert_eq!(places.get(entry), Some(place), "{entry:?} was acknowledged");
        assert_eq!(reader.leaf_hash(Index(place.0)).unwrap(), place.1, "{entry:?}, as readers get it");
        checked.acknowledgements += 1;
    }
    for (size, root) in &book.checkpoints {
        assert_eq!(roots.get(size), Some(root), "the checkpoint of {size} entries was acknowledged");
        checked.checkpoints += 1;
    }
    // The same as somebody outside would verify it.
    if let Some((size, root)) = book.checkpoints.last_key_value() {
        let old = TreeHead { size: Size(*size), root: *root };
        verify_consistency(&old, &shown, &reader.consistency_proof(old.size, shown.size).unwrap()).unwrap();
    }
    if let Some((index, hash)) = book.acknowledged.values().next_back() {
        let proof = reader.inclusion_proof(Index(*index), shown.size).unwrap();
        verify_inclusion(hash, Index(*index), &shown, &proof).unwrap();
    }
}

/// Reads every byte of the log and of what is derived from it.
fn read(folder: &MemoryFolder, mut take: impl FnMut(Index, Hash, Option<Entry>), book: &Book) -> TreeHead {
    let mut visit = |index: Index, leaf: &einsicht_tlog::Leaf<'_>| {
        take(index, leaf_hash(&leaf.to_bytes().unwrap()), book.entry_of(leaf.body));
    };
    let checked = storage::check(folder, origin().hash(), None, &mut visit).unwrap();
    assert_eq!(checked.tail, None, "nothing lies behind the last commit");
    assert_eq!(checked.derived_differ_at, None, "the derived files agree with the segments");
    checked.head
}

/// The power goes at its worst: what was shown is there.
fn assert_durable(machine: &Machine, shown: TreeHead, book: &Book) {
    let key = SigningKey::new(origin().as_str(), secret()).unwrap();
    let keys = [key.verifier().clone()];
    for choice in [Choice::AllLost, Choice::Lengths] {
        let found = machine.folder.power_loss(choice);
        let log = storage::open(Arc::new(found.clone()), &origin(), &keys, u64::MAX).unwrap();
        assert!(log.tip.size() >= shown.size, "{choice:?}: {} entries were shown", shown.size);
        assert_eq!(log.writer.reader().head(shown.size).unwrap(), shown, "{choice:?}");
        if machine.seals {
            assert_found(&found, &log.writer.reader(), log.tip.size(), book);
        }
    }
}

impl Checked {
    /// Adds what was checked elsewhere.
    pub fn add(&mut self, other: Self) {
        self.ledgers += other.ledgers;
        self.tiled += other.tiled;
        self.acknowledgements += other.acknowledgements;
        self.checkpoints += other.checkpoints;
        self.resent += other.resent;
        self.sealed += other.sealed;
    }
}

/// Says what was tried when it fails. No fault of the disk is damage: the ledger must open.
///
/// # Panics
/// If it does not.
pub fn explained(case: &str, trial: impl FnOnce() -> Result<(), LedgerError>) {
    struct Case<'a>(&'a str);
    impl Drop for Case<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                crate::torture::say(self.0);
            }
        }
    }
    let case = Case(case);
    trial().unwrap_or_else(|error| panic!("the ledger does not open: {error}"));
    drop(case);
}
