//! Help, and errors on the command line.

use super::harness::Place;

/// Commands that every ledger has; [`all_commands`] has all that this programme has.
const COMMANDS: [&str; 28] = [
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
    "report make",
    "report publish",
    "report list",
    "report recompute",
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

/// Every command and subcommand, as `--help` lists them.
fn all_commands(place: &Place) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), vec![String::new()]);
    while let Some(command) = next.pop() {
        let help = place.run(format!("{command} --help").trim()).ended(0).out;
        let list =
            help.split("\nCommands:\n").nth(1).map(|list| list.split("\n\n").next().unwrap().to_owned());
        let names = list.iter().flat_map(|list| list.lines()).filter(|line| !line.starts_with("   "));
        next.extend(names.map(|line| format!("{command} {}", line.trim().split(' ').next().unwrap())));
        found.push(command.trim().to_owned());
    }
    found
}

#[test]
fn help_reads_well_on_terminals_of_any_width() {
    let place = Place::new();
    let commands = all_commands(&place);
    assert!(COMMANDS.iter().all(|command| commands.iter().any(|found| found == command)), "{commands:?}");
    for (columns, flag) in [("80", "--help"), ("80", "-h"), ("100", "--help"), ("97", "--help")] {
        for command in &commands {
            let line: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).chain([flag]).collect();
            let help = place.run_with(&line, &[("COLUMNS", columns)], "").ended(0).out;
            let width = columns.parse::<usize>().unwrap();
            help.lines()
                .for_each(|line| assert!(line.chars().count() <= width, "{command} {columns}: {line}"));
            // What stands behind the options is written by hand: no word of it is left alone, and paragraphs flow.
            let behind = help.split_once("\nExample").map(|(_, behind)| behind).unwrap_or_default();
            let lines: Vec<&str> = behind.lines().collect();
            for [before, line] in lines.windows(2).map(|pair| [pair[0], pair[1]]) {
                let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
                if !is_prose(before) || !is_prose(line) {
                    continue;
                }
                assert!(line.contains([' ', '\u{a0}']), "{command} {columns}: {line:?} is alone");
                // A line ends where the next word does not fit any more; the last two words hold together.
                let next: usize = line.split(' ').next().unwrap().chars().count();
                let length = before.chars().count();
                assert!(length + 1 + next > width, "{command} {columns}: {before:?} ends early");
            }
        }
    }
}

#[test]
fn report_says_what_can_be_done_with_reports() {
    let place = Place::new();
    let help = place.run_with(&["report", "--help"], &[("COLUMNS", "80")], "").ended(0).out;
    let (told, _) = help.split_once("\nOptions:").unwrap();
    assert_eq!(told, REPORT);
    let help = place.run_with(&["report", "recompute", "--help"], &[("COLUMNS", "80")], "").ended(0).out;
    let (_, behind) = help.split_once("\nExamples:\n").unwrap();
    assert_eq!(behind.replace('\u{a0}', " "), RECOMPUTE);
    // It is about no charter.
    help.split_once("--lang <LANGUAGE>").unwrap();
    assert!(!help.contains("charter"), "{help}");
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

const REPORT: &str = "\
Make, publish, list and recompute transparency reports

Usage: einsicht report [OPTIONS] <COMMAND>

Commands:
  make       Verify a ledger, and make the report of a period from it
  publish    Name a report in the ledger, for good (for stewards)
  list       List the reports that the ledger names
  recompute  Verify a ledger, make a report from it again, compare every byte
";

const RECOMPUTE: &str = r"  einsicht report recompute ./report-2026-11 https://ledger.example \
      --vkey ledger.vkey
  einsicht report recompute ./report-2026-11 ./copy-of-the-data-folder \
      --vkey ledger.vkey --lang de
  einsicht report recompute ./report-2026-11 ./copy --vkey ledger.vkey --json \
      | jq .difference

For everybody who doubts a report. The whole ledger is read and verified; from
its entries up to the size that the report states, and from the files in the
report's folder that are not in the ledger (what the city says of its systems,
and its answers), every file of the report is made again and compared, byte for
byte. The first figure that differs is named. Also told is whether the ledger
names this very report, and whether another one corrects it.

Before that every file is held against the manifest: one that is missing,
another one, or not named was changed after the report was made. Whether the
ledger names the manifest is told then, too: was this published as it lies here,
or is it a copy that somebody altered?

The key must come from somewhere else than from the report.

Ends with 0 if every byte is what the ledger gives; 1 if the report is not what
it gives, or verification failed; 2 if nobody can tell. A report that another
version made may be laid out otherwise: then 2, unless a figure is another one,
or a file was changed, which no version does: then 1. With --json the outcome is
'the same', 'differs', 'failed' (the ledger, or the checkpoint in the report) or
'could not tell'; 'published' is the entry that names this manifest, null if
none does, and left out where the ledger was not verified.
";
