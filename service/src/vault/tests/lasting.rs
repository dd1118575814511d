//! Damage that was found is told at every start until it is mended or erased; what no start looks at, the scrub finds.

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader, record};
use einsicht_tlog::{Index, Size};

use super::harness::{Step, World, open, open_with, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;
use crate::vault::read::Entry;
use crate::vault::{Damage, Problem, Scrubbed};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const INDEX: &str = "vault/2026-11/next-year-end/index";
const DAMAGED: &str = "vault/damaged";

fn sound() -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Erase(0), Step::Watermark]));
    folder
}

/// Where the record of an entry begins.
fn place(folder: &MemoryFolder, index: u64) -> usize {
    let world = open(&folder.after_kill()).unwrap();
    let entry = Entry::parse(Index(index), &world.leaf(index)).unwrap();
    usize::try_from(world.vault.inner.find(&entry).unwrap().1.offset).unwrap()
}

fn scrub(world: &World) -> Scrubbed {
    world.vault.scrub(&world.log.writer.reader(), Size(world.size()), &mut |_| {}).unwrap()
}

fn at(offset: usize, what: Problem) -> Damage {
    Damage { file: FILE.to_owned(), offset: offset as u64, what }
}

#[test]
fn a_scrub_of_a_sound_vault_reads_all_of_it_and_finds_nothing() {
    let folder = sound();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(20), Step::Erase(6)]));
    let before: Vec<_> = folder.paths().iter().map(|path| folder.bytes(path)).collect();
    let sealed = world.assert_in_order("sound") as u64;
    assert_eq!(scrub(&world), Scrubbed { records: sealed, opened: sealed, damages: 0 });
    assert!(folder.paths().iter().map(|path| folder.bytes(path)).eq(before), "something was changed");
    let world = open_with(&folder, None).unwrap();
    assert_eq!(scrub(&world), Scrubbed { records: sealed, opened: 0, damages: 0 });
}

/// Every byte of every record, and of what lies before them.
#[test]
fn a_scrub_finds_every_flipped_byte_and_each_later_start_tells_it() {
    let sound = sound();
    for byte in (0..sound.bytes(FILE).len()).step_by(3) {
        let folder = sound.after_kill();
        let world = open(&folder).unwrap();
        folder.flip(FILE, byte * 8 + 2);
        let found = scrub(&world);
        let damages = world.vault.damages();
        assert!(found.damages > 0 && damages.len() == found.damages, "byte {byte}: {damages:?}");
        assert!(damages.iter().all(|damage| damage.file.starts_with("vault/2026-11")), "{damages:?}");
        world.move_watermark().unwrap();
        drop(world);
        // But for a count, which a start mends.
        if (69..81).contains(&byte) {
            continue;
        }
        for start in 0..3 {
            let world = open(&folder).unwrap();
            for damage in &damages {
                assert!(world.vault.damages().contains(damage), "byte {byte}, start {start}: {damage}");
            }
            world.move_watermark().unwrap();
        }
        folder.flip(FILE, byte * 8 + 2);
        assert_eq!(open(&folder).unwrap().vault.damages(), [], "byte {byte}: mended");
        assert!(!folder.paths().contains(&DAMAGED.to_owned()), "byte {byte}");
    }
}

#[test]
fn what_a_start_finds_is_told_by_later_ones_too_until_it_is_erased() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8)]));
    let offset = place(&folder, 3);
    folder.flip(FILE, (offset + RECORD_HEADER_BYTES + 40) * 8);
    for _ in 0..3 {
        let mut world = open(&folder).unwrap();
        assert_eq!(world.vault.damages(), [at(offset, Problem::Slot(Index(3)))]);
        assert!(take(&mut world, &[Step::Watermark, Step::Commit(1), Step::Watermark]));
    }
    let mut world = open(&folder).unwrap();
    world.erase(3).unwrap();
    assert_eq!(world.vault.damages(), []);
    assert!(!folder.paths().contains(&DAMAGED.to_owned()));
    assert_eq!(open(&folder).unwrap().vault.damages(), []);
}

