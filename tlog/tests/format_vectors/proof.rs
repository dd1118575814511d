//! Inclusion and consistency proofs.

use einsicht_tlog::hash::sha256;
use einsicht_tlog::proof::{ProofError, ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::{Hash, Index, Size, TreeHead};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, hexes, json, numbered_leaf_hash, numbered_tree, tree_of};

#[derive(Serialize)]
struct ProofFile<T> {
    valid: Vec<T>,
    invalid: Vec<Invalid<T>>,
}

#[derive(Serialize)]
struct Invalid<T> {
    name: &'static str,
    #[serde(flatten)]
    claim: T,
    reason: &'static str,
}

#[derive(Serialize, Clone)]
struct Inclusion {
    leaf_hash: Hex,
    index: Decimal,
    size: Decimal,
    root: Hex,
    proof: Vec<Hex>,
}

#[derive(Serialize, Clone)]
struct Consistency {
    old_size: Decimal,
    old_root: Hex,
    new_size: Decimal,
    new_root: Hex,
    proof: Vec<Hex>,
}

pub fn inclusion() -> String {
    let small = (1..=7).flat_map(|size| (0..size).map(move |index| (index, size)));
    let larger = [(0, 20), (7, 20), (16, 20), (19, 20), (255, 257), (256, 257), (511, 1000), (998, 1000)];
    let mut valid: Vec<_> = small.chain(larger).map(|(index, size)| included(index, size)).collect();
    // A proof speaks for a root, not for a size: that an entry is under this root holds either way.
    valid.push(Inclusion { size: Decimal(8), ..included(4, 7) });
    valid.push(largest());
    for vector in &valid {
        assert_eq!(verdict_of_inclusion(vector), Ok(()));
    }
    json(&ProofFile { valid, invalid: invalid_inclusion() })
}

fn included(index: u64, size: u64) -> Inclusion {
    let proof = build(&ProofPlan::inclusion(Index(index), Size(size)).unwrap());
    let root = numbered_tree(size).root();
    inclusion_of(numbered_leaf_hash(index), [index, size], root, &proof)
}

/// The longest proof that there is, of a tree that nobody has: its hashes are made up, and so is the
/// root that they lead to.
fn largest() -> Inclusion {
    let (index, size) = (u64::MAX - 1, u64::MAX);
    let leaf = numbered_leaf_hash(index);
    let proof: Vec<_> = (0_u64..63).map(numbered_leaf_hash).collect();
    let head = TreeHead { size: Size(size), root: Hash::EMPTY_ROOT };
    let verdict = verify_inclusion(&leaf, Index(index), &head, &proof);
    let Err(ProofError::RootMismatch { actual, .. }) = verdict else { unreachable!("{verdict:?}") };
    inclusion_of(leaf, [index, size], actual, &proof)
}

fn inclusion_of(leaf_hash: Hash, index_and_size: [u64; 2], root: Hash, proof: &[Hash]) -> Inclusion {
    let [index, size] = index_and_size.map(Decimal);
    Inclusion { leaf_hash: leaf_hash.into(), index, size, root: root.into(), proof: hexes(proof) }
}

fn verdict_of_inclusion(claim: &Inclusion) -> Result<(), ProofError> {
    let head = TreeHead { size: Size(claim.size.0), root: hash(&claim.root) };
    verify_inclusion(&hash(&claim.leaf_hash), Index(claim.index.0), &head, &hashes(&claim.proof))
}

fn invalid_inclusion() -> Vec<Invalid<Inclusion>> {
    let good = included(4, 7);
    let other_root = "the proof leads to another root";
    let length = "the proof has not as many hashes as index and size ask for";
    let range = "the tree has no entry with this index";
    let wrong = |change: fn(&mut Inclusion)| {
        let mut claim = good.clone();
        change(&mut claim);
        claim
    };
    let cases = [
        ("another entry", wrong(|c| c.leaf_hash = numbered_leaf_hash(5).into()), other_root),
        ("another root", wrong(|c| c.root = numbered_tree(8).root().into()), other_root),
        ("another index, proof of the same length", wrong(|c| c.index.0 = 5), other_root),
        ("another index, proof of another length", wrong(|c| c.index.0 = 6), length),
        ("another size, proof of another length", wrong(|c| c.size.0 = 5), length),
        ("index past the end", wrong(|c| c.index.0 = 7), range),
        ("the largest index", wrong(|c| c.index.0 = u64::MAX), range),
        ("an empty tree", wrong(|c| c.size.0 = 0), range),
        ("one bit of a hash", wrong(|c| c.proof[1].0[31] ^= 1), other_root),
        ("two hashes swapped", wrong(|c| c.proof.swap(0, 1)), other_root),
        ("the first hash missing", wrong(|c| drop(c.proof.remove(0))), length),
        ("the last hash missing", wrong(|c| drop(c.proof.pop())), length),
        ("a hash too many", wrong(|c| c.proof.push(c.root.clone())), length),
        ("no proof", wrong(|c| c.proof.clear()), length),
        (
            "no proof, and the leaf hash as root",
            wrong(|c| (c.proof, c.root) = (Vec::new(), c.leaf_hash.clone())),
            length,
        ),
    ];
    refused(cases, |claim| match verdict_of_inclusion(claim).unwrap_err() {
        ProofError::RootMismatch { .. } => other_root,
        ProofError::Length { .. } => length,
        ProofError::IndexOutOfRange { .. } => range,
        other @ ProofError::SizeOutOfRange { .. } => unreachable!("{other}"),
    })
}

