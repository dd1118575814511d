use crate::charter::Charter;
use crate::sentence::Language;

const TEMPLATE: &str = include_str!("../../../../../charters/template.toml");

/// What is told of the template after a slip: each line, counted from the one that was changed, with what is said
/// in English and in German.
#[track_caller]
fn told(right: &str, wrong: &str) -> Vec<(isize, String, String)> {
    // Not where a note speaks of it.
    let is_meant = |place: &usize| !TEMPLATE[..*place].rsplit('\n').next().unwrap().contains('#');
    let place = TEMPLATE.match_indices(right).map(|(place, _)| place).find(is_meant);
    let place = place.unwrap_or_else(|| panic!("{right}"));
    let line = |end: usize| TEMPLATE[..end].matches('\n').count() + 1;
    let text = format!("{}{wrong}{}", &TEMPLATE[..place], &TEMPLATE[place + right.len()..]);
    let error = Charter::parse("c.toml", text.as_bytes()).unwrap_err();
    let first = isize::try_from(line(place)).unwrap();
    let problem = |one: &crate::charter::Problem| {
        let said = |language| one.reason.sentence(language);
        (isize::try_from(one.line).unwrap() - first, said(Language::English), said(Language::German))
    };
    error.problems.iter().map(problem).collect()
}

/// One slip, one problem, on the line where it is.
#[track_caller]
fn slip(right: &str, wrong: &str, english: &str, german: &str) {
    let told = told(right, wrong);
    let [(line, in_english, in_german)] = &told[..] else { panic!("{wrong}: {told:#?}") };
    assert_eq!(*line, 0, "{wrong}: {told:?}");
    assert!(in_english.contains(english), "{wrong}: {in_english}");
    assert!(in_german.contains(german), "{wrong}: {in_german}");
}

const LIST: &str = "[\"winterdienst\", \"statistik\"]";
const TITLE: &str = "\"Verwaltung der Friedhöfe\"";

#[test]
fn a_bracket_that_was_forgotten_is_told_where_it_was_opened() {
    let before = |line: usize| (format!("before line {line}"), format!("vor Zeile {line}"));
    let line = TEMPLATE[..TEMPLATE.find(LIST).unwrap()].matches('\n').count() + 1;
    let (english, german) = before(line + 2);
    for wrong in ["[\"winterdienst\", \"statistik\"", "[\"winterdienst\", \"statistik\" # beide"] {
        slip(LIST, wrong, &format!("the list that begins here has no ] ({english})"), &german);
    }
    slip(LIST, "[\"winterdienst\", \"statistik\",", &english, "der Liste, die hier beginnt, fehlt ihr ]");
    slip(LIST, "\"winterdienst\", \"statistik\"]", "here is", "zu viel");
    slip(LIST, "[\"winterdienst\", \"statistik\"]]", "here is one ] too many", "ein Zeichen ] zu viel");
    slip("{ personal = true }", "{ personal = true", "the brace that begins here has no }", "fehlt ihr }");
    slip("\"purposes\" } }", "\"purposes\" }", "has no }", "der Klammer, die hier beginnt");
    slip("\"gdpr-6-1-e\"] } }", "\"gdpr-6-1-e\" } }", "has no ]", "fehlt ihr ]");
    slip("[[purpose]]", "[[purpose]", "must read [[purpose]]", "heißt richtig [[purpose]]");
    slip("[[purpose]]", "[purpose]]", "must read [[purpose]]", "heißt richtig [[purpose]]");
    slip("[charter]", "[charter", "must read [charter]", "heißt richtig [charter]");
    // At the end of the file nothing begins any more.
    let cut = TEMPLATE.find("{ record_count").unwrap();
    let error =
        Charter::parse("c", format!("{}{{ unit = {{ in = [\"a\"", &TEMPLATE[..cut]).as_bytes()).unwrap_err();
    assert_eq!(error.problems.len(), 1, "{error}");
    assert!(error.to_string().contains("up to the end of the file"), "{error}");
}

