//! Testing very many records for one subject.
//!
//! HMAC-SHA256 begins with two blocks that hold nothing but the key (RFC 2104 section 2). They are hashed once for
//! all records; a marker then costs the two blocks that depend on it.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{MARKER_BYTES, ViewKey};
use crate::seal::NONCE_BYTES;

/// Bytes of a block of SHA-256.
const BLOCK_BYTES: usize = 64;
type Block = [u8; BLOCK_BYTES];
/// What SHA-256 begins with. FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;
/// The one bit behind a message, and seven zeros.
const PADDING: u8 = 0x80;
/// What is hashed of a marker behind the key's block.
const MESSAGE_BYTES: usize = NONCE_BYTES + size_of::<u16>();
const DIGEST_BYTES: usize = 32;

/// A view key, made ready for testing very many records. As secret as the key; never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Finder {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Finder {
    /// Makes a view key ready.
    #[must_use]
    pub fn new(key: &ViewKey) -> Self {
        let keyed = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            block.iter_mut().zip(key.as_bytes()).for_each(|(byte, key)| *byte ^= key);
            let mut state = INITIAL;
            compress256(&mut state, std::slice::from_ref(&block));
            block.zeroize();
            state
        };
        Self { inner: keyed(INNER_PAD), outer: keyed(OUTER_PAD) }
    }

    /// The marker of the subject at a position of the record with that nonce: [`ViewKey::marker`].
    #[must_use]
    pub fn marker(&self, nonce: &[u8; NONCE_BYTES], position: u16) -> [u8; MARKER_BYTES] {
        let mut message = [0; MESSAGE_BYTES];
        let (head, tail) = message.split_at_mut(NONCE_BYTES);
        head.copy_from_slice(nonce);
        tail.copy_from_slice(&position.to_be_bytes());
        let digest = behind_key(self.inner, &message);
        let digest = behind_key(self.outer, &digest);
        *digest.first_chunk().unwrap_or(&[0; MARKER_BYTES])
    }

    /// Looks for the subject among the markers of a record, and returns the position: [`ViewKey::scan`]. How long
    /// it takes tells who measures it whether the subject is there.
    #[must_use]
    pub fn find<'a>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        markers: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<u16> {
        let mut markers = (0..=u16::MAX).zip(markers);
        markers
            .find(|(position, marker)| self.marker(nonce, *position) == **marker)
            .map(|(position, _)| position)
    }
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Finder(..)")
    }
}

/// The hash of a message of one block that stands behind a block that was hashed already.
fn behind_key<const N: usize>(mut state: [u32; 8], message: &[u8; N]) -> [u8; DIGEST_BYTES] {
    const { assert!(N < BLOCK_BYTES - size_of::<u64>(), "it does not fit a block with its padding") };
    let mut block: Block = [0; BLOCK_BYTES];
    let bits = ((BLOCK_BYTES + N) as u64) * 8;
    let (content, padding) = block.split_at_mut(N);
    content.copy_from_slice(message);
    if let Some((length, zeros)) = padding.split_last_chunk_mut().map(|(zeros, length)| (length, zeros)) {
        zeros.iter_mut().take(1).for_each(|byte| *byte = PADDING);
        *length = bits.to_be_bytes();
    }
    compress256(&mut state, std::slice::from_ref(&block));
    let mut digest = [0; DIGEST_BYTES];
    digest.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    digest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_finder_makes_the_markers_that_the_view_key_makes(
            key in any::<[u8; 32]>(),
            nonce in any::<[u8; NONCE_BYTES]>(),
            position in any::<u16>(),
        ) {
            let key = ViewKey::from(key);
            prop_assert_eq!(Finder::new(&key).marker(&nonce, position), key.marker(&nonce, position));
        }
    }

    #[test]
    fn a_subject_is_found_where_it_is_and_nowhere_else() {
        let (key, other) = (ViewKey::from([1; 32]), ViewKey::from([2; 32]));
        let nonce = [7; NONCE_BYTES];
        let markers = [[0; MARKER_BYTES], key.marker(&nonce, 1), other.marker(&nonce, 0)];
        let find = |key: &ViewKey| Finder::new(key).find(&nonce, markers.iter().map(<[u8; 16]>::as_slice));
        assert_eq!((find(&key), find(&other)), (Some(1), None), "a marker of another position is nobody's");
        assert_eq!(Finder::new(&key).find(&nonce, [&key.marker(&nonce, 0)[..15]]), None);
    }
}
