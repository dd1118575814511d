//! A person finds the accesses to their own data, all of them and no others; and what can't be told is said.

use einsicht_access::{body_bytes, entry};
use einsicht_proto::v1::{AccessEvent, EntryBody};

use super::*;
use crate::finding::Conclusion;
use crate::sample::sealed::{event, opening, period_key, sealed};
use crate::sample::server::Server;
use crate::sample::{BEGAN_AT, Ledger, ORIGIN, key, trust};
use crate::view_keys::ViewKeyOf;

/// Day 20,779 is 2026-11-22, when samples begin; December begins 9 days later.
const TODAY: i32 = 20_779;
const DECEMBER: u64 = 1_796_083_200;

/// Keys of a person by the number in the register, for months of 2026.
fn keys(person: u64, months: &[&str]) -> ViewKeys {
    let mut keys = ViewKeys::new(ORIGIN.to_owned());
    for month in months {
        let month = month.parse().unwrap();
        let key = period_key(month).view_key("person", &person.to_string());
        keys.add(ViewKeyOf { scheme: "person".to_owned(), month, key });
    }
    keys
}

async fn scanned(ledger: &Ledger, keys: &ViewKeys) -> Result<Scan, ScanError> {
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    scan(&source, &trust(), keys, |_| {}).await
}

fn indexes(scan: &Scan) -> Vec<u64> {
    scan.hits.iter().map(|hit| hit.index.0).collect()
}

/// Accesses to 1; 2; 1 and 2; a plain one; 1 in December; then a start, in December.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    for (people, second) in [(&[1][..], BEGAN_AT + 1), (&[2], BEGAN_AT + 2), (&[1, 2], BEGAN_AT + 3)] {
        ledger.commit_at(second, &sealed(&event(people), second, ledger.size()).0);
    }
    ledger.commit_at(BEGAN_AT + 4, &body_bytes(&crate::sample::access(5, 0)));
    ledger.commit_at(DECEMBER, &sealed(&event(&[1]), DECEMBER, 3).0);
    ledger.commit_at(DECEMBER + 1, &body_bytes(&entry::service_start("einsichtd 0.1.0")));
    ledger
}

#[tokio::test]
async fn exactly_the_accesses_to_the_persons_data_are_found_each_with_its_proof() {
    let ledger = ledger();
    for (person, expected) in [(1, vec![1, 3]), (2, vec![2, 3]), (3, vec![])] {
        let scan = scanned(&ledger, &keys(person, &["2026-11"])).await.unwrap();
        assert_eq!(indexes(&scan), expected, "person {person}");
        assert_eq!(scan.audit.head, ledger.head_at(ledger.size()));
        assert_eq!((scan.months[0].records, scan.months[0].marked), (4, 3));
        assert_eq!(scan.months[0].hits, expected.len() as u64);
        assert_eq!(scan.untold(), []);
        for hit in &scan.hits {
            assert_eq!((hit.record.dataset.as_str(), hit.opened_by), ("melderegister", None));
            assert_eq!(hit.schemes.iter().collect::<Vec<_>>(), ["person"]);
            let [receipt] = &hit.receipts[..] else { panic!("{:?}", hit.receipts) };
            let (leaf, _) = receipt.verify(None, ORIGIN, &[key().verifier().clone()]).unwrap();
            assert_eq!((leaf, receipt.index), (ledger.leaves[hit.index.0 as usize].clone(), hit.index));
        }
    }
    let scan = scanned(&ledger, &keys(1, &["2026-12", "2026-11"])).await.unwrap();
    assert_eq!(indexes(&scan), [1, 3, 5]);
}

