//! The vectors of RFC 6962 that Certificate Transparency's own implementation is tested with.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::convert::Infallible;

use common::{Hex, read_json, shared};
use einsicht_tlog::hash::{leaf_hash, node_hash};
use einsicht_tlog::proof::{ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::{Frontier, Hash, Index, Size, Subtree, TreeHead};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "hash")]
    _hash: String,
    empty_root: Hex,
    leaf_inputs_hex: Vec<Hex>,
    roots_hex_size_1_to_8: Vec<Hex>,
    leaf_hash_examples: Vec<LeafExample>,
    node_hash_examples: Vec<NodeExample>,
    inclusion_paths: Vec<Path>,
    consistency_proofs: Vec<Consistency>,
}

#[derive(Deserialize)]
struct LeafExample {
    leaf_ascii: String,
    hash: Hex,
}

#[derive(Deserialize)]
struct NodeExample {
    left_ascii: String,
    right_ascii: String,
    hash: Hex,
}

#[derive(Deserialize)]
struct Path {
    /// Counted from 1; 0 is the case of a tree without entries.
    leaf_1based: u64,
    tree_size: u64,
    hashes: Vec<Hex>,
}

#[derive(Deserialize)]
struct Consistency {
    size1: u64,
    size2: u64,
    hashes: Vec<Hex>,
}

#[test]
fn leaves_and_roots_hash_as_in_certificate_transparency() {
    let Some(vectors) = vectors() else { return };
    assert_eq!(Hash::EMPTY_ROOT, hash(&vectors.empty_root));
    assert_eq!((vectors.leaf_inputs_hex.len(), vectors.roots_hex_size_1_to_8.len()), (8, 8));
    assert_eq!(head(&vectors, 0).root, Hash::EMPTY_ROOT);
    for (size, root) in (1..).zip(&vectors.roots_hex_size_1_to_8) {
        assert_eq!(head(&vectors, size), TreeHead { size: Size(size), root: hash(root) });
    }
    assert_eq!((vectors.leaf_hash_examples.len(), vectors.node_hash_examples.len()), (2, 1));
    for example in &vectors.leaf_hash_examples {
        assert_eq!(leaf_hash(example.leaf_ascii.as_bytes()), hash(&example.hash));
    }
}

/// The example's children are four bytes long, which no child in a tree is: what is checked with it is
/// the prefix byte, and with real children that `node_hash` is that same function.
#[test]
fn nodes_hash_as_in_certificate_transparency() {
    let Some(vectors) = vectors() else { return };
    let by_definition =
        |left: &[u8], right: &[u8]| einsicht_tlog::hash::sha256(&[&[1][..], left, right].concat());
    for example in &vectors.node_hash_examples {
        let found = by_definition(example.left_ascii.as_bytes(), example.right_ascii.as_bytes());
        assert_eq!(found, hash(&example.hash));
    }
    let [left, right] = [0, 1].map(|at| leaf_hash(&vectors.leaf_inputs_hex[at].0));
    assert_eq!(node_hash(&left, &right), by_definition(&left.0, &right.0));
    assert_eq!(node_hash(&left, &right), hash(&vectors.roots_hex_size_1_to_8[1]));
}

#[test]
fn inclusion_paths_are_built_and_verified_as_in_certificate_transparency() {
    let Some(vectors) = vectors() else { return };
    assert_eq!(vectors.inclusion_paths.len(), 6);
    for path in &vectors.inclusion_paths {
        let (size, expected) = (Size(path.tree_size), hashes(&path.hashes));
        let Some(index) = path.leaf_1based.checked_sub(1).map(Index) else {
            assert!(expected.is_empty() && ProofPlan::inclusion(Index(0), size).is_err());
            continue;
        };
        let built = build(&vectors, &ProofPlan::inclusion(index, size).unwrap());
        assert_eq!(built, expected, "path of entry {index} in {size}");
        let leaf = leaf_hash(&vectors.leaf_inputs_hex[index.0 as usize].0);
        let head = head(&vectors, size.0);
        assert_eq!(verify_inclusion(&leaf, index, &head, &expected), Ok(()));
        let wrong = TreeHead { root: leaf_hash(b"another tree"), ..head };
        assert!(verify_inclusion(&leaf, index, &wrong, &expected).is_err());
    }
}

#[test]
fn consistency_proofs_are_built_and_verified_as_in_certificate_transparency() {
    let Some(vectors) = vectors() else { return };
    assert_eq!(vectors.consistency_proofs.len(), 4);
    for proof in &vectors.consistency_proofs {
        let (old, new) = (head(&vectors, proof.size1), head(&vectors, proof.size2));
        let expected = hashes(&proof.hashes);
        let built = build(&vectors, &ProofPlan::consistency(old.size, new.size).unwrap());
        assert_eq!(built, expected, "from {} to {}", old.size, new.size);
        assert_eq!(verify_consistency(&old, &new, &expected), Ok(()));
        let wrong = TreeHead { root: leaf_hash(b"another tree"), ..old };
        assert!(verify_consistency(&wrong, &new, &expected).is_err());
    }
}

fn vectors() -> Option<Vectors> {
    shared("rfc6962-vectors/rfc6962.json").map(read_json)
}

fn head(vectors: &Vectors, size: u64) -> TreeHead {
    let mut frontier = Frontier::new();
    vectors.leaf_inputs_hex[..size as usize].iter().for_each(|leaf| frontier.push(leaf_hash(&leaf.0)));
    frontier.head()
}

fn build(vectors: &Vectors, plan: &ProofPlan) -> Vec<Hash> {
    plan.build::<Infallible>(|Subtree { height, index }| {
        let mut frontier = Frontier::new();
        let start = (index << height) as usize;
        let leaves = &vectors.leaf_inputs_hex[start..start + (1 << height)];
        leaves.iter().for_each(|leaf| frontier.push(leaf_hash(&leaf.0)));
        Ok(frontier.root())
    })
    .unwrap()
}

fn hashes(list: &[Hex]) -> Vec<Hash> {
    list.iter().map(hash).collect()
}

fn hash(bytes: &Hex) -> Hash {
    Hash::from_slice(&bytes.0).unwrap()
}
