//! Small ledgers, each with one thing that a verifier must notice, or must not stumble over.

mod charters;
mod confidential;

use bytes::Bytes;
use einsicht_access::record::entry_of_access;
use einsicht_access::{Provenance, body_bytes};
use einsicht_client::audit::{AuditOptions, audit};
use einsicht_client::source::Source;
use einsicht_client::{Conclusion, VerifyError};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, AccessRecord, EntryBody, Genesis, KeyAction, KeyChange, Operation, Predecessor,
};
use einsicht_tlog::note::SignedNote;
use serde::Serialize;

use crate::ledger::{Ledger, NOVEMBER, ORIGIN, hex, key, other_key, text, trust, write};
use crate::outcome;
use crate::whole::shown;

/// What `einsicht verify` does not look at: what the other keys of the genesis are, and whether they signed
/// (docs/format.md, This project's verifier).
const NOT_NOTICED_HERE: [&str; 3] = [
    "a second key, which did not sign",
    "a second key that nobody can have",
    "a second key that is not canonical",
];

#[derive(Serialize)]
pub struct File {
    origin: &'static str,
    verifier_key: String,
    ledgers: Vec<One>,
}

#[derive(Serialize)]
struct One {
    name: &'static str,
    leaves: Vec<String>,
    checkpoint: String,
    outcome: u8,
    shows: Option<&'static str>,
}

type Bodies = Vec<Vec<u8>>;
/// Name, what it shows, and the bodies.
type Case = (&'static str, Option<&'static str>, Bodies);

pub async fn file() -> File {
    let cases =
        [beginnings(), entries(), charters::parts(), charters::verdicts(), confidential::cases()].concat();
    let mut ledgers = Vec::new();
    for (name, shows, bodies) in cases {
        ledgers.push(case(name, shows, &bodies, &|ledger| ledger.note()).await);
    }
    let both = genesis(|genesis| {
        genesis.public_keys.push(Bytes::copy_from_slice(other_key().verifier().public_key()))
    });
    let signed_twice = |ledger: &Ledger| two_signatures(&ledger.note(), ledger);
    ledgers.push(case("two keys, which both signed", None, &[both], &signed_twice).await);
    File { origin: ORIGIN, verifier_key: key().verifier().to_string(), ledgers }
}

/// A note with the signature of another key behind its own.
fn two_signatures(own: &[u8], ledger: &Ledger) -> Vec<u8> {
    let other = einsicht_tlog::checkpoint::sign(ledger.head_at(ledger.size()), &other_key());
    assert!(SignedNote::parse(&other).is_ok());
    let line = text(other).rsplit_once("\n\n").unwrap().1.to_owned();
    [own, line.as_bytes()].concat()
}

async fn case(
    name: &'static str,
    shows: Option<&'static str>,
    bodies: &[Vec<u8>],
    sign: &dyn Fn(&Ledger) -> Vec<u8>,
) -> One {
    let mut ledger = Ledger::default();
    for (second, body) in (NOVEMBER..).zip(bodies) {
        ledger.push(second, body);
    }
    let mut tiles = ledger.tiles();
    tiles.insert("checkpoint".to_owned(), sign(&ledger));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &tiles);
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let found = audit(&source, &trust(), AuditOptions::default(), |_| {}).await;
    let rust = found.as_ref().err().map_or(Conclusion::Verified, VerifyError::conclusion);
    let rust_shows = found.as_ref().err().map(shown);
    let expected = shows.filter(|_| !NOT_NOTICED_HERE.contains(&name));
    assert_eq!(rust_shows, expected, "{name}: {:?}", found.err().map(|error| error.to_string()));
    let outcome = match shows {
        None => outcome(Conclusion::Verified),
        Some("newer") => outcome(Conclusion::CouldNotTell),
        Some(_) => outcome(Conclusion::Failed),
    };
    assert!(NOT_NOTICED_HERE.contains(&name) || crate::outcome(rust) == outcome, "{name}");
    let leaves = ledger.leaves.iter().map(|leaf| hex(leaf)).collect();
    One { name, leaves, checkpoint: text(tiles.remove("checkpoint").unwrap()), outcome, shows }
}

fn body(content: Content) -> Vec<u8> {
    body_bytes(&EntryBody { content: Some(content) })
}

