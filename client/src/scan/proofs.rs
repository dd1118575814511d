//! Inclusion proofs of single entries out of the pass over all of them: who looks for something must not show by
//! what is fetched again where it was found.
//!
//! Kept are the roots of all full subtrees of 256 leaves (a byte for every eight entries), and for each entry that
//! is marked the eight hashes beside its way up to such a root.

use std::collections::{BTreeSet, HashMap};

use einsicht_tlog::hash::node_hashes;
use einsicht_tlog::proof::ProofPlan;
use einsicht_tlog::{Frontier, Hash, Index, Size, Subtree};

/// Height of the subtrees whose roots are kept.
const HEIGHT: u8 = 8;
const LEAVES: usize = 1 << HEIGHT;

/// Collects hashes in the order of the log.
#[derive(Default)]
pub(super) struct Collector {
    /// Leaf hashes behind the last full subtree.
    leaves: Vec<Hash>,
    roots: Vec<Hash>,
    /// Marked entries among `leaves`, or to come.
    marked: BTreeSet<u64>,
    paths: HashMap<u64, [Hash; HEIGHT as usize]>,
}

/// Proves marked entries in the whole tree.
pub(super) struct Prover {
    collected: Collector,
    /// Row `h`: roots of the full subtrees of height `HEIGHT + h`.
    rows: Vec<Vec<Hash>>,
    size: Size,
}

impl Collector {
    /// Marks an entry that was not passed yet: it can be proven in the end.
    pub fn mark(&mut self, index: u64) {
        self.marked.insert(index);
    }

    /// An entry that was marked need not be proven after all.
    pub fn forget(&mut self, index: u64) {
        self.marked.remove(&index);
        self.paths.remove(&index);
    }

    /// Takes in the leaf hashes that follow.
    pub fn push(&mut self, hashes: &[Hash]) {
        for hash in hashes {
            self.leaves.push(*hash);
            if self.leaves.len() == LEAVES {
                self.complete();
            }
        }
    }

    fn complete(&mut self) {
        let mut rows = vec![std::mem::take(&mut self.leaves)];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            rows.push(node_hashes(row.as_chunks().0));
        }
        let first = (self.roots.len() * LEAVES) as u64;
        let behind = self.marked.split_off(&(first + LEAVES as u64));
        for index in std::mem::replace(&mut self.marked, behind) {
            let mut path = [Hash::default(); HEIGHT as usize];
            for (height, (sibling, row)) in path.iter_mut().zip(&rows).enumerate() {
                let position = usize::try_from((index - first) >> height).unwrap_or(usize::MAX) ^ 1;
                *sibling = row.get(position).copied().unwrap_or_default();
            }
            self.paths.insert(index, path);
        }
        self.roots.extend(rows.pop().and_then(|row| row.first().copied()));
    }

    /// Nothing follows.
    pub fn finish(self) -> Prover {
        let size = Size((self.roots.len() * LEAVES + self.leaves.len()) as u64);
        let mut rows = vec![self.roots.clone()];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            rows.push(node_hashes(row.as_chunks().0));
        }
        Prover { collected: self, rows, size }
    }
}

impl Prover {
    /// The inclusion proof of a marked entry in the tree of all; `None` for others.
    pub fn prove(&self, index: Index) -> Option<Vec<Hash>> {
        let plan = ProofPlan::inclusion(index, self.size).ok()?;
        plan.build(|subtree| self.root_of(subtree, index).ok_or(())).ok()
    }

    fn root_of(&self, subtree: Subtree, index: Index) -> Option<Hash> {
        let position = usize::try_from(subtree.index).ok()?;
        if let Some(height) = subtree.height.checked_sub(HEIGHT) {
            return self.rows.get(usize::from(height))?.get(position).copied();
        }
        let full = self.collected.roots.len() * LEAVES;
        let start = position << subtree.height;
        match start.checked_sub(full) {
            // Behind the last full subtree every leaf hash is known.
            Some(start) => {
                let leaves = self.collected.leaves.get(start..start + (1 << subtree.height))?;
                let mut frontier = Frontier::new();
                leaves.iter().for_each(|leaf| frontier.push(*leaf));
                Some(frontier.root())
            }
            None => self.collected.paths.get(&index.0)?.get(usize::from(subtree.height)).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::TreeHead;
    use einsicht_tlog::hash::leaf_hash;
    use einsicht_tlog::proof::verify_inclusion;

    use super::*;

    #[test]
    fn every_marked_entry_is_proven_in_trees_of_all_shapes() {
        for size in [1, 2, 255, 256, 257, 511, 512, 513, 1000, 1024, 2049] {
            let leaves: Vec<_> = (0..size).map(|at: u64| leaf_hash(&at.to_be_bytes())).collect();
            let mut collector = Collector::default();
            let mut frontier = Frontier::new();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            let head = TreeHead { size: Size(size), root: frontier.root() };
            let marked: Vec<u64> =
                [0, 1, 100, 255, 256, 300, 511, 600, size - 1].into_iter().filter(|at| *at < size).collect();
            // Chunks begin anywhere; an entry is marked with the chunk that has it.
            let mut start = 0;
            for chunk in leaves.chunks(100) {
                let end = start + chunk.len() as u64;
                marked.iter().filter(|at| (start..end).contains(*at)).for_each(|at| collector.mark(*at));
                if start == 200 {
                    collector.mark(200);
                    collector.mark(201);
                    collector.forget(201);
                }
                collector.push(chunk);
                start = end;
            }
            collector.forget(200);
            let prover = collector.finish();
            for index in marked {
                let proof = prover.prove(Index(index)).unwrap();
                verify_inclusion(&leaves[index as usize], Index(index), &head, &proof).unwrap();
            }
            if size > 300 {
                assert_eq!(prover.prove(Index(7)), None, "it was not marked");
                assert_eq!(prover.prove(Index(200)), None, "it was marked, and forgotten");
            }
        }
    }
}
