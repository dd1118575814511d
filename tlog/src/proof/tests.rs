use super::*;
use crate::merkle::tests::{leaves, root_by_definition};
use proptest::prelude::*;
use std::convert::Infallible;

fn head(leaves: &[Hash]) -> TreeHead {
    TreeHead { size: Size(leaves.len() as u64), root: root_by_definition(leaves) }
}

fn build(plan: &ProofPlan, leaves: &[Hash]) -> Vec<Hash> {
    plan.build::<Infallible>(|subtree| {
        let start = (subtree.index << subtree.height) as usize;
        Ok(root_by_definition(&leaves[start..start + (1 << subtree.height)]))
    })
    .unwrap()
}

proptest! {
    #[test]
    fn what_is_built_verifies_and_nothing_else_does(count in 1_u64..200, position: prop::sample::Index, other: [u8; 32], at: prop::sample::Index) {
        let leaves = leaves(count);
        let head = head(&leaves);
        let index = Index(position.index(leaves.len()) as u64);
        let proof = build(&ProofPlan::inclusion(index, head.size).unwrap(), &leaves);
        let leaf = leaves[index.0 as usize];
        prop_assert_eq!(verify_inclusion(&leaf, index, &head, &proof), Ok(()));
        prop_assert!(verify_inclusion(&Hash(other), index, &head, &proof).is_err());
        prop_assert!(verify_inclusion(&leaf, Index(index.0 + 1), &head, &proof).is_err());
        prop_assert!(verify_inclusion(&leaf, index, &head, &[&proof[..], &[Hash(other)]].concat()).is_err());
        if !proof.is_empty() {
            let mut wrong = proof.clone();
            wrong[at.index(proof.len())] = Hash(other);
            let mismatch = matches!(verify_inclusion(&leaf, index, &head, &wrong), Err(ProofError::RootMismatch { .. }));
            prop_assert!(mismatch);
            prop_assert!(verify_inclusion(&leaf, index, &head, &proof[1..]).is_err());
        }
    }

    #[test]
    fn consistency_holds_for_every_prefix_and_for_nothing_else(count in 1_u64..200, position: prop::sample::Index, other: [u8; 32], at: prop::sample::Index) {
        let leaves = leaves(count);
        let new = head(&leaves);
        let old = head(&leaves[..=position.index(leaves.len())]);
        let proof = build(&ProofPlan::consistency(old.size, new.size).unwrap(), &leaves);
        prop_assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
        let forged = TreeHead { root: Hash(other), ..old };
        prop_assert!(verify_consistency(&forged, &new, &proof).is_err());
        let forged = TreeHead { root: Hash(other), ..new };
        prop_assert!(verify_consistency(&old, &forged, &proof).is_err());
        prop_assert!(verify_consistency(&old, &new, &[&proof[..], &[Hash(other)]].concat()).is_err());
        if !proof.is_empty() {
            let mut wrong = proof.clone();
            wrong[at.index(proof.len())] = Hash(other);
            prop_assert!(verify_consistency(&old, &new, &wrong).is_err());
        }
    }

    #[test]
    fn lengths_are_known_before_any_hash_is_read(size in 1_u64.., a: u64, b: u64) {
        let index = Index(a % size);
        let plan = ProofPlan::inclusion(index, Size(size)).unwrap();
        prop_assert_eq!(plan.hash_count(), inclusion_hash_count(index, Size(size)));
        let old = Size(b % size + 1);
        let plan = ProofPlan::consistency(old, Size(size)).unwrap();
        prop_assert_eq!(plan.hash_count(), consistency_hash_count(old, Size(size)));
    }
}

#[test]
fn a_consistency_proof_from_the_empty_tree_is_always_an_error() {
    let empty = TreeHead { size: Size(0), root: Hash::EMPTY_ROOT };
    let one = head(&leaves(1));
    let refused = |new: Size| Err(ProofError::SizeOutOfRange { old: Size(0), new });
    assert_eq!(verify_consistency(&empty, &one, &[]), refused(Size(1)));
    assert_eq!(verify_consistency(&empty, &empty, &[]), refused(Size(0)));
    assert!(ProofPlan::consistency(Size(0), Size(1)).is_err());
}
