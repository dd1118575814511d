//! What passes, what fails and which entry and field it names, and what nobody can tell.

mod destroyed;
mod growing;
mod whole;

use std::fs;

use bytes::Bytes;
use einsicht_access::record::{Sealed, seal_statement};
use einsicht_access::vault::WrappingKey;
use einsicht_access::vault::record::OVERWRITTEN_BYTES;
use einsicht_access::{SealedField, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, EntryBody, Erasure, Statement};
use einsicht_tlog::Size;
use tempfile::TempDir;

use super::*;
use crate::finding::Fault;
use crate::sample::sealed::{event, sealed};
use crate::sample::vault::{CLASS, Stored, wrapping, write, write_as};
use crate::sample::{BEGAN_AT, Ledger, ORIGIN, trust};

/// Three accesses, the second confidential, and what is stored of them.
fn ledger() -> (Ledger, Vec<Stored>) {
    let (mut ledger, mut stored) = (Ledger::new(), Vec::new());
    for (people, until) in [(&[1, 2][..], None), (&[1], Some(30_000)), (&[3], None)] {
        let event = AccessEvent { confidential_until_day: until, ..event(people) };
        push(&mut ledger, &mut stored, sealed(&event, BEGAN_AT, 0));
    }
    (ledger, stored)
}

fn push(ledger: &mut Ledger, stored: &mut Vec<Stored>, (body, sealed): (Vec<u8>, Sealed)) {
    ledger.commit_at(BEGAN_AT, &body);
    stored.push(Stored::of(ledger, ledger.size() - 1, sealed.nonce, sealed.openings));
}

/// An entry that says that fields of an entry were erased, with its sealed statement.
fn erasure(index: u64, fields: &[SealedField]) -> (Vec<u8>, Sealed) {
    let fields = fields.iter().map(|field| field.number().into()).collect();
    let statement = Statement { who: "s".into(), index: Some(index), fields, ..Statement::default() };
    let sealed = seal_statement(&statement, |bytes: &mut [u8]| getrandom::fill(bytes)).unwrap();
    let content = Content::Erasure(Erasure {
        ground: "g".into(),
        seal: Some(Bytes::copy_from_slice(&sealed.seal)),
        nonce: Some(Bytes::copy_from_slice(&sealed.sealed.nonce)),
        ..Erasure::default()
    });
    (body_bytes(&EntryBody { content: Some(content) }), sealed.sealed)
}

fn whole_month() -> Vec<u8> {
    let content = Content::Erasure(Erasure {
        ground: "retention".into(),
        month: Some("2026-11".into()),
        retention_class: Some(CLASS.to_string()),
        ..Erasure::default()
    });
    body_bytes(&EntryBody { content: Some(content) })
}

async fn audited_in(folder: &TempDir, ledger: &Ledger, wrapping: &WrappingKey) -> VaultAudit {
    ledger.write_segments(folder.path(), &[]);
    let vault = VaultCopy::open(folder.path(), &folder.path().join("keys"), wrapping, ORIGIN).unwrap();
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    audit_vault(&source, &trust(), vault, |_| {}).await.unwrap()
}

async fn audited(ledger: &Ledger, stored: &[Stored]) -> VaultAudit {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), stored);
    audited_in(&folder, ledger, &wrapping()).await
}

/// The one finding of an audit: fault, index, and what it says.
#[track_caller]
fn one_finding(audit: &VaultAudit) -> (Fault, Option<u64>, String) {
    assert_eq!((audit.conclusion(), audit.findings_in_all), (Conclusion::Failed, 1), "{audit:#?}");
    let finding = &audit.findings[0];
    (finding.fault, finding.index.map(|index| index.0), finding.to_string())
}

#[tokio::test]
async fn every_seal_and_marker_of_every_entry_is_recomputed() {
    let (ledger, stored) = ledger();
    let audit = audited(&ledger, &stored).await;
    assert_eq!(audit.conclusion(), Conclusion::Verified, "{audit:#?}");
    // subjects, actor and the exact time of each, and the whole of the confidential one.
    let expected = Counts { entries: 3, values: 10, marked: 3, ..Counts::default() };
    assert_eq!((audit.counts, audit.log.head.size.0), (expected, 4));
    let nothing = audited(&Ledger::of(9, 3), &[]).await;
    assert_eq!((nothing.conclusion(), nothing.counts), (Conclusion::Verified, Counts::default()));
}

#[tokio::test]
async fn what_the_verification_of_the_log_could_not_tell_is_not_verified_with_the_vault() {
    let (ledger, stored) = ledger();
    let mut audit = audited(&ledger, &stored).await;
    audit.log.confidential.unchecked = 1;
    assert_eq!(audit.conclusion(), Conclusion::CouldNotTell);
}

#[tokio::test]
async fn a_value_that_was_not_sealed_fails_with_index_and_field() {
    let (ledger, mut stored) = ledger();
    let other = AccessEvent { actor: Some("somebody else".into()), ..event(&[3]) };
    stored[2].openings = sealed(&other, BEGAN_AT, 0).1.openings;
    let (fault, index, text) = one_finding(&audited(&ledger, &stored).await);
    assert_eq!((fault, index), (Fault::Seal, Some(3)));
    assert!(text.contains("subjects") && !text.contains("somebody"), "{text}");
}

