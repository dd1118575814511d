//! Time: deadlines of callers, and a clock that can't be trusted.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use einsicht_tlog::Index;

use super::harness::{BEGUN_AT, Desk, accesses, commit, indexes, submission};
use crate::clock::ClockError;
use crate::sequencer::Refused;

#[test]
fn what_waited_past_its_deadline_is_not_recorded() {
    let mut desk = Desk::new();
    let now = Instant::now();
    let (expired, mut first) = submission(accesses(1, &[(0, 10)]), Some(now));
    let (in_time, mut second) = submission(accesses(1, &[(1, 11)]), Some(now + Duration::from_secs(3600)));
    commit(&mut desk.committer, vec![expired, in_time]);
    assert!(matches!(first.try_recv().unwrap(), Err(Refused::Expired)));
    assert_eq!(indexes(&second.try_recv().unwrap().unwrap().entries), [1]);
    assert_eq!(desk.size(), 2);
    // It can be sent again, as a new event.
    let again = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    assert_eq!((indexes(&again.entries), again.entries[0].already_recorded), (vec![2], false));
}

#[test]
fn a_commit_of_nothing_but_expired_ones_writes_nothing() {
    let mut desk = Desk::new();
    let written = desk.folder.trace().len();
    let (expired, mut answer) = submission(accesses(1, &[(0, 10)]), Some(Instant::now()));
    commit(&mut desk.committer, vec![expired]);
    assert!(matches!(answer.try_recv().unwrap(), Err(Refused::Expired)));
    let segments = |path: &str| path.starts_with("log/entries");
    assert!(!desk.folder.trace()[written..].iter().any(|(_, path)| segments(path)));
}

#[test]
fn a_clock_that_jumps_ahead_stops_recording_until_it_is_right_again() {
    let mut desk = Desk::new();
    desk.submit(accesses(1, &[(0, 10)])).unwrap();
    desk.clock.set_wall(BEGUN_AT + 61);
    let answers =
        desk.together(vec![accesses(1, &[(1, 11)]), accesses(1, &[(0, 10)]), accesses(2, &[(0, 1)])]);
    for answer in answers {
        let jumped = ClockError::Jumped { ahead_s: 61 };
        assert!(matches!(&answer, Err(Refused::Clock(error)) if *error == jumped), "{answer:?}");
    }
    assert_eq!(desk.size(), 2);
    let alarm = desk.committer.clock_alarm();
    assert!(alarm.load(Ordering::Relaxed));
    desk.clock.set_wall(BEGUN_AT);
    desk.clock.pass(5);
    let recorded = desk.submit(accesses(1, &[(1, 11)])).unwrap();
    assert!(!alarm.load(Ordering::Relaxed));
    assert_eq!(desk.entry(recorded.entries[0].index).0, u64::try_from(BEGUN_AT + 5).unwrap());
}

#[test]
fn a_clock_that_is_a_year_ahead_and_then_a_day_behind_freezes_no_time() {
    let mut desk = Desk::new();
    const DAY: i64 = 24 * 60 * 60;
    desk.clock.set_wall(BEGUN_AT + 365 * DAY);
    let refused = desk.submit(accesses(1, &[(0, 10)]));
    assert!(matches!(refused, Err(Refused::Clock(ClockError::Jumped { .. }))), "{refused:?}");
    desk.clock.set_wall(BEGUN_AT - DAY);
    let first = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    desk.clock.set_wall(BEGUN_AT + 2);
    desk.clock.pass(0);
    let second = desk.submit(accesses(1, &[(1, 11)])).unwrap();
    let at = |answer: &crate::sequencer::Acknowledged| desk.entry(answer.entries[0].index).0;
    let begun = u64::try_from(BEGUN_AT).unwrap();
    assert_eq!((at(&first), at(&second)), (begun, begun + 2));
}

#[test]
fn a_clock_that_runs_back_repeats_the_last_time() {
    let mut desk = Desk::new();
    let times: Vec<u64> = [100, -90_000, 0, 90_050]
        .into_iter()
        .map(|seconds| {
            desk.clock.set_wall(BEGUN_AT + seconds);
            desk.clock.pass(if seconds == 100 { 0 } else { 1 });
            let size = desk.size();
            match desk.submit(accesses(1, &[(size, 1)])) {
                Ok(recorded) => desk.entry(recorded.entries[0].index).0,
                Err(_) => 0,
            }
        })
        .collect();
    // 100 s ahead at once is a jump; a day back is the last time again; a day ahead is a jump.
    let begun = u64::try_from(BEGUN_AT).unwrap();
    assert_eq!(times, [0, begun, begun + 1, 0]);
    assert_eq!(desk.entry(Index(0)).0, begun);
}
