//! Confidential records, and what opens them.

use einsicht_access::record::Sealed;
use einsicht_proto::v1::AccessEvent;

use super::*;
use crate::sample::sealed::{event, opening, sealed};

/// The day of [`BEGAN_AT`].
const TODAY: i32 = 20_779;

/// Numbers 0, 1, 2 of a session: a plain one with two accesses, two confidential ones with two each.
fn ledger(until: i32) -> (Ledger, Vec<Sealed>) {
    let (mut ledger, mut hidden) = (Ledger::new(), Vec::new());
    for (sequence, until) in [(0, None), (1, Some(until)), (2, Some(until))] {
        let counted = AccessEvent { access_count: Some(2), confidential_until_day: until, ..event(&[1]) };
        let (body, sealed) = sealed(&counted, BEGAN_AT, sequence);
        ledger.commit_at(BEGAN_AT, &body);
        hidden.push(sealed);
    }
    (ledger, hidden)
}

async fn verified(ledger: &Ledger) -> AuditReport {
    verify(folder_of(ledger).path(), &trust()).await.unwrap()
}

async fn found_in(ledger: &Ledger) -> Finding {
    finding_in(folder_of(ledger).path()).await
}

#[tokio::test]
async fn an_opened_record_is_counted_as_what_it_is() {
    let (mut ledger, hidden) = ledger(TODAY);
    // A later number of the session: two are missing, or hidden.
    ledger.commit_at(BEGAN_AT, &sealed(&event(&[1]), BEGAN_AT, 3).0);
    let report = verified(&ledger).await;
    assert_eq!((report.accesses, report.sessions.missing()), (2 + 1 + 1 + 1, 2));
    assert_eq!((report.confidential.records, report.confidential.unopened()), (2, 2));
    ledger.commit_at(BEGAN_AT, &opening(3, &hidden[2]));
    let report = verified(&ledger).await;
    assert_eq!((report.accesses, report.sessions.missing()), (2 + 1 + 2 + 1, 1));
    assert_eq!((report.confidential.opened, report.confidential.unopened()), (1, 1));
    ledger.commit_at(BEGAN_AT, &opening(2, &hidden[1]));
    let report = verified(&ledger).await;
    assert_eq!((report.sessions.missing(), report.confidential.unopened()), (0, 0));
    assert_eq!((report.sessions.met, report.sessions.repeated), (1, 0));
}

#[tokio::test]
async fn an_opening_that_does_not_show_what_was_sealed_fails() {
    for (index, which) in [(2, 2), (1, 1), (0, 1), (9, 1), (4, 1)] {
        let (mut ledger, hidden) = ledger(TODAY);
        ledger.commit_at(BEGAN_AT, &opening(index, &hidden[which]));
        let finding = found_in(&ledger).await;
        assert_eq!((finding.fault, finding.index), (Fault::Opening, Some(Index(4))), "{index}: {finding}");
        assert!(finding.place.is_some_and(|place| place.contains(".seg at byte")));
    }
    let (mut ledger, hidden) = ledger(TODAY);
    for _ in 0..2 {
        ledger.commit_at(BEGAN_AT, &opening(2, &hidden[1]));
    }
    let finding = found_in(&ledger).await;
    assert_eq!((finding.fault, finding.index), (Fault::Opening, Some(Index(5))), "a second time");
}

#[tokio::test]
async fn an_opening_before_its_day_fails() {
    let (mut ledger, hidden) = ledger(TODAY + 1);
    ledger.commit_at(BEGAN_AT, &opening(2, &hidden[1]));
    let finding = found_in(&ledger).await;
    assert_eq!(finding.fault, Fault::Opening);
    assert!(finding.found.contains("day 20779"), "{finding}");
}

#[tokio::test]
async fn what_an_earlier_audit_met_is_known_to_the_next() {
    let state = tempfile::tempdir().unwrap();
    let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let (mut ledger, hidden) = ledger(TODAY);
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored()).await.unwrap();
    ledger.commit_at(BEGAN_AT, &opening(3, &hidden[2]));
    ledger.write_segments(folder.path(), &[]);
    let report = verify(folder.path(), &stored()).await.unwrap();
    assert_eq!((report.resumed_at, report.full_because), (4, None));
    assert_eq!((report.confidential.opened, report.confidential.unopened()), (1, 1));
}
