//! Inclusion and consistency proofs: what to read, how to build, how to verify.
//!
//! Built as in RFC 6962 sections 2.1.1 and 2.1.2; verified as in RFC 9162 sections 2.1.3.2 and
//! 2.1.4.2. A proof is a list of at most 63 (inclusion) or 64 (consistency) hashes, in trees of up to 2^63
//! entries; larger sizes, which no log reaches, are handled and have one more.

use crate::hash::{Hash, node_hash};
use crate::merkle::{Subtree, TreeHead, join, subtrees_of_range};
use crate::units::{Index, Size};

/// Why a proof was not accepted, or can't be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such entry.
    #[error("index {index} is not in a tree of {size} entries")]
    IndexOutOfRange {
        /// The index.
        index: Index,
        /// The size of the tree.
        size: Size,
    },
    /// Consistency goes from a smaller, non-empty tree to a larger one.
    #[error("no consistency proof leads from size {old} to size {new}: it needs 1 ≤ old ≤ new")]
    SizeOutOfRange {
        /// The size that should be smaller.
        old: Size,
        /// The size that should be larger.
        new: Size,
    },
    /// The proof has the wrong number of hashes.
    #[error("a proof for these sizes has {expected} hashes, this has {found}")]
    Length {
        /// How many hashes it must have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The proof leads to another root than the newer tree has.
    #[error("the proof leads to root {actual}, but the tree of {size} entries has root {expected}")]
    RootMismatch {
        /// Size of the tree.
        size: Size,
        /// Its root.
        expected: Hash,
        /// Where the proof leads.
        actual: Hash,
    },
}

/// The subtree roots that make up a proof; each hash of the proof joins one group of them.
///
/// Separate from [`ProofPlan::build`] so that a reader can fetch what the plan needs in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofPlan {
    groups: Vec<Vec<Subtree>>,
}

impl ProofPlan {
    /// Plans the proof that entry `index` is in the tree of `size` entries, leaf to root.
    /// Source: RFC 6962 section 2.1.1.
    ///
    /// # Errors
    /// [`ProofError::IndexOutOfRange`] if `index >= size`.
    pub fn inclusion(index: Index, size: Size) -> Result<Self, ProofError> {
        if !size.contains(index) {
            return Err(ProofError::IndexOutOfRange { index, size });
        }
        let (mut start, mut end) = (0, size.0);
        let mut groups = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index.0 < middle {
                groups.push(subtrees_of_range(middle, end).collect());
                end = middle;
            } else {
                groups.push(subtrees_of_range(start, middle).collect());
                start = middle;
            }
        }
        groups.reverse();
        Ok(Self { groups })
    }

    /// Plans the proof that the tree of `old` entries is a prefix of the tree of `new` entries.
    /// Source: RFC 6962 section 2.1.2.
    ///
    /// # Errors
    /// [`ProofError::SizeOutOfRange`] unless `1 <= old <= new`.
    pub fn consistency(old: Size, new: Size) -> Result<Self, ProofError> {
        if old.0 == 0 || old > new {
            return Err(ProofError::SizeOutOfRange { old, new });
        }
        let (mut start, mut end) = (0, new.0);
        let mut groups = Vec::new();
        while old.0 < end {
            let middle = start + split(end - start);
            if old.0 <= middle {
                groups.push(subtrees_of_range(middle, end).collect());
                end = middle;
            } else {
                groups.push(subtrees_of_range(start, middle).collect());
                start = middle;
            }
        }
        // Once the walk has left the left edge, the old root is no longer known to be this node.
        if start > 0 {
            groups.push(subtrees_of_range(start, end).collect());
        }
        groups.reverse();
        Ok(Self { groups })
    }

    /// The subtrees whose roots [`ProofPlan::build`] will ask for, in its order.
    pub fn subtrees(&self) -> impl Iterator<Item = Subtree> {
        self.groups.iter().flatten().copied()
    }

    /// How many hashes the proof has.
    #[must_use]
    pub fn hash_count(&self) -> usize {
        self.groups.len()
    }

    /// Builds the proof; `root_of` gives the root of each subtree.
    ///
    /// # Errors
    /// Those of `root_of`.
    pub fn build<E>(&self, mut root_of: impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
        self.groups
            .iter()
            .map(|group| {
                let roots = group.iter().map(|subtree| root_of(*subtree)).collect::<Result<Vec<_>, E>>()?;
                Ok(join(&roots))
            })
            .collect()
    }
}

