//! Damage to the log: named with file and place, never repaired silently, never made worse.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_tests::folder::{append, copy, cut, flip, segments, truth};
use einsicht_tests::make::request;
use einsicht_tests::process::Ended;
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::{Verifier, Whole};
use tempfile::TempDir;

use crate::{SMALL_SEGMENTS, folder, ledger_at_rest};

const BATCHES: usize = 10;
/// Genesis, the first start, ten accesses per batch.
const SIZE: u64 = 2 + 10 * BATCHES as u64;

/// Lengths of the headers of a segment and of a frame.
const SEGMENT_HEADER: usize = 52;
const FRAME_HEADER: usize = 24;

/// A ledger with several segments that is copied for each damage.
struct Original(TempDir);

/// A copy that may be damaged.
struct Copy(TempDir);

impl Original {
    async fn make() -> Self {
        let folder = folder();
        ledger_at_rest(folder.path(), BATCHES).await;
        assert!(segments(folder.path()).len() >= 5, "{:?}", segments(folder.path()));
        Self(folder)
    }

    fn copy(&self) -> Copy {
        let folder = folder();
        copy(self.0.path(), folder.path());
        Copy(folder)
    }

    fn verifier(&self) -> Verifier {
        Verifier::of(self.0.path())
    }
}

impl Copy {
    fn data(&self) -> &Path {
        self.0.path()
    }

    /// First, a middle one, last.
    fn segments(&self) -> [PathBuf; 3] {
        let segments = segments(self.data());
        [segments[0].clone(), segments[segments.len() / 2].clone(), segments[segments.len() - 1].clone()]
    }

    /// Makes the next start read everything instead of what lies behind the watermark.
    fn distrust_derived(&self) {
        fs::remove_file(self.data().join("log/watermark")).unwrap();
    }

    /// The service refuses to start, with `parts` in what it says, and leaves the log as it is.
    async fn assert_refused(&self, parts: &[&str]) {
        let before = truth(self.data());
        refused(self.data(), &SMALL_SEGMENTS).await.expect(2, parts);
        assert_eq!(truth(self.data()), before, "a refused start must leave the evidence as it is");
    }

