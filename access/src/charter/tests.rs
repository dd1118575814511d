//! What is a charter, and what is said about a text that is none.

mod reference;
mod rules;

use super::*;

/// A charter that says little and is right.
const SMALL: &str = r#"[charter]
title = "Charta"

[[purpose]]
id = "statistik"
title = "Statistik"

[[dataset]]
id = "besuchertrend"
title = "Besuchertrend"
personal = "indirect"
purposes = ["statistik"]

[[commitment]]
id = "C-1"
title = "Nichts wird verkauft"
source = "Gemeinderat"
evidence = "council decision"
severity = "breach"
must_not = { consideration = true }
"#;

/// The problems of a text, one a line, without the lines of the text.
fn problems(text: &str) -> Vec<String> {
    match Charter::check("c.toml", text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let told = |one: &Problem| format!("{}:{}: {}", one.line, one.column, one.reason);
            error.problems.iter().map(told).collect()
        }
    }
}

/// What is wrong with the small charter after a change.
#[track_caller]
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(SMALL.contains(from), "{from}");
    problems(&SMALL.replace(from, to))
}

/// What is wrong with another rule in it.
fn rule(text: &str) -> Vec<String> {
    changed("must_not = { consideration = true }", text)
}

#[test]
fn what_is_right_is_taken() {
    let charter = Charter::parse("c.toml", SMALL.as_bytes()).unwrap();
    assert_eq!(charter.titles().german, "Charta");
    assert_eq!(charter.datasets().len(), 1);
    assert!(charter.dataset(b"besuchertrend").is_some_and(|dataset| dataset.personal == Personal::Indirect));
    assert_eq!(charter.titles_of(Register::Purpose, "statistik").unwrap().german, "Statistik");
    assert!(!charter.wording_checked() && charter.adopted_day().is_none());
}

#[test]
fn an_error_shows_place_line_and_what_is_meant() {
    let error = Charter::parse("ulm.toml", SMALL.replace("purposes", "purpose").as_bytes()).unwrap_err();
    let expected = "the charter can't be used, it has 2 problems
ulm.toml:8:1: dataset 'besuchertrend' needs 'purposes': the purposes that it serves, as in purposes = [\"statistik\"]
  |
8 | [[dataset]]
  | ^^^^^^^^^^^
ulm.toml:12:1: dataset 'besuchertrend' has no key 'purpose'; did you mean 'purposes'?
   |
12 | purpose = [\"statistik\"]
   | ^^^^^^^";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let marked = |text: &str| problems(&format!("\u{feff}{text}"));
    assert_eq!(marked(SMALL), Vec::<String>::new());
    assert_eq!(marked("[charter\n"), problems("[charter\n"));
}

#[test]
fn a_file_that_is_too_long_no_text_or_no_toml_is_refused() {
    let long = vec![b'#'; CHARTER_BYTES_MAX + 1];
    let error = Charter::parse("c.toml", &long).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "c.toml:1:1: a charter has at most 4194304 bytes, this file has 4194305; is it the right one?"
        ),
        "{error}"
    );
    let error = Charter::parse("c.toml", b"[charter]\ntitle = \"\xff\"").unwrap_err();
    assert_eq!((error.problems[0].line, error.problems[0].column), (2, 10));
    assert_eq!(error.problems[0].reason, Reason::NotUtf8 { offset: 19 });
    assert!(problems("[charter\n")[0].starts_with("1:1: this line must read [charter]"));
    assert!(
        changed("title = \"Charta\"", "title = \"Charta\"\ntitle = \"x\"")[0]
            .starts_with("3:1: 'title' is on line 2 of this entry already")
    );
}

