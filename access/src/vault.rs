//! The vault: openings encrypted, keys wrapped, and the bytes of their files. `docs/format.md`, Vault.
//!
//! - [`VaultKey`]: encrypts the openings of one entry, bound to that entry
//! - [`WrappingKey`]: encrypts the keys themselves, for what lies on the disk
//! - [`record`]: how encrypted openings lie in a file
//!
//! What is *not* here: which file holds what, when it is synced, and what of it is erased. That is the
//! service's. Nonces come from the caller: this crate has no randomness.

mod cipher;
pub mod record;
mod wrapping;

pub use cipher::{SEALED_OVERHEAD_BYTES, VaultKey};
pub use wrapping::{KeyName, UnwrapError, WRAPPED_BYTES, WrappingKey, WrappingKeyError};

/// Bytes of every key here.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce of XChaCha20-Poly1305. Drawn at random, it never has to be remembered.
pub const AEAD_NONCE_BYTES: usize = 24;
/// Bytes of the nonce that stands in an entry in the clear.
pub const PUBLIC_NONCE_BYTES: usize = crate::seal::NONCE_BYTES;

/// Ciphertext that was not made with this key for this place, or is no longer what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it does not decrypt: it was changed, or encrypted under another key or for another place")]
pub struct DecryptError;
