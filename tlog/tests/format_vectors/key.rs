//! Keys, their ids and texts, and signatures.

use einsicht_tlog::hash::{encode_base64, sha256};
use einsicht_tlog::key::{KeyError, KeyId, SigningKey, VerifierKey};
use serde::Serialize;

use crate::fixture::{Hex, ORIGIN, OTHER_SEED, SEED, json};

#[derive(Serialize)]
struct KeyFile {
    warning: &'static str,
    valid: Vec<ValidKey>,
    invalid: Vec<InvalidKey>,
}

#[derive(Serialize)]
struct ValidKey {
    name: &'static str,
    seed: Hex,
    public_key: Hex,
    key_id: Hex,
    verifier_key: String,
    message: Hex,
    signature: Hex,
}

#[derive(Serialize)]
struct InvalidKey {
    name: &'static str,
    verifier_key: String,
    reason: &'static str,
}

pub fn keys() -> String {
    let file = KeyFile {
        warning: "These seeds are public. They are for tests only.",
        valid: vec![valid(ORIGIN, SEED), valid(ORIGIN, OTHER_SEED), valid("münchen.example/straße", SEED)],
        invalid: invalid(),
    };
    json(&file)
}

fn valid(name: &'static str, seed: &[u8; 32]) -> ValidKey {
    let key = SigningKey::from_seed(name, seed).unwrap();
    let verifier = key.verifier();
    let message = b"What is signed is the text of a note.\n";
    let signature = key.sign(message);
    assert!(verifier.verifies(message, &signature));
    ValidKey {
        name,
        seed: Hex(seed.to_vec()),
        public_key: verifier.public_key().as_slice().into(),
        key_id: verifier.id().0.as_slice().into(),
        verifier_key: verifier.to_string(),
        message: message.as_slice().into(),
        signature: signature.as_slice().into(),
    }
}

/// A verifier key's text, whatever it may hold; the id fits name and key.
fn text(name: &str, kind: u8, public_key: &[u8]) -> String {
    let encoded = [&[kind], public_key].concat();
    let hash = sha256(&[name.as_bytes(), b"\n", &encoded].concat());
    let id = KeyId([hash.0[0], hash.0[1], hash.0[2], hash.0[3]]);
    format!("{name}+{id}+{}", encode_base64(&encoded))
}

fn invalid() -> Vec<InvalidKey> {
    let key = *SigningKey::from_seed(ORIGIN, SEED).unwrap().verifier().public_key();
    let good = text(ORIGIN, 1, &key);
    assert!(VerifierKey::parse(&good).is_ok());
    let (name_and_id, encoded) = good.rsplit_once('+').unwrap();
    let id = name_and_id.rsplit_once('+').unwrap().1;
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut unreduced = [0xff; 32];
    (unreduced[0], unreduced[31]) = (0xf0, 0x7f);
    let form = "a verifier key reads name+id+base64";
    let hex = "the id is eight lower-case hexadecimal digits";
    let base64 = "base64 is standard, padded and canonical";
    let id_reason = "the id is not that of this name and key";
    let name_reason = "a key name is not empty and has no spaces and no '+'";
    let usable = "not a usable Ed25519 key";
    let cases = [
        ("no id", format!("{ORIGIN}+{encoded}"), form, KeyError::Malformed),
        ("no key", format!("{ORIGIN}+{id}"), form, KeyError::Malformed),
        ("no name", text("", 1, &key), name_reason, KeyError::Name),
        ("a name with a space", text("ledger example", 1, &key), name_reason, KeyError::Name),
        ("a name with a no-break space", text("ledger\u{a0}example", 1, &key), name_reason, KeyError::Name),
        ("an id in capitals", good.replacen(id, &id.to_uppercase(), 1), hex, KeyError::Malformed),
        ("an id of seven digits", good.replacen(id, &id[..7], 1), hex, KeyError::Malformed),
        ("padding where none belongs", format!("{good}="), base64, KeyError::Malformed),
        ("one byte too few", text(ORIGIN, 1, &key[..31]), usable, KeyError::UnusableKey),
        ("one byte too many", text(ORIGIN, 1, &[&key[..], &[0]].concat()), usable, KeyError::UnusableKey),
        (
            "another type",
            text(ORIGIN, 2, &key),
            "the type is 0x01, Ed25519",
            KeyError::UnknownType { found: 2 },
        ),
        ("not a point of the curve", text(ORIGIN, 1, &[2; 32]), usable, KeyError::UnusableKey),
        (
            "the neutral element, for which anybody can sign",
            text(ORIGIN, 1, &neutral),
            usable,
            KeyError::UnusableKey,
        ),
        ("y = p + 3, which is not reduced", text(ORIGIN, 1, &unreduced), usable, KeyError::UnusableKey),
    ];
    let mut invalid: Vec<_> = cases
        .into_iter()
        .map(|(name, verifier_key, reason, error)| {
            assert_eq!(VerifierKey::parse(&verifier_key), Err(error), "{name}");
            InvalidKey { name, verifier_key, reason }
        })
        .collect();
    let mistyped = good.replacen("ledger", "lodger", 1);
    assert!(matches!(VerifierKey::parse(&mistyped), Err(KeyError::IdMismatch { .. })));
    invalid.push(InvalidKey { name: "a mistyped name", verifier_key: mistyped, reason: id_reason });
    invalid
}
