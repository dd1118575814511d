//! What was written is read back, also by the next process.

use einsicht_tlog::{Index, Size};

use super::harness::{Model, Step, files, log_after, open, segments, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;

const COMMITS: [Step; 9] = [
    Step::Commit(1),
    Step::Commit(3),
    Step::Commit(40),
    Step::Commit(2),
    Step::Commit(300),
    Step::Commit(1),
    Step::Commit(7),
    Step::Commit(256),
    Step::Commit(4),
];
const SIZE: u64 = 614;

#[test]
fn every_answer_is_what_was_written_while_writing_and_after_reopening() {
    let (model, folder) = (Model::new(SIZE + 3), MemoryFolder::default());
    let mut log = open(&folder).unwrap();
    for step in COMMITS {
        assert!(take(&[step], &mut log, &model));
        model.assert_holds(&log);
    }
    model.assert_every_answer(&log);
    assert!(segments(&folder).len() > 4, "{:?}", segments(&folder));

    let again = open(&folder).unwrap();
    assert_eq!((again.tip.head(), again.torn.as_ref(), again.rebuilt), (log.tip.head(), None, false));
    model.assert_every_answer(&again);

    // From the watermark that the last opening has written.
    let mut resumed = open(&folder).unwrap();
    assert_eq!((resumed.tip.head(), resumed.torn.as_ref(), resumed.rebuilt), (log.tip.head(), None, false));
    model.assert_every_answer(&resumed);
    model.commit(&mut resumed, 3).unwrap();
    model.assert_every_answer(&resumed);
}

#[test]
fn a_log_that_is_opened_after_each_commit_is_the_same_log() {
    let (model, folder) = (Model::new(SIZE), MemoryFolder::default());
    for step in COMMITS {
        assert!(take(&[step], &mut open(&folder).unwrap(), &model));
    }
    let at_once = log_after(&COMMITS, &model);
    open(&at_once).unwrap();
    open(&folder).unwrap();
    assert!(files(&folder) == files(&at_once));
}

#[test]
fn opening_twice_changes_nothing_the_second_time() {
    let folder = log_after(&COMMITS, &Model::new(SIZE));
    open(&folder).unwrap();
    let before = files(&folder);
    open(&folder).unwrap();
    assert!(files(&folder) == before);
}

#[test]
fn an_empty_log_is_an_empty_last_segment() {
    let folder = MemoryFolder::default();
    for _ in 0..2 {
        let log = open(&folder).unwrap();
        assert_eq!((log.tip.size(), log.torn.as_ref(), log.rebuilt), (Size(0), None, false));
        assert!(log.writer.reader().leaf(Index(0)).is_err());
        assert_eq!(segments(&folder).len(), 1);
    }
}

#[test]
fn an_empty_last_segment_is_written_on() {
    let (model, folder) = (Model::new(30), log_after(&[Step::Commit(12)], &Model::new(30)));
    // As begun, and then the process was killed.
    let header = einsicht_tlog::segment::SegmentHeader {
        origin_hash: super::harness::origin().hash(),
        first: Index(12),
    };
    let path = "log/entries/00000000000000000012.seg";
    folder.open(path, true).unwrap().write_all_at(&header.to_bytes(), 0).unwrap();
    let mut log = open(&folder).unwrap();
    model.commit(&mut log, 2).unwrap();
    assert_eq!(segments(&folder).len(), 2);
    model.assert_every_answer(&open(&folder).unwrap());
}

#[test]
fn readers_see_what_is_appended_after_they_were_made() {
    let (model, folder) = (Model::new(60), MemoryFolder::default());
    let mut log = open(&folder).unwrap();
    let reader = log.writer.reader();
    for _ in 0..6 {
        model.commit(&mut log, 10).unwrap();
        let last = Index(log.tip.size().0 - 1);
        assert_eq!(&reader.leaf(last).unwrap(), model.leaves.get(usize::try_from(last.0).unwrap()).unwrap());
    }
}
