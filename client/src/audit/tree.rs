//! The tree over the entries of a chunk, and its place in the tree of the whole log. RFC 6962 section 2.1.
//!
//! Chunks begin anywhere. Of a chunk alone, every subtree can be hashed that lies within it, which is
//! nearly all there is to hash, and so on any core at any time. What is left for the order of the log is
//! one node for each height: those that the beginning of the chunk completes.

use einsicht_tlog::hash::{node_hash, node_hashes};
use einsicht_tlog::{Frontier, Hash, Index, Size, Subtree};

/// All complete subtrees within a range of leaves.
pub(super) struct Span {
    first: Index,
    end: Size,
    /// Row `h`: the roots of the adjacent subtrees of height `h`.
    rows: Vec<Vec<Hash>>,
}

/// A span behind the tree of everything before it: gives the roots of all sizes within.
pub(super) struct Placed {
    span: Span,
    before: Frontier,
    /// By height: the subtree that begins before the span and ends within.
    straddling: Vec<Option<Hash>>,
}

impl Span {
    /// Hashes the subtrees over adjacent leaves, the first of which is entry `first`.
    pub fn new(first: Index, leaf_hashes: Vec<Hash>) -> Self {
        let end = Size(first.0.saturating_add(leaf_hashes.len() as u64));
        let mut rows = Vec::new();
        let mut row = leaf_hashes;
        for height in 0.. {
            // A right child at the front has its left sibling, and so its parent, before the span.
            let skip = usize::try_from(first_at(first, height) % 2).unwrap_or(0);
            let parents = parents_of(row.get(skip..).unwrap_or_default());
            rows.push(row);
            if parents.is_empty() {
                break;
            }
            row = parents;
        }
        Self { first, end, rows }
    }

    fn node(&self, height: u32, index: u64) -> Option<Hash> {
        let position = index.checked_sub(first_at(self.first, height))?;
        self.rows.get(height as usize)?.get(usize::try_from(position).ok()?).copied()
    }
}

impl Placed {
    /// Puts a span in its place; `None` unless it begins where the tree before it ends.
    pub fn new(before: Frontier, span: Span) -> Option<Self> {
        if before.size() != Size(span.first.0) {
            return None;
        }
        let mut placed = Self { span, before, straddling: vec![None] };
        let heights = u64::BITS - placed.span.end.0.leading_zeros();
        for height in 1..=heights {
            // Both children are lower, and so placed already.
            let index = placed.span.first.0.checked_shr(height).unwrap_or(0);
            let straddles = index != first_at(placed.span.first, height);
            let children = straddles.then(|| {
                Some((placed.node(height - 1, index * 2)?, placed.node(height - 1, index * 2 + 1)?))
            });
            placed.straddling.push(children.flatten().map(|(left, right)| node_hash(&left, &right)));
        }
        Some(placed)
    }

    /// Size of the tree with the whole span.
    pub fn end(&self) -> Size {
        self.span.end
    }

    /// Root of the first `size` leaves; `None` for a size before the span, or behind it.
    pub fn root_at(&self, size: Size) -> Option<Hash> {
        self.frontier_at(size).map(|frontier| frontier.root())
    }

    /// Right edge of the first `size` leaves, likewise.
    pub fn frontier_at(&self, size: Size) -> Option<Frontier> {
        if size.0 < self.span.first.0 || size > self.span.end {
            return None;
        }
        let node = |Subtree { height, index }: Subtree| self.node(u32::from(height), index);
        let roots = Frontier::subtrees(size).map(node).collect::<Option<Vec<_>>>()?;
        Frontier::from_roots(size, roots).ok()
    }

    fn node(&self, height: u32, index: u64) -> Option<Hash> {
        if let Some(node) = self.span.node(height, index) {
            return Some(node);
        }
        let size = self.before.size();
        let at_edge = size.0.checked_shr(height).unwrap_or(0);
        if index == at_edge {
            return self.straddling.get(height as usize).copied().flatten();
        }
        // Of the tree before, there is a root of this height if its size has that bit, and it is the last.
        let subtrees = Frontier::subtrees(size).zip(self.before.roots());
        let mut found = subtrees.filter(|(subtree, _)| u32::from(subtree.height) == height);
        found.find(|(subtree, _)| subtree.index == index).map(|(_, root)| *root)
    }
}

/// Position of the first subtree of that height that begins at `first` or behind.
fn first_at(first: Index, height: u32) -> u64 {
    let within = 1_u64.checked_shl(height).map_or(first.0, |leaves| first.0 & (leaves - 1));
    first.0.checked_shr(height).unwrap_or(0) + u64::from(within != 0)
}

/// Parents of pairs; a last node without sibling has none yet.
fn parents_of(nodes: &[Hash]) -> Vec<Hash> {
    node_hashes(nodes.as_chunks().0)
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::hash::leaf_hash;
    use proptest::prelude::*;

    use super::*;

    fn leaves(range: std::ops::Range<u64>) -> Vec<Hash> {
        range.map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// The frontiers of the first sizes.
    fn frontiers(count: u64) -> Vec<Frontier> {
        let mut frontiers = vec![Frontier::new()];
        for leaf in leaves(0..count) {
            let mut next = frontiers.last().unwrap().clone();
            next.push(leaf);
            frontiers.push(next);
        }
        frontiers
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_frontier_at_every_size_wherever_spans_begin(
            steps in proptest::collection::vec(0_u64..90, 1..6),
            taken_up_at in 0_u64..100,
        ) {
            let expected = frontiers(taken_up_at + steps.iter().sum::<u64>());
            let mut before = expected[taken_up_at as usize].clone();
            let mut start = taken_up_at;
            for step in steps {
                let span = Span::new(Index(start), leaves(start..start + step));
                let placed = Placed::new(before, span).unwrap();
                for size in start..=start + step {
                    let frontier = expected.get(size as usize).cloned();
                    prop_assert_eq!(placed.frontier_at(Size(size)), frontier, "size {}", size);
                }
                start += step;
                prop_assert_eq!(placed.root_at(Size(start + 1)), None);
                prop_assert_eq!(placed.end(), Size(start));
                before = placed.frontier_at(Size(start)).unwrap();
            }
        }
    }

    #[test]
    fn a_span_fits_in_its_own_place_only() {
        let span = || Span::new(Index(5), leaves(5..9));
        let frontiers = frontiers(9);
        assert!(Placed::new(frontiers[5].clone(), span()).is_some());
        assert!(Placed::new(frontiers[4].clone(), span()).is_none());
        let placed = Placed::new(frontiers[5].clone(), span()).unwrap();
        assert_eq!((placed.root_at(Size(4)), placed.root_at(Size(10))), (None, None));
    }

    #[test]
    fn large_spans_give_the_same() {
        let (first, end) = (4097, 9001);
        let frontiers = frontiers(end);
        let span = Span::new(Index(first), leaves(first..end));
        let placed = Placed::new(frontiers[first as usize].clone(), span).unwrap();
        for size in [4097, 4098, 4100, 8191, 8192, 8193, 9001] {
            assert_eq!(placed.root_at(Size(size)), Some(frontiers[size as usize].root()), "{size}");
        }
    }
}
