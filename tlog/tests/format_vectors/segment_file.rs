//! Whole segments, read from the first byte to the last as a verifier does.

use einsicht_tlog::bundle;
use einsicht_tlog::hash::{leaf_hash, sha256};
use einsicht_tlog::leaf::Link;
use einsicht_tlog::segment::{Frame, SEGMENT_HEADER_BYTES, SegmentHeader};
use einsicht_tlog::{Frontier, Hash, Index, Origin};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, ORIGIN, chain, leaf_bytes, tree_of};
use crate::segment::{Invalid, frame, frame_with_root, header, raw_frame, root_at};

#[derive(Serialize)]
pub struct ValidSegment {
    name: &'static str,
    bytes: Hex,
    size: Decimal,
    root: Hex,
}

pub fn valid_segments() -> Vec<ValidSegment> {
    let leaves = chain();
    let one_each: Vec<u8> = (0..5).flat_map(|at| frame(at, &leaves[at..=at])).collect();
    let cases = [
        ("two commits", [header(0), frame(0, &leaves[..3]), frame(3, &leaves[3..])].concat()),
        ("five commits of one entry", [header(0), one_each].concat()),
        ("a segment without frames", header(0)),
    ];
    cases
        .into_iter()
        .map(|(name, bytes)| {
            let read = replay(&bytes).unwrap();
            ValidSegment { name, bytes: Hex(bytes), size: Decimal(read.size().0), root: read.root().into() }
        })
        .collect()
}

const LOG: &str = "the segment is of another log";
const FIRST: &str = "a segment or frame does not start where the one before ended";
const FRAME: &str = "a frame does not check";
const ENTRIES: &str = "the payload does not split into as many entries as the frame header counts";
const CHAIN: &str = "an entry does not continue the chain";
const ROOT: &str = "the root in the frame is not that of the tree";

pub fn invalid_segments() -> Vec<Invalid> {
    let check = |(name, bytes, reason): (_, Vec<u8>, _)| {
        assert_eq!(replay(&bytes).unwrap_err(), reason, "{name}");
        Invalid { name, bytes: Hex(bytes), reason }
    };
    damaged().into_iter().chain(inconsistent()).map(check).collect()
}

type Case = (&'static str, Vec<u8>, &'static str);

/// Frames that are lost, doubled or changed.
fn damaged() -> Vec<Case> {
    let leaves = chain();
    let [start, first, second] = [header(0), frame(0, &leaves[..3]), frame(3, &leaves[3..])];
    let other_log = SegmentHeader { origin_hash: sha256(b"other.example"), first: Index(0) }.to_bytes();
    let cut = [&start[..], &first, &second[..40]].concat();
    let changed = [&start[..], &first[..first.len() - 1], &[0], &second].concat();
    vec![
        ("another log", [&other_log[..], &first].concat(), LOG),
        ("a header that says another first index", [&header(3)[..], &first].concat(), FIRST),
        ("the first frame missing", [&start[..], &second].concat(), FIRST),
        ("a frame twice", [&start[..], &first, &first].concat(), FIRST),
        ("a torn last frame: cut off when the log is opened", cut, FRAME),
        ("a damaged frame with a good one behind it", changed, FRAME),
    ]
}

/// Frames that check, but do not hold what they say, or do not continue the log.
fn inconsistent() -> Vec<Case> {
    let leaves = chain();
    let alone = |count, leaves: &[Vec<u8>], behind: &[u8]| {
        let mut payload = root_at(leaves.len()).0.to_vec();
        leaves.iter().for_each(|leaf| bundle::write_entry(leaf, &mut payload).unwrap());
        payload.extend_from_slice(behind);
        [header(0), raw_frame(b"EIN1", 0, count, &payload)].concat()
    };
    let second = |leaves: &[Vec<u8>], root: Hash| {
        [header(0), frame(0, &chain()[..3]), frame_with_root(3, leaves, root)].concat()
    };
    let early = leaf_bytes(leaf_hash(&leaves[2]), 0, b"next");
    let after_early = root_of(&[&leaves[..3], std::slice::from_ref(&early)].concat());
    let of_size_2 = [header(0), frame_with_root(0, &leaves[..3], root_at(2))].concat();
    let of_frame_only = second(&leaves[3..], root_of(&leaves[3..]));
    vec![
        ("two entries where the header counts three", alone(3, &leaves[..2], &[]), ENTRIES),
        ("three entries where the header counts two", alone(2, &leaves[..3], &[]), ENTRIES),
        ("an entry longer than the payload", alone(1, &[], &[0xff, 0xff, 1]), ENTRIES),
        ("an entry left out", second(&leaves[4..], root_at(4)), CHAIN),
        ("an entry with an earlier time", second(&[early], after_early), CHAIN),
        ("the root of another size", of_size_2, ROOT),
        ("the root of the entries of this frame only", of_frame_only, ROOT),
    ]
}

fn root_of(leaves: &[Vec<u8>]) -> Hash {
    tree_of(leaves.iter().map(|leaf| leaf_hash(leaf))).root()
}

/// Reads the first segment of the ledger as a verifier does.
fn replay(bytes: &[u8]) -> Result<Frontier, &'static str> {
    let header = SegmentHeader::parse(bytes).map_err(|_| LOG)?;
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    if header.origin_hash != origin_hash {
        return Err(LOG);
    }
    let (mut tree, mut link) = (Frontier::new(), Link::start(origin_hash));
    if header.first != tree.size().next_index() {
        return Err(FIRST);
    }
    let mut rest = &bytes[SEGMENT_HEADER_BYTES..];
    while !rest.is_empty() {
        let frame = Frame::parse(rest).map_err(|_| FRAME)?;
        if frame.header.first != tree.size().next_index() {
            return Err(FIRST);
        }
        for leaf in bundle::exactly(frame.entries, frame.header.count as usize).map_err(|_| ENTRIES)? {
            let (_, hash) = link.follow(leaf).map_err(|_| CHAIN)?;
            tree.push(hash);
        }
        if tree.root() != frame.root {
            return Err(ROOT);
        }
        rest = &rest[frame.header.frame_bytes() as usize..];
    }
    Ok(tree)
}
