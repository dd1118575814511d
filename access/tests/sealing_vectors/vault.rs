//! The vault: encrypted openings, wrapped keys, and the bytes of their files.

use einsicht_access::vault::record::{
    RecordHeader, destroyed_by, destroyed_slot, file_start, read_slot, record,
};
use einsicht_access::vault::{KeyName, VaultKey, WrappingKey};
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Hash, Index};
use serde::Serialize;

use crate::Refused;
use crate::make::{fixed, full, hex, sealed};

const ORIGIN: &str = "ledger.example/test";
const MONTH: &str = "2026-11";
const OVERWRITTEN: u64 = 1 << 40 | 3;

#[derive(Serialize)]
pub struct File {
    origin: &'static str,
    encrypted: Valid<Encrypted>,
    wrapped: Valid<Wrapped>,
    headers: Vec<Header>,
    records: Valid<Record>,
}

#[derive(Serialize)]
struct Valid<T> {
    valid: Vec<T>,
    invalid: Vec<Refused<T>>,
}

/// Nothing is decrypted, or unwrapped, where that is `None`.
#[derive(Serialize)]
struct Encrypted {
    key: String,
    public_nonce: String,
    nonce: Option<String>,
    openings: Option<String>,
    sealed: String,
}

#[derive(Serialize)]
struct Wrapped {
    wrapping_key: String,
    path: String,
    kind: u8,
    month: &'static str,
    retention_class: Option<&'static str>,
    nonce: Option<String>,
    key: Option<String>,
    file: String,
}

#[derive(Serialize)]
struct Header {
    origin_hash: String,
    month: &'static str,
    retention_class: &'static str,
    overwritten: String,
    bytes: String,
}

#[derive(Serialize)]
struct Record {
    index: Option<String>,
    leaf_hash: Option<String>,
    slot_bytes: Option<usize>,
    sealed: Option<String>,
    destroyed_by: Option<String>,
    bytes: String,
}

pub fn file() -> File {
    let classes = ["next-year-end", "P12M"];
    let origin_hash = sha256(ORIGIN.as_bytes());
    let header = |class: &'static str| Header {
        origin_hash: hex(origin_hash.as_bytes()),
        month: MONTH,
        retention_class: class,
        overwritten: OVERWRITTEN.to_string(),
        bytes: hex(&file_start(origin_hash, MONTH.parse().unwrap(), class.parse().unwrap(), OVERWRITTEN)),
    };
    File {
        origin: ORIGIN,
        encrypted: encrypted(),
        wrapped: wrapped(),
        headers: classes.map(header).into(),
        records: records(),
    }
}

fn sealed_openings() -> ([u8; 16], Vec<u8>, Vec<u8>) {
    let sealed = sealed(&full(), "in the vault").sealed.unwrap();
    let openings = sealed.openings.as_bytes().to_vec();
    let key = VaultKey::new(fixed("vault key"));
    let bytes = key.encrypt(ORIGIN, &sealed.nonce, &fixed("AEAD nonce"), &openings);
    assert_eq!(**key.decrypt(ORIGIN, &sealed.nonce, &bytes).unwrap(), *openings);
    (sealed.nonce, openings, bytes)
}

fn encrypted() -> Valid<Encrypted> {
    let (public_nonce, openings, sealed) = sealed_openings();
    let (key, nonce) = (fixed::<32>("vault key"), fixed::<24>("AEAD nonce"));
    let valid = Encrypted {
        key: hex(&key),
        public_nonce: hex(&public_nonce),
        nonce: Some(hex(&nonce)),
        openings: Some(hex(&openings)),
        sealed: hex(&sealed),
    };
    let invalid = |name, key: [u8; 32], public_nonce: [u8; 16], sealed: &[u8]| {
        assert!(VaultKey::new(key).decrypt(ORIGIN, &public_nonce, sealed).is_err(), "{name}: decrypted");
        let vector = Encrypted {
            key: hex(&key),
            public_nonce: hex(&public_nonce),
            nonce: None,
            openings: None,
            sealed: hex(sealed),
        };
        Refused { name, vector, reason: "it does not decrypt".to_owned() }
    };
    let mut flipped = sealed.clone();
    flipped[24] ^= 1;
    Valid {
        valid: vec![valid],
        invalid: vec![
            invalid("another key", [1; 32], public_nonce, &sealed),
            invalid("another entry", key, [1; 16], &sealed),
            invalid("a bit of the ciphertext", key, public_nonce, &flipped),
            invalid("cut", key, public_nonce, &sealed[..sealed.len() - 1]),
            invalid("shorter than nonce and tag", key, public_nonce, &sealed[..39]),
        ],
    }
}

