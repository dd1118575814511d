//! A Merkle tree that grows by many leaves at once, each level on all cores. RFC 6962 section 2.1.

use einsicht_tlog::hash::node_hash;
use einsicht_tlog::{Frontier, Hash, Size};
use rayon::prelude::*;

/// Fewer nodes than this are hashed where they are: handing them to other cores costs more.
const PARALLEL_NODES_MIN: usize = 512;
/// Nodes that one core hashes in one go.
const NODES_AT_ONCE: usize = 256;

/// All complete subtrees that a later root can need: those of the right edge before the last
/// [`Tree::extend`], and those that it completed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    size: u64,
    /// Row `h` holds roots of adjacent subtrees of height `h`, up to the last complete one.
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Default)]
struct Row {
    /// Position of the first node in its row of the whole tree.
    first: u64,
    nodes: Vec<Hash>,
}

impl Tree {
    /// Takes a tree up from its right edge. What it gives for a size is only as good as that.
    pub fn from_frontier(frontier: &Frontier) -> Self {
        let size = frontier.size();
        let mut tree = Self { size: size.0, rows: rows_of(size.0) };
        for (subtree, root) in Frontier::subtrees(size).zip(frontier.roots()) {
            if let Some(row) = tree.rows.get_mut(usize::from(subtree.height)) {
                *row = Row { first: subtree.index, nodes: vec![*root] };
            }
        }
        tree
    }

    /// How many leaves it has.
    pub fn size(&self) -> Size {
        Size(self.size)
    }

    /// Appends leaf hashes. Until the next call, roots can be had of every size from the one before.
    pub fn extend(&mut self, leaf_hashes: Vec<Hash>) {
        self.settle();
        self.size += leaf_hashes.len() as u64;
        let mut added = leaf_hashes;
        for height in 0.. {
            if self.rows.len() <= height {
                self.rows.push(Row::default());
            }
            let Some(row) = self.rows.get_mut(height) else { return };
            row.nodes.append(&mut added);
            // A right child at the front has its left sibling, and so its parent, behind it.
            let skip = usize::try_from(row.first % 2).unwrap_or(0);
            added = parents_of(row.nodes.get(skip..).unwrap_or_default());
            if added.is_empty() {
                return;
            }
        }
    }

    /// Root of the first `size` leaves; `None` for a size before the last [`Tree::extend`], or beyond
    /// the tree.
    pub fn root_at(&self, size: Size) -> Option<Hash> {
        self.frontier_at(size).map(|frontier| frontier.root())
    }

    /// Right edge of the first `size` leaves, likewise.
    pub fn frontier_at(&self, size: Size) -> Option<Frontier> {
        if size.0 > self.size {
            return None;
        }
        let node = |subtree: einsicht_tlog::Subtree| {
            let row = self.rows.get(usize::from(subtree.height))?;
            row.nodes.get(usize::try_from(subtree.index.checked_sub(row.first)?).ok()?).copied()
        };
        let roots = Frontier::subtrees(size).map(node).collect::<Option<Vec<_>>>()?;
        Frontier::from_roots(size, roots).ok()
    }

    /// Forgets everything but the right edge.
    fn settle(&mut self) {
        let size = self.size;
        for (height, row) in (0_u32..).zip(&mut self.rows) {
            let complete = size.checked_shr(height).unwrap_or(0);
            let kept = if complete % 2 == 1 { row.nodes.pop() } else { None };
            row.nodes.clear();
            row.nodes.extend(kept);
            row.first = complete - u64::from(kept.is_some());
        }
    }
}

/// One empty row for each height that a tree of `size` leaves has, at its place.
fn rows_of(size: u64) -> Vec<Row> {
    let heights = u64::BITS - size.leading_zeros();
    (0..heights).map(|height| Row { first: size >> height, nodes: Vec::new() }).collect()
}

/// Parents of pairs; a last node without sibling has none yet.
fn parents_of(nodes: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = nodes.as_chunks::<2>();
    let parent = |[left, right]: &[Hash; 2]| node_hash(left, right);
    if pairs.len() < PARALLEL_NODES_MIN {
        pairs.iter().map(parent).collect()
    } else {
        pairs.par_iter().with_min_len(NODES_AT_ONCE).map(parent).collect()
    }
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::hash::leaf_hash;
    use proptest::prelude::*;

    use super::*;

    fn leaves(range: std::ops::Range<u64>) -> Vec<Hash> {
        range.map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn frontier(size: u64) -> Frontier {
        let mut frontier = Frontier::new();
        leaves(0..size).into_iter().for_each(|leaf| frontier.push(leaf));
        frontier
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_frontier_at_every_size_of_the_last_step(
            steps in proptest::collection::vec(0_u64..90, 1..6),
            taken_up_at in 0_u64..100,
        ) {
            let mut frontiers = vec![Frontier::new()];
            for leaf in leaves(0..taken_up_at + steps.iter().sum::<u64>()) {
                let mut next = frontiers.last().unwrap().clone();
                next.push(leaf);
                frontiers.push(next);
            }
            let expected = |size: u64| frontiers.get(size as usize).cloned();
            let mut tree = Tree::from_frontier(&expected(taken_up_at).unwrap());
            prop_assert_eq!(tree.frontier_at(Size(taken_up_at)), expected(taken_up_at));
            let mut start = taken_up_at;
            for step in steps {
                tree.extend(leaves(start..start + step));
                for size in start..=start + step {
                    prop_assert_eq!(tree.frontier_at(Size(size)), expected(size), "size {}", size);
                }
                start += step;
                prop_assert_eq!(tree.root_at(Size(start + 1)), None);
                prop_assert_eq!(tree.size(), Size(start));
            }
        }
    }

    #[test]
    fn large_steps_are_hashed_on_all_cores_with_the_same_result() {
        let mut tree = Tree::from_frontier(&frontier(3));
        tree.extend(leaves(3..5000));
        assert_eq!(tree.root_at(Size(5000)), Some(frontier(5000).root()));
        assert_eq!(tree.root_at(Size(4099)), Some(frontier(4099).root()));
    }
}
