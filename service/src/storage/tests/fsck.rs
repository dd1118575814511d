//! `check` finds what is wrong, and changes nothing.

use einsicht_tlog::segment::{FrameError, SEGMENT_HEADER_BYTES};
use einsicht_tlog::{Index, Size};

use super::harness::{Model, Step, files, frame_bounds, log_after, open, origin, segments, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{Choice, MemoryFolder};
use crate::storage::{Checked, OpenError, check};

/// Frames of 5, 270, 20 and 3 entries; the last two in one segment.
const STEPS: [Step; 5] =
    [Step::Commit(5), Step::Commit(270), Step::Commit(2), Step::Commit(3), Step::Watermark];
const SIZE: Size = Size(280);

/// Checks a folder, and that this changes nothing.
fn checked(folder: &MemoryFolder) -> Result<Checked, OpenError> {
    let before = (files(folder), folder.trace().len());
    let checked = check(folder, origin().hash(), Some(Size(275)), &mut |_, _| {});
    assert!((files(folder), folder.trace().len()) == before, "the check changed something");
    checked
}

fn damaged(model: &Model, damage: impl FnOnce(&MemoryFolder, &[String])) -> Result<Checked, OpenError> {
    let folder = log_after(&STEPS, model);
    let paths = segments(&folder);
    assert_eq!(paths.len(), 3);
    damage(&folder, &paths);
    checked(&folder)
}

#[test]
fn a_sound_log_is_found_sound_and_every_entry_is_shown() {
    let model = Model::new(300);
    let folder = log_after(&STEPS, &model);
    let mut seen = Vec::new();
    let visit =
        &mut |index: Index, leaf: &einsicht_tlog::Leaf<'_>| seen.push((index.0, leaf.to_bytes().unwrap()));
    let checked = check(&folder, origin().hash(), Some(Size(275)), visit).unwrap();
    assert_eq!(checked.head, model.head(SIZE));
    assert_eq!((checked.segments, checked.frames), (3, 4));
    assert_eq!((checked.tail, checked.derived_differ_at), (None, None));
    assert_eq!(checked.root_at, Some(model.head(Size(275)).root));
    let expected: Vec<_> = (0..).zip(model.leaves[..280].iter().cloned()).collect();
    assert!(seen == expected);
    assert_eq!(check(&folder, origin().hash(), Some(Size(276)), &mut |_, _| {}).unwrap().root_at, None);
}

#[test]
fn a_tail_is_reported_and_left_where_it_is() {
    let model = Model::new(300);
    let cut =
        damaged(&model, |folder, paths| folder.cut(&paths[2], folder.bytes(&paths[2]).len() - 1)).unwrap();
    let (file, offset, reason) = cut.tail.unwrap();
    assert_eq!((cut.head, file.as_str()), (model.head(Size(277)), "log/entries/00000000000000000275.seg"));
    assert!(matches!(reason, FrameError::Truncated { .. }) && offset > SEGMENT_HEADER_BYTES as u64);
    let zeros = damaged(&model, |folder, paths| folder.append(&paths[2], &[0; 4096])).unwrap();
    assert_eq!(zeros.head, model.head(SIZE));
    assert!(matches!(zeros.tail, Some((_, _, FrameError::Header))));
    let unfinished = damaged(&model, |folder, paths| folder.cut(&paths[2], 20)).unwrap();
    assert_eq!(unfinished.head, model.head(Size(275)));
    let (file, offset, reason) = unfinished.tail.unwrap();
    assert_eq!((file.as_str(), offset), ("log/entries/00000000000000000275.seg", 0));
    assert_eq!(reason, FrameError::Truncated { needed: SEGMENT_HEADER_BYTES, available: 20 });
}

#[test]
fn damage_is_found_with_file_offset_and_index() {
    let model = Model::new(300);
    let sound = log_after(&STEPS, &model);
    for (number, path) in segments(&sound).iter().enumerate() {
        let bounds = frame_bounds(&sound.bytes(path));
        for bit in (bounds[0] * 8..bounds[1] * 8).step_by(if number == 1 { 9973 } else { 101 }) {
            let found = damaged(&model, |folder, paths| folder.flip(&paths[number], bit));
            match found.unwrap_err() {
                OpenError::Damaged(error) => {
                    let first: u64 = path[12..32].parse().unwrap();
                    assert_eq!((&error.file, error.offset, error.index.0), (path, bounds[0] as u64, first));
                }
                other => panic!("bit {bit} of {path}: {other}"),
            }
        }
        for bit in (0..SEGMENT_HEADER_BYTES * 8).step_by(7) {
            let found = damaged(&model, |folder, paths| folder.flip(&paths[number], bit));
            let error = found.unwrap_err();
            assert!(matches!(error, OpenError::Header { .. } | OpenError::ForeignSegment { .. }), "{error}");
        }
    }
}

#[test]
fn missing_segments_are_found() {
    let model = Model::new(300);
    let without = |number: usize| damaged(&model, |folder, paths| folder.remove(&paths[number]).unwrap());
    assert!(matches!(without(0), Err(OpenError::MissingSegment { expected: Index(0), found: Index(5) })));
    assert!(matches!(without(1), Err(OpenError::MissingSegment { expected: Index(5), found: Index(275) })));
    // Whether the last one is missing only the published checkpoint can tell: the caller compares.
    assert_eq!(without(2).unwrap().head, model.head(Size(275)));
    let gap = damaged(&model, |folder, paths| {
        let far = "log/entries/00000000000000000300.seg";
        folder.rename(&paths[2], far).unwrap();
        folder.cut(far, 20);
    });
    assert!(matches!(gap, Err(OpenError::MissingSegment { expected: Index(275), found: Index(300) })));
}

#[test]
fn derived_files_that_say_something_else_are_found() {
    let model = Model::new(300);
    let damages: [(&str, usize, u64); 6] = [
        ("log/offsets", 0, 0),
        ("log/offsets", 8 * 100, 5),
        ("log/hashes/0", 32 * 3, 0),
        ("log/hashes/0", 32 * 276, 275),
        // The root of the first 256 entries, complete with the commit of entry 5.
        ("log/hashes/1", 0, 5),
        ("log/hashes/0", 32 * 279 + 31, 277),
    ];
    for (path, byte, first) in damages {
        let found = damaged(&model, |folder, _| folder.flip(path, byte * 8)).unwrap();
        assert_eq!(found.derived_differ_at, Some(Index(first)), "{path}, byte {byte}");
        assert_eq!((found.head, found.tail), (model.head(SIZE), None));
    }
    let zero_page =
        damaged(&model, |folder, _| folder.edit("log/hashes/0", |b| b[4096..8192].fill(0))).unwrap();
    assert_eq!(zero_page.derived_differ_at, Some(Index(5)));
    let zero_page =
        damaged(&model, |folder, _| folder.edit("log/offsets", |b| b[512..1024].fill(0))).unwrap();
    assert_eq!(zero_page.derived_differ_at, Some(Index(5)));
}

#[test]
fn derived_files_behind_the_watermark_are_not_faulted_for_what_the_next_start_rewrites() {
    let model = Model::new(300);
    let folder = log_after(&STEPS, &model);
    assert!(take(&[Step::Commit(9), Step::Commit(4)], &mut open(&folder).unwrap(), &model));
    let mut lossy = 0;
    for seed in 0..40 {
        let found = folder.power_loss(Choice::Random(seed));
        let checked = checked(&found).unwrap();
        assert_eq!((checked.head.size, checked.derived_differ_at), (Size(293), None), "seed {seed}");
        lossy += usize::from(found.bytes("log/hashes/0") != folder.bytes("log/hashes/0"));
    }
    assert!(lossy > 10, "{lossy}");
    let deleted = damaged(&model, |folder, _| folder.remove("log/offsets").unwrap()).unwrap();
    assert_eq!(deleted.derived_differ_at, None, "what is not there says nothing wrong");
}

#[test]
fn a_check_beside_the_writer_takes_what_it_sees_half_written_for_a_tail() {
    let model = Model::new(300);
    let folder = log_after(&STEPS, &model);
    let path = segments(&folder).pop().unwrap();
    let whole = folder.bytes(&path);
    let bounds = frame_bounds(&whole);
    folder.cut(&path, bounds[1] + 40);
    // The writer goes on while the frame before is looked at.
    let mut writer = |index, _: &einsicht_tlog::Leaf<'_>| {
        if index == Index(275) {
            folder.edit(&path, |bytes| *bytes = [&whole[..], &whole[bounds[1]..]].concat());
        }
    };
    let checked = check(&folder, origin().hash(), None, &mut writer).unwrap();
    let (file, offset, _) = checked.tail.unwrap();
    assert_eq!((checked.head, file, offset), (model.head(Size(277)), path.clone(), bounds[1] as u64));
}
