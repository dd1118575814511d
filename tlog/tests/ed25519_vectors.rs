//! Edge cases of Ed25519: Project Wycheproof and C2SP's CCTV.
//!
//! # What is accepted here
//!
//! Verification is strict (`verify_strict` of ed25519-dalek). In the words of the CCTV flags:
//!
//! | flag | here | why |
//! |---|---|---|
//! | none | accepted | an ordinary signature |
//! | `low_order_component_A`, `low_order_component_R` | accepted | no list of points can find them out; nearly everybody accepts them |
//! | `low_order_A` | refused, by [`VerifierKey::new`] already | anybody could sign for such a key |
//! | `low_order_R` | refused | binds nobody to a message |
//! | `low_order_residue` | refused | holds only in the equation with cofactor |
//! | `non_canonical_A`, `non_canonical_R`, `reencoded_k` | refused | one point, one spelling (RFC 8032 section 5.1.3) |
//!
//! So a signature is accepted exactly if it has no flag other than the two `low_order_component_*`.
//! Of Wycheproof, all valid signatures are accepted and all invalid ones refused. A signature that is
//! not 64 bytes long cannot be handed to [`VerifierKey::verifies`], and is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Hex, read_json, shared};
use einsicht_tlog::VerifierKey;
use einsicht_tlog::key::KeyError;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wycheproof {
    number_of_tests: usize,
    test_groups: Vec<WycheproofGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WycheproofGroup {
    public_key: WycheproofKey,
    tests: Vec<WycheproofCase>,
}

#[derive(Deserialize)]
struct WycheproofKey {
    pk: Hex,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WycheproofCase {
    tc_id: usize,
    comment: String,
    msg: Hex,
    sig: Hex,
    result: String,
}

#[derive(Deserialize)]
struct Cctv {
    number: usize,
    key: Hex,
    sig: Hex,
    /// The message itself, as text.
    msg: String,
    flags: Option<Vec<String>>,
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    RefusedKey,
    RefusedLength,
    RefusedSignature,
}

#[test]
fn wycheproof_valid_signatures_are_accepted_and_invalid_ones_refused() {
    let Some(file) = shared("ed25519-wycheproof/ed25519_test.json") else { return };
    let vectors: Wycheproof = read_json(file);
    let mut verdicts = Vec::new();
    let mut mismatches = Vec::new();
    for group in &vectors.test_groups {
        for case in &group.tests {
            let verdict = verify(&group.public_key.pk, case.msg.0.as_slice(), &case.sig);
            let must_verify = match case.result.as_str() {
                "valid" => true,
                "invalid" => false,
                // The vectors leave both open; there are none in this file.
                "acceptable" => panic!("decide whether case {} is accepted, and say so above", case.tc_id),
                other => panic!("case {} has an unknown result: {other}", case.tc_id),
            };
            if (verdict == Verdict::Accepted) != must_verify {
                mismatches.push(format!("{} ({}): {}, {verdict:?}", case.tc_id, case.comment, case.result));
            }
            verdicts.push(verdict);
        }
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
    assert_eq!(verdicts.len(), vectors.number_of_tests);
    assert_eq!(counts(&verdicts), [88, 0, 12, 51], "accepted; refused by key, length, signature");
}

#[test]
fn cctv_signatures_are_accepted_exactly_if_no_flag_forbids_it() {
    let Some(file) = shared("ed25519-cctv/ed25519vectors.json") else { return };
    let vectors: Vec<Cctv> = read_json(file);
    assert_eq!(vectors.len(), 914);
    let mut verdicts = Vec::new();
    let mut mismatches = Vec::new();
    for vector in &vectors {
        let flags = vector.flags.as_deref().unwrap_or_default();
        let expected = expected_of_flags(flags);
        let verdict = verify(&vector.key, vector.msg.as_bytes(), &vector.sig);
        if verdict != expected {
            mismatches.push(format!("{} {flags:?}: expected {expected:?}, found {verdict:?}", vector.number));
        }
        verdicts.push(verdict);
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
    assert_eq!(counts(&verdicts), [43, 526, 0, 345], "accepted; refused by key, length, signature");
}

/// RFC 8032 section 5.1.3 refuses a y coordinate that is not reduced. Neither set of vectors can have
/// such a key that is not also of low order: nobody knows its secret half. But a key with two spellings
/// would have two key ids, so that one of them could be retired and the other not.
#[test]
fn a_public_key_has_one_spelling() {
    let mut on_the_curve = 0;
    for (above, sign) in (0..19).flat_map(|above| [(above, 0x00), (above, 0x80)]) {
        // y = p + above, that is 2^255 − 19 + above, little-endian.
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xed + above;
        unreduced[31] = 0x7f | sign;
        let mut reduced = [0; 32];
        reduced[0] = above;
        reduced[31] = sign;
        on_the_curve += usize::from(VerifierKey::new("key.example", &reduced).is_ok());
        let found = VerifierKey::new("key.example", &unreduced);
        assert_eq!(found.map(|key| key.to_string()), Err(KeyError::UnusableKey), "y = p + {above}");
    }
    assert!(on_the_curve > 0, "some of these points exist, so that their other spelling could be read");
}

fn expected_of_flags(flags: &[String]) -> Verdict {
    let forbidden =
        |flag: &&String| !matches!(flag.as_str(), "low_order_component_A" | "low_order_component_R");
    let has = |name| flags.iter().any(|flag| flag == name);
    if has("low_order_A") {
        Verdict::RefusedKey
    } else if flags.iter().any(|flag| forbidden(&flag)) {
        Verdict::RefusedSignature
    } else {
        Verdict::Accepted
    }
}

fn verify(public_key: &Hex, message: &[u8], signature: &Hex) -> Verdict {
    let public_key = public_key.0.as_slice().try_into().unwrap();
    let Ok(key) = VerifierKey::new("key.example", public_key) else { return Verdict::RefusedKey };
    let Ok(signature) = signature.0.as_slice().try_into() else { return Verdict::RefusedLength };
    if key.verifies(message, signature) { Verdict::Accepted } else { Verdict::RefusedSignature }
}

fn counts(verdicts: &[Verdict]) -> [usize; 4] {
    [Verdict::Accepted, Verdict::RefusedKey, Verdict::RefusedLength, Verdict::RefusedSignature]
        .map(|kind| verdicts.iter().filter(|verdict| **verdict == kind).count())
}
