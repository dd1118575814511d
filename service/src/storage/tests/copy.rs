//! Copies of a log that is being written, cut off anywhere: never more than was acknowledged, and whole
//! in the end.

use einsicht_tlog::{Size, checkpoint};

use super::harness::{
    Model, Step, files, frame_bounds, key, log_after, open, origin, publish, segments, take,
};
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::storage::{self, CHECKPOINT, Copied, CopyError, OpenError, VKEY};

const FIRST: [Step; 5] =
    [Step::Commit(3), Step::Commit(2), Step::Commit(11), Step::Checkpoint, Step::Commit(2)];
const SECOND: [Step; 4] = [Step::Commit(4), Step::Commit(7), Step::Checkpoint, Step::Commit(1)];

fn copy(source: &MemoryFolder, target: &MemoryFolder) -> Result<Copied, CopyError> {
    storage::copy(source, target, &origin(), &[key().verifier().clone()], &mut |_| {})
}

/// Checks the copy as anybody would who has only it; returns how many entries its checkpoint proves.
fn proven(target: &MemoryFolder, model: &Model, case: &str) -> Size {
    if !target.paths().iter().any(|path| path == CHECKPOINT) {
        return Size(0);
    }
    let keys = [key().verifier().clone()];
    let note = target.bytes(CHECKPOINT);
    let head = einsicht_tlog::Checkpoint::open(&note, origin().as_str(), &keys).unwrap().head;
    let check =
        |folder: &MemoryFolder| storage::check(folder, origin().hash(), Some(head.size), &mut |_, _| {});
    let checked = match check(target) {
        // Behind its checkpoint, a copy that was cut off may hold anything.
        Err(OpenError::Damaged(damage)) if damage.index >= head.size.next_index() => {
            let whole = target.after_kill();
            whole.cut(&damage.file, usize::try_from(damage.offset).unwrap());
            check(&whole)
        }
        checked => checked,
    };
    let checked = checked.unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(checked.root_at, Some(head.root), "{case}");
    assert_eq!(head, model.head(head.size), "{case}");
    head.size
}

/// The copy is the source up to its checkpoint, byte for byte, and nothing else.
fn assert_same(source: &MemoryFolder, target: &MemoryFolder, size: Size, case: &str) {
    let paths = segments(target);
    for path in &paths {
        let copy = target.bytes(path);
        assert!(source.bytes(path).starts_with(&copy), "{case}: {path} differs");
    }
    let checked = storage::check(target, origin().hash(), None, &mut |_, _| {}).unwrap();
    assert_eq!((checked.head.size, checked.tail.is_none()), (size, true), "{case}");
    assert_eq!(target.paths().len(), paths.len() + 2, "{case}: segments, {CHECKPOINT} and {VKEY}");
    assert_eq!(target.bytes(CHECKPOINT), source.bytes(CHECKPOINT), "{case}");
}

#[test]
fn a_copy_has_what_the_checkpoint_covers_and_nothing_else() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let target = MemoryFolder::default();
    let copied = copy(&source, &target).unwrap();
    assert_eq!((copied.head, copied.held), (model.head(Size(16)), Size(0)));
    assert_same(&source, &target, Size(16), "first");
    assert_eq!(String::from_utf8(target.bytes(VKEY)).unwrap(), format!("{}\n", key().verifier()));
    model.assert_every_answer(&open(&target.power_loss(Choice::AllLost)).unwrap());
}

#[test]
fn a_second_copy_writes_only_what_is_new() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let target = MemoryFolder::default();
    let first = copy(&source, &target).unwrap();
    let again = copy(&source, &target.after_kill()).unwrap();
    assert_eq!((again.held, again.bytes), (Size(16), 0));

    assert!(take(&SECOND, &mut open(&source).unwrap(), &model));
    let second = copy(&source, &target).unwrap();
    assert_eq!((second.held, second.head), (Size(16), model.head(Size(29))));
    assert_same(&source, &target, Size(29), "second");
    let headers = segments(&target).len() * 52;
    let bytes: usize = segments(&target).iter().map(|path| target.bytes(path).len()).sum();
    assert_eq!(first.bytes + second.bytes, (bytes - headers) as u64, "every commit was copied once");
}

