//! Leaves, as bytes from anybody's ledger.
#![no_main]

use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::{LEAF_BYTES_MAX, Link};
use einsicht_tlog::{Hash, Leaf, RecordedAt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(leaf) = Leaf::parse(bytes) else { return };
    assert!(bytes.len() <= LEAF_BYTES_MAX);
    assert_eq!(leaf.to_bytes().as_deref(), Ok(bytes), "a leaf has one spelling");

    // It continues exactly the chain that it names, unless time would run backwards.
    let mut link = Link { previous: leaf.previous, not_before: leaf.recorded_at };
    let (followed, hash) = link.follow(bytes).expect("it follows the leaf that it names");
    assert_eq!((followed, hash), (leaf, leaf_hash(bytes)));
    assert_eq!(link, Link { previous: hash, not_before: leaf.recorded_at });
    assert!(link.follow(bytes).is_err(), "a leaf does not follow itself");

    let mut other = leaf.previous;
    other.0[0] ^= 1;
    assert!(Link { previous: other, not_before: RecordedAt(0) }.check(bytes).is_err());
    if let Some(later) = leaf.recorded_at.0.checked_add(1) {
        assert!(Link { previous: leaf.previous, not_before: RecordedAt(later) }.check(bytes).is_err());
    }
    assert!(Link::start(leaf.previous).check(bytes).is_ok());
    assert_ne!(Hash::from_slice(&hash.0), Some(leaf.previous));
});
