//! Damage of the vault is named, with file and place; it stops neither the log nor other openings.

use einsicht_tlog::Index;

use super::harness::{Step, World, is_sealed, open, openings, take};
use crate::storage::memory::MemoryFolder;
use crate::vault::{Problem, VaultError};

const FILE: &str = "vault/2026-11/next-year-end/openings";

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

/// Behind the watermark every byte is looked at when the vault is opened.
#[test]
fn every_flipped_byte_behind_the_watermark_is_told_and_costs_one_entry_at_most() {
    let folder = sound(&[Step::Commit(8)]);
    let all = readable(&open(&folder.after_kill()).unwrap());
    for byte in 0..folder.bytes(FILE).len() {
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
    for cut in 0..bytes {
        let damaged = folder.after_kill();
        damaged.cut(FILE, cut);
        let world = open(&damaged).unwrap();
        let is_missing = |damage: &crate::vault::Damage| matches!(damage.what, Problem::Missing(_));
        assert!(world.vault.damages().iter().any(is_missing), "cut at {cut}");
        assert!(damaged.bytes(FILE).len() >= cut, "cut at {cut}");
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
