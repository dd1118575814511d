//! Counting over many sessions.

use super::*;

fn take(sessions: &mut Sessions, session: &[u8], numbers: &[(u64, u64)], index: u64, recorded_at: u64) {
    let met = Met {
        key: key_of(b"verkehr", session),
        numbers: numbers.to_vec(),
        end: None,
        last_index: Index(index),
        last_recorded_at: RecordedAt(recorded_at),
    };
    sessions.take(&[met]);
}

#[test]
fn marks_of_one_session_are_summed_up_before_they_are_counted() {
    let mut meeting = Meeting::default();
    let mark = |session: &'static [u8], number| SessionMark {
        producer: b"verkehr",
        session,
        event: SessionEvent::Number(number),
    };
    for (index, (session, number)) in
        [(&b"a"[..], 0), (b"b", 7), (b"a", 1), (b"a", 2), (b"b", 9)].into_iter().enumerate()
    {
        meeting.note(mark(session, number), Index(index as u64), RecordedAt(5));
    }
    let met = meeting.into_met();
    assert_eq!(met.len(), 2);
    assert_eq!((met[0].numbers.as_slice(), met[0].last_index), (&[(0, 2)][..], Index(3)));
    assert_eq!((met[1].numbers.as_slice(), met[1].last_index), (&[(7, 7), (9, 9)][..], Index(4)));
}

#[test]
fn the_same_id_from_another_producer_is_another_session() {
    let mut sessions = Sessions::default();
    for producer in [&b"verkehr"[..], b"verkehr2", b"v"] {
        let met = Met {
            key: key_of(producer, b"x"),
            numbers: vec![(0, 3)],
            end: None,
            last_index: Index(1),
            last_recorded_at: RecordedAt(1),
        };
        sessions.take(&[met]);
    }
    assert_eq!((sessions.met, sessions.repeated, sessions.missing()), (3, 0, 0));
}

#[test]
fn a_session_that_ends_short_of_its_last_number_has_a_gap() {
    let mut sessions = Sessions::default();
    let met = |numbers: Vec<(u64, u64)>, end| Met {
        key: key_of(b"verkehr", b"x"),
        numbers,
        end,
        last_index: Index(1),
        last_recorded_at: RecordedAt(1),
    };
    sessions.take(&[met(vec![(0, 3)], Some(Some(9)))]);
    assert_eq!((sessions.ended, sessions.missing()), (1, 6));
    assert_eq!(sessions.gaps()[0].first_missing, Some(4));
    sessions.take(&[met(vec![(4, 9)], Some(Some(9)))]);
    assert_eq!((sessions.ended, sessions.missing(), sessions.gaps().len()), (1, 0, 0));
}

#[test]
fn memory_is_bounded_and_what_was_missing_stays_counted() {
    let mut sessions = Sessions::default();
    let count = 3 * SESSIONS_MAX as u64;
    for index in 0..count {
        // One a minute; each misses its number 1.
        take(&mut sessions, &index.to_be_bytes(), &[(0, 0), (2, 2)], index, index * 60);
    }
    assert!(sessions.running.len() <= SESSIONS_MAX);
    assert_eq!((sessions.met, sessions.missing(), sessions.repeated), (count, count, 0));
    assert!(sessions.past.len() == LISTED_MAX);
    // 16,384 minutes are 11 days: sessions had to be set aside before they lapsed.
    assert!(sessions.set_aside > 0);
    let mut slow = Sessions::default();
    for index in 0..2 * SESSIONS_MAX as u64 {
        take(&mut slow, &index.to_be_bytes(), &[(0, 0)], index, index * 3600);
    }
    assert_eq!((slow.set_aside, slow.missing()), (0, 0), "sessions that lapsed are over, not set aside");
}

#[test]
fn what_is_stored_is_what_was_counted() {
    let mut sessions = Sessions::default();
    take(&mut sessions, b"\x00\xffx", &[(0, 5), (8, 9)], 3, 4);
    let json = serde_json::to_string(&sessions).unwrap();
    assert_eq!(serde_json::from_str::<Sessions>(&json).unwrap(), sessions);
}

