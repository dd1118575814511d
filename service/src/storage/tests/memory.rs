//! The files in memory do what the other tests take for granted.

use std::collections::BTreeSet;

use crate::storage::file::{Folder, RealFolder, read_exact_at, read_small, replace};
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};

fn folder_with(path: &str, bytes: &[u8]) -> MemoryFolder {
    let folder = MemoryFolder::default();
    folder.open(path, true).unwrap().write_all_at(bytes, 0).unwrap();
    folder
}

#[test]
fn what_was_not_synced_is_lost_or_kept_or_torn() {
    let folder = folder_with("file", b"safe");
    let file = folder.open("file", false).unwrap();
    file.sync_data().unwrap();
    folder.sync_folder("").unwrap();
    file.write_all_at(b"more", 4).unwrap();
    assert_eq!(folder.power_loss(Choice::AllLost).bytes("file"), b"safe");
    assert_eq!(folder.power_loss(Choice::AllKept).bytes("file"), b"safemore");
    let torn: BTreeSet<_> =
        (0..2000).map(|seed| folder.power_loss(Choice::Random(seed)).bytes("file").len()).collect();
    assert_eq!(torn.into_iter().collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
}

#[test]
fn a_length_is_there_without_its_contents_and_sectors_in_any_order() {
    let folder = folder_with("file", b"safe");
    let file = folder.open("file", false).unwrap();
    file.sync_data().unwrap();
    folder.sync_folder("").unwrap();
    file.write_all_at(b"more", 2).unwrap();
    assert_eq!(folder.power_loss(Choice::Lengths).bytes("file"), b"safe\0\0");
    file.write_all_at(&[1; 2000], 100).unwrap();
    let newest = folder.power_loss(Choice::Newest).bytes("file");
    assert_eq!((&newest[..6], &newest[100..]), (&b"safe\0\0"[..], &[1; 2000][..]));
    let found: Vec<_> = (0..200).map(|seed| folder.power_loss(Choice::Random(seed)).bytes("file")).collect();
    // The sectors begin at 0, 512, 1024, …, wherever the write begins.
    let has = |bytes: &[u8], sector: usize| bytes.get(sector * 512 + 200) == Some(&1);
    assert!(
        found.iter().any(|bytes| !has(bytes, 0) && has(bytes, 2) && !has(bytes, 3)),
        "any of its sectors"
    );
    assert!(found.iter().any(|bytes| has(bytes, 0) && bytes.len() % 512 == 0), "without the last ones");
    assert!(found.iter().any(|bytes| !has(bytes, 3) && bytes.len() == 2100), "with its length");
}

#[test]
fn one_file_is_lost_and_the_rest_is_kept() {
    let folder = folder_with("a", b"one");
    for (path, bytes) in [("b", b"two"), ("c", b"six")] {
        folder.open(path, true).unwrap().write_all_at(bytes, 0).unwrap();
    }
    folder.open("b", false).unwrap().sync_data().unwrap();
    let found = (0..3).map(|nth| {
        let found = folder.power_loss(Choice::OneLost(nth));
        ["a", "b", "c"].map(|path| String::from_utf8(found.bytes(path)).unwrap())
    });
    let lost = "\0\0\0";
    assert_eq!(found.collect::<Vec<_>>(), [[lost, "two", "six"], ["one", "two", lost], [lost, "two", "six"]]);
}

#[test]
fn a_name_is_lost_unless_its_folder_and_those_above_were_synced() {
    let folder = MemoryFolder::default();
    folder.create_folder("a/b").unwrap();
    folder.open("a/b/file", true).unwrap();
    for synced in ["a/b", "a"] {
        folder.sync_folder(synced).unwrap();
        assert!(folder.power_loss(Choice::AllLost).paths().is_empty(), "{synced}");
    }
    folder.sync_folder("").unwrap();
    assert_eq!(folder.power_loss(Choice::AllLost).paths(), ["a/b/file"]);
}

#[test]
fn a_replaced_file_is_the_old_one_or_the_new_one_whenever_the_power_goes() {
    let old = folder_with("file", b"old").after_kill();
    old.open("file", false).unwrap().sync_data().unwrap();
    old.sync_folder("").unwrap();
    for operation in 0.. {
        let folder = old.after_kill();
        folder.power_off_before(operation);
        let done = replace(&folder, "file", b"new").is_ok();
        for seed in 0..50 {
            let found = read_small(&folder.power_loss(Choice::Random(seed)), "file").unwrap().unwrap();
            assert!(found == b"new" || found == b"old" && !done, "operation {operation}, seed {seed}");
        }
        if done {
            assert_eq!(operation, folder.trace().len());
            return;
        }
    }
}

#[test]
fn faults_hit_the_operation_that_was_named() {
    let folder = folder_with("file", b"0123");
    let file = folder.open("file", false).unwrap();
    folder.fail(At::Nth(Kind::Write, "file".to_owned(), 2), Done::Half);
    file.write_all_at(b"4567", 4).unwrap();
    file.write_all_at(b"89ab", 8).unwrap_err();
    assert_eq!(folder.bytes("file"), b"0123456789");
    folder.sync_folder("").unwrap();
    folder.fail(At::Nth(Kind::Sync, "file".to_owned(), 0), Done::Nothing);
    file.sync_data().unwrap_err();
    file.sync_data().unwrap();
    assert_eq!(folder.power_loss(Choice::AllKept).bytes("file"), b"", "a second sync saves nothing");
    assert_eq!(folder.trace().len(), 7);
}

/// What a folder answers to everything that the log does with one.
fn answers(folder: &dyn Folder) -> Vec<String> {
    let mut answers = Vec::new();
    let mut note = |what: &str, answer: Result<String, std::io::Error>| {
        answers.push(format!("{what}: {:?}", answer.map_err(|error| error.kind())));
    };
    let none = |()| String::new();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names.join(" ")
    };
    note("open without its folder", folder.open("a/b/file", true).map(|_| String::new()));
    note("list what is not there", folder.list("a/b").map(sorted));
    note("sync what is not there", folder.sync_folder("a/b").map(none));
    note("create folders", folder.create_folder("a/b").map(none));
    note("create folders again", folder.create_folder("a/b").map(none));
    note("open what is not there", folder.open("a/b/file", false).map(|_| String::new()));
    let file = folder.open("a/b/file", true).unwrap();
    note("write", file.write_all_at(b"0123456789", 0).map(none));
    note("write within", file.write_all_at(b"xy", 4).map(none));
    note("write behind the end", file.write_all_at(b"z", 12).map(none));
    note("read", read_small(folder, "a/b/file").map(|bytes| format!("{bytes:?}")));
    let mut buffer = [7; 6];
    note("read over the end", file.read_at(&mut buffer, 10).map(|read| format!("{read} {buffer:?}")));
    note("read behind the end", file.read_at(&mut buffer, 99).map(|read| read.to_string()));
    note("read too much", read_exact_at(&*file, 10, 4).map(|bytes| format!("{bytes:?}")));
    note("cut", file.set_len(3).and_then(|()| file.byte_len()).map(|bytes| bytes.to_string()));
    note("extend", file.set_len(5).map(none));
    note("sync", file.sync_data().and_then(|()| folder.sync_folder("a/b")).map(none));
    note("read zeros", read_small(folder, "a/b/file").map(|bytes| format!("{bytes:?}")));
    note(
        "open again, create",
        folder.open("a/b/file", true).and_then(|f| f.byte_len()).map(|b| b.to_string()),
    );
    folder.open("a/b/other", true).unwrap();
    folder.open("a/top", true).unwrap();
    note("list", folder.list("a/b").map(sorted));
    note("list without folders", folder.list("a").map(sorted));
    note("rename over another", folder.rename("a/b/file", "a/b/other").map(none));
    note("rename what is not there", folder.rename("a/b/file", "a/b/other").map(none));
    note("write to what was renamed", file.write_all_at(b"!", 0).map(none));
    note("read the new name", read_small(folder, "a/b/other").map(|bytes| format!("{bytes:?}")));
    note("remove", folder.remove("a/b/other").map(none));
    note("remove again", folder.remove("a/b/other").map(none));
    note("read what was removed", read_small(folder, "a/b/other").map(|bytes| format!("{bytes:?}")));
    note("list at the end", folder.list("a/b").map(sorted));
    answers
}

#[test]
fn a_folder_in_memory_answers_as_a_real_one() {
    let real = tempfile::tempdir().unwrap();
    assert_eq!(answers(&MemoryFolder::default()), answers(&RealFolder::new(real.path())));
}
