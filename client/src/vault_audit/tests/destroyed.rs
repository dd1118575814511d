//! What could not be read when something of it was erased, and was destroyed.

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader, destroyed_slot};
use einsicht_tlog::Index;

use super::*;

/// What is stored of an entry in place of its openings, once they were destroyed by an entry.
fn destroy(folder: &TempDir, index: u64, by: u64) {
    let path = folder.path().join(format!("vault/2026-11/{CLASS}/openings"));
    let mut bytes = fs::read(&path).unwrap();
    let header_at = |at: &usize| RecordHeader::parse(&bytes[*at..]).filter(|header| header.index.0 == index);
    let at = (0..bytes.len()).find(|at| header_at(at).is_some()).unwrap();
    let slot = destroyed_slot(Index(by), header_at(&at).unwrap().slot_bytes as usize).unwrap();
    bytes[at + RECORD_HEADER_BYTES..][..slot.len()].copy_from_slice(&slot);
    fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn openings_that_were_destroyed_are_as_erased_as_an_entry_says_and_the_rest_nobody_can_tell() {
    let (mut ledger, mut stored) = ledger();
    let all = [SealedField::Subjects, SealedField::Actor, SealedField::OccurredAt];
    push(&mut ledger, &mut stored, erasure(1, &all));
    push(&mut ledger, &mut stored, erasure(3, &all[1..2]));
    let audit_with = async |destroyed: &[(u64, u64)]| {
        let folder = tempfile::tempdir().unwrap();
        let mut stored = restored(&ledger, &stored);
        stored[0].openings.erase(&all, 4);
        stored[2].openings.erase(&all[1..2], 5);
        write(folder.path(), &stored);
        destroyed.iter().for_each(|(index, by)| destroy(&folder, *index, *by));
        audited_in(&folder, &ledger, &wrapping()).await
    };
    let audit = audit_with(&[(1, 4)]).await;
    assert_eq!((audit.conclusion(), audit.counts.erased_values), (Conclusion::Verified, 4), "{audit:#?}");
    // The entry speaks of one value, and two more went with it.
    let audit = audit_with(&[(3, 5)]).await;
    assert_eq!((audit.conclusion(), audit.counts.erased_values), (Conclusion::CouldNotTell, 4), "{audit:#?}");
    assert_eq!((audit.untold.len(), audit.untold[0].entries), (1, 2), "{:?}", audit.untold);
    assert!(audit.untold[0].why.contains("destroyed"), "{:?}", audit.untold);
    // By an entry that speaks of another one, and by one that is no erasure.
    for by in [4, 2] {
        let audit = audit_with(&[(3, by)]).await;
        assert_eq!(audit.conclusion(), Conclusion::Failed, "{audit:#?}");
        assert!(audit.findings.iter().all(|finding| finding.index == Some(Index(3))), "{audit:#?}");
    }
}