#[tokio::test]
async fn a_marker_that_the_subject_would_not_find_fails() {
    let (mut ledger, mut stored) = ledger();
    // Written with the key of another month.
    push(&mut ledger, &mut stored, sealed(&event(&[1]), BEGAN_AT + 60 * 24 * 60 * 60, 0));
    let (fault, index, text) = one_finding(&audited(&ledger, &stored).await);
    assert_eq!((fault, index), (Fault::Marker, Some(4)), "{text}");
}

#[tokio::test]
async fn a_missing_opening_fails_unless_its_month_was_erased_by_an_entry() {
    let (mut ledger, mut stored) = ledger();
    let taken = stored.remove(1);
    let (fault, index, _) = one_finding(&audited(&ledger, &stored).await);
    assert_eq!((fault, index), (Fault::NoOpening, Some(2)));
    stored.insert(1, taken);
    ledger.commit_at(BEGAN_AT, &whole_month());
    let (fault, _, text) = one_finding(&audited(&ledger, &stored).await);
    assert!(fault == Fault::Erasure && text.contains("2026-11 of class P12M"), "{text}");
}

#[tokio::test]
async fn a_folder_without_a_vault_is_no_proof_of_anything() {
    let (ledger, _) = ledger();
    let audit = audited(&ledger, &[]).await;
    assert_eq!((audit.conclusion(), audit.untold[0].entries), (Conclusion::CouldNotTell, 3));
    assert!(audit.untold[0].why.contains("no vault"), "{:?}", audit.untold);
}

#[tokio::test]
async fn an_erasure_that_nobody_can_read_excuses_nothing() {
    let (mut ledger, mut stored) = ledger();
    push(&mut ledger, &mut stored, erasure(1, &[SealedField::Actor]));
    stored[0].openings.erase(&[SealedField::Actor], 4);
    stored[3].openings.erase(&[SealedField::Statement], 4);
    let audit = audited(&ledger, &stored).await;
    assert_ne!(audit.conclusion(), Conclusion::Verified, "{audit:#?}");
    assert!(audit.untold.iter().any(|untold| untold.why.contains("statement")), "{audit:#?}");
}

#[tokio::test]
async fn markers_of_a_record_without_seals_fail() {
    let (mut ledger, stored) = ledger();
    let record = einsicht_proto::v1::AccessRecord {
        nonce: Some(Bytes::from_static(&[1; 16])),
        markers: vec![Bytes::from_static(&[2; 16])],
        ..Default::default()
    };
    ledger.commit_at(BEGAN_AT, &body_bytes(&EntryBody { content: Some(Content::Access(record)) }));
    let (fault, index, _) = one_finding(&audited(&ledger, &stored).await);
    assert_eq!((fault, index), (Fault::Marker, Some(4)));
}

#[tokio::test]
async fn what_is_erased_was_erased_by_an_entry_and_what_an_entry_erased_is_gone() {
    let (mut ledger, mut stored) = ledger();
    push(&mut ledger, &mut stored, erasure(1, &[SealedField::Actor]));
    let (fault, index, text) = one_finding(&audited(&ledger, &stored).await);
    assert!(text.contains("actor") && text.contains("still there"), "{text}");
    assert_eq!((fault, index), (Fault::Erasure, Some(1)));
    stored[0].openings.erase(&[SealedField::Actor], 4);
    let audit = audited(&ledger, &stored).await;
    assert_eq!((audit.conclusion(), audit.counts.erased_values), (Conclusion::Verified, 1), "{audit:#?}");
    // Another field, that the entry does not speak of; an entry that is none; one before it.
    for (fields, by) in
        [(SealedField::Subjects, 4), (SealedField::OccurredAt, 3), (SealedField::OccurredAt, 1)]
    {
        let (ledger, mut stored) = (ledger.clone(), restored(&ledger, &stored));
        stored[0].openings.erase(&[fields], by);
        let (fault, index, _) = one_finding(&audited(&ledger, &stored).await);
        assert_eq!((fault, index), (Fault::Erasure, Some(1)), "{fields} by {by}");
    }
}

/// The same openings again.
fn restored(ledger: &Ledger, stored: &[Stored]) -> Vec<Stored> {
    stored.iter().map(|one| Stored::of(ledger, one.index.0, one.nonce, one.openings.clone())).collect()
}

#[tokio::test]
async fn subjects_that_were_erased_leave_markers_that_nobody_can_tell() {
    let (mut ledger, mut stored) = ledger();
    push(&mut ledger, &mut stored, erasure(3, &[SealedField::Subjects]));
    stored[2].openings.erase(&[SealedField::Subjects], 4);
    let audit = audited(&ledger, &stored).await;
    assert_eq!(audit.conclusion(), Conclusion::Verified, "{audit:#?}");
    assert_eq!((audit.counts.marked, audit.counts.unmarked), (2, 1));
}

