//! Test vectors of what a charter is written in (`docs/charter.md`), in `testdata/charter-text.json`: texts that every
//! reader takes, and texts that none does. `EINSICHT_WRITE_TESTDATA=1` writes the file.

use einsicht_access::charter::Charter;
use serde::Serialize;

use super::is_committed;

/// A charter that is right. Each text is this one with one part changed.
const TEXT: &str = r#"[charter]
title = "Charta"
adopted = 2020-10-08

[[dataset]]
id = "zaehlung"
title = "Zählung"
personal = "direct"
purposes = ["statistik"]
keep_days = 30

[[purpose]]
id = "statistik"
title = "Statistik"

[[commitment]]
id = "C-1"
title = "Nichts wird verkauft"
source = "Gemeinderat"
evidence = "council decision"
severity = "breach"
must_not = { consideration = true }
"#;

/// What is changed, and into what.
type Change = (&'static str, &'static str, &'static str);

const VALID: [Change; 13] = [
    ("as it is", "", ""),
    ("lines that end as on Windows", "\n", "\r\n"),
    ("a byte order mark at the beginning", "[charter]", "\u{feff}[charter]"),
    (
        "a list over several lines between braces",
        "{ consideration = true }",
        "{ purpose = { in = [ # die erste\n  \"statistik\",\n] } }",
    ),
    ("a comma at the end of a list", "[\"statistik\"]", "[\"statistik\",]"),
    (
        "braces with spaces and without",
        "{ consideration = true }",
        "{consideration=true,personal   = true\t}",
    ),
    ("escapes of four and of eight digits", "\"Charta\"", r#""\u0043hart\U00000061 \"1\"""#),
    ("escapes that are none between apostrophes", "\"Charta\"", r"'Charta \e \x41'"),
    ("a backslash before e and x", "\"Charta\"", r#""Charta \\e \\x41""#),
    ("a text of several lines that is one", "\"Charta\"", "\"\"\"\nCha\\\n   rta\"\"\""),
    (
        "a table of its own",
        "must_not = { consideration = true }",
        "[commitment.must_not]\nconsideration = true",
    ),
    ("a dotted key", "must_not = { consideration = true }", "must_not.consideration = true"),
    ("numbers that are grouped or hexadecimal", "keep_days = 30", "keep_days = 3_0\nrecord_ceiling = 0xff"),
];

const INVALID: [Change; 22] = [
    ("a line break between braces", "{ consideration = true }", "{\n  consideration = true\n}"),
    (
        "a line break after a comma between braces",
        "{ consideration = true }",
        "{ consideration = true,\n personal = true }",
    ),
    ("a comment between braces", "{ consideration = true }", "{ consideration = true # ja\n}"),
    ("a comma before the closing brace", "{ consideration = true }", "{ consideration = true, }"),
    ("the escape \\e", "\"Charta\"", r#""Charta \e""#),
    ("an escape of two digits", "\"Charta\"", r#""\x43harta""#),
    ("an escape of two digits in a key", "title = \"Charta\"", r#""\x74itle" = "Charta""#),
    ("an escape of two digits in a text of several lines", "\"Charta\"", r#""""\x43harta""""#),
    ("a time without seconds", "2020-10-08", "2020-10-08T10:00"),
    ("a second byte order mark", "[charter]", "\u{feff}\u{feff}[charter]"),
    ("a byte order mark that is not at the beginning", "title = \"Charta\"", "\u{feff}title = \"Charta\""),
    (
        "a key with letters of other scripts and no quotes",
        "title = \"Charta\"",
        "title = \"Charta\"\nänderung = 1",
    ),
    ("a key twice", "title = \"Charta\"", "title = \"Charta\"\ntitle = \"Charta\""),
    ("a table twice", "[[dataset]]", "[charter]\n[[dataset]]"),
    ("a table that is a list already", "[[dataset]]", "[purpose]\n[[dataset]]"),
    (
        "braces that are added to",
        "must_not = { consideration = true }",
        "must_not = { consideration = true }\nmust_not.personal = true",
    ),
    ("a line that ends in a bare carriage return", "title = \"Charta\"\n", "title = \"Charta\"\r"),
    ("a control character in a comment", "title = \"Charta\"", "title = \"Charta\" # \u{7f}"),
    ("a line break in a text of one line", "\"Charta\"", "\"Cha\nrta\""),
    ("half of a pair of code points", "\"Charta\"", r#""\ud83d""#),
    ("a number with a zero before it", "keep_days = 30", "keep_days = 030"),
    ("a day that no calendar has", "2020-10-08", "2020-02-30"),
];

#[derive(Serialize)]
struct File {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    text: String,
    reason: String,
}

fn changed((name, from, to): Change) -> String {
    assert!(TEXT.contains(from), "{name}");
    if from.is_empty() { TEXT.to_owned() } else { TEXT.replace(from, to) }
}

fn valid(change: Change) -> Valid {
    let text = changed(change);
    let name = change.0;
    Charter::parse(name, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    Valid { name, text }
}

fn invalid(change: Change) -> Invalid {
    let text = changed(change);
    let name = change.0;
    assert!(Charter::parse(name, text.as_bytes()).is_err(), "{name} is taken");
    Invalid { name, text, reason: format!("it has {name}") }
}

#[test]
fn the_committed_texts_are_taken_and_refused_as_they_say() {
    let file = File {
        valid: VALID.into_iter().map(valid).collect(),
        invalid: INVALID.into_iter().map(invalid).collect(),
    };
    is_committed("charter-text.json", &file);
}
