//! What is hashed of leaves and nodes, laid out as SHA-256 reads it: the message, a one bit, zeros, and the length
//! of the message in bits as uint64, in whole blocks. FIPS 180-4 section 5.1.1.
//!
//! An audit hashes every leaf and as many nodes. A hasher that takes bytes in pieces of any length costs it a
//! tenth more for leaves, a sixth more for nodes.

use sha2::block_api::compress256;

use super::Hash;

/// Before a leaf. RFC 6962 section 2.1.
pub(super) const LEAF_PREFIX: u8 = 0x00;
/// Before two hashes. RFC 6962 section 2.1.
const NODE_PREFIX: u8 = 0x01;

/// Bytes of a block. FIPS 180-4 section 5.2.1.
const BLOCK_BYTES: usize = 64;
type Block = [u8; BLOCK_BYTES];
/// Blocks of the longest leaf that is laid out: 502 bytes.
const LEAF_BLOCKS_MAX: usize = 8;
const NODE_BLOCKS: usize = 2;
/// What is hashed of a node.
const NODE_BYTES: usize = 1 + 2 * Hash::BYTES;
/// The one bit behind a message, and seven zeros.
const PADDING: u8 = 0x80;
/// What SHA-256 begins with. FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// `0x00 ‖ leaf`.
pub(super) struct LeafMessage {
    blocks: [Block; LEAF_BLOCKS_MAX],
    /// How many of them hold the leaf; `None` if there is none in them.
    used: Option<usize>,
}

impl LeafMessage {
    pub const EMPTY: Self = Self { blocks: [[0; BLOCK_BYTES]; LEAF_BLOCKS_MAX], used: None };

    /// Takes a leaf in, unless it is too long.
    pub fn lay_out(&mut self, leaf: &[u8]) {
        self.used = lay_out_leaf(&mut self.blocks, leaf);
    }

    /// The hash of the leaf that was taken in.
    pub fn hash(&self) -> Option<Hash> {
        self.used.and_then(|used| self.blocks.get(..used)).map(compressed)
    }
}

fn lay_out_leaf(blocks: &mut [Block; LEAF_BLOCKS_MAX], leaf: &[u8]) -> Option<usize> {
    let length = 1 + leaf.len();
    let used = (length + 1 + size_of::<u64>()).div_ceil(BLOCK_BYTES);
    let blocks = blocks.get_mut(..used)?;
    // Padding begins in one of these.
    blocks.iter_mut().rev().take(2).for_each(|block| *block = [0; BLOCK_BYTES]);
    let (first, rest) = blocks.as_flattened_mut().split_first_mut()?;
    *first = LEAF_PREFIX;
    let (content, padding) = rest.split_at_mut_checked(leaf.len())?;
    content.copy_from_slice(leaf);
    *padding.first_mut()? = PADDING;
    *padding.last_chunk_mut()? = (8 * length as u64).to_be_bytes();
    Some(used)
}

/// `0x01 ‖ left ‖ right`.
pub(super) struct NodeMessage([u8; NODE_BLOCKS * BLOCK_BYTES]);

impl NodeMessage {
    /// Everything but the two hashes.
    pub const EMPTY: Self = {
        let mut bytes = [0; NODE_BLOCKS * BLOCK_BYTES];
        bytes[0] = NODE_PREFIX;
        bytes[NODE_BYTES] = PADDING;
        let [high, low] = (8 * NODE_BYTES as u16).to_be_bytes();
        (bytes[NODE_BLOCKS * BLOCK_BYTES - 2], bytes[NODE_BLOCKS * BLOCK_BYTES - 1]) = (high, low);
        Self(bytes)
    };

    /// Takes both children in.
    pub fn lay_out(&mut self, left: &Hash, right: &Hash) {
        self.0[1..=Hash::BYTES].copy_from_slice(&left.0);
        self.0[1 + Hash::BYTES..NODE_BYTES].copy_from_slice(&right.0);
    }

    pub fn hash(&self) -> Hash {
        compressed(self.0.as_chunks().0)
    }
}

/// SHA-256 of a message that is laid out. FIPS 180-4 section 6.2.
fn compressed(blocks: &[Block]) -> Hash {
    let mut state = INITIAL;
    compress256(&mut state, blocks);
    let mut hash = Hash::default();
    let (words, _) = hash.0.as_chunks_mut();
    words.iter_mut().zip(state).for_each(|(word, value)| *word = value.to_be_bytes());
    hash
}
