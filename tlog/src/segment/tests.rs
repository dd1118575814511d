use super::*;
use proptest::prelude::*;

fn frame(leaves: &[Vec<u8>]) -> Vec<u8> {
    let mut builder = FrameBuilder::new(Index(42));
    for leaf in leaves {
        builder.push(leaf).unwrap();
    }
    builder.finish(&Hash([3; 32])).unwrap()
}

proptest! {
    #[test]
    fn entries_survive_a_frame(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..99), 1..9)) {
        let bytes = [frame(&leaves), b"what follows".to_vec()].concat();
        let read = Frame::parse(&bytes).unwrap();
        prop_assert_eq!((read.header.first, read.header.count as usize, read.root), (Index(42), leaves.len(), Hash([3; 32])));
        prop_assert_eq!(read.header.frame_bytes() as usize + b"what follows".len(), bytes.len());
        let entries: Vec<_> = bundle::entries(read.entries).map(|entry| entry.unwrap().to_vec()).collect();
        prop_assert_eq!(entries, leaves);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let bytes = frame(&[b"one".to_vec(), b"two".to_vec()]);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Frame::parse(&flipped).is_err(), "bit {bit}");
        if bit < FRAME_HEADER_BYTES * 8 {
            assert_eq!(FrameHeader::parse(&flipped), None, "bit {bit} of the header");
        }
    }
    for cut in 0..bytes.len() {
        assert!(matches!(Frame::parse(&bytes[..cut]), Err(FrameError::Truncated { .. })), "cut at {cut}");
    }
}

#[test]
fn an_empty_commit_is_not_a_frame() {
    assert_eq!(FrameBuilder::new(Index(0)).finish(&Hash([0; 32])), None);
    let empty = FrameHeader { payload_bytes: 32, first: Index(0), count: 0 }.to_bytes();
    assert_eq!(FrameHeader::parse(&empty), None);
    assert_eq!(Frame::parse(&[0; 4096]), Err(FrameError::Header), "a zero-filled tail");
}

#[test]
fn a_segment_header_says_which_log_it_belongs_to() {
    let header = SegmentHeader { origin_hash: Hash([6; 32]), first: Index(1 << 40) };
    let mut bytes = header.to_bytes();
    assert_eq!(bytes.len(), SEGMENT_HEADER_BYTES);
    assert_eq!(SegmentHeader::parse(&bytes), Ok(header));
    assert_eq!(SegmentHeader::parse(&bytes[..51]), Err(HeaderError::Truncated { bytes: 51 }));
    bytes[11] = 2;
    assert_eq!(SegmentHeader::parse(&bytes), Err(HeaderError::UnknownVersion { found: 2 }));
    bytes[0] = b'e';
    assert_eq!(SegmentHeader::parse(&bytes), Err(HeaderError::Magic));
}
