//! Charters take effect where they are placed: no access behind one is judged by another.

use std::sync::Arc;

use einsicht_access::charter::PART_BYTES_MAX;
use einsicht_tlog::{Index, Size};

use super::harness::{Desk, accesses, indexes, key, known, origin, run};
use crate::charters::InForce;
use crate::charters::probe::{PROBE, announced};
use crate::sequencer::{Judged, Refused, Work};
use crate::storage;
use crate::storage::memory::Choice;

/// A charter of that many parts.
pub fn charter(parts: usize) -> Work {
    let announced = announced(&format!("{PROBE}#{}", "x".repeat((parts - 1) * PART_BYTES_MAX)));
    assert_eq!(announced.bodies.len(), parts);
    Work::Charter(announced)
}

/// As if these accesses had been judged by that charter.
pub fn judged(work: Work, charter: Option<u64>) -> Work {
    let Work::Accesses { session, mut events } = work else { panic!("only accesses are judged") };
    for event in &mut events {
        event.judged = Judged { charter: charter.map(Index), ..Judged::default() };
    }
    Work::Accesses { session, events }
}

#[test]
fn an_access_that_was_judged_by_another_charter_goes_back_and_nothing_is_recorded_of_its_batch() {
    let mut desk = Desk::new();
    assert!(matches!(desk.submit(judged(run(1, 0, 2), Some(0))), Err(Refused::OtherCharter)));
    assert_eq!(indexes(&desk.submit(charter(1)).unwrap().entries), [1]);
    for other in [None, Some(0), Some(2)] {
        assert!(matches!(desk.submit(judged(run(1, 0, 2), other)), Err(Refused::OtherCharter)), "{other:?}");
    }
    assert_eq!(desk.size(), 2);
    assert_eq!(indexes(&desk.submit(judged(run(1, 0, 2), Some(1))).unwrap().entries), [2, 3]);
}

#[test]
fn a_known_number_gets_its_answer_whatever_charter_it_was_judged_by_this_time() {
    let mut desk = Desk::new();
    let first = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    desk.submit(charter(1)).unwrap();
    let again = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    assert_eq!((indexes(&again.entries), known(&again.entries)), (indexes(&first.entries), vec![true]));
    // With a new one beside it, it is the new one that has to be judged again.
    let mixed = accesses(1, &[(0, 10), (1, 11)]);
    assert!(matches!(desk.submit(mixed), Err(Refused::OtherCharter)));
    assert_eq!(desk.submit(judged(accesses(1, &[(0, 10), (1, 11)]), Some(2))).unwrap().entries.len(), 2);
}

#[test]
fn the_parts_stand_one_after_the_other_in_one_commit_and_those_who_joined_it_before_are_not_held_up() {
    let mut desk = Desk::new();
    let work = vec![run(1, 0, 2), charter(3), run(2, 0, 1), judged(run(3, 0, 1), Some(5)), charter(2)];
    let mut answers = desk.together(work).into_iter();
    let mut next = || answers.next().unwrap().map(|answer| indexes(&answer.entries));
    assert_eq!(next().unwrap(), [1, 2]);
    assert_eq!(next().unwrap(), [3, 4, 5]);
    assert!(matches!(next(), Err(Refused::OtherCharter)));
    assert_eq!(next().unwrap(), [6]);
    assert_eq!(next().unwrap(), [7, 8]);
}

#[test]
fn others_judge_by_a_charter_once_it_is_placed_and_are_shown_it_once_it_is_published() {
    let mut desk = Desk::new();
    let charters = desk.committer.placer.charters.clone();
    let mut commit = desk.committer.placer.begin();
    desk.committer.placer.place_work(&charter(2), &mut commit).unwrap();
    let last = |charter: Option<Arc<InForce>>| charter.map(|charter| charter.place.last.0);
    assert_eq!((last(charters.to_judge_by()), last(charters.published(Size(desk.size())))), (Some(2), None));
    desk.committer.placer.settle(&mut commit);
    desk.committer.publisher.write(commit).unwrap();
    assert_eq!(last(charters.published(Size(desk.size()))), Some(2));
    let mut commit = desk.committer.placer.begin();
    desk.committer.placer.place_work(&charter(1), &mut commit).unwrap();
    assert_eq!(
        (last(charters.to_judge_by()), last(charters.published(Size(desk.size())))),
        (Some(3), Some(2))
    );
}

/// The power goes before each of the operations that a charter takes, with every choice of what is lost.
#[test]
fn a_loss_of_power_leaves_all_parts_of_a_charter_or_none() {
    let mut found = [0; 2];
    for operation in 0..100 {
        // What is kept behind the log is brought up to date meanwhile, and takes operations, too.
        if operation >= 12 && found.iter().all(|count| *count > 0) {
            return;
        }
        let mut desk = Desk::new();
        desk.submit(run(1, 0, 2)).unwrap();
        desk.folder.power_off_before(desk.folder.operations() + operation);
        let is_answered = desk.submit(charter(3)).is_ok();
        for choice in [Choice::AllLost, Choice::AllKept, Choice::Lengths, Choice::Newest, Choice::Random(7)] {
            let folder = Arc::new(desk.folder.power_loss(choice));
            let opened = storage::open(folder, &origin(), &[key().verifier().clone()], 64 * 1024).unwrap();
            let size = opened.tip.size().0;
            assert!(
                size == 3 || size == 6,
                "{size} entries, power lost before operation {operation}, {choice:?}"
            );
            assert!(size == 6 || !is_answered, "power lost before operation {operation}, {choice:?}");
            found[usize::from(size == 6)] += 1;
        }
    }
    panic!("{found:?}");
}