#[test]
fn a_copy_that_is_cut_off_anywhere_proves_no_more_than_was_acknowledged_and_is_completed() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let later = source.after_kill();
    assert!(take(&SECOND, &mut open(&later).unwrap(), &model));
    let begun = MemoryFolder::default();
    copy(&source, &begun).unwrap();
    for (name, start, from, before) in
        [("first", MemoryFolder::default(), &source, 0), ("second", begun, &later, 16)]
    {
        let acknowledged = if before == 0 { Size(16) } else { Size(28 + 1) };
        let mut cuts = 0;
        for operation in 0.. {
            let target = start.after_kill();
            target.power_off_before(operation);
            let finished = copy(from, &target).is_ok();
            let seeds = (0..8).map(|seed| Choice::Random(operation as u64 * 100 + seed));
            for choice in [Choice::AllLost, Choice::AllKept].into_iter().chain(seeds) {
                let case = format!("{name} copy, cut off before operation {operation}, {choice:?}");
                let found = target.power_loss(choice);
                let proven = proven(&found, &model, &case);
                assert!(proven >= Size(before) && proven <= acknowledged, "{case}: {proven}");
                let done = copy(&later, &found).unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(done.head.size, Size(29), "{case}");
                assert_same(&later, &found.power_loss(Choice::AllLost), Size(29), &case);
            }
            cuts += 1;
            if finished {
                break;
            }
        }
        assert!(cuts > 15, "{name}: only {cuts} operations");
    }
}

/// A run that was cut off before its checkpoint leaves entries that nobody vouches for. If the source has
/// lost them since, they are the only ones.
#[test]
fn entries_that_the_source_has_lost_are_not_cut_off_the_copy() {
    let model = Model::new(40);
    let source = log_after(&[Step::Commit(1), Step::Checkpoint], &model);
    let later = source.after_kill();
    assert!(take(&[Step::Commit(1), Step::Checkpoint], &mut open(&later).unwrap(), &model));
    assert_eq!(segments(&later).len(), 1, "in the segment that the copy believes in part");
    let target = MemoryFolder::default();
    copy(&source, &target).unwrap();
    target.fail(At::Nth(Kind::Rename, CHECKPOINT.to_owned(), 1), Done::Nothing);
    copy(&later, &target).unwrap_err();

    let before = target.after_kill();
    let refused = copy(&source, &target);
    let expected = (Size(2), Size(1));
    assert!(
        matches!(refused, Err(CopyError::KnowsMore { held, found }) if (held, found) == expected),
        "{refused:?}"
    );
    assert_eq!(files(&target), files(&before));
    assert_eq!(copy(&later, &target).unwrap().head.size, Size(2));
}

/// After a failed sync, what is in the page cache looks whole and is lost all the same.
#[test]
fn what_a_failed_sync_left_behind_is_not_believed_by_the_next_run() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let whole = MemoryFolder::default();
    copy(&source, &whole).unwrap();
    let syncs = whole.trace();
    let syncs = syncs.iter().enumerate().filter(|(_, (kind, _))| *kind == Kind::Sync);
    let mut failures = 0;
    for (operation, _) in syncs {
        for done in [Done::Nothing, Done::Half] {
            let target = MemoryFolder::default();
            target.fail(At::Operation(operation), done);
            copy(&source, &target).unwrap_err();
            let next = target.after_kill();
            copy(&source, &next).unwrap();
            let case = format!("sync at operation {operation} failed, {done:?}");
            assert_same(&source, &next.power_loss(Choice::AllLost), Size(16), &case);
            failures += 1;
        }
    }
    assert!(failures >= 6, "{failures}");
}

