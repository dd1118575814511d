//! Words that are no value: days, numbers and answers as people write them.

use super::{QUOTES, is_value};
use crate::charter::problem::Slip;

/// What a word that is no value was meant to be.
pub(super) fn misread(word: &str) -> Slip {
    let first = word.split_whitespace().next().unwrap_or_default();
    if word.contains(QUOTES) {
        return Slip::Quotes;
    }
    if is_day_of_people(word) {
        return Slip::Day;
    }
    let is_number = |text: &str| {
        text.bytes().any(|byte| byte.is_ascii_digit())
            && text
                .chars()
                .all(|letter| letter.is_ascii_digit() || ".,'\u{2009}\u{202f} \u{a0}-–".contains(letter))
    };
    if is_number(word) {
        return Slip::Number;
    }
    if first != word && is_value(first) {
        return Slip::Rest;
    }
    let is_yes_or_no = ["ja", "nein", "wahr", "falsch", "yes", "no", "true", "false"];
    if is_yes_or_no.iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return Slip::YesOrNo;
    }
    match word.chars().next() {
        Some(letter) if letter.is_alphanumeric() => {
            Slip::NoQuotes { word: word.trim_matches(['"', '\'']).to_owned() }
        }
        _ => Slip::NoValueAtAll,
    }
}

/// As in `15.01.2026`, `15. Januar 2026`, `2026–01–15` and `2026-02-30`.
fn is_day_of_people(word: &str) -> bool {
    let numbers = |separator: &[char]| {
        let parts: Vec<&str> = word.split(separator).collect();
        let is_number =
            |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3 && parts.iter().all(is_number)
    };
    let mut words = word.split_whitespace();
    let day = words.next().and_then(|day| day.strip_suffix('.'));
    let is_ordinal = day.is_some_and(|day| day.len() <= 2 && day.bytes().all(|byte| byte.is_ascii_digit()));
    let is_written_out = is_ordinal && words.clone().count() == 2;
    let is_short = word.split('.').next().is_some_and(|day| day.len() <= 2) && numbers(&['.']);
    is_written_out || (is_short && !has_groups_of_three(word)) || numbers(&['-', '–', '—', '/'])
}

/// As in `1.000.000`, which is no day.
fn has_groups_of_three(word: &str) -> bool {
    word.split('.').skip(1).all(|part| part.len() == 3)
}
