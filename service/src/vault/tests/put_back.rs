//! A file that somebody put back from a copy brings back what was erased since; the next start erases it again.

use einsicht_access::vault::record::{OVERWRITTEN_BYTES, read_overwritten};
use einsicht_tlog::{Index, Size};

use super::check::check;
use super::harness::{Step, World, open, openings, origin, take};
use super::watermark::write_as_before;
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::{Damage, Problem, VaultError, copy};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const INDEX: &str = "vault/2026-11/next-year-end/index";
const MARK: &str = "vault/2026-11/next-year-end/erased";
const KEY: &str = "vault/2026-11.next-year-end.key";
const MARKERS: &str = "markers/2026-11.key";
const COUNT_AT: usize = 69;

/// Eight entries, of which something is erased and the watermark moved; and their file before that.
fn erased(steps: &[Step]) -> (MemoryFolder, Vec<u8>) {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let before = folder.bytes(FILE);
    assert!(take(&mut world, steps));
    (folder, before)
}

fn put(folder: &MemoryFolder, path: &str, bytes: &[u8]) {
    folder.open(path, true).unwrap();
    folder.edit(path, |now| *now = bytes.to_vec());
}

fn times(folder: &MemoryFolder) -> Option<u64> {
    read_overwritten(&folder.bytes(FILE)[COUNT_AT..COUNT_AT + OVERWRITTEN_BYTES])
}

#[test]
fn what_comes_back_with_an_older_file_is_erased_again() {
    let steps = [Step::Erase(3), Step::Erase(0), Step::Watermark, Step::Commit(1), Step::Watermark];
    let (folder, before) = erased(&steps);
    assert_eq!((times(&folder), before.len() < folder.bytes(FILE).len()), (Some(2), true));
    let later = folder.bytes(FILE);
    // The entries that came since are kept: only what was there before is that of the copy.
    put(&folder, FILE, &[&before[..], &later[before.len()..]].concat());
    assert_ne!(check(&folder, true).1, Vec::<String>::new());
    let world = open(&folder).unwrap();
    world.assert_in_order("put back");
    assert_eq!(times(&folder), Some(4), "it was erased again, and counted");
    world.move_watermark().unwrap();
    drop(world);
    let operations = folder.trace().len();
    open(&folder).unwrap().assert_in_order("and not once more");
    let opened = &folder.trace()[operations..];
    assert!(!opened.iter().any(|(kind, path)| *kind == Kind::Write && path == FILE), "{opened:?}");
}

/// An older file lacks what came since, too: that is told, and what was erased goes all the same.
#[test]
fn what_an_older_file_lacks_is_told() {
    let (folder, before) = erased(&[Step::Erase(3), Step::Commit(4), Step::Watermark]);
    put(&folder, FILE, &before);
    let world = open(&folder).unwrap();
    let is_missing = |damage: &Damage| matches!(damage.what, Problem::Missing(_));
    assert!(world.vault.damages().iter().any(is_missing), "{:?}", world.vault.damages());
    let found = world.vault.openings(Index(3), &world.leaf(3)).unwrap();
    assert_eq!(found.openings.as_bytes(), super::harness::rest(3, 8));
}

/// Starts meanwhile, and what is recorded, change nothing about that.
#[test]
fn what_comes_back_with_a_file_that_was_gone_is_erased_again() {
    for goes_on in [false, true] {
        let (folder, before) = erased(&[Step::Erase(3), Step::Watermark]);
        folder.remove(FILE).unwrap();
        let gone = Damage { file: FILE.to_owned(), offset: 0, what: Problem::Gone };
        for _ in 0..3 {
            let world = open(&folder).unwrap();
            assert!(world.vault.damages().contains(&gone), "{:?}", world.vault.damages());
            world.move_watermark().unwrap();
        }
        if goes_on {
            assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(4), Step::Watermark]));
            assert_eq!(times(&folder), Some(1), "a new file counts on");
            let world = open(&folder).unwrap();
            world.move_watermark().unwrap();
            assert_eq!(
                world.vault.openings(Index(12), &world.leaf(12)).unwrap().openings.as_bytes(),
                openings(12)
            );
        }
        put(&folder, FILE, &before);
        let world = open(&folder).unwrap();
        let found = world.vault.openings(Index(3), &world.leaf(3)).unwrap();
        assert_eq!(found.openings.as_bytes(), super::harness::rest(3, 8));
        let lost = Damage { file: "vault/2026-11".to_owned(), offset: 0, what: Problem::Missing(Index(12)) };
        let expected: &[Damage] = if goes_on { &[lost] } else { &[] };
        assert_eq!(world.vault.damages(), expected);
    }
}

/// As the version before left it where a file was gone.
#[test]
fn a_file_that_the_watermark_does_not_know_has_everything_erased_again() {
    let (folder, before) = erased(&[Step::Erase(3), Step::Watermark]);
    put(&folder, FILE, &before);
    write_as_before(&folder);
    folder.edit("vault/watermark", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[4..6], ["2", "2026-11/next-year-end 1"], "{text}");
        let lines = [lines[0], lines[1], lines[2], lines[3], "1", lines[6]];
        *bytes = format!("{}\n", lines.join("\n")).into_bytes();
    });
    let world = open(&folder).unwrap();
    world.assert_in_order("put back");
}

