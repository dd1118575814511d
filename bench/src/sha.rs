//! The sha limit: SHA-256 over exactly the bytes that a full audit must hash, on every core, and
//! nothing else. No file is read, no chain followed, no root compared.

use std::hint::black_box;
use std::time::{Duration, Instant};

use einsicht_tlog::Hash;
use sha2::{Digest, Sha256};

/// Before a leaf (RFC 6962 section 2.1).
const LEAF_PREFIX: u8 = 0x00;
/// Before two hashes (RFC 6962 section 2.1).
const NODE_PREFIX: u8 = 0x01;
const NODE_BYTES: usize = 1 + 2 * Hash::BYTES;

/// Every leaf of a log as it is hashed, one after the other.
#[derive(Debug, Default)]
pub struct Leaves {
    bytes: Vec<u8>,
    /// Where each leaf ends in `bytes`.
    ends: Vec<usize>,
}

impl Leaves {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        self.bytes.push(LEAF_PREFIX);
        self.bytes.extend_from_slice(leaf);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Hashes each leaf and as many nodes as a tree over them has inside, on `threads` threads, and
    /// says how long it took.
    #[must_use]
    pub fn hash_all(&self, threads: usize) -> Duration {
        let begun = Instant::now();
        let (leaves, nodes) = (self.count(), self.count().saturating_sub(1));
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let share = |of: usize| of * thread / threads..of * (thread + 1) / threads;
                let (leaves, nodes) = (share(leaves), share(nodes));
                scope.spawn(move || {
                    self.hash_leaves(leaves);
                    hash_nodes(nodes.len());
                });
            }
        });
        begun.elapsed()
    }

    fn hash_leaves(&self, share: std::ops::Range<usize>) {
        let mut start =
            share.start.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        for end in self.ends.get(share).unwrap_or_default() {
            black_box(Sha256::digest(self.bytes.get(start..*end).unwrap_or_default()));
            start = *end;
        }
    }
}

/// What is in a node does not matter for how long its hash takes.
fn hash_nodes(count: usize) {
    let mut node = [0x5a; NODE_BYTES];
    node[0] = NODE_PREFIX;
    for _ in 0..count {
        black_box(Sha256::digest(black_box(&node)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_lie_one_after_the_other_with_their_prefix() {
        let mut leaves = Leaves::default();
        leaves.push(b"one");
        leaves.push(b"");
        leaves.push(b"three");
        assert_eq!(leaves.count(), 3);
        assert_eq!(leaves.bytes, b"\0one\0\0three");
        assert_eq!(leaves.ends, [4, 5, 11]);
        let hashed = Sha256::digest(&leaves.bytes[5..11]);
        assert_eq!(hashed.as_slice(), einsicht_tlog::hash::leaf_hash(b"three").as_bytes());
    }

    #[test]
    fn any_number_of_threads_hashes_any_number_of_leaves() {
        let mut leaves = Leaves::default();
        for threads in [1, 2, 3, 7] {
            assert!(leaves.hash_all(threads) > Duration::ZERO);
            leaves.push(b"leaf");
        }
    }
}
