//! What is sealed is durable before its entry, in the month that it was prepared for; what is not costs nothing.

use bytes::Bytes;
use einsicht_access::entry::service_start;
use einsicht_access::vault::record::SLOT_BYTES_MAX;
use einsicht_access::{Month, Openings, RetentionClass, body_bytes, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure};
use einsicht_tlog::Index;
use prost::Message as _;

use super::faults::append_error;
use super::harness::{BEGUN_AT, Desk, accesses, indexes, known, origin, run};
use crate::sequencer::{Refused, Work};
use crate::storage::AppendError;
use crate::storage::memory::{At, Done, Kind};
use crate::vault::{SealedBytes, Vault, VaultError};

const CLASS: RetentionClass = RetentionClass::NextYearEnd;
const FILE: &str = "vault/2026-11/next-year-end/openings";
const SEGMENT: &str = "log/entries/00000000000000000000.seg";

fn month() -> Month {
    Month::of_unix_s(BEGUN_AT.unsigned_abs())
}

/// Openings with one value, as long as is wanted.
fn openings(value_bytes: usize) -> Vec<u8> {
    let length = u32::try_from(value_bytes).unwrap().to_be_bytes();
    [&[33, 1][..], &[7; 32], &length, &vec![b'x'; value_bytes]].concat()
}

/// Gives each event a nonce and openings, as the service prepares them in that month.
fn sealed(desk: &Desk, work: Work, month: Month, value_bytes: usize) -> Work {
    let Work::Accesses { session, mut events } = work else { panic!("only accesses are sealed here") };
    for event in &mut events {
        let mut body = read_body(&event.body).unwrap();
        let Some(Content::Access(record)) = &mut body.content else { panic!("no access") };
        let nonce = [u8::try_from(event.sequence % 256).unwrap(); 16];
        record.nonce = Some(Bytes::copy_from_slice(&nonce));
        event.body = body_bytes(&body).into();
        let key = desk.vault.keyring().unwrap().vault_key(month, CLASS).unwrap();
        let bytes = key.encrypt(origin().as_str(), &nonce, &[1; 24], &openings(value_bytes));
        event.sealed = Some(SealedBytes { month, class: CLASS, bytes: bytes.into() });
    }
    Work::Accesses { session, events }
}

/// Has each event hidden as a whole, as the service prepares confidential ones.
pub fn hide(vault: &Vault, work: Work) -> Work {
    let Work::Accesses { session, mut events } = work else { panic!("only accesses are hidden here") };
    for event in &mut events {
        let Some(Content::Access(record)) = read_body(&event.body).unwrap().content else {
            panic!("no access")
        };
        let hidden = record.encode_to_vec();
        let length = u32::try_from(hidden.len()).unwrap().to_be_bytes();
        let openings = [&[44, 1][..], &[7; 32], &length, &hidden].concat();
        let outer = AccessRecord {
            confidential_until_day: Some(30_000),
            confidential_seal: Some(Bytes::from_static(&[5; 32])),
            nonce: Some(Bytes::from_static(&[4; 16])),
            ..AccessRecord::default()
        };
        event.body = body_bytes(&EntryBody { content: Some(Content::Access(outer)) }).into();
        let key = vault.keyring().unwrap().vault_key(month(), CLASS).unwrap();
        let bytes = key.encrypt(origin().as_str(), &[4; 16], &[1; 24], &openings).into();
        event.sealed = Some(SealedBytes { month: month(), class: CLASS, bytes });
    }
    Work::Accesses { session, events }
}

fn found(desk: &Desk, index: Index) -> Result<Openings, VaultError> {
    desk.vault.openings(index, &desk.reader.leaf(index).unwrap()).map(|found| found.openings)
}

