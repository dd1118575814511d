//! Damage to files: every byte counts.

use std::ops::Range;

use super::*;

/// Where the version stands in the header of a segment.
const VERSION: Range<usize> = 8..12;

fn segment(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("log/entries/{first:020}.seg"))
}

#[tokio::test]
async fn every_byte_of_a_segment_counts() {
    let ledger = Ledger::of(7, 3);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[4]);
    verify(folder.path(), &trust()).await.unwrap();
    for first in [0, 4] {
        let path = segment(folder.path(), first);
        let bytes = fs::read(&path).unwrap();
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << (position % 8);
            fs::write(&path, damaged).unwrap();
            if VERSION.contains(&position) {
                let error = verify(folder.path(), &trust()).await.unwrap_err();
                assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "byte {position}: {error}");
                continue;
            }
            let finding = finding_in(folder.path()).await;
            assert!(finding.place.as_ref().unwrap().contains(".seg"), "byte {position}: {finding}");
        }
        fs::write(&path, bytes).unwrap();
    }
    verify(folder.path(), &trust()).await.unwrap();
}

#[tokio::test]
async fn every_byte_of_the_checkpoint_counts() {
    let folder = folder_of(&Ledger::of(7, 3));
    let path = folder.path().join("log/checkpoint");
    let bytes = fs::read(&path).unwrap();
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(&path, damaged).unwrap();
        let error = verify(folder.path(), &trust()).await.expect_err("it must not verify");
        assert_eq!(error.conclusion(), Conclusion::Failed, "byte {position}: {error}");
    }
}

#[tokio::test]
async fn every_byte_of_a_bundle_counts() {
    let ledger = Ledger::of(5, 3);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[5]);
    let path = folder.path().join("tile/entries/000.p/5");
    let bytes = fs::read(&path).unwrap();
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(&path, damaged).unwrap();
        finding_in(folder.path()).await;
    }
}

#[tokio::test]
async fn derived_files_are_not_needed() {
    let folder = folder_of(&Ledger::of(700, 100));
    fs::remove_dir_all(folder.path().join("log/hashes")).unwrap();
    verify(folder.path(), &trust()).await.unwrap();
}

type Change = fn(&Path);

fn cut(path: &Path, bytes: u64) {
    let length = fs::metadata(path).unwrap().len();
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length - bytes).unwrap();
}

#[tokio::test]
async fn damage_to_whole_files_is_found_where_it_is() {
    let cases: [(&str, Change, Fault, u64); 12] = [
        ("first segment gone", |f| fs::remove_file(segment(f, 0)).unwrap(), Fault::Missing, 0),
        ("middle segment gone", |f| fs::remove_file(segment(f, 101)).unwrap(), Fault::Missing, 101),
        ("last segment gone", |f| fs::remove_file(segment(f, 301)).unwrap(), Fault::Missing, 301),
        (
            "all segments gone",
            |f| [0, 101, 301].iter().for_each(|s| fs::remove_file(segment(f, *s)).unwrap()),
            Fault::Missing,
            0,
        ),
        ("last byte gone", |f| cut(&segment(f, 301), 1), Fault::Missing, 301),
        ("last byte of the first gone", |f| cut(&segment(f, 0), 1), Fault::Missing, 1),
        (
            "cut within the segment header",
            |f| fs::write(segment(f, 301), b"EINSICHT").unwrap(),
            Fault::Segment,
            301,
        ),
        ("empty file", |f| fs::write(segment(f, 101), b"").unwrap(), Fault::Segment, 101),
        (
            "zeros instead of a commit",
            |f| {
                let bytes = fs::read(segment(f, 301)).unwrap();
                fs::write(segment(f, 301), [&bytes[..SEGMENT_HEADER_BYTES], &[0; 4096]].concat()).unwrap();
            },
            Fault::Frame,
            301,
        ),
        (
            "a segment in the place of another",
            |f| {
                fs::copy(segment(f, 301), segment(f, 101)).unwrap();
            },
            Fault::Segment,
            101,
        ),
        (
            "a segment twice",
            |f| {
                let bytes = fs::read(segment(f, 101)).unwrap();
                fs::write(segment(f, 101), [&bytes[..], &bytes[SEGMENT_HEADER_BYTES..]].concat()).unwrap();
            },
            Fault::Segment,
            301,
        ),
        (
            "a segment of another ledger",
            |f| {
                let mut bytes = fs::read(segment(f, 0)).unwrap();
                bytes[20] ^= 1;
                fs::write(segment(f, 0), bytes).unwrap();
            },
            Fault::Segment,
            0,
        ),
    ];
    let ledger = Ledger::of(401, 100);
    for (name, change, fault, index) in cases {
        let folder = tempfile::tempdir().unwrap();
        ledger.write_segments(folder.path(), &[101, 301]);
        change(folder.path());
        let finding = finding_in(folder.path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(index))), "{name}: {finding}");
    }
}

#[tokio::test]
async fn a_missing_bundle_is_not_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    Ledger::of(600, 100).write_tiles(folder.path(), &[600]);
    fs::remove_file(folder.path().join("tile/entries/001")).unwrap();
    let error = verify(folder.path(), &trust()).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{error}");
    assert!(error.to_string().contains("tile/entries/001"), "{error}");
}

#[tokio::test]
async fn a_segment_of_a_later_version_is_no_failure_for_nobody_here_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    Ledger::of(600, 100).write_segments(folder.path(), &[301]);
    let path = segment(folder.path(), 301);
    let mut bytes = fs::read(&path).unwrap();
    bytes[VERSION.end - 1] += 1;
    fs::write(&path, bytes).unwrap();
    let error = verify(folder.path(), &trust()).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{error}");
    let said = error.to_string();
    assert!(said.contains("301.seg") && said.contains("use the release that wrote it"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_earlier_is_reported_before_what_cannot_be_read_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::of(600, 100);
    ledger.leaves[7][40] ^= 1;
    ledger.write_tiles(folder.path(), &[600]);
    fs::remove_file(folder.path().join("tile/entries/001")).unwrap();
    assert_eq!(finding_in(folder.path()).await.fault, Fault::Chain);
}
