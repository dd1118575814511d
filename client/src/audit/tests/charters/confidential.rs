//! Verdicts that are sealed with their records.

use super::*;

#[tokio::test]
async fn what_is_confidential_counts_as_not_verifiable_until_it_is_opened() {
    let (mut ledger, mut sealed, charter) = (Ledger::new(), Counts::new(), charter(TEXT));
    let last = ledger.publish(TEXT);
    let (body, opening) = hidden(&events()[1], 0, Some((last, &charter)), |_| {});
    ledger.push_bytes(&body);
    ledger.commit();
    count(&mut sealed, &charter, None);
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    assert_eq!((counts_of(&report), report.verdicts.hidden, report.verdicts.judged), (sealed, 1, 0));
    // The charter is followed by another: the record is judged by its own.
    ledger.publish(&other_text());
    ledger.push_bytes(&opening(last + 1));
    ledger.commit();
    let mut opened = Counts::new();
    count(&mut opened, &charter, Some(&judged(&events()[1], 0, None)));
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    assert_eq!((counts_of(&report), report.verdicts.hidden, report.verdicts.judged), (opened, 0, 1));
}

#[tokio::test]
async fn a_wrong_verdict_in_a_confidential_record_fails_when_it_is_opened() {
    type Case = (Change, Fault, &'static str);
    let cases: [Case; 4] = [
        (|record| record.deviates.clear(), Fault::Verdict, "V-1 as deviating"),
        (|record| record.charter = Some(0), Fault::OtherCharter, "ends with entry 1"),
        (
            |record| (record.charter, record.deviates) = (None, Vec::new()),
            Fault::OtherCharter,
            "ends with entry 1",
        ),
        // Without a session it is judged all the same.
        (
            |record| {
                record.session = bytes::Bytes::new();
                record.deviates.clear();
                record.not_verifiable = ["V-1", "V-2", "V-3", "V-4"].map(str::to_owned).into();
            },
            Fault::Verdict,
            "V-1 as deviating",
        ),
    ];
    for (change, fault, expected) in cases {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let (body, opening) = hidden(&events()[1], 0, Some((last, &charter)), change);
        ledger.push_bytes(&body);
        ledger.commit();
        verify(folder_of(&ledger).path(), &trust()).await.unwrap();
        ledger.push_bytes(&opening(2));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(2))), "{finding}");
        assert!(finding.expected.contains(expected), "{finding}");
        assert!(finding.place.unwrap().contains("opened by entry 3"));
    }
}

/// Whoever writes the ledger could else show an access, and keep it from being judged.
#[tokio::test]
async fn a_confidential_record_that_shows_anything_of_the_access_fails() {
    let changes: [(Change, &str); 5] = [
        (|record| record.charter = Some(1), "charter"),
        (|record| record.not_verifiable = vec!["V-1".to_owned()], "not_verifiable"),
        (|record| record.consideration = Some(true), "consideration"),
        (|record| record.session = vec![3; 16].into(), "session"),
        (|record| record.purpose = "statistik".to_owned(), "purpose"),
    ];
    for (change, field) in changes {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let (body, _) = hidden(&events()[1], 0, Some((last, &charter)), |_| {});
        let body = einsicht_access::read_body(&body).unwrap();
        let Some(Content::Access(mut record)) = body.content else { panic!("an access is an access") };
        change(&mut record);
        ledger.push(&body_of(record));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Confidential, Some(Index(2))), "{finding}");
        assert!(finding.found.starts_with(field), "{finding}");
    }
}

/// Neither a day nor a missing session hides anything: only a seal does.
#[tokio::test]
async fn a_record_without_a_seal_is_judged_whatever_else_it_lacks() {
    let changes: [Change; 3] = [
        |record| record.confidential_until_day = Some(20_779),
        |record| record.session = bytes::Bytes::new(),
        |record| (record.confidential_until_day, record.session) = (Some(19_000), bytes::Bytes::new()),
    ];
    for change in changes {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let mut record = judged(&events()[1], 0, None);
        change(&mut record);
        ledger.push(&body_of(record.clone()));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::OtherCharter, Some(Index(2))), "{finding}");

        let mut ledger = Ledger::new();
        ledger.publish(TEXT);
        record.charter = Some(last);
        record.not_verifiable = charter
            .commitments()
            .iter()
            .filter(|one| one.rule().is_some())
            .map(|one| one.id.clone())
            .collect();
        ledger.push(&body_of(record));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(2))), "{finding}");
    }
}
