//! A copy has what the copied log has, and follows erasures.

use einsicht_tlog::{Index, Size};

use super::harness::{Step, World, open, origin, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::{Copied, Problem, VaultError, copy};

const FILE: &str = "vault/2026-11/next-year-end/openings";

fn world(folder: &MemoryFolder, steps: &[Step]) -> World {
    let mut world = open(folder).unwrap();
    assert!(take(&mut world, steps));
    world
}

fn copy_all(source: &MemoryFolder, target: &MemoryFolder, size: u64) -> Copied {
    copy(source, target, origin().hash(), Size(size)).unwrap()
}

/// A ledger whose log and keys are those of the source, and whose vault is the copy.
fn restored(source: &MemoryFolder, copied: &MemoryFolder) -> MemoryFolder {
    let folder = MemoryFolder::default();
    for (from, is_wanted) in [
        (source, (|path: &str| !path.starts_with("vault/") || path.ends_with(".key")) as fn(&str) -> bool),
        (copied, |path: &str| path.starts_with("vault/")),
    ] {
        for path in from.paths().into_iter().filter(|path| is_wanted(path)) {
            folder.create_folder(path.rsplit_once('/').map_or("", |(folder, _)| folder)).unwrap();
            folder.open(&path, true).unwrap();
            folder.edit(&path, |bytes| *bytes = from.bytes(&path));
        }
    }
    folder
}

#[test]
fn a_copy_beside_its_log_is_a_vault_in_order() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let world = world(&source, &[Step::Commit(8), Step::Erase(3), Step::Commit(20)]);
    let copied = copy_all(&source, &target, world.size());
    assert_eq!((copied.records, copied.damages.len()), (copied.written, 0));
    let again = copy_all(&source, &target, world.size());
    assert_eq!((again.records, again.written), (copied.records, 0), "what is there is not written again");
    open(&restored(&source, &target.power_loss(Choice::AllLost))).unwrap().assert_in_order("restored");
    assert!(!target.paths().iter().any(|path| path.ends_with(".key") || path.contains("watermark")));
}

#[test]
fn a_copy_ends_where_the_copied_log_ends() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let before = world(&source, &[Step::Commit(8)]);
    let log = source.after_kill();
    let size = before.size();
    drop(before);
    world(&source, &[Step::Commit(5)]);
    let copied = copy_all(&source, &target, size);
    assert_eq!(copied.records, (0..size).filter(|index| super::harness::is_sealed(*index)).count() as u64);
    open(&restored(&log, &target)).unwrap().assert_in_order("restored");
}

#[test]
fn what_is_erased_goes_from_the_copy_too() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let mut world = world(&source, &[Step::Commit(8)]);
    copy_all(&source, &target, world.size());
    let old = target.bytes(FILE);
    world.erase(3).unwrap();
    let copied = copy_all(&source, &target, world.size());
    assert_eq!(copied.written, 2, "the changed record, and that of the entry that says so");
    assert!(target.bytes(FILE) != old && target.bytes(FILE) == source.bytes(FILE));

    let (month, class) = ("2026-11".parse().unwrap(), "next-year-end".parse().unwrap());
    world.vault.erase_class(month, class, Index(8)).unwrap();
    assert_eq!(copy_all(&source, &target, world.size()).erased, 1);
    assert!(!target.paths().contains(&FILE.to_owned()));
    let later = open(&restored(&source, &target)).unwrap();
    let found = later.vault.openings(Index(0), &later.leaf(0));
    assert!(matches!(found, Err(VaultError::Erased { by: Index(8), .. })), "{:?}", found.err());
}

/// The backup may be what the source is repaired from.
#[test]
fn damage_of_the_source_is_told_and_does_not_spoil_the_copy() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let world = world(&source, &[Step::Commit(8)]);
    copy_all(&source, &target, world.size());
    let sound = target.bytes(FILE);
    for byte in [20, 75, 100, 140, 300] {
        let damaged = source.after_kill();
        damaged.flip(FILE, byte * 8);
        let copied = copy_all(&damaged, &target, world.size());
        assert_eq!(copied.damages.len(), 1, "byte {byte}");
        let what = copied.damages[0].what;
        let is_known =
            matches!(what, Problem::Header | Problem::Count | Problem::NoRecord | Problem::Slot(_));
        assert!(is_known, "byte {byte}");
        assert!(target.bytes(FILE) == sound, "byte {byte}");
    }
}

#[test]
fn what_a_failed_sync_left_behind_is_written_again_by_the_next_run() {
    let source = MemoryFolder::default();
    let world = world(&source, &[Step::Commit(8)]);
    let operations = {
        let target = MemoryFolder::default();
        copy_all(&source, &target, world.size());
        target.operations()
    };
    for operation in 0..operations {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let target = MemoryFolder::default();
            target.fail(At::Operation(operation), done);
            copy(&source, &target, origin().hash(), Size(world.size())).unwrap_err();
            copy_all(&source, &target, world.size());
            let found = target.power_loss(Choice::AllLost);
            open(&restored(&source, &found)).unwrap().assert_in_order(&format!("{operation}, {done:?}"));
        }
    }
    assert!(source.trace().iter().all(|(kind, _)| *kind != Kind::Remove), "the source is left alone");
}

/// The backup may be all that is left of what the source has lost.
#[test]
fn what_the_source_has_lost_is_not_cut_off_the_copy() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let world = world(&source, &[Step::Commit(8)]);
    copy_all(&source, &target, world.size());
    let sound = target.bytes(FILE);
    for cut in (69..sound.len()).step_by(7) {
        let damaged = source.after_kill();
        damaged.cut(FILE, cut);
        let copied = copy_all(&damaged, &target, world.size());
        assert!(!copied.damages.is_empty(), "cut at {cut}");
        assert!(target.bytes(FILE) == sound, "cut at {cut}");
    }
}
