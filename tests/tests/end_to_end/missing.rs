//! Parts of the log that are missing: named, and the start refused.

use std::fs;

use einsicht_tests::folder::{cut, segments};

use crate::copies::{Original, SIZE, first_entry};

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
