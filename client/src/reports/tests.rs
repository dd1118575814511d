//! Which report stands, and what is none.

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_proto::v1::Correction;

use super::*;

fn body(period: &str, hash: u8, replaces: Option<u64>) -> Vec<u8> {
    let manifest_sha256 = Bytes::copy_from_slice(&[hash; 32]);
    let report = Report { period: period.to_owned(), manifest_sha256, replaces };
    body_bytes(&EntryBody { content: Some(Content::Report(report)) })
}

fn note(found: &mut Found, index: u64, body: &[u8]) {
    found.note(Index(index), RecordedAt(index), body);
}

fn hash(byte: u8) -> Hash {
    Hash::from_slice(&[byte; 32]).unwrap()
}

#[test]
fn the_newest_of_a_period_stands_and_those_before_are_corrected_by_it() {
    let mut found = Found::default();
    for (index, period, hash, replaces) in [
        (3, "2026-10", 1, None),
        (5, "2026-11", 2, None),
        (7, "2026-10", 3, Some(3)),
        (9, "2026-10", 4, Some(7)),
    ] {
        note(&mut found, index, &body(period, hash, replaces));
    }
    let by = |standing: Standing| match standing {
        Standing::NotPublished => None,
        Standing::Stands(report) => Some((report.index.0, None)),
        Standing::Corrected { report, by } => Some((report.index.0, Some(by.index.0))),
    };
    let standing = |(byte, period, corrects): (u8, &str, Option<u64>)| {
        by(found.standing(&hash(byte), period, corrects.map(Index)).unwrap())
    };
    let manifests = [
        (1, "2026-10", None),
        (2, "2026-11", None),
        (3, "2026-10", Some(3)),
        (4, "2026-10", Some(7)),
        (5, "2026-10", None),
    ];
    assert_eq!(
        manifests.map(standing),
        [Some((3, Some(9))), Some((5, None)), Some((7, Some(9))), Some((9, None)), None]
    );
    assert_eq!(found.all().count(), 4);
}

#[test]
fn an_entry_that_says_other_than_the_manifest_that_it_names_is_a_fault_of_the_ledger() {
    let mut found = Found::default();
    note(&mut found, 3, &body("2026-10", 1, None));
    note(&mut found, 5, &body("2026-10", 2, Some(3)));
    for (byte, period, corrects, at) in
        [(1, "2026-11", None, 3), (1, "2026-10", Some(2), 3), (2, "2026-10", None, 5)]
    {
        let fault = found.standing(&hash(byte), period, corrects.map(Index)).unwrap_err();
        assert_eq!((fault.fault, fault.index), (Fault::Report, Some(Index(at))), "{fault}");
    }
    // A second entry of the same manifest is not believed for the first one's sake.
    note(&mut found, 7, &body("2026-12", 1, None));
    let fault = found.standing(&hash(1), "2026-10", None).unwrap_err();
    assert_eq!(fault.index, Some(Index(7)), "{fault}");
    assert!(
        found.at(Index(7), "2026-12").is_some()
            && found.at(Index(7), "2026-10").is_none()
            && found.at(Index(4), "2026-10").is_none()
    );
    let newest = |period| found.newest_of(period).map(|report| report.index.0);
    assert_eq!(["2026-10", "2026-12", "2026-11"].map(newest), [Some(5), Some(7), None]);
}

#[test]
fn other_entries_say_nothing_about_reports() {
    let mut found = Found::default();
    let correction = Content::Correction(Correction { index: 1, ..Correction::default() });
    note(&mut found, 3, &body_bytes(&EntryBody { content: Some(correction) }));
    note(&mut found, 4, b"");
    assert_eq!(found, Found::default());
}

#[test]
fn a_report_that_corrects_none_of_its_period_is_told_beside_those_that_do() {
    for (period, replaces) in [("2026-11", 3), ("2026-10", 2), ("2026-10", 5), ("2026-10", 9)] {
        let mut found = Found::default();
        note(&mut found, 3, &body("2026-10", 1, None));
        note(&mut found, 5, &body(period, 2, Some(replaces)));
        let faults: Vec<_> = found.faults().map(|fault| (fault.fault, fault.index)).collect();
        assert_eq!(faults, [(Fault::Report, Some(Index(5)))], "{period} {replaces}");
        // The other report is as true as before; of this one nothing is said.
        assert!(
            matches!(found.standing(&hash(1), "2026-10", None), Ok(standing) if standing != Standing::NotPublished)
        );
        let standing = found.standing(&hash(2), period, Some(Index(replaces)));
        assert!(
            !matches!(standing, Ok(Standing::Stands(_) | Standing::Corrected { .. })),
            "{period} {replaces}"
        );
    }
    let mut found = Found::default();
    let short = Report { period: "2026-10".into(), manifest_sha256: vec![1; 31].into(), replaces: None };
    note(&mut found, 6, &body_bytes(&EntryBody { content: Some(Content::Report(short)) }));
    note(&mut found, 7, &[REPORT_TAG, 9]);
    let faults: Vec<_> = found.faults().collect();
    assert!(faults[0].to_string().contains("32 bytes, found 31 bytes"), "{}", faults[0]);
    assert_eq!((faults[1].fault, faults.len(), found.all().count()), (Fault::Body, 2, 0));
}
