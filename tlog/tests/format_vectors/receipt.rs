//! Receipts.

use einsicht_tlog::checkpoint::{self, CheckpointError};
use einsicht_tlog::hash::{encode_base64, leaf_hash};
use einsicht_tlog::note::{self, VerifyNoteError};
use einsicht_tlog::proof::{ProofError, ProofPlan};
use einsicht_tlog::receipt::{Receipt, ReceiptError};
use einsicht_tlog::{Hash, Index, Size};
use serde::Serialize;

use crate::checkpoint::{head, signed, unknown_line};
use crate::fixture::{Decimal, Hex, ORIGIN, chain, json, key, other_key, text, texts, tree_of, verifiers};

#[derive(Serialize)]
struct ReceiptFile {
    origin: &'static str,
    verifier_keys: Vec<String>,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    receipt: String,
    given_leaf: Option<Hex>,
    index: Decimal,
    size: Decimal,
    leaf: Hex,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    receipt: String,
    given_leaf: Option<Hex>,
    reason: &'static str,
}

pub fn receipts() -> String {
    let known = verifiers(&[&key()]);
    json(&ReceiptFile {
        origin: ORIGIN,
        verifier_keys: texts(&known),
        valid: valid_receipts(),
        invalid: invalid_receipts(),
    })
}

/// The receipt of an entry of `chain.json`, under the checkpoint of the whole ledger.
fn receipt(index: u64) -> Receipt {
    let leaves = chain();
    let plan = ProofPlan::inclusion(Index(index), Size(leaves.len() as u64)).unwrap();
    let proof = plan
        .build::<std::convert::Infallible>(|subtree| {
            let start = (subtree.index << subtree.height) as usize;
            Ok(tree_of(leaves[start..start + (1 << subtree.height)].iter().map(|leaf| leaf_hash(leaf)))
                .root())
        })
        .unwrap();
    let leaf = Some(leaves[index as usize].clone());
    Receipt { leaf, index: Index(index), proof, checkpoint: signed().into_bytes() }
}

fn valid_receipts() -> Vec<Valid> {
    let leaf = |index: usize| Some(chain()[index].clone());
    let first_head = tree_of([leaf_hash(&chain()[0])]).head();
    let alone = Receipt { proof: Vec::new(), checkpoint: checkpoint::sign(first_head, &key()), ..receipt(0) };
    let cosigned = Receipt { checkpoint: (signed() + &unknown_line(1, 72)).into_bytes(), ..receipt(1) };
    vec![
        valid("entry 0", &receipt(0), None),
        valid("entry 3", &receipt(3), None),
        valid("the last entry", &receipt(4), None),
        valid("the only entry: no hashes", &alone, None),
        valid("the leaf in the file and given", &receipt(3), leaf(3)),
        valid("the leaf given only", &Receipt { leaf: None, ..receipt(3) }, leaf(3)),
        valid("a cosigned checkpoint", &cosigned, None),
    ]
}

fn valid(name: &'static str, receipt: &Receipt, given: Option<Vec<u8>>) -> Valid {
    let bytes = receipt.to_bytes();
    let read = Receipt::parse(&bytes).unwrap();
    assert_eq!(&read, receipt);
    let (leaf, checkpoint) = read.verify(given.as_deref(), ORIGIN, &verifiers(&[&key()])).unwrap();
    Valid {
        name,
        receipt: text(bytes),
        given_leaf: given.map(Hex),
        index: Decimal(read.index.0),
        size: Decimal(checkpoint.head.size.0),
        leaf: Hex(leaf),
    }
}

const FORM: &str = "a line is not what belongs there";
const NO_LEAF: &str = "neither the file nor anybody else gives the leaf";
const OTHER_LEAF: &str = "the leaf in the file is not the leaf given";
const CHECKPOINT: &str = "the checkpoint is no checkpoint";
const ORIGIN_REASON: &str = "the checkpoint is of another log";
const BAD_SIGNATURE: &str = "a signature of a known key does not fit the checkpoint";
const UNVERIFIED: &str = "no known key signed the checkpoint";
const RANGE: &str = "the checkpoint's tree has no entry with this index";
const LENGTH: &str = "the proof has not as many hashes as index and size ask for";
const ROOT: &str = "the proof leads to another root than the checkpoint's";

