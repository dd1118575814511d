//! The part of a commit that a write leaves which was cut off. A kill leaves one now and then; here one is
//! made at will, cut at any byte.

use std::fs;
use std::path::Path;

use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Hash, Index};
use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

use crate::folder::{append, frames, segments};

const ENTRIES_MAX: usize = 40;
const LEAF_BYTES_MAX: usize = 600;

/// Writes the begin of the commit that comes next behind the last one. Leaves alone what is not whole, or
/// has no commit yet.
pub fn leave(data: &Path, random: &mut ChaCha8Rng) {
    let cut: f64 = random.random();
    let mut leaves = Vec::new();
    for _ in 0..random.random_range(1..=ENTRIES_MAX) {
        let mut leaf = vec![0; random.random_range(1..=LEAF_BYTES_MAX)];
        random.fill_bytes(&mut leaf);
        leaves.push(leaf);
    }
    let Some(last) = segments(data).pop() else { return };
    let segment = fs::read(&last).unwrap();
    let (commits, end) = frames(&segment);
    let Some(newest) = commits.last().filter(|_| end == segment.len()) else { return };
    let mut frame = FrameBuilder::new(Index(newest.header.first.0 + u64::from(newest.header.count)));
    for leaf in &leaves {
        frame.push(leaf).unwrap();
    }
    let frame = frame.finish(&Hash([0; Hash::BYTES])).unwrap();
    // At least one byte, and never all of them.
    let bytes = 1 + ((frame.len() - 1) as f64 * cut) as usize;
    append(&last, &frame[..bytes.min(frame.len() - 1)]);
}
