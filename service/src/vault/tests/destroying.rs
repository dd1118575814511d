//! Where nobody can read what is to be erased, all that is stored of the entry goes, and nothing else.

use std::sync::Arc;

use einsicht_access::SealedField;
use einsicht_access::vault::record::{RECORD_HEADER_BYTES, unchecked_slot};
use einsicht_tlog::{Index, Size};

use super::check::check;
use super::harness::{Step, World, is_sealed, open, open_with, openings, origin, rest, take};
use crate::storage::memory::{Choice, MemoryFolder};
use crate::vault::class::Slot;
use crate::vault::read::Entry;
use crate::vault::{VaultError, copy};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const TARGET: u64 = 3;

fn sound() -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Watermark]));
    folder
}

/// Where the slot of the target begins, and its bytes.
fn slot(world: &World) -> (usize, usize) {
    let entry = Entry::parse(Index(TARGET), &world.leaf(TARGET)).unwrap();
    let (_, stored) = world.vault.inner.find(&entry).unwrap();
    let start = usize::try_from(stored.offset).unwrap() + RECORD_HEADER_BYTES;
    (start, stored.header.slot_bytes as usize)
}

/// A vault in which a bit of the target's ciphertext has flipped.
fn damaged() -> MemoryFolder {
    let folder = sound();
    let (start, _) = slot(&open(&folder).unwrap());
    folder.flip(FILE, (start + 40) * 8);
    folder
}

/// All others have what they had.
fn assert_others_are_there(world: &World, case: &str) {
    for index in (0..8).filter(|index| is_sealed(*index) && *index != TARGET) {
        let found = world.vault.openings(Index(index), &world.leaf(index));
        assert_eq!(found.unwrap().openings.as_bytes(), openings(index), "{case}: {index}");
    }
}

fn destroyed_by(world: &World) -> Option<Index> {
    match world.vault.openings(Index(TARGET), &world.leaf(TARGET)) {
        Err(VaultError::Erased { by, .. }) => Some(by),
        _ => None,
    }
}

#[test]
fn an_erasure_from_a_damaged_slot_leaves_nothing_that_could_not_be_read() {
    let sound = sound();
    let (start, slot_bytes) = slot(&open(&sound).unwrap());
    let (mut destroyed, mut kept) = (0, 0);
    for byte in (0..slot_bytes).step_by(5).chain([slot_bytes - 1]) {
        let case = format!("byte {byte} of the slot");
        let folder = sound.after_kill();
        folder.flip(FILE, (start + byte) * 8 + 6);
        let before = folder.bytes(FILE)[start..start + slot_bytes].to_vec();
        let mut world = open(&folder).unwrap();
        assert!(matches!(
            world.vault.openings(Index(TARGET), &world.leaf(TARGET)),
            Err(VaultError::Damaged { .. })
        ));
        world.erase(TARGET).unwrap();
        match world.vault.openings(Index(TARGET), &world.leaf(TARGET)) {
            // Its checksum was all that was damaged.
            Ok(found) => {
                assert_eq!(found.openings.as_bytes(), rest(TARGET, 8), "{case}");
                kept += 1;
            }
            Err(VaultError::Erased { by: Index(8), .. }) => destroyed += 1,
            Err(error) => panic!("{case}: {error}"),
        }
        assert_others_are_there(&world, &case);
        let (_, faults) = check(&folder, true);
        assert_eq!(faults, Vec::<String>::new(), "{case}");
        let safe = folder.power_loss(Choice::AllLost);
        let ciphertext = &before[28..slot_bytes - 4];
        for piece in ciphertext.chunks_exact(16).filter(|piece| piece.iter().any(|byte| *byte != 0)) {
            let is_left = |path: &String| safe.bytes(path).windows(16).any(|window| window == piece);
            assert!(!safe.paths().iter().any(is_left), "{case}: something is left of what was erased");
        }
        let later = open(&safe).unwrap();
        assert_eq!(later.vault.damages(), [], "{case}");
    }
    assert!(destroyed > 20 && kept > 0, "{destroyed} {kept}");
}

