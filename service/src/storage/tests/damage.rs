//! What is wrong with the segments or with `log/checkpoint` is either a torn tail, which is cut off, or
//! stops the opening, with file, offset and index, and then changes neither.

use einsicht_tlog::checkpoint::{self, CheckpointError};
use einsicht_tlog::leaf::ChainError;
use einsicht_tlog::segment::{
    FRAME_HEADER_BYTES, FrameBuilder, FrameError, HeaderError, SEGMENT_HEADER_BYTES,
};
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, SigningKey, Size, TreeHead};

use super::harness::{Model, Step, files, frame_bounds, key, log_after, open, origin, publish, segments};
use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;
use crate::storage::replay::Problem;
use crate::storage::{CHECKPOINT, OpenError, TornTail, origin_on_disk};

/// Three segments, from entries 0, 6 and 13 on; the last one has two frames of three entries.
const COMMITS: [Step; 6] =
    [Step::Commit(2), Step::Commit(4), Step::Commit(4), Step::Commit(3), Step::Commit(3), Step::Commit(3)];
const SIZE: Size = Size(19);
const BEFORE_LAST: Size = Size(16);

/// A log of which the first `published` entries were published, and its last frame.
struct Log {
    model: Model,
    folder: MemoryFolder,
    path: String,
    start: usize,
    end: usize,
}

impl Log {
    fn new(published: Size) -> Self {
        let model = Model::new(30);
        let folder = log_after(&COMMITS, &model);
        publish(&folder, model.head(published));
        let paths = segments(&folder);
        assert_eq!(paths.len(), 3);
        let path = paths[2].clone();
        let bounds = frame_bounds(&folder.bytes(&path));
        assert_eq!((bounds.len(), *bounds.last().unwrap()), (3, folder.bytes(&path).len()));
        Self { model, folder, path, start: bounds[1], end: bounds[2] }
    }

    fn but(&self, damage: impl FnOnce(&MemoryFolder)) -> MemoryFolder {
        let folder = self.folder.after_kill();
        damage(&folder);
        folder
    }
}

/// Why the log does not open. Neither segments nor checkpoint may have changed by trying.
pub fn refusal(folder: &MemoryFolder) -> OpenError {
    let kept = |folder| files(folder).into_iter().filter(|(path, _)| !super::derived::is_derived(path));
    let before: Vec<_> = kept(folder).collect();
    let error = open(folder).err().expect("the log opens");
    assert!(kept(folder).collect::<Vec<_>>() == before, "the log was changed, although: {error}");
    error
}

