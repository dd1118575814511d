//! A month and class that was erased as a whole, beside others that were not.

use std::path::Path;

use einsicht_access::RetentionClass;

use super::*;
use crate::sample::vault::write_erased;

/// What stays of the month when [`CLASS`] goes.
const OTHER: RetentionClass = RetentionClass::NextYearEnd;

/// How something is taken away from the folder of the month.
type Way<'w> = (&'w str, &'w dyn Fn(&Path));

/// Entries 1 to 3 as in [`ledger`], and entry 4, which erased [`CLASS`] of their month; and what is stored of them.
fn erased() -> (Ledger, Vec<Stored>) {
    let (mut ledger, stored) = ledger();
    ledger.commit_at(BEGAN_AT, &whole_month());
    (ledger, stored)
}

/// Entries 1 and 2 were of the class that went, entry 3 is of the other one.
fn leave(folder: &Path, stored: &[Stored]) {
    write_as(folder, &stored[2..], OTHER);
    write_erased(folder, CLASS, 4, &[1, 2]);
}

async fn audited_after(harm: impl FnOnce(&Path)) -> VaultAudit {
    let (ledger, stored) = erased();
    let folder = tempfile::tempdir().unwrap();
    leave(folder.path(), &stored);
    harm(&folder.path().join("vault/2026-11"));
    audited_in(&folder, &ledger, &wrapping()).await
}

fn outcome(audit: &VaultAudit) -> (Conclusion, u64) {
    (audit.conclusion(), audit.counts.erased_entries)
}

#[tokio::test]
async fn the_index_that_an_erasure_leaves_says_what_went_and_everything_else_is_there() {
    let audit = audited_after(|_| {}).await;
    assert_eq!((outcome(&audit), audit.counts.values), ((Conclusion::Verified, 2), 3), "{audit:#?}");
}

/// The openings of a class that nobody erased are taken away, in one way or another.
#[tokio::test]
async fn what_is_missing_of_another_class_of_the_month_did_not_go_with_the_one_that_was_erased() {
    let openings = |month: &Path| month.join(OTHER.to_string()).join("openings");
    let header_bytes = |month: &Path| {
        let bytes = fs::read(openings(month)).unwrap();
        bytes.windows(4).position(|four| four == b"EIV1").unwrap()
    };
    let ways: [Way<'_>; 4] = [
        ("removed", &|month| fs::remove_file(openings(month)).unwrap()),
        ("without a record", &|month| {
            let start = fs::read(openings(month)).unwrap()[..header_bytes(month)].to_vec();
            fs::write(openings(month), start).unwrap();
        }),
        ("its folder removed", &|month| fs::remove_dir_all(month.join(OTHER.to_string())).unwrap()),
        ("removed, but for its index", &|month| {
            fs::remove_file(openings(month)).unwrap();
            write_erased(month.parent().unwrap().parent().unwrap(), OTHER, 4, &[3]);
        }),
    ];
    for (way, harm) in ways {
        let audit = audited_after(harm).await;
        let (fault, index, _) = one_finding(&audit);
        assert_eq!((fault, index), (Fault::NoOpening, Some(3)), "{way}");
        assert_eq!(audit.counts.erased_entries, 2, "{way}");
    }
}

#[tokio::test]
async fn what_the_index_of_the_erased_class_does_not_list_is_missing() {
    let index = |month: &Path| month.join(CLASS.to_string()).join("index");
    for bytes in [0, 15, 16, 31] {
        let audit = audited_after(|month| {
            let rows = fs::read(index(month)).unwrap();
            fs::write(index(month), &rows[..bytes]).unwrap();
        })
        .await;
        let listed = bytes as u64 / 16;
        assert_eq!(outcome(&audit), (Conclusion::Failed, listed), "{bytes} bytes of 32");
        assert_eq!(audit.findings_in_all, 2 - listed, "{audit:#?}");
    }
}

#[tokio::test]
async fn without_an_index_nobody_can_tell_what_was_in_a_class() {
    let class = |month: &Path| month.join(CLASS.to_string());
    let ways: [Way<'_>; 2] = [
        ("its index removed", &|month| fs::remove_file(class(month).join("index")).unwrap()),
        ("its folder removed", &|month| fs::remove_dir_all(class(month)).unwrap()),
    ];
    for (way, harm) in ways {
        let audit = audited_after(harm).await;
        assert_eq!(outcome(&audit), (Conclusion::CouldNotTell, 0), "{way}: {audit:#?}");
        assert_eq!((audit.untold.len(), audit.untold[0].entries), (1, 2), "{way}");
        assert!(audit.untold[0].why.contains("index"), "{:?}", audit.untold);
    }
}

#[tokio::test]
async fn what_came_behind_the_erasure_was_not_erased_by_it() {
    let (mut ledger, stored) = erased();
    ledger.commit_at(BEGAN_AT, &sealed(&event(&[7]), BEGAN_AT, 9).0);
    for listed in [&[1, 2][..], &[1, 2, 5]] {
        let folder = tempfile::tempdir().unwrap();
        leave(folder.path(), &stored);
        write_erased(folder.path(), CLASS, 4, listed);
        let (fault, index, _) = one_finding(&audited_in(&folder, &ledger, &wrapping()).await);
        assert_eq!((fault, index), (Fault::NoOpening, Some(5)), "{listed:?}");
    }
    // Nor is it excused by an index that is not there.
    let folder = tempfile::tempdir().unwrap();
    write_as(folder.path(), &stored[2..], OTHER);
    let audit = audited_in(&folder, &ledger, &wrapping()).await;
    let (fault, index, _) = one_finding(&audit);
    assert_eq!((fault, index, audit.untold[0].entries), (Fault::NoOpening, Some(5), 2));
}

/// An erasure that the checkpoint does not cover yet excuses nothing, and accuses nobody.
#[tokio::test]
async fn what_an_entry_behind_the_checkpoint_erased_nobody_can_tell_yet() {
    let (ledger, stored) = ledger();
    for (by, expected) in [(4, Conclusion::CouldNotTell), (3, Conclusion::Failed)] {
        let folder = tempfile::tempdir().unwrap();
        leave(folder.path(), &stored);
        write_erased(folder.path(), CLASS, by, &[1, 2]);
        let audit = audited_in(&folder, &ledger, &wrapping()).await;
        assert_eq!(outcome(&audit), (expected, 0), "{by}: {audit:#?}");
    }
}