/// Entries of which there can be several, with the brackets of one.
#[test]
fn a_heading_with_one_bracket_is_told_wherever_it_is() {
    slip(
        "[[purpose]]",
        "[purpose]",
        "begins with two brackets: [[purpose]]",
        "beginnt jeder mit zwei Klammern",
    );
    let text = TEMPLATE.replace("[[purpose]]", "[purpose]");
    let error = Charter::parse("c", text.as_bytes()).unwrap_err();
    assert_eq!(error.problems.len(), 3, "{error}");
    slip("time_zone", "[charter]\ntime_zone", "already; it can be there only once", "steht schon in Zeile");
}

#[test]
fn a_quote_that_was_forgotten_or_is_another_is_told() {
    slip(TITLE, "\"Verwaltung der Friedhöfe", "lacks the second quote", "fehlt das zweite Anführungszeichen");
    slip(
        TITLE,
        "Verwaltung der Friedhöfe\"",
        "text stands in quotes: \"Verwaltung der Friedhöfe\"",
        "Text steht in",
    );
    slip(
        TITLE,
        "Friedhöfe",
        "text stands in quotes: \"Friedhöfe\"",
        "Text steht in Anführungszeichen: \"Friedhöfe\"",
    );
    slip(LIST, "[\"winterdienst\", \"statistik]", "lacks the second quote", "fehlt das zweite");
    slip(
        LIST,
        "[winterdienst, \"statistik\"]",
        "text stands in quotes: \"winterdienst\"",
        "in Anführungszeichen",
    );
    for quotes in ["„direct“", "“direct”", "‚direct‘", "\"direct“", "„direct\"", "«direct»", "’direct’"]
    {
        slip("\"direct\"", quotes, "quotes are straight", "Anführungszeichen sind gerade");
    }
    slip(LIST, "[„winterdienst“, „statistik“]", "quotes are straight", "Anführungszeichen sind gerade");
    slip(TITLE, "\"Der \"große\" Friedhof\"", "a straight quote ends the text", "beendet den Text");
    slip(TITLE, "\"C:\\Daten\"", "written twice", "doppelt geschrieben");
}

#[test]
fn commas_and_other_signs_are_told() {
    slip(LIST, "[\"winterdienst\" \"statistik\"]", "comma is missing after this value", "fehlt ein Komma");
    slip(LIST, "[\"winterdienst\"; \"statistik\"]", "not a semicolon", "kein Semikolon");
    slip(LIST, "[\"winterdienst\",, \"statistik\"]", "one , too many", "ein Zeichen , zu viel");
    slip("\"Winterdienst\"", "\"Winterdienst\",", "one , too many", "ein Zeichen , zu viel");
    slip("title = \"Winterdienst\"", "title: \"Winterdienst\"", "not a colon", "kein Doppelpunkt");
    slip("title = \"Winterdienst\"", "title \"Winterdienst\"", "is no entry", "keine Angabe");
    slip("title = \"Winterdienst\"", "title =", "a value is missing", "fehlt der Wert");
    slip("title = \"Winterdienst\"", "größe = \"Winterdienst\"", "letters from a to z", "Umlaute");
    slip("title = \"Winterdienst\"", "title = \"a\" title_en = \"b\"", "line of its own", "eigenen Zeile");
    slip("title = \"Winterdienst\"", "title = \"a\"\u{a0}", "no-break space", "geschütztes Leerzeichen");
    slip("\"Winterdienst\"", "\"Winterdienst\" wie beschlossen", "begins with #", "mit # beginnt");
    slip("# Eine Frage beantworten", "Eine Frage beantworten", "for people stands #", "Hinweis für Menschen");
}

#[test]
fn a_note_of_several_lines_without_its_sign_is_one_slip() {
    slip("# Eine Frage", "Was hier steht,\nist eine Notiz.\n# Eine Frage", "is no entry", "keine Angabe");
}

