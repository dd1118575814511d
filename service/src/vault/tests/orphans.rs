//! Openings of entries that never came are gone from the disk, not only from their file.

use einsicht_access::vault::record::RECORD_HEADER_BYTES;
use einsicht_tlog::Index;

use super::harness::{Step, open, take};
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::class::Slot;
use crate::vault::read::Entry;

const FILE: &str = "vault/2026-11/next-year-end/openings";
const INDEX: &str = "vault/2026-11/next-year-end/index";

/// The openings of entry 3, of which nothing else was written any more; where they lie, and what they are.
struct Orphan {
    folder: MemoryFolder,
    at: usize,
    sealed: Vec<u8>,
}

impl Orphan {
    /// `is_indexed`: the follower came between openings and frame, with the watermark of the entries before.
    fn new(is_indexed: bool) -> Self {
        let folder = MemoryFolder::default();
        let mut world = open(&folder).unwrap();
        assert!(take(&mut world, &[Step::Commit(3)]));
        let (head, paths) = (world.log.tip.head(), folder.paths());
        let log: Vec<_> = paths.into_iter().filter(|path| path.starts_with("log/")).collect();
        let log: Vec<_> = log.into_iter().map(|path| (folder.bytes(&path), path)).collect();
        assert!(take(&mut world, &[Step::Commit(1)]));
        if is_indexed {
            world.vault.move_watermark(&head).unwrap();
        }
        let (_, stored) = world.vault.inner.find(&Entry::parse(Index(3), &world.leaf(3)).unwrap()).unwrap();
        let Slot::Sealed(sealed) = stored.slot else { panic!("{stored:?}") };
        let at = usize::try_from(stored.offset).unwrap() + RECORD_HEADER_BYTES;
        drop(world);
        log.into_iter().for_each(|(bytes, path)| folder.edit(&path, |now| *now = bytes));
        Self { folder, at, sealed }
    }

    fn is_left(&self, folder: &MemoryFolder) -> bool {
        let file = folder.bytes(FILE);
        let is_there = |piece: &[u8]| file[self.at..].windows(piece.len()).any(|window| window == piece);
        self.sealed.chunks_exact(16).any(is_there)
    }
}

/// A file that is only cut off leaves on the disk what lay behind its end.
#[test]
fn openings_without_their_entry_are_overwritten_on_the_disk_before_they_are_cut_off() {
    let orphan = Orphan::new(false);
    assert!(orphan.is_left(&orphan.folder));
    let folder = orphan.folder.after_kill();
    folder.fail(At::Nth(Kind::SetLen, FILE.to_owned(), 0), Done::Nothing);
    // What could not be done closes the class; the rest opens.
    let _ = open(&folder);
    assert_eq!(folder.faults_left(), 0);
    let safe = folder.power_loss(Choice::AllLost);
    assert!(safe.bytes(FILE).len() > orphan.at && !orphan.is_left(&safe), "it stays on the disk");
}

#[test]
fn openings_without_their_entry_go_also_where_the_index_has_them() {
    for is_indexed in [false, true] {
        let folder = Orphan::new(is_indexed).folder;
        assert_eq!(folder.bytes(INDEX).len(), if is_indexed { 2 * 16 } else { 0 });
        let mut world = open(&folder).unwrap();
        world.assert_in_order("without its entry");
        // Another entry gets that index.
        assert!(take(&mut world, &[Step::Commit(2), Step::Watermark]));
        open(&folder).unwrap().assert_in_order("later");
    }
}
