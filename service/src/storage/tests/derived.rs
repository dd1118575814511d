//! Derived files can be lost, stale, too long or damaged: nothing of it is ever served.

use einsicht_tlog::{Hash, Size, TreeHead};

use super::harness::{Model, Step, log_after, open, publish, segments, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::storage::{AppendError, CHECKPOINT};

const DERIVED: [&str; 4] = ["log/offsets", "log/hashes/0", "log/hashes/1", "log/watermark"];
const STEPS: [Step; 8] = [
    Step::Commit(5),
    Step::Commit(300),
    Step::Commit(2),
    Step::Commit(200),
    Step::Checkpoint,
    Step::Watermark,
    Step::Commit(30),
    Step::Commit(4),
];
const SIZE: Size = Size(541);

pub fn is_derived(path: &str) -> bool {
    !path.starts_with("log/entries/") && path != CHECKPOINT
}

/// A log with a watermark that is behind, and one with a watermark at its end.
fn logs(model: &Model) -> [MemoryFolder; 2] {
    [log_after(&STEPS, model), log_after(&[&STEPS[..], &[Step::Checkpoint, Step::Watermark]].concat(), model)]
}

/// Opens the log; every answer and every derived byte must be right, also the next time.
fn assert_made_right(folder: &MemoryFolder, model: &Model, case: &str) {
    let sound = log_after(&STEPS, model);
    for _ in 0..2 {
        let log = open(folder).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!((log.tip.size(), log.torn.as_ref()), (SIZE, None), "{case}");
        model.assert_holds(&log);
        for path in &DERIVED[..3] {
            assert!(folder.bytes(path) == sound.bytes(path), "{case}: {path} differs");
        }
    }
    let mut log = open(folder).unwrap();
    model.commit(&mut log, 3).unwrap();
    model.assert_holds(&log);
}

#[test]
fn damaged_derived_files_are_rebuilt_and_the_answers_are_the_same() {
    let model = Model::new(550);
    type Damage = (&'static str, fn(&mut Vec<u8>));
    let damages: [Damage; 8] = [
        ("emptied", Vec::clear),
        ("cut in half", |bytes| bytes.truncate(bytes.len() / 2)),
        ("cut by one byte", |bytes| bytes.truncate(bytes.len() - 1)),
        ("too long by garbage", |bytes| bytes.extend([0x5a; 4096])),
        ("too long by zeros", |bytes| bytes.extend([0; 100_000])),
        ("garbage", |bytes| bytes.fill(0x5a)),
        ("zeros", |bytes| bytes.fill(0)),
        ("shifted", |bytes| bytes.insert(0, 0)),
    ];
    for folder in logs(&model) {
        for path in DERIVED {
            let deleted = folder.after_kill();
            deleted.remove(path).unwrap();
            assert_made_right(&deleted, &model, &format!("{path} deleted"));
            for (name, damage) in damages {
                let damaged = folder.after_kill();
                damaged.edit(path, damage);
                assert_made_right(&damaged, &model, &format!("{path}: {name}"));
            }
        }
        let without = folder.after_kill();
        without.paths().iter().filter(|path| is_derived(path)).for_each(|path| without.remove(path).unwrap());
        assert_made_right(&without, &model, "all deleted");
    }
}

/// The root is computed from these few hashes: with one of them wrong, so would be every later root.
#[test]
fn a_wrong_hash_at_the_edge_of_the_tree_is_noticed_without_anything_else_to_compare_it_with() {
    let model = Model::new(550);
    let [_, folder] = logs(&model);
    folder.remove(CHECKPOINT).unwrap();
    // 541 is 512 + 16 + 8 + 4 + 1.
    let hashes = [("log/hashes/1", 0), ("log/hashes/1", 1), ("log/hashes/0", 512), ("log/hashes/0", 535)];
    for (path, number) in hashes.into_iter().chain([("log/hashes/0", 539), ("log/hashes/0", 540)]) {
        let damaged = folder.after_kill();
        damaged.flip(path, number * 256 + 77);
        assert_made_right(&damaged, &model, &format!("hash {number} of {path}"));
    }
}

#[test]
fn a_position_that_leads_into_the_last_commit_does_not_make_the_rest_of_it_a_torn_tail() {
    let model = Model::new(550);
    let [_, folder] = logs(&model);
    folder.edit("log/offsets", |bytes| bytes.copy_within(8 * 538..8 * 539, 8 * 540));
    assert_made_right(&folder, &model, "the last entry at the place of another one");
}

#[test]
fn every_single_answer_is_right_after_a_rebuild() {
    let model = Model::new(550);
    let folder = log_after(&STEPS, &model);
    folder.edit("log/hashes/0", |bytes| bytes.fill(0));
    let log = open(&folder).unwrap();
    assert!(log.rebuilt, "the watermark did not hold, and that is said");
    model.assert_every_answer(&log);
}

#[test]
fn a_watermark_that_says_something_else_is_not_believed() {
    let model = Model::new(550);
    let text = |head: TreeHead| format!("einsicht-derived 1\n{}\n{}\n", head.size, head.root);
    let ahead = TreeHead { size: Size(542), ..model.head(SIZE) };
    let far_ahead = TreeHead { size: Size(u64::MAX), root: Hash([1; 32]) };
    let another_root = TreeHead { root: Hash([1; 32]), ..model.head(SIZE) };
    let watermarks = [
        ("stale", text(model.head(Size(5)))),
        ("of size 0", text(model.head(Size(0)))),
        ("ahead", text(ahead)),
        ("ahead, with the right root", text(model.head(Size(542)))),
        ("far ahead", text(far_ahead)),
        ("with another root", text(another_root)),
        ("within a commit", text(model.head(Size(539)))),
        ("of another version", text(model.head(SIZE)).replace("derived 1", "derived 2")),
        ("without its end", text(model.head(SIZE)).trim_end().to_owned()),
        ("no text", "\u{fffd}".to_owned()),
    ];
    for folder in logs(&model) {
        for (name, watermark) in &watermarks {
            let folder = folder.after_kill();
            folder.edit("log/watermark", |bytes| *bytes = watermark.clone().into_bytes());
            assert_made_right(&folder, &model, &format!("a watermark {name}"));
        }
    }
}

#[test]
fn a_watermark_within_a_commit_does_not_make_the_rest_of_it_a_torn_tail() {
    let model = Model::new(550);
    let folder = log_after(&STEPS, &model);
    folder.remove(CHECKPOINT).unwrap();
    let within = model.head(Size(539));
    folder.edit("log/watermark", |bytes| {
        *bytes = format!("einsicht-derived 1\n{}\n{}\n", within.size, within.root).into_bytes();
    });
    assert_made_right(&folder, &model, "no checkpoint, watermark within the last commit");
}

#[test]
fn a_log_that_lost_its_end_is_refused_even_if_the_derived_files_still_know_it() {
    let model = Model::new(550);
    for folder in logs(&model) {
        publish(&folder, model.head(SIZE));
        let last = segments(&folder).pop().unwrap();
        folder.remove(&last).unwrap();
        super::damage::refusal(&folder);
        assert!(open(&folder).is_err(), "neither the next time");
    }
}

/// How many operations of this kind there were.
fn count(folder: &MemoryFolder, kind: Kind, path: &str) -> usize {
    folder.trace().iter().filter(|(k, p)| (*k, p.as_str()) == (kind, path)).count()
}

#[test]
fn a_failed_sync_of_derived_files_is_not_tried_again() {
    let model = Model::new(550);
    for path in ["log/offsets", "log/hashes/0"] {
        let folder = log_after(&[Step::Commit(5), Step::Watermark], &model);
        let mut log = open(&folder).unwrap();
        let keeper = log.writer.keeper();
        assert!(take(&[Step::Commit(300), Step::Commit(200)], &mut log, &model));
        folder.fail(At::Nth(Kind::Sync, path.to_owned(), count(&folder, Kind::Sync, path)), Done::Nothing);
        keeper.move_watermark(&log.tip.head()).unwrap_err();
        // The system holds the pages for clean now; a sync would succeed, and save what came since.
        assert!(take(&[Step::Commit(36)], &mut log, &model));
        let _ = keeper.move_watermark(&log.tip.head());
        let found = folder.power_loss(Choice::AllLost);
        let opened = open(&found).unwrap();
        assert_eq!(opened.tip.size(), SIZE, "{path}");
        model.assert_holds(&opened);
    }
}

#[test]
fn recording_stops_when_derived_files_can_not_be_written_for_readers_would_miss_them() {
    let model = Model::new(550);
    let folder = log_after(&STEPS, &model);
    let mut log = open(&folder).unwrap();
    let path = "log/hashes/0";
    folder.fail(At::Nth(Kind::Write, path.to_owned(), count(&folder, Kind::Write, path)), Done::Half);
    assert!(matches!(model.commit(&mut log, 2), Err(AppendError::Write { .. })));
    assert!(matches!(model.commit(&mut log, 1), Err(AppendError::Stopped)));
    model.assert_holds(&open(&folder).unwrap());
}
