//! The power goes, or the process is killed, between any two operations: what was acknowledged is
//! there, what was shown once stays, and nothing is ever anything else.

use einsicht_tlog::Size;
use einsicht_tlog::segment::FRAME_HEADER_BYTES;

use super::harness::{Model, Step, frame_bounds, log_after, open, publish, segments, take};
use crate::storage::file::Folder as _;
use crate::storage::memory::{Choice, Kind, MemoryFolder};

const SEEDS: u64 = 20;
/// Sizes are chosen so that segments end both by one large commit and by several small ones.
const STEPS: [Step; 13] = [
    Step::Commit(1),
    Step::Commit(2),
    Step::Checkpoint,
    Step::Commit(3),
    Step::Watermark,
    Step::Commit(2),
    Step::Commit(9),
    Step::Checkpoint,
    Step::Watermark,
    Step::Commit(1),
    Step::Commit(4),
    Step::Checkpoint,
    Step::Commit(1),
];

#[test]
fn every_acknowledged_commit_survives_a_loss_of_power_at_any_moment() {
    let model = Model::new(40);
    let (mut cuts, mut recoveries) = (0, 0);
    for operation in 0.. {
        let folder = MemoryFolder::default();
        folder.power_off_before(operation);
        let (acknowledged, finished) = live(&folder, &STEPS, &model);
        for choice in choices(operation, SEEDS) {
            let case = format!("power lost before operation {operation}, {choice:?}");
            recover(&folder.power_loss(choice), acknowledged, &model, &case);
            recoveries += 1;
        }
        cuts += 1;
        if finished {
            break;
        }
    }
    assert!(cuts > 90 && recoveries == cuts * (SEEDS + 4), "{cuts} cuts, {recoveries} recoveries");
}

#[test]
fn what_a_restarted_process_shows_survives_a_loss_of_power() {
    let model = Model::new(40);
    for operation in 0.. {
        let folder = MemoryFolder::default();
        folder.power_off_before(operation);
        let (acknowledged, finished) = live(&folder, &STEPS, &model);
        let case = format!("killed before operation {operation}");
        recover(&folder.after_kill(), acknowledged, &model, &case);
        if finished {
            break;
        }
    }
}

/// A frame whose write was cut short by the power, derived files that were lost, a segment that was
/// being created: recovering them is interrupted, too.
#[test]
fn a_recovery_that_is_interrupted_is_recovered_from() {
    let model = Model::new(300);
    let steps = [Step::Commit(5), Step::Commit(270), Step::Commit(20), Step::Checkpoint];
    let killed = log_after(&steps, &model);
    let kept = log_after(&[&steps[..], &[Step::Watermark]].concat(), &model);
    let torn = kept.after_kill();
    let last = segments(&torn).pop().unwrap();
    torn.append(&last, &[0; 4096]);
    let without_offsets = kept.after_kill();
    without_offsets.cut("log/offsets", 8);
    let unfinished = kept.after_kill();
    unfinished.open("log/entries/00000000000000000295.seg", true).unwrap();

    let states = [
        ("killed", killed),
        ("torn", torn),
        ("without offsets", without_offsets),
        ("unfinished", unfinished),
    ];
    for (name, state) in states {
        for operation in 0.. {
            let folder = state.after_kill();
            folder.power_off_before(operation);
            let finished = open(&folder).is_ok();
            for choice in choices(operation, 6) {
                let case = format!("{name}, recovery interrupted before operation {operation}, {choice:?}");
                recover(&folder.power_loss(choice), Size(295), &model, &case);
            }
            if finished {
                assert!(operation > 0, "{name}: there was nothing to recover");
                break;
            }
        }
    }
}

/// Page by page, the derived files reach the disk in any order: what an old watermark says of them is
/// worth nothing once they are written anew.
#[test]
fn derived_files_that_are_being_rebuilt_are_not_believed_before_they_are_complete() {
    let model = Model::new(300);
    let steps = [Step::Commit(5), Step::Commit(270), Step::Commit(20), Step::Checkpoint, Step::Watermark];
    let folder = log_after(&steps, &model);
    folder.cut("log/offsets", 8);
    let begun = folder.after_kill();
    open(&begun).unwrap();
    let is_sync = |(kind, path): &(Kind, String)| *kind == Kind::Sync && path == "log/offsets";
    let first_sync = begun.trace().iter().position(is_sync).unwrap();
    for operation in first_sync..first_sync + 4 {
        let begun = folder.after_kill();
        begun.power_off_before(operation);
        open(&begun).err().unwrap();
        for seed in 0..150 {
            let found = begun.power_loss(Choice::Random(seed));
            model.assert_holds(&open(&found).unwrap());
        }
    }
}