/// A session that is over and misses 1 and 2, and more of them than are listed.
fn over() -> Sessions {
    let mut sessions = Sessions::default();
    take(&mut sessions, b"first", &[(0, 0), (3, 3)], 0, 0);
    for index in 1..2 * SESSIONS_MAX as u64 {
        take(&mut sessions, &index.to_be_bytes(), &[(0, 0), (2, 2)], index, index * 3600);
    }
    sessions
}

#[test]
fn only_numbers_that_were_missing_fill_a_gap() {
    let mut sessions = over();
    let (missing, repeated) = (sessions.missing(), sessions.repeated);
    // It was there: a record that was opened says so of itself, and talks no gap away.
    sessions.fill("verkehr", b"first", 3);
    assert_eq!((sessions.missing(), sessions.repeated - repeated), (missing, 1));
    sessions.fill("verkehr", b"first", 1);
    assert_eq!((sessions.missing(), sessions.gaps()[0].first_missing), (missing - 1, Some(2)));
    sessions.fill("verkehr", b"first", 2);
    assert_eq!((sessions.missing(), sessions.unplaced), (missing - 2, 0));
    assert_ne!(sessions.gaps()[0].session, einsicht_tlog::hash::to_hex(b"first"));
}

#[test]
fn a_number_of_a_session_that_is_not_listed_is_not_said_to_be_missing_for_sure() {
    let mut sessions = over();
    let missing = sessions.missing();
    let late = (LISTED_MAX as u64 + 9).to_be_bytes();
    assert!(!sessions.running.contains_key(&key_of(b"verkehr", &late)));
    sessions.fill("verkehr", &late, 1);
    assert_eq!((sessions.missing(), sessions.unplaced), (missing, 1));
}

#[test]
fn an_opened_number_is_no_entry_of_its_session() {
    // Whether it was taken in before or after a later number, which a chunk decides, leaves the same behind.
    let (mut before, mut after) = (Sessions::default(), Sessions::default());
    for sessions in [&mut before, &mut after] {
        take(sessions, b"s", &[(1, 1)], 5, 100);
    }
    before.fill("verkehr", b"s", 0);
    take(&mut before, b"s", &[(2, 2)], 9, 200);
    take(&mut after, b"s", &[(2, 2)], 9, 200);
    after.fill("verkehr", b"s", 0);
    assert_eq!(before, after);
    let entries: Vec<_> = before.running.values().map(|session| session.last_index).collect();
    assert_eq!(entries, [9]);
}

#[test]
fn counting_anew_forgets_what_is_over_and_keeps_what_goes_on() {
    let mut sessions = over();
    take(&mut sessions, b"going on", &[(0, 0), (4, 4)], 200_000, 200_000 * 3600);
    let running = sessions.running.values().map(Session::missing).sum::<u64>();
    assert!(sessions.missing_in_past > 0);
    sessions.count_anew();
    assert_eq!((sessions.met, sessions.missing_in_past, sessions.missing()), (0, 0, running));
    take(&mut sessions, b"going on", &[(5, 5)], 200_001, 200_001 * 3600);
    let gap = sessions.gaps().into_iter().find(|gap| gap.last_index == 200_001).unwrap();
    assert_eq!((gap.missing, gap.first_missing, sessions.met), (3, Some(1), 0));
}

#[test]
fn it_says_whether_it_lists_all_gaps() {
    // As many as are retired at once are over; room is made when all that may run at a time do.
    let (over, all) = (SESSIONS_MAX as u64 / 4, SESSIONS_MAX as u64 + 1);
    let with_gaps = |gaps: u64| {
        let mut sessions = Sessions::default();
        for number in 0..all {
            // Number 0 is missing.
            let numbers = if number < gaps { (1, 1) } else { (0, 0) };
            let at = if number < over { 0 } else { LAPSE_SECONDS + 1 };
            take(&mut sessions, &number.to_be_bytes(), &[numbers], number, at);
        }
        sessions
    };
    let few = with_gaps(LISTED_MAX as u64);
    assert!(few.all_listed(), "{} set aside", few.set_aside);
    assert_eq!((few.gaps().len(), few.missing()), (LISTED_MAX, LISTED_MAX as u64));
    let many = with_gaps(LISTED_MAX as u64 + 1);
    assert!(!many.all_listed());
    assert_eq!((many.gaps().len(), many.missing()), (LISTED_MAX, LISTED_MAX as u64 + 1));
}
