//! Every operation of an append fails, in three ways: nothing is acknowledged, nothing is written
//! behind it, readers go on, and the next start finds the commit or does not, and nothing else.

use einsicht_tlog::Size;

use super::harness::{Model, Step, log_after, open, take};
use crate::storage::AppendError;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};

/// One operation of an append, in order, and what its failure leads to. Where the commit may be
/// found, it says so for nothing, half and all of the operation done.
struct Case {
    kind: Kind,
    path: &'static str,
    error: Fails,
    /// Found by the next process.
    found_after_kill: [bool; 3],
    /// Found after a loss of power that takes everything it can.
    found_after_power_loss: [bool; 3],
}

#[derive(Debug, PartialEq, Eq)]
enum Fails {
    Write,
    Sync,
}

const NEVER: [bool; 3] = [false; 3];
const ALWAYS: [bool; 3] = [true; 3];
const IF_DONE: [bool; 3] = [false, false, true];

const fn case(
    kind: Kind,
    path: &'static str,
    error: Fails,
    found_after_kill: [bool; 3],
    found_after_power_loss: [bool; 3],
) -> Case {
    Case { kind, path, error, found_after_kill, found_after_power_loss }
}

const FIRST: &str = "log/entries/00000000000000000000.seg";
const SECOND: &str = "log/entries/00000000000000000005.seg";

const APPEND: [Case; 4] = [
    case(Kind::Write, FIRST, Fails::Write, IF_DONE, NEVER),
    case(Kind::Sync, FIRST, Fails::Sync, ALWAYS, IF_DONE),
    case(Kind::Write, "log/offsets", Fails::Write, ALWAYS, ALWAYS),
    case(Kind::Write, "log/hashes/0", Fails::Write, ALWAYS, ALWAYS),
];

const APPEND_TO_A_NEW_SEGMENT: [Case; 9] = [
    case(Kind::Create, SECOND, Fails::Write, NEVER, NEVER),
    case(Kind::SetLen, SECOND, Fails::Write, NEVER, NEVER),
    case(Kind::Write, SECOND, Fails::Write, NEVER, NEVER),
    case(Kind::Sync, SECOND, Fails::Sync, NEVER, NEVER),
    case(Kind::SyncFolder, "log/entries", Fails::Sync, NEVER, NEVER),
    case(Kind::Write, SECOND, Fails::Write, IF_DONE, NEVER),
    case(Kind::Sync, SECOND, Fails::Sync, ALWAYS, IF_DONE),
    case(Kind::Write, "log/offsets", Fails::Write, ALWAYS, ALWAYS),
    case(Kind::Write, "log/hashes/0", Fails::Write, ALWAYS, ALWAYS),
];

#[test]
fn each_failure_of_an_append_has_its_outcome() {
    let model = Model::new(20);
    assert_outcomes(&APPEND, 2, &model);
    assert_outcomes(&APPEND_TO_A_NEW_SEGMENT, 6, &model);
}

/// Appends `count` entries to a log of 5; one operation after the other fails.
fn assert_outcomes(cases: &[Case], count: usize, model: &Model) {
    let sound = log_after(&[Step::Commit(5)], model);
    let begun = sound.after_kill();
    let mut log = open(&begun).unwrap();
    let before = begun.trace().len();
    model.commit(&mut log, count).unwrap();
    let operations = &begun.trace()[before..];
    let expected: Vec<_> = cases.iter().map(|case| (case.kind, case.path.to_owned())).collect();
    assert_eq!(operations, expected);

    for (number, case) in cases.iter().enumerate() {
        for (way, done) in [Done::Nothing, Done::Half, Done::All].into_iter().enumerate() {
            let name = format!("{:?} of {}, {done:?} of it done", case.kind, case.path);
            let folder = sound.after_kill();
            let mut log = open(&folder).unwrap();
            folder.fail(At::Operation(before + number), done);
            let error = model.commit(&mut log, count).expect_err(&name);
            let kind = match error {
                AppendError::Write { .. } => Fails::Write,
                AppendError::Sync { .. } => Fails::Sync,
                other => panic!("{name}: {other}"),
            };
            assert_eq!(kind, case.error, "{name}");
            assert!(log.writer.has_stopped(), "{name}");
            let written = folder.trace().len();
            for _ in 0..2 {
                assert!(matches!(model.commit(&mut log, 1), Err(AppendError::Stopped)), "{name}");
            }
            assert_eq!(folder.trace().len(), written, "{name}: something was written behind the failure");
            assert_eq!(written, before + number + 1, "{name}: it went on, or tried again");
            assert_eq!(log.tip.size(), Size(5));
            model.assert_holds(&log);

            let killed = folder.after_kill();
            assert_found(&killed, case.found_after_kill[way], count, model, &format!("{name}; killed"));
            let lost = folder.power_loss(Choice::AllLost);
            assert_found(
                &lost,
                case.found_after_power_loss[way],
                count,
                model,
                &format!("{name}; power lost"),
            );
        }
    }
}

/// What the next process shows it has made durable, whatever the one before was told.
fn assert_found(folder: &MemoryFolder, found: bool, count: usize, model: &Model, case: &str) {
    let mut log = open(folder).unwrap_or_else(|error| panic!("{case}: {error}"));
    let expected = Size(5 + if found { count as u64 } else { 0 });
    assert_eq!(log.tip.size(), expected, "{case}");
    model.assert_holds(&log);
    let shown = open(&folder.power_loss(Choice::AllLost)).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(shown.tip.size(), expected, "{case}, opened, power lost");
    model.commit(&mut log, 7).unwrap();
    model.commit(&mut log, 1).unwrap();
    let again = open(&folder.power_loss(Choice::AllLost)).unwrap();
    assert_eq!(again.tip.size(), log.tip.size(), "{case}");
    model.assert_every_answer(&again);
}

#[test]
fn failures_behind_the_log_cost_no_entry() {
    let model = Model::new(20);
    let steps = [Step::Commit(5), Step::Checkpoint, Step::Watermark, Step::Commit(3)];
    let sound = log_after(&steps, &model);
    let behind = [Step::Checkpoint, Step::Watermark];
    for step in behind {
        for operation in 0.. {
            let folder = sound.after_kill();
            let mut log = open(&folder).unwrap();
            let before = folder.trace().len();
            folder.fail(At::Operation(before + operation), Done::Half);
            if take(&[step], &mut log, &model) {
                assert!(operation > 4, "{step:?} has {operation} operations");
                break;
            }
            assert!(!log.writer.has_stopped(), "{step:?}");
            model.commit(&mut log, 2).unwrap();
            for found in [folder.after_kill(), folder.power_loss(Choice::AllLost)] {
                let log =
                    open(&found).unwrap_or_else(|error| panic!("{step:?}, operation {operation}: {error}"));
                assert_eq!(log.tip.size(), Size(10));
                model.assert_every_answer(&log);
            }
        }
    }
}
