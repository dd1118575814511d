//! Segments: their headers and frames.

use einsicht_tlog::bundle;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::{FRAME_HEADER_BYTES, Frame, FrameBuilder, FrameError};
use einsicht_tlog::segment::{SEGMENT_HEADER_BYTES, SegmentHeader};
use einsicht_tlog::{Hash, Index, Origin};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, ORIGIN, chain, json, tree_of};
use crate::segment_file::{ValidSegment, invalid_segments, valid_segments};

#[derive(Serialize)]
struct SegmentFile {
    origin: &'static str,
    crc32c: Vec<Checksum>,
    headers: Vectors<ValidHeader>,
    frames: Vectors<ValidFrame>,
    segments: Vectors<ValidSegment>,
}

#[derive(Serialize)]
struct Vectors<T> {
    valid: Vec<T>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Checksum {
    bytes: Hex,
    crc32c: Hex,
}

#[derive(Serialize)]
struct ValidHeader {
    origin_hash: Hex,
    first_index: Decimal,
    bytes: Hex,
}

#[derive(Serialize)]
struct ValidFrame {
    first_index: Decimal,
    root: Hex,
    leaves: Vec<Hex>,
    header_crc32c: Hex,
    payload_bytes: usize,
    payload_crc32c: Hex,
    bytes: Hex,
}

#[derive(Serialize)]
pub struct Invalid {
    pub name: &'static str,
    pub bytes: Hex,
    pub reason: &'static str,
}

pub fn segments() -> String {
    let leaves = chain();
    let checksums = [b"".as_slice(), b"123456789", &[0; 32]]
        .map(|bytes| Checksum { bytes: bytes.into(), crc32c: Hex(checksum(bytes).to_vec()) });
    let file = SegmentFile {
        origin: ORIGIN,
        crc32c: checksums.into(),
        headers: Vectors { valid: vec![valid_header(0), valid_header(1 << 40)], invalid: invalid_headers() },
        frames: Vectors {
            valid: vec![
                valid_frame(0, &leaves[..3]),
                valid_frame(3, &leaves[3..]),
                valid_frame(0, &leaves[..1]),
            ],
            invalid: invalid_frames(),
        },
        segments: Vectors { valid: valid_segments(), invalid: invalid_segments() },
    };
    json(&file)
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).to_be_bytes()
}

pub fn header(first: u64) -> Vec<u8> {
    SegmentHeader { origin_hash: Origin::parse(ORIGIN).unwrap().hash(), first: Index(first) }.to_bytes()
}

fn valid_header(first: u64) -> ValidHeader {
    let bytes = header(first);
    let read = SegmentHeader::parse(&bytes).unwrap();
    assert_eq!(read.first, Index(first));
    ValidHeader { origin_hash: read.origin_hash.into(), first_index: Decimal(first), bytes: Hex(bytes) }
}

fn invalid_headers() -> Vec<Invalid> {
    let good = header(0);
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let cases = [
        ("nothing", Vec::new(), "a segment header has 52 bytes"),
        ("one byte too few", good[..SEGMENT_HEADER_BYTES - 1].to_vec(), "a segment header has 52 bytes"),
        ("another magic", with(0, b'e'), "a segment starts with 'EINSICHT'"),
        ("version 0", with(11, 0), "the format version is 1"),
        ("version 2", with(11, 2), "the format version is 1"),
        (
            "a version that would be 1 little-endian",
            [&good[..8], &[1, 0, 0, 0], &good[12..]].concat(),
            "the format version is 1",
        ),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, reason)| {
            assert!(SegmentHeader::parse(&bytes).is_err(), "{name}");
            Invalid { name, bytes: Hex(bytes), reason }
        })
        .collect()
}

/// Root of the ledger of `chain.json` when it had `size` entries.
pub fn root_at(size: usize) -> Hash {
    tree_of(chain()[..size].iter().map(|leaf| leaf_hash(leaf))).root()
}

pub fn frame(first: usize, leaves: &[Vec<u8>]) -> Vec<u8> {
    frame_with_root(first, leaves, root_at(first + leaves.len()))
}

pub fn frame_with_root(first: usize, leaves: &[Vec<u8>], root: Hash) -> Vec<u8> {
    let mut builder = FrameBuilder::new(Index(first as u64));
    assert!(leaves.iter().all(|leaf| builder.push(leaf).is_ok()));
    builder.finish(&root).unwrap()
}

fn valid_frame(first: usize, leaves: &[Vec<u8>]) -> ValidFrame {
    let bytes = frame(first, leaves);
    let read = Frame::parse(&bytes).unwrap();
    assert_eq!(bundle::exactly(read.entries, leaves.len()).unwrap(), leaves.iter().collect::<Vec<_>>());
    let (payload, payload_crc32c) = bytes[FRAME_HEADER_BYTES..].split_last_chunk::<4>().unwrap();
    assert_eq!(*payload_crc32c, checksum(payload));
    ValidFrame {
        first_index: Decimal(read.header.first.0),
        root: read.root.into(),
        leaves: leaves.iter().cloned().map(Hex).collect(),
        header_crc32c: bytes[20..24].into(),
        payload_bytes: payload.len(),
        payload_crc32c: payload_crc32c.as_slice().into(),
        bytes: Hex(bytes.clone()),
    }
}

/// A frame of any fields, with checksums that fit.
pub fn raw_frame(magic: &[u8; 4], first: u64, count: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let stated = [&magic[..], &length.to_be_bytes(), &first.to_be_bytes(), &count.to_be_bytes()].concat();
    [&stated[..], &checksum(&stated), payload, &checksum(payload)].concat()
}

fn invalid_frames() -> Vec<Invalid> {
    let good = frame(0, &chain()[..1]);
    let payload = &good[FRAME_HEADER_BYTES..good.len() - 4];
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let header = "the frame header does not check";
    let crc = "the payload's CRC-32C does not fit";
    let cut = "the bytes end within the frame";
    let cases = [
        ("nothing", Vec::new(), cut),
        ("cut within the header", good[..23].to_vec(), cut),
        ("cut behind the header", good[..24].to_vec(), cut),
        ("cut within the payload", good[..60].to_vec(), cut),
        ("the last byte missing", good[..good.len() - 1].to_vec(), cut),
        ("zeros, as a file system may leave them", vec![0; 64], header),
        ("one bit of the magic", flipped(3), header),
        ("one bit of the length", flipped(7), header),
        ("one bit of the first index", flipped(15), header),
        ("one bit of the count", flipped(19), header),
        ("one bit of the header's checksum", flipped(23), header),
        ("another magic, with its checksum", raw_frame(b"EIN2", 0, 1, payload), header),
        ("a count of 0, with its checksum", raw_frame(b"EIN1", 0, 0, payload), header),
        (
            "a payload too short for a root, with its checksums",
            raw_frame(b"EIN1", 0, 1, &payload[..31]),
            header,
        ),
        ("one bit of the root", flipped(24), crc),
        ("one bit of an entry", flipped(99), crc),
        ("one bit of the payload's checksum", flipped(good.len() - 1), crc),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, reason)| {
            let found = match Frame::parse(&bytes).unwrap_err() {
                FrameError::Truncated { .. } => cut,
                FrameError::Header => header,
                FrameError::Checksum { .. } => crc,
            };
            assert_eq!(found, reason, "{name}");
            Invalid { name, bytes: Hex(bytes), reason }
        })
        .collect()
}
