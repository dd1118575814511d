//! What comes of a fault: a process meets it, and is watched.

use einsicht_service::sequencer::{Acknowledged, Refused};
use einsicht_service::storage::AppendError;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::{Index, TreeHead};

use crate::torture::ledger::book::{Book, Request};
use crate::torture::ledger::gate::Lane;
use crate::torture::ledger::machine::Machine;
use crate::torture::ledger::process::Process;
use crate::torture::outcome::Outcome;

/// What the producers send when something fails, and after it.
pub(super) const NEXT: Request = Request::Accesses { session: 1, first: 6, count: 2 };
pub(super) const LATER: Request = Request::Accesses { session: 3, first: 0, count: 1 };

/// A start that meets the fault.
pub(super) fn start(machine: &Machine, book: &mut Book) -> Outcome {
    let started = Process::start(machine, &mut |_| {});
    let has_ended = !machine.halts().is_empty();
    match started {
        Err(_) if has_ended => Outcome::Ends,
        Err(error) => {
            let told = error.to_string();
            assert!(told.contains("os error 5"), "it says why: {told}");
            Outcome::Refuses
        }
        Ok(mut process) => {
            let stopped = process.stopped();
            if stopped.is_some() && !has_ended {
                let head = process.published().head;
                assert_stopped(&mut process, machine, head, book);
            }
            process.cut();
            match stopped {
                _ if has_ended => Outcome::Ends,
                Some(told) => {
                    assert!(told.contains("os error 5"), "health says why: {told}");
                    Outcome::Stops
                }
                None => Outcome::GoesOn,
            }
        }
    }
}

/// A request that meets the fault.
pub(super) fn record(mut process: Process, machine: &Machine, book: &mut Book) -> Outcome {
    let before = process.published().head;
    let error = match send(&mut process, book, &NEXT) {
        Err(Refused::Append(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    };
    let outcome = match *error {
        AppendError::Write { .. } | AppendError::VaultWrite { .. } => Outcome::Stops,
        AppendError::Sync { .. } | AppendError::VaultSync { .. } => Outcome::Ends,
        AppendError::Stopped => panic!("stopped before it failed"),
    };
    assert_eq!(process.stopped(), Some(error.to_string()), "health gives the reason");
    assert_stopped(&mut process, machine, before, book);
    process.cut();
    outcome
}

/// A round of the follower that meets the fault.
pub(super) fn follow(mut process: Process, machine: &Machine, book: &mut Book) -> Outcome {
    process.drain(&mut |_| {});
    let recorded = send(&mut process, book, &LATER);
    process.drain(&mut |_| {});
    let head = process.published().head;
    assert_read(&process, head, book);
    let stopped = process.stopped();
    process.cut();
    match recorded {
        _ if !machine.halts().is_empty() => Outcome::Ends,
        Ok(()) => {
            assert_eq!(stopped, None);
            Outcome::GoesOn
        }
        Err(_) => Outcome::Stops,
    }
}

/// The end of a process that meets the fault; in order, or this panics.
pub(super) fn shut_down(process: Process, machine: &Machine) -> Outcome {
    process.finish(&mut |_| {});
    if machine.halts().is_empty() { Outcome::GoesOn } else { Outcome::Ends }
}

/// Not even what was recorded long ago is acknowledged now; the disk is left alone, and readers go on.
fn assert_stopped(process: &mut Process, machine: &Machine, head: TreeHead, book: &mut Book) {
    process.drain(&mut |_| {});
    let operations = machine.folder.operations();
    for request in [&LATER, &NEXT, &book.sent[0].clone()] {
        let refused = send(process, book, request).unwrap_err();
        assert!(matches!(refused, Refused::Append(_)), "{refused}");
    }
    process.drain(&mut |_| {});
    assert_eq!(machine.folder.operations(), operations, "something was written behind the failure");
    assert_read(process, head, book);
}

/// Readers get what was published, and proofs of it.
fn assert_read(process: &Process, head: TreeHead, book: &Book) {
    assert_eq!(process.published().head, head, "nothing else was published");
    assert_eq!(process.reader.head(head.size).unwrap(), head);
    for (index, hash) in book.acknowledged.values() {
        let proof = process.reader.inclusion_proof(Index(*index), head.size).unwrap();
        verify_inclusion(hash, Index(*index), &head, &proof).unwrap();
        process.reader.leaf(Index(*index)).unwrap();
    }
}

/// Sends a request, and has the log's part of it done.
pub(super) fn send(process: &mut Process, book: &mut Book, request: &Request) -> Result<(), Refused> {
    if !book.sent.contains(request) {
        book.send(request.clone());
    }
    process.send(request);
    while process.waiting() > 0 {
        process.step(Lane::Log, &mut |_| {});
    }
    let (_, answer) = process.answers().remove(0);
    answer.map(|acknowledged: Acknowledged| book.note(request, &acknowledged))
}
