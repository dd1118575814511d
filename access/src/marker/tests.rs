//! Laws of markers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::random::Random;
use crate::samples::random;
use crate::value::SubjectView;

static KEY: LazyLock<PeriodKey> = LazyLock::new(|| PeriodKey::from([7; KEY_BYTES]));
const NONCE: [u8; NONCE_BYTES] = [9; NONCE_BYTES];

fn placed(key: &PeriodKey, ids: &[&str], seed: u64) -> Vec<[u8; MARKER_BYTES]> {
    let subjects: Vec<_> = ids.iter().map(|id| SubjectView { scheme: "person", id }).collect();
    let mut markers = Vec::new();
    Seats::default().place(key, &NONCE, &subjects, &mut Random::new(random(seed), 64), &mut markers).unwrap();
    markers
}

fn found(key: &ViewKey, markers: &[[u8; MARKER_BYTES]]) -> Option<u16> {
    key.scan(&NONCE, markers.iter().map(|marker| marker.as_slice()))
}

#[test]
fn the_number_of_markers_is_that_of_the_subjects_up_to_a_power_of_two() {
    for (subjects, markers) in
        [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (64, 64), (65, 128), (100, 128)]
    {
        let ids: Vec<_> = (0..subjects).map(|id| id.to_string()).collect();
        let placed = placed(&KEY, &ids.iter().map(String::as_str).collect::<Vec<_>>(), 1);
        assert_eq!(placed.len(), markers, "{subjects}");
        assert_eq!(BTreeSet::from_iter(&placed).len(), markers, "{subjects}");
        for id in &ids {
            assert!(found(&KEY.view_key("person", id), &placed).is_some(), "{id} of {subjects}");
        }
    }
}

#[test]
fn a_subject_that_is_listed_twice_has_one_marker_and_nobody_sees_it() {
    let markers = placed(&KEY, &["1", "2", "1", "1"], 5);
    assert_eq!(markers.len(), 4);
    let key = KEY.view_key("person", "1");
    let own = (0..4_u16).filter(|position| key.marker(&NONCE, *position) == markers[usize::from(*position)]);
    assert_eq!(own.count(), 1);
}

#[test]
fn each_subject_may_stand_in_each_place() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let markers = placed(&KEY, &["1", "2", "3"], seed);
        let places = ["1", "2", "3"].map(|id| found(&KEY.view_key("person", id), &markers).unwrap());
        seen.insert(places);
    }
    // 4 · 3 · 2 ways to seat three subjects among four.
    assert_eq!(seen.len(), 24);
}

#[test]
fn scheme_and_id_are_kept_apart() {
    let keys = [("person", "1"), ("perso", "n1"), ("person1", ""), ("", "person1"), ("Person", "1")];
    let keys: BTreeSet<_> = keys.map(|(scheme, id)| *KEY.view_key(scheme, id).as_bytes()).into();
    assert_eq!(keys.len(), 5);
}

#[test]
fn a_view_key_and_its_marker_are_those_of_the_format() {
    let hmac = |key: &[u8; 32], message: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().into()
    };
    let view = hmac(&[7; 32], b"einsicht/view/v1\x06person4711");
    assert_eq!(KEY.view_key("person", "4711").as_bytes(), &view);
    let marker = hmac(&view, &[&[9; 16][..], &[1, 2]].concat());
    assert_eq!(KEY.view_key("person", "4711").marker(&NONCE, 258), marker[..16]);
}

#[test]
fn markers_of_another_length_are_nobodys() {
    let key = KEY.view_key("person", "1");
    let marker = key.marker(&NONCE, 0);
    assert_eq!(key.scan(&NONCE, [&marker[..]]), Some(0));
    assert_eq!(key.scan(&NONCE, [&marker[..15]]), None);
    assert_eq!(key.scan(&NONCE, [&[&marker[..], &[0]].concat()[..]]), None);
    assert_eq!(key.scan(&NONCE, []), None);
    // In another place it is another marker.
    assert_eq!(key.scan(&NONCE, [&[0; 16][..], &marker]), None);
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?} {:?}", *KEY, ViewKey([3; 32])), "PeriodKey(..) ViewKey(..)");
}

proptest! {
    #[test]
    fn a_view_key_finds_its_subject_in_its_month_and_nobody_else_does(
        ids in proptest::collection::btree_set("[0-9]{1,6}", 1..12),
        other in "[a-z]{1,6}",
        seed: u64,
    ) {
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let markers = placed(&KEY, &ids, seed);
        let places: BTreeSet<_> =
            ids.iter().map(|id| found(&KEY.view_key("person", id), &markers)).collect();
        prop_assert_eq!(places.len(), ids.len());
        prop_assert!(!places.contains(&None));
        prop_assert_eq!(found(&KEY.view_key("person", &other), &markers), None);
        let next_month = PeriodKey::from([8; KEY_BYTES]);
        prop_assert_eq!(found(&next_month.view_key("person", ids[0]), &markers), None);
    }
}
