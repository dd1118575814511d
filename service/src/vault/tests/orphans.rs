//! Openings of entries that never came are gone from the disk, not only from their file.

use einsicht_access::vault::record::RECORD_HEADER_BYTES;
use einsicht_tlog::Index;

use super::harness::{Step, open, take};
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::class::Slot;
use crate::vault::read::Entry;

const FILE: &str = "vault/2026-11/next-year-end/openings";

/// A file that is only cut off leaves on the disk what lay behind its end.
#[test]
fn openings_without_their_entry_are_overwritten_on_the_disk_before_they_are_cut_off() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(3)]));
    let log: Vec<_> = folder.paths().into_iter().filter(|path| path.starts_with("log/")).collect();
    let log: Vec<_> = log.into_iter().map(|path| (folder.bytes(&path), path)).collect();
    assert!(take(&mut world, &[Step::Commit(1)]));
    let (_, stored) = world.vault.inner.find(&Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
    let Slot::Sealed(sealed) = &stored.slot else { panic!("{stored:?}") };
    let at = usize::try_from(stored.offset).unwrap() + RECORD_HEADER_BYTES;
    drop(world);
    // The entry was not written any more.
    log.into_iter().for_each(|(bytes, path)| folder.edit(&path, |now| *now = bytes));
    let is_left = |folder: &MemoryFolder| {
        sealed
            .chunks_exact(16)
            .any(|piece| folder.bytes(FILE)[at..].windows(16).any(|window| window == piece))
    };
    assert!(is_left(&folder));
    open(&folder.after_kill()).unwrap().assert_in_order("without its entry");
    let folder = folder.after_kill();
    folder.fail(At::Nth(Kind::SetLen, FILE.to_owned(), 0), Done::Nothing);
    // What could not be done closes the class; the rest opens.
    let _ = open(&folder);
    assert_eq!(folder.faults_left(), 0);
    let safe = folder.power_loss(Choice::AllLost);
    assert!(safe.bytes(FILE).len() > at && !is_left(&safe), "it is cut off, and stays on the disk");
}
