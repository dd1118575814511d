//! A write or a sync fails: from then on nothing is acknowledged, and nothing was that is not durable.

use std::sync::Arc;

use super::harness::{Desk, accesses, end, key, origin};
use crate::sequencer::{Acknowledged, Refused, Work};
use crate::storage::memory::{At, Done, Kind};
use crate::storage::{self, AppendError};

const SEGMENT: &str = "log/entries/00000000000000000000.seg";

/// A log with three entries, of which entry 1 and 2 are of session 1.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10), (1, 11)])).unwrap();
    desk
}

fn break_next(desk: &Desk, kind: Kind, done: Done) {
    desk.folder.fail(At::Nth(kind, SEGMENT.to_owned(), desk.count(kind, SEGMENT)), done);
}

pub fn append_error(answer: Result<Acknowledged, Refused>) -> Arc<AppendError> {
    match answer {
        Err(Refused::Append(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged_not_even_what_is_known() {
    for done in [Done::Nothing, Done::Half, Done::All] {
        let mut desk = desk();
        let head = desk.head();
        let stopped = desk.committer.stopped();
        assert_eq!(stopped.get(), None);
        break_next(&desk, Kind::Write, done);
        for answer in desk.together(vec![
            accesses(1, &[(2, 12)]),
            accesses(1, &[(0, 10)]),
            accesses(2, &[(0, 20)]),
            accesses(1, &[(2, 12)]),
        ]) {
            assert!(matches!(&*append_error(answer), AppendError::Write { .. }));
        }
        // Memory knows these numbers now, and the first two are durable, but the log may not be.
        for work in [
            accesses(1, &[(2, 12)]),
            accesses(2, &[(0, 20)]),
            accesses(1, &[(0, 10)]),
            accesses(1, &[(2, 99)]),
            accesses(3, &[(0, 30)]),
            end(1, Some(2)),
        ] {
            assert!(matches!(&*append_error(desk.submit(work)), AppendError::Stopped));
        }
        assert!(desk.committer.record_own(b"").is_err());
        let reason = stopped.get().unwrap();
        assert!(reason.contains("could not be written"), "health tells the first reason: {reason}");
        assert_eq!(desk.head(), head, "nothing was published");
        assert_eq!(desk.reader.head(head.size).unwrap(), head, "readers go on");
        assert!(desk.halts.lock().unwrap().is_empty(), "a failed write does not end the process");

        let Desk { committer, folder, store, .. } = desk;
        committer.finish();
        assert_eq!(store.head().unwrap(), Some(head), "the store knows what is published, and no more");
        let keys = [key().verifier().clone()];
        let again = storage::open(Arc::new(folder.after_kill()), &origin(), &keys, 1 << 20).unwrap();
        assert_eq!(again.tip.size().0, if done == Done::All { 5 } else { 3 });
    }
}

#[test]
fn a_failed_sync_ends_the_process_and_acknowledges_nothing() {
    for done in [Done::Nothing, Done::Half, Done::All] {
        let mut desk = desk();
        let head = desk.head();
        break_next(&desk, Kind::Sync, done);
        assert!(desk.halts.lock().unwrap().is_empty());
        let error = append_error(desk.submit(accesses(1, &[(2, 12)])));
        assert!(matches!(&*error, AppendError::Sync { .. }));
        assert_eq!(*desk.halts.lock().unwrap(), [error.to_string()], "once, with the reason");
        // Where ending takes its time, nothing else happens.
        let syncs = desk.count(Kind::Sync, SEGMENT);
        assert!(matches!(&*append_error(desk.submit(accesses(1, &[(0, 10)]))), AppendError::Stopped));
        assert_eq!(
            (desk.count(Kind::Sync, SEGMENT), desk.head()),
            (syncs, head),
            "a sync is never tried again"
        );
        assert_eq!(desk.halts.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_failed_sync_of_a_new_segment_ends_the_process() {
    let mut desk = desk();
    let large = || Work::Own { body: vec![7; 60_000], sealed: None };
    desk.submit(large()).unwrap();
    let next = "log/entries/00000000000000000004.seg";
    desk.folder.fail(At::Nth(Kind::Sync, next.to_owned(), 0), Done::Nothing);
    assert!(matches!(&*append_error(desk.submit(large())), AppendError::Sync { .. }));
    assert_eq!(desk.halts.lock().unwrap().len(), 1);
}

#[test]
fn nobody_is_refused_for_an_entry_that_was_lost() {
    let mut desk = desk();
    break_next(&desk, Kind::Write, Done::Nothing);
    let answers = desk.together(vec![
        accesses(2, &[(0, 20)]),
        accesses(2, &[(0, 99)]),
        end(2, Some(0)),
        accesses(2, &[(1, 21)]),
        accesses(3, &[(7, 30)]),
        end(3, Some(1)),
        accesses(4, &[(100_000, 40)]),
        accesses(4, &[(0, 41)]),
    ]);
    // "Conflict with entry 3" would make the caller give up; there may be no entry 3.
    for answer in answers {
        assert!(matches!(&*append_error(answer), AppendError::Write { .. }));
    }
}
