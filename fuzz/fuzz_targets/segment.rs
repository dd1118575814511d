//! Segments, as bytes from a disk.
#![no_main]

use einsicht_tlog::bundle;
use einsicht_tlog::segment::{Frame, FrameBuilder, FrameHeader, SEGMENT_HEADER_BYTES, SegmentHeader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    if let Ok(header) = SegmentHeader::parse(bytes) {
        assert_eq!(header.to_bytes(), bytes[..SEGMENT_HEADER_BYTES]);
        rest = &bytes[SEGMENT_HEADER_BYTES..];
    }
    while let Ok(frame) = Frame::parse(rest) {
        let length = usize::try_from(frame.header.frame_bytes()).expect("it is in memory");
        let (this, next) = rest.split_at(length);
        same_when_built(&frame, this);
        noticed_when_damaged(this);
        rest = next;
    }
});

/// A frame whose entries are as many as it says is what the service would write.
fn same_when_built(frame: &Frame<'_>, bytes: &[u8]) {
    assert_eq!(FrameHeader::parse(bytes), Some(frame.header));
    let Ok(leaves) = bundle::exactly(frame.entries, frame.header.count as usize) else { return };
    let mut builder = FrameBuilder::new(frame.header.first);
    for leaf in leaves {
        let offset = builder.push(leaf).expect("it fitted before");
        let length = usize::from(u16::from_be_bytes([bytes[offset], bytes[offset + 1]]));
        assert_eq!(&bytes[offset + 2..][..length], leaf, "the offset is that of its length field");
    }
    assert_eq!(builder.finish(&frame.root).as_deref(), Some(bytes), "a commit has one spelling");
}

/// A CRC finds every single flipped bit, and every cut changes the length. A few of each: a frame can
/// be long.
fn noticed_when_damaged(bytes: &[u8]) {
    let mut flipped = bytes.to_vec();
    for part in 0..8 {
        let at = (bytes.len() - 1) * part / 7;
        flipped[at] ^= 1 << part;
        assert!(Frame::parse(&flipped).is_err(), "bit {part} of byte {at}");
        flipped[at] ^= 1 << part;
        assert!(Frame::parse(&bytes[..at]).is_err(), "cut at {at}");
    }
}
