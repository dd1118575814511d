//! What governs which entry, and for how long it is known.

use einsicht_access::charter::parts_of;

use super::*;
use crate::source::Place;

const TEXT: &str = r#"
    [charter]
    title = "Charta"
    [[purpose]]
    id = "p"
    title = "P"
    [[dataset]]
    id = "d"
    title = "D"
    personal = "none"
    purposes = ["p"]
    [[commitment]]
    id = "C-1"
    title = "C"
    source = "S"
    evidence = "report"
    severity = "notice"
    must = { purpose = { listed_in_dataset = "purposes" } }
"#;

fn place() -> Place {
    Place { name: "test".into(), offset: None }
}

/// Takes in a charter that stands in one entry, and then `hidden` confidential records.
fn publish(charters: &mut Charters, index: u64, hidden: u64) {
    let part = parts_of(format!("{TEXT}# {index}").as_bytes()).remove(0);
    let part = Part { index: Index(index), part, place: place() };
    charters.take(vec![part], &[], Some(Index(index + hidden))).unwrap();
    (1..=hidden).for_each(|behind| charters.hide(Index(index + behind)));
    charters.forget();
}

fn governing(charters: &Charters, index: u64) -> Option<u64> {
    match charters.ruling(Index(index)) {
        Ruling::By(published) => Some(published.last.0),
        Ruling::Nothing => None,
        Ruling::Forgotten => Some(u64::MAX),
    }
}

#[test]
fn a_charter_governs_what_stands_behind_it_up_to_the_next_one() {
    let mut charters = Charters::default();
    assert_eq!(governing(&charters, 5), None);
    publish(&mut charters, 5, 2);
    publish(&mut charters, 9, 1);
    for (index, by) in [(5, None), (6, Some(5)), (9, Some(5)), (10, Some(9)), (99, Some(9))] {
        assert_eq!(governing(&charters, index), by, "{index}");
    }
    assert_eq!((charters.met, charters.in_force().unwrap().last), (2, Index(9)));
}

#[test]
fn a_superseded_charter_is_kept_as_long_as_a_hidden_record_needs_it() {
    let mut charters = Charters::default();
    publish(&mut charters, 5, 2);
    publish(&mut charters, 9, 0);
    publish(&mut charters, 11, 0);
    let known = |charters: &Charters| charters.known.keys().copied().collect::<Vec<_>>();
    assert_eq!(known(&charters), [5, 11]);
    assert_eq!(governing(&charters, 10), Some(u64::MAX), "never taken for one that is known");
    charters.show(Index(6));
    charters.forget();
    assert_eq!(known(&charters), [5, 11]);
    charters.show(Index(7));
    charters.forget();
    assert_eq!(known(&charters), [11]);
}

#[test]
fn no_more_are_kept_than_there_is_room_for_and_the_oldest_go_first() {
    let mut charters = Charters::default();
    (0..=KEPT_MAX as u64).for_each(|number| publish(&mut charters, 10 + 2 * number, 1));
    assert_eq!(charters.known.len(), KEPT_MAX);
    assert_eq!((governing(&charters, 11), governing(&charters, 13)), (Some(u64::MAX), Some(12)));
}

#[test]
fn parts_that_do_not_follow_each_other_are_no_charter() {
    let parts = parts_of(&[TEXT.as_bytes(), &b"# lang\n".repeat(20_000)].concat());
    assert_eq!(parts.len(), 3);
    let at =
        |index: u64, part: &CharterPart| Part { index: Index(index), part: part.clone(), place: place() };
    let taken = |parts: Vec<Part>, end: u64| {
        let mut charters = Charters::default();
        let taken = charters.take(parts, &[], Some(Index(end)));
        (taken.map_err(|wrong| Some(wrong.at)), charters.end().map_err(|finding| finding.index))
    };
    let [one, two, three] = &parts[..] else { panic!("three parts") };
    let missing = |index: u64| Err(Some(Index(index)));
    assert_eq!(taken(vec![at(5, one), at(6, two), at(7, three)], 9), (Ok(()), Ok(())));
    assert_eq!(taken(vec![at(5, one), at(6, two)], 6), (Ok(()), missing(7)));
    assert_eq!(taken(vec![at(5, one), at(6, two)], 7), (missing(7), Ok(())));
    assert_eq!(taken(vec![at(5, one), at(7, two)], 7), (missing(6), Ok(())));
    assert_eq!(taken(vec![at(5, one), at(6, three)], 6), (missing(6), Ok(())));
}
