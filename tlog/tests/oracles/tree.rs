//! `ct-merkle`: roots, inclusion and consistency proofs.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{ProofError, ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::tile::{HashRange, TILE_HEIGHT, Tile, root_of_row};
use einsicht_tlog::{Frontier, Hash, Index, Size, TreeHead};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::Sha256;

type Theirs = MemoryBackedTree<Sha256, Vec<u8>>;

/// A tree as it is served: frontier and rows of the tile levels.
#[derive(Default)]
struct Ours {
    frontier: Frontier,
    rows: [Vec<u8>; 3],
}

impl Ours {
    fn push(&mut self, leaf: &[u8]) {
        let rows = &mut self.rows;
        self.frontier.push_with(leaf_hash(leaf), |subtree, root| {
            if subtree.height.is_multiple_of(TILE_HEIGHT) {
                rows[usize::from(subtree.height / TILE_HEIGHT)].extend_from_slice(&root.0);
            }
        });
    }

    fn tile(&self, tile: Tile, level: u8) -> &[u8] {
        let bytes = |hashes: u64| hashes as usize * Hash::BYTES;
        &self.rows[usize::from(level)][bytes(tile.start())..][..bytes(u64::from(tile.width()))]
    }

    /// Builds a proof from the tiles that a log of this size serves.
    fn build(&self, plan: &ProofPlan, size: Size) -> Vec<Hash> {
        plan.build(|subtree| {
            let range = HashRange::of_subtree(subtree);
            let tile = range.tile(size).ok_or("no tile")?;
            root_of_row(range.slice_of(self.tile(tile, range.level)).ok_or("short tile")?).ok_or("no row")
        })
        .unwrap()
    }
}

fn trees(leaves: impl Iterator<Item = Vec<u8>>) -> (Ours, Theirs) {
    let (mut ours, mut theirs) = (Ours::default(), Theirs::new());
    for leaf in leaves {
        ours.push(&leaf);
        theirs.push(leaf);
    }
    (ours, theirs)
}

fn numbered(count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|number| format!("entry {number}").into_bytes())
}

fn head_of(root: &RootHash<Sha256>) -> TreeHead {
    TreeHead { size: Size(root.num_leaves()), root: Hash::from_slice(root.as_bytes()).unwrap() }
}

fn their_root(head: &TreeHead) -> RootHash<Sha256> {
    RootHash::new(head.root.0.into(), head.size.0)
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks(Hash::BYTES).map(|hash| Hash::from_slice(hash).unwrap()).collect()
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn their_inclusion(head: &TreeHead, leaf: &Vec<u8>, index: u64, proof: &[Hash]) -> bool {
    let proof = InclusionProof::try_from_bytes(bytes(proof)).unwrap();
    their_root(head).verify_inclusion(leaf, index, &proof).is_ok()
}

fn their_consistency(old: &TreeHead, new: &TreeHead, proof: &[Hash]) -> bool {
    let proof = ConsistencyProof::try_from_bytes(bytes(proof)).unwrap();
    their_root(new).verify_consistency(&their_root(old), &proof).is_ok()
}

/// A proof with nothing changed, or a hash changed, left out, added or swapped with the next.
fn damaged(proof: &[Hash], damage: (u8, prop::sample::Index)) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let (kind, length) = (damage.0, proof.len());
    let at = damage.1.index(length.max(1));
    match kind {
        1 if !proof.is_empty() => proof[at].0[at % 32] ^= 1,
        2 if !proof.is_empty() => drop(proof.remove(at)),
        3 => proof.insert(at, Hash::EMPTY_ROOT),
        4 if !proof.is_empty() => proof.swap(at, (at + 1) % length),
        _ => {}
    }
    proof
}