#[test]
fn a_commit_whose_entries_look_like_a_frame_is_cut_off_where_it_was_torn() {
    let hostile = {
        let inner = log_after(&[Step::Commit(1)], &Model::new(1));
        let path = segments(&inner).remove(0);
        let bytes = inner.bytes(&path);
        bytes[frame_bounds(&bytes)[0]..].to_vec()
    };
    let model = Model::with_bodies(9, |_| hostile.clone());
    let folder = log_after(&[Step::Commit(2), Step::Checkpoint, Step::Commit(2)], &model);
    let path = segments(&folder).pop().unwrap();
    let bounds = frame_bounds(&folder.bytes(&path));
    let [.., start, end] = bounds[..] else { panic!("{bounds:?}") };
    for length in FRAME_HEADER_BYTES..end - start {
        let torn = folder.after_kill();
        torn.cut(&path, start + length);
        let log = open(&torn).unwrap_or_else(|error| panic!("{length} bytes: {error}"));
        assert_eq!(log.tip.size(), Size(2), "{length} bytes");
    }
}

#[test]
fn a_first_start_that_was_cut_off_leaves_nothing_that_stands_in_the_way() {
    // The segment of a ledger that never had an entry, under a name that nobody knows any more.
    let model = Model::new(3);
    let other = einsicht_tlog::Origin::parse("storage.test/another").unwrap();
    for tail in [&[][..], &[0; 100], b"EIN1"] {
        let folder = MemoryFolder::default();
        let keys = [super::harness::key().verifier().clone()];
        crate::storage::open(std::sync::Arc::new(folder.clone()), &other, &keys, 700).unwrap();
        folder.append(&segments(&folder).remove(0), tail);
        let folder = folder.power_loss(Choice::AllKept);
        let mut log = open(&folder).unwrap();
        model.commit(&mut log, 2).unwrap();
        model.assert_every_answer(&open(&folder.power_loss(Choice::AllLost)).unwrap());
    }
}

/// Opens the log and takes steps; returns what was acknowledged, and whether all went well.
fn live(folder: &MemoryFolder, steps: &[Step], model: &Model) -> (Size, bool) {
    match open(folder) {
        Ok(mut log) => {
            let finished = take(steps, &mut log, model);
            (log.tip.size(), finished)
        }
        Err(_) => (Size(0), false),
    }
}

/// Nothing here is damage: the log must open, hold everything that was acknowledged, keep what it
/// shows, and go on.
fn recover(folder: &MemoryFolder, acknowledged: Size, model: &Model, case: &str) {
    let mut log = open(folder).unwrap_or_else(|error| panic!("{case}: {error}"));
    let shown = log.tip.size();
    assert!(shown >= acknowledged, "{case}: {shown} entries found, {acknowledged} were acknowledged");
    model.assert_holds(&log);

    let lost = folder.power_loss(Choice::AllLost);
    if shown > Size(0) {
        publish(&lost, model.head(shown));
    }
    let again = open(&lost).unwrap_or_else(|error| panic!("{case}, then the power went: {error}"));
    model.assert_holds(&again);

    model.commit(&mut log, 2).unwrap_or_else(|error| panic!("{case}: {error}"));
    let lost = open(&folder.power_loss(Choice::AllLost)).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(lost.tip.size(), log.tip.size(), "{case}, then a commit, then the power went");
    model.assert_holds(&lost);
}

fn choices(cut: usize, seeds: u64) -> impl Iterator<Item = Choice> {
    let seeds = (0..seeds).map(move |seed| Choice::Random(cut as u64 * 1_000 + seed));
    [Choice::AllLost, Choice::AllKept, Choice::Lengths, Choice::Newest].into_iter().chain(seeds)
}
