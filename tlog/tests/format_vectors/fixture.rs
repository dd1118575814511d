//! The ledger that the vectors are about, and how they are written down.

use einsicht_tlog::hash::{encode_base64, leaf_hash, to_hex};
use einsicht_tlog::key::KeyId;
use einsicht_tlog::{Frontier, Hash, Leaf, Origin, RecordedAt, SigningKey, VerifierKey};
use serde::{Serialize, Serializer};

pub const ORIGIN: &str = "ledger.example/test";
/// For tests only: everybody knows it.
pub const SEED: &[u8; 32] = b"einsicht test key, never use it!";
/// For tests only: everybody knows it.
pub const OTHER_SEED: &[u8; 32] = b"another test key, never use it!!";

/// A 64-bit number, as decimal text: not every reader of JSON keeps all digits of a number.
#[derive(Debug, Clone, Copy)]
pub struct Decimal(pub u64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Bytes, as hexadecimal digits.
#[derive(Debug, Clone)]
pub struct Hex(pub Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(&self.0))
    }
}

impl From<Hash> for Hex {
    fn from(hash: Hash) -> Self {
        Self(hash.0.to_vec())
    }
}

impl From<&[u8]> for Hex {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

pub fn hexes(hashes: &[Hash]) -> Vec<Hex> {
    hashes.iter().copied().map(Hex::from).collect()
}

/// A file of vectors.
pub fn json(file: &impl Serialize) -> String {
    format!("{}\n", serde_json::to_string_pretty(file).unwrap())
}

/// Entries of the ledger `ORIGIN`; times repeat, but never go back.
pub fn chain() -> Vec<Vec<u8>> {
    let times = [1_767_225_600, 1_767_225_600, 1_767_225_601, 1_767_229_200, 1_767_229_200];
    let mut previous = Origin::parse(ORIGIN).unwrap().hash();
    (0..times.len())
        .map(|index| {
            let body = format!("body {index}").into_bytes();
            let leaf = leaf_bytes(previous, times[index], &body);
            previous = leaf_hash(&leaf);
            leaf
        })
        .collect()
}

pub fn leaf_bytes(previous: Hash, recorded_at: u64, body: &[u8]) -> Vec<u8> {
    Leaf { previous, recorded_at: RecordedAt(recorded_at), body }.to_bytes().unwrap()
}

/// Entry `number` of the trees in the vectors: its number in decimal digits.
pub fn numbered_leaf_hash(number: u64) -> Hash {
    leaf_hash(number.to_string().as_bytes())
}

pub fn numbered_tree(size: u64) -> Frontier {
    tree_of((0..size).map(numbered_leaf_hash))
}

pub fn tree_of(leaf_hashes: impl IntoIterator<Item = Hash>) -> Frontier {
    let mut frontier = Frontier::new();
    leaf_hashes.into_iter().for_each(|hash| frontier.push(hash));
    frontier
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, SEED).unwrap()
}

/// A second key of the same ledger.
pub fn other_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, OTHER_SEED).unwrap()
}

pub fn verifiers(keys: &[&SigningKey]) -> Vec<VerifierKey> {
    keys.iter().map(|key| key.verifier().clone()).collect()
}

pub fn texts(keys: &[VerifierKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

pub fn signature_line(name: &str, id: KeyId, signature: &[u8]) -> String {
    format!("— {name} {}\n", encode_base64(&[&id.0, signature].concat()))
}

pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