#[test]
fn openings_are_durable_before_the_frame_of_their_entries_is_written() {
    let mut desk = Desk::new();
    let work = sealed(&desk, accesses(1, &[(0, 10)]), month(), 40);
    desk.submit(work).unwrap();
    let work = sealed(&desk, accesses(1, &[(1, 11), (2, 12)]), month(), 40);
    let before = desk.folder.operations();
    let answer = desk.submit(work).unwrap();
    assert_eq!(indexes(&answer.entries), [2, 3]);
    let trace = desk.folder.trace().into_iter().skip(before);
    // The follower works beside it.
    let trace: Vec<_> = trace.filter(|(_, path)| [FILE, SEGMENT].contains(&path.as_str())).collect();
    let expected = [(Kind::Write, FILE), (Kind::Sync, FILE), (Kind::Write, SEGMENT), (Kind::Sync, SEGMENT)];
    assert_eq!(trace, expected.map(|(kind, path)| (kind, path.to_owned())));
    for index in 1..=3 {
        assert_eq!(found(&desk, Index(index)).unwrap().as_bytes(), openings(40));
    }
}

#[test]
fn what_is_not_sealed_never_touches_the_vault() {
    let mut desk = Desk::new();
    desk.submit(run(1, 0, 100)).unwrap();
    desk.submit(accesses(2, &[(0, 10)])).unwrap();
    let touched = desk.folder.trace().into_iter().find(|(_, path)| path.starts_with("vault/2"));
    assert_eq!(touched, None);
}

#[test]
fn a_body_of_another_month_goes_back_with_the_month_to_prepare_for() {
    let mut desk = Desk::new();
    let next = month().next();
    let both = |desk: &Desk, month| sealed(desk, accesses(1, &[(0, 10), (1, 11)]), month, 9);
    let early = both(&desk, next);
    let refused = desk.submit(early).unwrap_err();
    assert!(matches!(refused, Refused::OtherMonth { month: asked } if asked == month()), "{refused}");
    assert_eq!(desk.size(), 1, "nothing was recorded");
    let work = both(&desk, month());
    desk.submit(work).unwrap();
    // The month ends between preparing and placing.
    let late = sealed(&desk, accesses(1, &[(2, 12)]), month(), 9);
    desk.clock.pass(31 * 24 * 60 * 60 / 2);
    let refused = desk.submit(late).unwrap_err();
    assert!(matches!(refused, Refused::OtherMonth { month } if month == next), "{refused}");
    let work = sealed(&desk, accesses(1, &[(2, 12)]), next, 9);
    assert_eq!(indexes(&desk.submit(work).unwrap().entries), [3]);
    assert_eq!(found(&desk, Index(3)).unwrap().as_bytes(), openings(9));
}

#[test]
fn a_known_number_gets_its_answer_whatever_month_it_is_sent_again_in() {
    let mut desk = Desk::new();
    let work = sealed(&desk, accesses(1, &[(0, 10)]), month(), 9);
    let first = desk.submit(work).unwrap();
    desk.clock.pass(20 * 24 * 60 * 60);
    let again = sealed(&desk, accesses(1, &[(0, 10)]), month(), 9);
    let again = desk.submit(again).unwrap();
    assert_eq!((indexes(&again.entries), known(&again.entries)), (indexes(&first.entries), vec![true]));
    // With a new one beside it, it is the new one that has to be prepared again.
    let mixed = sealed(&desk, accesses(1, &[(0, 10), (1, 11)]), month(), 9);
    assert!(matches!(desk.submit(mixed).unwrap_err(), Refused::OtherMonth { .. }));
}

