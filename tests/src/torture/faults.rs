//! Every write and sync of the disk fails, one after the other, in three ways: nothing of it is done, half,
//! or everything. What must follow stands in a table ([`table`]), by situation.
//!
//! Whatever fails: nothing that was refused counts as acknowledged, readers go on, and the next process
//! finds everything that was acknowledged, takes what is sent again, and records it once; killed as much as
//! without power.

mod outcomes;
pub mod table;

use einsicht_service::ledger::LedgerError;
use einsicht_service::sessions::SessionStore;
use einsicht_service::storage::memory::{At, Choice, Done, Kind, MemoryFolder};

use super::grouped;
use super::ledger::book::{Book, Request};
use super::ledger::check::{Checked, TILE, explained, holds};
use super::ledger::gate::Operation;
use super::ledger::machine::Machine;
use super::ledger::process::Process;
use super::ledger::sealed::make_keys;
use super::outcome::Outcome;
use outcomes::{NEXT, follow, record, send, shut_down, start};
use table::{Act, SITUATIONS, Situation};

const WAYS: [Done; 3] = [Done::Nothing, Done::Half, Done::All];
/// Drawn losses of power after each fault.
const DRAWN: u64 = 2;

/// Runs the trial, and returns its counts.
#[must_use]
pub fn run(seed: u64) -> String {
    let (mut cases, mut checked) = (0, Checked::default());
    let store = tempfile::tempdir().unwrap();
    let store = SessionStore::open(store.path()).unwrap();
    for situation in SITUATIONS {
        let scene = Scene::of(situation, &store);
        let operations = scene.operations();
        let completes_tile = operations.contains(&(Kind::Write, "log/hashes/1".to_owned()));
        assert_eq!(completes_tile, situation.act == Act::RecordTile, "{}", situation.name);
        for (number, (operation, row)) in operations.iter().zip(situation.rows_of(&operations)).enumerate() {
            for done in WAYS {
                let case = format!("{}: {operation:?} fails, {done:?} of it done", situation.name);
                explained(&case, || scene.fails(number, operation, row.outcome, done, seed, &mut checked));
                cases += 1;
            }
        }
    }
    // All losses, and the kill.
    assert_eq!(checked.ledgers, cases * (losses(0, seed).count() as u64 + 1));
    assert!(checked.acknowledgements > checked.ledgers, "{checked:?}");
    format!(
        "{} faults in {} situations, {} ledgers found after them, {} acknowledgements checked",
        grouped(cases),
        SITUATIONS.len(),
        grouped(checked.ledgers),
        grouped(checked.acknowledgements),
    )
}

/// A situation, and the ledger in it.
struct Scene<'s> {
    situation: &'s Situation,
    machine: Machine,
    book: Book,
}

/// A process that is about to do what the situation is about, unless that is starting.
struct Stage {
    machine: Machine,
    book: Book,
    process: Option<Process>,
}

impl<'s> Scene<'s> {
    fn of(situation: &'s Situation, store: &SessionStore) -> Self {
        let mut machine = Machine::new(MemoryFolder::default(), store.clone());
        if situation.act == Act::RecordInNewSegment {
            machine.segment_bytes_max = 100;
        }
        machine.seals = situation.act.seals();
        let book = if machine.seals { Book::sealing() } else { Book::default() };
        let mut scene = Self { situation, machine, book };
        if situation.act != Act::Begin {
            let mut process = Process::start(&scene.machine, &mut |_| {}).unwrap();
            for first in [0, 3] {
                let request = Request::Accesses { session: 1, first, count: 3 };
                send(&mut process, &mut scene.book, &request).unwrap();
            }
            process.drain(&mut |_| {});
            if situation.act == Act::RecordTile {
                // What follows are 2 more, that the service has started, and the request that completes it.
                let count = TILE - 1 - (process.published().head.size.0 + 3);
                send(&mut process, &mut scene.book, &Request::Accesses { session: 4, first: 0, count })
                    .unwrap();
                process.drain(&mut |_| {});
            }
            // The follower does not come to this one.
            let request = Request::Accesses { session: 2, first: 0, count: 2 };
            send(&mut process, &mut scene.book, &request).unwrap();
            let killed = scene.machine.folder.after_kill();
            process.cut();
            scene.machine.folder = killed;
        }
        let last = scene.machine.folder.paths().into_iter().rfind(|path| path.starts_with("log/entries/"));
        match (situation.act, last) {
            (Act::StartOnTornTail, Some(last)) => scene.machine.folder.append(&last, &[0; 100]),
            (Act::StartWithoutDerived, _) => scene.machine.folder.edit("log/offsets", Vec::clear),
            _ => {}
        }
        scene
    }

