//! What a check of the vault finds, with keys and without.

use std::sync::Arc;

use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::{Index, Leaf, RecordedAt};

use super::harness::{Step, World, open, origin, take, wrapping};
use crate::storage;
use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;
use crate::vault::{Check, Checked, Keyring};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const STEPS: [Step; 4] = [Step::Commit(8), Step::Erase(3), Step::Commit(20), Step::Watermark];

fn sound() -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &STEPS));
    folder
}

/// What is found, and the faults.
pub fn check(folder: &MemoryFolder, with_keys: bool) -> (Checked, Vec<String>) {
    let before: Vec<_> = folder.paths().iter().map(|path| folder.bytes(path)).collect();
    let data = Arc::new(folder.clone());
    let keyring = with_keys.then(|| Keyring::open(data.clone(), data, wrapping(), origin()).unwrap());
    let mut faults = Vec::new();
    let mut tell = |fault| faults.push(fault);
    let origin = origin();
    let mut check = Check::begin(folder, &origin, keyring.as_ref(), &mut tell).unwrap();
    storage::check(folder, origin.hash(), None, &mut |index, leaf| check.entry(index, leaf).unwrap())
        .unwrap();
    let found = check.finish().unwrap();
    assert!(folder.paths().iter().map(|path| folder.bytes(path)).eq(before), "something was changed");
    (found, faults)
}

#[test]
fn a_sound_vault_is_found_sound() {
    let folder = sound();
    let (found, faults) = check(&folder, true);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!((found.classes, found.opened), (4, found.records));
    let (unopened, faults) = check(&folder, false);
    assert_eq!((faults, unopened), (Vec::new(), Checked { opened: 0, ..found }));
}

/// No release writes such a record; what nobody can check is not sound.
#[test]
fn an_entry_with_seals_and_no_nonce_is_named() {
    let folder = sound();
    let mut faults = Vec::new();
    let mut tell = |fault| faults.push(fault);
    let origin = origin();
    let mut check = Check::begin(&folder, &origin, None, &mut tell).unwrap();
    let record = AccessRecord {
        actor_seal: Some(vec![7; 32].into()),
        nonce: Some(vec![7; 15].into()),
        ..AccessRecord::default()
    };
    let body = body_bytes(&EntryBody { content: Some(Content::Access(record)) });
    let leaf = Leaf { previous: leaf_hash(b""), recorded_at: RecordedAt(0), body: &body };
    check.entry(Index(7), &leaf).unwrap();
    assert_eq!(faults, ["entry 7 has seals, and no nonce that their openings could be read with"]);
}

/// It is derived, and still: what it leads to is answered from.
#[test]
fn a_flipped_bit_of_an_index_is_found_and_named_once() {
    let folder = sound();
    let index = "vault/2026-11/next-year-end/index";
    for bit in (0..folder.bytes(index).len() * 8).step_by(3) {
        let damaged = folder.after_kill();
        damaged.flip(index, bit);
        let (_, faults) = check(&damaged, false);
        let [fault] = faults.as_slice() else { panic!("bit {bit}: {faults:?}") };
        assert!(fault.starts_with(index) && fault.contains("delete vault/watermark"), "{fault}");
        damaged.remove("vault/watermark").unwrap();
        drop(open(&damaged).unwrap());
        assert_eq!(check(&damaged, true).1, Vec::<String>::new(), "bit {bit}");
    }
}

#[test]
fn a_watermark_that_is_damaged_is_named_and_mended_by_the_next_start() {
    let folder = sound();
    folder.flip("vault/watermark", 8 * 20);
    let (_, faults) = check(&folder, true);
    assert!(matches!(faults.as_slice(), [fault] if fault.starts_with("vault/watermark: ")), "{faults:?}");
    open(&folder).unwrap().move_watermark().unwrap();
    assert_eq!(check(&folder, true).1, Vec::<String>::new());
}

