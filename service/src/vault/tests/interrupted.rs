//! The power goes, or an operation fails, while damage is written down or forgotten: what is known stays known.

use einsicht_access::vault::record::RECORD_HEADER_BYTES;
use einsicht_tlog::{Index, Size};

use super::harness::{Step, World, open, take};
use crate::storage::memory::{At, Choice, Done, MemoryFolder};
use crate::vault::{Problem, read::Entry};

const FILE: &str = "vault/2026-11/next-year-end/openings";
/// An entry before the watermark, whose openings only a scrub finds damaged …
const BEFORE: u64 = 3;
/// … and one behind it: a start finds that.
const BEHIND: u64 = 12;

fn damaged() -> MemoryFolder {
    let folder = MemoryFolder::default();
    let steps = [Step::Commit(8), Step::Erase(0), Step::Watermark, Step::Commit(8)];
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &steps));
    for index in [BEFORE, BEHIND] {
        let entry = Entry::parse(Index(index), &world.leaf(index)).unwrap();
        let offset = usize::try_from(world.vault.inner.find(&entry).unwrap().1.offset).unwrap();
        folder.flip(FILE, (offset + RECORD_HEADER_BYTES + 40) * 8);
    }
    folder
}

/// The entries whose openings are known to be damaged; nothing else is.
fn known(world: &World, case: &str) -> Vec<u64> {
    let damages = world.vault.damages();
    let mut known: Vec<u64> = damages
        .iter()
        .map(|damage| match damage.what {
            Problem::Slot(index) => index.0,
            _ => panic!("{case}: {damage}"),
        })
        .collect();
    known.sort_unstable();
    known
}

fn scrub(world: &World) {
    world.vault.scrub(&world.log.writer.reader(), Size(world.size()), &mut |_| {}).unwrap();
}

/// Starts, and has the watermark moved past what is damaged; with a scrub in between or without. Whether the watermark
/// was moved.
fn find(folder: &MemoryFolder, with_scrub: bool) -> bool {
    open(folder).is_ok_and(|world| {
        if with_scrub {
            scrub(&world);
        }
        world.move_watermark().is_ok()
    })
}

fn assert_told(folder: &MemoryFolder, was_found: bool, case: &str) {
    let known = known(&open(folder).unwrap_or_else(|error| panic!("{case}: {error}")), case);
    assert!(known.contains(&BEHIND), "{case}: {known:?}");
    assert!(!was_found || known.contains(&BEFORE), "{case}: {known:?}");
}

#[test]
fn the_watermark_never_goes_past_damage_that_is_not_written_down() {
    let damaged = damaged();
    for with_scrub in [false, true] {
        let mut finished = false;
        for operation in 0.. {
            let folder = damaged.after_kill();
            folder.power_off_before(operation);
            finished |= find(&folder, with_scrub);
            for choice in choices(operation) {
                let case = format!("power lost before operation {operation}, {choice:?}");
                assert_told(&folder.power_loss(choice), finished && with_scrub, &case);
            }
            if finished {
                assert!(operation > 10, "{operation}");
                break;
            }
        }
        for operation in 0.. {
            let folder = damaged.after_kill();
            folder.fail(At::Operation(operation), Done::Nothing);
            find(&folder, with_scrub);
            if folder.faults_left() > 0 {
                break;
            }
            for done in [Done::Nothing, Done::Half, Done::All] {
                let folder = damaged.after_kill();
                folder.fail(At::Operation(operation), done);
                let was_moved = find(&folder, with_scrub);
                for choice in choices(operation) {
                    let case = format!("operation {operation} failed, {done:?} of it done, {choice:?}");
                    assert_told(&folder.power_loss(choice), was_moved && with_scrub, &case);
                    assert_told(&folder.after_kill(), was_moved && with_scrub, &case);
                }
            }
        }
    }
}

#[test]
fn what_is_erased_is_forgotten_and_nothing_else_whenever_the_power_goes() {
    let damaged = damaged();
    assert!(find(&damaged, true));
    for operation in 0.. {
        let folder = damaged.after_kill();
        let world = open(&folder);
        let before = folder.operations();
        folder.power_off_before(before + operation);
        let mut world = world.unwrap();
        let finished =
            take(&mut world, &[Step::Erase(BEHIND), Step::Watermark, Step::Erase(BEFORE), Step::Watermark]);
        for choice in choices(operation) {
            let case = format!("power lost before operation {operation}, {choice:?}");
            let later = open(&folder.power_loss(choice)).unwrap_or_else(|error| panic!("{case}: {error}"));
            let is_erased = |target: &u64| later.erased.iter().any(|(of, _)| of == target);
            let left: Vec<u64> = [BEFORE, BEHIND].into_iter().filter(|target| !is_erased(target)).collect();
            assert_eq!(known(&later, &case), left, "{case}");
        }
        if finished {
            assert!(operation > 20, "{operation}");
            break;
        }
    }
}

/// The worst, one of the others by turns, and a drawn one.
fn choices(cut: usize) -> [Choice; 3] {
    let others = [Choice::AllKept, Choice::Lengths, Choice::Newest];
    [Choice::AllLost, others[cut % others.len()], Choice::Random(cut as u64)]
}
