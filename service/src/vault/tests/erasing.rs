//! What is erased is gone, from the disk, too; with a whole month goes its key.

use einsicht_tlog::Index;

use super::harness::{Step, is_sealed, open, open_with, openings, take};
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::VaultError;
use crate::vault::class::Slot;

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
        world.vault.inner.find(&crate::vault::read::Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
    let Slot::Sealed(sealed) = &stored.slot else { panic!("{stored:?}") };
    let old = &sealed[24..];
    assert!(is_anywhere(&folder, old));
    world.erase(3).unwrap();
    let (_, new) =
        world.vault.inner.find(&crate::vault::read::Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
    for state in [folder.after_kill(), folder.power_loss(Choice::AllLost)] {
        for piece in old.chunks_exact(16) {
            assert!(!is_anywhere(&state, piece), "something is left of what was erased");
        }
        let Slot::Sealed(new) = &new.slot else { panic!("{new:?}") };
        let new = &new[24..];
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
fn an_erasure_that_is_not_done_is_done_at_the_next_start_wherever_the_watermark_is() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Watermark]));
    folder.fail(At::Nth(Kind::Write, "vault/erasing".into(), 0), Done::Half);
    world.erase(3).unwrap_err();
    world.move_watermark().unwrap();
    assert!(take(&mut world, &[Step::Commit(3), Step::Watermark]));
    assert!(String::from_utf8(folder.bytes("vault/watermark")).unwrap().contains("\n1\n8\n"), "it is listed");
    let later = open(&folder.after_kill()).unwrap();
    later.assert_in_order("opened again");
    later.move_watermark().unwrap();
    assert!(!String::from_utf8(later.folder.bytes("vault/watermark")).unwrap().contains("\n1\n8\n"));
}

/// The journal of an erasure that failed half way is all that is left of the other values of its entry.
#[test]
fn an_erasure_that_failed_is_not_forgotten_by_the_next_one() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let path = "vault/2026-11/next-year-end/openings";
    // The statement of the erasure is the next write, the slot the one behind it.
    let writes = folder.trace().iter().filter(|(kind, of)| *kind == Kind::Write && of == path).count();
    let is_own = 8 % 3 == 0;
    folder.fail(At::Nth(Kind::Write, path.into(), writes + usize::from(is_own)), Done::Half);
    world.erase(3).unwrap_err();
    assert_eq!(folder.faults_left(), 0);
    let again =
        world.vault.erase(Index(6), &world.leaf(6), &[einsicht_access::SealedField::Justification], Index(8));
    assert!(again.is_err(), "nothing more is erased before the next start");
    open(&folder.after_kill()).unwrap().assert_in_order("opened again");
}

#[test]
fn with_the_last_class_of_a_month_its_markers_lose_their_key() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let month = "2026-11".parse().unwrap();
    let has_key = || folder.paths().contains(&"markers/2026-11.key".to_owned());
    world.vault.erase_class(month, "next-year-end".parse().unwrap(), Index(8)).unwrap();
    assert!(has_key());
    world.vault.erase_class(month, "P12M".parse().unwrap(), Index(9)).unwrap();
    assert!(!has_key());
    assert!(world.vault.keyring().unwrap().existing_period_key(month).unwrap().is_none());
    assert!(world.vault.keyring().unwrap().period_key(month).is_err(), "and never get another one");
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

/// The slot lies across sectors, and any of them may be the old one or the new one.
#[test]
fn no_loss_of_power_during_an_erasure_takes_another_value_of_the_entry() {
    let sound = MemoryFolder::default();
    assert!(take(&mut open(&sound).unwrap(), &[Step::Commit(8)]));
    for operation in 0.. {
        let folder = sound.after_kill();
        let mut world = open(&folder).unwrap();
        folder.power_off_before(folder.operations() + operation);
        let finished = world.erase(7).is_ok();
        for seed in 0..40 {
            let found = open(&folder.power_loss(Choice::Random(seed))).unwrap();
            found.assert_in_order(&format!("cut off before operation {operation}, {seed}"));
        }
        if finished {
            assert!(operation > 10, "{operation}");
            break;
        }
    }
}
