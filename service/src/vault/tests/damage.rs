//! Damage of the vault is named, with file and place; it stops neither the log nor other openings.

use einsicht_tlog::Index;

use super::harness::{Step, World, is_sealed, open, openings, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;
use crate::vault::{Problem, VaultError};

const FILE: &str = "vault/2026-11/next-year-end/openings";
/// With how often something was overwritten.
const HEADER_BYTES: usize = 81;

fn sound(steps: &[Step]) -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), steps));
    folder
}

/// Which entries can still be read, of those that are sealed; the others must have been told to be damaged.
fn readable(world: &World) -> Vec<u64> {
    let read = |index: &u64| match world.vault.openings(Index(*index), &world.leaf(*index)) {
        Ok(found) => {
            assert_eq!(found.openings.as_bytes(), openings(*index));
            true
        }
        Err(VaultError::Damaged { .. } | VaultError::Missing { .. }) => false,
        Err(error) => panic!("{index}: {error}"),
    };
    (0..world.size()).filter(|index| is_sealed(*index)).filter(read).collect()
}

/// In the header, at its end, and here and there behind it.
fn cuts(bytes: usize) -> impl Iterator<Item = usize> {
    [0, 30, 68, 69, 70, 80, 81, 82].into_iter().chain((83..bytes).step_by(29))
}

/// Behind the watermark every byte is looked at when the vault is opened.
#[test]
fn a_flipped_byte_behind_the_watermark_is_told_and_costs_one_entry_at_most() {
    let folder = sound(&[Step::Commit(8)]);
    let all = readable(&open(&folder.after_kill()).unwrap());
    for byte in (0..folder.bytes(FILE).len()).step_by(3) {
        let damaged = folder.after_kill();
        damaged.flip(FILE, byte * 8 + 3);
        let mut world = open(&damaged).unwrap();
        let damages = world.vault.damages();
        assert!(!damages.is_empty(), "byte {byte}: nothing was told");
        assert!(damages.iter().all(|damage| damage.file.starts_with("vault/2026-11")), "{damages:?}");
        let left = readable(&world);
        assert!(left.len() + 1 >= all.len(), "byte {byte}: {left:?}");
        world.commit(4).unwrap_or_else(|error| panic!("byte {byte}: {error}"));
        let after = readable(&open(&damaged).unwrap());
        assert!(after.len() >= left.len() + 3, "byte {byte}: {after:?}");
    }
}

#[test]
fn openings_that_are_cut_off_are_told_and_nothing_that_could_be_them_is_destroyed() {
    let folder = sound(&[Step::Commit(8)]);
    let bytes = folder.bytes(FILE).len();
    for cut in cuts(bytes) {
        let damaged = folder.after_kill();
        damaged.cut(FILE, cut);
        let world = open(&damaged).unwrap();
        let is_missing = |damage: &crate::vault::Damage| matches!(damage.what, Problem::Missing(_));
        assert!(world.vault.damages().iter().any(is_missing), "cut at {cut}");
        assert!(damaged.bytes(FILE).len() >= cut, "cut at {cut}");
        let (before, mut world) = (world.size(), world);
        assert!(take(&mut world, &[Step::Commit(4), Step::Watermark]), "cut at {cut}");
        for index in ["vault/2026-11/next-year-end/index", ""] {
            let again = damaged.after_kill();
            if !index.is_empty() {
                again.edit(index, Vec::clear);
            }
            let readable = readable(&open(&again).unwrap());
            let added = (before..before + 4).filter(|index| is_sealed(*index));
            assert!(added.clone().all(|index| readable.contains(&index)), "cut at {cut}: {readable:?}");
        }
    }
}

#[test]
fn a_file_of_another_ledger_is_told_and_not_touched() {
    let folder = sound(&[Step::Commit(8)]);
    folder.edit(FILE, |bytes| bytes[20] ^= 1);
    let before = folder.bytes(FILE);
    let world = open(&folder).unwrap();
    assert!(world.vault.damages().iter().any(|damage| damage.what == Problem::Header && damage.file == FILE));
    assert_eq!(folder.bytes(FILE), before);
}

#[test]
fn a_wrong_index_is_found_again() {
    let folder = sound(&[Step::Commit(8), Step::Watermark]);
    let index = "vault/2026-11/next-year-end/index";
    for edit in [0, 8, 20] {
        let damaged = folder.after_kill();
        damaged.edit(index, |bytes| {
            bytes.truncate(bytes.len() - edit);
            if edit == 0 {
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
            }
        });
        let world = open(&damaged).unwrap();
        world.assert_in_order(&format!("{edit} bytes less"));
    }
}

/// What the watermark covers is not read at the start.
#[test]
fn a_flipped_bit_anywhere_in_an_index_costs_nothing() {
    let folder = sound(&[Step::Commit(8), Step::Watermark]);
    let all = readable(&open(&folder.after_kill()).unwrap());
    let index = "vault/2026-11/next-year-end/index";
    for bit in (0..folder.bytes(index).len() * 8).step_by(3) {
        let damaged = folder.after_kill();
        damaged.flip(index, bit);
        let mut world = open(&damaged).unwrap();
        assert_eq!(readable(&world), all, "bit {bit}");
        assert!(take(&mut world, &[Step::Commit(4), Step::Watermark]), "bit {bit}");
        world.assert_in_order(&format!("bit {bit}"));
    }
}

