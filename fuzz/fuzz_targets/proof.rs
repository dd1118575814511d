//! Proofs, as lists of hashes from anybody: only the one that belongs there is accepted.
#![no_main]

use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::{Frontier, Hash, Index, Size, TreeHead};
use libfuzzer_sys::fuzz_target;

/// Larger trees have the same shapes, one level higher.
const LEAVES_MAX: u16 = 80;

fuzz_target!(|input: (u16, u16, u64, u64, &[u8])| {
    let (size, position, far_size, far_position, given) = input;
    let (given, _) = given.as_chunks::<32>();
    let given: Vec<Hash> = given.iter().copied().map(Hash).collect();
    let leaves: Vec<Hash> = (0..1 + size % LEAVES_MAX).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let at = usize::from(position) % leaves.len();
    let head = head_of(&leaves);

    let proof =
        built(&ProofPlan::inclusion(Index(at as u64), head.size).expect("it is in the tree"), &leaves);
    for candidate in [&proof, &given, &mixed(&proof, &given)] {
        let accepted = verify_inclusion(&leaves[at], Index(at as u64), &head, candidate).is_ok();
        assert_eq!(accepted, *candidate == proof);
    }
    let old = head_of(&leaves[..=at]);
    let proof = built(&ProofPlan::consistency(old.size, head.size).expect("it is smaller"), &leaves);
    for candidate in [&proof, &given, &mixed(&proof, &given)] {
        assert_eq!(verify_consistency(&old, &head, candidate).is_ok(), *candidate == proof);
    }

    // Sizes that no test builds: nothing overflows, and nothing random is accepted.
    let far = TreeHead { size: Size(far_size), root: head.root };
    assert!(verify_inclusion(&Hash([1; 32]), Index(far_position), &far, &given).is_err());
    let other = TreeHead { size: Size(far_position), root: Hash([2; 32]) };
    assert!(verify_consistency(&other, &far, &given).is_err());
    let plans =
        [ProofPlan::inclusion(Index(far_position), far.size), ProofPlan::consistency(other.size, far.size)];
    let height = u64::BITS - far.size.0.saturating_sub(1).leading_zeros();
    for plan in plans.into_iter().flatten() {
        assert!(plan.hash_count() <= 1 + height as usize, "one hash a level, and for consistency one more");
        assert!(plan.subtrees().count() <= 64 * (1 + height as usize));
    }
});

fn head_of(leaves: &[Hash]) -> TreeHead {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.head()
}

fn built(plan: &ProofPlan, leaves: &[Hash]) -> Vec<Hash> {
    let root_of = |subtree: einsicht_tlog::Subtree| {
        let start = usize::try_from(subtree.index << subtree.height).expect("a small tree");
        Ok::<_, std::convert::Infallible>(head_of(&leaves[start..start + (1 << subtree.height)]).root)
    };
    plan.build(root_of).unwrap_or_else(|never| match never {})
}

/// The right proof with what was given in the place of its last hash.
fn mixed(proof: &[Hash], given: &[Hash]) -> Vec<Hash> {
    let mut mixed = proof.to_vec();
    if let (Some(last), Some(other)) = (mixed.last_mut(), given.first()) {
        *last = *other;
    }
    mixed
}
