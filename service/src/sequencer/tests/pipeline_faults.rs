//! A write or a sync fails while the next commit is placed: neither is acknowledged, and nothing more is written.

use std::sync::Arc;

use einsicht_tlog::Size;

use super::harness::{Desk, accesses, end, run};
use super::line::{LARGE, Line, SEGMENT, WRITTEN};
use crate::sequencer::{Acknowledged, Refused};
use crate::storage::AppendError;
use crate::storage::memory::{At, Done, Kind};

fn append_error(answer: &Result<Acknowledged, Refused>) -> &AppendError {
    match answer {
        Err(Refused::Append(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The writer is held up before an operation that will fail; all kinds of work are placed behind it.
async fn fail(kind: Kind, done: Done) -> (Line, Vec<Result<Acknowledged, Refused>>) {
    let line = Line::held_up_at(kind).await;
    line.folder.fail(At::Nth(kind, SEGMENT.to_owned(), line.count(kind)), done);
    let placed = line
        .place(vec![
            run(1, 0, 5),
            run(WRITTEN, 0, 10),
            accesses(WRITTEN, &[(3, 99)]),
            end(WRITTEN, Some(LARGE - 1)),
            run(1, 0, 5),
        ])
        .await;
    line.gate.open();
    let mut answers = Vec::new();
    for pending in placed {
        answers.push(pending.await.unwrap());
    }
    (line, answers)
}

#[tokio::test]
async fn after_a_failed_write_the_commit_behind_it_is_refused_and_no_byte_of_it_written() {
    for done in [Done::Nothing, Done::Half, Done::All] {
        let (mut line, answers) = fail(Kind::Write, done).await;
        assert!(answers.iter().all(|answer| matches!(append_error(answer), AppendError::Stopped)));
        let first = (&mut line.first).await.unwrap();
        assert!(matches!(append_error(&first), AppendError::Write { .. }));
        let writes = line.count(Kind::Write);
        for work in [run(1, 0, 5), run(9, 0, LARGE), run(WRITTEN, 0, 1)] {
            let later = line.sequencer.submit(work, None).await;
            assert!(matches!(append_error(&later), AppendError::Stopped));
        }
        assert_eq!(line.count(Kind::Write), writes, "nothing was written behind the failure");
        assert_eq!(line.count(Kind::Sync), 2, "those of the segment's header and of entry 0");
        let reason = line.sequencer.stopped().unwrap();
        assert!(reason.contains("could not be written"), "{reason}");
        let head = line.head();
        assert_eq!((head.size, line.halts.lock().unwrap().len()), (Size(1), 0));
        let (_, store) = line.finish().await;
        assert_eq!(store.head().unwrap(), Some(head), "the store knows what is published, and no more");
    }
}

#[tokio::test]
async fn a_number_sent_again_while_its_commit_fails_is_not_acknowledged() {
    for kind in [Kind::Write, Kind::Sync] {
        let line = Line::held_up_at(kind).await;
        line.folder.fail(At::Nth(kind, SEGMENT.to_owned(), line.count(kind)), Done::Nothing);
        let again = line.place(vec![run(WRITTEN, 0, LARGE), accesses(WRITTEN, &[(3, 99)])]).await;
        line.gate.open();
        for pending in again {
            assert!(matches!(append_error(&pending.await.unwrap()), AppendError::Stopped));
        }
        line.finish().await;
    }
}

#[tokio::test]
async fn after_a_failed_sync_the_process_is_ended_and_no_byte_of_the_next_commit_written() {
    for done in [Done::Nothing, Done::Half, Done::All] {
        let (mut line, answers) = fail(Kind::Sync, done).await;
        assert!(answers.iter().all(|answer| matches!(append_error(answer), AppendError::Stopped)));
        let first = (&mut line.first).await.unwrap();
        assert!(matches!(append_error(&first), AppendError::Sync { .. }));
        assert_eq!(*line.halts.lock().unwrap(), [append_error(&first).to_string()], "once, with the reason");
        let operations = (line.count(Kind::Write), line.count(Kind::Sync));
        let later = line.sequencer.submit(run(1, 0, 5), None).await;
        assert!(matches!(append_error(&later), AppendError::Stopped));
        assert_eq!((line.count(Kind::Write), line.count(Kind::Sync)), operations);
        assert_eq!(line.head().size, Size(1));
        line.finish().await;
    }
}

#[tokio::test]
async fn a_stage_that_ends_in_disorder_ends_the_other_and_acknowledges_nothing() {
    let mut desk = Desk::with_segments_of(1 << 30);
    desk.committer.publisher.halt = Arc::new(|_| panic!("in the midst of a commit"));
    desk.gate.close(Kind::Sync);
    let line = Line::of(desk).await;
    line.folder.fail(At::Nth(Kind::Sync, SEGMENT.to_owned(), line.count(Kind::Sync)), Done::Nothing);
    let placed = line.place(vec![run(1, 0, 5)]).await;
    line.gate.open();
    for pending in placed {
        assert!(matches!(pending.await.unwrap(), Err(Refused::ShuttingDown)));
    }
    assert!(matches!(line.first.await.unwrap(), Err(Refused::ShuttingDown)));
    let later = line.sequencer.submit(run(1, 0, 5), None).await;
    assert!(matches!(later, Err(Refused::ShuttingDown)));
    assert!(line.sequencer.stopped().is_some());
}
