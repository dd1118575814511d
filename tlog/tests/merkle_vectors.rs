//! The 518 Merkle vectors of `transparency-dev/merkle`: inclusion and consistency, most must fail.
//!
//! 196 of them are about a whole tree, which is what this crate verifies. The other 322 are about a
//! subtree `[start, end)` of a tree, as draft-ietf-plants-merkle-tree-certs defines it, for which the
//! crate has no function. They are still all put to use, because what they ask for can be said in
//! terms of whole trees:
//!
//! - An entry of a subtree is entry `index − start` of a tree of `end − start` entries.
//! - A subtree that starts at 0 is an older tree.
//! - No other vector holds a subtree that is one: they start where no subtree of that length can, end
//!   past the tree, or are empty, and are refused before any hash is looked at.
//!
//! Eight vectors should pass and do not, on purpose; see [`STRICTER`]. None passes that should fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{InBase64, files_below, read_json, shared};
use einsicht_tlog::hash::sha256;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Hash, Index, Size, TreeHead};
use serde::Deserialize;

/// The vectors that their authors accept and we refuse: the two reasons of `../shared/data/README.md`.
/// A hash here has 32 bytes, and the empty tree is consistent with everything, which says nothing.
const STRICTER: [(&str, Refusal); 8] = [
    ("consistency/additional/sizes-are-equal-one-and-proof-is-empty.json", Refusal::NotAHash),
    ("subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json", Refusal::NotAHash),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-proof-is-empty.json",
        Refusal::Subtree,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-tree-root-random-proof-is-empty.json",
        Refusal::NotAHash,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-proof-is-empty.json",
        Refusal::Proof,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty.json",
        Refusal::NotAHash,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-proof-is-empty.json",
        Refusal::Subtree,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-tree-root-random-proof-is-empty.json",
        Refusal::Subtree,
    ),
];

/// Where a vector was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    /// When it was read: a hash that has not 32 bytes.
    NotAHash,
    /// Before the proof: `[start, end)` is not a subtree, or the entry is not in it.
    Subtree,
    /// By the function under test.
    Proof,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: InBase64,
    leaf_hash: InBase64,
    proof: Option<Vec<InBase64>>,
    #[serde(rename = "desc")]
    _description: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubtreeInclusion {
    leaf_idx: u64,
    start: u64,
    end: u64,
    root: InBase64,
    leaf_hash: InBase64,
    proof: Option<Vec<InBase64>>,
    #[serde(rename = "desc")]
    _description: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: InBase64,
    root2: InBase64,
    proof: Option<Vec<InBase64>>,
    #[serde(rename = "desc")]
    _description: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubtreeConsistency {
    start: u64,
    end: u64,
    size: u64,
    root1: InBase64,
    root2: InBase64,
    proof: Option<Vec<InBase64>>,
    #[serde(rename = "desc")]
    _description: String,
    want_err: bool,
}

#[test]
fn every_vector_is_judged_as_its_authors_do_or_more_strictly() {
    let Some(folder) = shared("merkle-vectors/testdata") else { return };
    let files = files_below(&folder);
    assert_eq!(files.len(), 518, "vectors in total");
    let mut counts = BTreeMap::<(String, Result<(), Refusal>), usize>::new();
    let mut mismatches = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        let (kind, _) = name.split_once('/').unwrap();
        let (must_fail, found) = judge(kind, file);
        let expected = if must_fail { Err(()) } else { Ok(()) };
        let stricter = STRICTER.iter().find(|(known, _)| *known == name).map(|(_, refusal)| *refusal);
        let as_expected = match stricter {
            Some(refusal) => !must_fail && found == Err(refusal),
            None => found.map_err(|_| ()) == expected,
        };
        if !as_expected {
            mismatches
                .push(format!("{name}: expected {expected:?} (stricter: {stricter:?}), found {found:?}"));
        }
        *counts.entry((kind.to_owned(), found)).or_default() += 1;
    }
    assert!(mismatches.is_empty(), "{} of 518 differ:\n{}", mismatches.len(), mismatches.join("\n"));
    let counts: Vec<_> =
        counts.iter().map(|((kind, found), count)| (kind.as_str(), *found, *count)).collect();
    assert_eq!(counts, expected_counts());
}

/// So that no vector can be refused for another reason than before without anybody noticing.
fn expected_counts() -> Vec<(&'static str, Result<(), Refusal>, usize)> {
    use Refusal::{NotAHash, Proof, Subtree};
    Vec::from([
        ("consistency", Ok(()), 5),
        ("consistency", Err(NotAHash), 27),
        ("consistency", Err(Proof), 66),
        ("inclusion", Ok(()), 6),
        ("inclusion", Err(NotAHash), 26),
        ("inclusion", Err(Proof), 66),
        ("subtreeconsistency", Ok(()), 5),
        ("subtreeconsistency", Err(NotAHash), 36),
        ("subtreeconsistency", Err(Subtree), 9),
        ("subtreeconsistency", Err(Proof), 68),
        ("subtreeinclusion", Ok(()), 12),
        ("subtreeinclusion", Err(NotAHash), 52),
        ("subtreeinclusion", Err(Subtree), 12),
        ("subtreeinclusion", Err(Proof), 128),
    ])
}

