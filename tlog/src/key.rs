//! Ed25519 keys with a name, as signed notes use them. C2SP signed-note, type 0x01.
//!
//! Signatures are verified strictly: keys and `R` of small order are refused, and so is every
//! encoding that is not canonical (`verify_strict` of ed25519-dalek, the cofactorless equation of
//! RFC 8032 with the checks of "Taming the many EdDSAs"). Points that merely have a component of
//! small order are accepted, as nearly everywhere else.

use std::fmt;

use ed25519_dalek::Signer as _;

use crate::hash::{decode_base64, encode_base64, sha256, to_hex};

/// Type byte of Ed25519 keys in key ids and verifier keys.
pub const ED25519_TYPE: u8 = 0x01;
/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of an Ed25519 public key, and of a secret seed.
pub const KEY_BYTES: usize = 32;

/// First four bytes of `H(name ‖ 0x0A ‖ type ‖ public key)`: a hint which key signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

/// Why a text is not a verifier key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `name+id+key`.
    #[error("a verifier key reads name+id+key (eight hexadecimal digits, then base64); this does not")]
    Malformed,
    /// Empty, or with a space or `+`.
    #[error("a key name is not empty and has no spaces and no '+'")]
    Name,
    /// Not Ed25519.
    #[error("key type {found:#04x} is not known; Ed25519 ({ED25519_TYPE:#04x}) with {KEY_BYTES} bytes is")]
    UnknownType {
        /// The type byte.
        found: u8,
    },
    /// The id is not the one of this name and key.
    #[error("the verifier key says id {found}, but its name and key give {expected}; was it mistyped?")]
    IdMismatch {
        /// Computed from name and key.
        expected: KeyId,
        /// As written.
        found: KeyId,
    },
    /// Not the canonical encoding of a point of the curve, or one of small order, for which anybody
    /// could sign.
    #[error("the public key is not a usable Ed25519 key")]
    UnusableKey,
}

/// The public half of a key, with its name: verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// Takes a name and the 32 bytes of a public key.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::UnusableKey`].
    pub fn new(name: &str, public_key: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(public_key).map_err(|_| KeyError::UnusableKey)?;
        // The library reads y coordinates that are not reduced: RFC 8032 section 5.1.3 does not.
        let canonical = key.to_edwards().compress().as_bytes() == public_key;
        if key.is_weak() || !canonical {
            return Err(KeyError::UnusableKey);
        }
        Ok(Self { name: name.to_owned(), id: key_id(name, public_key), key })
    }

    /// Reads `name+hex(key id)+base64(0x01 ‖ public key)`. White space around it is ignored.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.trim_ascii().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        let well_formed = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let found = u32::from_str_radix(id, 16).ok().filter(|_| well_formed).ok_or(KeyError::Malformed)?;
        let bytes = decode_base64(key).ok_or(KeyError::Malformed)?;
        let (&[kind], public_key) = bytes.split_first_chunk::<1>().ok_or(KeyError::Malformed)?;
        if kind != ED25519_TYPE {
            return Err(KeyError::UnknownType { found: kind });
        }
        let public_key = public_key.try_into().map_err(|_| KeyError::UnusableKey)?;
        let parsed = Self::new(name, public_key)?;
        let found = KeyId(found.to_be_bytes());
        if parsed.id != found {
            return Err(KeyError::IdMismatch { expected: parsed.id, found });
        }
        Ok(parsed)
    }

    /// Name of the key; for our ledgers, their origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hint that stands in signatures of this key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; KEY_BYTES] {
        self.key.as_bytes()
    }

    /// Whether `signature` is this key's signature over `message`. Strict, see the module's page.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[ED25519_TYPE][..], self.public_key()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, encode_base64(&bytes))
    }
}

/// The secret half of a key, with its name: signs. The secret is wiped when dropped.
pub struct SigningKey {
    verifier: VerifierKey,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Takes a name and the 32 secret bytes of an Ed25519 key (RFC 8032: its seed).
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        Self::new(name, ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Takes a name and a key.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn new(name: &str, key: ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        Ok(Self { verifier: VerifierKey::new(name, key.verifying_key().as_bytes())?, key })
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs. Deterministic: the same message gives the same signature. RFC 8032.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// Whether a text can be a key name: not empty, no spaces (Unicode), no `+`.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

fn key_id(name: &str, public_key: &[u8; KEY_BYTES]) -> KeyId {
    let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519_TYPE], public_key].concat());
    let [a, b, c, d, ..] = hash.0;
    KeyId([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_key_survives_its_text() {
        let key = SigningKey::from_seed("ulm.example/ledger", &[7; 32]).unwrap();
        let text = key.verifier().to_string();
        assert_eq!(&VerifierKey::parse(&format!("{text}\n")).unwrap(), key.verifier());
        let mistyped = text.replacen("ulm", "ull", 1);
        assert!(matches!(VerifierKey::parse(&mistyped), Err(KeyError::IdMismatch { .. })));
    }

    #[test]
    fn keys_for_which_anybody_could_sign_are_refused() {
        // The neutral element of the curve.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(VerifierKey::new("x", &neutral), Err(KeyError::UnusableKey));
        assert_eq!(VerifierKey::new("x", &[0; 32]), Err(KeyError::UnusableKey));
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", SigningKey::from_seed("x", &[7; 32]).unwrap());
        assert!(!shown.contains("0707") && !shown.contains("7, 7"), "{shown}");
    }
}