#[test]
fn damage_goes_with_its_class() {
    let folder = sound();
    let offset = place(&folder, 3);
    folder.flip(FILE, (offset + 10) * 8);
    let mut world = open(&folder).unwrap();
    assert!(scrub(&world).damages > 0);
    world.erase_class("2026-11", "next-year-end");
    assert_eq!(world.vault.damages(), []);
    assert_eq!(open(&folder).unwrap().vault.damages(), []);
}

/// The checksum is right, and only decryption tells.
#[test]
fn a_scrub_with_keys_finds_what_does_not_decrypt() {
    let folder = sound();
    let offset = place(&folder, 3);
    let world = open(&folder).unwrap();
    let entry = Entry::parse(Index(3), &world.leaf(3)).unwrap();
    let (file, stored) = world.vault.inner.find(&entry).unwrap();
    let slot_bytes = stored.header.slot_bytes as usize;
    let slot = einsicht_access::vault::record::slot(&[7; 100], slot_bytes).unwrap();
    file.overwrite(stored.offset, &slot, 9).unwrap();
    let without = open_with(&folder, None).unwrap();
    assert_eq!(scrub(&without).damages, 0);
    assert_eq!(scrub(&world).damages, 1);
    let damage = at(offset, Problem::Sealed(Index(3)));
    assert_eq!(world.vault.damages(), std::slice::from_ref(&damage));
    for wrapping in [None, Some(super::harness::wrapping())] {
        let world = open_with(&folder, wrapping).unwrap();
        assert_eq!(world.vault.damages(), std::slice::from_ref(&damage), "without its key nobody can tell");
    }
}

/// It is of no entry, and a record of one lies behind it: a start leaves it there, and so does every later one.
#[test]
fn what_is_no_record_of_an_entry_is_told_as_long_as_it_is_there() {
    let folder = sound();
    let offset = place(&folder, 6);
    let header = RecordHeader::parse(&folder.bytes(FILE)[offset..offset + RECORD_HEADER_BYTES]).unwrap();
    let end = offset + usize::try_from(header.record_bytes()).unwrap();
    let orphan = record(Index(77), header.leaf_hash, &[7; 80]).unwrap();
    let expected = at(offset, Problem::NoRecord);
    folder.edit(FILE, |bytes| drop(bytes.splice(offset..offset, orphan.clone())));
    assert_eq!(folder.bytes(FILE)[end + orphan.len()..], sound().bytes(FILE)[end..]);
    assert!(scrub(&open(&folder).unwrap()).damages > 0);
    for _ in 0..2 {
        assert!(open(&folder).unwrap().vault.damages().contains(&expected));
    }
    folder.edit(FILE, |bytes| drop(bytes.drain(offset..offset + orphan.len())));
    open(&folder).unwrap().assert_in_order("it is gone");
}

#[test]
fn a_record_that_became_zeros_is_missing() {
    let folder = sound();
    let (from, to) = (place(&folder, 3), place(&folder, 6));
    let world = open(&folder).unwrap();
    folder.edit(FILE, |bytes| bytes[from..to].fill(0));
    assert_eq!(scrub(&world).damages, 1);
    assert_eq!(open(&folder).unwrap().vault.damages(), [at(from, Problem::Missing(Index(3)))]);
}

#[test]
fn a_file_that_a_scrub_can_not_read_is_told_until_it_can_be_read() {
    for file in [FILE, INDEX] {
        let folder = sound();
        let world = open(&folder).unwrap();
        folder.break_file(file);
        assert!(scrub(&world).damages > 0);
        let told = Damage { file: file.to_owned(), offset: 0, what: Problem::Unreadable };
        assert!(world.vault.damages().contains(&told), "{:?}", world.vault.damages());
        drop(world);
        assert!(open(&folder).unwrap().vault.damages().contains(&told));
        folder.mend(file);
        open(&folder).unwrap().assert_in_order(file);
    }
}

/// What is overwritten while it is read is not damaged.
#[test]
fn a_scrub_beside_erasures_finds_nothing() {
    let folder = sound();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(20)]));
    let targets = [6, 2, 4, 12, 10, 24, 27, 15].into_iter().collect::<Vec<u64>>();
    let (mut todo, size) = (targets.into_iter(), Size(world.size()));
    let reader = world.log.writer.reader();
    let mut erase = |_| {
        if let Some(target) = todo.next() {
            world.overwrite(target, Index(8)).unwrap();
        }
    };
    assert_eq!(world.vault.scrub(&reader, size, &mut erase).unwrap().damages, 0);
    assert_eq!(todo.next(), None);
    let class = ("2026-11".parse().unwrap(), "P12M".parse().unwrap());
    let mut erase = |_| world.vault.erase_class(class.0, class.1, Index(8)).unwrap();
    assert_eq!(world.vault.scrub(&reader, size, &mut erase).unwrap().damages, 0);
}