fn genesis(change: impl Fn(&mut Genesis)) -> Vec<u8> {
    let mut genesis = Genesis {
        origin: ORIGIN.into(),
        format_version: 1,
        software: "einsichtd 0.1.0".into(),
        public_keys: vec![Bytes::copy_from_slice(key().verifier().public_key())],
        ..Genesis::default()
    };
    change(&mut genesis);
    body(Content::Genesis(genesis))
}

fn access(change: impl Fn(&mut AccessRecord)) -> Vec<u8> {
    let event = AccessEvent {
        dataset: "d".into(),
        operation: Operation::Query.into(),
        purpose: "a".into(),
        event_id: Bytes::from_static(&[7; 16]),
        occurred_at_us: 1_793_491_200_000_000,
        ..AccessEvent::default()
    };
    let session = Bytes::from_static(&[9; 16]);
    let made = entry_of_access(&event, Provenance { producer: "p", session: &session, sequence: 0 });
    let Some(Content::Access(mut record)) = made.content else { panic!("no access") };
    change(&mut record);
    body(Content::Access(record))
}

fn any() -> Vec<u8> {
    access(|_| {})
}

/// A case behind a genesis.
fn begun(name: &'static str, shows: Option<&'static str>, rest: Bodies) -> Case {
    (name, shows, [vec![genesis(|_| {})], rest].concat())
}

fn beginnings() -> Vec<Case> {
    let with = |name, shows, change: &dyn Fn(&mut Genesis)| (name, shows, vec![genesis(change), any()]);
    let failed = Some("genesis");
    let other = Bytes::copy_from_slice(other_key().verifier().public_key());
    let predecessor = |bytes: usize| {
        Some(Predecessor { origin: "before.example".into(), size: 17, root: vec![3; bytes].into() })
    };
    vec![
        with("a genesis and an access", None, &|genesis| genesis.simulated = true),
        ("a genesis alone", None, vec![genesis(|_| {})]),
        with("a later format", Some("newer"), &|genesis| genesis.format_version = 2),
        with("a later format, of which nothing else is known", Some("newer"), &|genesis| {
            *genesis = Genesis { format_version: 7, ..Genesis::default() };
        }),
        with("no format", Some("newer"), &|genesis| genesis.format_version = 0),
        with("another origin", failed, &|genesis| genesis.origin = "else.example".into()),
        with("no origin", failed, &|genesis| genesis.origin.clear()),
        with("no key", failed, &|genesis| genesis.public_keys.clear()),
        with("another key only", failed, &|genesis| genesis.public_keys = vec![other.clone()]),
        with("a second key, which did not sign", Some("keys"), &|genesis| {
            genesis.public_keys.push(other.clone())
        }),
        with("a second key of 31 bytes", failed, &|genesis| genesis.public_keys.push(other.slice(1..))),
        with("a second key that nobody can have", failed, &|genesis| {
            genesis.public_keys.push(vec![0; 32].into())
        }),
        with("a second key that is not canonical", failed, &|genesis| {
            genesis.public_keys.push(vec![255; 32].into())
        }),
        with("a predecessor", None, &|genesis| genesis.predecessor = predecessor(32)),
        with("a predecessor with a cut root", failed, &|genesis| genesis.predecessor = predecessor(31)),
        with("a predecessor without a root", failed, &|genesis| genesis.predecessor = predecessor(0)),
        ("no genesis", failed, vec![any(), any()]),
        ("an entry of unknown kind in its place", failed, vec![Vec::new(), any()]),
        ("a second genesis", failed, vec![genesis(|_| {}), genesis(|_| {})]),
        ("a genesis that can't be read", failed, vec![b"\x0a\x01".to_vec(), any()]),
    ]
}

fn entries() -> Vec<Case> {
    let with = |name, shows, bytes: &[u8]| (name, shows, vec![genesis(|_| {}), bytes.to_vec(), any()]);
    let key_change = KeyChange { action: KeyAction::Add.into(), ..KeyChange::default() };
    vec![
        with("an empty body", None, b""),
        with("an entry of a kind that comes later", None, b"\x6a\x05later"),
        with("an access with a field that comes later", None, &[any(), b"\xaa\x06\x01x".to_vec()].concat()),
        (
            "an operation that comes later",
            None,
            vec![genesis(|_| {}), access(|record| record.operation = 99)],
        ),
        with("a body that ends early", Some("entries"), b"\x1a"),
        with("a body with two contents", Some("entries"), b"\x0a\x00\x12\x00"),
        with("a change of keys", Some("newer"), &body(Content::KeyChange(key_change))),
    ]
}
