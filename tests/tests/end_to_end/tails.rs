//! Bytes behind the last commit: cut off if nobody was answered for them, otherwise damage.

use std::fs;

use einsicht_tests::folder::append;
use einsicht_tests::make::request;
use einsicht_tests::process::Ended;
use einsicht_tests::service::{Service, fsck};
use einsicht_tests::verify::Whole;

use crate::copies::{Copy, FRAME_HEADER, Original, SEGMENT_HEADER, SIZE, name};

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
    let tails: [&[u8]; 6] =
        [&[0; 4096], &[0; 1], b"EIN1", &frame[..FRAME_HEADER], &frame[..200], &[0xff; 5000]];
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