fn wrapped() -> Valid<Wrapped> {
    let (wrapping_key, nonce) = (fixed::<32>("wrapping key"), fixed::<24>("nonce of a wrapped key"));
    let name = |class: Option<&str>| match class {
        Some(class) => KeyName::Vault(MONTH.parse().unwrap(), class.parse().unwrap()),
        None => KeyName::Period(MONTH.parse().unwrap()),
    };
    let kind = |class: Option<&str>| if class.is_some() { 1 } else { 2 };
    let valid = |class: Option<&'static str>| {
        let key = fixed::<32>("wrapped key");
        let file = WrappingKey::new(wrapping_key).wrap(ORIGIN, name(class), &key, &nonce);
        assert_eq!(*WrappingKey::new(wrapping_key).unwrap(ORIGIN, name(class), &file).unwrap(), key);
        Wrapped {
            wrapping_key: hex(&wrapping_key),
            path: name(class).path(),
            kind: kind(class),
            month: MONTH,
            retention_class: class,
            nonce: Some(hex(&nonce)),
            key: Some(hex(&key)),
            file: hex(&file),
        }
    };
    let file = WrappingKey::new(wrapping_key).wrap(ORIGIN, name(None), &fixed("wrapped key"), &nonce);
    let invalid = |label, wrapping_key: [u8; 32], class: Option<&'static str>, file: &[u8]| {
        let refused = WrappingKey::new(wrapping_key).unwrap(ORIGIN, name(class), file).map(drop);
        let vector = Wrapped {
            wrapping_key: hex(&wrapping_key),
            path: name(class).path(),
            kind: kind(class),
            month: MONTH,
            retention_class: class,
            nonce: None,
            key: None,
            file: hex(file),
        };
        Refused { name: label, vector, reason: refused.expect_err(label).to_string() }
    };
    let mut later = file.clone();
    later[11] = 2;
    let mut other = file.clone();
    other[0] = b'X';
    Valid {
        valid: [Some("next-year-end"), Some("P12M"), None].into_iter().map(valid).collect(),
        invalid: vec![
            invalid("another wrapping key", [1; 32], None, &file),
            invalid("a key of the vault in the place of a period key", wrapping_key, Some("P12M"), &file),
            invalid("cut", wrapping_key, None, &file[..file.len() - 1]),
            invalid("longer", wrapping_key, None, &[file.clone(), vec![0]].concat()),
            invalid("another file", wrapping_key, None, &other),
            invalid("a version that nobody knows yet", wrapping_key, None, &later),
        ],
    }
}

fn records() -> Valid<Record> {
    let (_, _, sealed) = sealed_openings();
    let (index, leaf_hash) = (Index(1 << 40), Hash([7; 32]));
    let bytes = record(index, leaf_hash, &sealed).unwrap();
    let header = RecordHeader::parse(&bytes).unwrap();
    assert_eq!(read_slot(&bytes[52..]).unwrap(), sealed);
    // As after an erasure: shorter openings in the same slot.
    let slot_bytes = header.slot_bytes as usize;
    let shorter = &sealed[..100];
    let slot = einsicht_access::vault::record::slot(shorter, slot_bytes).unwrap();
    let overwritten = [&bytes[..52], &slot].concat();
    let valid = |sealed: &[u8], bytes: &[u8]| Record {
        index: Some(index.0.to_string()),
        leaf_hash: Some(hex(leaf_hash.as_bytes())),
        slot_bytes: Some(slot_bytes),
        sealed: Some(hex(sealed)),
        destroyed_by: None,
        bytes: hex(bytes),
    };
    // As after an erasure from a slot that could not be read.
    let by = Index(1 << 41);
    let slot = destroyed_slot(by, slot_bytes).unwrap();
    assert_eq!((destroyed_by(&slot), read_slot(&slot)), (Some(by), None));
    let destroyed = [&bytes[..52], &slot].concat();
    let destroyed =
        Record { sealed: None, destroyed_by: Some(by.0.to_string()), ..valid(&sealed, &destroyed) };
    let invalid = |name, at: usize, reason: &str| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        let is_read = RecordHeader::parse(&bytes).is_some() && read_slot(&bytes[52..]).is_some();
        assert!(!is_read, "{name}: read");
        let vector = Record {
            index: None,
            leaf_hash: None,
            slot_bytes: None,
            sealed: None,
            destroyed_by: None,
            bytes: hex(&bytes),
        };
        Refused { name, vector, reason: reason.to_owned() }
    };
    Valid {
        valid: vec![valid(&sealed, &bytes), valid(shorter, &overwritten), destroyed],
        invalid: vec![
            invalid("a bit of the header", 9, "the checksum of the header does not check"),
            invalid("a bit of the slot", 80, "the checksum of the slot does not check"),
            invalid("a bit of the checksum", bytes.len() - 1, "the checksum of the slot does not check"),
            invalid("another beginning", 0, "a record begins with EIV1"),
        ],
    }
}
