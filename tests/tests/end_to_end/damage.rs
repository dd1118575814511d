//! Damage to the log: named with file and place, never repaired silently, never made worse.

use std::fs;
use std::path::Path;
use std::time::Duration;

use einsicht_tests::folder::flip;
use einsicht_tests::make::request;
use einsicht_tests::process::{run, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tlog::Hash;
use einsicht_tlog::segment::{Frame, FrameBuilder};
use tokio::time::sleep;

use crate::SMALL_SEGMENTS;
use crate::copies::{FRAME_HEADER, Original, SEGMENT_HEADER, first_entry, name};

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
            // Another version may be a later one, of which this release knows nothing.
            let code = if part == "version" { 2 } else { 1 };
            assert_eq!(found.code, Some(code), "{part} of {file}: {found:#?}");
            copy.distrust_derived();
            let refusal = refused(copy.data(), &SMALL_SEGMENTS).await;
            assert_eq!(refusal.code, Some(2), "{part} of {file}: {refusal:#?}");
            assert!(refusal.stderr.contains(&file), "{part} of {file}: {refusal:#?}");
        }
    }
}

/// The first commit of a segment, as its author would have written it with another root.
fn forge_root(segment: &Path) {
    let mut bytes = fs::read(segment).unwrap();
    let frame = Frame::parse(&bytes[SEGMENT_HEADER..]).unwrap();
    let mut forged = FrameBuilder::new(frame.header.first);
    for leaf in einsicht_tlog::bundle::entries(frame.entries) {
        forged.push(leaf.unwrap()).unwrap();
    }
    let forged = forged.finish(&Hash([7; 32])).unwrap();
    bytes[SEGMENT_HEADER..][..forged.len()].copy_from_slice(&forged);
    fs::write(segment, bytes).unwrap();
}

#[tokio::test]
async fn a_commit_of_the_right_form_with_a_wrong_root_is_found_by_everybody_who_reads_it() {
    let copy = Original::make().await.copy();
    let [_, middle, _] = copy.segments();
    forge_root(&middle);
    copy.assert_found(&[name(&middle), "the frame states root"]).await;
    let vkey = copy.data().join("ledger.vkey");
    let state = crate::folder();
    let verify = ["verify", text(copy.data()), "--vkey", text(&vkey), "--state-dir", text(state.path())];
    run("einsicht", &verify).await.expect(1, &["root"]);
    copy.distrust_derived();
    copy.assert_refused(&[name(&middle), "the frame states root"]).await;
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
    // What is logged is written by another thread than what is measured.
    let logged = || service.log().contains(name(&middle));
    while !(service.get("/metrics").await.text().contains("einsicht_scrub_faults 1") && logged()) {
        tries += 1;
        assert!(tries < 500, "the scrub did not find it: {}", service.log());
        sleep(Duration::from_millis(10)).await;
    }
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
    fs::copy(other.data().join("log/checkpoint"), &checkpoint).unwrap();
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
