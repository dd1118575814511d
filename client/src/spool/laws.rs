//! What must hold of every file of a spool, whatever bytes are in it. Stated once, for the tests of this
//! crate and for the fuzz target `spool`.

use bytes::Bytes;
use einsicht_tlog::Hash;

use super::aside::{read_refused, refused_bytes};
use super::frame::{Frame, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::marks;
use super::walk::walk;

/// Panics if a law is broken by a file with these bytes. Frames may have sequences of `expected..end`.
pub fn of_file(bytes: &[u8], expected: u64, end: u64) {
    of_header(bytes);
    of_frames(&Bytes::copy_from_slice(bytes), expected, end);
    of_refused(bytes);
    let (bounds, _) = marks::parse(bytes).unwrap_or_default();
    assert!(bytes.len() >= 32 || bounds == marks::Bounds::default(), "marks out of nothing");
}

fn of_header(bytes: &[u8]) {
    let Some(header) = SegmentHeader::parse(bytes) else { return };
    assert_eq!(header.to_bytes(), bytes.get(..SEGMENT_HEADER_BYTES).unwrap_or_default());
    let other = SegmentHeader { origin_hash: Hash([0xAA; 32]), ..header };
    assert_eq!(SegmentHeader::parse(&other.to_bytes()), Some(other));
}

/// Every byte is part of one frame, of one damaged part, or of the tail; frames come in order, and each is
/// what writing it gives.
fn of_frames(bytes: &Bytes, expected: u64, end: u64) {
    const OFFSET: u64 = 60;
    let walked = walk(bytes, OFFSET, expected, end);
    let mut stretches: Vec<_> = walked.damaged.iter().chain(&walked.tail).cloned().collect();
    let mut next = expected;
    for (frame, behind) in &walked.frames {
        assert!((next..end).contains(&frame.sequence), "frame {} stands behind {next}", frame.sequence);
        next = frame.sequence + 1;
        let from = behind - frame.len() as u64;
        let mut written = Vec::new();
        frame.put(&mut written);
        let at = |offset: u64| usize::try_from(offset - OFFSET).unwrap_or(usize::MAX);
        assert_eq!(bytes.get(at(from)..at(*behind)), Some(&*written), "a frame has one spelling");
        stretches.push(from..*behind);
    }
    assert_eq!(walked.next, next);
    stretches.sort_by_key(|stretch| stretch.start);
    let mut covered = OFFSET;
    for stretch in stretches {
        assert_eq!(stretch.start, covered, "a byte is nowhere, or in two places");
        assert!(stretch.end > stretch.start);
        covered = stretch.end;
    }
    assert_eq!(covered, OFFSET + bytes.len() as u64);
}

/// What was set aside is read back with its reason, whatever stands before it in the file.
fn of_refused(before: &[u8]) {
    let found = read_refused(Bytes::copy_from_slice(before));
    let payload = Bytes::copy_from_slice(before.get(..before.len().min(1 << 16)).unwrap_or_default());
    let frame = Frame { sequence: 7, spooled_at_us: 1, kind: 1, flags: 0, events: 1, payload };
    let file = Bytes::from([before, &refused_bytes(std::slice::from_ref(&frame), "because")].concat());
    // What was torn, and is by chance completed by what follows, is a frame: nobody could tell. (No real one is: it
    // would have to hold a reason of a gigabyte.)
    let ends_behind = |offset: usize| {
        Frame::parse(&file.slice(offset..)).is_some_and(|frame| offset + frame.len() > before.len())
    };
    if (0..before.len()).any(ends_behind) {
        return;
    }
    let again = read_refused(file);
    assert!(again.starts_with(&found), "what was there is still there");
    let last = again.last().map(|refused| (refused.reason.as_str(), &refused.frame));
    assert_eq!(last, Some(("because", &frame)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hold_for_frames_that_are_cut_flipped_and_repeated(
            frames in proptest::collection::vec((0_u64..9, proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
            cut: prop::sample::Index, flip: prop::sample::Index, bit in 0_u32..8, damaged: bool,
        ) {
            let mut bytes = Vec::new();
            for (sequence, payload) in frames {
                let payload = Bytes::from(payload);
                Frame { sequence, spooled_at_us: 1, kind: 1, flags: 0, events: 1, payload }.put(&mut bytes);
            }
            if damaged && !bytes.is_empty() {
                bytes.truncate(1 + cut.index(bytes.len()));
                let at = flip.index(bytes.len());
                bytes[at] ^= 1_u8 << bit;
            }
            of_file(&bytes, 2, 8);
        }
    }
}