    fn stage(&self) -> Stage {
        let machine = self.machine.with(self.machine.folder.after_kill());
        let mut book = self.book.clone();
        let starts = matches!(
            self.situation.act,
            Act::Begin | Act::Start | Act::StartOnTornTail | Act::StartWithoutDerived
        );
        let process = (!starts).then(|| {
            let mut process = Process::start(&machine, &mut |_| {}).unwrap();
            process.drain(&mut |_| {});
            // Keys are made and synced apart from recording.
            make_keys(&process.vault);
            if matches!(self.situation.act, Act::Follow | Act::FollowSealed) {
                send(&mut process, &mut book, &NEXT).unwrap();
            }
            process
        });
        Stage { machine, book, process }
    }

    /// What the disk does when nothing fails.
    fn operations(&self) -> Vec<Operation> {
        let stage = self.stage();
        let folder = stage.machine.folder.clone();
        let begun = folder.operations();
        let Stage { machine, mut book, process } = stage;
        // A cut has threads try what is not part of the situation.
        let done = |process: Process| {
            let done = folder.operations();
            process.cut();
            done
        };
        let end = match (self.situation.act, process) {
            (_, None) => done(Process::start(&machine, &mut |_| {}).unwrap()),
            (Act::ShutDown, Some(process)) => {
                process.finish(&mut |_| {});
                folder.operations()
            }
            (Act::Follow | Act::FollowSealed, Some(mut process)) => {
                process.drain(&mut |_| {});
                done(process)
            }
            (_, Some(mut process)) => {
                send(&mut process, &mut book, &NEXT).unwrap();
                done(process)
            }
        };
        folder.trace()[begun..end].to_vec()
    }

    /// The operation with this number fails.
    fn fails(
        &self,
        number: usize,
        operation: &Operation,
        expected: Outcome,
        done: Done,
        seed: u64,
        checked: &mut Checked,
    ) -> Result<(), LedgerError> {
        let Stage { machine, mut book, process } = self.stage();
        let fails_at = machine.folder.operations() + number;
        machine.folder.fail(At::Operation(fails_at), done);
        let outcome = match (self.situation.act, process) {
            (_, None) => start(&machine, &mut book),
            (Act::ShutDown, Some(process)) => shut_down(process, &machine),
            (Act::Follow | Act::FollowSealed, Some(process)) => follow(process, &machine, &mut book),
            (_, Some(process)) => record(process, &machine, &mut book),
        };
        let trace = machine.folder.trace();
        assert_eq!(
            (trace.get(fails_at), machine.folder.faults_left()),
            (Some(operation), 0),
            "it has struck"
        );
        assert_eq!(outcome, expected);
        let halts = machine.halts().len();
        assert_eq!(halts, usize::from(outcome == Outcome::Ends), "the process ends once, or not");
        // What is written anew as a whole is another file each time.
        let is_final =
            operation.0 == Kind::Sync && !operation.1.ends_with(".new") || outcome == Outcome::Ends;
        if is_final {
            assert!(!trace[fails_at + 1..].contains(operation), "a failed sync is never tried again");
        }
        let killed = machine.folder.after_kill();
        for folder in losses(number, seed).map(|choice| killed.power_loss(choice)).chain([killed.clone()]) {
            holds(&machine.with(folder), &book, &mut |_| {}, checked)?;
        }
        Ok(())
    }
}

/// The losses of power that follow a fault.
fn losses(number: usize, seed: u64) -> impl Iterator<Item = Choice> {
    let drawn = (0..DRAWN).map(move |draw| Choice::Random(seed ^ (draw << 32) ^ number as u64));
    let same = [Choice::AllLost, Choice::AllKept, Choice::Lengths, Choice::OneLost(number)];
    same.into_iter().chain(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torture::count_of;

    #[test]
    fn each_fault_has_its_outcome_and_costs_nothing() {
        let counts = run(1);
        assert!(count_of("acknowledgements", &counts) >= 1_000, "{counts}");
    }

    #[test]
    fn the_page_has_the_table() {
        let page = std::fs::read_to_string("../docs/faults.md").unwrap();
        let missing: Vec<_> = table::lines().into_iter().filter(|line| !page.contains(line)).collect();
        assert!(missing.is_empty(), "docs/faults.md should say:\n{}", missing.join("\n"));
    }
}
