//! Constructs signatures, good and odd ones, with the secret scalars of the two test keys.

use std::ops::{Add, Mul};

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use einsicht_tlog::VerifierKey;
use sha2::{Digest as _, Sha512};

use crate::fixture::{ORIGIN, OTHER_SEED, SEED};

/// A message with what claims to be its signature.
#[derive(Clone)]
pub struct Signed {
    pub key: Vec<u8>,
    pub message: Vec<u8>,
    pub r: [u8; 32],
    pub s: Vec<u8>,
}

/// Order L of the base point, little-endian.
pub const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// A point of order 8; its multiples are all points of small order.
pub const ORDER_8: [u8; 32] = [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
    0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
];
/// The neutral element.
pub const NEUTRAL: [u8; 32] = with_ends(1, 0, 0);
/// The neutral element with y = p + 1.
pub const NEUTRAL_UNREDUCED: [u8; 32] = with_ends(0xee, 0xff, 0x7f);
/// The neutral element with sign bit 1, although its x is 0.
pub const NEUTRAL_SIGNED: [u8; 32] = with_ends(1, 0, 0x80);
/// y = p + 3: of large order.
pub const UNREDUCED: [u8; 32] = with_ends(0xf0, 0xff, 0x7f);

const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

pub fn key() -> SigningKey {
    SigningKey::from_bytes(SEED)
}

pub fn public(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_bytes().to_vec()
}

pub fn good() -> Signed {
    signed_by(&key(), b"message")
}

pub fn signed_by(key: &SigningKey, message: &[u8]) -> Signed {
    let signature = key.sign(message);
    let (r, s) = (*signature.r_bytes(), signature.s_bytes().to_vec());
    Signed { key: public(key), message: message.to_vec(), r, s }
}

/// Messages to look through for one whose k is as it should be.
fn messages() -> impl Iterator<Item = Vec<u8>> {
    (0..).map(|number: u32| format!("message {number}").into_bytes())
}

/// For a key of small order, S·B = R fits as soon as k is a multiple of 8: nobody's secret is needed.
pub fn weak_key(encoded: [u8; 32]) -> Signed {
    let nonce = SigningKey::from_bytes(OTHER_SEED);
    let r = nonce.verifying_key().to_bytes();
    let s = nonce.to_scalar().to_bytes().to_vec();
    let message =
        messages().find(|message| challenge(nonce.to_scalar(), &r, &encoded, message).to_bytes()[0] % 8 == 0);
    Signed { key: encoded.to_vec(), message: message.unwrap(), r, s }
}

/// The holder of a key can leave R away: S = k·a.
pub fn weak_r(encoded: [u8; 32]) -> Signed {
    let (secret, key, message) = (key().to_scalar(), public(&key()), b"message".to_vec());
    let s = (challenge(secret, &encoded, &key, &message) * secret).to_bytes().to_vec();
    Signed { key, message, r: encoded, s }
}

/// With A = a·B + T for T of order 8, and R = r·B − `in_r`·T: S = r + k·a, with k = `k_mod_8` modulo 8.
/// Without cofactor that holds if both are the same.
pub fn mixed_key(k_mod_8: u8, in_r: u8) -> Signed {
    let torsion = VerifyingKey::from_bytes(&ORDER_8).unwrap().to_edwards();
    let nonce = SigningKey::from_bytes(OTHER_SEED);
    let key_point = key().verifying_key().to_edwards() + torsion;
    let r_point = (0..in_r).fold(nonce.verifying_key().to_edwards(), |point, _| point - torsion);
    let (encoded, r) = (key_point.compress().to_bytes(), r_point.compress().to_bytes());
    let k = |message: &[u8]| challenge(nonce.to_scalar(), &r, &encoded, message);
    let message = messages().find(|message| k(message).to_bytes()[0] % 8 == k_mod_8).unwrap();
    let s = (nonce.to_scalar() + k(&message) * key().to_scalar()).to_bytes().to_vec();
    Signed { key: encoded.to_vec(), message, r, s }
}

pub fn mixed_r() -> Signed {
    let torsion = VerifyingKey::from_bytes(&ORDER_8).unwrap().to_edwards();
    let nonce = SigningKey::from_bytes(OTHER_SEED);
    let r = (nonce.verifying_key().to_edwards() + torsion).compress().to_bytes();
    let (key_bytes, message) = (public(&key()), b"message".to_vec());
    let k = challenge(nonce.to_scalar(), &r, &key_bytes, &message);
    let s = (nonce.to_scalar() + k * key().to_scalar()).to_bytes().to_vec();
    Signed { key: key_bytes, message, r, s }
}

/// k = SHA-512(R ‖ A ‖ M) modulo L, of the same type as `like`, a scalar of the library.
fn challenge<S>(like: S, r: &[u8], key: &[u8], message: &[u8]) -> S
where
    S: Copy + From<u64> + Add<Output = S> + Mul<Output = S>,
{
    let _ = like;
    let hash = Sha512::digest([r, key, message].concat());
    hash.iter().rev().fold(S::from(0), |sum, byte| sum * S::from(256) + S::from(u64::from(*byte)))
}

/// `s` + L, little-endian.
pub fn plus_order(s: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let sum = s.iter().zip(GROUP_ORDER).map(|(a, b)| {
        carry += u16::from(*a) + u16::from(b);
        let [low, high] = carry.to_le_bytes();
        carry = u16::from(high);
        low
    });
    let sum = sum.collect();
    assert_eq!(carry, 0, "the sum has more than 32 bytes");
    sum
}

impl Signed {
    pub fn signature(&self) -> Vec<u8> {
        [&self.r[..], &self.s].concat()
    }

    pub fn verifies(&self) -> bool {
        let (Ok(key), Ok(signature)) = (self.key.as_slice().try_into(), self.signature().try_into()) else {
            return false;
        };
        VerifierKey::new(ORIGIN, key).is_ok_and(|key| key.verifies(&self.message, &signature))
    }

    /// The first rule that it breaks, found without asking the code under test.
    pub fn broken_rule(&self) -> Option<u8> {
        let (Ok(key), Ok(_)) =
            (<[u8; 32]>::try_from(self.key.as_slice()), <[u8; 64]>::try_from(self.signature()))
        else {
            return Some(1);
        };
        let points = [key, self.r].map(|bytes| (bytes, VerifyingKey::from_bytes(&bytes)));
        let non_canonical = |(bytes, point): &([u8; 32], Result<VerifyingKey, _>)| {
            point.as_ref().is_ok_and(|point| point.to_edwards().compress().to_bytes() != *bytes)
        };
        if points.iter().any(non_canonical) {
            return Some(2);
        }
        if points.iter().any(|(_, point)| point.as_ref().map_or(true, VerifyingKey::is_weak)) {
            return Some(3);
        }
        if !self.s.iter().rev().lt(GROUP_ORDER.iter().rev()) {
            return Some(4);
        }
        (!self.verifies()).then_some(5)
    }
}
