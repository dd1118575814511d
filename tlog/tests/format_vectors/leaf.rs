//! Leaves, their limits, and how they are chained.

use einsicht_tlog::hash::{leaf_hash, sha256};
use einsicht_tlog::leaf::{BODY_BYTES_MAX, ChainError, LEAF_BYTES_MAX, LEAF_HEADER_BYTES, LeafError, Link};
use einsicht_tlog::{Hash, Leaf, Origin, RecordedAt};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, ORIGIN, chain as chain_leaves, json, leaf_bytes};

#[derive(Serialize)]
struct LeafFile {
    header_bytes: usize,
    body_bytes_max: usize,
    leaf_bytes_max: usize,
    valid: Vec<ValidLeaf>,
    limits: Vec<Limit>,
    invalid: Vec<InvalidLeaf>,
}

#[derive(Serialize)]
struct ValidLeaf {
    name: &'static str,
    previous: Hex,
    recorded_at: Decimal,
    body: Hex,
    leaf: Hex,
    leaf_hash: Hex,
}

#[derive(Serialize)]
struct Limit {
    name: &'static str,
    previous: Hex,
    recorded_at: Decimal,
    body_byte: Hex,
    body_bytes: usize,
    leaf_bytes: usize,
    leaf_hash: Option<Hex>,
}

#[derive(Serialize)]
struct InvalidLeaf {
    name: &'static str,
    leaf: Hex,
    reason: &'static str,
}

pub fn leaves() -> String {
    let every_byte: Vec<u8> = (0..=255).collect();
    let previous = sha256(ORIGIN.as_bytes());
    let file = LeafFile {
        header_bytes: LEAF_HEADER_BYTES,
        body_bytes_max: BODY_BYTES_MAX,
        leaf_bytes_max: LEAF_BYTES_MAX,
        valid: vec![
            valid("a short body", previous, 1_767_225_600, b"body"),
            valid("no body: the header alone is a leaf here", previous, 1_767_225_600, b""),
            valid("the first second", Hash([0; 32]), 0, b"body"),
            valid("the last second", Hash([0xff; 32]), u64::MAX, b"body"),
            valid("a body of every byte value", previous, 1, &every_byte),
        ],
        limits: vec![limit("the longest body", BODY_BYTES_MAX), limit("one byte more", BODY_BYTES_MAX + 1)],
        invalid: invalid_leaves(),
    };
    json(&file)
}

fn valid(name: &'static str, previous: Hash, recorded_at: u64, body: &[u8]) -> ValidLeaf {
    let leaf = leaf_bytes(previous, recorded_at, body);
    let expected = Leaf { previous, recorded_at: RecordedAt(recorded_at), body };
    assert_eq!(Leaf::parse(&leaf), Ok(expected));
    ValidLeaf {
        name,
        previous: previous.into(),
        recorded_at: Decimal(recorded_at),
        body: body.into(),
        leaf_hash: leaf_hash(&leaf).into(),
        leaf: Hex(leaf),
    }
}

/// The bytes would fill the file: the body is one byte, repeated.
fn limit(name: &'static str, body_bytes: usize) -> Limit {
    let previous = sha256(ORIGIN.as_bytes());
    let body = vec![0x5a; body_bytes];
    let leaf = Leaf { previous, recorded_at: RecordedAt(0), body: &body };
    let bytes = leaf.to_bytes();
    assert_eq!(bytes.is_ok(), body_bytes <= BODY_BYTES_MAX);
    Limit {
        name,
        previous: previous.into(),
        recorded_at: Decimal(0),
        body_byte: Hex(vec![0x5a]),
        body_bytes,
        leaf_bytes: leaf.byte_len(),
        leaf_hash: bytes.ok().map(|bytes| leaf_hash(&bytes).into()),
    }
}