/// Who fetches once more where something was found tells the server where that is.
#[tokio::test]
async fn what_is_asked_of_a_server_does_not_show_what_was_found() {
    let mut ledger = Ledger::new();
    for number in 0..700 {
        let person = if number % 97 == 0 { 1 } else { 2 };
        ledger.commit_at(BEGAN_AT + 1, &sealed(&event(&[person]), BEGAN_AT + 1, number).0);
    }
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[ledger.size()]);
    let mut asked = Vec::new();
    for (person, hits) in [(1, 8), (2, 692), (3, 0)] {
        let server = Server::of_folder(folder.path());
        let scan = scan(&server.source(), &trust(), &keys(person, &["2026-11"]), |_| {}).await.unwrap();
        assert_eq!(scan.hits.len(), hits);
        let requests = server.requests();
        assert!(requests.values().all(|times| *times == 1), "person {person}: {requests:?}");
        asked.push(requests);
    }
    assert!(asked[0].len() > 2 && asked.iter().all(|requests| *requests == asked[0]), "{asked:?}");
}

#[tokio::test]
async fn a_key_finds_nothing_in_another_month() {
    let mut keys = keys(1, &[]);
    let key = period_key("2026-11".parse().unwrap()).view_key("person", "1");
    keys.add(ViewKeyOf { scheme: "person".to_owned(), month: "2026-12".parse().unwrap(), key });
    assert_eq!(indexes(&scanned(&ledger(), &keys).await.unwrap()), [0; 0]);
}

#[tokio::test]
async fn what_cannot_be_told_is_said_and_is_not_no_access() {
    let scan = scanned(&ledger(), &keys(1, &["2026-10", "2026-12"])).await.unwrap();
    let [october, december] = ["2026-10", "2026-12"].map(|month| month.parse().unwrap());
    assert_eq!(scan.untold(), [(october, Untold::NoRecords), (december, Untold::NotOver)]);
}

#[tokio::test]
async fn a_confidential_record_is_found_once_it_is_open_and_told_of_before() {
    let mut ledger = Ledger::new();
    let hidden = |people| AccessEvent { confidential_until_day: Some(TODAY), ..event(people) };
    let (body, first) = sealed(&hidden(&[1]), BEGAN_AT + 1, 0);
    ledger.commit_at(BEGAN_AT + 1, &body);
    let (body, second) = sealed(&hidden(&[2]), BEGAN_AT + 2, 1);
    ledger.commit_at(BEGAN_AT + 2, &body);
    ledger.commit_at(DECEMBER, &body_bytes(&entry::service_start("einsichtd 0.1.0")));
    let november = "2026-11".parse().unwrap();
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    assert_eq!((indexes(&scan), scan.untold()), (vec![], vec![(november, Untold::Hidden(2))]));
    // Opened in December; its markers are of November.
    ledger.commit_at(DECEMBER + 1, &opening(1, &first));
    let scan = scanned(&ledger, &keys(1, &["2026-11", "2026-12"])).await.unwrap();
    assert_eq!(indexes(&scan), [1]);
    let hit = &scan.hits[0];
    assert_eq!((hit.opened_by, hit.record.dataset.as_str()), (Some(Index(4)), "melderegister"));
    assert_eq!(hit.receipts.iter().map(|receipt| receipt.index.0).collect::<Vec<_>>(), [1, 4]);
    assert!(scan.untold().contains(&(november, Untold::Hidden(1))), "{:?}", scan.untold());
    ledger.commit_at(DECEMBER + 2, &opening(2, &second));
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    assert_eq!((indexes(&scan), scan.untold()), (vec![1], vec![]));
    assert_eq!((scan.audit.confidential.records, scan.audit.confidential.unopened()), (2, 0));
}

#[tokio::test]
async fn entries_that_this_release_does_not_know_are_told_of() {
    let mut ledger = ledger();
    ledger.leaves.truncate(5);
    ledger.commits.truncate(5);
    ledger.commit_at(BEGAN_AT + 5, b"\x6a\x01a");
    ledger.commit_at(DECEMBER, &body_bytes(&entry::service_start("einsichtd 0.1.0")));
    let scan = scanned(&ledger, &keys(9, &["2026-11"])).await.unwrap();
    assert_eq!(scan.untold(), [("2026-11".parse().unwrap(), Untold::NotUnderstood(1))]);
}

