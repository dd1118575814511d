//! What is counted, and what is wrong about a verdict, is told of the record that it stands in.

use super::*;

#[tokio::test]
async fn the_tally_of_each_commitment_is_the_one_that_is_counted_by_hand() {
    let (ledger, counts) = known_mix();
    let tiles = tempfile::tempdir().unwrap();
    ledger.write_tiles(tiles.path(), &[ledger.size()]);
    for folder in [folder_of(&ledger), tiles] {
        let report = verify(folder.path(), &trust()).await.unwrap();
        assert_eq!(counts_of(&report), counts);
        assert_eq!(report.charters, 2);
        let published = report.charter.unwrap();
        assert_eq!((published.first, published.last), (Index(609), Index(609)));
        assert_eq!(published.text, other_text().as_bytes());
        let verdicts = &report.verdicts;
        assert_eq!((verdicts.judged, verdicts.without_charter, verdicts.hidden), (1200, 5, 0));
        // By the first charter, of five records the second and the fifth; by the other one, which knows
        // the purpose and has another ceiling, only what it does not know.
        assert_eq!(verdicts.deviating, 120);
    }
}

#[tokio::test]
async fn commitments_come_in_the_order_of_the_newest_charter() {
    let (ledger, _) = known_mix();
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    let newest = report.charter.as_ref().map(|published| &published.charter);
    let ids: Vec<_> = report.verdicts.all(newest).map(|(id, _)| id).collect();
    assert_eq!(ids, ["V-1", "V-2", "V-3", "V-4"]);
}

#[tokio::test]
async fn a_verdict_that_the_charter_does_not_give_fails_with_index_commitment_and_both_verdicts() {
    type Case = (u64, Change, &'static str, &'static str);
    let cases: [Case; 7] = [
        // Entry 10 is the second record under the first charter: it does not fit V-1.
        (10, |record| record.deviates.clear(), "commitment V-1 as deviating", "V-1 recorded as kept"),
        (
            10,
            |record| record.deviates = vec!["V-3".into()],
            "commitment V-1 as deviating",
            "V-1 recorded as kept",
        ),
        (
            11,
            |record| record.not_verifiable.clear(),
            "commitment V-3 as not verifiable",
            "V-3 recorded as kept",
        ),
        (
            11,
            |record| record.record_count = Some(1),
            "commitment V-4 as kept",
            "V-4 recorded as not verifiable",
        ),
        (9, |record| record.deviates.push("V-9".into()), "has a rule", "\"V-9\""),
        (11, |record| record.not_verifiable.reverse(), "in the order", "another order"),
        (1, |record| record.deviates.push("V-1".into()), "names no charter", "a list of commitments"),
    ];
    for (index, change, expected, found) in cases {
        let ledger = forged(index, change);
        let tiles = tempfile::tempdir().unwrap();
        ledger.write_tiles(tiles.path(), &[ledger.size()]);
        for folder in [folder_of(&ledger), tiles] {
            let finding = finding_in(folder.path()).await;
            assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(index))), "{finding}");
            assert!(finding.expected.contains(expected) && finding.found.contains(found), "{finding}");
            assert!(finding.place.is_some(), "{finding}");
        }
    }
}

#[tokio::test]
async fn a_record_that_names_another_charter_than_the_one_in_force_fails() {
    type Case = (u64, Change, &'static str, &'static str);
    let cases: [Case; 4] = [
        (9, |record| record.charter = None, "ends with entry 8", "no charter"),
        (9, |record| record.charter = Some(7), "ends with entry 8", "ends with entry 7"),
        (700, |record| record.charter = Some(8), "ends with entry 609", "ends with entry 8"),
        (3, |record| record.charter = Some(8), "no charter", "ends with entry 8"),
    ];
    for (index, change, expected, found) in cases {
        let without_lists = move |record: &mut AccessRecord| {
            (record.deviates, record.not_verifiable) = (Vec::new(), Vec::new());
            change(record);
        };
        let ledger = forged(index, without_lists);
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::OtherCharter, Some(Index(index))), "{finding}");
        assert!(finding.expected.contains(expected) && finding.found.contains(found), "{finding}");
    }
}

#[tokio::test]
async fn the_first_thing_that_is_wrong_is_reported_whatever_it_is() {
    let kept: Change = |record| record.deviates.clear();
    let unjudged: Change = |record| {
        record.charter = None;
        (record.deviates, record.not_verifiable) = (Vec::new(), Vec::new());
    };
    for (changes, fault) in [
        ([(10, kept), (900, unjudged)], Fault::Verdict),
        ([(10, unjudged), (15, kept)], Fault::OtherCharter),
        ([(10, unjudged), (900, kept)], Fault::OtherCharter),
    ] {
        let finding = finding_in(folder_of(&changed(&changes)).path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(10))), "{finding}");
    }
}

#[tokio::test]
async fn a_commit_with_another_root_and_a_wrong_verdict_are_reported_in_their_order() {
    let ledger = changed(&[(10, |record| record.deviates.clear())]);
    for (commits, fault, index) in [
        // The wrong root stands behind, in, or before the entry.
        ([8, 500], Fault::Verdict, 10),
        ([11, 500], Fault::Verdict, 10),
        ([10, 500], Fault::CommitRoot, 9),
    ] {
        let folder = folder_of(&ledger);
        let origin_hash = einsicht_tlog::Origin::parse(ORIGIN).unwrap().hash();
        let mut segment = einsicht_tlog::segment::SegmentHeader { origin_hash, first: Index(0) }.to_bytes();
        let mut start = 0;
        for (number, end) in commits.into_iter().chain([ledger.size()]).enumerate() {
            let is_wrong = number == usize::from(fault == Fault::Verdict && commits[0] == 8);
            let root = if is_wrong { Hash([7; 32]) } else { ledger.head_at(end).root };
            segment.extend(ledger.frame_stating(start, end, &root));
            start = end;
        }
        fs::write(folder.path().join(format!("log/entries/{:020}.seg", 0)), segment).unwrap();
        let finding = finding_in(folder.path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(index))), "{finding}");
    }
}

#[tokio::test]
async fn an_audit_that_goes_on_counts_as_one_that_reads_everything() {
    let state = tempfile::tempdir().unwrap();
    let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let (ledger, counts) = known_mix();
    let folder = tempfile::tempdir().unwrap();
    let mut resumed = 0;
    for size in [4, 300, 609, 610, 900, ledger.size()] {
        ledger.write_tiles(folder.path(), &[size]);
        let report = verify(folder.path(), &stored()).await.unwrap();
        assert_eq!((report.resumed_at, report.head.size), (resumed, Size(size)));
        let full = verify(folder.path(), &trust()).await.unwrap();
        assert_eq!(report.verdicts, full.verdicts);
        assert_eq!(report.charter.map(|known| known.last), full.charter.map(|known| known.last));
        resumed = size;
    }
    let report = verify(folder.path(), &stored()).await.unwrap();
    assert_eq!(counts_of(&report), counts);
    // A verdict behind what was verified is judged by the charter that was remembered.
    let forged = forged(ledger.size() - 4, |record| record.deviates.push("V-1".into()));
    let state = tempfile::tempdir().unwrap();
    let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    forged.write_tiles(folder.path(), &[900]);
    verify(folder.path(), &stored()).await.unwrap();
    forged.write_tiles(folder.path(), &[forged.size()]);
    let error = verify(folder.path(), &stored()).await.unwrap_err();
    assert_eq!(error.finding().unwrap().index, Some(Index(forged.size() - 4)));
}
