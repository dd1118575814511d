//! The watermark of the vault is damaged, or of the version before.

use super::harness::{Step, open, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, MemoryFolder};
use crate::vault::{Damage, Problem};

const WATERMARK: &str = "vault/watermark";

fn sound() -> MemoryFolder {
    let folder = MemoryFolder::default();
    let steps =
        [Step::Commit(8), Step::Erase(3), Step::Watermark, Step::Commit(20), Step::Erase(2), Step::Watermark];
    assert!(take(&mut open(&folder).unwrap(), &steps));
    folder
}

/// As the version before wrote it: without a checksum.
pub fn write_as_before(folder: &MemoryFolder) {
    folder.edit(WATERMARK, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let (rest, checksum) = text.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(checksum.len(), 8);
        // Of a file it said only how often something was overwritten.
        let lines = rest.lines().map(|line| match line.split_once('/') {
            Some(_) => line.split(' ').take(2).collect::<Vec<_>>().join(" "),
            None => line.to_owned(),
        });
        let rest = lines.collect::<Vec<_>>().join("\n");
        *bytes = format!("{}\n", rest.replacen("einsicht-vault 3", "einsicht-vault 2", 1)).into_bytes();
    });
}

fn told() -> Damage {
    Damage { file: WATERMARK.to_owned(), offset: 0, what: Problem::Unreadable }
}

/// One bit of size or root would look like a log that was rolled back.
#[test]
fn a_watermark_with_a_flipped_bit_is_told_and_everything_is_looked_at() {
    let sound = sound();
    let bytes = sound.bytes(WATERMARK).len();
    for bit in 0..bytes * 8 {
        let folder = sound.after_kill();
        folder.flip(WATERMARK, bit);
        let world = open(&folder).unwrap_or_else(|error| panic!("bit {bit}: {error}"));
        let text = String::from_utf8_lossy(&folder.bytes(WATERMARK)).into_owned();
        let is_other = text.starts_with("einsicht-vault 1\n") || text.starts_with("einsicht-vault 7\n");
        assert_eq!(world.vault.damages().contains(&told()), !is_other, "bit {bit}: {text}");
        world.move_watermark().unwrap();
        drop(world);
        assert_eq!(folder.bytes(WATERMARK).len(), bytes, "bit {bit}: it is written anew");
        open(&folder).unwrap().assert_in_order(&format!("bit {bit}"));
    }
}

#[test]
fn a_watermark_that_was_cut_is_told() {
    let sound = sound();
    for bytes in 0..sound.bytes(WATERMARK).len() {
        let folder = sound.after_kill();
        folder.cut(WATERMARK, bytes);
        assert_eq!(open(&folder).unwrap().vault.damages(), [told()], "{bytes}");
    }
}

/// What a bit flipped in is looked at as a whole: what came back with an older file goes again.
#[test]
fn with_a_damaged_watermark_everything_is_erased_again() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8)]));
    let file = "vault/2026-11/next-year-end/openings";
    let before = folder.bytes(file);
    assert!(take(&mut world, &[Step::Erase(3), Step::Watermark]));
    drop(world);
    folder.edit(file, |bytes| bytes[..before.len()].copy_from_slice(&before));
    folder.flip(WATERMARK, 8 * 20);
    let world = open(&folder).unwrap();
    assert_eq!(world.vault.damages(), [told()]);
    world.move_watermark().unwrap();
    drop(world);
    open(&folder).unwrap().assert_in_order("erased again");
}

/// Only the watermark would tell that the log is older than the vault: then nothing of the newer entries may be destroyed.
#[test]
fn with_a_damaged_watermark_openings_of_entries_that_the_log_lacks_are_told_and_stay() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(8), Step::Watermark]));
    let old = folder.after_kill();
    assert!(take(&mut world, &[Step::Commit(5), Step::Watermark]));
    drop(world);
    let newer = folder.after_kill();
    let log = |of: &MemoryFolder| {
        of.paths().into_iter().filter(|path| path.starts_with("log/")).collect::<Vec<_>>()
    };
    let put = |from: &MemoryFolder| {
        log(&folder).iter().for_each(|path| folder.remove(path).unwrap());
        for path in log(from) {
            folder.open(&path, true).unwrap();
            folder.edit(&path, |now| *now = from.bytes(&path));
        }
    };
    put(&old);
    folder.flip(WATERMARK, 8 * 20);
    let openings: Vec<_> = folder.paths().into_iter().filter(|path| path.ends_with("/openings")).collect();
    for start in 0..3 {
        let world = open(&folder).unwrap();
        assert_eq!(world.size(), 8);
        let damages = world.vault.damages();
        let kept = damages.iter().filter(|damage| damage.what == Problem::NoRecord).count();
        assert_eq!((kept, damages.contains(&told())), (4, start == 0), "start {start}: {damages:?}");
        for path in &openings {
            assert!(folder.bytes(path) == newer.bytes(path), "start {start}: {path} was changed");
        }
        world.move_watermark().unwrap();
    }
    put(&newer);
    open(&folder).unwrap().assert_in_order("the newer log is back");
}

#[test]
fn a_watermark_of_the_version_before_counts_until_it_is_moved() {
    let folder = sound();
    write_as_before(&folder);
    let operations = folder.operations();
    let world = open(&folder).unwrap();
    world.assert_in_order("as before");
    let writes = folder.trace();
    let written = |(_, path): &(_, String)| path.starts_with("vault/2");
    assert!(!writes[operations..].iter().any(written), "nothing is made anew: {:?}", &writes[operations..]);
    world.move_watermark().unwrap();
    assert!(folder.bytes(WATERMARK).starts_with(b"einsicht-vault 3\n"));
    drop(world);
    write_as_before(&folder);
    let newest = folder.paths().into_iter().filter(|path| path.starts_with("log/entries")).max().unwrap();
    folder.cut(&newest, 400);
    folder.remove("log/checkpoint").ok();
    folder.remove("log/watermark").unwrap();
    let error = open(&folder).map(drop).unwrap_err();
    assert!(error.contains("vault/watermark knows"), "{error}");
}

/// Whatever is cut off or fails of the first start of this version leaves one that is read.
#[test]
fn the_first_watermark_of_this_version_is_written_whole_or_not_at_all() {
    let before = sound();
    write_as_before(&before);
    for operation in 0.. {
        let folder = before.after_kill();
        folder.power_off_before(operation);
        let done = open(&folder).is_ok_and(|world| world.move_watermark().is_ok());
        for choice in [Choice::AllLost, Choice::AllKept, Choice::Newest, Choice::Random(operation as u64)] {
            let case = format!("power lost before operation {operation}, {choice:?}");
            open(&folder.power_loss(choice)).unwrap().assert_in_order(&case);
        }
        if done {
            assert!(operation > 5, "{operation}");
            break;
        }
    }
    for operation in 0.. {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let folder = before.after_kill();
            folder.fail(At::Operation(operation), done);
            let _ = open(&folder).map(|world| world.move_watermark());
            if folder.faults_left() > 0 {
                return;
            }
            open(&folder.after_kill()).unwrap().assert_in_order(&format!("operation {operation} failed"));
        }
    }
}
