//! A number stands for one event, whatever happens: it gets its old answer, or a refusal that says why.

use super::harness::{Desk, accesses, assert_holds, end, indexes, known, places, run};
use crate::sequencer::Refused;
use crate::sessions::HORIZON_NUMBERS;

#[test]
fn a_number_sent_again_gets_its_old_answer_and_writes_nothing() {
    let mut desk = Desk::new();
    let first = desk.submit(accesses(1, &[(0, 10), (1, 11), (2, 12)])).unwrap();
    assert_eq!((indexes(&first.entries), known(&first.entries)), (vec![1, 2, 3], vec![false; 3]));
    desk.submit(run(2, 0, 5)).unwrap();
    let size = desk.size();

    let again = desk.submit(accesses(1, &[(0, 10), (1, 11), (2, 12)])).unwrap();
    assert_eq!(places(&again.entries), places(&first.entries));
    assert_eq!(known(&again.entries), [true; 3]);
    assert_holds(&again, &desk.reader);
    // In another grouping, too.
    let one = desk.submit(accesses(1, &[(1, 11)])).unwrap();
    assert_eq!(places(&one.entries), places(&first.entries[1..2]));
    assert_eq!(desk.size(), size, "nothing was written");
}

#[test]
fn a_number_sent_twice_within_one_commit_is_recorded_once() {
    let mut desk = Desk::new();
    let answers = desk.together(vec![
        accesses(1, &[(0, 10), (1, 11)]),
        accesses(1, &[(1, 11), (2, 12)]),
        accesses(2, &[(1, 11)]),
        accesses(1, &[(0, 10)]),
    ]);
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let all: Vec<_> = answers.iter().map(|answer| indexes(&answer.entries)).collect();
    assert_eq!(all, [vec![1, 2], vec![2, 3], vec![4], vec![1]]);
    let old: Vec<_> = answers.iter().map(|answer| known(&answer.entries)).collect();
    assert_eq!(old, [vec![false, false], vec![true, false], vec![false], vec![true]]);
    answers.iter().for_each(|answer| assert_holds(answer, &desk.reader));
    assert_eq!(desk.size(), 5);
}

#[test]
fn a_number_with_another_event_is_a_conflict_and_nothing_of_its_batch_is_written() {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10), (1, 11)])).unwrap();
    let size = desk.size();
    for batch in [&[(1, 99)][..], &[(5, 50), (1, 99), (6, 60)], &[(0, 10), (5, 50), (1, 99)]] {
        let expected = batch.iter().position(|event| *event == (1, 99)).unwrap();
        match desk.submit(accesses(1, batch)) {
            Err(Refused::Conflict { position, sequence, index }) => {
                assert_eq!((position, sequence, index.0), (expected, 1, 2));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(desk.size(), size);
    }
    // The numbers beside it are still free, and so is the number in another session.
    assert_eq!(indexes(&desk.submit(accesses(1, &[(5, 55)])).unwrap().entries), [size]);
    assert_eq!(indexes(&desk.submit(accesses(2, &[(1, 99)])).unwrap().entries), [size + 1]);
}

#[test]
fn a_conflict_within_one_commit_costs_the_later_one_alone() {
    let mut desk = Desk::new();
    let mut answers = desk
        .together(vec![
            accesses(1, &[(0, 10), (1, 11)]),
            accesses(1, &[(2, 12), (1, 99)]),
            accesses(1, &[(2, 22)]),
        ])
        .into_iter();
    assert_eq!(indexes(&answers.next().unwrap().unwrap().entries), [1, 2]);
    let conflict = answers.next().unwrap();
    assert!(matches!(conflict, Err(Refused::Conflict { position: 1, sequence: 1, index }) if index.0 == 2));
    assert_eq!(indexes(&answers.next().unwrap().unwrap().entries), [3]);
    assert_eq!(desk.size(), 4);
}

#[test]
fn a_batch_of_which_half_is_known_is_completed() {
    let mut desk = Desk::new();
    let old = desk.submit(accesses(1, &[(3, 13), (5, 15)])).unwrap();
    let batch = desk.submit(accesses(1, &[(2, 12), (3, 13), (4, 14), (5, 15), (6, 16)])).unwrap();
    assert_eq!(indexes(&batch.entries), [3, 1, 4, 2, 5]);
    assert_eq!(known(&batch.entries), [false, true, false, true, false]);
    assert_eq!(batch.entries[1].leaf_hash, old.entries[0].leaf_hash);
    assert_holds(&batch, &desk.reader);
    assert_eq!(desk.size(), 6);
}

#[test]
fn a_batch_whose_old_answers_can_not_be_read_is_not_written_in_part() {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10)])).unwrap();
    desk.folder.cut("log/hashes/0", 32);
    let refused = desk.submit(accesses(1, &[(5, 50), (0, 10), (6, 60)]));
    assert!(matches!(refused, Err(Refused::Placing(_))), "{refused:?}");
    assert_eq!(desk.size(), 2);
}

