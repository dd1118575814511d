//! SHA-256 hashes of the tree, with domain separation. RFC 6962 section 2.1.

mod message;

use std::fmt;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use message::{LeafMessage, NodeMessage};

/// A SHA-256 hash: 32 bytes. Shown as standard base64, as checkpoints and receipts write it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; Hash::BYTES]);

impl Hash {
    /// Length of a hash.
    pub const BYTES: usize = 32;

    /// Root of the empty tree: SHA-256 of nothing.
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// Takes exactly 32 bytes as a hash; `None` for any other number of bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads standard, padded, canonical base64 of 32 bytes; `None` for anything else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        Self::from_slice(&decode_base64(text)?)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Lower-case hexadecimal, for people and JSON.
    #[must_use]
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base64(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({})", self.to_hex())
    }
}

/// Hash of a leaf: `H(0x00 ‖ leaf)`. RFC 6962 section 2.1.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut message = LeafMessage::EMPTY;
    message.lay_out(leaf);
    message.hash().unwrap_or_else(|| streamed(leaf))
}

/// [`leaf_hash`] of each leaf, for whom has many: that costs a fifth less than one by one.
#[must_use]
pub fn leaf_hashes(leaves: &[&[u8]]) -> Vec<Hash> {
    let mut hashes = Vec::with_capacity(leaves.len());
    let mut messages = [LeafMessage::EMPTY; LAID_OUT];
    for group in leaves.chunks(LAID_OUT) {
        for (message, leaf) in messages.iter_mut().zip(group) {
            message.lay_out(leaf);
        }
        let hash = |(message, leaf): (&LeafMessage, &&[u8])| message.hash().unwrap_or_else(|| streamed(leaf));
        hashes.extend(messages.iter().zip(group).map(hash));
    }
    hashes
}

/// Hash of an interior node: `H(0x01 ‖ left ‖ right)`. RFC 6962 section 2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut message = NodeMessage::EMPTY;
    message.lay_out(left, right);
    message.hash()
}

/// [`node_hash`] of each pair, likewise.
#[must_use]
pub fn node_hashes(pairs: &[[Hash; 2]]) -> Vec<Hash> {
    let mut hashes = Vec::with_capacity(pairs.len());
    let mut messages = [NodeMessage::EMPTY; LAID_OUT];
    for group in pairs.chunks(LAID_OUT) {
        for (message, [left, right]) in messages.iter_mut().zip(group) {
            message.lay_out(left, right);
        }
        hashes.extend(messages.iter().zip(group).map(|(message, _)| message.hash()));
    }
    hashes
}

/// How many messages are laid out before the first one is hashed. A block that was written a moment ago can't be
/// read in words of another width until it has reached the cache: whoever hashes it at once waits for that.
const LAID_OUT: usize = 8;

/// For leaves that are too long to be laid out.
fn streamed(leaf: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([message::LEAF_PREFIX]).chain_update(leaf).finalize().into())
}

/// Plain SHA-256, without domain separation.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Standard base64 with padding. RFC 4648 section 4.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Reads standard base64; padding is required and unused bits must be zero, so that every value has
/// one spelling. `None` for anything else.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_vec(text).ok()?;
    (encode_base64(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY_ROOT, sha256(b""));
    }

    fn of_library(prefix: u8, parts: &[&[u8]]) -> Hash {
        Hash(parts.iter().fold(Sha256::new().chain_update([prefix]), Digest::chain_update).finalize().into())
    }

    fn some_bytes(count: u32) -> Vec<u8> {
        (0..count).map(|i| (i * 7 + 1) as u8).collect()
    }

    #[test]
    fn leaves_of_every_length_are_hashed_as_the_library_hashes_them() {
        let bytes = some_bytes(700);
        for length in 0..bytes.len() {
            let leaf = &bytes[..length];
            assert_eq!(leaf_hash(leaf), of_library(0x00, &[leaf]), "{length} bytes");
        }
    }

    #[test]
    fn nodes_are_hashed_as_the_library_hashes_them() {
        let hashes: Vec<_> = (0_u8..40).map(|i| sha256(&[i])).collect();
        for count in 0..20 {
            let (pairs, _) = hashes[..2 * count].as_chunks();
            let expected: Vec<_> =
                pairs.iter().map(|[left, right]| of_library(0x01, &[&left.0, &right.0])).collect();
            assert_eq!(node_hashes(pairs), expected);
            let one_by_one: Vec<_> = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
            assert_eq!(one_by_one, expected);
        }
    }

    proptest! {
        /// Whatever was laid out before in the same place: nothing of it is left.
        #[test]
        fn many_leaves_have_the_hashes_that_each_has(lengths in proptest::collection::vec(0_usize..600, 0..40)) {
            let bytes = some_bytes(600);
            let leaves: Vec<_> = lengths.iter().map(|length| &bytes[..*length]).collect();
            let expected: Vec<_> = leaves.iter().map(|leaf| of_library(0x00, &[leaf])).collect();
            prop_assert_eq!(leaf_hashes(&leaves), expected);
        }
    }

    #[test]
    fn base64_has_one_spelling_per_value() {
        assert_eq!(decode_base64("AA=="), Some(vec![0]));
        for bad in ["AA", "AA=", "AB==", "A===", "AA==\n", "A-==", " AA=="] {
            assert_eq!(decode_base64(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_hash_has_32_bytes() {
        assert_eq!(Hash::from_slice(&[0; 31]), None);
        assert_eq!(Hash::from_slice(&[0; 33]), None);
        assert_eq!(Hash::from_base64(&Hash::EMPTY_ROOT.to_string()), Some(Hash::EMPTY_ROOT));
    }
}
