//! SHA-256 and HMAC-SHA256 of short messages in pieces, laid out block by block.
//!
//! SHA-256 itself is the library's. A hasher that takes pieces of any length, and a HMAC that begins with its key
//! each time, cost a sealed event half as much again: ten blocks of seals, and six for the marker of each subject,
//! that is nearly all of it.
//!
//! Sources: FIPS 180-4, RFC 2104.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of a hash, in bytes.
pub(crate) const HASH_BYTES: usize = 32;

/// Bytes of a block. FIPS 180-4 section 5.2.1.
const BLOCK_BYTES: usize = 64;
/// What SHA-256 begins with. FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
/// The one bit behind a message, and seven zeros.
const PADDING: u8 = 0x80;
const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;

/// The hash of the parts, one after the other.
#[inline]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    hash_behind(INITIAL, 0, parts)
}

/// A key of HMAC-SHA256, with the block that is nothing but the key hashed once for all messages. As secret as the
/// key.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct HmacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl HmacKey {
    pub fn new(key: &[u8; HASH_BYTES]) -> Self {
        let keyed = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            let mut state = INITIAL;
            compress256(&mut state, std::slice::from_ref(&block));
            block.as_mut_slice().zeroize();
            state
        };
        Self { inner: keyed(INNER_PAD), outer: keyed(OUTER_PAD) }
    }

    /// The code of the parts, one after the other.
    #[inline]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
        let inner = hash_behind(self.inner, BLOCK_BYTES, parts);
        let [mac] = hash_blocks_behind(self.outer, BLOCK_BYTES, &[inner]);
        mac
    }

    /// The code of each message, all of them of a length that fits a block with its padding: for whoever makes very
    /// many. Several at a time cost less than one by one: a block that was written a moment ago can't be read in words
    /// of another width until it has reached the cache; meanwhile the next one is written.
    #[inline]
    pub fn mac_blocks<const N: usize, const M: usize>(
        &self,
        messages: &[[u8; N]; M],
    ) -> [[u8; HASH_BYTES]; M] {
        let inner = hash_blocks_behind(self.inner, BLOCK_BYTES, messages);
        hash_blocks_behind(self.outer, BLOCK_BYTES, &inner)
    }
}

/// [`hash_behind`], for messages of one part each that fits a block with its padding.
#[inline]
fn hash_blocks_behind<const N: usize, const M: usize>(
    state: [u32; 8],
    before: usize,
    messages: &[[u8; N]; M],
) -> [[u8; HASH_BYTES]; M] {
    const { assert!(N < BLOCK_BYTES - size_of::<u64>(), "it does not fit a block with its padding") };
    let blocks = messages.each_ref().map(|message| {
        let mut block = [0; BLOCK_BYTES];
        let (content, padding) = block.split_at_mut(N);
        content.copy_from_slice(message);
        padding.iter_mut().take(1).for_each(|byte| *byte = PADDING);
        end_block(&mut block, before + N);
        block
    });
    let states = blocks.each_ref().map(|block| {
        let mut state = state;
        compress256(&mut state, std::slice::from_ref(block));
        state
    });
    states.map(bytes_of)
}

/// The hash of a message whose first `before` bytes, whole blocks, led to `state`, and whose others are the parts.
#[inline]
fn hash_behind(mut state: [u32; 8], before: usize, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let mut used = 0;
    let mut bytes = before;
    for part in parts {
        bytes += part.len();
        let mut rest = *part;
        while let Some((now, later)) = rest.split_at_checked(BLOCK_BYTES - used) {
            let (_, place) = block.split_at_mut(used);
            place.copy_from_slice(now);
            compress256(&mut state, std::slice::from_ref(&block));
            (rest, used) = (later, 0);
        }
        if let Some(place) = block.get_mut(used..used + rest.len()) {
            place.copy_from_slice(rest);
        }
        used += rest.len();
    }
    let (_, padding) = block.split_at_mut(used);
    padding.fill(0);
    padding.iter_mut().take(1).for_each(|byte| *byte = PADDING);
    if padding.len() <= size_of::<u64>() {
        compress256(&mut state, std::slice::from_ref(&block));
        block = [0; BLOCK_BYTES];
    }
    end_block(&mut block, bytes);
    compress256(&mut state, std::slice::from_ref(&block));
    bytes_of(state)
}

/// Ends the last block of a message of that many bytes, which has everything but that.
#[inline]
fn end_block(block: &mut [u8; BLOCK_BYTES], bytes: usize) {
    if let Some(length) = block.last_chunk_mut() {
        *length = (8 * bytes as u64).to_be_bytes();
    }
}

#[inline]
fn bytes_of(state: [u32; 8]) -> [u8; HASH_BYTES] {
    let mut hash = [0; HASH_BYTES];
    hash.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    hash
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..150), 0..5)
    }

    fn borrowed(parts: &[Vec<u8>]) -> Vec<&[u8]> {
        parts.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn messages_of_every_length_around_a_block_have_the_hashes_that_the_library_gives() {
        for length in 0..200_u8 {
            let message: Vec<u8> = (0..length).collect();
            for cut in [0, message.len() / 3, message.len()] {
                let (one, two) = message.split_at(cut);
                assert_eq!(sha256(&[one, two]), *Sha256::digest(&message), "{length} bytes, cut at {cut}");
            }
        }
    }

    proptest! {
        #[test]
        fn hashes_are_those_of_the_library(parts in parts()) {
            prop_assert_eq!(&sha256(&borrowed(&parts))[..], &Sha256::digest(parts.concat())[..]);
        }

        #[test]
        fn codes_are_those_of_the_library(key: [u8; 32], parts in parts()) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&parts.concat());
            prop_assert_eq!(&HmacKey::new(&key).mac(&borrowed(&parts))[..], &mac.finalize().into_bytes()[..]);
        }

        #[test]
        fn codes_of_one_block_are_those_of_their_parts(key: [u8; 32], message: [u8; 18], longest: [u8; 55]) {
            let key = HmacKey::new(&key);
            prop_assert_eq!(key.mac_blocks(&[message]), [key.mac(&[&message])]);
            prop_assert_eq!(key.mac_blocks(&[[]]), [key.mac(&[])]);
            let other = longest.map(|byte| !byte);
            let each = [longest, other, longest].map(|message| key.mac(&[&message]));
            prop_assert_eq!(key.mac_blocks(&[longest, other, longest]), each);
        }
    }
}