proptest! {
    #[test]
    fn roots_agree(leaves in vec(vec(any::<u8>(), 0..40), 0..70)) {
        let (ours, theirs) = trees(leaves.into_iter());
        prop_assert_eq!(ours.frontier.head(), head_of(&theirs.root()));
    }

    #[test]
    fn inclusion_proofs_are_the_same_and_verify_on_both_sides(size in 1_u64..700, at: prop::sample::Index) {
        let (ours, theirs) = trees(numbered(size));
        let (index, head) = (at.index(size as usize), ours.frontier.head());
        let plan = ProofPlan::inclusion(Index(index as u64), head.size).unwrap();
        let our_proof = ours.build(&plan, head.size);
        let their_proof = hashes(theirs.prove_inclusion(index).as_bytes());
        prop_assert_eq!(&our_proof, &their_proof);
        let leaf = theirs.get(index).unwrap();
        prop_assert!(their_inclusion(&head, leaf, index as u64, &our_proof));
        let verdict = verify_inclusion(&leaf_hash(leaf), Index(index as u64), &head_of(&theirs.root()), &their_proof);
        prop_assert_eq!(verdict, Ok(()));
    }

    #[test]
    fn consistency_proofs_are_the_same_and_verify_on_both_sides(size in 1_u64..700, at: prop::sample::Index) {
        let (ours, theirs) = trees(numbered(size));
        let old_size = at.index(size as usize) as u64 + 1;
        let (our_old, their_old) = trees(numbered(old_size));
        let (old, new) = (our_old.frontier.head(), ours.frontier.head());
        let our_proof = ours.build(&ProofPlan::consistency(old.size, new.size).unwrap(), new.size);
        let their_proof = hashes(theirs.prove_consistency((size - old_size) as usize).as_bytes());
        prop_assert_eq!(&our_proof, &their_proof);
        prop_assert!(their_consistency(&old, &new, &our_proof));
        let verdict = verify_consistency(&head_of(&their_old.root()), &head_of(&theirs.root()), &their_proof);
        prop_assert_eq!(verdict, Ok(()));
    }

    #[test]
    fn false_claims_get_the_same_verdict(
        size in 1_u64..40,
        at: prop::sample::Index,
        claimed in (0_u64..42, 0_u64..42),
        damage in (0_u8..5, any::<prop::sample::Index>()),
    ) {
        let (_, theirs) = trees(numbered(size));
        let index = at.index(size as usize);
        let leaf = theirs.get(index).unwrap();
        let proof = damaged(&hashes(theirs.prove_inclusion(index).as_bytes()), damage);
        let root = head_of(&theirs.root()).root;
        for (index, size) in [(index as u64, size), (claimed.0, size), (index as u64, claimed.1), claimed] {
            let head = TreeHead { size: Size(size), root };
            let ours = verify_inclusion(&leaf_hash(leaf), Index(index), &head, &proof);
            prop_assert_eq!(ours.is_ok(), their_inclusion(&head, leaf, index, &proof), "{} of {}", index, size);
        }

        let old_size = index as u64 + 1;
        let proof = damaged(&hashes(theirs.prove_consistency((size - old_size) as usize).as_bytes()), damage);
        let old_root = trees(numbered(old_size)).0.frontier.root();
        for (old, new) in [(old_size, size), (claimed.0, size), (old_size, claimed.1), claimed] {
            let old = TreeHead { size: Size(old), root: old_root };
            let new = TreeHead { size: Size(new), root };
            let ours = verify_consistency(&old, &new, &proof);
            prop_assert_eq!(ours.is_ok(), their_consistency(&old, &new, &proof), "{:?} to {:?}", old, new);
        }
    }

    /// No memory holds these trees, but a proof by itself says which root it leads to.
    #[test]
    fn proofs_of_the_largest_trees_lead_to_the_same_roots(
        size in (0_u32..62).prop_flat_map(|bits| 1_u64 << bits..=2 << bits),
        at: (u64, u64),
        any_hashes in vec(any::<[u8; 32]>(), 64),
    ) {
        let size = Size(size);
        let index = Index(at.0 % size.0);
        let leaf = b"leaf".to_vec();
        let wanted = ProofPlan::inclusion(index, size).unwrap().hash_count();
        prop_assert_eq!(wanted, ct_merkle::indices_for_inclusion_proof(size.0, index.0).len());
        let proof: Vec<_> = any_hashes.iter().take(wanted).copied().map(Hash).collect();
        let mut head = TreeHead { size, root: Hash::EMPTY_ROOT };
        let Err(ProofError::RootMismatch { actual, .. }) = verify_inclusion(&leaf_hash(&leaf), index, &head, &proof)
        else { unreachable!("no proof leads to the empty root") };
        prop_assert!(!their_inclusion(&head, &leaf, index.0, &proof));
        head.root = actual;
        prop_assert!(their_inclusion(&head, &leaf, index.0, &proof));

        let mut old = TreeHead { size: Size(at.1 % size.0 + 1), root: Hash([1; 32]) };
        let mut new = TreeHead { size, root: Hash([1; 32]) };
        let wanted = ProofPlan::consistency(old.size, size).unwrap().hash_count();
        prop_assert_eq!(wanted, ct_merkle::indices_for_consistency_proof(old.size.0, size.0 - old.size.0).len());
        let proof: Vec<_> = any_hashes.iter().take(wanted).copied().map(Hash).collect();
        while let Err(ProofError::RootMismatch { size, actual, .. }) = verify_consistency(&old, &new, &proof) {
            prop_assert!(!their_consistency(&old, &new, &proof));
            let head = if size == old.size { &mut old } else { &mut new };
            head.root = actual;
        }
        prop_assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
        prop_assert!(their_consistency(&old, &new, &proof));
    }
}

/// Enough entries for three levels of tiles.
#[test]
fn proofs_over_three_levels_of_tiles_verify_on_the_other_side() {
    let size = Size(65_536 + 256 + 7);
    let (ours, theirs) = trees(numbered(size.0));
    let head = ours.frontier.head();
    assert_eq!(head, head_of(&theirs.root()));
    for index in [0, 1, 255, 256, 32_768, 65_535, 65_536, 65_791, 65_792, size.0 - 1] {
        let proof = ours.build(&ProofPlan::inclusion(Index(index), size).unwrap(), size);
        assert!(their_inclusion(&head, theirs.get(index as usize).unwrap(), index, &proof), "{index}");
    }
    for old_size in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 65_792, size.0 - 1, size.0] {
        let proof = ours.build(&ProofPlan::consistency(Size(old_size), size).unwrap(), size);
        let old = head_of(&trees(numbered(old_size)).1.root());
        assert!(their_consistency(&old, &head, &proof), "{old_size}");
    }
}
