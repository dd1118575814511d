//! Roots of subtrees that many proofs share, so that they are not hashed again for each of them.
//!
//! A hash file has the roots of every eighth height; what lies between is hashed from up to 128 of them.
//! Low in the tree hardly two proofs need the same, and remembering would take as much memory as the log
//! has entries. Above the first level all proofs share few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use einsicht_tlog::Hash;
use einsicht_tlog::tile::HashRange;

/// Roots from fewer hashes than this are hashed in less time than it takes to look them up.
const HASHES_MIN: u16 = 8;
/// Roots kept: those of about 65 million entries, in less than 8 MB.
const NODES_MAX: usize = 64 * 1024;

/// By level, first hash and how many there are.
type Roots = HashMap<(u8, u64, u16), Hash>;

/// Roots of perfect subtrees, which never change once they are there. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Nodes {
    roots: Arc<Mutex<Roots>>,
}

impl Nodes {
    /// The root over `range`, known or from `compute`.
    pub fn root<E>(&self, range: HashRange, compute: impl FnOnce() -> Result<Hash, E>) -> Result<Hash, E> {
        if range.level == 0 || range.count < HASHES_MIN {
            return compute();
        }
        let name = (range.level, range.start, range.count);
        if let Some(root) = self.lock().get(&name) {
            return Ok(*root);
        }
        let root = compute()?;
        let mut roots = self.lock();
        if roots.len() >= NODES_MAX {
            // Whoever still needs one makes it again: simpler than knowing which.
            roots.clear();
        }
        roots.insert(name, root);
        Ok(root)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Roots> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(level: u8, start: u64, count: u16) -> HashRange {
        HashRange { level, start, count }
    }

    fn made(hash: u8) -> Result<Hash, ()> {
        Ok(Hash([hash; 32]))
    }

    #[test]
    fn what_many_proofs_share_is_made_once() {
        let nodes = Nodes::default();
        assert_eq!(nodes.root(range(1, 16, 8), || made(1)), made(1));
        assert_eq!(nodes.clone().root(range(1, 16, 8), || Err(())), made(1));
        for other in [range(1, 8, 8), range(1, 16, 16), range(2, 16, 8)] {
            assert_eq!(nodes.root(other, || Err(())), Err(()), "{other:?}");
        }
    }

    #[test]
    fn what_hardly_two_proofs_share_is_not_kept() {
        let nodes = Nodes::default();
        for rare in [range(0, 0, 128), range(1, 0, 4)] {
            assert_eq!(nodes.root(rare, || made(1)), made(1));
            assert_eq!(nodes.root(rare, || made(2)), made(2));
        }
    }

    #[test]
    fn a_root_that_can_not_be_made_is_not_remembered() {
        let nodes = Nodes::default();
        assert_eq!(nodes.root(range(1, 0, 8), || Err(())), Err(()));
        assert_eq!(nodes.root(range(1, 0, 8), || made(3)), made(3));
    }

    #[test]
    fn no_more_roots_are_kept_than_there_is_room_for() {
        let nodes = Nodes::default();
        for start in 0..2 * NODES_MAX as u64 {
            nodes.root(range(1, 8 * start, 8), || made(1)).unwrap();
        }
        assert!(nodes.lock().len() <= NODES_MAX, "{}", nodes.lock().len());
    }
}
