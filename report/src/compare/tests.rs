//! What is shown of long texts that differ.

use super::{SHOWN_MAX, shown_pair};

fn pair(one: &str, other: &str) -> (String, String) {
    let (one, other) = shown_pair(Some(one), Some(other));
    (one.unwrap(), other.unwrap())
}

#[test]
fn of_long_texts_what_stands_around_the_first_difference_is_shown() {
    let (before, after) = ("ä".repeat(400), "z".repeat(400));
    let (one, other) = pair(&format!("{before}55{after}"), &format!("{before}54{after}"));
    assert!(one.starts_with("…ää") && one.contains("ä55zz") && one.ends_with("zz…"), "{one}");
    assert!(other.contains("ä54zz"), "{other}");
    assert!(one.chars().count() <= SHOWN_MAX + 2);
    // One that ends where the other goes on.
    let (one, other) = pair(&before, &format!("{before}x"));
    assert!(one.starts_with('…') && one.ends_with('ä') && other.ends_with("äx"));
}

#[test]
fn short_texts_are_shown_whole_unless_space_is_all_that_differs() {
    assert_eq!(pair(" 55 ", "54"), ("55".to_owned(), "54".to_owned()));
    assert_eq!(pair("a ", "a"), ("a ".to_owned(), "a".to_owned()));
    assert_eq!(pair("a\u{1b}b", "c").0, "a\u{fffd}b");
}
