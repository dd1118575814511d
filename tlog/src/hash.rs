//! SHA-256 hashes of the tree, with domain separation. RFC 6962 section 2.1.

use std::fmt;

use base64ct::{Base64, Encoding};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

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
    one_go(0x00, leaf)
        .unwrap_or_else(|| Hash(Sha256::new().chain_update([0x00]).chain_update(leaf).finalize().into()))
}

/// Hash of an interior node: `H(0x01 ‖ left ‖ right)`. RFC 6962 section 2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // Laid out at once: an audit does this once per entry, and whatever is general costs a sixth more.
    let mut message = [0; NODE_BLOCKS * BLOCK_BYTES];
    message[0] = 0x01;
    message[1..=Hash::BYTES].copy_from_slice(&left.0);
    message[1 + Hash::BYTES..=2 * Hash::BYTES].copy_from_slice(&right.0);
    message[NODE_BYTES] = PADDING_BEGINS;
    message[LENGTH_AT..].copy_from_slice(&NODE_BITS.to_be_bytes());
    compressed(message.as_chunks().0)
}

/// Bytes that are hashed of an interior node, as bits, and as blocks with their padding.
const NODE_BYTES: usize = 1 + 2 * Hash::BYTES;
const NODE_BITS: u64 = 8 * NODE_BYTES as u64;
const NODE_BLOCKS: usize = 2;
/// Where its length stands, the last thing in the padding.
const LENGTH_AT: usize = NODE_BLOCKS * BLOCK_BYTES - size_of::<u64>();
/// Blocks of the longest message that is hashed in one go: leaves of up to 502 bytes.
const BLOCKS_MAX: usize = 8;
/// The one bit behind a message, and seven zeros. FIPS 180-4 section 5.1.1.
const PADDING_BEGINS: u8 = 0x80;
/// Bytes of a block. FIPS 180-4 section 5.2.1.
const BLOCK_BYTES: usize = 64;
/// What SHA-256 begins with. FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of `prefix ‖ bytes`, laid out with its padding and compressed in one go; `None` for more bytes than
/// are worth it. For whom hashes every entry of a log: a message that comes in two pieces costs a tenth more.
fn one_go(prefix: u8, bytes: &[u8]) -> Option<Hash> {
    let mut blocks = [[0; BLOCK_BYTES]; BLOCKS_MAX];
    let length = 1 + bytes.len();
    // Padding: a one bit, zeros, and the length in bits as uint64. FIPS 180-4 section 5.1.1.
    let used = blocks.get_mut(..(length + 1 + size_of::<u64>()).div_ceil(BLOCK_BYTES))?;
    let laid_out = used.as_flattened_mut();
    let (first, rest) = laid_out.split_first_mut()?;
    *first = prefix;
    let (content, padding) = rest.split_at_mut_checked(bytes.len())?;
    content.copy_from_slice(bytes);
    *padding.first_mut()? = PADDING_BEGINS;
    *padding.last_chunk_mut()? = (8 * length as u64).to_be_bytes();
    Some(compressed(used))
}

/// SHA-256 of a message that is laid out with its padding. FIPS 180-4 section 6.2.
fn compressed(blocks: &[[u8; BLOCK_BYTES]]) -> Hash {
    let mut state = INITIAL;
    compress256(&mut state, blocks);
    let mut hash = Hash::default();
    let (words, _) = hash.0.as_chunks_mut();
    words.iter_mut().zip(state).for_each(|(word, value)| *word = value.to_be_bytes());
    hash
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

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY_ROOT, sha256(b""));
    }

    #[test]
    fn leaves_of_every_length_are_hashed_as_the_library_hashes_them() {
        let bytes: Vec<u8> = (0..700_u32).map(|i| (i * 7 + 1) as u8).collect();
        for length in 0..bytes.len() {
            let leaf = &bytes[..length];
            let expected = Sha256::digest([&[0x00], leaf].concat());
            assert_eq!(leaf_hash(leaf).0, expected.as_slice(), "{length} bytes");
            assert_eq!(one_go(0x00, leaf).is_some(), length <= 502, "{length} bytes");
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
