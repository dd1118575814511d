//! Receipts of entries whose bodies say something.

use einsicht_access::{entry, kind_name, read_body};
use einsicht_client::proven::{ProvenEntry, ProvenError};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, Leaf, SigningKey, checkpoint};
use serde::Serialize;

use crate::city::{self, City, HIDDEN, OF_BOTH, OPENING};
use crate::ledger::{Ledger, ORIGIN, hex, key, other_key, text};
use crate::refused;

#[derive(Serialize)]
pub struct File {
    origin: &'static str,
    verifier_key: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    receipt: String,
    given_leaf: Option<String>,
    index: String,
    size: String,
    recorded_at: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    receipt: String,
    given_leaf: Option<String>,
    outcome: u8,
    reason: String,
}

pub fn file(city: &City) -> File {
    File {
        origin: ORIGIN,
        verifier_key: key().verifier().to_string(),
        valid: valid(&city.ledger),
        invalid: invalid(&city.ledger),
    }
}

fn valid(ledger: &Ledger) -> Vec<Valid> {
    let of = |name, index| check(name, &ledger.receipt(index), None);
    let bare = Receipt { leaf: None, ..ledger.receipt(2) };
    let alone = Ledger { leaves: ledger.leaves[..1].to_vec() };
    vec![
        of("the genesis", 0),
        of("a start", 1),
        of("an access before there was a charter", 2),
        of("a charter", 5),
        of("an access", 6),
        of("an access with much that is sealed", OF_BOTH),
        of("a confidential record", HIDDEN),
        of("a correction", 70),
        of("the end of a session", 90),
        of("an entry of unknown kind", 200),
        of("an opening", OPENING),
        of("a request", 263),
        of("an erasure", city::ERASURE),
        of("a disclosure", city::DISCLOSURE),
        of("a report", city::REPORT),
        of("the last entry", city::SIZE - 1),
        check("the genesis, when it was alone", &alone.receipt(0), None),
        check("the leaf given only", &bare, Some(&ledger.leaves[2])),
        check("the leaf in the file and given", &ledger.receipt(2), Some(&ledger.leaves[2])),
    ]
}

/// A ledger that signs what is no entry.
fn ending_with(leaf: impl Fn(&Leaf<'_>) -> Vec<u8>) -> Receipt {
    let mut ledger = Ledger::default();
    ledger.push(1_793_318_400, &einsicht_access::body_bytes(&entry::service_start("einsichtd 0.1.0")));
    let index =
        ledger.push(1_793_318_400, &einsicht_access::body_bytes(&entry::service_start("einsichtd 0.1.0")));
    ledger.leaves[1] = leaf(&ledger.leaf(index));
    ledger.receipt(index)
}

fn invalid(ledger: &Ledger) -> Vec<Invalid> {
    let bare = Receipt { leaf: None, ..ledger.receipt(2) };
    let head = ledger.head_at(city::SIZE);
    let foreign = SigningKey::from_seed("else.example", &[3; 32]).unwrap();
    let body = |body: &'static [u8]| ending_with(|leaf| Leaf { body, ..*leaf }.to_bytes().unwrap());
    let version = ending_with(|leaf| {
        let mut bytes = leaf.to_bytes().unwrap();
        bytes[0] = 2;
        bytes
    });
    vec![
        refuse("a receipt without its entry", &bare, None),
        refuse("a receipt without its entry, and another one given", &bare, Some(&ledger.leaves[3])),
        refuse(
            "a receipt with its entry, and another one given",
            &ledger.receipt(2),
            Some(&ledger.leaves[3]),
        ),
        refuse("another index", &Receipt { index: Index(3), ..ledger.receipt(2) }, None),
        refuse(
            "another key",
            &Receipt { checkpoint: checkpoint::sign(head, &other_key()), ..ledger.receipt(2) },
            None,
        ),
        refuse(
            "another ledger",
            &Receipt { checkpoint: checkpoint::sign(head, &foreign), ..ledger.receipt(2) },
            None,
        ),
        refuse("a body that ends early", &body(b"\x1a"), None),
        refuse("a body with two contents", &body(b"\x0a\x00\x12\x00"), None),
        refuse("a leaf of another version", &version, None),
        refuse("40 bytes, which are no leaf", &ending_with(|_| vec![1; 40]), None),
    ]
}

/// Index, size, time and kind of the entry that a receipt proves.
fn proven(receipt: &[u8], given: Option<&Vec<u8>>) -> Result<(u64, u64, u64, &'static str), ProvenError> {
    let receipt = Receipt::parse(receipt)?;
    let (leaf, checkpoint) =
        receipt.verify(given.map(Vec::as_slice), ORIGIN, std::slice::from_ref(key().verifier()))?;
    let index = receipt.index;
    let read = Leaf::parse(&leaf).map_err(|error| ProvenError::Leaf { index, error })?;
    let body = read_body(read.body).map_err(|error| ProvenError::Body { index, error })?;
    Ok((index.0, checkpoint.head.size.0, read.recorded_at.0, kind_name(&body)))
}

fn check(name: &'static str, receipt: &Receipt, given: Option<&Vec<u8>>) -> Valid {
    let bytes = receipt.to_bytes();
    let (index, size, recorded_at, kind) =
        proven(&bytes, given).unwrap_or_else(|error| panic!("{name}: {error}"));
    if given.is_none() {
        let again = ProvenEntry::verify(&bytes, key().verifier()).unwrap();
        assert_eq!((again.index().0, again.recorded_at().0, again.kind()), (index, recorded_at, kind));
    }
    Valid {
        name,
        receipt: text(bytes),
        given_leaf: given.map(|leaf| hex(leaf)),
        index: index.to_string(),
        size: size.to_string(),
        recorded_at: recorded_at.to_string(),
        kind,
    }
}

fn refuse(name: &'static str, receipt: &Receipt, given: Option<&Vec<u8>>) -> Invalid {
    let bytes = receipt.to_bytes();
    let error = proven(&bytes, given).expect_err(name);
    let outcome = refused(!error.is_without_entry());
    Invalid {
        name,
        receipt: text(bytes),
        given_leaf: given.map(|leaf| hex(leaf)),
        outcome,
        reason: error.to_string(),
    }
}