#[test]
fn a_flipped_byte_of_a_file_is_found_and_named_also_without_keys() {
    let folder = sound();
    for byte in (0..folder.bytes(FILE).len()).step_by(3) {
        let damaged = folder.after_kill();
        damaged.flip(FILE, byte * 8 + 5);
        for with_keys in [false, true] {
            let (_, faults) = check(&damaged, with_keys);
            assert!(faults.iter().any(|fault| fault.starts_with(FILE)), "byte {byte}: {faults:?}");
        }
    }
}

#[test]
fn openings_of_another_entry_and_openings_without_an_entry_are_found() {
    let folder = sound();
    let whole = folder.bytes(FILE);
    // The last record once more: of an entry that has one already, behind everything.
    let (first, last) = (81, whole.len() - 200);
    assert!(first < last);
    folder.append(FILE, &whole[first..]);
    let (_, faults) = check(&folder, false);
    assert!(faults.iter().any(|fault| fault.contains("which the log does not have")), "{faults:?}");
}

#[test]
fn openings_that_are_gone_without_an_erasure_are_found() {
    let folder = sound();
    folder.cut(FILE, 81);
    let (_, faults) = check(&folder, false);
    assert!(faults.iter().any(|fault| fault.contains("openings of entry 0 are missing")), "{faults:?}");
}

#[test]
fn a_seal_that_its_openings_do_not_make_is_found_with_keys_only() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(2)]));
    // The openings of an entry are written with another one's salt.
    let other = world.vault.openings(Index(0), &world.leaf(0)).unwrap();
    let mut bytes = other.openings.as_bytes().to_vec();
    bytes[5] ^= 1;
    put(&world, 0, &einsicht_access::Openings::parse(&bytes).unwrap());
    assert_eq!(check(&folder, false).1, Vec::<String>::new());
    let (_, faults) = check(&folder, true);
    assert!(faults.len() == 1 && faults[0].contains("entry 0") && faults[0].contains("actor"), "{faults:?}");
}

#[test]
fn a_class_that_was_erased_without_an_entry_that_says_so_is_found() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let (month, class) = ("2026-11".parse().unwrap(), "next-year-end".parse().unwrap());
    world.vault.erase_class(month, class, Index(4)).unwrap();
    let (_, faults) = check(&folder, true);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("entry 4 does not say so"), "{faults:?}");
}

#[test]
fn a_value_that_was_erased_and_came_back_is_found_and_named() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let before = [0, 3].map(|index| world.vault.openings(Index(index), &world.leaf(index)).unwrap().openings);
    assert!(take(&mut world, &[Step::Erase(3)]));
    assert_eq!(check(&folder, true).1, Vec::<String>::new());
    put(&world, 3, &before[1]);
    assert_eq!(check(&folder, false).1, Vec::<String>::new(), "nobody can tell without keys");
    let (_, faults) = check(&folder, true);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("justification of entry 3 was erased according to entry 8"), "{faults:?}");
}

#[test]
fn a_value_that_is_gone_by_an_entry_that_says_so_of_another_is_found_and_named() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Erase(3)]));
    world.overwrite(0, Index(8)).unwrap();
    let (_, faults) = check(&folder, true);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("justification of entry 0 is erased, but entry 8 says"), "{faults:?}");
    world.overwrite(6, Index(7)).unwrap();
    assert!(check(&folder, true).1[1].contains("entry 7 is no erasure"));
}

#[test]
fn two_entries_that_say_the_same_was_erased_are_no_fault() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Erase(3), Step::Erase(3)]));
    assert_eq!(check(&folder, true).1, Vec::<String>::new());
}

/// Writes openings over those of an entry.
fn put(world: &World, index: u64, openings: &einsicht_access::Openings) {
    let inner = &world.vault.inner;
    let entry = crate::vault::read::Entry::parse(Index(index), &world.leaf(index)).unwrap();
    let (file, stored) = inner.find(&entry).unwrap();
    inner.overwrite(&entry, &file, &stored, openings).unwrap();
}