    /// The offline check finds it, with `parts` in what it says.
    async fn assert_found(&self, parts: &[&str]) {
        let found = fsck(self.data()).await;
        found.expect(1, &[]);
        for part in parts.iter().chain(&["FAILED"]) {
            assert!(found.stdout.contains(part), "stdout has no {part:?}: {found:#?}");
        }
    }
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The first entry of a segment, from its name.
fn first_entry(segment: &Path) -> u64 {
    name(segment).trim_end_matches(".seg").parse().unwrap()
}

#[tokio::test]
async fn a_missing_first_segment_is_named() {
    let copy = Original::make().await.copy();
    let [first, ..] = copy.segments();
    fs::remove_file(&first).unwrap();
    copy.assert_refused(&["should start with entry 0", "a segment is missing"]).await;
    copy.assert_found(&["should start with entry 0"]).await;
}

#[tokio::test]
async fn a_missing_middle_segment_is_named() {
    let copy = Original::make().await.copy();
    let [_, middle, _] = copy.segments();
    let missing = format!("should start with entry {}", first_entry(&middle));
    fs::remove_file(&middle).unwrap();
    copy.assert_found(&[&missing]).await;
    copy.assert_refused(&[&missing, "a segment is missing"]).await;
}

#[tokio::test]
async fn a_missing_last_segment_is_noticed_by_what_was_published() {
    let copy = Original::make().await.copy();
    let [.., last] = copy.segments();
    let known = format!("log/checkpoint knows {SIZE} entries");
    let hold = format!("the segments hold {}", first_entry(&last));
    fs::remove_file(&last).unwrap();
    copy.assert_found(&[&known, &hold]).await;
    copy.assert_refused(&[&known, &hold, "Restore"]).await;
}

#[tokio::test]
async fn a_log_without_any_segment_is_not_begun_anew() {
    let copy = Original::make().await.copy();
    segments(copy.data()).iter().for_each(|segment| fs::remove_file(segment).unwrap());
    copy.assert_refused(&["log/checkpoint"]).await;
}

#[tokio::test]
async fn a_segment_that_was_cut_below_what_was_published_is_refused() {
    let original = Original::make().await;
    let whole = original.copy();
    let bytes = fs::metadata(&whole.segments()[2]).unwrap().len();
    // Between two commits, within the payload, within the frame's header, within the segment's header.
    for (kept, how) in [(52, "the segments hold"), (bytes - 1, ""), (60, ""), (51, ""), (0, "")] {
        for watermark in [true, false] {
            let copy = original.copy();
            let [.., last] = copy.segments();
            cut(&last, kept);
            if !watermark {
                copy.distrust_derived();
            }
            copy.assert_refused(&["log/", how]).await;
            copy.assert_found(&[]).await;
        }
    }
}

#[tokio::test]
async fn a_segment_in_the_middle_that_was_cut_is_refused() {
    let original = Original::make().await;
    let whole = original.copy();
    let bytes = fs::metadata(&whole.segments()[1]).unwrap().len();
    for kept in [bytes - 1, 60, 52, 20, 0] {
        let copy = original.copy();
        let [_, middle, _] = copy.segments();
        cut(&middle, kept);
        copy.assert_refused(&["log/entries"]).await;
        copy.assert_found(&["log/entries"]).await;
    }
}

/// Offsets at which each part of a segment and its first frame lies.
fn parts_of(segment: &Path) -> Vec<(&'static str, usize)> {
    let payload = SEGMENT_HEADER + FRAME_HEADER;
    let last = fs::metadata(segment).unwrap().len() as usize - 1;
    vec![
        ("magic of the segment", 0),
        ("version", 11),
        ("origin hash", 20),
        ("first index of the segment", 51),
        ("magic of the frame", SEGMENT_HEADER),
        ("payload length", SEGMENT_HEADER + 6),
        ("first index of the frame", SEGMENT_HEADER + 15),
        ("count", SEGMENT_HEADER + 19),
        ("header checksum", SEGMENT_HEADER + 23),
        ("root", payload + 5),
        ("length of an entry", payload + 33),
        ("version of a leaf", payload + 34),
        ("previous", payload + 40),
        ("time", payload + 34 + 40),
        ("body", payload + 34 + 60),
        ("payload checksum", last),
    ]
}

#[tokio::test]
async fn a_flipped_bit_is_found_wherever_it_is() {
    let original = Original::make().await;
    let whole = original.copy();
    for position in 0..3 {
        for (part, offset) in parts_of(&whole.segments()[position]) {
            let copy = original.copy();
            let segment = &copy.segments()[position];
            flip(segment, offset);
            let file = format!("log/entries/{}", name(segment));
            let found = fsck(copy.data()).await;
            assert_eq!(found.code, Some(1), "{part} of {file}: {found:#?}");
            copy.distrust_derived();
            let refusal = refused(copy.data(), &SMALL_SEGMENTS).await;
            assert_eq!(refusal.code, Some(2), "{part} of {file}: {refusal:#?}");
            assert!(refusal.stderr.contains(&file), "{part} of {file}: {refusal:#?}");
        }
    }
}

#[tokio::test]
async fn damage_is_told_with_file_offset_and_entry() {
    let copy = Original::make().await.copy();
    let [_, middle, _] = copy.segments();
    flip(&middle, SEGMENT_HEADER + FRAME_HEADER + 100);
    let place = [format!("log/entries/{}", name(&middle)), format!("entry {}", first_entry(&middle))];
    copy.assert_found(&[&place[0], "52", &place[1]]).await;
    copy.distrust_derived();
    copy.assert_refused(&[&place[0], "52", &place[1]]).await;
}

#[tokio::test]
async fn damage_behind_the_watermark_is_reported_while_the_service_runs() {
    let copy = Original::make().await.copy();
    let [_, middle, _] = copy.segments();
    flip(&middle, SEGMENT_HEADER + FRAME_HEADER + 100);
    let service = Service::start(copy.data(), &SMALL_SEGMENTS).await;
    let mut tries = 0;
    while !service.get("/metrics").await.text().contains("einsicht_scrub_faults 1") {
        tries += 1;
        assert!(tries < 500, "the scrub did not find it: {}", service.log());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(service.log().contains(name(&middle)), "{}", service.log());
    service.record(request(1)).await.unwrap();
    service.terminate().await.expect(0, &[]);
    copy.assert_found(&[name(&middle)]).await;
}

#[tokio::test]
async fn a_segment_of_another_ledger_is_refused() {
    let (ours, theirs) = (Original::make().await.copy(), Original::make().await.copy());
    let ([_, our_middle, _], [_, their_middle, _]) = (ours.segments(), theirs.segments());
    fs::copy(&their_middle, &our_middle).unwrap();
    ours.assert_found(&[name(&our_middle), "another log"]).await;
    ours.assert_refused(&[name(&our_middle), "another log"]).await;
}

#[tokio::test]
async fn a_checkpoint_that_does_not_fit_is_refused() {
    let original = Original::make().await;
    let other = Original::make().await;
    let foreign = original.copy();
    let checkpoint = foreign.data().join("log/checkpoint");
    fs::copy(other.0.path().join("log/checkpoint"), &checkpoint).unwrap();
    foreign.assert_found(&["log/checkpoint"]).await;
    foreign.assert_refused(&["log/checkpoint: the checkpoint is of log", other.verifier().origin()]).await;

    let flipped = original.copy();
    let checkpoint = flipped.data().join("log/checkpoint");
    let bytes = fs::read(&checkpoint).unwrap().len();
    flip(&checkpoint, bytes - 10);
    flipped.assert_found(&["log/checkpoint"]).await;
    flipped.assert_refused(&["log/checkpoint"]).await;
}

#[tokio::test]
async fn a_history_that_differs_from_what_was_published_is_refused() {
    let original = Original::make().await;
    let (kept, rewritten) = (original.copy(), original.copy());
    for copy in [&kept, &rewritten] {
        let service = Service::start(copy.data(), &SMALL_SEGMENTS).await;
        service.record(request(3)).await.unwrap();
        service.terminate().await.expect(0, &[]);
    }
    let published = kept.data().join("log/checkpoint");
    fs::copy(&published, rewritten.data().join("log/checkpoint")).unwrap();
    rewritten.assert_found(&["the history was changed"]).await;
    rewritten.assert_refused(&["log/checkpoint knows root", "the history was changed"]).await;
    rewritten.distrust_derived();
    rewritten.assert_refused(&["the history was changed"]).await;
}

/// Starts on a log with this tail behind its last commit.
async fn start_with_tail(original: &Original, tail: &[u8], watermark: bool) -> (Copy, Ended) {
    let copy = original.copy();
    let [.., last] = copy.segments();
    let bytes = fs::metadata(&last).unwrap().len();
    append(&last, tail);
    if !watermark {
        copy.distrust_derived();
    }
    let noted = fsck(copy.data()).await;
    noted.expect(0, &[]);
    assert!(noted.stdout.contains("bytes that are no commit"), "{noted:#?}");
    let service = Service::start(copy.data(), &[]).await;
    service.record(request(2)).await.unwrap();
    assert_eq!(Whole::read(&service).await.size(), SIZE + 1 + 2);
    let ended = service.terminate().await;
    fsck(copy.data()).await.expect(0, &[]);
    assert!(ended.stderr.contains(&format!("offset={bytes} bytes={}", tail.len())), "{ended:#?}");
    (copy, ended)
}

#[tokio::test]
async fn a_tail_that_was_never_acknowledged_is_cut_off_with_a_word() {
    let original = Original::make().await;
    let whole = original.copy();
    let [.., last] = whole.segments();
    let segment = fs::read(&last).unwrap();
    let frame = &segment[SEGMENT_HEADER..];
    let tails: [&[u8]; 6] = [&[0; 4096], &[0; 1], b"EIN1", &frame[..FRAME_HEADER], &frame[..200], &[0xff; 5000]];
    for tail in tails {
        for watermark in [true, false] {
            let (_copy, ended) = start_with_tail(&original, tail, watermark).await;
            ended.expect(0, &["cut off the tail", name(&last)]);
        }
    }
}

#[tokio::test]
async fn a_tail_with_a_whole_commit_in_it_is_damage_and_not_cut_off() {
    let original = Original::make().await;
    let copy = original.copy();
    let [.., last] = copy.segments();
    let frame = fs::read(&last).unwrap()[SEGMENT_HEADER..].to_vec();
    for tail in [frame.clone(), [vec![0; 8], frame].concat()] {
        let copy = original.copy();
        let [.., last] = copy.segments();
        append(&last, &tail);
        copy.assert_refused(&[name(&last)]).await;
    }
}
