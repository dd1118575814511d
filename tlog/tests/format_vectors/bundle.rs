//! Entry bundles.

use einsicht_tlog::bundle::{self, BundleError};
use serde::Serialize;

use crate::fixture::{Hex, chain, json};

#[derive(Serialize)]
struct BundleFile {
    valid: Vec<ValidBundle>,
    invalid: Vec<InvalidBundle>,
}

#[derive(Serialize)]
struct ValidBundle {
    name: &'static str,
    leaves: Vec<Hex>,
    bundle: Hex,
}

#[derive(Serialize)]
struct InvalidBundle {
    name: &'static str,
    bundle: Hex,
    width: usize,
    reason: &'static str,
}

pub fn bundles() -> String {
    let chain = chain();
    let file = BundleFile {
        valid: vec![
            valid_bundle("the ledger of chain.json", &chain),
            valid_bundle("one entry", &chain[..1]),
            valid_bundle(
                "empty entries, as other logs may have them",
                &[Vec::new(), b"x".to_vec(), Vec::new()],
            ),
            valid_bundle("a length of two bytes", &[vec![0x5a; 300]]),
        ],
        invalid: invalid_bundles(),
    };
    json(&file)
}

fn bundle_of(leaves: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    leaves.iter().for_each(|leaf| bundle::write_entry(leaf, &mut bytes).unwrap());
    bytes
}

fn valid_bundle(name: &'static str, leaves: &[Vec<u8>]) -> ValidBundle {
    let bytes = bundle_of(leaves);
    assert_eq!(bundle::exactly(&bytes, leaves.len()).unwrap(), leaves.iter().collect::<Vec<_>>());
    ValidBundle { name, leaves: leaves.iter().cloned().map(Hex).collect(), bundle: Hex(bytes) }
}

fn invalid_bundles() -> Vec<InvalidBundle> {
    let good = bundle_of(&[b"one".to_vec(), b"two".to_vec()]);
    let cut = "the bundle ends within an entry or its length";
    let width = "the bundle has not as many entries as the tile is wide";
    let cases = [
        ("nothing", Vec::new(), 2, width),
        ("an entry too few", good.clone(), 3, width),
        ("an entry too many", good.clone(), 1, width),
        ("cut within the last entry", good[..9].to_vec(), 2, cut),
        ("cut behind a length", good[..7].to_vec(), 2, cut),
        ("cut within a length", good[..6].to_vec(), 2, cut),
        ("a byte behind the last entry", [&good[..], &[0]].concat(), 2, cut),
        ("two zero bytes behind the last entry: an entry too many", [&good[..], &[0, 0]].concat(), 2, width),
        ("lengths little-endian", b"\x03\x00one\x03\x00two".to_vec(), 2, cut),
        ("lengths of four bytes", b"\x00\x00\x00\x03one\x00\x00\x00\x03two".to_vec(), 2, width),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, expected, reason)| {
            let found = match bundle::exactly(&bytes, expected).unwrap_err() {
                BundleError::Truncated { .. } => cut,
                BundleError::Count { .. } => width,
            };
            assert_eq!(found, reason, "{name}");
            InvalidBundle { name, bundle: Hex(bytes), width: expected, reason }
        })
        .collect()
}