#[tokio::test]
async fn a_month_whose_records_name_nobody_is_told_of() {
    let mut ledger = Ledger::of(5, 1);
    ledger.commit_at(DECEMBER, &body_bytes(&entry::service_start("einsichtd 0.1.0")));
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    assert_eq!((scan.months[0].records, scan.months[0].marked), (4, 0));
    assert_eq!(scan.untold(), [("2026-11".parse().unwrap(), Untold::NoRecords)]);
}

#[tokio::test]
async fn a_large_ledger_is_proven_out_of_the_one_pass() {
    let mut ledger = Ledger::of(700, 90);
    for index in [300, 600] {
        let (body, _) = sealed(&event(&[1]), BEGAN_AT + 9, index);
        ledger.commit_at(BEGAN_AT + 9, &body);
    }
    ledger.grow(1300, 100);
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    assert_eq!(indexes(&scan), [700, 701]);
}

#[tokio::test]
async fn corrections_come_with_what_they_correct() {
    let mut ledger = ledger();
    for record in [3, 2] {
        let correction = Correction { index: record, correction: format!("of {record}"), ground: "g".into() };
        let body = body_bytes(&EntryBody { content: Some(Content::Correction(correction)) });
        ledger.commit_at(DECEMBER + 9, &body);
    }
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    let of_hits: Vec<_> = scan.hits.iter().map(|hit| hit.corrections.clone()).collect();
    assert_eq!((of_hits[0].len(), of_hits[1].len()), (0, 1));
    assert_eq!((of_hits[1][0].0, of_hits[1][0].1.correction.as_str()), (Index(7), "of 3"));
}

#[tokio::test]
async fn a_correction_of_a_record_that_was_still_closed_comes_with_it() {
    let mut ledger = Ledger::new();
    let hidden = AccessEvent { confidential_until_day: Some(TODAY), ..event(&[1]) };
    let (body, openings) = sealed(&hidden, BEGAN_AT + 1, 0);
    ledger.commit_at(BEGAN_AT + 1, &body);
    let correct = |ledger: &mut Ledger, text: &str| {
        let correction = Correction { index: 1, correction: text.to_owned(), ground: "g".into() };
        let body = body_bytes(&EntryBody { content: Some(Content::Correction(correction)) });
        ledger.commit_at(DECEMBER, &body);
    };
    correct(&mut ledger, "closed");
    ledger.commit_at(DECEMBER, &opening(1, &openings));
    correct(&mut ledger, "open");
    let scan = scanned(&ledger, &keys(1, &["2026-11"])).await.unwrap();
    let texts: Vec<_> = scan.hits[0].corrections.iter().map(|(_, said)| said.correction.as_str()).collect();
    assert_eq!(texts, ["closed", "open"]);
}

#[tokio::test]
async fn a_ledger_that_is_not_what_was_signed_tells_nothing() {
    let mut other = keys(1, &["2026-11"]);
    other = ViewKeys::parse(&other.to_json().replace(ORIGIN, "other.example")).unwrap();
    assert!(matches!(scanned(&ledger(), &other).await, Err(ScanError::OtherLedger { .. })));
    // The record is there, with other markers: as if the access had never been.
    let mut forged = ledger();
    let (body, _) = sealed(&event(&[9]), BEGAN_AT + 1, 1);
    let (signed, folder) = (ledger(), tempfile::tempdir().unwrap());
    let leaf = einsicht_tlog::Leaf::parse(&forged.leaves[1]).unwrap();
    forged.leaves[1] = einsicht_tlog::Leaf { body: &body, ..leaf }.to_bytes().unwrap();
    forged.write_segments(folder.path(), &[]);
    std::fs::write(folder.path().join("log/checkpoint"), signed.note_at(signed.size())).unwrap();
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let scan = scan(&source, &trust(), &keys(1, &["2026-11"]), |_| {}).await;
    let Err(ScanError::Verify(error)) = scan else { panic!("{scan:?}") };
    assert_eq!(error.conclusion(), Conclusion::Failed, "{error}");
}