fn invalid_leaves() -> Vec<InvalidLeaf> {
    let good = leaf_bytes(sha256(ORIGIN.as_bytes()), 1_767_225_600, b"body");
    let version = |version| [&[version], &good[1..]].concat();
    let cases = [
        ("nothing", Vec::new(), "a leaf has at least 41 bytes", LeafError::Truncated { bytes: 0 }),
        (
            "one byte too few",
            good[..40].to_vec(),
            "a leaf has at least 41 bytes",
            LeafError::Truncated { bytes: 40 },
        ),
        ("version 0", version(0), "the version byte is 0x01", LeafError::UnknownVersion { found: 0 }),
        ("version 2", version(2), "the version byte is 0x01", LeafError::UnknownVersion { found: 2 }),
    ];
    cases
        .into_iter()
        .map(|(name, leaf, reason, error)| {
            assert_eq!(Leaf::parse(&leaf), Err(error), "{name}");
            InvalidLeaf { name, leaf: Hex(leaf), reason }
        })
        .collect()
}

#[derive(Serialize)]
struct ChainFile {
    origin: &'static str,
    origin_hash: Hex,
    entries: Vec<Entry>,
    invalid: Vec<InvalidNext>,
}

#[derive(Serialize)]
struct Entry {
    index: Decimal,
    previous: Hex,
    recorded_at: Decimal,
    body: Hex,
    leaf: Hex,
    leaf_hash: Hex,
}

#[derive(Serialize)]
struct InvalidNext {
    name: &'static str,
    after: usize,
    leaf: Hex,
    reason: &'static str,
}

pub fn chain() -> String {
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    let mut link = Link::start(origin_hash);
    let entries = (0..)
        .zip(chain_leaves())
        .map(|(index, bytes)| {
            let (leaf, hash) = link.follow(&bytes).unwrap();
            Entry {
                index: Decimal(index),
                previous: leaf.previous.into(),
                recorded_at: Decimal(leaf.recorded_at.0),
                body: leaf.body.into(),
                leaf_hash: hash.into(),
                leaf: Hex(bytes),
            }
        })
        .collect();
    json(&ChainFile { origin: ORIGIN, origin_hash: origin_hash.into(), entries, invalid: invalid_chain() })
}

fn invalid_chain() -> Vec<InvalidNext> {
    let chain = chain_leaves();
    let time = |index: usize| Leaf::parse(&chain[index]).unwrap().recorded_at.0;
    let next = |previous: Hash, seconds: u64| leaf_bytes(previous, seconds, b"next");
    let named = "the leaf must name the leaf hash of the entry before";
    let origin = "entry 0 must name SHA-256 of the origin";
    let after_3 = leaf_hash(&chain[2]);
    let cases = [
        ("entry 0 names nothing", 0, next(Hash([0; 32]), time(0)), origin),
        ("entry 0 names another origin", 0, next(sha256(b"other.example"), time(0)), origin),
        (
            "entry 0 names the origin hashed like a leaf",
            0,
            next(leaf_hash(ORIGIN.as_bytes()), time(0)),
            origin,
        ),
        ("an entry is left out", 3, chain[4].clone(), named),
        ("an entry comes twice", 3, chain[2].clone(), named),
        ("the entry before is hashed without 0x00", 3, next(sha256(&chain[2]), time(2)), named),
        ("the time goes back by a second", 3, next(after_3, time(2) - 1), "recorded_at never decreases"),
        ("another version", 3, [&[2], &next(after_3, time(2))[1..]].concat(), "the version byte is 0x01"),
        ("cut within its header", 3, next(after_3, time(2))[..40].to_vec(), "a leaf has at least 41 bytes"),
    ];
    cases
        .into_iter()
        .map(|(name, after, leaf, reason)| {
            let mut link = Link::start(Origin::parse(ORIGIN).unwrap().hash());
            assert!(chain[..after].iter().all(|leaf| link.follow(leaf).is_ok()));
            let refused = link.follow(&leaf).unwrap_err();
            let as_stated = match refused {
                ChainError::Previous { .. } => reason == named || reason == origin,
                ChainError::Time { .. } => reason == "recorded_at never decreases",
                ChainError::Leaf(_) => name == "another version" || name == "cut within its header",
            };
            assert!(as_stated, "{name}: {refused}");
            InvalidNext { name, after, leaf: Hex(leaf), reason }
        })
        .collect()
}