#[test]
fn a_failed_write_of_the_vault_stops_recording_and_a_failed_sync_ends_the_process() {
    for (kind, halts) in [(Kind::Write, 0), (Kind::Sync, 1)] {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let mut desk = Desk::new();
            let work = sealed(&desk, accesses(1, &[(0, 10)]), month(), 40);
            desk.submit(work).unwrap();
            let (head, frames) = (desk.head(), desk.count(Kind::Write, SEGMENT));
            desk.folder.fail(At::Nth(kind, FILE.to_owned(), desk.count(kind, FILE)), done);
            let works = vec![sealed(&desk, accesses(1, &[(1, 11)]), month(), 40), accesses(2, &[(0, 20)])];
            for answer in desk.together(works) {
                let error = append_error(answer);
                assert!(matches!(&*error, AppendError::VaultWrite { .. } | AppendError::VaultSync { .. }));
                assert_eq!(error.must_end(), halts == 1);
            }
            assert_eq!(desk.halts.lock().unwrap().len(), halts);
            for work in [accesses(2, &[(1, 21)]), accesses(1, &[(0, 10)])] {
                assert!(matches!(&*append_error(desk.submit(work)), AppendError::Stopped));
            }
            assert_eq!(
                (desk.head(), desk.count(Kind::Write, SEGMENT)),
                (head, frames),
                "nothing was written"
            );
        }
    }
}

/// The entry shows neither session nor number nor id of its event.
#[test]
fn a_confidential_event_is_known_again_and_refused_under_another_id() {
    let mut desk = Desk::new();
    let work = hide(&desk.vault, accesses(1, &[(0, 10), (1, 11)]));
    let first = desk.submit(work).unwrap();
    let again = hide(&desk.vault, accesses(1, &[(1, 11), (0, 10)]));
    let again = desk.submit(again).unwrap();
    assert_eq!((indexes(&again.entries), known(&again.entries)), (vec![2, 1], vec![true, true]));
    assert_eq!(indexes(&first.entries), [1, 2]);
    let other = hide(&desk.vault, accesses(1, &[(1, 99)]));
    assert!(matches!(desk.submit(other).unwrap_err(), Refused::Conflict { index: Index(2), .. }));
    // What nobody can tell is neither known nor new.
    desk.folder.flip(FILE, 8 * 200);
    let unclear = hide(&desk.vault, accesses(1, &[(0, 10)]));
    assert!(matches!(desk.submit(unclear).unwrap_err(), Refused::Placing(_)));
}

#[test]
fn openings_that_no_slot_holds_cost_nobody_else_anything() {
    let mut desk = Desk::new();
    let long = sealed(&desk, accesses(1, &[(0, 10)]), month(), SLOT_BYTES_MAX);
    let answers = desk.together(vec![long, accesses(2, &[(0, 20)])]);
    assert!(matches!(&answers[0], Err(Refused::Placing(reason)) if reason.contains("sealed values")));
    assert_eq!(indexes(&answers[1].as_ref().unwrap().entries), [1]);
}

#[test]
fn an_entry_that_says_that_something_is_erased_is_listed_until_it_is() {
    let mut desk = Desk::new();
    let work = sealed(&desk, accesses(1, &[(0, 10)]), month(), 40);
    desk.submit(work).unwrap();
    let erasure = |month: &str| {
        let (month, retention_class) = (Some(month.to_owned()), Some("P1M".to_owned()));
        let erasure = Erasure { month, retention_class, ..Erasure::default() };
        let body = body_bytes(&EntryBody { content: Some(Content::Erasure(erasure)) });
        Work::Own { body, sealed: None }
    };
    desk.submit(erasure("2026-10")).unwrap();
    desk.submit(Work::Own { body: body_bytes(&service_start("test")), sealed: None }).unwrap();
    let is_listed = |desk: &Desk| {
        desk.vault.move_watermark(&desk.head()).unwrap();
        String::from_utf8(desk.folder.bytes("vault/watermark")).unwrap().contains("\n1\n2\n")
    };
    assert!(is_listed(&desk));
    desk.vault.erase_class("2026-10".parse().unwrap(), RetentionClass::Months(1), Index(2)).unwrap();
    assert!(!is_listed(&desk));
    let refused = desk.submit(erasure("2026-11")).unwrap_err();
    assert!(matches!(refused, Refused::Placing(_)), "{refused}");
}