#[test]
fn what_is_erased_while_a_scrub_reads_on_is_not_told() {
    for is_whole in [false, true] {
        let folder = sound();
        let offset = place(&folder, 3);
        let world = open(&folder).unwrap();
        folder.flip(FILE, (offset + RECORD_HEADER_BYTES + 40) * 8);
        let mut calls = 0;
        let mut erase = |_| {
            calls += 1;
            match (calls, is_whole) {
                (5, true) => world
                    .vault
                    .erase_class("2026-11".parse().unwrap(), "next-year-end".parse().unwrap(), Index(8))
                    .unwrap(),
                (5, false) => world.overwrite(3, Index(8)).unwrap(),
                _ => {}
            }
        };
        let found = world.vault.scrub(&world.log.writer.reader(), Size(world.size()), &mut erase).unwrap();
        assert!(found.damages == 0 && calls >= 5, "{:?}", world.vault.damages());
        assert!(!folder.paths().contains(&DAMAGED.to_owned()));
    }
}

#[test]
fn what_is_known_and_can_not_be_read_is_told_and_everything_is_looked_at() {
    for break_it in [(|folder: &MemoryFolder| folder.break_file(DAMAGED)) as fn(&MemoryFolder), |folder| {
        folder.flip(DAMAGED, 77)
    }] {
        let folder = sound();
        let offset = place(&folder, 3);
        folder.flip(FILE, (offset + RECORD_HEADER_BYTES + 40) * 8);
        scrub(&open(&folder).unwrap());
        break_it(&folder);
        let world = open(&folder).unwrap();
        let told = Damage { file: DAMAGED.to_owned(), offset: 0, what: Problem::Unreadable };
        assert_eq!(world.vault.damages(), [told, at(offset, Problem::Slot(Index(3)))]);
        folder.mend(DAMAGED);
        scrub(&world);
        assert_eq!(open(&folder).unwrap().vault.damages(), [at(offset, Problem::Slot(Index(3)))]);
    }
}

#[test]
fn on_a_full_disk_damage_is_told_though_it_can_not_be_written_down() {
    let folder = sound();
    let offset = place(&folder, 3);
    folder.flip(FILE, (offset + RECORD_HEADER_BYTES + 40) * 8);
    folder.remove("vault/watermark").unwrap();
    folder.fill();
    for _ in 0..2 {
        assert_eq!(open(&folder).unwrap().vault.damages(), [at(offset, Problem::Slot(Index(3)))]);
    }
}

/// Also where the watermark, which knew the class that is lost, is lost with it.
#[test]
fn what_is_missing_of_a_class_is_told_until_that_class_is_erased() {
    for without_watermark in [true, false] {
        let folder = sound();
        let lost = if without_watermark { &[FILE, INDEX, "vault/watermark"][..] } else { &[FILE, INDEX] };
        lost.iter().for_each(|path| folder.remove(path).unwrap());
        let missing = [3, 6].map(|index| Damage {
            file: "vault/2026-11".to_owned(),
            offset: 0,
            what: Problem::Missing(Index(index)),
        });
        let assert_told = |world: &World, case: &str| {
            let damages = world.vault.damages();
            assert!(missing.iter().all(|one| damages.contains(one)), "{case}: {damages:?}");
        };
        let mut world = open(&folder).unwrap();
        assert_told(&world, "lost");
        world.erase_class("2026-11", "P12M");
        assert_told(&world, "another class was erased");
        for start in 0..3 {
            scrub(&world);
            assert_told(&world, &format!("scrub {start}"));
            world.move_watermark().unwrap();
            drop(world);
            world = open(&folder).unwrap();
            assert_told(&world, &format!("start {start}"));
        }
        world.erase_class("2026-11", "next-year-end");
        assert_eq!(world.vault.damages(), []);
        assert_eq!(open(&folder).unwrap().vault.damages(), []);
    }
}
