//! Random bytes for what is sealed: as many as a request needs, all of them from one key that the operating
//! system's generator gives.
//!
//! A sealed event takes about 250 of them. The operating system gives that many by stretching a key with ChaCha20; it
//! does so one block at a time, and then it takes longer than all the hashes of the event. Here as many blocks as the
//! processor can make are made together. The key is drawn anew for each request and goes with it: nothing outlives a
//! request that a copy of the machine could give out a second time.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

use crate::signer::{self, SecretError};

const KEY_BYTES: usize = 32;
/// A key is used for one stream only.
const NONCE: [u8; 12] = [0; 12];

/// Gives random bytes to one request. Asks the operating system when it is asked the first time.
#[derive(Default)]
pub struct Generator(Option<ChaCha20>);

impl Generator {
    /// Overwrites `bytes`. No byte is given twice.
    ///
    /// # Errors
    /// [`SecretError::Random`].
    pub fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SecretError> {
        let stream = match &mut self.0 {
            Some(stream) => stream,
            none => none.insert(stream(signer::random)?),
        };
        bytes.fill(0);
        // Ends after 256 GiB, which no request asks for.
        stream.try_apply_keystream(bytes).map_err(|_| SecretError::Random(getrandom::Error::UNEXPECTED))
    }
}

fn stream(draw: impl FnOnce(&mut [u8]) -> Result<(), SecretError>) -> Result<ChaCha20, SecretError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    draw(&mut *key)?;
    Ok(ChaCha20::new((&*key).into(), &NONCE.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(generator: &mut Generator, lengths: &[usize]) -> Vec<u8> {
        let fill = |length: &usize| {
            let mut bytes = vec![0xA5; *length];
            generator.fill(&mut bytes).unwrap();
            bytes
        };
        lengths.iter().flat_map(fill).collect()
    }

    /// RFC 8439, appendix A.1, test vectors 1 and 2.
    #[test]
    fn bytes_are_the_stream_of_the_key_however_many_are_asked_for_and_whatever_stood_there() {
        let of_zeros = || Generator(Some(stream(|_| Ok(())).unwrap()));
        let bytes = filled(&mut of_zeros(), &[300]);
        assert_eq!(bytes[..8], [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
        assert_eq!(bytes[64..72], [0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a]);
        assert_eq!(
            filled(&mut of_zeros(), &[1, 0, 16, 24, 200, 59]),
            bytes,
            "none is left out, none comes twice"
        );
    }

    #[test]
    fn each_request_has_a_key_of_its_own() {
        let [one, other] = [(); 2].map(|()| filled(&mut Generator::default(), &[32]));
        assert_ne!(one, other);
    }

    #[test]
    fn without_a_key_there_are_no_bytes() {
        let failed = stream(|_| Err(SecretError::Random(getrandom::Error::UNEXPECTED)));
        assert!(matches!(failed, Err(SecretError::Random(_))));
    }
}