fn invalid_receipts() -> Vec<Invalid> {
    let file = text(receipt(3).to_bytes());
    let edit = |from: &str, to: &str| {
        assert!(file.contains(from), "nothing to edit: {from}");
        file.replacen(from, to, 1)
    };
    let with = |change: fn(&mut Receipt)| {
        let mut receipt = receipt(3);
        change(&mut receipt);
        text(receipt.to_bytes())
    };
    let lines: Vec<_> = file.split_inclusive('\n').collect();
    let [header, extra, index, first_hash] = [0, 1, 2, 3].map(|at| lines[at]);
    let cases = [
        ("another version", edit("proof@v1", "proof@v2"), FORM),
        ("no header", edit(header, ""), FORM),
        ("line ends of Windows", file.replace('\n', "\r\n"), FORM),
        ("no index", edit(index, ""), FORM),
        ("an index with a leading zero", edit("index 3", "index 03"), FORM),
        ("a negative index", edit("index 3", "index -3"), FORM),
        ("an index of 2^64", edit("index 3", "index 18446744073709551616"), FORM),
        ("the leaf behind the index", edit(&[extra, index].concat(), &[index, extra].concat()), FORM),
        ("the leaf twice", edit(extra, &[extra, extra].concat()), FORM),
        ("a leaf without padding", edit(extra, &format!("{}\n", extra.trim_end_matches(['=', '\n']))), FORM),
        ("a hash of 31 bytes", edit(first_hash, &format!("{}\n", encode_base64(&[7; 31]))), FORM),
        ("a hash in hexadecimal", edit(first_hash, &format!("{}\n", receipt(3).proof[0].to_hex())), FORM),
        ("an empty line before the index", edit("index", "\nindex"), FORM),
        ("no empty line before the checkpoint", edit("\n\nledger", "\nledger"), FORM),
        ("no checkpoint", file.split_once("\n\n").unwrap().0.to_owned(), FORM),
        ("something behind the checkpoint", file.clone() + "more\n", CHECKPOINT),
        (
            "a checkpoint without signatures",
            edit(&signed(), signed().split_once("\n\n").unwrap().0),
            CHECKPOINT,
        ),
        ("a checkpoint of another log", with(|r| r.checkpoint = elsewhere()), ORIGIN_REASON),
        ("a checkpoint changed after signing", edit("\n5\n", "\n6\n"), BAD_SIGNATURE),
        (
            "a checkpoint that an unknown key signed",
            with(|r| r.checkpoint = checkpoint::sign(head(), &other_key())),
            UNVERIFIED,
        ),
        ("an index past the end", with(|r| r.index = Index(5)), RANGE),
        ("the largest index", with(|r| r.index = Index(u64::MAX)), RANGE),
        ("another index", with(|r| r.index = Index(2)), ROOT),
        ("another index, proof of another length", with(|r| r.index = Index(4)), LENGTH),
        ("another leaf", with(|r| r.leaf = Some(chain()[2].clone())), ROOT),
        ("one bit of the leaf's time", with(|r| r.leaf.as_mut().unwrap()[40] ^= 1), ROOT),
        ("one bit of a hash", with(|r| r.proof[2].0[0] ^= 1), ROOT),
        ("two hashes swapped", with(|r| r.proof.swap(0, 1)), ROOT),
        ("a hash missing", with(|r| r.proof.truncate(2)), LENGTH),
        ("a hash too many", with(|r| r.proof.push(Hash([7; 32]))), LENGTH),
        ("a checkpoint of another size", with(|r| r.checkpoint = shorter()), LENGTH),
        ("no leaf", with(|r| r.leaf = None), NO_LEAF),
    ];
    let mut invalid: Vec<_> =
        cases.into_iter().map(|(name, file, reason)| refused(name, file, None, reason)).collect();
    let other = Some(chain()[2].clone());
    invalid.push(refused("another leaf given than in the file", with(|_| ()), other.clone(), OTHER_LEAF));
    invalid.push(refused("another leaf given", with(|r| r.leaf = None), other, ROOT));
    invalid
}

fn elsewhere() -> Vec<u8> {
    note::sign(&format!("other.example\n{}\n{}\n", head().size, head().root), &key())
}

fn shorter() -> Vec<u8> {
    checkpoint::sign(tree_of(chain()[..4].iter().map(|leaf| leaf_hash(leaf))).head(), &key())
}

fn refused(name: &'static str, receipt: String, given: Option<Vec<u8>>, reason: &'static str) -> Invalid {
    let verdict = Receipt::parse(receipt.as_bytes())
        .and_then(|read| read.verify(given.as_deref(), ORIGIN, &verifiers(&[&key()])));
    let found = match verdict.as_ref().unwrap_err() {
        ReceiptError::Malformed { .. } => FORM,
        ReceiptError::NoLeaf => NO_LEAF,
        ReceiptError::OtherLeaf => OTHER_LEAF,
        ReceiptError::Checkpoint(CheckpointError::Origin { .. }) => ORIGIN_REASON,
        ReceiptError::Checkpoint(CheckpointError::Signature(VerifyNoteError::BadSignature { .. })) => {
            BAD_SIGNATURE
        }
        ReceiptError::Checkpoint(CheckpointError::Signature(VerifyNoteError::Unverified { .. })) => {
            UNVERIFIED
        }
        ReceiptError::Checkpoint(_) => CHECKPOINT,
        ReceiptError::Proof(ProofError::IndexOutOfRange { .. }) => RANGE,
        ReceiptError::Proof(ProofError::Length { .. }) => LENGTH,
        ReceiptError::Proof(_) => ROOT,
    };
    assert_eq!(found, reason, "{name}: {verdict:?}");
    Invalid { name, receipt, given_leaf: given.map(Hex), reason }
}
