//! Encrypts the openings of one entry.
//!
//! XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key of its own for each message, which HChaCha20 makes of the
//! key and most of the nonce (draft-irtf-cfrg-xchacha-03, section 2). Both are libraries': openings have a few hundred
//! bytes, and what RustCrypto puts around its cipher for messages as short as these costs more than the cipher.

use std::fmt;

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::{AEAD_NONCE_BYTES, DecryptError, KEY_BYTES, PUBLIC_NONCE_BYTES};

const TAG_BYTES: usize = 16;
/// So much of the nonce goes into the key of a message.
const HCHACHA_NONCE_BYTES: usize = 16;
/// By how much ciphertext is longer than what it hides: nonce and tag.
pub const SEALED_OVERHEAD_BYTES: usize = AEAD_NONCE_BYTES + TAG_BYTES;

/// The key of one month and retention class. Gone from memory when it is dropped.
#[derive(ZeroizeOnDrop)]
pub struct VaultKey([u8; KEY_BYTES]);

impl VaultKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Self(bytes);
        bytes.zeroize();
        key
    }

    /// Encrypts the openings of an entry of the ledger `origin` that has this public nonce. `aead_nonce`
    /// must be drawn anew for every call. Returns `nonce (24) ‖ ciphertext`, tag included.
    #[must_use]
    pub fn encrypt(
        &self,
        origin: &str,
        public_nonce: &[u8; PUBLIC_NONCE_BYTES],
        aead_nonce: &[u8; AEAD_NONCE_BYTES],
        openings: &[u8],
    ) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.encrypt_to(origin, public_nonce, aead_nonce, openings, &mut sealed);
        sealed
    }

    /// [`VaultKey::encrypt`], appended to `sealed`.
    pub fn encrypt_to(
        &self,
        origin: &str,
        public_nonce: &[u8; PUBLIC_NONCE_BYTES],
        aead_nonce: &[u8; AEAD_NONCE_BYTES],
        openings: &[u8],
        sealed: &mut Vec<u8>,
    ) {
        seal_to(&self.0, aead_nonce, &associated(origin, public_nonce), openings, sealed);
    }

    /// Decrypts what [`VaultKey::encrypt`] gave.
    ///
    /// # Errors
    /// [`DecryptError`].
    pub fn decrypt(
        &self,
        origin: &str,
        public_nonce: &[u8; PUBLIC_NONCE_BYTES],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        open(&self.0, &associated(origin, public_nonce), sealed)
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VaultKey(…)")
    }
}

/// What binds openings to their entry. The nonce has a fixed length: no two pairs give the same bytes.
fn associated(origin: &str, public_nonce: &[u8; PUBLIC_NONCE_BYTES]) -> Vec<u8> {
    [origin.as_bytes(), public_nonce].concat()
}

/// XChaCha20-Poly1305: `nonce ‖ ciphertext ‖ tag`.
pub(super) fn seal(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; AEAD_NONCE_BYTES],
    associated: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let mut sealed = Vec::new();
    seal_to(key, nonce, associated, plaintext, &mut sealed);
    sealed
}

fn seal_to(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; AEAD_NONCE_BYTES],
    associated: &[u8],
    plaintext: &[u8],
    sealed: &mut Vec<u8>,
) {
    // Before there is any plaintext: what a growing buffer leaves behind stays in memory.
    sealed.reserve(plaintext.len() + SEALED_OVERHEAD_BYTES);
    sealed.extend_from_slice(nonce);
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);
    let (_, text) = sealed.split_at_mut(start);
    let tag = of_message(key, nonce)
        .and_then(|(key, nonce)| key.seal_in_place_separate_tag(nonce, Aad::from(associated), text).ok());
    match tag {
        Some(tag) => sealed.extend_from_slice(tag.as_ref()),
        // Only beyond 256 GiB, which no openings have. What then goes out does not decrypt.
        None => text.zeroize(),
    }
}

/// What [`seal`] hid.
pub(super) fn open(
    key: &[u8; KEY_BYTES],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let (nonce, text) = sealed.split_first_chunk::<AEAD_NONCE_BYTES>().ok_or(DecryptError)?;
    let (key, nonce) = of_message(key, nonce).ok_or(DecryptError)?;
    let mut opened = Zeroizing::new(text.to_vec());
    let bytes = key.open_in_place(nonce, Aad::from(associated), &mut opened).map_err(|_| DecryptError)?.len();
    opened.truncate(bytes);
    Ok(opened)
}

