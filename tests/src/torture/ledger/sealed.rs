//! What of the producers' events is sealed, and what must be found of it: nothing less, and nothing that no
//! entry has.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::openings::State;
use einsicht_access::seal::{Salt, seal};
use einsicht_access::vault::WrappingKey;
use einsicht_access::{Month, RetentionClass, SealedField, body_bytes, read_body, seal_statement};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure, Statement};
use einsicht_service::sequencer::Work;
use einsicht_service::storage::memory::MemoryFolder;
use einsicht_service::storage::{self, LogReader};
use einsicht_service::vault::{self, Check, SealedBytes, Vault};
use einsicht_tlog::{Index, Size};
use prost::Message as _;

use super::book::Book;
use super::machine::{BEGUN_AT_S, origin};

/// Opens the keys of every ledger here.
#[must_use]
pub fn wrapping_key() -> WrappingKey {
    WrappingKey::new([3; 32])
}

/// What is prepared of one event.
pub struct Prepared {
    /// The body of its entry.
    pub body: Bytes,
    /// Public nonce and openings, if anything is sealed.
    openings: Option<([u8; 16], Vec<u8>)>,
    class: RetentionClass,
}

impl Prepared {
    /// Seals what of this event is to be sealed, where anything is: nothing of most, two values of some, everything
    /// of a few.
    /// The same event always gives the same.
    #[must_use]
    pub fn of(session: u8, sequence: u64, body: Vec<u8>, seals: bool) -> Self {
        let class =
            if session.is_multiple_of(2) { RetentionClass::NextYearEnd } else { RetentionClass::Months(12) };
        if !seals {
            return Self { body: body.into(), openings: None, class };
        }
        let Some(Content::Access(mut record)) = read_body(&body).unwrap().content else {
            panic!("no access")
        };
        let nonce = [[session; 8], sequence.to_be_bytes()].concat();
        let mut openings = Vec::new();
        match sequence % 5 {
            1 | 2 => {
                record.nonce = Some(Bytes::copy_from_slice(&nonce));
                let value =
                    format!("{session}/{sequence}").repeat(1 + usize::try_from(sequence % 20).unwrap());
                record.actor_seal = Some(open(SealedField::Actor, value.as_bytes(), &mut openings));
                record.justification_seal = Some(open(SealedField::Justification, b"because", &mut openings));
            }
            3 => {
                let hidden = record.encode_to_vec();
                record = AccessRecord {
                    confidential_until_day: Some(40_000),
                    nonce: Some(Bytes::copy_from_slice(&nonce)),
                    confidential_seal: Some(open(SealedField::Confidential, &hidden, &mut openings)),
                    ..AccessRecord::default()
                };
            }
            _ => return Self { body: body.into(), openings: None, class },
        }
        let body = body_bytes(&EntryBody { content: Some(Content::Access(record)) }).into();
        Self { body, openings: Some((nonce.try_into().unwrap(), openings)), class }
    }

    /// Encrypts what is sealed, as the service does before it submits.
    #[must_use]
    pub fn encrypted(&self, vault: &Vault) -> Option<SealedBytes> {
        self.openings.as_ref().map(|(nonce, openings)| encrypt(vault, self.class, nonce, openings))
    }
}

/// Makes the keys that events are sealed with, or has them ready.
pub fn make_keys(vault: &Vault) {
    if let Some(keyring) = vault.keyring() {
        for class in [RetentionClass::NextYearEnd, RetentionClass::Months(12)] {
            keyring.vault_key(Month::of_unix_s(BEGUN_AT_S), class).unwrap();
        }
    }
}

/// Whether an event has values that can be erased one by one.
#[must_use]
pub fn is_erasable(sequence: u64) -> bool {
    matches!(sequence % 5, 1 | 2)
}

