//! A log as plain files: complete for every checkpoint that a reader can have, wherever a run was cut off.

use einsicht_tlog::tile::{Tile, TileKind};
use einsicht_tlog::{Checkpoint, Size};

use super::harness::{Model, Step, key, log_after, open, origin, segments, take};
use crate::storage::memory::{Choice, Kind, MemoryFolder};
use crate::storage::{self, CopyError, Exported, Exporting, OpenError};

const KINDS: [TileKind; 3] = [TileKind::Hashes(0), TileKind::Hashes(1), TileKind::Entries];
const FIRST: [Step; 5] =
    [Step::Commit(3), Step::Commit(40), Step::Commit(230), Step::Checkpoint, Step::Commit(2)];
const SECOND: [Step; 4] = [Step::Commit(1), Step::Commit(300), Step::Checkpoint, Step::Commit(1)];
const SIZES: [u64; 2] = [273, 576];

fn run(
    source: &MemoryFolder,
    target: &MemoryFolder,
    entries: bool,
    everything: bool,
) -> Result<Exported, CopyError> {
    let (origin, keys) = (origin(), [key().verifier().clone()]);
    storage::export(
        source,
        target,
        Exporting { origin: &origin, keys: &keys, entries, everything },
        &mut |_| {},
    )
}

fn export(source: &MemoryFolder, target: &MemoryFolder) -> Result<Exported, CopyError> {
    run(source, target, true, false)
}

/// Checks that everything which the checkpoint promises is there; returns its size.
fn promised(target: &MemoryFolder, model: &Model, case: &str) -> Size {
    if !target.paths().iter().any(|path| path == "checkpoint") {
        return Size(0);
    }
    let keys = [key().verifier().clone()];
    let head = Checkpoint::open(&target.bytes("checkpoint"), origin().as_str(), &keys).unwrap().head;
    assert_eq!(head, model.head(head.size), "{case}");
    for tile in KINDS.into_iter().flat_map(|kind| Tile::all_of_log(kind, head.size)) {
        let path = tile.to_string();
        assert!(target.paths().contains(&path), "{case}: {path} is missing at size {}", head.size);
        assert!(target.bytes(&path) == model.content(tile), "{case}: {path} differs");
    }
    head.size
}

fn ledgers(model: &Model) -> [MemoryFolder; 2] {
    [log_after(&FIRST, model), log_after(&[&FIRST[..], &SECOND].concat(), model)]
}

#[test]
fn an_export_has_every_tile_that_its_checkpoint_promises_and_nothing_newer() {
    let model = Model::new(600);
    let [source, _] = ledgers(&model);
    let target = MemoryFolder::default();
    let exported = export(&source, &target).unwrap();
    assert_eq!((exported.head.size, exported.had), (Size(SIZES[0]), Size(0)));
    assert_eq!(promised(&target, &model, "first"), Size(SIZES[0]));
    // Two full tiles and three partial ones; the checkpoint.
    assert_eq!((exported.files, target.paths().len()), (5, 6), "{:?}", target.paths());
}

#[test]
fn a_second_run_writes_only_what_is_new_and_keeps_what_older_readers_need() {
    let model = Model::new(600);
    let [first, second] = ledgers(&model);
    let target = MemoryFolder::default();
    export(&first, &target).unwrap();
    assert_eq!(export(&first, &target).unwrap().files, 0);
    let before = target.paths();
    let exported = export(&second, &target).unwrap();
    assert_eq!((exported.had, exported.head.size), (Size(SIZES[0]), Size(SIZES[1])));
    // Of hashes and entries, the second tile, now full, and the begun third one; one tile above.
    assert_eq!(exported.files, 5);
    assert_eq!(promised(&target, &model, "second"), Size(SIZES[1]));
    for path in before {
        assert!(target.paths().contains(&path), "{path} is still asked for");
    }
    // A run later nobody has the older checkpoint any more.
    export(&second, &target).unwrap();
    let partial = |path: &&String| path.contains(".p/");
    let left: Vec<_> = target.paths().iter().filter(partial).cloned().collect();
    assert_eq!(left, ["tile/0/002.p/64", "tile/1/000.p/1", "tile/1/000.p/2", "tile/entries/002.p/64"]);
    assert_eq!(promised(&target, &model, "third"), Size(SIZES[1]));
}

#[test]
fn a_run_that_is_cut_off_anywhere_never_breaks_a_promise_and_is_completed() {
    let model = Model::new(600);
    let [first, second] = ledgers(&model);
    let begun = MemoryFolder::default();
    export(&first, &begun).unwrap();
    for (name, start) in [("first", MemoryFolder::default()), ("second", begun)] {
        let mut cuts = 0;
        for operation in 0.. {
            let target = start.after_kill();
            target.power_off_before(operation);
            let finished = export(&second, &target).is_ok();
            for choice in
                [Choice::AllLost, Choice::AllKept, Choice::Random(operation as u64), Choice::Random(7)]
            {
                let case = format!("{name} run, cut off before operation {operation}, {choice:?}");
                let found = target.power_loss(choice);
                promised(&found, &model, &case);
                export(&second, &found).unwrap_or_else(|error| panic!("{case}: {error}"));
                let found = found.power_loss(Choice::AllLost);
                assert_eq!(promised(&found, &model, &case), Size(SIZES[1]), "{case}");
            }
            cuts += 1;
            if finished {
                break;
            }
        }
        assert!(cuts > 20, "{name}: only {cuts} operations");
    }
}

