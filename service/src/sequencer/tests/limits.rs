//! Entries of the largest size: recorded, read again, replayed; and nothing larger.

use einsicht_tlog::leaf::{BODY_BYTES_MAX, LEAF_BYTES_MAX};
use einsicht_tlog::{Index, Size};

use super::harness::{Desk, accesses, origin};
use crate::sequencer::{Refused, Work};
use crate::storage::check;

fn own(bytes: usize) -> Work {
    Work::Own { body: vec![7; bytes], sealed: None }
}

#[test]
fn a_leaf_of_65535_bytes_is_recorded_and_read_again_and_a_larger_one_changes_nothing() {
    let mut desk = Desk::new();
    let recorded = desk.submit(own(BODY_BYTES_MAX)).unwrap();
    assert_eq!(LEAF_BYTES_MAX, 65_535);
    assert_eq!(desk.reader.leaf(recorded.entries[0].index).unwrap().len(), LEAF_BYTES_MAX);

    let refused = desk.submit(own(BODY_BYTES_MAX + 1));
    assert!(matches!(refused, Err(Refused::Placing(_))), "{refused:?}");
    assert_eq!(desk.size(), 2);
    let next = desk.submit(accesses(1, &[(0, 10)])).unwrap();
    assert_eq!(next.entries[0].index, Index(2));

    let checked = check(&desk.folder, origin().hash(), None, &mut |_, _| {}).unwrap();
    assert_eq!((checked.head.size, checked.tail), (Size(3), None));
}

#[test]
fn one_commit_can_hold_many_of_the_largest_leaves() {
    let mut desk = Desk::new();
    let answers = desk.together((0..300).map(|_| own(BODY_BYTES_MAX)).collect());
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(desk.size(), 301);
    let checked = check(&desk.folder, origin().hash(), None, &mut |_, _| {}).unwrap();
    assert_eq!((checked.head.size, checked.frames), (Size(301), 2));
}
