//! Encrypts keys for the disk, under a key that the operator keeps elsewhere.

use std::fmt;

use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::cipher::{SEALED_OVERHEAD_BYTES, open, seal};
use super::{AEAD_NONCE_BYTES, DecryptError, KEY_BYTES};
use crate::{Month, RetentionClass};

const MAGIC: &[u8; 8] = b"EINWRAP\0";
const VERSION: u32 = 1;
const CONTEXT: &[u8] = b"einsicht/wrap/v1";
const HEADER_BYTES: usize = MAGIC.len() + size_of::<u32>();
/// Bytes of the file of a wrapped key: `"EINWRAP" ‖ 0x00 ‖ uint32 version ‖ nonce (24) ‖ ciphertext (48)`.
pub const WRAPPED_BYTES: usize = HEADER_BYTES + KEY_BYTES + SEALED_OVERHEAD_BYTES;

/// The key that wraps all others. It never lies beside them.
#[derive(ZeroizeOnDrop)]
pub struct WrappingKey([u8; KEY_BYTES]);

/// Which key was wrapped. A wrapped key opens under its own name only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// Encrypts the openings of a month and class.
    Vault(Month, RetentionClass),
    /// Makes the markers of a month.
    Period(Month),
}

/// A text that is no wrapping key. It is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a wrapping key is 64 hexadecimal digits; this is not")]
pub struct WrappingKeyError;

/// Why a wrapped key does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// Not one of our files.
    #[error("it is not a wrapped key of {WRAPPED_BYTES} bytes, or is damaged")]
    Malformed,
    /// Written by a later version.
    #[error("its format {found} is not known here (known: {VERSION}); use the release that wrote it")]
    UnknownVersion {
        /// The version.
        found: u32,
    },
    /// Of another wrapping key, ledger or name; or damaged.
    #[error("it does not open with this wrapping key")]
    Decrypt(#[from] DecryptError),
}

impl WrappingKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Self(bytes);
        bytes.zeroize();
        key
    }

    /// Reads 64 hexadecimal digits, in either case. White space around them is left out: files end with a
    /// line feed.
    ///
    /// # Errors
    /// [`WrappingKeyError`].
    pub fn parse(text: &str) -> Result<Self, WrappingKeyError> {
        let text = text.trim_ascii().as_bytes();
        if text.len() != 2 * KEY_BYTES {
            return Err(WrappingKeyError);
        }
        let mut key = Self([0; KEY_BYTES]);
        for (byte, digits) in key.0.iter_mut().zip(text.as_chunks::<2>().0) {
            let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
            let value = high.zip(low).map(|(high, low)| high << 4 | low).ok_or(WrappingKeyError)?;
            *byte = u8::try_from(value).map_err(|_| WrappingKeyError)?;
        }
        Ok(key)
    }

    /// The file of a key. `nonce` must be drawn anew for every call.
    #[must_use]
    pub fn wrap(
        &self,
        origin: &str,
        name: KeyName,
        key: &[u8; KEY_BYTES],
        nonce: &[u8; AEAD_NONCE_BYTES],
    ) -> Vec<u8> {
        [&MAGIC[..], &VERSION.to_be_bytes(), &seal(&self.0, nonce, &name.associated(origin), key)].concat()
    }

    /// The key in a file that [`WrappingKey::wrap`] gave.
    ///
    /// # Errors
    /// [`UnwrapError`].
    pub fn unwrap(
        &self,
        origin: &str,
        name: KeyName,
        file: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, UnwrapError> {
        let (magic, rest) = file.split_first_chunk::<8>().ok_or(UnwrapError::Malformed)?;
        let (version, sealed) = rest.split_first_chunk::<4>().ok_or(UnwrapError::Malformed)?;
        if magic != MAGIC {
            return Err(UnwrapError::Malformed);
        }
        match u32::from_be_bytes(*version) {
            VERSION if file.len() == WRAPPED_BYTES => {}
            VERSION => return Err(UnwrapError::Malformed),
            found => return Err(UnwrapError::UnknownVersion { found }),
        }
        let plain = open(&self.0, &name.associated(origin), sealed)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.iter_mut().zip(plain.iter()).for_each(|(to, from)| *to = *from);
        Ok(key)
    }
}