#[test]
fn damage_in_what_the_copy_vouches_for_is_found_and_not_painted_over() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let target = MemoryFolder::default();
    copy(&source, &target).unwrap();
    assert!(take(&SECOND, &mut open(&source).unwrap(), &model));
    for path in segments(&target) {
        for byte in (52..target.bytes(&path).len()).step_by(7) {
            let damaged = target.after_kill();
            damaged.flip(&path, byte * 8 + 3);
            let before = files(&damaged);
            let refused = copy(&source, &damaged).unwrap_err();
            assert!(matches!(refused, CopyError::Target(OpenError::Damaged(_))), "{path}, {byte}: {refused}");
            assert!(refused.is_finding());
            assert_eq!(files(&damaged), before, "{path}, {byte}");
        }
    }
    let cut = target.after_kill();
    let last = segments(&cut).pop().unwrap();
    cut.cut(&last, frame_bounds(&cut.bytes(&last))[0]);
    let refused = copy(&source, &cut).unwrap_err();
    assert!(matches!(refused, CopyError::Target(OpenError::RolledBack { .. })), "{refused}");
}

#[test]
fn a_damaged_source_is_not_copied_past_the_damage() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    for path in segments(&source) {
        let covered = frame_bounds(&source.bytes(&path)).len();
        for bound in frame_bounds(&source.bytes(&path)).into_iter().take(covered - 1) {
            let damaged = source.after_kill();
            damaged.flip(&path, bound * 8 + 30 * 8);
            let target = MemoryFolder::default();
            match copy(&damaged, &target) {
                Err(error) => {
                    assert!(matches!(error, CopyError::Source(OpenError::Damaged(_))), "{error}");
                    assert_eq!(proven(&target, &model, &path), Size(0));
                }
                // The last commit is behind the checkpoint.
                Ok(copied) => assert_eq!(copied.head.size, Size(16)),
            }
        }
    }
}

#[test]
fn a_copy_that_knows_more_or_something_else_is_kept() {
    let model = Model::new(40);
    let (older, newer) = (log_after(&FIRST, &model), log_after(&[&FIRST[..], &SECOND].concat(), &model));
    let target = MemoryFolder::default();
    copy(&newer, &target).unwrap();
    let before = files(&target);
    let refused = copy(&older, &target).unwrap_err();
    assert!(matches!(refused, CopyError::KnowsMore { held: Size(29), found: Size(16) }), "{refused}");
    assert_eq!(files(&target), before);

    let other = Model::with_bodies(40, |number| format!("another story {number}").into_bytes());
    for steps in [&FIRST[..], &[&FIRST[..], &SECOND].concat()] {
        let forked = log_after(steps, &other);
        let target = MemoryFolder::default();
        copy(&older, &target).unwrap();
        let before = files(&target);
        let refused = copy(&forked, &target).unwrap_err();
        assert!(matches!(refused, CopyError::AnotherHistory { held: Size(16), .. }), "{refused}");
        assert!(refused.is_finding());
        assert_eq!(files(&target), before);
    }
}

#[test]
fn a_folder_with_another_ledger_is_left_alone() {
    let model = Model::new(40);
    let source = log_after(&FIRST, &model);
    let stranger = einsicht_tlog::Origin::parse("storage.test/another").unwrap();
    let target = MemoryFolder::default();
    storage::open(std::sync::Arc::new(target.clone()), &stranger, &[], 700).unwrap();
    assert!(matches!(copy(&source, &target), Err(CopyError::AnotherLedger { .. })), "segments");
    let target = MemoryFolder::default();
    publish(&target, model.head(Size(1)));
    let other = einsicht_tlog::SigningKey::from_seed("storage.test/another", &[7; 32]).unwrap();
    target.edit(CHECKPOINT, |bytes| *bytes = checkpoint::sign(model.head(Size(1)), &other));
    assert!(matches!(copy(&source, &target), Err(CopyError::AnotherLedger { .. })), "checkpoint");
}

#[test]
fn a_log_without_a_checkpoint_is_not_copied() {
    let model = Model::new(40);
    let source = log_after(&[Step::Commit(3)], &model);
    let refused = copy(&source, &MemoryFolder::default()).unwrap_err();
    assert!(matches!(refused, CopyError::NothingPublished));
    assert!(!refused.is_finding(), "nobody can tell yet");
}
