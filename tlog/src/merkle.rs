//! The Merkle tree as it grows: a compact frontier, and subtree arithmetic. RFC 6962 section 2.1.

use crate::hash::{Hash, node_hash};
use crate::units::{Index, Size};

/// Size and root of a tree: what a checkpoint states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves the tree has.
    pub size: Size,
    /// Its root hash.
    pub root: Hash,
}

/// A perfect subtree: the `index`-th (from 0) of those with `2^height` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtree {
    /// 0 for a leaf hash.
    pub height: u8,
    /// Position among the subtrees of that height.
    pub index: u64,
}

/// The perfect subtrees that a range of leaves `start..end` splits into when `start` is a multiple of
/// the largest of them, largest first. They are the set bits of the length.
///
/// This is how RFC 6962 splits a tree (`start` = 0) and each right part of one.
pub(crate) fn subtrees_of_range(start: u64, end: u64) -> impl DoubleEndedIterator<Item = Subtree> + Clone {
    let length = end.saturating_sub(start);
    (0..64_u8).rev().filter(move |height| length >> height & 1 == 1).map(move |height| {
        // Everything above this bit of the length lies to the left.
        let before = if height == 63 { 0 } else { length >> (height + 1) << (height + 1) };
        Subtree { height, index: (start + before) >> height }
    })
}

/// Joins the roots of adjacent subtrees, largest first, into one root.
/// An empty list gives [`Hash::EMPTY_ROOT`].
pub(crate) fn join(roots: &[Hash]) -> Hash {
    match roots.split_last() {
        None => Hash::EMPTY_ROOT,
        Some((last, larger)) => larger.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The right edge of a growing tree: the roots of its perfect subtrees, largest first.
///
/// At most 64 hashes, whatever the size; appending costs one node hash on average, the root at most
/// 63.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// The hashes given do not make up a tree of the size given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {expected} perfect subtrees, {found} were given")]
pub struct FrontierError {
    /// The size.
    pub size: Size,
    /// How many subtrees that size has.
    pub expected: u32,
    /// How many hashes there were.
    pub found: usize,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of a tree of `size` leaves with these subtree roots, largest first (the order of
    /// [`Frontier::subtrees`]). Does not check the hashes: compare [`Frontier::root`].
    ///
    /// # Errors
    /// [`FrontierError`] if the number of hashes does not fit the size.
    pub fn from_roots(size: Size, roots: Vec<Hash>) -> Result<Self, FrontierError> {
        if roots.len() != size.0.count_ones() as usize {
            return Err(FrontierError { size, expected: size.0.count_ones(), found: roots.len() });
        }
        Ok(Self { size: size.0, roots })
    }

    /// The perfect subtrees of a tree of `size` leaves, largest first.
    pub fn subtrees(size: Size) -> impl Iterator<Item = Subtree> {
        subtrees_of_range(0, size.0)
    }

    /// How many leaves were appended.
    #[must_use]
    pub fn size(&self) -> Size {
        Size(self.size)
    }

    /// Roots of the perfect subtrees, largest first.
    #[must_use]
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf_hash: Hash) {
        self.push_with(leaf_hash, |_, _| {});
    }

    /// Appends a leaf hash and reports every perfect subtree that it completes, smallest first,
    /// the leaf itself (height 0) included.
    pub fn push_with(&mut self, leaf_hash: Hash, mut completed: impl FnMut(Subtree, Hash)) {
        let index = Index(self.size);
        let mut hash = leaf_hash;
        completed(Subtree { height: 0, index: index.0 }, hash);
        // Each trailing one bit of the index is a perfect subtree that waits for its right half.
        for height in 1..=u8::try_from(index.0.trailing_ones()).unwrap_or(u8::MAX) {
            let Some(left) = self.roots.pop() else { break };
            hash = node_hash(&left, &hash);
            completed(Subtree { height, index: index.0 >> height }, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// Root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        join(&self.roots)
    }

    /// Size and root of the tree so far.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size(), root: self.root() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use proptest::prelude::*;

    /// Root by the recursive definition of RFC 6962 section 2.1, as slow as it is plain.
    pub(crate) fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let split = (leaves.len() - 1).ilog2();
                let (left, right) = leaves.split_at(1 << split);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    pub(crate) fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    proptest! {
        #[test]
        fn the_frontier_agrees_with_the_recursive_definition(count in 0_u64..600) {
            let leaves = leaves(count);
            let mut frontier = Frontier::new();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(frontier.head(), TreeHead { size: Size(count), root: root_by_definition(&leaves) });
        }

        #[test]
        fn every_completed_subtree_is_reported_with_its_root(count in 1_u64..300) {
            let leaves = leaves(count);
            let mut frontier = Frontier::new();
            let mut seen = 0;
            for leaf in &leaves {
                frontier.push_with(*leaf, |subtree, root| {
                    let start = (subtree.index << subtree.height) as usize;
                    let end = start + (1 << subtree.height);
                    assert_eq!(root, root_by_definition(&leaves[start..end]));
                    seen += 1;
                });
            }
            let expected: u64 = (0..10).map(|height| count >> height).sum();
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn a_frontier_can_be_taken_up_from_its_roots(count in 0_u64..300) {
            let mut frontier = Frontier::new();
            leaves(count).into_iter().for_each(|leaf| frontier.push(leaf));
            prop_assert_eq!(Frontier::subtrees(Size(count)).count(), frontier.roots().len());
            prop_assert_eq!(&Frontier::from_roots(Size(count), frontier.roots().to_vec()).unwrap(), &frontier);
            let one_too_many = [frontier.roots(), &[Hash::default()]].concat();
            prop_assert!(Frontier::from_roots(Size(count), one_too_many).is_err());
        }
    }

    #[test]
    fn subtree_positions_at_the_largest_sizes_do_not_overflow() {
        let all: Vec<_> = Frontier::subtrees(Size(u64::MAX)).collect();
        assert_eq!(all.len(), 64);
        assert_eq!(all.first(), Some(&Subtree { height: 63, index: 0 }));
        assert_eq!(all.last(), Some(&Subtree { height: 0, index: u64::MAX - 1 }));
    }
}
