//! What a watermark covered and is not there any more was lost, and not left by a crash: it is told, and nothing that may
//! have been it is destroyed.

use einsicht_tlog::{Index, Size};
use metrics_exporter_prometheus::PrometheusBuilder;

use super::harness::{Step, World, is_sealed, open, take};
use super::watermark::write_as_before;
use crate::storage::memory::MemoryFolder;
use crate::vault::watermark::{State, Watermark};
use crate::vault::{Damage, Problem};

const FILE: &str = "vault/2026-11/next-year-end/openings";
const INDEX: &str = "vault/2026-11/next-year-end/index";
const ROW_BYTES: usize = 16;

fn sound() -> MemoryFolder {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Watermark]));
    folder
}

/// Entries whose openings are told to be missing.
fn missing(world: &World) -> Vec<u64> {
    let entry = |what| match what {
        Problem::Missing(Index(index)) => Some(index),
        _ => None,
    };
    let mut missing: Vec<_> = world.vault.damages().iter().filter_map(|damage| entry(damage.what)).collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// It is told at each start, and stays so behind what is recorded since.
fn assert_missing(folder: &MemoryFolder, expected: &[u64], case: &str) {
    for start in 0..3 {
        let mut world = open(folder).unwrap();
        assert_eq!(missing(&world), expected, "{case}, start {start}");
        let size = Size(world.size());
        world.vault.scrub(&world.log.writer.reader(), size, &mut |_| {}).unwrap();
        assert_eq!(missing(&world), expected, "{case}, scrub {start}");
        let added = world.size();
        assert!(take(&mut world, &[Step::Commit(2), Step::Watermark]), "{case}");
        for index in (added..added + 2).filter(|index| is_sealed(*index)) {
            world.vault.openings(Index(index), &world.leaf(index)).unwrap();
        }
    }
}

/// Two faults of one file, in one incident.
#[test]
fn where_the_index_is_short_and_the_last_record_damaged_nothing_is_destroyed() {
    let sound = sound();
    let rows = sound.bytes(INDEX).len() / ROW_BYTES;
    let last = sound.bytes(FILE).windows(4).rposition(|window| window == b"EIV1").unwrap();
    for (kept, is_before) in (0..rows).map(|kept| (kept, false)).chain([(0, true), (rows - 1, true)]) {
        let case = format!("{kept} rows are left; version before: {is_before}");
        let folder = sound.after_kill();
        if is_before {
            write_as_before(&folder);
        }
        folder.cut(INDEX, kept * ROW_BYTES);
        folder.flip(FILE, (last + 10) * 8);
        let before = folder.bytes(FILE);
        let world = open(&folder).unwrap();
        assert_eq!(missing(&world), [6], "{case}");
        assert!(folder.bytes(FILE) == before, "{case}: something was destroyed");
        drop(world);
        assert_missing(&folder, &[6], &case);
        assert!(folder.bytes(FILE).starts_with(&before), "{case}");
        folder.flip(FILE, (last + 10) * 8);
        open(&folder).unwrap().assert_in_order(&format!("{case}: mended"));
    }
}

#[test]
fn openings_and_index_that_are_empty_are_told() {
    for is_before in [false, true] {
        let folder = sound();
        if is_before {
            write_as_before(&folder);
        }
        for file in ["openings", "index"] {
            ["next-year-end", "P12M"]
                .iter()
                .for_each(|class| folder.cut(&format!("vault/2026-11/{class}/{file}"), 0));
        }
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || drop(open(&folder).unwrap()));
        let metrics = recorder.handle().render();
        assert!(metrics.contains("einsicht_vault_damages 6"), "{metrics}");
        assert_missing(&folder, &[0, 2, 3, 4, 6, 7], &format!("version before: {is_before}"));
    }
}

/// Openings and index are one as old as the other.
#[test]
fn what_the_folder_of_an_older_copy_lacks_is_told() {
    let folder = sound();
    let copy = [FILE, INDEX].map(|path| (path, folder.bytes(path)));
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(8), Step::Watermark]));
    let newest = [FILE, INDEX].map(|path| (path, folder.bytes(path)));
    let put = |files: &[(&str, Vec<u8>)]| {
        files.iter().for_each(|(path, bytes)| folder.edit(path, |now| *now = bytes.clone()));
    };
    put(&copy);
    let world = open(&folder).unwrap();
    assert_eq!(missing(&world), [12, 15]);
    world.move_watermark().unwrap();
    drop(world);
    put(&newest);
    let world = open(&folder).unwrap();
    world.assert_in_order("put back");
    world.move_watermark().unwrap();
    drop(world);
    put(&copy);
    assert_missing(&folder, &[12, 15], "an older copy");
}

/// Zeros are no record, and another one goes behind them.
#[test]
fn a_file_is_not_cut_before_where_the_watermark_knows_its_end() {
    let folder = sound();
    let last = folder.bytes(FILE).windows(4).rposition(|window| window == b"EIV1").unwrap();
    folder.edit(FILE, |bytes| bytes[last..].fill(0));
    folder.cut(INDEX, 0);
    let before = folder.bytes(FILE);
    assert_eq!(missing(&open(&folder).unwrap()), [6]);
    assert!(folder.bytes(FILE) == before);
    assert_missing(&folder, &[6], "zeros");
}

/// Also where no entry says that it misses anything.
#[test]
fn what_is_no_record_is_kept_where_the_watermark_covers_it() {
    let folder = sound();
    let end = folder.bytes(FILE).len() as u64;
    folder.append(FILE, b"EIV1 half a record");
    let mut watermark = Watermark::read(&folder).unwrap().unwrap();
    for known in &mut watermark.classes {
        let State::File { covered: Some(covered), .. } = &mut known.state else { panic!("{known}") };
        if covered.end == end {
            covered.end += 1;
        }
    }
    watermark.write(&folder).unwrap();
    let before = folder.bytes(FILE);
    let told = Damage { file: FILE.to_owned(), offset: end, what: Problem::NoRecord };
    for _ in 0..2 {
        let world = open(&folder).unwrap();
        assert_eq!(world.vault.damages(), std::slice::from_ref(&told));
        world.move_watermark().unwrap();
        drop(world);
        watermark.write(&folder).unwrap();
        assert!(folder.bytes(FILE) == before);
    }
}

/// What comes behind the watermark may have been cut off by a crash, and goes.
#[test]
fn what_a_crash_left_behind_the_watermark_is_destroyed_as_before() {
    let folder = sound();
    let before = folder.bytes(FILE);
    folder.append(FILE, b"EIV1 half a record");
    open(&folder).unwrap().assert_in_order("torn");
    assert!(folder.bytes(FILE) == before);
}

/// A short index alone is found again, without a look at the log.
#[test]
fn a_short_index_before_a_sound_file_is_no_damage() {
    let rows = sound().bytes(INDEX).len() / ROW_BYTES;
    for kept in 0..rows {
        let folder = sound();
        folder.cut(INDEX, kept * ROW_BYTES);
        let mut world = open(&folder).unwrap();
        world.assert_in_order(&format!("{kept} rows"));
        assert!(take(&mut world, &[Step::Commit(3), Step::Watermark]));
        drop(world);
        open(&folder).unwrap().assert_in_order("later");
    }
}
