//! Help, and errors on the command line.

use super::harness::Place;

const COMMANDS: [&str; 24] = [
    "record",
    "import",
    "verify",
    "show",
    "list",
    "receipt",
    "receipt verify",
    "checkpoint",
    "charter check",
    "charter show",
    "charter diff",
    "charter explain",
    "charter publish",
    "charter watch",
    "citizen key",
    "citizen scan",
    "citizen report",
    "disclose",
    "disclosure verify",
    "requests",
    "erase",
    "retain",
    "correct",
    "open",
];

#[test]
fn every_command_has_help_with_an_example_and_the_common_options() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.run(&format!("{command} --help")).ended(0);
        assert!(help.err.is_empty(), "{help:?}");
        help.says(&["Usage: einsicht", "Example", "--vkey <FILE>", "EINSICHT_URL", "--quiet"]);
    }
    place
        .run("--help")
        .ended(0)
        .says(&COMMANDS.iter().map(|name| name.split(' ').next().unwrap()).collect::<Vec<_>>());
    place.run("--version").ended(0).says(&["einsicht 0."]);
}

#[test]
fn record_has_a_flag_for_every_field() {
    let help = Place::new().run("record --help").ended(0).out;
    for field in &einsicht_access::field::FIELDS {
        let flag = format!("--{}", field.name.replace('_', "-"));
        assert!(help.split([' ', '\n', '[', ']', ',']).any(|word| word == flag), "{flag}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_wrong() {
    let place = Place::new();
    place.run("verfy").ended(2).complains(&["verify"]);
    place.run("show x").ended(2).complains(&["<INDEX>"]);
    place.run("list --since gestern").ended(2).complains(&["give a day as 2026-11-22"]);
    place.run("list --json --csv").ended(2).complains(&["cannot be used with"]);
    place.run("receipt 5").ended(2).complains(&["--out", "einsicht receipt verify"]);
    place.run("import --format csv log.csv").ended(2).complains(&["--map"]);
    let nothing = place.run_with(&[], &[], "").ended(2);
    assert!(nothing.err.contains("Usage: einsicht") && nothing.out.is_empty());
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    let environment = [
        ("EINSICHT_VKEY", ""),
        ("EINSICHT_URL", ""),
        ("EINSICHT_TOKEN_FILE", ""),
        ("EINSICHT_STATE_DIR", ""),
        ("EINSICHT_UNIT", ""),
        ("EINSICHT_ACTOR_KIND", ""),
    ];
    let place = Place::new();
    place.run_with(&["verify"], &environment, "").ended(2).complains(&["no verifier key given"]);
    let record = ["record", "--dataset", "d", "--operation", "query", "--purpose", "p"];
    place.run_with(&record, &environment, "").ended(2).complains(&["no token given"]);
}

#[test]
fn manual_pages_and_completions_are_of_this_program() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    place.run_with(&["man", pages.to_str().unwrap()], &[], "").ended(0);
    for page in ["einsicht.1", "einsicht-verify.1", "einsicht-receipt-verify.1"] {
        let page = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(page.contains(".SH NAME") && page.contains("einsicht"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        place.run(&format!("completions {shell}")).ended(0).says(&["einsicht", "token-file"]);
    }
    place.run("completions tcsh").ended(2).complains(&["tcsh", "possible values"]);
}

#[test]
fn who_erases_says_what() {
    let place = Place::new();
    place.run("erase 17 --ground g").ended(2).complains(&["--fields", "--all"]);
    place.run("erase 17 --ground g --all --fields actor").ended(2).complains(&["cannot be used with"]);
}

#[test]
fn standard_input_is_one_text() {
    let place = Place::new();
    let line = ["correct", "1", "--correction-file", "-", "--ground-file", "-"];
    place.run_with(&line, &[], "text").ended(2).complains(&["'-' is given twice"]);
}
