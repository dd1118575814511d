//! Everything that can be wrong with a charter, as it is told in German and in English. After a change that is meant:
//! `UPDATE_SNAPSHOTS=1 cargo test -p einsicht-access --test charter`, and read what changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use einsicht_access::charter::{Charter, CharterError, Problem, Reason};
use einsicht_access::sentence::Language;

use crate::text;

/// What is changed in the template, and into what: at the last place where it stands, for notes come before.
const CHANGES: [(&str, &str); 66] = [
    ("[[purpose]]", "[purpose]"),
    ("[[purpose]]", "[[purpose]"),
    ("[[purpose]]", "[Zweck"),
    ("time_zone =", "[charter]\ntime_zone ="),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst\", \"statistik\""),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst\" \"statistik\"]"),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst\"; \"statistik\"]"),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst\", \"statistik\"]]"),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst, statistik\"]"),
    ("\"winterdienst\", \"statistik\"]", "\"Verwaltung der Friedhöfe\"]"),
    ("\"winterdienst\", \"statistik\"]", "\"winterdienst\", \"winterdienst\"]"),
    ("\"winterdienst\", \"statistik\"]", "]"),
    ("[\"winterdienst\", \"statistik\"]", "\"winterdienst\""),
    ("\"winterdienst\", \"statistik\"]", "\"winterdinst\"]"),
    ("\"winterdienst\", \"statistik\"]", "\"strassenbau\"]"),
    ("{ personal = true }", "{ personal = true"),
    ("{ personal = true }", "{ personal }"),
    ("{ personal = true }", "{ personal = true, }"),
    ("{ personal = true }", "{\npersonal = true }"),
    ("{ personal = true }", "{ personal = true # ja\n }"),
    ("{ personal = true }", "{ personal = { in = [true] } }"),
    ("{ personal = true }", "{ role = { in_dataset = \"roles\" } }"),
    ("{ personal = true }", "{ farbe = \"rot\" }"),
    ("{ personal = true }", "{ personal = false, record_count = { at_most = 1, in = [2] } }"),
    ("{ personal = true }", "{ role = { listed_in_dataset = \"roles\" } }"),
    ("{ personal = true }", "{ collected_on = { not_older_than_days = 40000 } }"),
    ("{ personal = true }", "{ unit = { present = false } }"),
    ("{ personal = true }", "{}"),
    ("{ personal = true }", "true"),
    ("\"Winterdienst\"", "\"Winterdienst"),
    ("\"Winterdienst\"", "„Winterdienst“"),
    ("\"Winterdienst\"", "\"Der \"große\" Winterdienst\""),
    ("\"Winterdienst\"", "\"C:\\Daten\""),
    ("\"Winterdienst\"", "Winterdienst"),
    ("\"Winterdienst\"", ""),
    ("\"Winterdienst\"", "\"\""),
    ("\"Winterdienst\"", "7"),
    ("\"Winterdienst\"", "\"Winter\\tdienst\""),
    ("\"Winterdienst\"", "\"Winterdienst\"\ntitle_en = \"\""),
    ("\"Winterdienst\"", "\"\\x41\""),
    ("\"Winterdienst\"", "?"),
    ("\"Winterdienst\"", "\"Winterdienst\" wie beschlossen"),
    ("\"Winterdienst\"", "\"Winterdienst\"\u{a0}"),
    ("title = \"Winterdienst\"", "title = \"a\" title_en = \"b\""),
    ("title = \"Winterdienst\"", "title: \"Winterdienst\""),
    ("title = \"Winterdienst\"", "größe = \"Winterdienst\""),
    ("title = \"Winterdienst\"", "Winterdienst"),
    ("title = \"Winterdienst\"", "title = \"a\"\ntitle = \"b\""),
    ("title = \"Winterdienst\"", "titel = \"Winterdienst\""),
    ("title = \"Winterdienst\"", "title.x = 1\ntitle = 1"),
    ("2026-01-15 ", "15. Januar 2026 "),
    ("2026-01-15 ", "\"15.01.2026\" "),
    ("= 50 ", "= 1.000.000 "),
    ("= 50 ", "= 1.000 "),
    ("= false ", "= nein "),
    ("\"Europe/Berlin\"", "\"Mitteleuropa!\""),
    ("\"statute\"", "\"Gesetz\""),
    ("id = \"V-2\"", "id = \"V-1\""),
    ("severity = \"notice\"\n", ""),
    ("must_not = { consideration = true }", "question = \"Wozu?\""),
    (
        "must_not = { consideration = true }",
        "must_not = { consideration = true }\nmust = { personal = true }",
    ),
    ("must_not = { consideration = true }", ""),
    ("must_not = { consideration = true }", "must = { personal = true }"),
    (
        "must_not = { consideration = true }",
        "must = { outcome = { in = [\"granted\", \"denied\", \"failed\"] } }",
    ),
    ("personal = \"none\"\npurposes", "personal = \"none\"\nretention_class = \"1 Jahr\"\npurposes"),
    ("record_ceiling = 50 ", "keep_days = 50 "),
];

