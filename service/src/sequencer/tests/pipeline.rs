//! While one commit is written the next one is placed: what may join it, what it knows, who is answered when.

use std::time::{Duration, Instant};

use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, Size};

use super::gate::Gate;
use super::harness::{BEGUN_AT, Desk, accesses, assert_holds, end, indexes, known, places, run, session_key};
use super::line::{FULL, LARGE, Line, WRITTEN};
use super::queue::{join, submit, until};
use crate::sequencer::{QUEUE_SUBMISSIONS_MAX, Refused, Sequencer, Work};
use crate::sessions::{Known, Sessions};
use crate::storage::memory::Kind;
use crate::storage::{CHECKPOINT, check};

#[tokio::test]
async fn whoever_comes_while_a_commit_is_written_shares_the_next_one_and_is_answered_after_it() {
    let line = Line::held_up_at(Kind::Sync).await;
    let joined = line.place((0..20).map(|session| run(session, 0, 3)).collect()).await;
    assert!(!line.first.is_finished() && joined.iter().all(|pending| !pending.is_finished()));
    line.write_one().await;
    // The first commit is durable, the second one written and not synced.
    let head = line.head();
    assert_eq!(head.size, Size(1 + LARGE));
    assert!(joined.iter().all(|pending| !pending.is_finished()));
    let syncs = line.count(Kind::Sync);
    line.gate.open();
    let mut next = 1 + LARGE;
    for pending in joined {
        let answer = pending.await.unwrap().unwrap();
        assert_eq!(answer.published.head.size, Size(1 + LARGE + 60), "one commit of all");
        assert_eq!(indexes(&answer.entries), [next, next + 1, next + 2]);
        assert_holds(&answer, &line.reader);
        next += 3;
    }
    assert_eq!(line.count(Kind::Sync), syncs + 1);
    let Line { sequencer, first, .. } = &line;
    assert!(first.is_finished() && sequencer.stopped().is_none());
    line.finish().await;
}

#[tokio::test]
async fn a_lone_caller_does_not_wait_for_another_thread() {
    let desk = Desk::with_segments_of(1 << 30);
    let gate: Gate = desk.gate.clone();
    let before = gate.synced_by().len();
    let (sequencer, thread) = Sequencer::start(desk.committer).unwrap();
    for number in 0..5 {
        sequencer.submit(run(1, number, 1), None).await.unwrap();
    }
    assert_eq!(gate.synced_by()[before..], ["sequencer"; 5]);
    // Enough to let others be placed meanwhile.
    sequencer.submit(run(2, 0, LARGE), None).await.unwrap();
    assert_eq!(gate.synced_by()[before + 5..], ["writer"]);
    drop(sequencer);
    join(thread).await;
}

#[tokio::test]
async fn a_number_sent_again_while_its_commit_is_written_gets_that_answer_when_it_is_durable() {
    let line = Line::held_up_at(Kind::Sync).await;
    let mut again = line.place(vec![run(WRITTEN, 0, LARGE), run(WRITTEN, LARGE - 10, 20)]).await;
    assert!(again.iter().all(|pending| !pending.is_finished()));
    line.gate.open();
    let completed = again.pop().unwrap().await.unwrap().unwrap();
    let again = again.pop().unwrap().await.unwrap().unwrap();
    assert_eq!(indexes(&again.entries), (1..=LARGE).collect::<Vec<_>>());
    assert!(known(&again.entries).iter().all(|known| *known));
    assert_holds(&again, &line.reader);
    let old: Vec<_> = known(&completed.entries);
    assert_eq!((&old[..10], &old[10..]), (&[true; 10][..], &[false; 10][..]));
    assert_eq!(indexes(&completed.entries), (LARGE - 9..=LARGE + 10).collect::<Vec<_>>());
    assert_holds(&completed, &line.reader);
    let Line { first, reader, .. } = &line;
    assert!(first.is_finished());
    assert_eq!(places(&again.entries)[0].1, reader.leaf_hash(Index(1)).unwrap());
    // Once it is published, the log answers.
    let later = line.sequencer.submit(run(WRITTEN, 0, LARGE), None).await.unwrap();
    assert_eq!(places(&later.entries), places(&again.entries));
    line.finish().await;
}

