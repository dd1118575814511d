//! Roots and frontiers of trees.

use einsicht_tlog::hash::{leaf_hash, node_hash};
use einsicht_tlog::{Frontier, Hash, Size};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, hexes, json, numbered_leaf_hash, numbered_tree};

#[derive(Serialize)]
struct TreeFile {
    empty_root: Hex,
    node: Node,
    leaves: Vec<NumberedLeaf>,
    trees: Vec<Tree>,
}

#[derive(Serialize)]
struct Node {
    left: Hex,
    right: Hex,
    hash: Hex,
}

#[derive(Serialize)]
struct NumberedLeaf {
    leaf: Hex,
    leaf_hash: Hex,
}

#[derive(Serialize)]
struct Tree {
    size: Decimal,
    root: Hex,
    frontier: Vec<Hex>,
}

pub fn trees() -> String {
    let [left, right] = [0, 1].map(numbered_leaf_hash);
    let node = Node { left: left.into(), right: right.into(), hash: node_hash(&left, &right).into() };
    let leaves = [0_u64, 1, 20, 999]
        .map(|number| {
            let leaf = number.to_string().into_bytes();
            NumberedLeaf { leaf_hash: leaf_hash(&leaf).into(), leaf: Hex(leaf) }
        })
        .into();
    let trees = (0..=20).chain([255, 256, 257, 1000]).map(tree).collect();
    json(&TreeFile { empty_root: Hash::EMPTY_ROOT.into(), node, leaves, trees })
}

fn tree(size: u64) -> Tree {
    let frontier = numbered_tree(size);
    let taken_up = Frontier::from_roots(Size(size), frontier.roots().to_vec()).unwrap();
    assert_eq!(taken_up.root(), frontier.root());
    Tree { size: Decimal(size), root: frontier.root().into(), frontier: hexes(frontier.roots()) }
}