/// The two vectors of equal trees whose roots are 12 bytes long hold with roots of 32 bytes.
#[test]
fn equal_trees_are_consistent_with_an_empty_proof() {
    let Some(folder) = shared("merkle-vectors/testdata/consistency/additional") else { return };
    let vector: Consistency = read_json(folder.join("sizes-are-equal-one-and-proof-is-empty.json"));
    assert!(!vector.want_err && vector.root1 == vector.root2);
    let head = |size, root: &InBase64| TreeHead { size: Size(size), root: sha256(&root.0) };
    let (old, new) = (head(vector.size1, &vector.root1), head(vector.size2, &vector.root2));
    assert_eq!(verify_consistency(&old, &new, &[]), Ok(()));
}

/// Whether the vector must fail, and whether it did.
fn judge(kind: &str, file: &Path) -> (bool, Result<(), Refusal>) {
    match kind {
        "inclusion" => {
            let v: Inclusion = read_json(file);
            (v.want_err, inclusion(v.leaf_idx, v.tree_size, [&v.root, &v.leaf_hash], v.proof))
        }
        "subtreeinclusion" => {
            let v: SubtreeInclusion = read_json(file);
            (v.want_err, subtree_inclusion(v))
        }
        "consistency" => {
            let v: Consistency = read_json(file);
            (v.want_err, consistency([v.size1, v.size2], [&v.root1, &v.root2], v.proof))
        }
        "subtreeconsistency" => {
            let v: SubtreeConsistency = read_json(file);
            (v.want_err, subtree_consistency(v))
        }
        other => panic!("vectors of an unknown kind: {other}"),
    }
}

fn inclusion(
    index: u64,
    size: u64,
    hashes: [&InBase64; 2],
    proof: Option<Vec<InBase64>>,
) -> Result<(), Refusal> {
    let [root, leaf_hash] = hashes.map(hash);
    let head = TreeHead { size: Size(size), root: root? };
    verify_inclusion(&leaf_hash?, Index(index), &head, &read_proof(proof)?).map_err(|_| Refusal::Proof)
}

fn subtree_inclusion(v: SubtreeInclusion) -> Result<(), Refusal> {
    let hashes = [&v.root, &v.leaf_hash];
    hashes.map(hash).into_iter().collect::<Result<Vec<_>, _>>()?;
    let index = v.leaf_idx.checked_sub(v.start).ok_or(Refusal::Subtree)?;
    let size = subtree_size(v.start, v.end)?;
    inclusion(index, size, hashes, v.proof)
}

fn consistency(sizes: [u64; 2], roots: [&InBase64; 2], proof: Option<Vec<InBase64>>) -> Result<(), Refusal> {
    let [old, new] = roots.map(hash);
    let old = TreeHead { size: Size(sizes[0]), root: old? };
    let new = TreeHead { size: Size(sizes[1]), root: new? };
    verify_consistency(&old, &new, &read_proof(proof)?).map_err(|_| Refusal::Proof)
}

fn subtree_consistency(v: SubtreeConsistency) -> Result<(), Refusal> {
    let roots = [&v.root1, &v.root2];
    roots.map(hash).into_iter().collect::<Result<Vec<_>, _>>()?;
    if v.start == 0 {
        return consistency([v.end, v.size], roots, v.proof);
    }
    match subtree_size(v.start, v.end) {
        Ok(_) if v.end <= v.size => panic!("a proof for a subtree from {} is new here", v.start),
        _ => Err(Refusal::Subtree),
    }
}

/// `end − start`, if a subtree of that length can start there.
fn subtree_size(start: u64, end: u64) -> Result<u64, Refusal> {
    let size = end.checked_sub(start).filter(|size| *size > 0).ok_or(Refusal::Subtree)?;
    let aligned =
        start == 0 || size.checked_next_power_of_two().is_some_and(|step| start.is_multiple_of(step));
    if aligned { Ok(size) } else { Err(Refusal::Subtree) }
}

fn read_proof(proof: Option<Vec<InBase64>>) -> Result<Vec<Hash>, Refusal> {
    proof.unwrap_or_default().iter().map(hash).collect()
}

fn hash(bytes: &InBase64) -> Result<Hash, Refusal> {
    Hash::from_slice(&bytes.0).ok_or(Refusal::NotAHash)
}