#[tokio::test]
async fn a_commit_without_new_entries_waits_for_the_one_before_it_and_writes_nothing() {
    let line = Line::held_up_at(Kind::Sync).await;
    let mut again = line.place(vec![run(WRITTEN, 0, 1)]).await;
    let writes = line.count(Kind::Write);
    assert!(!again[0].is_finished() && line.head().size == Size(1));
    line.gate.open();
    let again = again.pop().unwrap().await.unwrap().unwrap();
    assert_eq!((again.published.head.size, indexes(&again.entries)), (Size(1 + LARGE), vec![1]));
    assert_eq!(line.count(Kind::Write), writes);
    line.finish().await;
}

#[tokio::test]
async fn a_conflict_with_an_entry_that_is_being_written_is_told_when_that_is_durable() {
    let line = Line::held_up_at(Kind::Sync).await;
    let mut conflict = line.place(vec![accesses(WRITTEN, &[(5000, 50), (7, 99)])]).await;
    assert!(!conflict[0].is_finished());
    line.gate.open();
    match conflict.pop().unwrap().await.unwrap() {
        Err(Refused::Conflict { position: 1, sequence: 7, index: Index(8) }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(line.head().size, Size(1 + LARGE), "nothing of its batch was written");
    line.finish().await;
}

#[tokio::test]
async fn a_session_whose_numbers_are_being_written_ends_behind_them() {
    let line = Line::held_up_at(Kind::Sync).await;
    let works = vec![
        end(WRITTEN, Some(LARGE - 2)),
        end(WRITTEN, Some(LARGE - 1)),
        run(WRITTEN, LARGE, 1),
        run(WRITTEN, LARGE - 1, 1),
    ];
    let mut answers = line.place(works).await.into_iter();
    line.write_one().await;
    let too_late = line.place(vec![run(WRITTEN, LARGE + 1, 1), end(WRITTEN, Some(LARGE - 1))]).await;
    line.gate.open();
    let below = answers.next().unwrap().await.unwrap();
    assert!(matches!(below, Err(Refused::EndBelowHighest { highest }) if highest == LARGE - 1));
    let ended = answers.next().unwrap().await.unwrap().unwrap();
    assert_eq!((indexes(&ended.entries), known(&ended.entries)), (vec![LARGE + 1], vec![false]));
    assert_holds(&ended, &line.reader);
    for pending in [answers.next().unwrap()] {
        let refused = pending.await.unwrap();
        assert!(matches!(refused, Err(Refused::SessionEnded { index }) if index.0 == LARGE + 1));
    }
    let last = answers.next().unwrap().await.unwrap().unwrap();
    assert_eq!((indexes(&last.entries), known(&last.entries)), (vec![LARGE], vec![true]));
    let mut too_late = too_late.into_iter();
    let refused = too_late.next().unwrap().await.unwrap();
    assert!(matches!(refused, Err(Refused::SessionEnded { index }) if index.0 == LARGE + 1));
    let again = too_late.next().unwrap().await.unwrap().unwrap();
    assert_eq!((places(&again.entries), known(&again.entries)), (places(&ended.entries), vec![true]));
    line.finish().await;
}

#[tokio::test]
async fn a_session_store_that_states_a_commit_knows_no_number_of_the_next_one() {
    let line = Line::held_up_at(Kind::Sync).await;
    // Session 7 is new; the other one goes on from numbers that are being written.
    line.place(vec![run(7, 0, 3), run(WRITTEN, LARGE, 3)]).await;
    line.write_one().await;
    // The second commit is not durable: a process that ends now must not find its numbers.
    let head = line.head();
    let store = line.store.clone();
    until(|| store.head().unwrap() == Some(head)).await;
    let mut found = Sessions::new(store.clone());
    let at = RecordedAt(BEGUN_AT.unsigned_abs());
    let mut lookup = |session, number| found.session(session_key(session), at).unwrap().lookup(number);
    assert_eq!(lookup(WRITTEN, LARGE - 1), Known::Recorded(Index(LARGE)));
    assert_eq!((lookup(WRITTEN, LARGE), lookup(7, 0)), (Known::New, Known::New));
    line.gate.open();
    let (_, store) = line.finish().await;
    let mut found = Sessions::new(store);
    let mut lookup = |session, number| found.session(session_key(session), at).unwrap().lookup(number);
    assert_eq!(lookup(7, 2), Known::Recorded(Index(LARGE + 3)));
    assert_eq!(lookup(WRITTEN, LARGE + 2), Known::Recorded(Index(LARGE + 6)));
}

#[tokio::test]
async fn what_has_expired_does_not_join_and_what_was_placed_in_time_is_recorded() {
    let line = Line::held_up_at(Kind::Sync).await;
    let now = Instant::now();
    let expired = line.submit_until(run(1, 0, 1), now);
    let soon = now + Duration::from_secs(3600);
    let in_time = line.submit_until(run(2, 0, 1), soon);
    let behind = line.place(vec![run(3, 0, 1)]).await;
    line.gate.open();
    assert!(matches!(expired.await.unwrap(), Err(Refused::Expired)));
    assert_eq!(indexes(&in_time.await.unwrap().unwrap().entries), [LARGE + 1]);
    for pending in behind {
        assert_eq!(indexes(&pending.await.unwrap().unwrap().entries), [LARGE + 2]);
    }
    let again = line.sequencer.submit(run(1, 0, 1), None).await.unwrap();
    assert_eq!((indexes(&again.entries), known(&again.entries)), (vec![LARGE + 3], vec![false]));
    line.finish().await;
}

#[tokio::test]
async fn a_full_commit_lets_nobody_join_and_a_full_queue_refuses() {
    let line = Line::held_up_at(Kind::Sync).await;
    let full = line.fill().await;
    let waiting: Vec<_> = (0..QUEUE_SUBMISSIONS_MAX)
        .map(|_| submit(&line.sequencer, Work::Own { body: Vec::new(), sealed: None }))
        .collect();
    until(|| line.sequencer.queue_depth() == QUEUE_SUBMISSIONS_MAX).await;
    // If the commit were not full, the queue would soon be empty.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = line.sequencer.submit(run(101, 0, 1), None).await;
    assert!(matches!(refused, Err(Refused::QueueFull { waiting: "requests" })), "{refused:?}");
    line.write_one().await;
    line.gate.open();
    for pending in full {
        let answer = pending.await.unwrap().unwrap();
        assert_eq!(answer.published.head.size, Size(1 + LARGE + FULL));
        assert_holds(&answer, &line.reader);
    }
    for pending in waiting {
        pending.await.unwrap().unwrap();
    }
    let accepted = line.sequencer.submit(run(101, 0, 1), None).await.unwrap();
    assert_eq!(indexes(&accepted.entries), [1 + LARGE + FULL + QUEUE_SUBMISSIONS_MAX as u64]);
    line.finish().await;
}

#[test]
fn a_commit_is_full_with_so_many_entries_as_well() {
    let desk = Desk::new();
    let placer = desk.committer.placer;
    let mut commit = placer.begin();
    let leaf = Leaf { previous: Hash::default(), recorded_at: RecordedAt(0), body: b"" };
    for _ in 1..8192 {
        commit.frame.push_leaf(&leaf).unwrap();
        assert!(!commit.is_full());
    }
    commit.frame.push_leaf(&leaf).unwrap();
    assert!(commit.is_full());
}

#[tokio::test]
async fn both_stages_and_the_queue_are_emptied_when_all_handles_and_callers_are_gone() {
    let line = Line::held_up_at(Kind::Sync).await;
    let full = line.fill().await;
    let queued: Vec<_> = (0..50).map(|number| submit(&line.sequencer, run(100, number * 2, 2))).collect();
    until(|| line.sequencer.queue_depth() == 50).await;
    let (gate, published) = (line.gate.clone(), line.sequencer.published());
    [&line.first].into_iter().chain(&full).chain(&queued).for_each(|caller| caller.abort());
    let finished = tokio::spawn(line.finish());
    // With the callers the queue is closed, while both stages are full.
    for caller in full.into_iter().chain(queued) {
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    gate.open();
    let (folder, store) = finished.await.unwrap();
    let head = published.borrow().head;
    assert_eq!(head.size, Size(1 + LARGE + FULL + 100));
    let origin = super::harness::origin();
    let checked = check(&folder, origin.hash(), Some(head.size), &mut |_, _| {}).unwrap();
    assert_eq!((checked.head, checked.derived_differ_at), (head, None));
    assert_eq!(super::harness::opened(&folder.bytes(CHECKPOINT)), head);
    assert_eq!(store.head().unwrap(), Some(head));
}
