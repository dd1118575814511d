//! Which records are told, and that none is passed over.

use std::path::Path;

use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use einsicht_tlog::Origin;

use super::*;
use crate::charters::probe::{PROBE, announced};
use crate::clock::ManualClock;
use crate::ledger::{Ledger, NewLedger, Opening, stand_by};
use crate::sequencer::Work;
use crate::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};

/// A ledger whose entry 1 is the charter, and behind it records that name these charters and commitments; then it is
/// published again.
fn ledger(data: &Path, records: &[(Option<u64>, &[&str])]) -> (Ledger, Looking) {
    let standby = stand_by(Opening {
        data: &data.join("data"),
        keys: data.join("keys"),
        wrapping_key: None,
        clock: Arc::new(ManualClock::at(1_795_365_600)),
        accept_clock: false,
        new: NewLedger { origin: Origin::parse("looking.test/log").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    });
    let standby = standby.unwrap();
    let looking = Looking {
        reader: standby.reader.clone(),
        charters: standby.charters.clone(),
        annotations: standby.annotations.clone(),
        severities: Vec::new(),
        commitments: Vec::new(),
    };
    assert!(matches!(looking.annotations.check_known(), Err(NotKnown)));
    let mut ledger = standby.begin().unwrap();
    let charter = || Work::Charter(announced(PROBE));
    let records = records.iter().map(|(charter, deviates)| {
        let deviates = deviates.iter().map(|id| (*id).to_owned()).collect();
        let record =
            AccessRecord { charter: *charter, deviates, dataset: "silent".into(), ..Default::default() };
        let body = body_bytes(&EntryBody { content: Some(Content::Access(record)) });
        Work::Own { body, sealed: None }
    });
    ledger.committer.record_now([charter()].into_iter().chain(records).chain([charter()]).collect()).unwrap();
    (ledger, looking)
}

#[test]
fn a_record_that_nobody_can_tell_about_is_named_once_those_before_it_are_told() {
    let bad: [(Option<u64>, &[&str], &str); 6] = [
        (None, &["C-1"], "names no charter"),
        (Some(0), &["C-1"], "no charter before it ends with entry 0"),
        (Some(6), &["C-1"], "no charter before it ends with entry 6"),
        (Some(9), &["C-1"], "no charter before it ends with entry 9"),
        (Some(1), &["C-1", "C-9"], "its charter, that of entry 1, has no such rule"),
        (Some(1), &["Q-1"], "its charter, that of entry 1, has no such rule"),
    ];
    for (charter, deviates, expected) in bad {
        let folder = tempfile::tempdir().unwrap();
        let records: [(_, &[&str]); 4] =
            [(Some(1), &[]), (Some(1), &["C-1"]), (charter, deviates), (Some(1), &["C-1"])];
        let (ledger, looking) = ledger(folder.path(), &records);
        let indexes = |looked: &Looked| looked.found.iter().map(|told| told.index).collect::<Vec<_>>();
        let looked = looking.look(0, 6).unwrap();
        assert_eq!((indexes(&looked), looked.next), (vec![3], 4), "{expected}");
        let error = looking.look(looked.next, 2).unwrap_err().to_string();
        assert!(error.starts_with("entry 4 says") && error.contains(expected), "{error}");
        assert!(error.contains("starts with entry 5 "), "{error}");
        let looked = looking.look(5, 1).unwrap();
        assert_eq!((indexes(&looked), looked.next), (vec![5], 6));
        ledger.committer.finish();
    }
}

#[test]
fn as_long_as_it_is_not_known_which_charters_there_are_nothing_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, looking) = ledger(folder.path(), &[(Some(1), &["C-1"])]);
    let looking = Looking { annotations: Annotations::default(), ..looking };
    assert_eq!(looking.look(0, 2).unwrap().next, 2);
    assert!(matches!(looking.look(0, 3), Err(LookError::NotKnown(NotKnown))));
    ledger.committer.finish();
}
