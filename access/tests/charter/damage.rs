//! Charters that somebody damaged: each is taken whole or refused with a reason, and nothing panics.

use einsicht_access::charter::Charter;
use einsicht_access::facts::LoggedAccess;
use proptest::prelude::*;

use crate::text;

fn check(bytes: &[u8]) {
    match Charter::check("c.toml", bytes) {
        Ok(charter) => {
            let facts = LoggedAccess::of_record(&[]).unwrap().facts;
            let judgement = charter.judge(&facts);
            assert!(judgement.deviates.ids(&charter).count() <= charter.commitments().len());
            assert!(charter.diff(&charter).is_empty());
        }
        Err(refused) => {
            assert!(!refused.problems.is_empty());
            assert!(refused.problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
            let told = refused.to_string();
            assert!(!told.chars().any(|character| character.is_control() && character != '\n'), "{told:?}");
        }
    }
}

/// As large as it can be, and wrong all over: nobody waits long for the answer.
#[test]
fn a_flood_of_mistakes_is_told_in_time() {
    let one = "[[purpose]]\nid = \"a\"\ntitle = \"A\"\n";
    let flood = one.repeat(4 * 1024 * 1024 / one.len());
    let begun = std::time::Instant::now();
    let refused = Charter::parse("c.toml", flood.as_bytes()).unwrap_err();
    assert_eq!(refused.problems.len(), 100);
    assert!(refused.more > 100_000, "{}", refused.more);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// The same of texts that are no TOML, whatever their shape: on one line or on many, flat or nested.
#[test]
fn a_flood_that_is_no_toml_is_told_in_time() {
    let most = 256 * 1024;
    let begun = std::time::Instant::now();
    for (start, one) in [
        ("x = ", "["),
        ("x = ", "{a="),
        ("x = [", "1 2, "),
        ("x = [", "\"a\" "),
        ("x = [\n", "a\n"),
        ("x = {", "a = 1 "),
        ("x = {", "a = 1, "),
        ("x = \"", "#\\q"),
        ("?", "#"),
        ("", "a = \n"),
        ("?\n", "a = 1\n"),
        ("", "[purpose]\n"),
        ("", "Notiz\n"),
        ("", "\u{a0}"),
        ("x = [", "„a“, "),
    ] {
        let flood = format!("{start}{}", one.repeat((most - start.len()) / one.len()));
        let refused = Charter::parse("c.toml", flood.as_bytes()).unwrap_err();
        assert!((1..=101).contains(&refused.problems.len()), "{one}: {}", refused.problems.len());
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn a_damaged_charter_is_taken_or_refused(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = text("charters/template.toml").into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(&bytes);
    }

    /// What is wrong in meaning rather than in form: lines that were lost, doubled, or swapped.
    #[test]
    fn a_charter_whose_lines_were_shuffled_is_taken_or_refused(
        moves in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..3), 1..8),
    ) {
        let template = text("charters/template.toml");
        let mut lines: Vec<&str> = template.lines().collect();
        for (from, to, what) in moves {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            match what {
                0 => lines.swap(from, to),
                1 => lines.insert(to, lines[from]),
                _ => drop(lines.remove(from)),
            }
        }
        check(lines.join("\n").as_bytes());
    }
}
