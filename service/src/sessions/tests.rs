use super::*;
use einsicht_tlog::{Hash, Size, TreeHead};

fn step(sequence: u64, index: u64, at: u64) -> SessionStep {
    let key = SessionKey::new("producer", &[1; 16]);
    SessionStep { key, sequence: Some(sequence), index: Index(index), recorded_at: RecordedAt(at) }
}

fn sessions() -> (Sessions, SessionStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SessionStore::open(folder.path()).unwrap();
    (Sessions::new(store.clone()), store, folder)
}

fn lookup(sessions: &mut Sessions, sequence: u64, now: u64) -> Known {
    sessions.session(step(0, 0, 0).key, RecordedAt(now)).unwrap().lookup(sequence)
}

#[test]
fn a_number_is_found_again_in_whatever_order_numbers_came() {
    let (mut sessions, ..) = sessions();
    for (sequence, index) in [(5, 10), (3, 11), (4, 12), (900, 13)] {
        sessions.apply(&step(sequence, index, 1)).unwrap();
    }
    assert_eq!(lookup(&mut sessions, 4, 1), Known::Recorded(Index(12)));
    assert_eq!(lookup(&mut sessions, 900, 1), Known::Recorded(Index(13)));
    assert_eq!(lookup(&mut sessions, 6, 1), Known::New);
}

#[test]
fn what_the_store_was_given_is_known_after_a_restart() {
    let (mut sessions, store, _folder) = sessions();
    for number in 0..700 {
        sessions.apply(&step(number, number + 40, 1)).unwrap();
    }
    let end = SessionStep { sequence: None, ..step(0, 740, 2) };
    sessions.apply(&end).unwrap();
    let head = TreeHead { size: Size(741), root: Hash([1; 32]) };
    store.write(&sessions.take_changes(), &head).unwrap();
    assert!(sessions.take_changes().is_empty());

    let mut again = Sessions::new(store.clone());
    let session = again.session(end.key, RecordedAt(3)).unwrap();
    assert_eq!(session, sessions.memory.get(&end.key).unwrap());
    assert_eq!((session.ended, session.lookup(699)), (Some(Index(740)), Known::Recorded(Index(739))));
    assert_eq!(store.head().unwrap(), Some(head));
}

#[test]
fn a_number_beyond_the_horizon_is_neither_known_nor_new() {
    let (mut sessions, ..) = sessions();
    sessions.apply(&step(0, 0, 1)).unwrap();
    sessions.apply(&step(HORIZON_NUMBERS - 1, 1, 1)).unwrap();
    assert_eq!(lookup(&mut sessions, 0, 1), Known::Recorded(Index(0)));
    assert_eq!(lookup(&mut sessions, 1, 1), Known::New);
    sessions.apply(&step(HORIZON_NUMBERS + 1, 2, 1)).unwrap();
    let beyond = Known::BeyondHorizon { highest: HORIZON_NUMBERS + 1 };
    assert_eq!(lookup(&mut sessions, 1, 1), beyond);
    assert_eq!(lookup(&mut sessions, 2, 1), Known::New);
}

#[test]
fn a_session_that_was_silent_for_thirty_days_has_lapsed() {
    let (mut sessions, store, _folder) = sessions();
    sessions.apply(&step(0, 0, 1000)).unwrap();
    store.write(&sessions.take_changes(), &TreeHead { size: Size(1), root: Hash([1; 32]) }).unwrap();
    let mut again = Sessions::new(store.clone());
    assert_eq!(lookup(&mut again, 0, 1000 + HORIZON_SECONDS), Known::Recorded(Index(0)));
    let mut again = Sessions::new(store);
    assert_eq!(lookup(&mut again, 0, 1001 + HORIZON_SECONDS), Known::New);
}

#[test]
fn old_numbers_of_a_lapsed_session_do_not_come_back() {
    let (mut sessions, store, _folder) = sessions();
    let head = TreeHead { size: Size(1), root: Hash([1; 32]) };
    let later = 1001 + HORIZON_SECONDS;
    sessions.apply(&step(300, 0, 1000)).unwrap();
    store.write(&sessions.take_changes(), &head).unwrap();
    assert_eq!(lookup(&mut sessions, 300, later), Known::New, "in memory it lapses too");
    sessions.apply(&step(0, 1, later)).unwrap();
    store.write(&sessions.take_changes(), &head).unwrap();
    let mut again = Sessions::new(store);
    assert_eq!(lookup(&mut again, 0, later), Known::Recorded(Index(1)));
    assert_eq!(lookup(&mut again, 300, later), Known::New);
}

#[test]
fn numbers_that_came_in_disorder_leave_memory_once_the_store_has_them() {
    let (mut sessions, store, _folder) = sessions();
    sessions.runs_bytes_max = 40_000;
    let key = |producer: usize| SessionKey::new(&producer.to_string(), &[1; 16]);
    let mut index = 0;
    for producer in 0..10 {
        // Every second number only: each is a run of its own.
        for number in 0..500 {
            let step = SessionStep { key: key(producer), ..step(number * 2, index, 1) };
            sessions.apply(&step).unwrap();
            index += 1;
        }
        let head = TreeHead { size: Size(index), root: Hash([1; 32]) };
        store.write(&sessions.take_changes(), &head).unwrap();
        sessions.make_room(Index(index));
        assert!(sessions.runs_bytes <= 40_000, "{}", sessions.runs_bytes);
    }
    let known: usize = sessions.memory.values().map(|session| session.runs.memory_bytes()).sum();
    assert_eq!(sessions.runs_bytes, known);
    assert!(sessions.memory.len() < 10, "{}", sessions.memory.len());
    let first = sessions.session(key(0), RecordedAt(1)).unwrap();
    assert_eq!(first.lookup(998), Known::Recorded(Index(499)));
}