#[test]
fn a_file_that_comes_back_while_the_service_runs_is_not_written_over() {
    let (folder, before) = erased(&[Step::Erase(3), Step::Watermark]);
    folder.remove(FILE).unwrap();
    let mut world = open(&folder).unwrap();
    put(&folder, FILE, &before);
    let error = world.commit(4).unwrap_err();
    assert!(error.contains(FILE) && error.contains("start it again"), "{error}");
    assert!(folder.bytes(FILE) == before);
    drop(world);
    let mut world = open(&folder).unwrap();
    world.assert_in_order("put back");
    world.commit(4).unwrap();
    world.assert_in_order("goes on");
}

/// An erasure whose end the process did not see counts as one.
#[test]
fn an_erasure_that_a_start_finished_is_counted() {
    let (folder, before) = erased(&[]);
    let mut world = open(&folder).unwrap();
    let writes = folder.trace().iter().filter(|(kind, of)| *kind == Kind::Write && of == FILE).count();
    folder.fail(At::Nth(Kind::Write, FILE.into(), writes), Done::Half);
    world.erase(3).unwrap_err();
    assert_eq!((folder.faults_left(), times(&folder)), (0, Some(0)));
    let world = open(&folder).unwrap();
    assert!(times(&folder) >= Some(1));
    world.move_watermark().unwrap();
    drop(world);
    put(&folder, FILE, &before);
    open(&folder).unwrap().assert_in_order("put back");
}

#[test]
fn a_count_that_can_not_be_read_has_everything_erased_again_and_is_mended() {
    let (folder, before) = erased(&[Step::Erase(3), Step::Watermark]);
    put(&folder, FILE, &before);
    folder.flip(FILE, COUNT_AT * 8 + 63);
    let world = open(&folder).unwrap();
    let told = Damage { file: FILE.to_owned(), offset: COUNT_AT as u64, what: Problem::Count };
    assert_eq!(world.vault.damages(), [told]);
    drop(world);
    assert!(times(&folder) > Some(1));
    open(&folder).unwrap().assert_in_order("mended");

    // Also where nothing is to be erased.
    let (folder, _) = erased(&[Step::Watermark]);
    folder.flip(FILE, COUNT_AT * 8);
    assert_eq!(open(&folder).unwrap().vault.damages().len(), 1);
    open(&folder).unwrap().assert_in_order("mended");
}

#[test]
fn a_copy_counts_what_it_has() {
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let mut world = open(&source).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Erase(3)]));
    let copy = |source: &MemoryFolder, size| copy(source, &target, origin().hash(), Size(size)).unwrap();
    copy(&source, 9);
    assert_eq!(times(&target), Some(1));
    // In place of a damaged slot the copy keeps what it had, which may have been erased since.
    world.erase(6).unwrap();
    let damaged = source.after_kill();
    let last = damaged.bytes(FILE).len() - 30;
    damaged.flip(FILE, last * 8);
    assert_eq!(copy(&damaged, 10).damages.len(), 1);
    assert_eq!(times(&target), Some(1));
    assert_eq!(copy(&source, 10).damages.len(), 0);
    assert_eq!(times(&target), Some(2));
}

fn assert_gone(world: &World, by: Index, case: &str) {
    let found = world.vault.openings(Index(3), &world.leaf(3));
    assert!(
        matches!(found, Err(VaultError::Erased { by: said, .. }) if said == by),
        "{case}: {:?}",
        found.err()
    );
    for path in [FILE, KEY, MARKERS] {
        assert!(!world.folder.paths().contains(&path.to_owned()), "{case}: {path} is there");
    }
    assert_eq!(world.folder.bytes(MARK), format!("{by}\n").as_bytes(), "{case}");
}

#[test]
fn a_class_that_was_erased_and_came_back_is_erased_again() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Watermark]));
    let old = folder.after_kill();
    world.erase_class("2026-11", "P12M");
    let by = world.erase_class("2026-11", "next-year-end");
    assert!(take(&mut world, &[Step::Watermark]));
    assert_gone(&world, by, "erased");
    drop(world);
    let cases: [(&str, &[&str], bool); 6] = [
        ("the file", &[FILE], false),
        ("the key", &[KEY], false),
        ("the key of the markers", &[MARKERS], false),
        ("all of it, over what says so", &[FILE, INDEX, KEY, MARKERS], false),
        ("all of it, instead of what says so", &[FILE, INDEX, KEY, MARKERS], true),
        ("nothing, and what says so is gone", &[], true),
    ];
    for (case, paths, without_mark) in cases {
        let folder = folder.after_kill();
        for path in paths {
            put(&folder, path, &old.bytes(path));
        }
        if without_mark {
            folder.remove(MARK).unwrap();
        }
        assert_gone(&open(&folder).unwrap(), by, case);
        let safe = folder.power_loss(Choice::AllLost);
        assert_gone(&open(&safe).unwrap(), by, case);
    }
}

#[test]
fn a_file_that_is_gone_is_told() {
    let (folder, _) = erased(&[Step::Watermark]);
    for path in [FILE, INDEX] {
        folder.remove(path).unwrap();
    }
    let world = open(&folder).unwrap();
    let damages = world.vault.damages();
    assert!(damages.contains(&Damage { file: FILE.to_owned(), offset: 0, what: Problem::Gone }));
    assert!(damages.iter().any(|damage| damage.what == Problem::Missing(Index(6))), "{damages:?}");
}