/// File, offset and index of the damage, and what it is.
fn damage(error: OpenError) -> (String, usize, Index, Problem) {
    match error {
        OpenError::Damaged(error) => {
            (error.file, usize::try_from(error.offset).unwrap(), error.index, error.problem)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_torn_last_frame_is_cut_off_at_every_length() {
    let log = Log::new(BEFORE_LAST);
    for length in 0..log.end - log.start {
        let folder = log.but(|folder| folder.cut(&log.path, log.start + length));
        let mut opened = open(&folder).unwrap();
        let (offset, bytes) = (log.start as u64, length as u64);
        match &opened.torn {
            None => assert_eq!(length, 0),
            Some(torn) => {
                let needed =
                    if length < FRAME_HEADER_BYTES { FRAME_HEADER_BYTES } else { log.end - log.start };
                let reason = FrameError::Truncated { needed, available: length };
                assert_eq!(torn, &TornTail { file: log.path.clone(), offset, bytes, reason });
            }
        }
        log.model.assert_holds(&opened);
        log.model.commit(&mut opened, 1).unwrap();
        log.model.assert_holds(&open(&folder).unwrap());
    }
}

#[test]
fn a_last_frame_that_was_published_is_not_cut_off_at_any_length() {
    let log = Log::new(SIZE);
    for length in 0..log.end - log.start {
        let refused = refusal(&log.but(|folder| folder.cut(&log.path, log.start + length)));
        if length == 0 {
            assert!(matches!(refused, OpenError::RolledBack { published: SIZE, found: BEFORE_LAST }));
            continue;
        }
        let (file, offset, index, problem) = damage(refused);
        assert_eq!((file, offset, index), (log.path.clone(), log.start, Index(16)));
        assert!(
            matches!(problem, Problem::Frame(FrameError::Truncated { available, .. }) if available == length)
        );
    }
}

#[test]
fn a_tail_that_was_never_a_commit_is_cut_off() {
    let log = Log::new(SIZE);
    for tail in [vec![0; 4096], vec![0; 1], vec![0xff; 23], vec![0xff; 5000], b"EIN1".to_vec()] {
        let folder = log.but(|folder| folder.append(&log.path, &tail));
        let opened = open(&folder).unwrap();
        let torn = opened.torn.as_ref().unwrap();
        assert_eq!((&torn.file, torn.offset, torn.bytes), (&log.path, log.end as u64, tail.len() as u64));
        log.model.assert_every_answer(&opened);
        assert_eq!(open(&folder).unwrap().torn, None);
    }
}

#[test]
fn every_flipped_bit_of_a_published_last_frame_stops_the_opening() {
    let log = Log::new(SIZE);
    let header = log.start * 8..(log.start + FRAME_HEADER_BYTES) * 8;
    let payload = (header.end..log.end * 8).step_by(37);
    for bit in header.chain(payload) {
        let refused = refusal(&log.but(|folder| folder.flip(&log.path, bit)));
        let (file, offset, index, problem) = damage(refused);
        assert_eq!((file, offset, index), (log.path.clone(), log.start, Index(16)), "bit {bit}");
        assert!(
            matches!(problem, Problem::Frame(FrameError::Header | FrameError::Checksum { .. })),
            "bit {bit}"
        );
    }
}

/// `log/checkpoint` may be a quarter of a second behind what was acknowledged.
#[test]
fn no_flipped_bit_of_the_header_of_a_whole_last_frame_looks_like_a_torn_tail() {
    let log = Log::new(BEFORE_LAST);
    for watermark in [true, false] {
        for bit in log.start * 8..(log.start + FRAME_HEADER_BYTES) * 8 {
            let folder = log.but(|folder| folder.flip(&log.path, bit));
            if !watermark && folder.paths().iter().any(|path| path == "log/watermark") {
                folder.remove("log/watermark").unwrap();
            }
            let (file, offset, index, problem) = damage(refusal(&folder));
            assert_eq!((file, offset, index), (log.path.clone(), log.start, Index(16)), "bit {bit}");
            assert!(matches!(problem, Problem::Frame(FrameError::Header)), "bit {bit}");
        }
    }
}

#[test]
fn every_flipped_frame_in_the_middle_stops_the_opening_whatever_was_published() {
    let log = Log::new(SIZE);
    let unpublished = log.but(|folder| folder.remove(CHECKPOINT).unwrap());
    let mut index = 0;
    for path in segments(&log.folder) {
        for bounds in frame_bounds(&log.folder.bytes(&path)).windows(2) {
            let [start, end] = *bounds else { panic!() };
            if (&path, start) == (&log.path, log.start) {
                continue;
            }
            for bit in (start * 8..end * 8).step_by(53) {
                for folder in [&log.folder, &unpublished] {
                    let folder = folder.after_kill();
                    folder.flip(&path, bit);
                    let (file, offset, entry, _) = damage(refusal(&folder));
                    assert_eq!((&file, offset, entry), (&path, start, Index(index)), "bit {bit}");
                }
            }
            let header = &log.folder.bytes(&path)[start..];
            index += u64::from(einsicht_tlog::segment::FrameHeader::parse(header).unwrap().count);
        }
    }
    assert_eq!(index, 16);
}

#[test]
fn a_missing_segment_is_named() {
    let log = Log::new(SIZE);
    let paths = segments(&log.folder);
    let missing = |number: usize| refusal(&log.but(|folder| folder.remove(&paths[number]).unwrap()));
    let (zero, second, third) = (Index(0), Index(6), Index(13));
    assert!(
        matches!(missing(0), OpenError::MissingSegment { expected, found } if (expected, found) == (zero, second))
    );
    assert!(
        matches!(missing(1), OpenError::MissingSegment { expected, found } if (expected, found) == (second, third))
    );
    assert!(matches!(missing(2), OpenError::RolledBack { published: SIZE, found: Size(13) }));

    let whole_frames = log.but(|folder| folder.cut(&paths[1], frame_bounds(&folder.bytes(&paths[1]))[1]));
    let expected = Index(10);
    assert!(matches!(
        refusal(&whole_frames),
        OpenError::MissingSegment { expected: e, found } if (e, found) == (expected, third)
    ));
    let none = log.but(|folder| paths.iter().for_each(|path| folder.remove(path).unwrap()));
    assert!(matches!(refusal(&none), OpenError::RolledBack { published: SIZE, found: Size(0) }));
}

#[test]
fn a_segment_that_belongs_elsewhere_is_named() {
    let log = Log::new(SIZE);
    let paths = segments(&log.folder);
    let foreign = |folder: &MemoryFolder, path: &String| match refusal(folder) {
        OpenError::ForeignSegment { file, origin_hash, .. } => {
            assert_eq!((&file, origin_hash), (path, origin().hash()));
        }
        other => panic!("{other}"),
    };
    for path in &paths {
        let other_origin = log.but(|folder| folder.edit(path, |bytes| bytes[12..44].fill(7)));
        foreign(&other_origin, path);
    }
    let renamed_to = "log/entries/00000000000000000007.seg".to_owned();
    let renamed = log.but(|folder| folder.rename(&paths[1], &renamed_to).unwrap());
    foreign(&renamed, &renamed_to);
    let swapped = log.but(|folder| {
        let (second, third) = (folder.bytes(&paths[1]), folder.bytes(&paths[2]));
        folder.edit(&paths[1], |bytes| *bytes = third);
        folder.edit(&paths[2], |bytes| *bytes = second);
    });
    foreign(&swapped, &paths[1]);
}

#[test]
fn every_flipped_bit_of_a_segment_header_stops_the_opening() {
    let log = Log::new(SIZE);
    for path in segments(&log.folder) {
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let refused = refusal(&log.but(|folder| folder.flip(&path, bit)));
            let expected = match (bit / 8, &refused) {
                (0..8, OpenError::Header { file, error: HeaderError::Magic }) => file == &path,
                (8..12, OpenError::Header { file, error: HeaderError::UnknownVersion { .. } }) => {
                    file == &path
                }
                (12.., OpenError::ForeignSegment { file, .. }) => file == &path,
                _ => false,
            };
            assert!(expected, "bit {bit}: {refused}");
        }
    }
}

#[test]
fn a_last_segment_cut_into_its_header_costs_nothing_that_was_published() {
    let log = Log::new(SIZE);
    for bytes in [0, 1, SEGMENT_HEADER_BYTES - 1] {
        let refused = refusal(&log.but(|folder| folder.cut(&log.path, bytes)));
        assert!(matches!(refused, OpenError::RolledBack { published: SIZE, found: Size(13) }), "{refused}");
    }
    // Never published: an unfinished file is made anew, for it comes right behind the log …
    let unpublished = Log::new(Size(13));
    let folder = unpublished.but(|folder| folder.cut(&log.path, 20));
    log.model.assert_every_answer(&open(&folder).unwrap());
    assert_eq!(segments(&folder).len(), 2);
    // … but one that does not shows that something before it is missing.
    let gap = unpublished.but(|folder| {
        folder.rename(&log.path, "log/entries/00000000000000000015.seg").unwrap();
        folder.cut("log/entries/00000000000000000015.seg", 20);
    });
    let (expected, found) = (Index(13), Index(15));
    assert!(matches!(
        refusal(&gap),
        OpenError::MissingSegment { expected: e, found: f } if (e, f) == (expected, found)
    ));
    // Segments are begun only after the last one was synced: its tail is damage, and not torn.
    let older = Log::new(Size(6));
    let damaged = older.but(|folder| {
        folder.cut(&log.path, 20);
        let second = segments(folder)[1].clone();
        folder.cut(&second, folder.bytes(&second).len() - 1);
    });
    let (file, _, index, _) = damage(refusal(&damaged));
    assert_eq!((file.as_str(), index), ("log/entries/00000000000000000006.seg", Index(10)));
}

#[test]
fn a_checkpoint_that_knows_more_or_something_else_stops_the_opening() {
    let log = Log::new(SIZE);
    let with = |bytes: Vec<u8>| refusal(&log.but(|folder| folder.edit(CHECKPOINT, |old| *old = bytes)));
    let signed = |head| with(checkpoint::sign(head, &key()));
    assert!(matches!(
        signed(log.model.head(Size(20))),
        OpenError::RolledBack { published: Size(20), found: SIZE }
    ));
    for size in [SIZE, Size(9), Size(1)] {
        let other = Hash([9; 32]);
        match signed(TreeHead { size, root: other }) {
            OpenError::Forked { size: s, expected, found } => {
                assert_eq!((s, expected, found), (size, other, log.model.head(size).root));
            }
            error => panic!("{error}"),
        }
    }
    let head = log.model.head(SIZE);
    let other_key = SigningKey::from_seed(origin().as_str(), &[8; 32]).unwrap();
    let other_log = SigningKey::from_seed("storage.test/another", &[7; 32]).unwrap();
    let mut flipped = checkpoint::sign(head, &key());
    flipped[20] ^= 1;
    for bytes in [Vec::new(), vec![0; 64], flipped, checkpoint::sign(head, &other_key)] {
        assert!(matches!(with(bytes), OpenError::Checkpoint(_)));
    }
    let another = with(checkpoint::sign(head, &other_log));
    assert!(matches!(another, OpenError::Checkpoint(CheckpointError::Origin { .. })));
}

#[test]
fn a_frame_of_the_right_form_that_does_not_continue_the_log_is_never_cut_off() {
    let log = Log::new(BEFORE_LAST);
    let leaf =
        |previous, at| Leaf { previous, recorded_at: RecordedAt(at), body: b"forged" }.to_bytes().unwrap();
    let (tip, root) = (log.model.hashes[18], Hash([3; 32]));
    let forged = |first, leaf: Vec<u8>| {
        let mut frame = FrameBuilder::new(Index(first));
        frame.push(&leaf).unwrap();
        let folder = log.but(|folder| folder.append(&log.path, &frame.finish(&root).unwrap()));
        let (file, offset, _, problem) = damage(refusal(&folder));
        assert_eq!((&file, offset), (&log.path, log.end));
        problem
    };
    assert!(matches!(forged(20, leaf(tip, 2_000)), Problem::Order { expected: Index(19), found: Index(20) }));
    let chain = forged(19, leaf(root, 2_000));
    assert!(matches!(chain, Problem::Chain(ChainError::Previous { expected, .. }) if expected == tip));
    assert!(matches!(forged(19, leaf(tip, 1)), Problem::Chain(ChainError::Time { .. })));
    assert!(matches!(forged(19, leaf(tip, 2_000)), Problem::Root { expected, .. } if expected == root));
    assert!(matches!(forged(19, b"no leaf".to_vec()), Problem::Chain(ChainError::Leaf(_))));
}

#[test]
fn the_origin_is_read_from_the_first_entry_or_there_is_none_yet() {
    let log = Log::new(SIZE);
    let paths = segments(&log.folder);
    assert_eq!(origin_on_disk(&log.folder).unwrap().as_ref(), log.model.leaves.first());
    assert_eq!(origin_on_disk(&MemoryFolder::default()).unwrap(), None);
    let begun = log_after(&[], &log.model);
    assert_eq!(origin_on_disk(&begun).unwrap(), None, "a segment, but no entry");
    begun.append(&paths[0], b"EIN1 torn");
    assert_eq!(origin_on_disk(&begun).unwrap(), None, "the first commit was torn");

    // Where there was a log, it is missing or damaged, not "none yet".
    let refused = |damage: &dyn Fn(&MemoryFolder)| origin_on_disk(&log.but(damage)).unwrap_err();
    let missing = refused(&|folder| folder.remove(&paths[0]).unwrap());
    assert!(matches!(missing, OpenError::MissingSegment { expected: Index(0), found: Index(6) }));
    let cut = refused(&|folder| folder.cut(&paths[0], SEGMENT_HEADER_BYTES));
    assert!(matches!(cut, OpenError::MissingSegment { expected: Index(0), found: Index(6) }));
    let flipped = refused(&|folder| folder.flip(&paths[0], (SEGMENT_HEADER_BYTES + 90) * 8));
    assert_eq!(damage(flipped).2, Index(0));
    let gone = refused(&|folder| paths.iter().for_each(|path| folder.remove(path).unwrap()));
    assert!(matches!(gone, OpenError::RolledBack { published: SIZE, found: Size(0) }), "{gone}");
    let unpublished = refused(&|folder| {
        paths[1..].iter().for_each(|path| folder.remove(path).unwrap());
        folder.remove(CHECKPOINT).unwrap();
        folder.flip(&paths[0], (SEGMENT_HEADER_BYTES + 90) * 8);
    });
    assert_eq!(damage(unpublished).2, Index(0), "whole frames follow the damaged one");
}