#[test]
fn openings_that_are_gone_as_a_whole_are_told_and_others_go_behind_them() {
    let folder = sound(&[Step::Commit(8), Step::Watermark]);
    let all = readable(&open(&folder.after_kill()).unwrap());
    let damaged = folder.after_kill();
    damaged.remove(FILE).unwrap();
    let mut world = open(&damaged).unwrap();
    let left = readable(&world);
    for index in all.iter().filter(|index| !left.contains(index)) {
        let what = Problem::Missing(Index(*index));
        assert!(world.vault.damages().iter().any(|damage| damage.what == what), "entry {index} is not told");
    }
    assert!(left.len() < all.len());
    let before = world.size();
    world.commit(4).unwrap();
    let after = readable(&open(&damaged).unwrap());
    let added = (before..before + 4).filter(|index| is_sealed(*index));
    assert!(added.clone().all(|index| after.contains(&index)), "{after:?}");
}

/// The index knows what there was.
#[test]
fn damage_of_the_last_record_before_the_watermark_is_told_and_nothing_of_it_is_destroyed() {
    let folder = sound(&[Step::Commit(8), Step::Watermark]);
    let bytes = folder.bytes(FILE).len();
    let last = bytes - 150;
    for byte in last..bytes {
        let damaged = folder.after_kill();
        damaged.flip(FILE, byte * 8 + 1);
        let before = damaged.bytes(FILE);
        let world = open(&damaged).unwrap();
        let is_slot = byte > last && world.vault.damages().is_empty();
        if is_slot {
            // Found when it is read, or by a check.
            assert!(readable(&world).len() + 1 >= 3, "byte {byte}");
        }
        assert_eq!(damaged.bytes(FILE), before, "byte {byte}: something was destroyed");
    }
    for cut in cuts(bytes) {
        let damaged = folder.after_kill();
        damaged.cut(FILE, cut);
        let world = open(&damaged).unwrap();
        let is_missing = |damage: &crate::vault::Damage| matches!(damage.what, Problem::Missing(_));
        assert!(world.vault.damages().iter().any(is_missing), "cut at {cut}");
        assert_eq!(damaged.bytes(FILE).len(), cut.max(HEADER_BYTES), "cut at {cut}");
    }
}

/// As many are named as there is room for, and some of each month: what is left in it may be them.
#[test]
fn what_may_be_openings_is_kept_however_many_of_another_month_are_missing() {
    let folder = sound(&[Step::Commit(25), Step::Commit(12), Step::Watermark]);
    for class in ["next-year-end", "P12M"] {
        folder.remove(&format!("vault/2026-11/{class}/openings")).unwrap();
    }
    folder.remove("vault/watermark").unwrap();
    let december = "vault/2026-12/next-year-end/openings";
    let last = folder.bytes(december).windows(4).rposition(|window| window == b"EIV1").unwrap();
    folder.flip(december, (last + 10) * 8);
    let before = folder.bytes(december);
    let missing = |month: &str, world: &World| {
        let is_it = |damage: &&crate::vault::Damage| {
            damage.file == month && matches!(damage.what, Problem::Missing(_))
        };
        world.vault.damages().iter().filter(is_it).count()
    };
    for start in 0..4 {
        let world = open(&folder).unwrap();
        assert!(folder.bytes(december) == before, "start {start}: something was destroyed");
        assert_eq!(missing("vault/2026-12", &world), 1, "start {start}");
        assert!((10..19).contains(&missing("vault/2026-11", &world)), "start {start}");
        world.move_watermark().unwrap();
    }
    folder.flip(december, (last + 10) * 8);
    assert_eq!(missing("vault/2026-12", &open(&folder).unwrap()), 0);
}

#[test]
fn a_log_that_was_rolled_back_is_refused_before_anything_is_destroyed() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let old = folder.after_kill();
    assert!(take(&mut world, &[Step::Commit(5), Step::Watermark]));
    drop(world);
    for path in folder.paths().into_iter().filter(|path| path.starts_with("log/")) {
        let bytes = if old.paths().contains(&path) { old.bytes(&path) } else { Vec::new() };
        folder.edit(&path, |now| *now = bytes);
    }
    folder.edit("log/watermark", Vec::clear);
    let before = folder.bytes(FILE);
    let error = open(&folder).err().unwrap();
    assert!(error.contains("vault/watermark knows 13 entries"), "{error}");
    assert!(folder.bytes(FILE) == before);
}

#[test]
fn a_record_that_names_an_entry_and_is_not_its_own_is_told_and_stays() {
    let folder = sound(&[Step::Commit(8)]);
    let other =
        einsicht_access::vault::record::record(Index(5), einsicht_tlog::Hash([1; 32]), &[7; 80]).unwrap();
    folder.append(FILE, &other);
    let before = folder.bytes(FILE);
    let world = open(&folder).unwrap();
    assert!(world.vault.damages().iter().any(|damage| damage.what == Problem::Foreign(Index(5))));
    assert!(folder.bytes(FILE) == before);
}
