//! Strict Ed25519: signatures whose equation mostly holds, and that other rules refuse.
//!
//! All are constructed, see `odd_signature.rs`.

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::Serialize;

use crate::fixture::{Hex, OTHER_SEED, json};
use crate::odd_signature::*;

#[derive(Serialize)]
struct SignatureFile {
    group_order: Hex,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    public_key: Hex,
    message: Hex,
    signature: Hex,
}

#[derive(Serialize)]
struct Invalid {
    name: String,
    public_key: Hex,
    message: Hex,
    signature: Hex,
    rule: u8,
    reason: &'static str,
}

const SIZES: &str = "a signature has 64 bytes, a public key 32";
const CANONICAL: &str = "A or R is not canonical";
const SMALL: &str = "A or R is no point of the curve, or one of small order";
const S_RANGE: &str = "S is not below L";
const EQUATION: &str = "the equation without cofactor does not hold";

pub fn signatures() -> String {
    let invalid =
        [length_cases(), canonical_cases(), small_cases(), range_cases(), equation_cases()].concat();
    json(&SignatureFile {
        group_order: GROUP_ORDER.as_slice().into(),
        valid: valid_cases(),
        invalid: invalid.into_iter().map(|(name, signed, rule)| refused(name, signed, rule)).collect(),
    })
}

type Case = (String, Signed, u8);

fn case(name: &str, signed: Signed, rule: u8) -> Case {
    (name.to_owned(), signed, rule)
}

fn valid_cases() -> Vec<Valid> {
    let cases = [
        ("a signature", good()),
        ("a signature of nothing", signed_by(&key(), b"")),
        ("a signature of another key", signed_by(&SigningKey::from_bytes(OTHER_SEED), b"message")),
        ("A has a component of small order; k is a multiple of 8", mixed_key(0, 0)),
        ("A and R have components of small order, and they cancel out", mixed_key(3, 3)),
    ];
    cases
        .into_iter()
        .map(|(name, signed)| {
            assert!(signed.verifies(), "{name}");
            let signature = Hex(signed.signature());
            Valid { name, public_key: Hex(signed.key), message: Hex(signed.message), signature }
        })
        .collect()
}

fn length_cases() -> Vec<Case> {
    let good = good();
    let with_key = |key: Vec<u8>| Signed { key, ..good.clone() };
    let with_s = |s: Vec<u8>| Signed { s, ..good.clone() };
    vec![
        case("63 bytes", with_s(good.s[..31].to_vec()), 1),
        case("65 bytes", with_s([&good.s[..], &[0]].concat()), 1),
        case("no bytes of S", with_s(Vec::new()), 1),
        case("a public key of 31 bytes", with_key(good.key[..31].to_vec()), 1),
        case("a public key of 33 bytes", with_key([&good.key[..], &[0]].concat()), 1),
    ]
}

/// The equation holds, save where that is said.
fn canonical_cases() -> Vec<Case> {
    vec![
        case("A is the neutral element with y = p + 1", weak_key(NEUTRAL_UNREDUCED), 2),
        case("A is the neutral element with sign bit 1", weak_key(NEUTRAL_SIGNED), 2),
        case("A has y = p + 3; nobody knows a signature", Signed { key: UNREDUCED.to_vec(), ..good() }, 2),
        case("R is the neutral element with y = p + 1", weak_r(NEUTRAL_UNREDUCED), 2),
        case("R is the neutral element with sign bit 1", weak_r(NEUTRAL_SIGNED), 2),
        case("R has y = p + 3; nobody knows a signature", Signed { r: UNREDUCED, ..good() }, 2),
    ]
}

/// The equation holds, save where that is said.
fn small_cases() -> Vec<Case> {
    let point = VerifyingKey::from_bytes(&ORDER_8).unwrap().to_edwards();
    let mut multiple = point;
    let mut cases = Vec::new();
    for number in 1..=8 {
        let encoded = multiple.compress().to_bytes();
        cases.push((format!("A is {number} times a point of order 8"), weak_key(encoded), 3));
        multiple += point;
    }
    cases.push(case("R is the neutral element", weak_r(NEUTRAL), 3));
    cases.push(case("R is of order 8; the equation holds with cofactor", weak_r(ORDER_8), 3));
    let off_curve = [2; 32];
    cases.push(case("A is no point", Signed { key: off_curve.to_vec(), ..good() }, 3));
    cases.push(case("R is no point", Signed { r: off_curve, ..good() }, 3));
    cases
}

fn range_cases() -> Vec<Case> {
    let good = good();
    let with_s = |s: Vec<u8>| Signed { s, ..good.clone() };
    let more = |times: usize| (0..times).fold(good.s.clone(), |s, _| plus_order(&s));
    vec![
        case("S + L", with_s(more(1)), 4),
        case("S + 7 L", with_s(more(7)), 4),
        case("S is L", with_s(GROUP_ORDER.to_vec()), 4),
        case("S is 2^256 − 1", with_s(vec![0xff; 32]), 4),
    ]
}

fn equation_cases() -> Vec<Case> {
    let good = good();
    let with = |change: fn(&mut Signed)| {
        let mut signed = good.clone();
        change(&mut signed);
        signed
    };
    vec![
        case("another message", with(|signed| signed.message.push(b'!')), 5),
        case("another key", with(|signed| signed.key = public(&SigningKey::from_bytes(OTHER_SEED))), 5),
        case("one bit of S", with(|signed| signed.s[0] ^= 1), 5),
        case("S is 0", with(|signed| signed.s.fill(0)), 5),
        case("R of another message", with(|signed| signed.r = signed_by(&key(), b"other").r), 5),
        case("A has a component of small order; holds with cofactor only", mixed_key(1, 0), 5),
        case("R has a component of small order; holds with cofactor only", mixed_r(), 5),
    ]
}

fn refused(name: String, signed: Signed, rule: u8) -> Invalid {
    assert!(!signed.verifies(), "{name}");
    assert_eq!(signed.broken_rule(), Some(rule), "{name}");
    let reason = [SIZES, CANONICAL, SMALL, S_RANGE, EQUATION][usize::from(rule) - 1];
    let signature = Hex(signed.signature());
    Invalid { name, public_key: Hex(signed.key), message: Hex(signed.message), signature, rule, reason }
}
