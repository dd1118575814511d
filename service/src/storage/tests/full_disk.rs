//! A full disk: nothing is lost, readers are served from what is there and from memory, and once there
//! is room everything goes to the disk.

use einsicht_tlog::Size;

use super::harness::{Model, Step, files, log_after, open, segments, take};
use crate::storage::AppendError;
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};

/// The second tile of hashes lies behind the watermark.
const STEPS: [Step; 6] = [
    Step::Commit(250),
    Step::Checkpoint,
    Step::Watermark,
    Step::Commit(20),
    Step::Commit(7),
    Step::Checkpoint,
];
const SIZE: Size = Size(277);

/// Opens a log on a full disk, twice; makes room; everything must then be as if it had never been full.
fn assert_serves_and_goes_on(full: &MemoryFolder, model: &Model, case: &str) {
    let size = open(&log_of(full)).unwrap().tip.size();
    for _ in 0..2 {
        let log = open(full).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(log.tip.size(), size, "{case}");
        model.assert_holds(&log);
    }
    let mut log = open(full).unwrap();
    let reader = log.writer.reader();
    full.free();
    log.writer.write_down_derived().unwrap();
    assert!(take(&[Step::Commit(5), Step::Commit(60), Step::Checkpoint], &mut log, model), "{case}");
    assert_eq!(
        reader.head(log.tip.size()).unwrap(),
        log.tip.head(),
        "{case}: an old reader sees what is new"
    );
    for found in [full.after_kill(), full.power_loss(Choice::AllLost), full.power_loss(Choice::Random(7))] {
        let again = open(&found).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(again.tip.head(), log.tip.head(), "{case}");
        model.assert_holds(&again);
    }
    assert!(take(&[Step::Watermark], &mut log, model), "{case}: the derived files can be synced again");
    let resumed = open(&full.power_loss(Choice::AllLost)).unwrap();
    assert!(!resumed.rebuilt, "{case}");
    model.assert_holds(&resumed);
}

/// The same files where there is room.
fn log_of(full: &MemoryFolder) -> MemoryFolder {
    let free = full.after_kill();
    free.free();
    free
}

#[test]
fn a_log_opens_on_a_full_disk_whatever_is_missing_of_the_derived_files() {
    let model = Model::new(360);
    let sound = log_after(&STEPS, &model);
    let found = [("killed", sound.after_kill()), ("power lost", sound.power_loss(Choice::AllLost))];
    for (how, folder) in found {
        folder.fill();
        assert_serves_and_goes_on(&folder, &model, how);
    }
    for path in ["log/offsets", "log/hashes/0", "log/hashes/1"] {
        let cut = sound.after_kill();
        cut.cut(path, 0);
        cut.fill();
        assert_serves_and_goes_on(&cut, &model, &format!("{path} emptied"));
    }
    let without = sound.after_kill();
    without.remove("log/watermark").unwrap();
    without.fill();
    assert_serves_and_goes_on(&without, &model, "no watermark");
}

/// Wherever the room ends: in the segment, in its header, in the derived files.
#[test]
fn an_append_that_finds_no_room_is_not_acknowledged_and_costs_nothing_that_was() {
    let model = Model::new(360);
    let sound = log_after(&STEPS, &model);
    let mut outcomes = [0; 2];
    for operation in 0.. {
        let folder = sound.after_kill();
        let mut log = open(&folder).unwrap();
        folder.fail(At::Operation(folder.trace().len() + operation), Done::Half);
        let before = folder.trace().len();
        let error = model.commit(&mut log, 9).err();
        let kind = folder.trace().get(before + operation).map(|(kind, _)| *kind);
        match (&error, kind) {
            (None, _) => break,
            // A full disk is told by what needs room, not by a sync.
            (Some(_), Some(Kind::Sync | Kind::SyncFolder)) => continue,
            (Some(error), _) => assert!(matches!(error, AppendError::Write { .. }), "{error}"),
        }
        assert!(log.writer.has_stopped());
        model.assert_holds(&log);
        assert_eq!(log.tip.size(), SIZE);
        let full = folder.after_kill();
        full.fill();
        let found = open(&full).unwrap().tip.size();
        assert!(found == SIZE || found == Size(SIZE.0 + 9), "{found}");
        outcomes[usize::from(found == SIZE)] += 1;
        assert_serves_and_goes_on(&full, &model, &format!("operation {operation}"));
    }
    let [whole, torn] = outcomes;
    assert!(whole > 1 && torn > 2, "both happen: {outcomes:?}");
    assert!(segments(&sound).len() > 2);
}

#[test]
fn opening_a_full_disk_changes_nothing_of_the_log() {
    let model = Model::new(360);
    let folder = log_after(&STEPS, &model).power_loss(Choice::AllLost);
    folder.fill();
    let log = |folder: &MemoryFolder| {
        let all = files(folder).into_iter();
        all.filter(|(path, _)| path.starts_with("log/entries/") || path == "log/checkpoint")
            .collect::<Vec<_>>()
    };
    let before = log(&folder);
    open(&folder).unwrap();
    assert!(log(&folder) == before);
    assert_eq!(folder.bytes("log/hashes/0").len(), 250 * 32, "up to the watermark they stay as they are");
}

#[test]
fn what_is_in_memory_stays_there_while_there_is_no_room_for_it() {
    let model = Model::new(360);
    let folder = log_after(&STEPS, &model).power_loss(Choice::AllLost);
    folder.fill();
    let log = open(&folder).unwrap();
    model.assert_every_answer(&log);
    for _ in 0..2 {
        assert!(log.writer.write_down_derived().is_err());
        model.assert_holds(&log);
    }
    assert!(log.writer.keeper().move_watermark(&log.tip.head()).is_err(), "what is in memory is not durable");
    folder.free();
    log.writer.write_down_derived().unwrap();
    model.assert_holds(&open(&folder).unwrap());
}