#[test]
fn an_ended_session_takes_nothing_new_and_still_knows_what_it_recorded() {
    let mut desk = Desk::new();
    let old = desk.submit(accesses(1, &[(0, 10), (1, 11)])).unwrap();
    let ended = desk.submit(end(1, Some(1))).unwrap();
    assert_eq!((indexes(&ended.entries), known(&ended.entries)), (vec![3], vec![false]));
    for batch in [&[(2, 12)][..], &[(1, 11), (2, 12)]] {
        let refused = desk.submit(accesses(1, batch));
        assert!(matches!(refused, Err(Refused::SessionEnded { index }) if index.0 == 3), "{refused:?}");
    }
    let again = desk.submit(accesses(1, &[(0, 10), (1, 11)])).unwrap();
    assert_eq!(places(&again.entries), places(&old.entries));
    let conflict = desk.submit(accesses(1, &[(1, 99)]));
    assert!(matches!(conflict, Err(Refused::Conflict { .. })), "{conflict:?}");
    assert_eq!(desk.size(), 4);
    desk.submit(accesses(2, &[(0, 1)])).unwrap();
}

#[test]
fn a_session_ends_once_also_within_one_commit() {
    let mut desk = Desk::new();
    let answers = desk.together(vec![
        accesses(1, &[(0, 10)]),
        end(1, Some(0)),
        accesses(1, &[(1, 11)]),
        end(1, Some(0)),
        accesses(1, &[(0, 10)]),
    ]);
    let outcome = |answer: &Result<crate::sequencer::Acknowledged, Refused>| match answer {
        Ok(acknowledged) => Ok(indexes(&acknowledged.entries)),
        Err(Refused::SessionEnded { index }) => Err(index.0),
        Err(other) => panic!("{other:?}"),
    };
    let outcomes: Vec<_> = answers.iter().map(outcome).collect();
    assert_eq!(outcomes, [Ok(vec![1]), Ok(vec![2]), Err(2), Ok(vec![2]), Ok(vec![1])]);

    let later = desk.submit(end(1, Some(70))).unwrap();
    assert_eq!((indexes(&later.entries), known(&later.entries)), (vec![2], vec![true]));
    assert_holds(&later, &desk.reader);
    assert_eq!(desk.size(), 3);
}

#[test]
fn an_end_below_what_was_recorded_is_refused() {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10), (7, 17)])).unwrap();
    for last in [None, Some(0), Some(6)] {
        let refused = desk.submit(end(1, last));
        assert!(matches!(refused, Err(Refused::EndBelowHighest { highest: 7 })), "{last:?}: {refused:?}");
    }
    assert_eq!(desk.size(), 3);
    // Numbers that were given out and never came are for auditors to see.
    desk.submit(end(1, Some(9))).unwrap();
    desk.submit(end(2, None)).unwrap();
    assert_eq!(desk.size(), 5);
}

#[test]
fn a_number_beyond_the_horizon_is_refused_for_nobody_can_tell() {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10)])).unwrap();
    let highest = HORIZON_NUMBERS + 300;
    desk.submit(accesses(1, &[(highest, 20)])).unwrap();
    let size = desk.size();
    for beyond in [0, 1, 300] {
        match desk.submit(accesses(1, &[(highest + 1, 21), (beyond, 10)])) {
            Err(Refused::BeyondHorizon { position: 1, sequence, highest: h }) => {
                assert_eq!((sequence, h), (beyond, highest));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(desk.size(), size);
    desk.submit(accesses(1, &[(301, 30)])).unwrap();
}