/// Verifies that `leaf_hash` is entry `index` of the tree `head`. `proof` holds sibling hashes, leaf
/// to root, at most 63. Does not check any signature.
///
/// # Errors
/// `IndexOutOfRange` if `index >= head.size`; `Length`; `RootMismatch`.
///
/// Source: RFC 9162 section 2.1.3.2.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: Index,
    head: &TreeHead,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !head.size.contains(index) {
        return Err(ProofError::IndexOutOfRange { index, size: head.size });
    }
    check_length(inclusion_hash_count(index, head.size), proof)?;
    let (mut node, mut last) = (index.0, head.size.0 - 1);
    let mut root = *leaf_hash;
    for sibling in proof {
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    check_root(head, root)
}

/// Verifies that the tree `old` is a prefix of the tree `new`. Does not check any signature.
///
/// # Errors
/// `SizeOutOfRange` unless `1 <= old.size <= new.size`: a proof from the empty tree says nothing;
/// `Length`; `RootMismatch` naming the tree whose root the proof does not lead to.
///
/// Source: RFC 9162 section 2.1.4.2.
pub fn verify_consistency(old: &TreeHead, new: &TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size.0 == 0 || old.size > new.size {
        return Err(ProofError::SizeOutOfRange { old: old.size, new: new.size });
    }
    check_length(consistency_hash_count(old.size, new.size), proof)?;
    if old.size == new.size {
        return check_root(new, old.root);
    }
    // A perfect old tree is a node of the new one: its root starts both walks.
    let (first, siblings) = match proof.split_first() {
        Some((first, rest)) if !old.size.0.is_power_of_two() => (*first, rest),
        _ => (old.root, proof),
    };
    let (mut node, mut last) = (old.size.0 - 1, new.size.0 - 1);
    let shift = node.trailing_ones();
    (node, last) = (node.checked_shr(shift).unwrap_or(0), last.checked_shr(shift).unwrap_or(0));
    let (mut old_root, mut new_root) = (first, first);
    for sibling in siblings {
        if node & 1 == 1 || node == last {
            old_root = node_hash(sibling, &old_root);
            new_root = node_hash(sibling, &new_root);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new_root = node_hash(&new_root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    check_root(old, old_root)?;
    check_root(new, new_root)
}

/// The largest power of two smaller than `length` (which is at least 2): where RFC 6962 splits.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// How many levels lie between two nodes of the leaf row and the node where their paths meet.
fn levels_to_meet(left: u64, right: u64) -> u32 {
    u64::BITS - (left ^ right).leading_zeros()
}

/// Siblings below the point where the paths of the entry and of the last entry meet, one a level, and
/// above it one for each step to the left.
fn inclusion_hash_count(index: Index, size: Size) -> usize {
    let inner = levels_to_meet(index.0, size.0 - 1);
    (inner + index.0.checked_shr(inner).unwrap_or(0).count_ones()) as usize
}

fn consistency_hash_count(old: Size, new: Size) -> usize {
    if old == new {
        return 0;
    }
    let last_old = Index(old.0 - 1);
    // The lowest levels, in which the old tree is complete, are summed up in one hash; none if the
    // whole old tree is.
    let summed_up = usize::from(!old.0.is_power_of_two());
    inclusion_hash_count(last_old, new) - old.0.trailing_zeros() as usize + summed_up
}

fn check_length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() == expected { Ok(()) } else { Err(ProofError::Length { expected, found: proof.len() }) }
}

fn check_root(head: &TreeHead, actual: Hash) -> Result<(), ProofError> {
    if head.root == actual {
        Ok(())
    } else {
        Err(ProofError::RootMismatch { size: head.size, expected: head.root, actual })
    }
}

#[cfg(test)]
mod tests;