/// The key of one message, and the nonce under it. `None` only if the key were not one of ChaCha20.
fn of_message(key: &[u8; KEY_BYTES], nonce: &[u8; AEAD_NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
    let (of_key, of_text) = nonce.split_first_chunk::<HCHACHA_NONCE_BYTES>()?;
    let mut subkey = hchacha::<R20>(key.into(), of_key.into());
    let key = UnboundKey::new(&CHACHA20_POLY1305, &subkey).map(LessSafeKey::new);
    subkey.zeroize();
    let mut nonce = [0; NONCE_LEN];
    let (_, place) = nonce.split_at_mut(NONCE_LEN - of_text.len());
    place.copy_from_slice(of_text);
    Some((key.ok()?, Nonce::assume_unique_for_key(nonce)))
}

#[cfg(test)]
mod tests {
    use chacha20poly1305::XChaCha20Poly1305;
    use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
    use proptest::prelude::*;

    use super::*;

    const ORIGIN: &str = "vault.test/log";
    const PUBLIC_NONCE: [u8; 16] = [5; 16];

    fn key() -> VaultKey {
        VaultKey::new([7; 32])
    }

    fn sealed() -> Vec<u8> {
        key().encrypt(ORIGIN, &PUBLIC_NONCE, &[9; 24], b"openings")
    }

    #[test]
    fn what_was_encrypted_for_an_entry_is_decrypted_for_that_entry_only() {
        assert_eq!(**key().decrypt(ORIGIN, &PUBLIC_NONCE, &sealed()).unwrap(), *b"openings");
        assert_eq!(sealed().len(), b"openings".len() + SEALED_OVERHEAD_BYTES);
        for (key, origin, nonce) in [
            (VaultKey::new([8; 32]), ORIGIN, PUBLIC_NONCE),
            (key(), "vault.test/other", PUBLIC_NONCE),
            (key(), ORIGIN, [6; 16]),
        ] {
            assert_eq!(key.decrypt(origin, &nonce, &sealed()).unwrap_err(), DecryptError);
        }
    }

    #[test]
    fn whatever_is_changed_of_the_ciphertext_it_does_not_decrypt() {
        for bit in 0..sealed().len() * 8 {
            let mut changed = sealed();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key().decrypt(ORIGIN, &PUBLIC_NONCE, &changed).is_err(), "bit {bit}");
        }
        for bytes in 0..sealed().len() {
            assert!(key().decrypt(ORIGIN, &PUBLIC_NONCE, &sealed()[..bytes]).is_err(), "{bytes} bytes");
        }
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_is_the_one_of_the_draft() {
        let plaintext =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
            future, sunscreen would be it.";
        let key: Vec<u8> = (0x80..0xa0).collect();
        let nonce: Vec<u8> = (0x40..0x58).collect();
        let associated = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let key = <[u8; 32]>::try_from(key).unwrap();
        let sealed = seal(&key, &nonce.try_into().unwrap(), &associated, plaintext);
        assert_eq!(sealed[24..32], [0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b]);
        let tag =
            [0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49];
        assert_eq!(sealed[sealed.len() - 16..], tag);
    }

    proptest! {
        #[test]
        fn openings_of_every_length_are_encrypted_as_the_library_does_it(
            key: [u8; 32],
            nonce: [u8; 24],
            associated in proptest::collection::vec(any::<u8>(), 0..100),
            plaintext in proptest::collection::vec(any::<u8>(), 0..1500),
        ) {
            let library = XChaCha20Poly1305::new(&key.into());
            let payload = Payload { msg: &plaintext, aad: &associated };
            let expected = library.encrypt(&nonce.into(), payload).unwrap();
            let sealed = seal(&key, &nonce, &associated, &plaintext);
            prop_assert_eq!(&sealed, &[&nonce[..], &expected].concat());
            prop_assert_eq!(&**open(&key, &associated, &sealed).unwrap(), &plaintext[..]);
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", key()), "VaultKey(…)");
    }
}
