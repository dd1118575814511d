//! What a write leaves that was cut off, of a commit and of openings. A kill leaves it now and then; here it is
//! made at will, cut at any byte.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_access::vault::record::record;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Hash, Index};
use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

use crate::folder::{append, files, frames, segments};

const ENTRIES_MAX: usize = 40;
const LEAF_BYTES_MAX: usize = 600;
/// Of nonce, ciphertext and tag: the smallest there are, and common ones.
const SEALED_BYTES_MIN: usize = 40;
const SEALED_BYTES_MAX: usize = 600;

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
    let Some(next) = next_index(&last) else { return };
    let mut frame = FrameBuilder::new(next);
    for leaf in &leaves {
        frame.push(leaf).unwrap();
    }
    let frame = frame.finish(&Hash([0; Hash::BYTES])).unwrap();
    // At least one byte, and never all of them.
    let bytes = 1 + ((frame.len() - 1) as f64 * cut) as usize;
    append(&last, &frame[..bytes.min(frame.len() - 1)]);
}

/// Writes openings of entries that come next behind the last ones; of the last of them all, or the begin. Leaves
/// alone a vault without any, or whose log has no commit yet.
pub fn leave_openings(data: &Path, random: &mut ChaCha8Rng) {
    let cut: f64 = random.random();
    let mut sealed = vec![0; random.random_range(SEALED_BYTES_MIN..=SEALED_BYTES_MAX)];
    random.fill_bytes(&mut sealed);
    let (whole, leaf_hash) = (random.random_range(0..3), Hash(random.random()));
    let is_openings = |path: &PathBuf| path.ends_with("openings");
    let vault = data.join("vault");
    let Some(last) =
        vault.exists().then(|| files(&vault)).and_then(|files| files.into_iter().rfind(is_openings))
    else {
        return;
    };
    let Some(next) = segments(data).pop().and_then(|segment| next_index(&segment)) else { return };
    let mut left = Vec::new();
    for position in 0..whole {
        left.extend(record(Index(next.0 + position), leaf_hash, &sealed).unwrap());
    }
    let record = record(Index(next.0 + whole), leaf_hash, &sealed).unwrap();
    let bytes = 1 + ((record.len() - 1) as f64 * cut) as usize;
    left.extend_from_slice(&record[..bytes.min(record.len())]);
    append(&last, &left);
}

/// Behind the last commit of a segment, if it ends with one.
fn next_index(segment: &Path) -> Option<Index> {
    let segment = fs::read(segment).unwrap();
    let (commits, end) = frames(&segment);
    let newest = commits.last().filter(|_| end == segment.len())?;
    Some(Index(newest.header.first.0 + u64::from(newest.header.count)))
}