#[test]
fn days_numbers_and_answers_as_people_write_them_are_told() {
    let day = ["15.01.2026", "15.1.26", "15. Januar 2026", "2026–01–15", "2026-02-30", "15/01/2026"];
    for written in day {
        slip("2026-01-15 ", &format!("{written} "), "year-month-day", "Jahr-Monat-Tag");
    }
    for written in ["50,5", "1.000.000", "10,000", "1 000", "1'000"] {
        slip("= 50 ", &format!("= {written} "), "a number is whole", "eine Zahl ist ganz");
    }
    slip("= 50 ", "= 50 Stück ", "begins with #", "mit # beginnt");
    slip("= 50 ", "= fünfzig ", "in quotes: \"fünfzig\"", "in Anführungszeichen: \"fünfzig\"");
    for written in ["nein", "Nein", "False", "ja"] {
        slip("= false ", &format!("= {written} "), "yes is true", "nein heißt false");
    }
    slip("\"none\"", "none", "in quotes: \"none\"", "in Anführungszeichen");
    // These are TOML, and no number or day of a charter.
    slip(
        "= 50 ",
        "= 1.000 ",
        "without points between its digits, as in 10000, found 1.000",
        "da steht 1.000",
    );
    slip("= 50 ", "= \"50\" ", "without quotes", "ohne Anführungszeichen");
    slip(
        "2026-01-15 ",
        "\"15.01.2026\" ",
        "as in 2026-11-22",
        "ein Tag des Kalenders ohne Anführungszeichen",
    );
}

#[test]
fn what_is_there_twice_in_an_entry_is_told_with_the_first() {
    let line = TEMPLATE[..TEMPLATE.find("title = \"Winterdienst\"").unwrap()].matches('\n').count() + 1;
    let told = told("title = \"Winterdienst\"", "title = \"Winterdienst\"\ntitle = \"Räumen\"");
    let [(1, english, german)] = &told[..] else { panic!("{told:?}") };
    assert!(english.starts_with(&format!("'title' is on line {line} of this entry already")), "{english}");
    assert!(
        german.starts_with(&format!("'title' steht in diesem Eintrag schon in Zeile {line}")),
        "{german}"
    );
}

/// Of several slips each is told, and none of their echoes.
#[test]
fn several_slips_are_told_at_once() {
    let text = TEMPLATE
        .replacen(LIST, "[\"winterdienst\", \"statistik\"", 1)
        .replace("= \"direct\"\npurposes", "= „direct“\npurposes")
        .replacen("= 50 ", "= 1.000.000 ", 1);
    let error = Charter::parse("c", text.as_bytes()).unwrap_err();
    assert_eq!(error.problems.len(), 3, "{error}");
}

/// What is right is not found fault with: a file that is refused for something that no reading here knows.
#[test]
fn what_is_not_known_is_told_in_the_words_of_the_parser() {
    let wrong = "\"\"\"\n[[keine]]\nÜberschrift = „so“ \"\"\"\n\u{7}";
    let told = told("\"Winterdienst\"", wrong);
    assert_eq!(told.len(), 1, "{told:?}");
    let text = format!("{TEMPLATE}\ntitle.x = 1\n");
    let error = Charter::parse("c", text.as_bytes()).unwrap_err();
    assert_eq!(error.problems.len(), 1, "{error}");
}

#[test]
fn files_of_other_programs_are_told_as_what_they_are() {
    let utf16: Vec<u8> = "\u{feff}[charter]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, english) in [
        (&utf16[..], "UTF-16"),
        (b"PK\x03\x04\x14\x00", "word processor"),
        (b"{\\rtf1\\ansi", "word processor"),
        (b"[charter]\rtitle = \"A\"\r", "line ends"),
    ] {
        let error = Charter::parse("c", bytes).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{error}");
        assert!(error.to_string().contains(english), "{error}");
    }
    let marked = format!("\u{feff}{}", TEMPLATE.replace('\n', "\r\n"));
    assert!(Charter::parse("c", marked.as_bytes()).is_ok());
}
