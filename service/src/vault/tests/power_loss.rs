//! The power goes, or the process is killed, between any two operations: no entry without its openings, no
//! opening without its entry; erased stays erased, and nothing else goes.

use super::harness::{Step, World, open, take};
use crate::storage::memory::{At, Choice, Done, MemoryFolder};

const STEPS: [Step; 12] = [
    Step::Commit(3),
    Step::Commit(5),
    Step::Erase(2),
    Step::Watermark,
    Step::Commit(2),
    Step::Erase(0),
    Step::Commit(9),
    Step::Erase(6),
    Step::Watermark,
    Step::Commit(8),
    Step::Erase(27),
    Step::Commit(2),
];

#[test]
fn the_vault_is_in_order_after_a_loss_of_power_at_any_moment() {
    let mut cuts = 0;
    for operation in 0.. {
        let folder = MemoryFolder::default();
        folder.power_off_before(operation);
        let (acknowledged, erased, finished) = live(&folder);
        for choice in choices(operation) {
            let case = format!("power lost before operation {operation}, {choice:?}");
            recover(&folder.power_loss(choice), acknowledged, &erased, &case);
        }
        let case = format!("killed before operation {operation}");
        recover(&folder.after_kill(), acknowledged, &erased, &case);
        cuts += 1;
        if finished {
            break;
        }
    }
    assert!(cuts > 120, "{cuts}");
}

/// Whatever operation fails, and however much of it is done: what was acknowledged is there after the next
/// start, and after a loss of power that follows it.
#[test]
fn the_vault_is_in_order_after_any_operation_that_failed() {
    let mut faults = 0;
    for operation in 0.. {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let folder = MemoryFolder::default();
            folder.fail(At::Operation(operation), done);
            let (acknowledged, erased, _) = live(&folder);
            if folder.faults_left() > 0 {
                assert!(faults > 300, "{faults}");
                return;
            }
            faults += 1;
            let case = format!("operation {operation} failed, {done:?} of it done");
            recover(&folder.after_kill(), acknowledged, &erased, &case);
            let choice = Choice::Random(operation as u64);
            let case = format!("{case}, then the power went: {choice:?}");
            recover(&folder.power_loss(choice), acknowledged, &erased, &case);
        }
    }
}

/// Recovering is interrupted, too: with an erasure and with openings that no entry has under way.
#[test]
fn a_recovery_that_is_interrupted_is_recovered_from() {
    let steps = [Step::Commit(3), Step::Commit(5), Step::Watermark, Step::Commit(2)];
    let sound = MemoryFolder::default();
    let mut world = open(&sound).unwrap();
    assert!(take(&mut world, &steps));
    let before = sound.operations();
    let mut states = 0;
    for cut in before.. {
        let begun = sound.after_kill();
        let mut world = open(&begun).unwrap();
        let opened = begun.operations();
        begun.power_off_before(opened + (cut - before));
        let finished = take(&mut world, &[Step::Commit(4), Step::Erase(3)]);
        let acknowledged = world.size();
        let state = begun.power_loss(Choice::AllKept);
        for operation in 0.. {
            let folder = state.after_kill();
            folder.power_off_before(operation);
            let opened = open(&folder).is_ok();
            for choice in [Choice::AllLost, Choice::Random(operation as u64)] {
                let case = format!("cut {cut}, recovery cut before {operation}, {choice:?}");
                recover(&folder.power_loss(choice), acknowledged, &[], &case);
            }
            states += 1;
            if opened {
                break;
            }
        }
        if finished {
            break;
        }
    }
    assert!(states > 60, "{states}");
}

/// Opens and takes steps; returns how many entries are durable, what was erased, and whether all went well.
fn live(folder: &MemoryFolder) -> (u64, Vec<u64>, bool) {
    let Ok(mut world) = open(folder) else { return (0, Vec::new(), false) };
    let mut erased = Vec::new();
    for step in STEPS {
        if !take(&mut world, &[step]) {
            return (world.size(), erased, false);
        }
        if let Step::Erase(target) = step {
            erased.push(target);
        }
    }
    (world.size(), erased, true)
}

fn recover(folder: &MemoryFolder, acknowledged: u64, erased: &[u64], case: &str) {
    let mut world = open(folder).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert!(world.size() >= acknowledged, "{case}: {} of {acknowledged} entries", world.size());
    for target in erased {
        assert!(
            world.erased.iter().any(|(of, _)| of == target),
            "{case}: the erasure of {target} is unknown"
        );
    }
    world.assert_in_order(case);
    // What is found stays, and it goes on from here.
    let lost = folder.power_loss(Choice::AllLost);
    reopen(&lost, case).assert_in_order(&format!("{case}, then the power went"));
    world.commit(3).unwrap_or_else(|error| panic!("{case}: {error}"));
    world.move_watermark().unwrap();
    world.commit(2).unwrap();
    world.assert_in_order(&format!("{case}, went on"));
    let later = reopen(&folder.power_loss(Choice::AllLost), case);
    assert_eq!(later.size(), world.size(), "{case}");
    later.assert_in_order(&format!("{case}, went on, then the power went"));
}

fn reopen(folder: &MemoryFolder, case: &str) -> World {
    open(folder).unwrap_or_else(|error| panic!("{case}: {error}"))
}

/// The worst, one of the others by turns, and a drawn one.
fn choices(cut: usize) -> [Choice; 3] {
    let others = [Choice::AllKept, Choice::Lengths, Choice::Newest];
    [Choice::AllLost, others[cut % others.len()], Choice::Random(cut as u64)]
}