pub fn consistency() -> String {
    let small = (1..=7).flat_map(|new| (1..=new).map(move |old| (old, new)));
    let larger =
        [(1, 20), (6, 20), (16, 20), (19, 20), (20, 20), (255, 257), (256, 257), (511, 1000), (999, 1000)];
    let mut valid: Vec<_> = small.chain(larger).map(|(old, new)| consistent(old, new)).collect();
    // As with inclusion, the proof speaks for the new root, not for the new size.
    valid.push(Consistency { new_size: Decimal(8), ..consistent(6, 7) });
    for vector in &valid {
        assert_eq!(verdict_of_consistency(vector), Ok(()));
    }
    json(&ProofFile { valid, invalid: invalid_consistency() })
}

fn consistent(old: u64, new: u64) -> Consistency {
    let proof = build(&ProofPlan::consistency(Size(old), Size(new)).unwrap());
    Consistency {
        old_size: Decimal(old),
        old_root: numbered_tree(old).root().into(),
        new_size: Decimal(new),
        new_root: numbered_tree(new).root().into(),
        proof: hexes(&proof),
    }
}

fn verdict_of_consistency(claim: &Consistency) -> Result<(), ProofError> {
    let old = TreeHead { size: Size(claim.old_size.0), root: hash(&claim.old_root) };
    let new = TreeHead { size: Size(claim.new_size.0), root: hash(&claim.new_root) };
    verify_consistency(&old, &new, &hashes(&claim.proof))
}

fn invalid_consistency() -> Vec<Invalid<Consistency>> {
    let other_root = "the proof leads to another root, of the old tree or of the new one";
    let length = "the proof has not as many hashes as the sizes ask for";
    let range = "it needs 1 <= old size <= new size; from the empty tree a proof says nothing";
    let from = |old, new, change: fn(&mut Consistency)| {
        let mut claim = consistent(old, new);
        change(&mut claim);
        claim
    };
    let wrong = |change| from(6, 7, change);
    let cases = [
        ("another old root", wrong(|c| c.old_root = numbered_tree(5).root().into()), other_root),
        ("another new root", wrong(|c| c.new_root = numbered_tree(8).root().into()), other_root),
        ("the same wrong root twice", wrong(|c| c.old_root = c.new_root.clone()), other_root),
        ("old root of a perfect tree changed", from(4, 7, |c| c.old_root.0[0] ^= 1), other_root),
        ("another old size", wrong(|c| c.old_size.0 = 5), length),
        ("another new size", wrong(|c| c.new_size.0 = 9), length),
        ("sizes the wrong way round", wrong(|c| (c.old_size, c.new_size) = (c.new_size, c.old_size)), range),
        (
            "from the empty tree",
            from(1, 7, |c| (c.old_size.0, c.old_root) = (0, Hash::EMPTY_ROOT.into())),
            range,
        ),
        (
            "from the empty tree, no proof",
            from(1, 1, |c| (c.old_size.0, c.old_root) = (0, Hash::EMPTY_ROOT.into())),
            range,
        ),
        ("from the empty tree to itself", from(1, 1, |c| (c.old_size.0, c.new_size.0) = (0, 0)), range),
        ("one size, two roots", from(7, 7, |c| c.old_root.0[0] ^= 1), other_root),
        ("one size, a proof", from(7, 7, |c| c.proof.push(c.new_root.clone())), length),
        ("one bit of a hash", wrong(|c| c.proof[1].0[31] ^= 1), other_root),
        ("two hashes swapped", wrong(|c| c.proof.swap(0, 1)), other_root),
        ("the first hash missing", wrong(|c| drop(c.proof.remove(0))), length),
        ("the last hash missing", wrong(|c| drop(c.proof.pop())), length),
        ("a hash too many", wrong(|c| c.proof.push(c.new_root.clone())), length),
        (
            "old root put before the proof, as if the old tree were not perfect",
            from(4, 7, |c| c.proof.insert(0, c.old_root.clone())),
            length,
        ),
        ("no proof", wrong(|c| c.proof.clear()), length),
    ];
    refused(cases, |claim| match verdict_of_consistency(claim).unwrap_err() {
        ProofError::RootMismatch { .. } => other_root,
        ProofError::Length { .. } => length,
        ProofError::SizeOutOfRange { .. } => range,
        other @ ProofError::IndexOutOfRange { .. } => unreachable!("{other}"),
    })
}

fn refused<T, const N: usize>(
    cases: [(&'static str, T, &'static str); N],
    reason_of: impl Fn(&T) -> &'static str,
) -> Vec<Invalid<T>> {
    let check = |(name, claim, reason)| {
        assert_eq!(reason_of(&claim), reason, "{name}");
        Invalid { name, claim, reason }
    };
    cases.into_iter().map(check).collect()
}

fn build(plan: &ProofPlan) -> Vec<Hash> {
    plan.build::<std::convert::Infallible>(|subtree| {
        let start = subtree.index << subtree.height;
        Ok(tree_of((start..start + (1 << subtree.height)).map(numbered_leaf_hash)).root())
    })
    .unwrap()
}

fn hash(bytes: &Hex) -> Hash {
    Hash::from_slice(&bytes.0).unwrap()
}

fn hashes(list: &[Hex]) -> Vec<Hash> {
    list.iter().map(hash).collect()
}

/// The vectors' own rule for leaves is what `numbered_leaf_hash` does.
#[test]
fn numbered_leaves_are_decimal_digits() {
    assert_eq!(numbered_leaf_hash(10), sha256(b"\x0010"));
}
