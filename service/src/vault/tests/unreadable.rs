//! A file of the vault that can't be read costs what is in it, and nothing else; a full disk costs nothing.

use einsicht_tlog::Index;

use super::harness::{Step, World, is_sealed, open, openings, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Done, Kind, MemoryFolder};
use crate::vault::{Damage, KeyringError, Problem, VaultError};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const INDEX: &str = "vault/2026-11/next-year-end/index";
const MARK: &str = "vault/2026-11/next-year-end/erased";

fn sound(steps: &[Step]) -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), steps));
    folder
}

fn unreadable(file: &str) -> Damage {
    Damage { file: file.to_owned(), offset: 0, what: Problem::Unreadable }
}

/// Reads all openings but those of the class of the broken file.
fn assert_others_are_read(world: &World) {
    for index in (0..world.size()).filter(|index| is_sealed(*index) && index % 3 != 0) {
        match world.vault.openings(Index(index), &world.leaf(index)) {
            Ok(found) => assert_eq!(found.openings.as_bytes(), openings(index)),
            Err(VaultError::NotSealed { .. }) => {}
            Err(error) => panic!("{index}: {error}"),
        }
    }
}

#[test]
fn openings_that_can_not_be_read_close_their_class_until_they_can() {
    let folder = sound(&[Step::Commit(8), Step::Watermark, Step::Commit(3)]);
    folder.break_file(FILE);
    let before = folder.bytes(FILE);
    let mut world = open(&folder).unwrap();
    assert_eq!(world.vault.damages(), [unreadable(FILE)]);
    assert_others_are_read(&world);
    let found = world.vault.openings(Index(3), &world.leaf(3)).err().unwrap();
    assert!(matches!(&found, VaultError::Unreadable { file, .. } if file == FILE), "{found}");

    // Nothing is sealed in it before it is refused, and what lies in other classes is recorded.
    let (month, class) = ("2026-11".parse().unwrap(), "next-year-end".parse().unwrap());
    let refused = world.vault.keyring().unwrap().vault_key(month, class);
    assert!(matches!(refused, Err(KeyringError::Closed { .. })));
    assert!(take(&mut world, &[Step::Commit(1), Step::Watermark]));
    assert!(world.commit(1).unwrap_err().contains("nothing can be sealed"));
    assert_others_are_read(&world);
    assert!(folder.bytes(FILE) == before, "it was written to");

    folder.mend(FILE);
    let mut world = open(&folder).unwrap();
    world.assert_in_order("mended");
    assert!(take(&mut world, &[Step::Commit(4), Step::Erase(3)]));
    open(&folder).unwrap().assert_in_order("went on");
}

#[test]
fn an_index_that_can_not_be_read_is_made_anew() {
    let folder = sound(&[Step::Commit(8), Step::Watermark, Step::Commit(3)]);
    folder.break_file(INDEX);
    let mut world = open(&folder).unwrap();
    assert_eq!(world.vault.damages(), [unreadable(INDEX)]);
    assert_others_are_read(&world);
    assert!(world.vault.openings(Index(3), &world.leaf(3)).is_ok());
    folder.mend(INDEX);
    assert!(take(&mut world, &[Step::Commit(4), Step::Watermark]));
    open(&folder.after_kill()).unwrap().assert_in_order("made anew");
}

/// Without its index nobody knows what there was: all entries of the month are held against what is there.
#[test]
fn what_is_missing_is_told_also_where_the_index_went_with_it() {
    let folder = sound(&[Step::Commit(8), Step::Watermark]);
    let bytes = folder.bytes(FILE).len();
    folder.cut(FILE, bytes - 20);
    folder.remove(INDEX).unwrap();
    let before = folder.bytes(FILE);
    let world = open(&folder).unwrap();
    let is_missing = |damage: &Damage| damage.what == Problem::Missing(Index(6));
    assert!(world.vault.damages().iter().any(is_missing), "{:?}", world.vault.damages());
    assert!(folder.bytes(FILE) == before, "what may be openings was destroyed");
}