/// The entry that says that the actor of an entry was erased.
#[must_use]
pub fn erasure(vault: &Vault, target: Index) -> Work {
    let fields = vec![u32::from(SealedField::Actor.number())];
    let statement = Statement { index: Some(target.0), fields, ..Statement::default() };
    let random = |bytes: &mut [u8]| {
        bytes.fill(u8::try_from(target.0 % 251).unwrap());
        Ok::<_, ()>(())
    };
    let sealed = seal_statement(&statement, random).unwrap();
    let (nonce, openings) = (sealed.sealed.nonce, sealed.sealed.openings);
    let erasure = Erasure {
        ground: "trial".to_owned(),
        seal: Some(Bytes::copy_from_slice(&sealed.seal)),
        nonce: Some(Bytes::copy_from_slice(&nonce)),
        ..Erasure::default()
    };
    let body = body_bytes(&EntryBody { content: Some(Content::Erasure(erasure)) });
    let sealed = encrypt(vault, RetentionClass::NextYearEnd, &nonce, openings.as_bytes());
    Work::Own { body, sealed: Some(sealed) }
}

fn open(field: SealedField, value: &[u8], openings: &mut Vec<u8>) -> Bytes {
    let salt = [field.number(); 32];
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    openings.extend([&[field.number(), 1][..], &salt, &length, value].concat());
    Bytes::copy_from_slice(&seal(field, &Salt::from(salt), value))
}

fn encrypt(vault: &Vault, class: RetentionClass, nonce: &[u8; 16], openings: &[u8]) -> SealedBytes {
    let month = Month::of_unix_s(BEGUN_AT_S);
    let key = vault.keyring().unwrap().vault_key(month, class).unwrap();
    let bytes = key.encrypt(origin().as_str(), nonce, &[nonce[15]; 24], openings).into();
    SealedBytes { month, class, bytes }
}

/// Every sealed entry has openings that make its seals, nothing else is in the vault, and what the log says was
/// erased is erased, and only that. Returns how many entries have openings.
pub fn assert_kept(folder: &MemoryFolder, vault: &Vault, reader: &LogReader, book: &Book) -> u64 {
    assert_eq!(vault.damages(), [], "no fault of the disk is damage");
    let Some(keyring) = vault.keyring() else { return 0 };
    let mut faults = Vec::new();
    let mut tell = |fault| faults.push(fault);
    let origin = origin();
    let mut check = Check::begin(folder, &origin, Some(keyring), &mut tell).unwrap();
    let (mut said, mut erased) = (Vec::new(), Vec::new());
    let mut visit = |index: Index, leaf: &einsicht_tlog::Leaf<'_>| {
        check.entry(index, leaf).unwrap();
        match read_body(leaf.body).unwrap().content {
            Some(Content::Erasure(_)) => said.push(index),
            Some(Content::Access(record)) if record.actor_seal.is_some() => erased.push(index),
            _ => {}
        }
    };
    storage::check(folder, origin.hash(), None, &mut visit).unwrap();
    let found = check.finish().unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let leaf = |index| reader.leaf(index).unwrap();
    let statements = said.iter().map(|by| vault.statement(*by, &leaf(*by)).unwrap().unwrap());
    let targets: Vec<Index> = statements.map(|statement| Index(statement.index.unwrap())).collect();
    for index in erased {
        let openings = vault.openings(index, &leaf(index)).unwrap().openings;
        let is_open = matches!(openings.state(SealedField::Actor), Some(State::Open { .. }));
        assert_eq!(is_open, !targets.contains(&index), "the actor of entry {index}");
        let rest = openings.state(SealedField::Justification);
        assert!(matches!(rest, Some(State::Open { .. })), "another value of entry {index} is gone");
    }
    let lost = book.erased.iter().find(|target| !targets.contains(target));
    assert_eq!(lost, None, "its erasure was acknowledged");
    assert_eq!(found.records, found.opened);
    found.opened
}

/// The same of what is left after a loss of power.
pub fn assert_found(folder: &MemoryFolder, reader: &LogReader, size: Size, book: &Book) {
    let data = Arc::new(folder.clone());
    let opening = vault::Opening {
        data: data.clone(),
        keys: data,
        wrapping: Some(wrapping_key()),
        origin: origin(),
        reader,
        size,
        halt: Arc::new(|error| panic!("{error}")),
    };
    let vault::Opened { vault, erasures } = Vault::open(opening).unwrap();
    vault.erase_again(erasures, reader).unwrap();
    assert_kept(folder, &vault, reader, book);
}
