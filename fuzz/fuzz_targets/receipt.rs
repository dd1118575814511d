//! Receipts, as files from anybody.
#![no_main]

use einsicht_fuzz::{KEY, ORIGIN};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::receipt::Receipt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(receipt) = Receipt::parse(bytes) else { return };
    assert_eq!(receipt.to_bytes(), bytes, "a receipt has one spelling");
    assert!(receipt.proof.len() <= 63);
    let keys = [KEY.verifier().clone()];
    let Ok((leaf, checkpoint)) = receipt.verify(None, ORIGIN, &keys) else { return };
    // What verifies is what the file says.
    assert_eq!(Some(&leaf), receipt.leaf.as_ref());
    assert_eq!(checkpoint.origin, ORIGIN);
    let included = verify_inclusion(&leaf_hash(&leaf), receipt.index, &checkpoint.head, &receipt.proof);
    assert_eq!(included, Ok(()));
    // It proves this leaf and no other, here and nowhere else.
    let mut other = leaf.clone();
    other.push(0);
    assert!(receipt.verify(Some(&other), ORIGIN, &keys).is_err());
    let without = Receipt { leaf: None, ..receipt.clone() };
    assert!(without.verify(Some(&other), ORIGIN, &keys).is_err());
    assert!(without.verify(Some(&leaf), ORIGIN, &keys).is_ok());
    let mut elsewhere = receipt;
    elsewhere.index.0 ^= 1;
    assert!(elsewhere.verify(None, ORIGIN, &keys).is_err());
});