impl KeyName {
    /// Where its file lies in the folder of keys.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Vault(month, class) => format!("vault/{month}.{class}.key"),
            Self::Period(month) => format!("markers/{month}.key"),
        }
    }

    /// `"einsicht/wrap/v1" ‖ kind ‖ uint8 length of origin ‖ origin ‖ month ‖ class`.
    fn associated(self, origin: &str) -> Vec<u8> {
        let (kind, month, class) = match self {
            Self::Vault(month, class) => (1, month, class.to_string()),
            Self::Period(month) => (2, month, String::new()),
        };
        // An origin has at most 255 bytes.
        let length = u8::try_from(origin.len()).unwrap_or(u8::MAX);
        let (origin, month) = (origin.as_bytes(), month.to_string());
        [CONTEXT, &[kind, length], origin, month.as_bytes(), class.as_bytes()].concat()
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WrappingKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "vault.test/log";

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn name() -> KeyName {
        KeyName::Vault(month("2026-11"), RetentionClass::Months(12))
    }

    fn file() -> Vec<u8> {
        WrappingKey::new([1; 32]).wrap(ORIGIN, name(), &[7; 32], &[9; 24])
    }

    #[test]
    fn a_key_opens_under_its_own_name_in_its_own_ledger_with_its_own_wrapping_key() {
        let wrapping = WrappingKey::parse(&format!("{}\n", "01".repeat(32))).unwrap();
        assert_eq!(*wrapping.unwrap(ORIGIN, name(), &file()).unwrap(), [7; 32]);
        assert_eq!(file().len(), WRAPPED_BYTES);
        let refused = UnwrapError::Decrypt(DecryptError);
        for other in [
            KeyName::Vault(month("2026-12"), RetentionClass::Months(12)),
            KeyName::Vault(month("2026-11"), RetentionClass::Months(1)),
            KeyName::Period(month("2026-11")),
        ] {
            assert_eq!(wrapping.unwrap(ORIGIN, other, &file()).unwrap_err(), refused, "{other:?}");
        }
        assert_eq!(wrapping.unwrap("vault.test/other", name(), &file()).unwrap_err(), refused);
        assert_eq!(WrappingKey::new([2; 32]).unwrap(ORIGIN, name(), &file()).unwrap_err(), refused);
    }

    #[test]
    fn a_damaged_file_opens_under_no_key() {
        let wrapping = WrappingKey::new([1; 32]);
        for bit in 0..file().len() * 8 {
            let mut changed = file();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(wrapping.unwrap(ORIGIN, name(), &changed).is_err(), "bit {bit}");
        }
        for bytes in 0..file().len() {
            assert_eq!(
                wrapping.unwrap(ORIGIN, name(), &file()[..bytes]).unwrap_err(),
                UnwrapError::Malformed
            );
        }
        let mut later = file();
        later[11] = 2;
        let unknown = UnwrapError::UnknownVersion { found: 2 };
        assert_eq!(wrapping.unwrap(ORIGIN, name(), &later).unwrap_err(), unknown);
    }

    #[test]
    fn a_wrapping_key_is_64_digits_and_nothing_else() {
        for text in ["", "01", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"+1".repeat(32)] {
            assert_eq!(WrappingKey::parse(text).unwrap_err(), WrappingKeyError, "{text}");
        }
        let (upper, lower) = ("aB".repeat(32), "ab".repeat(32));
        assert_eq!(WrappingKey::parse(&upper).unwrap().0, WrappingKey::parse(&lower).unwrap().0);
        assert_eq!(format!("{:?}", WrappingKey::new([1; 32])), "WrappingKey(…)");
    }
}
