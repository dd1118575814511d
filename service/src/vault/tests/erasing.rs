//! What is erased is gone, from the disk, too; with a whole month goes its key.

use einsicht_tlog::Index;

use super::harness::{Step, is_sealed, open, open_with, openings, take};
use crate::storage::memory::{Choice, MemoryFolder};
use crate::vault::{Problem, VaultError};

/// Whether the bytes stand in any file.
fn is_anywhere(folder: &MemoryFolder, bytes: &[u8]) -> bool {
    folder.paths().iter().any(|path| folder.bytes(path).windows(bytes.len()).any(|window| window == bytes))
}

#[test]
fn the_slot_of_an_erased_value_and_the_journal_keep_nothing_of_it() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let (file, stored) =
        world.vault.inner.find(&super::super::Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
    let old = &stored.sealed[24..];
    assert!(is_anywhere(&folder, old));
    world.erase(3).unwrap();
    let (_, new) =
        world.vault.inner.find(&super::super::Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
    for state in [folder.after_kill(), folder.power_loss(Choice::AllLost)] {
        for piece in old.chunks_exact(16) {
            assert!(!is_anywhere(&state, piece), "something is left of what was erased");
        }
        let new = &new.sealed[24..];
        let journal = state.bytes("vault/erasing");
        assert!(!journal.windows(new.len()).any(|window| window == new), "the journal keeps what it stated");
    }
    assert_eq!(file.month.to_string(), "2026-11");
    world.assert_in_order("erased");
}

#[test]
fn what_was_erased_can_be_erased_again() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Erase(3), Step::Erase(3), Step::Erase(7)]));
    world.assert_in_order("twice");
}

#[test]
fn a_class_is_erased_with_its_key_whenever_the_power_goes() {
    let steps = [Step::Commit(8), Step::Erase(3)];
    for operation in 0.. {
        let folder = MemoryFolder::default();
        let mut world = open(&folder).unwrap();
        assert!(take(&mut world, &steps));
        folder.power_off_before(folder.operations() + operation);
        let (month, class) = ("2026-11".parse().unwrap(), "next-year-end".parse().unwrap());
        let by = Index(8);
        let finished = world.vault.erase_class(month, class, by).is_ok();
        for choice in (0..6).map(Choice::Random).chain([Choice::AllLost, Choice::AllKept, Choice::Newest]) {
            let folder = folder.power_loss(choice);
            // The ledger finds the entry that says so, and does it again. Here nothing does before it is opened.
            let Ok(world) = open(&folder) else { continue };
            world.vault.erase_class(month, class, by).unwrap();
            for index in (0..8).filter(|index| is_sealed(*index)) {
                let found = world.vault.openings(Index(index), &world.leaf(index));
                match index % 3 {
                    0 => assert!(
                        matches!(found, Err(VaultError::Erased { by: Index(8), .. })),
                        "{index}: {:?}",
                        found.err()
                    ),
                    _ => assert_eq!(found.unwrap().openings.as_bytes(), openings(index)),
                }
            }
            let paths = folder.paths();
            assert!(!paths.contains(&"vault/2026-11.next-year-end.key".to_owned()), "{choice:?}");
            assert!(!paths.contains(&"vault/2026-11/next-year-end/openings".to_owned()), "{choice:?}");
            let summary = world.vault.classes().unwrap();
            let erased = summary.iter().find(|summary| summary.class == class).unwrap();
            assert_eq!(erased.erased_by, Some(Index(8)));
            let again = open(&folder).unwrap();
            assert_eq!(again.vault.damages(), [], "{operation}, {choice:?}");
            assert!(
                again.vault.keyring().unwrap().vault_key(month, class).is_err(),
                "no new key for an erased class"
            );
        }
        if finished {
            assert!(operation > 8, "{operation}");
            break;
        }
    }
}

#[test]
fn the_watermark_stays_before_an_erasure_that_is_not_done() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Watermark]));
    let before = folder.bytes("vault/watermark");
    world.vault.expect_erasure(Index(8));
    assert!(take(&mut world, &[Step::Commit(3), Step::Watermark]));
    assert_eq!(folder.bytes("vault/watermark"), before);
    world.overwrite(3, Index(8)).unwrap();
    world.move_watermark().unwrap();
    assert_ne!(folder.bytes("vault/watermark"), before);
}

#[test]
fn without_a_wrapping_key_the_vault_is_kept_in_order_and_nothing_is_read() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Watermark]));
    let world = open_with(&folder, None).unwrap();
    assert!(world.vault.keyring().is_none());
    let found = world.vault.openings(Index(3), &world.leaf(3));
    assert!(matches!(found, Err(VaultError::NoKey { .. })));
    assert_eq!(world.vault.damages(), []);
}

#[test]
fn an_entry_that_is_older_than_the_watermark_is_not_looked_at_again() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Watermark]));
    folder.cut("vault/2026-11/next-year-end/openings", 70);
    let world = open(&folder).unwrap();
    // The index leads beyond the end: everything is looked at.
    let missing = |damage: &crate::vault::Damage| matches!(damage.what, Problem::Missing(_));
    assert!(!world.vault.damages().iter().any(missing), "{:?}", world.vault.damages());
    let found = world.vault.openings(Index(3), &world.leaf(3)).err().unwrap();
    assert!(matches!(found, VaultError::Missing { .. } | VaultError::Damaged { .. }), "{found}");
    assert_eq!(world.vault.openings(Index(2), &world.leaf(2)).unwrap().openings.as_bytes(), openings(2));
}