/// Each kind of thing that can be wrong: a new one has to be among the changes, too.
fn kind(reason: &Reason) -> String {
    let kind = match reason {
        Reason::Syntax(slip) => return format!("Syntax({})", first_word(&format!("{slip:?}"))),
        Reason::TooLong { .. }
        | Reason::NotUtf8 { .. }
        | Reason::NoPlainText(_)
        | Reason::LaterToml { .. }
        | Reason::UnknownKey { .. }
        | Reason::Missing { .. }
        | Reason::Unexpected { .. }
        | Reason::BadText { .. }
        | Reason::Undeclared { .. }
        | Reason::NotATitle { .. }
        | Reason::Twice { .. }
        | Reason::UnknownField { .. }
        | Reason::Misfit { .. }
        | Reason::NotOneDemand { .. }
        | Reason::OfRulesOnly { .. }
        | Reason::TooManyCommitments
        | Reason::Pointless { .. } => format!("{reason:?}"),
    };
    first_word(&kind)
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

fn wrong(bytes: &[u8]) -> CharterError {
    Charter::check("charta.toml", bytes).unwrap_err()
}

/// Every charter that is wrong.
fn errors() -> Vec<(String, CharterError)> {
    let template = text("charters/template.toml");
    let mut errors = Vec::new();
    for (right, wrong_text) in CHANGES {
        let place = template.rfind(right).unwrap_or_else(|| panic!("{right}"));
        let changed = format!("{}{wrong_text}{}", &template[..place], &template[place + right.len()..]);
        let Err(error) = Charter::check("charta.toml", changed.as_bytes()) else {
            panic!("{wrong_text} is taken")
        };
        errors.push((format!("{right} → {wrong_text}"), error));
    }
    let question = "[[commitment]]\nid = \"N\"\ntitle = \"F\"\nsource = \"S\"\nevidence = \"report\"\nquestion = \"?\"\n";
    let many: String = (0..60).map(|number| question.replace("\"N\"", &format!("\"N{number}\""))).collect();
    errors.push(("60 commitments more".to_owned(), wrong(format!("{template}\n{many}").as_bytes())));
    errors.push(("nothing at all".to_owned(), wrong(b"")));
    errors.push(("too long".to_owned(), wrong(&vec![b'#'; 4 * 1024 * 1024 + 1])));
    errors.push(("not UTF-8".to_owned(), wrong(b"[charter]\ntitle = \"B\xfccher\"\n")));
    errors.push(("UTF-16".to_owned(), wrong(b"\xff\xfe[\0c\0")));
    errors.push(("a document".to_owned(), wrong(b"PK\x03\x04")));
    errors.push(("old line ends".to_owned(), wrong(b"[charter]\rtitle = \"A\"\r")));
    errors
}

fn check(language: Language, ending: &str) {
    let mut told = String::new();
    for (change, error) in errors() {
        writeln!(told, "{}", change.replace('\n', " ↵ ")).unwrap();
        for Problem { reason, .. } in &error.problems {
            writeln!(told, "    {}", reason.sentence(language)).unwrap();
        }
    }
    let path = format!("{}/tests/charter/snapshots/problems.{ending}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (known, told)) in known.lines().zip(told.lines()).enumerate() {
        assert_eq!(told, known, "{path}:{}", line + 1);
    }
    assert_eq!(told.len(), known.len(), "{path}");
}

#[test]
fn everything_that_is_wrong_is_told_in_the_words_that_were_read_and_approved() {
    check(Language::German, "de");
    check(Language::English, "en");
}

/// Each slip is there, each in words of its own in both languages.
#[test]
fn whatever_can_be_wrong_is_told_in_both_languages() {
    let mut kinds = BTreeSet::new();
    for (change, error) in errors() {
        assert!(error.problems.len() <= 2, "{change}: {error}");
        for Problem { reason, .. } in &error.problems {
            let (german, english) = (reason.sentence(Language::German), reason.sentence(Language::English));
            assert!(!german.is_empty() && german != english, "{reason:?}");
            kinds.insert(kind(reason));
        }
        assert_eq!(error.to_string(), error.told(Language::English));
        assert!(error.told(Language::German).starts_with("die Charta ist so nicht zu verwenden, sie hat "));
    }
    let known = [
        "BadText",
        "LaterToml",
        "Misfit",
        "Missing",
        "NoPlainText",
        "NotATitle",
        "NotOneDemand",
        "NotUtf8",
        "OfRulesOnly",
        "Pointless",
        "Syntax(Backslash)",
        "Syntax(Colon)",
        "Syntax(Day)",
        "Syntax(Heading)",
        "Syntax(HeadingTwice)",
        "Syntax(KeyLetters)",
        "Syntax(KeyTwice)",
        "Syntax(LineEnds)",
        "Syntax(NoComma)",
        "Syntax(NoEntry)",
        "Syntax(NoPair)",
        "Syntax(NoQuotes)",
        "Syntax(NoValue)",
        "Syntax(NoValueAtAll)",
        "Syntax(Number)",
        "Syntax(OneBracket)",
        "Syntax(OneTooMany)",
        "Syntax(OpenList)",
        "Syntax(OpenTable)",
        "Syntax(OpenText)",
        "Syntax(Other)",
        "Syntax(QuoteInText)",
        "Syntax(Quotes)",
        "Syntax(Rest)",
        "Syntax(Semicolon)",
        "Syntax(Space)",
        "Syntax(TwoEntries)",
        "Syntax(YesOrNo)",
        "TooLong",
        "TooManyCommitments",
        "Twice",
        "Undeclared",
        "Unexpected",
        "UnknownField",
        "UnknownKey",
    ];
    assert_eq!(kinds, known.map(str::to_owned).into());
}
