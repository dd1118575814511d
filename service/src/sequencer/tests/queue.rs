//! Many callers, one writer: a bounded queue, grouped commits, an orderly end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use einsicht_tlog::{Hash, Index, Size};

use super::harness::{Desk, accesses, assert_holds, indexes, known, opened, run};
use crate::sequencer::{QUEUE_BYTES_MAX, QUEUE_SUBMISSIONS_MAX, Refused, Sequencer, Work};
use crate::storage::file::Folder as _;
use crate::storage::{CHECKPOINT, check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_submit_at_once_get_places_of_their_own() {
    const TASKS: u8 = 40;
    const SUBMISSIONS: u64 = 12;
    let Desk { committer, reader, folder, store, clock: _clock, .. } = Desk::new();
    let (sequencer, writer) = Sequencer::start(committer).unwrap();
    let submit_all = |session: u8| {
        let sequencer = sequencer.clone();
        async move {
            let mut answers = Vec::new();
            let mut next = 0;
            for round in 0..SUBMISSIONS {
                let count = 1 + (u64::from(session) + round) % 5;
                answers.push(sequencer.submit(run(session, next, count), None).await.unwrap());
                next += count;
            }
            answers
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|session| tokio::spawn(submit_all(session))).collect();
    let mut places: BTreeSet<(Index, Hash)> = BTreeSet::new();
    let (mut entries, mut submissions) = (0, 0);
    for task in tasks {
        let mut last = None;
        for answer in task.await.unwrap() {
            assert_holds(&answer, &reader);
            assert!(answer.entries.iter().all(|entry| entry.index.0 < answer.published.head.size.0));
            // Within a submission one after the other, and submissions of one caller in their order.
            let found = indexes(&answer.entries);
            assert!(found.windows(2).all(|pair| pair[1] == pair[0] + 1), "{found:?}");
            assert!(last < found.first().copied());
            last = found.last().copied();
            assert!(!known(&answer.entries).contains(&true));
            entries += answer.entries.len();
            submissions += 1;
            places.extend(answer.entries.iter().map(|entry| (entry.index, entry.leaf_hash)));
        }
    }
    assert_eq!(places.len(), entries, "no two got the same place");
    let expected: Vec<_> = (1..=entries as u64).collect();
    assert_eq!(places.iter().map(|(index, _)| index.0).collect::<Vec<_>>(), expected);

    drop(sequencer);
    writer.join().unwrap();
    let size = Size(entries as u64 + 1);
    let checked = check(&folder, super::harness::origin().hash(), None, &mut |_, _| {}).unwrap();
    assert_eq!((checked.head.size, checked.derived_differ_at), (size, None));
    assert!(checked.frames < submissions, "{} commits for {submissions} submissions", checked.frames);
    // What follows the log has got to its end.
    assert_eq!(opened(&folder.bytes(CHECKPOINT)), checked.head);
    assert_eq!(store.head().unwrap(), Some(checked.head));
    let watermark = String::from_utf8(folder.bytes("log/watermark")).unwrap();
    assert!(watermark.contains(&checked.head.root.to_string()));
}

#[tokio::test]
async fn what_was_accepted_is_finished_when_all_handles_are_gone() {
    let Desk { committer, reader, clock, folder, .. } = Desk::new();
    clock.hold();
    let (sequencer, writer) = Sequencer::start(committer).unwrap();
    let mut published = sequencer.published();
    let tasks: Vec<_> = (0..50)
        .map(|session| {
            let sequencer = sequencer.clone();
            tokio::spawn(async move { sequencer.submit(run(session, 0, 3), None).await })
        })
        .collect();
    while sequencer.queue_depth() < 49 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // One caller goes away; its events are in the queue all the same.
    tasks[17].abort();
    drop(sequencer);
    clock.release();
    let mut answered = 0;
    for task in tasks {
        if let Ok(answer) = task.await {
            assert_holds(&answer.unwrap(), &reader);
            answered += 1;
        }
    }
    assert_eq!(answered, 49);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    assert_eq!(published.borrow_and_update().head.size, Size(151));
    assert!(published.changed().await.is_err(), "nothing is published any more");
    assert_eq!(opened(&folder.bytes(CHECKPOINT)).size, Size(151));
    assert!(folder.list("log").unwrap().contains(&"watermark".to_owned()));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_more_when_there_is_room_again() {
    let Desk { committer, clock, .. } = Desk::new();
    clock.hold();
    let (sequencer, writer) = Sequencer::start(committer).unwrap();
    let submit = |work| {
        let sequencer = sequencer.clone();
        tokio::spawn(async move { sequencer.submit(work, None).await })
    };
    // The writer takes one, and then waits for the clock.
    let mut waiting = vec![submit(accesses(0, &[(0, 1)]))];
    while sequencer.queue_depth() > 0 || Arc::strong_count(&clock) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    for sequence in 1..=QUEUE_SUBMISSIONS_MAX as u64 {
        waiting.push(submit(accesses(0, &[(sequence, 1)])));
    }
    while sequencer.queue_depth() < QUEUE_SUBMISSIONS_MAX {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let refused = sequencer.submit(accesses(1, &[(0, 1)]), None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "requests" })), "{refused:?}");
    clock.release();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    let accepted = sequencer.submit(accesses(1, &[(0, 1)]), None).await.unwrap();
    assert_eq!(indexes(&accepted.entries), [QUEUE_SUBMISSIONS_MAX as u64 + 2]);
    drop(sequencer);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn bytes_that_wait_are_bounded_too_and_given_back() {
    let Desk { committer, clock, .. } = Desk::new();
    clock.hold();
    let (sequencer, writer) = Sequencer::start(committer).unwrap();
    // Far too long for an entry: it is refused when its turn comes, and until then takes room.
    let large = Work::Own { body: vec![0; QUEUE_BYTES_MAX - 1000] };
    let waiting = tokio::spawn({
        let sequencer = sequencer.clone();
        async move { sequencer.submit(large, None).await }
    });
    while sequencer.room.available_permits() > 1000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let over = Work::Own { body: vec![0; 1001] };
    let refused = sequencer.submit(over, None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "bytes" })), "{refused:?}");
    clock.release();
    assert!(matches!(waiting.await.unwrap(), Err(Refused::Placing(_))));
    sequencer.submit(Work::Own { body: vec![0; 1001] }, None).await.unwrap();
    let too_large = Work::Own { body: vec![0; QUEUE_BYTES_MAX + 1] };
    let refused = sequencer.submit(too_large, None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "bytes" })), "{refused:?}");
    assert_eq!(sequencer.room.available_permits(), QUEUE_BYTES_MAX);
    drop(sequencer);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}