#[test]
fn a_mark_that_can_not_be_read_is_written_again_from_the_log() {
    for break_it in [(|folder: &MemoryFolder| folder.break_file(MARK)) as fn(&MemoryFolder), |folder| {
        folder.edit(MARK, |bytes| bytes[0] = b'x')
    }] {
        let folder = sound(&[Step::Commit(8)]);
        let mut world = open(&folder).unwrap();
        let by = world.erase_class("2026-11", "next-year-end");
        assert!(take(&mut world, &[Step::Commit(1), Step::Watermark]));
        break_it(&folder);
        let world = open(&folder).unwrap();
        assert!(world.vault.damages().iter().any(|damage| damage.file == MARK));
        assert_others_are_read(&world);
        let found = world.vault.openings(Index(3), &world.leaf(3));
        assert!(matches!(found, Err(VaultError::Erased { by: said, .. }) if said == by), "{:?}", found.err());
        folder.mend(MARK);
        assert_eq!(folder.bytes(MARK), format!("{by}\n").as_bytes());
        assert_eq!(open(&folder).unwrap().vault.damages(), []);
    }
}

/// It may be all that is left of other openings of an entry.
#[test]
fn a_journal_that_can_not_be_read_is_not_written_over() {
    let folder = sound(&[Step::Commit(8)]);
    let mut world = open(&folder).unwrap();
    // The statement of the erasure is the next write to that file, the slot the one behind it.
    let writes = folder.trace().iter().filter(|(kind, of)| *kind == Kind::Write && of == FILE).count();
    folder.fail(At::Nth(Kind::Write, FILE.into(), writes), Done::Half);
    world.erase(6).unwrap_err();
    assert_eq!(folder.faults_left(), 0);
    drop(world);
    let journal = folder.bytes("vault/erasing");
    folder.break_file("vault/erasing");
    let mut world = open(&folder).unwrap();
    assert!(world.vault.damages().contains(&unreadable("vault/erasing")));
    assert!(matches!(world.overwrite(3, Index(8)), Err(VaultError::JournalKept)));
    assert!(folder.bytes("vault/erasing") == journal);
    assert!(take(&mut world, &[Step::Commit(4)]), "everything else goes on");
    folder.mend("vault/erasing");
    open(&folder).unwrap().assert_in_order("mended");
}

#[test]
fn without_a_watermark_that_can_be_read_everything_is_looked_at() {
    let folder = sound(&[Step::Commit(8), Step::Erase(3), Step::Watermark, Step::Commit(2)]);
    folder.break_file("vault/watermark");
    let operations = folder.operations();
    assert_eq!(open(&folder).unwrap().vault.damages(), [unreadable("vault/watermark")]);
    let written = folder.trace().split_off(operations);
    assert!(written.iter().any(|(_, path)| path == INDEX), "indexes are made anew: {written:?}");
    folder.mend("vault/watermark");
    open(&folder).unwrap().assert_in_order("mended");
}

/// Whatever of the vault's files fails at a start, readers are served, and the next start finds all in order.
#[test]
fn no_file_that_can_not_be_read_keeps_the_vault_from_opening() {
    let sound = sound(&[Step::Commit(8), Step::Erase(3), Step::Watermark, Step::Commit(22), Step::Erase(2)]);
    let of_vault = |path: &String| path.starts_with("vault/") && !path.ends_with(".key");
    for path in sound.paths().into_iter().filter(of_vault) {
        let folder = sound.after_kill();
        folder.break_file(&path);
        let world = open(&folder).unwrap_or_else(|error| panic!("{path}: {error}"));
        let lost = (0..world.size()).filter(|index| {
            let found = world.vault.openings(Index(*index), &world.leaf(*index));
            !matches!(found, Ok(_) | Err(VaultError::NotSealed { .. }))
        });
        let lost: Vec<u64> = lost.collect();
        assert!(lost.is_empty() || path.ends_with("/openings"), "{path}: {lost:?}");
        drop(world);
        folder.mend(&path);
        open(&folder).unwrap().assert_in_order(&path);
    }
}

#[test]
fn a_start_on_a_full_disk_needs_no_room_for_an_index() {
    let sound = sound(&[Step::Commit(8), Step::Erase(3), Step::Watermark, Step::Commit(22)]);
    let indexes = sound.paths().into_iter().filter(|path| path.ends_with("/index"));
    for index in indexes.collect::<Vec<_>>() {
        let folder = sound.after_kill();
        folder.remove(&index).unwrap();
        folder.fill();
        let mut world = open(&folder).unwrap_or_else(|error| panic!("{index}: {error}"));
        world.assert_in_order(&index);
        assert!(world.vault.move_watermark(&world.log.tip.head()).is_err(), "there is no room for it");
        folder.free();
        world.log.writer.write_down_derived().unwrap();
        world.commit(3).unwrap();
        world.move_watermark().unwrap();
        world.assert_in_order(&index);
        let before = folder.bytes(&index);
        assert!(!before.is_empty(), "it is on the disk again");
        open(&folder.after_kill()).unwrap().assert_in_order(&format!("{index}, again"));
    }
}