#[test]
fn what_is_missing_empty_or_there_twice_is_told() {
    assert_eq!(
        problems(""),
        [
            "1:1: a charter needs 'charter': a table [charter] with the title of the whole",
            "1:1: a charter needs 'commitment': at least one table [[commitment]], for without a promise there is nothing to judge by",
        ]
    );
    let none = problems("commitment = []\ncharter = { title = \"Leer\" }");
    assert_eq!(
        none,
        ["1:14: 'commitment': expected at least one table (an empty list says nothing), found none"]
    );
    assert_eq!(
        changed("purposes = [\"statistik\"]\n", ""),
        [
            "8:1: dataset 'besuchertrend' needs 'purposes': the purposes that it serves, as in purposes = [\"statistik\"]"
        ]
    );
    assert_eq!(
        changed("[\"statistik\"]", "[]"),
        ["12:12: 'purposes': expected 1 to 1000 items (an empty list says nothing), found an empty list"]
    );
    assert_eq!(
        changed("[\"statistik\"]", "[\"statistik\", \"statistik\"]"),
        ["12:26: \"statistik\" is there twice, first on line 12; remove one"]
    );
    let twice = "[[purpose]]\nid = \"statistik\"\ntitle = \"Noch einmal\"\n\n[[dataset]]";
    assert_eq!(
        changed("[[dataset]]", twice),
        [
            "9:6: purpose \"statistik\" is there twice, first on line 5; two things need two ids, and one thing one table"
        ]
    );
    assert_eq!(changed("id = \"besuchertrend\"", "id = \"Besucher trend\"").len(), 1);
}

#[test]
fn codes_must_be_declared_and_a_slip_is_understood() {
    assert_eq!(
        changed("[\"statistik\"]", "[\"statisitk\"]"),
        [
            "12:13: \"statisitk\" is not declared; did you mean 'statistik'? Otherwise a [[purpose]] with this id declares it"
        ]
    );
    assert_eq!(
        rule("must = { purpose = \"werbung\" }"),
        ["20:20: \"werbung\" is not declared; a [[purpose]] with this id declares it"]
    );
    assert_eq!(
        changed("\"indirect\"", "\"indirekt\""),
        [
            "11:12: 'personal': expected one of \"none\", \"indirect\", \"direct\", found \"indirekt\"; did you mean 'indirect'?"
        ]
    );
    assert_eq!(changed("\"council decision\"", "\"hearsay\"").len(), 1);
}

#[test]
fn impossible_days_and_numbers_are_refused() {
    assert!(
        changed("title = \"Charta\"", "title = \"Charta\"\nadopted = 2026-02-30")[0]
            .starts_with("3:11: a day is written year-month-day")
    );
    assert_eq!(
        changed("title = \"Charta\"", "title = \"Charta\"\nadopted = \"2026-02-03\""),
        [
            "3:11: 'adopted': expected a day of the calendar without quotes, as in 2026-11-22, found \"2026-02-03\""
        ]
    );
    assert_eq!(changed("title = \"Charta\"", "title = \"Charta\"\nadopted = 0000-01-01").len(), 1);
    for number in ["-1", "1.5", "9007199254740993", "\"10\""] {
        let text = format!("purposes = [\"statistik\"]\nrecord_ceiling = {number}");
        let told = changed("purposes = [\"statistik\"]", &text);
        assert!(
            told[0].starts_with("13:18: 'record_ceiling': expected a whole number, without quotes"),
            "{told:?}"
        );
    }
    assert_eq!(changed("title = \"Charta\"", "title = \"Charta\"\ntime_zone = \"Mitteleuropa!\"").len(), 1);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file_and_a_flood_is_counted() {
    let text = SMALL
        .replace("\"indirect\"", "7")
        .replace("title = \"Charta\"", "titel = \"Charta\"")
        .replace("true", "1");
    let lines: Vec<_> =
        problems(&text).iter().map(|told| told.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["1", "2", "11", "20"]);
    let flood: String = (0..1000).map(|number| format!("key{number} = 1\n")).collect();
    let error = Charter::parse("c.toml", format!("{flood}{SMALL}").as_bytes()).unwrap_err();
    assert_eq!((error.problems.len(), error.more), (100, 900));
    assert_eq!(error.problems[99].line, 100);
    assert!(error.to_string().ends_with("c.toml: and 900 more"));
}

#[test]
fn a_long_line_is_shown_in_part_and_nothing_of_it_reaches_a_terminal() {
    let long = format!("title = \"{}\" # \u{1b}", "ä".repeat(3000));
    let error = Charter::parse("c.toml", SMALL.replace("title = \"Charta\"", &long).as_bytes()).unwrap_err();
    let told = error.to_string();
    assert!(told.len() < 2000 && !told.contains('\u{1b}'), "{told}");
}