#[test]
fn no_loss_of_power_keeps_what_was_to_be_destroyed_or_takes_anything_else() {
    let damaged = damaged();
    for operation in 0.. {
        let folder = damaged.after_kill();
        let mut world = open(&folder).unwrap();
        folder.power_off_before(folder.operations() + operation);
        let finished = world.erase(TARGET).is_ok();
        for choice in (0..12).map(Choice::Random).chain([Choice::AllLost, Choice::AllKept]) {
            let case = format!("cut off before operation {operation}, {choice:?}");
            let world = open(&folder.power_loss(choice)).unwrap();
            assert_eq!(destroyed_by(&world), (world.size() > 8).then_some(Index(8)), "{case}");
            assert_others_are_there(&world, &case);
        }
        if finished {
            assert!(operation > 10, "{operation}");
            break;
        }
    }
}

#[test]
fn a_copy_follows_what_was_destroyed() {
    let (source, target) = (sound(), MemoryFolder::default());
    let mut world = open(&source).unwrap();
    copy(&source, &target, origin().hash(), Size(world.size())).unwrap();
    let (start, slot_bytes) = slot(&world);
    source.flip(FILE, (start + 40) * 8);
    world.erase(TARGET).unwrap();
    let copied = copy(&source, &target, origin().hash(), Size(world.size())).unwrap();
    assert_eq!(copied.damages, []);
    let slot = &target.bytes(FILE)[start..start + slot_bytes];
    assert_eq!(einsicht_access::vault::record::destroyed_by(slot), Some(Index(8)));
}

/// A key that is not there now may come back, and with it what can be read.
#[test]
fn without_its_key_nothing_is_destroyed() {
    let folder = damaged();
    let before = folder.bytes(FILE);
    let world = open_with(&folder, None).unwrap();
    assert!(matches!(world.overwrite(TARGET, Index(7)), Err(VaultError::NoKey { .. })));
    assert!(folder.bytes(FILE) == before);
}

#[test]
fn what_was_destroyed_stays_destroyed_by_whom_it_was() {
    let folder = damaged();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Erase(TARGET), Step::Erase(TARGET), Step::Watermark]));
    assert_eq!(destroyed_by(&world), Some(Index(8)));
    assert_eq!(destroyed_by(&open(&folder).unwrap()), Some(Index(8)));
}

#[test]
fn what_was_destroyed_without_an_entry_that_says_so_is_a_fault() {
    let mut said = Vec::new();
    for by in [7, 9] {
        let folder = damaged();
        let mut world = open(&folder).unwrap();
        // Entry 9 says that something of entry 0 was erased.
        assert!(take(&mut world, &[Step::Commit(1), Step::Erase(0)]));
        let fields = [SealedField::Justification];
        world.vault.erase(Index(TARGET), &world.leaf(TARGET), &fields, Index(by)).unwrap();
        let (found, faults) = check(&folder, true);
        assert_eq!((found.destroyed, faults.len()), (1, 1), "{faults:?}");
        said.extend(faults);
    }
    assert!(said[0].ends_with("but entry 7 is no erasure"), "{said:?}");
    assert!(said[1].ends_with("but entry 9 says that of something else"), "{said:?}");
}

/// The trial above would pass if no byte were ever damaged enough.
#[test]
fn a_slot_is_decrypted_also_where_only_its_checksum_is_wrong() {
    let folder = sound();
    let (start, slot_bytes) = slot(&open(&folder).unwrap());
    folder.flip(FILE, (start + slot_bytes) * 8 - 1);
    let world = open(&folder).unwrap();
    let entry = Entry::parse(Index(TARGET), &world.leaf(TARGET)).unwrap();
    let (file, stored) = world.vault.inner.find(&entry).unwrap();
    let Slot::Damaged(bytes) = &stored.slot else { panic!("{stored:?}") };
    let sealed = unchecked_slot(bytes).unwrap();
    assert!(world.vault.inner.try_decrypt(&entry, &Arc::clone(&file), &sealed).unwrap().is_some());
}