#[tokio::test]
async fn an_opening_without_an_entry_fails() {
    let (mut ledger, mut stored) = ledger();
    ledger.commit_at(BEGAN_AT, &body_bytes(&crate::sample::access(5, 0)));
    let copied = stored[0].openings.clone();
    stored.push(Stored::of(&ledger, 4, stored[0].nonce, copied));
    let (fault, index, text) = one_finding(&audited(&ledger, &stored).await);
    assert!(text.contains("openings at byte"), "{text}");
    assert_eq!((fault, index), (Fault::StrayOpening, Some(4)));
    // What lies behind the checkpoint is not published yet.
    let last = stored.len() - 1;
    stored[last].index = einsicht_tlog::Index(5);
    assert_eq!(audited(&ledger, &stored).await.conclusion(), Conclusion::Verified);
}

#[tokio::test]
async fn openings_of_another_leaf_fail() {
    let (ledger, mut stored) = ledger();
    stored[0].leaf_hash = stored[2].leaf_hash;
    let (fault, index, text) = one_finding(&audited(&ledger, &stored).await);
    assert_eq!((fault, index), (Fault::NoOpening, Some(1)));
    assert!(text.contains("of another entry"), "{text}");
}

#[tokio::test]
async fn damage_is_named_and_fails_only_what_it_hit() {
    let (ledger, stored) = ledger();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &stored);
    let path = folder.path().join(format!("vault/2026-11/{CLASS}/openings"));
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    let in_last = bytes.len() - 30;
    bytes[in_last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (fault, index, text) = one_finding(&audited_in(&folder, &ledger, &wrapping()).await);
    assert_eq!((fault, index), (Fault::NoOpening, Some(3)));
    assert!(text.contains("checksum"), "{text}");
    // The header of the first record: it is found again behind it.
    let first = whole.windows(4).position(|four| four == b"EIV1").unwrap();
    let mut bytes = whole.clone();
    bytes[first] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let audit = audited_in(&folder, &ledger, &wrapping()).await;
    assert_eq!((one_finding(&audit).0, audit.damage.len()), (Fault::NoOpening, 1), "{audit:#?}");
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let (fault, index, _) = one_finding(&audited_in(&folder, &ledger, &wrapping()).await);
    assert_eq!((fault, index), (Fault::NoOpening, Some(3)), "the last one is cut");
}

/// The records behind it say themselves whose they are.
#[tokio::test]
async fn a_file_that_begins_otherwise_fails_and_its_records_are_read_all_the_same() {
    let (ledger, stored) = ledger();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &stored);
    let path = folder.path().join(format!("vault/2026-11/{CLASS}/openings"));
    let whole = fs::read(&path).unwrap();
    let header_bytes = whole.windows(4).position(|four| four == b"EIV1").unwrap();
    // How often something was overwritten, which stands behind the header, is the service's business.
    for byte in 0..header_bytes - OVERWRITTEN_BYTES {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let audit = audited_in(&folder, &ledger, &wrapping()).await;
        let (fault, _, text) = one_finding(&audit);
        assert_eq!((fault, audit.counts.values), (Fault::OpeningsFile, 10), "byte {byte}");
        assert!(text.contains("openings at byte 0") && audit.damage.len() == 1, "{audit:#?}");
    }
    for bytes in [0, 10, header_bytes] {
        fs::write(&path, &whole[..bytes]).unwrap();
        let audit = audited_in(&folder, &ledger, &wrapping()).await;
        let missing: Vec<_> =
            audit.findings.iter().map(|found| (found.fault, found.index.unwrap().0)).collect();
        assert_eq!(missing, [1, 2, 3].map(|index| (Fault::NoOpening, index)), "{bytes} bytes");
    }
}

#[tokio::test]
async fn without_a_key_nobody_can_tell() {
    let (ledger, stored) = ledger();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &stored);
    let other = audited_in(&folder, &ledger, &WrappingKey::new([1; 32])).await;
    assert_eq!((other.conclusion(), other.counts.values), (Conclusion::CouldNotTell, 0));
    assert!(other.untold[0].why.contains("does not open with this wrapping key"), "{:?}", other.untold);
    fs::remove_file(folder.path().join("keys/markers/2026-11.key")).unwrap();
    let audit = audited_in(&folder, &ledger, &wrapping()).await;
    assert_eq!((audit.conclusion(), audit.counts.values), (Conclusion::CouldNotTell, 10));
    assert_eq!((audit.untold.len(), audit.untold[0].entries, audit.counts.marked), (1, 3, 0));
    fs::remove_file(folder.path().join(format!("keys/vault/2026-11.{CLASS}.key"))).unwrap();
    let audit = audited_in(&folder, &ledger, &wrapping()).await;
    assert_eq!((audit.conclusion(), audit.untold[0].entries), (Conclusion::CouldNotTell, 3));
    assert!(audit.untold[0].why.contains("can't be read"), "{:?}", audit.untold);
}