#[test]
fn readers_never_see_a_checkpoint_before_its_tiles() {
    let model = Model::new(600);
    let [_, source] = ledgers(&model);
    let target = MemoryFolder::default();
    export(&source, &target).unwrap();
    let trace = target.trace();
    let renames: Vec<_> = trace.iter().filter(|(kind, _)| *kind == Kind::Rename).collect();
    assert_eq!(renames.last().unwrap().1, "checkpoint");
    assert!(renames.iter().rev().skip(1).all(|(_, path)| path.starts_with("tile/")));
}

#[test]
fn entries_are_left_out_where_they_are_not_public_and_added_when_they_become_it() {
    let model = Model::new(600);
    let [first, second] = ledgers(&model);
    let target = MemoryFolder::default();
    run(&first, &target, false, false).unwrap();
    assert!(target.paths().iter().all(|path| !path.contains("entries")));
    run(&second, &target, false, false).unwrap();
    assert!(target.paths().iter().all(|path| !path.contains("entries")));
    export(&second, &target).unwrap();
    assert_eq!(promised(&target, &model, "with entries"), Size(SIZES[1]));
}

#[test]
fn an_export_that_was_changed_is_repaired_where_it_is_looked_at_or_on_demand() {
    let model = Model::new(600);
    let [first, second] = ledgers(&model);
    let whole = MemoryFolder::default();
    export(&first, &whole).unwrap();
    for path in whole.paths().iter().filter(|path| *path != "checkpoint") {
        let damaged = whole.after_kill();
        damaged.flip(path, 100);
        assert_eq!(run(&first, &damaged, true, true).unwrap().files, 1, "{path}");
        assert_eq!(promised(&damaged, &model, path), Size(SIZES[0]));
        // What the next run builds on is never believed.
        let damaged = whole.after_kill();
        damaged.flip(path, 100);
        export(&second, &damaged).unwrap();
        let is_full = !path.contains(".p/");
        if !is_full {
            assert_eq!(promised(&damaged, &model, path), Size(SIZES[1]));
        }
    }
}

#[test]
fn another_history_is_not_written_over_an_exported_one() {
    let model = Model::new(600);
    let [first, second] = ledgers(&model);
    let other = Model::with_bodies(600, |number| format!("another story {number}").into_bytes());
    let [other_first, other_second] = ledgers(&other);
    let target = MemoryFolder::default();
    export(&first, &target).unwrap();
    for (forked, everything) in [(&other_first, false), (&other_second, false), (&other_second, true)] {
        let refused = run(forked, &target, true, everything).unwrap_err();
        assert!(matches!(refused, CopyError::AnotherHistory { .. }), "{refused}");
        assert_eq!(promised(&target, &model, "refused"), Size(SIZES[0]));
    }
    let target = MemoryFolder::default();
    export(&second, &target).unwrap();
    // Many commits in, with full tiles before the place at which the two must meet.
    let refused = run(&other_second, &target, true, true).unwrap_err();
    assert!(matches!(refused, CopyError::AnotherHistory { .. }), "{refused}");
    assert_eq!(promised(&target, &model, "refused"), Size(SIZES[1]));
    let refused = export(&first, &target).unwrap_err();
    assert!(matches!(refused, CopyError::KnowsMore { held: Size(576), found: Size(273) }), "{refused}");
}

#[test]
fn a_damaged_log_is_not_exported_past_the_damage() {
    let model = Model::new(600);
    let [source, _] = ledgers(&model);
    let path = segments(&source).remove(1);
    source.flip(&path, 52 * 8 + 70 * 8);
    let target = MemoryFolder::default();
    let refused = export(&source, &target).unwrap_err();
    assert!(matches!(refused, CopyError::Source(OpenError::Damaged(_))), "{refused}");
    assert_eq!(promised(&target, &model, "damaged"), Size(0));
}

#[test]
fn a_log_that_goes_on_is_exported_again_and_again() {
    let model = Model::new(600);
    let (source, target) = (MemoryFolder::default(), MemoryFolder::default());
    let mut log = open(&source).unwrap();
    for count in [1, 1, 62, 1, 190, 1, 1, 255, 1, 20] {
        assert!(take(&[Step::Commit(count), Step::Checkpoint], &mut log, &model));
        let exported = export(&source, &target).unwrap();
        assert_eq!(exported.head, log.tip.head());
        assert_eq!(promised(&target, &model, "again"), log.tip.size());
    }
}
