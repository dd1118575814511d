//! Many callers, one writer: a bounded queue, grouped commits, an orderly end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use einsicht_tlog::{Hash, Index, Size};

use super::harness::{Clocks, Desk, assert_holds, indexes, known, opened, run};
use crate::sequencer::{Acknowledged, QUEUE_BYTES_MAX, QUEUE_SUBMISSIONS_MAX, Refused, Sequencer, Work};
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

/// A sequencer whose writer has taken one submission, and is held up by the clock.
async fn held_up(desk: Desk) -> (Sequencer, JoinHandle<()>, Arc<Clocks>, Pending) {
    let Desk { committer, clock, .. } = desk;
    clock.hold();
    let (sequencer, writer) = Sequencer::start(committer).unwrap();
    let first = submit(&sequencer, run(255, 0, 1));
    until(|| clock.holds_somebody_up()).await;
    assert_eq!(sequencer.queue_depth(), 0);
    (sequencer, writer, clock, first)
}

pub type Pending = tokio::task::JoinHandle<Result<Acknowledged, Refused>>;

pub fn submit(sequencer: &Sequencer, work: Work) -> Pending {
    let sequencer = sequencer.clone();
    tokio::spawn(async move { sequencer.submit(work, None).await })
}

pub async fn until(holds: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to that");
}

pub async fn join(writer: JoinHandle<()>) {
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn what_was_accepted_is_finished_when_all_handles_are_gone() {
    let desk = Desk::new();
    let (reader, folder) = (desk.reader.clone(), desk.folder.clone());
    let (sequencer, writer, clock, first) = held_up(desk).await;
    let mut published = sequencer.published();
    let tasks: Vec<_> = (0..50).map(|session| submit(&sequencer, run(session, 0, 3))).collect();
    until(|| sequencer.queue_depth() == 50).await;
    // One caller goes away; its events are in the queue all the same.
    tasks[17].abort();
    drop(sequencer);
    clock.release();
    first.await.unwrap().unwrap();
    let mut answered = 0;
    for task in tasks {
        if let Ok(answer) = task.await {
            assert_holds(&answer.unwrap(), &reader);
            answered += 1;
        }
    }
    assert_eq!(answered, 49);
    join(writer).await;
    let size = Size(1 + 1 + 50 * 3);
    assert_eq!(published.borrow_and_update().head.size, size);
    assert!(published.changed().await.is_err(), "nothing is published any more");
    assert_eq!(opened(&folder.bytes(CHECKPOINT)).size, size);
    assert!(String::from_utf8(folder.bytes("log/watermark")).unwrap().contains("\n152\n"));
}

#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_there_when_it_is_asked_for_again() {
    let desk = Desk::new();
    let (sequencer, writer, clock, _first) = held_up(desk).await;
    let gone = submit(&sequencer, run(1, 0, 3));
    until(|| sequencer.queue_depth() == 1).await;
    gone.abort();
    clock.release();
    let again = sequencer.submit(run(1, 0, 3), None).await.unwrap();
    assert_eq!((indexes(&again.entries), known(&again.entries)), (vec![2, 3, 4], vec![true; 3]));
    drop(sequencer);
    join(writer).await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_more_when_there_is_room_again() {
    let (sequencer, writer, clock, first) = held_up(Desk::new()).await;
    let waiting: Vec<_> =
        (0..QUEUE_SUBMISSIONS_MAX as u64).map(|number| submit(&sequencer, run(0, number, 1))).collect();
    until(|| sequencer.queue_depth() == QUEUE_SUBMISSIONS_MAX).await;
    let refused = sequencer.submit(run(1, 0, 1), None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "requests" })), "{refused:?}");
    clock.release();
    for task in [first].into_iter().chain(waiting) {
        task.await.unwrap().unwrap();
    }
    let accepted = sequencer.submit(run(1, 0, 1), None).await.unwrap();
    assert_eq!(indexes(&accepted.entries), [QUEUE_SUBMISSIONS_MAX as u64 + 2]);
    assert!(!accepted.entries[0].already_recorded);
    drop(sequencer);
    join(writer).await;
}

#[tokio::test]
async fn bytes_that_wait_are_bounded_too_and_given_back() {
    let (sequencer, writer, clock, first) = held_up(Desk::new()).await;
    let free = sequencer.room.available_permits();
    // Far too long for an entry: it is refused when its turn comes, and until then takes room.
    let large = submit(&sequencer, Work::Own { body: vec![0; free - 1000], sealed: None });
    until(|| sequencer.room.available_permits() == 1000).await;
    let refused = sequencer.submit(Work::Own { body: vec![0; 1001], sealed: None }, None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "bytes" })), "{refused:?}");
    clock.release();
    first.await.unwrap().unwrap();
    assert!(matches!(large.await.unwrap(), Err(Refused::Placing(_))));
    until(|| sequencer.room.available_permits() == QUEUE_BYTES_MAX).await;
    sequencer.submit(Work::Own { body: vec![0; 1001], sealed: None }, None).await.unwrap();
    let refused =
        sequencer.submit(Work::Own { body: vec![0; QUEUE_BYTES_MAX + 1], sealed: None }, None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "bytes" })), "{refused:?}");
    // What somebody keeps to prepare it again takes room as well.
    let refused = sequencer.submit_holding(run(9, 0, 1), QUEUE_BYTES_MAX, None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "bytes" })), "{refused:?}");
    drop(sequencer);
    join(writer).await;
}
